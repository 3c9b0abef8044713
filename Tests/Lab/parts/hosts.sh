# The hosts: their private files, their namespaces, the wire between them.
# shellcheck shell=bash disable=SC2154

make_files() {
  local host=$1 directory=$state/$1 databases=files
  mkdir -p "$directory"/{log,cc,share,run/samba,var/cache/samba,var/log/samba,var/lib/samba/private}
  chmod 1777 "$directory/cc"
  cp -a /etc "$directory/etc"
  rm -f "$directory/etc/krb5.keytab" "$directory/etc/resolv.conf"
  # As the installation does it.
  if [ -f "$lab_home/../../Packaging/pam.d/winrmd" ]; then install -m 0644 "$lab_home/../../Packaging/pam.d/winrmd" "$directory/etc/pam.d/"; fi
  mkdir -p "$directory/etc/samba"
  printf '%s\n' "$host" >"$directory/etc/hostname"
  printf 'search %s\nnameserver %s\n' "$domain" "${address[dc]}" >"$directory/etc/resolv.conf"
  printf '127.0.0.1 localhost\n%s %s.%s %s\n' "${address[$host]}" "$host" "$domain" "$host" >"$directory/etc/hosts"
  case $host in hop1 | hop2) databases='files winbind' ;; esac
  cat >"$directory/etc/nsswitch.conf" <<END
passwd: $databases
group: $databases
shadow: files
hosts: files dns
services: files
protocols: files
END
  kerberos_configuration "$directory" >"$directory/etc/krb5.conf"
  samba_configuration "$host" >"$directory/etc/samba/smb.conf"
}

kerberos_configuration() {
  cat <<END
[libdefaults]
    default_realm = $realm
    dns_lookup_realm = false
    dns_lookup_kdc = true
    dns_canonicalize_hostname = false
    rdns = false
    forwardable = true
    # The hosts share /tmp: nothing may lie in the usual places there.
    default_ccache_name = FILE:$1/cc/krb5cc_%{uid}
    default_keytab_name = FILE:$1/krb5.keytab
    default_rcache_name = file2:$1/cc/rcache_%{uid}
[domain_realm]
    .$domain = $realm
    $domain = $realm
[realms]
    $realm = {
        auth_to_local = RULE:[1:$netbios\\\$1](^$netbios\\\\[^/]+\$)
        auth_to_local = DEFAULT
    }
END
}

# walter: a local Unix account on hop1 (for PAM) and on wg (for SMB).
add_walter() {
  local directory=$state/$1 hash
  hash=$(openssl passwd -6 "${password[local]}")
  printf 'walter:x:5001:5001::/nonexistent:/bin/bash\n' >>"$directory/etc/passwd"
  printf 'walter:x:5001:\n' >>"$directory/etc/group"
  printf 'walter:%s:19000::::::\n' "$hash" >>"$directory/etc/shadow"
}

start_hosts() {
  local host
  for host in "${hosts[@]}"; do
    setsid unshare --net --uts --mount --propagation slave -- bash "$lab_home/parts/anchor.sh" "$state/$host" "$host" \
      </dev/null >"$state/$host/log/anchor.log" 2>&1 &
  done
  for host in "${hosts[@]}"; do eventually 10 test -e "$state/$host/anchor"; done
  # dc is the switch.
  on dc ip link add lab0 type bridge
  on dc ip address add "${address[dc]}/24" dev lab0
  on dc ip link set lab0 up
  for host in "${hosts[@]}"; do
    [ "$host" != dc ] || continue
    on dc ip link add "to-$host" type veth peer name eth0 netns "$(anchor_of "$host")"
    on dc ip link set "to-$host" master lab0 up
    on "$host" ip address add "${address[$host]}/24" dev eth0
    on "$host" ip link set eth0 up
  done
}

# serve HOST PROGRAM OPTION…: starts a daemon that stays in the foreground of its log.
serve() {
  local host=$1 program=$2
  shift
  on "$host" setsid "$@" </dev/null >"$state/$host/log/$program.log" 2>&1 &
}
