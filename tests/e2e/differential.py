#!/usr/bin/env python3
"""Holds what a command sees under jit-run against what it sees under env.

    differential.py --bin DIR [--probe FILE] [--modes MODES] [PATTERN]

DIR holds the installed jit-run and jit-approve. Each case starts a probe (probe.cpp) that writes down everything it can
see of how it was started, once under env and then under jit-run

    fast    allowed by a cached policy, by a copy of jit-run that has no jit-gate to turn to
    gate    allowed, without a cache: through jit-gate
    asked   after a request was posted, approved and claimed
    recorded the same, as a child of jit-run: its rule says `record: outcome`

and compares: arguments, environment, descriptors, signals, limits, groups, how it ended, and every byte written.
One line per case; the last line is `N passed, M failed`. One case is known to differ, and passes only when that is seen.
"""
import argparse
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

FAST, GATE, ASKED, RECORDED = "fast", "gate", "asked", "recorded"
ALL = (FAST, GATE, ASKED, RECORDED)
PATIENCE = 30  # seconds

libc = ctypes.CDLL(None, use_errno=True)


def as_bytes(word):
    return word if isinstance(word, bytes) else word.encode()


def c_strings(words):
    return (ctypes.c_char_p * (len(words) + 1))(*words, None)


class World:
    """A directory with the programs, the probe, policies, and what cases need."""

    def __init__(self, bin_directory, probe):
        self.dir = tempfile.mkdtemp(prefix="jit-differential-")
        os.chmod(self.dir, 0o755)
        self.bin = os.path.abspath(bin_directory)
        self.work = self.make("work")
        self.tools = self.make("tools")
        fast = self.make("fast/bin")
        shutil.copy2(os.path.join(self.bin, "jit-run"), fast)
        self.programs = {FAST: fast + "/jit-run", GATE: self.bin + "/jit-run", ASKED: self.bin + "/jit-run",
                         RECORDED: self.bin + "/jit-run"}
        self.probe = os.path.join(self.tools, "probe")
        shutil.copy2(probe, self.probe)
        self.report = self.probe + ".json"
        self.policies = {}
        for name, effect in (("allow", "effect: allow"),
                             ("ask", "effect: ask\n    approval: {from: {anyone: 1}, self: true}"),
                             ("record", "effect: ask\n    approval: {from: {anyone: 1}, self: true}\n    record: outcome")):
            self.policies[name] = self.write(name + ".yaml", f"version: 1\nrules:\n  - name: all\n    match: {{}}\n    {effect}\n")
        time.sleep(0.2)  # a policy that was written just now is not cached: it could change within the clock's tick
        self.home = self.make("home")
        self.env = [b"PATH=" + self.tools.encode() + b":/usr/bin:/bin", b"HOME=" + self.home.encode(), b"LANG=C.UTF-8",
                    b"XDG_CACHE_HOME=" + self.home.encode() + b"/cache", b"XDG_STATE_HOME=" + self.home.encode() + b"/state",
                    b"XDG_CONFIG_HOME=" + self.home.encode() + b"/config"]

    def make(self, name):
        path = os.path.join(self.dir, name)
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(as_bytes(text))
        os.chmod(path, mode)
        return path

    def environ(self):
        return dict(entry.decode().split("=", 1) for entry in self.env)

    def forget_cache(self):
        shutil.rmtree(self.home + "/cache", ignore_errors=True)

    def fill_cache(self):
        subprocess.run([self.programs[GATE], "--policies", self.policies["allow"], "--", "true"], env=self.environ(),
                       check=True, cwd="/")

    def approve_pending(self):
        done = subprocess.run([self.bin + "/jit-approve", "list", "--all", "--json"], env=self.environ(), cwd="/",
                              capture_output=True, check=False)
        try:
            requests = json.loads(done.stdout)
        except ValueError:
            return
        for request in requests:
            if request["state"] == "pending":
                subprocess.run([self.bin + "/jit-approve", "approve", request["id"], "--yes"], env=self.environ(), cwd="/",
                               capture_output=True, check=False)


class Case:
    def __init__(self, name, command, setup=None, env=None, modes=ALL, cannot_run=False, stdin=b"some\ninput\n",
                 terminal=False, wrapped=False):
        self.name, self.command, self.setup, self.env, self.modes = name, [as_bytes(w) for w in command], setup, env, modes
        self.cannot_run, self.stdin, self.terminal = cannot_run, stdin, terminal
        self.wrapped = wrapped  # the setup forks: the probe is not the process that was started


class Seen:
    """What one run gave: how it ended, what it wrote, what the probe saw."""

    def __init__(self, status, out, err, report):
        self.status, self.out, self.err, self.report = status, out, err, report


def prepare_child(world, case, files, slave):
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
        signal.signal(number, signal.SIG_DFL)
    if slave is not None:
        os.setsid()
        fd = os.open(slave, os.O_RDWR)
        fcntl.ioctl(fd, termios.TIOCSCTTY, 0)
    for target, file in enumerate(files):
        os.dup2(file, target)
    os.closerange(3, 4096)
    os.chdir(world.work)
    os.umask(0o022)
    if case.setup:
        case.setup(world)


def start(world, case, argv, slave):
    paths = [os.path.join(world.dir, name) for name in ("stdin", "stdout", "stderr")]
    with open(paths[0], "wb") as file:
        file.write(case.stdin)
    files = [os.open(paths[0], os.O_RDONLY)]
    files += [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644) for path in paths[1:]]
    env = case.env(world) if case.env else world.env
    c_argv, c_env = c_strings(argv), c_strings(env)
    pid = os.fork()
    if pid == 0:
        try:
            prepare_child(world, case, files, slave)
            libc.execve(argv[0], c_argv, c_env)
        finally:
            os._exit(98)
    for file in files:
        os.close(file)
    return pid, paths


def wait(world, pid, approving):
    deadline = time.monotonic() + PATIENCE
    pause = 0.002
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return None
        if approving:
            world.approve_pending()
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def run(world, case, argv, approving=False):
    if os.path.exists(world.report):
        os.unlink(world.report)
    master = slave = None
    if case.terminal:
        master, slave_fd = os.openpty()
        slave = os.ttyname(slave_fd)
    pid, paths = start(world, case, argv, slave)
    status = wait(world, pid, approving)
    if case.terminal:
        os.close(slave_fd)
        os.close(master)
    report = None
    if os.path.exists(world.report):
        with open(world.report, encoding="ascii") as file:
            report = json.load(file)
        places = report["places"]
        places["is what was started"] = places.pop("pid") == pid or case.wrapped
        places["parent is who started it"] = places.pop("parent") == os.getpid() or case.wrapped
    out, err = (open(path, "rb").read() for path in paths[1:])
    return Seen(status, out, err, report)


def under_env(world, case):
    return run(world, case, [b"/usr/bin/env"] + case.command)


def under_jit_run(world, case, mode):
    if mode == GATE:
        world.forget_cache()
    elif mode == FAST:
        world.fill_cache()
    policy = world.policies[{ASKED: "ask", RECORDED: "record"}.get(mode, "allow")]
    shell = case.command[:2] == [b"/bin/sh", b"-c"] and "-c" in case.name
    command = case.command[1:] if shell else [b"--"] + case.command
    return run(world, case, [world.programs[mode].encode(), b"--policies", policy.encode()] + command, approving=mode in (ASKED, RECORDED))


def differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            yield from differences(a.get(key), b.get(key), f"{path}.{key}" if path else key)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, f"{path}[{index}]")
    elif a != b:
        yield f"{path}: {str(a)[:200]!r} became {str(b)[:200]!r}"


def own_lines_removed(text):
    return re.sub(rb"^(jit-run|hint): .*\n", b"", text, flags=re.MULTILINE)


def compare(case, expected, seen, mode):
    if seen.status is None:
        return ["did not end"]
    found = []
    if expected.status != seen.status:
        found.append(f"ended with status {expected.status:#x}, became {seen.status:#x}: {seen.err[:300]!r}")
    if expected.out != seen.out:
        found.append(f"stdout {expected.out[:200]!r} became {seen.out[:200]!r}")
    if case.cannot_run:
        if not seen.err.startswith(b"jit-run: "):
            found.append(f"nothing was said: {seen.err[:200]!r}")
        if b"waiting" in seen.err:
            found.append("somebody was asked before")
        return found
    err = own_lines_removed(seen.err) if mode in (ASKED, RECORDED) else seen.err
    if expected.err != err:
        found.append(f"stderr {expected.err[:200]!r} became {err[:200]!r}")
    if (expected.report is None) != (seen.report is None):
        found.append("the probe ran only once")
    elif seen.report is not None:
        found += report_differences(expected.report, seen.report, mode)
    return found


# What a child cannot have of its parent (fork(2)): who it is, and what is a process's own.
OF_A_CHILD = (("places", "is what was started"), ("places", "parent is who started it"), ("attributes", "timer runs"),
              ("attributes", "subreaper"), ("attributes", "death signal"), ("attributes", "children"))


def report_differences(expected, seen, mode):
    is_leader = expected["places"]["leads group"]
    if mode == RECORDED:
        for report in (expected, seen):
            for part, name in OF_A_CHILD:
                report[part].pop(name)
            if is_leader:  # a child is in the group and the session that its parent leads
                for name in ("in parent's group", "in parent's session", "leads group", "leads session"):
                    report["places"].pop(name)
    if mode in (ASKED, RECORDED):  # what jit-run said moved the end of stderr
        for report in (expected, seen):
            for descriptor in report["descriptors"]:
                if descriptor["fd"] == 2:
                    descriptor["offset"] = 0
    return list(differences(expected, seen))


def check(world, case):
    """The problems of a case, by mode."""
    expected = under_env(world, case)
    if expected.status is None:
        return {"env": ["did not end"]}
    if os.WIFEXITED(expected.status) and os.WEXITSTATUS(expected.status) in (98, 99):
        return {"env": [f"the case itself is broken: {expected.err!r}"]}
    problems = {}
    for mode in case.modes:
        # The comparison may change the reports: each mode has its own.
        copy = Seen(expected.status, expected.out, expected.err, json.loads(json.dumps(expected.report)))
        found = compare(case, copy, under_jit_run(world, case, mode), mode)
        if found:
            problems[mode] = found
    return problems


def check_known_bad(world, case):
    """Passes when the harness sees a difference that is there, in every mode."""
    expected = under_env(world, case)
    problems = {}
    for mode in case.modes:
        case.setup = lambda w: os.umask(0o077)
        copy = Seen(expected.status, expected.out, expected.err, json.loads(json.dumps(expected.report)))
        found = compare(case, copy, under_jit_run(world, case, mode), mode)
        if not any(problem.startswith("umask:") for problem in found):
            problems[mode] = ["a changed umask was not seen; seen was:"] + found
        case.setup = None
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--probe")
    parser.add_argument("--modes", default=",".join(ALL), help="only these, such as fast,gate")
    parser.add_argument("--except", dest="left_out", nargs="+", default=[], help="not these cases")
    parser.add_argument("pattern", nargs="?", default="")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("needs root, for capabilities, limits and nice values", file=sys.stderr)
        return 77
    from differential_cases import all_cases
    world = World(arguments.bin, arguments.probe or os.path.join(arguments.bin, "../tests/e2e_probe"))
    passed = failed = 0
    try:
        known_bad = Case("known bad: a umask that changes is seen", ["probe"])
        for case in [known_bad] + all_cases(world):
            if arguments.pattern not in case.name or case.name in arguments.left_out:
                continue
            case.modes = [mode for mode in case.modes if mode in arguments.modes.split(",")]
            if not case.modes:
                continue
            problems = check_known_bad(world, case) if case is known_bad else check(world, case)
            passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
            print(("FAIL " if problems else "ok   ") + case.name, flush=True)
            for mode, found in problems.items():
                for problem in found:
                    print(f"       {mode}: {problem}", flush=True)
    finally:
        shutil.rmtree(world.dir, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.modules["differential"] = sys.modules["__main__"]
    sys.exit(main())
