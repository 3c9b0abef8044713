"""Broken set-ups, one after the other: the doctor names the broken link, blames no other, and uses no credentials once it knows."""

import contextlib
import http.server
import json
import os
import socket
import threading
import time

import pytest
from winrmtest import acceptor, authority, doctor, hosts
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
    assert "  pass     The port answers: " in done.out
    assert "  unknown  The server accepts the user: not tried" in done.out
    assert "The broken link is client.flag: " in done.out.splitlines()[-1]
    assert scene.password not in done.out


# This machine


def test_client_credssp_off(scene):
    scene.delegate(scene.client_host, scene.target)
    scene.client_host.winrm("set", "winrm/config/client/auth", '@{CredSSP="false"}')
    report = examine(scene)
    doctor.assert_broken(report, "client.flag", "CredSSP = false", code="0x803381A2")
    assert report.state("client.delegation") == "pass" and report.state("server.schemes") == "pass"
    assert_untouched(report)
    assert_no_token(scene)


def enable_flag(lab):
    lab.client_host.winrm("set", "winrm/config/client/auth", '@{CredSSP="true"}')


def test_no_delegation_policy(scene):
    enable_flag(scene)
    report = examine(scene)
    doctor.assert_broken(report, "client.delegation", "question 1", "nothing is allowed by default", code="0x803381A3")
    assert "winrm credssp enable -role:client -delegate:WSMAN/" in report.checks["client.delegation"]["remedy"]
    assert_untouched(report)
    assert_no_token(scene)


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
    doctor.assert_broken(report, "client.settings", "policy.json")
    assert_untouched(report)
    assert scene.wire.connections == 0


# The way


def test_name_does_not_resolve(scene):
    scene.delegate(scene.client_host, "*")
    report = examine(scene, target="http://no-such-host.invalid:5985")
    doctor.assert_broken(report, "network.name", "no-such-host.invalid", code="0x803381B9")
    assert report.state("network.port") == "unknown"
    assert_untouched(report)


def test_port_is_closed(scene):
    allow(scene)
    port = hosts.free_port(scene.target.address)
    report = examine(scene, target="http://%s:%d" % (scene.target.address, port))
    doctor.assert_broken(report, "network.port", "nothing listens", code="0x80338012")
    assert_untouched(report)


def test_packets_are_dropped(scene):
    """A listener whose queue is full: the kernel drops what asks for a connection, as a firewall does."""
    allow(scene)
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind((scene.target.address, 0))
        listener.listen(0)
        for _ in range(4):
            knock = waiting.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(listener.getsockname())
        time.sleep(0.2)
        report = examine(scene, target="http://%s:%d" % listener.getsockname())
    doctor.assert_broken(report, "network.port", "did not answer", code="0x80338126")
    assert "firewall" in report.checks["network.port"]["remedy"]
    assert_untouched(report)


def test_something_accepts_and_never_answers(scene):
    allow(scene)
    with socket.create_server((scene.target.address, 0)) as listener:
        report = examine(scene, target="http://%s:%d" % listener.getsockname())
    doctor.assert_broken(report, "server.service", "did not answer")
    assert report.state("network.port") == "pass"
    assert_untouched(report)


@pytest.mark.parametrize("status", [200, 404])
def test_not_winrm(scene, status):
    with web_server(status) as endpoint:
        scene.delegate(scene.client_host, "*")
        report = examine(scene, target=endpoint)
    doctor.assert_broken(report, "server.service", "HTTP %d" % status)
    assert_untouched(report)


def test_the_clocks_are_apart(scene):
    # The challenge of a real service, an hour ago.
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 3660))
    schemes = [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "CredSSP")]
    with web_server(401, [("Date", date), *schemes]) as endpoint:
        scene.delegate(scene.client_host, "*")
        report = examine(scene, target=endpoint)
    doctor.assert_broken(report, "server.clock", "61 minutes behind", code="0x80090324")
    assert_untouched(report)


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
    assert len(report.failed) == 1 and report.failed[0] in ("server.schemes", "server.logon"), report


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
    words = scene.switches(scene.client_host, scene.endpoint)
    done = scene.client_host.run("winrm", "doctor", *words, "-report:/no/such/directory/chain.html")
    assert done.returncode == 1 and "cannot be written" in done.err
