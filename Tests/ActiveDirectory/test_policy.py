"""Group policy of a real domain governs a member: what is linked, in which order, and what is left when SYSVOL is out of reach."""

import contextlib
import json
import os
import re
import stat
import subprocess

import pytest

from winrmtest.domain import LAB_PROGRAMS
from winrmtest.grouppolicy import CLIENT, DELEGATION, applied, is_allowed, left_aside, stored, update


def test_linking_allows_and_unlinking_refuses_again(member, objects):
    assert not is_allowed(member)
    update(member)
    assert applied(member) == ["WinRM CredSSP", "Default Domain Policy"]
    assert is_allowed(member) and is_allowed(member, proof="ntlm") and not is_allowed(member, host="elsewhere.example")
    assert 'CredSSP = true [Source="GPO"]' in member.run("winrm", "get", "winrm/config/client/auth").out
    done = member.run("winrm", "set", "winrm/config/client/auth", '@{CredSSP="false"}')
    assert done.returncode == 1 and "0x8033808A" in done.err
    rule = member.run("winrm", "policy", "test", "-remote:hop2.lab.example", "-proof:kerberos").out
    assert objects.credssp in rule and r"\Machine\Registry.pol" in rule and r"\AllowFreshCredentials" in rule
    objects.link("{31B2F340-016D-11D2-945F-00C04FB984F9}")
    update(member)
    assert applied(member) == ["Default Domain Policy"]
    assert not is_allowed(member)


def test_a_password_goes_where_the_domain_allows_it(bare, member, objects):
    """The policy of the domain alone: nothing was enabled on this client."""
    with bare.own_service("hop2", "policy-target") as service:
        assert "0x803381A2" in bare.winrs(member, service.endpoint, "hostname").err
        update(member)
        done = bare.winrs(member, service.endpoint, "hostname")
        assert (done.returncode, done.out.strip()) == (0, "hop2"), done.err
        objects.link()
        update(member)
        assert "0x803381A2" in bare.winrs(member, service.endpoint, "hostname").err


def test_of_two_objects_in_conflict_the_last_link_wins_unless_one_is_enforced(member, objects):
    off = objects.make("CredSSP off", (CLIENT, "AllowCredSSP", "REG_DWORD", 0))
    for links, expected in [
        ((objects.credssp, off), False),
        ((off, objects.credssp), True),
        (((off, 2), objects.credssp), False),
        ((objects.credssp, (off, 1)), True),
        (((off, 3), objects.credssp), True),
        (((off, 2), (objects.credssp, 2)), True),
    ]:
        objects.link(*links)
        update(member)
        assert is_allowed(member) == expected, links


def test_who_may_not_apply_an_object_does_not_get_it(member, objects):
    """Security filtering: everybody reads the object, nobody applies it."""
    objects.link(objects.credssp)
    apply = "(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)"
    before = objects.descriptor(objects.credssp)
    assert apply in before
    objects.modify(objects.dn(objects.credssp), "nTSecurityDescriptor", before.replace(apply, ""))
    try:
        assert "security filter" in update(member).err
        assert applied(member) == [] and not is_allowed(member)
        # It is not forgotten when the command has ended.
        [(name, reason)] = left_aside(member)
        assert objects.credssp in name and "security filter" in reason
        shown = member.run("winrm", "policy").out
        assert "        NotApplied\n            Name = WinRM CredSSP" in shown and "            Because = " + reason in shown
    finally:
        objects.modify(objects.dn(objects.credssp), "nTSecurityDescriptor", before)
    update(member)
    assert is_allowed(member)


def test_an_object_that_is_switched_off_does_not_apply(member, objects):
    objects.modify(objects.dn(objects.credssp), "flags", "2")
    try:
        assert "switched off" in update(member).err
        assert not is_allowed(member)
    finally:
        objects.modify(objects.dn(objects.credssp), "flags", "0")


@pytest.mark.parametrize("damage", ["file", "values", "link"])
def test_what_cannot_be_understood_is_no_reason_to_keep_what_was(member, objects, damage):
    """Whoever may change one object must not keep what the others forbid from the machine."""
    update(member)
    assert is_allowed(member)
    value = ("REG_SZ", "no") if damage == "values" else ("REG_DWORD", 0)
    broken = objects.make("Broken " + damage, (CLIENT, "AllowCredSSP", *value))
    if damage == "file":
        (objects.lab.root / "garbage").write_bytes(b"PReg\1\0\0\0[")
        objects.put(broken, objects.lab.root / "garbage", "Machine/Registry.pol")
    if damage == "link":
        objects.modify(objects.dn(broken), "gPCFileSysPath", r"\\wg.lab.example\secret")
    objects.link(objects.credssp, broken)
    done = update(member, code=1)
    assert "0x80338088" in done.err and "Broken " + damage in done.err.replace("\n", " "), done.err
    assert "stays in force" not in done.err
    refused = member.run("winrm", "policy", "test", "-remote:hop2.lab.example", "-proof:kerberos")
    assert refused.returncode == 2 and "0x80338088" in refused.err and "Allowed" not in refused.out
    objects.link(objects.credssp)
    update(member)
    assert is_allowed(member)


@contextlib.contextmanager
def smb_closed(objects):
    """hop1 reaches the domain controller, but for SMB."""
    rules = [["to", objects.lab.directory["DC_IP"], "ipproto", "tcp", "dport", port, "unreachable"] for port in ("445", "139")]
    for rule in rules:
        objects.lab.directory.run("hop1", "ip", "rule", "add", *rule)
    try:
        yield "NT_STATUS_NETWORK_UNREACHABLE"
    finally:
        for rule in rules:
            objects.lab.directory.run("hop1", "ip", "rule", "del", *rule)


@contextlib.contextmanager
def file_denied(objects, name):
    """The machine may not read a file."""
    file = objects.directory_of(objects.credssp) + "/" + name
    mode = objects.lab.directory.run("dc", "stat", "-c", "%a", file).out.strip()
    objects.lab.directory.run("dc", "chmod", "000", file)
    try:
        yield "NT_STATUS_ACCESS_DENIED"
    finally:
        objects.lab.directory.run("dc", "chmod", mode, file)


@contextlib.contextmanager
def file_gone(objects, name=""):
    """The object is in the directory, its files are not (yet): replication, or a mistake."""
    file = (objects.directory_of(objects.credssp) + "/" + name).rstrip("/")
    objects.lab.directory.run("dc", "mv", file, file + ".away")
    try:
        yield "lacks"
    finally:
        objects.lab.directory.run("dc", "mv", file + ".away", file)


@contextlib.contextmanager
def directory_in_place(objects, name):
    """A directory with the name of the file."""
    with file_gone(objects, name):
        file = objects.directory_of(objects.credssp) + "/" + name
        objects.lab.directory.run("dc", "mkdir", file)
        try:
            yield "NT_STATUS_FILE_IS_A_DIRECTORY"
        finally:
            objects.lab.directory.run("dc", "rmdir", file)


# Opens a file of SYSVOL so that nobody else can, until its input ends. Runs with Samba's own Python.
HOLDER = """
import sys
from samba import credentials, param
from samba.samba3 import libsmb_samba_internal as libsmb, param as s3param
parameters = s3param.get_context()
parameters.load_default()
who = credentials.Credentials()
who.guess(param.LoadParm())
who.parse_string("LAB/" + sys.argv[1])
connection = libsmb.Conn("dc.lab.example", "sysvol", lp=parameters, creds=who)
handle = connection.create(sys.argv[2], DesiredAccess=1, ShareAccess=0)
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def file_held(objects, name):
    """Somebody who may edit the object keeps its file to themselves."""
    path = r"lab.example\Policies\%s\%s" % (objects.credssp, name.replace("/", "\\"))
    command = [str(LAB_PROGRAMS / "in"), "dc", "/usr/bin/python3", "-c", HOLDER, objects.administrator, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "held\n"
            yield "NT_STATUS_SHARING_VIOLATION"
        finally:
            process.stdin.close()
            process.wait(30)


def age(member, seconds):
    """Sets back the time at which the stored policy was read."""
    policy = json.loads(stored(member).read_text())
    policy["Updated"] -= seconds
    stored(member).write_text(json.dumps(policy))
    return stored(member).read_bytes()


def test_sysvol_out_of_reach_leaves_the_last_known_policy_and_says_how_old_it_is(member, objects):
    update(member)
    before = age(member, 3 * 3600 + 60)
    # What an update would change.
    objects.link(objects.credssp)
    with smb_closed(objects) as cause:
        done = update(member, code=1)
        # The directory answers: the name of the object stands nowhere else.
        assert "SYSVOL of dc.lab.example" in done.err and cause in done.err, done.err
        assert "of the policy object WinRM CredSSP " + objects.credssp in done.err.replace("\n", " ")
        assert r"\Policies\%s\GPT.INI" % objects.credssp in done.err
        assert "that was read 3 hours ago (20" in done.err and "stays in force" in done.err
        assert stored(member).read_bytes() == before
        assert is_allowed(member)
        assert "        Age = 3 hours\n" in member.run("winrm", "policy").out
    update(member)
    assert re.search(r"        Age = \d+ seconds\n", member.run("winrm", "policy").out)
    assert applied(member) == ["WinRM CredSSP"]


ONE_OBJECT = {
    "template denied": (file_denied, "GPT.INI"),
    "values denied": (file_denied, "Machine/Registry.pol"),
    "template gone": (file_gone, "GPT.INI"),
    "values gone": (file_gone, "Machine/Registry.pol"),
    "all gone": (file_gone, ""),
    "template a directory": (directory_in_place, "GPT.INI"),
    "values held open": (file_held, "Machine/Registry.pol"),
    "values a directory": (directory_in_place, "Machine/Registry.pol"),
}


@pytest.mark.parametrize("case", ONE_OBJECT)
def test_an_object_without_its_files_keeps_nothing_of_the_others_from_the_machine(member, objects, case):
    """Whoever may edit one object must not keep by that what another one forbids from now on."""
    update(member)
    age(member, 3 * 3600 + 60)
    assert is_allowed(member)
    deny = objects.make("Deny " + case, (DELEGATION, "DenyFreshCredentials", "REG_DWORD", 1),
                        (DELEGATION + r"\DenyFreshCredentials", "1", "REG_SZ", "WSMAN/hop2.lab.example"))  # fmt: skip
    objects.link(objects.credssp, (deny, 2))
    failure, name = ONE_OBJECT[case]
    with failure(objects, name) as cause:
        done = update(member, code=1)
        said = done.err.replace("\n", " ")
        assert cause in said and "Not read: SYSVOL of dc.lab.example" in said, done.err
        assert "of the policy object WinRM CredSSP " + objects.credssp in said
        file = (name if "Machine" in name else "GPT.INI").replace("/", "\\")
        assert r"\Policies\%s\%s" % (objects.credssp, file) in said
        assert "What it said 3 hours ago (20" in said and "0x800704FA" in said, done.err
        # The object is as it was, and the new one holds.
        assert applied(member) == ["WinRM CredSSP", "Deny " + case]
        assert not is_allowed(member) and is_allowed(member, host="dc.lab.example")
        shown = member.run("winrm", "policy").out
        assert shown.count("            Stale = true\n") == 1 and "            Age = 3 hours\n            Because = SYSVOL" in shown
        # It does not get younger.
        assert "What it said 3 hours ago" in update(member, code=1).err.replace("\n", " ")
    update(member)
    assert "Stale" not in member.run("winrm", "policy").out and not is_allowed(member)
    objects.link(objects.credssp)
    update(member)
    assert is_allowed(member)


def test_an_object_that_was_switched_off_in_between_is_known_all_the_same(member, objects):
    update(member)
    objects.modify(objects.dn(objects.credssp), "flags", "2")
    try:
        update(member)
        assert not is_allowed(member)
    finally:
        objects.modify(objects.dn(objects.credssp), "flags", "0")
    off = objects.make("Off", (CLIENT, "AllowBasic", "REG_DWORD", 0))
    objects.link(objects.credssp, off)
    with file_gone(objects):
        update(member, code=1)
        assert applied(member) == ["WinRM CredSSP", "Off"] and is_allowed(member)


def test_without_a_policy_that_was_read_before_nothing_is_stored(member, objects):
    with smb_closed(objects):
        assert "No policy of a domain was read before" in update(member, code=1).err
    assert not stored(member).exists() and not is_allowed(member)


def test_a_domain_out_of_reach_leaves_the_last_known_policy(bare, member, objects):
    """No route to the domain controller: a network namespace of its own for the one command."""
    update(member)
    command = member.command("winrm", "policy", "update")
    alone = ["unshare", "--net", *command[command.index("hop1") + 1 :]]
    done = bare.directory.run("hop1", *alone, check=False, env=member.environment, timeout=300)
    assert done.returncode == 1
    assert "stays in force" in done.err and " ago (20" in done.err
    assert is_allowed(member)


def test_only_root_updates(bare, member):
    update(member)
    command = member.command("winrm", "policy", "update")
    command = command[command.index("hop1") + 1 :]
    nobody = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
    done = bare.directory.run("hop1", *nobody, *command, check=False, env=member.environment)
    assert done.returncode == 1 and "0x80070005" in done.err


def as_nobody(bare, member, *arguments):
    command = member.command("winrm", *arguments)
    nobody = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
    return bare.directory.run("hop1", *nobody, *command[command.index("hop1") + 1 :], check=False, env=member.environment)


def test_the_policy_binds_every_user_and_only_root_writes_it(bare, member, objects):
    old = os.umask(0o077)
    try:
        update(member)
    finally:
        os.umask(old)
    file, directory = stored(member).stat(), stored(member).parent.stat()
    assert (file.st_uid, stat.S_IMODE(file.st_mode)) == (0, 0o644) and (directory.st_uid, stat.S_IMODE(directory.st_mode)) == (0, 0o755)
    test = ["policy", "test", "-remote:hop2.lab.example", "-proof:kerberos"]
    assert as_nobody(bare, member, *test).returncode == 0
    before = stored(member).read_bytes()
    done = as_nobody(bare, member, "policy", "forget", "-force")
    assert done.returncode == 1 and "0x80070005" in done.err and stored(member).read_bytes() == before
    objects.link()
    update(member)
    assert as_nobody(bare, member, *test).returncode == 1
    # Nobody goes on without it when it cannot be read.
    for damage in [lambda: stored(member).chmod(0o600), lambda: stored(member).chmod(0o666), lambda: stored(member).write_text("{")]:
        update(member)
        damage()
        done = as_nobody(bare, member, *test)
        assert done.returncode == 2 and "domain.json" in done.err and done.out == "", done.out + done.err


def test_update_needs_no_more_than_its_unit_gives(bare, member):
    """The rights of winrm-policy.service: no environment, no capabilities, a system that is read-only but for what Samba keeps."""
    command = member.command("winrm", "policy", "update")
    command = command[command.index("hop1") + 1 :]
    confined = "mount -o bind,remount,ro / 2>/dev/null; touch /usr/x 2>/dev/null && exit 99; exec \"$@\""
    bare.directory.run(
        "hop1", "env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "WINRM_ROOT=%s" % member.root, "unshare", "--mount", "--propagation", "private",
        "sh", "-c", confined, "sh",
        "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", *command,
    )  # fmt: skip
    assert applied(member) == ["WinRM CredSSP", "Default Domain Policy"]
