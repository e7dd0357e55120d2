#!/bin/sh
# Runs every benchmark and prints one table of ratios, each against a peer measured in the same run.
# usage: tests/bench/run.sh [BUILD-DIRECTORY]     (default: build/release, built by the release preset)
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build/release}
[ -x "$build/tests/bench_startup" ] || {
  cmake --preset release >/dev/null
  cmake --build --preset release >/dev/null
}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >/dev/null
printf '%s, %s cores, %s\n\n' "$(uname -sr)" "$(nproc)" "$(date -u +%Y-%m-%d)"
"$build/tests/bench_startup" "$prefix/bin/jit-run"
"$build/tests/bench_supervised" "$prefix/bin"
"$build/tests/bench_decision" "$prefix/bin/jit-run"
"$build/tests/bench_decisions_per_second"
"$build/tests/bench_list_scale" "$prefix/bin"
"$build/tests/bench_notification" "$prefix"
"$build/tests/bench_server" "$prefix/bin"
