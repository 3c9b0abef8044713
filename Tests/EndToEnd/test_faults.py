"""Things that break in the middle: the service dies, connections drop, settings forbid."""

import os
import signal
import subprocess
import time

import pytest
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from winrmtest import processes
from winrmtest.hosts import Streamed
from winrmtest.wire import Wire


def start(lab, target, command, **options):
    client = lab.client_host.popen(
        "winrs", *lab.switches(lab.client_host, target), command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )
    return client, Streamed(client)


@pytest.fixture
def scene(own_lab):
    own_lab.a = own_lab.service("A")
    own_lab.client_host = own_lab.client()
    own_lab.delegate(own_lab.client_host, own_lab.a)
    return own_lab


def test_kill_of_the_service_in_the_middle_of_a_command(scene):
    """The client learns at once that the outcome is unknown. What still writes ends by its broken pipe; the rest is the process
    manager's to end (KillMode of the unit file). A new service starts over what the dead one left."""
    client, shell = start(scene, scene.a, "echo up; while echo tick; do sleep 0.1; done")
    try:
        shell.wait_for(b"up")
        below = processes.children(scene.a.process.pid)
        begin = time.monotonic()
        assert scene.a.stop(signal.SIGKILL) == -signal.SIGKILL
        code = shell.wait(10)
        assert code not in (0, None) and time.monotonic() - begin < 10
        error = client.stderr.read().decode()
        assert "closed the connection" in error and "not known" in error, error
        assert processes.eventually(lambda: not any(map(processes.alive, below))), "orphans: %s" % below
    finally:
        client.kill()
        client.stderr.close()
    scene.a.start()
    assert scene.winrs(scene.client_host, scene.a, "echo again", check=True).out == "again\n"
    assert processes.eventually(lambda: not scene.a.run_files()), "sockets of the dead service are left: %s" % scene.a.run_files()


def test_killed_client_takes_its_command_along(scene):
    """A client that is gone stops reading; ending the service ends its shell, and nothing survives."""
    client, shell = start(scene, scene.a, "echo up; sleep 60")
    shell.wait_for(b"up")
    below = processes.children(scene.a.process.pid)
    client.kill()
    client.wait()
    client.stderr.close()
    assert scene.a.stop() == 0
    assert processes.eventually(lambda: not any(map(processes.alive, below)))


def test_interrupting_winrs_leaves_no_process_behind(scene):
    client, shell = start(scene, scene.a, "echo up; sleep 60")
    shell.wait_for(b"up")
    client.send_signal(signal.SIGINT)
    assert shell.wait(10) != 0
    client.stderr.close()
    assert processes.eventually(lambda: not processes.children(scene.a.process.pid))


def test_grandchildren_of_a_finished_command_are_ended(scene):
    """Nothing outlives its shell (W-09)."""
    done = scene.winrs(scene.client_host, scene.a, "sleep 60 >/dev/null 2>&1 </dev/null & echo started", check=True)
    assert done.out == "started\n"
    assert processes.eventually(lambda: not processes.children(scene.a.process.pid))


@pytest.mark.parametrize("auth", ["ntlm", "credssp"])
def test_shell_continues_after_the_connection_was_dropped(scene, auth):
    """A connection that the network or the server closed while idle: a new handshake, and the same shell goes on (C-19)."""
    with Wire((scene.a.address, scene.a.port), scene.a.address) as wire:
        wsman = WSMan(wire.address, port=wire.port, ssl=False, auth=auth, username=scene.user, password=scene.password)
        with wsman, WinRS(wsman) as shell:
            first = Process(shell, "echo one")
            first.invoke()
            wire.drop()
            wsman.transport.encryption = None  # pypsrp would send its body again under the keys of the lost connection
            second = Process(shell, "echo two")
            second.invoke()
        assert (first.stdout, second.stdout) == (b"one\n", b"two\n")
        assert wire.connections >= 2


def test_winrs_sends_input_over_a_new_connection_when_the_old_one_is_gone(scene):
    """The connection for input is closed while nothing is under way on it; the next line goes over a new one, to the same command."""
    with Wire((scene.a.address, scene.a.port), scene.a.address) as wire:
        client, shell = start(scene, "http://%s:%d" % (wire.address, wire.port), "echo up; cat", stdin=subprocess.PIPE)
        try:
            shell.wait_for(b"up")
            for line in (b"first", b"second", b"third"):
                client.stdin.write(line + b"\n")
                client.stdin.flush()
                shell.wait_for(line)
                last = wire.connections - 1
                assert last >= 1, "input has a connection of its own"
                wire.drop(last)
                time.sleep(0.3)
            client.stdin.close()
            assert shell.wait() == 0, client.stderr.read()
            assert wire.connections >= 4
        finally:
            client.kill()
            client.stderr.close()


def test_restart_keeps_accounts_and_settings(scene):
    assert scene.a.stop() == 0
    scene.a.start()
    assert scene.winrs(scene.client_host, scene.a, "echo back", check=True).out == "back\n"


def test_broken_settings_stop_the_service_with_file_and_line(own_lab):
    host = own_lab.service("A", start=False)
    settings = host.root / "etc/winrm/config.changes.json"
    good = settings.read_text()
    settings.write_text(good.replace("{", "{,", 1))
    with pytest.raises(AssertionError) as raised:
        host.start()
    assert "config.changes.json:2:2" in str(raised.value), raised.value
    settings.write_text(good)
    (host.root / "etc/winrm/config.json").write_text("{\n  MaxTimeoutms: 1\n}")
    with pytest.raises(AssertionError) as raised:
        host.start()
    assert "config.json:2:3" in str(raised.value) and "MaxTimeoutms" in str(raised.value), raised.value


def test_broken_policy_file_closes_the_client(scene):
    policy = scene.client_host.root / "etc/winrm/policy.json"
    policy.write_text("{ this is not JSON")
    done = scene.winrs(scene.client_host, scene.a, "echo in")
    assert done.returncode != 0 and done.out == "" and policy.name in done.err, done.err


def test_unreadable_account_store_refuses_everybody(scene):
    """A missing or broken store lets nobody in (S-06)."""
    store = scene.a.root / "var/lib/winrm/accounts.json"
    assert scene.a.stop() == 0
    store.write_text("garbage")
    try:
        scene.a.start()
    except AssertionError:
        return  # refusing to start is as good
    done = scene.winrs(scene.client_host, scene.a, "echo in")
    assert done.returncode != 0 and done.out == ""


def test_shell_quota(scene):
    assert scene.a.stop() == 0
    scene.a.winrm("set", "winrm/config/winrs", '@{MaxShellsPerUser="1"}')
    scene.a.start()
    client, shell = start(scene, scene.a, "echo up; sleep 30")
    try:
        shell.wait_for(b"up")
        done = scene.winrs(scene.client_host, scene.a, "echo second")
        assert done.returncode != 0 and done.out == "", done.err
    finally:
        client.send_signal(signal.SIGINT)
        client.wait(10)
        client.stderr.close()
    assert processes.eventually(lambda: scene.winrs(scene.client_host, scene.a, "echo third").out == "third\n"), "the slot comes back"


def test_account_life(own_lab):
    target, client = own_lab.service("A"), own_lab.client()
    own_lab.delegate(client, target)
    attempt = lambda: own_lab.winrs(client, target, "echo in").out
    assert attempt() == "in\n"
    assert own_lab.user in target.winrm("account", "list").out
    before, own_lab.password = own_lab.password, "another-" + own_lab.password
    reader, writer = os.pipe()
    os.write(writer, own_lab.password.encode())
    os.close(writer)
    target.winrm("account", "passwd", own_lab.user, "-passwordfd:%d" % reader, pass_fds=(reader,))
    os.close(reader)
    assert attempt() == "in\n"
    assert own_lab.winrs(client, target, "echo in", password=before).returncode != 0
    target.winrm("account", "disable", own_lab.user)
    assert attempt() == ""
    target.winrm("account", "remove", own_lab.user)
    assert attempt() == ""
    assert own_lab.user not in target.winrm("account", "list").out
