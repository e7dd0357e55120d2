#!/usr/bin/env python3
"""What was tried against jit-server and once worked."""
import http.client
import json
import os
import pwd
import socket
import subprocess
import sys
import time
import uuid

import harness
import server_test


class OnItsSocket(server_test.Served):
    listen = "unix:"

    def test_a_socket_that_outlives_whoever_connected_is_nobodys(self):
        """sudo keeps the login that makes two users one person; who has ended tells none any more."""
        if not os.path.exists("/proc/self/loginuid"):
            self.skipTest("this kernel keeps no logins")
        statuses = []
        for _ in range(5):
            sockets = [socket.socket(socket.AF_UNIX) for _ in range(100)]
            child = os.fork()
            if child == 0:
                for one in sockets:
                    one.connect(self.listen.removeprefix("unix:"))
                os._exit(0)
            os.waitpid(child, 0)
            sockets[-1].settimeout(10)
            sockets[-1].sendall(b"GET /v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            statuses.append(int(sockets[-1].recv(65536).split()[1]))
            for one in sockets:
                one.close()
        # The first may have been looked at in time.
        self.assertIn(403, statuses)

    def post(self, user, body):
        """As this user, to the server's socket, by hand."""
        program = (f"import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(10); "
                   f"s.connect({self.listen.removeprefix('unix:')!r}); s.sendall(sys.stdin.buffer.read()); "
                   "print(s.makefile('rb').read().decode())")
        body = json.dumps(body)
        request = (f"POST /v1/requests HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {uuid.uuid4()}\r\nConnection: close\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n{body}")
        done = subprocess.run(["setpriv", "--reuid", user, "--regid", harness.GROUP, "--init-groups", sys.executable, "-c", program],
                              input=request, capture_output=True, text=True, timeout=20)
        return done.stdout

    def test_the_kernel_says_whose_uid_it_is(self):
        command = {"argv": ["x"], "name": "x"}
        said = self.post("jit-alice", {"context": {"command": command, "user": {"uid": 0}}})
        self.assertIn("HTTP/1.1 400", said)
        self.assertIn("user.uid is 0", said)
        said = self.post("jit-alice", {"context": {"command": command, "user": {"login": "jit-bob"}}})
        self.assertIn("HTTP/1.1 201", said)
        user = json.loads(said.split("\n\n")[1])["context"]["user"]
        self.assertEqual(user["uid"], pwd.getpwnam("jit-alice").pw_uid)
        self.assertNotEqual(user["login"], "jit-bob")

    def test_whoever_stays_is_known(self):
        self.assertEqual(self.call("jit-alice", "jit-approve", "list").code, 0)


class OverTcp(server_test.Api):
    def test_whoever_leaves_out_who_they_are_keeps_their_groups(self):
        self.policy("rules:\n  - {name: ours, match: {user.groups: " + harness.GROUP + "}, effect: deny}\n")
        self.stop()
        self.serve()
        for user in ({}, None, "left out"):
            context = {"command": {"argv": ["x"], "name": "x"}, "user": user}
            if user == "left out":
                del context["user"]
            answer = self.call_api("POST", "/v1/requests", {"context": context})
            self.assertEqual((user, answer.status, answer.document["effect"]), (user, 200, "deny"))
        self.problem(self.call_api("POST", "/v1/requests", {"context": {"user": []}}), 400, "bad-request")

    def test_a_prefix_is_one_of_an_id(self):
        for prefix in ("q", "abc", "a" * 27, "ab%2a"):
            self.problem(self.call_api("GET", "/v1/requests?prefix=" + prefix), 400, "bad-request")

    def test_a_token_stands_for_a_name(self):
        for name in ("", "a b", "x\ny", "\x1b[2J", "a" * 65):
            done = self.manage("token", "create", "--user", name, "--scope", "request", "--expires", "1d")
            self.assertEqual((done.returncode, done.stdout), (125, ""), done)


    def test_events_beyond_the_end_are_unknown(self):
        """A store that was restored has fewer than a watcher has seen."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.listen.rsplit(":", 1)[1]), timeout=20)
        connection.request("GET", "/v1/events", headers={"Authorization": "Bearer " + self.tokens["jit-bob"], "Last-Event-ID": "9" * 15})
        first = connection.getresponse().readline().decode()
        self.assertRegex(first, r"^id: \d{1,3}\n$")

    def test_events_that_are_refused_are_logged(self):
        self.problem(self.call_api("GET", "/v1/events", token="jit_" + 64 * "0"), 401, "unauthorized")
        self.assertRegex(self.said(), r"path=/v1/events status=401")


    def test_a_token_in_a_new_store_says_that_it_is_new(self):
        self.store += ".mistyped"
        create = ["token", "create", "--user", "x", "--scope", "request", "--expires", "1d"]
        self.assertIn("there was no store in", self.manage(*create).stderr)
        self.assertNotIn("there was no store", self.manage(*create).stderr)


class Crowded(server_test.Api):
    options = ("--buffered-bytes", "1MiB", "--request-time", "30s")  # of one user 128 KiB

    def begin(self, token, size):
        """A request with this much of its body, and more to come."""
        connection = socket.create_connection(("127.0.0.1", int(self.listen.rsplit(":", 1)[1])), timeout=10)
        self.addCleanup(connection.close)
        connection.sendall(f"POST /v1/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {uuid.uuid4()}\r\n"
                           f"Content-Length: {size + 1}\r\n\r\n".encode() + b"[" * size)
        return connection

    def ask(self, user):
        context = {"command": {"argv": ["x"], "name": "x"}, "padding": "x" * 100_000}
        return self.call_api("POST", "/v1/requests", {"context": context}, user=user)

    def test_nobodies_take_nothing(self):
        nobodies = [self.begin("jit_" + 64 * "0", 100_000) for _ in range(100)]
        self.assertTrue(nobodies[-1].recv(100).startswith(b"HTTP/1.1 401"))
        self.assertEqual(self.ask("jit-alice").status, 201)

    def test_one_takes_a_share(self):
        many = [self.begin(self.tokens["jit-bob"], 60_000) for _ in range(10)]
        refused = 0
        for one in many:
            one.settimeout(1)
            try:
                refused += one.recv(100).startswith(b"HTTP/1.1 503")
            except TimeoutError:
                pass
        self.assertGreaterEqual(refused, 5)
        self.assertLess(refused, 10)
        self.assertEqual(self.ask("jit-alice").status, 201)

    def test_replies_that_nobody_takes(self):
        """Asked again, under the same key, for what it does not take, one gets no more than its share, and is told so."""
        request = self.ask("jit-alice")
        path = request.headers["Location"]
        slow = []
        for _ in range(2):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", int(self.listen.rsplit(":", 1)[1])))
            self.addCleanup(connection.close)
            one = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.tokens['jit-bob']}\r\n\r\n".encode()
            connection.sendall(one * 90)  # more than the system's own buffers take
            slow.append(connection)
        time.sleep(0.5)
        self.assertEqual(self.call_api("GET", path, user="jit-alice").status, 200)
        answer = self.call_api("GET", path, user="jit-bob")
        self.problem(answer, 503, "overloaded")
        for one in slow:
            one.close()
        time.sleep(0.5)
        self.assertEqual(self.call_api("GET", path, user="jit-bob").status, 200)


    def test_nobodies_do_not_fill_what_is_sent(self):
        """A description that needs no token, asked for from many addresses and not taken."""
        slow = []
        for number in range(60):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.settimeout(10)
            connection.bind((f"127.0.0.{2 + number % 20}", 0))
            connection.connect(("127.0.0.1", int(self.listen.rsplit(":", 1)[1])))
            self.addCleanup(connection.close)
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
            slow.append(connection)
        time.sleep(1)
        self.assertEqual(self.ask("jit-alice").status, 201)
        self.assertEqual(self.call_api("GET", "/v1/requests", user="jit-bob").status, 200)

    def test_what_comes_behind_a_request_that_waits_is_not_kept(self):
        pid = self.server.pid
        def resident():
            with open(f"/proc/{pid}/statm") as file:
                return int(file.read().split()[1]) * 4096
        path = self.ask("jit-alice").headers["Location"]
        tag = self.call_api("GET", path, user="jit-bob").headers["ETag"]
        wait = (f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.tokens['jit-bob']}\r\nIf-None-Match: {tag}\r\n"
                "Prefer: wait=50\r\n\r\n").encode()
        before = resident()
        for _ in range(150):
            connection = socket.create_connection(("127.0.0.1", int(self.listen.rsplit(":", 1)[1])), timeout=10)
            self.addCleanup(connection.close)
            connection.sendall(wait + b"GET /" + b"x" * 64000)
        time.sleep(1)
        self.assertLess((resident() - before) / 150, 40_000 * int(os.environ.get("JIT_SLOWER", "1")))


class WithoutBoots(server_test.Served):
    """A kernel that does not tell one boot from another: a unit with ProcSubset=pid."""

    def serve(self):
        program = os.path.join(self.bin, "jit-server")
        if not os.path.islink(program):
            self.bin = os.path.join(self.dir, "wrapped")
            os.mkdir(self.bin)
            for name in os.listdir(os.path.dirname(program)):
                os.symlink(os.path.join(os.path.dirname(program), name), os.path.join(self.bin, name))
            os.unlink(os.path.join(self.bin, "jit-server"))
            with open(os.path.join(self.bin, "jit-server"), "w") as file:
                file.write(f'#!/bin/sh\nexec unshare -m sh -c \'mount -t proc -o subset=pid proc /proc && exec {program} "$@"\' sh "$@"\n')
            os.chmod(os.path.join(self.bin, "jit-server"), 0o755)
        super().serve()

    def test_it_is_said_and_it_serves(self):
        self.assertIn("boot_id cannot be read", self.said())
        self.assertEqual(self.call("jit-alice", "jit-approve", "list").code, 0)


# Only how the API is spoken is taken from there.
for name in dir(server_test.Api):
    if name.startswith("test_"):
        setattr(OverTcp, name, None)
        setattr(Crowded, name, None)


if __name__ == "__main__":
    harness.main()
