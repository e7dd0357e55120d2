#!/bin/bash
# Holds the server's API against its real peers: Redocly reads the document that it serves, prism stands between it and the
# clients, Prometheus scrapes it; what is active, Alertmanager and Prometheus say; and what is notified against the libraries of its receivers. All of it on loopback, but for what npm fetches.
#   tests/peers/run.sh PREFIX       where the programs are installed
# Needs root: the clients act as several users. What npm installs is kept in build/peers, or $JIT_PEERS_DIR.
set -euo pipefail

fail() {
  echo "peers: $1" >&2
  exit 1
}

[ $# = 1 ] || fail "usage: tests/peers/run.sh PREFIX"
[ -x "$1/bin/jit-server" ] || fail "there is no $1/bin/jit-server"
JIT_PREFIX=$(realpath "$1")
cd "$(dirname "$0")"
JIT_PEERS_DIR=$(realpath -m "${JIT_PEERS_DIR:-../../build/peers}")
export JIT_PREFIX JIT_PEERS_DIR

[ "$(id -u)" = 0 ] || { echo "peers: needs root, to act as several users; skipped"; exit 77; }
while read -r program package; do
  command -v "$program" >/dev/null || fail "there is no $program; Debian's package is $package"
done <<'END'
node nodejs
npm npm
promtool prometheus
prometheus prometheus
prometheus-alertmanager prometheus-alertmanager
amtool prometheus-alertmanager
python3 python3
setpriv util-linux
useradd passwd
END
node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
  process.exit(major > 18 || (major === 18 && minor >= 20) ? 0 : 1)' || fail "node $(node --version) is too old: 18.20 or later"

mkdir -p "$JIT_PEERS_DIR"
if ! cmp -s package-lock.json "$JIT_PEERS_DIR/installed-lock.json"; then
  cp package.json package-lock.json "$JIT_PEERS_DIR"
  (cd "$JIT_PEERS_DIR" && timeout 600 npm ci --no-audit --no-fund --ignore-scripts >npm.log 2>&1) ||
    { cat "$JIT_PEERS_DIR/npm.log" >&2; fail "npm could not install what package-lock.json names"; }
  cp package-lock.json "$JIT_PEERS_DIR/installed-lock.json"
fi

log=$JIT_PEERS_DIR/run.log
code=0
timeout -k 10 600 python3 -B -W ignore::ResourceWarning -m unittest -v redocly_test prism_test prometheus_test alerts_test channels_test bolt_test 2>&1 </dev/null |
  tee "$log" || code=$?

number() { sed -nE "s/$1/\1/p" "$log" | tail -n 1; }
ran=$(number '^Ran ([0-9]+) tests? in .*')
failures=$(number '^FAILED .*failures=([0-9]+).*')
errors=$(number '^FAILED .*errors=([0-9]+).*')
skipped=$(number '^(OK|FAILED) .*skipped=([0-9]+).*')
[ -z "$skipped" ] || { code=1; errors=$((${errors:-0} + 1)); } # what did not run has shown nothing
[ -n "$ran" ] && [ "$ran" -gt 0 ] || fail "the checks did not end"
failed=$((${failures:-0} + ${errors:-0}))
echo "peers: $((ran > failed ? ran - failed : 0)) checks passed, $failed failed"
[ "$code" = 0 ] && [ "$failed" = 0 ]
