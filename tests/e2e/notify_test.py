#!/usr/bin/env python3
"""Who the rules name is told what happens to a request: at least once, in order, and without any request waiting for it."""
import base64
import contextlib
import ctypes
import hashlib
import hmac
import json
import os
import shutil
import signal
import struct
import subprocess
import threading
import time

import harness
import loopback
import server_test

SECRET = b"a secret of twenty-four b"
ATTACK = "<!here> @everyone <@U1> [x](http://evil) *b* `c` <b>h</b> \x1b[31m \u202e \r\nBcc: evil@example.com"


class Receiver(loopback.Loopback):
    """Takes POSTs and keeps them; the path says how it answers."""

    protocol = "HTTP/1.1"

    def __init__(self):
        self.got, self.lock, self.times = [], threading.Lock(), {}
        super().__init__()

    def count(self, path):
        with self.lock:
            self.times[path] = self.times.get(path, 0) + 1
            return self.times[path]

    def answer(self, handler, body):
        with self.lock:
            self.got.append((handler.path, dict(handler.headers.items()), body, time.monotonic()))
        self.respond(handler)

    def respond(self, handler):
        path, status, headers, body = handler.path, 200, {}, b"ok"
        if path.startswith("/hang"):
            time.sleep(60)
        elif path.startswith("/status/"):
            status = int(path.split("/")[2])
            headers = {"Location": self.url + "/elsewhere"}
        elif path.startswith("/busy") and self.count(path) == 1:
            status, headers = 429, {"Retry-After": "2"}
        elif path.startswith("/big"):
            body = b"x" * (1 << 20)
        elif path.startswith("/garbage/"):
            body = b"\x00\xff\xfe<html>"
        elif path == "/slack/chat.postMessage":
            body = json.dumps({"ok": True, "channel": "C1", "ts": f"1700000000.{self.count(path):06}"}).encode()
        elif path == "/slack/chat.update":
            body = json.dumps({"ok": True, "channel": "C1", "ts": "x"}).encode()
        loopback.reply(handler, status, headers, body)

    def at(self, path):
        with self.lock:
            return [one for one in self.got if one[0] == path]


class Login:
    """Somebody logged in on a terminal, by utmp(5)."""

    def __init__(self, user, terminal):
        ours = os.readlink("/proc/self/fd/0")
        # Until it has its terminal, the child of a fork has what we have.
        deadline = time.monotonic() + harness.PATIENCE
        while not (path := os.readlink(f"/proc/{terminal.pid}/fd/0")).startswith("/dev/pts/") or path == ours:
            assert time.monotonic() < deadline, path
            time.sleep(0.01)
        self.path = path
        self.user, self.pid = user, terminal.pid
        shutil.chown(self.path, user, "tty")
        os.chmod(self.path, 0o620)
        self.made = not os.path.exists("/run/utmp")
        if self.made:
            open("/run/utmp", "a").close()
        self.write(7)

    def write(self, kind):
        line = self.path.removeprefix("/dev/").encode()
        entry = struct.pack("hxxi32s4s32s256shhiii16s20x", kind, self.pid, line, line[-4:], self.user.encode(), b"", 0, 0, 0, 0, 0, b"")
        libc = ctypes.CDLL(None)
        libc.setutxent()
        libc.pututxline.restype = ctypes.c_void_p
        assert libc.pututxline(ctypes.create_string_buffer(entry, 384)), "pututxline"
        libc.endutxent()

    def end(self):
        self.write(8)
        if self.made:
            os.unlink("/run/utmp")


class Notified:
    """A policy with channels, and what they lead to."""

    def setUp(self):
        self.receiver = Receiver()
        super().setUp()

    def tearDown(self):
        for pid in self.notifiers():
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, signal.SIGKILL)
        super().tearDown()
        self.receiver.stop()

    def notifiers(self):
        found = subprocess.run(["pgrep", "-f", f"jit-notify.*{self.where()}"], capture_output=True, text=True).stdout
        return [int(pid) for pid in found.split()]

    def secret(self, name, text, mode=0o640):
        path = os.path.join(self.dir, name)
        with open(path, "w") as file:
            file.write(text + "\n")
        shutil.chown(path, "root", harness.GROUP)
        os.chmod(path, mode)
        return path

    def hook(self, path):
        """A channel of Standard Webhooks."""
        url = self.secret("url" + path.replace("/", "-"), self.receiver.url + path)
        key = self.secret("key", "whsec_" + base64.b64encode(SECRET).decode())
        return f"{{webhook: {{url_file: {url}, secret_file: {key}, allow_private: true}}}}"

    def channels(self, rule="", **channels):
        """Policies by which all of these hear of what is asked."""
        rule = rule or f"notify: [{', '.join(channels)}]"
        text = "channels:\n" + "".join(f"  {name}: {spec}\n" for name, spec in channels.items())
        text += f"""link: "https://wiki.example/requests/{{id}}"
groups: {{reviewers: [jit-bob, jit-carol]}}
rules:
  - name: asked
    match: {{}}
    effect: ask
    approval: {{from: {{reviewers: 1}}, expires: 2m}}
    {rule}
"""
        self.policy(text)
        self.restart()

    def ask(self, *words, reason="because"):
        run = self.start("jit-alice", "jit-run", "--reason", reason, "--", *(words or ("echo", "ran")))
        return run, self.pending("jit-bob")[-1]["id"]

    def post(self, reason="because", *words):
        return self.ok("jit-alice", "jit-run", "--no-wait", "--reason", reason, "--", *(words or ("echo", "ran"))).out.strip()

    def approve(self, request_id):
        self.ok("jit-bob", "jit-approve", "approve", "--yes", "-m", "fine", request_id)

    def wait_for(self, path, count, seconds=harness.PATIENCE):
        deadline = time.monotonic() + seconds
        while len(self.receiver.at(path)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{path}: got {self.receiver.at(path)}\n{self.status()}")
            time.sleep(0.01)
        return self.receiver.at(path)

    def events(self, path, count, **more):
        return [json.loads(body)["type"].removeprefix("io.jit-run.request.") for _, _, body, _ in self.wait_for(path, count, **more)]

    def manage(self, *words, user=None):
        command = ["jit-server", "--store", self.where(), "--policies", self.policy_file, *words]
        return self.call(user or "root", *command)

    def status(self):
        done = self.manage("notify", "status", "--json")
        return {one["channel"]: one for one in json.loads(done.out)} if done.code == 0 else done

    def wait_status(self, channel, key, count, seconds=harness.PATIENCE):
        deadline = time.monotonic() + seconds
        while True:
            status = self.status()
            if channel in status and status[channel][key] >= count:
                return status
            self.assertLess(time.monotonic(), deadline, status)
            time.sleep(0.05)


class Suite(Notified):
    """What holds with every store that notifies."""

    def test_an_approval_from_asking_to_the_end(self):
        self.channels(hook=self.hook("/hook"))
        request_id = self.post()
        self.assertEqual(self.events("/hook", 1), ["ask"])
        self.approve(request_id)
        self.assertEqual(self.events("/hook", 2), ["ask", "approve"])  # a message says how it is when it is sent
        self.assertEqual(self.ok("jit-alice", "jit-run", "--request", request_id, "--", "echo", "ran").out, "ran\n")
        self.assertEqual(self.events("/hook", 3), ["ask", "approve", "claim"])
        for _, headers, body, _ in self.receiver.at("/hook"):
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
            self.assertEqual(headers["webhook-signature"], "v1," + expected)
        asked, approved, _ = [json.loads(body) for _, _, body, _ in self.receiver.at("/hook")]
        self.assertEqual(asked["specversion"], "1.0")
        self.assertEqual(asked["subject"], request_id)
        data = asked["data"]
        self.assertEqual(data["command"], "echo ran")
        self.assertEqual(data["facts"]["Reason"], "because")
        self.assertEqual(data["lines"][0], "jit-approve approve " + request_id)
        self.assertEqual(data["people"], ["jit-bob", "jit-carol"])
        self.assertEqual(data["link"], "https://wiki.example/requests/" + request_id)
        self.assertIn("Time left", data["facts"])
        self.assertIn("1 of reviewers (jit-bob, jit-carol)", data["next"])
        self.assertIn("jit-alice: it may run now. All others: this is handled", approved["data"]["next"])
        self.wait_status("hook", "delivered", 3)

    def test_denied_and_withdrawn(self):
        self.channels(hook=self.hook("/hook"))
        denied = self.post()
        self.ok("jit-bob", "jit-approve", "deny", "-m", "not tonight", denied)
        self.assertEqual(self.events("/hook", 2), ["ask", "deny"])
        self.assertEqual(json.loads(self.receiver.at("/hook")[1][2])["data"]["facts"]["Said"], "not tonight")
        withdrawn = self.post("another")
        self.ok("jit-alice", "jit-approve", "withdraw", withdrawn)
        self.assertEqual(self.events("/hook", 4)[2:], ["ask", "withdraw"])

    def test_a_program_reads_it(self):
        out = os.path.join(self.dir, "out")
        open(out, "w").close()
        os.chmod(out, 0o666)
        script = os.path.join(self.dir, "script")
        with open(script, "w") as file:
            file.write(f"#!/bin/sh\ncat >> {out}\necho noise; env >> {out}.env\n[ \"$1\" = '$(id) two words' ]\n")
        os.chmod(script, 0o755)
        self.channels(program=f"{{program: {{argv: [{script}, \"$(id) two words\"]}}}}")
        self.post()
        self.wait_status("program", "delivered", 1)
        with open(out) as file:
            self.assertEqual(json.loads(file.readline())["event"], "ask")

    def test_a_dead_channel_delays_no_other(self):
        kinds = {"hang": "/hang", "gone": "/status/410", "redirect": "/status/302", "broken": "/status/500",
                 "big": "/big", "busy": "/busy", "well": "/well"}
        self.channels(**{name: self.hook(path) for name, path in kinds.items()})
        begin = time.monotonic()
        ids = [self.post(f"reason {i}") for i in range(6)]
        self.assertEqual(self.events("/well", 6), ["ask"] * 6)
        self.assertLess(time.monotonic() - begin, 8)
        status = self.wait_status("gone", "given_up", 6)
        status = self.wait_status("redirect", "given_up", 6)
        self.assertEqual(self.receiver.at("/elsewhere"), [])
        self.assertIn("410", status["gone"]["last_problem"])
        self.assertIn("redirect", status["redirect"]["last_problem"])
        self.wait_status("busy", "delivered", 6)
        first, second = self.receiver.at("/busy")[0], self.receiver.at("/busy")[-1]
        self.assertGreaterEqual(second[3] - first[3], 1.9)  # as Retry-After wished
        status = self.wait_status("big", "waiting", 6)
        self.assertIn("longer than 64 KiB", status["big"]["last_problem"])
        self.assertIn("500", status["broken"]["last_problem"])
        self.assertEqual(status["broken"]["given_up"], 0)
        self.assertEqual(status["hang"]["delivered"], 0)
        self.assertEqual(len(ids), 6)

    def test_killed_in_a_loop_everything_arrives_in_order(self):
        self.channels(one=self.hook("/one"), two=self.hook("/two"))
        ids, stop = [], threading.Event()

        def kill():
            while not stop.is_set():
                for pid in self.notifiers():
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                time.sleep(0.05)

        killer = threading.Thread(target=kill)
        killer.start()
        rounds = int(os.environ.get("JIT_NOTIFY_ROUNDS", "25"))
        for i in range(rounds):
            request_id = self.post(f"round {i}")
            self.ok("jit-bob", "jit-approve", "deny", "-m", "no", request_id)
            ids.append(request_id)
        stop.set()
        killer.join()
        self.post("the last")
        self.wait_status("one", "delivered", 2 * rounds + 1, seconds=60)
        self.wait_status("two", "delivered", 2 * rounds + 1, seconds=60)
        for path in ("/one", "/two"):
            seen = {}
            for _, _, body, _ in self.receiver.at(path):
                event = json.loads(body)
                order = seen.setdefault(event["subject"], [])
                if event["type"] not in order:
                    order.append(event["type"])
            for request_id in ids:
                self.assertEqual(seen.get(request_id), ["io.jit-run.request.ask", "io.jit-run.request.deny"], request_id)
        self.verify("root")

    def test_reminder_and_escalation(self):
        self.channels("notify: [ops]\n    remind_after: 700ms\n    escalate: {after: 1500ms, to: [boss]}",
                      ops=self.hook("/ops"), boss=self.hook("/boss"))
        decided = self.post("decided at once")
        self.ok("jit-bob", "jit-approve", "deny", "-m", "no", decided)
        request_id = self.post("nobody looks")
        self.assertEqual(self.events("/boss", 1), ["escalate"])
        self.events("/ops", 4)
        told = [json.loads(body) for _, _, body, _ in self.receiver.at("/ops")]  # in order of each request, not of all
        self.assertEqual([[event["type"].rsplit(".", 1)[1] for event in told if event["subject"] == one] for one in (decided, request_id)],
                         [["ask", "deny"], ["ask", "remind"]])
        self.ok("jit-bob", "jit-approve", "deny", "-m", "no", request_id)
        self.assertEqual(self.events("/boss", 2), ["escalate", "deny"])
        self.assertEqual({json.loads(body)["subject"] for _, _, body, _ in self.receiver.at("/boss")}, {request_id})

    def test_it_expires_though_nobody_looks(self):
        self.channels(hook=self.hook("/hook"))
        self.ok("jit-alice", "jit-run", "--no-wait", "--wait", "1s", "--", "true")
        self.assertEqual(self.events("/hook", 2), ["ask", "expire"])

    def test_slack_bot_posts_once_and_updates(self):
        token = self.secret("token", "xoxb-secret")
        self.channels(slack=f"{{slack: {{token_file: {token}, channel: C1, api: \"{self.receiver.url}/slack\", allow_private: true}}}}")
        request_id = self.post(ATTACK.replace("\r\n", " "), "echo", ATTACK)
        self.wait_for("/slack/chat.postMessage", 1)
        self.approve(request_id)
        [(_, headers, posted, _)] = self.wait_for("/slack/chat.postMessage", 1)
        [(_, _, updated, _)] = self.wait_for("/slack/chat.update", 1)
        self.assertEqual(headers["Authorization"], "Bearer xoxb-secret")
        self.assertEqual(json.loads(updated)["ts"], "1700000000.000001")
        self.assertNotIn("<!here>", json.loads(posted)["text"])
        self.assertNotIn("xoxb", (posted + updated).decode())

    def test_every_kind_over_http_and_nothing_foreign_means_anything(self):
        kinds = {"slack": "slack", "teams": "teams", "discord": "discord", "mattermost": "mattermost", "chat": "google_chat"}
        specs = {}
        for name, kind in kinds.items():
            specs[name] = f"{{{kind}: {{url_file: {self.secret(name, self.receiver.url + '/' + name)}, allow_private: true}}}}"
        key = self.secret("pd", "R0123")
        specs["pager"] = f"{{pagerduty: {{key_file: {key}, api: \"{self.receiver.url}/pager\", allow_private: true}}}}"
        specs["ntfy"] = f"{{ntfy: {{topic_file: {self.secret('topic', 'ops')}, server: \"{self.receiver.url}/ntfy\", allow_private: true}}}}"
        self.channels(**specs)
        self.post(ATTACK, "echo", ATTACK)
        bodies = {name: json.loads(self.wait_for("/" + name, 1)[0][2]) for name in specs}
        self.assertNotIn("<!here>", bodies["slack"]["text"])
        self.assertEqual(bodies["discord"]["allowed_mentions"], {"parse": []})
        self.assertNotIn("@", bodies["mattermost"]["text"])
        self.assertNotIn("[x](http", bodies["mattermost"]["text"])
        self.assertNotIn("<b>h", json.dumps(bodies["chat"]))
        self.assertNotIn('"type": "TextBlock"', json.dumps(bodies["teams"]))
        self.assertEqual(bodies["pager"]["event_action"], "trigger")
        self.assertLessEqual(len(bodies["pager"]["payload"]["summary"]), 1024)
        for name, body in bodies.items():
            text = json.dumps(body, ensure_ascii=False)
            for hidden in ("\x1b", "\u202e", "\r"):
                self.assertNotIn(hidden, text, name)

    def test_a_url_begins_as_it_must(self):
        for text in ("HTTP://192.0.2.9/x", "192.0.2.9/x", "Https://192.0.2.9/x", "file:///etc/passwd"):
            self.channels(odd=f"{{teams: {{url_file: {self.secret('odd', text)}}}}}")
            done = self.manage("notify", "test", "odd")
            self.assertNotEqual(done.code, 0, text)
            self.assertIn("must begin with https://", done.err)

    def test_private_addresses_need_to_be_named(self):
        secret = self.secret("plain", "https://127.0.0.1:9/x")
        self.channels(inner=f"{{discord: {{url_file: {secret}}}}}", well=self.hook("/well"))
        self.post()
        self.events("/well", 1)
        status = self.wait_status("inner", "given_up", 1)
        self.assertIn("private address", status["inner"]["last_problem"])
        self.assertIn("allow_private", status["inner"]["last_problem"])

    def test_secrets_must_not_be_readable_by_everybody(self):
        secret = self.secret("open", self.receiver.url + "/open", mode=0o644)
        self.channels(open=f"{{discord: {{url_file: {secret}, allow_private: true}}}}")
        self.post()
        deadline = time.monotonic() + harness.PATIENCE
        while not (self.status().get("open") or {}).get("last_problem"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertIn("everybody can read", self.status()["open"]["last_problem"])
        self.assertEqual(self.receiver.at("/open"), [])

    def test_the_test_message(self):
        self.channels(hook=self.hook("/hook"), gone=self.hook("/status/404"))
        done = self.manage("notify", "test", "hook")
        self.assertEqual(done.code, 0, done)
        [(_, _, body, _)] = self.receiver.at("/hook")
        self.assertTrue(json.loads(body)["data"]["title"].startswith("TEST"))
        done = self.manage("notify", "test", "gone")
        self.assertEqual(done.code, 117)
        self.assertIn("answered 404", done.err)
        done = self.manage("notify", "test", "hok")
        self.assertEqual(done.code, 125)
        self.assertIn('did you mean "hook"', done.err)

    def test_policies_that_are_not_there(self):
        done = self.call("root", "jit-server", "--store", self.where(), "--policies", "/nowhere", "notify", "test", "hook")
        self.assertEqual(done.code, 125)
        self.assertIn("jit-server: /nowhere: no such file or directory\nhint: --policies names", done.err)

    def test_no_notice_without_channels(self):
        self.channels("message: hello", hook=self.hook("/hook"))
        self.post()
        self.assertEqual(self.status(), {})


class Embedded(Suite, harness.World):
    shared = True

    def where(self):
        return self.backend.removeprefix("local:")

    def test_a_secret_is_read_by_all_who_ask(self):
        secret = self.secret("open", self.receiver.url + "/open", mode=0o644)
        mend = f"hint: as root: chown root:{harness.GROUP} {secret} && chmod 640 {secret}"
        self.channels(hook=f"{{discord: {{url_file: {secret}, allow_private: true}}}}")
        for user in ("root", "jit-alice"):
            done = self.manage("notify", "test", "hook", user=user)
            self.assertEqual(done.code, 117, done)
            self.assertIn("everybody can read", done.err)
            self.assertIn(mend, done.err)
        os.chmod(secret, 0o600)
        done = self.manage("notify", "test", "hook", user="jit-alice")
        self.assertIn("Permission denied", done.err)
        self.assertIn(mend, done.err)
        shutil.chown(secret, "jit-bob", harness.GROUP)
        done = self.manage("notify", "test", "hook", user="jit-alice")
        self.assertIn(mend, done.err)
        os.chmod(secret, 0o640)
        done = self.manage("notify", "test", "hook", user="jit-alice")
        self.assertIn("who is neither root nor you", done.err)
        self.assertIn(mend, done.err)
        shutil.chown(secret, "root", harness.GROUP)  # as the hint says
        self.assertEqual(self.manage("notify", "test", "hook", user="jit-alice").code, 0)

    def test_it_ends_when_nothing_is_left(self):
        self.channels(hook=self.hook("/hook"))
        request_id = self.post()
        self.events("/hook", 1)
        self.assertEqual(len(self.notifiers()), 1)
        with open(f"/proc/{self.notifiers()[0]}/environ") as file:
            self.assertNotIn("XDG", file.read())
        self.ok("jit-alice", "jit-approve", "withdraw", request_id)
        self.events("/hook", 2)
        deadline = time.monotonic() + harness.PATIENCE
        while self.notifiers():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class OverHttp(Suite, server_test.Served):
    options = ("--requests-per-second", "1000")

    def where(self):
        return self.store

    def manage(self, *words, user=None):
        if words[0] == "notify":
            return Notified.manage(self, *words, user=user)
        return server_test.Served.manage(self, *words)

    def test_it_goes_with_the_server(self):
        self.channels(hook=self.hook("/hook"))
        deadline = time.monotonic() + harness.PATIENCE
        while not self.notifiers():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.stop(signal.SIGKILL)
        while self.notifiers():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_the_bell_of_who_is_logged_in(self):
        self.channels(bell="{bell: {}}")
        bob, carol = (self.terminal(user, "sleep", "60") for user in ("jit-bob", "jit-carol"))
        logins = [Login(user, terminal) for user, terminal in (("jit-bob", bob), ("jit-carol", carol))]
        try:
            os.chmod(logins[1].path, 0o600)  # mesg n
            request_id = self.post("ring", "echo", "\x1b[2J")
            bob.expect(r"\x07\r+\n+jit-run: jit-alice asks for approval: echo '\\x1b\[2J'.*\[jit-approve approve " + request_id)
            self.wait_status("bell", "delivered", 1)
            carol.read()
            self.assertEqual(carol.text, "")
        finally:
            for login, terminal in reversed(list(zip(logins, (bob, carol)))):
                login.end()
                os.kill(terminal.pid, signal.SIGKILL)

    def test_giving_up_is_in_the_log(self):
        self.channels(gone=self.hook("/status/404"))
        self.post()
        self.wait_status("gone", "given_up", 1)
        self.assertIn("gave up telling gone", self.said())


if __name__ == "__main__":
    harness.main()
