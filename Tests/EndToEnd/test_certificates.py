"""Certificates as an administrator meets them: import, the checks, the settings that name them, and what a client makes of each."""

import json
import os
import socket
import ssl
import stat
import subprocess
import threading
import time

import pytest
from winrmtest import authority, hosts, processes, remedies


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def other_pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("other-pki"), "other")


def endpoint(host):
    return "https://%s:%d" % (host.address, host.https_port)


def listen(host, *values, check=True):
    """`winrm create` for HTTPS on a free port of the host's address."""
    host.https_port = hosts.free_port(host.address)
    return host.winrm(
        "create",
        "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % host.address,
        "@{%s}" % ";".join(["Port=%d" % host.https_port, *values]),
        check=check,
    )


def trusting(pki):
    return {"extra": {"SSL_CERT_FILE": str(pki.roots)}}


def read_settings(path):
    """What winrm wrote, without its comment."""
    return json.loads("\n".join(line for line in path.read_text().splitlines() if not line.startswith("//")))


def write_setting(host, name, value):
    """Sets a value of the service behind winrm's back, as nobody checks it then."""
    path = host.root / "etc" / "winrm" / "config.changes.json"
    settings = read_settings(path)
    settings.setdefault("Service", {})[name] = value
    path.write_text(json.dumps(settings))


def write_listener_thumbprint(host, value):
    path = host.root / "etc" / "winrm" / "config.changes.json"
    settings = read_settings(path)
    for listener in settings["Listener"]:
        if listener["Transport"] == "HTTPS":
            listener["CertificateThumbprint"] = value
    path.write_text(json.dumps(settings))


@pytest.fixture(scope="module")
def host(lab):
    """A host without a service, for the commands."""
    return lab.client("certificates")


@pytest.fixture(scope="module")
def server(lab, pki):
    """HTTP and HTTPS, with a certificate of the authority for its address."""
    made = lab.service("S", start=False)
    good = pki.server("good", made.address, "localhost")
    made.winrm("certificate", "import", good.chain, "-key:%s" % good.key)
    listen(made, 'Hostname="%s"' % made.address, 'CertificateThumbprint="%s"' % good.thumbprint)
    made.winrm("set", "winrm/config/service", "@{CertificateThumbprint=%s}" % good.thumbprint)
    made.start()
    return made


@pytest.fixture(scope="module")
def client(lab, server):
    """Delegates to every service of this module, and to none on the word of NTLM alone."""
    made = lab.client("careful")
    made.winrm("credssp", "enable", "-role:client", "-delegate:WSMAN/*", "-force")
    return made


# The store


def test_import_names_the_certificate_and_keeps_the_key_to_itself(host, pki):
    leaf = pki.server("import", "import.example.com", "127.0.0.9")
    bundle = pki.directory / "import-bundle.pem"
    bundle.write_text("a note\n" + pki.root.file.read_text() + pki.intermediate.file.read_text() + leaf.file.read_text())
    done = host.winrm("certificate", "import", bundle, "-key:%s" % leaf.key)
    assert "Thumbprint = " + leaf.thumbprint in done.out and "SHA256 = " + leaf.sha256 in done.out
    assert "Name = import.example.com, 127.0.0.9" in done.out
    assert "PRIVATE" not in done.out + done.err
    files = authority.stored_files(host)
    assert stat.S_IMODE(files[leaf.thumbprint + ".key"].stat().st_mode) == 0o600
    chain = files[leaf.thumbprint + ".pem"].read_text()
    assert chain.count("BEGIN CERTIFICATE") == 2, "the leaf and the intermediate, without the root"
    assert leaf.thumbprint in host.winrm("certificate", "list").out
    host.winrm("certificate", "delete", leaf.fingerprint("sha1").lower())
    assert not authority.stored_files(host)


def test_import_of_a_key_that_others_can_read_warns(host, pki):
    leaf = pki.server("open", "open.example.com")
    leaf.key.chmod(0o644)
    done = host.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    assert "others can read" in done.err
    host.winrm("certificate", "delete", leaf.thumbprint)


def test_key_from_a_pipe(host, pki):
    leaf = pki.server("piped", "piped.example.com")
    reader, writer = os.pipe()
    os.write(writer, leaf.key.read_bytes())
    os.close(writer)
    host.winrm("certificate", "import", leaf.chain, "-key:/dev/fd/%d" % reader, pass_fds=(reader,))
    os.close(reader)
    host.winrm("certificate", "delete", leaf.thumbprint)


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_pipe_without_a_writer_is_not_waited_for(host, pki, tmp_path, which):
    leaf = pki.server("fifo-" + which, "fifo.example.com")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    files = [fifo, leaf.key] if which == "certificate" else [leaf.chain, fifo]
    begin = time.monotonic()
    done = host.winrm("certificate", "import", files[0], "-key:%s" % files[1], check=False)
    assert done.returncode == 1 and "nobody writes into this pipe" in done.err, done.err
    device = host.winrm("certificate", "import", "/dev/zero", check=False)
    assert device.returncode == 1 and "neither a regular file nor a pipe" in device.err, device.err
    assert time.monotonic() - begin < 20 and not authority.stored_files(host)


def refusals(pki):
    def make(name, **options):
        return pki.server(name, name + ".example.com", **options)

    other = make("one-other")
    yield "wrong key", make("wrong-key"), other.key, "0x80090016", "not the key of the certificate"
    yield "no key", make("no-key"), None, "0x80090016", "-key:FILE"
    encrypted = make("encrypted")
    locked = pki.directory / "locked.key"
    authority.openssl("pkey", "-in", encrypted.key, "-aes256", "-passout", "pass:x", "-out", locked, directory=pki.directory)
    yield "encrypted key", encrypted, locked, "0x80090008", "encrypted"
    expired = make("expired", days=0)
    yield "expired", expired, expired.key, "0x800B0101", "has expired"
    clients = make("clients", use="clientAuth")
    yield "for clients", clients, clients.key, "0x803380EE", "Server Authentication"
    signing = make("no-signing", key_usage="keyEncipherment")
    yield "may not sign", signing, signing.key, "0x803380EE", "may not sign"
    weak = make("weak", kind="weak")
    yield "short key", weak, weak.key, "0x8007000D", "2048"
    ed = make("ed", kind="ed25519", key_usage="digitalSignature")
    yield "Ed25519", ed, ed.key, "0x80090008", "P-256"
    der = make("der")
    authority.openssl("x509", "-in", der.file, "-outform", "DER", "-out", der.chain, directory=pki.directory)
    yield "DER", der, der.key, "0x8007000D", "openssl x509 -inform DER"
    missing = make("missing")
    missing.chain.unlink()
    yield "no file", missing, missing.key, "0x80070002", "cannot be read"


def test_what_import_refuses(host, pki):
    time.sleep(1.1)  # the expired one needs a moment
    for name, leaf, key, code, reason in refusals(pki):
        if name == "expired":
            time.sleep(2)
        done = host.winrm("certificate", "import", leaf.chain, *(["-key:%s" % key] if key else []), check=False)
        assert done.returncode == 1 and code in done.err and reason in done.err, (name, done.err)
        assert not authority.stored_files(host), name


def test_new_vouches_for_itself_and_says_how_to_pin(host):
    done = host.winrm("certificate", "new", "-hostname:one.example.com,127.0.0.8", "-days:30")
    assert "SelfSigned = true" in done.out and "Key = RSA 2048" in done.out and "Name = one.example.com, 127.0.0.8" in done.out
    sha256 = done.out.partition("SHA256 = ")[2].split()[0]
    assert "winrm credssp pin -remote:one.example.com -sha256:" + sha256 in done.err
    thumbprint = done.out.partition("Thumbprint = ")[2].split()[0]
    # A listener without a thumbprint takes what fits its name.
    listener = "winrm/config/Listener?Address=*+Transport=HTTPS"
    host.winrm("create", listener, '@{Hostname="one.example.com"}')
    assert "CertificateThumbprint\n" in host.winrm("get", listener).out
    assert "UsedBy = " + listener in host.winrm("certificate", "list").out
    used = host.winrm("certificate", "delete", thumbprint, check=False)
    assert used.returncode == 1 and "in use" in used.err and "Transport=HTTPS" in used.err
    host.winrm("delete", listener)
    host.winrm("certificate", "delete", thumbprint)
    for arguments in (["-hostname:a b/c"], ["-hostname:x", "-days:0"], ["-hostname:x", "-keytype:dsa"], []):
        assert host.winrm("certificate", "new", *arguments, check=False).returncode == 1
    assert not authority.stored_files(host)


def test_settings_take_only_certificates_that_can_serve(host, pki):
    leaf = pki.server("setting", "setting.example.com")
    unknown = "00" * 20
    service = ["set", "winrm/config/service", '@{CertificateThumbprint="%s"}']
    listener = "winrm/config/Listener?Address=*+Transport=HTTPS"
    before = host.winrm("get", "winrm/config").out

    def refused(code, *arguments):
        done = host.winrm(*arguments, check=False)
        assert done.returncode == 1 and code in done.err, done.err
        assert host.winrm("get", "winrm/config").out == before

    refused("0x80338082", *service[:2], service[2] % unknown)
    refused("0x80338041", *service[:2], service[2] % "nonsense")
    refused("0x80338082", "create", listener, '@{Hostname="nowhere.example.com"}')
    host.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    refused("0x803380E9", "create", listener, '@{Hostname="other.example.com";CertificateThumbprint="%s"}' % leaf.thumbprint)
    key = authority.stored_files(host)[leaf.thumbprint + ".key"]
    key.chmod(0o640)
    refused("0x80338005", *service[:2], service[2] % leaf.thumbprint)
    key.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(key, 65534, 65534)
        refused("0x80338005", *service[:2], service[2] % leaf.thumbprint)
        os.chown(key, 0, 0)
    target = key.rename(key.with_suffix(".elsewhere"))
    key.symlink_to(target)
    refused("0x80338005", *service[:2], service[2] % leaf.thumbprint)
    key.unlink()
    refused("0x80090016", *service[:2], service[2] % leaf.thumbprint)
    target.rename(key)
    # Blanks, colons and case do not matter.
    typed = leaf.fingerprint("sha1").lower().replace(":", " ")
    assert "CertificateThumbprint = " + leaf.thumbprint in host.winrm(*service[:2], service[2] % typed).out
    host.winrm(*service[:2], service[2] % "")
    host.winrm("certificate", "delete", leaf.thumbprint)


# HTTPS


@pytest.mark.parametrize("method", ["Negotiate", "CredSSP"])
def test_https_by_each_method(lab, pki, server, client, method):
    done = lab.winrs(client, endpoint(server), "id -un; cat", method=method, input="through TLS\n", **trusting(pki))
    assert (done.returncode, done.out.split()) == (0, [lab.unix_user, "through", "TLS"]), done.err


@pytest.mark.parametrize("level", ["Strict", "Relaxed", "None"])
def test_https_with_every_level_of_channel_bindings(lab, pki, server, client, level):
    server.winrm("set", "winrm/config/service/auth", "@{CbtHardeningLevel=%s}" % level)
    time.sleep(1.5)
    for method in ("Negotiate", "CredSSP"):
        done = lab.winrs(client, endpoint(server), "id -un", method=method, **trusting(pki))
        assert (done.returncode, done.out.strip()) == (0, lab.unix_user), done.err


class Relay:
    """Ends TLS with a certificate of its own that the client trusts, and passes everything on inside another TLS connection."""

    def __init__(self, certificate, server):
        self.server = server
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.chain, certificate.key)
        self.listener = socket.create_server((server.address.rpartition(".")[0] + ".77", 0))
        self.address, self.port = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
                near = self.context.wrap_socket(raw, server_side=True)
                far = ssl._create_unverified_context().wrap_socket(socket.create_connection((self.server.address, self.server.https_port)))
            except OSError:
                return
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def test_n_01_a_logon_is_worth_nothing_on_another_tls_connection(lab, pki, server, client):
    """Even an attacker with a certificate that the client trusts cannot pass its NTLM on: it is bound to the certificate that it saw."""
    for level in ("Relaxed", "Strict"):
        server.winrm("set", "winrm/config/service/auth", "@{CbtHardeningLevel=%s}" % level)
        time.sleep(1.5)
        relay = Relay(pki.server("relay-" + level, server.address.rpartition(".")[0] + ".77"), server)
        done = lab.winrs(client, "https://%s:%d" % (relay.address, relay.port), "id -un", method="Negotiate", **trusting(pki))
        relay.listener.close()
        assert done.returncode != 0 and lab.unix_user not in done.out, done.out
        assert "0x52E" in done.err or "1326" in done.err, done.err


def test_listeners_survive_a_restart_and_can_be_deleted(lab, pki, client):
    made = lab.service("restarting", start=False)
    leaf = pki.server("restarting", made.address)
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    listen(made, "Hostname=%s" % made.address)
    for _ in range(2):
        made.start()
        done = lab.winrs(client, endpoint(made), "id -un", method="Negotiate", **trusting(pki))
        assert (done.returncode, done.out.strip()) == (0, lab.unix_user), done.err
        assert made.stop() == 0
    made.winrm("delete", "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % made.address)
    made.start()
    with pytest.raises(OSError):
        socket.create_connection((made.address, made.https_port), timeout=2)


def test_renewed_certificate_is_shown_without_a_restart(lab, pki):
    made = lab.service("renewing", start=False)
    old, new = (pki.server("renewing-%d" % number, made.address) for number in (1, 2))
    made.winrm("certificate", "import", old.chain, "-key:%s" % old.key)
    listen(made, "CertificateThumbprint=" + old.thumbprint)
    made.start()

    def shown():
        return ssl.get_server_certificate((made.address, made.https_port)).replace("\n", "")

    assert shown() == old.file.read_text().replace("\n", "")
    made.winrm("certificate", "import", new.chain, "-key:%s" % new.key)
    listener = "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % made.address
    made.winrm("set", listener, "@{CertificateThumbprint=%s}" % new.thumbprint)
    assert processes.eventually(lambda: shown() == new.file.read_text().replace("\n", ""), 10)
    assert "shows another certificate" in made.log() and "restart" not in made.log()


def test_http_spoken_to_https_and_the_other_way_round(lab, pki, server, client):
    plain = lab.winrs(client, "http://%s:%d" % (server.address, server.https_port), "id", **trusting(pki))
    assert plain.returncode != 0 and "HTTP 400" in plain.err
    with socket.create_connection((server.address, server.https_port)) as connection:
        connection.sendall(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        connection.settimeout(10)
        answer = b""
        while data := connection.recv(4096):
            answer += data
    assert answer.startswith(b"HTTP/1.1 400 ") and b"speaks HTTPS" in answer
    tls = lab.winrs(client, "https://%s:%d" % (server.address, server.port), "id", method="Negotiate", **trusting(pki))
    assert tls.returncode != 0 and "HTTPS listener" in tls.err
    assert "HTTP, spoken to a listener for HTTPS" in server.log() and "TLS, spoken to a listener for HTTP" in server.log()


@pytest.mark.parametrize(
    "version, ciphers, works",
    [
        ("TLSv1_3", None, True),
        ("TLSv1_2", "ECDHE+AESGCM", True),
        ("TLSv1_2", "AES128-SHA:AES256-SHA:AES128-GCM-SHA256", False),
        ("TLSv1_2", "ECDHE-RSA-AES128-SHA", False),
        ("TLSv1_1", "ALL:@SECLEVEL=0", False),
    ],
)
def test_tls_versions_and_ciphers(server, pki, version, ciphers, works):
    context = ssl.create_default_context(cafile=pki.roots)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    if ciphers:
        context.set_ciphers(ciphers)
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with context.wrap_socket(socket.create_connection((server.address, server.https_port)), server_hostname=server.address) as tls:
            assert works and tls.selected_alpn_protocol() != "h2"
    except ssl.SSLError:
        assert not works


def test_curl_reaches_the_service_and_is_asked_to_authenticate(server, pki):
    done = subprocess.run(
        ["curl", "-sSi", "--cacert", str(pki.roots), "-d", "", endpoint(server) + "/wsman"], capture_output=True, timeout=30, check=True
    )
    head = done.stdout.decode()
    assert head.startswith("HTTP/1.1 401 ") and "WWW-Authenticate: Negotiate" in head and "WWW-Authenticate: CredSSP" in head


def test_identify_names_profiles_to_proven_callers_alone(lab, pki, server, client):
    secret = client.root / "identify-password"
    secret.touch(mode=0o600)
    secret.write_text(lab.password)
    known = client.winrm("identify", "-r:" + endpoint(server), "-a:negotiate", "-u:" + lab.user, "-p:@%s" % secret, **trusting(pki))
    assert "secprofile/http/spnego-kerberos" in known.out and "secprofile/https/spnego-kerberos" in known.out
    unknown = client.winrm("identify", "-r:" + endpoint(server), "-a:none", **trusting(pki))
    assert "SecurityProfile" not in unknown.out and "OS: 0.0.0" in unknown.out


# What proves a server, over HTTPS and inside CredSSP


def flawed(pki, other_pki, address):
    """Certificates that prove nothing for `address`, each with the reason that the client gives."""
    yield "authority", other_pki.server("unknown", address), None, "no trusted certificate"
    yield "name", pki.server("elsewhere", "elsewhere.example.com"), None, "not for the host"
    yield "expired", pki.server("late", address, days=0), None, "expired"
    yield "use", pki.server("for-clients", address, use="clientAuth"), None, "breaks a rule"
    lonely = pki.server("lonely", address)
    yield "chain", lonely, lonely.file, "no trusted certificate"
    yield "self-signed", pki.self_signed("vouching", address), None, "no trusted certificate"
    leaf = pki.server("issuing", address)
    below = pki.server("below", address, issuer=leaf)
    both = pki.directory / "below-chain.pem"
    both.write_text(below.file.read_text() + leaf.file.read_text() + pki.intermediate.file.read_text())
    yield "leaf as authority", below, both, "chain"


KINDS = ["authority", "name", "expired", "use", "chain", "self-signed", "leaf as authority"]


@pytest.fixture(scope="module")
def doubtful(lab, pki, other_pki):
    """A service whose certificates are changed by hand. It starts with a good one."""
    made = lab.service("doubtful", start=False)
    good = pki.server("first", made.address)
    made.winrm("certificate", "import", good.chain, "-key:%s" % good.key)
    made.winrm("set", "winrm/config/service", "@{CertificateThumbprint=%s}" % good.thumbprint)
    listen(made, "Hostname=" + made.address)
    made.good = good
    made.flawed = {kind: (certificate, chain, reason) for kind, certificate, chain, reason in flawed(pki, other_pki, made.address)}
    return made.start()


def show(host, certificate, chain=None):
    """Has the running service show a certificate, over HTTPS and inside CredSSP."""
    thumbprint = authority.put_into_store(host, certificate, chain)
    write_setting(host, "CertificateThumbprint", thumbprint)
    write_listener_thumbprint(host, thumbprint)
    wanted = certificate.file.read_text().replace("\n", "")
    assert processes.eventually(
        lambda: ssl.get_server_certificate((host.address, host.https_port)).replace("\n", "") == wanted, 10
    ), host.log()


@pytest.mark.parametrize("kind", KINDS)
def test_h_08_certificates_that_prove_nothing(lab, pki, doubtful, client, kind):
    certificate, chain, reason = doubtful.flawed[kind]
    show(doubtful, certificate, chain)
    log_before = len(doubtful.log())
    outer = lab.winrs(client, endpoint(doubtful), "id -un", method="Negotiate", **trusting(pki))
    assert outer.returncode != 0 and "0x803381F0" in outer.err and reason in outer.err, outer.err
    inner = lab.winrs(client, doubtful, "id -un", method="CredSSP", **trusting(pki))
    assert inner.returncode != 0 and "0x803381A4" in inner.err and reason in inner.err, inner.err
    assert "credentials delegated" not in doubtful.log()[log_before:] and lab.unix_user not in outer.out + inner.out
    # A pin proves it all the same.
    pinning = lab.client("pinning " + kind)
    pinning.winrm("credssp", "enable", "-role:client", "-delegate:" + doubtful.address, "-force")
    pinning.winrm("credssp", "pin", "-remote:" + doubtful.address, "-sha256:" + certificate.sha256, "-force")
    for target, method in ((endpoint(doubtful), "Negotiate"), (doubtful, "CredSSP")):
        done = lab.winrs(pinning, target, "id -un", method=method)
        assert (done.returncode, done.out.strip()) == (0, lab.unix_user), done.err


@pytest.mark.parametrize("first", ["CredSSP", "HTTPS"])
def test_a_host_with_two_certificates_needs_two_pins(lab, other_pki, first):
    """What is advised where one of them is pinned leaves the other way as it is."""
    made = lab.service("two " + first, start=False)
    leaf = other_pki.server("two-" + first, made.address)
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    listen(made, "CertificateThumbprint=" + leaf.thumbprint)
    made.start()
    own = made.log().partition("certificateSHA256=")[2].split()[0].strip('"')
    assert own != leaf.sha256
    pinning = lab.client("pinning two " + first)
    pinning.winrm("credssp", "enable", "-role:client", "-delegate:" + made.address, "-force")
    hashes = {"CredSSP": own, "HTTPS": leaf.sha256}
    pinning.winrm("credssp", "pin", "-remote:" + made.address, "-sha256:" + hashes.pop(first), "-force")
    ways = {"CredSSP": (made, "CredSSP"), "HTTPS": (endpoint(made), "Negotiate")}

    def run(way):
        target, method = ways[way]
        return lab.winrs(pinning, target, "id -un", method=method)

    ((second, shown),) = hashes.items()
    assert run(first).returncode == 0
    refused = run(second)
    assert refused.returncode != 0 and "the server shows " + shown in refused.err, refused.err
    steps = [words for words in remedies.commands(refused.err.partition("Next: ")[2].partition("Error number")[0]) if words[0] == "credssp"]
    assert [words[1] for words in steps] == ["pin", "unpin"] and "no longer in use" in refused.err, steps
    pinning.winrm(*(word.replace("HEX", shown) for word in steps[0]), "-force")
    for way in ways:
        done = run(way)
        assert (done.returncode, done.out.strip()) == (0, lab.unix_user), (way, done.err)


def test_thumbprint_of_the_service_allows_delegation_without_the_ntlm_only_policy(lab, pki, doubtful, client):
    show(doubtful, doubtful.good)
    done = lab.winrs(client, doubtful, "id -un; echo $WINRM_SESSION", **trusting(pki))
    assert (done.returncode, done.out.split()) == (0, [lab.unix_user, "credssp"]), done.err
    over_https = lab.winrs(client, endpoint(doubtful), "id -un", **trusting(pki))
    assert (over_https.returncode, over_https.out.strip()) == (0, lab.unix_user), over_https.err
    # The same server without the trusted root, and with the certificate of the outer connection alone: no delegation.
    untrusting = lab.winrs(client, doubtful, "id -un")
    assert untrusting.returncode != 0 and "0x803381A4" in untrusting.err
    changes = doubtful.log().count("settings changed")
    doubtful.winrm("set", "winrm/config/service", "@{CertificateThumbprint=}")
    assert processes.eventually(lambda: doubtful.log().count("settings changed") > changes, 10), doubtful.log()
    outer_only = lab.winrs(client, endpoint(doubtful), "id -un", **trusting(pki))
    assert outer_only.returncode != 0 and "0x803381A4" in outer_only.err, outer_only.err


def test_roots_that_cannot_be_read_trust_nobody(lab, server, client, tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for path in (broken, tmp_path / "missing.pem"):
        done = lab.winrs(client, endpoint(server), "id", method="Negotiate", extra={"SSL_CERT_FILE": str(path)})
        assert done.returncode != 0 and "SSL_CERT_FILE" in done.err, done.err


def test_elliptic_key_inside_credssp(lab, pki, client):
    made = lab.service("elliptic", start=False)
    leaf = pki.server("elliptic", made.address, kind="p256", key_usage="digitalSignature")
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    done = made.winrm("set", "winrm/config/service", "@{CertificateThumbprint=%s}" % leaf.thumbprint)
    assert "not RSA" in done.err
    made.start()
    done = lab.winrs(client, made, "id -un", **trusting(pki))
    assert (done.returncode, done.out.strip()) == (0, lab.unix_user), done.err


def test_service_of_an_ordinary_user_has_a_store_of_its_own(lab, pki, client, tmp_path):
    """Without WINRM_ROOT the store is in the user's configuration, and the key belongs to that user."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    home = tmp_path / "home"
    home.mkdir()
    leaf = pki.server("nobody", "nobody.example.com")
    copy = home / "bundle.pem"
    copy.write_text(leaf.chain.read_text() + leaf.key.read_text())
    for path in (home, copy, *[parent for parent in tmp_path.parents if "pytest" in parent.name], tmp_path):
        os.chmod(path, 0o755 if path.is_dir() else 0o600)
    os.chown(home, 65534, 65534)
    os.chown(copy, 65534, 65534)
    done = subprocess.run(
        [str(lab.bin / "winrm"), "certificate", "import", str(copy)],
        env={"HOME": str(home), "PATH": os.environ["PATH"]}, user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    key = home / ".config" / "winrm" / "certificates" / (leaf.thumbprint + ".key")
    assert (key.stat().st_uid, stat.S_IMODE(key.stat().st_mode)) == (65534, 0o600)


# A certificate that the service cannot use


@pytest.mark.parametrize("damage", ["missing key", "open key", "wrong key", "missing certificate", "garbage", "wrong name"])
def test_credssp_fails_and_never_shows_another_certificate(lab, pki, damage):
    name = damage.replace(" ", "-")
    made = lab.service("damaged " + damage, start=False)
    leaf = pki.server("damaged-" + name, made.address)
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    made.winrm("set", "winrm/config/service", "@{CertificateThumbprint=%s}" % leaf.thumbprint)
    files = authority.stored_files(made)
    key, chain = files[leaf.thumbprint + ".key"], files[leaf.thumbprint + ".pem"]
    whole = key.read_bytes(), chain.read_bytes()
    if damage == "missing key":
        key.unlink()
    elif damage == "open key":
        key.chmod(0o644)
    elif damage == "wrong key":
        key.write_bytes(pki.server("stranger-" + name).key.read_bytes())
    elif damage == "missing certificate":
        chain.unlink()
    elif damage == "garbage":
        chain.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + os.urandom(40) + b"\n-----END CERTIFICATE-----\n")
    else:
        chain.write_bytes(pki.server("renamed-" + name).chain.read_bytes())
    made.start()  # the rest of the service starts
    assert "CredSSP cannot be used" in made.log() and leaf.thumbprint in made.log()
    gullible = lab.client("gullible " + damage)
    lab.delegate(gullible, made)
    lab.trust(gullible, made)
    refused = lab.winrs(gullible, made, "id -un")
    assert refused.returncode != 0 and lab.unix_user not in refused.out and "CertificateThumbprint" in refused.err, refused.err
    assert "CredSSP cannot be carried out" in made.log() and "credentials delegated" not in made.log()
    assert "certificateSHA256" not in made.log(), "no certificate at all is in use"
    other = lab.winrs(gullible, made, "id -un", method="Negotiate")
    assert (other.returncode, other.out.strip()) == (0, lab.unix_user), other.err
    # Repaired, it works again without a restart.
    for path, content in ((key, whole[0]), (chain, whole[1])):
        fresh = path.with_suffix(path.suffix + ".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(content)
        fresh.rename(path)
    chain.chmod(0o644)
    assert processes.eventually(lambda: "certificateSHA256=" + leaf.sha256 in made.log(), 10), made.log()
    healed = lab.winrs(gullible, made, "id -un")
    assert (healed.returncode, healed.out.strip()) == (0, lab.unix_user), healed.err
    assert "PRIVATE KEY" not in made.log()


@pytest.mark.parametrize("change", ["mode", "owner", "certificate"])
def test_a_key_that_others_get_while_the_service_runs_is_used_no_more(lab, pki, change):
    if change == "owner" and os.geteuid() != 0:
        pytest.skip("needs root, to give a file away")
    made = lab.service("opened " + change, start=False)
    leaf = pki.server("opened-" + change, made.address)
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    made.winrm("set", "winrm/config/service", "@{CertificateThumbprint=%s}" % leaf.thumbprint)
    listen(made, "CertificateThumbprint=" + leaf.thumbprint)
    made.start()
    gullible = lab.client("gullible opened " + change)
    lab.delegate(gullible, made)
    lab.trust(gullible, made)

    def logon():
        return lab.winrs(gullible, made, "id -un")

    before = logon()
    assert (before.returncode, before.out.strip()) == (0, lab.unix_user), before.err
    files = authority.stored_files(made)
    key, chain = files[leaf.thumbprint + ".key"], files[leaf.thumbprint + ".pem"]
    if change == "mode":
        key.chmod(0o644)
    elif change == "owner":
        os.chown(key, 65534, 65534)
    else:
        chain.chmod(0o666)
    # At once: the next logon does not wait until the watch has come round.
    mark = len(made.log())
    refused = logon()
    assert refused.returncode != 0 and lab.unix_user not in refused.out and "CertificateThumbprint" in refused.err, refused.err
    assert "CredSSP cannot be carried out" in made.log()[mark:] and "credentials delegated" not in made.log()[mark:]
    # The listener keeps what it shows, and says what is wrong.
    assert processes.eventually(lambda: "an HTTPS listener keeps the certificate that it has" in made.log(), 10), made.log()
    assert ssl.get_server_certificate((made.address, made.https_port)).replace("\n", "") == leaf.file.read_text().replace("\n", "")
    if change == "owner":
        os.chown(key, 0, 0)
    key.chmod(0o600)
    chain.chmod(0o644)
    healed = logon()
    assert (healed.returncode, healed.out.strip()) == (0, lab.unix_user), healed.err


def test_listener_without_a_usable_certificate_does_not_keep_the_others_from_serving(lab, pki):
    made = lab.service("halved", start=False)
    leaf = pki.server("halved", made.address)
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    listen(made, "CertificateThumbprint=" + leaf.thumbprint)
    authority.stored_files(made)[leaf.thumbprint + ".key"].unlink()
    made.start()
    assert "an HTTPS listener is not served" in made.log()
    with pytest.raises(OSError):
        socket.create_connection((made.address, made.https_port), timeout=2)
    made.stop()
    made.winrm("delete", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % made.address)
    made.process = made.popen("winrmd", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(made.log_file, "ab"))
    assert processes.eventually(lambda: "no listener is served" in made.log(), 20), made.log()
    assert made.process.poll() is None


PKCS12 = {
    "modern": [],
    "legacy": ["-legacy"],
    "3des": ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    "aes128": ["-certpbe", "AES-128-CBC", "-keypbe", "AES-128-CBC"],
}


@pytest.mark.parametrize("kind", PKCS12)
def test_pkcs12_files_are_imported(own_lab, pki, kind):
    host = own_lab.client("pkcs12")
    leaf = pki.server("pkcs12-" + kind, "127.0.0.1")
    file, secret = host.root / "leaf.p12", "Paß %s" % kind
    made = subprocess.run(
        ["openssl", "pkcs12", "-export", "-in", leaf.chain, "-inkey", leaf.key, "-out", file, "-passout", "pass:" + secret, *PKCS12[kind]],
        capture_output=True)
    if made.returncode != 0 and kind == "legacy":
        pytest.skip("openssl without its legacy provider")
    assert made.returncode == 0, made.stderr

    def on_descriptor(text):
        reader, writer = os.pipe()
        os.write(writer, text.encode())
        os.close(writer)
        try:
            return host.run("winrm", "certificate", "import", file, "-passwordfd:%d" % reader, pass_fds=(reader,))
        finally:
            os.close(reader)

    wrong = on_descriptor("wrong\n")
    assert wrong.returncode == 1 and "the password of the PKCS #12 file is wrong" in wrong.err and "0x80070056" in wrong.err, wrong.err
    silent = host.run("winrm", "certificate", "import", file)
    assert silent.returncode == 1 and "password of the PKCS #12 file is wrong" in silent.err
    assert host.winrm("certificate", "list").out == ""
    done = on_descriptor(secret + "\n")
    assert done.returncode == 0, done.err
    listed = host.winrm("certificate", "list").out
    assert "Thumbprint = %s\n" % leaf.thumbprint in listed and "DaysLeft = " in listed and "Problem" not in listed, listed
    host.winrm("certificate", "delete", leaf.thumbprint)
    (host.root / "secret").write_text(secret + "\n")
    host.winrm("certificate", "import", file, "-password:@%s" % (host.root / "secret"))
    assert leaf.thumbprint in host.winrm("certificate", "list").out


def test_listener_with_a_name_alone_moves_to_a_newer_certificate(own_lab):
    made = own_lab.service("named")
    made.winrm("certificate", "new", "-hostname:named.test", "-days:20")
    listen(made, "Hostname=named.test")
    first = ssl.get_server_certificate((made.address, made.https_port))
    assert processes.eventually(lambda: "a certificate in use expires soon" in made.log(), 5), made.log()
    made.winrm("certificate", "new", "-hostname:named.test", "-days:300")
    assert processes.eventually(lambda: ssl.get_server_certificate((made.address, made.https_port)) != first, 10), made.log()
    assert "an HTTPS listener shows another certificate" in made.log()
