#!/usr/bin/env python3
"""A store that is full, read-only, locked, corrupt, foreign or newer: 117 with a remedy, nothing runs, nothing is lost."""
import os
import shutil
import sqlite3
import subprocess
import threading
import time

import harness

POLICY = """
rules:
  - name: everything
    match: {}
    effect: ask
    approval: {self: true, expires: 30s}
"""


class StoreFaults(harness.World):
    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        self.store = os.path.join(self.dir, "store")
        self.backend = "local:" + self.store
        self.mounts = []

    def tearDown(self):
        for mount in self.mounts:
            subprocess.run(["umount", "-l", mount], check=True)

    def make(self):
        """A personal store of jit-alice with one approved request in it; the request's id."""
        os.makedirs(self.store, exist_ok=True)
        shutil.chown(self.store, "jit-alice", "jit-alice")
        os.chmod(self.store, 0o700)
        request_id = self.ok("jit-alice", "jit-run", "--no-wait", "--", "touch", "made").out.strip()
        self.ok("jit-alice", "jit-approve", "approve", "--yes", request_id)
        return request_id

    def database(self):
        [name] = [n for n in os.listdir(self.store) if n.endswith((".db", ".sqlite", ".sqlite3"))]
        return os.path.join(self.store, name)

    def refused(self, *options, words=("touch", "made")):
        done = self.call("jit-alice", "jit-run", *options, "--", *words)
        self.assertEqual(done.code, 117, done)
        self.assertIn("hint:", done.err)
        self.assertFalse(os.path.exists(self.home("jit-alice") + "/made"), done)
        return done

    def runs(self, request_id):
        self.ok("jit-alice", "jit-run", "--request", request_id, "--", "touch", "made")
        self.assertTrue(os.path.exists(self.home("jit-alice") + "/made"))
        self.verify("jit-alice")

    def tmpfs(self, *options):
        os.makedirs(self.store, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(("size=1m", "mode=700", "uid=" + str(
            harness.pwd.getpwnam("jit-alice").pw_uid)) + options), "tmpfs", self.store], check=True)
        self.mounts.append(self.store)

    def test_full_disk(self):
        self.tmpfs()
        request_id = self.make()
        filler = os.path.join(self.store, "filler")
        file = os.open(filler, os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(file, b"x" * 4096)
        except OSError:
            pass
        os.close(file)
        # Asking writes a whole context, claiming little: either says it, neither runs anything.
        self.refused(words=("touch", "made", "x" * 60000))
        os.remove(filler)
        self.runs(request_id)

    def test_read_only(self):
        self.tmpfs()
        request_id = self.make()
        subprocess.run(["mount", "-o", "remount,ro", self.store], check=True)
        self.refused()
        self.refused("--request", request_id)
        subprocess.run(["mount", "-o", "remount,rw", self.store], check=True)
        self.runs(request_id)

    def test_locked_for_long(self):
        request_id = self.make()
        lock = sqlite3.connect(self.database(), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        before = time.monotonic()
        self.refused("--request", request_id)
        self.assertLess(time.monotonic() - before, 15)
        lock.execute("ROLLBACK")
        lock.close()
        self.runs(request_id)

    def test_locked_briefly_is_waited_for(self):
        request_id = self.make()
        lock = sqlite3.connect(self.database(), isolation_level=None, check_same_thread=False)
        lock.execute("BEGIN IMMEDIATE")
        threading.Timer(0.5, lambda: lock.execute("ROLLBACK")).start()
        self.runs(request_id)

    def test_corrupt(self):
        self.make()
        for leftover in ("-wal", "-shm"):
            if os.path.exists(self.database() + leftover):
                os.remove(self.database() + leftover)
        with open(self.database(), "r+b") as file:
            file.write(b"this was a database once" * 200)
        self.refused()

    def test_not_a_database(self):
        self.make()
        path = self.database()
        for name in os.listdir(self.store):
            if name.startswith(os.path.basename(path)):
                os.remove(os.path.join(self.store, name))
        with open(path, "w") as file:
            file.write("hello\n" * 1000)
        shutil.chown(path, "jit-alice", "jit-alice")
        os.chmod(path, 0o600)
        self.refused()

    def test_foreign_database(self):
        self.make()
        path = self.database()
        for name in os.listdir(self.store):
            if name.startswith(os.path.basename(path)):
                os.remove(os.path.join(self.store, name))
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE songs (title TEXT)")
        other.execute("PRAGMA user_version = 1")
        other.commit()
        other.close()
        shutil.chown(path, "jit-alice", "jit-alice")
        os.chmod(path, 0o600)
        self.refused()
        self.assertEqual(sqlite3.connect(path).execute("SELECT count(*) FROM songs").fetchone(), (0,))

    def test_newer_version(self):
        self.make()
        database = sqlite3.connect(self.database())
        database.execute("PRAGMA user_version = 9999")
        database.commit()
        database.close()
        done = self.refused()
        self.assertRegex(done.err, "newer")

    def test_directory_that_others_may_write(self):
        self.make()
        os.chmod(self.store, 0o777)
        self.refused()

    def test_directory_of_another_user(self):
        os.mkdir(self.store)
        shutil.chown(self.store, "jit-bob", "jit-bob")
        os.chmod(self.store, 0o755)
        self.refused()

    def test_symlinked_database(self):
        self.make()
        path = self.database()
        os.rename(path, os.path.join(self.dir, "elsewhere"))
        os.symlink(os.path.join(self.dir, "elsewhere"), path)
        self.refused()

    def test_no_such_parent(self):
        self.backend = "local:" + self.dir + "/missing/deeper/store"
        self.refused()

    def test_relative_or_unknown_backends_are_usage_errors(self):
        for backend in ("local:here", "locl:", "gopher://x", "local:"):
            self.backend = backend
            done = self.call("jit-alice", "jit-run", "--", "touch", "made")
            self.assertEqual(done.code, 125, f"{backend}\n{done}")

    def test_the_trail_names_what_was_edited(self):
        self.make()
        path = self.database()
        columns = [row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(audit)")]
        self.assertIn("entry", columns)
        edits = {
            "edited": "UPDATE audit SET entry = replace(entry, 'jit-alice', 'jit-carol') WHERE seq = 2",
            "dropped": "DELETE FROM audit WHERE seq = 1",
            "truncated": "DELETE FROM audit WHERE seq = 2",
            "reordered": "UPDATE audit SET seq = CASE seq WHEN 1 THEN 1002 ELSE 1001 END",
        }
        for name, statement in edits.items():
            with self.subTest(name):
                copy = os.path.join(self.dir, "copy-" + name)
                shutil.copytree(self.store, copy)
                for folder, _, files in os.walk(copy):
                    shutil.chown(folder, "jit-alice", "jit-alice")
                    for file in files:
                        shutil.chown(os.path.join(folder, file), "jit-alice", "jit-alice")
                database = sqlite3.connect(os.path.join(copy, os.path.basename(path)))
                database.execute(statement)
                database.commit()
                database.close()
                for file in os.listdir(copy):
                    shutil.chown(os.path.join(copy, file), "jit-alice", "jit-alice")
                done = self.call("jit-alice", "jit-audit", "verify", env=self.env(
                    "jit-alice", JIT_RUN_BACKEND="local:" + copy))
                self.assertEqual(done.code, 1, f"{name}\n{done}")

    def test_truncation_is_seen_with_the_head(self):
        self.make()
        lines = self.ok("jit-alice", "jit-audit", "export", "--format", "jsonl").out.splitlines()
        head = harness.json.loads(lines[-1])["hash"]
        whole = os.path.join(self.dir, "whole.jsonl")
        with open(whole, "w") as file:
            file.write("\n".join(lines) + "\n")
        self.ok("jit-alice", "jit-audit", "verify", "--from", whole, "--head", head)
        with open(whole, "w") as file:
            file.write("\n".join(lines[:-1]) + "\n")
        self.ok("jit-alice", "jit-audit", "verify", "--from", whole)
        done = self.call("jit-alice", "jit-audit", "verify", "--from", whole, "--head", head)
        self.assertEqual(done.code, 1, done)


if __name__ == "__main__":
    harness.main()
