#!/usr/bin/env python3
"""Verifies an export of the audit trail without jit-run:  jit-audit export --format jsonl | verify_audit.py [HASH]"""
import hashlib
import json
import sys

previous, count, seen = "0" * 64, 0, set()
for line in sys.stdin.buffer:
    count += 1
    item = json.loads(line)
    entry = item["entry"]
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if entry["seq"] != count or entry["prev"] != previous or item["hash"] != digest:
        sys.exit(f"entry {count} is not intact")
    previous = digest
    seen.add(digest)
if sys.argv[1:] and sys.argv[1] not in seen:
    sys.exit(f"{sys.argv[1]} is not in the trail")
print(f"{count} entries, head {previous}")
