#!/usr/bin/env python3
"""Holds the includes of lib/ and cli/ against the layer map in CMakeLists.txt.

  tests/include_check.py              checks this source tree; 1 and one line for each offence otherwise
  tests/include_check.py --self-test  checks that every kind of offence is found
"""
import re
import sys
import tempfile
from pathlib import Path

# Third-party headers: who may include them; no header that another folder can see does.
HOMES = {
    "yaml-cpp/": {"lib/yaml"},
    "sqlite3": {"lib/store"},
    "git2": {"lib/git"},
    "openssl/": {"lib/util", "lib/server"},
    "re2/": {"lib/policy"},
    "CLI/": {"cli"},
    "curl/": {"lib/http", "lib/delivery", "lib/transfer", "lib/inquiry"},
    "boost/": {"lib/server"},
}
# This one declares names and nothing else, so that headers can speak of JSON.
LIGHT = "nlohmann/json_fwd.hpp"
LONG = 400
# Its messages hold JSON by value; only who speaks the protocol includes it.
WITH_JSON = {"lib/backend/rpc.hpp"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
DECLARATION = re.compile(r"^\s*(jit_library|jit_program)\(\s*([\w-]+)([^)]*)\)", re.MULTILINE)
KEYWORDS = {"USES", "LINKS", "STATIC", "LIBEXEC"}


def read_map(text):
    """The USES of each jit_library and of each jit_program."""
    found = {"jit_library": {}, "jit_program": {}}
    text = re.sub(r"#.*", "", text)
    for kind, name, rest in DECLARATION.findall(text):
        uses, taking = set(), False
        for word in rest.split():
            if word in KEYWORDS:
                taking = word == "USES"
            elif taking:
                uses.add(word)
        found[kind][name] = uses
    return found["jit_library"], found["jit_program"]


def reach(libraries, folders):
    """These folders and all that they use, directly or not."""
    seen, todo = set(), list(folders)
    while todo:
        folder = todo.pop()
        if folder not in seen:
            seen.add(folder)
            todo += libraries.get(folder, ())
    return seen


def includes_of(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_map(libraries, programs, root):
    for folder, uses in sorted(libraries.items()):
        for used in sorted(uses - libraries.keys()):
            yield f"CMakeLists.txt: {folder} uses {used}, which is no folder of lib/"
        if folder in reach(libraries, uses):
            yield f"CMakeLists.txt: {folder} uses itself, by way of {', '.join(sorted(uses))}"
    for program, uses in sorted(programs.items()):
        for used in sorted(uses - libraries.keys()):
            yield f"CMakeLists.txt: {program} uses {used}, which is no folder of lib/"
    for folder in sorted(p.name for p in (root / "lib").iterdir() if p.is_dir()):
        if folder not in libraries:
            yield f"lib/{folder}: no jit_library({folder} …) in CMakeLists.txt"


def find_public(files):
    """The headers that somebody outside of their folder includes, directly or by way of another header."""
    folder_of = {path: "/".join(path.split("/")[:2]) for path in files}
    includes = {
        path: [name if name.startswith("cli/") else f"lib/{name}" for _, quoted, name in lines if quoted]
        for path, lines in files.items()
    }
    todo = [name for path, names in includes.items() for name in names if folder_of.get(name) != folder_of[path]]
    public = set()
    while todo:
        name = todo.pop()
        if name in includes and name not in public:
            public.add(name)
            todo += includes[name]
    return public


def check_third_party(where, path, name, public):
    if str(path) in public - WITH_JSON and name.startswith(("nlohmann/", *HOMES)) and name != LIGHT:
        yield f"{where}: <{name}> in a header that other folders see"
    for prefix, homes in HOMES.items():
        if name.startswith(prefix) and not any(str(path).startswith(home + "/") for home in homes):
            yield f"{where}: <{name}> belongs in {', '.join(sorted(homes))} only"


def check_project(where, name, libraries, allowed, owner):
    folder = name.split("/")[0]
    if "/" not in name:
        yield f'{where}: "{name}" lacks its folder ("folder/{name}")'
    elif folder == "cli":
        if owner != "cli":
            yield f'{where}: "{name}": lib/ must not know of cli/'
    elif folder not in libraries:
        yield f'{where}: "{name}": no such folder in lib/'
    elif folder not in allowed:
        yield f'{where}: "{name}": {owner} may use {", ".join(sorted(allowed))}'


def check(root):
    """Every offence, as text; and warnings."""
    libraries, programs = read_map((root / "CMakeLists.txt").read_text(encoding="utf-8"))
    offences, warnings = list(check_map(libraries, programs, root)), []
    if not libraries:
        offences.append("CMakeLists.txt: no jit_library found")
    files = sorted(p for top in ("lib", "cli") for p in (root / top).rglob("*") if p.suffix in (".hpp", ".cpp"))
    if not files:
        offences.append("no source file found in lib/ and cli/")
    found = {str(file.relative_to(root)): list(includes_of(file)) for file in files}
    public = find_public(found)
    for file in files:
        path = file.relative_to(root)
        if path.parts[0] == "cli":
            # cli/common uses config and policy; cli/NAME.cpp and cli/DIR/ reach what NAME and jit-DIR link.
            program = path.stem if len(path.parts) == 2 else f"jit-{path.parts[1]}"
            uses = {"config", "policy"} | programs.get(program, set())
            owner, allowed = "cli", reach(libraries, uses) | {"util"}
        else:
            owner = path.parts[1]
            allowed = libraries.get(owner, set()) | {owner, "util"}
        for number, quoted, name in found[str(path)]:
            where = f"{path}:{number}"
            if quoted:
                offences += check_project(where, name, libraries, allowed, owner)
            else:
                offences += check_third_party(where, path, name, public)
        lines = file.read_text(encoding="utf-8").count("\n")
        if lines > LONG:
            warnings.append(f"{path}: {lines} lines; past {LONG}, look for the second subject")
    return offences, warnings


def self_test():
    """A tree that is right, and then one offence at a time."""
    cmake = """
jit_library(util LINKS x)
jit_library(low  USES util)   # jit_library(ghost)
jit_library(yaml USES util LINKS yaml-cpp.a)
jit_library(top  USES util low)
jit_program(tool STATIC USES top LINKS CLI11::CLI11)
jit_program(jit-saw USES top)
"""
    good = {
        "lib/util/a.hpp": "#include <string>\n#include <nlohmann/json_fwd.hpp>\n",
        "lib/low/a.hpp": '#include "low/b.hpp"\n#include "util/a.hpp"\n',
        "lib/low/b.hpp": "\n",
        "lib/yaml/a.cpp": '#include "yaml/inside.hpp"\n',
        "lib/yaml/inside.hpp": "#include <yaml-cpp/yaml.h>\n",
        "lib/top/a.cpp": '#include "low/a.hpp"\n// #include "yaml/a.hpp"\n#include <nlohmann/json.hpp>\n',
        "cli/tool.cpp": '#include <CLI/CLI.hpp>\n#include "cli/common/x.hpp"\n#include "low/a.hpp"\n',
        "cli/common/x.cpp": "\n",
        "cli/saw/x.cpp": '#include "top/a.hpp"\n',
    }
    bad = [
        ("lib/low/z.cpp", '#include "top/a.hpp"', "low may use"),
        ("lib/top/z.cpp", '  #  include "yaml/a.hpp"', "top may use"),
        ("lib/top/z.cpp", '#include "nowhere/a.hpp"', "no such folder"),
        ("lib/top/z.cpp", '#include "a.hpp"', "lacks its folder"),
        ("lib/top/z.cpp", '#include "cli/common/x.hpp"', "must not know of cli"),
        ("cli/tool.cpp", '#include "yaml/a.hpp"', "cli may use"),
        ("cli/common/y.cpp", '#include "top/a.hpp"', "cli may use"),
        ("cli/saw/y.cpp", '#include "yaml/a.hpp"', "cli may use"),
        ("lib/low/z.cpp", "#include <yaml-cpp/yaml.h>", "belongs in lib/yaml only"),
        ("lib/low/z.cpp", "#include <sqlite3.h>", "belongs in lib/store only"),
        ("lib/low/z.cpp", "#include <git2.h>", "belongs in lib/git only"),
        ("lib/low/z.cpp", "#include <openssl/evp.h>", "belongs in lib/server, lib/util only"),
        ("lib/low/z.cpp", "#include <re2/re2.h>", "belongs in lib/policy only"),
        ("lib/low/z.cpp", "#include <CLI/CLI.hpp>", "belongs in cli only"),
        ("lib/low/a.hpp", "#include <nlohmann/json.hpp>", "in a header that other folders see"),
        ("lib/util/a.hpp", "#include <openssl/evp.h>", "in a header that other folders see"),
        ("lib/low/b.hpp", "#include <nlohmann/json.hpp>", "in a header that other folders see"),
        ("lib/new/z.cpp", "", "no jit_library(new"),
        ("CMakeLists.txt", "jit_library(low USES top)", "uses itself"),
        ("CMakeLists.txt", "jit_library(odd USES nothing)", "which is no folder"),
        ("CMakeLists.txt", "jit_program(odd USES nothing)", "which is no folder"),
    ]
    failures = 0
    for number, (name, text, expected) in enumerate([("", "", ""), *bad]):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            files = {"CMakeLists.txt": cmake, **good}
            files[name or "lib/low/z.cpp"] = files.get(name, "") + text + "\n"
            for path, content in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content, encoding="utf-8")
            offences, warnings = check(root)
        right = any(expected in offence for offence in offences) if number else not offences and not warnings
        if not right:
            failures += 1
            print(f"self-test {number}: {name}: {text!r}: expected {expected!r}, got {offences}")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test() else 0)
    offences, warnings = check(Path(__file__).resolve().parent.parent)
    for warning in warnings:
        print(f"warning: {warning}")
    for offence in offences:
        print(offence)
    sys.exit(1 if offences else 0)


main()
