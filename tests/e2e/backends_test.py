#!/usr/bin/env python3
"""What jit-run and jit-approve do is the same whatever the backend: every test here runs against each of them."""
import json
import os
import shutil
import signal
import textwrap
import time

import harness

SOURCE = os.environ.get("JIT_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
EXAMPLE = os.path.join(SOURCE, "examples", "jit-backend-files")
POLICY = """
rules:
  - {name: all, match: {}, effect: ask, approval: {from: {anyone: 1}, expires: 1m}}
"""


class Suite:
    """Alice asks, bob decides; `open_backend` sets self.backend."""

    shows_what_changed = True

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        self.open_backend()

    def post(self, *command, user="jit-alice", **options):
        return self.ok(user, "jit-run", "--no-wait", "--quiet", "--", *command, **options).out.strip()

    def resume(self, request_id, *command, **options):
        return self.call("jit-alice", "jit-run", "--quiet", "--request", request_id, "--", *command, **options)

    def approve(self, request_id, user="jit-bob"):
        return self.call(user, "jit-approve", "approve", request_id, "--yes", "-m", "fine")

    def state(self, request_id):
        return self.request("jit-bob", request_id)["state"]

    def test_approved_while_it_waits(self):
        waiting = self.start("jit-alice", "jit-run", "--reason", "because", "--", "echo", "ran")
        request = self.pending("jit-bob")[0]
        self.assertEqual((request["requester"], request["reason"]), ("jit-alice", "because"))
        self.assertEqual(request["context"]["command"]["argv"], ["echo", "ran"])
        self.assertEqual(self.approve(request["id"][:8]).code, 0)
        done = self.finish(waiting)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)
        self.assertIn("waiting for 1 of anyone", done.err)
        self.assertEqual(self.state(request["id"]), "started")

    def test_denied(self):
        waiting = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        request = self.pending("jit-bob")[0]
        self.ok("jit-bob", "jit-approve", "deny", request["id"], "-m", "not tonight")
        done = self.finish(waiting)
        self.assertEqual((done.code, done.out), (113, ""), done)
        self.assertIn("not tonight", done.err)

    def test_expired(self):
        done = self.call("jit-alice", "jit-run", "--wait", "300ms", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (114, ""), done)

    def test_withdrawn_by_a_signal(self):
        waiting = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        request = self.pending("jit-bob")[0]
        started = time.monotonic()
        waiting.send_signal(signal.SIGTERM)
        done = self.finish(waiting)
        self.assertEqual(done.code, -signal.SIGTERM, done)
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(self.state(request["id"]), "withdrawn", done)
        refused = self.approve(request["id"])
        self.assertEqual(refused.code, 1, refused)

    def test_posted_and_resumed(self):
        request_id = self.post("echo", "ran")
        self.assertEqual(self.approve(request_id).code, 0)
        done = self.resume(request_id, "echo", "ran")
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)
        again = self.resume(request_id, "echo", "ran")
        self.assertEqual((again.code, again.out), (113, ""), again)

    def test_another_action_is_refused(self):
        request_id = self.post("echo", "ran")
        self.assertEqual(self.approve(request_id).code, 0)
        done = self.resume(request_id, "echo", "something else")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertEqual(self.state(request_id), "changed")

    def test_a_script_that_changes_is_refused(self):
        script = os.path.join(self.home("jit-alice"), "job.sh")
        with open(script, "w") as file:
            file.write("echo one\n")
        shutil.chown(script, "jit-alice")
        request_id = self.post("sh", script)
        self.assertEqual(self.approve(request_id).code, 0)
        with open(script, "w") as file:
            file.write("echo two\n")
        done = self.resume(request_id, "sh", script)
        self.assertEqual((done.code, done.out), (116, ""), done)

    def test_what_changed_is_asked_anew(self):
        script = os.path.join(self.home("jit-alice"), "job.sh")
        with open(script, "w") as file:
            file.write("echo one\n")
        waiting = self.start("jit-alice", "jit-run", "--retry-changed", "--reason", "why", "--", "sh", script)
        first = self.pending("jit-bob")[0]["id"]
        with open(script, "w") as file:
            file.write("echo two\n")
        self.approve(first)
        second = self.pending("jit-bob")[0]
        self.assertEqual(self.state(first), "changed")
        self.assertEqual(second["reason"], "why")
        if self.shows_what_changed:
            self.assertEqual(second["earlier"]["request"], first)
            self.assertEqual(second["earlier"]["differences"], [f"{script}: content changed"])
            shown = self.ok("jit-bob", "jit-approve", "show", second["id"]).out
            self.assertIn(f"Asked anew: request {first[:8]} ", shown)
            self.assertIn(second["earlier"]["differences"][0], shown)
        self.approve(second["id"])
        done = self.finish(waiting)
        self.assertEqual((done.code, done.out), (0, "two\n"), done)

    def test_nobody_approves_themselves(self):
        request_id = self.post("echo", "ran")
        refused = self.approve(request_id, user="jit-alice")
        self.assertEqual(refused.code, 1, refused)
        self.assertEqual(self.state(request_id), "pending")

    def test_a_second_review_by_one_person_is_refused(self):
        request_id = self.post("echo", "ran")
        self.assertEqual(self.approve(request_id).code, 0)
        self.assertEqual(self.approve(request_id).code, 1)
        self.assertEqual(self.state(request_id), "approved")

    def test_taken_back(self):
        request_id = self.post("echo", "ran")
        self.assertEqual(self.approve(request_id).code, 0)
        self.ok("jit-bob", "jit-approve", "revoke", request_id, "-m", "stop")
        done = self.resume(request_id, "echo", "ran")
        self.assertEqual((done.code, done.out), (113, ""), done)

    def test_of_many_claims_one_runs(self):
        request_id = self.post("echo", "ran")
        self.assertEqual(self.approve(request_id).code, 0)
        claims = [self.start("jit-alice", "jit-run", "--quiet", "--request", request_id, "--", "echo", "ran")
                  for _ in range(16)]
        ended = [self.finish(claim, seconds=60) for claim in claims]
        self.assertEqual([done.out for done in ended].count("ran\n"), 1, ended)
        self.assertEqual(sorted({done.code for done in ended}), [0, 113], ended)

    def test_only_the_requester_runs_it(self):
        request_id = self.post("echo", "ran")
        self.assertEqual(self.approve(request_id).code, 0)
        done = self.call("jit-carol", "jit-run", "--request", request_id, "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (125, ""), done)
        self.assertEqual(self.state(request_id), "approved")

    def test_lists_and_names(self):
        ids = [self.post("echo", str(number)) for number in range(3)]
        listed = json.loads(self.ok("jit-bob", "jit-approve", "list", "--json").out)
        self.assertEqual([request["id"] for request in listed], ids)
        self.assertEqual(json.loads(self.ok("jit-alice", "jit-approve", "list", "--json").out), [])
        self.assertEqual(len(json.loads(self.ok("jit-alice", "jit-approve", "list", "--all", "--json").out)), 3)
        for name in (ids[0], ids[0][:12]):
            self.assertEqual(self.request("jit-bob", name)["id"], ids[0])
        for name in ("zzzzzzzz", "../../etc/passwd", "' OR 1=1", "a" * 26, ids[0] + "a"):
            self.assertEqual(self.call("jit-bob", "jit-approve", "show", name).code, 1)

    def test_watched(self):
        self.post("echo", "before")  # jit-approve takes a named store that is not there for a slip
        watching = self.start("jit-bob", "jit-approve", "watch", "--json")
        time.sleep(0.5)
        request_id = self.post("echo", "ran")
        self.assertEqual(self.approve(request_id).code, 0)
        events = [json.loads(watching.stdout.readline()) for _ in range(2)]
        watching.terminate()
        self.finish(watching)
        self.assertEqual([(event["request"], event["event"]) for event in events],
                         [(request_id, "asked"), (request_id, "reviewed")], events)


class Local(Suite, harness.World):
    shared = True

    def open_backend(self):
        pass


class Helpers(harness.World):
    """A world with a directory for helpers that only root writes."""

    def helper(self, name, text):
        path = os.path.join(self.helpers, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def setUp(self):
        super().setUp()
        self.helpers = os.path.join(self.dir, "helpers")
        os.mkdir(self.helpers, 0o755)

    def env(self, user, **more):
        return super().env(user, JIT_RUN_HELPER_PATH=self.helpers, **more)

    def use_files(self, scheme="files"):
        """The example in Python, under this name, over a directory that all share."""
        shutil.copy(EXAMPLE, os.path.join(self.helpers, "jit-backend-" + scheme))
        directory = os.path.join(self.dir, "requests")
        os.mkdir(directory)
        shutil.chown(directory, "root", harness.GROUP)
        os.chmod(directory, 0o2770)
        self.backend = f"{scheme}:{directory}"


class Files(Suite, Helpers):
    """The example in Python."""

    shows_what_changed = False

    def open_backend(self):
        self.use_files()


LIAR = """\
#!/usr/bin/env python3
import json, sys, time
for line in sys.stdin:
    call = json.loads(line)
    answer = {"jsonrpc": "2.0", "id": call["id"]}
    def reply(result): print(json.dumps({**answer, "result": result}), flush=True)
    if call["method"] == "describe":
        reply({"protocol": 1, "user": "jit-alice", "operator": False, "now": "2026-11-22T10:14:00.123Z"})
        continue
    %s
"""


class HelpersThatFail(Helpers):
    """Whatever a helper does, nothing runs, and the exit code is 117."""

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        self.backend = "liar:x"

    def refused(self, behaviour, code=117):
        self.helper("jit-backend-liar", LIAR % textwrap.indent(behaviour, "    ").strip())
        done = self.call("jit-alice", "jit-run", "--quiet", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (code, ""), done)
        return done

    def test_dies(self):
        self.assertIn("ended with exit code 1\n", self.refused("sys.exit(1)").err)
        self.assertIn("was killed by signal 9\n", self.refused("import os; os.kill(os.getpid(), 9)").err)

    def test_reads_a_large_call_late(self):
        """On a machine that was stopped for a moment, say: that is no end of it."""
        self.policy(POLICY.replace("effect: ask,", "effect: ask, preview: [seq, '1', '20000'],"))
        answer = 'print(json.dumps({**answer, "error": {"code": 4, "message": f"{len(line) > 1e5}"}}), flush=True)'
        self.helper("jit-backend-liar", (LIAR % answer).replace("continue", "time.sleep(3); continue"))
        done = self.call("jit-alice", "jit-run", "--quiet", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (125, ""), done)
        self.assertIn("jit-run: True\n", done.err)

    def test_answers_nonsense(self):
        for text in ("<html>", "{}", "[]", '{"jsonrpc": "2.0", "id": 2}', "\\x00", "null"):
            self.refused(f"print({text!r}, flush=True)")

    def test_answers_what_nobody_asked(self):
        self.refused('answer["id"] += 1; reply({})')

    def test_makes_no_request(self):
        self.refused("reply({})")

    def test_names_another_kind_of_error(self):
        self.refused('print(json.dumps({**answer, "error": {"code": 77, "message": "\\x1b[2J"}}), flush=True)')

    def test_a_setting_is_wrong(self):
        done = self.refused(
            'print(json.dumps({**answer, "error": {"code": 4, "message": "no token", "data": {"hint": "make one"}}}), flush=True)', 125)
        self.assertIn("hint: make one", done.err)

    def test_a_policy_of_its_own_denies(self):
        self.refused('print(json.dumps({**answer, "error": {"code": 3, "message": "", "data": '
                     '{"effect": "deny", "rules": ["r"], "message": "no", "problem": None}}}), flush=True)', 113)

    def test_says_much_before_it_reads_on(self):
        """Two that only write would wait for each other: what it says is taken while it is told something large."""
        self.policy(POLICY.replace("effect: ask,", "effect: ask, preview: [seq, '1', '20000'],"))
        answer = 'print(json.dumps({**answer, "error": {"code": 4, "message": f"{len(line) > 1e5}"}}), flush=True)'
        said = """print(json.dumps({"jsonrpc": "2.0", "method": "trouble", "params": {"message": "x" * 300000}}), flush=True)"""
        text = (LIAR % answer).replace("continue", "time.sleep(1); " + said + "; continue")
        self.helper("jit-backend-liar", text)
        started = time.monotonic()
        done = self.call("jit-alice", "jit-run", "--quiet", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (125, ""), done.err[-300:])
        self.assertIn("jit-run: True\n", done.err)
        self.assertLess(time.monotonic() - started, 10)

    def test_writable_by_others(self):
        path = self.helper("jit-backend-liar", LIAR % "pass")
        os.chmod(path, 0o777)
        done = self.call("jit-alice", "jit-run", "--quiet", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (125, ""), done)

    def test_not_there(self):
        self.backend = "nowhere:x"
        done = self.call("jit-alice", "jit-run", "--quiet", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (125, ""), done)
        self.assertIn("jit-backend-nowhere", done.err)


def changed_example(handle):
    """The example, which answers calls as `handle(opened, call, more)` does; `honest` is what it would have been."""
    return f"""\
#!/usr/bin/env python3
import importlib.machinery, importlib.util, os, subprocess
loader = importlib.machinery.SourceFileLoader("files", {EXAMPLE!r})
files = importlib.util.module_from_spec(importlib.util.spec_from_loader("files", loader))
loader.exec_module(files)
honest = files.handle
def handle(opened, call, more=False):
    method = call["method"]
{textwrap.indent(handle, "    ")}
files.handle = handle
files.main()
"""


def forger(lie):
    """What it answers is changed on the way out. Of a claim it answers what nobody decided."""
    return changed_example('''\
if method == "claim":
    request = dict(honest(opened, {"method": "get", "params": call["params"]})["request"], state="started", uses_left=0)
    result = {"granted": True, "differences": [], "request": request}
else:
    result = honest(opened, call, more)
    request = result.get("request", {})
    if method == "get": request.update(state="approved", valid_until=request["expires_at"])
''' + lie + "\nreturn result")


class HelpersThatLie(Helpers):
    """Whoever runs the backend decides; but not on something else than what would run."""

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        directory = os.path.join(self.dir, "requests")
        os.mkdir(directory)
        os.chmod(directory, 0o1777)
        self.backend = "forger:" + directory

    def run_with(self, lie, *options):
        self.helper("jit-backend-forger", forger(lie))
        return self.call("jit-alice", "jit-run", *(options or ["--quiet"]), "--wait", "5s", "--", "echo", "ran")

    def refused(self, lie):
        done = self.run_with(lie)
        self.assertEqual((done.code, done.out), (117, ""), done)
        return done

    def test_it_is_believed_where_nothing_speaks_against_it(self):
        """The proof that the tests below can fail."""
        done = self.run_with("pass")
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)

    def test_another_request(self):
        for method in ("get", "claim"):
            done = self.refused(f"if method == {method!r}: request['id'] = 'a' * 26")
            self.assertIn("another one", done.err)

    def test_a_digest_that_stands_for_something_else(self):
        for method in ("ask", "get", "claim"):
            self.refused(f"if method == {method!r}: request['digest'] = 'sha256:' + '0' * 64")

    def test_a_request_for_something_else(self):
        for method in ("ask", "claim"):
            self.refused(f"if method == {method!r}:\n"
                         "    request['context']['command']['argv'] = ['rm']\n"
                         "    request['digest'] = files.digest(request['context'])")

    def test_a_claim_that_was_not_granted(self):
        done = self.run_with("if method == 'claim': result['granted'] = False")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.refused("if method == 'claim': request['state'] = 'pending'")

    def test_a_request_that_never_ends(self):
        done = self.run_with("if method in ('ask', 'get'): request.update(state='pending', expires_at='2026-11-22T10:14:00.123Z')")
        self.assertEqual((done.code, done.out), (114, ""), done)

    def test_trouble_is_told_in_one_line_and_not_without_end(self):
        said = {"jsonrpc": "2.0", "method": "trouble", "params": {"message": "a\njit-run: b\x1b[2J"}}
        tell = f"if method == 'ask': print({json.dumps(json.dumps(said))}, flush=True)"
        done = self.run_with(tell, "--color=never")
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)
        self.assertIn("jit-run: a jit-run: b\\x1b[2J\n", done.err)
        self.refused("for _ in range(200):\n    " + tell)

    def test_an_unknown_state(self):
        self.refused("if method == 'get': request['state'] = 'fine'")


if __name__ == "__main__":
    harness.main()
