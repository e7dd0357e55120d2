#!/usr/bin/env python3
"""What was tried against jit-server and once worked."""
import os
import socket

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


# Only how the API is spoken is taken from there.
for name in dir(server_test.Api):
    if name.startswith("test_"):
        setattr(OverTcp, name, None)


if __name__ == "__main__":
    harness.main()
