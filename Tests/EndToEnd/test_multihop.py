"""The main job: client -> A by CredSSP, and from there to B without a password."""


def inner(lab, target, command, method="Negotiate"):
    return "%s/winrs -r:%s -a:%s '%s'" % (lab.bin, target.endpoint, method, command)


def test_first_hop_runs_as_the_mapped_user(lab):
    done = lab.winrs(lab.client_host, lab.a, "id -un", check=True)
    assert done.out.strip() == lab.unix_user


def test_second_hop_needs_no_password(lab):
    done = lab.winrs(lab.client_host, lab.a, inner(lab, lab.b, "id -un; echo $WINRM_ROOT"))
    assert done.returncode == 0, done.err
    assert done.out.split()[0] == lab.unix_user
    assert lab.user in lab.b.log()


def test_second_hop_is_possible_without_naming_the_method(lab):
    done = lab.winrs(lab.client_host, lab.a, "%s/winrs -r:%s id -un" % (lab.bin, lab.b.endpoint))
    assert (done.returncode, done.out.strip()) == (0, lab.unix_user), done.err


def test_winrm_inside_the_session_uses_the_agent_too(lab):
    """An answer to a proven caller carries the system's version; the anonymous one hides them as zeros."""
    done = lab.winrs(lab.client_host, lab.a, "%s/winrm identify -r:%s" % (lab.bin, lab.b.endpoint))
    assert done.returncode == 0, done.err
    assert "IdentifyResponse" in done.out and "OS: 0.0.0" not in done.out


def test_negotiate_session_has_no_second_hop_and_says_why(lab):
    done = lab.winrs(lab.client_host, lab.a, inner(lab, lab.b, "id -un"), method="Negotiate")
    assert done.returncode != 0
    assert lab.unix_user not in done.out
    text = done.err.lower()
    assert "credssp" in text and "delegat" in text, done.err


def test_further_credssp_hop_asks_for_explicit_credentials(lab):
    done = lab.winrs(lab.client_host, lab.a, inner(lab, lab.b, "id -un", method="CredSSP"))
    assert done.returncode != 0
    assert "0x803381A1" in done.err, done.err


def test_explicit_credentials_carry_a_credssp_chain_of_three(lab):
    """CredSSP with explicit credentials at each hop: the session on B may go on to C through its own agent."""
    last = "%s/winrs -r:%s id -un" % (lab.bin, lab.c.endpoint)
    done = lab.winrs(lab.client_host, lab.b, last)
    assert (done.returncode, done.out.strip()) == (0, lab.unix_user), done.err


def test_identify_without_authentication(lab):
    done = lab.client_host.winrm("identify", "-r:" + lab.a.endpoint, "-a:none")
    assert "IdentifyResponse" in done.out
    assert "ProtocolVersion = http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" in done.out
    assert "OS: 0.0.0 SP: 0.0" in done.out


def test_log_has_a_line_for_logon_delegation_and_command_without_secrets(lab):
    lab.winrs(lab.client_host, lab.a, "echo logged", check=True)
    log = lab.a.log()
    for word in ("logon", "delegat", "command"):
        assert word in log.lower(), (word, log)
    assert lab.password not in log
