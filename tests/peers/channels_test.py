#!/usr/bin/env python3
"""What jit-notify sends is what the libraries of its receivers take."""
import base64
import email
import email.policy
import json
import os
import re
import subprocess
import unittest

import peers
import api_server
import harness
import notify_test

SEVERITIES = {"critical", "warning", "error", "info"}


class Channels(notify_test.Notified, harness.World):
    shared = True

    def where(self):
        return self.backend.removeprefix("local:")

    def node(self, script, given):
        done = subprocess.run(["node", os.path.join(peers.HERE, script)], input=json.dumps(given), capture_output=True, text=True,
                              env=peers.ENVIRONMENT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def life(self):
        """Asked, reminded, denied; asked and approved."""
        denied = self.post(notify_test.ATTACK, "echo", notify_test.ATTACK)
        self.ok("jit-bob", "jit-approve", "deny", "-m", notify_test.ATTACK.replace("\r\n", " "), denied)
        self.approve(self.post("another"))

    def test_standard_webhooks_cloudevents_and_adaptive_cards(self):
        url = self.secret("teams", self.receiver.url + "/teams")
        self.channels(hook=self.hook("/hook"), teams=f"{{teams: {{url_file: {url}, allow_private: true}}}}")
        self.life()
        self.events("/hook", 4)
        self.wait_for("/teams", 4)
        secret = "whsec_" + base64.b64encode(notify_test.SECRET).decode()
        webhooks = [{"secret": secret, "headers": {name.lower(): value for name, value in headers.items()}, "body": body.decode()}
                    for _, headers, body, _ in self.receiver.at("/hook")]
        cards = [json.loads(body)["attachments"][0]["content"] for _, _, body, _ in self.receiver.at("/teams")]
        read = self.node("channels.mjs", {"webhooks": webhooks, "cards": cards})
        told = {}  # in order of each request, not of all
        for event in read["events"]:
            told.setdefault(event["subject"], []).append(event["type"].removeprefix("io.jit-run.request."))
        self.assertEqual(sorted(told.values()), [["ask", "approve"], ["ask", "deny"]])
        self.assertEqual(read["cards"], [[], [], [], []])
        broken = json.loads(json.dumps(cards[:1]))
        broken[0]["body"][0]["type"] = "Nonsense"
        self.assertNotEqual(self.node("channels.mjs", {"webhooks": [], "cards": broken})["cards"], [[]])

    def test_slack_types(self):
        token = self.secret("token", "xoxb-secret")
        self.channels(slack=f"{{slack: {{token_file: {token}, channel: C1, api: \"{self.receiver.url}/slack\", allow_private: true}}}}")
        self.life()
        posted = self.wait_for("/slack/chat.postMessage", 2) + self.wait_for("/slack/chat.update", 2)
        bodies = [json.loads(body) for _, _, body, _ in posted]
        self.compile(bodies, 0)
        bodies[0]["blocks"][0]["text"]["type"] = "nonsense"
        self.compile(bodies, 2)

    def compile(self, bodies, code):
        directory = os.environ["JIT_PEERS_DIR"]
        path = os.path.join(directory, "messages.ts")
        with open(path, "w") as file:
            file.write('import type {KnownBlock} from "@slack/types";\n')
            for i, body in enumerate(bodies):
                file.write(f"export const message{i}: KnownBlock[] = {json.dumps(body['blocks'])};\n")
        done = subprocess.run([os.path.join(peers.PROGRAMS, "tsc"), "--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "node",
                               "messages.ts"], cwd=directory, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout)

    def test_pagerduty_schema(self):
        """By what PagerDuty publishes of its Events API v2."""
        key = self.secret("pd", "R" * 32)
        self.channels(pager=f"{{pagerduty: {{key_file: {key}, api: \"{self.receiver.url}/pager\", allow_private: true}}}}")
        self.life()
        events = [json.loads(body) for _, _, body, _ in self.wait_for("/pager", 4)]
        by_incident = {}  # in order for each; between two there is none
        for event in events:
            by_incident.setdefault(event["dedup_key"], []).append(event["event_action"])
        self.assertEqual(list(by_incident.values()), [["trigger", "resolve"]] * 2)
        for event in events:
            self.assertLessEqual(set(event), {"routing_key", "event_action", "dedup_key", "client", "client_url", "payload", "links", "images"})
            self.assertEqual(len(event["routing_key"]), 32)
            self.assertLessEqual(len(event["dedup_key"]), 255)
            payload = event["payload"]
            self.assertLessEqual({"summary", "source", "severity"}, set(payload))
            self.assertLessEqual(len(payload["summary"]), 1024)
            self.assertIn(payload["severity"], SEVERITIES)
            self.assertRegex(payload["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            for link in event["links"]:
                self.assertEqual(set(link), {"href", "text"})

    def test_mail_with_starttls_and_a_password(self):
        keys = os.path.join(self.dir, "keys")
        os.mkdir(keys)
        ca, both = api_server.certificates(keys, "localhost")
        os.chmod(ca, 0o644)
        server = peers.Program(["node", os.path.join(peers.HERE, "mail.mjs"), both], os.path.join(self.dir, "mail.log"))
        self.addCleanup(server.stop)
        port = server.wait_for(r"port (\d+)")[1]
        right, wrong = self.secret("right", "hunter2"), self.secret("wrong", "hunter3")
        spec = (f'{{email: {{server: "smtp://localhost:{port}", from: jit@example.com, to: [ops@example.com, boss@example.com], '
                f"user: jit, password_file: PASSWORD, ca_file: {ca}, allow_private: true}}}}")
        self.channels(mail=spec.replace("PASSWORD", right), refused=spec.replace("PASSWORD", wrong))
        request_id = self.post(notify_test.ATTACK, "echo", notify_test.ATTACK)
        self.wait_status("mail", "delivered", 1)
        status = self.wait_status("refused", "given_up", 1)
        self.assertIn("password_file is wrong", status["refused"]["last_problem"])
        [mail] = [json.loads(line) for line in re.findall(r"^\{.*\}$", server.said(), re.M)]
        self.assertEqual((mail["from"], mail["to"]), ("jit@example.com", ["ops@example.com", "boss@example.com"]))
        message = email.message_from_string(mail["text"], policy=email.policy.default)
        self.assertIsNone(message["Bcc"])
        self.assertTrue(message["Subject"].startswith("jit-alice asks for approval: echo"), message["Subject"])
        plain = message.get_body(("plain",)).get_content()
        self.assertIn("jit-approve approve " + request_id, plain)
        html = message.get_body(("html",)).get_content()
        self.assertNotIn("<b>h", html)
        self.assertIn("&lt;b&gt;h", html)
        for text in (plain, html):
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\u202e", text)


if __name__ == "__main__":
    unittest.main()
