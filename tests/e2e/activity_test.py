#!/usr/bin/env python3
"""What else goes on is shown and matched: whose requests, what became of the same command, what is in flight."""
import os
import time

import backends_test
import harness
import server_test

RULES = """
groups:
  reviewers: [jit-bob, jit-carol]
systems:
  payments-db: {match: {command.argv: "*payments*"}, environment: production, owners: [jit-bob]}
rules:
  - {name: busy, match: {command.name: echo, activity.running: {above: 0}}, effect: deny, message: another change is running}
  - {name: seldom, match: {command.name: echo, command.argv: few, activity.requests_24h: {below: 2}}, effect: allow}
  - name: kept
    match: {command.name: [sh, sleep]}
    effect: ask
    record: outcome
    approval: {from: {reviewers: 1}, expires: 1m}
  - {name: asked, match: {}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m}}
"""


class Suite:
    def policy(self, text):
        super().policy(RULES if text == backends_test.POLICY else text)

    def post(self, *command, user="jit-alice"):
        return self.ok(user, "jit-run", "--no-wait", "--quiet", "--", *command).out.strip()

    def decide(self, verb, request_id, user="jit-bob"):
        self.ok(user, "jit-approve", verb, *(["--yes"] if verb == "approve" else []), request_id, "-m", "because")

    def resume(self, request_id, *command, user="jit-alice"):
        return self.call(user, "jit-run", "--request", request_id, "--", *command)

    def activity(self, request_id):
        return self.request("jit-bob", request_id)["context"]["activity"]

    def test_counts_and_outcomes_are_shown(self):
        first = self.post("sh", "-c", "exit 3")
        self.assertEqual(self.activity(first)["requests_24h"], 0)
        self.decide("approve", first)
        self.assertEqual(self.resume(first, "sh", "-c", "exit 3").code, 3)
        self.decide("deny", self.post("echo", "no"))
        last = self.post("sh", "-c", "exit 3")
        activity = self.activity(last)
        self.assertEqual((activity["requests_24h"], activity["denied_24h"], activity["requests_7d"]), (2, 1, 2))
        [run] = activity["last_runs"]
        self.assertEqual((run["by"], run["state"], run["status"]), ("jit-alice", "finished", 3))
        shown = self.ok("jit-bob", "jit-approve", "show", last).out
        self.assertIn("Activity     of the requester: 2 requests in 24 hours, 1 denied; 2 in 7 days, 1 denied", shown)
        self.assertRegex(shown, r"the same +finished, asked by jit-alice at \S+, exit code 3")

    def test_another_change_is_seen_and_stops_the_claim(self):
        mine = self.post("echo", "payments")
        self.decide("approve", mine)
        end = os.path.join(self.home("jit-carol"), "end")
        command = ("sh", "-c", f"until test -e {end}; do sleep 0.05; done", "payments")
        other = self.start("jit-carol", "jit-run", "--", *command)
        [waits] = self.pending("jit-bob")
        self.assertEqual(waits["context"]["activity"]["waiting"], 1)
        self.decide("approve", waits["id"])
        self.running(waits["id"])

        done = self.resume(mine, "echo", "payments")
        self.assertEqual(done.out, "", done)
        self.assertIn(done.code, (113, 116), done)  # by whose rules it is found first
        self.assertIn("another change is running", done.err)
        self.assertEqual(self.call("jit-alice", "jit-run", "--", "echo", "payments").code, 113)
        third = self.post("true", "payments")
        activity = self.activity(third)
        self.assertEqual(activity["running"], 1)
        self.assertIn({"id": waits["id"], "requester": "jit-carol", "state": "started", "systems": ["payments-db"]}, activity["in_flight"])
        shown = self.ok("jit-bob", "jit-approve", "show", third).out
        self.assertIn(f"! another change on payments-db may be running: {waits['id'][:8]} by jit-carol", shown)

        open(end, "w", encoding="utf-8").close()
        self.assertEqual(self.finish(other).code, 0)
        again = self.post("echo", "payments")
        self.decide("approve", again)
        self.assertEqual(self.resume(again, "echo", "payments").out, "payments\n")

    def test_of_many_that_start_at_once_one_does(self):
        commands = [("echo", "payments", str(i)) for i in range(8)]
        posted = [self.post(*command) for command in commands]
        for request_id in posted:
            self.decide("approve", request_id)
        runs = [self.start("jit-alice", "jit-run", "--request", request_id, "--", *command)
                for request_id, command in zip(posted, commands)]
        done = [self.finish(run) for run in runs]
        self.assertEqual(len([one for one in done if one.code == 0 and one.out]), 1, done)
        # By the rules when it was started, or at the claim.
        self.assertTrue(all(one.code in (113, 116) and not one.out for one in done if one.code), done)

    def test_a_rule_that_allows_goes_by_the_real_numbers(self):
        self.assertEqual(self.ok("jit-alice", "jit-run", "--", "echo", "few").out, "few\n")
        self.post("echo", "a")
        self.assertEqual(self.ok("jit-alice", "jit-run", "--", "echo", "few").out, "few\n")
        self.post("echo", "b")
        self.assertEqual(self.call("jit-alice", "jit-run", "--wait", "200ms", "--", "echo", "few").code, 114)
        self.assertEqual(self.ok("jit-carol", "jit-run", "--", "echo", "few").out, "few\n")

    def test_the_numbers_of_a_claim_are_without_it(self):
        self.post("echo", "a")
        self.post("echo", "b")
        mine = self.post("echo", "few")
        self.decide("approve", mine)
        self.assertEqual(self.resume(mine, "echo", "few").out, "few\n")

    def running(self, request_id):
        deadline = time.monotonic() + harness.PATIENCE
        while self.request("jit-bob", request_id)["state"] != "started":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class Embedded(Suite, harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(RULES)


    def test_authors_see_it(self):
        self.post("echo", "payments")
        explained = self.ok("jit-alice", "jit-policy", "explain", "--", "echo", "payments").out
        self.assertIn("activity of the requester: 1 request in 24 hours; 1 in 7 days", explained)
        self.assertRegex(explained, r"in flight: \w{8} by jit-alice on payments-db: pending")
        denied = self.ok("jit-alice", "jit-policy", "explain", "--set", "activity.running=1", "--", "echo", "payments").out
        self.assertIn("verdict      deny", denied)


class OverHttp(Suite, server_test.Served):
    def test_a_client_is_not_believed(self):
        self.tokens = {"jit-alice": open(self.token_file("jit-alice"), encoding="utf-8").read().strip()}
        for _ in range(2):
            self.post("echo", "a")
        answer = server_test.Api.call_api(self, "POST", "/v1/requests", {"context": {
            "command": {"argv": ["echo", "few"], "line": "echo few", "name": "echo"},
            "activity": {"requests_24h": 0, "in_flight": "\x1b[2J"}}})
        self.assertEqual(answer.status, 201, answer.document)
        self.assertEqual(answer.document["context"]["activity"]["requests_24h"], 2)
        self.assertEqual(answer.document["context"]["activity"]["in_flight"], [])

    def test_what_only_the_server_knows(self):
        explained = self.ok("jit-alice", "jit-policy", "explain", "--policies", self.policy_file, "--", "echo", "few").out
        self.assertIn("activity of the requester: not known: the backend knows it", explained)


if __name__ == "__main__":
    harness.main()
