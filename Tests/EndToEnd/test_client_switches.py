"""The switches of a connection: each does what it says against servers that are not ours, and against ours."""

import pathlib
import signal
import stat
import subprocess
import time

import pytest
from winrmtest import authority, hosts, plain, processes

USER = "alice"
PASSWORD = hosts.new_password("canary-")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("switches-pki"))


@pytest.fixture(scope="module")
def identity(pki):
    return pki.server("server", "127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def stranger(pki):
    """Good in itself, from an authority that nobody knows, and for another name."""
    return authority.Authority(pki.directory / "elsewhere", "stranger").server("stranger", "other.example.com")


@pytest.fixture
def host(own_lab):
    return own_lab.client("switches")


def secret(host, password=PASSWORD, name="password"):
    path = host.root / name
    path.touch(mode=0o600)
    path.write_text(password)
    return "@%s" % path


def trusting(pki, **more):
    return {"extra": {"SSL_CERT_FILE": str(pki.roots), **more}}


def identify(host, endpoint, *switches, **options):
    return host.winrm("identify", "-r:" + endpoint, *switches, check=False, **options)


def succeeded(done, text="Independent"):
    assert done.returncode == 0 and text in done.out, done.err
    return done


def failed(done, code, *parts):
    assert done.returncode == 1 and code in done.err, done.err + done.out
    for part in parts:
        assert part in done.err, done.err
    assert PASSWORD not in done.err + done.out
    return done


def credentials(host, user=USER, password=PASSWORD):
    return ["-a:basic", "-u:" + user, "-p:" + secret(host, password)]


def allow(host, *values):
    host.winrm("set", "winrm/config/client/auth", "@{%s}" % ";".join(values))


# Basic


def test_basic_over_https(host, pki, identity):
    with plain.PlainService(plain.basic(USER, PASSWORD), identity=identity) as service:
        failed(identify(host, service.endpoint, *credentials(host), **trusting(pki)), "0x803380DF", "Basic")
        assert not service.seen, "the setting is off, and nothing goes out"
        allow(host, "Basic=true")
        succeeded(identify(host, service.endpoint, *credentials(host), **trusting(pki)))
        assert [request.authorization for request in service.seen] == [None, plain.basic(USER, PASSWORD)]
        done = host.run("winrs", "-r:" + service.endpoint, *credentials(host), "-v", "anything", **trusting(pki))
        assert done.returncode == 0 and done.out == "hello from the acceptor\n", done.err
        assert "by Basic" in done.err
        del service.seen[:]
        failed(identify(host, service.endpoint, *credentials(host)), "0x803381F0", "Stage: TLS")
        assert not service.seen, "a certificate that proves nothing gets no password"
        failed(identify(host, service.endpoint, *credentials(host, password="wrong"), **trusting(pki)), "0x8007052E", "HTTP 401")


def test_basic_over_http_needs_three_consents(host):
    with plain.PlainService(plain.basic(USER, PASSWORD)) as service:
        allow(host, "Basic=true")
        failed(identify(host, service.endpoint, *credentials(host)), "0x803380DE", "-unencrypted")
        failed(identify(host, service.endpoint, *credentials(host), "-unencrypted"), "0x803380DE", "AllowUnencrypted")
        host.winrm("set", "winrm/config/client", "@{AllowUnencrypted=true}")
        failed(identify(host, service.endpoint, *credentials(host)), "0x803380DE", "-unencrypted")
        failed(identify(host, service.endpoint, *credentials(host), "-unencrypted"), "0x803380E4", "TrustedHosts")
        assert not service.seen
        host.winrm("set", "winrm/config/client", '@{TrustedHosts="127.0.0.1"}')
        succeeded(identify(host, service.endpoint, *credentials(host), "-un"))
        done = host.run("winrs", "-r:" + service.endpoint, "-un", *credentials(host), "x")
        assert done.returncode == 0 and done.out == "hello from the acceptor\n", done.err


def test_a_server_that_does_not_offer_basic_never_sees_the_password(host, pki, identity):
    allow(host, "Basic=true")
    with plain.PlainService("nobody", identity=identity, offers=("Negotiate", "Kerberos")) as service:
        failed(identify(host, service.endpoint, *credentials(host), **trusting(pki)), "0x80070005", "Negotiate, Kerberos")
        assert all(request.authorization is None for request in service.seen)


def test_redirects_are_not_followed(host, pki, identity):
    allow(host, "Basic=true")
    with plain.PlainService(plain.basic(USER, PASSWORD), identity=identity) as other:
        answer = (307, b"", [("Location", other.endpoint + "/wsman")])
        with plain.PlainService(plain.basic(USER, PASSWORD), identity=identity, status=answer) as service:
            failed(identify(host, service.endpoint, *credentials(host), **trusting(pki)), "0x80338012", "elsewhere")
        assert not other.seen


# Certificates


def import_client(host, certificate):
    return host.winrm("certificate", "import", certificate.chain, "-key:%s" % certificate.key, "-user", check=False)


def test_client_certificate(host, pki, identity):
    user = pki.server("client-alice", use="clientAuth")
    with plain.PlainService(plain.MUTUAL, identity=identity, clients=pki.roots) as service:
        failed(identify(host, service.endpoint, "-c:" + user.thumbprint, **trusting(pki)), "0x80338082", "certificate import")
        assert import_client(host, user).returncode == 0
        store = host.root / "home" / ".config" / "winrm" / "certificates"
        key = store / (user.thumbprint + ".key")
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        listed = host.winrm("certificate", "list", "-user").out
        assert user.thumbprint in listed and "Problem" not in listed
        assert user.thumbprint not in host.winrm("certificate", "list").out, "the service has certificates of its own"
        # With blanks as other tools show it; with and without the method.
        spaced = user.fingerprint("sha1").replace(":", " ").lower()
        succeeded(identify(host, service.endpoint, "-certificate:" + spaced, **trusting(pki)))
        succeeded(identify(host, service.endpoint, "-a:certificate", "-c:" + user.thumbprint, **trusting(pki)))
        assert service.seen[-1].authorization == plain.MUTUAL
        assert (("commonName", "client-alice"),) in service.certificates[-1]["subject"]
        done = host.run("winrs", "-r:" + service.endpoint, "-c:" + user.thumbprint, "-v", "x", **trusting(pki))
        assert done.returncode == 0 and done.out == "hello from the acceptor\n" and "by certificate" in done.err, done.err
        # What cannot be meant.
        failed(identify(host, "http://127.0.0.1:%d" % service.port, "-c:" + user.thumbprint), "0x803380D8", "https")
        allow(host, "Certificate=false")
        failed(identify(host, service.endpoint, "-c:" + user.thumbprint, **trusting(pki)), "0x803380E3")
        allow(host, "Certificate=true")
        key.chmod(0o640)
        failed(identify(host, service.endpoint, "-c:" + user.thumbprint, **trusting(pki)), "0x80338005", "chmod 600")
        key.unlink()
        failed(identify(host, service.endpoint, "-c:" + user.thumbprint, **trusting(pki)), "0x80090016", "no private key")
        host.winrm("certificate", "delete", user.thumbprint, "-user")
        assert not list(store.iterdir())


def test_certificates_that_are_not_for_clients_or_not_valid(host, pki, identity):
    server = pki.server("not-client", "127.0.0.1")
    done = import_client(host, server)
    assert done.returncode == 1 and "Client Authentication" in done.err, done.err
    expired = pki.server("expired-client", use="clientAuth", days=0)
    time.sleep(1.2)
    done = import_client(host, expired)
    assert done.returncode == 1 and "has expired" in done.err, done.err
    # Laid into the store by hand, the same holds when they are used.
    store = host.root / "home" / ".config" / "winrm" / "certificates"
    store.mkdir(parents=True, mode=0o755)
    for certificate, code in ((server, "0x80338155"), (expired, "0x800B0101")):
        (store / (certificate.thumbprint + ".pem")).write_text(certificate.chain.read_text())
        key = store / (certificate.thumbprint + ".key")
        key.touch(mode=0o600)
        key.write_text(certificate.key.read_text())
        failed(identify(host, "https://127.0.0.1:1", "-c:" + certificate.thumbprint), code)
        assert "Problem" in host.winrm("certificate", "list", "-user").out


def test_a_client_certificate_that_the_server_does_not_trust(host, pki, identity, stranger):
    user = pki.server("client-bob", use="clientAuth")
    assert import_client(host, user).returncode == 0
    with plain.PlainService(plain.MUTUAL, identity=identity, clients=stranger.chain) as service:
        failed(identify(host, service.endpoint, "-c:" + user.thumbprint, **trusting(pki)), "0x803381BA", user.thumbprint, "Stage: TLS")
        assert not service.seen
    with plain.PlainService("nobody", identity=identity, clients=pki.roots) as service:
        failed(identify(host, service.endpoint, "-c:" + user.thumbprint, **trusting(pki)), "0x80070005", "no account", "certmapping")


# The proof of the server


@pytest.mark.parametrize(
    "switches, passes",
    [
        ([], False),
        (["-skipcacheck"], False),
        (["-skipcncheck"], False),
        (["-skiprevocationcheck"], False),
        (["-skipcacheck", "-skipcncheck"], True),
    ],
)
def test_skipped_checks(host, stranger, switches, passes):
    allow(host, "Basic=true")
    host.winrm("set", "winrm/config/client", '@{TrustedHosts="127.0.0.1"}')
    with plain.PlainService(plain.basic(USER, PASSWORD), identity=stranger) as service:
        done = identify(host, service.endpoint, *credentials(host), *switches)
        if passes:
            succeeded(done)
            host.winrm("set", "winrm/config/client", '@{TrustedHosts=""}')
            failed(identify(host, service.endpoint, *credentials(host), *switches), "0x803380E4")
        else:
            failed(done, "0x803381F0", "Stage: TLS")
            assert not service.seen


@pytest.mark.parametrize("switch", ["-skipcacheck", "-skipcncheck", "-skiprevocationcheck"])
def test_skipped_checks_are_for_https(host, switch):
    failed(identify(host, "http://127.0.0.1:1", "-a:negotiate", "-u:x", "-p:" + secret(host), switch), "0x803380D8")


# Settings


def client_service(**options):
    return plain.PlainService(plain.basic(USER, PASSWORD), **options)


def open_client(host):
    allow(host, "Basic=true")
    host.winrm("set", "winrm/config/client", '@{AllowUnencrypted=true;TrustedHosts="127.0.0.1"}')


def test_each_setting_of_the_client_is_used(host):
    open_client(host)
    with client_service() as service:

        def run(endpoint=service.endpoint):
            done = host.run("winrs", "-r:" + endpoint, "-un", *credentials(host), "x")
            assert done.returncode == 0, done.err
            return service.answered[-1]

        create = run()
        assert create.path == "/wsman"
        assert {request.header("OperationTimeout") for request in service.answered[:3]} == {"PT60.000S"}
        assert {request.header("MaxEnvelopeSize") for request in service.answered} == {"512000"}
        host.winrm("set", "winrm/config", "@{MaxTimeoutms=7000;MaxEnvelopeSizekb=100}")
        host.winrm("set", "winrm/config/client", '@{URLPrefix="some/where"}')
        host.winrm("set", "winrm/config/client/defaultports", "@{HTTP=%d}" % service.port)
        del service.seen[:]
        run("127.0.0.1")
        assert service.seen[0].path == "/some/where"
        assert service.answered[0].header("OperationTimeout") == "PT7.000S"
        assert service.answered[0].header("MaxEnvelopeSize") == "102400"
        del service.seen[:]
        done = host.winrm(
            "get", "winrm/config", "-r:127.0.0.1", "-un", *credentials(host), "-timeout:1234", check=False
        )  # the server does not know the answer, and what it was asked counts
        assert done.returncode == 1 and service.answered[0].header("OperationTimeout") == "PT1.234S"


def test_https_default_port(host, pki, identity):
    allow(host, "Basic=true")
    with client_service(identity=identity) as service:
        host.winrm("set", "winrm/config/client/defaultports", "@{HTTPS=%d}" % service.port)
        succeeded(identify(host, "127.0.0.1", "-usessl", *credentials(host), **trusting(pki)))


def test_an_answer_is_waited_for_as_long_as_timeout_and_delay_say(host):
    open_client(host)
    host.winrm("set", "winrm/config/client", "@{NetworkDelayms=1500}")
    with client_service(silent=True) as service:
        done = identify(host, service.endpoint, "-un", *credentials(host), "-timeout:700")
        failed(done, "0x80338126", "did not answer in time")
        assert 2.2 <= done.seconds < 10, done.seconds


def test_utf16(host):
    open_client(host)
    with client_service() as service:
        succeeded(identify(host, service.endpoint, "-un", *credentials(host), "-encoding:utf-16"))
        last = service.seen[-1]
        assert last.headers["Content-Type"] == "application/soap+xml;charset=UTF-16"
        assert last.body.startswith(b"\xff\xfe<\0") and last.body.decode("utf-16").endswith("</s:Envelope>")


# Proxies


def proxied(pki, proxy, **more):
    return trusting(pki, https_proxy=proxy.url, http_proxy=proxy.url, **more)


def test_a_proxy_is_used_only_when_asked_for(host, pki, identity):
    allow(host, "Basic=true")
    with client_service(identity=identity) as service, plain.Proxy() as proxy:
        ask = [service.endpoint, *credentials(host)]
        for switches in ([], ["-proxyaccess:no_proxy"]):
            succeeded(identify(host, *ask, *switches, **proxied(pki, proxy)))
        succeeded(identify(host, *ask, "-pac:ie_settings", **proxied(pki, proxy, no_proxy="example.com,127.0.0.1")))
        assert not proxy.lines
        for access in ("ie_settings", "winhttp_settings"):
            succeeded(identify(host, *ask, "-pac:" + access, **proxied(pki, proxy)))
        assert proxy.lines == ["CONNECT 127.0.0.1:%d HTTP/1.1" % service.port] * 2
        assert PASSWORD.encode() not in proxy.passed and b"Authorization" not in proxy.passed
        failed(identify(host, *ask, "-pac:auto_detect", **proxied(pki, proxy)), "0x8033819C")
        done = host.run("winrs", "-r:" + service.endpoint, "-pac:ie_settings", *credentials(host), "x", **proxied(pki, proxy))
        assert done.returncode == 0 and done.out == "hello from the acceptor\n", done.err


def test_a_proxy_that_asks_who_it_is(host, pki, identity):
    allow(host, "Basic=true")
    pin = hosts.new_password("proxy-canary-")
    with client_service(identity=identity) as service, plain.Proxy("proxy user", pin) as proxy:
        ask = [service.endpoint, *credentials(host), "-pac:ie_settings"]
        failed(identify(host, *ask, **proxied(pki, proxy)), "0x8033819B", "Answer of the proxy: HTTP 407", "-proxyusername")
        named = ["-pa:basic", "-pu:proxy user"]
        succeeded(identify(host, *ask, *named, "-pp:" + secret(host, pin, "pin"), **proxied(pki, proxy)))
        succeeded(identify(host, *ask, *named, "-proxypassword:" + pin, **proxied(pki, proxy)))
        done = failed(identify(host, *ask, *named, "-pp:" + pin + "x", **proxied(pki, proxy)), "0x80070005", "-proxypassword", "HTTP 407")
        assert pin not in done.err
        failed(identify(host, *ask, "-pa:digest", "-pu:x", "-pp:x", **proxied(pki, proxy)), "0x8033819A")
        missing = identify(host, *ask, *named, **proxied(pki, proxy))
        assert missing.returncode == 1 and "password" in missing.err, "nobody is there to be asked"
        done = host.run(
            "winrs", "-r:" + service.endpoint, "-pac:ie_settings", *named, "-pp:" + pin, *credentials(host), "x", **proxied(pki, proxy)
        )
        assert done.returncode == 0, done.err


@pytest.mark.parametrize("program", ["winrm", "winrs"])
def test_the_password_for_the_proxy_is_blanked_on_the_command_line(host, pki, program):
    allow(host, "Basic=true")
    pin = hosts.new_password("proxy-canary-")
    with plain.Proxy(silent=True) as proxy:
        first = ["identify"] if program == "winrm" else []
        last = [] if program == "winrm" else ["x"]
        arguments = [
            *first, "-r:https://127.0.0.1:1", *credentials(host), "-pac:ie_settings", "-pa:basic", "-pu:u", "-pp:" + pin, *last
        ]
        environment = {**host.environment, "https_proxy": proxy.url}
        process = processes_start(host, program, arguments, environment)
        try:
            assert processes.eventually(lambda: proxy.lines, 10)
            shown = pathlib.Path("/proc/%d/cmdline" % process.pid).read_bytes()
            assert b"-pp:" in shown and pin.encode() not in shown
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def processes_start(host, program, arguments, environment):
    return subprocess.Popen(
        host.command(program, *arguments), env=environment, cwd=host.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_proxies_that_fail_are_named(host, pki, identity):
    allow(host, "Basic=true")
    with client_service(identity=identity) as service:
        ask = [service.endpoint, *credentials(host), "-pac:ie_settings"]
        for status, code in ((403, "0x80070005"), (502, "0x80338012")):
            with plain.Proxy(refuses=status) as proxy:
                failed(identify(host, *ask, **proxied(pki, proxy)), code, "Stage: proxy with " + proxy.url[7:], "HTTP %d" % status)
        gone = {"extra": {"https_proxy": "http://127.0.0.1:1"}}
        failed(identify(host, *ask, **gone), "0x80338012", "nothing listens at the proxy 127.0.0.1:1")
        failed(identify(host, *ask, extra={"https_proxy": "https://p:1"}), "0x8033819C", "https_proxy")
        assert not service.seen


def test_what_does_not_go_through_a_proxy(host, pki):
    allow(host, "CredSSP=true", "Basic=true")
    with plain.Proxy() as proxy:
        through = ["-pac:ie_settings"]
        user = ["-u:" + USER, "-p:" + secret(host)]
        failed(identify(host, "https://h", "-a:kerberos", *user, *through, **proxied(pki, proxy)), "0x803381B2")
        failed(identify(host, "https://h", "-a:credssp", *user, *through, **proxied(pki, proxy)), "0x803381B3")
        failed(identify(host, "http://h", "-a:none", *through, **proxied(pki, proxy)), "0x803381B1")
        open_client(host)
        failed(identify(host, "http://127.0.0.1:1", "-un", "-a:basic", *user, *through, **proxied(pki, proxy)), "0x803381B1")
        asking = ["-pa:basic", "-pu:u", "-pp:p"]
        failed(identify(host, "http://127.0.0.1:1", "-a:negotiate", *user, *through, *asking, **proxied(pki, proxy)), "0x803381B1")
        assert not proxy.lines


# Ours


@pytest.fixture(scope="module")
def ours(lab):
    """A service of ours, and a client that trusts it."""
    service = lab.service("switched", credssp=False)
    client = lab.client("switching")
    lab.trust(client, service)
    return lab, service, client


def test_our_service_reads_utf16(ours):
    lab, service, client = ours
    done = lab.winrs(client, service, "-encoding:utf-16", "echo gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n", method="Negotiate")
    assert done.returncode == 0 and done.out.strip() == "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n", done.err


def test_our_service_through_an_http_proxy(ours):
    lab, service, client = ours
    with plain.Proxy() as proxy:
        done = lab.winrs(
            client, service, "-pac:ie_settings", "echo", "through", method="Negotiate",
            extra={"http_proxy": proxy.url, "HTTP_PROXY": "http://127.0.0.1:1"},
        )
        assert done.returncode == 0 and done.out.strip() == "through", done.err
        assert proxy.lines and all(line.startswith("POST %s/wsman " % service.endpoint) for line in proxy.lines)
        assert b"multipart" not in proxy.passed and b"CommandLine" not in proxy.passed, "bodies are encrypted from end to end"
        capital = lab.winrs(
            client, service, "-pac:ie_settings", "echo", "direct", method="Negotiate", extra={"HTTP_PROXY": "http://127.0.0.1:1"}
        )
        assert capital.returncode == 0, "HTTP_PROXY in capitals is ignored"


def test_our_service_takes_unencrypted_messages_only_when_it_is_told(ours):
    lab, service, client = ours
    refused = lab.winrs(client, service, "-un", "echo", "x", method="Negotiate")
    assert refused.returncode == 255 and "0x803380DE" in refused.err
    client.winrm("set", "winrm/config/client", "@{AllowUnencrypted=true}")
    try:
        refused = lab.winrs(client, service, "-un", "echo", "x", method="Negotiate")
        assert refused.returncode == 255 and "no unencrypted messages" in refused.err, refused.err
    finally:
        client.winrm("set", "winrm/config/client", "@{AllowUnencrypted=false}")
