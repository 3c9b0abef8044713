# Sourced by the other scripts: where things are, and how to say what is going on.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SWIFT_BACKTRACE=${SWIFT_BACKTRACE:-enable=no}
venv=$repository/.venv
export python=$venv/bin/python

say() { printf '==> %s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "'$*' needs root, and there is no sudo here. Run it as root, then try again."
  fi
}

# The directory of the debug programs.
bin_path() { swift build --package-path "$repository" --show-bin-path; }

# A word as one would type it: quoted only where the shell needs it.
quoted() {
  if [[ $1 =~ ^[A-Za-z0-9_./:=,@+%-]+$ ]]; then
    printf '%s' "$1"
  else
    printf "'%s'" "${1//\'/\'\\\'\'}"
  fi
}
