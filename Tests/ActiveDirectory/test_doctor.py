"""The doctor in a real domain: what a domain alone can break, named link by link."""

import subprocess

import pytest
from winrmtest import doctor

SECRET = "//hop2.lab.example/secret"


def examine(domain, target=None, *extra, client=None, user="alice", method="CredSSP", password=None, **options):
    return doctor.run(
        domain, client or domain.client_host, target or domain.hop1, *extra, user=user, method=method, password=password, **options
    )


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "second", ["hop2.lab.example", SECRET, "http://hop2.lab.example:5985", "http://hop2.lab.example", "https://hop2.lab.example"]
)
def test_a_whole_chain(domain, scheme, second):
    report = examine(domain, domain.hop1.endpoint_of(scheme), "-secondhop:" + second)
    doctor.assert_whole(report)
    assert "alice@LAB.EXAMPLE" in report.evidence("domain.kdc")
    assert "by Kerberos as WSMAN/hop1.lab.example" in report.evidence("server.proof")
    assert "AllowFreshCredentials" in report.evidence("server.proof")
    assert "alice@LAB.EXAMPLE until 20" in report.evidence("secondhop.ticket")
    assert ("network.certificate" in report.checks) == (scheme == "https")


@pytest.mark.parametrize("method", ["Kerberos", "Negotiate"])
def test_a_whole_first_hop_without_delegation(domain, method):
    report = examine(domain, method=method)
    doctor.assert_whole(report)
    assert "Kerberos" in report.evidence("server.mechanism")


# The domain


@pytest.mark.parametrize("method", ["CredSSP", "Kerberos", "Negotiate"])
def test_no_kdc_answers(domain, closed_kdc, method):
    client = domain.client("doctor-closed-" + method, delegate="*.lab.example", kerberos=closed_kdc)
    report = examine(domain, client=client, method=method)
    doctor.assert_broken(report, "domain.kdc", "LAB.EXAMPLE")
    assert "dig SRV _kerberos._udp.LAB.EXAMPLE" in report.checks["domain.kdc"]["remedy"]
    assert report.state("server.logon") == "unknown" and report.state("server.schemes") == "pass"


def test_a_kdc_that_is_not_needed_is_not_blamed(domain, ntlm_only):
    report = examine(domain, client=ntlm_only)
    doctor.assert_whole(report)
    assert "NTLM; Kerberos is not used" in report.evidence("server.mechanism")


@pytest.mark.parametrize("method", ["CredSSP", "Kerberos"])
def test_the_domain_does_not_know_the_service(domain, method):
    """An alias leads to hop2, and nobody registered it as a service."""
    report = examine(domain, "http://forged.lab.example:5985", method=method)
    doctor.assert_broken(report, "domain.servicename", "forged.lab.example")
    assert report.state("domain.kdc") == "pass" and report.state("server.logon") == "unknown"


@pytest.fixture(scope="module")
def shifted_clock(domain):
    """A library that moves this machine's clock by an hour, for the programs that load it."""
    source, library = domain.root / "clock.c", domain.root / "clock.so"
    source.write_text(
        """
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t clock, struct timespec *now) {
          int code = syscall(SYS_clock_gettime, clock, now);
          if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += 3600;
          return code;
        }
        int gettimeofday(struct timeval *now, void *zone) {
          struct timespec precise;
          clock_gettime(CLOCK_REALTIME, &precise);
          now->tv_sec = precise.tv_sec;
          now->tv_usec = precise.tv_nsec / 1000;
          return 0;
        }
        time_t time(time_t *now) {
          struct timespec precise;
          clock_gettime(CLOCK_REALTIME, &precise);
          if (now) *now = precise.tv_sec;
          return precise.tv_sec;
        }
        """
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", library, source], check=True)
    library.chmod(0o755)
    return {"LD_PRELOAD": str(library)}


@pytest.mark.parametrize("method", ["CredSSP", "Kerberos", "Negotiate"])
def test_this_clock_is_an_hour_ahead_and_the_library_makes_up_for_it(domain, shifted_clock, method):
    """Kerberos' library takes the time from the KDC (kdc_timesync), so that real commands work: nothing is broken."""
    client = domain.client("doctor-clock-" + method, delegate="*.lab.example", extra=shifted_clock)
    done = domain.winrs(client, domain.hop1, "hostname", method=method, user="alice")
    assert done.returncode == 0, done.err
    report = examine(domain, client=client, method=method)
    doctor.assert_whole(report)
    assert "60 minutes behind" in report.evidence("server.clock") and "all the same" in report.evidence("server.clock")
    assert report.evidence("server.mechanism") == "Kerberos"


@pytest.mark.parametrize("method", ["CredSSP", "Kerberos", "Negotiate"])
def test_the_clock_of_the_server_is_an_hour_ahead(domain, shifted_clock, method):
    with domain.own_service("hop1", "doctor-clock", start=False, extra=shifted_clock) as service:
        service.start()
        report = examine(domain, service, method=method)
        doctor.assert_broken(report, "server.clock", "60 minutes ahead", code="0x80090324")
        assert report.state("domain.kdc") == report.state("domain.servicename") == "pass"
        assert report.state("server.logon") == "unknown"


def test_a_clock_is_not_blamed_where_only_ntlm_is_possible(domain, shifted_clock, closed_kdc):
    client = domain.client(
        "doctor-clock-ntlm", delegate="hop1.lab.example", ntlm_only=True, kerberos=closed_kdc, extra=shifted_clock
    )
    report = examine(domain, client=client)
    doctor.assert_whole(report)
    assert "60 minutes behind" in report.evidence("server.clock")
    report = examine(domain, client=client, password="not-hers")
    doctor.assert_broken(report, "server.logon")
    assert report.state("server.clock") == "unknown"


# The user


def test_wrong_password(domain):
    doctor.assert_broken(examine(domain, password="not-hers"), "server.logon", "password of alice is wrong")


def test_unknown_user(domain):
    report = examine(domain, user="nobody-of-that-name@lab.example", password="any")
    doctor.assert_broken(report, "server.logon", "no such user")


def test_expired_password(domain):
    doctor.assert_broken(examine(domain, user="erin"), "server.logon", "chang")


def test_protected_users_have_no_delegation(domain):
    report = examine(domain, user="carol")
    doctor.assert_broken(report, "server.logon", "Protected Users", code="0x52F")
    doctor.assert_whole(examine(domain, user="carol", method="Kerberos"))


@pytest.fixture
def trusted(domain):
    """A service on hop1 that admits dave, too, while the domain trusts hop1 for delegation."""
    domain.directory.run("dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "on")
    try:
        with domain.own_service("hop1", "doctor-trusted", accounts="LAB\\dave") as service:
            service.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
            yield service
    finally:
        domain.directory.run("dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "off")


@pytest.mark.parametrize("method", ["Kerberos", "Negotiate"])
def test_a_forwarded_ticket_opens_the_second_hop(domain, trusted, method):
    report = examine(domain, trusted, "-allowdelegate", "-secondhop:" + SECRET, method=method)
    doctor.assert_whole(report)
    assert "a ticket was forwarded" in report.evidence("server.logon")
    assert report.evidence("secondhop.credentials") == "ticket of LAB\\alice"
    assert "alice@LAB.EXAMPLE until 20" in report.evidence("secondhop.ticket")
    # Nobody asked for it.
    report = examine(domain, trusted, "-secondhop:" + SECRET, method=method)
    doctor.assert_broken(report, "secondhop.credentials", method)
    assert "-allowdelegate" in report.checks["secondhop.credentials"]["remedy"]


def test_the_tickets_of_kinit_are_forwarded(domain, trusted):
    for option, text in ("-f", None), ("-F", "not forwardable"):
        with domain.tickets("alice", option, name="doctor-kinit") as environment:
            report = doctor.run(
                domain, domain.client_host, trusted, "-ad", "-secondhop:" + SECRET, method="Kerberos", user=None, extra=environment
            )
        if text is None:
            doctor.assert_whole(report)
        else:
            doctor.assert_broken(report, "secondhop.credentials", text)
            assert "kinit -f" in report.checks["secondhop.credentials"]["remedy"]


def test_a_first_hop_that_the_domain_does_not_trust_gets_no_ticket(domain):
    report = examine(domain, None, "-ad", "-secondhop:" + SECRET, method="Kerberos")
    doctor.assert_broken(report, "secondhop.credentials", "does not trust", "for delegation")
    assert "-authentication:CredSSP" in report.checks["secondhop.credentials"]["remedy"]


def test_a_password_without_a_method_goes_by_credssp(domain):
    report = examine(domain, None, "-ad", "-secondhop:hop2.lab.example", method=None)
    doctor.assert_whole(report)
    assert report.document["authentication"] == "CredSSP"


def test_a_sensitive_account_gets_no_forwarded_ticket(domain, trusted):
    """dave may not be delegated by ticket, where alice is: that is his account's doing, and no other's."""
    report = examine(domain, trusted, "-ad", "-secondhop:hop2.lab.example", user="dave", method="Kerberos")
    doctor.assert_broken(report, "secondhop.credentials", "not forwardable", "may not be delegated")
    doctor.assert_whole(examine(domain, trusted, "-ad", "-secondhop:hop2.lab.example", method="Kerberos"))


def test_a_user_who_is_not_allowed(domain):
    report = examine(domain, user="dave")
    doctor.assert_broken(report, "server.shell", "Access is denied", code="0x5")
    assert report.state("server.logon") == "pass"


def test_remote_access_is_off(domain):
    with domain.own_service("hop1", "doctor-remote", start=False) as service:
        service.set_service(AllowRemoteAccess="false")
        service.start()
        report = examine(domain, service)
        doctor.assert_broken(report, "server.shell", "AllowRemoteAccess is false", code="0x803381DD")
        assert report.state("server.logon") == "pass"


# The second hop


def test_second_hop_does_not_listen(domain):
    report = examine(domain, None, "-secondhop:hop2.lab.example:9")
    doctor.assert_broken(report, "secondhop.port", "refused")
    assert report.state("secondhop.ticket") == "pass"


def test_second_hop_is_unknown(domain):
    doctor.assert_broken(examine(domain, None, "-secondhop:hop9.lab.example"), "secondhop.name")


def test_the_share_refuses_the_user(domain):
    report = examine(domain, None, "-secondhop:" + SECRET, user="bob")
    doctor.assert_broken(report, "secondhop.access", "NT_STATUS_ACCESS_DENIED")


@pytest.mark.parametrize("method", ["Kerberos", "Negotiate"])
def test_no_credentials_on_the_first_hop(domain, method):
    report = examine(domain, None, "-secondhop:hop2.lab.example", method=method)
    doctor.assert_broken(report, "secondhop.credentials", method)
    assert report.state("secondhop.port") == "pass"


def test_no_ticket_on_the_first_hop(domain, ntlm_only):
    closed = domain.kerberos_with_kdc("doctor-hop1-closed.conf", "127.0.0.1:9", of="hop1")
    with domain.own_service("hop1", "doctor-no-kdc", kerberos=closed) as service:
        service.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
        report = examine(domain, service, "-secondhop:http://hop2.lab.example:5985", client=ntlm_only)
        doctor.assert_broken(report, "secondhop.ticket", "the first hop got no ticket")
        assert report.state("secondhop.access") == "pass", "the agent goes on by NTLM"


@pytest.mark.parametrize("method", ["Kerberos", "Negotiate", "CredSSP"])
def test_the_service_cannot_ask_its_domain(domain, method):
    """Nobody says that the ticket, its keys or the password were wrong."""
    with domain.hanging_winbind("hop1"):
        report = examine(domain, method=method)
    doctor.assert_broken(report, "server.logon", "STATUS_NO_LOGON_SERVERS" if method == "CredSSP" else "HTTP 503")
    remedy = report.checks["server.logon"]["remedy"]
    assert "winrm doctor" in remedy or "winbindd" in remedy
    assert "keytab" not in remedy
