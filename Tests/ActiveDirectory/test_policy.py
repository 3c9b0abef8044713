"""Group policy of a real domain governs a member: what is linked, in which order, and what is left when SYSVOL is out of reach."""

import json
import pathlib

import pytest

from winrmtest.domain import LAB_PROGRAMS, DomainHost

CLIENT = r"Software\Policies\Microsoft\Windows\WinRM\Client"
ROOT = "DC=lab,DC=example"


class Objects:
    """Policy objects of the lab's domain; every link is put back."""

    def __init__(self, lab):
        self.lab, self.made = lab, []
        self.administrator = "Administrator%" + lab.directory["ADMIN_PASSWORD"]
        self.credssp = (lab.directory.state / "policy").read_text().strip()
        self.links = self._attribute(ROOT, "gPLink")

    def _on_dc(self, *command, input=None):
        return self.lab.directory.run("dc", *command, input=input).out

    def _attribute(self, name, attribute):
        out = self._on_dc("ldbsearch", "-H", "/var/lib/samba/private/sam.ldb", "-b", name, "-s", "base", attribute).replace("\n ", "")
        return next((line.split(": ", 1)[1] for line in out.splitlines() if line.startswith(attribute + ": ")), "")

    def modify(self, name, attribute, value):
        change = "replace: %s\n" % attribute + ("%s: %s\n" % (attribute, value) if value else "")
        out = self._on_dc("ldbmodify", "-H", "/var/lib/samba/private/sam.ldb", input="dn: %s\nchangetype: modify\n%s" % (name, change))
        assert "Modified 1 records" in out

    def dn(self, identifier):
        return "CN=%s,CN=Policies,CN=System,%s" % (identifier, ROOT)

    def link(self, *objects, where=ROOT):
        """objects: identifiers, or pairs of one and the link's options; the last one wins."""
        pairs = [item if isinstance(item, tuple) else (item, 0) for item in objects]
        self.modify(where, "gPLink", "".join("[LDAP://%s;%d]" % (self.dn(identifier), options) for identifier, options in pairs))

    def make(self, title, *values):
        """A policy object that is linked nowhere; values: (key, name, type, data)."""
        log = self.lab.directory.state / "dc" / "log"
        self._on_dc("samba-tool", "gpo", "create", title, "--tmpdir=%s" % log, "-U", self.administrator)
        out = self._on_dc(
            "ldbsearch", "-H", "/var/lib/samba/private/sam.ldb", "-b", "CN=Policies,CN=System," + ROOT, "(displayName=%s)" % title, "name"
        )
        identifier = next(line.split(": ")[1] for line in out.splitlines() if line.startswith("name: "))
        self.made.append(identifier)
        self.modify(
            self.dn(identifier),
            "gPCMachineExtensionNames",
            "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]",
        )
        self.write(identifier, *values)
        return identifier

    def write(self, identifier, *values, version=1):
        source, packed, template = (self.lab.root / name for name in ("values.json", "packed.pol", "GPT.INI"))
        source.write_text(json.dumps([dict(zip(("key", "name", "type", "data"), value)) for value in values]))
        self._on_dc("/usr/bin/python3", LAB_PROGRAMS / "parts" / "directory.py", "policy", source, packed)
        template.write_text("[General]\r\nVersion=%d\r\n" % version)
        self.put(identifier, packed, "Machine/Registry.pol")
        self.put(identifier, template, "GPT.INI")
        self.modify(self.dn(identifier), "versionNumber", str(version))

    def put(self, identifier, file, name):
        self._on_dc(
            "smbclient", "//dc.lab.example/sysvol", "-U", "LAB/" + self.administrator,
            "-D", "lab.example/Policies/" + identifier, "-c", "put %s %s" % (file, name),
        )  # fmt: skip

    def close(self):
        self.modify(ROOT, "gPLink", self.links)
        for identifier in self.made:
            self.modify(self.dn(identifier), "gPCFileSysPath", r"\\lab.example\sysvol\lab.example\Policies\%s" % identifier)
            self._on_dc("samba-tool", "gpo", "del", identifier, "-U", self.administrator)


@pytest.fixture(scope="module")
def objects(bare):
    made = Objects(bare)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def member(bare, objects, request):
    """Settings of their own on hop1, which is a member of the domain."""
    objects.modify(ROOT, "gPLink", objects.links)
    host = DomainHost(bare, "hop1", "policy-" + request.node.name)
    bare.hosts.append(host)
    yield host
    bare.hosts.remove(host)


def update(member, code=0, **options):
    done = member.run("winrm", "policy", "update", **options)
    assert done.returncode == code, done.out + done.err
    return done


def is_allowed(member, host="hop2.lab.example", proof="kerberos"):
    return member.run("winrm", "policy", "test", "-remote:" + host, "-proof:" + proof).returncode == 0


def applied(member):
    return [line.split(" = ")[1] for line in member.run("winrm", "policy").out.splitlines() if line.startswith("            Name = ")]


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
    shown = objects.lab.directory.run("dc", "samba-tool", "dsacl", "get", "--objectdn=" + objects.dn(objects.credssp)).out
    before = next(line for line in shown.splitlines() if line.startswith("O:"))
    assert apply in before
    objects.modify(objects.dn(objects.credssp), "nTSecurityDescriptor", before.replace(apply, ""))
    try:
        assert "security filter" in update(member).err
        assert applied(member) == [] and not is_allowed(member)
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
def test_what_cannot_be_read_changes_nothing(member, objects, damage):
    update(member)
    stored = pathlib.Path(member.root / "var/lib/winrm-policy/domain.json").read_bytes()
    value = ("REG_SZ", "no") if damage == "values" else ("REG_DWORD", 0)
    broken = objects.make("Broken " + damage, (CLIENT, "AllowCredSSP", *value))
    if damage == "file":
        (objects.lab.root / "garbage").write_bytes(b"PReg\1\0\0\0[")
        objects.put(broken, objects.lab.root / "garbage", "Machine/Registry.pol")
    if damage == "link":
        objects.modify(objects.dn(broken), "gPCFileSysPath", r"\\wg.lab.example\secret")
    objects.link(objects.credssp, broken)
    done = update(member, code=1)
    assert "stays in force" in done.err and " ago" in done.err
    assert pathlib.Path(member.root / "var/lib/winrm-policy/domain.json").read_bytes() == stored
    assert is_allowed(member)


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
