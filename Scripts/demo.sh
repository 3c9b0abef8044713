#!/usr/bin/env bash
# One password through CredSSP across three hosts: client -> A -> B. All three live on this machine, each in a directory of its own
# (WINRM_ROOT) and on a loopback address of its own. Lines that start with "client$" are the commands; what follows is what the hops
# answered, unchanged. Everything is removed at the end.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ -n "${WINRM_BIN:-}" ]; then
  built=$WINRM_BIN
else
  say "building the programs (the first build takes some minutes)"
  swift build --package-path "$repository"
  built=$(bin_path)
fi

lab=$(mktemp -d "${TMPDIR:-/tmp}/winrm-demo.XXXXXX")
chmod 0755 "$lab"
services=()

cleanup() {
  local code=$?
  trap - EXIT INT TERM
  for pid in "${services[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${services[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [ "$code" -ne 0 ]; then
    for log in "$lab"/*/winrmd.log; do
      [ -f "$log" ] && printf -- '--- %s\n' "$log" >&2 && tail -n 20 "$log" >&2
    done
  fi
  rm -rf "$lab"
  exit "$code"
}
trap cleanup EXIT INT TERM

# As root the account is mapped to an unprivileged user, who must be able to run the programs: they are copied to where he can,
# with the Swift libraries that they look for beside themselves.
bin=$built
unix_user=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
  unix_user=${SUDO_USER:-nobody}
  if [ "$unix_user" = root ]; then unix_user=nobody; fi
  bin=$lab/bin
  mkdir "$bin"
  for program in winrm winrs winrmd winrmd-exec; do cp "$built/$program" "$bin/"; done
  ldd "$bin/winrs" | sed -n 's/.* => \(.*\/swift\/.*\) (.*/\1/p' | while read -r library; do cp -L "$library" "$bin/"; done
  chmod -R a+rX "$bin"
fi

user=alice
password=$(head -c 18 /dev/urandom | base64)

# Runs a program of ours on a host: on HOST PROGRAM ARGUMENTS...
on() {
  local host=$1 program=$2
  shift 2
  WINRM_ROOT=$lab/$host "$bin/$program" "$@"
}

# The same, and shows the command first, with short names for the directories.
show() {
  local host=$1 word line=
  shift
  for word in "$@"; do line+=" $(quoted "$word")"; done
  line=${line//$bin\//}
  printf '\n%s$%s\n' "$host" "${line//$lab\//}"
  on "$host" "$@"
}

free_port() { python3 -c "import socket; s = socket.socket(); s.bind(('$1', 0)); print(s.getsockname()[1])"; }

# A host with a listener, CredSSP switched on, one account, and its service running: make_host NAME ADDRESS
make_host() {
  local name=$1 address=$2 port
  mkdir -p "$lab/$name"
  port=$(free_port "$address")
  printf '%s:%s' "$address" "$port" >"$lab/$name.endpoint"
  show "$name" winrm create "winrm/config/Listener?Address=IP:$address+Transport=HTTP" "@{Port=\"$port\"}"
  show "$name" winrm set winrm/config/service/auth '@{CredSSP="true"}' | grep -E '^$|\$|CredSSP'
  show "$name" winrm set winrm/config/service "@{AllowedAccounts=\"$user\"}" | grep -E '^$|\$|AllowedAccounts'
  show "$name" winrm account add "$user" "-unixuser:$unix_user" -passwordfd:3 3<<<"$password"
  WINRM_ROOT=$lab/$name "$bin/winrmd" </dev/null >"$lab/$name/winrmd.log" 2>&1 &
  services+=($!)
  local tries
  for tries in $(seq 100); do
    if (exec 9<>"/dev/tcp/$address/$port") 2>/dev/null; then return; fi
    kill -0 "${services[-1]}" 2>/dev/null || fail "winrmd of host $name did not start"
    sleep 0.1
  done
  fail "winrmd of host $name does not listen on $address:$port after $tries tries"
}

endpoint() { printf 'http://%s' "$(cat "$lab/$1.endpoint")"; }

say "host B, the last one: account $user is the Unix user $unix_user"
make_host B 127.0.0.3
say "host A, the one in the middle; it may use NTLM with host B, which it names in its TrustedHosts"
make_host A 127.0.0.2
show A winrm set winrm/config/client '@{TrustedHosts="127.0.0.3"}' | grep -E '^$|\$|TrustedHosts'

say "the client: nothing is delegated to anybody until policy says so"
mkdir -p "$lab/client"
umask 077
printf '%s' "$password" >"$lab/client/password"
umask 022
hop=(winrs "-r:$(endpoint A)" -a:CredSSP "-u:$user" "-p:@$lab/client/password")
show client winrm set winrm/config/client/auth '@{CredSSP="true"}' | grep -E '^$|\$|CredSSP'
if show client "${hop[@]}" id 2>&1; then fail "host A was given credentials without a policy"; fi
say "... as it must. Now the policy names host A"
show client winrm credssp enable -role:client -delegate:WSMAN/127.0.0.2 -ntlmonly -force
show client winrm credssp get

say "first hop by CredSSP: host A reports who runs the command"
# shellcheck disable=SC2016 # the remote shell expands it
show client "${hop[@]}" 'echo "host A: $(id -un), logon by $WINRM_SESSION"'

say "second hop from inside that session, with no password: host B reports"
inner="$bin/winrs -r:$(endpoint B)"
show client "${hop[@]}" "$inner 'echo \"host B: \$(id -un), logon by \$WINRM_SESSION\"'"

say "the same through a Negotiate session: host A cannot go on in the user's name, and says why"
show client winrm set winrm/config/client '@{TrustedHosts="127.0.0.2"}' | grep -E '^$|\$|TrustedHosts'
hop[2]=-a:Negotiate
if show client "${hop[@]}" "$inner id" 2>&1; then fail "the second hop worked without delegated credentials"; fi

say "what the two services logged about it"
sed 's/^/A: /' "$lab/A/winrmd.log"
sed 's/^/B: /' "$lab/B/winrmd.log"
say "done: one password, given once, reached host B through host A, and only because policy allowed it"
