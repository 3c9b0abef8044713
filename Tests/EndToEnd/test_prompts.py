"""The prompt for a password, and the keys that end it, on a terminal."""

import fcntl
import os
import pty
import pwd
import select
import signal
import subprocess
import termios
import time

import pytest

CTRL_C, CTRL_D, CTRL_BACKSLASH, CTRL_Z = b"\x03", b"\x04", b"\x1c", b"\x1a"


class Prompt:
    """A command in front of a terminal of its own, which asks for a password."""

    def __init__(self, host, *command, interrupts=signal.SIG_DFL):
        self.leader, self.follower = pty.openpty()
        self.before = termios.tcgetattr(self.follower)
        self.process = subprocess.Popen(
            command, env=host.environment, cwd=host.root, stdin=self.follower, stdout=self.follower, stderr=self.follower,
            start_new_session=True, preexec_fn=lambda: self.settle(interrupts),
        )
        self.seen = b""

    @staticmethod
    def settle(interrupts):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        # What runs the tests may have been started with them ignored.
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, interrupts)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.leader)
        os.close(self.follower)

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            self.read(0.2)

    def read(self, seconds):
        while select.select([self.leader], [], [], seconds)[0]:
            self.seen += os.read(self.leader, 4096)
            seconds = 0

    def press(self, keys):
        os.write(self.leader, keys)

    def end(self):
        """The exit code, as Popen has it."""
        code = self.process.wait(20)
        self.read(0)
        assert termios.tcgetattr(self.follower) == self.before, "the terminal is as it was"
        return code


def commands(host):
    away = "-r:http://127.0.0.1:1"
    return {
        "winrs": [host.bin / "winrs", away, "-u:u", "hostname"],
        "identify": [host.bin / "winrm", "id", away, "-u:u"],
        "doctor": [host.bin / "winrm", "doctor", away, "-u:u"],
        "account": [host.bin / "winrm", "account", "add", "u", "-unixuser:" + pwd.getpwuid(os.geteuid()).pw_name],
    }


@pytest.fixture
def host(own_lab):
    return own_lab.client()


@pytest.mark.parametrize("name", ["winrs", "identify", "doctor", "account"])
@pytest.mark.parametrize("keys, number", [(CTRL_C, signal.SIGINT), (b"half" + CTRL_C, signal.SIGINT), (CTRL_BACKSLASH, signal.SIGQUIT)])
def test_an_interrupt_is_no_missing_password(host, name, keys, number):
    with Prompt(host, *commands(host)[name]) as prompt:
        prompt.wait_for(b"assword")
        prompt.read(0.2)
        asked = len(prompt.seen)
        prompt.press(keys)
        assert prompt.end() == -number, prompt.seen
        assert prompt.seen[asked:] == b"\r\n", "a line end and no complaint"


def test_an_interrupt_ends_a_script_as_well(host):
    words = " ".join(map(str, commands(host)["winrs"]))
    with Prompt(host, "bash", "-c", "%s; echo went on" % words) as prompt:
        prompt.wait_for(b"assword")
        prompt.read(0.2)
        prompt.press(CTRL_C)
        assert prompt.end() in (-signal.SIGINT, 128 + signal.SIGINT)
        assert b"went on" not in prompt.seen


@pytest.mark.parametrize("key", [CTRL_C, CTRL_BACKSLASH])
def test_the_keys_end_the_prompt_where_their_signals_are_ignored(host, key):
    with Prompt(host, *commands(host)["winrs"], interrupts=signal.SIG_IGN) as prompt:
        prompt.wait_for(b"assword")
        prompt.read(0.2)
        prompt.press(key)
        assert prompt.end() == 255, prompt.seen
        assert b"no password was given" in prompt.seen


def test_the_end_of_input_is_a_missing_password(host):
    for name, code in (("winrs", 255), ("identify", 1), ("doctor", 1)):
        with Prompt(host, *commands(host)[name]) as prompt:
            prompt.wait_for(b"assword")
            prompt.read(0.2)
            prompt.press(CTRL_D)
            assert prompt.end() == code, prompt.seen
            assert b"no password was given" in prompt.seen


def test_the_prompt_cannot_be_left_with_a_quiet_terminal(host):
    with Prompt(host, *commands(host)["winrs"]) as prompt:
        prompt.wait_for(b"assword")
        prompt.read(0.2)
        prompt.press(CTRL_Z)
        time.sleep(0.3)
        with open("/proc/%d/stat" % prompt.process.pid) as file:
            assert file.read().rsplit(")", 1)[1].split()[0] != "T", "it is not stopped"
        prompt.press(CTRL_C)
        assert prompt.end() == -signal.SIGINT


def test_a_crash_in_front_of_a_terminal_is_an_end(host):
    """The runtime's backtrace would be of memory with passwords in it; it is refused, and was waited for."""
    with Prompt(host, *commands(host)["winrs"]) as prompt:
        prompt.wait_for(b"assword")
        prompt.read(0.2)
        os.kill(prompt.process.pid, signal.SIGSEGV)
        assert prompt.process.wait(10) == -signal.SIGSEGV
        prompt.read(0)
        assert b"Backtrac" not in prompt.seen


def test_a_crash_of_the_service_in_front_of_a_terminal_is_an_end(host):
    with Prompt(host, host.bin / "winrmd") as prompt:
        prompt.wait_for(b"winrmd.sock")
        os.kill(prompt.process.pid, signal.SIGSEGV)
        assert prompt.process.wait(10) == -signal.SIGSEGV
        prompt.read(0)
        assert b"Backtrac" not in prompt.seen
