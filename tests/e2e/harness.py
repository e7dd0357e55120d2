"""What the end-to-end tests share: a world with its own directories, real users, the installed programs, and ptys.

Every test runs the programs of $JIT_PREFIX as a user would: as other users through setpriv, on real terminals.
"""
import fcntl
import json
import os
import pty
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

PREFIX = os.environ.get("JIT_PREFIX", "/usr/local")
USERS = ("jit-alice", "jit-bob", "jit-carol")
GROUP = "jit-ops"
PATIENCE = 20  # seconds until something that should happen at once has failed to


def run(command, **options):
    return subprocess.run(command, check=True, capture_output=True, **options)


def make_users():
    """Three real users in one group; they stay, so that later runs find them."""
    subprocess.run(["groupadd", "-f", GROUP], check=True)
    for name in USERS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            run(["useradd", "--create-home", "--shell", "/bin/bash", name])
        run(["usermod", "-aG", GROUP, name])


class Finished:
    """How a program ended: code is negative for death by a signal, as subprocess has it."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"code {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class Terminal:
    """A program on a pty of its own."""

    def __init__(self, command, env, cwd, columns=80, rows=24, stdout=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if stdout is not None:
                os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), 1)
            os.chdir(cwd)
            os.execvpe(command[0], command, env)
        self.resize(columns, rows)
        self.text = ""
        self.code = None

    def resize(self, columns, rows):
        import struct
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.1):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return None
        if not data:
            return None
        self.text += data.decode("utf-8", "replace")
        return True

    def expect(self, pattern, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = re.search(pattern, self.text)
            if found:
                return found
            if self.read() is None:
                break
        found = re.search(pattern, self.text)
        if found:
            return found
        raise AssertionError(f"did not see {pattern!r} in:\n{self.text}")

    def send(self, text):
        os.write(self.fd, text.encode())

    def wait(self, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0.02):
                    pass
                os.close(self.fd)
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError(f"did not end; it said:\n{self.text}")


class World(unittest.TestCase):
    """One directory per test, removed afterwards. self.bin holds the programs, readable by everybody."""

    shared = False  # True: a setgid group directory as the store

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root to act as several users")
        make_users()
        cls.base = tempfile.mkdtemp(prefix="jit-e2e-")
        os.chmod(cls.base, 0o755)
        cls.prefix = os.path.join(cls.base, "prefix")
        shutil.copytree(PREFIX, cls.prefix, symlinks=True)
        run(["chmod", "-R", "a+rX,go-w", cls.prefix])
        cls.bin = os.path.join(cls.prefix, "bin")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.base, ignore_errors=True)

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="t-", dir=self.base)
        os.chmod(self.dir, 0o755)
        self.policy_file = os.path.join(self.dir, "policy.yaml")
        self.terminals = []
        self.backend = None
        if self.shared:
            store = os.path.join(self.dir, "store")
            os.mkdir(store)
            shutil.chown(store, "root", GROUP)
            os.chmod(store, 0o2770)
            self.backend = "local:" + store
        for user in USERS + ("root",):
            home = self.home(user)
            os.mkdir(home)
            shutil.chown(home, user)
            os.chmod(home, 0o700)

    def restart(self):
        """Whatever runs between these programs and their policies reads them anew; here nothing does."""

    def home(self, user):
        return os.path.join(self.dir, "home-" + user)

    def policy(self, text):
        with open(self.policy_file, "w") as file:
            file.write("version: 1\n" + text)
        os.chmod(self.policy_file, 0o644)

    def env(self, user, **more):
        env = {
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": self.home(user),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "XDG_STATE_HOME": self.home(user) + "/state",
            "XDG_CACHE_HOME": self.home(user) + "/cache",
            "XDG_CONFIG_HOME": self.home(user) + "/config",
        }
        if os.path.exists(self.policy_file):
            env["JIT_RUN_POLICIES"] = self.policy_file
        if self.backend:
            env["JIT_RUN_BACKEND"] = self.backend
        env.update(more)
        return env

    @staticmethod
    def as_user(user, command):
        if user == "root":
            return list(command)
        return ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"] + list(command)

    def start(self, user, *command, env=None, cwd=None, stdin=subprocess.DEVNULL, **options):
        return subprocess.Popen(self.as_user(user, command), env=env or self.env(user), cwd=cwd or self.home(user),
                                stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    @staticmethod
    def finish(process, seconds=PATIENCE, data=None):
        try:
            out, err = process.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"did not end: {process.args}\n{out.decode()}\n{err.decode()}")
        return Finished(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))

    def call(self, user, *command, data=None, **options):
        stdin = subprocess.PIPE if data is not None else subprocess.DEVNULL
        return self.finish(self.start(user, *command, stdin=stdin, **options), data=data)

    def ok(self, user, *command, **options):
        done = self.call(user, *command, **options)
        self.assertEqual(done.code, 0, f"{command}\n{done}")
        return done

    def terminal(self, user, *command, env=None, cwd=None, **options):
        self.terminals.append(
            Terminal(self.as_user(user, command), env or self.env(user), cwd or self.home(user), **options))
        return self.terminals[-1]

    def pending(self, user, count=1, seconds=PATIENCE):
        """Waits until `user` sees that many pending requests; their documents."""
        deadline = time.monotonic() + seconds
        while True:
            done = self.call(user, "jit-approve", "list", "--all", "--json")
            requests = [r for r in json.loads(done.out or "[]") if r["state"] == "pending"] if done.code == 0 else []
            if len(requests) >= count:
                return requests
            if time.monotonic() > deadline:
                for terminal in self.terminals:
                    terminal.read()
                said = "\n".join(terminal.text for terminal in self.terminals)
                raise AssertionError(f"saw {len(requests)} of {count} pending requests\n{done}\nterminals: {said}")
            time.sleep(0.02)

    def request(self, user, request_id):
        return json.loads(self.ok(user, "jit-approve", "show", request_id, "--json").out)

    def verify(self, user):
        return self.ok(user, "jit-audit", "verify")

    def entries(self, user):
        lines = self.ok(user, "jit-audit", "export", "--format", "jsonl").out.splitlines()
        return [json.loads(line)["entry"] for line in lines]


def main():
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
