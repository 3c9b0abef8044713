"""The far half of a chain in a real domain: tickets, keytabs and file servers."""

import contextlib
import pathlib

import pytest
from winrmtest import doctor, processes

SECRET = "//hop2.lab.example/secret"
HOP2 = "http://hop2.lab.example:5985"


def examine(domain, second, target=None, client=None, user="alice", method="CredSSP", password=None):
    return doctor.run(
        domain, client or domain.client_host, target or domain.hop1, "-secondhop:" + second, user=user, method=method, password=password
    )


@contextlib.contextmanager
def changed(host, there, back):
    """Settings of a running service for the time of a block."""
    mark = len(host.log())
    host.set_service(**there)
    assert processes.eventually(lambda: "settings changed" in host.log()[mark:], 10)
    try:
        yield
    finally:
        mark = len(host.log())
        host.set_service(**back)
        assert processes.eventually(lambda: "settings changed" in host.log()[mark:], 10)


def keytab(domain, of):
    """A copy of a host's keytab, for a service that should have another one."""
    path = domain.root / ("keytab-of-" + of)
    path.write_bytes(pathlib.Path(domain.directory[of.upper() + "_KEYTAB"]).read_bytes())
    path.chmod(0o600)
    return path


# The WinRM service of the second hop


@pytest.mark.parametrize("second", [HOP2, "https://hop2.lab.example:5986"])
def test_a_command_is_run_there(domain, second):
    report = examine(domain, second)
    doctor.assert_whole(report)
    assert "ran a command" in report.evidence("secondhop.access")


def test_who_is_not_admitted_there_is_refused_after_his_logon(domain):
    with changed(domain.hop2, {"AllowedGroups": ""}, {"AllowedGroups": "LAB\\winrm-users"}):
        report = examine(domain, HOP2)
    doctor.assert_broken(report, "secondhop.access", "knows the user", "Access is denied", code="0x5")
    assert "on hop2.lab.example" in report.checks["secondhop.access"]["remedy"]


def test_the_first_hop_trusts_no_address(domain):
    report = examine(domain, "http://%s:5985" % domain.directory["HOP2_IP"])
    doctor.assert_broken(report, "secondhop.client", "TrustedHosts", code="0x803381BB")
    remedy = report.checks["secondhop.client"]["remedy"]
    assert "on the first hop, hop1.lab.example" in remedy and "as the domain knows it" in remedy
    assert report.state("secondhop.access") == "unknown"


def test_the_service_of_the_second_hop_has_other_keys(domain):
    with changed(domain.hop2, {"KeytabFile": keytab(domain, "hop1")}, {"KeytabFile": ""}):
        report = examine(domain, HOP2)
    doctor.assert_broken(report, "secondhop.access", "does not accept who the user is", "ticket", code="0x52E")
    remedy = report.checks["secondhop.access"]["remedy"]
    assert remedy.startswith("Is the machine really hop2.lab.example (on the first hop: getent hosts hop2.lab.example)?")
    assert "On hop2.lab.example, as root: winrm doctor" in remedy and "KeytabFile" in remedy and "net ads keytab" in remedy
    assert "winrm account add" not in remedy and "kvno WSMAN/hop2.lab.example" in remedy


@pytest.mark.parametrize("user", ["alice", "bob"])
def test_the_second_hop_cannot_ask_its_domain(domain, user):
    """It can be reached, and nothing is wrong with the credentials, its keys or its accounts."""
    with domain.hanging_winbind("hop2"):
        report = examine(domain, HOP2, user=user)
    doctor.assert_broken(report, "secondhop.access", "HTTP 503", code="0x80338112")
    assert report.state("secondhop.port") == "pass"
    remedy = report.checks["secondhop.access"]["remedy"]
    assert "On hop2.lab.example, as root: winrm doctor" in remedy
    for word in ("keytab", "account add", "Listener"):
        assert word not in remedy


@pytest.fixture(scope="module")
def walter(domain):
    """A service on hop1 with an account of its own, whose session has an agent and no ticket; and a client that goes there by NTLM."""
    account = ("walter", domain.directory.password("local"), "walter")
    client = domain.client("doctor-walter", delegate="hop1.lab.example", ntlm_only=True)
    client.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
    with domain.own_service("hop1", "doctor-walter", account=account) as service:
        service.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
        yield lambda second: examine(
            domain, second, service, client=client, user="HOP1\\walter", password=domain.directory.password("local")
        )


def test_an_account_of_the_first_hop_alone_is_not_known_there(walter):
    report = walter(HOP2)
    doctor.assert_broken(report, "secondhop.access", "does not accept who the user is", code="0x52E")
    assert "winrm account add walter" in report.checks["secondhop.access"]["remedy"]


# Files


def test_a_share_that_is_not_there(domain):
    report = examine(domain, "//hop2.lab.example/nothing")
    doctor.assert_broken(report, "secondhop.access", "no share nothing", "NT_STATUS_BAD_NETWORK_NAME", code="0x43")


def test_a_share_that_refuses_the_user(domain):
    report = examine(domain, SECRET, user="bob")
    doctor.assert_broken(report, "secondhop.access", "refuses him the share secret", "NT_STATUS_ACCESS_DENIED", code="0x5")
    assert "smb.conf" in report.checks["secondhop.access"]["remedy"]


def test_a_file_server_in_no_domain(domain):
    """wg knows NTLM alone, and a ticket does not lead there."""
    report = examine(domain, "//wg.lab.example/secret")
    doctor.assert_broken(report, "secondhop.ticket", "cifs/wg.lab.example", "does not know", code="0x80090303")
    assert "NTLM alone" in report.checks["secondhop.ticket"]["remedy"]
    assert report.state("secondhop.access") == "unknown"


def test_a_host_without_a_file_server(domain):
    doctor.assert_broken(examine(domain, "//client.lab.example/secret"), "secondhop.port", "445: Connection refused")


def test_a_session_without_a_ticket_has_nothing_for_a_file_server(walter):
    report = walter(SECRET)
    doctor.assert_broken(report, "secondhop.ticket", "holds no ticket", "agent", code="0x8009030E")
    assert report.state("secondhop.port") == "pass"


def test_one_way_of_two_is_told_with_the_other(domain):
    report = examine(domain, "forged.lab.example")
    doctor.assert_whole(report)
    assert "not by files" in report.evidence("secondhop.access")


def test_nothing_is_left_on_the_first_hop(domain):
    with domain.own_service("hop1", "doctor-traces") as service:

        def files():
            return {path for path in service.root.rglob("*") if path.is_file() and path.suffix != ".log"}

        before = files()
        temporary = set(pathlib.Path("/tmp").iterdir())
        doctor.assert_whole(examine(domain, SECRET, service))
        assert processes.eventually(lambda: files() == before, 10), files() - before
        owned = [path for path in set(pathlib.Path("/tmp").iterdir()) - temporary if path.stat().st_uid >= 100_000]
        assert not owned, owned


# The first hop's own keys


@pytest.mark.parametrize("method", ["CredSSP", "Kerberos", "Negotiate"])
def test_the_service_has_keys_of_another_host(domain, method):
    with domain.own_service("hop1", "doctor-keys", start=False) as service:
        service.set_service(KeytabFile=keytab(domain, "hop2"))
        service.start()
        report = doctor.run(domain, domain.client_host, service, method=method)
    doctor.assert_broken(report, "server.logon", "took neither the ticket nor the password", code="0x52E")
    remedy = report.checks["server.logon"]["remedy"]
    assert remedy.startswith("Is %s really hop1.lab.example" % domain.directory["HOP1_IP"]), "what is quickly looked at comes first"
    assert "KeytabFile" in remedy and "net ads keytab" in remedy and "kvno WSMAN/hop1.lab.example" in remedy


@pytest.mark.parametrize("method", ["CredSSP", "Kerberos"])
def test_pam_refuses_the_user(domain, method):
    domain.directory.run("hop1", "sh", "-c", "cd /etc/pam.d && mv winrmd ../kept && echo 'account required pam_deny.so' > winrmd")
    try:
        report = doctor.run(domain, domain.client_host, domain.hop1, method=method)
    finally:
        domain.directory.run("hop1", "mv", "/etc/kept", "/etc/pam.d/winrmd")
    doctor.assert_broken(report, "server.logon", code="0x52F" if method == "CredSSP" else "0x52E")
    check = report.checks["server.logon"]
    assert "/etc/pam.d/winrmd" in check["remedy"] and "log" in check["remedy"], check
    # The status is the same for PAM and for Protected Users: neither is stated as a fact.
    assert method == "Kerberos" or "a rule of PAM there may refuse the account, or it may be a member of Protected Users" in check["evidence"]


@pytest.mark.parametrize("method", ["CredSSP", "Kerberos", "Negotiate"])
def test_pam_keeps_silent(domain, method):
    """The password and the ticket were right, which is not denied because somebody else does not answer."""
    slow = "account required pam_exec.so /bin/sleep 9"
    domain.directory.run("hop1", "sh", "-c", "cd /etc/pam.d && mv winrmd ../kept && echo '%s' > winrmd" % slow)
    mark = len(domain.hop1.log())
    try:
        report = doctor.run(domain, domain.client_host, domain.hop1, method=method)
        user = doctor.run(domain, domain.client_host, domain.hop1, method=method, password="wrong")
    finally:
        domain.directory.run("hop1", "mv", "/etc/kept", "/etc/pam.d/winrmd")
    doctor.assert_broken(report, "server.logon", "cannot take the logon now", "PAM", "HTTP 503", code="0x80338112")
    remedy = report.checks["server.logon"]["remedy"]
    assert "nothing says that the password is wrong" in remedy and "/etc/pam.d/winrmd" in remedy and "keytab" not in remedy
    assert "PAM gave no answer within 5.0 seconds" in domain.hop1.log()[mark:]
    assert user.failed and "503" not in str(user), "a wrong password is wrong whatever PAM does"


def test_a_server_outside_of_the_domain_with_an_account_of_the_same_name(domain):
    """NTLM goes there with alice's name and domain, whoever else is called alice."""
    with domain.own_service("wg", "doctor-outside", account=("alice", domain.directory.password("alice"), "walter")) as outside:
        with domain.own_service("hop1", "doctor-inside") as inside:
            inside.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
            report = examine(domain, "http://wg.lab.example:%d" % outside.port, inside)
    doctor.assert_broken(report, "secondhop.access", "does not accept who the user is", code="0x52E")
    remedy = report.checks["secondhop.access"]["remedy"]
    assert "join it to the domain" in remedy and "-u:'HOST\\USER'" in remedy and "winrm account add" not in remedy


@pytest.mark.parametrize("method", ["CredSSP", "Negotiate"])
def test_the_service_has_no_keytab(domain, method):
    with domain.own_service("hop1", "doctor-no-keytab", start=False) as service:
        service.set_service(KeytabFile="/nonexistent/krb5.keytab")
        service.start()
        report = doctor.run(domain, domain.client_host, service, method=method)
    doctor.assert_broken(report, "server.logon", "took neither the ticket nor the password", code="0x52E")
    assert "KeytabFile" in report.checks["server.logon"]["remedy"]


def test_without_a_keytab_kerberos_is_not_offered(domain):
    with domain.own_service("hop1", "doctor-no-offer", start=False) as service:
        service.set_service(KeytabFile="/nonexistent/krb5.keytab")
        service.start()
        report = doctor.run(domain, domain.client_host, service, method="Kerberos")
    doctor.assert_broken(report, "server.schemes", "and not Kerberos")
    assert "KeytabFile" in report.checks["server.schemes"]["remedy"]
