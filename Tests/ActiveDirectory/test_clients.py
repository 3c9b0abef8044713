"""5. pypsrp and pywinrm, which know nothing of this project, against winrmd in the domain: every mechanism, over HTTP and HTTPS."""

import pytest
import winrm
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

REPORT = 'printf "%s\\n" "$WINRM_ACCOUNT|$WINRM_MECHANISM|$WINRM_CREDENTIALS"'
SHARE = "smbclient -N --use-kerberos=required //hop2.lab.example/secret -c ls"
LOCAL_PASSWORD = "a password of walter's"
SCHEMES = ["http", "https"]


@pytest.fixture(scope="module")
def service(domain):
    """A service with a local account beside those of the domain."""
    with domain.own_service("hop1", "hop1-clients", https=True, account=("walter", LOCAL_PASSWORD, "walter")) as service:
        yield service


@pytest.fixture
def alice_has_tickets(domain, monkeypatch):
    with domain.tickets("alice", name="clients") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield


def pypsrp(domain, service, scheme, auth, user="alice@LAB.EXAMPLE", password=None, **options):
    return WSMan(
        options.pop("host", service.domain_name),
        port=service.https_port if scheme == "https" else service.port,
        ssl=scheme == "https",
        cert_validation=domain.directory["CA"] if scheme == "https" else False,
        auth=auth,
        encryption=options.pop("encryption", "auto" if scheme == "https" else "always"),
        username=user,
        password=domain.directory.password("alice") if password is None else password,
        **options,
    )


def run(wsman, command):
    with wsman, WinRS(wsman) as shell:
        process = Process(shell, command, [])
        process.invoke()
        process.signal(SignalCode.TERMINATE)
    assert process.rc == 0, process.stderr
    return process.stdout.decode().strip()


@pytest.mark.parametrize("scheme", SCHEMES)
class TestPypsrp:
    @pytest.mark.parametrize("name", ["HTTP", "WSMAN", "HOST"])
    @pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
    def test_5_kerberos(self, domain, service, scheme, auth, name):
        assert run(pypsrp(domain, service, scheme, auth, negotiate_service=name), REPORT) == "LAB\\alice|Kerberos|none"

    def test_5_tickets_of_the_caller(self, domain, service, scheme, alice_has_tickets):
        assert run(pypsrp(domain, service, scheme, "kerberos", user=None, password=""), REPORT) == "LAB\\alice|Kerberos|none"

    @pytest.mark.parametrize("user", ["LAB\\alice", "alice@lab.example", "alice"])
    def test_5_ntlm(self, domain, service, scheme, user):
        assert run(pypsrp(domain, service, scheme, "ntlm", user=user), REPORT) == "LAB\\alice|NTLM|none"

    def test_5_negotiate_falls_back_to_ntlm_for_an_address(self, domain, service, scheme):
        wsman = pypsrp(domain, service, scheme, "negotiate", user="LAB\\alice", host=domain.directory["HOP1_IP"])
        assert run(wsman, REPORT) == "LAB\\alice|NTLM|none"

    @pytest.mark.parametrize("mechanism,seen", [("kerberos", "Kerberos"), ("ntlm", "NTLM"), ("auto", "Kerberos")])
    def test_5_credssp(self, domain, service, scheme, mechanism, seen):
        wsman = pypsrp(domain, service, scheme, "credssp", credssp_auth_mechanism=mechanism)
        assert run(wsman, REPORT) == "LAB\\alice|%s|ticket+agent" % seen

    def test_5_credssp_reaches_the_share(self, domain, service, scheme):
        assert "secret.txt" in run(pypsrp(domain, service, scheme, "credssp"), SHARE)

    def test_5_a_delegated_ticket_reaches_the_share(self, domain, service, scheme):
        """pypsrp forwards its ticket whether or not the host is trusted for it."""
        wsman = pypsrp(domain, service, scheme, "kerberos", negotiate_delegate=True)
        assert run(wsman, REPORT) == "LAB\\alice|Kerberos|ticket"
        assert "secret.txt" in run(pypsrp(domain, service, scheme, "kerberos", negotiate_delegate=True), SHARE)

    @pytest.mark.parametrize("auth", ["ntlm", "negotiate", "credssp"])
    def test_5_a_local_account(self, domain, service, scheme, auth):
        wsman = pypsrp(domain, service, scheme, auth, user="HOP1\\walter", password=LOCAL_PASSWORD)
        assert run(wsman, REPORT).startswith("HOP1\\walter|NTLM|")

    @pytest.mark.parametrize("auth", ["kerberos", "negotiate", "ntlm", "credssp"])
    def test_5_a_large_answer(self, domain, service, scheme, auth):
        assert run(pypsrp(domain, service, scheme, auth), "head -c 1500000 /dev/zero | tr '\\0' x") == "x" * 1500000

    @pytest.mark.parametrize("auth", ["kerberos", "negotiate", "ntlm", "credssp"])
    def test_5_a_wrong_password(self, domain, service, scheme, auth):
        with pytest.raises(Exception) as raised:
            run(pypsrp(domain, service, scheme, auth, password="not-hers"), REPORT)
        assert domain.directory.password("alice") not in str(raised.value)


@pytest.mark.parametrize("auth", ["kerberos", "negotiate", "ntlm", "credssp"])
def test_5_without_encryption_over_http_it_is_refused(domain, service, auth):
    with pytest.raises(Exception):
        run(pypsrp(domain, service, "http", auth, encryption="never"), REPORT)


@pytest.mark.parametrize("scheme", SCHEMES)
class TestPywinrm:
    def session(self, domain, service, scheme, transport, user="alice@LAB.EXAMPLE", password=None, **options):
        return winrm.Session(
            service.endpoint_of(scheme) + "/wsman",
            auth=(user, password or domain.directory.password("alice")),
            transport=transport,
            message_encryption="auto" if scheme == "https" else "always",
            server_cert_validation="validate" if scheme == "https" else "ignore",
            ca_trust_path=domain.directory["CA"] if scheme == "https" else "legacy_requests",
            read_timeout_sec=60,
            operation_timeout_sec=30,
            **options,
        )

    def run(self, session, command):
        done = session.run_cmd(command)
        assert done.status_code == 0, done.std_err
        return done.std_out.decode().strip()

    def test_5_kerberos(self, domain, service, scheme, alice_has_tickets):
        assert self.run(self.session(domain, service, scheme, "kerberos"), REPORT) == "LAB\\alice|Kerberos|none"

    def test_5_kerberos_with_delegation(self, domain, service, scheme, alice_has_tickets):
        session = self.session(domain, service, scheme, "kerberos", kerberos_delegation=True)
        assert self.run(session, REPORT) == "LAB\\alice|Kerberos|ticket"
        assert "secret.txt" in self.run(self.session(domain, service, scheme, "kerberos", kerberos_delegation=True), SHARE)

    def test_5_ntlm(self, domain, service, scheme):
        assert self.run(self.session(domain, service, scheme, "ntlm", user="LAB\\alice"), REPORT) == "LAB\\alice|NTLM|none"

    def test_5_credssp(self, domain, service, scheme):
        session = self.session(domain, service, scheme, "credssp")
        assert self.run(session, REPORT) in ("LAB\\alice|Kerberos|ticket+agent", "LAB\\alice|NTLM|ticket+agent")
        assert "secret.txt" in self.run(self.session(domain, service, scheme, "credssp"), SHARE)

    @pytest.mark.parametrize("transport", ["ntlm", "credssp"])
    def test_5_a_local_account(self, domain, service, scheme, transport):
        session = self.session(domain, service, scheme, transport, user="HOP1\\walter", password=LOCAL_PASSWORD)
        assert self.run(session, REPORT).startswith("HOP1\\walter|NTLM|")
