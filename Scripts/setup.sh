#!/usr/bin/env bash
# Installs what building and testing need and is missing. Safe to run again; says what it does.
#   --no-python   what building needs, and no more
#   --lab         the same and the packages of the lab
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# procps: tests look at processes with ps.
packages=(binutils ca-certificates curl g++ git libexpat1-dev libkrb5-dev libpam0g-dev libwbclient-dev make openssl procps python3 python3-venv)
requirements=("$repository/Scripts/requirements.txt")
# Tests are skipped without these. chromium: the pages of winrm doctor are looked at in a browser; zsh, fish: completion; man-db, mandoc: manuals;
# strace: writers that are killed; systemd: its check of the unit files.
if [ $# -eq 0 ] && { [ "$(id -u)" -eq 0 ] || [ "${CI:-}" = true ]; }; then packages+=(chromium fish man-db mandoc strace systemd zsh); fi
# Tests that find no KDC or no lab are skipped; root can have both, and where a skipped test is a failure it must.
if [ "${1:-}" = --lab ] || { [ "${1:-}" != --no-python ] && { [ "$(id -u)" -eq 0 ] || [ "${CI:-}" = true ]; }; }; then
  mapfile -t lab_packages <"$repository/Tests/Lab/packages.txt"
  packages+=("${lab_packages[@]}")
  if [ "${1:-}" != --lab ]; then
    packages+=(krb5-kdc krb5-admin-server python3-dev)
    requirements+=("$repository/Scripts/requirements-lab.txt")
  fi
fi

require_swift() {
  command -v swift >/dev/null || fail "Swift 6.2 or later is needed. Get it from https://www.swift.org/install/linux/ and try again."
  local said version
  if ! said=$(swift --version 2>&1); then
    printf '%s\n' "$said" >&2
    fail "swift does not run: see above. The packages that it needs are listed at https://www.swift.org/install/linux/."
  fi
  version=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$said" | head -n 1)
  if [ -z "$version" ] || [ "$(printf '%s\n6.2\n' "$version" | sort -V | head -n 1)" != 6.2 ]; then
    fail "Swift 6.2 or later is needed, this is ${version:-of unknown version}. Get it from https://www.swift.org/install/linux/ and try again."
  fi
  say "Swift $version: $(command -v swift)"
}

install_packages() {
  local missing=() name
  if ! command -v dpkg-query >/dev/null; then
    say "no dpkg here: install the equivalents of ${packages[*]} yourself if something is missing"
    return
  fi
  for name in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "Debian packages are all there: ${packages[*]}"
    return
  fi
  say "installing with apt: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
}

install_python() {
  local wanted stamp=$venv/.requirements
  wanted=$(cat "${requirements[@]}" | sha256sum)
  if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    say "Python packages are all there: $venv"
    return
  fi
  say "making the Python environment of the tests in $venv"
  python3 -m venv "$venv"
  "$python" -m pip install --quiet --disable-pip-version-check "${requirements[@]/#/--requirement=}"
  printf '%s' "$wanted" >"$stamp"
}

require_swift
install_packages
if [ $# -eq 0 ]; then install_python; fi
