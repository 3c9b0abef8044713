"""winrm quickconfig: its dialogue, on the files and with the running service."""

import json
import socket

import pytest
from winrmtest import hosts, processes

BY_HAND = """WinRM is not set up to receive requests on this machine.
The following must be done by hand:

Start the WinRM service: winrmd

"""
# Where the service does not run, nothing is said to be set up.
MISSING = """The settings of WinRM do not allow remote access to this machine for management.
The following changes must be made:

Create a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.

"""
DONE = """The settings for remote management have been updated. They take effect when the WinRM service runs.

Created a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.
"""
RUNNING = "WinRM service is already running on this machine.\n"
READY = "WinRM is already set up for remote management on this computer.\n"
COMPLETE = "The settings for remote management are complete. They take effect when the WinRM service runs.\n"
QUESTION = "Make these changes [y/n]? "


@pytest.fixture
def host(own_lab):
    return own_lab.client("quick")


def listeners(host):
    return host.winrm("enumerate", "winrm/config/listener").out


@pytest.mark.parametrize("answer", ["n\n", "no\n", "\n", "yess\n", ""])
def test_no_changes_nothing(host, answer):
    done = host.run("winrm", "quickconfig", input=answer)
    assert (done.returncode, done.err) == (0, "")
    assert done.out.rstrip("\n") == (BY_HAND + MISSING + QUESTION).rstrip("\n")
    assert listeners(host) == ""


@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n", "YES\n"])
def test_yes_makes_the_listener(host, answer):
    done = host.run("winrm", "qc", input=answer)
    assert (done.returncode, done.err) == (0, "")
    assert done.out.startswith(BY_HAND + MISSING + QUESTION + DONE), done.out
    assert "Address = *\n" in listeners(host)
    again = host.winrm("quickconfig")
    assert again.out == BY_HAND + COMPLETE


def test_the_two_phases_do_not_contradict_each_other(host):
    """Set up and not set up at once is nothing that anybody can act on."""
    host.winrm("quickconfig", "-q")
    done = host.winrm("quickconfig").out
    assert "not set up" in done and "already set up" not in done and "has been updated" not in done


@pytest.mark.parametrize("switch", ["-quiet", "-q", "-force"])
def test_without_a_question(host, switch):
    done = host.winrm("quickconfig", switch)
    assert done.out.startswith(BY_HAND + MISSING + DONE) and done.err == "", done.out


def test_with_the_running_service(own_lab):
    host = own_lab.service("running")
    # The listener that is there will do.
    assert host.winrm("quickconfig").out == RUNNING + READY
    host.winrm("set", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % host.address, "@{Enabled=false}")
    host.winrm("set", "winrm/config/service", '@{AllowRemoteAccess="false"}')
    done = host.run("winrm", "quickconfig", "-q")
    assert done.returncode == 0, done.err
    assert done.out.startswith(RUNNING + "WinRM is not set up to allow remote access to this machine for management.\n")
    assert "Accept requests of other machines (AllowRemoteAccess).\n" in done.out
    assert "Created a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.\n" in done.out
    assert processes.eventually(lambda: socket.socket().connect_ex((host.address, 5985)) == 0, 5), host.log()
    assert host.winrm("quickconfig").out == RUNNING + READY


def test_https(host):
    name = hosts.HOST
    refused = host.run("winrm", "quickconfig", "-transport:https", "-q")
    assert refused.returncode == 1 and "0x80338115" in refused.err, refused.err
    assert "winrm certificate import" in refused.err and "-selfsigned" in refused.err
    host.winrm("certificate", "new", "-hostname:" + name)
    refused = host.run("winrm", "quickconfig", "-transport:https", "-q")
    assert refused.returncode == 1 and "0x80338115" in refused.err, "a certificate that vouches for itself takes -selfsigned"
    done = host.winrm("quickconfig", "-transport:https", "-selfsigned", "-q")
    assert "Created a WinRM listener on HTTPS://* to accept WS-Man requests to any IP on this machine.\n" in done.out
    assert "Hostname = %s\n" % name in listeners(host) and "Transport = HTTPS\n" in listeners(host)
    assert host.winrm("quickconfig", "-transport:https").out == BY_HAND + COMPLETE


def test_https_makes_a_certificate(host):
    done = host.winrm("quickconfig", "-transport:https", "-selfsigned", "-hostname:made.test", "-q")
    assert "Make a certificate for made.test that clients must pin.\n" in done.out
    assert "Name = made.test\n" in host.winrm("certificate", "list").out
    for words in (["-selfsigned"], ["-hostname:x"], ["-transport:ftp"]):
        bad = host.run("winrm", "quickconfig", *words)
        assert bad.returncode == 1 and bad.err.startswith("Error: "), bad.err


def test_policy_that_stands_against_it(host):
    policy = host.root / "etc/winrm/policy.json"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(json.dumps({"WinRM": {"Service": {"AllowAutoConfig": 0}}}))
    policy.chmod(0o644)
    done = host.run("winrm", "quickconfig", "-q")
    assert done.returncode == 0, done.err
    assert done.out == BY_HAND
    assert done.err.startswith("Error: Cannot complete the request due to a conflicting Group Policy setting.\n"), done.err
    assert "AllowAutoConfig" in done.err
    assert listeners(host) == ""


def test_filters_of_the_settings_that_admit_nothing(host):
    host.winrm("set", "winrm/config/service", '@{IPv4Filter="";IPv6Filter=""}')
    done = host.run("winrm", "quickconfig", "-q")
    assert done.returncode == 0 and "The following must be done by hand:" in done.out.replace(BY_HAND, "")
    assert listeners(host) == ""


def test_settings_that_cannot_be_read(host):
    file = host.root / "etc/winrm/config.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    file.chmod(0o644)
    done = host.run("winrm", "quickconfig", "-q")
    assert done.returncode == 1 and "WSManFault" in done.err, done.err
