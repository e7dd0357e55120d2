#!/usr/bin/env python3
"""Runs every folder of cases/: `cmd` by bash in an empty directory with `policy.yaml` as the policies, and compares the exit
code (`code`, 0 when missing), stdout (`out`, exactly) and stderr (each line of `err` is a regular expression that must match, in
order). cases/known-bad must fail: it shows that this harness can."""
import os
import re
import shutil

import harness

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")


def read(folder, name, default=None):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return default
    with open(path, encoding="utf-8") as file:
        return file.read()


class Cases(harness.World):
    def check(self, folder):
        policy = os.path.join(folder, "policy.yaml")
        if os.path.exists(policy):
            shutil.copy(policy, self.policy_file)
            os.chmod(self.policy_file, 0o644)
        work = os.path.join(self.dir, "work")
        os.mkdir(work)
        shutil.chown(work, "jit-alice")
        done = self.call("jit-alice", "bash", "-c", read(folder, "cmd"), cwd=work)
        self.assertEqual(done.code, int(read(folder, "code", "0")), done)
        self.assertEqual(done.out, read(folder, "out", ""), done)
        rest = done.err
        for pattern in read(folder, "err", "").splitlines():
            found = re.search(pattern, rest, re.MULTILINE)
            self.assertTrue(found, f"no line matches {pattern!r}\n{done}")
            rest = rest[found.end():]
        if read(folder, "err") is None:
            self.assertEqual(done.err, "", done)

    def test_known_bad_fails(self):
        with self.assertRaises(AssertionError):
            self.check(os.path.join(CASES, "known-bad"))


def add(name):
    setattr(Cases, "test_" + name.replace("-", "_"), lambda self: self.check(os.path.join(CASES, name)))


for case in sorted(os.listdir(CASES)):
    if case != "known-bad":
        add(case)

if __name__ == "__main__":
    harness.main()
