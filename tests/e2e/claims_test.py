#!/usr/bin/env python3
"""One approval, many processes; and kill -9 at random points. Nothing runs twice, nothing runs unapproved."""
import os
import random
import signal
import subprocess
import time

import harness

ROUNDS = int(os.environ.get("JIT_KILL_ROUNDS", "500"))
SLOWER = float(os.environ.get("JIT_SLOWER", "1"))  # how many times longer than a release's the programs take
POLICY = """
groups:
  reviewers: [jit-alice, jit-bob]
rules:
  - name: marks
    match: {command.name: sh}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m}
  - name: wrapped
    match: {command.name: echo}
    effect: allow
"""


class Claims(harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        self.marks = os.path.join(self.dir, "marks")
        os.mkdir(self.marks)
        os.chmod(self.marks, 0o777)

    def command(self, mark):
        # O_APPEND: two runs would leave two lines.
        return ["sh", "-c", f"echo ran >> {self.marks}/{mark}"]

    def runs(self, mark):
        path = os.path.join(self.marks, mark)
        return len(open(path).readlines()) if os.path.exists(path) else 0

    def test_64_processes_claim_one_approval(self):
        request_id = self.ok("jit-alice", "jit-run", "--no-wait", "--", *self.command("one")).out.strip()
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)
        racers = [self.start("jit-alice", "jit-run", "--request", request_id, "--", *self.command("one"))
                  for _ in range(64)]
        codes = sorted(self.finish(racer, seconds=120).code for racer in racers)
        self.assertEqual(codes.count(0), 1, codes)
        self.assertEqual(self.runs("one"), 1)
        self.assertEqual([e["type"] for e in self.entries("jit-bob")].count("claim"), 1)
        self.verify("jit-bob")

    def test_kill_9_at_random_points(self):
        dice = random.Random(20261122)
        approved, started = set(), {}
        for number in range(ROUNDS):
            mark = f"m{number}"
            engineer = self.start("jit-alice", "jit-run", "--quiet", "--", *self.command(mark))
            approver = None
            killed_engineer = dice.random() < 0.6
            pause = dice.random() * 0.06 * SLOWER
            time.sleep(pause)
            if killed_engineer and dice.random() < 0.5:
                engineer.kill()
            listed = self.call("jit-bob", "jit-approve", "list", "--json")
            requests = harness.json.loads(listed.out) if listed.code == 0 and listed.out else []
            for request in requests:
                approver = self.start("jit-bob", "jit-approve", "approve", "--yes", request["id"])
                if dice.random() < 0.4:
                    time.sleep(dice.random() * 0.02 * SLOWER)
                    approver.kill()
                self.finish(approver)
            if killed_engineer:
                time.sleep(dice.random() * 0.03 * SLOWER)
            engineer.kill()
            self.finish(engineer)
            started[mark] = None
        self.verify("jit-bob")
        self.check_the_trail(started)

    def check_the_trail(self, marks):
        """Every mark that was left has exactly one claim after an approval of that very command."""
        state = {}
        claims = {}
        for entry in self.entries("jit-bob"):
            request = entry["request"]
            if entry["type"] == "ask":
                state[request] = {"line": entry["data"]["line"], "approved": False, "claims": 0}
            elif entry["type"] == "approve":
                state[request]["approved"] = True
            elif entry["type"] == "claim":
                self.assertTrue(state[request]["approved"], entry)
                state[request]["claims"] += 1
                claims[state[request]["line"]] = claims.get(state[request]["line"], 0) + 1
        ran = 0
        for mark in marks:
            times = self.runs(mark)
            line = next((s["line"] for s in state.values() if s["line"].endswith(f"/{mark}'")), None)
            self.assertLessEqual(times, 1, f"{mark} ran {times} times")
            if times:
                ran += 1
                self.assertEqual(claims.get(line), 1, f"{mark} ran without a claim")
        for request, seen in state.items():
            self.assertLessEqual(seen["claims"], 1, f"{request} was claimed twice")
        print(f"{len(marks)} rounds: {len(state)} asked, {sum(s['approved'] for s in state.values())} approved, "
              f"{sum(claims.values())} claimed, {ran} ran")
        self.assertGreater(ran, 0, "nothing ran at all: the test shows nothing")
        self.assertLess(ran, len(marks), "everything ran: nothing was ever killed in time")


if __name__ == "__main__":
    harness.main()
