#!/usr/bin/env python3
"""Verifies an export of the audit trail without jit-run:  jit-audit export --format jsonl | verify_audit.py [HEAD]"""
import hashlib
import json
import sys

previous, count = "0" * 64, 0
for line in sys.stdin.buffer:
    count += 1
    item = json.loads(line)
    entry = item["entry"]
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if entry["seq"] != count or entry["prev"] != previous or item["hash"] != digest:
        sys.exit(f"entry {count} is not intact")
    previous = digest
if sys.argv[1:] and sys.argv[1] != previous:
    sys.exit(f"the trail ends with {previous}, not with {sys.argv[1]}")
print(f"{count} entries, head {previous}")
