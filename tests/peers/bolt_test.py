#!/usr/bin/env python3
"""Slack's own framework and jit-server take the same requests for Slack's, and answer them alike."""
import http.client
import json
import os
import subprocess
import time
import unittest

import peers
import slack_world


class Bolt(slack_world.World):
    def setUp(self):
        super().setUp()
        self.bolt = peers.Program(["node", os.path.join(peers.HERE, "bolt.mjs"), slack_world.SECRET, self.receiver.url + "/slack/"],
                                  os.path.join(self.dir, "bolt.log"))
        self.addCleanup(self.bolt.stop)
        self.port = int(self.bolt.wait_for(r"port (\d+)")[1])

    def both(self, payload, **how):
        """What bolt and this server answer to the same bytes."""
        body, headers = self.sealed(payload, **how)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/v1/slack", body, headers)
        answer = connection.getresponse()
        bolt = answer.status, answer.read().decode()
        connection.close()
        return bolt, self.post_raw(body, headers=headers)

    def test_what_is_slacks_and_what_is_not(self):
        request_id, buttons = self.ask()
        approve = slack_world.click(buttons["jit_approve"])
        body, now = slack_world.form(approve), int(time.time())
        for what, how in {"forged": dict(secret="another-secret-of-32-characters"), "old": dict(at=now - 301), "no time": dict(at="soon"),
                          "another body": dict(body=body + b"x", signature=slack_world.sign(body, now)),
                          "another time": dict(at=now - 1, signature=slack_world.sign(body, now)), "cut": dict(signature=slack_world.sign(body, now)[:-1]),
                          "version": dict(signature="v1" + slack_world.sign(body, now)[2:])}.items():
            with self.subTest(what=what):
                bolt, ours = self.both(approve, **how)
                self.assertEqual((bolt[0], ours[0]), (401, 401))
        self.assertEqual(self.state(request_id), "pending")
        for at in (now - 290, now):  # of the second, who clicked is told that it is decided
            bolt, ours = self.both(approve, at=at)
            self.assertEqual(bolt, (200, ""))
            self.assertEqual(ours, (200, ""))
        self.assertEqual(self.state(request_id), "approved")
        self.bolt.wait_for("jit_approve")
        read = json.loads(self.bolt.said().splitlines()[1])
        self.assertEqual(read, {"action": "jit_approve", "value": buttons["jit_approve"]["value"], "user": "U0BOB", "team": slack_world.TEAM})

    def test_a_dialog_is_opened_and_answered_alike(self):
        request_id, buttons = self.ask()
        bolt, ours = self.both(slack_world.click(buttons["jit_deny"]))
        self.assertEqual((bolt, ours), ((200, ""), (200, "")))
        opened = [self.read(headers, body) for _, headers, body, _ in self.wait_for("/slack/views.open", 2)]
        self.assertEqual({call["trigger_id"] for call in opened}, {slack_world.TRIGGER})
        value = buttons["jit_deny"]["value"]
        bolt, ours = self.both(slack_world.reason(value, " "))
        self.assertEqual(json.loads(bolt[1]), json.loads(ours[1]))
        bolt, ours = self.both(slack_world.reason(value, "not tonight"))
        self.assertEqual((bolt, ours), ((200, ""), (200, "")))
        self.assertEqual(self.state(request_id), "denied")
        self.bolt.wait_for("not tonight")

    @staticmethod
    def read(headers, body):
        if headers["Content-Type"].startswith("application/json"):
            return json.loads(body)
        return dict(slack_world.urllib.parse.parse_qsl(body.decode()))

    def test_slack_types_know_what_is_sent(self):
        _, buttons = self.ask("echo", slack_world.ATTACK)
        self.send(slack_world.click(buttons["jit_deny"]))
        self.send(slack_world.click(buttons["jit_approve"], "U0MALLORY"))
        view = json.loads(self.wait_for("/slack/views.open", 1)[0][2])["view"]
        whisper = self.told()
        self.compile(self.message()["blocks"], whisper["blocks"], view, 0)
        view["submit"]["type"] = "mrkdwn"
        self.compile(self.message()["blocks"], whisper["blocks"], view, 2)

    def compile(self, blocks, whisper, view, code):
        directory = os.environ["JIT_PEERS_DIR"]
        with open(os.path.join(directory, "buttons.ts"), "w") as file:
            file.write(f"""import type {{KnownBlock, ModalView}} from "@slack/types";
export const message: KnownBlock[] = {json.dumps(blocks)};
export const whisper: KnownBlock[] = {json.dumps(whisper)};
export const view: ModalView = {json.dumps(view)};
""")
        done = subprocess.run([os.path.join(peers.PROGRAMS, "tsc"), "--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "node",
                               "buttons.ts"], cwd=directory, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout)


if __name__ == "__main__":
    unittest.main()
