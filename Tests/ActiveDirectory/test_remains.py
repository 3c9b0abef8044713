"""6. After the shell: no ticket cache, no socket, no password in memory, no file."""

import os
import signal
import subprocess

import pytest
from winrmtest import processes, wire
from winrmtest.hosts import Streamed


def needles(domain, user="alice"):
    password = domain.directory.password(user)
    return {"UTF-8": password.encode(), "UTF-16LE": password.encode("utf-16-le")}


def files_with_secret(domain, *roots):
    found = []
    for root in roots:
        for directory, _, names in os.walk(root):
            for name in names:
                path = os.path.join(directory, name)
                if name == "password" or not os.path.isfile(path) or os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read()
                found += [(path, form) for form, needle in wire.spellings(domain.directory.password("alice")).items() if needle in data]
    return found


@pytest.fixture
def service(domain):
    """Services that have seen nothing else."""
    with domain.own_service("hop1", "hop1-secrets", https=True) as service:
        service.winrm("set", "winrm/config/client", '@{TrustedHosts="*.lab.example"}')
        yield service


def opened(domain, client, endpoint, command, method="CredSSP", **options):
    """A shell that stays open until its standard input ends."""
    words = [*domain.switches(client, endpoint, method, **options), command + "; echo done; cat"]
    process = client.popen("winrs", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    shell = Streamed(process)
    shell.wait_for(b"done")
    return shell


def closed(shell):
    shell.process.stdin.close()
    try:
        assert shell.wait() == 0, shell.process.stderr.read()
    finally:
        shell.process.kill()
        shell.process.stderr.close()


def cache_of(shell):
    return next(line for line in shell.lines if line.startswith(b"FILE:")).decode().strip().removeprefix("FILE:")


@pytest.mark.parametrize("inside", ["kerberos", "ntlm"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_6_nothing_remains_of_a_session(domain, ntlm_only, service, scheme, inside):
    client = ntlm_only if inside == "ntlm" else domain.client_host
    uses = domain.inner(domain.hop2, "echo hop") + " 2>&1; smbclient -N --use-kerberos=required //hop2.lab.example/secret -c ls"
    shell = opened(domain, client, service.endpoint_of(scheme), "echo $KRB5CCNAME; " + uses)
    try:
        assert any(b"hop" == line.strip() for line in shell.lines) and any(b"secret.txt" in line for line in shell.lines), shell.lines
        cache = cache_of(shell)
        assert os.path.exists(cache) and os.stat(cache).st_mode & 0o777 == 0o600
        assert os.stat(os.path.dirname(cache)).st_uid == 0 and os.stat(os.path.dirname(cache)).st_mode & 0o777 == 0o711
        assert service.run_files(), "the agent of the session has a socket"
        for host in (service, domain.hop2):
            for pid in [host.process.pid, *processes.children(host.process.pid)]:
                assert processes.in_memory(pid, needles(domain)) == [], "process %d of %s" % (pid, host.name)
        assert processes.in_arguments_or_environment(needles(domain)) == []
    finally:
        closed(shell)
    assert processes.eventually(lambda: not os.path.exists(cache)), cache
    assert processes.eventually(lambda: not service.run_files()), service.run_files()
    assert processes.eventually(lambda: not processes.children(service.process.pid))
    for host in (service, domain.hop2):
        assert processes.in_memory(host.process.pid, needles(domain)) == []
    assert files_with_secret(domain, service.root, domain.hop2.root, client.root) == []
    assert domain.directory.password("alice") not in service.log()


def test_6_a_refused_password_does_not_remain_either(domain, service):
    """carol's is taken out of the exchange before the service refuses it."""
    assert domain.winrs(domain.client_host, service, "id", user="carol").returncode != 0
    assert processes.in_memory(service.process.pid, needles(domain, "carol")) == []
    assert service.run_files() == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_6_nothing_remains_when_the_service_ends(domain, service, sign):
    """SIGKILL leaves files; the next start removes them."""
    shell = opened(domain, domain.client_host, service.endpoint, "echo $KRB5CCNAME")
    cache = cache_of(shell)
    try:
        assert os.path.exists(cache)
        below = processes.children(service.process.pid)
        service.process.send_signal(sign)
        service.process.wait(30)
        service.process = None
        if sign == signal.SIGKILL:
            service.start()
        else:
            assert processes.eventually(lambda: not any(map(processes.alive, below)), 10), below
        assert processes.eventually(lambda: not os.path.exists(cache)), cache
        assert service.run_files() == []
    finally:
        shell.process.kill()
        shell.process.wait()
        shell.process.stdin.close()
        shell.process.stderr.close()


def test_6_a_delegated_ticket_does_not_remain(domain, service):
    domain.directory.run("dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "on")
    try:
        words = [*domain.switches(domain.client_host, service, "Kerberos"), "-ad", "echo $KRB5CCNAME; klist -s && echo valid; echo done; cat"]
        shell = Streamed(
            domain.client_host.popen("winrs", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        )
        shell.wait_for(b"done")
        assert b"valid\n" in shell.lines
        cache = cache_of(shell)
        closed(shell)
        assert processes.eventually(lambda: not os.path.exists(cache)), cache
    finally:
        domain.directory.run("dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "off")
