#!/usr/bin/env python3
"""Slack's buttons decide as any review does, and nothing else that is posted where Slack posts does anything."""
import contextlib
import json
import os
import signal
import threading
import time

import harness
import slack_world
from slack_world import ATTACK, SECRET, TEAM, TRIGGER, USERS, click, configure, form, reason, sign


class Slack(slack_world.World):
    # Deciding.

    def test_approved_by_a_click(self):
        request_id, buttons = self.ask("echo", "ran")
        self.assertEqual(set(buttons), {"jit_approve", "jit_deny"})
        self.assertIn("jit-alice: echo ran", buttons["jit_approve"]["confirm"]["text"]["text"])
        self.assertEqual(self.send(click(buttons["jit_approve"])), (200, ""))
        shown = self.show(request_id)
        self.assertEqual((shown["state"], shown["reviews"][0]["reviewer"]), ("approved", "jit-bob"))
        updated = json.loads(self.wait_for("/slack/chat.update", 1)[0][2])
        self.assertEqual(self.buttons(updated), {})
        self.assertIn("Approved by jit-bob", updated["blocks"][0]["text"]["text"])
        self.assertEqual(self.ok("jit-alice", "jit-run", "--request", request_id, "--", "echo", "ran").out, "ran\n")
        entry = next(entry for entry in self.entries("root") if entry["type"] == "approve")
        self.assertEqual((entry["actor"], entry["data"]["door"]), ("jit-bob", "slack:U0BOB"))
        self.assertIn("by: slack:U0BOB; now approved", self.ok("root", "jit-audit", "--backend", "local:" + self.store, "log").out)
        self.verify("root")
        self.assertEqual(self.receiver.at("/slack/chat.postEphemeral"), [])

    def test_denied_with_its_reason(self):
        request_id, buttons = self.ask("echo", ATTACK)
        begin = time.monotonic()
        self.assertEqual(self.send(click(buttons["jit_deny"])), (200, ""))
        [(_, headers, body, at)] = self.wait_for("/slack/views.open", 1)
        self.assertLess(at - begin, 2)
        self.assertEqual(headers["Authorization"], "Bearer xoxb-secret")
        opened = json.loads(body)
        self.assertEqual(opened["trigger_id"], TRIGGER)
        view = opened["view"]
        for hidden in ("\x1b", "\u202e", "\r", "mrkdwn"):
            self.assertNotIn(hidden, json.dumps(opened, ensure_ascii=False))
        self.assertEqual(self.state(request_id), "pending")
        for blank in ("", "  \n", None):
            status, text = self.send(reason(view["private_metadata"], blank))
            self.assertEqual((status, json.loads(text)["response_action"]), (200, "errors"))
        self.assertEqual(self.state(request_id), "pending")
        self.assertEqual(self.send(reason(view["private_metadata"], "not tonight:\nfreeze <!here>")), (200, ""))
        shown = self.show(request_id)
        self.assertEqual((shown["state"], shown["reviews"][0]["message"]), ("denied", "not tonight:\nfreeze <!here>"))
        updated = json.loads(self.wait_for("/slack/chat.update", 1)[0][2])
        self.assertEqual(self.buttons(updated), {})
        self.assertNotIn("<!here>", updated["text"])
        entry = next(entry for entry in self.entries("root") if entry["type"] == "deny")
        self.assertEqual(entry["data"]["door"], "slack:U0BOB")

    def test_who_may_not_is_told_so(self):
        request_id, buttons = self.ask()
        approve = buttons["jit_approve"]
        for count, (user, team, word) in enumerate([("U0ALICE", TEAM, "is your own"), ("U0MALLORY", TEAM, "slack_users: {U0MALLORY: YOUR-NAME}"),
                                                    ("U0BOB", "T0002", "not taken from your workspace")], 1):
            self.assertEqual(self.send(click(approve, user, team)), (200, ""), user)
            told = self.told(count)
            self.assertEqual((told["channel"], told["user"]), ("C1", user))
            self.assertIn(word, told["blocks"][0]["text"]["text"])
        status, text = self.send(reason(approve["value"], "mine", "U0ALICE"))
        self.assertIn("is your own", json.loads(text)["errors"]["reason"], text)
        # A guest of another workspace, in a channel that both share.
        guest = click(approve)
        guest["user"]["team_id"] = "T0002"
        self.send(guest)
        self.assertIn("T0002", self.told(4)["text"])
        self.assertEqual(self.state(request_id), "pending")
        self.assertEqual(self.show(request_id)["reviews"], [])

    def test_not_in_the_group(self):
        self.stop()
        self.options[-1] = configure(self.dir, slack_users={**USERS, "U0DAVE": "jit-dave"})
        self.serve()
        request_id, buttons = self.ask()
        self.send(click(buttons["jit_approve"], "U0DAVE"))
        self.assertIn("is not for you to review", self.told()["text"])
        self.assertEqual(self.state(request_id), "pending")

    def test_stale_buttons_say_what_has_happened(self):
        decided, buttons = self.ask()
        self.ok("jit-carol", "jit-approve", "deny", "-m", "no", decided)
        self.send(click(buttons["jit_approve"]))
        self.assertIn("was denied; so far: jit-carol (deny)", self.told(1)["text"])
        self.send(click(buttons["jit_deny"]))
        self.assertIn("was denied", self.told(2)["text"])
        status, text = self.send(reason(buttons["jit_deny"]["value"], "late"))
        self.assertIn("was denied", json.loads(text)["errors"]["reason"])
        withdrawn, buttons = self.ask(reason="another")
        self.ok("jit-alice", "jit-approve", "withdraw", withdrawn)
        self.send(click(buttons["jit_approve"]))
        self.assertIn("was withdrawn", self.told(3)["text"])
        request_id, buttons = self.ask(reason="a third")
        other = dict(buttons["jit_approve"])
        other["value"] = other["value"].replace("sha256:", "sha256:" + "0" * 64, 1)[:len(other["value"])]
        name, digest, channel = buttons["jit_approve"]["value"].split(" ")
        other["value"] = f"{name} sha256:{'0' * 64} {channel}"
        self.send(click(other))
        self.assertIn("made for something else", self.told(4)["text"])
        other["value"] = f"{'a' * 26} {digest} {channel}"
        self.send(click(other))
        self.assertIn("no such request", self.told(5)["text"])
        self.assertEqual(self.state(request_id), "pending")
        self.assertEqual(self.receiver.at("/slack/views.open"), [])
        expired = self.ok("jit-alice", "jit-run", "--no-wait", "--wait", "1s", "--", "true").out.strip()
        buttons = self.buttons(self.message(4))
        time.sleep(1.2)
        self.send(click(buttons["jit_approve"]))
        self.assertIn("has expired", self.told(6)["text"])
        self.assertEqual(self.state(expired), "expired")

    def test_a_double_click_is_one_review(self):
        self.channels("notify: [ops]\n    approval: {from: {reviewers: 2}}", ops=self.bot)
        request_id, buttons = self.ask()
        answers = []
        payloads = [click(buttons["jit_approve"], trigger_id=f"1.{i}.x") for i in range(8)]
        threads = [threading.Thread(target=lambda payload=payload: answers.append(self.send(payload))) for payload in payloads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [(200, "")] * 8)
        shown = self.show(request_id)
        self.assertEqual((shown["state"], len(shown["reviews"])), ("pending", 1))
        self.assertIn("has your approval already", self.told(7)["text"])
        # One more is needed: its message has buttons still.
        self.assertEqual(set(self.buttons(json.loads(self.wait_for("/slack/chat.update", 1)[0][2]))), {"jit_approve", "jit_deny"})
        self.send(click(buttons["jit_approve"], "U0CAROL"))
        self.assertEqual(self.state(request_id), "approved")

    def channels(self, rule="", **channels):
        if "approval:" in rule:  # in place of the usual one
            text = "channels:\n" + "".join(f"  {name}: {spec}\n" for name, spec in channels.items())
            text += f"groups: {{reviewers: [jit-bob, jit-carol]}}\nrules:\n  - name: asked\n    match: {{}}\n    effect: ask\n    {rule}\n"
            self.policy(text)
            self.restart()
        else:
            super().channels(rule, **channels)

    def test_only_signed_approvals(self):
        keys = os.path.join(self.dir, "signers")
        with open(keys, "w") as file:
            file.write('jit-bob namespaces="jit-run-review" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEYr8MXtAQ2Ag4Ql2KCJYhXKyTpzAMDHJWOLe9kPVy\n')
        self.policy(f"""channels: {{ops: {self.bot}}}
allowed_signers: {keys}
groups: {{reviewers: [jit-bob, jit-carol]}}
rules: [{{name: asked, match: {{}}, effect: ask, notify: [ops], approval: {{from: {{reviewers: 1}}, signed: true}}}}]
""")
        self.restart()
        request_id, buttons = self.ask()
        self.assertEqual(buttons, {})
        self.assertIn(f"jit-approve approve {request_id} --sign", json.dumps(self.message()))
        value = f"{request_id} {self.show(request_id)['digest']} ops"
        for count, action in enumerate(("jit_approve", "jit_deny"), 1):
            self.send(click({"action_id": action, "value": value}))
            self.assertIn(f"jit-approve approve {request_id} --sign", self.told(count)["text"])
        self.assertEqual(self.show(request_id)["reviews"], [])

    def test_what_does_not_fit_is_not_approved_by_a_button(self):
        for words, why in ((("echo", "x" * 2000), "because"), (("true",), "y" * 900)):
            request_id, buttons = self.ask(*words, reason=why)
            self.assertEqual(set(buttons), {"jit_deny"})
            self.assertIn("look with jit-approve show " + request_id, json.dumps(self.message()))

    def test_a_webhook_has_no_buttons(self):
        url = self.secret("hook", self.receiver.url + "/hook")
        self.channels(hook=f"{{slack: {{url_file: {url}, allow_private: true}}}}")
        self.post()
        body = json.loads(self.wait_for("/hook", 1)[0][2])
        self.assertEqual(self.buttons(body), {})
        self.assertIn("jit-approve approve", json.dumps(body))

    def test_reminders_have_no_buttons(self):
        self.channels("notify: [ops]\n    remind_after: 500ms", ops=self.bot)
        self.ask()
        self.assertEqual(self.buttons(self.message(2)), {})

    def test_an_answer_that_slack_does_not_take_is_in_the_log(self):
        _, buttons = self.ask()
        self.receiver.says = b'{"ok":false,"error":"expired_trigger_id"}'
        self.assertEqual(self.send(click(buttons["jit_deny"])), (200, ""))
        deadline = time.monotonic() + harness.PATIENCE
        while "was not answered: Slack says: expired_trigger_id" not in self.said():
            self.assertLess(time.monotonic(), deadline, self.said())
            time.sleep(0.02)
        self.assertEqual(len(self.receiver.at("/slack/views.open")), 1)  # it is of no use later
        self.assertNotIn("xoxb", self.said())

    # What is not Slack's.

    def test_forged_old_early_and_replayed(self):
        request_id, buttons = self.ask()
        payload = click(buttons["jit_approve"])
        body, now = form(payload), int(time.time())
        before = self.metric("jit_http_unauthorized_total")
        bad = [dict(secret="another-secret-of-32-characters"), dict(at=now - 400), dict(at=now + 400), dict(signature="v0=" + "0" * 64),
               dict(signature=sign(body, now)[:-1]), dict(signature=sign(body, now).upper()), dict(signature=sign(body, now - 1)),
               dict(body=body + b"+", signature=sign(body, now)), dict(signature="v1=" + sign(body, now)[3:]),
               dict(at=f"+{now}"), dict(at=f"{now}.0"), dict(at=f" {now}0"), dict(at="-1"), dict(at="9" * 30), dict(at="0")]
        for wrong in bad:
            status, text = self.send(payload, **wrong)
            self.assertEqual(status, 401, (wrong, text))
        for missing in ({}, {"X-Slack-Signature": sign(body, now)}, {"X-Slack-Request-Timestamp": str(now)}):
            self.assertEqual(self.post_raw(body, headers=missing)[0], 401)
        self.assertEqual(self.metric("jit_http_unauthorized_total") - before, len(bad) + 3)
        # A token is no key to this door, and a signature none to the others.
        token = open(self.token_file("jit-bob")).read().strip()
        self.assertEqual(self.post_raw(body, headers={"Authorization": "Bearer " + token})[0], 401)
        self.assertEqual(self.post_raw(b"{}", "/v1/requests", headers=self.sealed(None, body=b"{}")[1])[0], 401)
        self.assertEqual(self.state(request_id), "pending")
        self.assertEqual(self.send(payload, at=now), (200, ""))
        self.assertEqual(self.send(payload, at=now)[0], 401)
        self.restart()
        status, text = self.send(payload, at=now)
        self.assertEqual((status, json.loads(text)["title"]), (401, "replayed"))
        self.assertEqual(len(self.show(request_id)["reviews"]), 1)

    def test_many_forged_are_told_less_and_keep_nobody_out(self):
        request_id, buttons = self.ask()
        before = self.metric("jit_http_unauthorized_total")
        answers = [self.send("{}", secret="another-secret-of-32-characters")[0] for _ in range(60)]
        self.assertEqual(set(answers), {401, 429})
        self.assertEqual(self.metric("jit_http_unauthorized_total") - before, 60)
        self.assertEqual(self.send(click(buttons["jit_approve"])), (200, ""))
        self.assertEqual(self.state(request_id), "approved")

    def test_signed_nonsense_is_refused(self):
        request_id, buttons = self.ask()
        good = click(buttons["jit_approve"])
        text = json.dumps(good)
        wrong = ["", "null", "[]", "{}", "1e400", '{"type":"block_actions"}', text[:-1], text + "x",
                 text.replace('"user":', '"user": {"id": "U0CAROL"}, "user":', 1), "[" * 40000,
                 json.dumps({**good, "actions": []}), json.dumps({**good, "actions": good["actions"] * 2}), json.dumps({**good, "actions": {}}),
                 json.dumps({**good, "type": "view_closed"}), json.dumps({**good, "team": None}), json.dumps({**good, "user": "U0BOB"}),
                 json.dumps({**good, "trigger_id": "a\r\nX: y"}), json.dumps({**good, "trigger_id": ["x"]}),
                 json.dumps({**good, "channel": {"id": "../x"}}), json.dumps({**good, "user": {"id": "u0bob"}})]
        for value in ("", "x", f"{request_id}", f"{request_id} md5:0 ops", buttons["jit_approve"]["value"] + "\0", 7, None):
            wrong.append(json.dumps(click({"action_id": "jit_approve", "value": value})))
        wrong.append(json.dumps(click({"action_id": "jit_revoke", "value": buttons["jit_approve"]["value"]})))
        for payload in wrong:
            status, answer = self.send(payload)
            self.assertEqual(status, 400, (payload[:200], answer))
        body = form(good)
        for other in (body + b"&payload=x", b"x=1&" + body, body.replace(b"payload", b"Payload", 1), b"", b"payload", b"payload=%zz",
                      body.replace(b"%", b"%%", 1), text.encode()):
            self.assertEqual(self.send(None, body=other)[0], 400, other[:60])
        for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencodedx"):
            self.assertEqual(self.send(good, kind=kind)[0], 400, kind)
        self.assertEqual(self.post_raw(None, method="GET")[0], 405)
        self.assertEqual(self.post_raw(form(good), "/v1/slack/")[0], 401)
        self.assertEqual(self.state(request_id), "pending")
        self.assertEqual(self.show(request_id)["reviews"], [])
        self.assertEqual(self.send(good, kind="application/x-www-form-urlencoded; charset=utf-8")[0], 200)

    def test_bodies_without_end(self):
        request_id, buttons = self.ask()
        big = click(buttons["jit_approve"], message={"text": "x" * 100_000})
        self.assertEqual(self.send(big), (200, ""))  # larger than a header may be, and not too large
        self.assertEqual(self.state(request_id), "approved")
        for size in (200_000, 900_000):
            self.assertEqual(self.send({"x": "y" * size})[0], 413)
        with contextlib.suppress(ConnectionError):  # answered, and hung up on, before all of it is there
            self.assertEqual(self.send({"x": "y" * 5_000_000})[0], 413)

    def test_nobody_to_answer_is_said(self):
        """Slack shows that a click failed when it is answered so."""
        request_id, buttons = self.ask()
        for pid in self.notifiers():
            os.kill(pid, 9)
        deadline = time.monotonic() + harness.PATIENCE
        while (status := self.send(click(buttons["jit_deny"], trigger_id=f"1.{time.monotonic()}")))[0] == 200:
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(status[0], 503)
        self.assertEqual(self.send(click(buttons["jit_approve"])), (200, ""))  # which needs nobody
        self.assertEqual(self.state(request_id), "approved")

    # The configuration.

    def look(self, word, code, **settings):
        path = configure(self.dir, **settings)
        done = self.manage("check", "--config", path)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(word, done.stdout + done.stderr)

    def test_check_shows_settings_and_mistakes(self):
        self.stop()
        self.look('U0BOB: jit-bob', 0)
        self.look(TEAM, 0)
        self.look("there is no such file", 125, slack_signing_secret_file="/nowhere/secret")
        self.look("everybody may read it", 125, slack_signing_secret_file=self.secret("open", SECRET, 0o644))
        self.look("at least 16 characters", 125, slack_signing_secret_file=self.secret("short", "abc", 0o600))
        self.look("both stand for jit-bob", 125, slack_users={"U0BOB": "jit-bob", "U0BOB2": "jit-bob"})
        self.look("is not the id of a Slack user", 125, slack_users={"bob": "jit-bob"})
        self.look("without slack_team", 125, slack_team=None)
        self.look("without slack_users", 125, slack_users=None)
        self.look("without slack_signing_secret_file", 125, slack_signing_secret_file=None)
        self.look("the id of a Slack workspace", 125, slack_team="example")
        self.policy("rules: [{name: asked, match: {}, effect: ask}]\n")
        self.look("no slack channel with token_file", 0)

    def test_check_says_who_and_which_secrets_are_missing(self):
        self.stop()
        channel = "channels: {{ops: {{slack: {{token_file: {}, channel: C1}}}}, other: {{discord: {{url_file: {}}}}}}}\n"
        rule = "rules: [{name: asked, match: {}, effect: ask, approval: {from: {reviewers: 1}}}]\n"

        def policies(token, url):
            self.policy(f"groups: {{reviewers: {sorted(USERS.values())}}}\n" + channel.format(token, url) + rule)

        good = self.secret("good", "xoxb-1", 0o600)
        policies(good, good)
        done = self.manage("check", "--config", configure(self.dir))
        self.assertNotIn("the channel", done.stderr)
        self.assertNotIn("slack_users", done.stderr)
        policies("/nowhere/token", self.secret("open", "https://x/", 0o644))
        self.look("warning: the channel ops tells nobody: token_file: there is no file /nowhere/token", 0)
        self.look("warning: the channel other tells nobody: url_file: ", 0)
        self.look("is a secret that everybody can read (chmod 600 ", 0)
        self.look('warning: slack_users: "jit-bbo" is in no group of the policies', 0, slack_users={"U0BOB": "jit-bbo"})

    def test_a_server_without_it_knows_no_such_path(self):
        self.stop()
        self.options[-1] = configure(self.dir, slack_signing_secret_file=None, slack_team=None, slack_users=None, log="text")
        self.serve()
        self.assertEqual(self.send("{}")[0], 404)
        self.assertEqual(self.send({"x": "y" * 100_000})[0], 404)
        _, buttons = self.ask()
        self.assertEqual(buttons, {})

    def test_a_new_secret_is_taken_on_a_signal(self):
        request_id, buttons = self.ask()
        self.secret("signing", "another-secret-of-32-characters", 0o600)
        self.server.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + harness.PATIENCE
        while "slack_signing_secret_file: loaded anew" not in self.said():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual(self.send(click(buttons["jit_approve"]))[0], 401)
        self.assertEqual(self.send(click(buttons["jit_approve"]), secret="another-secret-of-32-characters"), (200, ""))
        self.assertEqual(self.state(request_id), "approved")
        self.assertNotIn("another-secret", self.said())


if __name__ == "__main__":
    harness.main()
