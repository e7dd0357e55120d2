#!/usr/bin/env python3
"""Runs clang-tidy over lib/ and cli/:  tests/tidy.py [FOLDER...]     (needs build/release/compile_commands.json)

Most of its time goes into headers, the same ones again for each file. So many files are given to it together,
as one; those that cannot stand together (two hidden names that are the same) are divided until they can. And the largest
headers are read once, before.
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
SCRATCH = ROOT / "build" / "tidy"
FULL = ["-checks=-bugprone-suspicious-include"]  # and what .clang-tidy says
HEADERS = SCRATCH / "headers.hpp"
LARGEST = ("nlohmann/json.hpp", "chrono", "functional", "map", "optional", "sstream", "variant")
MOST = 24  # files at once: more would leave the other cores without work at the end


def precompile(flags):
    HEADERS.write_text("".join(f"#include <{name}>\n" for name in LARGEST), encoding="utf-8")
    standard = [flag for flag in flags if flag.startswith("-std")]
    subprocess.run(["clang++", *standard, "-x", "c++-header", str(HEADERS), "-o", f"{HEADERS}.pch"], check=True)


def unit_of(files):
    """One file of many, in which each program's main has a name of its own."""
    unit = SCRATCH / ("-".join(files[0].relative_to(ROOT).with_suffix("").parts) + f"-{len(files)}.cpp")
    unit.write_text("".join(f'#define main main_{i}\n#include "{file}"\n#undef main\n' for i, file in enumerate(files)),
                    encoding="utf-8")
    return unit


def units(files, flags):
    unit = unit_of(files)
    command = ["clang++", "-fsyntax-only", "-w", "-include-pch", f"{HEADERS}.pch", *flags, str(unit)]
    if len(files) == 1 or subprocess.run(command, capture_output=True, check=False).returncode == 0:
        return [unit]
    middle = len(files) // 2
    return units(files[:middle], flags) + units(files[middle:], flags)


def tidy(unit, flags):
    """What is wrong, as text."""
    command = ["clang-tidy", "--quiet", f"--config-file={ROOT}/.clang-tidy", *FULL, str(unit), "--",
               "-include-pch", f"{HEADERS}.pch", *flags]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
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
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    found, flags = set(), {}  # the flags of all: none contradicts another
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        files = [file for file in sources_of(Path(entry["file"])) if is_wanted(file)]
        if not files:
            continue
        found.update(files)
        words = shlex.split(entry["command"])
        flags.update({w: None for w in words[1:] if w.startswith(("-I", "-D", "-std", "-W"))})
        flags.update({f"-isystem{words[i + 1]}": None for i, w in enumerate(words) if w == "-isystem"})
    flags = [*flags, "-Wno-missing-field-initializers"]  # libgit2's own initializers leave some out
    precompile(flags)
    files = sorted(found)
    with ThreadPoolExecutor(int(os.environ.get("JOBS", os.cpu_count() or 1))) as pool:
        chunks = [files[i:i + MOST] for i in range(0, len(files), MOST)]
        work = [unit for several in pool.map(lambda chunk: units(chunk, flags), chunks) for unit in several]
        work.sort(key=lambda unit: -unit.stat().st_size)
        problems = [text for text in pool.map(lambda unit: tidy(unit, flags), work) if text]
    print("\n".join(problems), end="")
    sys.exit(1 if problems else 0)


main()
