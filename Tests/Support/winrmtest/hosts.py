"""Hosts on loopback: each has a directory of its own (WINRM_ROOT), an address, and perhaps a running winrmd."""

import contextlib
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import threading
import time

from . import processes, programs

HOST = socket.gethostname()


def free_port(address):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def silent_port(address):
    """A port that drops what asks for a connection, as a firewall does: that of a listener whose queue is full. Gives its (address, port)."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind((address, 0))
        listener.listen(0)
        for _ in range(4):
            knock = waiting.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(listener.getsockname())
        time.sleep(0.2)
        yield listener.getsockname()


def new_password(prefix="", length=12):
    """A password that stands nowhere else: nothing about it is guessable or repeated."""
    return prefix + secrets.token_urlsafe(length)


class Host:
    def __init__(self, directory, name, bin, address=None, port=None):
        self.name, self.bin, self.address = name, bin, address
        self.root = pathlib.Path(directory) / name
        self.root.mkdir(parents=True)
        self.root.chmod(0o755)
        self.port = port or (free_port(address) if address else None)
        self.log_file = self.root / "winrmd.log"
        self.process = None

    def __repr__(self):
        return "%s (%s)" % (self.name, self.endpoint if self.address else "no service")

    @property
    def endpoint(self):
        host = "[%s]" % self.address if ":" in self.address else self.address
        return "http://%s:%d" % (host, self.port)

    @property
    def environment(self):
        keep = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
        return {"LANG": "C.UTF-8", **keep, "WINRM_ROOT": str(self.root)}

    def command(self, program, *arguments):
        return [str(self.bin / program), *map(str, arguments)]

    def run(self, program, *arguments, input=None, timeout=60, check=False, extra=None, pass_fds=()):
        """Runs a program of ours on this host. Times how long it took (`.seconds`)."""
        start = time.monotonic()
        done = subprocess.run(
            self.command(program, *arguments),
            input=input.encode() if isinstance(input, str) else input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            timeout=timeout,
            env={**self.environment, **(extra or {})},
            cwd=self.root,
            pass_fds=pass_fds,
        )
        done.seconds = time.monotonic() - start
        done.out, done.err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check and done.returncode != 0:
            raise AssertionError("%s %s: exit %d\n%s%s" % (program, arguments, done.returncode, done.out, done.err))
        return done

    def winrm(self, *arguments, **options):
        return self.run("winrm", *arguments, **{"check": True, **options})

    def popen(self, program, *arguments, **options):
        return subprocess.Popen(self.command(program, *arguments), env=self.environment, cwd=self.root, **options)

    # Accounts

    def add_account(self, user, password, *extra):
        """`winrm account add` with the password on a descriptor."""
        reader, writer = os.pipe()
        try:
            os.write(writer, password.encode())
            os.close(writer)
            return self.winrm("account", "add", user, *extra, "-passwordfd:%d" % reader, pass_fds=(reader,))
        finally:
            os.close(reader)

    # The service

    def start(self):
        mark = len(self.log())
        log = open(self.log_file, "ab")
        self.process = self.popen("winrmd", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

        def ready():
            if self.process.poll() is not None:
                raise AssertionError("winrmd of %s ended with %d:\n%s" % (self.name, self.process.returncode, self.log()))
            # Said when every listener is bound, and before none.
            if "listening on" not in self.log()[mark:]:
                return False
            try:
                socket.create_connection((self.address, self.port), timeout=1).close()
                return True
            except OSError:
                return False

        if not processes.eventually(ready, 20):
            raise AssertionError("winrmd of %s does not listen on %s:\n%s" % (self.name, self.endpoint, self.log()))
        return self

    def stop(self, sign=signal.SIGTERM, seconds=15):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sign)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("winrmd of %s did not end within %d s of signal %d" % (self.name, seconds, sign))
        code, self.process = self.process.returncode, None
        return code

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def run_files(self):
        """Everything in the run directory that is not a directory, beside the socket of the service itself."""
        return [path for path in (self.root / "run").rglob("*") if not path.is_dir() and path.name != "winrmd.sock"]


class Streamed:
    """A running program whose standard output is read line by line, with deadlines."""

    def __init__(self, process):
        self.process, self.lines, self.data = process, [], b""
        self._condition = threading.Condition()
        self._done = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            with self._condition:
                self.lines.append(line)
                self._condition.notify_all()
        with self._condition:
            self._done = True
            self._condition.notify_all()

    def wait_for(self, text, seconds=20):
        """Waits for a line that contains `text`."""
        end = time.monotonic() + seconds
        with self._condition:
            while True:
                for line in self.lines:
                    if text in line:
                        return line
                rest = end - time.monotonic()
                if rest <= 0 or self._done:
                    raise AssertionError("no line with %r; got %r" % (text, self.lines))
                self._condition.wait(rest)

    def wait(self, seconds=30):
        code = self.process.wait(seconds)
        self._thread.join(5)
        return code
