#!/usr/bin/env python3
"""jit-backend-http against servers that are well behaved, and against those that are not: a command runs only after an answer
that can be trusted; for everything else the exit code is 117, in the time that there is."""
import os
import ssl
import time

import api_server
import backends_test
import harness


class Http(harness.World):
    """Every user has a token; they find the server by https, and trust one authority."""

    tls = True

    def setUp(self):
        super().setUp()
        self.policy(backends_test.POLICY)
        self.requests = os.path.join(self.dir, "requests")
        os.mkdir(self.requests)
        keys = os.path.join(self.dir, "keys")
        os.mkdir(keys)
        self.ca, self.certificate = api_server.certificates(keys) if self.tls else (None, None)
        if self.ca:
            os.chmod(self.ca, 0o644)
        self.servers = []
        for user in harness.USERS:
            self.token(user, f"token-{user}\n")
        self.serve()

    def tearDown(self):
        for server in self.servers:
            server.stop()
        super().tearDown()

    def serve(self, **options):
        self.server = api_server.Server(self.requests, self.certificate, **options)
        self.servers.append(self.server)
        self.backend = self.server.url

    def token(self, user, text, mode=0o600):
        path = os.path.join(self.home(user), "token")
        with open(path, "w") as file:
            file.write(text)
        harness.shutil.chown(path, user)
        os.chmod(path, mode)

    def env(self, user, **more):
        settings = {"JIT_RUN_TOKEN_FILE": os.path.join(self.home(user), "token")}
        if self.ca:
            settings["JIT_RUN_CA_FILE"] = self.ca
        return super().env(user, **{**settings, **more})


class OverHttps(backends_test.Suite, Http):
    shows_what_changed = False
    def open_backend(self):
        pass


class OnThisMachine(backends_test.Suite, Http):
    shows_what_changed = False
    tls = False

    def open_backend(self):
        pass


class NotToBeTrusted(Http):
    def refused(self, code=117, seconds=30, quiet=True, **more):
        started = time.monotonic()
        options = ["--quiet"] if quiet else []
        done = self.call("jit-alice", "jit-run", *options, "--", "echo", "ran", env=self.env("jit-alice", **more))
        self.assertEqual((done.code, done.out), (code, ""), done)
        self.assertLess(time.monotonic() - started, seconds)
        return done

    def test_an_authority_that_is_not_the_one(self):
        other = os.path.join(self.dir, "other")
        os.mkdir(other)
        done = self.refused(JIT_RUN_CA_FILE=api_server.certificates(other)[0], seconds=5)
        self.assertIn("ca_file", done.err)
        self.assertEqual(self.server.seen, [])  # and no token was sent

    def test_a_name_that_is_not_the_servers(self):
        self.backend = self.backend.replace("localhost", "127.0.0.1")
        self.refused(seconds=5)
        self.assertEqual(self.server.seen, [])

    def test_an_old_tls(self):
        self.server.stop()
        self.servers.clear()
        self.serve(newest_tls=ssl.TLSVersion.TLSv1_1)
        self.refused()
        self.assertEqual(self.server.seen, [])

    def test_plain_http_to_another_machine(self):
        for backend in ("http://192.0.2.1:1", "https://localhost:99999", "https://localhost:x", "https://[::1]:0"):
            self.backend = backend
            self.refused(code=125, seconds=5)

    def test_variables_that_bring_in_another_authority(self):
        other = os.path.join(self.dir, "other")
        os.mkdir(other)
        ca, certificate = api_server.certificates(other)
        self.certificate = certificate
        self.serve()
        env = {name: ca for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")}
        self.refused(seconds=5, SSL_CERT_DIR=other, **env)
        self.assertEqual(self.server.seen, [])

    def answers(self, *reply, path="/v1/whoami", **headers):
        def misbehave(handler):
            if handler.path.startswith(path):
                handler.reply(*reply, **headers)
                return True
            return False

        self.server.misbehave = misbehave

    def test_a_page_instead_of_an_answer(self):
        self.answers(200, b"<html>Sign in</html>", "text/html")
        self.refused(seconds=5)

    def test_elsewhere(self):
        other = api_server.Server(self.requests, self.certificate)
        self.servers.append(other)
        for status in (301, 302, 307, 308):
            self.answers(status, b"", Location=other.url + "/v1/whoami")
            self.refused(seconds=5)
        self.assertEqual(other.seen, [])

    def test_json_that_is_none(self):
        for body in (b"", b"{", b"[]", b'{"user": "x"}', b'{"user": 1, "operator": false, "now": ""}', b"\xff", b"[" * 100_000,
                     b'{"a": 1, "a": 2}', b'{"user": "a\\u0000b", "operator": false, "now": "x"}', b"1e400"):
            self.answers(200, body)
            self.refused(seconds=5)

    def test_an_answer_without_end(self):
        def misbehave(handler):
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b" " * 65536)
            except OSError:
                return True

        self.server.misbehave = misbehave
        self.refused()

    def test_no_answer(self):
        self.server.misbehave = lambda handler: time.sleep(60) or True
        done = self.refused(quiet=False)
        self.assertIn(f"jit-run: no answer from {self.backend} yet\n", done.err)
        self.assertIn(f"jit-run: cannot reach {self.backend}, tried for 15s: ", done.err)

    def test_nobody_there(self):
        self.server.stop()
        self.servers.clear()
        done = self.refused(quiet=False)
        self.assertEqual(done.err.count(f"jit-run: cannot reach {self.backend}: connect: Connection refused; trying again\n"), 1)
        self.assertIn(f"jit-run: cannot reach {self.backend}, tried for 15s: connect: Connection refused\nhint: ", done.err)

    def test_what_is_more_likely_a_slip_than_an_outage(self):
        plain = api_server.Server(self.requests, None)
        self.servers.append(plain)
        tls = self.server.url
        for url, said in (("unix:/nonexistent/socket", "is that the socket of a jit-server"),
                          ("https://no-such-host.invalid", "is the setting backend right?"),
                          (tls.replace("https:", "http:"), "does the server speak https there?"),
                          (plain.url.replace("http:", "https:"), "without TLS?")):
            with self.subTest(url=url):
                self.backend = url
                done = self.refused(seconds=8)
                self.assertIn("tried for 3s", done.err)
                self.assertIn(said, done.err)

    def test_a_problem_that_would_pass_for_words_of_ours(self):
        problem = {"type": "urn:jit-run:problem:internal", "title": "x", "status": 500,
                   "detail": "x\njit-run: approved by jit-bob\r\x1b[2Jy", "hint": "a\nhint: b\x1b]0;c\x07"}
        self.answers(500, problem, "application/problem+json")
        done = self.refused(seconds=5)
        self.assertEqual(len(done.err.splitlines()), 2, done)
        self.assertNotIn("\x1b", done.err)
        listed = self.call("jit-bob", "jit-approve", "list")
        self.assertEqual((listed.code, len(listed.err.splitlines())), (117, 2), listed)

    def test_a_server_that_is_busy_for_ever(self):
        self.answers(503, b"", Retry_After="999999")
        self.refused()

    def test_an_unknown_token(self):
        self.token("jit-alice", "nonsense\n")
        done = self.refused(code=125, seconds=5)
        self.assertIn("hint: ask for one; the token is the one in " + os.path.join(self.home("jit-alice"), "token"), done.err)

    def test_no_token(self):
        env = {name: value for name, value in self.env("jit-alice").items() if name != "JIT_RUN_TOKEN_FILE"}
        done = self.call("jit-alice", "jit-approve", "list", env=env)
        self.assertEqual(done.code, 125, done)
        usual = os.path.join(self.home("jit-alice"), "config/jit-run/token")
        self.assertIn(f"hint: ask for one; no token was sent: token_file is not set, and there is no {usual}\n", done.err)

    def test_tokens_that_are_open_or_no_tokens(self):
        for text, mode in (("token-jit-alice", 0o644), ("token-jit-alice", 0o640), ("", 0o600), ("a b", 0o600),
                           ("token-x\r\nX-Evil: 1", 0o600), ("x" * 5000, 0o600)):
            self.token("jit-alice", text, mode)
            done = self.refused(code=125, seconds=5)
            self.assertNotIn("token-", done.err)
        self.assertEqual(self.server.seen, [])

    def test_the_token_is_nowhere_to_be_seen(self):
        self.token("jit-alice", "token-jit-alice")
        waiting = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        self.pending("jit-bob")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for name in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as file:
                        self.assertNotIn(b"token-jit-alice", file.read(), pid)
                except OSError:
                    pass
        waiting.terminate()
        self.finish(waiting)
        self.assertFalse([path for _, path, _ in self.server.seen if "token-" in path])


class AtTheLastMoment(Http):
    """What changes while the answer to the claim is on its way."""

    def setUp(self):
        super().setUp()
        self.script = os.path.join(self.home("jit-alice"), "script")
        self.write("echo approved")
        self.original = api_server.Handler.reply
        claims = []

        def reply(handler, status, body, *more, **headers):
            if handler.path.endswith("/claim") and not claims:
                claims.append(status)
                self.write("echo replaced")
            self.original(handler, status, body, *more, **headers)

        api_server.Handler.reply = reply

    def tearDown(self):
        api_server.Handler.reply = self.original
        super().tearDown()

    def write(self, text):
        with open(self.script, "w") as file:
            file.write(text + "\n")

    def run_and_approve(self, *options):
        run = self.start("jit-alice", "jit-run", *options, "--", "sh", self.script)
        [request] = self.pending("jit-bob")
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
        return run, request["id"]

    def test_it_does_not_run(self):
        run, _ = self.run_and_approve()
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn(f"replaced at the last moment; the approval is used up\njit-run:   {self.script}: content changed", done.err)

    def test_it_is_asked_for_anew(self):
        run, first = self.run_and_approve("--retry-changed")
        [second] = self.pending("jit-bob")
        self.assertNotEqual(second["id"], first)
        self.assertIsNone(run.poll())
        self.ok("jit-bob", "jit-approve", "approve", "--yes", second["id"])
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (0, "replaced\n"), done)
        self.assertIn("content changed\n", done.err)
        self.assertIn("jit-run: asking anew\n", done.err)


class RecordedAtTheLastMoment(AtTheLastMoment):
    """The last look is taken after all that it takes to record it."""

    def policy(self, text):
        super().policy(text.replace("effect: ask", "effect: ask, record: outcome"))


class Interrupted(Http):
    def test_an_answer_that_is_lost_makes_no_second_request(self):
        lost = []

        # The server does what is asked, and the connection ends before its answer has gone out.
        original = api_server.Handler.reply

        def reply(handler, status, body, *more, **headers):
            if handler.command == "POST" and status == 201 and not lost:
                lost.append(True)
                handler.close_connection = True
                handler.connection.close()
                return
            original(handler, status, body, *more, **headers)

        api_server.Handler.reply = reply
        try:
            posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        finally:
            api_server.Handler.reply = original
        self.assertEqual(lost, [True])
        self.assertEqual([request["id"] for request in self.pending("jit-bob")], [posted])

    def test_a_signal_while_the_server_is_away(self):
        waiting = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        request = self.pending("jit-bob")[0]
        self.server.misbehave = lambda handler: time.sleep(60) or True
        time.sleep(3)
        waiting.terminate()
        done = self.finish(waiting, seconds=10)
        self.assertEqual((done.code, done.out), (-15, ""), done)
        self.assertIn(f"no answer from {self.backend} yet\n", done.err)
        self.assertIn("could not be withdrawn", done.err)
        self.assertIn(f"jit-approve withdraw {request['id'][:8]}\n", done.err)

    def test_a_server_that_comes_back(self):
        waiting = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        request = self.pending("jit-bob")[0]
        port = self.server.server_port
        self.server.stop()
        time.sleep(18)  # longer than one call may take: the request is open, and so is the wait
        self.assertIsNone(waiting.poll())
        original = api_server.http.server.ThreadingHTTPServer.__init__

        def same_port(server, address, handler):
            original(server, ("127.0.0.1", port), handler)

        api_server.http.server.ThreadingHTTPServer.__init__ = same_port
        try:
            self.servers.clear()
            self.serve()
        finally:
            api_server.http.server.ThreadingHTTPServer.__init__ = original
        self.ok("jit-bob", "jit-approve", "approve", request["id"], "--yes")
        done = self.finish(waiting, seconds=30)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)


if __name__ == "__main__":
    harness.main()
