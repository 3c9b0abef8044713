"""User forms in any case, non-ASCII names and passwords, IPv6 literals, password sources, endpoint forms."""

import os
import pty
import socket
import subprocess
import time

import pytest
from winrmtest.hosts import HOST, free_port, new_password

METHODS = ["CredSSP", "Negotiate"]


def forms(user, host):
    short = host.split(".")[0]
    return [
        user,
        user.upper(),
        user.swapcase(),
        "%s\\%s" % (short.upper(), user),
        "%s\\%s" % (short.lower().title(), user.upper()),
        ".\\" + user,
        "%s@%s" % (user, host),
        "%s@%s" % (user.upper(), host.swapcase()),
    ]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("index", range(8))
def test_user_forms(lab, method, index):
    user = forms(lab.user, HOST)[index]
    done = lab.winrs(lab.client_host, lab.a, "echo in", user=user, method=method)
    assert (done.returncode, done.out) == (0, "in\n"), (user, done.err)


@pytest.mark.parametrize("method", METHODS)
def test_foreign_domain_is_not_local(lab, method):
    done = lab.winrs(lab.client_host, lab.a, "echo in", user="ELSEWHERE\\" + lab.user, method=method)
    assert done.returncode != 0 and "in" not in done.out.split()


@pytest.mark.parametrize("user", ["jörg", "Łukasz", "日本太郎", "o'neil-x"])
def test_non_ascii_user_and_password(own_lab, user):
    own_lab.user, own_lab.password = user, "pä§swörd € 密码 🔑 " + new_password()
    target, client = own_lab.service("A"), own_lab.client()
    own_lab.delegate(client, target)
    own_lab.trust(client, target)
    for method in METHODS:
        for form in (user, user.upper(), "%s\\%s" % (HOST, user)):
            done = own_lab.winrs(client, target, "echo in", method=method, user=form)
            assert (done.returncode, done.out) == (0, "in\n"), (form, method, done.err)


@pytest.mark.parametrize("method", METHODS)
def test_ipv6_literal(own_lab, method):
    target, client = own_lab.service("A", address="::1"), own_lab.client()
    own_lab.delegate(client, "::1")
    own_lab.trust(client, target)
    done = own_lab.winrs(client, target, "echo in", method=method)
    assert (done.returncode, done.out) == (0, "in\n"), done.err


def test_password_file_needs_no_newline_and_loses_one(lab):
    for text in (lab.password, lab.password + "\n"):
        assert lab.winrs(lab.client_host, lab.a, "echo in", password=text).out == "in\n"


def test_missing_password_file(lab):
    done = lab.client_host.run("winrs", "-r:" + lab.a.endpoint, "-a:CredSSP", "-u:" + lab.user, "-p:@/nowhere", "echo in")
    assert done.returncode != 0 and "/nowhere" in done.err and done.out == ""


def test_password_prompt_does_not_echo(lab):
    """Without -p: the terminal is asked, and what is typed does not appear."""
    leader, follower = pty.openpty()
    client = lab.client_host.popen(
        "winrs",
        "-r:" + lab.a.endpoint,
        "-a:CredSSP",
        "-u:" + lab.user,
        "echo in",
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(follower, __import__("termios").TIOCSCTTY, 0),
    )
    os.close(follower)
    seen = b""
    try:
        end = time.monotonic() + 15
        while b"assword" not in seen and time.monotonic() < end:
            seen += os.read(leader, 4096)
        time.sleep(0.2)
        os.write(leader, lab.password.encode() + b"\n")
        while True:
            try:
                block = os.read(leader, 4096)
            except OSError:
                break
            if not block:
                break
            seen += block
        assert client.wait(15) == 0, seen
        assert b"in\r\n" in seen
        assert lab.password.encode() not in seen
    finally:
        client.kill()
        os.close(leader)


def test_no_prompt_without_a_terminal(lab):
    done = lab.client_host.run("winrs", "-r:" + lab.a.endpoint, "-a:CredSSP", "-u:" + lab.user, "echo in", timeout=10)
    assert done.returncode != 0 and "-p" in done.err, done.err


def port_is_free(address, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            return True
        except OSError:
            return False


def test_scheme_without_port_falls_back_to_the_winrm_port(own_lab):
    """http://HOST means port 80; where that refuses, 5985 is tried."""
    address = next(a for a in ("127.0.0.%d" % n for n in range(77, 99)) if port_is_free(a, 5985))
    target, client = own_lab.service("A", address=address, port=5985), own_lab.client()
    own_lab.delegate(client, target)
    for endpoint in ("http://" + address, address, "http://%s/wsman" % address, "%s:5985" % address):
        done = own_lab.winrs(client, endpoint, "echo in")
        assert (done.returncode, done.out) == (0, "in\n"), (endpoint, done.err)


def test_explicit_port_never_falls_back(own_lab):
    address = next(a for a in ("127.0.0.%d" % n for n in range(77, 99)) if port_is_free(a, 5985))
    target, client = own_lab.service("A", address=address, port=5985), own_lab.client()
    own_lab.delegate(client, target)
    done = own_lab.winrs(client, "http://%s:%d" % (address, free_port(address)), "echo in")
    assert done.returncode != 0 and done.out == ""


@pytest.mark.parametrize("endpoint", ["http://", "ftp://127.0.0.1", "http://127.0.0.1:0", "http://127.0.0.1:99999", "http://[::1", "a b"])
def test_bad_endpoints(lab, endpoint):
    done = lab.client_host.run("winrs", "-r:" + endpoint, "-a:Negotiate", "-u:x", "-p:y", "echo in")
    assert done.returncode != 0 and done.out == ""
    assert "0x803380D" in done.err, done.err
