"""Who is refused, by whom, and that each refusal has its own words, soon."""

import contextlib
import re
import socket
import threading

import pytest

SHARE = "smbclient -N --use-kerberos=required //hop2.lab.example/secret -c ls"
REPORT = 'printf "%s\\n" "$WINRM_ACCOUNT|$WINRM_MECHANISM|$WINRM_CREDENTIALS"'
# A call to Kerberos may take five seconds; the rest of a run is start and end of the program.
SOON = 5.5


def test_4_bob_logs_on_and_the_share_refuses_him(domain):
    done = domain.winrs(domain.client_host, domain.hop1, REPORT, user="bob")
    assert (done.returncode, done.out.strip()) == (0, "LAB\\bob|Kerberos|ticket+agent"), done.err
    done = domain.winrs(domain.client_host, domain.hop1, SHARE, user="bob")
    assert done.returncode != 0 and "NT_STATUS_ACCESS_DENIED" in done.out + done.err
    assert "secret.txt" not in done.out


@pytest.mark.parametrize("method", ["CredSSP", "Negotiate", "Kerberos"])
def test_4_dave_is_who_he_says_and_not_authorised(domain, method):
    mark = len(domain.hop1.log())
    done = domain.winrs(domain.client_host, domain.hop1, "id", user="dave", method=method)
    assert done.returncode != 0 and done.out == ""
    assert "0x00000005" in done.err or "denied" in done.err.lower(), done.err
    assert "password" not in done.err.lower().split("winrs:")[0], "his password is right"
    log = domain.hop1.messages(mark).lower()
    assert "dave" in log and ("allowed" in log or "authori" in log), log
    assert done.seconds < SOON


def test_4_carol_is_refused_by_name_with_ntlm_inside(domain, ntlm_only):
    done = domain.winrs(ntlm_only, domain.hop1, "id", user="carol")
    assert done.returncode != 0 and done.out == ""
    assert "ACCOUNT_RESTRICTION" in done.err and "0xC000006E" in done.err, done.err
    assert done.seconds < SOON


def test_4_the_service_takes_no_password_of_carol_with_kerberos_inside(domain):
    mark = len(domain.hop1.log())
    done = domain.winrs(domain.client_host, domain.hop1, "id", user="carol")
    assert done.returncode != 0 and done.out == ""
    assert "ACCOUNT_RESTRICTION" in done.err and "0xC000006E" in done.err, done.err
    assert "protected users" in domain.hop1.messages(mark).lower()
    assert done.seconds < SOON


@pytest.mark.parametrize("method", ["Negotiate", "Kerberos"])
def test_4_carol_has_a_first_hop_without_delegation(domain, method):
    done = domain.winrs(domain.client_host, domain.hop1, REPORT, user="carol", method=method)
    assert (done.returncode, done.out.strip()) == (0, "LAB\\carol|Kerberos|none"), done.err


@pytest.mark.parametrize("method", ["CredSSP", "Negotiate", "Kerberos"])
def test_4_expired_password_has_its_own_error(domain, method):
    done = domain.winrs(domain.client_host, domain.hop1, "id", user="erin", method=method)
    assert done.returncode != 0 and done.out == ""
    assert "change" in done.err.lower() and "password" in done.err.lower(), done.err
    assert done.seconds < SOON


def test_4_expired_password_has_its_own_error_with_ntlm_inside(domain, ntlm_only):
    done = domain.winrs(ntlm_only, domain.hop1, "id", user="erin")
    assert done.returncode != 0 and "0xC0000224" in done.err, done.err


# Wrong password, unknown user, closed and silent KDC: each its own words.


@contextlib.contextmanager
def silent_server():
    """An address that takes everything, by UDP and TCP, and never answers."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    port = udp.getsockname()[1]
    tcp = socket.create_server(("127.0.0.1", port))
    taken = []

    def accept():
        with contextlib.suppress(OSError):
            while True:
                taken.append(tcp.accept()[0])

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield "127.0.0.1:%d" % port
    finally:
        tcp.shutdown(socket.SHUT_RDWR)
        tcp.close()
        udp.close()
        for connection in taken:
            connection.close()


@pytest.fixture(scope="module")
def silent_kdc(domain):
    with silent_server() as address:
        yield domain.kerberos_with_kdc("silent.conf", address)


@pytest.fixture(scope="module")
def errors(domain, closed_kdc, silent_kdc):
    """What winrs says, per trouble and method."""
    cases = {
        "wrong password": dict(client=domain.client_host, user="alice", password="not-hers-%d"),
        "unknown user": dict(client=domain.client_host, user="nobody-of-that-name", password="any"),
        "closed KDC": dict(client=domain.client("client-closed", delegate="*.lab.example", kerberos=closed_kdc), user="alice"),
        "silent KDC": dict(client=domain.client("client-silent", delegate="*.lab.example", kerberos=silent_kdc), user="alice"),
    }
    said = {}
    for trouble, case in cases.items():
        for method in ("CredSSP", "Negotiate", "Kerberos"):
            said[trouble, method] = domain.winrs(
                case["client"], domain.hop1, "id", method=method, user=case["user"], password=case.get("password")
            )
    return said


WORDS = {
    "wrong password": "the password of alice is wrong",
    "unknown user": "no such user",
    "closed KDC": "no domain controller of (the realm )?LAB.EXAMPLE can be reached",
    "silent KDC": "(gave no answer within|answered in time)",
}


@pytest.mark.parametrize("method", ["CredSSP", "Negotiate", "Kerberos"])
@pytest.mark.parametrize("trouble", WORDS)
def test_4_each_trouble_has_its_own_error_within_five_seconds(errors, trouble, method):
    done = errors[trouble, method]
    assert done.returncode != 0 and done.out == ""
    assert re.search(WORDS[trouble], done.err), done.err
    assert done.seconds < SOON, done.err


@pytest.mark.parametrize("method", ["CredSSP", "Negotiate", "Kerberos"])
def test_4_no_two_troubles_look_alike(errors, method):
    texts = {trouble: errors[trouble, method].err.strip() for trouble in WORDS}
    assert len(set(texts.values())) == len(texts), texts


def test_4_without_a_kdc_credssp_stops_at_the_policy_and_negotiate_at_trusted_hosts(errors):
    for trouble in ("closed KDC", "silent KDC"):
        assert "0x803381A4" in errors[trouble, "CredSSP"].err
        assert "0x803380E4" in errors[trouble, "Negotiate"].err


@pytest.mark.parametrize("user,password", [("alice", "not-hers"), ("nobody-of-that-name", "any")])
def test_4_with_ntlm_unknown_user_and_wrong_password_look_alike(domain, ntlm_only, user, password):
    for method in ("CredSSP", "Negotiate"):
        done = domain.winrs(ntlm_only, domain.hop1, "id", user=user, password=password, method=method)
        assert done.returncode != 0 and done.out == ""
        assert "nobody-of-that-name" not in domain.directory.password("alice")
        if method == "CredSSP":
            assert "0xC000006D" in done.err, done.err
        assert done.seconds < SOON


def test_a_disabled_account_is_refused(domain, ntlm_only):
    domain.directory.run("dc", "samba-tool", "user", "disable", "bob")
    try:
        for client, method in ((domain.client_host, "CredSSP"), (domain.client_host, "Kerberos"), (ntlm_only, "CredSSP")):
            done = domain.winrs(client, domain.hop1, "id", user="bob", method=method)
            assert done.returncode != 0 and done.out == "", done.out
        assert domain.winrs(domain.client_host, domain.hop1, "id", user="alice").returncode == 0
    finally:
        domain.directory.run("dc", "samba-tool", "user", "enable", "bob")


# Authorisation.


@pytest.mark.parametrize("groups", ["winrm-users@lab.example", "lab\\WinRM-Users", "winrm-users"])
def test_a_group_of_the_domain_may_be_named_in_each_form(domain, groups):
    with domain.own_service("hop1", "hop1-group", groups=groups) as service:
        assert domain.winrs(domain.client_host, service, "id", method="Kerberos").returncode == 0
        assert domain.winrs(domain.client_host, service, "id", method="Kerberos", user="dave").returncode != 0


@pytest.mark.parametrize("accounts", ["LAB\\dave", "dave@lab.example"])
def test_an_account_of_the_domain_may_be_named_in_each_form(domain, accounts):
    with domain.own_service("hop1", "hop1-account", groups="", accounts=accounts) as service:
        assert domain.winrs(domain.client_host, service, "id", method="Kerberos", user="dave").returncode == 0
        assert domain.winrs(domain.client_host, service, "id", method="Kerberos", user="alice").returncode != 0


def test_dave_may_not_be_delegated_by_ticket_but_by_password(domain):
    """"Sensitive and cannot be delegated" is about tickets: as on Windows, CredSSP carries his password all the same."""
    with domain.own_service("hop1", "hop1-sensitive", groups="", accounts="LAB\\dave") as service:
        done = domain.winrs(domain.client_host, service, REPORT, user="dave")
        assert (done.returncode, done.out.strip()) == (0, "LAB\\dave|Kerberos|ticket+agent"), done.err


# PAM: the account phase.


def test_pam_refuses_an_expired_local_account(domain):
    password = "a password of walter's"
    with domain.own_service("hop1", "hop1-expired", account=("walter", password, "walter")) as service:
        client = domain.client("client-expired", delegate="*.lab.example", ntlm_only=True)
        run = lambda: domain.winrs(client, service, "id -un", user="walter", password=password)  # noqa: E731
        assert run().out.strip() == "walter"
        domain.directory.run("hop1", "chage", "--expiredate", "2020-01-01", "walter")
        try:
            mark = len(service.log())
            done = run()
            assert done.returncode != 0 and done.out == ""
            assert "expired" in service.messages(mark).lower()
            assert "0xC0000193" in done.err or "expired" in done.err.lower(), done.err
        finally:
            domain.directory.run("hop1", "chage", "--expiredate", "-1", "walter")
        assert run().out.strip() == "walter"


def test_pam_has_a_say_about_users_of_the_domain(domain):
    rules = domain.directory.state / "hop1/etc/pam.d/winrmd"
    before = rules.read_text() if rules.exists() else None
    rules.write_text("account required pam_deny.so\n")
    try:
        mark = len(domain.hop1.log())
        done = domain.winrs(domain.client_host, domain.hop1, "id", method="Kerberos")
        assert done.returncode != 0 and done.out == ""
        assert "pam" in domain.hop1.messages(mark).lower()
    finally:
        rules.write_text(before) if before is not None else rules.unlink()
    assert domain.winrs(domain.client_host, domain.hop1, "id", method="Kerberos").returncode == 0


def test_while_winbind_is_away_no_user_of_the_domain_becomes_a_local_one(domain):
    """By Kerberos' own rules `walter` of the default realm is the `walter` of /etc/passwd, who may use this service."""
    run = domain.directory.run
    password = "W4lter-Pw!lab"
    run("dc", "samba-tool", "user", "create", "walter", password)
    plain = domain.kerberos_file(
        "hop1-plain.conf", lambda text: "".join(line for line in text.splitlines(True) if "RULE:" not in line), of="hop1"
    )
    run("hop1", "mv", "/run/samba/winbindd", "/run/samba/winbindd.away")
    try:
        with domain.own_service("hop1", "hop1-no-winbind", groups="walter", kerberos=plain) as service:
            for method in ("Kerberos", "CredSSP"):
                done = domain.winrs(domain.client_host, service, "id -un", user="walter", password=password, method=method)
                assert done.returncode != 0 and done.out == "", done.out
            assert "winbind does not answer" in service.log()
    finally:
        run("hop1", "mv", "/run/samba/winbindd.away", "/run/samba/winbindd")
        run("dc", "samba-tool", "user", "delete", "walter")
