"""The main job: client -> hop1, and from there to the file share of hop2, or to its own service, as alice."""

import uuid

import pytest

SHARE = "smbclient -N --use-kerberos=required //hop2.lab.example/secret -c ls"
REPORT = 'printf "%s\\n" "$WINRM_ACCOUNT|$WINRM_MECHANISM|$WINRM_CREDENTIALS|$WINRM_TICKET_ERROR|$(id -un)"'
ALICE = "LAB\\alice"


def report(done):
    """What the session said about itself: account, mechanism, credentials, error of the ticket, Unix user."""
    assert done.returncode == 0, done.err
    return done.out.strip().split("|")


# 1. CredSSP with Kerberos inside, and the share.


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_1_credssp_reaches_the_share_as_alice(domain, scheme):
    done = domain.winrs(domain.client_host, domain.hop1.endpoint_of(scheme), SHARE)
    assert done.returncode == 0 and "secret.txt" in done.out, done.out + done.err


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_1_the_session_was_proven_by_kerberos_and_holds_a_ticket(domain, scheme):
    said = report(domain.winrs(domain.client_host, domain.hop1.endpoint_of(scheme), REPORT))
    assert said == [ALICE, "Kerberos", "ticket+agent", "", ALICE]


def test_1_a_file_written_on_the_share_belongs_to_alice(domain):
    name = "from-%s" % uuid.uuid4().hex
    put = "cd /tmp && smbclient -N --use-kerberos=required //hop2.lab.example/common -c 'put /etc/hostname %s'" % name
    done = domain.winrs(domain.client_host, domain.hop1, put)
    assert done.returncode == 0, done.out + done.err
    owner = domain.directory.run("hop2", "stat", "-c", "%U", domain.directory.state / "hop2/share/common" / name).out.strip()
    assert owner == ALICE


def test_1_the_process_has_the_groups_of_the_domain(domain):
    done = domain.winrs(domain.client_host, domain.hop1, "id -Gn; id -u", check=True)
    assert "LAB\\winrm-users" in done.out and "LAB\\domain users" in done.out
    assert done.out.split()[-1] == domain.directory.run("hop1", "id", "-u", ALICE).out.strip()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("method", ["Negotiate", "Kerberos"])
def test_1_without_credssp_the_second_hop_fails(domain, scheme, method):
    endpoint = domain.hop1.endpoint_of(scheme)
    assert report(domain.winrs(domain.client_host, endpoint, REPORT, method=method)) == [ALICE, "Kerberos", "none", "", ALICE]
    done = domain.winrs(domain.client_host, endpoint, SHARE, method=method)
    assert done.returncode != 0 and "secret.txt" not in done.out
    for command in (domain.inner(domain.hop2, "id"), domain.inner("hop2", "id")):
        done = domain.winrs(domain.client_host, endpoint, command, method=method)
        assert done.returncode != 0 and "alice" not in done.out
        assert "credssp" in done.err.lower() and "delegat" in done.err.lower(), done.err


def test_1_every_program_with_kerberos_finds_the_ticket(domain):
    done = domain.winrs(domain.client_host, domain.hop1, "klist; kvno cifs/hop2.lab.example; kvno -q WSMAN/hop2.lab.example", check=True)
    assert "Default principal: alice@LAB.EXAMPLE" in done.out and "krbtgt/LAB.EXAMPLE@LAB.EXAMPLE" in done.out


# 3. The service of the next machine.


@pytest.mark.parametrize("target", ["hop2", "hop2.lab.example", "http://hop2.lab.example:5985", "https://hop2.lab.example:5986"])
def test_3_winrs_inside_goes_on_by_the_ticket_cache(domain, target):
    done = domain.winrs(domain.client_host, domain.hop1, domain.inner(target, REPORT + "; id -u"))
    assert done.returncode == 0, done.err
    first, user = done.out.strip().splitlines()
    assert first.split("|") == [ALICE, "Kerberos", "none", "", ALICE]
    assert user == domain.directory.run("hop2", "id", "-u", ALICE).out.strip()


def test_3_winrs_inside_needs_no_agent_when_it_has_a_ticket(domain):
    done = domain.winrs(domain.client_host, domain.hop1, domain.inner("hop2", REPORT, without=["WINRM_AGENT_SOCKET"]))
    assert report(done) == [ALICE, "Kerberos", "none", "", ALICE]


@pytest.mark.parametrize("target", ["hop2", "hop2.lab.example", "https://hop2.lab.example:5986"])
def test_3_winrs_inside_goes_on_by_the_agent_without_a_ticket_cache(domain, target):
    mark = len(domain.hop1.log())
    done = domain.winrs(domain.client_host, domain.hop1, domain.inner(target, REPORT, without=["KRB5CCNAME"]))
    assert report(done) == [ALICE, "NTLM", "none", "", ALICE]
    assert "agent" in domain.hop1.messages(mark).lower(), "each use of the agent is logged"


def test_3_a_third_hop_by_credssp_wants_explicit_credentials(domain):
    done = domain.winrs(domain.client_host, domain.hop1, domain.inner(domain.hop2, "id", method="CredSSP"))
    assert done.returncode != 0 and "0x803381A1" in done.err, done.err


def test_the_client_cannot_choose_ticket_cache_agent_or_name(domain):
    for name in ("KRB5CCNAME", "KRB5_CONFIG", "WINRM_ACCOUNT", "WINRM_AGENT_SOCKET"):
        done = domain.winrs(domain.client_host, domain.hop1, "env", switches=["-env:%s=/tmp/of-somebody-else" % name])
        assert "of-somebody-else" not in done.out, "refused, or the session's own wins"


def test_two_sessions_have_a_cache_each_that_nobody_else_reads(domain):
    show = "echo $KRB5CCNAME; stat -c '%a %U' ${KRB5CCNAME#FILE:}"
    said = [domain.winrs(domain.client_host, domain.hop1, show, check=True).out.splitlines() for _ in range(2)]
    assert said[0][0] != said[1][0]
    assert said[0][1] == said[1][1] == "600 " + ALICE


# Logon agent alone: hop1 itself finds no KDC.


def test_without_a_kdc_the_agent_alone_remains_and_the_session_says_so(domain, ntlm_only):
    closed = domain.kerberos_with_kdc("hop1-closed.conf", "127.0.0.1:9", of="hop1")
    with domain.own_service("hop1", "hop1-no-kdc", kerberos=closed) as service:
        service.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
        account, mechanism, credentials, error, user = report(domain.winrs(ntlm_only, service, REPORT))
        assert (account, mechanism, credentials, user) == (ALICE, "NTLM", "agent", ALICE)
        assert error and domain.directory.password("alice") not in error
        done = domain.winrs(ntlm_only, service, domain.inner(domain.hop2, REPORT))
        assert report(done) == [ALICE, "NTLM", "none", "", ALICE]
        assert "ticket" in service.log().lower()


# Delegation by Kerberos itself.


@pytest.fixture
def trusted_for_delegation(domain):
    domain.directory.run("dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "on")
    yield
    domain.directory.run("dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "off")


@pytest.mark.parametrize("method", ["Kerberos", "Negotiate"])
class TestAllowDelegate:
    def run(self, domain, environment, method, command):
        return domain.winrs(domain.client_host, domain.hop1, command, method=method, user=None, switches=["-ad"], extra=environment)

    def test_a_delegated_ticket_opens_both_hops(self, domain, trusted_for_delegation, method):
        with domain.tickets("alice", "-f", name="trusted-" + method) as environment:
            done = self.run(domain, environment, method, REPORT)
            assert report(done) == [ALICE, "Kerberos", "ticket", "", ALICE] and done.err == ""
            done = self.run(domain, environment, method, SHARE)
            assert done.returncode == 0 and "secret.txt" in done.out, done.out + done.err
            done = self.run(domain, environment, method, domain.inner("hop2", REPORT))
            assert report(done) == [ALICE, "Kerberos", "none", "", ALICE]

    def test_with_a_password_too(self, domain, trusted_for_delegation, method):
        done = domain.winrs(domain.client_host, domain.hop1, SHARE, method=method, switches=["-ad"])
        assert done.returncode == 0 and "secret.txt" in done.out, done.out + done.err

    def test_a_host_that_is_not_trusted_gets_no_ticket_and_the_user_is_told(self, domain, method):
        with domain.tickets("alice", "-f", name="untrusted-" + method) as environment:
            done = self.run(domain, environment, method, REPORT)
            assert report(done) == [ALICE, "Kerberos", "none", "", ALICE]
            assert "delegat" in done.err.lower(), "a warning says that there will be no second hop"
            done = self.run(domain, environment, method, SHARE)
            assert done.returncode != 0 and "secret.txt" not in done.out

    def test_a_ticket_that_cannot_be_forwarded_stays_here(self, domain, trusted_for_delegation, method):
        with domain.tickets("alice", "-F", name="fixed-" + method) as environment:
            done = self.run(domain, environment, method, REPORT)
            assert report(done) == [ALICE, "Kerberos", "none", "", ALICE]
            assert "forwardable" in done.err.lower() or "delegat" in done.err.lower(), done.err


@pytest.mark.parametrize("method", ["Kerberos", "Negotiate", None])
def test_the_ticket_cache_of_the_caller_is_used_without_a_password(domain, method):
    with domain.tickets("alice", name="ambient") as environment:
        done = domain.winrs(domain.client_host, domain.hop1, REPORT, method=method, user=None, extra=environment)
    assert report(done) == [ALICE, "Kerberos", "none", "", ALICE]
