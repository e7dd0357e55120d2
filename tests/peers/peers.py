"""What the checks against peers share: where those are, the document that a server serves, programs that end with the tests."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import harness  # noqa: E402  (found through the line above)

PROGRAMS = os.path.join(os.environ.get("JIT_PEERS_DIR", os.path.join(HERE, "..", "..", "build", "peers")), "node_modules", ".bin")
# None of them is to call home, or to colour what is searched.
ENVIRONMENT = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def fetch(url, token=None, seconds=10):
    headers = {"Authorization": "Bearer " + token} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=seconds) as answer:
        return answer.read()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def within(seconds, what, look):
    """Waits until look() gives something."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


class Program:
    """Runs until `stop`, or until these tests end in whatever way; what it says is in a file."""

    def __init__(self, command, log, **options):
        self.path = log
        with open(log, "w") as file:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], stdin=subprocess.DEVNULL,
                                            stdout=file, stderr=file, env=ENVIRONMENT, **options)

    def said(self):
        with open(self.path, errors="replace") as log:
            return log.read()

    def wait_for(self, pattern, seconds=30):
        def look():
            found = re.search(pattern, self.said())
            if not found and self.process.poll() is not None:
                raise AssertionError(f"{self.process.args} ended:\n{self.said()}")
            return found
        return within(seconds, lambda: f"{pattern!r} in:\n{self.said()}", look)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def served_document():
    """/openapi.json of the server that is tested."""
    with tempfile.TemporaryDirectory(prefix="jit-peers-") as directory:
        policy = os.path.join(directory, "policy.yaml")
        with open(policy, "w") as file:
            file.write("version: 1\nrules: [{name: all, match: {}, effect: ask}]\n")
        os.chmod(policy, 0o644)
        command = [os.path.join(harness.PREFIX, "bin", "jit-server"), "--store", os.path.join(directory, "store"),
                   "--policies", policy, "serve", "--listen", "http://127.0.0.1:0"]
        server = Program(command, os.path.join(directory, "log"))
        try:
            return json.loads(fetch(server.wait_for(r"listening on (\S+)")[1] + "/openapi.json"))
        finally:
            server.stop()
