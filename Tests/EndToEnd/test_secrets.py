"""A canary password while a shell runs, and after it: in no memory of the service, no log, no argv, no environment, no file."""

import os
import signal
import subprocess

import pytest
from winrmtest import processes, wire
from winrmtest.hosts import Streamed, new_password

CANARY = new_password("Canary-")
NEEDLES = {"UTF-8": CANARY.encode(), "UTF-16LE": CANARY.encode("utf-16-le")}


def files_with_secret(*roots):
    """Files that hold any spelling of the canary, the client's own password file left out."""
    found = []
    for root in roots:
        for directory, _, names in os.walk(root):
            for name in names:
                path = os.path.join(directory, name)
                if name == "password" or not os.path.isfile(path) or os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read()
                found += [(path, form) for form, needle in wire.spellings(CANARY).items() if needle in data]
    return found


def canary_in(pid):
    """Where the canary stands in the memory of a process. As an ordinary user not even one's own service can be looked into: it forbids
    that to all processes but root's."""
    try:
        return processes.in_memory(pid, NEEDLES)
    except PermissionError:
        assert os.geteuid() != 0
        return []


@pytest.fixture
def canary_lab(own_lab):
    own_lab.password = CANARY
    own_lab.a, own_lab.b = own_lab.service("A"), own_lab.service("B")
    own_lab.client_host = own_lab.client()
    own_lab.delegate(own_lab.client_host, own_lab.a)
    own_lab.trust(own_lab.client_host, own_lab.a)
    own_lab.trust(own_lab.a, own_lab.b)
    return own_lab


def test_the_scan_finds_what_is_there():
    """The negative results below mean something: the scan sees a password that a process holds."""
    sleeper = subprocess.Popen(
        ["python3", "-c", "import sys; s = sys.stdin.readline().strip(); print('up', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        sleeper.stdin.write(CANARY.encode() + b"\n")
        sleeper.stdin.flush()
        sleeper.stdout.readline()
        assert processes.in_memory(sleeper.pid, NEEDLES)
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize("method", ["CredSSP", "Negotiate"])
def test_canary_while_a_shell_runs_and_after_it(canary_lab, method):
    lab = canary_lab
    command = "echo up; %s/winrs -r:%s -a:Negotiate 'echo hop' 2>&1; echo done; cat" % (lab.bin, lab.b.endpoint)
    client = lab.client_host.popen(
        "winrs",
        *lab.switches(lab.client_host, lab.a, method),
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    shell = Streamed(client)
    try:
        shell.wait_for(b"done")
        if method == "CredSSP":
            shell.wait_for(b"hop")
            assert lab.a.run_files(), "the agent of the session has a socket"
        for host in (lab.a, lab.b):
            for pid in [host.process.pid, *processes.children(host.process.pid)]:
                assert canary_in(pid) == [], "process %d of %s" % (pid, host.name)
        assert processes.in_arguments_or_environment(NEEDLES) == []
    finally:
        client.stdin.close()
        try:
            assert shell.wait() == 0, client.stderr.read()
        finally:
            client.kill()
            client.stderr.close()
    for host in (lab.a, lab.b):
        assert canary_in(host.process.pid) == []
        assert processes.eventually(lambda: not host.run_files()), host.run_files()
        assert processes.eventually(lambda: not processes.children(host.process.pid))
    assert files_with_secret(lab.a.root, lab.b.root, lab.client_host.root) == []


def test_refused_delegation_leaves_no_canary(canary_lab):
    lab = canary_lab
    done = lab.winrs(lab.client_host, lab.a, "echo ran", user="nobody-knows-me", password=CANARY)
    assert done.returncode != 0
    assert canary_in(lab.a.process.pid) == []
    assert files_with_secret(lab.a.root) == []


def test_password_switch_is_blanked_from_argv(lab):
    client = lab.client_host.popen(
        "winrs",
        "-r:" + lab.a.endpoint,
        "-a:CredSSP",
        "-u:" + lab.user,
        "-p:" + lab.password,
        "echo up; cat",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    shell = Streamed(client)
    try:
        shell.wait_for(b"up")
        with open("/proc/%d/cmdline" % client.pid, "rb") as file:
            shown = file.read()
        assert lab.password.encode() not in shown
        assert b"-u:" + lab.user.encode() in shown, "only the password goes"
        assert processes.in_arguments_or_environment({"argv": lab.password.encode()}) == []
    finally:
        client.stdin.close()
        shell.wait()
        client.stderr.close()


def test_account_file_is_private_and_holds_no_password(canary_lab):
    lab = canary_lab
    stores = [path for path in lab.a.root.rglob("*account*") if path.is_file()]
    assert stores
    for path in stores:
        assert path.stat().st_mode & 0o077 == 0, path
    assert files_with_secret(lab.a.root) == []


def test_service_dumps_no_core(canary_lab):
    with open("/proc/%d/limits" % canary_lab.a.process.pid) as file:
        line = next(line for line in file if line.startswith("Max core file size"))
    assert line.split()[4] == "0", line


def test_nothing_is_left_after_the_service_stops(canary_lab):
    lab = canary_lab
    client = lab.client_host.popen(
        "winrs", *lab.switches(lab.client_host, lab.a), "echo up; sleep 60", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    shell = Streamed(client)
    try:
        shell.wait_for(b"up")
        below = processes.children(lab.a.process.pid)
        assert below
        assert lab.a.stop(signal.SIGTERM) == 0
        assert processes.eventually(lambda: not any(map(processes.alive, below))), below
        assert lab.a.run_files() == []
    finally:
        client.kill()
        client.wait()
