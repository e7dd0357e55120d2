#!/usr/bin/env python3
"""Commands are about systems: these have an environment that nobody's label changes, and owners who are asked."""
import json

import backends_test
import harness
import server_test

RULES = """
groups:
  dba: [%s]
systems:
  payments-db:
    match: {command.argv: "*payments*"}
    environment: production
    owners: [dba]
    link: https://runbooks.example/payments
  shop: {match: {command.argv: "*shop*"}, environment: staging, owners: [jit-carol]}
rules:
  - {name: free, match: {labels.environment: development}, effect: allow}
  - {name: own, match: {}, effect: ask, approval: {from: {owners: 1}, expires: 1m}}
"""


class Suite:
    def policy(self, text):
        super().policy(RULES % "jit-bob" if text == backends_test.POLICY else text)

    def change(self, text):
        self.policy(text)
        self.restart()

    def post(self, *command, options=()):
        return self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", *options, "--", *command).out.strip()

    def approve(self, user, request_id):
        self.ok(user, "jit-approve", "approve", "--yes", request_id)

    def test_its_owners_are_asked_and_shown(self):
        run = self.start("jit-alice", "jit-run", "--", "echo", "payments")
        [request] = self.pending("jit-bob")
        self.assertEqual(request["requirement"]["from"], [{"owners of payments-db": 1}])
        self.assertEqual(request["requirement"]["eligible"], ["jit-bob"])
        self.assertEqual(request["context"]["systems"], [{
            "name": "payments-db", "environment": "production", "owners": ["dba"],
            "link": "https://runbooks.example/payments"}])
        shown = self.ok("jit-bob", "jit-approve", "show", request["id"]).out
        self.assertIn("System       payments-db (production, owners dba, https://runbooks.example/payments)", shown)
        refused = self.call("jit-carol", "jit-approve", "approve", "--yes", request["id"])
        self.assertEqual(refused.code, 1, refused)
        self.approve("jit-bob", request["id"])
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (0, "payments\n"), done)
        self.assertIn("waiting for 1 of owners of payments-db (jit-bob)", done.err)

    def test_each_system_has_its_own(self):
        posted = self.post("echo", "payments", "shop")
        self.approve("jit-bob", posted)
        self.assertEqual(self.request("jit-bob", posted)["state"], "pending")
        self.approve("jit-carol", posted)
        done = self.ok("jit-alice", "jit-run", "--request", posted, "--", "echo", "payments", "shop")
        self.assertEqual(done.out, "payments shop\n")

    def test_no_label_says_otherwise(self):
        self.assertEqual(self.ok("jit-alice", "jit-run", "-l", "environment=development", "--", "echo", "ran").out, "ran\n")
        posted = self.post("echo", "payments", options=("-l", "environment=development", "-l", "system=\x1b[2Jx"))
        context = self.request("jit-bob", posted)["context"]
        self.assertEqual(context["labels"], {"environment": "production", "system": "payments-db"})
        shown = self.ok("jit-bob", "jit-approve", "show", posted).out
        self.assertIn("! the requester's label environment=development does not count: by the policies it is production", shown)
        self.assertIn(r"! the requester's label system=\x1b[2Jx does not count", shown)
        self.assertNotIn("\x1b", shown)
        self.approve("jit-bob", posted)
        done = self.ok("jit-alice", "jit-run", "-l", "environment=development", "-l", "system=\x1b[2Jx",
                       "--request", posted, "--", "echo", "payments")
        self.assertEqual(done.out, "payments\n")

    def test_what_nobody_owns_is_not_asked_for(self):
        done = self.call("jit-alice", "jit-run", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (125, ""), done)
        self.assertIn("nobody could approve it: rule own wants an owner of the system that this is about", done.err)
        self.assertEqual(self.pending("jit-bob", 0), [])

    def test_the_approval_of_an_owner_who_is_none_any_more_is_not_enough(self):
        posted = self.post("echo", "payments")
        self.approve("jit-bob", posted)
        self.change(RULES % "jit-carol")
        done = self.call("jit-alice", "jit-run", "--request", posted, "--", "echo", "payments")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("still missing 1 of owners of payments-db", done.err)

    def test_authors_see_them(self):
        explained = self.ok("jit-alice", "jit-policy", "explain", "--policies", self.policy_file, "--", "echo", "shop").out
        self.assertIn("systems      shop (staging), owners: jit-carol", explained)
        self.assertIn("1 of owners of shop (jit-carol)", explained)
        who = self.call("jit-alice", "jit-policy", "who", "--policies", self.policy_file, "--", "echo", "shop")
        self.assertEqual(who.code, 0, who)
        self.assertIn("1 of owners of shop: jit-carol", who.out)
        nobody = self.call("jit-alice", "jit-policy", "who", "--policies", self.policy_file, "--", "echo")
        self.assertEqual(nobody.code, 1, nobody)
        answer = json.loads(self.ok("jit-alice", "jit-run", "--explain", "--", "echo", "shop").out)
        self.assertEqual([system["name"] for system in answer["context"]["systems"]], ["shop"])


class Embedded(Suite, harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(RULES % "jit-bob")


class OverHttp(Suite, server_test.Served):
    def test_a_client_is_not_believed(self):
        self.tokens = {"jit-alice": open(self.token_file("jit-alice"), encoding="utf-8").read().strip()}
        answer = server_test.Api.call_api(self, "POST", "/v1/requests", {"context": {
            "command": {"argv": ["echo", "payments"], "line": "echo payments", "name": "echo"},
            "systems": [{"name": "x\x1b[2J", "environment": "development", "owners": [], "link": None}],
            "labels": {"environment": "development"}}})
        self.assertEqual(answer.status, 201, answer.document)
        context = answer.document["context"]
        self.assertEqual([system["name"] for system in context["systems"]], ["payments-db"])
        self.assertEqual(context["labels"]["environment"], "production")
        self.assertEqual(answer.document["requirement"]["eligible"], ["jit-bob"])


if __name__ == "__main__":
    harness.main()
