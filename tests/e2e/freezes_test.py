#!/usr/bin/env python3
"""A freeze holds when a command is asked for, and again when it would start."""
import backends_test
import harness
import server_test

RULES = """
groups:
  reviewers: [jit-bob, jit-carol]
  release: [jit-carol]
rules:
  - {name: free, match: {command.name: 'true'}, effect: allow}
  - {name: asked, match: {}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m}}
"""
FREEZE = "freezes:\n  - {name: christmas, from: 2020-01-01 18:00, to: 2999-12-31, zone: Europe/Berlin, message: nobody is there%s}\n"
OVER = "freezes:\n  - {name: past, from: 2020-01-01, to: 2020-01-02}\n"


class Suite:
    def policy(self, text):
        super().policy(RULES + OVER if text == backends_test.POLICY else text)

    def change(self, text):
        self.policy(text)
        self.restart()

    def test_nothing_is_asked_while_it_lasts(self):
        self.change(RULES + FREEZE % "")
        done = self.call("jit-alice", "jit-run", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (113, ""), done)
        self.assertIn("denied by policy: frozen until 2999-12-31T23:00Z: nobody is there", done.err)
        self.assertIn("the rule is christmas", done.err)
        self.ok("jit-alice", "jit-run", "--", "true")

    def test_an_approval_does_not_carry_into_it(self):
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", posted)
        self.change(RULES + FREEZE % ", match: {command.name: echo}")
        done = self.call("jit-alice", "jit-run", "--request", posted, "--", "echo", "ran")
        self.assertEqual(done.out, "", done)
        self.assertIn(done.code, (113, 116), done)
        self.assertIn("nobody is there", done.err)

    def test_who_may_override_it_is_asked(self):
        self.change(RULES + FREEZE % ", override: {release: 1}")
        run = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        [request] = self.pending("jit-bob")
        self.assertEqual(request["rules"], ["asked", "christmas"])
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(self.request("jit-bob", request["id"])["state"], "pending")
        self.ok("jit-carol", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(self.finish(run).out, "ran\n")


class Embedded(Suite, harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(RULES + OVER)


class OverHttp(Suite, server_test.Served):
    pass


if __name__ == "__main__":
    harness.main()
