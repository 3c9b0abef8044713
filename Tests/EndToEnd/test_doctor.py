"""Broken set-ups, one after the other: the doctor names the broken link, blames no other, and uses no credentials once it knows."""

import contextlib
import http.server
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest
from winrmtest import acceptor, authority, doctor, hosts, plain
from winrmtest.wire import Wire

NOTHING_USED = ("server.logon", "server.shell")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("doctor-pki"))


@pytest.fixture
def scene(own_lab):
    """A service behind a recording wire, and a client that may do nothing yet."""
    own_lab.target = own_lab.service("A")
    own_lab.client_host = own_lab.client()
    with Wire((own_lab.target.address, own_lab.target.port), own_lab.target.address) as wire:
        own_lab.wire = wire
        own_lab.endpoint = "http://%s:%d" % (wire.address, wire.port)
        yield own_lab


def allow(lab, *targets):
    lab.delegate(lab.client_host, *(targets or (lab.target,)))
    lab.trust(lab.client_host, *(targets or (lab.target,)))


def examine(lab, *extra, target=None, **options):
    return doctor.run(lab, lab.client_host, target or lab.endpoint, *extra, **options)


def assert_untouched(report):
    """No logon was tried, and the report says so."""
    for name in NOTHING_USED:
        assert report.state(name) == "unknown" and "not tried" in report.evidence(name), report


def assert_no_token(lab):
    assert lab.wire.client_tokens() == []
    assert lab.wire.carries(lab.password) == []


@contextlib.contextmanager
def web_server(status=200, headers=(), address="127.0.0.9"):
    """Something on HTTP that is no WinRM service."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield "http://%s:%d" % server.server_address[:2]
    finally:
        server.shutdown()
        server.server_close()


# The whole chain


def test_a_whole_chain_passes(lab):
    report = doctor.run(lab, lab.client_host, lab.a, "-secondhop:%s:%d" % (lab.b.address, lab.b.port))
    doctor.assert_whole(report)
    assert "NTLM" in report.evidence("server.mechanism")
    assert "AllowFreshCredentialsWhenNTLMOnly" in report.evidence("server.proof")
    assert "version 6" in report.evidence("server.credssp") and "TLS 1." in report.evidence("server.credssp")
    assert "agent" in report.evidence("secondhop.credentials")
    assert "policy.json" in report.evidence("client.delegation"), "the source of the rule"
    assert [place["id"] for place in report.document["places"]] == ["client", "firstLink", "firstHop", "secondLink", "secondHop"]
    assert report.document["target"] == lab.a.endpoint and report.document["user"] == lab.user


def test_without_a_second_hop_nothing_runs_on_the_first(lab):
    mark = len(lab.a.log())
    doctor.assert_whole(doctor.run(lab, lab.client_host, lab.a))
    log = lab.a.log()[mark:]
    assert "shell" in log and "command" not in log.lower().replace("commands", ""), log


@pytest.mark.parametrize("method", ["Negotiate"])
def test_without_delegation_a_whole_first_hop_passes(lab, method):
    report = doctor.run(lab, lab.client_host, lab.a, method=method)
    doctor.assert_whole(report)
    assert "TrustedHosts" in report.evidence("client.trustedhosts")
    assert "client.delegation" not in report.checks


def test_the_text_has_a_line_for_each_check_and_the_command_that_mends(scene):
    scene.trust(scene.client_host, scene.target)
    words = scene.switches(scene.client_host, scene.endpoint)
    done = scene.client_host.run("winrm", "doctor", *words)
    assert done.returncode == 1 and done.err == ""
    assert "  fail     The method is switched on in this client: " in done.out
    assert "           mend: winrm set winrm/config/client/auth '@{CredSSP=\"true\"}'" in done.out
    assert "  pass     The name has an address: " in done.out
    assert "  unknown  The server accepts the user: not tried" in done.out
    last = done.out.splitlines()[-1]
    assert last.startswith("The first broken link is client.flag: ") and "Broken as well: client.delegation (" in last
    assert scene.password not in done.out


# This machine


def test_client_credssp_off(scene):
    scene.delegate(scene.client_host, scene.target)
    scene.client_host.winrm("set", "winrm/config/client/auth", '@{CredSSP="false"}')
    report = examine(scene)
    doctor.assert_broken(report, "client.flag", "CredSSP = false", code="0x803381A2")
    assert report.state("client.delegation") == "pass" and report.state("server.schemes") == "unknown"
    assert_untouched(report)
    assert scene.wire.connections == 0, "the real command sends nothing either"


def enable_flag(lab):
    lab.client_host.winrm("set", "winrm/config/client/auth", '@{CredSSP="true"}')


def test_no_delegation_policy(scene):
    enable_flag(scene)
    report = examine(scene)
    doctor.assert_broken(report, "client.delegation", "question 1", "nothing is allowed by default", code="0x803381A3")
    assert "winrm credssp enable -role:client -delegate:WSMAN/" in report.checks["client.delegation"]["remedy"]
    assert_untouched(report)
    assert scene.wire.connections == 0


def test_policy_for_another_host(scene):
    scene.delegate(scene.client_host, "other.example", "*.127.0.0.2")
    report = examine(scene)
    doctor.assert_broken(report, "client.delegation", "no entry of AllowFreshCredentials names", code="0x803381A3")
    assert_no_token(scene)


def test_a_deny_rule_is_named_with_its_source(scene):
    allow(scene)
    path = scene.client_host.root / "etc" / "winrm" / "policy.json"
    policy = json.loads(path.read_text())
    delegation = policy["CredentialsDelegation"]
    delegation.update({"DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["WSMAN/*"]})
    path.write_text(json.dumps(policy))
    report = examine(scene)
    doctor.assert_broken(report, "client.delegation", "denies", "DenyFreshCredentials", "policy.json", code="0x803381A3")
    assert_no_token(scene)


def machine_policy(host):
    return host.root / "etc" / "winrm" / "policy.json"


def change_policy(host, **values):
    path = machine_policy(host)
    policy = json.loads(path.read_text()) if path.exists() else {}
    policy.setdefault("CredentialsDelegation", {}).update(values)
    path.write_text(json.dumps(policy))


OBJECT = "WinRM clients {1A2B3C4D-0000-4000-8000-00000000ABCD}"
FILE = "\\\\lab.example\\SYSVOL\\lab.example\\Policies\\{1A2B3C4D-0000-4000-8000-00000000ABCD}\\MACHINE\\Registry.pol"


def domain_policy(host, *values):
    """What an object of a domain says, as `winrm policy update` leaves it behind. values: key, name and value of each."""
    root = "Software\\Policies\\Microsoft\\Windows\\"
    entries = [
        {
            "keyname": root + key, "valuename": name, "class": "MACHINE", "type": "REG_DWORD" if isinstance(value, int) else "REG_SZ",
            "data": value,
        }
        for key, name, value in values
    ]
    name, _, identifier = OBJECT.partition(" {")
    made = {
        "Name": "WinRM clients", "Identifier": "{" + OBJECT.split("{")[1], "Link": "DC=lab,DC=example", "Enforced": False, "Version": 1,
        "File": FILE, "Entries": entries,
    }
    path = host.root / "var" / "lib" / "winrm-policy" / "domain.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o755)
    document = {"Domain": "lab.example", "Controller": "dc.lab.example", "Machine": "client", "Updated": int(time.time()), "Objects": [made]}
    path.write_text(json.dumps(document))
    path.chmod(0o644)


@pytest.mark.parametrize(
    "values, name, decides",
    [
        ([("CredentialsDelegation", "AllowFreshCredentials", 0)], "client.delegation", "AllowFreshCredentials = 0"),
        (
            [("CredentialsDelegation", "DenyFreshCredentials", 1), ("CredentialsDelegation\\DenyFreshCredentials", "1", "WSMAN/*")],
            "client.delegation", "DenyFreshCredentials\\1 = WSMAN/*",
        ),
        ([("CredentialsDelegation", "RestrictedRemoteAdministration", 1)], "client.delegation", "RestrictedRemoteAdministration = 1"),
        ([("WinRM\\Client", "AllowCredSSP", 0)], "client.flag", "AllowCredSSP = 0"),
    ],
)
def test_what_the_domain_decides_is_named_and_no_command_is_offered_that_it_forbids(scene, values, name, decides):
    """0x8033808A is what `winrm credssp enable`, or `winrm set`, would say."""
    if name == "client.delegation" and "Allow" in decides:
        enable_flag(scene)  # the machine's own policy, read before the domain's, allows nothing to nobody
        change_policy(scene.client_host, **{"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/127.0.0.2"]})
    else:
        allow(scene)
    domain_policy(scene.client_host, *values)
    report = examine(scene)
    doctor.assert_broken(report, name, "%s sets %s (key HKEY_LOCAL_MACHINE\\Software\\" % (OBJECT, decides), "file " + FILE)
    remedy = report.checks[name]["remedy"]
    assert "in the policy object %s of the domain, then: winrm policy update" % OBJECT in remedy
    assert "credssp enable" not in remedy and "winrm set" not in remedy
    assert scene.wire.connections == 0
    if "Allow" in decides:
        done = scene.client_host.winrm("credssp", "enable", "-role:client", "-delegate:127.0.0.2", "-force", check=False)
        assert done.returncode == 1 and "0x8033808A" in done.err


def test_trusted_hosts_that_the_domain_decides(scene):
    domain_policy(scene.client_host, ("WinRM\\Client", "TrustedHosts", 1), ("WinRM\\Client", "TrustedHostsList", "other.example"))
    report = examine(scene, method="Negotiate")
    doctor.assert_broken(report, "client.trustedhosts", OBJECT, "TrustedHostsList = other.example", code="0x803380E4")
    assert "winrm set" not in report.checks["client.trustedhosts"]["remedy"]


def test_the_policy_of_the_user_is_named(scene):
    allow(scene)
    path = scene.client_host.root / "home" / ".config" / "winrm" / "policy.json"
    path.parent.mkdir(parents=True)
    values = {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/other"]}
    path.write_text(json.dumps({"CredentialsDelegation": values}))
    report = examine(scene)
    doctor.assert_broken(report, "client.delegation", "the user's own policy", str(path))
    assert "credssp enable" not in report.checks["client.delegation"]["remedy"]


def test_a_list_that_is_switched_off_is_named_with_its_switch(scene):
    allow(scene)
    change_policy(scene.client_host, AllowFreshCredentials=0, AllowFreshCredentialsWhenNTLMOnly=0)
    report = examine(scene)
    doctor.assert_broken(
        report, "client.delegation", "AllowFreshCredentials (0) switches the list off",
        "AllowFreshCredentials\\1 = WSMAN/127.0.0.2 would allow it", "machine policy sets AllowFreshCredentials = 0",
        "\\CredentialsDelegation", str(machine_policy(scene.client_host)), code="0x803381A3",
    )
    remedy = report.checks["client.delegation"]["remedy"]
    assert remedy == "winrm credssp enable -role:client -delegate:WSMAN/" + scene.target.address
    scene.client_host.winrm(*remedy.split()[1:], "-ntlmonly", "-force")
    doctor.assert_whole(examine(scene))


def test_credssp_without_a_user(scene):
    allow(scene)
    report = doctor.Report(scene.client_host.run("winrm", "doctor", "-r:" + scene.endpoint, "-a:CredSSP", "-format:json"))
    doctor.assert_broken(report, "client.credential", "explicit user name and password", code="0x803381A1")
    assert_untouched(report)
    assert_no_token(scene)


def test_ntlm_to_a_host_that_is_not_trusted(scene):
    report = examine(scene, method="Negotiate")
    doctor.assert_broken(report, "client.trustedhosts", "TrustedHosts", code="0x803380E4")
    assert_untouched(report)
    assert_no_token(scene)


def test_method_switched_off(scene):
    scene.trust(scene.client_host, scene.target)
    scene.client_host.winrm("set", "winrm/config/client/auth", '@{Negotiate="false"}')
    doctor.assert_broken(examine(scene, method="Negotiate"), "client.flag", code="0x803380E1")


def test_policy_that_cannot_be_read(scene):
    allow(scene)
    (scene.client_host.root / "etc" / "winrm" / "policy.json").write_text('{"CredentialsDelegation": 7}')
    report = examine(scene)
    doctor.assert_broken(report, "client.settings", "policy.json", code="0x80338088")
    assert_untouched(report)
    assert scene.wire.connections == 0
    remedy = report.checks["client.settings"]["remedy"]
    assert "winrm policy import FILE" in remedy and remedy.endswith("then see what holds: winrm policy")


def test_a_stored_policy_of_the_domain_that_cannot_be_read(scene):
    """It is no file that anybody writes by hand: it is read anew, or forgotten."""
    allow(scene)
    domain_policy(scene.client_host, ("WinRM\\Client", "AllowBasic", 0))
    path = scene.client_host.root / "var" / "lib" / "winrm-policy" / "domain.json"
    path.write_text(path.read_text()[:-9])
    report = examine(scene)
    doctor.assert_broken(report, "client.settings", "domain.json", code="0x80338088")
    remedy = report.checks["client.settings"]["remedy"]
    assert "winrm policy update" in remedy and "winrm policy forget" in remedy
    scene.client_host.winrm("policy", "forget", "-force")
    doctor.assert_whole(examine(scene))


@pytest.mark.parametrize("is_named", [True, False])
def test_a_policy_of_the_domain_that_means_nothing(scene, is_named):
    """There is nothing here to repair, and the service's own examination says the same."""
    allow(scene)
    domain_policy(scene.client_host, ("WinRM\\Client", "AllowBasic", "yes"))
    if not is_named:
        path = scene.client_host.root / "var" / "lib" / "winrm-policy" / "domain.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "Format": 3, "Unusable": "the policy object X cannot be used", "Objects": []}))
    report = examine(scene)
    doctor.assert_broken(report, "client.settings", OBJECT if is_named else "the policy object X cannot be used", code="0x80338088")
    remedy = report.checks["client.settings"]["remedy"]
    assert remedy.startswith("have it corrected on the domain, then as root: winrm policy update ") and "repair" not in remedy
    own = doctor.Report(scene.client_host.run("winrm", "doctor", "-format:json"))
    assert own.checks["service.policy"]["remedy"] == remedy
    assert remedy.endswith("winrm policy forget")
    scene.client_host.winrm("policy", "forget", "-force")
    doctor.assert_whole(examine(scene))


# The way


def test_name_does_not_resolve(scene):
    scene.delegate(scene.client_host, "*")
    report = examine(scene, target="http://no-such-host.invalid:5985")
    doctor.assert_broken(report, "network.name", "no-such-host.invalid", code="0x803381B9")
    assert report.state("network.port") == "unknown"
    assert_untouched(report)


def test_a_name_without_address_and_without_policy(scene):
    """Both are told; the headline is the first of the chain, and names the other."""
    enable_flag(scene)
    words = scene.switches(scene.client_host, "http://no-such-host.invalid:5985")
    report = doctor.Report(scene.client_host.run("winrm", "doctor", *words, "-format:json"))
    assert report.failed == ["client.delegation", "network.name"]
    last = scene.client_host.run("winrm", "doctor", *words).out.splitlines()[-1]
    assert last.startswith("The first broken link is client.delegation: ") and "Broken as well: network.name (" in last


def test_port_is_closed(scene):
    allow(scene)
    port = hosts.free_port(scene.target.address)
    report = examine(scene, target="http://%s:%d" % (scene.target.address, port))
    doctor.assert_broken(report, "network.port", "nothing listens", code="0x80338012")
    assert_untouched(report)


def test_packets_are_dropped(scene):
    allow(scene)
    with hosts.silent_port(scene.target.address) as place:
        report = examine(scene, target="http://%s:%d" % place)
    doctor.assert_broken(report, "network.port", "did not answer", code="0x80338126")
    assert "firewall" in report.checks["network.port"]["remedy"]
    assert_untouched(report)


def assert_asks_for_the_port(report, where):
    """What listens there may be anything: that is asked before a word about how busy a service of ours would be."""
    remedy = report.checks["server.service"]["remedy"]
    question = r"(check the port: a WinRM service listens|is this the port of a WinRM service\? They listen) on 5985 \(HTTP\) or 5986"
    assert re.match(question, remedy), remedy
    assert "too many connections" not in report.evidence("server.service"), where
    before, _, after = remedy.partition("too many connections")
    assert not after or "If this is one, " in before, remedy
    assert report.state("network.port") == "pass"
    assert_untouched(report)


def test_something_accepts_and_never_answers(scene):
    allow(scene)
    with socket.create_server((scene.target.address, 0)) as listener:
        report = examine(scene, target="http://%s:%d" % listener.getsockname())
    doctor.assert_broken(report, "server.service", "took the connection, and did not answer in time", code="0x80338126")
    named = re.search(r"this client waits ([0-9.]+) seconds", report.evidence("server.service"))
    assert named, report
    assert float(named[1]) <= report.done.seconds < float(named[1]) + 10, "as long as it says"
    assert_asks_for_the_port(report, "silence")


@contextlib.contextmanager
def talker(address, answer, waits):
    """Something that takes connections, says `answer` and closes them: at once, or when the request has come."""
    with socket.create_server((address, 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    if waits:
                        connection.recv(65536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield "http://%s:%d" % listener.getsockname()
        finally:
            listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("waits", [True, False], ids=["asked", "at-once"])
@pytest.mark.parametrize(
    "answer, text",
    [
        (b"", "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "does not answer in HTTP"),
        (b"220 mail.example ESMTP\r\n", "does not answer in HTTP"),
        (b"\x00\x01\x02\xff" * 8, "does not answer in HTTP"),
    ],
    ids=["nothing", "ssh", "smtp", "bytes"],
)
def test_something_else_listens(scene, answer, text, waits):
    allow(scene)
    with talker(scene.target.address, answer, waits) as endpoint:
        report = examine(scene, target=endpoint)
        doctor.assert_broken(report, "server.service", text)
        assert_asks_for_the_port(report, answer)
        done = scene.client_host.run("winrm", "id", *scene.switches(scene.client_host, endpoint))
    assert done.returncode == 1 and text in done.err and "5985 (HTTP) or 5986 (HTTPS)" in done.err


def test_an_answer_without_end_is_of_something_else(scene):
    allow(scene)
    with talker(scene.target.address, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"a" * 9999999, True) as endpoint:
        report = examine(scene, target=endpoint)
    doctor.assert_broken(report, "server.service", "larger than this client accepts")
    assert_asks_for_the_port(report, "size")


@pytest.mark.parametrize("offers, others", [(['Basic realm="WSMAN"'], False), (["Negotiate", 'Basic realm="WSMAN"'], True), ([], False)])
def test_no_method_is_advised_that_the_server_does_not_offer(scene, offers, others):
    scene.delegate(scene.client_host, "*")
    with web_server(401, [("WWW-Authenticate", offer) for offer in offers]) as endpoint:
        report = examine(scene, target=endpoint)
        done = scene.client_host.run("winrm", "id", *scene.switches(scene.client_host, endpoint))
    name = "server.schemes" if offers else "server.service"
    doctor.assert_broken(report, name)
    remedy = report.checks[name]["remedy"]
    if offers:
        assert remedy.startswith("on the server: winrm credssp enable -role:server"), remedy
    assert ("-authentication:Negotiate" in remedy) == others, remedy
    assert done.returncode == 1 and ("-a:Negotiate" in done.err) == others, done.err


@pytest.mark.parametrize("status", [200, 404])
def test_not_winrm(scene, status):
    with web_server(status) as endpoint:
        scene.delegate(scene.client_host, "*")
        report = examine(scene, target=endpoint)
    doctor.assert_broken(report, "server.service", "HTTP %d" % status)
    assert_untouched(report)


def test_a_clock_that_is_apart_is_not_blamed_where_kerberos_has_no_part(scene):
    """The server is named by an address, so that NTLM is all there is."""
    allow(scene)
    with shifted(scene.target, -3660) as endpoint:
        for method in ("CredSSP", "Negotiate"):
            report = examine(scene, target=endpoint, method=method)
            doctor.assert_whole(report)
            assert "61 minutes behind" in report.evidence("server.clock") and "Kerberos has no part" in report.evidence("server.clock")
        report = examine(scene, target=endpoint, password=hosts.new_password())
    doctor.assert_broken(report, "server.logon", "did not accept the user name and the password")
    assert report.state("server.clock") == "pass"


@contextlib.contextmanager
def shifted(service, seconds):
    """The service, as it would be with another clock."""

    def change(head):
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + seconds)).encode()
        return re.sub(rb"(?im)^date: [^\r]*", b"Date: " + date, head)

    with Wire((service.address, service.port), service.address, change=change) as wire:
        yield "http://%s:%d" % (wire.address, wire.port)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_of_another_protocol(scene, scheme):
    allow(scene)
    with speaking(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n") as port:
        report = examine(scene, target="%s://127.0.0.2:%d" % (scheme, port))
    name = "server.service" if scheme == "http" else "network.tls"
    doctor.assert_broken(report, name, "does not answer in %s, but in SSH" % ("HTTP" if scheme == "http" else "TLS"), "OpenSSH_9.2p1")
    assert "port" in report.checks[name]["remedy"]
    assert_untouched(report)


@contextlib.contextmanager
def speaking(banner):
    """A server that speaks first."""
    with socket.create_server(("127.0.0.2", 0)) as listener:

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                connection.sendall(banner)
                connection.recv(1)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


# TLS


def https(lab, pki):
    """A service with an HTTPS listener that proves its address, and a client that may delegate to it."""
    made = lab.service("S", start=False)
    good = pki.server("https-good", made.address)
    made.winrm("certificate", "import", good.chain, "-key:%s" % good.key)
    port = hosts.free_port(made.address)
    values = 'Port="%d";Hostname="%s";CertificateThumbprint="%s"' % (port, made.address, good.thumbprint)
    made.winrm("create", "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % made.address, "@{%s}" % values)
    made.start()
    lab.target, lab.client_host = made, lab.client()
    allow(lab)
    return "https://%s:%d" % (made.address, port)


def served_by_openssl(pki, certificate):
    """An HTTPS server with any certificate at all: a service of ours would not use a bad one."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    listener = socket.create_server(("127.0.0.8", 0))
    listener.settimeout(30)

    def serve():
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            with contextlib.suppress(OSError):
                connection.settimeout(5)
                context.wrap_socket(connection, server_side=True).recv(1)

    threading.Thread(target=serve, daemon=True).start()
    return listener, "https://127.0.0.8:%d" % listener.getsockname()[1]


@pytest.mark.parametrize(
    "flaw,text", [("untrusted", "no trusted certificate"), ("wrong name", "not for the host"), ("expired", "expired")]
)
def test_certificate_of_https(own_lab, pki, tmp_path, flaw, text):
    own_lab.client_host = own_lab.client()
    own_lab.delegate(own_lab.client_host, "*")
    issuer = authority.Authority(tmp_path / "other", "other") if flaw == "untrusted" else pki
    made = issuer.server(
        "https-" + flaw.replace(" ", "-"), "127.0.0.7" if flaw == "wrong name" else "127.0.0.8", days=0 if flaw == "expired" else 30
    )
    if flaw == "expired":
        time.sleep(1.5)
    listener, endpoint = served_by_openssl(issuer, made)
    with listener:
        report = examine(own_lab, target=endpoint, extra={"SSL_CERT_FILE": str(pki.roots)})
    doctor.assert_broken(report, "network.certificate", text, made.sha256)
    assert report.state("network.port") == report.state("network.tls") == "pass"
    assert_untouched(report)


def test_https_to_a_port_without_tls(scene):
    allow(scene)
    report = examine(scene, target=scene.endpoint.replace("http:", "https:"))
    doctor.assert_broken(report, "network.tls", code="0x803381BA")
    assert report.state("network.certificate") == "unknown"
    assert_untouched(report)


def test_https_passes_with_a_good_certificate(own_lab, pki):
    report = examine(own_lab, target=https(own_lab, pki), extra={"SSL_CERT_FILE": str(pki.roots)})
    doctor.assert_whole(report)
    assert own_lab.target.address in report.evidence("network.certificate")


# The service


def test_service_credssp_off(own_lab):
    own_lab.target, own_lab.client_host = own_lab.service("A", credssp=False), own_lab.client()
    allow(own_lab)
    report = examine(own_lab, target=own_lab.target.endpoint)
    doctor.assert_broken(report, "server.schemes", "and not CredSSP", "Negotiate")
    assert "winrm credssp enable -role:server" in report.checks["server.schemes"]["remedy"]
    assert_untouched(report)


def test_server_proven_by_ntlm_alone(scene):
    scene.delegate(scene.client_host, scene.target, ntlm_only=False)
    report = examine(scene)
    doctor.assert_broken(report, "server.proof", "nothing but NTLM", code="0x803381A4")
    assert report.state("server.credssp") == "pass" and report.state("server.logon") == "unknown"
    assert scene.wire.inner_application_records() == 0, "something was sent inside TLS before the policy was asked"
    assert scene.wire.carries(scene.password) == []


def test_a_pin_proves_the_server(scene, pki):
    scene.delegate(scene.client_host, scene.target, ntlm_only=False)
    good = pki.server("pinned", "pinned.example")
    scene.target.winrm("certificate", "import", good.chain, "-key:%s" % good.key)
    scene.target.winrm("set", "winrm/config/service", "@{CertificateThumbprint=%s}" % good.thumbprint)
    scene.target.stop()
    scene.target.start()
    scene.client_host.winrm("credssp", "pin", "-remote:" + scene.target.address, "-sha256:" + good.sha256, "-force")
    report = examine(scene)
    doctor.assert_whole(report)
    assert "SHA-256 pin" in report.evidence("server.proof")


def test_another_certificate_than_the_pinned_one(scene):
    """It may be an impostor's: both hashes are told, and nothing is advised that would let him have the password."""
    scene.delegate(scene.client_host, scene.target, ntlm_only=False)
    scene.client_host.winrm("credssp", "pin", "-remote:" + scene.target.address, "-sha256:" + 32 * "11", "-force")
    report = examine(scene)
    doctor.assert_broken(report, "server.proof", "pinned is SHA-256 " + 32 * "11" + ", the server shows ", code="0x803381A4")
    remedy = report.checks["server.proof"]["remedy"]
    assert remedy.startswith("do not go on before you know why") and "-ntlmonly" not in remedy, remedy
    assert scene.wire.carries(scene.password) == []


def test_an_old_version_of_credssp(own_lab, monkeypatch):
    from spnego import _credssp

    own_lab.client_host = own_lab.client()
    with acceptor.CredSSPAcceptor({"%s\\%s" % ("HOST", own_lab.user): own_lab.password}) as service:
        own_lab.delegate(own_lab.client_host, "*")
        service.minimum_version = 2
        monkeypatch.setattr(_credssp, "_CREDSSP_VERSION", 2)
        report = examine(own_lab, target=service.url, user="HOST\\" + own_lab.user)
    doctor.assert_broken(report, "server.credssp", "version")
    assert service.record.credentials == []


def test_wrong_password(scene):
    allow(scene)
    report = examine(scene, password=hosts.new_password())
    doctor.assert_broken(report, "server.logon", "did not accept the user name and the password")
    assert report.state("server.mechanism") == "pass" and report.state("server.shell") == "unknown"


def test_disabled_account(scene):
    allow(scene)
    scene.target.winrm("account", "disable", scene.user)
    doctor.assert_broken(examine(scene), "server.logon")


def test_account_is_not_allowed(own_lab):
    own_lab.target, own_lab.client_host = own_lab.service("A", allowed=False), own_lab.client()
    allow(own_lab)
    report = examine(own_lab, target=own_lab.target.endpoint)
    doctor.assert_broken(report, "server.shell", "Access is denied", code="0x5")
    assert report.state("server.logon") == "pass"


def test_shells_are_disabled(scene):
    allow(scene)
    scene.target.winrm("set", "winrm/config/winrs", '@{AllowRemoteShellAccess="false"}')
    scene.target.stop()
    scene.target.start()
    doctor.assert_broken(examine(scene), "server.shell", code="0x803381AC")


def test_the_certificate_of_credssp_is_gone(scene, pki):
    allow(scene)
    good = pki.server("gone", "127.0.0.2")
    scene.target.winrm("certificate", "import", good.chain, "-key:%s" % good.key)
    scene.target.winrm("set", "winrm/config/service", "@{CertificateThumbprint=%s}" % good.thumbprint)
    authority.stored_files(scene.target)[good.thumbprint + ".key"].unlink()
    scene.target.stop()
    scene.target.start()
    report = examine(scene)
    doctor.assert_broken(report, "server.credssp", "would not begin it", "HTTP 500")
    assert "CertificateThumbprint" in report.checks["server.credssp"]["remedy"]
    scene.target.winrm("set", "winrm/config/service", '@{CertificateThumbprint=""}')
    doctor.assert_whole(examine(scene))


# The second hop


@pytest.fixture(scope="module")
def chain():
    """client -> A -> B, where A may go on to B."""
    from winrmtest.lab import Lab

    made = Lab()
    try:
        made.a, made.b = made.service("A"), made.service("B")
        made.client_host = made.client()
        made.delegate(made.client_host, made.a)
        made.trust(made.client_host, made.a)
        made.trust(made.a, made.b)
        yield made
    finally:
        made.close()


def second(lab, target, **options):
    return doctor.run(lab, lab.client_host, lab.a, "-secondhop:" + target, **options)


def test_second_hop_is_not_there(chain):
    report = second(chain, "%s:%d" % (chain.b.address, hosts.free_port(chain.b.address)))
    doctor.assert_broken(report, "secondhop.port", "refused")
    assert report.state("secondhop.access") == "unknown" and report.state("secondhop.credentials") == "pass"


def test_second_hop_has_no_address(chain):
    report = second(chain, "no-such-host.invalid")
    doctor.assert_broken(report, "secondhop.name", "no-such-host.invalid")
    assert report.state("secondhop.port") == report.state("secondhop.access") == "unknown"


def test_second_hop_without_delegation(chain):
    report = second(chain, "%s:%d" % (chain.b.address, chain.b.port), method="Negotiate")
    doctor.assert_broken(report, "secondhop.credentials", "Negotiate", code="0x8009030E")
    assert "CredSSP" in report.checks["secondhop.credentials"]["remedy"]
    assert report.state("secondhop.port") == "pass"


@pytest.mark.parametrize("text", ["host;reboot", "host$(id)", "host'", "-x", "http://", "//host/a b", "host:99999", "[fe80::1%eth0]", ""])
def test_a_second_hop_that_a_shell_would_read_is_refused(scene, text):
    allow(scene)
    words = scene.switches(scene.client_host, scene.endpoint)
    done = scene.client_host.run("winrm", "doctor", *words, "-secondhop:" + text)
    assert done.returncode != 0 and "secondhop" in done.err
    assert scene.wire.connections == 0


# The page


def test_report_is_written_whole_and_for_its_owner(scene):
    path = scene.client_host.root / "chain.html"
    os.umask(0o022)
    report = examine(scene, "-report:%s" % path)
    assert report.failed and path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")
    assert scene.password not in text
    assert sorted(p.name for p in scene.client_host.root.iterdir() if "chain" in p.name) == ["chain.html"]


def test_a_report_that_cannot_be_written_is_found_before_the_walk(scene):
    allow(scene)
    words = scene.switches(scene.client_host, scene.endpoint)
    taken = scene.client_host.root / "taken.html"
    taken.mkdir()
    for path in ("/no/such/directory/chain.html", str(taken), "/proc/chain.html"):
        done = scene.client_host.run("winrm", "doctor", *words, "-report:" + path)
        assert done.returncode == 1 and "cannot be written" in done.err and done.out == "", done.err
    assert scene.wire.connections == 0


def test_a_report_that_cannot_be_written_in_the_end_loses_no_diagnosis(scene):
    """The place is gone while the doctor walks."""
    allow(scene)
    directory = scene.client_host.root / "reports"
    directory.mkdir()
    words = scene.switches(scene.client_host, scene.endpoint)
    with socket.create_server((scene.target.address, 0)) as listener:
        target = "http://%s:%d" % listener.getsockname()
        words[0] = "-r:" + target
        process = scene.client_host.popen(
            "winrm", "doctor", *words, "-report:%s" % (directory / "chain.html"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        listener.settimeout(20)
        connection, _ = listener.accept()
        with connection:
            assert list(directory.iterdir()) == [], "nothing is left behind by the check"
            directory.rmdir()
            out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"The broken link is server.service: " in out and b"cannot be written" in err


# Switches


def test_the_methods_that_the_doctor_takes_are_listed(scene):
    for method in ("bogus", "none", "digest"):
        done = scene.client_host.run("winrm", "doctor", "-r:" + scene.endpoint, "-a:" + method)
        assert done.returncode == 1
        assert 'Invalid option for -authentication: "%s". It is basic, negotiate, kerberos, certificate or credssp.' % method in done.err
    assert scene.wire.connections == 0


@pytest.mark.parametrize("program, words", [("winrm", ["doctor"]), ("winrm", ["identify"]), ("winrm", ["get", "winrm/config"]), ("winrs", [])])
def test_a_password_in_the_endpoint_is_not_repeated(own_lab, program, words):
    secret = hosts.new_password()
    client = own_lab.client()
    for endpoint in ("alice:%s@127.0.0.1" % secret, "https://alice:%s@127.0.0.1:5986/wsman" % secret):
        done = client.run(program, *words, "-r:" + endpoint, *([] if program == "winrm" else ["hostname"]))
        assert done.returncode != 0 and "...@127.0.0.1" in done.err and secret not in done.out + done.err, done.err
    done = client.run("winrm", "credssp", "pin", "-remote:alice:%s@127.0.0.1" % secret, "-sha256:" + 64 * "0", "-force")
    assert done.returncode != 0 and secret not in done.out + done.err


# Proxies


def proxied(proxy, pki=None, **more):
    named = {"https_proxy": proxy, "http_proxy": proxy, **more}
    return {"extra": {**named, **({"SSL_CERT_FILE": str(pki.roots)} if pki else {})}}


def test_credssp_and_kerberos_do_not_go_through_a_proxy(own_lab):
    """0x803381B3 and 0x803381B2; the proxy, and the server, hear nothing of it."""
    own_lab.client_host = own_lab.client()
    own_lab.delegate(own_lab.client_host, "*")
    with plain.Proxy() as proxy, Wire(proxy.server.server_address[:2], "127.0.0.3") as wire:
        through = proxied("http://%s:%d" % (wire.address, wire.port))
        for method, code in (("CredSSP", "0x803381B3"), ("Kerberos", "0x803381B2")):
            for target in ("https://hop.example.com:5986", "http://hop.example.com:5985"):
                report = examine(own_lab, "-proxyaccess:ie_settings", target=target, method=method, **through)
                doctor.assert_broken(report, "client.proxy", "does not go through a proxy", code=code)
                assert_untouched(report)
        report = examine(own_lab, "-pac:ie_settings", target="http://127.0.0.1:1", method="Negotiate", **through)
        doctor.assert_broken(report, "client.trustedhosts", code="0x803380E4")
        own_lab.trust(own_lab.client_host, "127.0.0.1")
        asking = ["-pac:ie_settings", "-pa:basic", "-pu:u", "-pp:p"]
        report = examine(own_lab, *asking, target="http://127.0.0.1:1", method="Negotiate", **through)
        doctor.assert_broken(report, "client.proxy", "names %s:%d for 127.0.0.1" % (wire.address, wire.port), code="0x803381B1")
        assert wire.connections == 0 and not proxy.lines


def test_a_chain_through_a_proxy(own_lab, pki):
    target = https(own_lab, pki)
    with plain.Proxy() as proxy:
        report = examine(own_lab, "-pac:ie_settings", target=target, method="Negotiate", **proxied(proxy.url, pki))
        doctor.assert_whole(report)
        assert proxy.url[7:] in report.evidence("client.proxy") and "tunnel" in report.evidence("network.proxy")
        assert proxy.lines and all(line.startswith("CONNECT " + target[8:] + " ") for line in proxy.lines)
        assert own_lab.password.encode() not in proxy.passed
        del proxy.lines[:]
        excepted = proxied(proxy.url, pki, no_proxy="127.0.0.2")
        report = examine(own_lab, "-pac:ie_settings", target=target, method="Negotiate", **excepted)
        doctor.assert_whole(report)
        assert "reached directly" in report.evidence("client.proxy") and not proxy.lines


def test_the_password_of_a_proxy_stays_here_where_the_real_command_keeps_it(own_lab, pki):
    """Without a ticket winrs ends before it goes to the proxy, and so does the doctor; with something to log on with both go."""
    own_lab.client_host = client = own_lab.client()
    with plain.Proxy("somebody", "secret") as proxy:
        through = proxied(proxy.url, pki)
        words = ["-pac:ie_settings", "-pa:basic", "-pu:somebody", "-pp:secret"]
        for target in ("https://server.invalid", "https://127.0.0.2:1"):
            done = client.run("winrm", "identify", "-remote:" + target, "-authentication:Negotiate", *words, **through)
            assert done.returncode != 0 and not proxy.lines, (done.out, done.err)
            report = doctor.Report(
                client.run("winrm", "doctor", "-remote:" + target, "-authentication:Negotiate", "-format:json", *words, **through)
            )
            doctor.assert_broken(report, "client.credential")
            assert "the real command sends nothing" in report.evidence("network.proxy") and not proxy.lines, proxy.lines
        report = examine(own_lab, *words, target="https://127.0.0.2:1", method="Negotiate", **through)
        doctor.assert_broken(report, "network.proxy", "cannot reach")
        assert proxy.lines and all(head["Proxy-Authorization"] == proxy.wants for head in proxy.heads)


def test_a_chain_of_http_through_a_proxy(scene):
    """The requests go to the proxy whole; nothing unencrypted goes there, and so nobody asks what the service is."""
    allow(scene)
    with plain.Proxy() as proxy:
        report = examine(scene, "-pac:ie_settings", method="Negotiate", **proxied(proxy.url))
        doctor.assert_whole(report)
        assert "does not say what it is" in report.evidence("server.service")
        assert proxy.lines and all(line.startswith("POST %s/wsman " % scene.endpoint) for line in proxy.lines)
        assert b"Identify" not in proxy.passed and b"CommandLine" not in proxy.passed


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_broken_proxies(own_lab, pki, scheme):
    own_lab.client_host = own_lab.client()
    own_lab.trust(own_lab.client_host, "127.0.0.1")
    target = scheme + "://127.0.0.1:%d" % hosts.free_port("127.0.0.1")

    def through(url, *more):
        report = examine(own_lab, "-pac:ie_settings", *more, target=target, method="Negotiate", **proxied(url, pki))
        assert_untouched(report)
        return report

    closed = "127.0.0.1:%d" % hosts.free_port("127.0.0.1")
    doctor.assert_broken(through("http://" + closed), "network.proxy", "nothing listens at the proxy " + closed, code="0x80338012")
    doctor.assert_broken(through("http://no-such-proxy.invalid:1"), "network.name", "the proxy no-such-proxy.invalid", code="0x803381B9")
    doctor.assert_broken(through("socks5://127.0.0.1:1"), "client.proxy", scheme + "_proxy", code="0x8033819C")
    with plain.Proxy("somebody", "secret") as proxy:
        report = through(proxy.url)
        code = "0x8033819B" if scheme == "https" else "0x5"
        doctor.assert_broken(report, "network.proxy", "wants to know who asks", "HTTP 407", code=code)
        if scheme == "https":
            report = through(proxy.url, "-pa:basic", "-pu:somebody", "-pp:wrong")
            doctor.assert_broken(report, "network.proxy", "did not accept the user name and the password for it")
            report = through(proxy.url, "-pa:basic", "-pu:somebody", "-pp:secret")
            doctor.assert_broken(report, "network.proxy", "cannot reach 127.0.0.1")
    with speaking(b"SSH-2.0-OpenSSH_9.2p1\r\n") as port:
        report = through("http://127.0.0.2:%d" % port)
        if scheme == "https":
            doctor.assert_broken(report, "network.proxy", "does not answer as an HTTP proxy does")
        else:
            doctor.assert_broken(report, "server.service", "but in SSH")


# Basic and certificates


def identity_of(pki):
    return pki.server("independent", "127.0.0.1", "localhost")


def basic_switches(lab, endpoint, password="right"):
    secret = lab.client_host.root / "basic"
    secret.touch(mode=0o600)
    secret.write_text(password)
    return ["-r:" + endpoint, "-a:Basic", "-u:alice", "-p:@%s" % secret, "-format:json"]


def basic_chain(lab, pki, endpoint, *more, **options):
    words = basic_switches(lab, endpoint, **options)
    return doctor.Report(lab.client_host.run("winrm", "doctor", *words, *more, extra={"SSL_CERT_FILE": str(pki.roots)}))


def test_basic_link_by_link(own_lab, pki):
    client = own_lab.client_host = own_lab.client()
    with plain.PlainService(plain.basic("alice", "right"), identity=identity_of(pki)) as service:
        report = basic_chain(own_lab, pki, service.endpoint)
        doctor.assert_broken(report, "client.flag", "Basic = false", code="0x803380DF")
        assert not service.seen
        client.winrm("set", "winrm/config/client/auth", "@{Basic=true}")
        report = doctor.Report(client.run("winrm", "doctor", "-r:" + service.endpoint, "-a:Basic", "-format:json"))
        doctor.assert_broken(report, "client.credential", code="0x803380B0")
        assert not service.seen
        report = basic_chain(own_lab, pki, service.endpoint)
        doctor.assert_whole(report)
        assert report.evidence("server.mechanism") == "Basic" and "alice" in report.evidence("server.logon")
        assert [request.authorization for request in service.seen[:2]] == [None, None], "it is asked what it offers first"
        report = basic_chain(own_lab, pki, service.endpoint, password="wrong")
        doctor.assert_broken(report, "server.logon", code="0x52E")
        assert report.evidence("server.proof") == "by the certificate of the HTTPS listener"
    with plain.PlainService("nobody", identity=identity_of(pki), offers=("Negotiate",)) as service:
        report = basic_chain(own_lab, pki, service.endpoint)
        doctor.assert_broken(report, "server.schemes", "and not Basic")
        assert all(request.authorization is None for request in service.seen)


def test_basic_over_http_needs_three_consents(own_lab, pki):
    """All of them are told in one run, by the doctor and by the real command; each that is given is told no more."""
    client = own_lab.client_host = own_lab.client()
    with plain.PlainService(plain.basic("alice", "right")) as service:
        report = basic_chain(own_lab, pki, service.endpoint)
        assert report.failed == ["client.flag", "client.trustedhosts", "client.unencrypted"], report
        assert [report.checks[name]["code"] for name in report.failed] == ["0x803380DF", "0x803380E4", "0x803380DE"]
        assert "give -unencrypted" in report.checks["client.unencrypted"]["remedy"]
        assert "AllowUnencrypted" in report.checks["client.unencrypted"]["remedy"]
        words = [word for word in basic_switches(own_lab, service.endpoint) if word != "-format:json"]
        for done in (client.run("winrm", "id", *words), client.run("winrs", *words, "hostname")):
            assert done.returncode != 0 and "0x803380DF" in done.err
            for text in ('Basic="true"', "give -unencrypted", 'AllowUnencrypted="true"', 'TrustedHosts="127.0.0.1"'):
                assert text in done.err, done.err
        client.winrm("set", "winrm/config/client/auth", "@{Basic=true}")
        report = basic_chain(own_lab, pki, service.endpoint, "-unencrypted")
        assert report.failed == ["client.trustedhosts", "client.unencrypted"] and "switched off" in report.evidence("client.unencrypted")
        client.winrm("set", "winrm/config/client", "@{AllowUnencrypted=true}")
        doctor.assert_broken(basic_chain(own_lab, pki, service.endpoint, "-un"), "client.trustedhosts", code="0x803380E4")
        own_lab.trust(client, "127.0.0.1")
        doctor.assert_broken(basic_chain(own_lab, pki, service.endpoint), "client.unencrypted", "-unencrypted", code="0x803380DE")
        assert not service.seen
        report = basic_chain(own_lab, pki, service.endpoint, "-un")
        doctor.assert_whole(report)
        assert "TrustedHosts" in report.evidence("server.proof")


def test_certificates_link_by_link(own_lab, pki, tmp_path):
    client = own_lab.client_host = own_lab.client()
    roots = {"SSL_CERT_FILE": str(pki.roots)}
    user = pki.server("doctor-client", use="clientAuth")

    def walk(service, *words):
        return doctor.Report(client.run("winrm", "doctor", "-r:" + service.endpoint, *words, "-format:json", extra=roots))

    with plain.PlainService(plain.MUTUAL, identity=identity_of(pki), clients=pki.roots) as service:
        doctor.assert_broken(walk(service, "-a:Certificate"), "client.credential", "needs a certificate", code="0x803380B4")
        named = "-certificate:" + user.thumbprint
        doctor.assert_broken(walk(service, named), "client.credential", "there is no certificate", code="0x80338082")
        client.winrm("certificate", "import", user.chain, "-key:%s" % user.key, "-user")
        client.winrm("set", "winrm/config/client/auth", "@{Certificate=false}")
        doctor.assert_broken(walk(service, named), "client.flag", "Certificate = false", code="0x803380E3")
        client.winrm("set", "winrm/config/client/auth", "@{Certificate=true}")
        assert not service.seen and not service.certificates
        report = walk(service, named)
        doctor.assert_whole(report)
        assert report.document["authentication"] == "Certificate" and user.thumbprint in report.evidence("server.logon")
        assert "server.schemes" not in report.checks
    stranger = authority.Authority(tmp_path / "stranger", "stranger").server("stranger", "other.example.com")
    with plain.PlainService(plain.MUTUAL, identity=identity_of(pki), clients=stranger.chain) as service:
        doctor.assert_broken(walk(service, named), "network.tls", user.thumbprint, code="0x803381BA")
    with plain.PlainService("nobody", identity=identity_of(pki), clients=pki.roots) as service:
        doctor.assert_broken(walk(service, named), "server.logon", "to no account", code="0x5")


def test_certificate_and_basic_at_a_service_of_ours(own_lab, pki):
    target = https(own_lab, pki)
    client, service = own_lab.client_host, own_lab.target
    extra = {"SSL_CERT_FILE": str(pki.roots)}
    client.winrm("set", "winrm/config/client/auth", "@{Basic=true}")
    doctor.assert_broken(examine(own_lab, target=target, method="Basic", extra=extra), "server.schemes", "and not Basic")
    service.winrm("set", "winrm/config/service/auth", "@{Basic=true}")
    doctor.assert_whole(examine(own_lab, target=target, method="Basic", extra=extra))
    doctor.assert_broken(
        examine(own_lab, target=target, method="Basic", extra=extra, password=hosts.new_password()), "server.logon", code="0x52E"
    )
