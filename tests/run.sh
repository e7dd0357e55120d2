#!/bin/bash
# Builds and checks everything, from a clean clone, without a terminal. Stops at the first step that fails.
#   tests/run.sh                all steps, in the order below
#   tests/run.sh STEP...        only these
#   tests/run.sh --list         what the steps are
# The last line is a sum of all ctest runs, as ctest writes it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# The examples are the first to build anything: as they do for a stranger.
readonly steps=(setup includes format scripts manuals examples release policies asan tidy)
jobs=${JOBS:-$(nproc)}

passed=0
failed=0

summary() {
  local total=$((passed + failed)) percent
  [ "$total" -gt 0 ] || return 0 # only checks were asked for, and they passed
  percent=$((passed * 100 / total))
  echo
  echo "$percent% tests passed, $failed tests failed out of $total"
}

# Runs ctest for a preset and adds its numbers to the sum.
run_ctest() {
  local log=build/$1/run.log status line
  # Many wait for others more than they work.
  ctest --preset "$1" -j "$((2 * jobs))" --timeout 600 --no-tests=error 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log" | tail -1)
  if [[ $line =~ ([0-9]+)" tests failed out of "([0-9]+) ]]; then
    failed=$((failed + BASH_REMATCH[1]))
    passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
  fi
  return "$status"
}

build() {
  cmake --preset "$1" >build/configure.log 2>&1 || { cat build/configure.log; return 1; }
  # A warm ninja says a line a file to a log; here only what went wrong is worth reading.
  cmake --build --preset "$1" -j "$jobs" >build/build.log 2>&1 || { grep -v '^\[[0-9]*/[0-9]*\] Building' build/build.log; return 1; }
}

sources() { find lib cli tests -regextype posix-extended -regex ".*\.($1)" | sort; } # by suffix

setup() { .ci/setup peers; }

includes() { tests/include_check.py --self-test && tests/include_check.py; }

format() { sources 'cpp|hpp' | xargs clang-format --dry-run --Werror; }

shell_scripts() {
  find .ci tests examples -type f | while read -r file; do
    case $(head -c 64 "$file" | head -1 | tr -d '\0') in '#!/bin/sh' | '#!/bin/bash') echo "$file" ;; esac
  done
}

scripts() {
  shell_scripts | xargs shellcheck -x -S warning && shellcheck -s bash -S warning completions/bash/* || return 1
  local file
  for file in completions/zsh/_*; do zsh -n "$file" || return 1; done
  for file in completions/fish/*.fish; do fish -n "$file" || return 1; done
  find tests examples -name '*.py' -print0 | xargs -0 python3 -c '
import ast, sys
for name in sys.argv[1:]: ast.parse(open(name, encoding="utf-8").read(), name)'
}

manuals() { mandoc -T lint -W warning man/*; }

release() { build release && run_ctest release; }

# Every pack by itself, all of them as one set, and the policies in the documents.
policies() {
  local file dir
  dir=$(mktemp -d) || return 1 # policies are read only from where nobody else can write; a clone may be elsewhere
  install -m 644 policies/*.yaml examples/{deploy,notify,preview,systems,warnings}-policy.yaml "$dir" &&
    sed -n '/^```yaml$/,/^```$/{/^```/d;p}' README.md >"$dir/readme.yaml" &&
    awk -v dir="$dir" '/^version: 1$/ { file = dir "/manual" ++n ".yaml" } /^\.Ed$/ { file = "" } file { print >file }' \
      man/jit-run-policy.5 &&
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/key" &&
    { printf 'bob namespaces="jit-run-review" ' && cat "$dir/key.pub"; } >"$dir/signers" && # the manual's last policy names it
    chmod 644 "$dir"/*.yaml || return 1
  for file in "$dir"/*.yaml; do
    build/release/bin/jit-policy check "$file" && build/release/bin/jit-policy test "$file" || return 1
  done
  rm "$dir"/{readme,manual1,manual2,manual3,deploy-policy,notify-policy,preview-policy,warnings-policy}.yaml
  build/release/bin/jit-policy check "$dir" && build/release/bin/jit-policy test "$dir"/*.yaml && rm -r "$dir"
}

examples() {
  CI=true examples/quickstart.sh >build/quickstart.out 2>&1 || { cat build/quickstart.out; return 1; }
  [ "$(id -u)" = 0 ] || return 0 # the others make users
  examples/two-users.sh >build/two-users.out 2>&1 || { cat build/two-users.out; return 1; }
  examples/team-server/run.sh >build/team-server.out 2>&1 || { cat build/team-server.out; return 1; }
}

asan() {
  build asan || return 1
  run_ctest asan
}

tidy() {
  [ -f build/release/compile_commands.json ] || build release || return 1
  JOBS=$jobs tests/tidy.py
}

is_step() { printf '%s\n' "${steps[@]}" | grep -qxF -- "$1"; }

if [ "${1-}" = --list ]; then printf '%s\n' "${steps[@]}"; exit; fi
for step in "$@"; do
  is_step "$step" || { echo "run.sh: no step \"$step\"; there are: ${steps[*]}" >&2; exit 2; }
done

exec </dev/null
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
mkdir -p build
[ $# -gt 0 ] || set -- "${steps[@]}"
for step in "$@"; do
  started=$SECONDS
  echo "== $step"
  before=$failed
  if ! "$step"; then
    # A check that is no ctest run counts as one test that failed.
    [ "$failed" -gt "$before" ] || failed=$((failed + 1))
    echo "run.sh: step \"$step\" failed; again with: tests/run.sh $step" >&2
    summary
    exit 1
  fi
  echo "== $step: passed in $((SECONDS - started)) s"
done
summary
