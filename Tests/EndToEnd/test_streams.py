"""Standard input, output and error, exit codes, Ctrl-C, and a lot of output."""

import hashlib
import os
import signal
import subprocess
import time

import pytest
from winrmtest.hosts import Streamed
from winrmtest.processes import resident_megabytes

METHODS = ["CredSSP", "Negotiate"]
FIFTY_MEGABYTES = 50 * 1024 * 1024


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_exit_code(lab, code):
    assert lab.winrs(lab.client_host, lab.a, "exit %d" % code).returncode == code


@pytest.mark.parametrize("method", METHODS)
def test_output_and_error_stay_apart(lab, method):
    done = lab.winrs(lab.client_host, lab.a, "printf out; printf err >&2; exit 3", method=method)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out", b"err")


@pytest.mark.parametrize("method", METHODS)
def test_input_reaches_the_command_and_ends(lab, method):
    data = bytes(range(256)) * 1000 + b"no newline at the end"
    done = lab.winrs(lab.client_host, lab.a, "cat", input=data, method=method)
    assert done.returncode == 0, done.err
    assert done.stdout == data


def test_command_without_input_does_not_wait(lab):
    done = lab.winrs(lab.client_host, lab.a, "cat; echo over")
    assert (done.returncode, done.out) == (0, "over\n")


def test_arguments_are_joined_by_single_spaces(lab):
    done = lab.winrs(lab.client_host, lab.a, "echo", "one", "two  three", check=True)
    assert done.out == "one two three\n"


def test_switches_of_the_remote_command_stay_its_own(lab):
    done = lab.winrs(lab.client_host, lab.a, "echo", "-r:x", "-p:y", "/u:z", "-x", check=True)
    assert done.out == "-r:x -p:y /u:z -x\n"


def test_output_arrives_while_the_command_runs(lab):
    client = lab.client_host.popen(
        "winrs",
        *lab.switches(lab.client_host, lab.a),
        "echo first; read line; echo got $line",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    shell = Streamed(client)
    try:
        shell.wait_for(b"first")
        client.stdin.write(b"interactive\n")
        client.stdin.flush()
        shell.wait_for(b"got interactive")
        client.stdin.close()
        assert shell.wait() == 0
    finally:
        client.kill()
        client.stderr.close()


def test_interrupt_is_passed_on(lab):
    client = lab.client_host.popen(
        "winrs",
        *lab.switches(lab.client_host, lab.a),
        "trap 'echo caught; exit 42' INT; echo ready; while :; do sleep 0.1; done",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    shell = Streamed(client)
    try:
        shell.wait_for(b"ready")
        client.send_signal(signal.SIGINT)
        shell.wait_for(b"caught")
        assert shell.wait() == 42
    finally:
        client.kill()
        client.stderr.close()


def test_second_interrupt_ends_winrs_itself(lab):
    client = lab.client_host.popen(
        "winrs",
        *lab.switches(lab.client_host, lab.a),
        "trap '' INT; echo ready; sleep 30",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    shell = Streamed(client)
    try:
        shell.wait_for(b"ready")
        client.send_signal(signal.SIGINT)
        time.sleep(0.5)
        client.send_signal(signal.SIGINT)
        assert shell.wait(10) != 0
    finally:
        client.kill()
        client.stderr.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("method", METHODS)
def test_fifty_megabytes_of_output(lab, method):
    source = lab.a.root / "fifty-megabytes"
    if not source.exists():
        source.write_bytes(os.urandom(FIFTY_MEGABYTES))
        source.chmod(0o644)
    client = lab.client_host.popen(
        "winrs", *lab.switches(lab.client_host, lab.a, method), "cat %s" % source, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    digest, length, peak = hashlib.sha256(), 0, 0
    while block := client.stdout.read(1 << 20):
        digest.update(block)
        length += len(block)
        peak = max(peak, resident_megabytes(client.pid), resident_megabytes(lab.a.process.pid))
    error = client.stderr.read()
    assert client.wait(30) == 0, error
    client.stdout.close()
    client.stderr.close()
    assert length == FIFTY_MEGABYTES
    assert digest.digest() == hashlib.sha256(source.read_bytes()).digest()
    assert peak < 200, "neither end may collect the output: %d MB" % peak


def test_many_short_lines_keep_their_order(lab):
    done = lab.winrs(lab.client_host, lab.a, "seq 1 20000", check=True)
    assert done.out == "".join("%d\n" % i for i in range(1, 20001))


def test_environment_and_directory_switches(lab):
    switches = lab.switches(lab.client_host, lab.a)
    done = lab.client_host.run("winrs", *switches, "-d:/tmp", "-env:GREETING=grüß dich", "echo $GREETING; pwd", check=True)
    assert done.out == "grüß dich\n/tmp\n"


def test_environment_is_clean(lab):
    """Nothing of the service's own environment and no loader variable reaches a command (W-08)."""
    done = lab.winrs(lab.client_host, lab.a, "env", check=True)
    names = {line.split("=")[0] for line in done.out.splitlines() if "=" in line}
    assert {"PATH", "HOME", "USER"} <= names
    assert not {name for name in names if name.startswith(("LD_", "SWIFT_", "PYTEST"))}, names


@pytest.mark.parametrize("name", ["LD_PRELOAD", "BASH_ENV"])
def test_dangerous_variables_are_refused(lab, name):
    switches = lab.switches(lab.client_host, lab.a)
    done = lab.client_host.run("winrs", *switches, "-env:%s=/tmp/x" % name, "echo ran")
    assert done.returncode != 0 and "ran" not in done.out


def test_process_attributes_of_a_command(lab):
    """Own session and process group, no_new_privs, no inherited descriptors, default signal mask (S-08)."""
    script = "grep -E '^(NoNewPrivs|SigBlk|SigIgn|CapEff|Groups|Uid):' /proc/self/status; ls /proc/self/fd; ps -o pgid=,sid= -p $$; echo pid=$$; umask"
    done = lab.winrs(lab.client_host, lab.a, script, check=True)
    assert "NoNewPrivs:\t1" in done.out
    assert "SigBlk:\t0000000000000000" in done.out
    fds = {line for line in done.out.splitlines() if line.isdigit() and len(line) < 4}
    assert fds <= {"0", "1", "2", "3"}, done.out
    if os.geteuid() == 0:
        assert "CapEff:\t0000000000000000" in done.out
        assert "Uid:\t0" not in done.out
    group, session = next(line.split() for line in done.out.splitlines() if len(line.split()) == 2 and line.split()[0].isdigit())
    assert "pid=" + group in done.out or group == session
