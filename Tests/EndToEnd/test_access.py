"""Who may do what with the resources of a running service: security descriptors over the network, the kernel's word on the socket."""

import os
import pwd
import re
import signal
import socket
import stat
import subprocess

import pytest
from pypsrp.wsman import WSMan
from winrmtest import processes, programs
from winrmtest.lab import Lab

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="accounts of several Unix users need root")

ADMINISTRATOR, OTHER = ("admin", "a password of admin's"), ("bob", "a password of bob's")


def with_administrator(host, user, group="winrm-admins"):
    """Runs the host's programs with one more Unix user, an ordinary one, in one more group. Nothing else on this machine sees them."""
    files = []
    for name, line in (("passwd", "%s:*:5999:5999::/nonexistent:/bin/sh" % user), ("group", "%s:x:5998:%s" % (group, user))):
        file = host.root / name
        file.write_text(open("/etc/" + name).read() + line + "\n")
        files.append(str(file))
    plain = host.command
    script = 'mount --bind "$0" /etc/passwd && mount --bind "$1" /etc/group && shift && exec "$@"'

    def command(program, *arguments):
        words = plain(program, *arguments)
        if program != "winrmd" and arguments[:1] != ("account",):
            return words
        return ["unshare", "--mount", "sh", "-c", script, *files, *words]

    host.command = command


@pytest.fixture(scope="module")
def lab():
    """alice may open shells; admin is in winrm-admins and may not; bob may do nothing."""
    made = Lab()
    try:
        target = made.service("target", credssp=False, start=False)
        with_administrator(target, "deputy")
        target.add_account(*ADMINISTRATOR, "-unixuser:deputy")
        target.add_account(*OTHER, "-unixuser:games")
        target.start()
        made.client_host = made.client()
        made.trust(made.client_host, target)
        made.target = target
        yield made
    finally:
        made.close()


@pytest.fixture
def remote(lab):
    def run(*words, account=None, **options):
        user, password = account or (lab.user, lab.password)
        return lab.client_host.run(
            "winrm", *words, *lab.switches(lab.client_host, lab.target, "Negotiate", user, password), **options
        )

    return run


def denied(done):
    assert done.returncode == 1 and done.out == "", (done.out, done.err)
    assert re.search(r"^Error number:  (-2147024891 0x80070005|5 0x5)$", done.err, re.MULTILINE), done.err


def wsman(lab, account):
    return WSMan(lab.target.address, port=lab.target.port, ssl=False, auth="ntlm", encryption="always", username=account[0], password=account[1])


class TestOverTheNetwork:
    def test_an_administrator_reads_and_changes(self, remote):
        assert "    MaxShellsPerUser = 30\n" in remote("get", "winrm/config/winrs", account=ADMINISTRATOR, check=True).out
        out = remote("set", "winrm/config/winrs", '@{MaxShellsPerUser="29"}', account=ADMINISTRATOR, check=True).out
        assert "    MaxShellsPerUser = 29\n" in out
        assert remote("enumerate", "winrm/config/listener", account=ADMINISTRATOR, check=True).out.startswith("Listener\n")
        out = remote("enumerate", "winrm/config/resource", account=ADMINISTRATOR, check=True).out
        assert "    ResourceUri = %s/listener\n    Capability = Get, Put, Create, Delete, Enumerate\n" % CONFIG in out
        assert "    ResourceUri = %s/cmd\n    Capability = Shell\n" % SHELL in out

    def test_an_administrator_opens_no_shell_by_that(self, lab, remote):
        done = lab.winrs(lab.client_host, lab.target, "id", method="Negotiate", user=ADMINISTRATOR[0], password=ADMINISTRATOR[1])
        assert done.returncode != 0 and done.out == "" and "0x5" in done.err, done.err

    @pytest.mark.parametrize(
        "words",
        [
            ["get", "winrm/config"],
            ["set", "winrm/config/winrs", '@{MaxShellsPerUser="28"}'],
            ["enumerate", "winrm/config/listener"],
            ["enumerate", "winrm/config/resource"],
            ["create", "winrm/config/listener?Address=*+Transport=HTTP", '@{Port="5999"}'],
            ["delete", "winrm/config/listener?Address=*+Transport=HTTP"],
            ["invoke", "Restore", "winrm/config", "@{}"],
        ],
    )
    def test_others_get_5_and_change_nothing(self, lab, remote, words):
        before = lab.target.winrm("get", "winrm/config").out
        mark = len(lab.target.log())
        denied(remote(*words))
        assert lab.target.winrm("get", "winrm/config").out == before
        line = next(line for line in lab.target.log()[mark:].splitlines() if "access denied" in line)
        assert "descriptor=RootSDDL" in line and "\\alice" in line and re.search(r"right=G[RWX]", line), line

    def test_a_descriptor_that_names_a_user_holds_at_once(self, lab, remote):
        denied(remote("get", "winrm/config/winrs", account=OTHER))
        uid = pwd.getpwnam("games").pw_uid
        before = re.search(r"RootSDDL = (.*)", lab.target.winrm("get", "winrm/config/service").out)[1]
        lab.target.winrm("set", "winrm/config/service", '@{RootSDDL="O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;S-1-22-1-%d)"}' % uid)
        try:
            assert remote("get", "winrm/config/winrs", account=OTHER, check=True).out.startswith("Winrs\n")
            denied(remote("set", "winrm/config/winrs", '@{MaxShellsPerUser="27"}', account=OTHER))
        finally:
            lab.target.winrm("set", "winrm/config/service", '@{RootSDDL="%s"}' % before)
        denied(remote("get", "winrm/config/winrs", account=OTHER))

    def test_a_client_that_knows_nothing_of_this_project(self, lab):
        with wsman(lab, ADMINISTRATOR) as administrator:
            body = administrator.get(CONFIG + "/winrs")
            assert body.tag == "{http://www.w3.org/2003/05/soap-envelope}Body"
            assert body.find("{%s/winrs}Winrs/{%s/winrs}AllowRemoteShellAccess" % (CONFIG, CONFIG)).text == "true"
        with wsman(lab, (lab.user, lab.password)) as alice, pytest.raises(Exception) as error:
            alice.get(CONFIG + "/winrs")
        assert "5" in str(getattr(error.value, "code", error.value)), error.value


class TestShells:
    def test_lists(self, lab, remote):
        words = lab.switches(lab.client_host, lab.target, "Negotiate")
        sleeper = lab.client_host.popen("winrs", *words, "sleep 60", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert processes.eventually(lambda: "ShellId" in remote("enumerate", "shell").out, 20)
            own = remote("enumerate", "shell", check=True).out
            identifier = re.search(r"ShellId = ([0-9A-F-]{36})", own)[1]
            assert re.search(r"^    Owner = .*\\alice$", own, re.MULTILINE) and "    ResourceUri = %s/cmd\n" % SHELL in own
            assert re.search(r"^    ShellRunTime = P0DT0H0M\d+S$", own, re.MULTILINE), own
            assert identifier in remote("get", "shell?ShellId=" + identifier, check=True).out
            # Administrators see all, over the network and on the machine; others see theirs.
            assert identifier in remote("enumerate", "shell", account=ADMINISTRATOR, check=True).out
            assert identifier in lab.target.winrm("enumerate", "shell").out
            denied(remote("enumerate", "shell", account=OTHER))
            # Nobody opens one by the socket.
            done = lab.target.run("winrm", "create", "shell/cmd", "@{}")
            assert done.returncode == 1 and done.err.startswith("WSManFault\n"), done.err
            lab.target.winrm("delete", "shell?ShellId=" + identifier)
            assert sleeper.wait(20) != 0
            assert "0x8033805B" in remote("get", "shell?ShellId=" + identifier).err
        finally:
            sleeper.kill()
            sleeper.wait()


class TestOnTheMachine:
    @pytest.fixture
    def ordinary(self, lab):
        """`winrm` as a user without rights."""

        def run(*words):
            words = ["setpriv", "--reuid=games", "--regid=games", "--clear-groups", *lab.target.command("winrm", *words)]
            done = subprocess.run(words, env=lab.target.environment, capture_output=True, cwd="/", text=True, timeout=60)
            done.out, done.err = done.stdout, done.stderr
            return done

        return run

    def test_the_socket(self, lab):
        path = lab.target.root / "run/winrm/winrmd.sock"
        assert stat.S_ISSOCK(path.stat().st_mode) and stat.S_IMODE(path.stat().st_mode) == 0o666
        assert path.parent.stat().st_mode & 0o022 == 0

    def test_an_ordinary_user_reads_and_changes_nothing(self, lab, ordinary):
        done = ordinary("get", "winrm/config/winrs")
        assert done.returncode == 0 and done.out.startswith("Winrs\n"), done.err
        before = lab.target.winrm("get", "winrm/config").out
        for words in (
            ["set", "winrm/config/winrs", '@{MaxShellsPerUser="26"}'],
            ["delete", "winrm/config/listener?Address=*+Transport=HTTP"],
            ["invoke", "Restore", "winrm/config", "@{}"],
            ["enumerate", "shell"],
        ):
            denied(ordinary(*words))
        assert lab.target.winrm("get", "winrm/config").out == before

    def test_root_repairs_what_shuts_everybody_out(self, lab, remote, ordinary):
        before = re.search(r"RootSDDL = (.*)", lab.target.winrm("get", "winrm/config/service").out)[1]
        lab.target.winrm("set", "winrm/config/service", '@{RootSDDL="D:P(D;;GA;;;WD)"}')
        try:
            denied(ordinary("get", "winrm/config/winrs"))
            denied(remote("get", "winrm/config/winrs", account=ADMINISTRATOR))
            assert lab.target.process.poll() is None
        finally:
            lab.target.winrm("set", "winrm/config/service", '@{RootSDDL="%s"}' % before)
        assert remote("get", "winrm/config/winrs", account=ADMINISTRATOR, check=True)

    def test_a_change_holds_when_the_answer_is_there(self, lab, remote):
        lab.target.winrm("set", "winrm/config/winrs", '@{AllowRemoteShellAccess="false"}')
        try:
            done = lab.winrs(lab.client_host, lab.target, "id", method="Negotiate")
            assert "0x803381AC" in done.err, done.err
        finally:
            lab.target.winrm("set", "winrm/config/winrs", '@{AllowRemoteShellAccess="true"}')
        assert lab.winrs(lab.client_host, lab.target, "id -un", method="Negotiate").out.strip() == lab.unix_user

    def test_a_service_that_was_killed_leaves_a_socket_that_means_nothing(self, own_lab):
        host = own_lab.service("killed", credssp=False)
        path = host.root / "run/winrm/winrmd.sock"
        host.stop(signal.SIGKILL)
        assert path.exists()
        assert "    MaxShellsPerUser = 7\n" in host.winrm("set", "winrm/config/winrs", '@{MaxShellsPerUser="7"}').out
        host.start()
        assert "    MaxShellsPerUser = 7\n" in host.winrm("get", "winrm/config/winrs").out
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
        host.stop()
        assert not path.exists()
