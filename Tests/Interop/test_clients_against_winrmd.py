"""pypsrp and pywinrm, which know nothing of this project, against winrmd."""

import hashlib

import pytest
import winrm
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

AUTHENTICATIONS = ["ntlm", "negotiate", "credssp"]


def connection(lab, auth, **options):
    """Message encryption is on for all of them: the service speaks nothing else over HTTP."""
    options = {"username": lab.user, "password": lab.password, **options}
    return WSMan(lab.a.address, port=lab.a.port, ssl=False, auth=auth, encryption="always", **options)


def run(shell, command, *arguments, stdin=None):
    process = Process(shell, command, list(arguments))
    if stdin is None:
        process.invoke()
    else:
        process.begin_invoke()
        for start in range(0, len(stdin), 30_000):
            process.send(stdin[start : start + 30_000], end=start + 30_000 >= len(stdin))
        process.end_invoke()
    process.signal(SignalCode.TERMINATE)
    return process


@pytest.mark.parametrize("auth", AUTHENTICATIONS)
class TestPypsrp:
    def test_command_with_arguments(self, lab, auth):
        with connection(lab, auth) as wsman, WinRS(wsman) as shell:
            process = run(shell, "printf", "'%s|'", "one", "'two three'", "vier-ü")
        assert (process.rc, process.stdout, process.stderr) == (0, "one|two three|vier-ü|".encode(), b"")

    @pytest.mark.parametrize("code", [1, 7, 255])
    def test_exit_code(self, lab, auth, code):
        with connection(lab, auth) as wsman, WinRS(wsman) as shell:
            process = run(shell, "sh", "-c", "'echo out; echo err >&2; exit %d'" % code)
        assert (process.rc, process.stdout, process.stderr) == (code, b"out\n", b"err\n")

    def test_standard_input(self, lab, auth):
        data = bytes(range(256)) * 300
        with connection(lab, auth) as wsman, WinRS(wsman) as shell:
            process = run(shell, "cat", stdin=data)
        assert (process.rc, process.stdout) == (0, data)

    def test_several_commands_in_one_shell(self, lab, auth):
        with connection(lab, auth) as wsman, WinRS(wsman) as shell:
            outputs = [run(shell, "echo", str(i)).stdout for i in range(5)]
        assert outputs == [b"%d\n" % i for i in range(5)]

    @pytest.mark.parametrize("page", [437, 65001])
    def test_code_page_is_accepted(self, lab, auth, page):
        with connection(lab, auth) as wsman, WinRS(wsman, codepage=page) as shell:
            assert run(shell, "echo", "in").stdout == b"in\n"

    def test_environment_directory_and_name(self, lab, auth):
        with connection(lab, auth) as wsman:
            with WinRS(wsman, environment={"GREETING": "grüß"}, working_directory="/tmp", name="named", no_profile=True) as shell:
                assert run(shell, "sh", "-c", "'echo $GREETING; pwd'").stdout == "grüß\n/tmp\n".encode()

    @pytest.mark.timeout(600)
    def test_fifty_megabytes(self, lab, auth, fifty_megabytes):
        if auth == "negotiate":
            command = "head -c 5242880 %s" % fifty_megabytes  # the long run is made once for NTLM and once for CredSSP
            expected = fifty_megabytes.read_bytes()[:5242880]
        else:
            command, expected = "cat %s" % fifty_megabytes, fifty_megabytes.read_bytes()
        with connection(lab, auth) as wsman, WinRS(wsman) as shell:
            process = run(shell, command)
        assert process.rc == 0 and len(process.stdout) == len(expected)
        assert hashlib.sha256(process.stdout).digest() == hashlib.sha256(expected).digest()

    def test_wrong_password(self, lab, auth):
        with pytest.raises(Exception) as raised:
            with connection(lab, auth, password="wrong") as wsman, WinRS(wsman) as shell:
                run(shell, "echo", "in")
        assert lab.password not in str(raised.value)

    @pytest.mark.parametrize("form", ["{user}", "{USER}", ".\\{user}"])
    def test_user_forms(self, lab, auth, form):
        name = form.format(user=lab.user, USER=lab.user.upper())
        with connection(lab, auth, username=name) as wsman, WinRS(wsman) as shell:
            assert run(shell, "echo", "in").stdout == b"in\n"


@pytest.mark.parametrize("auth", ["ntlm", "credssp"])
def test_pypsrp_without_encryption_is_refused(lab, auth):
    with pytest.raises(Exception):
        wsman = WSMan(
            lab.a.address, port=lab.a.port, ssl=False, auth=auth, encryption="never", username=lab.user, password=lab.password
        )
        with wsman, WinRS(wsman) as shell:
            run(shell, "echo", "in")


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
class TestPywinrm:
    def session(self, lab, transport, password=None):
        return winrm.Session(
            lab.a.endpoint + "/wsman",
            auth=(lab.user, password or lab.password),
            transport=transport,
            message_encryption="always",
            read_timeout_sec=60,
            operation_timeout_sec=30,
        )

    def test_command(self, lab, transport):
        done = self.session(lab, transport).run_cmd("printf", ["'%s|'", "one", "'two three'"])
        assert (done.status_code, done.std_out, done.std_err) == (0, b"one|two three|", b"")

    def test_exit_code_and_streams(self, lab, transport):
        done = self.session(lab, transport).run_cmd("sh", ["-c", "'echo out; echo err >&2; exit 7'"])
        assert (done.status_code, done.std_out, done.std_err) == (7, b"out\n", b"err\n")

    def test_code_page_437_is_its_default(self, lab, transport):
        protocol = self.session(lab, transport).protocol
        shell = protocol.open_shell(codepage=437)
        try:
            command = protocol.run_command(shell, "cat", [])
            protocol.send_command_input(shell, command, "über stdin", end=True)
            out, err, code = protocol.get_command_output(shell, command)
            protocol.cleanup_command(shell, command)
        finally:
            protocol.close_shell(shell)
        assert code == 0 and out == "über stdin".encode("437"), (out, err)

    @pytest.mark.timeout(600)
    def test_fifty_megabytes(self, lab, transport, fifty_megabytes):
        done = self.session(lab, transport).run_cmd("cat", [str(fifty_megabytes)])
        assert done.status_code == 0
        assert hashlib.sha256(done.std_out).digest() == hashlib.sha256(fifty_megabytes.read_bytes()).digest()

    def test_wrong_password(self, lab, transport):
        with pytest.raises(Exception) as raised:
            self.session(lab, transport, "wrong").run_cmd("echo", ["in"])
        assert lab.password not in str(raised.value)
