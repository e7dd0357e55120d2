#!/usr/bin/env python3
"""What jit-run, jit-approve and a client by hand say to jit-server, and what it answers, goes through prism: a proxy that holds
each request and each answer against the document that the server serves."""
import collections
import contextlib
import copy
import http.client
import itertools
import json
import os
import re
import shutil
import socket
import socketserver
import tempfile
import threading
import time
import unittest

import peers
import backends_test
import loopback
import server_test
import slack_world

# How often each operation is to be seen at least; no operation of the document may be missing.
LEAST = {"whoami": 40, "ask": 40, "list": 10, "get": 60, "review": 30, "claim": 8, "withdraw": 2, "revoke": 2, "report": 2,
         "append": 4, "recording": 4,
         "record": 2, "events": 2, "audit": 2, "metrics": 2, "slack": 5, "healthz": 1, "readyz": 1, "openapi": 1}


def closed(document):
    """A copy in which an object has no member that is not described: so that nothing is said that the document does not tell."""
    document = copy.deepcopy(document)

    def close(schema):
        if isinstance(schema, dict):
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
            for part in schema.values():
                close(part)
        elif isinstance(schema, list):
            for part in schema:
                close(part)

    close(document["components"]["schemas"])
    close([operation for path in document["paths"].values() for operation in path.values()])
    return document


class Operations:
    """Which operation of the document a request is."""

    def __init__(self, document):
        self.paths = []
        self.documented = {}
        for path, item in document["paths"].items():
            pattern = re.compile(re.sub(r"\{[^/]*\}", "[^/]+", path) + r"(\?.*)?$")
            for method, operation in item.items():
                if method != "parameters":
                    self.paths.append((method.upper(), pattern, operation["operationId"]))
                    self.documented[operation["operationId"]] = list(operation["responses"])

    def name(self, method, path):
        return next((name for known, pattern, name in self.paths if known == method.upper() and pattern.match(path)), None)


# What a test leaves behind may still ask while its server stops; that nobody answers then is no finding.
GONE = (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nConnection: close\r\n\r\n"
        b'{"type": "urn:jit-run:problem:unavailable", "title": "unavailable", "status": 503, "detail": "the test is over"}')


class Relay(socketserver.ThreadingTCPServer):
    """Between prism and whichever server a test has started, and counts what passes.

    Prism hands an answer on once it has all of it, and a stream of events has no end: here it ends behind its first event,
    which is all that jit-backend-http waits for."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), None)
        self.port = None
        self.is_stopped = True
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @staticmethod
    def read_request(client):
        data, whole = b"", None
        while whole is None or len(data) < whole:
            piece = client.recv(65536)
            if not piece:
                raise ConnectionError("half a request")
            data += piece
            end = data.find(b"\r\n\r\n") + 4
            if whole is None and end > 3:
                length = re.search(rb"(?im)^content-length: (\d+)", data[:end])
                whole = end + (int(length[1]) if length else 0)
        return data.split(b"\r\n\r\n", 1)

    def exchange(self, head, body, give):
        """What the server answers; passed on as it comes."""
        path = head.split(b" ", 2)[1]
        # So that the end of the answer is the end of the connection.
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as server:
            server.sendall(b"\r\n".join([*lines, b"Connection: close", b"", body]))
            while piece := server.recv(65536):
                give(piece)
                answer += piece
                if path == b"/v1/events" and b"\nid: " in answer and answer.endswith(b"\n\n"):
                    break
        return answer

    def finish_request(self, client, client_address):
        head, body = self.read_request(client)
        try:
            answer = self.exchange(head, body, client.sendall)
            method, path, _ = head.decode("latin-1").split(" ", 2)
            self.seen.append((method, path, int(answer.split(b" ", 2)[1])))
        except (OSError, IndexError):
            if not self.is_stopped:
                raise
            client.sendall(GONE)

    def handle_error(self, request, client_address):
        pass  # who waited for it has the same error


class Prism(peers.Program):
    def __init__(self, directory, document, upstream):
        path = os.path.join(directory, "openapi.json")
        with open(path, "w") as file:
            json.dump(document, file)
        self.port = peers.free_port()
        super().__init__([os.path.join(peers.PROGRAMS, "prism"), "proxy", path, f"http://127.0.0.1:{upstream}", "--errors",
                          "--host", "127.0.0.1", "--port", str(self.port)], os.path.join(directory, "prism.log"))
        self.wait_for("Prism is listening on")

    def received(self):
        return re.findall(r"\[HTTP SERVER\] (\w+) (\S+) .*Request received", self.said())

    def violations(self):
        """Whatever it warns of or calls an error: violations, and requests that it did not pass on."""
        # Examples that it makes up at its start may hold any word.
        return [line for line in self.said().splitlines() if " info " not in line and re.search(r"Violation|\b(error|warn\w*|fatal)\b|Remocking", line)]


def setUpModule():
    global WORLD, DOCUMENT, OPERATIONS, RELAY, PRISM
    WORLD = tempfile.mkdtemp(prefix="jit-peers-")
    DOCUMENT = peers.served_document()
    if os.environ.get("JIT_OPENAPI"):  # to try a change of the document before it is built in
        with open(os.environ["JIT_OPENAPI"]) as file:
            DOCUMENT = json.load(file)
    OPERATIONS = Operations(DOCUMENT)
    RELAY = Relay()
    PRISM = Prism(WORLD, closed(DOCUMENT), RELAY.server_address[1])


def tearDownModule():
    PRISM.stop()
    RELAY.shutdown()
    shutil.rmtree(WORLD, ignore_errors=True)


class Proxied(server_test.Served):
    """Who talks to the server talks to prism."""

    behind = None

    def setUp(self):
        self.before = len(PRISM.violations())
        super().setUp()

    def serve(self):
        if self.behind:
            self.listen = self.behind
        super().serve()
        self.behind = self.listen
        RELAY.port, RELAY.is_stopped = int(self.behind.rsplit(":", 1)[1]), False
        self.listen = f"http://127.0.0.1:{PRISM.port}"
        self.backend = f"http://localhost:{PRISM.port}"

    def stop(self, *how):
        RELAY.is_stopped = True
        super().stop(*how)

    def tearDown(self):
        super().tearDown()
        self.assertEqual(PRISM.violations()[self.before:], [])


class Clients(Proxied, server_test.OverHttp):
    """jit-run and jit-approve: the suite that runs against every backend."""

    def start(self, user, *command, **options):
        before = len(RELAY.seen)
        started = super().start(user, *command, **options)
        # It tells what comes after its first look, which takes longer through prism than the suite waits.
        if "watch" in command:
            peers.within(20, "a look", lambda: "get" in [OPERATIONS.name(*one[:2]) for one in RELAY.seen[before:]])
        return started

    def test_an_allowed_command_is_recorded(self):
        self.stop()
        self.policy("rules: [{name: all, match: {}, effect: allow}]")
        self.serve()
        done = self.ok("jit-alice", "jit-run", "--", "echo", "ran", env=self.env("jit-alice", JIT_RUN_AUDIT="all"))
        self.assertEqual(done.out, "ran\n")
        self.assertIn("allowed", [entry["type"] for entry in self.entries("root")])


class ByHand(Proxied, server_test.Api):
    """A client that says what the programs do not, and what is refused."""

    # Those of its tests that say nothing but what the document allows.
    CHOSEN = ["test_a_claim_that_is_repeated_is_granted_once", "test_a_request_is_the_authenticated_users",
              "test_many_decide_at_once", "test_scopes", "test_the_same_key_makes_one_request", "test_tokens_end",
              "test_too_many_pending", "test_waiting_ends_with_the_change"]

    def call_api(self, method, path, body=None, **options):
        if body is not None:
            options["Content_Type"] = "application/json"
        return super().call_api(method, path, body, **options)

    @staticmethod
    def actions(made):
        """What can be said to a request: (where, body)."""
        return [("reviews", {"verdict": "deny", "message": None}), ("claim", {"context": made["context"]}), ("withdraw", {}),
                ("revoke", {}), ("outcome", {"outcome": {"status": 0}}),
                ("recording", {"use": 1, "start": 0, "bytes": '{"version": 2}\n'})]

    def test_a_wait_lasts(self):
        """Prism reads the header Prefer, too, but for `code`, `dynamic`, `seed` and `example` alone."""
        made = self.ask()
        began = time.monotonic()
        answer = self.call_api("GET", f"/v1/requests/{made.document['id']}", If_None_Match=made.headers["ETag"], Prefer="wait=1")
        self.assertEqual((answer.status, answer.document), (304, b""))
        self.assertGreaterEqual(time.monotonic() - began, 1)

    def test_what_has_no_token(self):
        for path, said in (("/healthz", b"ok\n"), ("/readyz", b"ready\n")):
            self.assertEqual(self.call_api("GET", path, user="nobody").document, said)
        self.assertEqual(self.call_api("GET", "/openapi.json", user="nobody").document, peers.served_document())

    def test_metrics_and_the_trail(self):
        made = self.ask().document
        auditor = self.token("jit-carol", "audit")
        self.assertIn(b"\njit_http_waiting ", self.call_api("GET", "/metrics", token=auditor).document)
        self.problem(self.call_api("GET", "/metrics"), 403, "forbidden")
        first = self.call_api("GET", "/v1/audit?limit=1", token=auditor).document
        query = f"limit=1000&cursor={first['next']}&actor=jit-alice&request={made['id']}"
        rest = self.call_api("GET", "/v1/audit?" + query, token=auditor)
        self.assertEqual([line["entry"]["type"] for line in rest.document["entries"]], ["ask"])

    def test_a_list_and_its_pages(self):
        ids = [self.ask(argv=("echo", str(number))).document["id"] for number in range(3)]
        found, cursor = [], ""
        while cursor is not None:
            page = self.call_api("GET", f"/v1/requests?state=pending,approved&requester=jit-alice&limit=2{cursor}").document
            found += [request["id"] for request in page["requests"]]
            cursor = page["next"] and "&cursor=" + page["next"]
        self.assertEqual(found, ids)
        self.assertEqual(self.call_api("GET", "/v1/requests?prefix=" + ids[0][:9]).document["requests"][0]["id"], ids[0])

    def test_how_it_ended(self):
        made = self.ask().document
        path = f"/v1/requests/{made['id']}"
        approval = {"verdict": "approve", "message": "fine"}
        self.assertEqual(self.call_api("POST", path + "/reviews", approval, user="jit-bob").status, 200)
        self.assertEqual(self.call_api("POST", path + "/claim", {"context": made["context"]}).status, 200)
        added = self.call_api("POST", path + "/recording", {"use": 1, "start": 0, "bytes": '{"version": 2}\n'})
        self.assertEqual((added.status, added.document), (200, {"size": 15}))
        auditor = self.token("jit-carol", "audit")
        shown = self.call_api("GET", path + "/recording?use=1", token=auditor)
        self.assertEqual((shown.status, shown.document), (200, b'{"version": 2}\n'))
        self.problem(self.call_api("GET", path + "/recording?use=2", token=auditor), 404, "no-such-recording")
        self.problem(self.call_api("GET", path + "/recording"), 403, "forbidden")
        self.problem(self.call_api("POST", path + "/recording", {"use": 1, "start": 99, "bytes": "x"}), 400, "bad-request")
        ended = self.call_api("POST", path + "/outcome", {"outcome": {"status": 0, "use": 1, "recording": {"complete": True}}})
        self.assertEqual((ended.status, ended.document["state"]), (200, "finished"), ended.document)
        self.problem(self.call_api("POST", path + "/revoke", {"message": None}, user="jit-bob"), 409, "refused")

    def test_what_is_not_asked(self):
        self.stop()
        self.policy("rules:\n"
                    "  - {name: reasons, match: {command.name: cp}, effect: ask, requires: {reason: true}}\n"
                    "  - {name: never, match: {command.name: rm}, effect: deny, message: closed}\n"
                    "  - {name: reads, match: {command.name: ls}, effect: allow}\n")
        self.serve()
        for command, effect in (("cp", "ask"), ("rm", "deny"), ("ls", "allow")):
            answer = self.ask(argv=(command,))
            self.assertEqual((answer.status, answer.document["effect"]), (200, effect))

    def test_refusals(self):
        made = self.ask().document
        path, nowhere = f"/v1/requests/{made['id']}", f"/v1/requests/{'a' * 26}"
        denied = {"verdict": "deny", "message": None}
        asker, auditor = self.token("jit-bob", "request"), self.token("jit-carol", "audit")
        context = {"context": made["context"]}
        unknown = "jit_" + "0" * 64
        self.problem(self.call_api("GET", nowhere), 404, "no-such-request")
        self.problem(self.call_api("POST", "/v1/requests", {"context": {"x": 1.5}}), 400, "bad-request")
        self.problem(self.call_api("POST", "/v1/requests", context, token=unknown), 401, "unauthorized")
        for action, body in self.actions(made):
            with self.subTest(action=action):
                self.problem(self.call_api("POST", f"{nowhere}/{action}", body, user="jit-bob"), 404, "no-such-request")
                self.problem(self.call_api("POST", f"{path}/{action}", body, token=unknown), 401, "unauthorized")
                self.problem(self.call_api("POST", f"{path}/{action}", body, token=auditor), 403, "forbidden")
        self.problem(self.call_api("POST", "/v1/allowed", context, token=unknown), 401, "unauthorized")
        self.problem(self.call_api("POST", "/v1/allowed", context, token=auditor), 403, "forbidden")
        self.problem(self.call_api("POST", path + "/claim", {"context": {"x": 1.5}}), 400, "bad-request")
        self.problem(self.call_api("POST", "/v1/allowed", {"context": {"x": 1.5}}), 400, "bad-request")
        long = {"verdict": "deny", "message": "a" * 20000}
        self.problem(self.call_api("POST", path + "/reviews", long, user="jit-bob"), 400, "bad-request")
        self.problem(self.call_api("GET", "/v1/requests?state=asleep"), 400, "bad-request")
        self.problem(self.call_api("POST", path + "/reviews", denied), 409, "refused")
        self.problem(self.call_api("POST", path + "/claim", context), 409, "refused")
        self.problem(self.call_api("POST", path + "/outcome", {"outcome": {"status": 0}}), 409, "refused")
        self.problem(self.call_api("POST", path + "/withdraw", {}, user="jit-bob"), 409, "refused")
        self.problem(self.call_api("POST", path + "/revoke", {}, token=asker), 404, "no-such-request")
        self.problem(self.call_api("GET", "/v1/events", token=asker), 403, "forbidden")
        for where in ("/v1/whoami", "/v1/requests", path, "/v1/events", "/v1/audit", "/metrics", path + "/recording"):
            self.problem(self.call_api("GET", where, token=unknown), 401, "unauthorized")

    def test_a_key_that_was_used(self):
        made = self.ask(key="k").document
        path = f"/v1/requests/{made['id']}"
        for action, body in self.actions(made):
            with self.subTest(action=action):
                self.problem(self.call_api("POST", f"{path}/{action}", body, key="k"), 422, "key-used")
        self.problem(self.call_api("POST", "/v1/allowed", {"context": made["context"]}, key="k"), 422, "key-used")

    def test_what_slack_posts(self):
        def post(value, at=None, **but):
            body, headers = slack_world.World.sealed(slack_world.reason(value, "no"), at)
            connection = http.client.HTTPConnection("127.0.0.1", PRISM.port, timeout=20)
            connection.request("POST", slack_world.PATH, body, {**headers, **but})
            answer = connection.getresponse()
            with contextlib.closing(connection):
                return answer.status, answer.read()

        made = self.ask().document
        value = f"{made['id']} {made['digest']} ops"
        self.assertEqual(post(value)[0], 404)
        self.stop()
        self.options += ["--config", slack_world.configure(self.dir)]
        self.serve()
        self.assertEqual(post(value, 7)[0], 401)
        self.assertEqual(post("")[0], 400)
        self.assertEqual(json.loads(post("a" * 26 + value[26:])[1])["response_action"], "errors")
        self.assertEqual(post(value), (200, b""))
        self.assertEqual(self.call_api("GET", f"/v1/requests/{made['id']}").document["state"], "denied")

    def test_too_many_requests(self):
        self.stop()
        self.options += ["--requests-per-second", "1"]
        self.serve()
        one = "/v1/requests/" + "a" * 26
        context = {"context": {}}
        for method, where, body in (
                *(("GET", where, None) for where in ("/v1/whoami", "/v1/requests", one, one + "/recording", "/v1/events", "/v1/audit", "/metrics")),
                ("POST", "/v1/requests", context), ("POST", "/v1/allowed", context),
                *(("POST", f"{one}/{action}", body) for action, body in self.actions(context))):
            with self.subTest(method=method, where=where):
                answers = iter(lambda: self.call_api(method, where, body), None)
                answer = next(answer for answer in itertools.islice(answers, 20) if answer.status == 429)
                self.problem(answer, 429, "too-many-requests")

    def test_a_body_that_is_too_large(self):
        """Said to the server itself: prism would read all of it first."""
        self.listen = self.behind
        one = "/v1/requests/" + "a" * 26
        for where in ("/v1/requests", "/v1/allowed", *(one + "/" + action for action, _ in self.actions({"context": {}}))):
            with self.subTest(where=where):
                answer = self.raw(f"POST {where} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n".encode())
                self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
                self.assertIn("413", OPERATIONS.documented[OPERATIONS.name("POST", where)])


class ThenAll(unittest.TestCase):
    def test_all_of_it_was_seen_and_nothing_violated(self):
        self.assertEqual(PRISM.violations(), [])
        received = collections.Counter(OPERATIONS.name(method, path) for method, path in PRISM.received())
        answered = collections.defaultdict(collections.Counter)
        for method, path, status in list(RELAY.seen):
            answered[OPERATIONS.name(method, path)][status] += 1
        print(f"\n\nprism: {sum(received.values())} requests")
        for name, statuses in OPERATIONS.documented.items():
            seen = " ".join(f"{status}x{count}" for status, count in sorted(answered[name].items()))
            unseen = " ".join(status for status in statuses if status not in map(str, answered[name]))
            print(f"  {name:9} {received[name]:4}   {seen}" + (f"   not seen: {unseen}" if unseen else ""))
        self.assertEqual(set(OPERATIONS.documented), set(LEAST))
        self.assertEqual({name: received[name] for name, least in LEAST.items() if received[name] < least}, {})


class Catches(unittest.TestCase):
    """The proof that the tests above can fail: behind prism is a server that answers what it is told to."""

    @classmethod
    def setUpClass(cls):
        told = cls

        class Behind(loopback.Loopback):
            def answer(self, handler, _):
                status, kind, body = told.answer
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                loopback.reply(handler, status, {"Content-Type": kind}, data)

        cls.server = Behind()
        RELAY.port, RELAY.is_stopped = cls.server.port, False

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    ID = "a" * 26
    GOOD = {"id": ID, "state": "pending", "digest": "sha256:" + "0" * 64, "rules": ["all"], "message": None, "requester": "alice",
            "reason": None, "ticket": None, "earlier": None, "created_at": "2026-11-22T10:14:00.123Z", "expires_at": "2026-11-22T10:29:00.123Z",
            "valid_until": None, "review_by": None, "uses_left": 1, "reviews": [], "outcome": None, "context": {},
            "requirement": {"from": [{"sre": 1}], "missing": [{"sre": 1}], "eligible": ["bob"], "self": False,
                            "deny_threshold": 1, "expires": "15m", "valid_for": "10m", "uses": 1, "reason": False, "tickets": []}}

    PROBLEM = {"type": "urn:jit-run:problem:x", "title": "x", "status": 418, "detail": "x"}

    def through(self, answer, method="GET", path="/v1/requests/" + ID, body=None, **headers):
        """What comes out of prism when the server behind it answers so, and what prism's log then says more."""
        type(self).answer = answer
        before = len(PRISM.violations())
        headers = {"Authorization": "Bearer jit_x", "Idempotency-Key": "k", "Content-Type": "application/json", **headers}
        connection = http.client.HTTPConnection("127.0.0.1", PRISM.port, timeout=20)
        connection.request(method, path, json.dumps(body) if body is not None else None, {k: v for k, v in headers.items() if v})
        response = connection.getresponse()
        document = json.loads(response.read())
        connection.close()
        return response.status, document, lambda: PRISM.violations()[before:]

    def test_what_is_right_passes(self):
        right = (200, "application/json", self.GOOD)
        for request in ((), ("POST", f"/v1/requests/{self.ID}/reviews", {"verdict": "approve"})):
            status, document, said = self.through(right, *request)
            self.assertEqual((status, document, said()), (200, self.GOOD, []))

    def test_wrong_answers(self):
        def but(**changes):
            return {**self.GOOD, **changes}

        without = {name: value for name, value in self.GOOD.items() if name != "requester"}
        page = {"requests": [self.GOOD, but(rules="all")], "next": None}
        for what, path, answer in (
                ("a member is missing", None, (200, "application/json", without)),
                ("a member is of another type", None, (200, "application/json", but(uses_left="1"))),
                ("a state that is none", None, (200, "application/json", but(state="fine"))),
                ("no time", None, (200, "application/json", but(created_at="yesterday"))),
                ("a member that is not described", None, (200, "application/json", but(secret="x"))),
                ("one deeper", "/v1/requests", (200, "application/json", page)),
                ("another kind of body", None, (200, "text/html", b"\"<html>\"")),
                ("an answer that is not described", None, (202, "application/json", self.GOOD)),
                ("a problem without its type", None, (404, "application/problem+json", {**self.PROBLEM, "type": None})),
                ("a problem of no known form", None, (404, "application/problem+json", {**self.PROBLEM, "type": "about:blank"}))):
            with self.subTest(what=what):
                status, document, said = self.through(answer, path=path or "/v1/requests/" + self.ID)
                self.assertEqual(status, 500, document)
                self.assertEqual(document["type"], "https://stoplight.io/prism/errors#VIOLATIONS")
                self.assertTrue(all(violation["location"][0] == "response" for violation in document["validation"]), document)
                peers.within(5, "a line in prism's log", said)

    def test_a_status_that_is_not_described_is_told_in_the_log(self):
        """Of one from 400 on prism only warns; the tests above look at its log for that."""
        status, _, said = self.through((418, "application/problem+json", self.PROBLEM))
        self.assertEqual(status, 418)
        self.assertIn("Unable to match the returned status code", peers.within(5, "a line in prism's log", said)[0])

    def test_wrong_requests(self):
        review, right = f"/v1/requests/{self.ID}/reviews", (200, "application/json", self.GOOD)
        for what, status, method, path, body, headers in (
                ("a member is missing", 422, "POST", "/v1/requests", {"reason": "x"}, {}),
                ("a member is of another type", 422, "POST", "/v1/requests", {"context": "x"}, {}),
                ("a verdict that is none", 422, "POST", review, {"verdict": "maybe"}, {}),
                ("a member that is not described", 422, "POST", review, {"verdict": "deny", "force": True}, {}),
                ("no key", 422, "POST", review, {"verdict": "deny"}, {"Idempotency-Key": ""}),
                ("no id", 422, "GET", "/v1/requests/abc", None, {}),
                ("too many", 422, "GET", "/v1/requests?limit=5000", None, {}),
                ("another kind of body", 422, "POST", review, {"verdict": "deny"}, {"Content-Type": "text/plain"}),
                ("no token", 401, "GET", "/v1/whoami", None, {"Authorization": ""}),
                ("no such path", 404, "GET", "/v2/whoami", None, {}),
                ("no such method", 405, "POST", "/v1/whoami", {}, {})):
            with self.subTest(what=what):
                passed = len(RELAY.seen)
                got, document, said = self.through(right, method, path, body, **headers)
                self.assertEqual((got, len(RELAY.seen)), (status, passed), document)
                peers.within(5, "a line in prism's log", said)


def load_tests(loader, standard, pattern):
    chosen = [name for name in loader.getTestCaseNames(ByHand) if name in ByHand.CHOSEN or name in vars(ByHand)]
    assert set(ByHand.CHOSEN) <= set(chosen), "a test that was chosen is not there any more"
    return unittest.TestSuite([loader.loadTestsFromTestCase(Clients), *map(ByHand, chosen), loader.loadTestsFromTestCase(ThenAll),
                               loader.loadTestsFromTestCase(Catches)])


if __name__ == "__main__":
    unittest.main()
