"""Who gets a password: a server proven by Kerberos, by its certificate inside CredSSP, or one that the NTLM-only policy names."""

import pathlib

import pytest
from winrmtest.domain import Authority, thumbprint

REPORT = 'printf "%s\\n" "$WINRM_ACCOUNT|$WINRM_MECHANISM|$WINRM_CREDENTIALS"'
BY_NTLM = "LAB\\alice|NTLM|ticket+agent"




# 2. NTLM inside.


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_2_ntlm_alone_is_refused_until_the_ntlm_only_policy_names_hop1(domain, closed_kdc, scheme):
    """Also over HTTPS: the certificate of the outer connection proves nothing about who opens the credentials."""
    client = domain.client("client-grows-" + scheme, delegate="*.lab.example", kerberos=closed_kdc)
    mark = len(domain.hop1.log())
    done = domain.winrs(client, domain.hop1.endpoint_of(scheme), REPORT)
    assert done.returncode != 0 and done.out == ""
    assert "0x803381A4" in done.err and "kerberos" in done.err.lower(), done.err
    assert "alice" not in domain.hop1.messages(mark), "NTLM was not even begun"
    client.winrm("credssp", "enable", "-role:client", "-delegate:WSMAN/hop2.lab.example", "-ntlmonly", "-force")
    done = domain.winrs(client, domain.hop1.endpoint_of(scheme), REPORT)
    assert done.returncode != 0 and "0x803381A4" in done.err, "the policy names another host"
    client.winrm("credssp", "enable", "-role:client", "-delegate:WSMAN/hop1.lab.example", "-ntlmonly", "-force")
    done = domain.winrs(client, domain.hop1.endpoint_of(scheme), REPORT)
    assert (done.returncode, done.out.strip()) == (0, BY_NTLM), done.err


def test_2_an_address_has_no_service_name(domain):
    """Kerberos works on this client, but not for an address: the same rule holds."""
    address = domain.directory["HOP1_IP"]
    client = domain.client("client-address", delegate=address)
    done = domain.winrs(client, "http://%s:5985" % address, REPORT)
    assert done.returncode != 0 and "0x803381A4" in done.err, done.err
    client.winrm("credssp", "enable", "-role:client", "-delegate:WSMAN/" + address, "-ntlmonly", "-force")
    done = domain.winrs(client, "http://%s:5985" % address, REPORT)
    assert (done.returncode, done.out.strip()) == (0, BY_NTLM), done.err


def test_2_kerberos_needs_no_such_policy(domain):
    done = domain.winrs(domain.client_host, domain.hop1, REPORT)
    assert (done.returncode, done.out.strip()) == (0, "LAB\\alice|Kerberos|ticket+agent"), done.err


@pytest.fixture(scope="module")
def with_certificate(domain):
    pair = (domain.directory["HOP1_CERT"], domain.directory["HOP1_KEY"])
    with domain.own_service("hop1", "hop1-certificate", https=True, certificate=pair) as service:
        yield service


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_2_the_certificate_inside_credssp_proves_the_server(domain, proof_needed, with_certificate, scheme):
    done = domain.winrs(proof_needed, with_certificate.endpoint_of(scheme), REPORT)
    assert (done.returncode, done.out.strip()) == (0, BY_NTLM), done.err


def test_2_kerberos_is_preferred_to_ntlm_with_a_certificate_too(domain, with_certificate):
    done = domain.winrs(domain.client_host, with_certificate, REPORT)
    assert (done.returncode, done.out.strip()) == (0, "LAB\\alice|Kerberos|ticket+agent"), done.err


@pytest.fixture(scope="module")
def other_authority(domain):
    """An authority that nobody trusts."""
    return Authority(domain.root / "other-authority")


def refused_for(domain, client, service, *words):
    mark = len(service.log())
    done = domain.winrs(client, service, REPORT)
    assert done.returncode != 0 and done.out == ""
    assert "0x803381A4" in done.err, done.err
    for word in words:
        assert word in done.err.lower(), (word, done.err)
    assert "alice" not in service.messages(mark)


def test_2_not_with_the_certificate_of_another_name(domain, proof_needed):
    pair = (domain.directory["HOP2_CERT"], domain.directory["HOP2_KEY"])
    with domain.own_service("hop1", "hop1-wrong-name", certificate=pair) as service:
        refused_for(domain, proof_needed, service, "certificate", "host")


def test_2_not_with_a_certificate_that_nobody_trusts(domain, proof_needed, other_authority):
    with domain.own_service("hop1", "hop1-wrong-chain", certificate=other_authority.issue("hop1", "hop1.lab.example")) as service:
        refused_for(domain, proof_needed, service, "certificate", "trust")


def test_2_not_with_a_certificate_for_another_use(domain, proof_needed):
    lab_authority = Authority.__new__(Authority)
    lab_authority.directory = pathlib.Path(domain.directory["CA"]).parent
    pair = lab_authority.issue("hop1-client-use", "hop1.lab.example", use="clientAuth")
    service = domain.service("hop1", "hop1-wrong-use", start=False)
    done = service.winrm("certificate", "import", pair[0], "-key:%s" % pair[1], check=False)
    if done.returncode == 0:  # refused there, or when it is set
        done = service.winrm("set", "winrm/config/service", '@{CertificateThumbprint="%s"}' % thumbprint(pair[0]), check=False)
    assert done.returncode != 0 and "server" in (done.out + done.err).lower(), done.out + done.err


def test_2_a_self_signed_certificate_of_the_store_proves_nothing_by_itself(domain, proof_needed):
    service = domain.service("hop1", "hop1-self-signed", start=False)
    service.winrm("certificate", "new", "-hostname:hop1.lab.example")
    store = list(service.root.rglob("*.pem"))
    assert len(store) == 1, store
    service.set_service(CertificateThumbprint=thumbprint(store[0]))
    service.start()
    refused_for(domain, proof_needed, service, "certificate", "trust")


@pytest.mark.parametrize("method", ["kerberos", "ntlm"])
def test_2_a_missing_key_ends_credssp_and_nothing_takes_its_place(domain, proof_needed, method):
    """Also with Kerberos inside, for which no certificate would be needed: the setting is kept, or there is no CredSSP."""
    pair = (domain.directory["HOP1_CERT"], domain.directory["HOP1_KEY"])
    client = proof_needed if method == "ntlm" else domain.client_host
    with domain.own_service("hop1", "hop1-missing-key-" + method, certificate=pair) as service:
        assert domain.winrs(client, service, REPORT).returncode == 0
        service.stop()
        keys = [path for path in service.root.rglob("*.key")]
        assert len(keys) == 1, keys
        keys[0].unlink()
        service.start()
        assert thumbprint(pair[0]).lower() in service.log().lower(), "said at the start"
        done = domain.winrs(client, service, REPORT)
        assert done.returncode != 0 and done.out == ""
        assert "log" in done.err and "CredSSP cannot be carried out" in service.log(), done.err + service.log()
        done = domain.winrs(domain.client_host, service, REPORT, method="Negotiate")
        assert done.returncode == 0, "the rest works: " + done.err


def test_2_a_thumbprint_that_is_not_in_the_store_is_refused_at_the_set(domain):
    service = domain.service("hop1", "hop1-unknown-thumbprint", start=False)
    done = service.winrm("set", "winrm/config/service", '@{CertificateThumbprint="%s"}' % ("AB" * 20), check=False)
    assert done.returncode != 0 and "certificate" in (done.out + done.err).lower()


# HTTPS: chain and name of the listener's certificate.


def test_https_is_verified_by_chain_and_name(domain, other_authority):
    certificate, key = other_authority.issue("hop1-listener", "hop1.lab.example")
    service = domain.service("hop1", "hop1-untrusted-listener", start=False)
    service.https_port = service.port + 1
    service.listen("https", service.https_port, service.import_certificate(certificate, key))
    service.start()
    done = domain.winrs(domain.client_host, service.endpoint_of("https"), REPORT, method="Negotiate")
    assert done.returncode != 0 and done.out == "" and "trust" in done.err.lower(), done.err
    done = domain.winrs(domain.client_host, "https://%s:5986" % domain.directory["WG_IP"], REPORT, method="Negotiate")
    assert done.returncode != 0


def test_https_refuses_a_certificate_of_another_name(domain):
    service = domain.service("hop1", "hop1-foreign-listener", start=False)
    service.https_port = service.port + 1
    name, service.domain_name = service.domain_name, "hop2.lab.example"
    service.listen("https", service.https_port, service.import_certificate(domain.directory["HOP2_CERT"], domain.directory["HOP2_KEY"]))
    service.domain_name = name
    service.start()
    done = domain.winrs(domain.client_host, service.endpoint_of("https"), REPORT, method="Negotiate")
    assert done.returncode != 0 and done.out == "" and ("name" in done.err.lower() or "host" in done.err.lower()), done.err


# Names that lie.


def test_a_forged_alias_does_not_choose_the_server(domain):
    """`forged` is an alias of hop2 in DNS, canonicalisation is on, and the policy would allow it all: a host-based name would follow."""
    following = domain.kerberos_file(
        "canonical.conf", lambda text: text.replace("dns_canonicalize_hostname = false", "dns_canonicalize_hostname = true")
    )
    forged = domain.directory["FORGED"]
    with domain.tickets("alice", name="forged") as environment:
        traced = domain.directory.run("client", "env", "KRB5_CONFIG=%s" % following, "kvno", "-S", "WSMAN", forged, env=environment)
        assert "WSMAN/hop2.lab.example" in traced.out, "the trap is real"
    client = domain.client("client-forged", delegate="*.lab.example", kerberos=following)
    for method in ("Kerberos", "CredSSP"):
        mark = len(domain.hop2.log())
        done = domain.winrs(client, "http://%s:5985" % forged, "id", method=method)
        assert done.returncode != 0 and "alice" not in done.out, done.out
        assert "alice" not in domain.hop2.messages(mark)
    assert "0x803381A4" in done.err, done.err


def test_with_a_service_name_of_ones_own_policy_matches_the_host_in_it(domain):
    """The address has no service name; -spn names hop1, and then the policy is asked about hop1, by both questions."""
    address = domain.directory["HOP1_IP"]
    named = domain.client("client-spn", delegate="hop1.lab.example")
    done = domain.winrs(named, "http://%s:5985" % address, REPORT, switches=["-spn:WSMAN/hop1.lab.example"])
    assert (done.returncode, done.out.strip()) == (0, "LAB\\alice|Kerberos|ticket+agent"), done.err
    other = domain.client("client-spn-other", delegate=address)
    done = domain.winrs(other, "http://%s:5985" % address, REPORT, switches=["-spn:WSMAN/hop1.lab.example"])
    assert done.returncode != 0 and "0x803381A3" in done.err, done.err


def test_a_service_refuses_a_ticket_for_a_name_that_it_does_not_serve(domain):
    """hop1's keytab opens a ticket for HOST/hop1; RestrictedKrbHost would be opened as well, and is no name of this service."""
    done = domain.winrs(
        domain.client_host, domain.hop1, REPORT, method="Kerberos", switches=["-spn:RestrictedKrbHost/hop1.lab.example"]
    )
    assert done.returncode != 0 and done.out == "", done.out
