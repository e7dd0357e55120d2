#!/usr/bin/env python3
"""Runs clang-tidy over lib/ and cli/:  tests/tidy.py [FOLDER...]     (needs build/release/compile_commands.json)

Most of its time goes into headers, the same ones again for each file. So the files of a folder are given to it together,
as one; those that cannot stand together (two hidden names that are the same) are divided until they can.
"""
import json
import os
import shlex
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
SCRATCH = ROOT / "build" / "tidy"
FULL = ["-checks=-bugprone-suspicious-include"]  # and what .clang-tidy says
MOST = 12  # files at once: more would leave the other cores without work at the end


def clang_tidy(files, flags, options):
    unit = SCRATCH / ("-".join(files[0].relative_to(ROOT).with_suffix("").parts) + f"-{len(files)}.cpp")
    unit.write_text("".join(f'#include "{file}"\n' for file in files), encoding="utf-8")
    command = ["clang-tidy", "--quiet", f"--config-file={ROOT}/.clang-tidy", *options, str(unit), "--", *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def tidy(files, flags):
    """What is wrong, as text."""
    result = clang_tidy(files, flags, FULL)
    if len(files) > 1 and "clang-diagnostic-error" in result.stdout:
        middle = len(files) // 2
        return tidy(files[:middle], flags) + tidy(files[middle:], flags)
    return (result.stdout or result.stderr) if result.returncode != 0 else ""


def sources_of(file):
    """What one compilation compiles: the files that a unity build put together, or just this one."""
    if not file.name.startswith("unity_"):
        return [file]
    return [Path(line.split('"')[1]) for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#include")]


def is_wanted(file):
    if not file.is_relative_to(ROOT):
        return False
    parts = file.relative_to(ROOT).parts
    return parts[0] in ("lib", "cli") and (not sys.argv[1:] or parts[1] in sys.argv[1:])


def main():
    SCRATCH.mkdir(parents=True, exist_ok=True)
    groups = defaultdict(list)
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        files = [file for file in sources_of(Path(entry["file"])) if is_wanted(file)]
        if not files:
            continue
        words = shlex.split(entry["command"])
        flags = [w for w in words[1:] if w.startswith(("-I", "-D", "-std", "-W"))]
        flags.append("-Wno-missing-field-initializers")  # libgit2's own initializers leave some out
        flags += [f"-isystem{words[i + 1]}" for i, w in enumerate(words) if w == "-isystem"]
        groups[files[0].parent, tuple(flags)] += files
    work = []
    for (_, flags), files in groups.items():
        files = sorted(set(files))
        count = -(-len(files) // MOST)
        work += [(files[i::count], flags) for i in range(count)]
    work.sort(key=lambda item: -len(item[0]))
    with ThreadPoolExecutor(int(os.environ.get("JOBS", os.cpu_count() or 1))) as pool:
        problems = [text for text in pool.map(lambda item: tidy(*item), work) if text]
    print("\n".join(problems), end="")
    sys.exit(1 if problems else 0)


main()
