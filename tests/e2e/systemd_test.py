#!/usr/bin/env python3
"""The unit that is installed: what it allows the server, and when it starts it anew."""
import configparser
import os
import shutil
import subprocess
import tempfile
import unittest

PREFIX = os.environ.get("JIT_PREFIX", "/usr/local")
UNIT = os.path.join(PREFIX, "lib/systemd/system/jit-server.service")


class Unit(unittest.TestCase):
    def test_a_mistake_is_not_tried_again_and_again(self):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.read(UNIT)
        never = unit["Service"]["RestartPreventExitStatus"].split()
        with tempfile.TemporaryDirectory() as directory:
            broken, whole = os.path.join(directory, "broken.yaml"), os.path.join(directory, "whole.yaml")
            for path, text in ((broken, "rules: [\n"), (whole, "version: 1\nrules: [{name: x, effect: deny}]\n")):
                with open(path, "w") as file:
                    file.write(text)
            for words in (("--policies", broken), ("--config", broken), ("--policies", whole, "--certificate", broken)):
                with self.subTest(words=words):
                    command = [os.path.join(PREFIX, "bin/jit-server"), "--store", os.path.join(directory, "store"),
                               "--listen", "unix:" + os.path.join(directory, "socket"), *words, "serve"]
                    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
                    self.assertIn(str(done.returncode), never, done.stderr)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze")
    def test_the_server_is_exposed_to_little(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", UNIT],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[-300:])


if __name__ == "__main__":
    unittest.main()
