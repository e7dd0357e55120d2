#!/usr/bin/env python3
"""Running first and being reviewed afterwards: only where a rule permits it, recorded before it starts, and not forgotten."""
import json
import os
import re
import sqlite3
import time

import backends_test
import harness
import server_test

POLICY = """
groups:
  oncall: [jit-alice]
  reviewers: [jit-bob, jit-carol]
rules:
  - name: burning
    match: {command.name: [echo, cat, sqlite3]}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m}
    break_glass: {from: [oncall], review_within: 1h}
  - {name: never, match: {command.name: 'true'}, effect: deny}
  - {name: free, match: {command.name: 'false'}, effect: allow}
  - {name: rest, match: {}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m}}
"""


class Suite:
    def policy(self, text):
        super().policy(POLICY if text == backends_test.POLICY else text)

    def breaks(self, *command, user="jit-alice", reason="it burns", **options):
        return self.call(user, "jit-run", "--break-glass", "--reason", reason, "--", *command, **options)

    def listed(self, user="jit-bob"):
        return json.loads(self.ok(user, "jit-approve", "list", "--json").out)

    def age(self, request_id):
        """As if two hours had passed."""
        with sqlite3.connect(os.path.join(self.directory(), "jit-run.db"), timeout=20) as database:
            [(text,)] = database.execute("SELECT request FROM requests WHERE id = ?", (request_id,))
            request = json.loads(text)
            request["review_by"] = "2026-01-01T00:00:00.000Z"
            database.execute("UPDATE requests SET request = ?, review_by = 1, version = version + 1 WHERE id = ?",
                             (json.dumps(request, sort_keys=True, separators=(",", ":")), request_id))

    def test_who_watches_sees_it_for_what_it_is(self):
        self.breaks("echo", "before")
        [before] = self.listed()
        watching = self.start("jit-bob", "jit-approve", "watch", "--json")
        time.sleep(1)
        self.breaks("echo", "ran")
        [after] = [request["id"] for request in self.listed() if request["id"] != before["id"]]
        seen = [json.loads(watching.stdout.readline()) for _ in range(2)]
        self.assertEqual([(line["event"], line["request"]) for line in seen], [("asked", after), ("break_glass", after)])
        self.ok("jit-carol", "jit-approve", "acknowledge", after)
        self.ok("jit-carol", "jit-approve", "dispute", before["id"], "-m", "no")
        seen = [json.loads(watching.stdout.readline()) for _ in range(2)]
        self.assertEqual({(line["event"], line["request"]) for line in seen}, {("acknowledged", after), ("disputed", before["id"])})
        watching.terminate()
        self.finish(watching)
        self.assertIn("disputed", self.ok("jit-bob", "jit-approve", "list", "--all").out)

    def test_it_runs_and_waits_to_be_reviewed(self):
        done = self.breaks("echo", "ran")
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)
        self.assertIn("running now, without an approval", done.err)
        self.assertIn("to be reviewed by 1 of reviewers (jit-bob, jit-carol) within 1h", done.err)
        [request] = self.listed()
        self.assertEqual((request["state"], request["reason"], request["uses_left"]), ("started", "it burns", 0))
        self.assertIsNotNone(request["review_by"])
        self.assertEqual(self.listed("jit-alice"), [])
        entries = [(e["type"], e["data"]["state"]) for e in self.entries("jit-bob") if e["request"] == request["id"]]
        self.assertEqual(entries, [("ask", "pending"), ("break_glass", "started")])
        self.assertIn("started by break-glass, to be reviewed by", self.ok("jit-bob", "jit-approve", "show", request["id"]).out)
        for refused in (["approve", "--yes"], ["deny", "-m", "no"], ["revoke", "-m", "no"]):
            self.assertEqual(self.call("jit-bob", "jit-approve", *refused, request["id"]).code, 1)
        own = self.call("jit-alice", "jit-approve", "acknowledge", request["id"])
        self.assertEqual(own.code, 1, own)
        self.assertIn("is your own", own.err)
        done = self.ok("jit-bob", "jit-approve", "acknowledge", request["id"], "-m", "it did burn")
        self.assertIn("acknowledged by jit-bob", done.out)
        self.assertEqual(self.call("jit-bob", "jit-approve", "acknowledge", request["id"]).code, 1)
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.listed("jit-carol"), [])
        self.verify("jit-bob")

    def test_it_is_disputed(self):
        self.breaks("echo", "ran")
        [request] = self.listed()
        self.assertEqual(self.call("jit-bob", "jit-approve", "dispute", request["id"]).code, 125)
        self.ok("jit-bob", "jit-approve", "dispute", request["id"], "-m", "it did not burn")
        self.assertIn("DISPUTED by jit-bob", self.ok("jit-carol", "jit-approve", "show", request["id"]).out)
        self.assertEqual(self.listed("jit-carol"), [])
        self.verify("jit-bob")

    def test_what_is_not_permitted_does_not_run(self):
        for user, command, why in (("jit-carol", ["echo", "ran"], "break-glass is for oncall, and jit-carol is not of them"),
                                   ("jit-alice", ["ls", "/"], "do not permit break-glass"), ("jit-alice", ["true"], "denied by policy")):
            done = self.breaks(*command, user=user)
            self.assertEqual((done.code, done.out), (113, ""), done)
            self.assertIn(why, done.err)
        done = self.call("jit-alice", "jit-run", "--break-glass", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (125, ""), done)
        self.assertIn("needs a reason", done.err)
        self.assertEqual(self.breaks("false").code, 1)  # nobody is asked: it runs as always

    def test_nobody_else_could_review_it(self):
        self.policy(POLICY.replace("[jit-bob, jit-carol]", "[jit-alice]"))
        self.restart()
        done = self.breaks("echo", "ran")
        self.assertNotEqual(done.code, 0, done)
        self.assertEqual(done.out, "")
        self.assertIn("nobody else could review it", done.err)

    def test_overdue_comes_first(self):
        self.breaks("echo", "first")
        [first] = self.listed()
        waiting = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        self.pending("jit-bob")
        self.breaks("echo", "second")
        order = [r["context"]["command"]["argv"][1] for r in self.listed()]
        self.assertEqual(order[0], "ran")
        self.age(first["id"])
        order = [r["context"]["command"]["argv"][1] for r in self.listed()]
        self.assertEqual(order, ["first", "ran", "second"])
        lines = self.ok("jit-bob", "jit-approve", "list").out.splitlines()
        self.assertIn("OVERDUE", lines[0])
        self.assertIn("to review", lines[2])
        self.overdue()
        self.call("jit-alice", "jit-approve", "withdraw", self.pending("jit-bob")[0]["id"])
        self.finish(waiting)

    def overdue(self):
        pass

    def test_in_the_inbox(self):
        self.breaks("echo", "ran")
        screen = self.terminal("jit-bob", "jit-approve", rows=60)
        screen.expect("echo ran")
        screen.send("\r")
        screen.expect("started by break-glass")
        screen.send("a")
        screen.expect(r"Acknowledge \w+, reason \(optional\)")
        screen.send("it did\r")
        screen.expect("Acknowledged")
        screen.send("q")
        self.assertEqual(self.listed(), [])

    def test_it_is_recorded_before_it_starts(self):
        """What the command sees in the store is its own request."""
        done = self.breaks("sqlite3", os.path.join(self.directory(), "jit-run.db"), "SELECT state FROM requests", user="jit-alice")
        if "unable to open" in done.err:
            self.skipTest("only who serves reads that store")
        self.assertEqual(done.out, "started\n", done)

    def test_a_store_that_does_not_answer(self):
        self.break_store()
        done = self.breaks("echo", "ran")
        self.assertEqual((done.code, done.out), (117, ""), done)


class Embedded(Suite, harness.World):
    shared = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)

    def directory(self):
        return self.backend.removeprefix("local:")

    def break_store(self):
        with open(os.path.join(self.directory(), "jit-run.db"), "w") as file:
            file.write("no database" * 1000)
        harness.shutil.chown(file.name, "root", harness.GROUP)
        os.chmod(file.name, 0o660)


class OverHttp(Suite, server_test.Served):
    def directory(self):
        return self.store

    def break_store(self):
        self.stop()

    def call(self, user, *command, **options):
        if "--break-glass" in command and self.server is None:
            return super().call(user, "timeout", "-s", "KILL", "60", *command, **options)
        return super().call(user, *command, **options)

    def overdue(self):
        text = server_test.http.client.HTTPConnection("127.0.0.1", int(self.listen.rsplit(":", 1)[1]), timeout=20)
        text.request("GET", "/metrics", headers={"Authorization": "Bearer " + self.token("jit-carol", "audit")})
        metrics = text.getresponse().read().decode()
        self.assertEqual(re.findall(r"^jit_break_glass_(\w+) (\d+)$", metrics, re.M), [("to_review", "2"), ("overdue", "1")])


class Files(backends_test.Helpers):
    def test_a_backend_that_knows_none(self):
        self.use_files()
        self.policy(POLICY)
        done = self.call("jit-alice", "jit-run", "--break-glass", "--reason", "it burns", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (113, ""), done)
        self.assertIn("knows no break-glass", done.err)


if __name__ == "__main__":
    harness.main()
