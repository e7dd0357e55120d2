"""The cases of differential.py: what is different about each start."""
import ctypes
import fcntl
import itertools
import os
import resource
import signal
import socket

from differential import ASKED, FAST, GATE, RECORDED, Case, as_bytes

ALLOWED = (FAST, GATE)
PR_SET_PDEATHSIG, PR_SET_TIMERSLACK, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_KEEPCAPS = 1, 29, 36, 38, 8
PR_CAPBSET_DROP, CAP_SYS_TIME = 24, 25
ADDR_NO_RANDOMIZE = 0x0040000

libc = ctypes.CDLL(None, use_errno=True)


def prctl(*arguments):
    if libc.prctl(*arguments) != 0:
        raise OSError("prctl")


def argument_cases():
    yield Case("arguments: none", ["probe"])
    yield Case("arguments: an empty one", ["probe", ""])
    yield Case("arguments: empty ones around others", ["probe", "", "a", "", ""])
    yield Case("arguments: spaces, leading and trailing", ["probe", " ", " a", "b ", "c  d"])
    yield Case("arguments: newlines and tabs", ["probe", "a\nb", "\n", "\t", "c\r\n"])
    yield Case("arguments: what shells take for their own", ["probe", "$HOME", "`id`", "*", "?", "a;b", "a&&b", "'", '"', "\\", "~", "#x"])
    yield Case("arguments: control characters", ["probe", "\x1b[31m", "\x07", "\x7f", "\x01"])
    yield Case("arguments: letters of all kinds", ["probe", "é", "日本", "\u202e", "\U0001f600"])
    yield Case("arguments: bytes that are not UTF-8", ["probe", b"\xff\xfe", b"a\x80b"], modes=(ASKED, RECORDED))
    yield Case("arguments: options of jit-run behind the command", ["probe", "--help", "--version", "--no-wait", "-c", "--", "-r", "--"])
    yield Case("arguments: -- first", ["probe", "--", "a", "--"])
    yield Case("arguments: assignments", ["probe", "A=B", "=", "PATH="])
    yield Case("arguments: a thousand", ["probe"] + [str(i) for i in range(1000)])
    yield Case("arguments: one of 100 KiB", ["probe", "x" * 102400])
    yield Case("arguments: secrets arrive as they are", ["probe", "--password=hunter2", "https://user:pass@host/", "--token", "t0k3n"])
    # What a wrapper runs is looked at by jit-gate.
    yield Case("-c is /bin/sh -c", ["/bin/sh", "-c", "probe a 'b  c' \"\""], modes=(GATE, ASKED))
    # More than one plain command is never simply allowed. (With expansions it could not be approved by oneself.)
    yield Case("-c with several commands", ["/bin/sh", "-c", "cat; probe a | tr a b; exit 5"], modes=(ASKED, RECORDED))


def name_cases(world):
    script = "#!/bin/sh\nprintf '<%s>' \"$0\" \"$@\"\nprobe\n"
    world.write("work/greet", script, 0o755)
    world.write("work/sub/greet", script, 0o755)
    world.write("tools/tool-greet", script, 0o755)
    world.write("work/plain", "printf '<%s>' \"$0\" \"$@\"\nexit 4\n", 0o755)
    world.write("tools/plain-tool", "printf '<%s>' \"$0\" \"$@\"\n", 0o755)
    world.write("work/empty", "", 0o755)
    world.write("work/with-argument", "#!/bin/sh -e\nprintf '<%s>' \"$0\" \"$@\"; false; echo not reached\n", 0o755)
    os.symlink(world.probe, world.work + "/link")
    os.symlink("greet", world.work + "/greet-link")
    yield Case("name: absolute", [world.probe, "a"])
    yield Case("name: with useless slashes and dots", [world.tools + "//./probe", "a"])
    yield Case("name: through ..", ["../tools/probe"])
    yield Case("name: a symbolic link", ["./link"])
    yield Case("name: a script by a relative path sees it as $0", ["./greet", "a b", ""])
    yield Case("name: a script below", ["sub/greet", "x"])
    yield Case("name: a script by an absolute path", [world.work + "/greet"])
    yield Case("name: a script through a link", ["./greet-link"])
    yield Case("name: a script on PATH", ["tool-greet", "x"])
    yield Case("name: a script with an argument for its interpreter", ["./with-argument"])
    yield Case("name: a script without an interpreter is sh's", ["./plain", "a b", ""])
    yield Case("name: the same on PATH", ["plain-tool", "x"])
    yield Case("name: an executable that is empty", ["./empty"])


def path_cases(world):
    def path(value):
        return lambda w: [b"PATH=" + as_bytes(value)] + [e for e in w.env if not e.startswith(b"PATH=")]

    world.write("work/first/probe", "not executable", 0o644)
    world.make("work/second/probe")
    yield Case("PATH: '.' finds ./greet", ["greet", "x"], env=path(".:" + world.tools + ":/bin"))
    yield Case("PATH: an empty element is the working directory", ["greet"], env=path(":" + world.tools + ":/bin"))
    yield Case("PATH: empty at its end", ["greet"], env=path(world.tools + ":/bin:"))
    yield Case("PATH: a relative directory", ["greet"], env=path("sub:" + world.tools + ":/bin"))
    yield Case("PATH: slashes at the end of a directory", ["tool-greet"], env=path(world.tools + "//:/bin"))
    yield Case("PATH: what cannot be run is passed over", ["probe"], env=path(f"first:second:/nonexistent:/etc/passwd:{world.tools}"))
    yield Case("PATH: unset", ["cat"], env=lambda w: [e for e in w.env if not e.startswith(b"PATH=")])
    yield Case("PATH: empty", ["greet"], env=path(""))
    yield Case("PATH: given twice, the first counts", ["probe"], env=lambda w: w.env + [b"PATH=/nonexistent"])


def cannot_run_cases(world):
    world.write("work/not-executable", "#!/bin/sh\n", 0o644)
    world.write("work/bad-interpreter", "#!/nonexistent/interpreter\n", 0o755)
    world.write("work/garbage-elf", b"\x7fELF" + b"\0" * 60, 0o755)
    os.symlink("nowhere", world.work + "/dangling")
    os.symlink("circle", world.work + "/circle")
    for what, command in (
            ("a name that is nowhere on PATH", ["no-such-program-anywhere"]),
            ("an absolute path to nothing", ["/nonexistent/program"]),
            ("the empty name", [""]),
            ("a file that is not executable", ["./not-executable"]),
            ("a directory", ["/tmp"]),
            ("a path through a file", ["./not-executable/x"]),
            ("a file with a slash behind", [world.probe + "/"]),
            ("a link that leads nowhere", ["./dangling"]),
            ("a link that leads in circles", ["./circle"]),
            ("a name that is too long", ["x" * 300]),
            ("a path that is too long", ["/" + "x/" * 3000]),
            ("a device", ["/dev/null"])):
        yield Case("cannot run: " + what, command, cannot_run=True)
    # Only execve itself can tell these; where they were asked for, that was in vain.
    yield Case("cannot run: a script whose interpreter is missing", ["./bad-interpreter"], cannot_run=True, modes=ALLOWED)
    yield Case("name: an executable that is broken is sh's too", ["./garbage-elf"])


def environment_cases(world):
    def more(*entries):
        return lambda w: w.env + [as_bytes(entry) for entry in entries]

    yield Case("environment: order", ["probe"], env=lambda w: [b"Z=1", b"A=2"] + list(reversed(w.env)) + [b"M=3"])
    yield Case("environment: duplicates", ["probe"], env=lambda w: [b"D=1", b"D=2"] + w.env + [b"D=1", b"LANG=de_DE"])
    yield Case("environment: entries without '='", ["probe"], env=more("NOTHING", "", "=", "=C:=x"))
    yield Case("environment: empty values, spaces, newlines", ["probe"], env=more("E=", "S= a ", "N=a\nb", "Q='\""))
    yield Case("environment: bytes that are not UTF-8", ["probe"], env=more(b"B=\xff\xfe", b"\xfe=x"))
    yield Case("environment: a value of 100 KiB", ["probe"], env=more("BIG=" + "x" * 102400))
    yield Case("environment: two thousand variables", ["probe"], env=more(*(f"V{i}={i}" for i in range(2000))))
    yield Case("environment: what steers libraries", ["probe"], env=more("GIT_DIR=/nonexistent", "BASH_ENV=/nonexistent", "TZ=:/x", "IFS=x",
                                                                        "MALLOC_PERTURB_=7", "POSIXLY_CORRECT=1", "GETOPT=x"))
    yield Case("environment: next to nothing", [world.probe], env=lambda w: [e for e in w.env if e.startswith((b"HOME", b"XDG"))])


def descriptor_cases():
    def close(*numbers):
        return lambda w: [os.close(n) for n in numbers]

    for count in (1, 2, 3):
        for numbers in itertools.combinations((0, 1, 2), count):
            # Where stderr is closed, jit-run's own words are lost, and nothing else is.
            yield Case("descriptors: closed " + " ".join(map(str, numbers)), ["probe"], setup=close(*numbers))

    def files(world):
        fd = os.open(world.dir + "/stdin", os.O_RDWR | os.O_APPEND)
        os.lseek(fd, 5, os.SEEK_SET)
        os.dup2(fd, 3)
        os.dup2(os.open("/etc/passwd", os.O_RDONLY | os.O_NONBLOCK), 9)
        os.dup2(os.open("/dev/null", os.O_WRONLY), 200)

    def channels(_):
        for number, fd in zip((5, 6), os.pipe()):
            os.dup2(fd, number)
        a, b = socket.socketpair()
        os.dup2(a.fileno(), 20)
        os.dup2(b.fileno(), 21)
        a.detach(), b.detach()

    def closed_by_exec(_):
        fd = os.open("/dev/null", os.O_RDONLY)
        os.dup2(fd, 30)
        fcntl.fcntl(30, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        os.dup2(fd, 31, inheritable=True)

    yield Case("descriptors: files, with offset and flags", ["probe"], setup=files)
    yield Case("descriptors: pipes and sockets", ["probe"], setup=channels)
    yield Case("descriptors: one that an exec closes", ["probe"], setup=closed_by_exec)
    yield Case("descriptors: stdin is not read", ["probe", "cat"], stdin=b"line\n" * 5000)
    yield Case("descriptors: stdin in its middle", ["probe", "cat"], setup=lambda w: os.lseek(0, 7, os.SEEK_SET))
    yield Case("descriptors: stdin is a directory", ["probe"], setup=lambda w: os.dup2(os.open("/", os.O_RDONLY), 0))
    yield Case("descriptors: stdin is not for reading", ["probe"], setup=lambda w: os.dup2(os.open("/dev/null", os.O_WRONLY), 0))
    yield Case("descriptors: stdout does not block", ["probe"], setup=lambda w: os.set_blocking(1, False))
    yield Case("descriptors: stdout and stderr are one", ["probe"], setup=lambda w: os.dup2(1, 2), modes=ALLOWED)
    yield Case("descriptors: only few left", ["probe"], setup=lambda w: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))


def signal_cases():
    def ignore(*numbers):
        return lambda w: [signal.signal(n, signal.SIG_IGN) for n in numbers]

    for name in ("HUP", "INT", "QUIT", "PIPE", "ALRM", "TERM", "CHLD", "TSTP", "TTOU", "USR1", "WINCH"):
        yield Case("signals: ignored " + name, ["probe"], setup=ignore(getattr(signal, "SIG" + name)))
    can_be = [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP, 32, 33)]
    yield Case("signals: all ignored", ["probe"], setup=ignore(*can_be))
    yield Case("signals: some blocked", ["probe"],
               setup=lambda w: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM, signal.SIGCHLD, 40]))
    yield Case("signals: all blocked", ["probe"], setup=lambda w: signal.pthread_sigmask(signal.SIG_BLOCK, can_be))

    def pend(*numbers):
        def setup(_):
            signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
            for number in numbers:
                os.kill(os.getpid(), number)
        return setup

    yield Case("signals: blocked and pending", ["probe"], setup=pend(signal.SIGUSR1, signal.SIGTERM, signal.SIGHUP))
    yield Case("signals: a broken pipe pending", ["probe"], setup=pend(signal.SIGPIPE))
    yield Case("signals: an alarm that will come", ["probe"], setup=lambda w: signal.alarm(1000))


def ending_cases():
    for code in (1, 2, 42, 113, 117, 125, 126, 127, 255):
        yield Case(f"ending: exit code {code}", ["probe", "exit", str(code)])
    for name in ("HUP", "INT", "KILL", "SEGV", "PIPE", "TERM"):
        yield Case("ending: death by " + name, ["probe", "signal", str(int(getattr(signal, "SIG" + name)))])


def place_cases(world):
    deep = world.make("work/" + "deep/" * 50)
    spaced = world.make("work/a b\nc")
    raw = os.fsencode(world.work) + b"/raw\xff"
    os.makedirs(raw)
    os.symlink(world.work, world.dir + "/shortcut")

    def deleted(w):
        os.mkdir(w.work + "/gone")
        os.chdir(w.work + "/gone")
        os.rmdir(w.work + "/gone")

    yield Case("working directory: the root", ["probe"], setup=lambda w: os.chdir("/"))
    yield Case("working directory: deep", ["probe"], setup=lambda w: os.chdir(deep))
    yield Case("working directory: with spaces and a newline", ["probe"], setup=lambda w: os.chdir(spaced))
    yield Case("working directory: not UTF-8", ["probe"], setup=lambda w: os.chdir(raw), modes=(ASKED, RECORDED))
    yield Case("working directory: through a link", ["probe"], setup=lambda w: os.chdir(w.dir + "/shortcut"),
               env=lambda w: w.env + [b"PWD=" + w.dir.encode() + b"/shortcut"])
    yield Case("working directory: deleted", [world.probe], setup=deleted)
    yield Case("working directory: deleted, and a name on PATH", ["probe"], setup=deleted, modes=ALLOWED)


def process_cases():
    for mask in (0o000, 0o027, 0o077, 0o777):
        yield Case(f"umask: {mask:03o}", ["probe"], setup=lambda w, mask=mask: os.umask(mask))
    for name, limit in (("CORE", (0, 0)), ("STACK", (1 << 20, 4 << 20)), ("NOFILE", (256, 512)), ("CPU", (100, 200)),
                        ("AS", (4 << 30, 4 << 30)), ("MEMLOCK", (0, 0)), ("FSIZE", (100 << 20, 100 << 20))):
        number = getattr(resource, "RLIMIT_" + name)
        yield Case("limits: " + name, ["probe"], setup=lambda w, n=number, l=limit: resource.setrlimit(n, l))
    yield Case("group: its own", ["probe"], setup=lambda w: os.setpgid(0, 0))
    yield Case("session: its own", ["probe"], setup=lambda w: os.setsid())
    yield Case("terminal: leader, in the foreground", ["probe"], terminal=True)
    yield Case("terminal: in the background", ["probe"], setup=go_to_background, terminal=True, wrapped=True)
    yield Case("attributes: nice", ["probe"], setup=lambda w: os.nice(7))
    yield Case("attributes: no new privileges", ["probe"], setup=lambda w: prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    yield Case("attributes: a subreaper", ["probe"], setup=lambda w: prctl(PR_SET_CHILD_SUBREAPER, 1))
    yield Case("attributes: dies with its parent", ["probe"], setup=lambda w: prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
    yield Case("attributes: timer slack", ["probe"], setup=lambda w: prctl(PR_SET_TIMERSLACK, 123456))
    yield Case("attributes: personality", ["probe"], setup=lambda w: libc.personality(ADDR_NO_RANDOMIZE))
    yield Case("attributes: a capability fewer", ["probe"], setup=lambda w: prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0))
    yield Case("attributes: one processor", ["probe"], setup=lambda w: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]))
    yield Case("attributes: batch scheduling", ["probe"], setup=lambda w: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)))
    yield Case("attributes: a child that nobody waited for", ["probe"], setup=leave_a_zombie)


def go_to_background(_):
    """The session leader stays and waits; the command runs in a group of its own that is not in the foreground."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        return
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def leave_a_zombie(_):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)


def all_cases(world):
    cases = itertools.chain(argument_cases(), name_cases(world), path_cases(world), cannot_run_cases(world),
                            environment_cases(world), descriptor_cases(), signal_cases(), ending_cases(), place_cases(world),
                            process_cases())
    return list(cases)
