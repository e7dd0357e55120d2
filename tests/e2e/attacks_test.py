#!/usr/bin/env python3
"""What will be tried against it, from outside: hostile text, repositories, environments and wrappers."""
import os
import re
import shutil
import subprocess
import time

import harness

ASK = """
groups:
  reviewers: [jit-alice, jit-bob, jit-carol]
rules:
  - name: everything
    match: {}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m}
"""
# `danger` is a program of the test's own: it leaves a mark.
DENY_DANGER = """
commands:
  danger: {value_options: [--context]}
rules:
  - {name: danger, match: {command.name: danger}, effect: deny}
  - {name: rest, match: {}, effect: allow}
"""
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Shown(harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(ASK)

    def post(self, *words, cwd=None, env=None, options=()):
        return self.ok("jit-alice", "jit-run", "--no-wait", *options, "--", *words, cwd=cwd, env=env).out.strip()

    def test_hostile_bytes_are_visible_and_one_line_each(self):
        evil = "a\x1b[2Jb\rc\nd\x9be\u202ef\u200bg"
        folder = os.path.join(self.home("jit-alice"), "dir\x1b]52;c;eA==\x07")
        os.mkdir(folder)
        shutil.chown(folder, "jit-alice")
        request_id = self.post("echo", evil, cwd=folder, options=["--reason", "why\x1b[1A\nnot"])
        for command in (["show", request_id], ["list", "--all"], ["approve", "--yes", request_id]):
            done = self.ok("jit-bob", "jit-approve", *command)
            self.assertIsNone(CONTROL.search(done.out + done.err), repr(done.out + done.err))
        shown = self.ok("jit-bob", "jit-approve", "show", request_id).out
        for text in (r"\x1b[2J", r"\r", r"\n", r"\u{202e}", r"\u{200b}"):
            self.assertIn(text, shown)

    def test_look_alikes_are_pointed_out(self):
        shown = self.ok("jit-bob", "jit-approve", "show", self.post("echo", "pаypal")).out  # Cyrillic a
        self.assertIn(r"p\u{430}ypal", shown)

    def test_words_are_told_apart(self):
        digests, lines = set(), set()
        for words in (["echo", "a b"], ["echo", "a", "b"], ["echo", "a b", ""], ["echo", "a b "]):
            request = self.request("jit-bob", self.post(*words))
            digests.add(request["digest"])
            lines.add(request["context"]["command"]["line"])
        self.assertEqual((len(digests), len(lines)), (4, 4))

    def test_padding_hides_nothing(self):
        request_id = self.post("echo", "x" * 120 * 1024, "PAYLOAD")
        self.assertIn("PAYLOAD", self.ok("jit-bob", "jit-approve", "show", request_id).out)
        line = next(l for l in self.ok("jit-bob", "jit-approve", "list").out.splitlines() if request_id[:8] in l)
        self.assertIn("…", line)
        self.assertLess(len(line), 200)

    def test_typed_ahead_is_thrown_away(self):
        request_id = self.post("true")
        approver = self.terminal("jit-bob", "bash", "-c", f"sleep 0.5; jit-approve approve {request_id}")
        approver.send("y\ny\n")
        approver.expect(r"\[y/N\]")
        time.sleep(0.5)
        self.assertEqual(self.request("jit-bob", request_id)["state"], "pending")
        approver.send("n\n")
        self.assertEqual(approver.wait(), 1)

    def test_secrets_are_nowhere(self):
        words = ["true", "--password=hunter2secret", "--token", "hunter2secret", "https://me:hunter2secret@example.org/",
                 "Authorization: Bearer hunter2secret"]
        request_id = self.post(*words)
        shown = self.ok("jit-bob", "jit-approve", "show", request_id)
        exported = self.ok("jit-bob", "jit-audit", "export", "--format", "jsonl")
        self.assertNotIn("hunter2secret", shown.out + exported.out)
        self.assertIn("[redacted]", shown.out)
        found = subprocess.run(["grep", "-rl", "hunter2secret", self.backend.removeprefix("local:"),
                                self.home("jit-alice")], capture_output=True, text=True)
        self.assertEqual(found.stdout, "")

    def test_forged_identity(self):
        env = self.env("jit-alice", USER="jit-bob", LOGNAME="jit-bob", SUDO_USER="jit-bob", USERNAME="jit-bob")
        request = self.request("jit-bob", self.post("true", env=env))
        self.assertEqual((request["requester"], request["context"]["user"]["name"]), ("jit-alice", "jit-alice"))
        own = self.call("jit-alice", "jit-approve", "approve", "--yes", request["id"], env=env)
        self.assertEqual(own.code, 1, own)

    def test_preloads_are_shown(self):
        env = self.env("jit-alice", BASH_ENV="/tmp/evil.sh", GIT_SSH_COMMAND="evil")
        shown = self.ok("jit-bob", "jit-approve", "show", self.post("true", env=env)).out
        self.assertIn("BASH_ENV", shown)
        self.assertIn("GIT_SSH_COMMAND", shown)


class Repositories(harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(ASK)
        self.work = os.path.join(self.dir, "work")
        os.mkdir(self.work)
        shutil.chown(self.work, "jit-alice", "jit-alice")
        self.git("init", "-q", "-b", "main")
        self.git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first")
        self.mark = os.path.join(self.work, "executed")

    def git(self, *words, env=None):
        return self.ok("jit-alice", "git", *words, cwd=self.work, env=env)

    def context(self, env=None):
        started = time.monotonic()
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--", "true", cwd=self.work, env=env)
        self.assertLess(time.monotonic() - started, 4)
        return self.request("jit-bob", posted.out.strip())["context"]

    def test_nothing_that_a_repository_configures_is_executed(self):
        hook = os.path.join(self.work, "evil.sh")
        with open(hook, "w") as file:
            file.write(f"#!/bin/sh\ntouch {self.mark}\n")
        os.chmod(hook, 0o755)
        for key in ("core.fsmonitor", "gpg.program", "filter.x.clean", "filter.x.smudge", "diff.external", "core.pager",
                    "core.sshCommand", "core.editor"):
            self.git("config", key, hook)
        self.git("config", "log.showSignature", "true")
        with open(os.path.join(self.work, ".gitattributes"), "w") as file:
            file.write("* filter=x\n")
        for name in os.listdir(os.path.join(self.work, ".git", "hooks")):
            os.remove(os.path.join(self.work, ".git", "hooks", name))
        for name in ("post-checkout", "post-index-change", "pre-commit"):
            shutil.copy(hook, os.path.join(self.work, ".git", "hooks", name))
        with open(os.path.join(self.work, "file"), "w") as file:
            file.write("x\n")
        if os.path.exists(self.mark):
            os.remove(self.mark)
        self.assertEqual(self.context()["git"]["branch"], "main")
        self.assertFalse(os.path.exists(self.mark))

    def test_variables_do_not_steer_it(self):
        truth = self.context()["git"]["commit"]
        fake = os.path.join(self.dir, "fake")
        os.mkdir(fake)
        with open(os.path.join(fake, "git"), "w") as file:
            file.write(f"#!/bin/sh\ntouch {self.mark}\necho 0000000000000000000000000000000000000000\n")
        os.chmod(os.path.join(fake, "git"), 0o755)
        env = self.env("jit-alice", GIT_DIR="/nonexistent", GIT_WORK_TREE="/", GIT_CONFIG_COUNT="1",
                       GIT_CONFIG_KEY_0="core.fsmonitor", GIT_CONFIG_VALUE_0="touch " + self.mark, GIT_TRACE="1")
        env["PATH"] = fake + ":" + env["PATH"]
        self.assertEqual(self.context(env)["git"]["commit"], truth)
        self.assertFalse(os.path.exists(self.mark))

    def test_fifo_and_device_as_head(self):
        head = os.path.join(self.work, ".git", "HEAD")
        os.remove(head)
        os.mkfifo(head)
        os.chmod(head, 0o666)
        git = self.context()["git"]
        self.assertTrue(git is None or git.get("commit") is None, git)
        os.remove(head)
        os.symlink("/dev/zero", head)
        git = self.context()["git"]
        self.assertTrue(git is None or git.get("commit") is None, git)

    def test_credentials_of_a_remote_are_redacted(self):
        self.git("remote", "add", "origin", "https://me:hunter2secret@example.org/x.git")
        remote = self.context()["git"]["remote"]
        self.assertNotIn("hunter2secret", remote)
        self.assertIn("example.org/x.git", remote)

    def test_hostile_branch_name_and_subject(self):
        self.git("checkout", "-q", "-b", "x\u202ey")
        self.git("-c", "user.name=A\x1b[31m", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "s\x1b[2J")
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--", "true", cwd=self.work)
        shown = self.ok("jit-bob", "jit-approve", "show", posted.out.strip()).out
        self.assertIsNone(CONTROL.search(shown), repr(shown))


class Wrappers(harness.World):
    def setUp(self):
        super().setUp()
        self.policy(DENY_DANGER)
        self.mark = os.path.join(self.dir, "home-jit-alice", "mark")
        self.tools = os.path.join(self.dir, "tools")
        os.mkdir(self.tools)
        self.danger = os.path.join(self.tools, "danger")
        with open(self.danger, "w") as file:
            file.write(f"#!/bin/sh\ntouch {self.mark}\n")
        os.chmod(self.danger, 0o755)

    def test_every_way_around(self):
        os.symlink(self.danger, os.path.join(self.tools, "harmless"))
        d = self.danger
        ways = [
            ["danger"], [d], ["danger", "--context", "x", "go"], ["env", "danger"], ["env", "-i", d],
            ["env", "-u", "HOME", "A=b", "danger"], ["env", "--unset=HOME", "danger"], ["env", "--chdi=/tmp", d],
            ["env", "-S", "danger go"], ["env", "--split-string=danger go"], ["env", "-vS", "danger"],
            ["nice", "danger"], ["nice", "-n", "5", "danger"], ["nice", "--adjust=5", "danger"], ["nice", "-5", "danger"],
            ["nohup", "danger"], ["timeout", "5", "danger"], ["timeout", "-k", "1", "5", "danger"],
            ["timeout", "--sig=KILL", "5", "danger"], ["timeout", "--foreground", "5s", "danger"],
            ["setsid", "-w", "danger"], ["stdbuf", "-oL", "danger"], ["ionice", "-c3", "danger"],
            ["xargs", "danger"], ["xargs", "-n1", "danger"], ["xargs", "--max-args=1", "danger"],
            ["find", ".", "-maxdepth", "0", "-exec", "danger", "{}", ";"], ["find", ".", "-execdir", d, ";"],
            ["sh", "-c", "danger"], ["sh", "-ec", "danger go"], ["bash", "-c", "danger"], ["bash", "-lc", "danger"],
            ["bash", "--norc", "-c", "danger"], ["bash", "-o", "errexit", "-c", "danger"], ["dash", "-c", "exec danger"],
            ["sh", "-c", "cd /tmp && danger"], ["sh", "-c", "true; danger"], ["sh", "-c", "echo x | danger"],
            ["sh", "-c", "$(danger)"], ["sh", "-c", "`danger`"], ["sh", "-c", "(danger)"], ["sh", "-c", "{ danger; }"],
            ["sh", "-c", "if true; then danger; fi"], ["sh", "-c", "X=1 danger"], ["sh", "-c", "da'ng'er"],
            ["sh", "-c", "dan\\ger"], ["sh", "-c", "x=danger; $x"], ["sh", "-c", "eval danger"],
            ["sh", "-c", "command danger"], ["sh", "-c", "danger # comment"], ["sh", "-c", "true\ndanger"],
            ["sh", "-c", "danger > /dev/null"], ["sh", "-c", "> /dev/null danger"], ["sh", "-c", "! danger"],
            ["env", "sh", "-c", "nice danger"], ["nice", "env", "nohup", "timeout", "9", "danger"],
            ["git", "-c", "alias.x=!danger", "x"], ["git", "-c", "core.pager=danger", "--paginate", "version"],
            ["harmless"], [os.path.join(self.tools, "harmless")],
            ["python3", "-c", f"import os; os.system('{d}')"], ["perl", "-e", f"system('{d}')"],
            ["awk", f"BEGIN {{ system(\"{d}\") }}"],
            ["jit-run", "danger"], ["flock", "/tmp/jit-e2e-lock", "danger"], ["flock", "/tmp/jit-e2e-lock", "-c", "danger"],
            ["watch", "-n1", "danger"], ["script", "-qc", "danger", "/dev/null"], ["setpriv", "danger"],
            ["sudo", "danger"], ["sudo", "-u", "root", "danger"], ["su", "-c", "danger"], ["chroot", "/", "danger"],
            ["busybox", "sh", "-c", "danger"],
            ["sqlite3", ":memory:", ".shell danger"], ["sqlite3", ":memory:", "-cmd", ".s danger"],
            ["sqlite3", ":memory:", ".output |danger", "select 1"], ["sqlite3", ":memory:", "select edit('', 'danger')"],
            ["sqlite3", ":memory:", ".import '|danger' t"], ["psql", "-c", "\\! danger"], ["psql", "-c", "\\o | danger"],
            ["mysql", "-e", "system danger"], ["vim", "-es", "+!danger", "+q"], ["less", "+!danger", "/etc/passwd"],
            ["vim", "-es", "-c!danger", "-cq"], ["ex", "-sc", "!danger", "-cq"], ["vim.tiny", "-es", "-c!danger", "-cq"],
            ["python3", "-m", "timeit", "-n1", "-r1", f"import os; os.system('{d}')"], ["python3", "-mtimeit", f"__import__('os').system('{d}')"],
            ["perl", "-C", "-e", f"system('{d}')"], ["ruby", "-W", "-e", f"system('{d}')"],
            ["gawk", "-f", "/dev/null", "-e", f"BEGIN {{ system(\"{d}\") }}"], ["choom", "-n", "5", "--", "danger"],
            ["setarch", "x86_64", "danger"], ["setarch", "x86_64", "-R", "danger"], ["uclampset", "-m", "5", "danger"],
            ["systemd-cat", "danger"], ["perf", "stat", "danger"],
            ["gdb", "-batch", "-ex", "shell danger"], ["scp", "-o", "ProxyCommand=danger", "a", "b:c"],
        ]
        env = self.env("jit-alice")
        env["PATH"] += ":" + self.tools
        for words in ways:
            with self.subTest(" ".join(words)):
                done = self.call("jit-alice", "jit-run", "--wait", "50ms", "--", *words, env=env)
                ran = os.path.exists(self.mark)
                if ran:
                    os.remove(self.mark)
                self.assertFalse(ran, f"{words} ran it: {done}")
                # Not installed here is as good an end as denied; asking (here: in vain) is the answer where no one can tell.
                self.assertIn(done.code, (113, 114, 126, 127), f"{words}: {done}")

    def test_what_is_harmless_still_runs(self):
        for words in (["env", "true"], ["nice", "-n", "1", "true"], ["timeout", "5", "true"], ["sh", "-c", "true"],
                      ["bash", "-lc", "true"], ["nohup", "true"]):
            with self.subTest(" ".join(words)):
                self.ok("jit-alice", "jit-run", "--wait", "50ms", "--", *words)


if __name__ == "__main__":
    harness.main()
