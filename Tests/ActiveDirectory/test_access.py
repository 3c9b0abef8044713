"""Security descriptors that name groups of the domain: who is in one by the domain's word may use the configuration, and nobody else."""

import re

import pytest


@pytest.fixture(scope="module")
def service(domain):
    """The configuration may be read by one group of the domain, which has frank in it alone."""
    group = domain.directory.run("hop1", "wbinfo", "-n", "LAB\\large-007").out.split()[0]
    assert re.fullmatch(r"S-1-5-21(-\d+){4}", group)
    with domain.own_service("hop1", "hop1-access") as service:
        service.set_service(RootSDDL="O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;%s)" % group)
        yield service


def ask(domain, client, service, user, method, *words):
    return client.run("winrm", *words, *domain.switches(client, service, method, user))


@pytest.mark.parametrize("method", ["Kerberos", "Negotiate", "CredSSP"])
def test_a_member_of_the_domains_group_reads(domain, service, method):
    done = ask(domain, domain.client_host, service, "frank", method, "get", "winrm/config/winrs")
    assert done.returncode == 0 and done.out.startswith("Winrs\n"), done.err
    done = ask(domain, domain.client_host, service, "frank", method, "set", "winrm/config/winrs", '@{MaxShellsPerUser="5"}')
    assert done.returncode == 1 and re.search(r"Error number:  .*(0x80070005|0x5)\n", done.err), done.err


def test_by_ntlm_too(domain, ntlm_only, service):
    done = ask(domain, ntlm_only, service, "frank", "Negotiate", "get", "winrm/config/winrs")
    assert done.returncode == 0 and done.out.startswith("Winrs\n"), done.err


@pytest.mark.parametrize("user", ["alice", "dave"])
def test_others_do_not(domain, service, user):
    mark = len(service.log())
    done = ask(domain, domain.client_host, service, user, "Negotiate", "get", "winrm/config/winrs")
    assert done.returncode == 1 and done.out == "" and re.search(r"Error number:  .*(0x80070005|0x5)\n", done.err), done.err
    assert re.search(r"access denied.*account=LAB\\%s" % user, service.messages(mark))


def test_a_users_own_sid_may_be_denied_and_nobody_of_the_domain_is_an_administrator(domain, service):
    sid = domain.directory.run("hop1", "wbinfo", "-n", "LAB\\alice").out.split()[0]
    with domain.own_service("hop1", "hop1-denied") as own:
        own.set_service(RootSDDL="O:NSG:BAD:P(A;;GA;;;BA)(D;;GR;;;%s)(A;;GR;;;AU)" % sid)
        refused = ask(domain, domain.client_host, own, "alice", "Negotiate", "get", "winrm/config/winrs")
        assert refused.returncode == 1, refused.out
        admitted = ask(domain, domain.client_host, own, "dave", "Negotiate", "get", "winrm/config/winrs")
        assert admitted.returncode == 0, admitted.err
        refused = ask(domain, domain.client_host, own, "dave", "Negotiate", "set", "winrm/config/winrs", '@{MaxShellsPerUser="5"}')
        assert refused.returncode == 1, refused.out
