#!/usr/bin/env python3
"""A real Alertmanager and a real Prometheus say what is active: it raises the quorum at the claim, and its end lets it run."""
import datetime
import json
import os
import subprocess
import unittest

import peers
import harness
import loopback
import server_test

RULES = """groups: {sre: [jit-bob, jit-carol]}
rules:
  - {name: fire, match: {warnings.critical: {above: 0}}, effect: ask, approval: {from: {sre: 2}, expires: 5m, valid_for: 5m}}
  - {name: calm, match: {}, effect: ask, approval: {from: {sre: 1}, expires: 5m, valid_for: 5m}}
"""
ALERT_RULES = """groups:
  - name: own
    rules:
      - {alert: TargetDown, expr: fake_down == 1, labels: {severity: critical}, annotations: {summary: it is down}}
"""
PROMETHEUS = """global: {scrape_interval: 200ms, evaluation_interval: 200ms}
rule_files: [%s]
scrape_configs: [{job_name: fake, static_configs: [{targets: ["127.0.0.1:%d"]}]}]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:%d"]}]}]}
"""
ALERTMANAGER = "route: {receiver: none, group_wait: 100ms}\nreceivers: [{name: none}]\n"


class Exporter(loopback.Loopback):
    """What is scraped: fake_down, as a test sets it."""

    down = 0

    def answer(self, handler, _):
        loopback.reply(handler, 200, {}, f"fake_down {self.down}\n".encode())


class Suite:
    def setUp(self):
        super().setUp()
        self.alertmanager = self.start_alertmanager()

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def peer(self, name, *command):
        program = peers.Program(list(command), os.path.join(self.dir, name + ".log"))
        self.addCleanup(program.stop)
        return program

    def answers(self, program, url):
        def look():
            self.assertIsNone(program.process.poll(), program.said())
            try:
                return peers.fetch(url)
            except OSError:
                return None
        peers.within(30, program.said, look)

    def start_alertmanager(self):
        port = peers.free_port()
        program = self.peer("alertmanager", "prometheus-alertmanager", "--config.file=" + self.write("am.yml", ALERTMANAGER),
                            "--storage.path=" + os.path.join(self.dir, "am"), f"--web.listen-address=127.0.0.1:{port}",
                            "--cluster.listen-address=")
        self.answers(program, f"http://127.0.0.1:{port}/-/ready")
        return f"http://127.0.0.1:{port}"

    def start_prometheus(self, exporter):
        port = peers.free_port()
        config = self.write("prometheus.yml", PROMETHEUS % (self.write("rules.yml", ALERT_RULES), exporter.port,
                                                             int(self.alertmanager.rsplit(":", 1)[1])))
        program = self.peer("prometheus", "prometheus", "--config.file=" + config, "--log.level=warn",
                            "--storage.tsdb.path=" + os.path.join(self.dir, "tsdb"), f"--web.listen-address=127.0.0.1:{port}")
        self.answers(program, f"http://127.0.0.1:{port}/-/ready")
        return f"http://127.0.0.1:{port}"

    def use(self, *lines):
        self.policy("warnings:\n" + "".join(f"  {line}\n" for line in lines) + RULES)
        self.restart()

    def amtool(self, *words):
        return subprocess.run(["amtool", "--alertmanager.url=" + self.alertmanager, *words], check=True, capture_output=True,
                              text=True).stdout

    def fire(self, name, *labels, resolved=False):
        """As amtool does it; a moment later it is seen."""
        now = datetime.datetime.now(datetime.timezone.utc)
        end = ["--end=" + now.isoformat()] if resolved else []
        self.amtool("alert", "add", name, "severity=critical", *labels, "--annotation=summary=it is down", *end)
        peers.within(20, name, lambda: (name in self.amtool("alert", "query")) is not resolved)

    def post(self):
        return self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "ran").out.strip()

    def resume(self, posted):
        return self.call("jit-alice", "jit-run", "--request", posted, "--", "echo", "ran")

    def approve(self, posted, *users):
        for user in users:
            self.ok(user, "jit-approve", "approve", "--yes", posted)

    def needed(self, posted):
        return self.request("jit-bob", posted)["requirement"]["from"]

    def check_both_ways(self, fire, resolve, words):
        """Nothing is active when it is asked; then `fire`, and then `resolve`."""
        posted = self.post()
        self.assertEqual(self.needed(posted), [{"sre": 1}])
        self.approve(posted, "jit-bob")
        fire()
        done = self.resume(posted)
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("still missing 1 of sre", done.err)
        self.assertRegex(done.err, words)
        posted = self.post()
        self.assertEqual(self.needed(posted), [{"sre": 2}])
        self.approve(posted, "jit-bob", "jit-carol")
        resolve()
        self.assertEqual(self.resume(posted).out, "ran\n")
        posted = self.post()
        self.approve(posted, "jit-bob")
        self.assertEqual(self.resume(posted).out, "ran\n")

    def test_alertmanager(self):
        self.use(f"alerts: {{alertmanager: '{self.alertmanager}', max_age: 1ms}}")
        self.check_both_ways(lambda: self.fire("InstanceDown"), lambda: self.fire("InstanceDown", resolved=True),
                             r"warnings: InstanceDown: it is down \(critical, from alerts\) is active since 20\d\d-")

    def test_a_silenced_alert_is_not_active_and_labels_select(self):
        self.use(f"alerts: {{alertmanager: '{self.alertmanager}', max_age: 1ms, labels: {{team: 'core\"s'}}}}")
        self.fire("Theirs", "team=web")
        self.assertEqual(self.needed(self.post()), [{"sre": 1}])
        self.fire("Ours", r'team="core\"s"')
        self.assertEqual(self.needed(self.post()), [{"sre": 2}])
        self.amtool("silence", "add", "alertname=Ours", "--comment=known", "--author=x", "--duration=5m")
        peers.within(20, "silenced", lambda: "Ours" not in self.amtool("alert", "query"))
        self.assertEqual(self.needed(self.post()), [{"sre": 1}])

    def test_prometheus_and_what_it_tells_alertmanager(self):
        exporter = Exporter()
        self.addCleanup(exporter.stop)
        prometheus = self.start_prometheus(exporter)
        self.use(f"alerts: {{alertmanager: '{self.alertmanager}', max_age: 1ms}}",
                 f"down: {{prometheus: {{url: '{prometheus}', query: 'fake_down == 1'}}, severity: critical, max_age: 1ms}}")

        def until(count):
            query = prometheus + "/api/v1/query?query=fake_down"
            want = str(int(count > 0))

            def look():
                result = json.loads(peers.fetch(query))["data"]["result"]
                return result and result[0]["value"][1] == want and ("TargetDown" in self.amtool("alert", "query")) == (count > 0)
            peers.within(60, "the alert", look)

        def turn(down):
            exporter.down = down
            until(down)

        until(0)
        self.check_both_ways(lambda: turn(1), lambda: turn(0), r"warnings: fake_down \(instance=127.*\) is 1 \(critical, from down\)")

    def test_a_wrong_query_says_why(self):
        exporter = Exporter()
        self.addCleanup(exporter.stop)
        prometheus = self.start_prometheus(exporter)
        for query, words in (("up ==", "HTTP status 400"), ("1", "no vector"), ("up[1m]", "no vector")):
            self.use(f"down: {{prometheus: {{url: '{prometheus}', query: '{query}'}}, max_age: 1ms}}")
            warnings = self.request("jit-bob", self.post())["context"]["warnings"]
            self.assertEqual(warnings["unknown"], 1)
            self.assertIn(words, warnings["active"][0]["summary"])


class Embedded(Suite, harness.World):
    shared = True


class OverHttp(Suite, server_test.Served):
    pass


def load_tests(loader, standard, pattern):
    return unittest.TestSuite([loader.loadTestsFromTestCase(Embedded), loader.loadTestsFromTestCase(OverHttp)])


if __name__ == "__main__":
    unittest.main()
