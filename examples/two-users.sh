#!/bin/bash
# Two real users on one host: jitdemo-alice asks, jitdemo-bob approves, through a store that their group shares. Run it as root;
# it makes the users, the group and everything else, and removes them at the end. Nothing outside of a temporary
# directory is changed, but for the entries in the user database.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

[ "$(id -u)" = 0 ] || { echo "two-users.sh: needs root, to make users" >&2; exit 1; }
for name in jitdemo-alice jitdemo-bob; do
  ! id "$name" >/dev/null 2>&1 || { echo "two-users.sh: the user $name is there already" >&2; exit 1; }
done

say() { printf '\n# %s\n' "$*"; }

.ci/setup build
mkdir -p build
{
  cmake --preset release &&
    cmake --build --preset release --target programs
} >build/two-users.log 2>&1 || { tail -40 build/two-users.log >&2; exit 1; }

world=$(mktemp -d /tmp/jit-two-users.XXXXXX)
waiting=""
clean_up() {
  trap '' INT TERM HUP # all of it, also for the impatient
  [ -z "$waiting" ] || kill "$waiting" 2>/dev/null || true
  wait || true
  userdel -r jitdemo-alice >/dev/null 2>&1 || true
  userdel -r jitdemo-bob >/dev/null 2>&1 || true
  groupdel jitdemo >/dev/null 2>&1 || true
  rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$world"
# Into a place that both may read: a clone in somebody's home often is not.
cmake --install build/release --prefix "$world/prefix" >>build/two-users.log

groupadd jitdemo
for name in jitdemo-alice jitdemo-bob; do
  useradd --create-home --home-dir "$world/$name" --shell /bin/sh --groups jitdemo "$name"
done

# The shared store: a directory of the group with the set-group-ID bit, so that every file in it is the group's.
install -d -o root -g jitdemo -m 2770 "$world/store"

install -d "$world/policies"
cat >"$world/policies/git.yaml" <<'END'
version: 1
groups:
  reviewers: ["unix:jitdemo"]
rules:
  - name: git-push
    match: {command.name: git, command.subcommand: ["push", "push *"]}
    effect: ask
    approval: {from: {reviewers: 1}}
    requires: {reason: true}
END

# Runs a command as a user, as a login would. On a real machine backend and policies stand in /etc/jit-run/config.yaml,
# where they are guarded: no variable and no option overrides them. This demonstration leaves /etc alone.
as() {
  local user=$1
  shift
  (
    # A login also sets this; who shares it with the requester counts as the requester.
    { id -u "$user" >/proc/self/loginuid; } 2>/dev/null || true
    cd "$world/$user"
    exec setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
      env PATH="$world/prefix/bin:/usr/bin:/bin" JIT_RUN_BACKEND="local:$world/store" \
      JIT_RUN_POLICIES="$world/policies" "$@"
  )
}

as jitdemo-alice sh -eu -c '
  git config --global user.name alice
  git config --global user.email alice@example.org
  git config --global init.defaultBranch main
  git init -q --bare server.git
  git init -q project
  cd project
  echo hello >greeting
  git add greeting
  git commit -q -m "Say hello"
  git remote add origin ../server.git'

say "jitdemo-alice asks"
as jitdemo-alice sh -c 'cd project && exec jit-run --reason "first release" -- git push origin main' >"$world/log" 2>&1 &
waiting=$!
id=""
for _ in $(seq 100); do
  id=$(as jitdemo-bob jit-approve list 2>/dev/null | grep -oE '^[a-z2-7]{8}\b' | head -n 1) || true
  [ -z "$id" ] && kill -0 "$waiting" 2>/dev/null || break
  sleep 0.1
done
cat "$world/log"
[ -n "$id" ]

say "Her own approval does not count, although she is in the group"
code=0
as jitdemo-alice jit-approve approve "$id" --yes || code=$?
echo "exit code $code"
[ "$code" = 1 ]

say "jitdemo-bob sees everything about it, and approves"
as jitdemo-bob jit-approve show "$id"
as jitdemo-bob jit-approve approve "$id" --yes -m 'go ahead'

code=0
wait "$waiting" || code=$?
waiting=""
say "What jitdemo-alice saw"
cat "$world/log"
echo "exit code $code"
[ "$code" = 0 ]
as jitdemo-alice git --git-dir=server.git log --oneline main

say "The trail, as either of them can read and verify it"
as jitdemo-bob jit-audit log
as jitdemo-bob jit-audit verify
ls -l "$world/store"
