"""Our winrs against an acceptor made of OpenSSL and pyspnego."""

import json

import pytest
from winrmtest.acceptor import CredSSPAcceptor, Identity
from winrmtest.hosts import new_password
from winrmtest.wire import Wire

USERS = [("HOST\\alice", "HOST", "alice"), ("HOST\\jörg", "HOST", "jörg"), ("alice", "", "alice")]


@pytest.fixture
def client(own):
    return own.client_host


@pytest.fixture
def own():
    from winrmtest.lab import Lab

    made = Lab()
    try:
        made.client_host = made.client()
        yield made
    finally:
        made.close()


def winrs(lab, acceptor, *command, user, password, port=None, **options):
    endpoint = "http://127.0.0.1:%d" % (port or acceptor.port)
    return lab.winrs(lab.client_host, endpoint, *command, user=user, password=password, **options)


@pytest.mark.parametrize("user,domain,name", USERS)
def test_delegated_name_and_password_arrive_exactly(own, user, domain, name):
    password = "pä sswörd€ 🔑" + new_password()
    own.delegate(own.client_host, "127.0.0.1")
    with CredSSPAcceptor({user: password}, output=b"hello\n", exit_code=7) as acceptor:
        with Wire(("127.0.0.1", acceptor.port), "127.0.0.1") as wire:
            done = winrs(own, acceptor, "some command", user=user, password=password, port=wire.port)
            assert wire.carries(password) == []
    assert (done.returncode, done.stdout) == (7, b"hello\n"), (done.err, acceptor.record.errors)
    assert set(acceptor.record.credentials) == {(domain, name, password)}
    assert acceptor.record.errors == [] and acceptor.record.plain_bodies == 0
    version, tls, cipher, mechanism = acceptor.record.negotiated[0]
    assert (version, tls, mechanism) == (6, "TLSv1.2", "ntlm"), "the inner TLS is 1.2 unless configured"


def test_verbs_in_order(own):
    own.delegate(own.client_host, "127.0.0.1")
    with CredSSPAcceptor({"alice": "secret-of-alice"}) as acceptor:
        assert winrs(own, acceptor, "id", user="alice", password="secret-of-alice").returncode == 0
    verbs = [action.rsplit("/", 1)[-1] for action, _ in acceptor.record.requests]
    assert verbs[0] == "Create" and verbs[1] == "Command" and verbs[-1] == "Delete"
    assert "Receive" in verbs and verbs.count("Command") == 1


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 100_000, 500_000])
def test_input_of_every_part_size(own, size):
    """Bodies over 16 384 bytes go out in parts, each with its own length and prefix, which the acceptor checks."""
    data = bytes(i * 7 % 256 for i in range(size))
    own.delegate(own.client_host, "127.0.0.1")
    with CredSSPAcceptor({"alice": "secret-of-alice"}, waits_for_input=True) as acceptor:
        done = winrs(own, acceptor, "cat", user="alice", password="secret-of-alice", input=data)
    assert acceptor.record.errors == [] and done.returncode == 0, (acceptor.record.errors, done.err)
    assert acceptor.record.stdin == data
    assert max(acceptor.record.parts) <= 16384


@pytest.mark.timeout(600)
def test_a_lot_of_output(own):
    data = bytes(i % 251 for i in range(5_000_000))
    own.delegate(own.client_host, "127.0.0.1")
    with CredSSPAcceptor({"alice": "secret-of-alice"}, output=data) as acceptor:
        done = winrs(own, acceptor, "cat", user="alice", password="secret-of-alice", timeout=500)
    assert done.stdout == data


@pytest.mark.parametrize("code", [0, 1, 255])
def test_exit_code(own, code):
    own.delegate(own.client_host, "127.0.0.1")
    with CredSSPAcceptor({"alice": "secret-of-alice"}, exit_code=code) as acceptor:
        assert winrs(own, acceptor, "x", user="alice", password="secret-of-alice").returncode == code


def test_wrong_password_delegates_nothing(own):
    own.delegate(own.client_host, "127.0.0.1")
    with CredSSPAcceptor({"alice": "secret-of-alice"}) as acceptor:
        done = winrs(own, acceptor, "id", user="alice", password="another")
    assert done.returncode != 0 and acceptor.record.credentials == [] and acceptor.record.requests == []
    assert done.seconds < 2


def test_a4_nothing_is_sent_inside_tls_without_the_ntlm_only_policy(own):
    own.delegate(own.client_host, "127.0.0.1", ntlm_only=False)
    with CredSSPAcceptor({"alice": "secret-of-alice"}) as acceptor, Wire(("127.0.0.1", acceptor.port), "127.0.0.1") as wire:
        done = winrs(own, acceptor, "id", user="alice", password="secret-of-alice", port=wire.port)
        assert wire.inner_application_records() == 0
    assert "0x803381A4" in done.err and acceptor.record.credentials == []


@pytest.mark.parametrize("ec_key", [False, True], ids=["rsa", "p256"])
def test_pinned_inner_certificate_proves_the_server(own, ec_key):
    """With a SHA-256 pin of the inner certificate the plain policy is enough (question b)."""
    own.delegate(own.client_host, "127.0.0.1", ntlm_only=False)
    identity = Identity("127.0.0.1", ec_key=ec_key)
    pin(own.client_host, "127.0.0.1", identity.sha256)
    with CredSSPAcceptor({"alice": "secret-of-alice"}, identity=identity) as acceptor:
        done = winrs(own, acceptor, "id", user="alice", password="secret-of-alice")
    assert done.returncode == 0, (done.err, acceptor.record.errors)
    assert acceptor.record.credentials == [("", "alice", "secret-of-alice")] * len(acceptor.record.credentials)
    assert acceptor.record.credentials


def test_pin_of_another_certificate_is_no_proof(own):
    own.delegate(own.client_host, "127.0.0.1", ntlm_only=False)
    pin(own.client_host, "127.0.0.1", Identity("127.0.0.1").sha256)
    with CredSSPAcceptor({"alice": "secret-of-alice"}) as acceptor:
        done = winrs(own, acceptor, "id", user="alice", password="secret-of-alice")
    assert done.returncode != 0 and acceptor.record.credentials == []


def pin(host, name, digest):
    """Records the SHA-256 of a server's certificate in the machine policy of `host`, as an administrator would edit the file."""
    path = host.root / "etc/winrm/policy.json"
    policy = json.loads(path.read_text())
    policy["ServerCertificatePins"] = {name: [digest]}
    path.write_text(json.dumps(policy))
