#!/bin/bash
# Runs the examples that people copy: the runbook, the Makefile, the git hook, the verifier of exports.
#   tests/e2e/examples_test.sh [BINDIR]      the directory with the programs; otherwise $JIT_PREFIX/bin
# quickstart.sh and two-users.sh bring their own programs; tests/run.sh runs them.
set -uo pipefail
bin=$(realpath "${1:-${JIT_PREFIX:?usage: examples_test.sh BINDIR}/bin}") || exit 1
examples=$(realpath "$(dirname "$0")/../../examples")
umask 022

world=$(mktemp -d)
approver=""
trap '[ -z "$approver" ] || kill "$approver"; wait; rm -rf "$world"' EXIT
export HOME=$world XDG_CONFIG_HOME=$world/config XDG_STATE_HOME=$world/state XDG_CACHE_HOME=$world/cache PATH=$bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
for variable in "${!JIT_RUN_@}" "${!MAKE@}"; do unset "$variable"; done
cat >"$world/asking.yaml" <<'END'
version: 1
rules:
  - name: deployment-steps
    match: {labels.environment: production}
    effect: ask
    approval: {self: true}
    requires: {reason: true}
  - name: make-targets
    match: {labels.target: "*"}
    effect: ask
    approval: {self: true}
  - name: push-to-a-protected-branch
    match: {command.name: "true", labels.hook: pre-push}
    effect: ask
    approval: {self: true}
END
# The requester cannot deny, only withdraw; so here it is the policy that says no.
sed '/approval:/d; /requires:/d; s/effect: ask/effect: deny/' "$world/asking.yaml" >"$world/denying.yaml"

git init -q -b main "$world/project"
git init -q --bare -b main "$world/server.git"
cd "$world/project" || exit 1
echo hello >greeting
git add greeting && git commit -q -m 'Say hello'
git remote add origin "$world/server.git"

# Approves whatever waits, and notes it.
approve_requests() {
  local id
  while sleep 0.1; do
    for id in $(jit-approve list 2>/dev/null | grep -oE '^[a-z2-7]{8}\b'); do
      jit-approve approve "$id" --yes >>"$world/approvals"
    done
  done
}
answer() { export JIT_RUN_POLICIES=$world/$1.yaml; : >"$world/approvals"; }
answer asking
approve_requests 2>"$world/approver.log" &
approver=$!

failures=0
check() { # WHAT COMMAND...
  local what=$1
  shift
  "$@" && return
  failures=$((failures + 1))
  echo "FAILED: $what"
  tail -q -n 5 "$world/log" "$world/approver.log" | sed 's/^/    /'
}
run() { # EXPECTED-CODE WHAT COMMAND...
  local expected=$1 what=$2 code
  shift 2
  timeout 60 "$@" >"$world/log" 2>&1 </dev/null
  code=$?
  check "$what: exit code $code, expected $expected" [ "$code" = "$expected" ]
}
approvals() { [ "$(wc -l <"$world/approvals")" = "$1" ]; }

export REASON='OPS-1 "quoted" $HOME'
run 0 "deploy" "$examples/deploy.sh" "$world/project" "$world/app"
check "the here-document has arrived" grep -qxF "reason = $REASON" "$world/app/release.ini"
check "the pipeline has arrived" cmp -s greeting "$world/app/greeting"
check "two steps were approved" approvals 2

answer denying
run 113 "a denied deployment" "$examples/deploy.sh" "$world/project" "$world/denied"
check "says that it was denied" grep -q 'was denied' "$world/log"
check "nothing is there" [ -z "$(ls "$world/denied")" ]

answer asking
echo 'exit 113' >migrate.sh
run 1 "a migration that itself ends with 113" "$examples/deploy.sh" "$world/project" "$world/app"
check "is told from a denial" grep -q 'ran and failed with 113' "$world/log"
rm migrate.sh

if command -v make >/dev/null; then
  mkdir "$world/made"
  cp "$examples/Makefile" .
  run 2 "make without a reason" env -u REASON make deploy TARGET="$world/made"
  answer denying
  run 2 "make, denied" make deploy TARGET="$world/made" REASON=r
  check "nothing was made" [ -z "$(ls "$world/made")" ]
  answer asking
  run 0 "make, approved" make deploy TARGET="$world/made" REASON=r
  check "it was made" [ -f "$world/made/greeting" ]
  rm Makefile
fi

cp "$examples/pre-push" .git/hooks/pre-push
answer denying
run 1 "a push, denied" git push -q origin main
check "the server has nothing" [ -z "$(git --git-dir="$world/server.git" branch)" ]
run 0 "a push of another branch" git push -q origin main:topic
answer asking
run 0 "a push, approved" git push -q origin main
check "the server has it" [ "$(git rev-parse main)" = "$(git --git-dir="$world/server.git" rev-parse main)" ]

jit-audit export --format jsonl >"$world/export"
run 0 "an export" sh -c '"$1" <"$2"' sh "$examples/verify_audit.py" "$world/export"
head=$(sed -n 's/.*head //p' "$world/log")
check "ends with the same hash as jit-audit says" grep -q "$head" <(jit-audit verify)
run 0 "with its hash" sh -c '"$1" "$3" <"$2"' sh "$examples/verify_audit.py" "$world/export" "$head"
sed -i '$d' "$world/export"
run 1 "a shortened one, with the hash" sh -c '"$1" "$3" <"$2"' sh "$examples/verify_audit.py" "$world/export" "$head"
sed -i '2s/"approve"/"deny"/' "$world/export"
run 1 "an edited one" sh -c '"$1" <"$2"' sh "$examples/verify_audit.py" "$world/export"
check "names the entry" grep -qx 'entry 2 is not intact' "$world/log"

[ "$failures" = 0 ] && echo "the examples do what they say"
