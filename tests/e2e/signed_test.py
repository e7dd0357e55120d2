#!/usr/bin/env python3
"""Where only signed approvals count, neither the store nor a server nor a helper can get a command run that the reviewers' keys did
not approve."""
import json
import os
import shutil
import sqlite3
import subprocess
import time

import backends_test
import harness
import server_test

POLICY = """
allowed_signers: signers
groups:
  reviewers: [jit-bob, jit-carol]
rules:
  - name: signed
    match: {}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m, signed: true}
"""


def keygen(*words):
    return subprocess.run(["ssh-keygen", *words], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


class Signing:
    """Bob and carol have keys; bob's is in signing_key."""

    def setUp(self):
        self.keys = {}
        super().setUp()
        self.open_backend()

    def policy(self, text):
        for user in ("jit-bob", "jit-carol", "jit-alice"):
            if user not in self.keys:
                self.keys[user] = self.make_key(user, "key")
        if text == backends_test.POLICY:
            text = POLICY
        if not os.path.exists(os.path.join(self.dir, "signers")):
            self.allow("jit-bob", "jit-carol")
        super().policy(text)

    def make_key(self, user, name, *options):
        path = os.path.join(self.dir, f"{user}-{name}")
        keygen("-q", "-N", "", "-C", "", "-f", path, *(options or ("-t", "ed25519")))
        for file in (path, path + ".pub"):
            shutil.chown(file, user)
        return path

    def allow(self, *users, more="", keys=None):
        lines = ""
        for user in users:
            with open((keys or self.keys)[user] + ".pub") as file:
                lines += f'{user} {more}namespaces="jit-run-review" {" ".join(file.read().split()[:2])}\n'
        self.write_signers(lines)

    def write_signers(self, text, name="signers"):
        path = os.path.join(self.dir, name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)

    def env(self, user, **more):
        if user in self.keys and "JIT_RUN_SIGNING_KEY" not in more and self.signs:
            more["JIT_RUN_SIGNING_KEY"] = self.keys[user]
        return super().env(user, **more)

    signs = True

    def ask(self, *words, **options):
        run = self.start("jit-alice", "jit-run", "--reason", "because", "--", *(words or ("echo", "ran")), **options)
        [request] = self.pending("jit-bob")
        return run, request["id"]

    def approve(self, request_id, user="jit-bob", *more, **env):
        return self.call(user, "jit-approve", "approve", "--yes", "-m", "fine", *more, request_id, env=self.env(user, **env))

    def withdraw(self, run, request_id):
        self.call("jit-alice", "jit-approve", "withdraw", request_id)
        self.finish(run)


class Suite(Signing):
    """What holds with every backend of ours."""

    def test_signed_it_runs_and_the_trail_proves_it(self):
        run, request_id = self.ask()
        self.assertEqual(self.approve(request_id).code, 0)
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)
        [review] = self.request("jit-bob", request_id)["reviews"]
        self.assertIn("BEGIN SSH SIGNATURE", review["signature"]["text"])
        shown = self.ok("jit-bob", "jit-approve", "show", request_id).out
        self.assertRegex(shown, r"jit-bob approved at \S+, signed: fine")
        self.assertIn("only signed approvals count", shown)
        trail = self.trail()
        with open(os.path.join(self.dir, "trail"), "w") as file:
            file.write(trail)
        check = ["jit-audit", "verify", "--from", os.path.join(self.dir, "trail"), "--signers", os.path.join(self.dir, "signers")]
        self.assertIn("1 signature valid", self.ok("root", *check).out)
        self.verify_by_hand(trail, request_id)
        replay = ["jit-policy", "replay", "--since", "1h", self.policy_file]
        self.assertIn("0 would be decided otherwise", self.ok("jit-bob", *replay).out)
        self.allow("jit-carol")
        self.assertIn("the approvals that it had would not be enough", self.call("jit-bob", *replay).out)
        refused = self.call("root", *check)
        self.assertEqual(refused.code, 1)
        self.assertIn("the approval by jit-bob has a signature that does not count", refused.err)
        self.assertIn("entries before it", refused.err)

    def verify_by_hand(self, trail, request_id):
        """With nothing of ours: an exported approval, and ssh-keygen."""
        entries = [json.loads(line)["entry"] for line in trail.splitlines()]
        asked, approved = [next(e for e in entries if e["request"] == request_id and e["type"] == kind) for kind in ("ask", "approve")]
        signature = approved["data"]["signature"]
        signed = {"v": 1, "request": request_id, "digest": asked["data"]["digest"], "verdict": "approve", "reviewer": approved["actor"],
                  "at": signature["at"], "message": approved["data"]["message"], "server": signature["server"]}
        path = os.path.join(self.dir, "signature")
        with open(path, "w") as file:
            file.write(signature["text"])

        def verified():
            text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            return subprocess.run(["ssh-keygen", "-Y", "verify", "-f", os.path.join(self.dir, "signers"), "-I", approved["actor"],
                                   "-n", "jit-run-review", "-s", path], input=text, capture_output=True, text=True).returncode == 0

        self.assertTrue(verified())
        for name, other in (("message", "other"), ("digest", "sha256:" + 64 * "0"), ("verdict", "deny"), ("reviewer", "jit-carol"),
                            ("at", "2026-01-01T00:00:00.000Z"), ("request", "a" * 26), ("server", "elsewhere")):
            right, signed[name] = signed[name], other
            self.assertFalse(verified(), name)
            signed[name] = right

    def test_what_does_not_count_is_refused_when_it_comes(self):
        run, request_id = self.ask()
        self.signs = False
        done = self.approve(request_id)
        self.assertEqual(done.code, 125, done)
        self.assertIn("signing_key", done.err)
        done = self.approve(request_id, JIT_RUN_SIGNING_KEY=self.keys["jit-alice"])
        self.assertEqual(done.code, 125, done)  # not readable
        strange = self.make_key("jit-bob", "strange")
        done = self.approve(request_id, JIT_RUN_SIGNING_KEY=strange)
        self.assertEqual(done.code, 1, done)
        self.assertEqual(done.err.splitlines()[0], f"jit-approve: refused: your signature of request {request_id[:8]} does not count: "
                         "no line of the allowed signers names this key for jit-bob")
        self.assertIn("hint: ssh-keygen -lf KEY.pub ", done.err)
        weak = self.make_key("jit-bob", "weak", "-t", "rsa", "-b", "1024")
        done = self.approve(request_id, JIT_RUN_SIGNING_KEY=weak)
        self.assertNotEqual(done.code, 0, done)
        self.assertIn("1024 bits", done.err)
        self.assertEqual(self.request("jit-bob", request_id)["state"], "pending")
        self.withdraw(run, request_id)

    def test_a_key_that_is_over(self):
        self.allow("jit-bob", more='valid-before="20200101Z",')
        run, request_id = self.ask()
        done = self.approve(request_id)
        self.assertEqual(done.code, 1, done)
        self.assertIn("does not count: the line of the allowed signers that names this key for jit-bob is not valid at 20", done.err)
        self.withdraw(run, request_id)

    def test_a_key_that_is_revoked_between_approval_and_claim(self):
        self.policy(POLICY.replace("allowed_signers: signers", "allowed_signers: signers\nrevoked_signers: revoked"), )
        with open(self.keys["jit-carol"] + ".pub") as file:
            self.write_signers(file.read(), "revoked")
        self.restart()
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        done = self.approve(posted, "jit-carol")
        self.assertEqual(done.code, 1, done)
        self.assertIn("does not count: this key is revoked", done.err)
        self.assertEqual(self.approve(posted).code, 0)
        with open(self.keys["jit-bob"] + ".pub") as file:
            self.write_signers(file.read(), "revoked")
        done = self.call("jit-alice", "jit-run", "--request", posted, "--", "echo", "ran")
        self.assertIn(done.code, (116, 117), done)
        self.assertEqual(done.out, "")
        self.assertIn("revoked", done.err)

    def test_who_waits_in_vain_is_told(self):
        self.policy(POLICY.replace("[jit-bob, jit-carol]", "[jit-bob, jit-alice]"))
        self.allow("jit-carol", "jit-alice")
        self.restart()
        words = ("jit-run: as things are it cannot be approved: 1 of reviewers is missing: jit-bob has no key among the allowed signers\n")
        done = self.ok("jit-alice", "jit-run", "--no-wait", "--", "echo", "ran")
        self.assertIn(words, done.err)
        self.ok("jit-alice", "jit-approve", "withdraw", done.out.strip())
        self.assertEqual(self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "id").err, "")
        self.ok("jit-alice", "jit-approve", "withdraw", "--", self.pending("jit-bob")[0]["id"])
        run, request_id = self.ask()
        # It waits on: who is missing may be added.
        self.allow("jit-bob")
        self.assertEqual(self.approve(request_id).code, 0)
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)
        self.assertIn(words, done.err)
        self.assertNotIn("cannot be approved", self.ok("jit-alice", "jit-run", "--no-wait", "--", "id").err)

    def test_the_agent_signs(self):
        agent = subprocess.Popen(self.as_user("jit-bob", ["ssh-agent", "-D", "-a", os.path.join(self.home("jit-bob"), "agent")]),
                                 stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        env = {"SSH_AUTH_SOCK": os.path.join(self.home("jit-bob"), "agent")}
        deadline = time.monotonic() + harness.PATIENCE
        while not os.path.exists(env["SSH_AUTH_SOCK"]) and time.monotonic() < deadline:
            time.sleep(0.01)
        key = self.keys["jit-bob"]
        self.ok("jit-bob", "ssh-add", "-q", key, env=self.env("jit-bob", **env))
        os.rename(key, key + ".away")
        run, request_id = self.ask()
        public = key + ".pub"
        done = self.approve(request_id, JIT_RUN_SIGNING_KEY=public)
        self.assertNotEqual(done.code, 0)
        self.assertIn("no agent runs", done.err)
        done = self.approve(request_id, JIT_RUN_SIGNING_KEY=public, **env)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.finish(run).out, "ran\n")

    def test_a_certificate_of_an_authority(self):
        authority = self.make_key("root", "authority")
        with open(authority + ".pub") as file:
            self.write_signers(f'jit-bob cert-authority,namespaces="jit-run-review" {file.read()}')
        keygen("-q", "-s", authority, "-I", "bob", "-n", "jit-bob", "-V", "-1h:+1h", self.keys["jit-bob"] + ".pub")
        certificate = self.keys["jit-bob"] + "-cert.pub"
        os.chmod(certificate, 0o644)
        run, request_id = self.ask()
        self.assertEqual(self.approve(request_id).code, 1)  # the bare key
        done = self.approve(request_id, JIT_RUN_SIGNING_KEY=certificate)
        if done.code != 0:  # a certificate's private half is looked for in the agent only
            self.skipTest("this ssh-keygen signs by certificates only with an agent: " + done.err)
        self.assertEqual(self.finish(run).out, "ran\n")

    def test_in_the_inbox(self):
        run, request_id = self.ask()
        screen = self.terminal("jit-bob", "jit-approve", rows=60)
        screen.expect("echo ran")
        screen.send("\r")
        screen.expect("only signed approvals count")
        screen.send("a")
        screen.expect(r"reason \(optional\)")
        screen.send("fine\r")
        self.assertEqual(self.finish(run).out, "ran\n")
        self.assertIsNotNone(self.request("jit-bob", request_id)["reviews"][0]["signature"])

    def test_an_approval_for_another_request_or_message(self):
        """What is copied from elsewhere in the store is over something else."""
        first, first_id = self.ask()
        self.assertEqual(self.approve(first_id).code, 0)
        self.finish(first)
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        [review] = self.request("jit-bob", first_id)["reviews"]
        self.forge(posted, review)
        self.refuses(posted)

    def test_an_approval_that_was_edited(self):
        edits = {
            "reviewer": lambda request: request["reviews"][0].update(reviewer="jit-carol"),
            "message": lambda request: request["reviews"][0].update(message="other"),
            "time": lambda request: request["reviews"][0]["signature"].update(at=request["created_at"]),
            "server": lambda request: request["reviews"][0]["signature"].update(server="elsewhere"),
            "digest": lambda request: request.update(digest="sha256:" + 64 * "0"),
            "no signature": lambda request: request["reviews"][0].update(signature=None),
        }
        for name, edit in edits.items():
            with self.subTest(name=name):
                posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
                self.assertEqual(self.approve(posted).code, 0)
                self.edit(posted, edit)
                done = self.call("jit-alice", "jit-run", "--request", posted, "--", "echo", "ran")
                self.assertIn(done.code, (116, 117), done)
                self.assertEqual(done.out, "")

    def test_whoever_writes_the_store_approves_nothing(self):
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        self.forge(posted, {"reviewer": "jit-bob", "verdict": "approve", "message": "", "at": "2026-01-01T00:00:00.000Z", "signature": None})
        self.refuses(posted)
        # Nor does the requester's own key, under another's name.
        os.makedirs(os.path.join(self.dir, "elsewhere"), exist_ok=True)
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        request = self.request("jit-bob", posted)
        at = request["created_at"]
        statement = {"v": 1, "request": posted, "digest": request["digest"], "verdict": "approve", "reviewer": "jit-bob",
                     "at": at, "message": "", "server": "here"}
        text = json.dumps(statement, sort_keys=True, separators=(",", ":"))
        signature = subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "jit-run-review", "-f", self.keys["jit-alice"]],
                                   input=text, capture_output=True, text=True, check=True).stdout
        self.forge(posted, {"reviewer": "jit-bob", "verdict": "approve", "message": "", "at": at,
                            "signature": {"text": signature, "at": at, "server": "here"}})
        self.refuses(posted)
        # The proof that these can fail: the right key.
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        request = self.request("jit-bob", posted)
        statement.update(request=posted, digest=request["digest"], at=request["created_at"])
        text = json.dumps(statement, sort_keys=True, separators=(",", ":"))
        signature = subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "jit-run-review", "-f", self.keys["jit-bob"]],
                                   input=text, capture_output=True, text=True, check=True).stdout
        at = request["created_at"]
        self.forge(posted, {"reviewer": "jit-bob", "verdict": "approve", "message": "", "at": at,
                            "signature": {"text": signature, "at": at, "server": "here"}})
        done = self.call("jit-alice", "jit-run", "--quiet", "--request", posted, "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)

    SCOPED = """
allowed_signers: signers
groups:
  reviewers: [jit-bob, jit-carol]
rules:
  - {name: one, match: {command.name: echo}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m, signed: true}}
  - {name: any, match: {command.name: printf}, effect: ask,
     approval: {from: {reviewers: 1}, expires: 1m, signed: true, scope: rule, uses: 3}}
"""

    def scoped(self, *words):
        self.policy(self.SCOPED)
        self.restart()
        return self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", *words).out.strip()

    def runs(self, request_id, *words):
        return self.call("jit-alice", "jit-run", "--quiet", "--request", request_id, "--", *words)

    def test_an_approval_of_one_action_does_not_become_one_of_a_rule(self):
        posted = self.scoped("echo", "ran")
        self.assertEqual(self.approve(posted).code, 0)

        def widen(request):
            request["rules"] = ["any"]
            request["requirement"]["scope"] = "rule"

        self.edit(posted, widen)
        done = self.runs(posted, "printf", "other")
        self.assertIn(done.code, (116, 117), done)
        self.assertEqual(done.out, "")

    def test_what_the_reviewer_was_not_shown_is_not_signed(self):
        """That it is good for whatever the rule asks about, hidden while it is signed."""
        posted = self.scoped("printf", "ran")
        self.edit(posted, lambda request: request["requirement"].pop("scope"))
        self.assertEqual(self.approve(posted).code, 0)
        self.edit(posted, lambda request: request["requirement"].update(scope="rule"))
        done = self.runs(posted, "printf", "other")
        self.assertIn(done.code, (116, 117), done)
        self.assertEqual(done.out, "")
        checked = self.verified()
        self.assertEqual(checked.code, 1)
        self.assertIn("the approval by jit-bob has a signature that does not count", checked.err)

    def test_an_approval_of_a_rule_is_signed_as_one(self):
        posted = self.scoped("printf", "ran")
        self.assertEqual(self.approve(posted).code, 0)
        self.assertEqual(self.runs(posted, "printf", "other").out, "other")
        self.assertIn("1 signature valid", self.verified().out)

    def verified(self):
        trail = os.path.join(self.dir, "scoped")
        with open(trail, "w") as file:
            file.write(self.trail())
        return self.call("root", "jit-audit", "verify", "--from", trail, "--signers", os.path.join(self.dir, "signers"))

    def set_clock(self, minutes):
        with sqlite3.connect(os.path.join(self.directory(), "jit-run.db"), timeout=20) as database:
            database.execute("UPDATE clock SET store_time = store_time + ?", (minutes * 60_000,))

    def test_a_clock_that_is_set_on_dates_no_signature(self):
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()
        self.edit(posted, lambda request: request.update(expires_at="2099-01-01T00:00:00.000Z"))
        self.set_clock(20)
        done = self.approve(posted)
        self.assertEqual(done.code, 117, done)
        self.assertIn("the backend's clock and this machine's are", done.err)

    def forge(self, request_id, review):
        """As whoever can write the store: approved, by this review."""
        self.edit(request_id, lambda request: request.update(state="approved", reviews=[review], valid_until=request["expires_at"]))

    def edit(self, request_id, change):
        with sqlite3.connect(os.path.join(self.directory(), "jit-run.db"), timeout=20) as database:
            [(text,)] = database.execute("SELECT request FROM requests WHERE id = ?", (request_id,))
            request = json.loads(text)
            change(request)
            database.execute("UPDATE requests SET state = ?, request = ?, version = version + 1 WHERE id = ?",
                             (request["state"], json.dumps(request, sort_keys=True, separators=(",", ":")), request_id))

    def refuses(self, request_id):
        done = self.call("jit-alice", "jit-run", "--request", request_id, "--", "echo", "ran")
        self.assertIn(done.code, (116, 117), done)
        self.assertEqual(done.out, "")
        self.assertIn("signature", done.err)


class Embedded(Suite, harness.World):
    shared = True

    def open_backend(self):
        super().policy(POLICY)

    def directory(self):
        return self.backend.removeprefix("local:")

    def trail(self):
        return self.ok("jit-bob", "jit-audit", "export", "--format", "jsonl").out


class OverHttp(Suite, server_test.Served):
    def directory(self):
        return self.store

    def trail(self):
        return self.ok("root", "jit-audit", "--backend", "local:" + self.store, "export", "--format", "jsonl").out


class OverAHelper(Signing, backends_test.Helpers):
    """Whoever runs the backend decides nothing: it says that it was approved, and jit-run looks at the signatures."""

    def open_backend(self):
        super().policy(POLICY)
        self.use_files("forger")

    def lie(self, what):
        self.helper("jit-backend-forger", backends_test.forger(what))

    def run_now(self):
        return self.call("jit-alice", "jit-run", "--wait", "5s", "--", "echo", "ran")

    def test_granted_without_any_approval(self):
        self.lie("pass")
        done = self.run_now()
        self.assertEqual((done.code, done.out), (117, ""), done)
        self.assertIn("the valid signatures do not suffice", done.err)

    def test_nobody_need_be_asked(self):
        self.lie("if method == 'ask': raise files.Refused(3, 'free', {'effect': 'allow', 'rules': [], 'message': None})")
        done = self.run_now()
        self.assertEqual((done.code, done.out), (117, ""), done)

    def test_a_requester_who_is_another(self):
        """The requester's own signature does not count, whoever the backend says asked."""
        self.allow("jit-alice", "jit-bob")
        super().policy(POLICY.replace("[jit-bob, jit-carol]", "[jit-alice, jit-bob]"))
        run, request_id = self.ask()
        path = os.path.join(self.backend.removeprefix("forger:"), request_id + ".json")
        with open(path) as file:
            request = json.load(file)
        with open(path, "w") as file:
            json.dump({**request, "requester": "jit-carol"}, file)
        self.assertEqual(self.approve(request_id, "jit-alice").code, 0)
        with open(path) as file:
            request = json.load(file)
        with open(path, "w") as file:
            json.dump({**request, "requester": "jit-alice"}, file)
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (117, ""), done)

    def test_signed_it_runs(self):
        run, request_id = self.ask()
        self.assertEqual(self.approve(request_id).code, 0)
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)


class Meanwhile(OverAHelper):
    """What changes while the backend is asked."""

    def helps(self, what):
        self.helper("jit-backend-forger", backends_test.changed_example(what + "\nreturn honest(opened, call, more)"))

    def test_another_program_is_found_by_its_name(self):
        early = os.path.join(self.home("jit-alice"), "early")
        os.mkdir(early)
        with open(os.path.join(early, "uptime"), "w") as file:
            file.write("#!/bin/sh\necho unapproved\n")
        os.chmod(file.name, 0o755)
        for path in (early, file.name):
            shutil.chown(path, "jit-alice")
        self.helps(f"there, away = {file.name!r}, {file.name + '.away'!r}\n"
                   "if os.getuid() == os.stat(os.path.dirname(there)).st_uid:\n"
                   "    if method == 'describe': os.rename(there, away)\n"
                   "    if method == 'claim': os.rename(away, there)\n")
        os.chmod(self.home("jit-alice"), 0o755)
        env = self.env("jit-alice")
        env["PATH"] = early + ":" + env["PATH"]
        run, request_id = self.ask("uptime", env=env)
        self.assertNotIn("early", self.request("jit-bob", request_id)["context"]["command"]["path"])
        self.assertEqual(self.approve(request_id).code, 0)
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("the program was", done.err)

    def test_asked_anew_for_what_must_be_signed(self):
        work = os.path.join(self.dir, "work")
        os.mkdir(work)
        for command in (["init", "-q", "-b", "dev"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"],
                        ["branch", "prod"]):
            subprocess.run(["git", "-C", work, *command], check=True, capture_output=True)
        subprocess.run(["chown", "-R", "jit-alice:", work], check=True)
        self.policy(POLICY.replace("match: {}", "match: {git.branch: prod}") +
                    "  - {name: rest, match: {}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m}}\n")
        self.helps(f"work = {work!r}\n"
                   "if method == 'get' or method == 'claim':\n"
                   "    result = honest(opened, {'method': 'get', 'params': call['params']})\n"
                   "    request = result['request']\n"
                   "    request.update(state='approved', valid_until=request['expires_at'])\n"
                   "    if method == 'get': return result\n"
                   "    subprocess.run(['git', '-C', work, 'checkout', '-q', 'prod'], check=True)\n"
                   "    return {'granted': False, 'differences': ['it'], 'request': dict(request, state='changed')}\n"
                   "if method == 'ask' and call['params']['earlier']:\n"
                   "    raise files.Refused(3, '', {'effect': 'allow', 'rules': [], 'message': None, 'problem': None})\n")
        done = self.call("jit-alice", "jit-run", "--retry-changed", "--", "echo", "ran", cwd=work)
        self.assertEqual((done.code, done.out), (117, ""), done)
        self.assertIn("count only signed approvals", done.err)


for name in dir(OverAHelper):
    if name.startswith("test_"):
        setattr(Meanwhile, name, None)


class Loaded(Signing, harness.World):
    """What is wrong with the keys is wrong with the policies: nothing runs."""

    shared = True

    def open_backend(self):
        super().policy(POLICY)

    def refused(self, signers, why, mode=0o644):
        self.write_signers(signers)
        os.chmod(os.path.join(self.dir, "signers"), mode)
        for command in (["jit-policy", "check", self.policy_file], ["jit-run", "--", "echo", "ran"]):
            done = self.call("jit-alice", *command)
            self.assertEqual(done.code, 125, done)
            self.assertNotIn("ran\n", done.out)
            self.assertIn(why, done.out + done.err)
            self.assertIn("policy.yaml:3:18", done.out + done.err)

    def test_what_is_refused(self):
        with open(self.keys["jit-bob"] + ".pub") as file:
            key = " ".join(file.read().split()[:2])
        names = 'namespaces="jit-run-review"'
        self.refused(f"* {names} {key}\n", "stands for many")
        self.refused(f"jit-* {names} {key}\n", "stands for many")
        self.refused(f"jit-bob,!jit-carol {names} {key}\n", "stands for many")
        self.refused(f"jit-bob {key}\n", "without namespaces=")
        self.refused(f'jit-bob namespaces="*" {key}\n', "wildcard")
        self.refused(f'jit-bob namespaces="git" {key}\n', "nobody may sign")
        self.refused("", "nobody may sign")
        self.refused(f"jit-bob,jit-carol {names} {key}\n", "a key is one person's")
        self.refused(f"jit-bob {names} {key}\njit-carol {names} {key}\n", "a key is one person's")
        self.refused(f"jit-bob {names} ssh-ed25519 AAAA\n", "no public key")
        self.refused(f"jit-bob {names} {key}\n", "others may write", mode=0o666)
        weak = self.make_key("root", "weak", "-t", "rsa", "-b", "2048")
        with open(weak + ".pub") as file:
            self.refused(f"jit-bob {names} {file.read()}", "2048 bits")
        os.unlink(os.path.join(self.dir, "signers"))
        os.mkfifo(os.path.join(self.dir, "signers"))
        done = self.call("jit-alice", "jit-policy", "check", self.policy_file)
        self.assertEqual(done.code, 125, done)

    def test_what_becomes_wrong_later(self):
        """A set that was compiled rests on the keys that there were."""
        super().policy(POLICY.replace("rules:\n", "rules:\n  - {name: free, match: {command.name: 'true'}, effect: allow}\n"))
        time.sleep(0.3)  # older than what is too new to be kept
        for _ in range(2):
            self.ok("jit-alice", "jit-run", "--", "true")
        self.write_signers("* nonsense\n")
        done = self.call("jit-alice", "jit-run", "--", "true")
        self.assertEqual(done.code, 125, done)

    def test_signed_without_signers(self):
        super().policy(POLICY.replace("allowed_signers: signers\n", ""))
        done = self.call("jit-alice", "jit-policy", "check", self.policy_file)
        self.assertEqual(done.code, 125)
        self.assertIn("nobody could approve: only signatures count here", done.out)

    def test_signed_by_nobody_who_may_approve(self):
        self.allow("jit-alice")
        done = self.call("jit-alice", "jit-policy", "check", self.policy_file)
        self.assertEqual(done.code, 125)
        self.assertIn('too few have a key in "allowed_signers"', done.out)
        self.allow("jit-alice", "jit-bob")
        self.ok("jit-alice", "jit-policy", "check", self.policy_file)
        super().policy(POLICY.replace("{reviewers: 1}", "{reviewers: 2}"))
        self.assertEqual(self.call("jit-alice", "jit-policy", "check", self.policy_file).code, 125)

    def test_who_could(self):
        self.allow("jit-carol")
        done = self.call("jit-alice", "jit-policy", "who", "--", "echo", "x")
        self.assertEqual(done.code, 0, done)
        self.assertIn("1 of reviewers: jit-carol\n", done.out)


if __name__ == "__main__":
    harness.main()
