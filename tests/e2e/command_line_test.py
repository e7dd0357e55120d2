#!/usr/bin/env python3
"""What the programs say of their command lines: the help, and what was mistyped."""
import os
import re
import subprocess
import tempfile
import unittest

PREFIX = os.environ.get("JIT_PREFIX", "/usr/local")
PROGRAMS = ("jit-run", "jit-approve", "jit-policy", "jit-audit", "jit-server")
HELPERS = ("jit-gate", "jit-context-git")


class CommandLine(unittest.TestCase):
    def run_program(self, program, *words, directory="bin"):
        with tempfile.TemporaryDirectory() as home:
            env = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
            return subprocess.run([os.path.join(PREFIX, directory, program), *words], env=env, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=20)

    def helps(self, *command):
        """The help of a program, and of all that it can be told to do."""
        done = self.run_program(*command, "--help")
        self.assertEqual(done.returncode, 0, done.stderr)
        yield command, done.stdout
        commands = done.stdout.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
        for name in re.findall(r"^  ([a-z]\S*)", commands, re.MULTILINE):
            yield from self.helps(*command, name)

    def test_no_line_of_the_help_is_wider_than_a_terminal(self):
        seen = [(command, text) for program in PROGRAMS for command, text in self.helps(program)]
        self.assertIn(("jit-server", "token", "create"), [command for command, _ in seen])
        for command, text in seen:
            with self.subTest(command=" ".join(command)):
                self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])

    def test_a_mistyped_word_is_named_with_what_was_meant(self):
        for line, said, hint in (
                ("jit-server chekc", 'no command "chekc" (did you mean "check"?)', "jit-server --help"),
                ("jit-server --store /x --config /dev/null srve", 'no command "srve" (did you mean "serve"?)', "jit-server --help"),
                ("jit-server token lsit", 'no command "lsit" (did you mean "list"?)', "jit-server token --help"),
                ("jit-approve lsit", 'no command "lsit" (did you mean "list"?)', "jit-approve --help"),
                ("jit-policy chekc x", 'no command "chekc" (did you mean "check"?)', "jit-policy --help"),
                ("jit-audit lgo", 'no command "lgo" (did you mean "log"?)', "jit-audit --help"),
                ("jit-audit xyzzy", 'no command "xyzzy"\n', "jit-audit --help"),
                ("jit-server serve --lissten x", 'no option --lissten (did you mean "--listen"?)', "jit-server serve --help"),
                ("jit-approve --bakend x list", 'no option --bakend (did you mean "--backend"?)', "jit-approve --help"),
                ("jit-audit --bakend x log", 'no option --bakend (did you mean "--backend"?)', "jit-audit log --help"),
                ("jit-server token add --help", 'no command "add"', "jit-server token --help"),
                ("jit-server --stroe=x check", 'no option --stroe (did you mean "--store"?)', "jit-server check --help")):
            with self.subTest(line=line):
                done = self.run_program(*line.split())
                self.assertEqual(done.returncode, 125)
                self.assertIn(f"{line.split()[0]}: there is {said}", done.stderr)
                self.assertTrue(done.stderr.endswith(f"\nhint: {hint}\n"), done.stderr)

    def test_without_a_command_they_are_named(self):
        for line, said in (("jit-server", "serve, check, backup, restore, token, notify"), ("jit-server token", "create, list, revoke"),
                           ("jit-policy", "check, explain, test, who, replay"), ("jit-audit", "log, verify, export, replay")):
            with self.subTest(line=line):
                done = self.run_program(*line.split())
                self.assertEqual(done.returncode, 125)
                self.assertIn("no command: one of " + said + "\n", done.stderr)

    def test_what_only_jit_run_starts_says_so(self):
        for program in HELPERS:
            with self.subTest(program=program):
                done = self.run_program(program, "--help", directory="libexec/jit-run")
                self.assertEqual(done.returncode, 125)
                self.assertIn("jit-run starts this program itself", done.stderr)


if __name__ == "__main__":
    unittest.main()
