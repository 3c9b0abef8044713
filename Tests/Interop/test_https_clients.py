"""pypsrp and pywinrm over HTTPS, where bodies travel inside TLS and logons are bound to the certificate."""

import pytest
import winrm
from pypsrp.shell import WinRS
from pypsrp.wsman import WSMan
from test_clients_against_winrmd import run
from winrmtest import authority, hosts, processes


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return authority.Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module", params=["rsa", "p256"])
def server(request, lab, pki):
    """HTTPS with channel bindings demanded; CredSSP shows the self-made certificate, whose key these clients understand."""
    made = lab.service("https-" + request.param, start=False)
    leaf = pki.server("https-" + request.param, made.address, kind=request.param, key_usage="digitalSignature")
    made.winrm("certificate", "import", leaf.chain, "-key:%s" % leaf.key)
    made.https_port = hosts.free_port(made.address)
    made.winrm(
        "create",
        "winrm/config/Listener?Address=IP:%s+Transport=HTTPS" % made.address,
        "@{Port=%d;Hostname=%s}" % (made.https_port, made.address),
    )
    made.winrm("set", "winrm/config/service/auth", "@{CbtHardeningLevel=Strict}")
    yield made.start()
    made.stop()


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "credssp"])
@pytest.mark.parametrize("encryption", ["auto", "always"])
def test_pypsrp(lab, pki, server, auth, encryption):
    """With `always` the bodies are encrypted inside TLS once more."""
    wsman = WSMan(
        server.address,
        port=server.https_port,
        ssl=True,
        cert_validation=str(pki.roots),
        auth=auth,
        encryption=encryption,
        username=lab.user,
        password=lab.password,
    )
    with wsman, WinRS(wsman) as shell:
        process = run(shell, "sh", "-c", "'cat; echo err >&2; exit 7'", stdin=bytes(range(256)) * 300)
    assert (process.rc, process.stdout, process.stderr) == (7, bytes(range(256)) * 300, b"err\n")


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
def test_pywinrm(lab, pki, server, transport):
    session = winrm.Session(
        "https://%s:%d/wsman" % (server.address, server.https_port),
        auth=(lab.user, lab.password),
        transport=transport,
        server_cert_validation="validate",
        ca_trust_path=str(pki.roots),
    )
    done = session.run_cmd("printf", ["'%s|'", "one", "'two three'"])
    assert (done.status_code, done.std_out, done.std_err) == (0, b"one|two three|", b"")


@pytest.mark.parametrize("auth", ["ntlm", "credssp"])
def test_wrong_password(lab, pki, server, auth):
    with pytest.raises(Exception) as raised:
        wsman = WSMan(
            server.address,
            port=server.https_port,
            ssl=True,
            cert_validation=str(pki.roots),
            auth=auth,
            username=lab.user,
            password="wrong",
        )
        with wsman, WinRS(wsman) as shell:
            run(shell, "echo", "in")
    assert lab.password not in str(raised.value)


def test_clients_without_channel_bindings_are_turned_away(lab, pki, server):
    with pytest.raises(Exception):
        wsman = WSMan(
            server.address,
            port=server.https_port,
            ssl=True,
            cert_validation=str(pki.roots),
            auth="ntlm",
            negotiate_send_cbt=False,
            username=lab.user,
            password=lab.password,
        )
        with wsman, WinRS(wsman) as shell:
            run(shell, "echo", "in")


@pytest.mark.parametrize(("level", "without"), [("None", True), ("Relaxed", True), ("Strict", False)])
def test_each_level_of_channel_bindings(lab, pki, server, level, without):
    """Bindings that are right pass at each level, and their absence is judged by it; the running service takes over the level."""
    mark = len(server.log())
    server.winrm("set", "winrm/config/service/auth", "@{CbtHardeningLevel=%s}" % level)
    assert processes.eventually(lambda: "settings changed" in server.log()[mark:], 10) or level == "Strict"

    def works(**options):
        try:
            wsman = WSMan(
                server.address, port=server.https_port, ssl=True, cert_validation=str(pki.roots), auth="ntlm", username=lab.user,
                password=lab.password, **options,
            )
            with wsman, WinRS(wsman) as shell:
                return run(shell, "echo", "in").stdout == b"in\n"
        except Exception:
            return False

    assert works()
    assert works(negotiate_send_cbt=False) == without
