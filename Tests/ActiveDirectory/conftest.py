import os

import pytest

ON_CLIENT = os.environ.get("WINRM_LAB_HOST") == "client"


def pytest_collection_modifyitems(items):
    if not ON_CLIENT:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="not on the lab's host client: make lab, as root"))


@pytest.fixture(scope="session")
def bare():
    """The lab with no service of ours on it."""
    from winrmtest.domain import DomainLab

    made = DomainLab()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def domain(bare):
    """client -> hop1 -> hop2, both joined, with a service on the standard ports of each. Delegation is allowed to proven servers only."""
    bare.hop1 = bare.service("hop1", standard_ports=True, https=True)
    bare.hop2 = bare.service("hop2", standard_ports=True, https=True)
    bare.client_host = bare.client(delegate="*.lab.example")
    bare.delegate_from(bare.hop1, "hop2.lab.example")
    bare.hop1.winrm("set", "winrm/config/client", '@{TrustedHosts="hop2,*.lab.example"}')
    return bare


@pytest.fixture(scope="session")
def closed_kdc(domain):
    """A krb5.conf of the client whose KDC is a port where nobody listens."""
    return domain.kerberos_with_kdc("closed.conf", "127.0.0.1:9")


@pytest.fixture(scope="session")
def ntlm_only(domain, closed_kdc):
    """A client that finds no KDC, so that only NTLM is left, and whose policy allows delegation to servers that nothing else proves."""
    client = domain.client("client-ntlm", delegate="hop1.lab.example", ntlm_only=True, kerberos=closed_kdc)
    client.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
    return client


@pytest.fixture(scope="session")
def proof_needed(domain, closed_kdc):
    """A client that finds no KDC either, and delegates to proven servers only."""
    return domain.client("client-proof", delegate="*.lab.example", kerberos=closed_kdc)


@pytest.fixture(scope="module")
def objects(bare):
    """The domain's policy objects and links, as they were when the module began."""
    from winrmtest.grouppolicy import Objects

    made = Objects(bare)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def member(bare, objects, request):
    """Settings of their own on hop1, which is a member of the domain."""
    from winrmtest.domain import DomainHost
    from winrmtest.grouppolicy import ROOT

    objects.modify(ROOT, "gPLink", objects.links)
    host = DomainHost(bare, "hop1", "policy-" + request.node.name.translate(str.maketrans("[] ", "---")))
    bare.hosts.append(host)
    yield host
    bare.hosts.remove(host)
