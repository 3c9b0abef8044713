"""`winrm` without -remote on a machine whose service runs: it asks the service through its socket, as the user whom the kernel names."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading

import pytest

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")


@pytest.fixture
def host(own_lab):
    return own_lab.service("local")


def socket_path(host):
    return host.root / "run" / "winrm" / "winrmd.sock"


def ask_as_nobody(host, *arguments, group=NOBODY):
    """winrm as an ordinary user, who asks the service of this host."""
    for directory in [host.root, *host.root.parents]:
        if directory.stat().st_uid == 0 and directory != directory.parent:
            directory.chmod(directory.stat().st_mode | stat.S_IXOTH)
    program = host.root / "winrm"
    if not program.exists():
        shutil.copy2(host.bin / "winrm", program)
        program.chmod(0o755)
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=host.environment,
        user=NOBODY,
        group=group,
        extra_groups=[],
        cwd="/",
    )
    done.out, done.err = done.stdout, done.stderr
    return done


def stored(host):
    directory = host.root / "etc" / "winrm"
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file() and path.suffix != ".lock"}


def test_the_service_answers_and_the_settings_hold_at_once(host):
    assert stat.S_ISSOCK(socket_path(host).stat().st_mode)
    answer = host.winrm("set", "winrm/config/winrs", '@{MaxShellsPerUser="7"}')
    assert "    MaxShellsPerUser = 7\n" in answer.out
    assert "    MaxShellsPerUser = 7\n" in host.winrm("get", "winrm/config/winrs").out
    assert host.winrm("enumerate", "winrm/config/listener").out.startswith("Listener\n    Address = ")
    # What only a service that runs can tell.
    assert host.winrm("enumerate", "shell").out == ""
    host.stop()
    assert not socket_path(host).exists()
    assert "    MaxShellsPerUser = 7\n" in host.winrm("get", "winrm/config/winrs").out
    refused = host.winrm("enumerate", "shell", check=False)
    assert refused.returncode == 1 and "0x80338012" in refused.err


def test_a_killed_service_leaves_a_socket_that_means_nothing(host):
    host.stop(signal.SIGKILL)
    assert socket_path(host).exists()
    assert "MaxShellsPerUser = 9" in host.winrm("set", "winrm/config/winrs", '@{MaxShellsPerUser="9"}').out
    host.start()
    assert "MaxShellsPerUser = 9" in host.winrm("get", "winrm/config/winrs").out


@as_root
def test_an_ordinary_user_reads_and_changes_nothing(host):
    assert "    MaxShellsPerUser = 30\n" in ask_as_nobody(host, "get", "winrm/config/winrs").out
    before = stored(host)
    for words in [
        ("set", "winrm/config/winrs", "@{MaxShellsPerUser=7}"),
        ("create", "winrm/config/Listener?Address=IP:127.0.0.9+Transport=HTTP"),
        ("delete", "winrm/config/plugin?Name=Shell cmd plugin"),
        ("invoke", "Restore", "winrm/config", "@{}"),
    ]:
        refused = ask_as_nobody(host, *words)
        assert refused.returncode == 1 and refused.out == "", words
        assert re.search(r"^Error number:  -2147024891 0x80070005$", refused.err, re.M), refused.err
    assert stored(host) == before
    # Root is an administrator.
    host.winrm("set", "winrm/config/service", '@{RootSDDL="O:NSG:BAD:P(A;;GA;;;BA)"}')
    refused = ask_as_nobody(host, "get", "winrm/config")
    assert refused.returncode == 1 and "0x80070005" in refused.err
    assert "Config\n" in host.winrm("get", "winrm/config").out


@as_root
def test_a_socket_of_somebody_else_is_told_nothing(own_lab):
    host = own_lab.client("impostor")
    path = socket_path(host)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o777)
    script = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print('ready', flush=True)\n"
        "while True:\n c, _ = s.accept(); print('got', len(c.recv(9)), flush=True); c.close()\n"
    )
    for directory in path.parents:
        if directory.stat().st_uid == 0 and directory != directory.parent:
            directory.chmod(directory.stat().st_mode | stat.S_IXOTH)
    impostor = subprocess.Popen(
        ["python3", "-c", script, str(path)], stdout=subprocess.PIPE, text=True, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/"
    )
    try:
        assert impostor.stdout.readline() == "ready\n"
        refused = host.winrm("set", "winrm/config/client", '@{TrustedHosts="secret"}', check=False)
        assert refused.returncode == 1 and "neither root nor this user" in refused.err, refused.err
        # The look whether somebody listens, and the connection on which nothing was sent.
        assert [impostor.stdout.readline() for _ in range(2)] == ["got 0\n"] * 2
    finally:
        impostor.kill()
        impostor.wait()


def test_a_service_that_vanishes_in_between_is_an_error_in_words(own_lab):
    host = own_lab.client("vanishing")
    path = socket_path(host)
    path.parent.mkdir(parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def vanish():
        listener.accept()[0].close()
        connection = listener.accept()[0]
        connection.recv(65536)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5")
        connection.close()
        listener.close()

    threading.Thread(target=vanish, daemon=True).start()
    done = host.winrm("get", "winrm/config", check=False)
    assert done.returncode == 1 and "0x80338012" in done.err and "has gone away" in done.err, done.err


def test_reading_the_whole_configuration_costs_little(host):
    """Loose, as this is a debug build on a busy machine: a start that reads more than it needs is seen even so."""
    def spent():
        before = os.times()
        host.winrm("get", "winrm/config")
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(spent() for _ in range(5)) < 0.1


def test_a_second_service_with_the_same_configuration_does_not_start(host):
    second = host.run("winrmd", timeout=20)
    assert second.returncode == 78 and "runs already" in second.err + second.out
    assert host.winrm("get", "winrm/config/service", check=True).out.startswith("Service\n")


def store_domain(host, **members):
    """The policy of a domain, as `winrm policy update` stores it."""
    file = host.root / "var/lib/winrm-policy/domain.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    policy = {"Format": 2, "Domain": "lab.example", "Controller": "dc.lab.example", "Machine": "CN=X,DC=lab,DC=example",
              "Updated": 1763822000, "Objects": [], "LeftAside": [], **members}  # fmt: skip
    file.write_text(json.dumps(policy))
    return file


def broken_object():
    key = r"Software\Policies\Microsoft\Windows\WinRM\Service"
    entry = {"keyname": key, "valuename": "AllowBasic", "class": "MACHINE", "type": "REG_SZ", "data": "yes"}
    return {"Name": "Broken", "Identifier": "{9D7E6253-909D-4660-A4E5-053E242D0661}", "Link": "DC=lab,DC=example", "Enforced": False,
            "Version": 1, "File": r"\\lab.example\x\Registry.pol", "Entries": [entry]}  # fmt: skip


def test_a_service_that_the_domain_keeps_down_says_that_it_can_be_started_again(own_lab):
    """The unit starts it again after 75, and not after 78."""
    host = own_lab.service("kept", start=False)
    for members, word in [
        ({"Format": 3, "Unusable": "the policy object X cannot be used"}, "the policy object X cannot be used"),
        ({"Objects": [broken_object()]}, "Broken {9D7E6253"),
        ({"Format": 9}, "winrm policy update"),
    ]:
        file = store_domain(host, **members)
        done = host.run("winrmd", timeout=20)
        assert done.returncode == 75, done.err
        assert "The policy of the domain cannot be used" in done.err and word in done.err.replace("\n", " "), done.err
        # What is broken here is not mended by an update.
        for own in (host.root / "etc/winrm/policy.json", host.root / "etc/winrm/config.json"):
            before = own.read_text() if own.exists() else None
            own.write_text("{")
            done = host.run("winrmd", timeout=20)
            assert done.returncode == 78 and "The configuration cannot be used" in done.err, done.err
            own.unlink() if before is None else own.write_text(before)
    file.unlink()
    policy = host.root / "etc/winrm/policy.json"
    policy.write_text("{")
    assert host.run("winrmd", timeout=20).returncode == 78
    policy.unlink()
    # Mended.
    store_domain(host)
    host.start()


def test_an_argument_that_is_not_utf_8_is_refused(host):
    def run(*words):
        return subprocess.run([os.fsencode(host.bin / "winrm"), *words], capture_output=True, env=host.environment, timeout=30)

    done = run(b"set", b"winrm/config/client", b'@{TrustedHosts="a\xffb"}')
    assert done.returncode == 1 and b"not valid UTF-8" in done.stderr
    done = run(b"policy", b"test", b"-remote:a\xffb")
    assert done.returncode == 2 and b"not valid UTF-8" in done.stderr, "1 would be a no"
    assert "TrustedHosts\n" in host.winrm("get", "winrm/config/client").out
