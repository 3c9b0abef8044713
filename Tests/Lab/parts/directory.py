#!/usr/bin/python3
"""What the lab's directory holds. Runs on host dc with Samba's own Python.

directory.py fill DOMAIN NAME=TARGET…   before samba starts: people from standard input ("name password" lines), groups, DNS records;
                                        a TARGET that is no address becomes an alias
directory.py policy JSON FILE           packs registry values as Registry.pol
directory.py link TITLE                 after `samba-tool gpo create`: versions and links that policy, prints its identifier
"""

import argparse
import ipaddress
import json
import sys

import ldb
from samba import dsdb
from samba.auth import system_session
from samba.dcerpc import dnsp, misc, preg
from samba.ndr import ndr_pack
from samba.param import LoadParm
from samba.samdb import SamDB

NEVER = "-9223372036854775808"
# The client-side extension that reads Registry.pol, and the editor's own.
REGISTRY_EXTENSION = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]"


def database():
    parameters = LoadParm()
    parameters.load_default()
    return SamDB(url=parameters.samdb_url(), session_info=system_session(), lp=parameters)


def replace(database, target, **values):
    message = ldb.Message(target if isinstance(target, ldb.Dn) else ldb.Dn(database, target))
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    database.modify(message)


def dns_record(target):
    record = dnsp.DnssrvRpcRecord()
    record.rank = dnsp.DNS_RANK_ZONE
    record.dwTtlSeconds = 900
    try:
        ipaddress.ip_address(target)
        record.wType = dnsp.DNS_TYPE_A
    except ValueError:
        record.wType = dnsp.DNS_TYPE_CNAME
    record.data = target
    return ndr_pack(record)


def fill(domain, records):
    people = dict(line.split(" ", 1) for line in sys.stdin.read().splitlines())
    samdb = database()
    root = samdb.domain_dn()
    samdb.transaction_start()
    replace(samdb, root, maxPwdAge=NEVER, minPwdAge="0")
    for name, password in people.items():
        # erin's password must be changed before her first logon.
        samdb.newuser(name, password, force_password_change_at_next_login_req=name == "erin", setpassword=True)
    samdb.newgroup("winrm-users")
    samdb.add_remove_group_members("winrm-users", ["alice", "bob", "carol", "frank"])
    # frank's tickets are large.
    for number in range(200):
        name = f"large-{number:03}"
        samdb.add({"dn": f"CN={name},CN=Users,{root}", "objectClass": "group", "sAMAccountName": name, "member": f"CN=frank,CN=Users,{root}"})
    # carol: no NTLM, and tickets that are never forwarded. dave: "sensitive and cannot be delegated".
    samdb.add_remove_group_members("Protected Users", ["carol"])
    samdb.toggle_userAccountFlags("(sAMAccountName=dave)", dsdb.UF_NOT_DELEGATED, on=True)
    zone = f"DC={domain},CN=MicrosoftDNS,DC=DomainDnsZones,{root}"
    for record in records:
        name, target = record.split("=", 1)
        samdb.add({"dn": f"DC={name},{zone}", "objectClass": ["top", "dnsNode"], "dnsRecord": dns_record(target)})
    samdb.transaction_commit()


def policy(source, destination):
    packed = preg.file()
    packed.header.signature, packed.header.version = "PReg", 1
    entries = []
    with open(source, encoding="utf-8") as text:
        for value in json.load(text):
            entry = preg.entry()
            entry.keyname, entry.valuename = value["key"], value["name"]
            entry.type, entry.data = getattr(misc, value["type"]), value["data"]
            entries.append(entry)
    packed.entries, packed.num_entries = entries, len(entries)
    with open(destination, "wb") as output:
        output.write(ndr_pack(packed))


def link(title):
    samdb = database()
    found = samdb.search(
        base=f"CN=Policies,CN=System,{samdb.domain_dn()}", scope=ldb.SCOPE_ONELEVEL, expression=f"(displayName={title})", attrs=["name"])[0]
    replace(samdb, found.dn, versionNumber="1", gPCMachineExtensionNames=REGISTRY_EXTENSION)
    root = samdb.search(base=samdb.domain_dn(), scope=ldb.SCOPE_BASE, attrs=["gPLink"])[0]
    linked = str(root["gPLink"][0]) if "gPLink" in root else ""
    replace(samdb, samdb.domain_dn(), gPLink=f"[LDAP://{found.dn};0]{linked}")
    print(found["name"][0])


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("fill")
    command.add_argument("domain")
    command.add_argument("records", nargs="*")
    command.set_defaults(run=lambda options: fill(options.domain, options.records))
    command = commands.add_parser("policy")
    command.add_argument("source")
    command.add_argument("destination")
    command.set_defaults(run=lambda options: policy(options.source, options.destination))
    command = commands.add_parser("link")
    command.add_argument("title")
    command.set_defaults(run=lambda options: link(options.title))
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
