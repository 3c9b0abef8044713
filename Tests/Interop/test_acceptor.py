"""The tests' own tools, checked with a client that is as independent as they are, before our client is measured with them."""

import socket

import pytest
from pypsrp.client import Client
from winrmtest.acceptor import CredSSPAcceptor
from winrmtest.wire import Wire, spellings

PASSWORD = "pä sswörd€ of the test"


def client(port, **options):
    return Client("127.0.0.1", port=port, ssl=False, **{"auth": "credssp", "username": "HOST\\jörg", "password": PASSWORD, **options})


@pytest.mark.parametrize("size", [10, 600_000])
def test_acceptor_serves_pypsrp(size):
    with CredSSPAcceptor({"HOST\\jörg": PASSWORD}, output=b"x" * size, exit_code=7) as acceptor:
        with client(acceptor.port, encryption="always") as session:
            output, error, code = session.execute_cmd("id")
    assert (len(output), code) == (size, 7)
    assert set(acceptor.record.credentials) == {("HOST", "jörg", PASSWORD)}
    assert acceptor.record.errors == [] and acceptor.record.plain_bodies == 0


def test_acceptor_refuses_a_wrong_password():
    with CredSSPAcceptor({"HOST\\jörg": PASSWORD}) as acceptor:
        with pytest.raises(Exception):
            with client(acceptor.port, password="wrong") as session:
                session.execute_cmd("id")
    assert acceptor.record.credentials == [] and acceptor.record.requests == []


def test_wire_sees_what_passes_and_finds_no_password_in_credssp():
    with CredSSPAcceptor({"HOST\\jörg": PASSWORD}) as acceptor, Wire(("127.0.0.1", acceptor.port), "127.0.0.1") as wire:
        with client(wire.port, encryption="always") as session:
            session.execute_cmd("id")
        assert wire.inner_application_records() >= 3
        assert len(wire.client_tokens()) >= 5 and len(wire.server_tokens()) >= 4
        assert wire.carries(PASSWORD) == [] and wire.ntlm_messages() == []


def test_wire_sees_ntlm_in_the_open():
    with CredSSPAcceptor({"HOST\\jörg": PASSWORD}) as acceptor, Wire(("127.0.0.1", acceptor.port), "127.0.0.1") as wire:
        with pytest.raises(Exception):
            with client(wire.port, auth="ntlm") as session:
                session.execute_cmd("id")
        assert wire.ntlm_messages() == [1]


@pytest.mark.parametrize("form", sorted(spellings(PASSWORD)))
def test_wire_finds_every_spelling_of_a_password(form):
    sink = socket.create_server(("127.0.0.1", 0))
    needle = spellings(PASSWORD)[form]
    with sink, Wire(sink.getsockname(), "127.0.0.1") as wire:
        with socket.create_connection((wire.address, wire.port)) as sender:
            far, _ = sink.accept()
            with far:
                sender.sendall(b"some noise " + needle + b" more")
                while needle not in bytes(wire.requests[0] if wire.requests else b""):
                    far.recv(100)
        assert any(form in found for found in wire.carries(PASSWORD))
