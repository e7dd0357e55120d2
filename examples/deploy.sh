#!/bin/bash
# A deployment runbook: three gated steps, each approved when its turn comes.
#   REASON='OPS-4411 release 1.4' examples/deploy.sh REPOSITORY TARGET-DIRECTORY
# With the policy in examples/deploy-policy.yaml each gated step asks.
set -euo pipefail
repository=${1:?usage: deploy.sh REPOSITORY TARGET-DIRECTORY}
target=${2:?usage: deploy.sh REPOSITORY TARGET-DIRECTORY}
reason=${REASON:?say why: REASON=...}

cd "$repository" # an approval is bound to the commit of the work tree that the command starts in
commit=$(git rev-parse --short HEAD)

# Any code can also be the command's own. The events on descriptor 3 tell the two apart: "exec" comes directly before
# the command starts.
events=$(mktemp)
trap 'rm -f "$events"' EXIT
gated() {
  : >"$events"
  jit-run --reason "$reason" --label environment=production --label "commit=$commit" --wait 30m --status-fd 3 -- "$@" \
    3>>"$events"
}

give_up() { # CODE WHAT
  if grep -q '"event": *"exec"' "$events"; then
    echo "deploy: $2 ran and failed with $1" >&2
    exit 1
  fi
  case $1 in
    113) echo "deploy: $2 was denied; talk to who denied it" >&2 ;;
    114) echo "deploy: nobody decided on $2 in time; run this again when somebody is there" >&2 ;;
    115) echo "deploy: $2 was withdrawn" >&2 ;;
    116) echo "deploy: $2 is no longer what was approved; run this again to ask anew" >&2 ;;
    117) echo "deploy: approvals cannot be asked for just now (see above); nothing has changed" >&2 ;;
    125) echo "deploy: $2 could not even be asked for (see above)" >&2 ;;
    *) echo "deploy: $2 could not be started ($1)" >&2 ;;
  esac
  exit "$1"
}

# 1. A here-document goes into a gated command. jit-run never reads standard input, so the command gets all of it;
#    for the same reason the approval is not bound to it. What must be approved belongs into arguments or files.
mkdir -p "$target"
gated tee "$target/release.ini" <<END >/dev/null || give_up $? "the release file"
[release]
commit = $commit
reason = $reason
END

# 2. A pipeline through one. The archive waits in the pipe until the approval is there. The approver sees the commit.
git archive --format=tar HEAD | gated tar -x -C "$target" || give_up $? "unpacking"

# 3. A script of the repository: the approval is bound to its contents.
if [ -f migrate.sh ]; then
  gated sh migrate.sh "$target" || give_up $? "the migration"
fi

echo "deploy: $commit is in $target"
