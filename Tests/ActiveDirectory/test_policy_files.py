"""Registry policy files against Samba's own encoder and decoder of the format, and a small model of the registry."""

import json
import random
import subprocess

import pytest

from winrmtest.domain import LAB_PROGRAMS, DomainHost

DELEGATION = r"Software\Policies\Microsoft\Windows\CredentialsDelegation"
LIST = DELEGATION + r"\AllowFreshCredentials"
CLIENT = r"Software\Policies\Microsoft\Windows\WinRM\Client"
SHELL = r"Software\Policies\Microsoft\Windows\WinRM\Service\WinRS"
OTHER = r"Software\Policies\Somebody\Else"

# Where values are shown in the JSON of `winrm policy export`.
SECTIONS = {
    DELEGATION: ("CredentialsDelegation",), CLIENT: ("WinRM", "Client"), SHELL: ("WinRM", "Service", "WinRS"),
}  # fmt: skip
NAMES = {
    DELEGATION: ["AllowFreshCredentials", "ConcatenateDefaults_AllowFresh", "AllowProtectedCreds"],
    CLIENT: ["AllowCredSSP", "AllowKerberos", "AllowUnencryptedTraffic"],
    SHELL: ["MaxShellsPerUser", "MaxProcessesPerShell"],
    OTHER: ["AllowCredSSP", "x"],
}

# Decodes a file with Samba: a list of [key, name, type, data in hexadecimal], or null for what it refuses.
DECODER = """
import json, sys
from samba.dcerpc import preg
from samba.ndr import ndr_pack, ndr_unpack
answers = []
for line in sys.stdin:
    try:
        entries = []
        for entry in ndr_unpack(preg.file, bytes.fromhex(line.strip())).entries:
            data = entry.data if isinstance(entry.data, (int, str)) else bytes(entry.data).hex()
            entries.append([entry.keyname, entry.valuename, entry.type, data])
    except Exception:
        entries = None
    answers.append(entries)
json.dump(answers, sys.stdout)
"""


@pytest.fixture(scope="module")
def machine(bare):
    host = DomainHost(bare, "client", "policy-files")
    bare.hosts.append(host)
    (host.root / "etc/winrm").mkdir(parents=True)
    yield host
    bare.hosts.remove(host)


def pack(machine, values):
    """A policy file as Samba writes it."""
    source, packed = machine.root / "values.json", machine.root / "packed.pol"
    source.write_text(json.dumps([dict(zip(("key", "name", "type", "data"), value)) for value in values]))
    command = ["/usr/bin/python3", str(LAB_PROGRAMS / "parts" / "directory.py"), "policy", str(source), str(packed)]
    subprocess.run(command, check=True, capture_output=True)
    return packed.read_bytes()


def exported(machine, content):
    """What the machine's Registry.pol says, or None when it is refused."""
    file = machine.root / "etc/winrm/Registry.pol"
    file.write_bytes(content)
    done = machine.run("winrm", "policy", "export")
    if done.returncode == 0:
        return json.loads(done.out)
    assert done.returncode == 1 and "0x80338088" in done.err and str(file) in done.err.replace("\n", ""), done.err
    return None


def random_values(generator):
    """Values and instructions for known keys and one unknown, in any case."""

    def cased(text):
        return "".join(generator.choice((letter.upper(), letter.lower())) for letter in text) if generator.random() < 0.3 else text

    values = []
    for _ in range(generator.randrange(1, 25)):
        key = generator.choice([DELEGATION, LIST, LIST, CLIENT, SHELL, OTHER])
        name = str(generator.randrange(1, 5)) if key == LIST else generator.choice(NAMES[key])
        data = "WSMAN/host%d.example" % generator.randrange(100) if key == LIST else generator.randrange(0, 100)
        kind = "REG_SZ" if key == LIST else "REG_DWORD"
        action = generator.choice(["set"] * 5 + ["del", "soft", "delvals", "deletevalues", "deletekeys", "securekey", "comment"])
        if action == "del":
            name, kind, data = "**del." + name, "REG_SZ", " "
        elif action == "soft":
            name = "**soft." + name
        elif action == "delvals":
            name, kind, data = "**delvals.", "REG_SZ", " "
        elif action == "deletevalues":
            name, kind, data = "**DeleteValues", "REG_SZ", "1;%s; nothing" % (name if key != LIST else "2")
        elif action == "deletekeys":
            key = generator.choice([DELEGATION, r"Software\Policies\Microsoft\Windows", CLIENT])
            name, kind, data = "**DeleteKeys", "REG_SZ", generator.choice(["AllowFreshCredentials", "WinRM;x", "nothing", "CredentialsDelegation"])
        elif action == "securekey":
            name, kind, data = "**securekey", "REG_DWORD", 1
        elif action == "comment":
            name, kind, data = "**Comment:hello", "REG_SZ", "x"
        values.append((cased(key), cased(name), kind, data))
    return values


def model(values):
    """The registry after the values, as the JSON of an export."""
    registry = {}
    for key, name, _, data in values:
        key, low = key.lower(), name.lower()
        if low.startswith("**del."):
            registry.get(key, {}).pop(low[6:], None)
        elif low.startswith("**soft."):
            registry.setdefault(key, {}).setdefault(low[7:], data)
        elif low.startswith("**delvals"):
            registry.pop(key, None)
        elif low.startswith("**deletevalues"):
            for gone in data.split(";"):
                registry.get(key, {}).pop(gone.strip().lower(), None)
        elif low.startswith("**deletekeys"):
            for gone in data.split(";"):
                below = key + "\\" + gone.strip().lower()
                registry = {key: names for key, names in registry.items() if key != below and not key.startswith(below + "\\")}
        elif not low.startswith("**"):
            registry.setdefault(key, {})[low] = data
    shown = {}

    def place(path):
        part = shown
        for step in path:
            part = part.setdefault(step, {})
        return part

    for key, path in SECTIONS.items():
        for name in NAMES[key]:
            if name.lower() in registry.get(key.lower(), {}):
                place(path)[name] = registry[key.lower()][name.lower()]
    if registry.get(LIST.lower()):
        place(("CredentialsDelegation",))["AllowFreshCredentials.List"] = registry[LIST.lower()]
    return shown


@pytest.mark.parametrize("seed", range(40))
def test_what_samba_writes_means_what_the_model_says(machine, seed):
    values = random_values(random.Random(seed))
    assert exported(machine, pack(machine, values)) == model(values), values


def test_what_samba_cannot_read_is_refused_and_the_rest_means_the_same(machine):
    """Damaged files: whatever is believed here, Samba reads as the same values."""
    generator = random.Random(5)
    whole = [(CLIENT, "AllowCredSSP", "REG_DWORD", 1), (LIST, "**delvals.", "REG_SZ", " "), (LIST, "1", "REG_SZ", "WSMAN/a.example")]
    original = pack(machine, whole)
    files = [original]
    for _ in range(250):
        content = bytearray(original)
        for _ in range(generator.randrange(1, 4)):
            start = generator.randrange(len(content))
            end = min(len(content), start + generator.randrange(1, 40))
            damage = generator.randrange(4)
            if damage == 0:
                del content[start:end]
            elif damage == 1:
                content[start:start] = content[start:end]
            elif damage == 2:
                content[start] = generator.randrange(256)
            else:
                content[start : start + 4] = generator.choice([0, 0xFFFF, 0x10000, 0xFFFFFFFF, 2, 4]).to_bytes(4, "little")
            if not content:
                break
        files.append(bytes(content))
    done = subprocess.run(
        ["/usr/bin/python3", "-c", DECODER], input="".join(file.hex() + "\n" for file in files), capture_output=True, text=True, check=True
    )
    believed = 0
    for file, decoded in zip(files, json.loads(done.stdout)):
        found = exported(machine, file)
        if found is None:
            continue
        believed += 1
        assert decoded is not None, file.hex()
        values = [(key, name, kind, data) for key, name, kind, data in decoded]
        assert found == model(values), file.hex()
    assert believed > 1
