#!/bin/bash
# Completes command lines of the programs in bash, zsh and fish, as a person would with TAB.
#   tests/e2e/completions_test.sh [BINDIR]      the directory with the programs; otherwise $JIT_PREFIX/bin
set -uo pipefail
bin=$(realpath "${1:-${JIT_PREFIX:?usage: completions_test.sh BINDIR}/bin}") || exit 1
root=$(realpath "$(dirname "$0")/../..")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
export XDG_DATA_HOME=$work/data PATH=$bin:$PATH TERM=dumb
unset "${!JIT_RUN_@}"
mkdir -p "$work"/{config,state,cache,data/bash-completion/completions,data/fish/vendor_completions.d}
chmod -R go= "$work"
cp "$root"/completions/bash/* "$work/data/bash-completion/completions/"
cp "$root"/completions/fish/* "$work/data/fish/vendor_completions.d/"
touch "$work/notes.yaml" # a file to complete
cd "$work" || exit 1
git init -q # git completes its options only in a work tree

# An id to complete: a request that waits.
id=$(jit-run --quiet --no-wait -- sleep 4711) || exit 1
brief=${id:0:8}

# Each prints the candidates for a command line, one a line.
complete_bash() {
  bash --norc --noprofile -c '
    source /usr/share/bash-completion/bash_completion
    COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
    # Split as readline does: at = and :, which are words of their own.
    mapfile -t COMP_WORDS < <(sed -E "s/([=:]+)/\n\1\n/g; s/ +/\n/g" <<<"$1" | sed "/^\$/d")
    [[ $1 == *" " || $1 == *[=:] ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    program=${COMP_WORDS[0]}
    compopt() { :; }
    _completion_loader "$program"
    spec=$(complete -p "$program"); spec=${spec#*-F }
    "${spec%% *}" "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>&1
    printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}

complete_zsh() {
  zsh -f "$root/tests/e2e/complete.zsh" "$root/completions/zsh" "$1"
}

complete_fish() {
  fish -c 'complete -C "$argv[1]"' "$1" | cut -f1
}

failures=0
count=0
# expect SHELLS 'command line' CANDIDATE [NOT-A-CANDIDATE]
expect() {
  local shells=$1 line=$2 wanted=$3 unwanted=${4-} shell found
  for shell in $shells; do
    command -v "$shell" >/dev/null || { echo "not tested: $shell is not installed"; continue; }
    count=$((count + 1))
    found=$("complete_$shell" "$line" | sed 's/[= ]*$//')
    if ! grep -qxF -- "$wanted" <<<"$found"; then
      failures=$((failures + 1))
      echo "$shell: '$line' does not offer '$wanted', but: $(head -5 <<<"$found" | tr '\n' ' ')"
    elif [ -n "$unwanted" ] && grep -qxF -- "$unwanted" <<<"$found"; then
      failures=$((failures + 1))
      echo "$shell: '$line' offers '$unwanted'"
    fi
  done
}

# The harness can tell right from wrong.
expect "bash zsh fish" 'jit-audit v' nonsense >/dev/null
[ "$failures" -gt 0 ] || { echo "the harness finds what is not there"; exit 1; }
[ "$failures" = "$count" ] || { echo "the harness finds what is not there"; exit 1; }
failures=0
count=0

all="bash zsh fish"
expect "$all" 'jit-run --re' --reason
expect "$all" 'jit-run --reason x --no-' --no-wait
expect "$all" 'jit-run --color al' always
expect "$all" 'jit-run --default de' deny
expect "$all" "jit-run --request ${brief:0:3}" "$brief"
# The wrapped command, with and without --, after options in either spelling.
expect "$all" 'jit-run -- mkfi' mkfifo --reason
expect "$all" 'jit-run mkfi' mkfifo
expect "$all" 'jit-run --reason x -- mkfi' mkfifo
expect "$all" 'jit-run -r x --label a=b mkfi' mkfifo
expect "$all" 'jit-run --reason=a:b -- mkfi' mkfifo
expect "$all" 'jit-run -- git pu' push
expect "$all" 'jit-run git pu' push
expect "$all" 'jit-run --reason=a:b --backend local:/x git pu' push
expect "$all" 'jit-run -- git push --forc' --force
expect "$all" 'jit-run --quiet git push --forc' --force
expect "$all" 'jit-run -- jit-audit ver' verify
# An option's value is no command.
expect "$all" 'jit-run --policies no' notes.yaml mkfifo
expect "$all" 'jit-approve a' approve
expect "$all" 'jit-approve approve --y' --yes
expect "$all" "jit-approve approve ${brief:0:4}" "$brief"
expect "$all" "jit-approve deny -m no ${brief:0:4}" "$brief"
expect "$all" 'jit-policy e' explain
expect "$all" 'jit-policy check no' notes.yaml
expect "$all" 'jit-policy explain --js' --json
expect "$all" 'jit-policy explain -- git pu' push
expect "$all" 'jit-policy explain --set user.name=alice git pu' push
expect "$all" 'jit-audit v' verify
expect "$all" 'jit-audit verify --fr' --from
expect "$all" 'jit-audit export --format c' csv
expect "$all" 'jit-server ser' serve
expect "$all" 'jit-server token cr' create
expect "$all" 'jit-server serve --cert' --certificate
expect "$all" 'jit-server serve --client-s' --client-scopes
expect "$all" 'jit-server serve --log-requests ch' changes
expect "$all" 'jit-server back' backup

# Where there is no store, and none can be made, completion is silent.
XDG_STATE_HOME=/proc/nowhere
for shell in $all; do
  command -v "$shell" >/dev/null || continue
  count=$((count + 1))
  noise=$("complete_$shell" 'jit-approve approve ' 2>&1)
  [ -z "$noise" ] || { failures=$((failures + 1)); echo "$shell: without a store completion says: $noise"; }
done

echo "$((count - failures)) of $count completions are right"
[ "$failures" = 0 ]
