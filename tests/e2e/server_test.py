#!/usr/bin/env python3
"""jit-server: what jit-run and jit-approve do through it is what they do without it; and the server on its own."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import uuid

import api_server
import backends_test
import harness


class Served(harness.World):
    """A jit-server of root's; alice, bob and the others reach it as `listen` says."""

    listen = "http://127.0.0.1:0"
    host = "localhost"
    options = ()

    def setUp(self):
        super().setUp()
        self.policy(backends_test.POLICY)
        self.store = os.path.join(self.dir, "server")
        self.ca = self.server = None
        self.options = list(self.options)
        if self.listen.startswith("https"):
            keys = os.path.join(self.dir, "keys")
            os.mkdir(keys)
            self.ca, both = api_server.certificates(keys, self.host)
            os.chmod(self.ca, 0o644)
            self.options += ["--certificate", both, "--key", both]
        if self.listen.startswith("unix"):
            self.listen = f"unix:{self.dir}/socket"
        self.serve()

    def open_backend(self):
        pass

    def tearDown(self):
        self.stop()
        super().tearDown()

    def manage(self, *words):
        command = [os.path.join(self.bin, "jit-server"), "--store", self.store, "--policies", self.policy_file, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=20)

    def serve(self):
        self.log = open(os.path.join(self.dir, "server.log"), "a+")
        start = self.log.seek(0, 2)
        self.server = subprocess.Popen(
            [os.path.join(self.bin, "jit-server"), "--store", self.store, "--policies", self.policy_file, "serve",
             "--listen", self.listen, *self.options], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + harness.PATIENCE
        while True:
            self.log.seek(start)
            found = re.search(r'listening on ([^\s"]+)', self.log.read())
            if found:
                break
            self.assertIsNone(self.server.poll(), self.said())
            self.assertLess(time.monotonic(), deadline, self.said())
            time.sleep(0.01)
        self.listen = found[1]  # the same port again, after a restart
        self.backend = self.listen.replace("127.0.0.1", "localhost")
        if not self.listen.startswith("unix") and not os.path.exists(self.token_file("jit-alice")):
            for user in harness.USERS:
                self.keep_token(user, self.token(user, "request,review"))

    def said(self):
        with open(os.path.join(self.dir, "server.log")) as log:
            return log.read()

    def stop(self, how=signal.SIGTERM):
        if self.server and self.server.poll() is None:
            self.server.send_signal(how)
            self.assertEqual(self.server.wait(20), 0 if how == signal.SIGTERM else -how, self.said())
        if self.server:
            self.log.close()
            self.server = None

    def restart(self):
        self.stop()
        self.serve()

    def token(self, user, scopes, expires="1h"):
        done = self.manage("token", "create", "--user", user, "--scope", scopes, "--expires", expires)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def token_file(self, user):
        return os.path.join(self.home(user), "token")

    def keep_token(self, user, token):
        with open(self.token_file(user), "w") as file:
            file.write(token + "\n")
        harness.shutil.chown(self.token_file(user), user)
        os.chmod(self.token_file(user), 0o600)

    def env(self, user, **more):
        settings = {}
        if not self.listen.startswith("unix"):
            settings["JIT_RUN_TOKEN_FILE"] = self.token_file(user)
        if self.ca:
            settings["JIT_RUN_CA_FILE"] = self.ca
        return super().env(user, **{**settings, **more})

    def verify(self, user):
        return self.ok("root", "jit-audit", "--backend", "local:" + self.store, "verify")

    def entries(self, user):
        lines = self.ok("root", "jit-audit", "--backend", "local:" + self.store, "export", "--format", "jsonl").out.splitlines()
        return [json.loads(line)["entry"] for line in lines]


class OverHttp(backends_test.Suite, Served):
    pass


class OverHttps(backends_test.Suite, Served):
    listen = "https://127.0.0.1:0"


class OverUnix(backends_test.Suite, Served):
    listen = "unix:"


class Api(Served):
    """The API, spoken by hand."""

    def setUp(self):
        super().setUp()
        self.tokens = {user: open(self.token_file(user)).read().strip() for user in harness.USERS}

    def call_api(self, method, path, body=None, user="jit-alice", key=None, token=None, **headers):
        port = int(self.listen.rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        token = token or self.tokens.get(user)
        if token:
            headers["Authorization"] = "Bearer " + token
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        connection.request(method, path, json.dumps(body) if body is not None else None,
                           {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        answer.document = json.loads(data) if data and "json" in answer.headers.get("Content-Type", "") else data
        return answer

    def ask(self, user="jit-alice", key=None, argv=("true",)):
        context = {"command": {"argv": list(argv), "name": argv[0]}, "user": {"name": user}}
        return self.call_api("POST", "/v1/requests", {"context": context}, user=user, key=key)

    def problem(self, answer, status, name):
        self.assertEqual(answer.status, status, answer.document)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual((answer.document["type"], answer.document["status"]), ("urn:jit-run:problem:" + name, status))
        return answer.document

    def raw(self, data, until=b"\r\n\r\n", seconds=5):
        port = int(self.listen.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
            connection.sendall(data)
            received = b""
            while until not in received:
                piece = connection.recv(65536)
                if not piece:
                    break
                received += piece
        return received

    def test_a_request_is_the_authenticated_users(self):
        context = {"command": {"argv": ["true"], "name": "true"}, "user": {"name": "jit-bob"}}
        made = self.call_api("POST", "/v1/requests", {"context": context})
        self.assertEqual(made.status, 201, made.document)
        self.assertEqual(made.document["requester"], "jit-alice")
        self.assertEqual(made.document["context"]["user"]["name"], "jit-alice")

    def test_the_same_key_makes_one_request(self):
        first, again = self.ask(key="k"), self.ask(key="k")
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.document, again.document)
        self.assertEqual(first.headers["ETag"], again.headers["ETag"])
        self.assertNotEqual(self.ask(user="jit-bob", key="k").document["id"], first.document["id"])
        self.problem(self.ask(key="k", argv=("false",)), 422, "key-used")
        self.assertEqual(len(self.call_api("GET", "/v1/requests", user="jit-bob").document["requests"]), 2)
        self.assertEqual([e["type"] for e in self.entries("root")].count("ask"), 2)

    def test_a_claim_that_is_repeated_is_granted_once(self):
        made = self.ask().document
        path = f"/v1/requests/{made['id']}"
        self.assertEqual(self.call_api("POST", path + "/reviews", {"verdict": "approve"}, user="jit-bob").status, 200)
        body = {"context": made["context"]}
        first, again = (self.call_api("POST", path + "/claim", body, key="k") for _ in range(2))
        self.assertTrue(first.document["granted"] and again.document["granted"], first.document)
        self.problem(self.call_api("POST", path + "/claim", body, key="other"), 409, "refused")
        self.assertEqual([e["type"] for e in self.entries("root")].count("claim"), 1)

    def test_the_time_is_the_servers(self):
        context = {"command": {"argv": ["true"], "name": "true"}, "time": {"at": "1970-01-01T00:00:00Z", "weekday": "thu", "hour": 0}}
        made = self.call_api("POST", "/v1/requests", {"context": context}).document
        self.assertTrue(made["context"]["time"]["at"].startswith(time.strftime("%Y-", time.gmtime())), made)

    def test_who_watches_goes_on_when_the_server_is_started_anew(self):
        watching = self.start("jit-bob", "jit-approve", "watch", "--json")
        time.sleep(1)
        self.stop()
        self.serve()
        request = self.ask().document["id"]
        event = json.loads(watching.stdout.readline() or '"it has ended"')
        watching.terminate()
        self.finish(watching)
        self.assertEqual(event["request"], request, event)

    def test_what_these_policies_do_not_allow_is_not_recorded_as_allowed(self):
        context = {"command": {"argv": ["true"], "name": "true"}}
        self.problem(self.call_api("POST", "/v1/allowed", {"context": context}), 403, "not-allowed")
        self.policy("rules: [{name: free, match: {command.name: 'true'}, effect: allow}]")
        deadline = time.monotonic() + 10
        while self.call_api("POST", "/v1/allowed", {"context": context}).status != 204:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual([e["type"] for e in self.entries("root")].count("allowed"), 1)

    def test_what_is_read_first_is_what_is_approved(self):
        """A client that calls its command something else."""
        context = {"command": {"argv": ["rm", "-rf", "/srv/precious"], "name": "ls", "line": "ls -l /tmp"}}
        made = self.call_api("POST", "/v1/requests", {"context": context})
        command = made.document["context"]["command"]
        self.assertEqual((made.status, command["line"], command["name"]), (201, "rm -rf /srv/precious", "rm"))
        log = self.ok("root", "jit-audit", "--backend", "local:" + self.store, "log").out
        self.assertIn("rm -rf /srv/precious", log)
        self.assertNotIn("ls -l", log)
        for command in ({}, {"argv": []}, {"argv": "rm"}):
            self.problem(self.call_api("POST", "/v1/requests", {"context": {"command": command}}), 400, "bad-request")

    def test_an_outcome_is_an_object(self):
        made = self.ask().document
        path = f"/v1/requests/{made['id']}"
        self.call_api("POST", path + "/reviews", {"verdict": "approve"}, user="jit-bob")
        self.assertTrue(self.call_api("POST", path + "/claim", {"context": made["context"]}).document["granted"])
        for outcome in (5, None, "well", []):
            self.problem(self.call_api("POST", path + "/outcome", {"outcome": outcome}), 400, "bad-request")
        self.assertEqual(self.call_api("POST", path + "/outcome", {"outcome": {"code": 0}}).document["state"], "finished")

    def test_a_list_by_prefix_is_filtered(self):
        made = self.ask().document
        where = "/v1/requests?prefix=" + made["id"][:8]
        count = lambda more: len(self.call_api("GET", where + more).document["requests"])
        self.assertEqual([count(m) for m in ("", "&state=pending", "&state=denied", "&requester=jit-bob")], [1, 1, 0, 0])

    def test_who_is_nobody(self):
        for token in ("jit_" + "0" * 64, "x", self.tokens["jit-alice"][:-1]):
            answer = self.call_api("GET", "/v1/requests", token=token)
            self.problem(answer, 401, "unauthorized")
            self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
        self.problem(self.call_api("GET", "/v1/whoami", user="nobody"), 401, "unauthorized")

    def test_tokens_end(self):
        short = self.token("jit-alice", "request", expires="1s")
        self.assertEqual(self.call_api("GET", "/v1/whoami", token=short).status, 200)
        time.sleep(1.1)
        self.problem(self.call_api("GET", "/v1/whoami", token=short), 401, "unauthorized")
        listed = json.loads(self.manage("token", "list", "--json").stdout)
        mine = next(t for t in listed if t["user"] == "jit-alice" and t["expires_at"] and "review" in t["scopes"])
        self.assertEqual(self.manage("token", "revoke", mine["id"]).returncode, 0)
        self.problem(self.call_api("GET", "/v1/whoami"), 401, "unauthorized")
        types = [e["type"] for e in self.entries("root")]
        self.assertIn("token_revoked", types)
        self.assertIn("token_created", types)
        self.verify("root")
        with open(os.path.join(self.store, "jit-run.db"), "rb") as database:
            self.assertNotIn(self.tokens["jit-alice"].encode(), database.read())

    def test_scopes(self):
        asker, auditor = self.token("jit-bob", "request"), self.token("jit-carol", "audit")
        made = self.ask().document
        path = f"/v1/requests/{made['id']}"
        self.problem(self.call_api("GET", path, token=asker), 404, "no-such-request")
        self.assertEqual(self.call_api("GET", "/v1/requests", token=asker).document["requests"], [])
        self.problem(self.call_api("POST", path + "/reviews", {"verdict": "approve"}, token=asker), 403, "forbidden")
        self.problem(self.call_api("GET", "/v1/audit", token=asker), 403, "forbidden")
        self.problem(self.call_api("GET", "/v1/events", token=asker), 403, "forbidden")
        self.problem(self.call_api("POST", path + "/reviews", {"verdict": "approve"}, token=auditor), 403, "forbidden")
        context = {"command": {"argv": ["true"], "name": "true"}}
        self.problem(self.call_api("POST", "/v1/requests", {"context": context}, token=auditor), 403, "forbidden")
        self.assertEqual(self.call_api("GET", path, token=auditor).status, 200)
        trail = self.call_api("GET", "/v1/audit?request=" + made["id"], token=auditor).document
        self.assertEqual([line["entry"]["type"] for line in trail["entries"]], ["ask"])

    def test_waiting_ends_with_the_change(self):
        made = self.ask()
        path, tag = f"/v1/requests/{made.document['id']}", made.headers["ETag"]
        quick = self.call_api("GET", path, If_None_Match=tag, Prefer="wait=0")
        self.assertEqual((quick.status, quick.document), (304, b""))
        answers = []
        waiter = threading.Thread(target=lambda: answers.append(
            self.call_api("GET", path, If_None_Match=tag, Prefer="wait=15")))
        began = time.monotonic()
        waiter.start()
        time.sleep(0.3)
        self.call_api("POST", path + "/reviews", {"verdict": "deny", "message": "no"}, user="jit-bob")
        waiter.join()
        self.assertEqual((answers[0].status, answers[0].document["state"]), (200, "denied"))
        self.assertLess(time.monotonic() - began, 10)

    def test_events_go_on_where_they_ended(self):
        def events(count, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", int(self.listen.rsplit(":", 1)[1]), timeout=20)
            connection.request("GET", "/v1/events", headers={"Authorization": "Bearer " + self.tokens["jit-bob"], **headers})
            stream, found = connection.getresponse(), []
            while len(found) < count:
                line = stream.fp.readline().decode()
                if line.startswith("id: "):
                    found.append(line[4:].strip())
                elif line.startswith("data: "):
                    found[-1] = (found[-1], json.loads(line[6:]))
            connection.close()
            return found

        start = events(1)[0]
        first, second = self.ask().document["id"], self.ask().document["id"]
        found = events(2, **{"Last-Event-ID": start if isinstance(start, str) else start[0]})
        self.assertEqual([f if isinstance(f, str) else f[1].get("request") for f in found][0], first)
        self.assertEqual(self.request("jit-bob", second)["state"], "pending")

    def test_what_makes_no_sense(self):
        id_ = self.ask().document["id"]
        path = f"/v1/requests/{id_}"
        for method, where, body, status, name in (
                ("GET", "/", None, 404, "no-such-path"), ("GET", "/v1/requests/../../etc", None, 404, "no-such-path"),
                ("GET", "/v1/requests/%zz", None, 400, "bad-request"), ("GET", "/v1/requests/abc", None, 404, "no-such-request"),
                ("GET", "/v1/requests?limit=-1", None, 400, "bad-request"), ("GET", "/v1/audit?limit=0", None, 403, "forbidden"),
                ("GET", "/v1/requests?limit=0", None, 400, "bad-request"), ("DELETE", "/healthz", None, 405, "method-not-allowed"), ("GET", "/v1/requests?limit=1e9", None, 400, "bad-request"),
                ("GET", "/v1/requests?state=asleep", None, 400, "bad-request"), ("DELETE", path, None, 405, "method-not-allowed"),
                ("POST", "/v1/whoami", {}, 405, "method-not-allowed"), ("POST", "/v1/requests", [], 400, "bad-request"),
                ("POST", "/v1/requests", {"context": 1}, 400, "bad-request"),
                ("POST", "/v1/requests", {"context": {"command": "x"}}, 400, "bad-request"),
                ("POST", "/v1/requests", {"context": {"command": {}, "labels": "x"}}, 400, "bad-request"),
                ("POST", "/v1/requests", {"context": {"command": {}, "x": [0] * 100001}}, 400, "bad-request"),
                ("POST", "/v1/requests", {"context": {"x": 1.5}}, 400, "bad-request"),
                ("POST", "/v1/requests", {"context": {}, "wait": "soon"}, 400, "bad-request"),
                ("POST", path + "/reviews", {"verdict": "maybe"}, 400, "bad-request"),
                ("POST", path + "/reviews", {}, 400, "bad-request"), ("POST", path + "/claim", {}, 400, "bad-request"),
                ("POST", path + "/bribe", {}, 404, "no-such-path"), ("POST", path + "/outcome", {}, 400, "bad-request")):
            with self.subTest(method=method, where=where, body=body):
                self.problem(self.call_api(method, where, body), status, name)
        nested = "[" * 100 + "]" * 100
        authorized = f"Host: x\r\nAuthorization: Bearer {self.tokens['jit-alice']}\r\n"
        post = f"POST /v1/requests HTTP/1.1\r\n{authorized}Idempotency-Key: a\r\nContent-Length: "
        for data, status in (
                (f"{post}{len(nested)}\r\n\r\n{nested}", 400), (f"{post}2\r\n\r\n\xff\xfe", 400),
                (f"GET /v1/whoami HTTP/1.1\r\nAuthorization: Bearer {self.tokens['jit-alice']}\r\n\r\n", 400),
                (f"GET /v1/whoami HTTP/1.1\r\n{authorized}Host: y\r\n\r\n", 400),
                (f"GET /v1/whoami HTTP/1.1\r\n{authorized}X: a\r\n b\r\n\r\n", 400),
                (f"{post}2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400), (f"{post}2\r\nContent-Length: 3\r\n\r\n{{}}", 400),
                (f"{post}-1\r\n\r\n", 400), (f"{post}99999999999999999999\r\n\r\n", 400), (f"{post}9999999\r\n\r\n", 413),
                ("GARBAGE\r\n\r\n", 400), (f"GET /v1/whoami HTTP/1.1\r\n{authorized}X: {'a' * 20000}\r\n\r\n", 431)):
            with self.subTest(data=data[:80]):
                answer = self.raw(data.encode("latin-1"))
                self.assertTrue(answer.startswith(b"HTTP/1.1 %d" % status), answer[:200])
                self.assertIn(b"application/problem+json", answer)
        self.assertEqual(self.call_api("GET", path).document["state"], "pending")

    def test_too_many_pending(self):
        self.stop()
        self.options += ["--pending-per-user", "3"]
        self.serve()
        for _ in range(3):
            self.assertEqual(self.ask().status, 201)
        self.problem(self.ask(), 429, "too-many-pending")
        self.assertEqual(self.ask(user="jit-bob").status, 201)

    def test_policies_are_loaded_anew_and_a_bad_set_is_refused(self):
        self.policy("rules: [{name: none, match: {}, effect: deny, message: closed}]")
        deadline = time.monotonic() + 10
        while self.ask().status == 201 and time.monotonic() < deadline:
            time.sleep(0.1)
        denied = self.ask()
        self.assertEqual((denied.status, denied.document["effect"]), (200, "deny"))
        self.policy("rules: [{name: none, match: {}, effect: perhaps}]")
        self.server.send_signal(signal.SIGHUP)
        while "NOT loaded" not in self.said():
            self.assertLess(time.monotonic(), deadline + 10, self.said())
            time.sleep(0.05)
        self.assertEqual(self.ask().document["effect"], "deny")

    def test_a_server_that_is_stopped_loses_nobody(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how=how):
                waiting = self.start("jit-alice", "jit-run", "--quiet", "--", "echo", "ran")
                request = self.pending("jit-bob")[0]
                self.stop(how)
                self.serve()
                self.ok("jit-bob", "jit-approve", "approve", "--yes", request["id"])
                done = self.finish(waiting)
                self.assertEqual((done.code, done.out), (0, "ran\n"), done)
        self.verify("root")

    def test_many_decide_at_once(self):
        made = [self.ask(argv=("echo", str(i))).document for i in range(40)]
        answers = []

        def review(request):
            answers.append(self.call_api("POST", f"/v1/requests/{request['id']}/reviews", {"verdict": "approve"}, user="jit-bob"))

        threads = [threading.Thread(target=review, args=(request,)) for request in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({(a.status, a.document["state"]) for a in answers}, {(200, "approved")})
        self.stop(signal.SIGKILL)
        types = [e["type"] for e in self.entries("root")]
        self.assertEqual(types.count("approve"), 40)
        self.verify("root")

    def test_slow_clients_hold_nobody_up(self):
        port = int(self.listen.rsplit(":", 1)[1])
        idle = []
        for number in range(300):
            connection = socket.create_connection(("127.0.0.1", port))
            if number % 2:
                connection.sendall(b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Le")
            idle.append(connection)
        self.assertEqual(self.call_api("GET", "/v1/whoami").status, 200)
        self.assertEqual(self.call_api("GET", "/healthz", user="nobody").status, 200)
        self.assertEqual(self.call_api("GET", "/readyz", user="nobody").status, 200)
        for connection in idle:
            connection.close()


    def test_metrics(self):
        self.ask()
        auditor = self.token("jit-carol", "audit")
        self.problem(self.call_api("GET", "/metrics"), 403, "forbidden")
        self.problem(self.call_api("GET", "/metrics", user="nobody"), 401, "unauthorized")
        answer = self.call_api("GET", "/metrics", token=auditor)
        self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        values = dict(line.rsplit(" ", 1) for line in answer.document.decode().splitlines() if not line.startswith("#"))
        self.assertEqual(values['jit_requests_open{state="pending"}'], "1")
        self.assertEqual(values["jit_http_unauthorized_total"], "1")
        self.assertEqual(values['jit_change_seconds_bucket{le="+Inf"}'], values["jit_change_seconds_count"])
        self.assertEqual(values["jit_change_seconds_count"], "1")

    def test_sockets_of_systemd_and_its_being_told(self):
        self.stop()
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(os.path.join(self.dir, "notify"))
        told.settimeout(harness.PATIENCE)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            port = listening.getsockname()[1]
            # systemd's way: descriptors from 3 on, and the process that they are for.
            start = f'exec 3<&{listening.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
            self.log = open(os.path.join(self.dir, "server.log"), "a+")
            self.server = subprocess.Popen(
                ["bash", "-c", start, "bash", os.path.join(self.bin, "jit-server"), "--store", self.store, "--policies",
                 self.policy_file, "serve"], pass_fds=[listening.fileno()], stdout=self.log, stderr=self.log,
                env={**os.environ, "NOTIFY_SOCKET": os.path.join(self.dir, "notify")})
            self.assertEqual(told.recv(100), b"READY=1")
            self.listen = f"http://127.0.0.1:{port}"
            self.assertEqual(self.call_api("GET", "/v1/whoami").document["user"], "jit-alice")
        self.stop()
        self.assertEqual(told.recv(100), b"STOPPING=1")
        told.close()


class Refuses(Served):
    def setUp(self):
        harness.World.setUp(self)
        self.policy(backends_test.POLICY)
        self.store = os.path.join(self.dir, "server")
        self.server = None

    def test_what_it_would_not_listen_on(self):
        for url, why in (("http://0.0.0.0:0", "loopback"), ("ftp://127.0.0.1:1", "kind"), ("http://127.0.0.1", "port"),
                         ("https://127.0.0.1:0", "certificate"), ("unix:socket", "absolute"), ("http://example.org:80", "address")):
            with self.subTest(url=url):
                done = self.manage("serve", "--listen", url)
                self.assertEqual((done.returncode, done.stdout), (125, ""), done.stderr)
                self.assertIn(why, done.stderr)
        self.assertEqual(self.manage("serve").returncode, 125)
        self.assertEqual(self.manage("token", "create", "--user", "a", "--scope", "all", "--expires", "1d").returncode, 125)
        self.assertEqual(self.manage("token", "revoke", "abc").returncode, 125)

    def test_a_token_for_whom_nobody_knows(self):
        for user, warned in (("jit-bob", False), ("jit-bbo", True)):
            done = self.manage("token", "create", "--user", user, "--scope", "request", "--expires", "1d")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(f'warning: "{user}" is in no group of the policies, and no user of this machine' in done.stderr, warned, done.stderr)


if __name__ == "__main__":
    harness.main()
