import pytest
from winrmtest.lab import Lab


@pytest.fixture(scope="session")
def lab():
    """client -> A -> B -> C, as the documentation sets them up. Tests that change a host's settings make a lab of their own."""
    made = Lab()
    try:
        made.a, made.b, made.c = (made.service(name) for name in "ABC")
        made.client_host = made.client()
        made.delegate(made.client_host, made.a, made.b)
        made.trust(made.client_host, made.a, made.b, made.c)
        made.trust(made.a, made.b, made.c)
        made.delegate(made.a, made.b)
        made.trust(made.b, made.c)
        yield made
    finally:
        made.close()


@pytest.fixture
def own_lab():
    """An empty lab for one test."""
    made = Lab()
    try:
        yield made
    finally:
        made.close()
