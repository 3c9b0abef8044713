#!/usr/bin/env bash
# Runs a command within a realm of MIT Kerberos of its own: a KDC on loopback, a user with a ticket, a service with a keytab. Both are gone
# when the command ends. Where the programs of a KDC are missing, the command runs without, and is told so.
#
#   KRB5_CONFIG, KRB5CCNAME   the realm, and the ticket of alice
#   WINRM_REALM_SERVICE       the service, WSMAN/hop.winrm.test
#   WINRM_REALM_KEYTAB        its keytab
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -gt 0 ] || fail "usage: Scripts/with-realm.sh COMMAND..."

export PATH=$PATH:/usr/sbin:/sbin
for program in krb5kdc kadmin.local kdb5_util kinit; do
  if ! command -v "$program" >/dev/null; then
    say "no realm: $program is missing (Debian: krb5-kdc krb5-admin-server krb5-user)"
    exec "$@"
  fi
done

realm=WINRM.TEST
directory=$(mktemp -d)
kdc=
trap '[ -z "$kdc" ] || kill "$kdc" 2>/dev/null || true; rm -rf "$directory"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

export KRB5_CONFIG=$directory/krb5.conf KRB5_KDC_PROFILE=$directory/kdc.conf KRB5CCNAME=FILE:$directory/ccache
export WINRM_REALM_SERVICE=WSMAN/hop.winrm.test WINRM_REALM_KEYTAB=FILE:$directory/keytab
cat >"$KRB5_CONFIG" <<END
[libdefaults]
  default_realm = $realm
  dns_lookup_kdc = false
  dns_lookup_realm = false
  default_rcache_name = file2:$directory/rcache
[realms]
  $realm = {
    kdc = 127.0.0.1:$port
  }
[domain_realm]
  .winrm.test = $realm
END
cat >"$KRB5_KDC_PROFILE" <<END
[kdcdefaults]
  kdc_listen = 127.0.0.1:$port
  kdc_tcp_listen = 127.0.0.1:$port
[realms]
  $realm = {
    database_name = $directory/principal
    key_stash_file = $directory/stash
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:$directory/kdc.log
END
{
  head -c 24 /dev/urandom | base64 >"$directory/master"
  printf '%s\n%s\n' "$(cat "$directory/master")" "$(cat "$directory/master")" | kdb5_util create -s -r "$realm"
  kadmin.local -r "$realm" <<END
addprinc -randkey alice
ktadd -k $directory/user.keytab alice
addprinc -randkey $WINRM_REALM_SERVICE
ktadd -k $directory/keytab $WINRM_REALM_SERVICE
END
} >"$directory/log" 2>&1 || { cat "$directory/log" >&2; fail "the realm could not be made"; }
krb5kdc -n -r "$realm" >>"$directory/log" 2>&1 &
kdc=$!
for _ in $(seq 100); do
  if kinit -k -t "$directory/user.keytab" alice >>"$directory/log" 2>&1; then break; fi
  sleep 0.1
done
klist -s || { cat "$directory/log" >&2; fail "the KDC did not come up"; }
"$@"
