#!/usr/bin/env bash
# The documentation's sentence in a real Active Directory: connect to a remote server with CredSSP, and from there reach a second-hop
# machine such as a file share. Brings the lab up (Tests/Lab; needs root), lets client, hop1 and hop2 say what they saw, takes it down.
# Lines that start with a host and "$" are the commands; what follows is their output, unchanged.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$repository"

[ "$(id -u)" -eq 0 ] || fail "the lab needs root: it makes namespaces and takes ports below 1024. \`make demo\` shows the same without a domain."

if [ -n "${WINRM_BIN:-}" ]; then
  built=$WINRM_BIN
else
  say "building the programs (the first build takes some minutes)"
  swift build
  built=$(bin_path)
fi

keep=${WINRM_LAB:-}
WINRM_LAB=${WINRM_LAB:-$(mktemp -d /dev/shm/winrm-lab-XXXXXX)}
export WINRM_LAB
demo= services=()
cleanup() {
  local code=$? pid
  trap - EXIT INT TERM
  for pid in "${services[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${services[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [ "$code" -ne 0 ] && [ -n "$demo" ]; then
    for log in "$demo"/*/winrmd.log; do
      [ -f "$log" ] && printf -- '--- %s\n' "$log" >&2 && tail -n 20 "$log" >&2
    done
  fi
  if [ -n "$demo" ]; then rm -rf "$demo"; fi
  [ -n "$keep" ] || Tests/Lab/down
  exit "$code"
}
trap cleanup EXIT INT TERM

say "a domain controller, two members, a client: the lab"
Tests/Lab/up
# shellcheck source=/dev/null
source "$WINRM_LAB/lab.env"
demo=$(mktemp -d "$WINRM_LAB/demo.XXXX")
chmod 0755 "$demo"

# alice must be able to run the programs: copies, with the Swift libraries that they look for beside themselves.
bin=$demo/bin
mkdir "$bin"
for program in winrm winrs winrmd winrmd-exec; do cp "$built/$program" "$bin/"; done
ldd "$bin/winrs" "$bin/winrmd" | sed -n 's/.* => \(.*\/swift\/.*\) (.*/\1/p' | sort -u | while read -r library; do cp -L "$library" "$bin/"; done
chmod -R a+rX "$bin"

# Runs a command on a host of the lab: on HOST COMMAND…
on() {
  local host=$1
  shift
  Tests/Lab/in "$host" env PATH="$bin:$PATH" WINRM_ROOT="$demo/$host" "$@"
}

# The same, and shows the command first, with short names for the directories.
show() {
  local host=$1 word line=
  shift
  for word in "$@"; do line+=" $(quoted "$word")"; done
  line=${line//$bin\//}
  printf '\n%s$%s\n' "$host" "${line//$demo\//}"
  on "$host" "$@"
}

# A member of the domain that lets the group in.
make_host() {
  local host=$1
  mkdir -p "$demo/$host"
  show "$host" winrm create winrm/config/Listener?Address=*+Transport=HTTP
  local thumbprint certificate=LAB_${host^^}_CERT key=LAB_${host^^}_KEY
  show "$host" winrm certificate import "${!certificate}" "-key:${!key}"
  thumbprint=$(openssl x509 -in "${!certificate}" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')
  show "$host" winrm create winrm/config/Listener?Address=*+Transport=HTTPS "@{Hostname=\"$host.$LAB_DNS\";CertificateThumbprint=\"$thumbprint\"}"
  show "$host" winrm set winrm/config/service/auth '@{CredSSP="true"}' | grep -E '^$|\$|CredSSP'
  show "$host" winrm set winrm/config/service '@{AllowedGroups="LAB\winrm-users"}' | grep -E '^$|\$|AllowedGroups'
  Tests/Lab/in "$host" env WINRM_ROOT="$demo/$host" "$bin/winrmd" </dev/null >"$demo/$host/winrmd.log" 2>&1 &
  services+=($!)
  local tries address=LAB_${host^^}_IP
  for tries in $(seq 100); do
    if Tests/Lab/in client bash -c "exec 9<>/dev/tcp/${!address}/5986" 2>/dev/null; then return; fi
    kill -0 "${services[-1]}" 2>/dev/null || fail "winrmd of $host did not start"
    sleep 0.1
  done
  fail "winrmd of $host does not listen after $tries tries"
}

say "hop2: a file server of the domain, with a service of ours as well"
make_host hop2
say "hop1: the machine in the middle"
make_host hop1

say "the client: its policy delegates to servers of the domain that prove who they are"
mkdir -p "$demo/client"
show client winrm credssp enable -role:client "-delegate:WSMAN/*.$LAB_DNS" -force
umask 077
printf '%s' "$LAB_ALICE_PASSWORD" >"$demo/client/password"
umask 022
hop() { # hop METHOD ENDPOINT COMMAND
  show client winrs -v "-r:$2" "-a:$1" -u:alice "-p:@$demo/client/password" "$3"
}

# What a session knows of itself; the remote shell expands it.
# shellcheck disable=SC2016
report='printf "%s\n" "$(hostname): I am $WINRM_ACCOUNT, proven by $WINRM_MECHANISM; credentials for a further hop: $WINRM_CREDENTIALS"'
share="smbclient -N --use-kerberos=required //hop2.$LAB_DNS/secret -c ls"
http=http://hop1.$LAB_DNS:5985 https=https://hop1.$LAB_DNS:5986

say "first hop, by CredSSP with Kerberos inside, over HTTP and over HTTPS"
hop CredSSP "$http" "$report"
hop CredSSP "$https" "$report"

say "second hop: the share that alice alone may read, on hop2, from her session on hop1"
hop CredSSP "$http" "$share"

say "second hop: the service on hop2, by the ticket of the session"
hop CredSSP "$http" "$bin/winrs -v -r:hop2.$LAB_DNS '$report'"

say "the same without the ticket: the logon agent of the session does NTLM. hop1 must name hop2 for that, as NTLM proves no server"
show hop1 winrm set winrm/config/client "@{TrustedHosts=\"*.$LAB_DNS\"}" | grep -E '^$|\$|TrustedHosts'
hop CredSSP "$http" "env -u KRB5CCNAME $bin/winrs -v -r:hop2.$LAB_DNS '$report'"

say "by Negotiate there is a first hop, and none after it"
hop Negotiate "$http" "$report"
if hop Negotiate "$http" "$share" 2>&1; then fail "the share was open without delegated credentials"; fi
if hop Negotiate "$http" "$bin/winrs -v -r:hop2.$LAB_DNS '$report'" 2>&1; then fail "the second hop worked without delegated credentials"; fi

say "what the two services logged about it"
sed 's/^/hop1: /' "$demo/hop1/winrmd.log"
sed 's/^/hop2: /' "$demo/hop2/winrmd.log"
say "and what is left of the sessions:"
show hop1 find "$demo/hop1/run" ! -type d
say "done: alice's password went to hop1, which Kerberos had proven, and from there a ticket and the agent opened hop2"
