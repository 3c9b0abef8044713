import os

import pytest
from winrmtest.lab import Lab


@pytest.fixture(scope="session")
def lab():
    """One service for the independent clients, one client for the independent acceptor."""
    made = Lab(user="jörg", password=None)
    try:
        made.a = made.service("A")
        made.client_host = made.client()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def fifty_megabytes(lab):
    path = lab.a.root / "fifty-megabytes"
    path.write_bytes(os.urandom(50 * 1024 * 1024))
    path.chmod(0o644)
    return path
