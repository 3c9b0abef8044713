"""Each refusal: its own error, within two seconds, nothing secret on the wire, nothing run."""

import json
import re

import pytest
from winrmtest.hosts import new_password
from winrmtest.wire import Wire

LIMIT = 2.0


@pytest.fixture
def scene(own_lab):
    """A service behind a recording wire, and a client that may do nothing yet."""
    own_lab.target = own_lab.service("A")
    own_lab.client_host = own_lab.client()
    with Wire((own_lab.target.address, own_lab.target.port), own_lab.target.address) as wire:
        own_lab.wire = wire
        own_lab.endpoint = "http://%s:%d" % (wire.address, wire.port)
        open_to_all = own_lab.target.root / "open"
        open_to_all.mkdir()
        open_to_all.chmod(0o777)
        own_lab.witness = open_to_all / "witness"
        yield own_lab


def attempt(lab, **options):
    """Tries to leave a witness on the target."""
    return lab.winrs(lab.client_host, lab.endpoint, "touch %s; echo ran" % lab.witness, **options)


def assert_refused(lab, done, *texts):
    assert done.returncode != 0, done.out
    for text in texts:
        assert text.lower() in done.err.lower(), done.err
    assert done.seconds < LIMIT, "took %.2f s" % done.seconds
    assert "ran" not in done.out and not lab.witness.exists()
    assert lab.wire.carries(lab.password) == []
    assert lab.password not in done.err + done.out


def enable_flag(lab):
    lab.client_host.winrm("set", "winrm/config/client/auth", '@{CredSSP="true"}')


def test_a1_credssp_without_explicit_credentials(scene):
    scene.delegate(scene.client_host, scene.target)
    done = scene.client_host.run("winrs", "-r:" + scene.endpoint, "-a:CredSSP", "echo ran")
    assert_refused(scene, done, "0x803381A1")
    assert scene.wire.connections == 0


def test_a2_client_flag_is_off(scene):
    assert_refused(scene, attempt(scene), "0x803381A2")
    assert scene.wire.connections == 0


def test_a3_no_policy_names_the_host(scene):
    enable_flag(scene)
    assert_refused(scene, attempt(scene), "0x803381A3")
    assert scene.wire.connections == 0


def test_a3_policy_for_another_host_only(scene):
    scene.delegate(scene.client_host, "other.example", "*.127.0.0.2")
    assert_refused(scene, attempt(scene), "0x803381A3")
    assert scene.wire.connections == 0


def test_a4_ntlm_only_server_without_the_weaker_policy(scene):
    scene.delegate(scene.client_host, scene.target, ntlm_only=False)
    assert_refused(scene, attempt(scene), "0x803381A4")
    assert scene.wire.connections == 1
    assert len(scene.wire.client_tokens()) >= 2, "the inner TLS handshake must have happened"
    assert scene.wire.inner_application_records() == 0, "something was sent inside TLS before the policy was asked"


def test_wildcard_policy_allows(scene):
    scene.delegate(scene.client_host, "*")
    done = attempt(scene)
    assert (done.returncode, done.out) == (0, "ran\n"), done.err
    assert scene.witness.exists(), "the witness of the refusals must be able to appear"
    assert scene.wire.carries(scene.password) == []
    assert scene.wire.inner_application_records() > 0


def test_disable_takes_the_policy_back(scene):
    scene.delegate(scene.client_host, scene.target)
    scene.client_host.winrm("credssp", "disable", "-role:client")
    assert_refused(scene, attempt(scene), "0x803381A2")
    enable_flag(scene)
    done = attempt(scene)
    assert_refused(scene, done, "0x803381A3")


def test_e4_ntlm_to_a_host_that_is_not_trusted(scene):
    assert_refused(scene, attempt(scene, method="Negotiate"), "0x803380E4")
    assert 3 not in scene.wire.ntlm_messages()


def test_trusted_host_is_served(scene):
    scene.trust(scene.client_host, scene.target)
    done = attempt(scene, method="Negotiate")
    assert (done.returncode, done.out) == (0, "ran\n"), done.err
    assert scene.witness.exists(), "the witness of the refusals must be able to appear"
    assert 3 in scene.wire.ntlm_messages(), "the recording must see NTLM where it is used"
    assert scene.wire.carries(scene.password) == []


METHODS = ["CredSSP", "Negotiate"]


def allowed(lab):
    lab.delegate(lab.client_host, lab.target)
    lab.trust(lab.client_host, lab.target)


def failure_text(done):
    """What the user reads, without the names that he gave himself."""
    return done.err


@pytest.mark.parametrize("method", METHODS)
def test_wrong_password_unknown_user_and_disabled_account_look_alike(scene, method):
    allowed(scene)
    wrong = attempt(scene, method=method, password=new_password())
    assert_refused(scene, wrong)
    unknown = attempt(scene, method=method, user="mallo")
    assert_refused(scene, unknown)
    scene.target.winrm("account", "disable", scene.user)
    disabled = attempt(scene, method=method)
    assert_refused(scene, disabled)
    assert wrong.err == disabled.err
    assert wrong.err == unknown.err.replace("mallo", scene.user)
    for done in (wrong, unknown, disabled):
        assert "1326" in done.err or "0x8007052E" in done.err or "0xC000006D" in done.err, done.err


@pytest.mark.parametrize("method", METHODS)
def test_authenticated_but_not_in_the_group(own_lab, method):
    target = own_lab.service("A", allowed=False)
    client = own_lab.client()
    own_lab.delegate(client, target)
    own_lab.trust(client, target)
    done = own_lab.winrs(client, target, "echo ran", method=method)
    assert done.returncode != 0
    assert "Access is denied" in done.err and "Error number: 5 0x5" in done.err, done.err
    assert "ran" not in done.out
    assert done.seconds < LIMIT


def test_credssp_is_off_on_the_service_by_default(own_lab):
    target = own_lab.service("A", credssp=False)
    client = own_lab.client()
    own_lab.delegate(client, target)
    done = own_lab.winrs(client, target, "echo ran")
    assert done.returncode != 0 and "ran" not in done.out
    assert "does not offer CredSSP" in done.err and "-role:server" in done.err, done.err
    assert done.seconds < LIMIT


def test_no_service_there(own_lab):
    client = own_lab.client()
    own_lab.delegate(client, "127.0.0.1")
    done = own_lab.winrs(client, "http://127.0.0.1:1", "echo ran")
    assert done.returncode != 0 and "127.0.0.1:1" in done.err, done.err
    assert done.seconds < LIMIT


def write_user_policy(lab, delegation):
    own = lab.client_host.root / "home/.config/winrm"
    own.mkdir(parents=True)
    (own / "policy.json").write_text(json.dumps({"CredentialsDelegation": delegation}))


def test_user_policy_cannot_widen(scene):
    """The user's own file cannot allow what the machine's does not."""
    enable_flag(scene)
    write_user_policy(scene, {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "WSMAN/*"}})
    assert_refused(scene, attempt(scene), "0x803381A3")
    assert scene.wire.connections == 0


@pytest.mark.parametrize(
    "delegation",
    [
        {"DenyFreshCredentials": 1, "DenyFreshCredentials.List": {"1": "WSMAN/127.0.0.2"}},
        {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "WSMAN/other.example"}},
        {"AllowFreshCredentials": 0},
    ],
    ids=["deny", "other list", "switched off"],
)
def test_user_policy_narrows(scene, delegation):
    scene.delegate(scene.client_host, scene.target)
    write_user_policy(scene, delegation)
    assert_refused(scene, attempt(scene), "0x803381A3")
    assert scene.wire.connections == 0


def test_deny_beats_allow(scene):
    scene.delegate(scene.client_host, scene.target)
    policy = scene.client_host.root / "etc/winrm/policy.json"
    rules = json.loads(policy.read_text())
    rules["CredentialsDelegation"].update({"DenyFreshCredentials": 1, "DenyFreshCredentials.List": {"1": "WSMAN/127.0.0.2"}})
    policy.write_text(json.dumps(rules))
    assert_refused(scene, attempt(scene), "0x803381A3")
    assert scene.wire.connections == 0


def test_pin_from_the_log_of_the_service_proves_it(scene):
    """The service logs the hash of its CredSSP certificate; with it pinned, the plain policy is enough, and a restart keeps it."""
    scene.delegate(scene.client_host, scene.target, ntlm_only=False)
    assert_refused(scene, attempt(scene), "0x803381A4")
    digest = re.search(r"certificateSHA256=([0-9a-f]{64})", scene.target.log()).group(1)
    policy = scene.client_host.root / "etc/winrm/policy.json"
    rules = json.loads(policy.read_text())
    rules["ServerCertificatePins"] = {"127.0.0.2": [digest]}
    policy.write_text(json.dumps(rules))
    assert attempt(scene).out == "ran\n"
    scene.witness.unlink()
    assert scene.target.stop() == 0
    scene.target.start()
    assert attempt(scene).out == "ran\n"
