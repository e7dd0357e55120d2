#!/bin/bash
# Sixty seconds of jit-run: gates a real `git push` to a real repository, both made here and removed at the end.
# On a terminal you are the approver; without one the script plays both parts.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR-}" ] || say() { printf '\n# %s\n' "$*"; }

on_a_terminal=""
[ -t 0 ] && [ -t 1 ] && [ -z "${CI-}" ] && on_a_terminal=yes

.ci/setup build
prefix=$PWD/build/quickstart
say "Building and installing into build/quickstart (the first time takes some minutes)"
mkdir -p build
# All of it into the log; on a terminal how far it is, "[12/340]".
log_and_show() {
  [ -n "$on_a_terminal" ] || { cat >build/quickstart.log; return; }
  tee build/quickstart.log | sed -un 's/^\(\[[0-9]*\/[0-9]*\]\).*/\1/p' | while read -r step; do printf '\r%s ' "$step"; done
  printf '\r\033[K'
}
{
  cmake --preset release &&
    cmake --build --preset release --target programs &&
    cmake --install build/release --prefix "$prefix"
} 2>&1 | log_and_show || { tail -40 build/quickstart.log >&2; exit 1; }

# A world of its own: nothing of yours is read or changed.
world=$(mktemp -d)
waiting=""
clean_up() {
  trap '' INT TERM HUP # all of it, also for the impatient
  [ -z "$waiting" ] || kill "$waiting" 2>/dev/null || true # withdraws the request
  wait
  rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
export HOME=$world XDG_CONFIG_HOME=$world/config XDG_STATE_HOME=$world/state XDG_CACHE_HOME=$world/cache
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=you GIT_AUTHOR_EMAIL=you@example.org
export GIT_COMMITTER_NAME=you GIT_COMMITTER_EMAIL=you@example.org
export PATH=$prefix/bin:$PATH
for variable in "${!JIT_RUN_@}"; do unset "$variable"; done

mkdir -p "$XDG_CONFIG_HOME/jit-run/policies"
cat >"$XDG_CONFIG_HOME/jit-run/config.yaml" <<END
policies: $XDG_CONFIG_HOME/jit-run/policies
END
cat >"$XDG_CONFIG_HOME/jit-run/policies/git.yaml" <<'END'
version: 1
rules:
  - name: git-reads
    match: {command.name: git, command.subcommand: ["status", "log", "log *", "diff", "diff *"]}
    effect: allow
  - name: no-force-push
    match: {command.name: git, command.subcommand: ["push", "push *"], command.argv: ["--force", "-f"]}
    effect: deny
    message: Nobody rewrites main.
  - name: git-push
    match: {command.name: git, command.subcommand: ["push", "push *"]}
    effect: ask
    approval: {self: true}   # only for this demo: one person plays both parts
    requires: {reason: true}
END

git init -q --bare -b main "$world/server.git"
git init -q -b main "$world/project"
cd "$world/project"
git remote add origin "$world/server.git"
echo 'hello' >greeting
git add greeting
git commit -q -m 'Say hello'

say "The policy: reading is allowed, a push asks, a forced push is denied"
cat "$XDG_CONFIG_HOME/jit-run/policies/git.yaml"

say "Allowed: runs as if jit-run were not there"
show jit-run -- git status --short --branch
jit-run -- git status --short --branch

say "Denied: exit code 113, and nothing has run"
show jit-run -- git push --force origin main
code=0
jit-run -- git push --force origin main || code=$?
echo "exit code $code"
[ "$code" = 113 ]

say "Asked: jit-run waits until somebody decides"
show "jit-run --reason 'first release' -- git push origin main"
jit-run --reason 'first release' --status-fd 3 -- git push origin main 3>"$world/events" >"$world/log" 2>&1 </dev/null &
waiting=$!
request=""
for _ in $(seq 100); do
  request=$(sed -n 's/.*"request": *"\([a-z2-7]*\)".*/\1/p' "$world/events" 2>/dev/null | head -n 1)
  [ -z "$request" ] && kill -0 "$waiting" 2>/dev/null || break
  sleep 0.1
done
if [ -z "$request" ]; then
  cat "$world/log" >&2
  exit 1
fi
cat "$world/log"

# The approver. It is the same person here because the policy says `self: true`; by default the requester's own review
# never counts, and another user would type this in another terminal.
brief=${request:0:8}
show jit-approve list
jit-approve list
if [ -n "$on_a_terminal" ]; then
  say "Now you are the approver: look at it, and say yes or no"
  show jit-approve approve "$brief"
  jit-approve approve "$request" -m 'seen in the quickstart' || true
  if jit-approve list | grep -q "^$brief"; then
    say "You did not approve, so the request is withdrawn and nothing has run"
    kill "$waiting"
    wait "$waiting" || true
    waiting=""
    git --no-pager --git-dir="$world/server.git" log --oneline main 2>/dev/null || echo "(the server has no commit)"
    exit 0
  fi
else
  show jit-approve show "$brief"
  jit-approve show "$request"
  show "jit-approve approve $brief --yes -m 'seen in the quickstart'"
  jit-approve approve "$request" --yes -m 'seen in the quickstart'
fi
code=0
wait "$waiting" || code=$?
waiting=""

say "What the requester saw"
cat "$world/log"
echo "exit code $code"
[ "$code" = 0 ]

say "The push has happened"
git --no-pager --git-dir="$world/server.git" log --oneline main
[ "$(git rev-parse main)" = "$(git --git-dir="$world/server.git" rev-parse main)" ]

say "The trail says who, what and when, and can be verified"
show jit-audit log
jit-audit log
show jit-audit verify
jit-audit verify

say "Done. The programs are in $prefix/bin; README.md says how to install them."
