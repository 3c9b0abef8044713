"""`winrm doctor` about this machine's own service: what is broken is named, and the command that it prints mends it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from winrmtest import authority, doctor, hosts, processes

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def examine(host, **options):
    return doctor.Report(host.run("winrm", "doctor", "-format:json", **options))


def assert_broken(host, name, *texts, code=None):
    """The check fails and no other one does; what the report says mends it."""
    report = examine(host)
    doctor.assert_broken(report, "service." + name, *texts, code=code)
    return report.checks["service." + name]["remedy"]


def assert_well(host):
    report = examine(host)
    assert report.done.returncode == 0 and not report.failed and not report.open, report


def shell(host, command):
    """Runs a printed remedy as somebody at that machine would."""
    path = "%s:%s" % (host.bin, os.environ["PATH"])
    done = subprocess.run(["sh", "-ec", command], env={**host.environment, "PATH": path}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (command, done.stdout, done.stderr)


@pytest.fixture
def host(own_lab):
    return own_lab.service("A")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("local-doctor-pki"))


def service(host, **values):
    host.winrm("set", "winrm/config/service", "@{%s}" % ";".join('%s="%s"' % pair for pair in values.items()))


# The whole


def test_a_service_that_is_well(host):
    report = examine(host)
    assert report.done.returncode == 0 and not report.failed and not report.open, report
    assert "process %d " % host.process.pid in report.evidence("service.running")
    assert report.evidence("service.listening") == "%s:%d" % (host.address, host.port)
    text = host.winrm("doctor").out
    assert text.startswith("The service of this machine\n") and text.endswith("Everything passed. (%d pass, 0 fail, 0 unknown)\n" % len(report.list))
    page = host.root / "report.html"
    host.winrm("doctor", "-report:%s" % page)
    assert page.read_text().startswith("<!DOCTYPE html>") and "The service runs" in page.read_text()


def test_the_service_does_not_run(host):
    host.stop()
    remedy = assert_broken(host, "running", "nobody answers", "winrmd.sock")
    assert examine(host).state("service.listening") == "unknown"
    assert remedy == "start it: winrmd"
    host.start()
    assert_well(host)


def test_the_service_hangs(host):
    """The kernel takes connections for it all the same."""
    host.process.send_signal(signal.SIGSTOP)
    process = host.process.pid
    remedy = assert_broken(host, "running", "process %d " % process, "answers nothing")
    report = examine(host)
    assert report.state("service.listening") == "unknown" and "does not answer" in report.evidence("service.listening")
    assert "kill -KILL %d; winrmd" % process in remedy
    # Nor does a question about its settings wait for long.
    done = host.winrm("get", "winrm/config/service", check=False)
    assert done.returncode == 1 and "0x80338029" in done.err and "does not answer" in done.err and "winrmd" in done.err, done.err
    assert done.seconds < 25
    # It was asked, and may still answer.
    host.process.send_signal(signal.SIGCONT)
    assert_well(host)


# Listeners


def test_no_listener(host):
    host.winrm("delete", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % host.address)
    shell(host, assert_broken(host, "listeners", "none is configured") + " -q")
    assert_well(host)


def test_no_listener_is_enabled(host):
    host.winrm("set", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % host.address, "@{Enabled=false}")
    shell(host, assert_broken(host, "listeners", "none is enabled", host.address) + " -q")
    assert_well(host)


def change_settings(host, edit):
    """Edits what programs have written: what no command would."""
    file = host.root / "etc" / "winrm" / "config.changes.json"
    file.write_text(edit(file.read_text()))


def test_an_address_that_is_not_there(host):
    change_settings(host, lambda text: text.replace("IP:" + host.address, "IP:192.0.2.77"))
    assert processes.eventually(lambda: "a listener is not served" in host.log(), 10)
    remedy = assert_broken(host, "addresses", "IP:192.0.2.77", "does not have the address")
    assert examine(host).state("service.listening") == "unknown"
    shell(host, remedy.split("remove the listener: ")[1] + " -q")
    assert_well(host)


def test_filters_that_admit_nothing(host):
    service(host, IPv4Filter="192.0.2.1-192.0.2.2")
    shell(host, assert_broken(host, "addresses", "IPv4Filter"))
    assert_well(host)


@contextlib.contextmanager
def squatter(address, port):
    """Another program that has the port; it is a process of its own, so that it can be ended by its number."""
    code = "import socket, sys, time; s = socket.create_server((%r, %d)); print(flush=True); time.sleep(600)" % (address, port)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()


def running_without_port(host):
    """Starts winrmd while another program has its port."""
    log = open(host.log_file, "ab")
    host.process = host.popen("winrmd", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    log.close()
    assert processes.eventually(lambda: "Cannot listen on" in host.log() and (host.root / "run/winrm/winrmd.sock").exists(), 20), host.log()


@pytest.mark.parametrize("way", ["end", "port"])
def test_another_program_has_the_port(host, way):
    host.stop()
    with squatter(host.address, host.port) as other:
        running_without_port(host)
        # What the running service tells is what is bound, and quickconfig does not call it ready.
        assert "ListeningOn = null\n" in host.winrm("enumerate", "winrm/config/listener").out
        quick = host.winrm("quickconfig").out
        assert "cannot listen on port %d" % host.port in quick and "already set up" not in quick
        name = os.path.basename(os.path.realpath("/proc/%d/exe" % other.pid))[:15]
        remedy = assert_broken(host, "listening", "process %d" % other.pid, "%s:%d" % (host.address, host.port))
        report = examine(host)
        comm = open("/proc/%d/comm" % other.pid).read().strip()
        assert report.evidence("service.listening").startswith(comm), (name, report)
        kill, _, move = remedy.partition("; or take another port: ")
        assert kill == "end that program: kill %d" % other.pid
        shell(host, kill.split(": ")[1] if way == "end" else move)
        if way == "end":
            other.wait(10)
        # A port is tried again every ten seconds.
        assert processes.eventually(lambda: examine(host).done.returncode == 0, 20), examine(host)
        assert "ListeningOn = %s\n" % host.address in host.winrm("enumerate", "winrm/config/listener").out


def test_the_port_is_taken_while_the_service_stands(host):
    host.stop()
    with squatter(host.address, host.port) as other:
        report = examine(host)
        assert report.failed == ["service.running", "service.listening"], report
        assert "process %d" % other.pid in report.evidence("service.listening")


# Switches


@pytest.mark.parametrize(
    "resource,name,bad,check,code",
    [
        ("service", "AllowRemoteAccess", "false", "remoteaccess", "0x5"),
        ("winrs", "AllowRemoteShellAccess", "false", "shells", "0x803381AC"),
        ("service", "AllowUnencrypted", "true", "cleartext", None),
    ],
)
def test_a_switch(host, resource, name, bad, check, code):
    host.winrm("set", "winrm/config/" + resource, '@{%s="%s"}' % (name, bad))
    shell(host, assert_broken(host, check, "%s = %s" % (name, bad), code=code))
    assert_well(host)


def test_unencrypted_passwords_are_named(host):
    service(host, AllowUnencrypted="true")
    host.winrm("set", "winrm/config/service/auth", '@{Basic="true"}')
    assert_broken(host, "cleartext", "Basic", "passwords")


def test_the_plug_in_of_shells_is_disabled(host):
    host.winrm("set", "winrm/config/plugin?Name=Shell cmd plugin", "@{Enabled=false}")
    shell(host, assert_broken(host, "shells", "Shell cmd plugin", "disabled"))
    assert_well(host)
    host.winrm("delete", "winrm/config/plugin?Name=Shell cmd plugin")
    shell(host, assert_broken(host, "shells", "no plug-in"))
    assert_well(host)


SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"


@pytest.mark.parametrize("sddl", ["O:NSG:BAD:P(A;;GA;;;BA)", "O:NSG:BAD:P(D;;GX;;;NU)(A;;GA;;;BA)(A;;GA;;;RM)", "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;RM)"])
def test_a_descriptor_that_refuses_whom_the_service_admits(host, sddl):
    host.winrm("configsddl", SHELL, "-sddl:" + sddl, "-force")
    remedy = assert_broken(host, "shellaccess", "Administrators (S-1-5-32-544): everything", "Remote Management Users", code="0x5")
    shell(host, remedy + " -force")
    assert_well(host)


def test_a_descriptor_of_somebody_in_particular(host):
    host.winrm("configsddl", SHELL, "-sddl:O:NSG:BAD:P(A;;GA;;;BA)(A;;GX;;;S-1-22-1-1000)", "-force")
    assert_well(host)
    assert "S-1-22-1-1000" in examine(host).evidence("service.shellaccess")


def test_no_way_to_log_on(host):
    host.winrm("set", "winrm/config/service/auth", '@{CredSSP="false";Negotiate="false";Kerberos="false";Basic="true"}')
    shell(host, assert_broken(host, "schemes", "Basic needs HTTPS"))
    assert_well(host)


@pytest.mark.parametrize(
    "policy,check,text",
    [
        ({"Service": {"AllowAutoConfig": 0}}, "remoteaccess", "AllowAutoConfig"),
        ({"Service": {"WinRS": {"AllowRemoteShellAccess": 0}}}, "shells", "AllowRemoteShellAccess"),
    ],
)
def test_policy_that_decides_is_named(host, policy, check, text):
    path = host.root / "etc" / "winrm" / "policy.json"
    path.write_text(json.dumps({"WinRM": policy}))
    path.chmod(0o644)
    remedy = assert_broken(host, check, text)
    assert remedy == "change %s in %s" % (text, path)
    path.unlink()
    assert_well(host)


# Who may use it


def test_nobody_is_allowed(host):
    service(host, AllowedAccounts="", AllowedGroups="")
    shell(host, assert_broken(host, "accounts", "nobody", "AllowedAccounts"))
    assert_well(host)


@pytest.mark.parametrize(
    "accounts,groups,texts",
    [
        ("alice,ghost", "", ["AllowedAccounts", "no account ghost"]),
        ("alice,NOWHERE\\\\bob", "", ["NOWHERE\\bob", "in none"]),
        ("alice,bob@nowhere.example", "", ["bob@nowhere.example", "in none"]),
        ("alice", "no-such-group", ["AllowedGroups", "no group no-such-group"]),
    ],
)
def test_an_entry_that_nobody_answers_to(host, accounts, groups, texts):
    service(host, AllowedAccounts=accounts.replace("\\\\", "\\"), AllowedGroups=groups)
    remedy = assert_broken(host, "allowed", *texts)
    assert examine(host).state("service.accounts") == "pass"
    shell(host, remedy[remedy.index("winrm set") :])
    assert_well(host)


HOSTILE = ["$(touch $0.sub)", "x';touch quote;'", "`touch back`", "a;touch semicolon", 'q"; touch double', "-x"]


def words(host, command):
    """What a shell makes of the commands of a remedy: each with its words. Nothing but these may come of it."""
    before = sorted(os.listdir(host.root))
    names = "winrm", "groupadd", "useradd", "mv", "chown", "chmod"
    functions = "".join('%s() { printf "%%s\\0" %s "$@"; echo; }\n' % (name, name) for name in names)
    done = subprocess.run(["sh", "-ec", functions + command], cwd=host.root, capture_output=True, text=True, timeout=10)
    assert done.returncode == 0 and not done.stderr and sorted(os.listdir(host.root)) == before, (command, done)
    return [line.split("\0")[:-1] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_words_of_a_command_and_nothing_else(host, name):
    settings = host.root / "etc" / "winrm" / "config.changes.json"
    content = json.loads("".join(line for line in settings.read_text().splitlines() if not line.lstrip().startswith("//")))

    def allow(**lists):
        content["Service"].update({"AllowedAccounts": [], "AllowedGroups": [], **lists})
        settings.write_text(json.dumps(content))

    allow(AllowedAccounts=[name, "ghost'$(touch other)", "alice"])
    out = "; or take the name out: "
    remedy = assert_broken(host, "allowed", name)
    lost = ["winrm", "set", "winrm/config/service", """@{AllowedAccounts="ghost'$(touch other),alice"}"""]
    first = words(host, remedy.replace(out, "\n"))
    given = "NAME" if name.startswith("-") else name
    assert first == [["winrm", "account", "add", given, "-unixuser:USER"], lost]
    # The name as one of those that stay.
    allow(AllowedAccounts=["ghost", name, "alice"])
    remedy = assert_broken(host, "allowed", name)
    quote = "'" if '"' in name else '"'
    assert words(host, remedy.split(out)[1]) == [["winrm", "set", "winrm/config/service", "@{AllowedAccounts=%s%s,alice%s}" % (quote, name, quote)]]
    allow(AllowedAccounts=["alice"], AllowedGroups=[name])
    given = "GROUP" if name.startswith("-") else name
    assert words(host, assert_broken(host, "allowed", name).split("; or ")[0]) == [["groupadd", given]]


def test_a_list_that_no_command_can_have(host):
    service(host, AllowedAccounts="ghost,it's,alice")
    settings = host.root / "etc" / "winrm" / "config.changes.json"
    settings.write_text(settings.read_text().replace("it's", """it's \\"q\\";touch y"""))
    remedy = assert_broken(host, "allowed", "ghost")
    assert """winrm set winrm/config/service '@{AllowedAccounts="LIST"}', LIST being""" in remedy and "touch" not in remedy


@pytest.mark.parametrize("name", ["with blanks", "it's;touch x", "$(touch x)", 'a"b`touch x`'])
def test_files_are_words_of_a_command(host, name):
    root = host.root / name
    directory = root / "etc" / "winrm"
    directory.mkdir(parents=True)
    file = directory / "config.json"
    file.write_text("{")
    extra = {"WINRM_ROOT": str(root)}

    def remedy(check):
        return examine(host, extra=extra).checks["service." + check]["remedy"]

    text = remedy("settings")
    assert words(host, text[text.index("mv ") :]) == [["mv", str(file), "%s.broken" % file]]
    file.write_text("{}")
    file.chmod(0o666)
    assert [line[-1] for line in words(host, remedy("settings"))] == [str(file)] * 2
    file.chmod(0o644)
    accounts = root / "var" / "lib" / "winrm" / "accounts.json"
    accounts.parent.mkdir(parents=True, exist_ok=True)
    accounts.write_text("{}")
    accounts.chmod(0o644)
    assert [line[-1] for line in words(host, remedy("accounts"))] == [str(accounts)] * 2
    # Below it, a shell of the same kind carries it out.
    shell(host, remedy("accounts"))
    assert accounts.stat().st_mode & 0o777 == 0o600


def test_the_only_entry_is_nobody(host):
    service(host, AllowedAccounts="ghost", AllowedGroups="")
    remedy = assert_broken(host, "allowed", "ghost")
    assert examine(host).state("service.accounts") == "unknown"
    assert remedy.startswith("winrm account add ghost -unixuser:USER; or ")
    host.add_account("ghost", hosts.new_password(), "-unixuser:" + host.unix_user)
    assert_well(host)


def test_a_disabled_account(host):
    host.winrm("account", "disable", "alice")
    remedy = assert_broken(host, "allowed", "alice is disabled")
    shell(host, remedy.split("; or ")[0])
    assert_well(host)


@as_root
def test_a_unix_user_that_is_gone(host):
    accounts = host.root / "var" / "lib" / "winrm" / "accounts.json"
    accounts.write_text(accounts.read_text().replace('"%s"' % host.unix_user, '"no-such-user"'))
    assert assert_broken(host, "allowed", "no-such-user", "does not exist").startswith("useradd no-such-user; or ")


def test_no_account_is_in_the_allowed_group(host):
    service(host, AllowedAccounts="", AllowedGroups="daemon")
    shell(host, assert_broken(host, "accounts", "none of the accounts belongs"))
    assert_well(host)


def test_accounts_that_are_open_to_others(host):
    accounts = host.root / "var" / "lib" / "winrm" / "accounts.json"
    accounts.chmod(0o644)
    shell(host, assert_broken(host, "accounts", "open to others"))
    assert_well(host)


def test_accounts_that_are_damaged(host):
    accounts = host.root / "var" / "lib" / "winrm" / "accounts.json"
    accounts.write_text("{")
    shell(host, assert_broken(host, "accounts", "accounts.json").split("anew: ")[1])
    assert examine(host).failed == ["service.allowed"]


# Certificates


class Shown:
    """A certificate that the service shows somewhere: for CredSSP, or at an HTTPS listener."""

    def __init__(self, host, where):
        self.host, self.where = host, where
        self.check = "credsspcertificate"
        if where == "listener":
            self.port = hosts.free_port(host.address)
            self.check = "listenercertificate.%d" % self.port
            self.resource = "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % host.address

    def name(self, certificate):
        """As a command does it."""
        self.host.winrm("certificate", "import", certificate.chain, "-key:%s" % certificate.key)
        if self.where == "listener":
            self.host.winrm("create", self.resource, '@{Port="%d";CertificateThumbprint="%s"}' % (self.port, certificate.thumbprint))
        else:
            service(self.host, CertificateThumbprint=certificate.thumbprint)

    def swap(self, old, new):
        """What no command would take: another certificate in the place of the one that is named."""
        authority.put_into_store(self.host, new)
        change_settings(self.host, lambda text: text.replace(old.thumbprint, new.thumbprint))


@pytest.fixture(params=["CredSSP", "listener"])
def shown(host, request):
    return Shown(host, request.param)


@pytest.mark.parametrize("flaw", ["expired", "about to expire", "missing", "without key", "wrong key", "open key"])
def test_a_certificate(host, shown, pki, flaw):
    name = "%s-%s" % (shown.where, flaw.replace(" ", "-"))
    good = pki.server(name, host.address)
    shown.name(good)
    assert_well(host)
    key = authority.stored_files(host)[good.thumbprint + ".key"]
    if flaw in ("expired", "about to expire"):
        bad = pki.server(name + "-bad", host.address, days=0 if flaw == "expired" else 3)
        time.sleep(1.5 if flaw == "expired" else 0)
        shown.swap(good, bad)
    elif flaw == "missing":
        for path in (key, authority.stored_files(host)[good.thumbprint + ".pem"]):
            path.unlink()
    elif flaw == "without key":
        key.unlink()
    elif flaw == "wrong key":
        key.write_text(pki.server(name + "-other", host.address).key.read_text())
    else:
        key.chmod(0o644)
    text = {
        "expired": "has expired", "about to expire": "expires in", "missing": "there is no certificate", "without key": "has no private key",
        "wrong key": "cannot be used", "open key": "others may use it",
    }[flaw]  # fmt: skip
    remedy = assert_broken(host, shown.check, text)
    if flaw == "open key":
        shell(host, remedy)
        assert_well(host)
        return
    # The command with the names that it leaves open.
    new = pki.server(name + "-new", host.address)
    command = remedy.replace("FILE", str(new.chain), 1).replace("KEYFILE", str(new.key)).replace("THUMBPRINT", new.thumbprint)
    shell(host, command.replace("then name it: ", ""))
    assert_well(host)


def test_a_listener_without_certificate_for_its_name(host):
    host.winrm("certificate", "new", "-hostname:here.test")
    port = hosts.free_port(host.address)
    host.winrm("create", "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % host.address, '@{Port="%d";Hostname="here.test"}' % port)
    assert_well(host)
    thumbprint = re.search("Thumbprint = ([0-9A-F]{40})", host.winrm("certificate", "list").out)[1]
    host.winrm("certificate", "delete", thumbprint, "-force")
    remedy = assert_broken(host, "listenercertificate.%d" % port, "no usable certificate for here.test", code="0x80338082")
    shell(host, remedy.split("clients must pin: ")[1])
    assert_well(host)


def test_certificates_of_clients(host, pki):
    """CertMapping wants the certificate of the signer in the directory; the doctor misses it when it goes."""
    port = hosts.free_port(host.address)
    good = pki.server("for-clients", host.address)
    host.winrm("certificate", "import", good.chain, "-key:%s" % good.key)
    values = '@{Port="%d";CertificateThumbprint="%s"}' % (port, good.thumbprint)
    host.winrm("create", "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % host.address, values)
    host.winrm("set", "winrm/config/service/auth", '@{Certificate="true"}')
    assert "certmapping" in assert_broken(host, "clientcertificates", "no certificate mapping")
    mapping = "winrm/config/service/certmapping?Issuer=%s+Subject=*+URI=*" % pki.intermediate.thumbprint
    account = '@{UserName="alice";Password="%s"}' % host.password
    refused = host.run("winrm", "create", mapping, account)
    trusted = host.root / "etc" / "winrm" / "trusted"
    assert refused.returncode == 1 and "0x80338162" in refused.err and str(trusted) in refused.err, refused.err
    assert host.password not in refused.err and "logon" not in host.log()[-400:]
    trusted.mkdir(mode=0o755)
    copy = trusted / "intermediate.pem"
    copy.write_text(pki.intermediate.file.read_text())
    copy.chmod(0o644)
    host.winrm("create", mapping, account)
    assert_well(host)
    copy.unlink()
    remedy = assert_broken(host, "clientcertificates", pki.intermediate.thumbprint, "alice")
    shell(host, remedy.split("there: ")[1].replace("FILE", str(pki.intermediate.file)))
    assert_well(host)


# Keytab


def test_a_keytab_that_is_not_there(host):
    service(host, KeytabFile=str(host.root / "no.keytab"))
    remedy = assert_broken(host, "keytab", "there is no file", "no.keytab")
    shell(host, remedy.split("system: ")[1])
    assert_well(host)


def test_a_keytab_that_is_damaged_or_open_to_others(host):
    keytab = host.root / "own.keytab"
    keytab.write_bytes(b"\x05\x02 nothing of sense")
    keytab.chmod(0o600)
    service(host, KeytabFile=str(keytab))
    assert_broken(host, "keytab", "no key, or is damaged")
    keytab.chmod(0o666)
    shell(host, assert_broken(host, "keytab", "is not believed"))
    assert_broken(host, "keytab", "no key, or is damaged")


# Files


def log_since(host, mark, text):
    return processes.eventually(lambda: text in host.log()[mark:], 10)


def test_settings_that_are_broken_and_repaired(host):
    file = host.root / "etc" / "winrm" / "config.json"
    mark = len(host.log())
    file.write_text('{\n  "Service": {"AllowRemoteAccess": 7}\n}\n')
    remedy = assert_broken(host, "settings", "%s:2:15: Service.AllowRemoteAccess" % file, "goes on with what it has read", code="0x80338005")
    assert "line 2, column 15" in remedy
    report = examine(host)
    assert report.state("service.running") == "pass" and report.state("service.listeners") == "unknown"
    assert log_since(host, mark, "settings cannot be used"), host.log()
    # A client of other hosts needs settings too: it says which file, and where in it.
    refused = host.run("winrm", "identify", "-r:http://127.0.0.1:1")
    assert refused.returncode == 1 and "%s:2:15" % file in refused.err
    mark = len(host.log())
    shell(host, remedy.split("aside: ")[1])
    assert log_since(host, mark, "settings can be read again"), host.log()
    time.sleep(1.5)
    assert host.log()[mark:].count("settings can be read again") == 1
    assert_well(host)


@pytest.mark.parametrize("name,content", [("policy.json", b"{ x"), ("Registry.pol", b"PReg\1\0\0\0[\0")])
def test_policy_that_is_broken_and_repaired(host, name, content):
    file = host.root / "etc" / "winrm" / name
    file.write_bytes(content)
    file.chmod(0o644)
    mark = len(host.log())
    remedy = assert_broken(host, "policy", str(file), code="0x80338088")
    assert examine(host).evidence("service.accounts") == "not tried: the policy cannot be read"
    shell(host, remedy[remedy.index("mv ") :])
    assert_well(host)


@pytest.mark.parametrize("kind", ["pipe", "directory", "link to a device"])
@pytest.mark.parametrize("check,name", [("policy", "policy.json"), ("policy", "Registry.pol"), ("settings", "config.json"), ("accounts", "")])
def test_what_is_no_file_is_set_aside(host, check, name, kind):
    """Neither owner nor mode makes a file of it."""
    file = host.root / "etc" / "winrm" / name if name else host.root / "var" / "lib" / "winrm" / "accounts.json"
    if file.exists():
        file.rename(str(file) + ".kept")
    if kind == "pipe":
        os.mkfifo(file, 0o600)
    elif kind == "directory":
        file.mkdir(0o700)
    else:
        file.symlink_to("/dev/null")
    report = examine(host)
    assert report.failed == ["service." + check], report
    remedy = report.checks["service." + check]["remedy"]
    assert "chmod" not in remedy and "chown" not in remedy
    shell(host, remedy[remedy.index("mv ") :].split(";")[0])
    if os.path.exists(str(file) + ".kept"):
        os.rename(str(file) + ".kept", file)
    assert_well(host)


@pytest.mark.parametrize("name", ["policy.json", "Registry.pol"])
def test_policy_that_is_a_link_to_nowhere(host, name):
    """What it led to may have denied something: nothing is allowed until somebody has looked."""
    file = host.root / "etc" / "winrm" / name
    file.symlink_to("/nowhere/" + name)
    asked = host.run("winrm", "policy", "test", "-remote:any.example")
    assert asked.returncode == 2 and "0x80338088" in asked.err and "leads nowhere" in asked.err, asked
    remedy = assert_broken(host, "policy", str(file), "leads nowhere", code="0x80338088")
    shell(host, remedy[remedy.index("mv ") :])
    assert_well(host)


def test_both_files_are_named(host):
    (host.root / "etc" / "winrm" / "config.json").write_text("{")
    (host.root / "etc" / "winrm" / "policy.json").write_text("{")
    assert examine(host).failed == ["service.settings", "service.policy"]


def test_settings_that_others_may_write(host):
    file = host.root / "etc" / "winrm" / "config.changes.json"
    file.chmod(0o666)
    remedy = assert_broken(host, "settings", str(file), "everybody can write it")
    if os.geteuid() == 0:
        shell(host, remedy)
        assert_well(host)


def test_the_policy_of_the_domain_is_old(host):
    file = host.root / "var" / "lib" / "winrm-policy" / "domain.json"
    file.parent.mkdir(parents=True)

    def write(age, **more):
        policy = {"Domain": "lab.example", "Controller": "dc", "Machine": "CN=A", "Updated": int(time.time() - age), "Objects": [], **more}
        file.write_text(json.dumps(policy))
        file.chmod(0o644)

    write(100 * 60)
    assert_well(host)
    write(5 * 3600)
    assert "winrm policy update" in assert_broken(host, "policyage", "lab.example was read 5 hours ago")
    write(-86400)
    assert_broken(host, "policyage", "in the future")
    aside = [{"Object": "Object %d" % number, "Link": "DC=lab", "Because": "it has a WMI filter"} for number in range(7)]
    write(5 * 3600, Format=2, LeftAside=aside)
    assert_broken(host, "policyage", "5 hours ago; linked and not applied: Object 0 (it has a WMI filter), ", "Object 4 (it has a WMI filter) and 2 more")
    # An object that is older than the rest.
    values = {"Identifier": "{9D7E6253-909D-4660-A4E5-053E242D0661}", "Link": "DC=lab", "Enforced": False, "Version": 1, "File": "x", "Entries": []}
    for hours in (3, 30):
        stale = {"Name": "Old", "LastRead": int(time.time() - hours * 3600 - 60), "NotRead": "SYSVOL of dc lacks x", **values}
        write(100 * 60, Format=2, Objects=[stale])
        if hours == 3:
            assert_well(host)
        else:
            remedy = assert_broken(host, "policyage", "Old {9D7E6253", "read 30 hours ago (SYSVOL of dc lacks x)")
            assert "unlink the object" in remedy


# Ordinary users


@as_root
def test_an_ordinary_user(host, pki):
    """What they may not see is unknown, and not broken."""
    good = pki.server("ordinary", host.address)
    Shown(host, "CredSSP").name(good)
    service(host, KeytabFile=str(host.root / "var" / "lib" / "winrm" / "own.keytab"))

    def run(*words):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *host.command("winrm", *words)]
        done = subprocess.run(command, env=host.environment, capture_output=True, timeout=60)
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        return done

    report = doctor.Report(run("doctor", "-format:json"))
    assert not report.failed, report
    assert report.open == ["service.credsspcertificate", "service.accounts", "service.keytab"], report
    for name in report.open:
        assert "as root" in report.evidence(name), report
    assert report.state("service.running") == report.state("service.listening") == "pass"
    assert run("doctor").returncode == 1
    # Whose a port is root alone is told; the service says what it has.
    host.stop()
    with squatter(host.address, host.port):
        running_without_port(host)
        report = doctor.Report(run("doctor", "-format:json"))
        assert report.state("service.listening") == "unknown" and "as root" in report.evidence("service.listening"), report
    config = host.root / "etc" / "winrm" / "config.changes.json"
    config.chmod(0o600)
    report = doctor.Report(run("doctor", "-format:json"))
    assert not report.failed and "as root" in report.evidence("service.settings"), report
