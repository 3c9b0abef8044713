"""curl, pypsrp and pywinrm with Basic, messages in clear, and client certificates: each works when its setting is on, and not otherwise."""

import base64
import json
import shutil
import subprocess

import pytest
import winrm
from pypsrp.shell import WinRS
from pypsrp.wsman import WSMan
from test_clients_against_winrmd import run
from winrmtest import authority, hosts, processes

MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def server(lab, pki):
    """HTTP and HTTPS on one host."""
    made = lab.service("plain", start=False)
    leaf = pki.server("plain", made.address)
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    made.https_port = hosts.free_port(made.address)
    made.winrm(
        "create",
        "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % made.address,
        "@{Port=%d;Hostname=%s}" % (made.https_port, made.address),
    )
    yield made.start()
    made.stop()


def configure(host, basic=False, unencrypted=False, certificate=False):
    """Sets what a test is about in the running service, and waits until it has it."""
    wanted = (basic, unencrypted, certificate)
    if getattr(host, "plain_settings", (False, False, False)) == wanted:
        return
    mark = len(host.log())
    host.winrm("set", "winrm/config/service", "@{AllowUnencrypted=%s}" % str(unencrypted).lower())
    host.winrm("set", "winrm/config/service/auth", "@{Basic=%s;Certificate=%s}" % (str(basic).lower(), str(certificate).lower()))
    host.plain_settings = wanted

    def applied():
        shown = curl(host, "http", headers=True)
        offered = "Basic realm" in shown.stdout
        return offered == (basic and unencrypted) and "settings changed" in host.log()[mark:]

    assert processes.eventually(applied, 15), host.log()[mark:]
    processes.eventually(lambda: False, 1.5)  # two commands, and files are looked at once a second


def curl(host, scheme, *arguments, roots=None, headers=False, body=""):
    port = host.port if scheme == "http" else host.https_port
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--data-binary", body or "", "-w", "\n%{http_code}"]
    command += ["-H", "Content-Type: application/soap+xml;charset=UTF-8", "-H", "Expect:"]
    command += ["--include"] if headers else []
    command += ["--cacert", str(roots)] if roots else []
    return subprocess.run(
        [*command, *arguments, "%s://%s:%d/wsman" % (scheme, host.address, port)], capture_output=True, text=True, timeout=60
    )


def identified(done):
    text, _, status = done.stdout.rpartition("\n")
    return status == "200" and "IdentifyResponse" in text and "OS: 0.0.0" not in text


def pypsrp(lab, server, pki, https, **options):
    port = server.https_port if https else server.port
    options = {"username": lab.user, "password": lab.password, **options}
    validation = str(pki.roots) if https else True
    return WSMan(server.address, port=port, ssl=https, cert_validation=validation, encryption="auto" if https else "never", **options)


def pywinrm(lab, server, pki, https, **options):
    port = server.https_port if https else server.port
    secure = {"server_cert_validation": "validate", "ca_trust_path": str(pki.roots)} if https else {}
    endpoint = "%s://%s:%d/wsman" % ("https" if https else "http", server.address, port)
    return winrm.Session(endpoint, auth=(lab.user, lab.password), **secure, **options)


class TestBasic:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_curl(self, lab, pki, server, scheme):
        configure(server, basic=True, unencrypted=True)
        login = "%s:%s" % (lab.user, lab.password)
        assert identified(curl(server, scheme, "--basic", "--user", login, roots=pki.roots, body=IDENTIFY))
        for wrong in (login + "x", "nobody:" + lab.password, "OTHER\\" + login):
            assert curl(server, scheme, "--basic", "--user", wrong, roots=pki.roots, body=IDENTIFY).stdout.endswith("401")
        for name in (".\\" + login, hosts.HOST + "\\" + login):
            assert identified(curl(server, scheme, "--basic", "--user", name, roots=pki.roots, body=IDENTIFY))

    @pytest.mark.parametrize("https", [False, True])
    def test_pypsrp(self, lab, pki, server, https):
        configure(server, basic=True, unencrypted=True)
        data = bytes(range(256)) * 300
        with pypsrp(lab, server, pki, https, auth="basic") as wsman, WinRS(wsman) as shell:
            process = run(shell, "sh", "-c", "'cat; echo err >&2; exit 7'", stdin=data)
        assert (process.rc, process.stdout, process.stderr) == (7, data, b"err\n")

    @pytest.mark.parametrize("https", [False, True])
    def test_pywinrm(self, lab, pki, server, https):
        configure(server, basic=True, unencrypted=True)
        done = pywinrm(lab, server, pki, https, transport="basic").run_cmd("printf", ["'%s|'", "one", "'two three'"])
        assert (done.status_code, done.std_out, done.std_err) == (0, b"one|two three|", b"")

    def test_no_credentials_for_the_second_hop(self, lab, pki, server):
        configure(server, basic=True, unencrypted=True)
        with pypsrp(lab, server, pki, True, auth="basic") as wsman, WinRS(wsman) as shell:
            assert run(shell, "sh", "-c", "'echo ${WINRM_CREDENTIALS:-none}'").stdout == b"none\n"

    def test_over_http_only_with_both_settings(self, lab, pki, server):
        configure(server, basic=True, unencrypted=False)
        login = "%s:%s" % (lab.user, lab.password)
        assert curl(server, "http", "--basic", "--user", login, body=IDENTIFY).stdout.endswith("401")
        assert identified(curl(server, "https", "--basic", "--user", login, roots=pki.roots, body=IDENTIFY))
        with pytest.raises(Exception):
            pywinrm(lab, server, pki, False, transport="basic").run_cmd("id")

    @pytest.mark.parametrize("https", [False, True])
    def test_off(self, lab, pki, server, https):
        configure(server, basic=False, unencrypted=True)
        scheme = "https" if https else "http"
        shown = curl(server, scheme, "--basic", "--user", "%s:%s" % (lab.user, lab.password), roots=pki.roots, headers=True, body=IDENTIFY)
        assert shown.stdout.endswith("401") and "Basic" not in shown.stdout
        with pytest.raises(Exception):
            with pypsrp(lab, server, pki, https, auth="basic") as wsman, WinRS(wsman) as shell:
                run(shell, "id")


class TestUnencrypted:
    def test_ntlm_in_clear(self, lab, pki, server):
        configure(server, unencrypted=True)
        with pypsrp(lab, server, pki, False, auth="ntlm") as wsman, WinRS(wsman) as shell:
            assert run(shell, "echo", "in").stdout == b"in\n"
        done = pywinrm(lab, server, pki, False, transport="ntlm", message_encryption="never").run_cmd("echo", ["in"])
        assert (done.status_code, done.std_out) == (0, b"in\n")
        # Those who encrypt are answered so.
        done = pywinrm(lab, server, pki, False, transport="ntlm", message_encryption="always").run_cmd("echo", ["in"])
        assert (done.status_code, done.std_out) == (0, b"in\n")

    def test_off(self, lab, pki, server):
        configure(server, unencrypted=False)
        with pytest.raises(Exception):
            with pypsrp(lab, server, pki, False, auth="ntlm") as wsman, WinRS(wsman) as shell:
                run(shell, "echo", "in")
        with pytest.raises(Exception):
            pywinrm(lab, server, pki, False, transport="ntlm", message_encryption="never").run_cmd("echo", ["in"])


class TestCertificate:
    @pytest.fixture(scope="class")
    def client(self, lab, pki, server):
        """Trusted and mapped: what the authority's intermediate signs for anybody at `example`, and one that vouches for itself."""
        trusted = server.root / "etc" / "winrm" / "trusted"
        trusted.mkdir(mode=0o755)
        own = pki.client("own", "own@elsewhere", issuer="itself")
        for file in (pki.intermediate.file, own.file):
            shutil.copy(file, trusted / file.name)
            (trusted / file.name).chmod(0o644)
        mapping = {"URI": "*", "UserName": lab.user}
        path = server.root / "etc" / "winrm" / "config.json"
        document = json.loads(path.read_text()) if path.exists() else {}
        document["CertMapping"] = [
            {"Issuer": pki.intermediate.thumbprint, "Subject": "*@example", **mapping},
            {"Issuer": own.thumbprint, "Subject": "own@elsewhere", **mapping},
        ]
        path.write_text(json.dumps(document))
        path.chmod(0o644)
        made = pki.client("user", "somebody@example")
        made.own = own
        return made

    def connect(self, lab, server, pki, certificate):
        return pypsrp(
            lab, server, pki, True, auth="certificate", certificate_pem=str(certificate.file), certificate_key_pem=str(certificate.key)
        )

    def test_pypsrp(self, lab, pki, server, client):
        configure(server, certificate=True)
        for certificate in (client, client.own):
            with self.connect(lab, server, pki, certificate) as wsman, WinRS(wsman) as shell:
                process = run(shell, "sh", "-c", "'cat; id -un; exit 3'", stdin=b"x" * 70_000)
            assert (process.rc, process.stdout) == (3, b"x" * 70_000 + lab.unix_user.encode() + b"\n")

    def test_pywinrm(self, lab, pki, server, client):
        configure(server, certificate=True)
        session = pywinrm(
            lab, server, pki, True, transport="certificate", cert_pem=str(client.file), cert_key_pem=str(client.key)
        )
        assert session.run_cmd("echo", ["in"]).std_out == b"in\n"

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_curl(self, lab, pki, server, client, version):
        configure(server, certificate=True)
        shown = ["--cert", str(client.file), "--key", str(client.key), "--tls-max", version, "--tlsv" + version]
        header = ["-H", "Authorization: " + MUTUAL]
        assert identified(curl(server, "https", *shown, *header, roots=pki.roots, body=IDENTIFY))
        # The certificate without the word, and the word without the certificate.
        assert curl(server, "https", *shown, roots=pki.roots, body=IDENTIFY).stdout.endswith("401")
        assert curl(server, "https", *header, roots=pki.roots, body=IDENTIFY).stdout.endswith("401")
        assert curl(server, "http", *header, body=IDENTIFY).stdout.endswith("401")

    def test_others(self, lab, pki, server, client, tmp_path):
        configure(server, certificate=True)
        stranger = authority.Authority(tmp_path / "stranger", "test")
        for name, made in {
            "another authority of the same name": stranger.client("a", "somebody@example"),
            "not mapped": pki.client("b", "somebody@elsewhere"),
            "no name": pki.client("c"),
            "for servers": pki.client("d", "somebody@example", use="serverAuth"),
            "of the root": pki.client("e", "somebody@example", issuer=pki.root),
        }.items():
            with pytest.raises(Exception):
                with self.connect(lab, server, pki, made) as wsman, WinRS(wsman) as shell:
                    run(shell, "id")
                pytest.fail(name)

    def test_off(self, lab, pki, server, client):
        configure(server, certificate=False)
        with pytest.raises(Exception):
            with self.connect(lab, server, pki, client) as wsman, WinRS(wsman) as shell:
                run(shell, "id")
        assert "Request CERT" not in curl(server, "https", "--verbose", roots=pki.roots).stderr
        configure(server, certificate=True)
        assert "Request CERT" in curl(server, "https", "--verbose", roots=pki.roots).stderr

    def test_mapping_made_with_a_password(self, lab, pki, server, client):
        """`winrm create` asks the running service, which verifies the password and forgets it."""
        configure(server, certificate=True)
        made = pki.client("created", "created@elsewhere")
        shown = ["--cert", str(made.file), "--key", str(made.key), "-H", "Authorization: " + MUTUAL]
        assert curl(server, "https", *shown, roots=pki.roots, body=IDENTIFY).stdout.endswith("401")
        resource = "winrm/config/service/certmapping?Issuer=%s+Subject=created@elsewhere+URI=*" % pki.intermediate.thumbprint
        wrong = hosts.new_password("wrong")
        answers = [server.winrm("create", resource, '@{UserName="%s";Password="%s"}' % (lab.user, wrong), check=False)]
        assert answers[0].returncode != 0 and "80338154" in answers[0].out + answers[0].err
        assert curl(server, "https", *shown, roots=pki.roots, body=IDENTIFY).stdout.endswith("401")
        answers.append(server.winrm("create", resource, '@{UserName="%s";Password="%s"}' % (lab.user, lab.password)))
        answers.append(server.winrm("get", resource))
        answers.append(server.winrm("enumerate", "winrm/config/service/certmapping"))
        assert lab.user in answers[-1].out and "created@elsewhere" in answers[-1].out
        assert processes.eventually(lambda: identified(curl(server, "https", *shown, roots=pki.roots, body=IDENTIFY)), 15), server.log()
        texts = [answer.out + answer.err for answer in answers] + [server.log()]
        texts += [file.read_text(errors="replace") for file in server.root.rglob("*") if file.is_file()]
        for text in texts:
            assert lab.password not in text and wrong not in text
        server.winrm("delete", resource)
        assert processes.eventually(
            lambda: curl(server, "https", *shown, roots=pki.roots, body=IDENTIFY).stdout.endswith("401"), 15
        ), server.log()


def test_nothing_secret_is_in_the_log(lab, server):
    log = server.log()
    assert "scheme=Basic" in log and "scheme=Certificate" in log
    assert lab.password not in log
    for encoding in ("utf-8", "latin-1"):
        assert base64.b64encode(("%s:%s" % (lab.user, lab.password)).encode(encoding)).decode() not in log
