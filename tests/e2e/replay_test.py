#!/usr/bin/env python3
"""jit-policy who and replay: whether a rule can be satisfied at all, and what a changed one would have done."""
import json
import os

import backends_test
import harness
import server_test

WHO = """\
groups:
  sre: [jit-alice, jit-bob, JIT-BOB]
  dba: [jit-bob]
rules:
  - {name: two-of-sre, match: {command.name: echo}, effect: ask, approval: {from: {sre: 2}}}
  - {name: either, match: {command.name: ls}, effect: ask, approval: {from: [{sre: 2}, {dba: 1}]}}
  - {name: never, match: {command.name: rm}, effect: deny}
  - {name: always, match: {command.name: "true"}, effect: allow}
"""


class Who(harness.World):
    def setUp(self):
        super().setUp()
        self.policy(WHO)

    def who(self, *words, user="jit-alice"):
        done = self.call(user, "jit-policy", "who", "--json", *words)
        self.assertIn(done.code, (0, 1), done)
        answer = json.loads(done.out)
        self.assertEqual(answer["reachable"], done.code == 0)
        return answer

    def test_the_requester_fills_no_seat_and_one_person_one(self):
        self.assertFalse(self.who("--", "echo", "x")["reachable"])
        # Two names that differ in case are one person.
        self.assertTrue(self.who("echo", "x", user="jit-carol")["reachable"])
        self.assertTrue(self.who("--as", "dave", "echo", "x")["reachable"])
        self.assertFalse(self.who("--as", "jit-bob", "echo", "x")["reachable"])

    def test_each_way_is_shown_with_who_is_missing(self):
        answer = self.who("ls")
        self.assertEqual([way["missing"] for way in answer["alternatives"]], [{"sre": 1}, {}])
        done = self.call("jit-alice", "jit-policy", "who", "ls")
        self.assertIn("  2 of sre: jit-bob   1 too few\nor\n  1 of dba: jit-bob\nthat can be enough\n", done.out.replace("JIT-BOB", "jit-bob"))

    def test_what_is_not_asked(self):
        self.assertTrue(self.who("true")["reachable"])
        self.assertFalse(self.who("rm", "x")["reachable"])

    def test_who_is_known_to_nobody(self):
        known = self.call("jit-alice", "jit-policy", "who", "--as", "jit-carol", "ls")
        self.assertEqual((known.code, known.err), (0, ""), known)
        unknown = self.call("jit-alice", "jit-policy", "who", "--as", "jit-caro", "ls")
        self.assertEqual((unknown.code, unknown.out.replace("jit-caro ", "jit-carol ")), (0, known.out), unknown)
        self.assertIn('warning: "jit-caro" is in no group of the policies, and no user of this machine', unknown.err)

    def test_a_server_judges_by_its_own(self):
        for command in (["who", "ls"], ["explain", "ls"]):
            for url, warned in (("https://jit.example.org", True), ("unix:/run/x", True), ("local:/nowhere", False)):
                with self.subTest(command=command, url=url):
                    done = self.call("jit-alice", "jit-policy", *command, env=self.env("jit-alice", JIT_RUN_BACKEND=url))
                    self.assertEqual(f"jit-policy: {url} judges by policies of its own: these are this machine's\n" in done.err, warned, done)

    def test_no_path(self):
        done = self.call("jit-alice", "jit-policy", "check")
        self.assertEqual((done.code, done.out), (125, ""), done)
        self.assertIn(f"hint: those in use here: jit-policy check {self.policy_file}\n", done.err)

    def test_no_command(self):
        done = self.call("jit-alice", "jit-policy", "who")
        self.assertEqual((done.code, done.out), (125, ""), done)


class Replay:
    """Over whichever backend has the requests."""

    post, approve, state = backends_test.Suite.post, backends_test.Suite.approve, backends_test.Suite.state

    def setUp(self):
        super().setUp()
        self.policy(backends_test.POLICY)

    def changed(self, text):
        path = os.path.join(self.home("jit-alice"), "changed.yaml")
        with open(path, "w") as file:
            file.write(text)
        harness.shutil.chown(path, "jit-alice")
        return path

    def replay(self, text, since="1h"):
        done = self.call("jit-alice", "jit-policy", "replay", "--json", "--since", since, self.changed(text))
        self.assertIn(done.code, (0, 1), done)
        found = json.loads(done.out)
        self.assertEqual(bool(found), done.code == 1)
        return found

    def test_what_would_be_decided_otherwise(self):
        approved = self.post("echo", "approved")
        self.approve(approved)
        pending = self.post("echo", "pending")
        self.assertEqual(self.replay("version: 1" + backends_test.POLICY), [])

        both = {request["id"]: request for request in self.replay("version: 1\nrules: [{name: none, match: {}, effect: deny}]")}
        self.assertEqual(set(both), {approved, pending})
        self.assertEqual(both[approved]["was"]["approved"], True)
        self.assertEqual(both[approved]["now"], {"effect": "deny", "rules": ["none"], "requirement": None, "approved": False})

        stricter = self.replay("version: 1\ngroups: {two: [jit-bob, jit-carol]}\n"
                               "rules: [{name: two, match: {}, effect: ask, approval: {from: {two: 2}}}]")
        self.assertEqual([request["now"]["approved"] for request in stricter], [False, False])
        self.assertEqual(stricter[0]["line"], "echo approved")
        text = self.call("jit-alice", "jit-policy", "replay", "--since", "1h", os.path.join(self.home("jit-alice"), "changed.yaml"))
        self.assertEqual(text.out.count("the approvals that it had would not be enough"), 1)
        self.assertTrue(text.out.endswith("2 requests since 1h, 2 would be decided otherwise\n"), text)

    TWO = """
groups: {ops: [jit-bob, jit-carol]}
rules: [{name: two, match: {}, effect: ask, approval: {from: {ops: 2}, expires: 1m}}]
"""

    def test_what_was_approved_and_then_revoked(self):
        """Who revokes takes their own approval back, and the request knows nothing of it any more."""
        self.policy(self.TWO)
        self.restart()
        posted = self.post("echo", "x")
        for user in ("jit-bob", "jit-carol"):
            self.approve(posted, user)
        self.ok("jit-bob", "jit-approve", "revoke", posted, "-m", "changed my mind")
        self.assertEqual(self.state(posted), "revoked")
        self.assertEqual(self.replay("version: 1" + self.TWO), [])
        [other] = self.replay("version: 1" + self.TWO.replace("ops: 2", "ops: 1"))
        self.assertEqual((other["was"]["approved"], other["now"]["approved"]), (True, None))
        text = self.call("jit-alice", "jit-policy", "replay", "--since", "1h", os.path.join(self.home("jit-alice"), "changed.yaml")).out
        self.assertIn("it was revoked: whether the approvals that it had would be enough is not known any more\n", text)
        [denied] = self.replay("version: 1\nrules: [{name: none, match: {}, effect: deny}]")
        self.assertEqual(denied["now"]["approved"], False)
        shown = self.ok("jit-carol", "jit-approve", "show", posted).out
        self.assertRegex(shown, r"Review +jit-bob revoked the approval at [^ ]+: changed my mind\n")
        self.assertRegex(shown, r"Review +jit-carol approved at ")

    def test_since_when(self):
        self.post("echo", "x")
        self.assertEqual(self.replay("version: 1\nrules: [{name: none, match: {}, effect: deny}]", since="2100-01-01"), [])
        for words in (["--since", "yesterday"], []):
            done = self.call("jit-alice", "jit-policy", "replay", *words, self.policy_file)
            self.assertEqual((done.code, done.out), (125, ""), done)


class ReplayLocal(Replay, harness.World):
    shared = True


class ReplayServed(Replay, server_test.Served):
    pass


if __name__ == "__main__":
    harness.main()
