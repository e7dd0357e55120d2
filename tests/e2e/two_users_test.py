#!/usr/bin/env python3
"""Two real users and a shared store: a gated `git push` on one terminal, the approver on another."""
import os
import signal
import subprocess
import time

import harness

POLICY = """
groups:
  reviewers: [jit-alice, jit-bob, jit-carol]
rules:
  - name: pushes
    match: {command.name: git, command.subcommand: "push*"}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m}
  - name: two-people
    match: {command.name: touch}
    effect: ask
    approval: {from: {reviewers: 2}, expires: 1m}
  - name: brief
    match: {command.name: cp}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1s}
  - name: reads
    match: {command.name: git, command.subcommand: ["status*", "log*"]}
    effect: allow
"""


class TwoUsers(harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        self.remote = os.path.join(self.dir, "remote.git")
        self.work = os.path.join(self.dir, "work")
        for folder in (self.remote, self.work):
            os.mkdir(folder)
            harness.shutil.chown(folder, "jit-alice", "jit-alice")
        self.git("init", "-q", "--bare", self.remote)
        self.git("init", "-q", "-b", "main", self.work)
        self.commit("first")
        self.git("remote", "add", "origin", self.remote)

    def git(self, *words):
        return self.ok("jit-alice", "git", *words, cwd=self.work)

    def commit(self, subject):
        self.git("-c", "user.name=Alice", "-c", "user.email=alice@example.org", "commit", "-q", "--allow-empty", "-m", subject)

    def pushed(self):
        return self.call("jit-alice", "git", "-C", self.remote, "rev-parse", "-q", "--verify", "main").code == 0

    def push(self, *options):
        return self.terminal("jit-alice", "jit-run", *options, "--", "git", "push", "-q", "origin", "main", cwd=self.work)

    def test_who_is_not_in_the_group_is_told_what_to_do(self):
        for command in (("jit-run", "--", "touch", "x"), ("jit-approve", "list")):
            with self.subTest(command=command):
                store = self.backend.removeprefix("local:")
                done = self.call("root", "setpriv", "--reuid=jit-alice", "--regid=jit-alice", "--clear-groups", "--", *command,
                                 env=self.env("jit-alice"))
                self.assertEqual(done.code, 117, done)
                self.assertIn(f"the store {store}: Permission denied\nhint: a store is shared by the group of its directory", done.err)

    def test_approved_on_another_terminal(self):
        engineer = self.push("--reason", "release 1.2")
        engineer.expect(r"waiting for 1 of reviewers \(jit-bob, jit-carol\)")
        [request] = self.pending("jit-bob")
        approver = self.terminal("jit-bob", "jit-approve", "approve", request["id"][:8])
        approver.expect("git push -q origin main")
        approver.expect("release 1.2")
        approver.expect(r"\[y/N\]")
        self.assertFalse(self.pushed())
        approver.send("y\n")
        self.assertEqual(approver.wait(), 0)
        self.assertEqual(engineer.wait(), 0, engineer.text)
        self.assertIn("approved by jit-bob", engineer.text)
        self.assertTrue(self.pushed())
        self.assertEqual([e["type"] for e in self.entries("jit-carol")], ["ask", "approve", "claim"])
        self.verify("jit-carol")

    def test_context_says_which_commit(self):
        engineer = self.push()
        [request] = self.pending("jit-bob")
        head = self.git("rev-parse", "HEAD").out.strip()
        git = request["context"]["git"]
        self.assertEqual((git["commit"], git["branch"], git["subject"], git["dirty"]), (head, "main", "first", False))
        self.assertEqual(request["requester"], "jit-alice")
        engineer.send("\x03")
        engineer.wait()

    def test_denied(self):
        engineer = self.push()
        [request] = self.pending("jit-bob")
        self.ok("jit-bob", "jit-approve", "deny", request["id"], "-m", "not tonight")
        self.assertEqual(engineer.wait(), 113)
        self.assertIn("not tonight", engineer.text)
        self.assertFalse(self.pushed())

    def test_expired(self):
        done = self.call("jit-alice", "jit-run", "--", "cp", "/etc/hostname", "copy")
        self.assertEqual(done.code, 114, done)
        self.assertFalse(os.path.exists(self.home("jit-alice") + "/copy"))
        [request] = [e for e in self.entries("jit-bob") if e["type"] == "expire"]
        late = self.call("jit-bob", "jit-approve", "approve", "--yes", request["request"])
        self.assertEqual(late.code, 1, late)

    def test_withdrawn_with_control_c(self):
        engineer = self.push()
        [request] = self.pending("jit-bob")
        engineer.expect("request ")
        engineer.send("\x03")
        self.assertEqual(engineer.wait(), -signal.SIGINT)
        self.assertEqual(self.request("jit-bob", request["id"])["state"], "withdrawn")
        self.assertFalse(self.pushed())

    def test_changed_by_a_new_commit(self):
        engineer = self.push()
        [request] = self.pending("jit-bob")
        self.commit("sneaked in")
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(engineer.wait(), 116, engineer.text)
        self.assertRegex(engineer.text, r"git\.commit was [0-9a-f]+.*is [0-9a-f]+")
        self.assertFalse(self.pushed())

    def test_two_people_and_never_the_requester(self):
        run = self.start("jit-alice", "jit-run", "--", "touch", "made")
        [request] = self.pending("jit-bob")
        own = self.call("jit-alice", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(own.code, 1, own)
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        again = self.call("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(again.code, 1, again)
        time.sleep(0.3)
        self.assertIsNone(run.poll())
        self.ok("jit-carol", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(self.finish(run).code, 0)
        self.assertTrue(os.path.exists(self.home("jit-alice") + "/made"))

    def test_revoked_before_it_ran(self):
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--", "git", "push", "origin", "main", cwd=self.work)
        request_id = posted.out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        self.ok("jit-carol", "jit-approve", "revoke", request_id, "-m", "wrong shard")
        done = self.call("jit-alice", "jit-run", "--request", request_id, "--", "git", "push", "origin", "main",
                         cwd=self.work)
        self.assertEqual(done.code, 113, done)
        self.assertIn("wrong shard", done.err)
        self.ok("jit-bob", "jit-audit", "verify")

    def test_withdrawn_by_hand(self):
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--", "touch", "withdrawn")
        request_id = posted.out.strip()
        self.assertEqual(self.call("jit-bob", "jit-approve", "withdraw", request_id).code, 1)
        self.ok("jit-alice", "jit-approve", "withdraw", request_id)
        done = self.call("jit-alice", "jit-run", "--request", request_id, "--", "touch", "withdrawn")
        self.assertEqual(done.code, 115, done)

    def test_what_is_allowed_is_not_posted(self):
        done = self.call("jit-alice", "jit-run", "--no-wait", "--", "git", "status", cwd=self.work)
        self.assertEqual((done.code, done.out), (125, ""), done)
        self.assertIn("without --no-wait", done.err)

    def test_posted_then_run_later(self):
        words = ["git", "push", "-q", "origin", "main"]
        request_id = self.ok("jit-alice", "jit-run", "--no-wait", "--", *words, cwd=self.work).out.strip()
        self.assertEqual(len(request_id), 26)
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        other = self.call("jit-carol", "jit-run", "--request", request_id, "--", *words, cwd=self.work)
        self.assertNotEqual(other.code, 0)
        self.assertFalse(self.pushed())
        self.ok("jit-alice", "jit-run", "--request", request_id, "--", *words, cwd=self.work)
        self.assertTrue(self.pushed())
        again = self.call("jit-alice", "jit-run", "--request", request_id, "--", *words, cwd=self.work)
        self.assertEqual(again.code, 113, again)

    def test_every_file_of_the_store_is_the_groups(self):
        self.ok("jit-alice", "jit-run", "--no-wait", "--", "touch", "x")
        self.ok("jit-bob", "jit-run", "--no-wait", "--", "touch", "y")
        store = self.backend.removeprefix("local:")
        for folder, _, names in os.walk(store):
            for name in names:
                path = os.path.join(folder, name)
                status = os.stat(path)
                self.assertEqual(oct(status.st_mode & 0o777), oct(0o660), path)
                self.assertEqual(harness.pwd.getpwuid(status.st_uid).pw_name[:4], "jit-", path)
                self.assertEqual(status.st_gid, os.stat(store).st_gid, path)

    def test_waits_while_stopped_and_looks_again(self):
        run = self.start("jit-alice", "jit-run", "--", "cp", "/etc/hostname", "copy")
        [request] = self.pending("jit-bob")
        os.kill(run.pid, signal.SIGSTOP)
        self.call("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        time.sleep(1.2)
        os.kill(run.pid, signal.SIGCONT)
        self.assertIn(self.finish(run).code, (0, 114))

    def test_allowed_leaves_no_entry(self):
        self.ok("jit-alice", "jit-run", "--", "git", "status", cwd=self.work)
        self.assertEqual(os.listdir(self.backend.removeprefix("local:")), [])


if __name__ == "__main__":
    harness.main()
