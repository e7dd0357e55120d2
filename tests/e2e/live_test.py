#!/usr/bin/env python3
"""What is on fire now: rules read it, approvers see it, and it is looked at again when the command would start."""
import json
import os
import shutil
import threading
import time
import unittest

import harness
import server_test
import sources

GROUPS = "groups: {sre: [jit-bob, jit-carol]}\n"
RULES = """rules:
  - {name: fire, match: {command.name: echo, warnings.critical: {above: 0}}, effect: ask, approval: {from: {sre: 2}, expires: 1m}}
  - {name: calm, match: {command.name: echo}, effect: ask, approval: {from: {sre: 1}, expires: 1m}}
  - {name: quiet-only, match: {command.name: 'true', warnings.critical: 0, warnings.unknown: 0}, effect: allow}
  - {name: free, match: {command.name: [cat, id]}, effect: allow}
  - {name: rest, match: {}, effect: deny, message: not while it burns}
"""


class Suite:
    """Alice asks, bob and carol decide; one Alertmanager says what is active."""

    def setUp(self):
        super().setUp()
        self.sources = sources.Sources()
        self.addCleanup(self.sources.stop)
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms}}")

    def use(self, *lines, rules=RULES):
        self.policy(GROUPS + "warnings:\n" + "".join(f"  {line}\n" for line in lines) + rules)
        self.restart()

    def post(self, *command):
        return self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", *command).out.strip()

    def resume(self, posted, *words):
        return self.call("jit-alice", "jit-run", *words, "--request", posted, "--", "echo", "ran")

    def approve(self, posted, user="jit-bob"):
        return self.ok(user, "jit-approve", "approve", "--yes", posted)

    def warnings(self, posted):
        return self.request("jit-bob", posted)["context"]["warnings"]

    def needed(self, posted):
        return self.request("jit-bob", posted)["requirement"]["from"]

    def test_an_approver_sees_what_is_active(self):
        self.sources.alerts = [sources.alert("Disk", "warning", "full"), sources.alert("Down", instance="db1")]
        posted = self.post("echo", "ran")
        self.assertEqual(self.needed(posted), [{"sre": 2}])
        warnings = self.warnings(posted)
        self.assertEqual((warnings["critical"], warnings["warning"], warnings["unknown"]), (1, 1, 0))
        self.assertEqual(warnings["active"][0], {
            "source": "alerts", "severity": "critical", "summary": "Down: it is down", "since": sources.SINCE,
            "labels": {"alertname": "Down", "severity": "critical", "instance": "db1"}})
        shown = self.ok("jit-bob", "jit-approve", "show", posted).out
        self.assertRegex(shown, r"Warnings +1 critical, 1 warning, 0 unknown\n")
        self.assertRegex(shown, r"Active alert +critical Down: it is down \(from alerts, since 2026")
        self.assertIn("! active now: critical: Down: it is down (from ", shown.split("Request")[0])
        self.assertRegex(self.ok("jit-bob", "jit-approve", "list").out, r"! +echo ran")
        self.assertIn("active=true&silenced=false&inhibited=false", self.sources.asked[-1])

    def test_a_new_alert_raises_the_quorum_and_its_end_lets_it_run(self):
        posted = self.post("echo", "ran")
        self.assertEqual(self.needed(posted), [{"sre": 1}])
        self.approve(posted)
        self.sources.alerts = [sources.alert("InstanceDown")]
        done = self.resume(posted)
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("still missing 1 of sre", done.err)
        self.assertIn(f"warnings: InstanceDown: it is down (critical, from alerts) is active since {sources.SINCE}", done.err)
        self.sources.alerts = []
        posted = self.post("echo", "ran")
        self.approve(posted)
        done = self.resume(posted)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)

    def test_what_was_resolved_meanwhile_lets_it_run(self):
        self.sources.alerts = [sources.alert("InstanceDown")]
        posted = self.post("echo", "ran")
        for user in ("jit-bob", "jit-carol"):
            self.approve(posted, user)
        self.sources.alerts = []
        done = self.resume(posted)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)

    def test_asked_anew_the_approvers_are_told(self):
        posted = self.post("echo", "ran")
        self.approve(posted)
        self.sources.alerts = [sources.alert("InstanceDown")]
        run = self.start("jit-alice", "jit-run", "--retry-changed", "--request", posted, "--", "echo", "ran")
        [again] = self.pending("jit-bob")
        self.assertEqual(again["requirement"]["from"], [{"sre": 2}])
        self.assertIn("InstanceDown: it is down (critical, from alerts) is active since", json.dumps(again["earlier"]))
        for user in ("jit-bob", "jit-carol"):
            self.approve(again["id"], user)
        self.assertEqual(self.finish(run).out, "ran\n")

    def test_nothing_is_allowed_while_nothing_is_known(self):
        self.ok("jit-alice", "jit-run", "--", "true")
        for mode in ("hang", "redirect", "status", "garbage", "megabytes", "deep", "type", "trickle", "empty", "cut", "many"):
            with self.subTest(mode):
                self.sources.mode = mode
                self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms, timeout: 500ms}}")
                began = time.monotonic()
                done = self.call("jit-alice", "jit-run", "--", "true")
                self.assertEqual((done.code, done.out), (113, ""), done)
                self.assertLess(time.monotonic() - began, 5)
                posted = self.post("echo", "ran")
                self.assertEqual(self.needed(posted), [{"sre": 2}])  # it may be critical
                warnings = self.warnings(posted)
                self.assertEqual((warnings["critical"], warnings["warning"], warnings["unknown"]), (0, 0, 1))
                self.assertEqual(warnings["active"][0]["severity"], "unknown")
                self.assertTrue(warnings["active"][0]["summary"].startswith("nothing is known of it: "))
                self.ok("jit-alice", "jit-run", "--", "id")  # what reads no warnings waits for none

    def test_rules_may_say_what_unknown_means(self):
        self.sources.mode = "garbage"
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms}}", rules="""rules:
  - {name: blind, match: {command.name: echo, warnings.unknown: {above: 0}}, effect: deny, message: nobody can see}
  - {name: calm, match: {}, effect: ask}
""")
        done = self.call("jit-alice", "jit-run", "--", "echo", "ran")
        self.assertEqual(done.code, 113)
        self.assertIn("nobody can see", done.err)

    DENIES = """rules:
  - {name: fire, match: {warnings.critical: {above: 0}}, effect: deny, message: not while it burns}
  - {name: calm, match: {}, effect: ask, approval: {from: {sre: 1}, expires: 1m}}
"""

    def test_who_is_denied_is_told_which_warnings(self):
        self.use("notices: {file: /nonexistent/notices}", rules=self.DENIES)
        done = self.call("jit-alice", "jit-run", "--", "echo", "ran")
        self.assertEqual((done.code, done.out), (113, ""), done)
        self.assertIn("denied by policy: not while it burns\njit-run:   warnings: source notices says nothing: there is no file", done.err)
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms}}", rules=self.DENIES)
        posted = self.post("echo", "ran")
        self.approve(posted)
        self.sources.alerts = [sources.alert("InstanceDown")]
        done = self.resume(posted)
        self.assertEqual((done.code, done.out), (113, ""), done)
        self.assertIn(f"warnings: InstanceDown: it is down (critical, from alerts) is active since {sources.SINCE}", done.err)
        until = self.request("jit-bob", posted)["valid_until"]
        self.assertIn(f"the approval of request {posted[:8]} stands until {until}: jit-run --request {posted[:8]}", done.err)
        self.sources.alerts = []
        done = self.resume(posted)
        self.assertEqual((done.code, done.out), (0, "ran\n"), done)

    def test_what_is_denied_anyway_is_not_blamed_on_warnings(self):
        self.sources.alerts = [sources.alert("InstanceDown")]
        never = "rules:\n  - {name: never, match: {command.name: rm}, effect: deny}\n"
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms}}", rules=self.DENIES.replace("rules:\n", never))
        done = self.call("jit-alice", "jit-run", "--", "rm", "x")
        self.assertEqual(done.code, 113)
        self.assertNotIn("InstanceDown", done.err)

    def test_one_that_hangs_costs_its_time_alone(self):
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms}}",
                 f"slow: {{http: '{self.sources.url}/hang', timeout: 300ms}}")
        self.sources.alerts = [sources.alert("InstanceDown")]
        warnings = self.warnings(self.post("echo", "ran"))
        self.assertEqual((warnings["critical"], warnings["unknown"]), (1, 1))
        self.assertIn("did not answer within 300ms", warnings["active"][1]["summary"])

    def test_labels_select_what_is_about_the_command(self):
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms, labels: "
                 "{cluster: '{command.options.context}', team: [core, '']}}",
                 rules=RULES.replace("command.name: echo", "command.name: [echo, env]"))
        self.policy(open(self.policy_file).read().removeprefix("version: 1\n") + "commands: {echo: {value_options: [--context]}}\n")
        self.restart()
        self.sources.alerts = [sources.alert("Here", cluster="eu"), sources.alert("There", cluster="us"),
                               sources.alert("Theirs", cluster="eu", team="web"), sources.alert("Core", cluster="eu", team="core")]
        names = lambda *words: [a["labels"]["alertname"] for a in self.warnings(self.post(*words))["active"]]
        self.assertEqual(names("echo", "--context", "eu"), ["Here", "Core"])
        self.assertEqual(names("echo", "--context=us"), ["There"])
        # Where it cannot be told, all of them count.
        self.assertEqual(names("echo", "hello"), ["Here", "There", "Core"])
        self.assertEqual(names("echo", "--context", "eu", "--context", "us"), ["Here", "There", "Core"])
        self.assertEqual(names("env", "echo", "--context", "eu"), ["Here", "There", "Core"])

    def test_each_kind_of_source(self):
        notices, program = os.path.join(self.dir, "notices"), os.path.join(self.dir, "program")
        with open(notices, "w") as file:
            file.write("# the network is rebuilt\ncritical: no changes to the core switches\nwarning: slow: links\nplain\n")
        with open(program, "w") as file:
            file.write("#!/bin/sh\n" """echo '[{"severity": "critical", "summary": "by program", "since": "%s"}]'\n""" % sources.SINCE)
        os.chmod(program, 0o755)
        self.sources.json = {"/api/v1/query": {"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": {"__name__": "up", "instance": "db1"}, "value": [1, "0"]}]}},
            "/page": {"status": {"indicator": "major"}}}
        self.use(f"disk: {{prometheus: {{url: '{self.sources.url}', query: 'up == 0'}}, severity: warning}}",
                 f"page: {{http: {{url: '{self.sources.url}/page', pointer: /status/indicator}}, severity: {{critical: [major]}}}}",
                 f"notes: {{file: '{notices}'}}", f"own: {{program: ['{program}']}}")
        warnings = self.warnings(self.post("echo", "ran"))
        said = [(a["source"], a["severity"], a["summary"], a["since"]) for a in warnings["active"]]
        self.assertEqual(said, [
            ("page", "critical", "major", None), ("notes", "critical", "no changes to the core switches", None),
            ("own", "critical", "by program", sources.SINCE), ("notes", "unknown", "plain", None),
            ("disk", "warning", "up (instance=db1) is 0", None), ("notes", "warning", "slow: links", None)])
        self.assertEqual((warnings["critical"], warnings["warning"], warnings["unknown"]), (3, 2, 1))
        self.assertTrue(any(path.endswith("query=up%20%3d%3d%200") for path in self.sources.asked), self.sources.asked)

    def test_what_cannot_be_asked_is_unknown_and_says_why(self):
        anybody = os.path.join(self.dir, "anybody")
        with open(anybody, "w") as file:
            file.write("")
        os.chmod(anybody, 0o666)
        fifo = os.path.join(self.dir, "fifo")
        os.mkfifo(fifo)
        self.use(f"writable: {{file: '{anybody}'}}", f"fifo: {{file: '{fifo}'}}", "missing: {file: /nonexistent/notices}",
                 "closed: {http: 'http://127.0.0.1:9/'}", "private: {http: 'https://10.0.0.1/', timeout: 1s}",
                 "fails: {program: [/bin/false]}", "late: {program: [/bin/sleep, '60'], timeout: 200ms}",
                 "loud: {program: [/usr/bin/yes]}", "none: {program: [/nonexistent/x]}")
        warnings = self.warnings(self.post("echo", "ran"))
        self.assertEqual(warnings["unknown"], 9)
        why = {a["source"]: a["summary"] for a in warnings["active"]}
        for source, words in {"missing": "there is no file", "closed": "connect", "private": "private address",
                              "fails": "exit code 1", "late": "within 200ms", "loud": "more than 4 MiB",
                              "writable": "writ", "fifo": "fifo", "none": "No such file"}.items():
            self.assertIn(words, why[source])

    def test_foreign_words_are_bounded_and_visible(self):
        evil = "\x1b[2Jline\nnext \u202e"
        self.sources.alerts = [sources.alert("A\x1b[31m", summary=evil)] + [sources.alert(f"B{i}", summary="x" * 5000) for i in range(99)]
        posted = self.post("echo", "ran")
        warnings = self.warnings(posted)
        self.assertEqual((warnings["critical"], len(warnings["active"]), warnings["omitted"]), (100, 50, 50))
        self.assertLess(len(json.dumps(warnings)), 60000)
        shown = self.ok("jit-bob", "jit-approve", "show", posted).out
        for raw in ("\x1b", "\u202e"):
            self.assertNotIn(raw, shown)
        self.assertIn("\\x1b[2Jline\\nnext \\u{202e}", shown)
        self.assertIn("AND 50 MORE", shown)

    def test_a_token_goes_to_the_source_and_nowhere_else(self):
        token = os.path.join(self.dir, "token")
        with open(token, "w") as file:
            file.write("s3cret-token\n")
        os.chmod(token, 0o640)
        shutil.chown(token, "root", harness.GROUP)
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms, token_file: '{token}'}}")
        posted = self.post("echo", "ran")
        self.assertEqual(self.warnings(posted)["unknown"], 0)
        self.assertEqual(self.sources.headers[-1].get("Authorization"), "Bearer s3cret-token")
        self.assertNotIn("s3cret", json.dumps(self.request("jit-bob", posted)))
        self.sources.mode = "redirect"
        before = self.sources.count()
        self.post("echo", "ran")
        self.assertTrue(all("redirect" not in path for path in self.sources.asked[before:]))

    def test_an_answer_is_good_as_long_as_it_may_be(self):
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 5m}}")
        posted = self.post("echo", "ran")
        self.approve(posted)
        run = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        [request] = self.pending("jit-bob")
        before = self.sources.count()
        self.approve(request["id"])
        self.assertEqual(self.finish(run).out, "ran\n")
        self.assertEqual(self.sources.count(), before)  # at the claim it was young enough


class Embedded(Suite, harness.World):
    shared = True

    def test_what_is_allowed_asks_no_source(self):
        before = self.sources.count()
        self.ok("jit-alice", "jit-run", "--", "id")
        self.assertEqual(self.sources.count(), before)

    def test_a_helper_that_dies_leaves_all_unknown(self):
        helper = os.path.join(self.prefix, "libexec", "jit-run", "jit-warnings")
        kept = helper + ".kept"
        os.rename(helper, kept)
        self.addCleanup(os.rename, kept, helper)
        for text in (None, "#!/bin/sh\nexit 1\n", "#!/bin/sh\necho '{}'\n", "#!/bin/sh\nread line; echo '{\"answers\": []}'\n"):
            with self.subTest(text):
                if text:
                    with open(helper, "w") as file:
                        file.write(text)
                    os.chmod(helper, 0o755)
                posted = self.post("echo", "ran")
                self.assertEqual((self.warnings(posted)["unknown"], self.needed(posted)), (1, [{"sre": 2}]))

    def test_no_helper_is_left(self):
        run = self.start("jit-alice", "jit-run", "--", "echo", "ran")
        [request] = self.pending("jit-bob")
        self.approve(request["id"])
        self.assertEqual(self.finish(run).out, "ran\n")
        found = harness.subprocess.run(["pgrep", "-f", self.prefix + "/libexec/jit-run/jit-warnings"], capture_output=True, text=True)
        self.assertEqual(found.stdout, "")


class OverHttp(Suite, server_test.Served):
    def test_the_server_says_for_what_it_denies(self):
        """Where the policies are the server's alone."""
        self.use("notices: {file: /nonexistent/notices}", rules=self.DENIES)
        empty = os.path.join(self.dir, "empty.yaml")
        with open(empty, "w") as file:
            file.write("version: 1\nrules: [{name: all, match: {}, effect: ask}]\n")
        done = self.call("jit-alice", "jit-run", "--", "echo", "ran", env=self.env("jit-alice", JIT_RUN_POLICIES=empty))
        self.assertEqual((done.code, done.out), (113, ""), done)
        self.assertIn("not while it burns\njit-run:   warnings: source notices says nothing: there is no file", done.err)


class Api(server_test.Api):
    """The server's own view: what a client says of warnings counts for nothing."""

    def setUp(self):
        super().setUp()
        self.sources = sources.Sources()
        self.addCleanup(self.sources.stop)
        self.use(f"alerts: {{alertmanager: '{self.sources.url}', max_age: 1ms, timeout: 2s}}")

    use = Suite.use

    def ask(self, **warnings):
        context = {"command": {"argv": ["echo", "ran"]}, "user": {}, **warnings}
        return self.call_api("POST", "/v1/requests", {"context": context})

    def test_a_client_is_not_believed(self):
        self.sources.alerts = [sources.alert("InstanceDown")]
        for said in ({}, {"warnings": None}, {"warnings": 17}, {"warnings": {"critical": 0, "warning": 0, "unknown": 0, "active": []}}):
            with self.subTest(said):
                made = self.ask(**said)
                self.assertEqual(made.status, 201, made.document)
                self.assertEqual(made.document["context"]["warnings"]["critical"], 1)
                self.assertEqual(made.document["requirement"]["from"], [{"sre": 2}])
        self.policy(GROUPS + "rules: [{name: all, match: {}, effect: ask}]\n")
        self.restart()
        made = self.ask(warnings={"critical": 7, "warning": 0, "unknown": 0})
        self.assertNotIn("warnings", made.document["context"])

    def test_a_path_spelled_otherwise_is_judged_the_stricter(self):
        context = {"command": {"argv": ["echo", "ran"]}, "user": {}}
        made = self.call_api("POST", "/v1/request%73", {"context": context})
        self.assertEqual((made.status, made.document["context"]["warnings"]["unknown"]), (201, 1))

    def test_who_is_not_known_asks_no_source(self):
        before = self.sources.count()
        self.assertEqual(self.call_api("POST", "/v1/requests", {"context": {}}, token="nobody's").status, 401)
        self.assertEqual(self.sources.count(), before)

    def test_a_source_that_hangs_holds_up_only_who_needs_it(self):
        self.sources.mode = "hang"
        asked = []
        threads = [harness_thread(lambda: asked.append(self.ask())) for _ in range(5)]
        time.sleep(0.3)
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.call_api("GET", "/v1/whoami").status, 200)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(asked, [])
        for thread in threads:
            thread.join()
        self.assertEqual([made.document["context"]["warnings"]["unknown"] for made in asked], [1] * 5)
        self.assertLessEqual(self.sources.count(), 3)  # they shared the asking
        self.assertIn("did not answer within 2s", self.said())

    def test_a_helper_that_is_killed_is_started_again(self):
        self.assertEqual(self.ask().document["context"]["warnings"]["unknown"], 0)
        pattern = self.prefix + "/libexec/jit-run/jit-warnings"
        pids = harness.subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True).stdout.split()
        self.assertEqual(len(pids), 1)
        os.kill(int(pids[0]), 9)
        deadline = time.monotonic() + harness.PATIENCE
        while self.ask().document["context"]["warnings"]["unknown"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.3)
        self.stop()
        self.assertEqual(harness.subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True).stdout, "")

    def test_new_policies_bring_new_sources(self):
        notices = os.path.join(self.dir, "notices")
        with open(notices, "w") as file:
            file.write("critical: frozen\n")
        self.policy(GROUPS + f"warnings: {{alerts: {{file: '{notices}', max_age: 1ms}}}}\n" + RULES)
        self.server.send_signal(1)
        deadline = time.monotonic() + harness.PATIENCE
        wanted = [{"source": "alerts", "severity": "critical", "summary": "frozen", "since": None}]
        while True:
            made = self.ask().document  # too many in a second are refused
            if "context" in made and made["context"]["warnings"]["active"] == wanted:
                break
            self.assertLess(time.monotonic(), deadline, self.said())
            time.sleep(0.3)

    def test_an_operator_sees_the_sources(self):
        auditor = self.token("jit-carol", "audit")
        metrics = lambda: self.call_api("GET", "/metrics", token=auditor).document.decode()
        self.ask()
        self.assertIn('\njit_warning_source_up{source="alerts"} 1\n', metrics())
        self.assertRegex(metrics(), r'jit_warning_source_age_seconds\{source="alerts"\} 0\.')
        self.sources.mode = "garbage"
        self.ask()
        self.assertIn('\njit_warning_source_up{source="alerts"} 0\n', metrics())
        done = self.manage("check", "--json")
        self.assertEqual(json.loads(done.stdout)["sources"], [{"name": "alerts", "kind": "alertmanager"}])
        self.assertIn("source of warnings", self.manage("check").stdout)
        helper = os.path.join(self.prefix, "libexec", "jit-run", "jit-warnings")
        os.rename(helper, helper + ".kept")
        self.addCleanup(os.rename, helper + ".kept", helper)
        done = self.manage("check")
        self.assertEqual(done.returncode, 117)
        self.assertIn("jit-warnings", done.stderr)


def harness_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def load_tests(loader, standard, pattern):
    own = [name for name in loader.getTestCaseNames(Api) if name in vars(Api)]
    return unittest.TestSuite([loader.loadTestsFromTestCase(Embedded), loader.loadTestsFromTestCase(OverHttp),
                               unittest.TestSuite(map(Api, own))])


if __name__ == "__main__":
    harness.main()
