#!/usr/bin/env python3
"""A real Prometheus reads the metrics, with a token from a file, and promtool finds nothing to say about them."""
import json
import os
import subprocess
import unittest
import urllib.parse

import peers
import server_test

JOB = """\
  - job_name: %s
    scrape_interval: 1s
    metrics_path: /metrics
    authorization: {type: Bearer, credentials_file: %s}
    static_configs: [{targets: ["%s"]}]
"""


class Scraped(server_test.Api):
    def setUp(self):
        super().setUp()
        self.auditor = self.token("jit-carol", "audit")

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def promtool(self, *words, data=None):
        done = subprocess.run(["promtool", *words], input=data, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout + done.stderr

    def metrics(self):
        return self.call_api("GET", "/metrics", token=self.auditor).document.decode()

    def test_promtool_finds_nothing(self):
        self.assertEqual(self.promtool("check", "metrics", data=self.metrics()), (0, ""))
        made = self.ask().document  # now the histograms are filled, too
        self.call_api("POST", f"/v1/requests/{made['id']}/reviews", {"verdict": "approve"}, user="jit-bob")
        self.call_api("GET", "/v1/whoami", user="nobody")
        text = self.metrics()
        self.assertIn("\njit_change_seconds_count 2\n", text)
        self.assertEqual(self.promtool("check", "metrics", data=text), (0, ""))

    def test_promtool_finds_what_is_wrong(self):
        """The proof that the test above can fail."""
        without_help = "".join(line + "\n" for line in self.metrics().splitlines() if "HELP jit_requests_open" not in line)
        code, said = self.promtool("check", "metrics", data=without_help)
        self.assertEqual(code, 3)
        self.assertIn("jit_requests_open", said)
        self.assertNotEqual(self.promtool("check", "metrics", data=self.metrics() + "jit_http_waiting many\n")[0], 0)

    def prometheus(self, **tokens):
        """One that scrapes as several jobs, each with its token; where it answers."""
        address = self.listen.removeprefix("http://")
        config = self.write("prometheus.yml", "scrape_configs:\n" + "".join(
            JOB % (job, self.write("token-of-" + job, token + "\n"), address) for job, token in tokens.items()))
        self.assertEqual(self.promtool("check", "config", config)[0], 0)
        port = peers.free_port()
        program = peers.Program(
            ["prometheus", "--config.file=" + config, "--storage.tsdb.path=" + os.path.join(self.dir, "prometheus"),
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], os.path.join(self.dir, "prometheus.log"))
        self.addCleanup(program.stop)
        return f"http://127.0.0.1:{port}/api/v1/", program

    def targets(self, url, program):
        """What it says of each job's target, once it has tried them all."""
        def look():
            self.assertIsNone(program.process.poll(), program.said())
            try:
                targets = json.loads(peers.fetch(url + "targets"))["data"]["activeTargets"]
            except OSError:
                return None  # it is starting
            tried = {target["labels"]["job"]: target for target in targets if target["health"] != "unknown"}
            return tried if len(tried) == 2 else None
        return peers.within(30, program.said, look)

    @staticmethod
    def value(url, expression):
        result = json.loads(peers.fetch(url + "query?query=" + urllib.parse.quote(expression)))["data"]["result"]
        return result[0]["value"][1] if result else None

    def test_it_is_scraped_by_who_has_the_scope(self):
        self.ask()
        url, program = self.prometheus(auditor=self.auditor, asker=self.tokens["jit-alice"])
        targets = self.targets(url, program)
        self.assertEqual((targets["auditor"]["health"], targets["auditor"]["lastError"]), ("up", ""))
        self.assertEqual(targets["asker"]["health"], "down")
        self.assertIn("403", targets["asker"]["lastError"])
        self.assertEqual(peers.within(10, "a value", lambda: self.value(url, 'up{job="auditor"}')), "1")
        self.assertEqual(self.value(url, 'jit_requests_open{state="pending"}'), "1")
        self.assertEqual(self.value(url, "jit_change_seconds_count"), "1")
        self.assertGreater(float(self.value(url, "histogram_quantile(0.99, jit_change_seconds_bucket)")), 0)
        self.ask()
        peers.within(10, "a newer value", lambda: self.value(url, 'jit_requests_open{state="pending"}') == "2")
        self.assertEqual(program.said(), "")


def load_tests(loader, standard, pattern):
    return unittest.TestSuite(map(Scraped, [name for name in loader.getTestCaseNames(Scraped) if name in vars(Scraped)]))


if __name__ == "__main__":
    unittest.main()
