#!/usr/bin/env python3
"""What one client may cost the others, and what it is told when that is too much, or when nobody knows who it is."""
import http.client
import json
import os
import re
import socket
import subprocess
import time

import harness
import server_operation_test
import server_test

ALLOWING = """
rules:
  - {name: reads, match: {command.name: echo}, effect: allow}
  - {name: others, match: {}, effect: ask}
"""


class Costly(server_operation_test.Operated):
    options = ("--asked-per-hour", "3", "--pending-per-user", "2", "--streams-per-user", "2", "--log", "json", "--log-requests", "all")

    def policy(self, text):
        return super().policy(ALLOWING)

    def post(self, path, body, **more):
        return self.call_api("POST", path, body, **more)

    def lines(self):
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    def count(self, name):
        auditor = self.token("jit-bob", "audit")
        text = self.call_api("GET", "/metrics", token=auditor).document.decode()
        return int(re.search(rf"^{re.escape(name)} (\d+)$", text, re.M)[1])

    def test_who_asks_and_withdraws_fills_no_disk(self):
        for _ in range(3):
            made = self.ask()
            self.assertEqual(made.status, 201, made.document)
            self.assertEqual(self.post(f"/v1/requests/{made.document['id']}/withdraw", {}).status, 200)
        refused = self.ask()
        self.assertIn("asked_per_hour", self.problem(refused, 429, "too-many-asked")["hint"])
        self.assertGreater(int(refused.headers["Retry-After"]), 60)
        self.assertEqual(self.ask(user="jit-bob").status, 201)
        self.assertEqual(self.count('jit_limit_total{limit="asked_per_hour"}'), 1)

    def test_what_is_pending_counts_too(self):
        self.assertEqual([self.ask().status for _ in range(3)], [201, 201, 429])
        self.assertEqual(self.count('jit_limit_total{limit="pending_per_user"}'), 1)

    def test_an_allowed_command_is_recorded_once_however_often_it_is_sent(self):
        context = {"command": {"argv": ["echo"], "name": "echo"}, "user": {"name": "jit-alice"}}
        for _ in range(3):
            self.assertEqual(self.post("/v1/allowed", {"context": context}, key="same").status, 204)
        self.assertEqual([e["type"] for e in self.entries("root")].count("allowed"), 1)
        self.problem(self.post("/v1/allowed", {"context": {**context, "x": 1}}, key="same"), 422, "key-used")

    def test_streams_of_events_are_counted(self):
        def follow(user):
            connection = http.client.HTTPConnection("127.0.0.1", int(self.listen.rsplit(":", 1)[1]), timeout=20)
            connection.request("GET", "/v1/events", headers={"Authorization": "Bearer " + self.tokens[user]})
            return connection, connection.getresponse()

        held = [follow("jit-bob") for _ in range(2)]
        self.assertEqual([answer.status for _, answer in held], [200, 200])
        connection, refused = follow("jit-bob")
        self.assertEqual((refused.status, json.loads(refused.read())["type"]), (429, "urn:jit-run:problem:too-many-streams"))
        connection.close()
        other, answer = follow("jit-carol")
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.count('jit_limit_total{limit="streams_per_user"}'), 1)
        for each, _ in [*held, (other, None)]:
            each.sock and each.sock.close()
            each.close()

    def test_nothing_is_done_for_who_has_gone(self):
        made = self.ask()
        path = "/v1/requests/" + made.document["id"]
        port = int(self.listen.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.tokens['jit-alice']}\r\n"
                           f"Prefer: wait=50\r\nIf-None-Match: {made.headers['ETag']}\r\n\r\n".encode())
            self.wait_until(lambda: self.count("jit_http_waiting") == 1)
        self.assertEqual(self.post(path + "/withdraw", {}).status, 200)
        self.wait_until(lambda: self.count("jit_http_waiting") == 0)
        self.assertFalse([line for line in self.lines() if line.get("path") == path])

    def wait_until(self, holds):
        deadline = time.monotonic() + harness.PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_the_log_says_what_was_decided(self):
        made = self.ask().document
        self.assertEqual(self.post(f"/v1/requests/{made['id']}/reviews", {"verdict": "deny", "message": "no"}, user="jit-bob").status, 200)
        line = next(line for line in self.lines() if line.get("path", "").endswith("/reviews"))
        self.assertEqual((line["request"], line["state"], line["user"], line["status"]), (made["id"], "denied", "jit-bob", 200))
        self.assertIsInstance(line["ms"], int)
        self.call_api("GET", "/v1/whoami", token="x")
        self.assertNotIn("user", self.lines()[-1])
        self.assertIn("it begins with jit_", self.lines()[-1]["why"])
        ended = self.token("jit-alice", "request", expires="1ms")
        time.sleep(0.01)
        self.call_api("GET", "/v1/whoami", token=ended)
        self.assertRegex(self.lines()[-1]["why"], r"this token \([0-9a-f]{12}\) expired at 20")

    def test_each_reason_for_a_401_is_its_own(self):
        ended = self.token("jit-alice", "request", expires="1ms")
        revoked = self.token("jit-alice", "request")
        listed = json.loads(self.manage("token", "list", "--json").stdout)
        self.assertEqual(self.manage("token", "revoke", listed[-1]["id"]).returncode, 0)
        time.sleep(0.01)
        said = {}
        for name, token in (("none", ""), ("form", "hunter2"), ("unknown", "jit_" + "0" * 64), ("ended", ended), ("revoked", revoked)):
            headers = {"Authorization": "Bearer " + token} if token else {}
            answer = self.call_api("GET", "/v1/whoami", user="nobody", **headers)
            said[name] = self.problem(answer, 401, "unauthorized")["detail"]
        for name, word in (("none", "no token"), ("form", "begins with jit_"), ("unknown", "unknown"), ("ended", "expired at 20"),
                           ("revoked", "was revoked at 20")):
            self.assertIn(word, said[name])
            self.assertNotIn("hunter2", said[name])


class FullDisk(server_operation_test.Operated):
    def setUp(self):
        self.mounted = None
        super().setUp()

    def serve(self):
        if not self.mounted:
            os.makedirs(self.store, mode=0o700)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", self.store], check=True)
            self.mounted = self.store
        super().serve()

    def tearDown(self):
        try:
            super().tearDown()
        finally:
            subprocess.run(["umount", "--lazy", self.mounted], check=True)

    def test_ready_means_that_something_can_be_decided(self):
        made = self.ask().document
        filler = os.path.join(self.store, "filler")
        try:
            with open(filler, "wb") as file:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
        except OSError:
            pass
        # What is left is enough for a little while.
        for _ in range(100):
            answer = self.ask(argv=("echo", "x" * 20000))
            if answer.status == 503:
                break
        self.problem(answer, 503, "unavailable")
        for _ in range(15):  # at every tick it is looked at again
            self.assertEqual(self.call_api("GET", "/readyz", user="nobody").status, 503)
            time.sleep(0.1)
        self.assertLessEqual(self.said().count("warning: store:"), 1)
        os.remove(filler)
        deadline = time.monotonic() + harness.PATIENCE
        while self.call_api("GET", "/readyz", user="nobody").status != 200:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        answer = self.call_api("POST", f"/v1/requests/{made['id']}/reviews", {"verdict": "approve"}, user="jit-bob")
        self.assertEqual(answer.document["state"], "approved")
        self.verify("root")


class AmongUnknownUsers(server_test.Served):
    """In a user namespace: all users outside of it look like one."""
    listen = "unix:"

    def test_who_stands_for_many_is_nobody(self):
        self.stop()
        os.chmod(self.dir, 0o755)
        path = self.listen.removeprefix("unix:")
        words = [os.path.join(self.bin, "jit-server"), "--store", self.store, "--policies", self.policy_file, "serve", "--listen",
                 self.listen]
        inner = subprocess.Popen(["unshare", "--user", "--map-root-user", *words], stderr=subprocess.PIPE, text=True)
        try:
            while "listening" not in inner.stderr.readline():
                self.assertIsNone(inner.poll())
            os.chmod(path, 0o666)
            done = self.call("jit-alice", "jit-approve", "list")
            self.assertEqual(done.code, 125, done)
            self.assertIn("cannot tell who you are", done.err)
            self.assertEqual(self.call("root", "jit-approve", "list").code, 0)
        finally:
            inner.terminate()
            self.assertEqual(inner.wait(20), 0)
            inner.stderr.close()


if __name__ == "__main__":
    harness.main()
