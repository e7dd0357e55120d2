#!/usr/bin/env python3
"""Redocly finds nothing to say about the document that the server serves."""
import copy
import json
import os
import subprocess
import tempfile
import unittest

import peers


class Redocly(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = peers.served_document()

    def lint(self, document):
        with tempfile.TemporaryDirectory(prefix="jit-peers-") as directory:
            path = os.path.join(directory, "openapi.json")
            with open(path, "w") as file:
                json.dump(document, file, indent=1)
            config = os.path.join(peers.HERE, "redocly.yaml")
            command = [os.path.join(peers.PROGRAMS, "redocly"), "lint", "--config", config, "--format", "json", path]
            done = subprocess.run(command, capture_output=True, text=True, env=peers.ENVIRONMENT, timeout=60)
            problems = json.loads(done.stdout)["problems"]
            return done.returncode, [(problem["severity"], problem["ruleId"], problem["message"]) for problem in problems]

    def test_it_finds_nothing(self):
        self.assertEqual(self.lint(self.document), (0, []))

    def test_it_finds_what_is_wrong(self):
        """The proof that the test above can fail."""
        broken = copy.deepcopy(self.document)
        whoami = broken["paths"]["/v1/whoami"]["get"]
        whoami["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/Nobody"
        whoami["operationId"] = "list"
        code, problems = self.lint(broken)
        self.assertEqual(code, 1)
        self.assertLessEqual({"no-unresolved-refs", "operation-operationId-unique"}, {rule for _, rule, _ in problems})


if __name__ == "__main__":
    unittest.main()
