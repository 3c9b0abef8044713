"""Every setting of the configuration does what it says: for each there is a test that fails if it were ignored (see TESTS). What people
write and what `winrm` writes stay apart, survive a restart, and no kill leaves half a file."""

import ast
import base64
import contextlib
import grp
import http.server
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import uuid
import xml.etree.ElementTree as ElementTree

import pytest
import spnego
from winrmtest import authority, hosts, processes
from winrmtest.raw import Connection, envelope

# Where the test of each setting is: a function here, or FILE::FUNCTION. A text in parentheses says why there is none.
TESTS = {
    "config/MaxEnvelopeSizekb": ["test_largest_message", "test_client_says_its_limits"],
    "config/MaxTimeoutms": ["test_longest_operation", "test_client_says_its_limits"],
    "config/MaxBatchItems": ["test_items_of_a_pull"],
    "config/MaxProviderRequests": ["test_refused_values_leave_the_files_as_they_are"],
    "config/client/NetworkDelayms": ["test_client_waits_no_longer"],
    "config/client/URLPrefix": ["test_client_says_its_limits"],
    "config/client/AllowUnencrypted": ["test_client_sends_plain_text_only_when_allowed"],
    "config/client/auth/Basic": ["test_client_methods_that_are_switched_off"],
    "config/client/auth/Digest": ["test_digest_is_not_spoken"],
    "config/client/auth/Kerberos": ["test_client_methods_that_are_switched_off"],
    "config/client/auth/Negotiate": ["test_client_methods_that_are_switched_off"],
    "config/client/auth/Certificate": ["test_client_methods_that_are_switched_off"],
    "config/client/auth/CredSSP": ["test_refusals.py::test_a2_client_flag_is_off", "test_refusals.py::test_wildcard_policy_allows"],
    "config/client/defaultports/HTTP": ["test_client_says_its_limits"],
    "config/client/defaultports/HTTPS": ["test_client_default_port_for_https"],
    "config/client/TrustedHosts": [
        "test_refusals.py::test_e4_ntlm_to_a_host_that_is_not_trusted",
        "test_refusals.py::test_trusted_host_is_served",
    ],
    "config/client/KerberosRealms": ["../WinRMTests/"],
    "config/service/RootSDDL": ["test_root_descriptor_decides_who_reads"],
    "config/service/MaxConcurrentOperations": ["test_refused_values_leave_the_files_as_they_are"],
    "config/service/MaxConcurrentOperationsPerUser": ["(counted later)"],
    "config/service/EnumerationTimeoutms": ["test_enumeration_that_rests_is_forgotten"],
    "config/service/MaxConnections": ["test_most_connections"],
    "config/service/MaxPacketRetrievalTimeSeconds": ["test_slow_request_ends_its_connection"],
    "config/service/AllowUnencrypted": ["test_basic_and_plain_text"],
    "config/service/auth/Basic": ["test_basic_and_plain_text"],
    "config/service/auth/Kerberos": ["test_kerberos_is_offered_with_a_keytab"],
    "config/service/auth/Negotiate": ["test_schemes_are_offered_as_set"],
    "config/service/auth/Certificate": ["../Interop/test_plain_clients.py::test_curl"],
    "config/service/auth/CredSSP": ["test_schemes_are_offered_as_set"],
    "config/service/auth/CbtHardeningLevel": ["test_channel_bindings"],
    "config/service/defaultports/HTTP": ["test_refused_values_leave_the_files_as_they_are"],
    "config/service/defaultports/HTTPS": ["test_refused_values_leave_the_files_as_they_are"],
    "config/service/IPv4Filter": ["test_filters_decide_where_listeners_answer"],
    "config/service/IPv6Filter": ["test_filters_decide_where_listeners_answer"],
    "config/service/EnableCompatibilityHttpListener": ["test_compatibility_listeners"],
    "config/service/EnableCompatibilityHttpsListener": ["test_compatibility_listeners"],
    "config/service/CertificateThumbprint": [
        "test_certificates.py::test_thumbprint_of_the_service_allows_delegation_without_the_ntlm_only_policy"
    ],
    "config/service/AllowRemoteAccess": ["../WinRMServiceTests/"],
    "config/service/AllowedGroups": ["test_groups_and_accounts_that_may_open_shells", "../LogonTests/"],
    "config/service/AllowedAccounts": ["test_groups_and_accounts_that_may_open_shells"],
    "config/service/KeytabFile": ["test_kerberos_is_offered_with_a_keytab"],
    "config/winrs/AllowRemoteShellAccess": ["test_shells_are_refused"],
    "config/winrs/IdleTimeout": ["test_idle_time_of_a_shell"],
    "config/winrs/MaxConcurrentUsers": ["test_users_with_shells"],
    "config/winrs/MaxShellRunTime": ["test_refused_values_leave_the_files_as_they_are"],
    "config/winrs/MaxProcessesPerShell": ["test_commands_of_a_shell"],
    "config/winrs/MaxMemoryPerShellMB": ["(measured later)"],
    "config/winrs/MaxShellsPerUser": ["test_faults.py::test_shell_quota"],
    "config/listener/Address": ["test_listeners_come_and_go"],
    "config/listener/Transport": ["test_certificates.py::test_http_spoken_to_https_and_the_other_way_round"],
    "config/listener/Port": ["test_listeners_come_and_go"],
    "config/listener/Hostname": ["test_certificates.py::test_settings_take_only_certificates_that_can_serve"],
    "config/listener/Enabled": ["test_listeners_come_and_go"],
    "config/listener/URLPrefix": ["test_listeners_come_and_go"],
    "config/listener/CertificateThumbprint": ["test_certificates.py::test_renewed_certificate_is_shown_without_a_restart"],
}

# A value that is refused, and the number of the fault. Settings that take every text of their kind have none.
BAD = {
    "config/MaxEnvelopeSizekb": ("31", "0x80338041"),
    "config/MaxTimeoutms": ("499", "0x80338041"),
    "config/MaxBatchItems": ("0", "0x80338041"),
    "config/MaxProviderRequests": ("1", "0x803381AE"),
    "config/client/NetworkDelayms": ("499", "0x80338041"),
    "config/client/URLPrefix": ("/x", "0x80338041"),
    "config/client/TrustedHosts": ("a,,b", "0x8033809F"),
    "config/client/KerberosRealms": ("EXAMPLE", "0x80338041"),
    "config/client/defaultports/HTTP": ("0", "0x80338041"),
    "config/client/defaultports/HTTPS": ("65536", "0x80338041"),
    "config/service/RootSDDL": ("O:BA", "0x8033815C"),
    "config/service/MaxConcurrentOperations": ("1", "0x803381AE"),
    "config/service/MaxConcurrentOperationsPerUser": ("0", "0x80338041"),
    "config/service/EnumerationTimeoutms": ("499", "0x80338041"),
    "config/service/MaxConnections": ("513", "0x80338041"),
    "config/service/MaxPacketRetrievalTimeSeconds": ("0", "0x80338041"),
    "config/service/auth/CbtHardeningLevel": ("Loose", "0x803381B8"),
    "config/service/defaultports/HTTP": ("1", "0x8033813F"),
    "config/service/defaultports/HTTPS": ("1", "0x8033813F"),
    "config/service/IPv4Filter": ("10.0.0.2-10.0.0.1", "0x803380EC"),
    "config/service/IPv6Filter": ("x", "0x803380EC"),
    "config/service/CertificateThumbprint": ("0", "0x80338041"),
    "config/service/KeytabFile": ("relative", "0x80338041"),
    "config/winrs/IdleTimeout": ("2147483648", "0x80338041"),
    "config/winrs/MaxConcurrentUsers": ("0", "0x80338041"),
    "config/winrs/MaxShellRunTime": ("1", "0x8033813F"),
    "config/winrs/MaxProcessesPerShell": ("2147483648", "0x80338041"),
    "config/winrs/MaxMemoryPerShellMB": ("2147483648", "0x80338041"),
    "config/winrs/MaxShellsPerUser": ("2147483648", "0x80338041"),
    "config/listener/Port": ("0", "0x80338041"),
    "config/listener/Hostname": ("a b", "0x80338041"),
    "config/listener/URLPrefix": ("x//y", "0x80338041"),
    "config/listener/CertificateThumbprint": ("0", "0x80338041"),
}

FOLDER = pathlib.Path(__file__).parent
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"


def leaves(element, path):
    """The settings of a tree in XML, by path."""
    for child in element:
        name = child.tag.rpartition("}")[2]
        if len(child) or name in ("Auth", "DefaultPorts"):
            yield from leaves(child, path + "/" + name.lower())
        else:
            yield path + "/" + name


# The tables above


def test_every_setting_has_a_test(own_lab):
    host = own_lab.client()
    host.winrm("create", "winrm/config/Listener?Address=*+Transport=HTTP")
    shown = set(leaves(ElementTree.fromstring(host.winrm("get", "winrm/config", "-format:xml").out), "config"))
    listener = ElementTree.fromstring(host.winrm("get", "winrm/config/listener?Address=*+Transport=HTTP", "-format:xml").out)
    shown |= set(leaves(listener, "config/listener")) - {"config/listener/ListeningOn"}
    assert shown == set(TESTS), "a setting without a test, or a test without a setting"
    assert len(shown) > 50


@pytest.mark.parametrize("path", TESTS)
def test_the_tests_are_there(path):
    for name in TESTS[path]:
        if name.startswith("("):
            continue
        file, found, function = name.rpartition("::")
        if name.endswith("/"):
            where = FOLDER / name
            setting = path.rpartition("/")[2]
            spelled = setting[0].lower() + setting[1:]
            assert any(spelled in text.read_text() for text in where.rglob("*.swift")), name
            continue
        text = (FOLDER / (file or pathlib.Path(__file__).name)).read_text()
        if file.endswith(".swift"):
            assert function in text, name
        else:
            assert function in [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)], name


def files_of(host):
    return {
        str(path.relative_to(host.root)): path.read_bytes()
        for path in (host.root / "etc").rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


def test_refused_values_leave_the_files_as_they_are(own_lab):
    """Also what can only be read: each says which setting it is about."""
    host = own_lab.client()
    host.winrm("create", "winrm/config/Listener?Address=*+Transport=HTTP")
    (host.root / "etc/winrm/config.json").write_text("{ MaxBatchItems: 77 /* by hand */ }\n")
    before = files_of(host)
    assert len(before) == 2
    for path, (value, number) in BAD.items():
        resource, _, name = path.rpartition("/")
        if resource == "config/listener":
            resource += "?Address=*+Transport=HTTP"
        done = host.winrm("set", "winrm/" + resource, '@{%s="%s"}' % (name, value), check=False)
        assert done.returncode == 1 and number in done.err and name in done.err, (path, done.err)
        assert files_of(host) == before, path
    for path in TESTS:
        resource, _, name = path.rpartition("/")
        if name.startswith(("Allow", "Enable")) and "Allowed" not in name or "/auth/" in path and "Cbt" not in name:
            done = host.winrm("set", "winrm/" + resource.replace("listener", "listener?Address=*+Transport=HTTP"), "@{%s=maybe}" % name, check=False)
            assert done.returncode == 1 and name in done.err, (path, done.err)
            assert files_of(host) == before, path


# The files


def test_comments_and_what_people_wrote_survive_everything(own_lab):
    host = own_lab.client()
    written = host.root / "etc/winrm/config.json"
    written.parent.mkdir(parents=True)
    text = "// Ask Carol first.\n{\n  MaxBatchItems: 77, // the slow line\n  Client: {NetworkDelayms: 600},\n}\n"
    written.write_text(text)
    host.winrm("set", "winrm/config", "@{MaxBatchItems=5;MaxTimeoutms=700}")
    host.winrm("create", "winrm/config/Listener?Address=*+Transport=HTTP")
    shown = host.winrm("get", "winrm/config").out
    assert "MaxBatchItems = 5\n" in shown and "MaxTimeoutms = 700\n" in shown and "NetworkDelayms = 600\n" in shown
    host.winrm("set", "winrm/config", "@{MaxBatchItems=77}")
    changes = host.root / "etc/winrm/config.changes.json"
    assert "MaxBatchItems" not in changes.read_text() and '"Version": 1' in changes.read_text()
    host.winrm("delete", "winrm/config/Listener?Address=*+Transport=HTTP")
    host.winrm("set", "winrm/config", "@{MaxTimeoutms=60000}")
    assert not changes.exists()
    assert written.read_text() == text


@pytest.mark.parametrize("name", ["config.json", "config.changes.json"])
def test_a_file_of_a_later_form_is_refused(own_lab, name):
    host = own_lab.client()
    file = host.root / "etc/winrm" / name
    file.parent.mkdir(parents=True)
    file.write_text('{\n  "Version": 2, "Sky": "blue"\n}\n')
    for words in (["get", "winrm/config"], ["set", "winrm/config", "@{MaxTimeoutms=700}"]):
        done = host.winrm(*words, check=False)
        assert done.returncode == 1 and name + ":2:3: " in done.err and "later version" in done.err, done.err
    assert '"Version": 2' in file.read_text()


def test_a_broken_file_stops_nothing_that_runs(own_lab):
    host = own_lab.service("A")
    file = host.root / "etc/winrm/config.json"
    file.write_text("{\n  MaxTimeoutms: 700,\n}\n")
    assert processes.eventually(lambda: "settings changed" in host.log()), host.log()
    file.write_text("{\n  MaxTimeoutms: ,\n}\n")
    assert processes.eventually(lambda: "config.json:2:17" in host.log(), 10), host.log()
    time.sleep(2.5)
    assert host.log().count("settings cannot be used") == 1, "it is told once"
    with Connection(host.address, host.port) as connection:
        assert connection.negotiate(own_lab.user, own_lab.password)[0].status == 200
    done = host.winrm("get", "winrm/config", check=False)
    assert done.returncode == 1 and "config.json:2:17" in done.err, done.err
    file.write_text("{\n  MaxTimeoutms: 800,\n}\n")
    assert processes.eventually(lambda: host.log().count("settings changed") == 2, 10), host.log()
    assert "MaxTimeoutms = 800\n" in host.winrm("get", "winrm/config").out


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_a_kill_at_any_call_leaves_the_old_or_the_new_file(own_lab, tmp_path):
    """`winrm set` is killed at each system call that touches files, one run for each."""
    host = own_lab.client()
    host.winrm("set", "winrm/config", "@{MaxTimeoutms=1000}")
    file = host.root / "etc/winrm/config.changes.json"
    old = file.read_bytes()
    calls = "openat,unlink,unlinkat,fchmod,write,fsync,rename,renameat,renameat2,flock,close"
    command = host.command("winrm", "set", "winrm/config", "@{MaxTimeoutms=2000}")

    def run(*options):
        trace = tmp_path / "trace"
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=" + calls, *options, *command],
            env=host.environment, cwd=host.root, capture_output=True, timeout=120,
        )
        return done, trace.read_text()

    done, trace = run()
    if done.returncode != 0 and "ptrace" in done.stderr.decode():
        pytest.skip("programs cannot be traced here")
    assert done.returncode == 0, done.stderr
    new = file.read_bytes()
    assert new != old
    # What must reach the disk does, in this order: the new file, its name, nothing else.
    names = [re.sub(r"^\d+ +", "", line) for line in trace.splitlines()]
    renamed = next(number for number, line in enumerate(names) if line.startswith("rename") and "config.changes.json" in line)
    made = max(number for number, line in enumerate(names[:renamed]) if ".config.changes.json.new" in line and "O_EXCL" in line)
    assert any(line.startswith("fsync") for line in names[made:renamed]), "the content is not flushed before it is renamed"
    assert any(line.startswith("fsync") for line in names[renamed:]), "the rename is not flushed"
    # The calls of one name are counted for each of them from the first.
    seen = set()
    points = [
        (call, count)
        for call in ("openat", "write", "fchmod", "fsync", "rename", "renameat", "renameat2", "flock", "close", "unlink")
        for count in sorted({1, *(number for number in range(1, 1 + sum(line.startswith(call + "(") for line in names)))})[-8:]
    ]
    killed = 0
    for call, count in points:
        file.write_bytes(old)
        done, _ = run("-e", "inject=%s:signal=KILL:when=%d" % (call, count))
        killed += done.returncode != 0
        content = file.read_bytes()
        assert content in (old, new), (call, count, content)
        seen.add(content)
        # The next one is not held up by what this one left.
        shown = host.winrm("get", "winrm/config").out
        assert ("MaxTimeoutms = 1000\n" if content == old else "MaxTimeoutms = 2000\n") in shown
    assert killed > 20 and seen == {old, new}
    host.winrm("set", "winrm/config", "@{MaxTimeoutms=3000}")
    assert sorted(path.name for path in file.parent.iterdir() if path.name.startswith((".", "config"))) == [
        "config.changes.json",
        "config.changes.json.lock",
    ]


def test_kills_at_random_times_while_many_write(own_lab):
    host = own_lab.client()
    host.winrm("set", "winrm/config", "@{MaxTimeoutms=1000}")
    for turn in range(25):
        writers = [
            host.popen("winrm", "set", "winrm/config", "@{MaxTimeoutms=%d}" % (1000 + number), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for number in (1, 2)
        ]
        time.sleep(0.01 + 0.006 * turn)
        for writer in writers:
            writer.kill()
            writer.wait()
        shown = host.winrm("get", "winrm/config").out
        assert re.search(r"MaxTimeoutms = 100[012]\n", shown), shown


def test_settings_survive_a_restart(own_lab):
    host = own_lab.service("A")
    host.winrm("set", "winrm/config", "@{MaxTimeoutms=700}")
    host.winrm("set", "winrm/config/service", '@{RootSDDL="D:(A;;GA;;;BA)";IPv6Filter=""}')
    host.winrm("set", "winrm/config/winrs", "@{MaxShellsPerUser=3}")
    before = host.winrm("get", "winrm/config").out
    assert "MaxTimeoutms = 700\n" in before and "RootSDDL = D:(A;;GA;;;BA)\n" in before
    host.stop()
    assert host.winrm("get", "winrm/config").out == before
    host.start()
    assert host.winrm("get", "winrm/config").out == before


# The service


class Target:
    """A service whose settings a test changes; they are put back afterwards."""

    def __init__(self, lab, host):
        self.lab, self.host, self.shells = lab, host, set()
        self._changes = host.root / "etc/winrm/config.changes.json"
        self._before = self._changes.read_text()

    def set(self, resource, **values):
        count = self._notices()
        text = ";".join('%s="%s"' % pair for pair in values.items())
        self.host.winrm("set", "winrm/config" + ("/" + resource if resource else ""), "@{%s}" % text)
        self._wait(count)

    def restore(self):
        if self._changes.read_text() != self._before:
            count = self._notices()
            self._changes.write_text(self._before)
            self._wait(count)
        if self.shells:
            with self.session() as session:
                for shell in self.shells:
                    session.of_shell("Delete", shell, "")

    def _notices(self):
        return self.host.log().count("settings changed")

    def _wait(self, count):
        assert processes.eventually(lambda: self._notices() > count, 10), self.host.log()

    @contextlib.contextmanager
    def session(self, user=None, password=None):
        with Connection(self.host.address, self.host.port) as connection:
            answer, context = connection.negotiate(user or self.lab.user, password or self.lab.password, "negotiate")
            assert answer.status == 200, answer
            yield Session(connection, context, self.shells)

    def offers(self, path="/wsman"):
        with Connection(self.host.address, self.host.port) as connection:
            return [offer.split()[0].lower() for offer in connection.post(path=path).header("www-authenticate")]


class Session:
    """A proven connection that asks in SOAP and understands the answers."""

    def __init__(self, connection, context, shells):
        self.connection, self.context, self.shells = connection, context, shells

    def ask(self, message):
        """The status and the envelope of the answer."""
        answer = self.connection.sealed(self.context, message)
        assert answer is not None
        if not answer.body:
            return answer.status, ""
        start = answer.body.index(b"octet-stream\r\n") + len(b"octet-stream\r\n")
        sealed = answer.body[start : answer.body.rindex(b"--Encrypted Boundary--")]
        length = int.from_bytes(sealed[:4], "little")
        text = self.context.unwrap_winrm(sealed[4 : 4 + length], sealed[4 + length :]).decode()
        self.shells.update(re.findall(r'Name="ShellId">([^<]+)<', text))
        return answer.status, text

    def create(self, extra=""):
        status, text = self.ask(envelope(extra=extra))
        assert status == 200, text
        return re.search(r"Name=\"ShellId\">([^<]+)<", text).group(1), text

    def of_shell(self, verb, shell, body=None):
        selectors = '<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>' % shell
        return self.ask(envelope(verb, body, extra=selectors))

    def command(self, shell, line):
        body = '<rsp:CommandLine xmlns:rsp="%s"><rsp:Command>%s</rsp:Command></rsp:CommandLine>' % (SHELL, line)
        return self.of_shell("Command", shell, body)

    def on_configuration(self, resource, action, body=""):
        prefix = "" if ":" in action else "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
        message = envelope("Get", body, resource=CONFIG + resource)
        return self.ask(message.replace("http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", prefix + action))

    def enumerate(self, resource):
        status, text = self.on_configuration(
            resource, ENUMERATION + "/Enumerate", '<n:Enumerate xmlns:n="%s"/>' % ENUMERATION
        )
        assert status == 200, text
        return re.search(r"EnumerationContext[^>]*>([^<]+)<", text).group(1)

    def pull(self, resource, context, most=100):
        body = '<n:Pull xmlns:n="%s"><n:EnumerationContext>%s</n:EnumerationContext><n:MaxElements>%d</n:MaxElements></n:Pull>'
        return self.on_configuration(resource, ENUMERATION + "/Pull", body % (ENUMERATION, context, most))


@pytest.fixture(scope="module")
def served():
    from winrmtest.lab import Lab

    made = Lab()
    try:
        made.target = made.service("S")
        made.client_host = made.client()
        made.trust(made.client_host, made.target)
        yield made
    finally:
        made.close()


@pytest.fixture
def target(served):
    made = Target(served, served.target)
    yield made
    made.restore()


def admit_to_configuration(target):
    target.set("service", RootSDDL="O:NSG:BAD:P(A;;GA;;;BA)(A;;GA;;;AU)")


def test_largest_message(target):
    padding = "<d>%s</d>" % ("x" * (40 << 10))
    with target.session() as session:
        assert session.ask(envelope(body=padding))[0] != 413
        target.set("", MaxEnvelopeSizekb=32)
        # The connection was not dropped.
        assert session.ask(envelope())[0] == 200
        assert session.connection.sealed(session.context, envelope(body=padding)).status == 413


def test_longest_operation(target):
    with target.session() as session:
        shell, _ = session.create()
        status, text = session.command(shell, "sleep 30")
        assert status == 200, text
        command = re.search(r"CommandId>([^<]+)<", text).group(1)
        target.set("", MaxTimeoutms=1000)
        body = '<rsp:Receive xmlns:rsp="%s"><rsp:DesiredStream CommandId="%s">stdout</rsp:DesiredStream></rsp:Receive>' % (SHELL, command)
        began = time.monotonic()
        status, text = session.of_shell("Receive", shell, body)
        assert status == 500 and "2150858793" in text, text
        assert 0.8 < time.monotonic() - began < 8
        session.of_shell("Delete", shell, "")


def test_items_of_a_pull(target):
    admit_to_configuration(target)
    for number in (81, 82):
        target.host.winrm("create", "winrm/config/Listener?Address=IP:127.0.1.%d+Transport=HTTP" % number, "@{Enabled=false}")
    with target.session() as session:
        _, text = session.pull("/listener", session.enumerate("/listener"))
        assert len(re.findall("</[^>]*Listener>", text)) == 3 and "EndOfSequence" in text, text
        target.set("", MaxBatchItems=1)
        _, text = session.pull("/listener", session.enumerate("/listener"))
        assert len(re.findall("</[^>]*Listener>", text)) == 1 and "EndOfSequence" not in text, text


def test_enumeration_that_rests_is_forgotten(target):
    admit_to_configuration(target)
    with target.session() as session:
        context = session.enumerate("/listener")
        time.sleep(1.5)
        assert session.pull("/listener", context)[0] == 200
        target.set("service", EnumerationTimeoutms=500)
        context = session.enumerate("/listener")
        time.sleep(1.5)
        status, text = session.pull("/listener", context)
        assert status == 500 and "InvalidEnumerationContext" in text, text


def test_root_descriptor_decides_who_reads(target):
    with target.session() as session:
        status, text = session.on_configuration("/service", "Get")
        assert status == 500 and 'Code="5"' in text, text
        target.set("service", RootSDDL="O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;AU)")
        status, text = session.on_configuration("/service", "Get")
        assert status == 200 and "MaxConnections>300<" in text, text
        put = '<c:Service xmlns:c="%s/service"><c:MaxConnections>7</c:MaxConnections></c:Service>' % CONFIG
        assert session.on_configuration("/service", "Put", put)[0] == 500
        target.set("service", RootSDDL="O:NSG:BAD:P(A;;GA;;;BA)(A;;GRGW;;;AU)")
        status, text = session.on_configuration("/service", "Put", put)
        assert status == 200 and "MaxConnections>7<" in text, text


def test_most_connections(target):
    target.set("service", MaxConnections=2)
    opened = [Connection(target.host.address, target.host.port) for _ in range(2)]
    try:
        assert [connection.post().status for connection in opened] == [401, 401]
        with Connection(target.host.address, target.host.port) as third:
            assert third.post().status == 503
        # Raised, it serves at once.
        target.set("service", MaxConnections=3)
        with Connection(target.host.address, target.host.port) as third:
            assert third.post().status == 401
    finally:
        for connection in opened:
            connection.close()


def test_slow_request_ends_its_connection(target):
    with target.session() as session:
        target.set("service", MaxPacketRetrievalTimeSeconds=1)
        session.connection.send(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nx")
        assert session.connection.closed(8)


def basic(target, user=None, password=None):
    value = base64.b64encode(("%s:%s" % (user or target.lab.user, password or target.lab.password)).encode()).decode()
    with Connection(target.host.address, target.host.port) as connection:
        return connection.post(envelope(), [("Authorization", "Basic " + value)])


def test_basic_and_plain_text(target):
    assert basic(target).status == 401 and "basic" not in target.offers()
    target.set("service/auth", Basic="true")
    assert basic(target).status != 200 and "basic" not in target.offers(), "over HTTP the password would be seen"
    target.set("service", AllowUnencrypted="true")
    assert "basic" in target.offers()
    answer = basic(target)
    assert answer.status == 200 and b"ShellId" in answer.body, answer
    target.shells.update(re.findall(r'Name="ShellId">([^<]+)<', answer.body.decode()))
    assert basic(target, password="wrong").status == 401
    target.set("service/auth", Basic="false")
    assert basic(target).status == 401 and "basic" not in target.offers()


def test_schemes_are_offered_as_set(target):
    assert target.offers() == ["negotiate", "credssp"]
    target.set("service/auth", CredSSP="false")
    assert target.offers() == ["negotiate"]
    target.set("service/auth", CredSSP="true", Negotiate="false")
    assert target.offers() == ["credssp"]


def write_keytab(path):
    """One key of HTTP/host@EXAMPLE.COM, in the format that every Kerberos reads."""

    def counted(text):
        return struct.pack(">H", len(text)) + text

    entry = struct.pack(">H", 2) + counted(b"EXAMPLE.COM") + counted(b"HTTP") + counted(b"host.example.com")
    entry += struct.pack(">IIB", 1, 0, 1) + struct.pack(">H", 18) + counted(os.urandom(32)) + struct.pack(">I", 1)
    path.write_bytes(b"\x05\x02" + struct.pack(">i", len(entry)) + entry)
    path.chmod(0o600)


def test_kerberos_is_offered_with_a_keytab(target, tmp_path):
    keytab = tmp_path / "service.keytab"
    if "kerberos" in target.offers():
        pytest.skip("this machine has a keytab of its own")
    write_keytab(keytab)
    target.set("service", KeytabFile=keytab)
    assert target.offers() == ["negotiate", "kerberos", "credssp"]
    target.set("service/auth", Kerberos="false")
    assert target.offers() == ["negotiate", "credssp"]
    target.set("service/auth", Kerberos="true")
    target.set("service", KeytabFile="")
    assert target.offers() == ["negotiate", "credssp"]


def test_groups_and_accounts_that_may_open_shells(target):
    run = lambda: target.lab.winrs(target.lab.client_host, target.host, "echo in", method="Negotiate")
    assert run().out == "in\n"
    target.set("service", AllowedAccounts="somebodyelse")
    assert "Access is denied" in run().err
    group = grp.getgrgid(pwd.getpwnam(target.lab.unix_user).pw_gid).gr_name
    target.set("service", AllowedGroups=group)
    done = run()
    # Root and users of the system get in as accounts only, whatever their groups.
    if 1000 <= pwd.getpwnam(target.lab.unix_user).pw_uid < 60000:
        assert done.out == "in\n", done.err
    else:
        assert "Access is denied" in done.err
    target.set("service", AllowedGroups="nosuchgroup", AllowedAccounts=target.lab.user)
    assert run().out == "in\n"


def test_shells_are_refused(target):
    target.set("winrs", AllowRemoteShellAccess="false")
    with target.session() as session:
        status, text = session.ask(envelope())
        assert status == 500 and str(0x803381AC) in text, text


def test_idle_time_of_a_shell(target):
    target.set("winrs", IdleTimeout=90000)
    with target.session() as session:
        shell, text = session.create()
        assert "PT90" in text, text
        session.of_shell("Delete", shell, "")


def test_users_with_shells(target):
    password = hosts.new_password()
    if "bob" not in target.host.winrm("account", "list").out:
        target.host.add_account("bob", password, "-unixuser:" + target.lab.unix_user)
    target.set("service", AllowedAccounts=target.lab.user + ",bob")
    with target.session() as first, target.session("bob", password) as second:
        shell, _ = first.create()
        target.set("winrs", MaxConcurrentUsers=1)
        status, text = second.ask(envelope())
        assert status == 500 and str(0x803381AB) in text, text
        first.of_shell("Delete", shell, "")
        mine, _ = second.create()
        second.of_shell("Delete", mine, "")


def test_commands_of_a_shell(target):
    target.set("winrs", MaxProcessesPerShell=1)
    with target.session() as session:
        shell, _ = session.create()
        assert session.command(shell, "sleep 30")[0] == 200
        status, text = session.command(shell, "sleep 31")
        assert status == 500, text
        session.of_shell("Delete", shell, "")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("pki"))


def secure(host, **options):
    context = ssl._create_unverified_context()
    connection = Connection(host.address, host.https_port)
    connection.socket = context.wrap_socket(connection.socket)
    return connection


@pytest.fixture
def https(own_lab, pki):
    host = own_lab.service("A", start=False)
    leaf = pki.server("leaf" + uuid.uuid4().hex[:6], host.address)
    host.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    host.https_port = hosts.free_port(host.address)
    host.winrm(
        "create",
        "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % host.address,
        '@{Port=%d;Hostname="%s";CertificateThumbprint="%s"}' % (host.https_port, host.address, leaf.thumbprint),
    )
    host.start()
    return Target(own_lab, host)


def test_channel_bindings(https):
    """Without bindings Strict refuses; with those of another connection Relaxed does too, and None looks at neither."""

    def log_on(bindings):
        with secure(https.host) as connection:
            context = spnego.client(
                https.lab.user, https.lab.password, hostname=https.host.address, service="http", protocol="ntlm", channel_bindings=bindings,
                options=spnego.NegotiateOptions.use_ntlm | spnego.NegotiateOptions.wrapping_winrm,
            )
            token, answer = context.step(), None
            while token is not None:
                answer = connection.post(headers=[("Authorization", "Negotiate " + base64.b64encode(token).decode())])
                back = [value.split()[1] for value in answer.header("www-authenticate") if " " in value]
                token = context.step(base64.b64decode(back[0])) if back and not context.complete else None
            return answer.status

    other = spnego.channel_bindings.GssChannelBindings(application_data=b"tls-server-end-point:" + bytes(32))
    assert (log_on(None), log_on(other)) == (200, 401), "Relaxed"
    https.set("service/auth", CbtHardeningLevel="Strict")
    assert (log_on(None), log_on(other)) == (401, 401)
    https.set("service/auth", CbtHardeningLevel="None")
    assert (log_on(None), log_on(other)) == (200, 200)


def listens(address, port):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, port)) == 0


def answers(address, port, path="/wsman"):
    try:
        with Connection(address, port) as connection:
            return connection.post(path=path).status
    except OSError:
        return None


def becomes(value, look, seconds=8):
    assert processes.eventually(lambda: look() == value, seconds), (value, look())


def test_listeners_come_and_go(own_lab):
    host = own_lab.service("A")
    mine = "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % host.address
    becomes(401, lambda: answers(host.address, host.port))
    host.winrm("set", mine, "@{URLPrefix=other}")
    becomes(401, lambda: answers(host.address, host.port, "/other"))
    assert answers(host.address, host.port) == 404
    host.winrm("set", mine, "@{URLPrefix=wsman;Enabled=false}")
    becomes(None, lambda: answers(host.address, host.port))
    port = hosts.free_port(host.address)
    host.winrm("set", mine, "@{Enabled=true;Port=%d}" % port)
    becomes(401, lambda: answers(host.address, port))
    assert not listens(host.address, host.port)
    address = host.address + "9"
    host.winrm("create", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % address, "@{Port=%d}" % port)
    becomes(401, lambda: answers(address, port))
    host.winrm("delete", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % address)
    becomes(None, lambda: answers(address, port))
    assert answers(host.address, port) == 401


def test_filters_decide_where_listeners_answer(own_lab):
    host = own_lab.service("A")
    host.winrm("set", "winrm/config/service", '@{IPv4Filter="127.9.9.1-127.9.9.9"}')
    becomes(None, lambda: answers(host.address, host.port))
    host.winrm("set", "winrm/config/service", '@{IPv4Filter="127.9.9.1-127.9.9.9, %s-%s"}' % (host.address, host.address))
    becomes(401, lambda: answers(host.address, host.port))
    try:
        port = hosts.free_port("::1")
    except OSError:
        pytest.skip("no IPv6 here")
    host.winrm("create", "winrm/config/Listener?Address=IP:::1+Transport=HTTP", "@{Port=%d}" % port)
    becomes(401, lambda: answers("::1", port))
    host.winrm("set", "winrm/config/service", '@{IPv6Filter=""}')
    becomes(None, lambda: answers("::1", port))
    assert answers(host.address, host.port) == 401


def free_everywhere(port):
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


def test_compatibility_listeners(own_lab, pki):
    if not (free_everywhere(80) and free_everywhere(443)):
        pytest.skip("the ports 80 and 443 cannot be had here")
    host = own_lab.service("A", start=False)
    leaf = pki.server("compatible", host.address, "localhost", hosts.HOST)
    host.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    host.start()
    assert not listens(host.address, 80) and not listens(host.address, 443)
    host.winrm("set", "winrm/config/service", "@{EnableCompatibilityHttpListener=true}")
    becomes(401, lambda: answers(host.address, 80))
    host.winrm("set", "winrm/config/service", "@{EnableCompatibilityHttpListener=false;EnableCompatibilityHttpsListener=true}")
    becomes(False, lambda: listens(host.address, 80))
    becomes(True, lambda: listens(host.address, 443))


# The client


class Recorder:
    """An HTTP server that asks for Basic, and keeps the requests that bring it."""

    def __init__(self, status=500, delay=0.0):
        recorder = self
        self.requests, self.asked = [], 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                recorder.asked += 1
                is_proven = "Authorization" in self.headers
                if is_proven:
                    recorder.requests.append((self.path, dict(self.headers), body.decode(errors="replace")))
                    time.sleep(delay)
                with contextlib.suppress(OSError):
                    self.send_response(status if is_proven else 401)
                    if not is_proven:
                        self.send_header("WWW-Authenticate", 'Basic realm="WSMAN"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def plain(own_lab):
    """A client that may send plain text with a password."""
    host = own_lab.client()
    host.winrm("set", "winrm/config/client", "@{AllowUnencrypted=true;TrustedHosts=127.0.0.1}")
    host.winrm("set", "winrm/config/client/auth", "@{Basic=true}")
    return host


def ask(host, remote, *words, **options):
    return host.winrm(
        "get", "winrm/config", "-r:" + remote, "-a:Basic", "-u:alice", "-p:secret", "-unencrypted", *words, check=False, **options
    )


def test_client_says_its_limits(plain):
    with Recorder() as recorder:
        plain.winrm("set", "winrm/config", "@{MaxEnvelopeSizekb=100;MaxTimeoutms=7000}")
        plain.winrm("set", "winrm/config/client", "@{URLPrefix=other}")
        plain.winrm("set", "winrm/config/client/defaultports", "@{HTTP=%d}" % recorder.port)
        done = ask(plain, "127.0.0.1")
        assert done.returncode == 1 and recorder.requests, done.err
        path, _, body = recorder.requests[-1]
        assert path.split("?")[0] == "/other"
        assert ">102400<" in body and "PT7" in body, body


def test_client_default_port_for_https(plain):
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: taken.append(listener.accept()[0].recv(5)), daemon=True).start()
        plain.winrm("set", "winrm/config/client/defaultports", "@{HTTPS=%d}" % listener.getsockname()[1])
        process = plain.popen(
            "winrm", "get", "winrm/config", "-r:127.0.0.1", "-usessl", "-a:Basic", "-u:alice", "-p:secret",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            assert processes.eventually(lambda: taken, 20)
            assert taken[0][:1] == b"\x16", "the beginning of a TLS handshake"
        finally:
            process.kill()
            process.wait()


def test_client_waits_no_longer(plain):
    with Recorder(delay=30) as recorder:
        plain.winrm("set", "winrm/config", "@{MaxTimeoutms=500}")
        plain.winrm("set", "winrm/config/client", "@{NetworkDelayms=500}")
        quick = ask(plain, "http://127.0.0.1:%d" % recorder.port)
        plain.winrm("set", "winrm/config/client", "@{NetworkDelayms=4000}")
        slow = ask(plain, "http://127.0.0.1:%d" % recorder.port)
        assert quick.returncode == slow.returncode == 1, quick.err
        assert quick.seconds < 4 < slow.seconds < 15, (quick.seconds, slow.seconds)


def test_client_sends_plain_text_only_when_allowed(plain):
    with Recorder() as recorder:
        plain.winrm("set", "winrm/config/client", "@{AllowUnencrypted=false}")
        done = ask(plain, "http://127.0.0.1:%d" % recorder.port)
        assert done.returncode == 1 and "0x803380DE" in done.err, done.err
        assert recorder.asked == 0
        plain.winrm("set", "winrm/config/client", "@{AllowUnencrypted=true}")
        ask(plain, "http://127.0.0.1:%d" % recorder.port)
        assert recorder.requests and recorder.requests[-1][1]["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "name, number, switches",
    [
        ("Basic", "0x803380DF", ["-a:Basic", "-u:alice", "-p:secret", "-unencrypted"]),
        ("Kerberos", "0x803380E2", ["-a:Kerberos"]),
        ("Negotiate", "0x803380E1", ["-a:Negotiate", "-u:alice", "-p:secret"]),
        ("Certificate", "0x803380E3", ["-a:Certificate"]),
    ],
)
def test_client_methods_that_are_switched_off(plain, pki, name, number, switches):
    if name == "Certificate":
        mine = pki.client("me" + uuid.uuid4().hex[:6], "me@example.com")
        plain.winrm("certificate", "import", mine.file, "-key:%s" % mine.key, "-user")
        switches = [*switches, "-certificate:" + mine.thumbprint]
    with Recorder() as recorder:
        scheme = "https" if name == "Certificate" else "http"
        command = ["get", "winrm/config", "-r:%s://127.0.0.1:%d" % (scheme, recorder.port), *switches]
        done = plain.winrm(*command, check=False)
        assert number not in done.err, done.err
        asked = recorder.asked
        plain.winrm("set", "winrm/config/client/auth", "@{%s=false}" % name)
        done = plain.winrm(*command, check=False)
        assert done.returncode == 1 and number in done.err, done.err
        assert recorder.asked == asked


def test_digest_is_not_spoken(plain):
    """The setting has no effect, as `winrm help config` says: with it on, the method is refused all the same."""
    for value in ("true", "false"):
        plain.winrm("set", "winrm/config/client/auth", "@{Digest=%s}" % value)
        with Recorder() as recorder:
            done = plain.winrm(
                "get", "winrm/config", "-r:http://127.0.0.1:%d" % recorder.port, "-a:Digest", "-u:alice", "-p:secret", check=False
            )
            assert done.returncode == 1 and recorder.requests == [] and "0x80338" in done.err, done.err
