"""Commands of a member whose name service hangs: winbindd is stopped, so that every question about a name waits for ever."""

import pytest
from winrmtest import processes


@pytest.fixture(scope="module")
def member(bare):
    with bare.own_service("hop1", "name-service") as host:
        yield host


def run(host, *words, **options):
    return host.run("winrm", *words, timeout=60, **options)


# The service asks for the caller's groups with each of two requests, the command asks winbind and the name service; each waits for 5 seconds.
THROUGH_THE_SERVICE = 30


def is_asked_again(lab):
    """winbindd has answered what was left of the questions, and takes new ones."""
    return processes.eventually(lambda: lab.directory.run("hop1", "wbinfo", "--ping", check=False).returncode == 0, 20)


def test_an_account_is_not_made(bare, member):
    with bare.hanging_winbind("hop1"):
        done = run(member, "account", "add", "dave", "-unixuser:LAB\\alice", input="secret\n")
        assert done.returncode == 1 and done.seconds < 15
        assert "The name service of this machine does not answer" in done.err, done.err
        assert "whether there is a user LAB\\alice" in done.err and "Next: restart it" in done.err and "0x800705B4" in done.err
        # Who needs nobody's answer gets one.
        assert run(member, "account", "list").out == ""
        assert member.winrm("account", "add", "eve", "-unixuser:root", input="secret\n").seconds < 5
    assert is_asked_again(bare)
    member.winrm("account", "add", "dave", "-unixuser:LAB\\alice", input="secret\n")
    assert "LAB\\alice" in run(member, "account", "list").out
    member.winrm("account", "remove", "dave")
    member.winrm("account", "remove", "eve")


def test_a_setting_is_set_with_a_warning(bare, member):
    groups = "LAB\\winrm-users,LAB\\alices,winrm-users"
    with bare.hanging_winbind("hop1"):
        done = run(member, "set", "winrm/config/service", '@{AllowedGroups="%s"}' % groups)
        assert done.returncode == 0 and done.seconds < THROUGH_THE_SERVICE and "LAB\\alices, winrm-users" in done.out, done
        assert done.err.count("Warning: whether there is a group ") == 3, done.err
        assert "the name service of this machine does not answer" in done.err and "LAB\\alices could not be found out: winbind" in done.err
    assert is_asked_again(bare)
    done = run(member, "set", "winrm/config/service", '@{AllowedGroups="%s"}' % groups)
    assert done.returncode == 0 and "alices" in done.err and "winrm-users" not in done.err, done.err


def test_a_descriptor_is_shown_with_numbers(bare, member):
    words = ["configsddl", "default", "-sddl:O:BAG:BAD:P(A;;GA;;;S-1-22-1-65432)(A;;GA;;;S-1-22-2-65433)(A;;GA;;;BA)", "-force"]
    with bare.hanging_winbind("hop1"):
        done = run(member, *words)
        assert done.returncode == 0 and done.seconds < THROUGH_THE_SERVICE, done
        for number in ("65432", "65433"):
            assert "%s (S-1-22-" % number in done.out and "the name service does not answer" in done.out, done.out
    assert is_asked_again(bare)
    assert "does not answer" not in run(member, "configsddl", "default").out
