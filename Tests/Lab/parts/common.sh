# Names of the lab, and ways into its hosts. Sourced by the programs beside this folder.
# shellcheck shell=bash disable=SC2034,SC2086

export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
lab_home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
state=${WINRM_LAB:-/dev/shm/winrm-lab}

realm=LAB.EXAMPLE
netbios=LAB
domain=lab.example
hosts=(dc hop1 hop2 wg client)
# TEST-NET-3: exists inside the lab's own network only.
declare -A address=([dc]=203.0.113.10 [hop1]=203.0.113.11 [hop2]=203.0.113.12 [wg]=203.0.113.13 [client]=203.0.113.14)
declare -A password=(
  [admin]='Adm1n-Pw!lab' [alice]='Al1ce-Pw!lab' [bob]='B0b-Pw!lab' [carol]='Car0l-Pw!lab' [dave]='Dav3-Pw!lab' [erin]='Er1n-Pw!lab'
  [frank]='Fr4nk-Pw!lab' [local]='L0cal-Pw!lab')

fail() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

# The kernel's start time of a living process; nothing for one that is dead or waits to be reaped.
started_at() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  # Behind the name in parentheses: the state is field 3, the start time field 22.
  set -- ${line##*) }
  case $1 in Z | X) return 1 ;; esac
  printf '%s\n' "${20}"
}

# The process that holds a host's namespaces, when it is still the one that `up` started.
anchor_of() {
  local pid start
  { read -r pid start <"$state/$1/anchor"; } 2>/dev/null || return 1
  [ "$(started_at "$pid")" = "$start" ] || return 1
  printf '%s\n' "$pid"
}

# on HOST COMMAND…: runs a command inside a host, in the current directory.
on() {
  local host=$1 anchor
  shift
  anchor=$(anchor_of "$host") || { printf 'lab: host %s is not up in %s\n' "$host" "$state" >&2; return 3; }
  KRB5_CONFIG=$state/$host/etc/krb5.conf nsenter --target "$anchor" --net --mount --uts --wdns="$PWD" -- "$@"
}

# Whether a TCP port of HOST answers when asked from FROM: reaches FROM HOST PORT
reaches() { on "$1" bash -c "exec 3<>/dev/tcp/${address[$2]}/$3" 2>/dev/null; }

# eventually SECONDS COMMAND…: repeats a command until it succeeds.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { printf 'lab: gave up on: %s\n' "$*" >&2; return 1; }
    sleep 0.1
  done
}
