#!/bin/bash
# One approval service for a team: a server and two other machines, each a network namespace of its own, and three users.
# jitdemo-alice asks on the bastion; jitdemo-bob and jitdemo-carol approve on a laptop; the command runs on the bastion.
# Run it as root; it makes users, namespaces and everything else, and removes them at the end.
#   JIT_PREFIX=DIR examples/team-server/run.sh      with the programs that are installed there, instead of building them
set -euo pipefail
cd "$(dirname "$0")/../.."
umask 022

readonly users=(jitdemo-alice jitdemo-bob jitdemo-carol jitdemo-server)
readonly machines=(jitdemo-server jitdemo-bastion jitdemo-laptop)
readonly name=approvals.example.test url=https://approvals.example.test:8443

fail() {
  echo "run.sh: $1" >&2
  exit 1
}
[ "$(id -u)" = 0 ] || fail "needs root, to make users and network namespaces"
for user in "${users[@]}"; do
  ! id "$user" >/dev/null 2>&1 || fail "the user $user is there already"
done
command -v ip >/dev/null || fail "there is no ip; Debian's package is iproute2"
command -v openssl >/dev/null || fail "there is no openssl; Debian's package is openssl"
for machine in "${machines[@]}"; do
  [ ! -e "/run/netns/$machine" ] && [ ! -e "/etc/netns/$machine" ] || fail "the network namespace $machine is there already"
done

say() { printf '\n# %s\n' "$*"; }

if [ -z "${JIT_PREFIX-}" ]; then
  .ci/setup build
  mkdir -p build
  {
    cmake --preset release &&
      cmake --build --preset release --target programs
  } >build/team-server.log 2>&1 || { tail -40 build/team-server.log >&2; exit 1; }
fi

world=$(mktemp -d /tmp/jit-team-server.XXXXXX)
server=""
waiting=""
made=() # directories that were not there before
for directory in /run/netns /etc/netns; do [ -e "$directory" ] || made+=("$directory"); done
clean_up() {
  trap '' INT TERM HUP # all of it, also for the impatient
  # First who waits: that one takes its request back.
  for process in $waiting $server; do
    kill "$process" 2>/dev/null || true
    wait "$process" || true
  done
  for machine in "${machines[@]}"; do
    ip netns del "$machine" 2>/dev/null || true
    rm -rf "/etc/netns/$machine"
  done
  for directory in ${made[@]+"${made[@]}"}; do
    # ip mounts /run/netns on itself.
    while mountpoint -q "$directory"; do umount "$directory" || break; done
    rmdir "$directory" 2>/dev/null || true
  done
  for user in "${users[@]}"; do userdel -r "$user" >/dev/null 2>&1 || true; done
  rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$world"
# Into a place that all may read: a clone in somebody's home often is not.
if [ -n "${JIT_PREFIX-}" ]; then
  install -d "$world/prefix/libexec"
  cp -r "$JIT_PREFIX/libexec/jit-run" "$world/prefix/libexec"
  install -D -t "$world/prefix/bin" "$JIT_PREFIX"/bin/jit-*
else
  cmake --install build/release --prefix "$world/prefix" >>build/team-server.log
fi

# The machines: a wire from the server to each of the others, and none between those.
for machine in "${machines[@]}"; do
  ip netns add "$machine"
  ip -n "$machine" link set lo up
done
wire() { # MACHINE NETWORK
  ip -n jitdemo-server link add "to-$1" type veth peer name eth0 netns "jitdemo-$1"
  ip -n jitdemo-server addr add "$2.1/24" dev "to-$1"
  ip -n "jitdemo-$1" addr add "$2.2/24" dev eth0
  ip -n jitdemo-server link set "to-$1" up
  ip -n "jitdemo-$1" link set eth0 up
  # ip netns exec shows it there as /etc/hosts.
  install -d "/etc/netns/jitdemo-$1"
  printf '127.0.0.1 localhost\n%s.1 %s\n' "$2" "$name" >"/etc/netns/jitdemo-$1/hosts"
}
wire bastion 10.77.1
wire laptop 10.77.2

for user in "${users[@]}"; do
  useradd --create-home --home-dir "$world/$user" --shell /bin/sh "$user"
  chmod 700 "$world/$user"
done

# Runs a command on a machine as a user, as a login there would.
on() { # MACHINE USER COMMAND...
  local machine=$1 user=$2
  shift 2
  # shellcheck disable=SC2016  # it is for the shell on that machine
  exec ip netns exec "jitdemo-$machine" \
    unshare --uts sh -c 'hostname "$1" && cd "$2" && shift 2 && exec "$@"' sh "$machine" "$world/$user" \
    setpriv --reuid "$user" --regid "$user" --init-groups --reset-env env PATH="$world/prefix/bin:/usr/bin:/bin" "$@"
}
alice() { (on bastion jitdemo-alice "$@"); }
bob() { (on laptop jitdemo-bob "$@"); }
carol() { (on laptop jitdemo-carol "$@"); }
jit_server() { on server jitdemo-server jit-server --store "$world/jitdemo-server/store" --policies "$world/policies" "$@"; }
jit_audit() { on server jitdemo-server jit-audit --backend "local:$world/jitdemo-server/store" "$@"; }

say "A certificate for $name, from an authority of our own"
install -d "$world/pki" -m 700
authority() { # NAME: of two, the team's and one that nobody trusts
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext basicConstraints=critical,CA:TRUE -keyout "$world/pki/$1.key" -out "$world/$1.pem" 2>/dev/null
}
authority team-ca
authority another-ca
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
  -keyout "$world/jitdemo-server/key.pem" -out "$world/pki/request.pem" 2>/dev/null
openssl x509 -req -in "$world/pki/request.pem" -CA "$world/team-ca.pem" -CAkey "$world/pki/team-ca.key" -CAcreateserial -days 2 \
  -extfile <(echo "subjectAltName=DNS:$name") -out "$world/jitdemo-server/certificate.pem" 2>/dev/null
chown jitdemo-server "$world/jitdemo-server/key.pem"
chmod 600 "$world/jitdemo-server/key.pem"
openssl x509 -in "$world/jitdemo-server/certificate.pem" -noout -subject -issuer -ext subjectAltName

say "The server, as an unprivileged user, with policies that only root writes"
install -d "$world/policies"
install -m 644 examples/team-server/policies/*.yaml "$world/policies"
cat "$world/policies"/*.yaml
(jit_server serve --listen https://0.0.0.0:8443 --certificate "$world/jitdemo-server/certificate.pem" \
  --key "$world/jitdemo-server/key.pem") >"$world/server.log" 2>&1 &
server=$!
for _ in $(seq 200); do
  grep -q 'listening on' "$world/server.log" && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
cat "$world/server.log"
grep -q 'listening on' "$world/server.log"

say "A token for each of the three, in a file that only they can read"
# On a real machine backend, ca_file and policies stand in /etc/jit-run/config.yaml, where they are guarded: no variable and no
# option overrides them. This demonstration leaves /etc/jit-run alone.
for user in jitdemo-alice jitdemo-bob jitdemo-carol; do
  settings=$world/$user/.config/jit-run
  install -d -o "$user" -g "$user" -m 700 "$world/$user/.config" "$settings"
  install -o "$user" -g "$user" -m 600 /dev/null "$settings/token"
  (jit_server token create --user "$user" --scope request,review --expires 1d) >"$settings/token" 2>"$world/token.log" ||
    { cat "$world/token.log" >&2; exit 1; }
  printf 'backend: %s\nca_file: %s\npolicies: %s\n' "$url" "$world/team-ca.pem" "$world/policies" >"$settings/config.yaml"
  ls -l "$settings/token"
done
(jit_server token list)

# What is at stake.
shard=$world/jitdemo-alice/payments-old.db
install -o jitdemo-alice -g jitdemo-alice /dev/null "$shard"
run=(jit-run --reason "retire the old shard" --ticket OPS-4411 --wait 1m -- rm payments-old.db)

say "Who trusts another authority does not talk to this server, and nothing runs"
code=0
alice env JIT_RUN_CA_FILE="$world/another-ca.pem" "${run[@]}" || code=$?
echo "exit code $code"
[ "$code" = 117 ] && [ -e "$shard" ]

say "Nor does anybody by a name that the certificate does not have"
code=0
alice env JIT_RUN_BACKEND=https://10.77.1.1:8443 "${run[@]}" || code=$?
echo "exit code $code"
[ "$code" = 117 ] && [ -e "$shard" ]

say "jitdemo-alice asks, on the bastion"
(on bastion jitdemo-alice "${run[@]}") >"$world/log" 2>&1 &
waiting=$!
id=""
for _ in $(seq 100); do
  id=$(bob jit-approve list 2>/dev/null | grep -oE '^[a-z2-7]{8}\b' | head -n 1) || true
  [ -z "$id" ] && kill -0 "$waiting" 2>/dev/null || break
  sleep 0.1
done
cat "$world/log"
[ -n "$id" ]

say "Her own approval does not count, although she is of sre and her token may review"
code=0
alice jit-approve approve "$id" --yes || code=$?
echo "exit code $code"
[ "$code" = 1 ]

say "jitdemo-bob sees everything about it on his laptop, and approves; one is not enough"
bob jit-approve show "$id"
bob jit-approve approve "$id" --yes -m 'the shard is empty'
[ -e "$shard" ] && kill -0 "$waiting"

say "jitdemo-carol approves, too"
carol jit-approve approve "$id" --yes
code=0
wait "$waiting" || code=$?
waiting=""

say "What jitdemo-alice saw; and the file is gone, on the bastion"
cat "$world/log"
echo "exit code $code"
[ "$code" = 0 ] && [ ! -e "$shard" ]

say "The trail, on the server"
(jit_audit log)
(jit_audit verify)
