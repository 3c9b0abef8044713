"""Policy objects of the lab's domain, and a member that reads them."""

import json
import pathlib

from .domain import LAB_PROGRAMS

CLIENT = r"Software\Policies\Microsoft\Windows\WinRM\Client"
DELEGATION = r"Software\Policies\Microsoft\Windows\CredentialsDelegation"
ROOT = "DC=lab,DC=example"
DATABASE = "/var/lib/samba/private/sam.ldb"

# The client-side extension that reads Registry.pol, and the editor's own: what an object announces its registry values by.
REGISTRY_EXTENSION = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]"


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
        out = self._on_dc("ldbsearch", "-H", DATABASE, "-b", name, "-s", "base", attribute).replace("\n ", "")
        return next((line.split(": ", 1)[1] for line in out.splitlines() if line.startswith(attribute + ": ")), "")

    def modify(self, name, attribute, value):
        change = "replace: %s\n" % attribute + ("%s: %s\n" % (attribute, value) if value else "")
        out = self._on_dc("ldbmodify", "-H", DATABASE, input="dn: %s\nchangetype: modify\n%s" % (name, change))
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
            "ldbsearch", "-H", DATABASE, "-b", "CN=Policies,CN=System," + ROOT, "(displayName=%s)" % title, "name"
        )
        identifier = next(line.split(": ")[1] for line in out.splitlines() if line.startswith("name: "))
        self.made.append(identifier)
        self.modify(self.dn(identifier), "gPCMachineExtensionNames", REGISTRY_EXTENSION)
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

    def directory_of(self, identifier):
        """Its files, on the domain controller."""
        return "/var/lib/samba/sysvol/lab.example/Policies/" + identifier

    def samba_tool(self, *arguments):
        """As the domain's administrator."""
        return self._on_dc("samba-tool", *arguments, "-U", self.administrator)

    def descriptor(self, identifier):
        shown = self._on_dc("samba-tool", "dsacl", "get", "--objectdn=" + self.dn(identifier))
        return next(line for line in shown.splitlines() if line.startswith("O:"))

    def close(self):
        self.modify(ROOT, "gPLink", self.links)
        for identifier in self.made:
            self.modify(self.dn(identifier), "gPCFileSysPath", r"\\lab.example\sysvol\lab.example\Policies\%s" % identifier)
            self._on_dc("samba-tool", "gpo", "del", identifier, "-U", self.administrator)


def stored(member):
    """The file with the policy of the domain."""
    return pathlib.Path(member.root / "var/lib/winrm-policy/domain.json")


def update(member, code=0, **options):
    done = member.run("winrm", "policy", "update", **options)
    assert done.returncode == code, done.out + done.err
    return done


def is_allowed(member, host="hop2.lab.example", proof="kerberos"):
    return member.run("winrm", "policy", "test", "-remote:" + host, "-proof:" + proof).returncode == 0


def applied(member):
    """The names of the objects that apply, in their order."""
    return [item["Name"] for item in json.loads(stored(member).read_text())["Objects"]]


def left_aside(member):
    """The objects that are linked and do not apply: pairs of name and reason."""
    return [(item["Object"], item["Because"]) for item in json.loads(stored(member).read_text())["LeftAside"]]
