#!/usr/bin/env python3
"""One approval that serves several times: the same action, or whatever its rule asks about."""
import json
import os

import backends_test
import harness
import server_test
import signed_test

POLICY = """
groups:
  reviewers: [jit-bob, jit-carol]
rules:
  - name: twice
    match: {command.name: echo}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m, uses: 2}
  - name: maintenance
    match: {command.name: [seq, expr]}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m, uses: 3, scope: rule}
  - name: once
    match: {}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m}
"""


class Suite:
    def policy(self, text):
        super().policy(POLICY if text == backends_test.POLICY else text)

    def run_approved(self, *command, user="jit-alice"):
        run = self.start(user, "jit-run", "--", *command)
        [request] = self.pending("jit-bob")
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        done = self.finish(run)
        self.assertEqual(done.code, 0, done)
        return request["id"]

    def run_granted(self, *command, user="jit-alice", expect=None):
        done = self.call(user, "jit-run", "--wait", "300ms", "--", *command)
        self.assertEqual(done.code, 114 if expect is None else 0, done)
        self.assertEqual(done.out, expect or "")
        for request in self.pending("jit-bob", 0):
            self.call(user, "jit-approve", "withdraw", request["id"])
        return done

    def test_the_same_action_again(self):
        self.run_approved("echo", "ran")
        [grant] = json.loads(self.ok("jit-bob", "jit-approve", "grants", "--json").out)
        self.assertEqual((grant["state"], grant["uses_left"]), ("approved", 1))
        self.assertRegex(self.ok("jit-bob", "jit-approve", "grants").out, r"^\w{8}  jit-alice  1 use left, \d+:\d\d  echo ran\n$")
        self.run_granted("echo", "other")
        self.run_granted("echo", "ran", user="jit-carol")
        self.run_granted("echo", "ran", expect="ran\n")
        self.run_granted("echo", "ran")  # used up
        self.assertEqual(self.ok("jit-bob", "jit-approve", "grants").out, "")
        self.verify("jit-bob")

    def test_any_action_of_the_rule(self):
        run = self.start("jit-alice", "jit-run", "--", "seq", "1")
        [request] = self.pending("jit-bob")
        shown = self.ok("jit-bob", "jit-approve", "show", request["id"]).out
        self.assertIn("good for ANY command of maintenance by jit-alice", shown)
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        self.finish(run)
        self.assertIn("any command of maintenance", self.ok("jit-bob", "jit-approve", "grants").out)
        self.run_granted("expr", "1", "+", "1", expect="2\n")
        self.run_granted("ls", "/")
        self.run_granted("seq", "2", user="jit-carol")
        self.run_granted("seq", "2", expect="1\n2\n")
        self.run_granted("seq", "2")
        lines = [e["data"]["line"] for e in self.entries("jit-bob") if e["type"] == "claim"]
        self.assertEqual(lines, ["seq 1", "expr 1 + 1", "seq 2"])
        self.verify("jit-bob")

    def test_it_is_ended(self):
        request_id = self.run_approved("seq", "1")
        self.ok("jit-bob", "jit-approve", "revoke", request_id, "-m", "enough")
        self.run_granted("seq", "1")
        self.assertEqual(self.ok("jit-bob", "jit-approve", "grants").out, "")

    def test_a_rule_that_was_tightened(self):
        self.run_approved("seq", "1")
        self.policy(POLICY.replace(", scope: rule", ""))
        self.restart()
        self.run_granted("expr", "1")
        self.run_granted("seq", "1", expect="1\n")  # the same action still
        self.policy(POLICY.replace("uses: 3", "uses: 2"))
        self.restart()
        self.run_granted("seq", "1")


class Embedded(Suite, harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)


class OverHttp(Suite, server_test.Served):
    pass


class Signed(signed_test.Signing, backends_test.Helpers):
    """A helper that is not trusted cannot stretch what was signed for one rule."""

    def open_backend(self):
        self.policy(signed_test.POLICY.replace("match: {}", "match: {command.name: seq}").replace(
            "signed: true}", "signed: true, uses: 5, scope: rule}") +
            "  - {name: other, match: {}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m, signed: true, uses: 5, scope: rule}}\n")
        self.use_files()

    def granted(self, *command):
        """The helper says that the one request covers it."""
        lie = ("if request:\n"
               "    request['requirement'].update(scope='rule', uses=5)\n"
               "    if method == 'claim': result['granted'] = True; request.update(state='started', uses_left=0)\n")
        self.helper("jit-backend-forger", backends_test.forger(lie))
        self.backend = self.backend.replace("files:", "forger:")
        return self.call("jit-alice", "jit-run", "--request", self.request_id, "--", *command)

    def test_what_was_signed_for_another_rule(self):
        run, self.request_id = self.ask("seq", "1")
        self.assertEqual(self.approve(self.request_id).code, 0)
        self.finish(run)
        done = self.granted("expr", "1")
        self.assertEqual((done.code, done.out), (117, ""), done)
        self.assertIn("what other rules ask about", done.err)
        done = self.granted("seq", "2")
        self.assertEqual((done.code, done.out), (0, "1\n2\n"), done)


if __name__ == "__main__":
    harness.main()
