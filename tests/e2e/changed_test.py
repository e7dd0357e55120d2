#!/usr/bin/env python3
"""Between approval and run: whatever changes what would run ends with 116, or with the approved program."""
import os
import shutil
import stat
import threading

import harness

POLICY = """
groups:
  reviewers: [jit-bob, jit-carol]
env: [STAGE]
rules:
  - name: everything
    match: {}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m}
"""


class Changed(harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        self.work = os.path.join(self.dir, "work")
        os.mkdir(self.work)
        self.marker = os.path.join(self.work, "marker")
        self.script = self.write("deploy.sh", f"#!/bin/sh\necho good >> {self.marker}\n", 0o755)
        for path in (self.work, self.script):
            shutil.chown(path, "jit-alice", "jit-alice")

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.work, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def gate(self, change, *words, expect=116, env=None, cwd=None):
        """Posts words as jit-alice, changes something while it is pending, approves, and looks at the end."""
        run = self.start("jit-alice", "jit-run", "--", *words, cwd=cwd or self.work, env=env)
        [request] = self.pending("jit-bob")
        change()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        done = self.finish(run)
        self.assertEqual(done.code, expect, done)
        return done

    def ran(self):
        return open(self.marker).read().split() if os.path.exists(self.marker) else []

    def test_nothing_changed(self):
        self.gate(lambda: None, "./deploy.sh", expect=0)
        self.assertEqual(self.ran(), ["good"])

    def test_executable_overwritten(self):
        done = self.gate(lambda: self.write("deploy.sh", f"#!/bin/sh\necho evil >> {self.marker}\n"), "./deploy.sh")
        self.assertEqual(self.ran(), [])
        self.assertIn("deploy.sh", done.err)

    def test_executable_overwritten_with_its_times_kept(self):
        def change():
            before = os.stat(self.script)
            text = open(self.script).read().replace("good", "evil")
            with open(self.script, "r+") as file:
                file.write(text)
            os.utime(self.script, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.gate(change, "./deploy.sh")
        self.assertEqual(self.ran(), [])

    def test_executable_replaced_by_rename(self):
        def change():
            self.write("new", f"#!/bin/sh\necho evil >> {self.marker}\n", 0o755)
            os.rename(os.path.join(self.work, "new"), self.script)
        self.gate(change, "./deploy.sh")
        self.assertEqual(self.ran(), [])

    def test_script_of_an_interpreter(self):
        self.gate(lambda: self.write("deploy.sh", f"echo evil >> {self.marker}\n"), "sh", "deploy.sh")
        self.assertEqual(self.ran(), [])

    def test_operand_file(self):
        self.write("plan.txt", "one\n")
        self.gate(lambda: self.write("plan.txt", "two\n"), "cp", "plan.txt", "copy")
        self.assertFalse(os.path.exists(self.work + "/copy"))

    def test_operand_behind_an_option(self):
        self.write("values.yaml", "one\n")
        self.gate(lambda: self.write("values.yaml", "two\n"), "head", "--lines=1", "--", "values.yaml")

    def test_operand_that_appears(self):
        self.gate(lambda: self.write("late.txt", "x\n"), "cat", "late.txt")

    def test_operand_behind_a_symlink(self):
        self.write("a", "a\n")
        self.write("b", "b\n")
        os.symlink("a", os.path.join(self.work, "current"))

        def change():
            os.remove(os.path.join(self.work, "current"))
            os.symlink("b", os.path.join(self.work, "current"))
        self.gate(change, "cat", "current")

    def test_parent_directory_swapped(self):
        release = os.path.join(self.work, "release")
        os.mkdir(release)
        self.write("release/go", f"#!/bin/sh\necho good >> {self.marker}\n", 0o755)

        def change():
            os.rename(release, release + ".old")
            os.mkdir(release)
            self.write("release/go", f"#!/bin/sh\necho evil >> {self.marker}\n", 0o755)
        self.gate(change, "release/go")
        self.assertEqual(self.ran(), [])

    def test_working_directory_swapped(self):
        inner = os.path.join(self.work, "inner")
        os.mkdir(inner)

        def change():
            os.rename(inner, inner + ".old")
            os.mkdir(inner)
        done = self.gate(change, "true", cwd=inner)
        self.assertIn("cwd", done.err)

    def plant_and_gate(self, *words):
        early = os.path.join(self.dir, "early")
        os.mkdir(early)
        env = self.env("jit-alice")
        env["PATH"] = early + ":" + env["PATH"]

        def change():
            with open(os.path.join(early, "true"), "w") as file:
                file.write(f"#!/bin/sh\necho evil >> {self.marker}\n")
            os.chmod(os.path.join(early, "true"), 0o755)
        self.gate(change, *words, env=env)
        self.assertEqual(self.ran(), [])

    def test_planted_earlier_in_path(self):
        self.plant_and_gate("true")

    def test_planted_earlier_in_path_of_a_wrapped_program(self):
        self.plant_and_gate("env", "true")

    def test_a_file_that_a_variable_names(self):
        config = self.write("kubeconfig", "server: a")
        for value in (config, "/nowhere:" + config):
            self.write("kubeconfig", "server: a")
            done = self.gate(lambda: self.write("kubeconfig", "server: b"), "./deploy.sh", env=self.env("jit-alice", KUBECONFIG=value))
            self.assertIn("kubeconfig: content changed", done.err)
        self.assertEqual(self.ran(), [])

    def test_scripts_of_another_directory(self):
        os.mkdir(os.path.join(self.work, "sub"))
        home = self.home("jit-alice")
        for words, where in ((("env", "-C", "sub", "./go.sh"), "sub/go.sh"), (("env", "--chdir=sub", "sh", "go.sh"), "sub/go.sh"),
                             (("sh", "-c", "cd sub && ./go.sh"), "sub/go.sh"), (("sh", "-c", "cd sub; sh go.sh"), "sub/go.sh"),
                             (("find", "sub", "-name", "go.sh", "-execdir", "sh", "{}", ";"), "sub/go.sh"),
                             (("sh", "-c", "sh ~/go.sh"), os.path.join(home, "go.sh"))):
            with self.subTest(words=words):
                self.write(where, f"#!/bin/sh\necho good >> {self.marker}\n", 0o755)
                done = self.gate(lambda: self.write(where, f"#!/bin/sh\necho evil >> {self.marker}\n", 0o755), *words)
                self.assertIn("go.sh: content changed", done.err)
        self.assertEqual(self.ran(), [])

    def resumed(self, change, *words, expect=116, **variables):
        """Posts words, changes something after the approval, and runs them with other variables."""
        request_id = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", *words, cwd=self.work).out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        change()
        env = {**self.env("jit-alice"), **variables}
        env = {name: value for name, value in env.items() if value is not None}
        done = self.call("jit-alice", "jit-run", "--request", request_id, "--", *words, cwd=self.work, env=env)
        self.assertEqual(done.code, expect, done)
        return done

    def test_any_variable(self):
        for name, value in (("TF_VAR_count", "0"), ("PGHOSTADDR", "127.0.0.2"), ("https_proxy", "http://x"),
                            ("PATH", self.env("jit-alice")["PATH"] + ":/opt/x/bin"), ("LANGUAGE_OF_MY_TOOL", "x")):
            with self.subTest(name=name):
                self.assertIn(name, self.resumed(lambda: None, "./deploy.sh", **{name: value}).err)
        self.assertEqual(self.ran(), [])
        self.resumed(lambda: None, "./deploy.sh", expect=0, TERM="dumb", GITHUB_RUN_ID="7", SSH_TTY="/dev/pts/9", LANG=None)
        self.assertEqual(self.ran(), ["good"])

    def test_what_a_push_sends_and_where(self):
        def git(*words):
            self.ok("jit-alice", "git", "-c", "user.name=a", "-c", "user.email=a@x", *words, cwd=self.work)

        git("init", "-q", "-b", "main")
        git("commit", "-q", "--allow-empty", "-m", "one")
        git("branch", "hotfix")
        git("remote", "add", "origin", "/nowhere")
        push = ("git", "push", "origin", "hotfix:prod")
        for change, what in ((lambda: git("remote", "set-url", "--push", "origin", "/elsewhere"), "git.config"),
                             (lambda: git("config", "url./elsewhere.pushInsteadOf", "/nowhere"), "git.config"),
                             (lambda: git("branch", "-f", "hotfix", git("commit", "-q", "--allow-empty", "-m", "two") or "HEAD"), "git.refs"),
                             (lambda: git("tag", "v1"), "git.refs")):
            self.assertIn(what, self.resumed(change, *push).err)
        # What others are known to have, and another command's business, is none of it.
        self.resumed(lambda: git("update-ref", "refs/remotes/origin/x", "HEAD"), *push, expect=128)
        self.resumed(lambda: git("branch", "unrelated"), "./deploy.sh", expect=0)

    def test_policy_tightened(self):
        self.gate(lambda: self.policy(POLICY.replace("{reviewers: 1}", "{reviewers: 2}")), "./deploy.sh")
        self.assertEqual(self.ran(), [])

    def test_policy_denies_now(self):
        denies = POLICY.replace("rules:", "rules:\n  - {name: freeze, match: {user.name: jit-alice}, effect: deny, message: frozen}")
        # The engineer's own jit-run reads the policies when it starts; the claim must not rest on what it read then.
        done = self.gate(lambda: self.policy(denies), "./deploy.sh")
        self.assertEqual(self.ran(), [])
        self.assertIn("frozen", done.err)

    def test_approver_removed(self):
        run = self.start("jit-alice", "jit-run", "--no-wait", "--", "./deploy.sh", cwd=self.work)
        request_id = self.finish(run).out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        self.policy(POLICY.replace("[jit-bob, jit-carol]", "[jit-carol]"))
        done = self.call("jit-alice", "jit-run", "--request", request_id, "--", "./deploy.sh", cwd=self.work)
        self.assertEqual(done.code, 116, done)
        self.assertEqual(self.ran(), [])

    def test_another_action_for_the_same_approval(self):
        for words, env in ((["./deploy.sh", "now"], None), (["sh", "./deploy.sh"], None),
                           (["./deploy.sh"], self.env("jit-alice", STAGE="prod"))):
            with self.subTest(words):
                request_id = self.ok("jit-alice", "jit-run", "--no-wait", "--", "./deploy.sh", cwd=self.work).out.strip()
                self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
                done = self.call("jit-alice", "jit-run", "--request", request_id, "--", *words, cwd=self.work, env=env)
                self.assertEqual(done.code, 116, done)
        request_id = self.ok("jit-alice", "jit-run", "--no-wait", "--", "./deploy.sh", cwd=self.work).out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        done = self.call("jit-alice", "jit-run", "--request", request_id, "--", self.script, cwd=self.home("jit-alice"))
        self.assertEqual(done.code, 116, done)
        self.assertEqual(self.ran(), [])

    def test_secret_swapped(self):
        words = ["true", "--password=first"]
        request_id = self.ok("jit-alice", "jit-run", "--no-wait", "--", *words, cwd=self.work).out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        shown = self.call("jit-bob", "jit-approve", "show", request_id).out
        self.assertNotIn("first", shown)
        done = self.call("jit-alice", "jit-run", "--request", request_id, "--", "true", "--password=second", cwd=self.work)
        self.assertEqual(done.code, 116, done)
        self.assertNotIn("second", done.err)


if __name__ == "__main__":
    harness.main()
