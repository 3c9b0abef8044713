"""The commands of the documentation, run as they stand: on the hosts, and in the order, that the articles say."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

import pytest

from winrmtest import articles
from winrmtest.domain import DomainHost

ORDINARY_USER = ["setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups"]


class Reader:
    """Somebody who follows an article, on machines of their own."""

    def __init__(self, lab, name):
        self.lab = lab
        self.hosts = {where: DomainHost(lab, where, "reads-%s-%s" % (name, where), port=5985) for where in ("client", "hop1", "hop2")}
        for host in self.hosts.values():
            lab.hosts.append(host)

    def close(self):
        for host in self.hosts.values():
            host.stop()
            self.lab.hosts.remove(host)

    def follow(self, step):
        if step.kind == "service":
            self.hosts[step.host].start()
            return
        password = step.option("password")
        code, out = self.execute(step, self.lab.directory.password(password) if password else None)
        assert code == int(step.option("exit", 0)), "%s: exit %d\n%s\n%s" % (step.line, code, step.text, out)
        if step.output is not None:
            assert articles.fits(step.output, out), "%s: the article shows\n%s\nand it is\n%s" % (step.line, step.output, out)

    def execute(self, step, password):
        host = self.hosts[step.host]
        words = ["bash", "-c", "set -e\n" + step.text] if step.language == "sh" else [sys.executable, "-c", step.text]
        who = [] if "root" in step.words else ORDINARY_USER
        environment = {**host.environment, "PATH": "%s:%s" % (host.bin, os.environ["PATH"]), "HOME": "/tmp", "KRB5CCNAME": "MEMORY:"}
        # Where there is no terminal to ask at, the articles' programs take the password from the environment.
        if "file" in step.words:
            environment["PASSWORD"] = self.lab.directory.password("alice")
        command = [*host.command("winrm")[:-1], *who, *words]
        return answer_at_a_terminal(command, environment, host.root, password)


def answer_at_a_terminal(command, environment, directory, password, seconds=60):
    """Runs a command at a terminal, where somebody types the password when asked. Its exit code and what the terminal showed."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        command, env=environment, cwd=directory, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(terminal)
    shown, end, asked = b"", time.monotonic() + seconds, False
    try:
        while time.monotonic() < end:
            if not select.select([controller], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(controller, 65536)
            except OSError:
                break
            if not data:
                break
            shown += data
            if password and not asked and b"assword" in shown:
                asked = True
                os.write(controller, password.encode() + b"\n")
        else:
            raise AssertionError("%r does not end:\n%s" % (command, shown.decode(errors="replace")))
        lines = shown.decode(errors="replace").replace("\r\n", "\n").splitlines(keepends=True)
        return process.wait(10), "".join(line for line in lines if not line.startswith("Enter the password"))
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        os.close(controller)


@pytest.fixture(scope="module")
def quiet_lab(bare):
    """The lab with nobody on the standard ports: the articles use them."""
    stopped = [host for host in bare.hosts if host.process is not None and host.port == 5985]
    for host in stopped:
        host.stop()
    yield bare
    for host in stopped:
        host.start()


@pytest.mark.parametrize("name", articles.names())
def test_the_commands_of_an_article_do_what_it_says(quiet_lab, name):
    steps = articles.steps(name)
    if not steps:
        return
    reader = Reader(quiet_lab, name)
    try:
        for step in steps:
            reader.follow(step)
    finally:
        reader.close()
