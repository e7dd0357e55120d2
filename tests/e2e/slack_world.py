"""A server that takes decisions from Slack, and what Slack does: to its API on loopback messages are posted, and clicks come from here."""
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import time
import urllib.parse

import loopback
import notify_test
import server_test

PATH = "/v1/slack"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T0001"
TRIGGER = "12466734323.1395872398.abc"
ATTACK = notify_test.ATTACK
USERS = {"U0ALICE": "jit-alice", "U0BOB": "jit-bob", "U0CAROL": "jit-carol"}


def configure(directory, **more):
    """A configuration file with these settings (None: without), and the secret that it names."""
    secret, path = os.path.join(directory, "signing"), os.path.join(directory, "server.yaml")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(SECRET + "\n")
    settings = {"slack_signing_secret_file": secret, "slack_team": TEAM, "slack_users": USERS, **more}
    with open(path, "w") as file:
        file.write("".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items() if value is not None))
    return path


class FakeSlack(notify_test.Receiver):
    says = b'{"ok":true}'

    def respond(self, handler):
        if handler.path in ("/slack/views.open", "/slack/chat.postEphemeral"):
            loopback.reply(handler, 200, {}, self.says)
        else:
            super().respond(handler)


def sign(body, at, secret=SECRET):
    return "v0=" + hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()


def form(payload):
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return ("payload=" + urllib.parse.quote_plus(text)).encode()


def click(button, user="U0BOB", team=TEAM, **more):
    """What Slack posts when somebody clicks."""
    return {"type": "block_actions", "team": {"id": team, "domain": "example"},
            "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": team},
            "api_app_id": "A0001", "token": "deprecated", "trigger_id": TRIGGER,
            "container": {"type": "message", "message_ts": "1700000000.000001", "channel_id": "C1", "is_ephemeral": False},
            "enterprise": None, "is_enterprise_install": False, "channel": {"id": "C1", "name": "ops"},
            "response_url": "https://evil.example/", "state": {"values": {}}, "message": {"type": "message", "text": "x"},
            "actions": [{"type": "button", "block_id": "jit_decide", "action_ts": "1", "text": {"type": "plain_text", "text": "x"},
                         **{key: button[key] for key in ("action_id", "value")}}], **more}


def reason(value, text, user="U0BOB", team=TEAM):
    """What Slack posts when a dialog is sent off."""
    return {"type": "view_submission", "team": {"id": team, "domain": "example"}, "user": {"id": user, "name": "somebody", "team_id": team},
            "api_app_id": "A0001", "token": "deprecated", "trigger_id": "1.2.c", "response_urls": [],
            "view": {"id": "V1", "team_id": team, "type": "modal", "callback_id": "jit_deny", "private_metadata": value,
                     "state": {"values": {"reason": {"reason": {"type": "plain_text_input", "value": text}}}}}}


class World(notify_test.Notified, server_test.Served):
    options = ("--requests-per-second", "1000")

    def setUp(self):
        super().setUp()
        self.receiver.stop()
        self.receiver = FakeSlack()
        token = self.secret("token", "xoxb-secret")
        self.bot = f"{{slack: {{token_file: {token}, channel: C1, api: \"{self.receiver.url}/slack\", allow_private: true}}}}"
        self.channels(ops=self.bot)

    def where(self):
        return self.store

    def manage(self, *words, user=None):
        if words[0] == "notify":
            return notify_test.Notified.manage(self, *words, user=user)
        return server_test.Served.manage(self, *words)

    def serve(self):
        if "--config" not in self.options:
            self.options += ["--config", configure(self.dir)]
        super().serve()

    # What Slack does.

    def post_raw(self, body, path=PATH, method="POST", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", int(self.listen.rsplit(":", 1)[1]), timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    @staticmethod
    def sealed(payload, at=None, secret=SECRET, body=None, signature=None, kind="application/x-www-form-urlencoded"):
        """A body and its headers, signed as Slack does where nothing else is said."""
        body = form(payload) if body is None else body
        at = int(time.time()) if at is None else at
        return body, {"Content-Type": kind, "X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": signature or sign(body, at, secret)}

    def send(self, payload, **how):
        body, headers = self.sealed(payload, **how)
        return self.post_raw(body, headers=headers)

    def message(self, count=1):
        return json.loads(self.wait_for("/slack/chat.postMessage", count)[-1][2])

    @staticmethod
    def buttons(message):
        return {element["action_id"]: element for block in message["blocks"] if block["type"] == "actions" for element in block["elements"]}

    def ask(self, *words, **more):
        """A request, and the buttons of its message."""
        before = len(self.receiver.at("/slack/chat.postMessage"))
        request_id = self.post(more.pop("reason", "because"), *words)
        return request_id, self.buttons(self.message(before + 1))

    def told(self, count=1):
        [*_, (_, headers, body, _)] = self.wait_for("/slack/chat.postEphemeral", count)
        self.assertEqual(headers["Authorization"], "Bearer xoxb-secret")
        return json.loads(body)

    def state(self, request_id):
        return self.show(request_id)["state"]

    def show(self, request_id):
        return json.loads(self.ok("jit-bob", "jit-approve", "show", "--json", request_id).out)

    def metric(self, name):
        token = self.token("jit-alice", "audit")
        _, text = self.post_raw(None, "/metrics", "GET", {"Authorization": "Bearer " + token})
        return int(float(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[1]))
