#!/usr/bin/env python3
"""Whoever owns the store may write its trail anew, with all hashes right. Where only signed approvals count, what nobody approved is found
by the reviewers' keys all the same."""
import copy
import hashlib
import json
import os
import re
import sqlite3

import harness
import signed_test

POLICY = """
allowed_signers: signers
groups:
  reviewers: [jit-bob, jit-carol]
  oncall: [jit-alice]
rules:
  - {name: one, match: {command.name: echo}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m, signed: true}}
  - {name: two, match: {command.name: cat}, effect: ask, approval: {from: {reviewers: 2}, expires: 1m, signed: true}}
  - {name: any, match: {command.name: printf}, effect: ask,
     approval: {from: {reviewers: 1}, expires: 1m, signed: true, scope: rule, uses: 3}}
  - {name: own, match: {command.name: "true"}, effect: ask,
     approval: {from: {anyone: 1}, self: true, expires: 1m, signed: true}}
  - {name: emergency, match: {command.name: date}, effect: ask,
     approval: {from: {reviewers: 1}, expires: 1m, signed: true}, break_glass: {from: [oncall], review_within: 1d}}
"""


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained(entries):
    """As an export, with every hash right."""
    lines, previous = [], 64 * "0"
    for seq, entry in enumerate(entries, 1):
        entry.update(prev=previous, seq=seq)
        previous = hashlib.sha256(canonical(entry).encode()).hexdigest()
        lines.append({"entry": entry, "hash": previous})
    return lines


def only(kind, entries):
    return [entry for entry in entries if entry["type"] == kind]


def each(kind, entries, change):
    for entry in only(kind, entries):
        change(entry)


def without(entries, *kinds):
    entries[:] = [entry for entry in entries if entry["type"] not in kinds]


def nobody_approved(entries):
    """As if it had begun approved."""
    without(entries, "approve")
    each("ask", entries, lambda entry: entry["data"].update(state="approved"))


def nobody_signed(entries):
    """As if the approval were another event, which needs no signature."""
    def retype(entry):
        entry["type"] = "acknowledge"
        del entry["data"]["signature"]

    each("approve", entries, retype)


def more_wanted(entries):
    each("ask", entries, lambda entry: entry["data"]["requirement"].update({"from": [{"reviewers": 2}]}))


def asked_by_another(entries):
    each("ask", entries, lambda entry: entry.update(actor="jit-carol"))


def asked_by_the_signer(entries):
    for kind in ("ask", "claim", "report"):
        each(kind, entries, lambda entry: entry.update(actor="jit-bob"))


def something_else_started(entries):
    each("claim", entries, lambda entry: entry["data"].update(digest="sha256:" + 64 * "0"))


def an_unknown_event(entries):
    each("approve", entries, lambda entry: entry.update(type="wave_through"))


def about_no_request(entries):
    each("approve", entries, lambda entry: entry.update(type="allowed"))


def taken_back_and_yet_started(entries):
    at = entries.index(only("approve", entries)[0])
    entry = copy.deepcopy(entries[at])
    entry.update(type="deny", actor="jit-dora")
    entry["data"] = {"message": "no", "replaces": "jit-bob", "state": "approved"}
    entries.insert(at + 1, entry)


def denied_and_yet_approved(entries):
    """Both were pending; the second approval, by another name, is forged."""
    at = entries.index(only("approve", entries)[0])
    entries[at]["data"]["state"] = "pending"
    denial = copy.deepcopy(entries[at])
    denial.update(type="deny")
    denial["data"] = {"message": "no", "state": "pending"}
    approval = copy.deepcopy(entries[at])
    approval["actor"] = "jit-carol"
    approval["data"]["state"] = "approved"
    entries[at + 1:at + 1] = [denial, approval]


def started_twice(entries):
    at = entries.index(only("claim", entries)[0])
    entries.insert(at, copy.deepcopy(entries[at]))


def started_too_late(entries):
    each("claim", entries, lambda entry: entry.update(at="2199-01-01T00:00:00.000Z"))


def by_break_glass(entries):
    without(entries, "approve")

    def retype(entry):
        entry["type"] = "break_glass"
        entry["data"]["review_by"] = "2199-01-01T00:00:00.000Z"

    each("claim", entries, retype)


class ForgedTrail(signed_test.Signing, harness.World):
    shared = True

    FORGERIES = (
        (nobody_approved, r'entry 1: "ask" never leaves a request approved'),
        (nobody_signed, r'entry 2: "acknowledge" happened to a request that was pending'),
        (more_wanted, r"entry 3: it was started with 1 signed approval, and its rules want at least 2"),
        (asked_by_another, r"entry 3: jit-alice started it, and not who asked"),
        (asked_by_the_signer, r"entry 2: jit-bob approved what was their own"),
        (something_else_started, r"entry 3: what was started is not what was asked for"),
        (an_unknown_event, r'entry 2: nobody knows what "wave_through" is'),
        (about_no_request, r'entry 2: "allowed" is about no request'),
        (taken_back_and_yet_started, r'entry 3: "deny" happened to a request that was approved'),
        (denied_and_yet_approved, r"entry 4: the approval by jit-carol has a signature that does not count"),
        (started_twice, r'entry 4: "claim" happened to a request that was started'),
        (started_too_late, r'entry 3: "claim" happened after its time was over'),
        (by_break_glass, r"entry 2: it ran by break-glass, which its rules do not permit"),
    )

    def open_backend(self):
        self.policy(POLICY)
        self.allow("jit-bob", "jit-carol", "jit-alice")

    def database(self):
        return os.path.join(self.backend.removeprefix("local:"), "jit-run.db")

    def entries_of(self, request_id=None):
        lines = self.ok("jit-bob", "jit-audit", "export", "--format", "jsonl").out.splitlines()
        entries = [json.loads(line)["entry"] for line in lines]
        return [entry for entry in entries if request_id in (None, entry["request"])]

    def verified(self, entries):
        path = os.path.join(self.dir, "forged")
        with open(path, "w") as file:
            file.write("".join(canonical(line) + "\n" for line in chained(copy.deepcopy(entries))))
        return self.call("root", "jit-audit", "verify", "--from", path, "--signers", os.path.join(self.dir, "signers"))

    def verified_store(self):
        return self.call("jit-bob", "jit-audit", "verify", "--signers", os.path.join(self.dir, "signers"))

    def run_signed(self, *words, by=("jit-bob",)):
        run, request_id = self.ask(*words)
        for user in by:
            self.assertEqual(self.approve(request_id, user).code, 0)
        self.assertEqual(self.finish(run).code, 0)
        return request_id

    def assert_found(self, done, why):
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.err, why)

    def test_an_export_that_was_written_anew(self):
        entries = self.entries_of(self.run_signed())
        self.assertEqual([entry["type"] for entry in entries], ["ask", "approve", "claim"])
        self.assertEqual(self.verified(entries).code, 0)
        for forge, why in self.FORGERIES:
            with self.subTest(forge.__name__):
                forged = copy.deepcopy(entries)
                forge(forged)
                self.assert_found(self.verified(forged), why)

    def test_what_the_life_cycle_gives_is_intact(self):
        self.run_signed("cat", "/dev/null", by=("jit-bob", "jit-carol"))
        posted = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "printf", "x").out.strip()
        self.assertEqual(self.approve(posted).code, 0)
        for word in ("x", "y", "z"):
            self.ok("jit-alice", "jit-run", "--quiet", "--request", posted, "--", "printf", word)
        own = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "true").out.strip()
        self.assertEqual(self.approve(own, "jit-alice").code, 0)
        self.ok("jit-alice", "jit-run", "--quiet", "--request", own, "--", "true")
        self.ok("jit-alice", "jit-run", "--break-glass", "--reason", "it burns", "--", "date")
        denied = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "no").out.strip()
        self.assertEqual(self.call("jit-bob", "jit-approve", "deny", "-m", "no", denied).code, 0)
        revoked = self.ok("jit-alice", "jit-run", "--no-wait", "--quiet", "--", "echo", "no").out.strip()
        self.assertEqual(self.approve(revoked).code, 0)
        self.assertEqual(self.call("jit-bob", "jit-approve", "revoke", "-m", "no", revoked).code, 0)
        for done in (self.verified_store(), self.verified(self.entries_of())):
            self.assertEqual(done.code, 0, done)

    def test_two_that_are_one_too_few(self):
        """One of the two approvals that its rules want was taken out."""
        entries = self.entries_of(self.run_signed("cat", "/dev/null", by=("jit-bob", "jit-carol")))
        self.assertEqual(self.verified(entries).code, 0)
        entries.remove(only("approve", entries)[0])
        self.assert_found(self.verified(entries), "entry 3: it was started with 1 signed approval, and its rules want at least 2")

    def test_one_who_signed_twice(self):
        entries = self.entries_of(self.run_signed("cat", "/dev/null", by=("jit-bob", "jit-carol")))
        first, second = only("approve", entries)
        first["data"]["signature"] = second["data"]["signature"]
        first["data"]["message"], first["actor"] = second["data"]["message"], second["actor"]
        self.assert_found(self.verified(entries), "entry 4: it was started with 1 signed approval")

    def test_an_approval_that_was_taken_back(self):
        entries = self.entries_of(self.run_signed("cat", "/dev/null", by=("jit-bob", "jit-carol")))
        for actor, more in (("jit-bob", {}), ("JIT-BOB", {}), ("jit-dora", {"replaces": "jit-bob"})):
            with self.subTest(actor):
                forged = copy.deepcopy(entries)
                forged.insert(2, {**copy.deepcopy(forged[1]), "type": "deny", "actor": actor,
                                  "data": {"message": "no", "state": "pending", **more}})
                self.assert_found(self.verified(forged), "entry 5: it was started with 1 signed approval")

    def rewrite(self, request_id, forge, change_row=lambda row: None, change_context=lambda context: None):
        """The store as its owner would leave it: rows, digests and hashes fit each other."""
        def digest(text):
            return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

        entries = self.entries_of()
        kept = [entry for entry in entries if entry["request"] != request_id]
        forged = [entry for entry in entries if entry["request"] == request_id]
        forge(forged)
        with sqlite3.connect(self.database(), timeout=20) as database:
            [(number, row, context)] = database.execute(
                "SELECT number, request, context FROM requests JOIN contexts USING (number) WHERE id = ?", (request_id,))
            row, context = json.loads(row), json.loads(context)
            change_row(row)
            change_context(context)
            forged[0]["data"]["context"] = digest(canonical(context))
            forged[-1]["data"]["stored"] = digest(canonical(row))
            database.execute("UPDATE contexts SET context = ? WHERE number = ?", (canonical(context), number))
            database.execute("UPDATE requests SET request = ?, requester = ? WHERE number = ?", (canonical(row), row["requester"], number))
            database.execute("DELETE FROM audit")
            for line in chained(kept + forged):
                database.execute("INSERT INTO audit (seq, hash, entry) VALUES (?, ?, ?)",
                                 (line["entry"]["seq"], line["hash"], canonical(line["entry"])))

    def forged_store(self, why, *changes):
        """Found; and afterwards as it was."""
        request_id = self.run_signed()
        self.assertEqual(self.verified_store().code, 0)
        with sqlite3.connect(self.database(), timeout=20) as database, sqlite3.connect(":memory:") as copied:
            database.backup(copied)
            self.rewrite(request_id, *changes)
            done = self.verified_store()
            copied.backup(database)
        self.assert_found(done, why)
        self.assertEqual(self.verified_store().code, 0)

    def test_a_store_that_was_written_anew(self):
        def nothing(_):
            pass

        def no_reviews(row):
            row["reviews"] = []

        def two_reviewers(row):
            row["requirement"]["from"] = [{"reviewers": 2}]

        def everywhere_by_another(entries):
            for kind in ("ask", "claim", "report"):
                each(kind, entries, lambda entry: entry.update(actor="jit-carol"))

        def by_another(row):
            row["requester"] = row["requester_login"] = "jit-carol"

        def another_name(context):
            context["user"]["name"] = "jit-carol"

        def another_line(entries):
            each("ask", entries, lambda entry: entry["data"].update(line="rm -rf /"))

        def shown_line(context):
            context["command"]["line"] = "rm -rf /"

        def valid_for_long(row):
            row["valid_until"] = "2199-01-01T00:00:00.000Z"

        self.forged_store('"ask" never leaves a request approved', nobody_approved, no_reviews)
        self.forged_store('"acknowledge" happened to a request that was pending', nobody_signed)
        self.forged_store("started with 1 signed approval, and its rules want at least 2", more_wanted, two_reviewers)
        self.forged_store("its requester is not who its context says it is", everywhere_by_another, by_another)
        self.forged_store("its context is not the one that it was asked with", everywhere_by_another, by_another, another_name)
        self.forged_store("its line is not that of the trail", another_line)
        self.forged_store("its line is not that of the command", another_line, nothing, shown_line)
        self.forged_store("until when it is approved", nothing, valid_for_long)

    def test_what_no_signature_is_about_takes_the_head(self):
        """That nobody had to sign it; the manual says so."""
        request_id = self.run_signed()
        head = re.search(r"head (\w{64})", self.verified_store().out).group(1)
        forged = self.entries_of(request_id)
        each("ask", forged, lambda entry: entry["data"]["requirement"].pop("signed"))
        each("approve", forged, lambda entry: entry["data"].pop("signature"))
        done = self.verified(forged)
        self.assertEqual(done.code, 0, done)
        path = os.path.join(self.dir, "forged")
        done = self.call("root", "jit-audit", "verify", "--from", path, "--head", head)
        self.assert_found(done, "the trail was cut or rewritten")


if __name__ == "__main__":
    harness.main()
