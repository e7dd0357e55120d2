#!/usr/bin/env python3
"""Standard input as a part of what is approved: read before anybody is asked, shown, kept, and given to the command."""
import os

import backends_test
import harness
import server_test

POLICY = """
groups:
  reviewers: [jit-bob]
rules:
  - name: applies
    match: {command.name: [cat, sh, wc]}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m}
    bind: [stdin]
  - {name: rest, match: {}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m}}
"""


class Suite:
    def policy(self, text):
        super().policy(POLICY if text == backends_test.POLICY else text)

    def post(self, data, *command, **options):
        done = self.call("jit-alice", "jit-run", "--no-wait", "--quiet", "--", *command, data=data, **options)
        self.assertEqual(done.code, 0, done)
        return done.out.strip()

    def approve(self, request_id):
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)

    def resume(self, request_id, data, *command):
        return self.call("jit-alice", "jit-run", "--quiet", "--request", request_id, "--", *command, data=data)

    def test_the_command_gets_what_was_approved(self):
        posted = self.post(b"kind: Namespace\nname: x\n", "cat")
        shown = self.ok("jit-bob", "jit-approve", "show", posted).out
        self.assertIn("standard input, bound", shown)
        self.assertIn("kind: Namespace", shown)
        self.assertIn("name: x", shown)
        self.approve(posted)
        done = self.resume(posted, b"kind: Namespace\nname: x\n", "cat")
        self.assertEqual((done.code, done.out), (0, "kind: Namespace\nname: x\n"), done)

    def test_other_input_is_another_action(self):
        posted = self.post(b"name: x\n", "cat")
        self.approve(posted)
        done = self.resume(posted, b"name: y\n", "cat")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("command.stdin.sha256 was", done.err)

    def test_it_is_kept_while_one_waits(self):
        data = os.urandom(3 << 20)
        run = self.start("jit-alice", "jit-run", "--", "wc", "-c", stdin=harness.subprocess.PIPE)
        run.stdin.write(data)
        run.stdin.close()
        run.stdin = None
        [request] = self.pending("jit-bob")
        self.assertIn("AND MORE, which is not shown", self.ok("jit-bob", "jit-approve", "show", request["id"]).out)
        self.approve(request["id"])
        self.assertEqual(self.finish(run).out.strip(), str(len(data)))

    def test_nobody_writes_it(self):
        posted = self.post(b"name: x\n", "sh", "-c", "echo evil > /proc/self/fd/0; truncate -s 0 /proc/self/fd/0; cat")
        self.approve(posted)
        done = self.resume(posted, b"name: x\n", "sh", "-c", "echo evil > /proc/self/fd/0; truncate -s 0 /proc/self/fd/0; cat")
        self.assertEqual(done.out, "name: x\n", done)

    def test_what_is_hostile_in_it_is_visible(self):
        posted = self.post(b"\x1b[2J\xe2\x80\xaeevil\xff\n", "cat")
        shown = self.ok("jit-bob", "jit-approve", "show", posted).out
        self.assertNotIn("\x1b[2J", shown)
        self.assertNotIn("\u202e", shown)
        self.assertIn("evil", shown)

    def test_what_cannot_be_bound(self):
        screen = self.terminal("jit-alice", "jit-run", "--", "cat")
        screen.expect("standard input is a terminal, and a rule binds it")
        self.assertEqual(screen.wait(), 125)
        done = self.call("jit-alice", "sh", "-c", "exec jit-run -- cat <&-")
        self.assertEqual(done.code, 125, done)
        self.assertIn("standard input is closed", done.err)
        self.ok("jit-alice", "jit-run", "--no-wait", "--", "cat")  # nothing is something, too: /dev/null


class Embedded(Suite, harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)


class OverHttp(Suite, server_test.Served):
    def test_where_only_the_server_has_policies(self):
        os.rename(self.policy_file, self.policy_file + ".server")
        try:
            done = self.call("jit-alice", "jit-run", "--wait", "1s", "--", "cat", data=b"x\n")
            self.assertEqual((done.code, done.out), (125, ""), done)
            self.assertIn("--bind-stdin", done.err)
            done = self.call("jit-alice", "jit-run", "--no-wait", "--bind-stdin", "--", "cat", data=b"x\n")
            self.assertEqual(done.code, 0, done)
        finally:
            os.rename(self.policy_file + ".server", self.policy_file)


if __name__ == "__main__":
    harness.main()
