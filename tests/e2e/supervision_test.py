#!/usr/bin/env python3
"""`record: outcome` and `record: session`: how a command ends is kept, what it shows is kept, and it notices neither."""
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import textwrap
import time
import unittest

import backends_test
import harness
import server_test

POLICY = """
groups:
  reviewers: [jit-bob]
rules:
  - name: sessions
    match: {labels.record: session}
    effect: ask
    approval: {from: {anyone: 1}, expires: 1m, uses: 3}
    record: session
  - name: outcomes
    match: {labels.record: outcome}
    effect: ask
    approval: {from: {anyone: 1}, expires: 1m, uses: 3}
    record: outcome
  - {name: all, match: {}, effect: ask, approval: {from: {anyone: 1}, expires: 1m}}
"""
PYTHON = "/usr/bin/python3"  # one that every user may run


# With the sanitizers a program needs more memory, and more time than there is to keep 16 MiB.
AS_SHIPPED = unittest.skipIf(os.environ.get("JIT_SANITIZED"), "only what is shipped has these bounds")


class Suite:
    """What is the same on every backend that keeps recordings."""

    def policy(self, text):
        super().policy(POLICY if text == backends_test.POLICY else text)

    def approved(self, record, *command, **options):
        """The id of an approved request, and the words that run it."""
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "-l", "record=" + record, "--", *command, **options)
        request_id = posted.out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        return request_id, ["jit-run", "--quiet", "-l", "record=" + record, "--request", request_id, "--", *command]

    def audit(self, *words):
        command, env = self.audit_command(*words)
        return self.call("root", *command, env=env)

    def replay(self, request_id, *options):
        return self.audit("replay", request_id, *options)

    def shown(self, request_id, *options):
        """What a recording shows, all in one."""
        done = self.replay(request_id, "--raw", *options)
        self.assertEqual(done.code, 0, done)
        lines = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual(lines[0]["version"], 2)
        return "".join(text for _, kind, text in lines[1:] if kind == "o")

    def outcome(self, request_id):
        return self.request("jit-bob", request_id)["outcome"]

    def script(self, text, name="job"):
        path = os.path.join(self.home("jit-alice"), name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)
        shutil.chown(path, "jit-alice")
        return path

    def reports(self, request_id):
        done = self.audit("export", "--format", "jsonl")
        entries = [json.loads(line)["entry"] for line in done.out.splitlines()]
        return [e["data"] for e in entries if e["type"] == "report" and e["request"] == request_id]

    def has_ended(self, request_id, seconds=harness.PATIENCE):
        deadline = time.monotonic() + seconds
        while not self.request("jit-bob", request_id)["outcome"]:
            self.assertLess(time.monotonic(), deadline, "nothing was reported")
            time.sleep(0.05)
        return self.request("jit-bob", request_id)["outcome"]


class Outcomes(Suite):
    def test_status_and_duration(self):
        request_id, run = self.approved("outcome", "sh", "-c", "sleep 0.3; exit 7")
        done = self.call("jit-alice", *run)
        self.assertEqual((done.code, done.out, done.err), (7, "", ""))
        outcome = self.outcome(request_id)
        self.assertEqual((outcome["status"], outcome["use"]), (7, 1))
        self.assertTrue(300 <= outcome["duration_ms"] < 5000, outcome)
        self.assertRegex(outcome["started_at"], r"^20.*Z$")
        self.assertNotIn("recording", outcome)
        self.assertEqual(self.audit("verify").code, 0)

    def test_each_use_has_its_outcome(self):
        request_id, run = self.approved("outcome", self.script('exit "$(cat code)"'))
        for code in (1, 2, 3):
            with open(os.path.join(self.home("jit-alice"), "code"), "w") as file:
                file.write(str(code))
            self.assertEqual(self.call("jit-alice", *run).code, code)
        self.assertEqual([(r["use"], r["outcome"]["status"]) for r in self.reports(request_id)], [(1, 1), (2, 2), (3, 3)])
        self.assertEqual(self.request("jit-bob", request_id)["state"], "finished")
        self.assertIn("finished: exit code 3", self.ok("jit-bob", "jit-approve", "show", request_id).out)

    def test_uses_that_overlap(self):
        request_id, run = self.approved("outcome", self.script("read x; exit 4"))
        runs = [self.start("jit-alice", *run, stdin=subprocess.PIPE) for _ in range(3)]
        deadline = time.monotonic() + harness.PATIENCE
        while self.request("jit-bob", request_id)["state"] != "started":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        for count, process in enumerate(runs, 1):
            self.assertEqual(self.finish(process, data=b"x\n").code, 4)
            self.assertEqual(len(self.reports(request_id)), count)
            self.assertEqual(self.request("jit-bob", request_id)["state"], "finished" if count == 3 else "started")
        self.assertEqual(sorted(r["use"] for r in self.reports(request_id)), [1, 2, 3])

    def test_deaths_are_passed_on(self):
        for name in ("KILL", "SEGV", "TERM", "HUP", "ABRT", "USR1"):
            number = getattr(signal, "SIG" + name)
            request_id, run = self.approved("outcome", "sh", "-c", f"kill -{name} $$; echo {name}")
            self.assertEqual(self.call("jit-alice", *run).code, -number)
            self.assertEqual(self.outcome(request_id)["signal"], name)

    def test_what_cannot_be_executed(self):
        script = os.path.join(self.home("jit-alice"), "job")
        with open(script, "w") as file:
            file.write("#!/nowhere/interpreter\n")
        os.chmod(script, 0o755)
        request_id, run = self.approved("outcome", script)
        done = self.call("jit-alice", *run)
        self.assertEqual(done.code, 127, done)
        self.assertIn("No such file", done.err)
        self.assertEqual(self.outcome(request_id)["status"], 127)

    def begin(self, record, script, *more, **options):
        """A python program that runs supervised, says `ready`, and is known by its process id."""
        request_id, run = self.approved(record, PYTHON, "-c", textwrap.dedent(script), *more)
        process = self.start("jit-alice", *run, **options)
        self.assertEqual(process.stdout.readline(), b"ready\n", process.stderr)
        return request_id, process

    def test_signals_to_jit_run_are_relayed(self):
        script = """
            import os, signal, time
            def note(number, frame):
                os.write(1, signal.Signals(number).name.encode() + b"\\n")  # print cannot be interrupted by itself
            for s in ("HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "WINCH", "ALRM"):
                signal.signal(getattr(signal, "SIG" + s), note)
            print("ready", flush=True)
            while True:
                time.sleep(1)
        """
        _, process = self.begin("outcome", script)
        for name in ("HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "WINCH", "ALRM"):
            process.send_signal(getattr(signal, "SIG" + name))
            line = process.stdout.readline()
            self.assertEqual(line, f"SIG{name}\n".encode(), "" if line else process.stderr.read())
        subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=True)
        self.assertEqual(self.finish(process).code, -signal.SIGKILL)

    def test_a_script_that_kills_its_own_job(self):
        _, run = self.approved("outcome", "sleep", "60")
        done = self.call("jit-alice", "sh", "-c", '"$@" & sleep 1; kill $!; wait $!; echo $?', "sh", *run)
        self.assertEqual(done.out, "143\n", done)

    def test_an_ending_that_the_command_ignores(self):
        request_id, process = self.begin("outcome", """
            import signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("ready", flush=True)
            time.sleep(1)
        """)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(process).code, 0)
        self.assertEqual(self.has_ended(request_id)["status"], 0)

    def test_a_signal_of_the_command_to_its_group_comes_back_to_nobody(self):
        request_id, process = self.begin("outcome", """
            import os, signal, time
            count = 0
            def note(number, frame):
                global count
                count += 1
            signal.signal(signal.SIGTERM, note)
            print("ready", flush=True)
            os.kill(0, signal.SIGTERM)
            time.sleep(0.5)
            print(count, flush=True)
        """, start_new_session=True)
        done = self.finish(process)
        self.assertEqual((done.code, done.out), (0, "1\n"), done)

    def test_stops_are_passed_on(self):
        _, process = self.begin("outcome", """
            import os, signal
            print("ready", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)
            print("on", flush=True)
        """)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGSTOP)
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.stdout.readline(), b"on\n")
        self.assertEqual(self.finish(process).code, 0)

    def test_killed_it_leaves_the_command_running(self):
        marker = os.path.join(self.home("jit-alice"), "done")
        request_id, process = self.begin("outcome", """
            import sys, time
            print("ready", flush=True)
            time.sleep(1)
            open(sys.argv[1], "w").close()
        """, marker)
        process.kill()
        process.wait()
        deadline = time.monotonic() + harness.PATIENCE
        while not os.path.exists(marker):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertIsNone(self.request("jit-bob", request_id)["outcome"])

    def test_closed_descriptors_and_pipes(self):
        _, run = self.approved("outcome", self.script("[ -e /proc/$$/fd/0 ] && echo open || echo closed"))
        done = self.call("jit-alice", "sh", "-c", 'exec "$@" <&-', "sh", *run)
        self.assertEqual(done.out, "closed\n", done)
        request_id, run = self.approved("outcome", "yes")
        done = self.call("jit-alice", "bash", "-c", '"$@" | head -1; echo ${PIPESTATUS[0]}', "bash", *run)
        self.assertEqual(done.out, "y\n141\n", done)
        self.assertEqual(self.outcome(request_id)["signal"], "PIPE")

    def test_the_keys_of_a_terminal(self):
        request_id, run = self.approved("outcome", PYTHON, "-c", textwrap.dedent("""
            import signal, time
            count = 0
            def note(number, frame):
                global count
                count += 1
            signal.signal(signal.SIGINT, note)
            print("ready", flush=True)
            time.sleep(2)
            print("interrupts:", count, flush=True)
        """))
        screen = self.terminal("jit-alice", *run)
        screen.expect("ready")
        screen.send("\x03")
        screen.expect("interrupts: 1")
        self.assertEqual(screen.wait(), 0)
        self.assertEqual(self.outcome(request_id)["status"], 0)
        request_id, run = self.approved("outcome", "sleep", "60")
        screen = self.terminal("jit-alice", *run)
        time.sleep(1)
        screen.send("\x03")
        self.assertEqual(screen.wait(), -signal.SIGINT)
        self.assertEqual(self.outcome(request_id)["signal"], "INT")

    def test_job_control(self):
        self.job_control("outcome")

    def job_control(self, record):
        request_id, run = self.approved(record, "cat")
        screen = self.terminal("jit-alice", "bash", "--norc", "-i")
        screen.send(shlex.join(run) + "\n")
        time.sleep(1)
        screen.send("one\n")
        screen.expect("one\r\none\r\n")
        screen.send("\x1a")
        screen.expect("Stopped")
        screen.send("echo $((6*7)); stty -a | grep -o -- '-*icanon'\n")  # the terminal is the shell's again
        screen.expect("42\r\nicanon")
        screen.send("fg\n")
        time.sleep(0.5)
        screen.send("two\n")
        screen.expect("two\r\ntwo\r\n")
        screen.send("\x1a")
        screen.expect("Stopped(?s:.*)Stopped")
        screen.send("bg\n")
        time.sleep(0.5)
        screen.send("\n")
        screen.expect("(?s)bg.*&.*Stopped")  # it reads, in the background
        screen.send("fg\n")
        time.sleep(0.5)
        screen.send("three\n")
        screen.expect("three\r\nthree\r\n")
        screen.send("\x04")
        time.sleep(0.5)
        screen.send("echo ended $?; exit\n")
        screen.expect("ended 0")
        screen.wait()
        self.assertEqual(self.has_ended(request_id)["status"], 0)

    def test_a_background_job_that_reads_the_terminal(self):
        self.background_job("outcome")

    def background_job(self, record):
        request_id, run = self.approved(record, "sh", "-c", "echo begun; read line; echo got $line")
        screen = self.terminal("jit-alice", "bash", "--norc", "-i")
        screen.send(shlex.join(run) + " &\n")
        screen.expect("begun")
        time.sleep(0.5)
        screen.send("\n")
        screen.expect("Stopped")
        screen.send("fg\n")
        time.sleep(0.5)
        screen.send("a line\n")
        screen.expect("got a line")
        time.sleep(0.5)
        screen.send("exit\n")
        screen.wait()
        self.assertEqual(self.has_ended(request_id)["status"], 0)

    def test_the_status_descriptor(self):
        request_id, run = self.approved("outcome", "sh", "-c", "exit 3")
        done = self.call("jit-alice", "bash", "-c", '"$@" 3>&1', "bash", run[0], "--status-fd", "3", *run[1:])
        events = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual([e["event"] for e in events][-2:], ["exec", "exit"])
        self.assertEqual((events[-1]["status"], events[-1]["request"]), (3, request_id))
        self.assertIn("duration_ms", events[-1])

    def test_break_glass(self):
        rule = "break_glass: {from: [reviewers]}\n    record: "
        with open(self.policy_file) as file:
            text = file.read()
        with open(self.policy_file, "w") as file:
            file.write(text.replace("    record: ", "    " + rule))
        self.restart()
        for record in ("outcome", "session"):
            done = self.call("jit-bob", "jit-run", "--break-glass", "-r", "fire", "-l", "record=" + record, "--", "false")
            self.assertEqual(done.code, 1, done)
            [request] = [r for r in json.loads(self.ok("jit-alice", "jit-approve", "list", "--all", "--json").out)
                         if r["state"] == "finished" and r["requirement"]["record"] == record]
            self.assertEqual((request["outcome"]["status"], request["outcome"]["use"]), (1, 1))
        self.assertEqual(self.audit("verify").code, 0)

    def test_what_changed_is_asked_anew_and_recorded(self):
        job = self.script("exit 1")
        run = self.start("jit-alice", "jit-run", "--retry-changed", "-l", "record=outcome", "--", job)
        [first] = self.pending("jit-bob")
        self.script("exit 2")
        self.ok("jit-bob", "jit-approve", "approve", "--yes", first["id"])
        [second] = self.pending("jit-bob")
        self.ok("jit-bob", "jit-approve", "approve", "--yes", second["id"])
        self.assertEqual(self.finish(run).code, 2)
        self.assertEqual(self.outcome(second["id"])["status"], 2)
        self.assertIsNone(self.outcome(first["id"]))

    def test_a_rule_that_was_tightened_meanwhile(self):
        request_id, run = self.approved("outcome", "true")
        with open(self.policy_file) as file:
            text = file.read()
        with open(self.policy_file, "w") as file:
            file.write(text.replace("    record: outcome", "    record: session"))
        self.restart()
        done = self.call("jit-alice", *run)
        self.assertEqual(done.code, 116, done)
        self.assertIn("now wants it recorded (session)", done.err)

    def test_who_approves_is_told(self):
        request_id, _ = self.approved("session", "true")
        self.assertEqual(self.request("jit-bob", request_id)["requirement"]["record"], "session")
        self.assertIn("what it shows on the terminal", self.ok("jit-bob", "jit-approve", "show", request_id).out)


class Sessions(Suite):
    """On a terminal of its own."""

    def on_terminal(self, *command, **options):
        request_id, run = self.approved("session", *command)
        return request_id, self.terminal("jit-alice", *run, **options)

    def ended(self, request_id, screen, code=0):
        self.assertEqual(screen.wait(), code, screen.text)
        outcome = self.has_ended(request_id)
        recording = outcome["recording"]
        cast = self.replay(request_id, "--raw").out
        self.assertEqual(recording["sha256"], hashlib.sha256(cast.encode()).hexdigest())
        self.assertEqual(recording["size"], len(cast))
        return outcome

    def in_asciinema(self, request_id):
        """What asciinema makes of it."""
        path = os.path.join(self.home("jit-bob"), request_id + ".cast")
        self.assertEqual(self.replay(request_id, "--output", path).code, 0)
        self.assertEqual(self.replay(request_id, "--output", path).code, 117)  # evidence, perhaps
        env = {"PATH": "/usr/bin:/bin", "HOME": self.dir, "LANG": "C.UTF-8", "TERM": "xterm"}
        out = path + ".out"
        for command in (["asciinema", "play", "-s", "1000", path], ["asciinema", "cat", path]):
            screen = harness.Terminal(command, env, self.dir, stdout=out if command[1] == "cat" else None)
            self.assertEqual(screen.wait(60), 0, screen.text)
        with open(out, "rb") as file:
            return file.read().decode()

    def test_ten_thousand_lines(self):
        request_id, screen = self.on_terminal("seq", "10000")
        self.ended(request_id, screen)
        lines = "".join(f"{i}\r\n" for i in range(1, 10001))
        self.assertEqual(screen.text, lines)
        self.assertEqual(self.shown(request_id), lines)
        self.assertEqual(self.in_asciinema(request_id), lines)
        self.assertEqual(self.audit("verify").code, 0)

    def test_the_last_bytes(self):
        for number in range(10):
            request_id, screen = self.on_terminal("sh", "-c", f"printf %s the-last-words-{number}; exit 5")
            self.ended(request_id, screen, 5)
            self.assertEqual((screen.text, self.shown(request_id)), (f"the-last-words-{number}",) * 2)

    def test_vim(self):
        request_id, screen = self.on_terminal("vim", "-u", "NONE", "-N", "notes.txt")
        screen.expect("notes.txt")
        screen.send("ihello\x1b")
        screen.expect("hello")
        screen.send(":wq\r")
        self.ended(request_id, screen)
        with open(os.path.join(self.home("jit-alice"), "notes.txt")) as file:
            self.assertEqual(file.read(), "hello\n")
        self.assertIn("hello", self.in_asciinema(request_id))

    def test_less_and_top(self):
        with open(os.path.join(self.home("jit-alice"), "lines"), "w") as file:
            file.write("".join(f"line {i}\n" for i in range(1000)))
        request_id, screen = self.on_terminal("less", "lines")
        screen.expect("line 22")
        screen.send("G")
        screen.expect("line 999")
        screen.send("q")
        self.ended(request_id, screen)
        request_id, screen = self.on_terminal("top")
        screen.expect("PID")
        screen.send("q")
        self.ended(request_id, screen)
        self.assertIn("PID", self.in_asciinema(request_id))

    def test_a_shell_with_jobs(self):
        request_id, screen = self.on_terminal("bash", "--norc", "-i")
        screen.send("cat\n")
        time.sleep(0.5)
        screen.send("one\n")
        screen.expect("one\r\none")
        screen.send("\x1a")
        screen.expect("Stopped")
        screen.send("fg\n")
        time.sleep(0.5)
        screen.send("two\n")
        screen.expect("two\r\ntwo")
        screen.send("\x03")
        time.sleep(0.5)
        screen.send("echo $((6*7)); exit 6\n")
        screen.expect("42")
        self.ended(request_id, screen, 6)

    def test_input_is_not_recorded(self):
        request_id, screen = self.on_terminal(self.script("stty -echo; read secret; stty echo; echo ${#secret}"))
        time.sleep(1)
        screen.send("hunter2\n")
        self.ended(request_id, screen)
        self.assertEqual(self.shown(request_id), "7\r\n")
        self.assertNotIn("hunter2", self.replay(request_id, "--raw").out)

    def test_the_size(self):
        request_id, screen = self.on_terminal(PYTHON, "-c", textwrap.dedent("""
            import os, signal
            def tell(*_):
                os.write(1, "size {} {}\\n".format(*os.get_terminal_size()).encode())
            signal.signal(signal.SIGWINCH, tell)
            tell()
            while os.get_terminal_size().columns != 44:
                signal.pause()
        """), columns=100, rows=40)
        screen.expect("size")
        screen.resize(132, 50)
        screen.expect("size 132 50")
        screen.resize(44, 10)
        screen.expect("size 44 10")
        self.ended(request_id, screen)
        kinds = [json.loads(line)[1:] for line in self.replay(request_id, "--raw").out.splitlines()[1:]]
        self.assertIn(["r", "132x50"], kinds)

    def test_job_control(self):
        Outcomes.job_control(self, "session")

    def test_a_background_job_that_reads_the_terminal(self):
        Outcomes.background_job(self, "session")

    def modes(self, screen):
        screen.send("stty -a | tr -d '\\n' | md5sum\n")
        return screen.expect("[0-9a-f]{32}  -")[0]

    def test_the_terminal_is_put_back(self):
        screen = self.terminal("jit-alice", "bash", "--norc", "-i")
        before = self.modes(screen)
        for script, code in (("stty raw -echo; exit 3", 3), ("stty raw; kill -KILL $$", 137), ("kill -SEGV $$", 139),
                             ("sleep 0.2; kill -TERM $PPID; sleep 0.2; exit 4", 4)):
            _, run = self.approved("session", self.script(script))
            screen.text = ""
            screen.send(shlex.join(run) + "; echo code $?\n")
            screen.expect(rf"code {code}\r")
            screen.text = ""
            self.assertEqual(self.modes(screen), before)

    def test_signals_to_jit_run(self):
        request_id, screen = self.on_terminal(PYTHON, "-c", textwrap.dedent("""
            import os, signal, time
            def note(number, frame):
                os.write(1, signal.Signals(number).name.encode() + b"\\n")  # print cannot be interrupted by itself
            for s in ("HUP", "INT", "USR1", "TERM"):
                signal.signal(getattr(signal, "SIG" + s), note)
            print("ready", flush=True)
            while True:
                time.sleep(1)
        """))
        screen.expect("ready")
        for name in ("HUP", "INT", "USR1", "TERM"):
            os.kill(screen.pid, getattr(signal, "SIG" + name))
            screen.expect("SIG" + name)
        screen.send("\x1c")
        self.assertEqual(screen.wait(), -signal.SIGQUIT)
        self.assertEqual(self.has_ended(request_id)["signal"], "QUIT")

    def test_bytes_that_are_no_text(self):
        request_id, screen = self.on_terminal(self.script(
            r"printf 'a\377b\303'; sleep 0.3; printf '\251c\0d\342\202'; sleep 0.3; printf '\254\360\237'"))
        self.ended(request_id, screen)
        self.assertEqual(self.shown(request_id), "a\ufffdb\u00e9cd\u20ac\ufffd")

    def test_what_stays_behind_keeps_nobody(self):
        request_id, screen = self.on_terminal(self.script("nohup sleep 30 >&0 2>&1 & trap '' HUP; sleep 30 & echo done"))
        started = time.monotonic()
        self.ended(request_id, screen)
        self.assertLess(time.monotonic() - started, 15)
        self.assertIn("done", screen.text)

    def test_what_goes_elsewhere_is_as_it_is_and_not_recorded(self):
        request_id, run = self.approved("session", self.script(r"printf 'a\nb\0\377'; echo shown >&2"))
        screen = self.terminal("jit-alice", "bash", "-c", shlex.join(run) + " | od -An -tx1; echo ended ${PIPESTATUS[0]}")
        screen.expect("ended 0")
        screen.wait()
        self.assertIn("61 0a 62 00 ff", screen.text)
        self.has_ended(request_id)
        self.assertEqual(self.shown(request_id), "shown\r\n")

    def test_without_a_terminal(self):
        request_id, run = self.approved("session", "echo", "hello")
        done = self.call("jit-alice", *run, start_new_session=True)
        self.assertEqual((done.code, done.out, done.err), (0, "hello\n", ""))
        self.assertEqual(self.outcome(request_id)["recording"]["complete"], True)
        self.assertEqual(self.shown(request_id), "")

    def test_a_pager_behind_it_has_the_keys(self):
        _, run = self.approved("session", "seq", "1000")
        screen = self.terminal("jit-alice", "bash", "-c", shlex.join(run) + " | less; echo ended ${PIPESTATUS[0]}")
        screen.expect("22\r\n")
        screen.send("G")
        screen.expect("1000")
        screen.send("q")
        screen.expect("ended 0")
        screen.wait()

    def test_killed_it_leaves_what_it_has_recorded(self):
        request_id, screen = self.on_terminal(self.script("echo before; sleep 60"))
        screen.expect("before")
        time.sleep(1.5)
        os.kill(screen.pid, signal.SIGKILL)
        screen.wait()
        self.assertEqual(self.shown(request_id), "before\r\n")
        self.assertIsNone(self.outcome(request_id))
        self.assertEqual(self.audit("verify").code, 0)

    def test_a_command_that_kills_what_watches_it(self):
        mark = os.path.join(self.home("jit-alice"), "went-on")
        request_id, screen = self.on_terminal(self.script(f"trap '' HUP; kill -KILL $PPID; sleep 2; echo > {mark}"))
        self.assertEqual(screen.wait(), 117)
        self.assertIn("how the command ended is not known", screen.text)
        outcome = self.has_ended(request_id)
        self.assertEqual((outcome.get("signal"), outcome["recording"]["complete"]), (None, False))
        self.assertIn("not known", outcome["error"])
        self.assertEqual(self.audit("verify").code, 0)
        deadline = time.monotonic() + harness.PATIENCE
        while not os.path.exists(mark):  # it is not said to be dead: it is not
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    @AS_SHIPPED
    def test_longer_than_it_may_be(self):
        request_id, screen = self.on_terminal("head", "-c", "18000000", "/dev/zero")
        screen.wait(60)
        self.assertEqual(screen.text.count("\0"), 18000000)
        # NUL is not recorded: nothing is too long
        self.assertTrue(self.has_ended(request_id)["recording"]["complete"])
        request_id, screen = self.on_terminal("seq", "2200000")
        screen.wait(60)
        self.assertIn("the recording is incomplete: it has become as long as it may", screen.text[-500:])
        self.assertIn("\r\n2200000\r\n", screen.text)
        recording = self.has_ended(request_id)["recording"]
        self.assertFalse(recording["complete"])
        self.assertLessEqual(recording["size"], 16 << 20)
        self.assertTrue(self.shown(request_id).endswith("[jit-run: the recording ends here, it has become as long as it may]\r\n"))

    def test_replay(self):
        request_id, screen = self.on_terminal(self.script(
            r"stty -opost; printf '\033]0;title\007\033[31mred\033[0m \033[6n\033]52;c;aGk=\007\302\233>c\033[?1000hend\r\n'"))
        screen.wait()
        self.has_ended(request_id)
        command = self.audit_command("replay", request_id[:8], "--speed", "5")
        player = harness.Terminal(command[0], command[1], self.dir)
        self.assertEqual(player.wait(), 0)
        self.assertIn("\x1b[31mred\x1b[0m ", player.text)
        self.assertIn("end\r\n", player.text)
        for bad in ("title", "\x1b[6n", "aGk", "\u009b", "1000h"):
            self.assertNotIn(bad, player.text)
        self.assertEqual(self.replay("zzzz").code, 125)
        self.assertEqual(self.replay(request_id, "--use", "2").code, 125)

    def test_an_edited_recording(self):
        import sqlite3
        request_id, screen = self.on_terminal("echo", "the truth")
        screen.wait()
        self.has_ended(request_id)
        self.assertEqual(self.audit("verify").code, 0)
        database = sqlite3.connect(os.path.join(self.store_directory(), "jit-run.db"))
        database.execute("UPDATE recordings SET bytes = replace(bytes, 'truth', 'lies!')")
        database.commit()
        done = self.audit("verify")
        self.assertEqual(done.code, 1, done)
        self.assertIn("the recording of its use 1 is not the one that was reported", done.err)
        database.execute("DELETE FROM recordings")
        database.commit()
        self.assertEqual(self.audit("verify").code, 1)

    def test_each_use_has_its_recording(self):
        request_id, run = self.approved("session", self.script("cat code"))
        for word in ("one", "two"):
            with open(os.path.join(self.home("jit-alice"), "code"), "w") as file:
                file.write(word)
            self.assertEqual(self.terminal("jit-alice", *run).wait(), 0)
        self.assertEqual([self.shown(request_id, "--use", str(n)) for n in (1, 2)], ["one", "two"])
        self.assertEqual(self.shown(request_id), "two")
        self.assertEqual(self.audit("verify").code, 0)


class Local(harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)

    def audit_command(self, *words):
        return self.as_user("jit-bob", ["jit-audit", *words]), self.env("jit-bob")

    def store_directory(self):
        return self.backend.partition(":")[2]


class Remote(server_test.Served):
    def audit_command(self, *words):
        return ["jit-audit", *words], self.env("root", JIT_RUN_BACKEND="local:" + self.store)

    def store_directory(self):
        return self.store


class OutcomesEmbedded(Outcomes, Local):
    pass


class OutcomesOverHttp(Outcomes, Remote):
    pass


class SessionsEmbedded(Sessions, Local):
    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.dir, "disk")
        os.mkdir(self.disk)

    def on_small_disk(self, megabytes=6):
        """A store on a file system of its own."""
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=2770,gid={harness.GROUP}", "none", self.disk],
                              capture_output=True, check=False)
        if done.returncode != 0:
            self.skipTest("needs to mount a small disk")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        self.backend = "local:" + self.disk

    def fill(self):
        with open(os.path.join(self.disk, "filling"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def test_a_full_disk_does_not_stop_it(self):
        self.on_small_disk()
        request_id, screen = self.on_terminal(self.script("echo begun; read x; seq 20000; echo over"))
        screen.expect("begun")
        time.sleep(1)
        self.fill()
        screen.send("\n")
        self.assertEqual(screen.wait(60), 0)
        self.assertIn("20000\r\nover", screen.text)
        self.assertEqual(screen.text.count("the recording is incomplete"), 1, screen.text[-500:])
        self.assertIn("how it ended was not recorded", screen.text)
        os.unlink(os.path.join(self.disk, "filling"))
        self.assertTrue(self.shown(request_id).startswith("begun"))

    def test_a_full_disk_from_the_start(self):
        self.on_small_disk()
        _, run = self.approved("session", "touch", "made")
        self.fill()
        done = self.call("jit-alice", *run)
        self.assertEqual(done.code, 117, done)
        self.assertFalse(os.path.exists(os.path.join(self.home("jit-alice"), "made")))

    @AS_SHIPPED
    def test_a_hundred_megabytes_need_no_memory(self):
        request_id, screen = self.on_terminal("head", "-c", str(100 << 20), "/dev/zero")
        deadline = time.monotonic() + 120
        size = most = 0
        while time.monotonic() < deadline and screen.read(1) is not None and size < 100 << 20:
            size, screen.text = size + len(screen.text), ""
            with open(f"/proc/{screen.pid}/status") as status:
                most = max([most] + [int(line.split()[1]) for line in status if line.startswith("VmHWM")])
        screen.wait()
        self.assertGreater(size + len(screen.text), 99 << 20)
        self.assertLess(most, 100 << 10, "KiB")


class SessionsOverHttp(Sessions, Remote):
    call_api, problem = server_test.Api.call_api, server_test.Api.problem

    def setUp(self):
        super().setUp()
        self.tokens = {}
        for user in harness.USERS:
            with open(self.token_file(user)) as file:
                self.tokens[user] = file.read().strip()

    def test_a_server_that_is_killed_meanwhile(self):
        request_id, screen = self.on_terminal(self.script("echo begun; read x; echo more; sleep 1; echo over"))
        screen.expect("begun")
        time.sleep(1)
        self.stop(signal.SIGKILL)
        screen.send("\n")
        self.assertEqual(screen.wait(90), 0)
        self.assertIn("over", screen.text)
        self.assertEqual(screen.text.count("the recording is incomplete"), 1, screen.text)
        self.assertEqual(screen.text.count("how it ended was not recorded"), 1, screen.text)
        self.serve()
        self.assertIn("begun", self.shown(request_id))

    def test_a_server_that_comes_back(self):
        request_id, screen = self.on_terminal(self.script("echo begun; read x; echo more; sleep 1; echo over"))
        screen.expect("begun")
        time.sleep(1)
        self.stop(signal.SIGKILL)
        screen.send("\n")
        screen.expect("more")
        time.sleep(1)
        self.serve()
        self.ended(request_id, screen)
        self.assertIn("begun", self.shown(request_id))
        self.assertIn("over", self.shown(request_id))

    def test_who_may_read_and_write_it(self):
        request_id, screen = self.on_terminal("echo", "hello")
        screen.wait()
        path = f"/v1/requests/{request_id}/recording"
        auditor = self.token("jit-carol", "audit")
        answer = self.call_api("GET", path, token=auditor)
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/x-asciicast"))
        self.assertEqual(self.call_api("GET", path, user="jit-alice").status, 403)
        self.assertEqual(self.call_api("GET", path + "?use=2", token=auditor).status, 404)
        piece = {"use": 1, "start": 0, "bytes": '{"version": 2}\n'}
        self.problem(self.call_api("POST", path, piece), 409, "refused")  # it has ended
        self.assertEqual(self.call_api("POST", path, piece, user="jit-bob").status, 409)
        self.problem(self.call_api("POST", f"/v1/requests/{request_id}/outcome", {"outcome": {"status": 0, "use": 1}}), 409, "refused")
        self.problem(self.call_api("POST", path, {**piece, "use": 0}), 409, "refused")
        for bad in ({}, {**piece, "start": -1}, {**piece, "bytes": "\x1b"}, {**piece, "bytes": ""}, {**piece, "bytes": "no asciicast\n"}):
            self.problem(self.call_api("POST", path, bad), 400, "bad-request")

    def test_a_piece_that_comes_twice(self):
        request_id, screen = self.on_terminal(self.script("read x"))
        deadline = time.monotonic() + harness.PATIENCE
        path = f"/v1/requests/{request_id}/recording"
        auditor = self.token("jit-carol", "audit")
        while self.call_api("GET", path, token=auditor).status != 200:
            self.assertLess(time.monotonic(), deadline)
        size = len(self.call_api("GET", path, token=auditor).document)
        piece = {"use": 1, "start": size, "bytes": "[1, \"o\", \"x\"]\n"}
        answer = self.call_api("POST", path, piece)
        while answer.status != 200:  # the terminal of the command has had something to say meanwhile
            self.assertLess(time.monotonic(), deadline, answer.document)
            size = piece["start"] = len(self.call_api("GET", path, token=auditor).document)
            answer = self.call_api("POST", path, piece)
        again = self.call_api("POST", path, piece)
        self.assertEqual([(a.status, a.document["size"]) for a in (answer, again)], 2 * [(200, size + 14)])
        self.problem(self.call_api("POST", path, {"use": 1, "start": size + 1, "bytes": "[1, \"o\", \"y\"]\n"}), 400, "bad-request")
        self.problem(self.call_api("POST", path, {"use": 1, "start": size + 99, "bytes": "[1, \"o\", \"y\"]\n"}), 400, "bad-request")
        screen.send("\n")
        screen.wait()


class WithoutRecordings(harness.World):
    """A backend that keeps none: what must be recorded does not start."""

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        helpers = os.path.join(self.dir, "helpers")
        requests = os.path.join(self.dir, "requests")
        os.mkdir(helpers)
        os.mkdir(requests)
        shutil.copy(backends_test.EXAMPLE, helpers)
        shutil.chown(requests, "root", harness.GROUP)
        os.chmod(requests, 0o2770)
        self.backend = "files:" + requests
        self.helpers = helpers

    def env(self, user, **more):
        return super().env(user, JIT_RUN_HELPER_PATH=self.helpers, **more)

    def test_a_session_is_refused_before_anybody_is_asked(self):
        done = self.call("jit-alice", "jit-run", "-l", "record=session", "--", "touch", "made")
        self.assertEqual(done.code, 117, done)
        self.assertIn("this backend keeps no recordings: nothing was started", done.err)
        self.assertFalse(os.path.exists(os.path.join(self.home("jit-alice"), "made")))
        self.assertEqual(json.loads(self.ok("jit-bob", "jit-approve", "list", "--all", "--json").out), [])

    def test_an_outcome_is_reported(self):
        run = self.start("jit-alice", "jit-run", "-l", "record=outcome", "--", "false")
        [request] = self.pending("jit-bob")
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(self.finish(run).code, 1)
        request = self.request("jit-bob", request["id"])
        self.assertEqual((request["state"], request["outcome"]["status"]), ("finished", 1))


if __name__ == "__main__":
    harness.main()
