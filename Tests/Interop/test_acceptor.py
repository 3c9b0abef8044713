"""The tests' own acceptor, checked with a client that is as independent as itself, before our client is measured with it."""

import pytest
from pypsrp.client import Client
from winrmtest.acceptor import CredSSPAcceptor


@pytest.mark.parametrize("size", [10, 600_000])
def test_acceptor_serves_pypsrp(size):
    with CredSSPAcceptor({"HOST\\jörg": "pä sswörd€"}, output=b"x" * size, exit_code=7) as acceptor:
        client = Client(
            "127.0.0.1", port=acceptor.port, ssl=False, auth="credssp", username="HOST\\jörg", password="pä sswörd€", encryption="always"
        )
        with client:
            output, error, code = client.execute_cmd("id")
    assert (len(output), code) == (size, 7)
    assert set(acceptor.record.credentials) == {("HOST", "jörg", "pä sswörd€")}
    assert acceptor.record.errors == [] and acceptor.record.plain_bodies == 0


def test_acceptor_refuses_a_wrong_password():
    with CredSSPAcceptor({"HOST\\user": "right"}) as acceptor:
        with pytest.raises(Exception):
            with Client("127.0.0.1", port=acceptor.port, ssl=False, auth="credssp", username="HOST\\user", password="wrong") as client:
                client.execute_cmd("id")
    assert acceptor.record.credentials == [] and acceptor.record.requests == []
