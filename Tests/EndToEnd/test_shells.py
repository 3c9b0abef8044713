"""Completion in bash, zsh and fish, and manual pages, with the programs that use them. What is not installed is skipped."""

import os
import pty
import select
import shutil
import subprocess
import time

import pytest

SHELLS = ["bash", "zsh", "fish"]
PAGES = ["winrm", "winrs", "winrm-config", "winrmd"]


def needs(program):
    if not shutil.which(program):
        pytest.skip(program + " is not installed")


@pytest.fixture(scope="module")
def scripts(lab, tmp_path_factory):
    directory = tmp_path_factory.mktemp("completions")
    for shell in SHELLS:
        (directory / shell).write_text(lab.client_host.winrm("completions", shell).out)
    return directory


def environment(lab):
    return {**lab.client_host.environment, "PATH": "%s:%s" % (lab.bin, os.environ["PATH"]), "TERM": "dumb"}


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_are_well_formed(scripts, shell):
    needs(shell)
    subprocess.run([shell, "-n", scripts / shell], check=True)


BASH = """
source "$1"
compopt() { :; }
COMP_LINE=$2 COMP_POINT=${#2}
_winrm_complete "${2%% *}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    "line, words",
    [
        ("winrm g", ["get"]),
        ("winrm cre", ["create", "credssp"]),
        ("winrm get winrm/config/client/", ["winrm/config/client/auth", "winrm/config/client/defaultports"]),
        # Readline replaces what stands behind the last colon or equals sign only.
        ("winrm id -a:k", ["kerberos"]),
        ("winrm get winrm/config -format:p", ["pretty"]),
        ("winrm set winrm/config/client/auth @{CredSSP=t", ["true\\}"]),
        ("winrm set winrm/config/client/auth '@{Cre", ["@{CredSSP="]),
        ("winrm create winrm/config/Listener\\?Address=\\*+Transport=HTTPS", ["HTTPS"]),
        ("winrs -a:cr", ["credssp"]),
        ("winrm help prox", ["proxy", "proxyaccess", "proxyauthentication", "proxyusername", "proxypassword"]),
        ("winrm frob ", [""]),
    ],
)
def test_completion_in_bash(lab, scripts, line, words):
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", scripts / "bash", line], env=environment(lab), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == words and done.stderr == ""


def test_files_in_bash(lab, scripts, tmp_path):
    (tmp_path / "input.xml").touch()
    line = "winrm set winrm/config -file:%s/in" % tmp_path
    done = subprocess.run(["bash", "-c", BASH, "bash", scripts / "bash", line], env=environment(lab), capture_output=True, text=True, check=True)
    assert done.stdout == "%s/input.xml\n" % tmp_path


class Terminal:
    """A shell that somebody types into."""

    def __init__(self, command, environment):
        self.leader, follower = pty.openpty()
        self.process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environment, start_new_session=True)
        os.close(follower)
        self.seen = ""

    def type(self, text):
        os.write(self.leader, text.encode())

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.leader], [], [], 0.2)[0]:
                self.seen += os.read(self.leader, 4096).decode(errors="replace")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.leader)


def test_the_tabulator_in_bash(lab, scripts):
    terminal = Terminal(["bash", "--noprofile", "--norc", "-i"], {**environment(lab), "PS1": "ready> "})
    try:
        terminal.wait_for("ready> ")
        terminal.type("source %s\n" % (scripts / "bash"))
        terminal.type("winrm get winrm/config/client/au\t-form\tx\t\n")
        terminal.wait_for("<cfg:Auth ")
    finally:
        terminal.close()


def test_completion_in_fish(lab, scripts):
    needs("fish")

    def complete(line):
        done = subprocess.run(
            ["fish", "--no-config", "-c", "source %s; complete -C '%s'" % (scripts / "fish", line)],
            env=environment(lab), capture_output=True, text=True, check=True,
        )
        return [text.split("\t")[0] for text in done.stdout.splitlines()]

    assert complete("winrm g") == ["get"]
    assert complete("winrm id -a:k") == ["-a:kerberos"]
    assert sorted(complete("winrm get winrm/config/client/")) == ["winrm/config/client/auth", "winrm/config/client/defaultports"]
    assert complete("winrs -a:cr") == ["-a:credssp"]


def test_completion_in_zsh(lab, scripts, tmp_path):
    """zsh completes in its line editor only."""
    needs("zsh")
    (tmp_path / "_winrm").write_text((scripts / "zsh").read_text())
    terminal = Terminal(["zsh", "-f", "-i"], {**environment(lab), "PS1": "ready> "})
    try:
        terminal.wait_for("ready> ")
        terminal.type("fpath=(%s $fpath); autoload -U compinit; compinit -u -D; print lo''aded\n" % tmp_path)
        terminal.wait_for("loaded", 60)
        terminal.type("winrm get winrm/config/client/au\t-form\tx\t\n")
        terminal.wait_for("<cfg:Auth ", 40)
    finally:
        terminal.close()


@pytest.fixture(scope="module")
def pages(lab, tmp_path_factory):
    directory = tmp_path_factory.mktemp("manuals")
    for name in PAGES:
        source = lab.client_host.run("winrmd", "--manual", check=True) if name == "winrmd" else lab.client_host.winrm("manual", name)
        (directory / name).write_text(source.out)
    return directory


@pytest.mark.parametrize("name", PAGES)
def test_manuals_for_man(pages, name):
    needs("man")
    done = subprocess.run(
        ["man", "--warnings", "-l", pages / name], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    )
    assert done.returncode == 0 and done.stderr == ""
    assert "NAME\n" in done.stdout and "SEE ALSO\n" in done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_manuals_for_mandoc(pages, name):
    needs("mandoc")
    done = subprocess.run(["mandoc", "-Tlint", pages / name], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
