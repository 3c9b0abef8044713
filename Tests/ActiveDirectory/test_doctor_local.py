"""The doctor about a member's own service: its keys, its domain, and whom of the domain it admits."""

import contextlib
import json
import struct
import time

import pytest
from winrmtest import doctor, processes


def examine(host):
    return doctor.Report(host.run("winrm", "doctor", "-format:json"))


def assert_broken(host, name, *texts):
    report = examine(host)
    doctor.assert_broken(report, "service." + name, *texts)
    return report.checks["service." + name]["remedy"]


def assert_well(host):
    report = examine(host)
    assert report.done.returncode == 0 and not report.failed and not report.open, report


@pytest.fixture
def member(bare):
    """A service on hop1 that is well."""
    with bare.own_service("hop1", "doctor-local") as host:
        host.winrm("policy", "update")
        assert_well(host)
        yield host


def on_host(lab, host, command):
    """Runs a printed remedy on the host, with the programs and the files of the test."""
    words = ["env", *("%s=%s" % pair for pair in {**host.extra, "WINRM_ROOT": host.root}.items())]
    done = lab.directory.run(host.where, *words, "sh", "-ec", 'PATH="%s:$PATH"; %s' % (host.bin, command), check=False)
    assert done.returncode == 0, (command, done.out, done.err)


def test_a_member_that_is_well(member):
    report = examine(member)
    assert "dc.lab.example" in report.evidence("service.domain")
    assert "HTTP/hop1.lab.example" in report.evidence("service.keytab")
    assert "HTTP/hop1.lab.example@LAB.EXAMPLE was opened" in report.evidence("service.keys")
    assert "lab.example was read" in report.evidence("service.policyage")


# Whom it admits


@pytest.mark.parametrize(
    "values,text",
    [
        ({"AllowedGroups": "LAB\\winrm-users,LAB\\no-such-group"}, "the domain has no group LAB\\no-such-group"),
        ({"AllowedGroups": "winrm-users,no-such-group@lab.example"}, "the domain has no group no-such-group@lab.example"),
        ({"AllowedAccounts": "LAB\\alice,LAB\\nobody-of-that-name"}, "the domain has no account LAB\\nobody-of-that-name"),
        ({"AllowedAccounts": "alice@lab.example,nobody-of-that-name@lab.example"}, "nobody-of-that-name@lab.example"),
        ({"AllowedAccounts": "LAB\\alice,LAB\\winrm-users"}, "something else is called so"),
    ],
)
def test_a_name_that_the_domain_does_not_know(bare, member, values, text):
    member.set_service(**values)
    on_host(bare, member, assert_broken(member, "allowed", text))
    assert_well(member)


# The domain


def nsswitch(lab):
    return lab.directory.state / "hop1" / "etc" / "nsswitch.conf"


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("files winbind", "files"),
        lambda text: text.replace("passwd: files winbind", "passwd:files\t# no domain").replace("group: files winbind\n", ""),
    ],
)
def test_the_name_service_does_not_ask_the_domain(bare, member, edit):
    """What is forgotten most often: nobody of the domain gets in, and the remedy printed lets them."""
    file = nsswitch(bare)
    before = file.read_text()
    try:
        file.write_text(edit(before))
        remedy = assert_broken(member, "domainusers", "/etc/nsswitch.conf names neither winbind nor sss")
        on_host(bare, member, remedy.split("; then start")[0])
        assert_well(member)
        assert "winbind; LAB\\" in examine(member).evidence("service.domainusers")
        for name in ("passwd", "group"):
            assert bare.directory.run("hop1", "getent", name, "LAB\\alice" if name == "passwd" else "LAB\\winrm-users").out
        assert_lets_in(bare, member, "client-" + member.name, "HTTP")
    finally:
        file.write_text(before)


def test_the_groups_of_the_domain_are_asked_for_too(bare, member):
    file = nsswitch(bare)
    before = file.read_text()
    try:
        file.write_text(before.replace("group: files winbind", "group: files"))
        remedy = assert_broken(member, "domainusers", "LAB\\", "does not know its group", "(group: files)")
        on_host(bare, member, remedy.split("; then start")[0])
        assert file.read_text().split() == before.split()
        assert_well(member)
    finally:
        file.write_text(before)


def test_winbind_behind_another_name(bare, member):
    """Who knows the domain's users is asked, and not guessed from what the sources are called."""
    file, users = nsswitch(bare), nsswitch(bare).with_name("passwd")
    before = file.read_text(), users.read_text()
    try:
        file.write_text(before[0].replace("passwd: files winbind", "passwd: compat\npasswd_compat: winbind"))
        users.write_text(before[1] + "+::::::\n")
        assert_well(member)
        assert "passwd: compat; LAB\\" in examine(member).evidence("service.domainusers")
        users.write_text(before[1])
        assert_broken(member, "domainusers", "names neither winbind nor sss")
    finally:
        file.write_text(before[0])
        users.write_text(before[1])


def test_winbind_comes_too_late(bare, member):
    file = nsswitch(bare)
    before = file.read_text()
    try:
        file.write_text(before.replace("passwd: files winbind", "passwd: files [NOTFOUND=return] winbind"))
        remedy = assert_broken(member, "domainusers", "winbind has the Unix user LAB\\", "does not know it")
        assert "NOTFOUND=return" in remedy
    finally:
        file.write_text(before)
    assert_well(member)


@contextlib.contextmanager
def without_winbind(lab):
    lab.directory.run("hop1", "mv", "/run/samba/winbindd", "/run/samba/winbindd.away")
    try:
        yield
    finally:
        lab.directory.run("hop1", "mv", "/run/samba/winbindd.away", "/run/samba/winbindd")


def test_winbind_does_not_answer(bare, member):
    with without_winbind(bare):
        report = examine(member)
        doctor.assert_broken(report, "service.domain", "winbindd does not run")
        # Names of the domain cannot be judged then, and are not blamed.
        assert report.state("service.allowed") == "unknown"
        assert "winbind" in report.checks["service.domain"]["remedy"]
    assert_well(member)


def test_winbind_hangs(bare, member):
    """Every look-up of a name may wait for it: the doctor does not, and tells all that it knows without."""
    member.set_service(AllowedGroups="LAB\\winrm-users,LAB\\alices")
    with bare.hanging_winbind("hop1"):
        start = time.monotonic()
        report = doctor.Report(member.run("winrm", "doctor", "-format:json", timeout=60))
        assert time.monotonic() - start < 30
        assert report.failed == ["service.domain"], report
        assert "winbind does not answer" in report.evidence("service.domain")
        assert "winbindd" in report.checks["service.domain"]["remedy"]
        assert report.state("service.allowed") == "unknown"
        assert "LAB\\alices cannot be found out: winbind does not answer" in report.evidence("service.allowed")
        for name in ("running", "listening", "keytab", "keys", "policyage"):
            assert report.state("service." + name) == "pass", report
    member.set_service(AllowedGroups="winrm-users")
    assert processes.eventually(lambda: examine(member).done.returncode == 0, 20), examine(member)


def test_the_domain_controller_does_not_answer(bare, member):
    """What is sent to it is lost; winbindd waits for longer than anybody looks on."""
    member.set_service(AllowedGroups="LAB\\winrm-users")
    address = bare.directory["DC_IP"]
    bare.directory.run("hop1", "ip", "route", "add", "blackhole", address + "/32")
    try:
        report = doctor.Report(member.run("winrm", "doctor", "-format:json", timeout=60))
        assert report.done.seconds < 25
        # It is the KDC, too.
        assert report.failed == ["service.domain", "service.keys"], report
        assert "winbindd runs, and got no answer of a domain controller" in report.evidence("service.domain")
        assert "net ads info" in report.checks["service.domain"]["remedy"]
        assert report.state("service.allowed") == "unknown"
    finally:
        bare.directory.run("hop1", "ip", "route", "del", "blackhole", address + "/32")
    assert processes.eventually(lambda: examine(member).done.returncode == 0, 60), examine(member)


def closed_port(lab):
    return lab.kerberos_with_kdc("doctor-closed.conf", "203.0.113.10:1", of="hop1")


def dead_address(lab):
    return lab.kerberos_with_kdc("doctor-dead.conf", "203.0.113.99", of="hop1")


@pytest.mark.parametrize("made", [closed_port, dead_address])
def test_the_kdc_does_not_answer(bare, member, made):
    member.kerberos = made(bare)
    assert "88" in assert_broken(member, "keys", "no KDC of LAB.EXAMPLE answers")
    member.kerberos = None
    assert_well(member)


def test_an_empty_filter(bare, member):
    """Loopback and addresses of one link are left, and nobody gets there."""
    member.winrm("create", "winrm/config/Listener?Address=*+Transport=HTTP", '@{Port="5990"}')
    # One with an address of its own that the filter takes has none left, which is another finding.
    member.winrm("delete", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % member.address)
    assert_well(member)
    member.set_service(IPv4Filter="")
    remedy = assert_broken(member, "addresses", 'IPv4Filter = "" leaves out every IPv4 address', "no other machine reaches")
    on_host(bare, member, remedy)
    assert_well(member)
    # By IPv6 it can be meant so.
    name = "2001:db8:77::11/64"
    bare.directory.run("hop1", "ip", "address", "add", name, "dev", "lo")
    try:
        member.set_service(IPv4Filter="")
        report = examine(member)
        assert report.done.returncode == 0, report
        text = report.evidence("service.addresses")
        assert 'IPv4Filter = ""' in text and "winrm set winrm/config/service '@{IPv4Filter=\"*\"}'" in text
    finally:
        bare.directory.run("hop1", "ip", "address", "del", name, "dev", "lo")


def test_the_policy_of_the_domain_was_never_read(bare):
    with bare.own_service("hop1", "doctor-never") as host:
        remedy = assert_broken(host, "policyage", "never read")
        # There is no systemd in the lab; /etc is the host's own.
        bare.directory.run("hop1", "mkdir", "-p", "/etc/cron.d")
        on_host(bare, host, remedy)
        line = bare.directory.run("hop1", "cat", "/etc/cron.d/winrm-policy").out
        # cron finds nothing in a PATH of ours.
        minute, rest = line.split(" ", 1)
        assert 0 <= int(minute) < 60 and rest == "* * * * root %s/winrm policy update\n" % host.bin
        bare.directory.run("hop1", "rm", "/etc/cron.d/winrm-policy")
        assert_well(host)


def test_the_policy_of_the_domain_is_old(bare, member):
    file = member.root / "var" / "lib" / "winrm-policy" / "domain.json"
    policy = json.loads(file.read_text())
    policy["Updated"] = int(time.time()) - 30 * 3600
    file.write_text(json.dumps(policy))
    on_host(bare, member, assert_broken(member, "policyage", "30 hours ago").split(";")[0])
    assert_well(member)


# The keytab


def entries(data):
    """The entries of a keytab (MIT, version 2), each with its length; holes are left out."""
    assert data[:2] == b"\x05\x02"
    position, found = 2, []
    while position < len(data):
        (length,) = struct.unpack(">i", data[position : position + 4])
        position += 4
        if length > 0:
            found.append(data[position : position + length])
        position += abs(length)
    return found


def named(entry, name):
    return b"\0" + bytes([len(name)]) + name in entry


def keytab(lab, path, edit):
    """A copy of hop1's keytab with other entries."""
    source = lab.directory.state / "hop1" / "krb5.keytab"
    made = b"".join(struct.pack(">i", len(entry)) + entry for entry in edit(entries(source.read_bytes())))
    path.write_bytes(b"\x05\x02" + made)
    path.chmod(0o600)
    return path


def without_http(all):
    return [entry for entry in all if not named(entry, b"HTTP")]


def without_wsman(all):
    return [entry for entry in all if not named(entry, b"WSMAN")]


def of_another_machine(all):
    return [entry.replace(b"hop1.lab", b"hopX.lab").replace(b"HOP1", b"HOPX") for entry in all]


def old_keys(all):
    """As they were before the last change of the machine's password."""
    return [entry[:-20] + bytes(byte ^ 0x55 for byte in entry[-20:-8]) + entry[-8:] for entry in all]


FLAWS = [
    (of_another_machine, "keytab", "no key of HTTP/hop1.lab.example"),
    (old_keys, "keys", "does not accept the key of HOP1$"),
]


@pytest.mark.parametrize("edit,check,text", FLAWS)
def test_a_keytab_of_the_settings(bare, member, edit, check, text):
    path = keytab(bare, member.root / "own.keytab", edit)
    member.set_service(KeytabFile=str(path))
    remedy = assert_broken(member, check, text)
    on_host(bare, member, remedy[remedy.index("winrm set") :])
    assert_well(member)


def test_a_keytab_without_the_machine_account(bare, member):
    """The service needs no more, but the KDC lets nobody ask for a ticket with it."""
    path = keytab(bare, member.root / "own.keytab", lambda all: [entry for entry in all if not named(entry, b"HOP1$")])
    member.set_service(KeytabFile=str(path))
    report = examine(member)
    assert report.failed == [] and report.state("service.keys") == "unknown", report
    text = report.evidence("service.keys")
    assert "knows no account HTTP/hop1.lab.example@LAB.EXAMPLE" in text and "own name, HOP1$" in text, text
    on_host(bare, member, text[text.index("winrm set") :])
    assert_well(member)


@pytest.mark.parametrize("edit,name", [(without_http, "HTTP"), (without_wsman, "WSMAN")])
def test_a_key_counts_whatever_its_entry_is_called(bare, member, edit, name):
    """In a domain all the names of a machine have one key, and the service takes what any of its keys opens."""
    member.set_service(KeytabFile=str(keytab(bare, member.root / "own.keytab", edit)))
    assert_well(member)
    assert "a ticket for %s/hop1.lab.example was opened" % name in examine(member).evidence("service.keytab")
    time.sleep(5.5)  # the service looks at its keytab every five seconds
    assert_lets_in(bare, member, "client-without-" + name, name)


def assert_lets_in(bare, member, client, service):
    done = bare.winrs(bare.client(client), member, "hostname", method="Kerberos", user="alice", switches=["-spn:%s/hop1.lab.example" % service])
    assert done.returncode == 0, done.err


def test_a_domain_that_knows_no_wsman_needs_no_key_of_it(bare, member):
    """Clients are told so by the KDC, and go on to HTTP. Where the name is another's, they get tickets that nobody opens."""
    names = ["WSMAN/hop1", "WSMAN/hop1.lab.example"]
    member.set_service(KeytabFile=str(keytab(bare, member.root / "own.keytab", without_wsman)))
    for name in names:
        bare.directory.run("dc", "samba-tool", "spn", "delete", name, "HOP1$")
    try:
        assert_well(member)
        evidence = examine(member).evidence("service.keytab")
        assert "knows no WSMAN/hop1.lab.example" in evidence and "HTTP/hop1.lab.example" in evidence
        done = bare.winrs(bare.client("client-no-wsman"), member, "hostname", method="Kerberos", user="alice")
        assert done.returncode == 0, done.err
        bare.directory.run("dc", "samba-tool", "spn", "add", names[1], "HOP2$")
        try:
            assert_broken(member, "keytab", "no key opens a ticket for WSMAN/hop1.lab.example")
        finally:
            bare.directory.run("dc", "samba-tool", "spn", "delete", names[1], "HOP2$")
    finally:
        for name in names:
            bare.directory.run("dc", "samba-tool", "spn", "add", name, "HOP1$")


@pytest.mark.parametrize("edit,check,text", FLAWS + [(None, "keytab", "there is no file")])
def test_the_keytab_of_the_system(bare, member, edit, check, text):
    """A keytab that takes the place of the system's one, and Samba makes good again."""
    path = member.root / "system.keytab"
    if edit:
        keytab(bare, path, edit)
    member.extra = {"KRB5_KTNAME": "FILE:%s" % path}
    remedy = assert_broken(member, check, text)
    on_host(bare, member, remedy)
    assert processes.eventually(lambda: examine(member).done.returncode == 0, 10), examine(member)
