# Samba in its four roles.
# shellcheck shell=bash disable=SC2154

samba_configuration() {
  local host=$1
  cat <<END
[global]
    netbios name = ${host^^}
    load printers = no
    disable spoolss = yes
    printcap name = /dev/null
    logging = file
    log file = /var/log/samba/log.%m
    max log size = 0
    server min protocol = SMB2
    machine password timeout = 0
    bind interfaces only = yes
    interfaces = ${address[$host]}/24
    create krb5 conf = no
END
  case $host in
    dc) cat <<END ;;
    realm = $realm
    workgroup = $netbios
    server role = active directory domain controller
    server services = s3fs, rpc, ldap, cldap, kdc, winbindd, dns
    prefork children = 1
    allow dns updates = secure only
    idmap_ldb:use rfc2307 = yes
    tls enabled = yes
[sysvol]
    path = /var/lib/samba/sysvol
    read only = no
[netlogon]
    path = /var/lib/samba/sysvol/$domain/scripts
    read only = no
END
    hop1 | hop2) cat <<END ;;
    realm = $realm
    workgroup = $netbios
    security = ads
    server role = member server
    # With "create krb5 conf": the join then writes the keytab that this host's krb5.conf names, not everybody's.
    kerberos method = secrets and keytab
    idmap config * : backend = tdb
    idmap config * : range = 3000-7999
    idmap config $netbios : backend = rid
    idmap config $netbios : range = 100000-199999
    template shell = /bin/bash
    template homedir = /nonexistent
END
    wg) cat <<END ;;
    workgroup = WORKGROUP
    server role = standalone server
    map to guest = never
END
    client) printf '    workgroup = %s\n    realm = %s\n' "$netbios" "$realm" ;;
  esac
  case $host in
    hop2) share secret "$netbios\\alice"; share common "+$netbios\\\"domain users\"" ;;
    wg) share secret walter ;;
  esac
}

share() {
  # shellcheck disable=SC2154  # host is the caller's
  printf '[%s]\n    path = %s\n    read only = no\n    valid users = %s\n' "$1" "$state/$host/share/$1" "$2"
}

start_workgroup() {
  mkdir -p "$state/wg/share/secret"
  printf 'workgroup secret\n' >"$state/wg/share/secret/secret.txt"
  chown -R 5001:5001 "$state/wg/share/secret"
  chmod 700 "$state/wg/share/secret"
  printf '%s\n%s\n' "${password[local]}" "${password[local]}" | on wg smbpasswd -a -s walter >"$state/wg/log/smbpasswd.log" 2>&1
  serve wg smbd --foreground --no-process-group
  serve wg winbindd --foreground --no-process-group
}

start_domain() {
  local log=$state/dc/log port name records=()
  on dc samba-tool domain provision --realm="$realm" --domain="$netbios" --server-role=dc --dns-backend=SAMBA_INTERNAL --use-rfc2307 \
    --host-name=dc --host-ip="${address[dc]}" --adminpass="${password[admin]}" >"$log/provision.log" 2>&1
  for name in hop1 hop2 wg client; do records+=("$name=${address[$name]}"); done
  # A name that leads elsewhere: what a forged answer of DNS would look like.
  records+=("forged=hop2.$domain")
  for name in alice bob carol dave erin frank; do printf '%s %s\n' "$name" "${password[$name]}"; done \
    | on dc /usr/bin/python3 "$lab_home/parts/directory.py" fill "$domain" "${records[@]}" >"$log/directory.log" 2>&1
  # Without its ldap/ names members would fall back to NTLM.
  on dc samba_spnupdate >>"$log/directory.log" 2>&1
  serve dc samba --foreground --no-process-group
  for port in 53 88 135 389 445 464; do eventually 60 reaches client dc "$port"; done
  eventually 30 administrator_logs_on
}

administrator_logs_on() { printf '%s\n' "${password[admin]}" | on dc kinit Administrator; }

join_domain() {
  local host=$1 as="Administrator%${password[admin]}"
  on "$host" net ads join --no-dns-updates -U "$as"
  # HOST comes with the join; the WinRM service has two names more.
  [ "$host" = hop1 ] && on "$host" net ads keytab add_update_ads HTTP WSMAN -U "$as"
  [ "$host" = hop2 ] && on "$host" net ads keytab add_update_ads HTTP WSMAN -U "$as"
  serve "$host" winbindd --foreground --no-process-group
  eventually 30 on "$host" wbinfo --ping-dc
}

publish_policy() {
  local title='WinRM CredSSP' log=$state/dc/log/policy.log as="Administrator%${password[admin]}" identifier
  on dc samba-tool gpo create "$title" --tmpdir="$state/dc/log" -U "$as" >"$log" 2>&1
  identifier=$(on dc /usr/bin/python3 "$lab_home/parts/directory.py" link "$title")
  /usr/bin/python3 "$lab_home/parts/directory.py" policy "$lab_home/parts/policy.json" "$state/dc/Registry.pol"
  printf '[General]\r\nVersion=1\r\n' >"$state/dc/GPT.INI"
  on dc smbclient "//dc.$domain/sysvol" -U "$netbios/$as" -D "$domain/Policies/$identifier" \
    -c "lcd $state/dc; put Registry.pol Machine/Registry.pol; put GPT.INI GPT.INI" >>"$log" 2>&1
  printf '%s\n' "$identifier" >"$state/policy"
}

start_shares() {
  mkdir -p "$state/hop2/share/secret" "$state/hop2/share/common"
  printf 'only alice reads this\n' >"$state/hop2/share/secret/secret.txt"
  on hop2 chown -R "$netbios\\alice" "$state/hop2/share/secret"
  chmod 700 "$state/hop2/share/secret"
  chmod 1777 "$state/hop2/share/common"
  serve hop2 smbd --foreground --no-process-group
  eventually 30 reaches client hop2 445
  eventually 30 reaches client wg 445
}
