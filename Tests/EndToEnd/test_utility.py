"""The utility `winrm` as the documentation uses it: each verb on this machine, without and with a running service, and with -remote; what it
prints, and what it says of mistakes."""

import os
import pathlib
import pwd
import re
import socket
import subprocess
import uuid
import xml.etree.ElementTree as ElementTree

import pytest
from winrmtest import hosts, raw

CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
ERROR = re.compile(r"\AWSManFault\n    Message = (.+?)\n\nError number:  (-\d+) (0x[0-9A-F]+)\n(.+)\Z", re.DOTALL)

# What differs from a new Windows: stricter, or about this system.
TREE = """\
Config
    MaxEnvelopeSizekb = 500
    MaxTimeoutms = 60000
    MaxBatchItems = 32000
    MaxProviderRequests = 4294967295
    Client
        NetworkDelayms = 5000
        URLPrefix = wsman
        AllowUnencrypted = false
        Auth
            Basic = false
            Digest = false
            Kerberos = true
            Negotiate = true
            Certificate = true
            CredSSP = false
        DefaultPorts
            HTTP = 5985
            HTTPS = 5986
        TrustedHosts
        KerberosRealms
    Service
        RootSDDL = O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)
        MaxConcurrentOperations = 4294967295
        MaxConcurrentOperationsPerUser = 1500
        EnumerationTimeoutms = 240000
        MaxConnections = 300
        MaxPacketRetrievalTimeSeconds = 120
        AllowUnencrypted = false
        Auth
            Basic = false
            Kerberos = true
            Negotiate = true
            Certificate = false
            CredSSP = false
            CbtHardeningLevel = Relaxed
        DefaultPorts
            HTTP = 5985
            HTTPS = 5986
        IPv4Filter = *
        IPv6Filter = *
        EnableCompatibilityHttpListener = false
        EnableCompatibilityHttpsListener = false
        CertificateThumbprint
        AllowRemoteAccess = true
        AllowedGroups = winrm-users
        AllowedAccounts
        KeytabFile
    Winrs
        AllowRemoteShellAccess = true
        IdleTimeout = 7200000
        MaxConcurrentUsers = 10
        MaxShellRunTime = 2147483647
        MaxProcessesPerShell = 25
        MaxMemoryPerShellMB = 1024
        MaxShellsPerUser = 30
"""


def refused(done, number):
    """The error in its three parts, on standard error alone; returns the message."""
    assert done.returncode == 1 and done.out == "", (done.out, done.err)
    match = ERROR.match(done.err)
    assert match and match[3] == number, done.err
    assert int(match[2]) == int(number, 16) - (1 << 32)
    return match[1]


def misused(done):
    """A command line that cannot be used; returns the first line."""
    assert done.returncode == 1 and done.out == "", (done.out, done.err)
    assert done.err.startswith("Error: "), done.err
    return done.err.splitlines()[0][len("Error: ") :]


def settings(host):
    """All settings and listeners of a host, to see that nothing changed."""
    parts = ("winrm/config", "winrm/config/plugin", "winrm/config/listener", "winrm/config/service/certmapping")
    return [host.winrm("get" if part == "winrm/config" else "enumerate", part).out for part in parts]


@pytest.fixture(params=["files", "service"])
def machine(request, own_lab):
    """A machine whose configuration is in files alone, and one whose service runs: `winrm` without -remote does the same with both."""
    if request.param == "files":
        return own_lab.client("machine")
    host = own_lab.service("machine", credssp=False)
    host.winrm("set", "winrm/config/service", "@{AllowedAccounts=$null}")
    return host


@pytest.fixture(scope="module")
def remote():
    """A service whose configuration an account may change over the network, and a client of it."""
    from winrmtest.lab import Lab

    made = Lab()
    try:
        target = made.service("target", credssp=False)
        client = made.client()
        made.trust(client, target)
        user = pwd.getpwnam(made.unix_user).pw_uid
        # The descriptor is set with the utility itself, and holds without a restart.
        target.winrm("configsddl", "default", "-sddl:O:NSG:BAD:P(A;;GA;;;BA)(A;;GA;;;S-1-22-1-%d)" % user, "-force")

        def run(*words, check=True, **options):
            positional = [word for word in words if not word.startswith("-")]
            rest = [word for word in words if word.startswith("-")]
            return client.winrm(*positional, *made.switches(client, target, "Negotiate"), *rest, check=check, **options)

        made.target, made.client_host, made.run = target, client, run
        yield made
    finally:
        made.close()


# The tree


def test_the_whole_tree_as_windows_shows_it(own_lab):
    assert own_lab.client().winrm("get", "winrm/config").out == TREE


def test_the_tree_as_xml(own_lab):
    client = own_lab.client()
    plain = client.winrm("get", "winrm/config", "-format:xml").out
    assert plain.count("\n") == 1
    pretty = client.winrm("get", "winrm/config", "-format:#pretty").out
    assert pretty.startswith('<cfg:Config xmlns:cfg="%s">\n  <cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb>\n' % CONFIG)
    for text in (plain, pretty):
        tree = ElementTree.fromstring(text)
        assert tree.find("{%s}Client/{%s}DefaultPorts/{%s}HTTPS" % (CONFIG, CONFIG, CONFIG)).text == "5986"


@pytest.mark.parametrize(
    "resource, root",
    [
        ("winrm/config", "Config"),
        ("winrm/config/client", "Client"),
        ("WINRM/Config/Client/Auth", "Auth"),
        ("wsman/config/client/defaultports", "DefaultPorts"),
        (CONFIG + "/service", "Service"),
        ("winrm/config/service/auth", "Auth"),
        ("winrm/config/service/defaultports", "DefaultPorts"),
        ("winrm/config/winrs", "Winrs"),
    ],
)
def test_every_resource_by_itself(machine, resource, root):
    assert machine.winrm("get", resource).out.startswith(root + "\n    ")


# The set-up procedure


def test_the_procedure_for_several_hops(own_lab):
    """The four steps of the documentation, with the commands as they stand there; bash takes the quotes away."""
    client, server = own_lab.client(), own_lab.client("server")
    environment = {**client.environment, "PATH": "%s:%s" % (own_lab.bin, os.environ["PATH"])}

    def shell(host, line):
        return subprocess.run(
            ["bash", "-c", line], env={**environment, "WINRM_ROOT": str(host.root)}, capture_output=True, text=True, check=True
        ).stdout

    assert "    CredSSP = true\n" in shell(client, 'winrm set winrm/config/client/auth @{CredSSP="true"}')
    assert "    CredSSP = true\n" in shell(server, 'winrm set winrm/config/service/auth @{CredSSP="true"}')
    shell(client, "winrm credssp enable -role:client -delegate:'WSMAN/*.myDomain.com' -force")
    shell(server, "winrm quickconfig -quiet")
    assert "Transport = HTTP\n" in shell(server, "winrm enumerate winrm/config/listener")
    shell(server, "winrm certificate new -hostname:server.myDomain.com")
    thumbprint = re.search(r"Thumbprint = ([0-9A-F]{40})", shell(server, "winrm certificate list"))[1]
    out = shell(server, 'winrm set winrm/config/service @{CertificateThumbprint="%s"}' % thumbprint)
    assert "    CertificateThumbprint = %s\n" % thumbprint in out


# set


@pytest.mark.parametrize(
    "words, line",
    [
        (["winrm/config", '@{MaxEnvelopeSizekb="100"}'], "    MaxEnvelopeSizekb = 100\n"),
        (["winrm/config/client", '@{TrustedHosts="<local>"}'], "    TrustedHosts = <local>\n"),
        (["winrm/config/client", '@{TrustedHosts="1.2.3.4,[1:2:3::8]"}'], "    TrustedHosts = 1.2.3.4,[1:2:3::8]\n"),
        (["winrm/config/client", "@{TrustedHosts=$null}"], "    TrustedHosts\n"),
        (["winrm/config/winrs", '@{MaxShellsPerUser="7"}'], "    MaxShellsPerUser = 7\n"),
        (["winrm/config/winrs", "@{MaxShellsPerUser=7;MaxConcurrentUsers=3}"], "    MaxConcurrentUsers = 3\n"),
        (["@{EnumerationTimeoutms='60000'}", "winrm/config/service"], "    EnumerationTimeoutms = 60000\n"),
        (["winrm/config/service/auth", "@{", 'CbtHardeningLevel="Strict"', "}"], "    CbtHardeningLevel = Strict\n"),
        (["winrm/config/service", '@{IPv4Filter="10.0.0.1-10.0.0.9,127.0.0.1-127.255.255.255"}'], "    IPv4Filter = 10.0.0.1-10.0.0.9,"),
    ],
)
def test_set_shows_what_holds_then_and_keeps_it(machine, words, line):
    verb = ["set", "put", "s", "p"][len(words[0]) % 4]
    assert line in machine.winrm(verb, *words).out
    resource = next(word for word in words if word.startswith("winrm/"))
    assert line in machine.winrm("get", resource).out
    if machine.process:
        machine.stop()
        assert line in machine.winrm("get", resource).out


@pytest.mark.parametrize(
    "resource, value, number, named",
    [
        ("winrm/config", "MaxEnvelopeSizekb=31", "0x80338041", "32"),
        ("winrm/config", "MaxEnvelopeSizekb=1039441", "0x80338041", "1039440"),
        ("winrm/config", "MaxTimeoutms=499", "0x80338041", "500"),
        ("winrm/config", "MaxTimeoutms=4294967296", "0x80338041", "MaxTimeoutms"),
        ("winrm/config", "MaxTimeoutms=ten", "0x80338041", "MaxTimeoutms"),
        ("winrm/config", "MaxTimeoutms=$null", "0x80338041", "MaxTimeoutms"),
        ("winrm/config", "MaxBatchItems=0", "0x80338041", "MaxBatchItems"),
        ("winrm/config", "MaxProviderRequests=5", "0x803381AE", "MaxProviderRequests"),
        ("winrm/config/client", "URLPrefix=/x/", "0x80338041", "URLPrefix"),
        ("winrm/config/client", "TrustedHosts=a*b", "0x8033809F", "TrustedHosts"),
        ("winrm/config/client", "AllowUnencrypted=perhaps", "0x80338041", "AllowUnencrypted"),
        ("winrm/config/client/defaultports", "HTTP=0", "0x80338041", "HTTP"),
        ("winrm/config/client/defaultports", "HTTP=65536", "0x80338041", "65535"),
        ("winrm/config/service", "RootSDDL=nonsense", "0x8033815C", "RootSDDL"),
        ("winrm/config/service", "MaxConcurrentOperations=1", "0x803381AE", "MaxConcurrentOperations"),
        ("winrm/config/service", "MaxConnections=513", "0x80338041", "512"),
        ("winrm/config/service", "IPv4Filter=10.0.0.9-10.0.0.1", "0x803380EC", "IPv4Filter"),
        ("winrm/config/service", "IPv6Filter=10.0.0.1-10.0.0.9", "0x803380EC", "IPv6Filter"),
        ("winrm/config/service", "CertificateThumbprint=12", "0x80338041", "CertificateThumbprint"),
        ("winrm/config/service/auth", "CbtHardeningLevel=Loose", "0x803381B8", "CbtHardeningLevel"),
        ("winrm/config/service/defaultports", "HTTP=80", "0x8033813F", "HTTP"),
        ("winrm/config/winrs", "IdleTimeout=0", "0x80338041", "IdleTimeout"),
        ("winrm/config/winrs", "MaxShellRunTime=5", "0x8033813F", "MaxShellRunTime"),
    ],
)
def test_a_refused_value_names_setting_and_range_and_changes_nothing(machine, resource, value, number, named):
    before = settings(machine)
    message = refused(machine.winrm("set", resource, "@{%s}" % value, check=False), number)
    assert value.split("=")[0] in message and named in message, message
    assert settings(machine) == before


def test_of_several_values_none_is_stored_when_one_is_refused(machine):
    before = settings(machine)
    refused(machine.winrm("set", "winrm/config/winrs", "@{MaxShellsPerUser=7;MaxProcessesPerShell=-1}", check=False), "0x80338041")
    assert settings(machine) == before


@pytest.mark.parametrize(
    "resource, value, message",
    [
        ("winrm/config/client/auth", "credssp=true", "Parameter name does not match any properties on resource: credssp"),
        ("winrm/config", "CredSSP=true", "Parameter name does not match any properties on resource: CredSSP"),
        ("winrm/config", "Client=x", "Parameter matches a non-text property on resource: Client"),
        ("winrm/config/client", "", 'No input provided through "@{...}" or "-file:" commandline parameters.'),
        ("winrm/config/client", "a=b;a=c", 'The key "a" stands twice in the input.'),
        ("winrm/config/client", "TrustedHosts", 'Syntax Error: input must be of the form {KEY="VALUE"[;KEY="VALUE"]}'),
    ],
)
def test_names_that_do_not_fit(machine, resource, value, message):
    before = settings(machine)
    assert misused(machine.winrm("set", resource, "@{%s}" % value, check=False)).startswith(message)
    assert settings(machine) == before


def test_set_with_a_file(machine):
    file = machine.root / "auth.xml"
    # What is not mentioned stays.
    file.write_text('<p:Auth xmlns:p="%s/client/auth"><p:CredSSP>true</p:CredSSP></p:Auth>' % CONFIG)
    out = machine.winrm("set", "winrm/config/client/auth", "-file:%s" % file).out
    assert "    CredSSP = true\n" in out and "    Kerberos = true\n" in out
    file.write_text("<p:Auth xmlns:p='%s/client/auth'><p:CredSSP>" % CONFIG)
    refused(machine.winrm("set", "winrm/config/client/auth", "-file:%s" % file, check=False), "0x80338041")
    refused(machine.winrm("set", "winrm/config/client/auth", "-file:/nowhere.xml", check=False), "0x80070002")
    assert "not by both" in misused(machine.winrm("set", "winrm/config/client/auth", "@{CredSSP=true}", "-file:%s" % file, check=False))


# Listeners


def test_a_listener_from_its_making_to_its_end(machine):
    port = hosts.free_port("127.0.0.1")
    locator = "winrm/config/Listener?Address=IP:127.0.0.1+Transport=HTTP"
    made = machine.winrm("create", locator, '@{Port="%d"}' % port)
    assert made.out == (
        "ResourceCreated\n    Address = %s\n    ReferenceParameters\n        ResourceURI = %s/listener\n        SelectorSet\n"
        "            Selector: Address = IP:127.0.0.1, Transport = HTTP\n" % (ANONYMOUS, CONFIG)
    )
    shown = (
        "Listener\n    Address = IP:127.0.0.1\n    Transport = HTTP\n    Port = %d\n    Hostname\n    Enabled = true\n    URLPrefix = wsman\n"
        "    CertificateThumbprint\n    ListeningOn = 127.0.0.1\n" % port
    )
    assert machine.winrm("get", locator.replace("Listener", "LISTENER").replace("HTTP", "http")).out == shown
    assert shown in machine.winrm("e", "winrm/config/listener").out
    refused(machine.winrm("create", locator, check=False), "0x80338033")
    refused(machine.winrm("set", locator, '@{Address="*"}', check=False), "0x803380ED")
    assert "    Enabled = false\n" in machine.winrm("set", locator, '@{Enabled="false"}').out
    assert machine.winrm("delete", locator).out == ""
    refused(machine.winrm("delete", locator, check=False), "0x80338000")
    assert "IP:127.0.0.1" not in machine.winrm("enum", "winrm/config/listener").out


@pytest.mark.parametrize(
    "selectors, number",
    [
        ("Address=nonsense+Transport=HTTP", "0x80338089"),
        ("Address=IP:1.2.3+Transport=HTTP", "0x80338089"),
        ("Address=*", "0x8033805A"),
        ("Address=*+Transport=HTTP+Port=1", "0x8033805B"),
        ("Address=*+Address=*", "0x8033805F"),
        ("Address", "0x8033803D"),
        ("=*+Transport=HTTP", "0x8033803D"),
    ],
)
def test_selectors_that_are_none(machine, selectors, number):
    before = settings(machine)
    refused(machine.winrm("create", "winrm/config/Listener?" + selectors, check=False), number)
    assert settings(machine) == before


def test_lists_have_blank_lines_between_items_and_a_frame_in_xml(own_lab):
    machine = own_lab.client()
    for address in ("127.0.0.1", "::1"):
        machine.winrm("create", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % address)
    text = machine.winrm("enumerate", "winrm/config/listener").out
    assert [part.splitlines()[0] for part in text.split("\n\n")] == ["Listener", "Listener"] and text.endswith("ListeningOn = ::1\n")
    for form in ("xml", "pretty"):
        frame = ElementTree.fromstring(machine.winrm("enumerate", "winrm/config/listener", "-format:" + form).out)
        assert frame.tag == "{http://schemas.dmtf.org/wbem/wsman/1/wsman/results}Results"
        assert [item.tag for item in frame] == ["{%s/listener}Listener" % CONFIG] * 2
    references = machine.winrm("enumerate", "winrm/config/listener", "-returntype:epr").out
    assert "Selector: Address = IP:::1, Transport = HTTP\n" in references and "URLPrefix" not in references


# Other resources


def test_plug_ins_are_listed_changed_and_restored(machine):
    before = machine.winrm("enumerate", "winrm/config/plugin").out
    assert before.startswith("PlugInConfiguration\n    Name = Shell cmd plugin\n")
    assert "                Type = Shell\n" in before
    machine.winrm("delete", "winrm/config/plugin?Name=Shell cmd plugin")
    assert machine.winrm("enumerate", "winrm/config/plugin").out == ""
    machine.winrm("invoke", "restore", "winrm/config/plugin", "@{}")
    assert machine.winrm("enumerate", "winrm/config/plugin").out == before


def test_restore_brings_back_the_defaults(machine):
    listeners = machine.winrm("enumerate", "winrm/config/listener").out
    machine.winrm("set", "winrm/config", "@{MaxTimeoutms=1000}")
    machine.winrm("invoke", "Restore", "winrm/config", "@{}")
    assert machine.winrm("get", "winrm/config").out == TREE
    assert machine.winrm("enumerate", "winrm/config/listener").out == listeners


@pytest.mark.parametrize(
    "words, number",
    [
        (["get", "winrm/config/nothing"], "0x80338000"),
        (["get", "winrm/config/listener?Address=*+Transport=HTTPS"], "0x80338000"),
        (["get", "winrm/config?x=y"], "0x8033805B"),
        (["invoke", "Explode", "winrm/config", "@{}"], "0x80338013"),
        (["delete", "winrm/config"], "0x80338013"),
        (["enumerate", "winrm/config/client"], "0x80338013"),
        (["get", "winrm/config", "-fragment:MaxTimeoutms"], "0x80338077"),
        (["id"], "0x803380FC"),
    ],
)
def test_what_is_not_there_or_cannot_be_done(machine, words, number):
    before = settings(machine)
    refused(machine.winrm(*words, check=False), number)
    assert settings(machine) == before


# configsddl


def test_security_descriptors_as_text(machine):
    shown = machine.winrm("configsddl", "default").out
    assert "    Sddl = O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)\n" in shown
    assert "    Allow\n        Who = Administrators (S-1-5-32-544)\n        Rights = everything\n" in shown
    wanted = "O:BAG:BAD:P(A;;GA;;;BA)(A;;GR;;;S-1-22-1-0)"
    machine.winrm("configsddl", "default", "-sddl:" + wanted, "-force")
    assert "    RootSDDL = %s\n" % wanted in machine.winrm("get", "winrm/config/service").out
    assert "        Who = Unix user root (S-1-22-1-0)\n        Rights = read\n" in machine.winrm("configsddl", "default").out
    shell = "O:NSG:BAD:P(A;;GX;;;RM)"
    assert "        Rights = execute\n" in machine.winrm("configsddl", "shell/cmd", "-sddl:" + shell, "-force").out
    assert "                Sddl = %s\n" % shell in machine.winrm("enumerate", "winrm/config/plugin").out
    assert ElementTree.fromstring(machine.winrm("configsddl", "shell/cmd", "-format:pretty").out)[1].text == shell


def test_security_descriptors_that_are_refused(machine):
    before = settings(machine)
    message = refused(machine.winrm("configsddl", "default", "-sddl:O:BAG:XX", "-force", check=False), "0x8033815C")
    assert "at character 8" in message or "at character 7" in message, message
    refused(machine.winrm("configsddl", "default", "-sddl:O:BAG:BA", "-force", check=False), "0x8033815C")
    assert "wmi" in refused(machine.winrm("configsddl", "wmi", "-sddl:O:BAG:BAD:", "-force", check=False), "0x803381BF")
    # Without an answer to the question, and with no.
    silent = machine.winrm("configsddl", "default", "-sddl:O:BAG:BAD:", check=False)
    assert silent.returncode == 1 and "Make these changes [y/n]? " in silent.out
    assert machine.winrm("configsddl", "default", "-sddl:O:BAG:BAD:", input="n\n").returncode == 0
    assert settings(machine) == before


# Another computer


def test_the_verbs_with_another_computer(remote):
    assert remote.run("get", "winrm/config").out == remote.target.winrm("get", "winrm/config").out
    assert "    MaxShellsPerUser = 9\n" in remote.run("set", "winrm/config/winrs", '@{MaxShellsPerUser="9"}').out
    assert "    MaxShellsPerUser = 9\n" in remote.target.winrm("get", "winrm/config/winrs").out
    listener = "winrm/config/Listener?Address=IP:127.0.0.99+Transport=HTTP"
    made = remote.run("create", listener, '@{Port="%d"}' % hosts.free_port("127.0.0.99"))
    assert "            Selector: Address = IP:127.0.0.99, Transport = HTTP\n" in made.out
    assert "    Address = IP:127.0.0.99\n" in remote.run("e", "winrm/config/listener").out
    assert remote.run("delete", listener).out == ""
    assert remote.run("e", "winrm/config/listener", "-format:xml").out.startswith("<wsman:Results ")
    assert "Name = Shell cmd plugin\n" in remote.run("enum", "winrm/config/plugin").out
    remote.run("invoke", "Restore", "winrm/config/plugin", "@{}")
    assert "Administrators" in remote.run("configsddl", "default").out


def test_faults_of_another_computer(remote):
    message = refused(remote.run("set", "winrm/config", "@{MaxTimeoutms=1}", check=False), "0x80338041")
    assert "MaxTimeoutms" in message and "500" in message
    refused(remote.run("get", "winrm/config/nothing", check=False), "0x80338000")
    refused(remote.run("get", "wmicimv2/Win32_Service?Name=spooler", check=False), "0x80338000")
    refused(remote.run("invoke", "Explode", "winrm/config", "@{}", check=False), "0x80338013")
    fault = remote.run("get", "winrm/config/nothing", "-format:xml", check=False).err
    element = ElementTree.fromstring(fault.split("\n\n")[0])
    assert element.tag == "{http://schemas.microsoft.com/wbem/wsman/1/wsmanfault}WSManFault" and element.get("Code") == "2150858752"


def test_identify(remote):
    shown = remote.run("id").out
    assert shown.startswith("IdentifyResponse\n    ProtocolVersion = http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\n    ProductVendor = ")
    assert re.search(r"\n    ProductVersion = OS: \d+\.\d+\.\d+ SP: \d+\.\d+ Stack: \d+\.\d+\n", shown), shown
    assert "    SecurityProfiles\n        SecurityProfileName = http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/spnego-kerberos" in shown
    plain = remote.client_host.winrm("identify", "-r:" + remote.target.endpoint, "-a:none").out
    assert "ProductVersion = OS: 0.0.0 SP: 0.0 Stack: 3.0\n" in plain and "SecurityProfiles" not in plain


def test_who_has_no_rights_gets_5_and_changes_nothing(own_lab):
    """Someone who may have shells may not therefore change the configuration."""
    target, client = own_lab.service("A", credssp=False), own_lab.client()
    own_lab.trust(client, target)
    before = settings(target)
    switches = own_lab.switches(client, target, "Negotiate")
    if os.geteuid() == 0:
        for words in (["get", "winrm/config"], ["set", "winrm/config", "@{MaxTimeoutms=1000}"], ["invoke", "Restore", "winrm/config", "@{}"]):
            refused(client.winrm(*words, *switches, check=False), "0x80070005")
    assert settings(target) == before


@pytest.mark.parametrize(
    "endpoint, number",
    [("ftp://host", "0x803380DA"), ("http://host:0", "0x803380DB"), ("http://host:65536", "0x803380DB"), ("http://", "0x803380D9")],
)
def test_endpoints_that_are_none(lab, endpoint, number):
    refused(lab.client_host.winrm("id", "-r:" + endpoint, "-a:none", check=False), number)


# Requests as Openwsman's client writes them: an XML declaration, white space between elements, mustUnderstand on To and MessageID, and neither
# MaxEnvelopeSize nor OperationTimeout nor Locale.

WSEN = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
WST = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
OPENWSMAN = """\
<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"%(namespaces)s>
  <s:Header>
    <wsa:Action s:mustUnderstand="true">%(action)s</wsa:Action>
    <wsa:To s:mustUnderstand="true">http://%(host)s:%(port)d/wsman</wsa:To>
    <wsman:ResourceURI s:mustUnderstand="true">%(resource)s</wsman:ResourceURI>
    <wsa:MessageID s:mustUnderstand="true">uuid:%(id)s</wsa:MessageID>
    <wsa:ReplyTo>
      <wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address>
    </wsa:ReplyTo>%(selectors)s
  </s:Header>
  <s:Body%(body)s
</s:Envelope>
"""


class Openwsman:
    def __init__(self, made):
        self.host, self.port = made.target.address, made.target.port
        self.connection = raw.Connection(self.host, self.port)
        answer, self.context = self.connection.negotiate(made.user, made.password, protocol="negotiate")
        assert answer.status == 200, answer

    def ask(self, action, resource, body=None, selectors=None, namespaces=""):
        """Returns (status, action of the answer, body of the answer)."""
        chosen = "".join('<wsman:Selector Name="%s">%s</wsman:Selector>' % pair for pair in (selectors or {}).items())
        envelope = OPENWSMAN % {
            "namespaces": namespaces, "action": action, "host": self.host, "port": self.port, "resource": resource, "id": uuid.uuid4(),
            "selectors": "\n    <wsman:SelectorSet>%s</wsman:SelectorSet>" % chosen if chosen else "",
            "body": "/>" if body is None else ">\n    %s\n  </s:Body>" % body,
        }  # fmt: skip
        answer = self.connection.sealed(self.context, envelope)
        assert answer is not None and "multipart/encrypted" in answer.header("content-type")[0], answer
        data = answer.body.split(b"application/octet-stream\r\n", 1)[1].rsplit(b"--Encrypted Boundary--", 1)[0]
        length = int.from_bytes(data[:4], "little")
        text = self.context.unwrap_winrm(data[4 : 4 + length], data[4 + length :])
        soap = "{http://www.w3.org/2003/05/soap-envelope}"
        tree = ElementTree.fromstring(text)
        said = tree.find(soap + "Header/{http://schemas.xmlsoap.org/ws/2004/08/addressing}Action").text
        return answer.status, said, tree.find(soap + "Body")


@pytest.fixture
def openwsman(remote):
    client = Openwsman(remote)
    yield client
    client.connection.close()


def test_get_and_put_as_openwsman_does(openwsman):
    status, action, body = openwsman.ask(WST + "/Get", CONFIG + "/winrs")
    assert (status, action) == (200, WST + "/GetResponse") and body[0].tag == "{%s/winrs}Winrs" % CONFIG
    # It writes the whole resource back, with a prefix of its own.
    whole = "".join(
        "<n1:%s>%s</n1:%s>" % (name, "8" if name == "MaxShellsPerUser" else item.text or "", name)
        for item in body[0] for name in [item.tag.split("}")[1]]
    )  # fmt: skip
    status, action, body = openwsman.ask(WST + "/Put", CONFIG + "/winrs", '<n1:Winrs xmlns:n1="%s/winrs">%s</n1:Winrs>' % (CONFIG, whole))
    assert (status, action) == (200, WST + "/PutResponse"), ElementTree.tostring(body)
    assert body[0].find("{%s/winrs}MaxShellsPerUser" % CONFIG).text == "8"


def test_selectors_as_openwsman_writes_them(openwsman, remote):
    selectors = {"Transport": "HTTP", "Address": "IP:" + remote.target.address}
    status, _, body = openwsman.ask(WST + "/Get", CONFIG + "/Listener", selectors=selectors)
    assert status == 200 and body[0].find("{%s/listener}Port" % CONFIG).text == str(remote.target.port)
    status, action, body = openwsman.ask(WST + "/Get", CONFIG + "/Listener", selectors={**selectors, "Transport": "HTTPS"})
    assert status == 500 and action.endswith("/fault")


@pytest.mark.parametrize("optimized", [False, True])
def test_enumerate_pull_and_release_as_openwsman_does(openwsman, remote, optimized):
    namespaces = ' xmlns:wsen="%s"' % WSEN
    request = "<wsen:Enumerate>%s</wsen:Enumerate>" % ("<wsman:OptimizeEnumeration/>\n<wsman:MaxElements>1</wsman:MaxElements>" if optimized else "")
    status, action, body = openwsman.ask(WSEN + "/Enumerate", CONFIG + "/listener", request, namespaces=namespaces)
    assert (status, action) == (200, WSEN + "/EnumerateResponse"), ElementTree.tostring(body)
    listener = "{%s/listener}Listener" % CONFIG
    if optimized:
        assert next(body.iter(listener)) is not None
        assert next(body.iter("{http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd}EndOfSequence"), None) is not None
        return
    context = next(body.iter("{%s}EnumerationContext" % WSEN)).text
    pull = "<wsen:Pull><wsen:EnumerationContext>%s</wsen:EnumerationContext><wsen:MaxElements>1</wsen:MaxElements></wsen:Pull>" % context
    status, action, body = openwsman.ask(WSEN + "/Pull", CONFIG + "/listener", pull, namespaces=namespaces)
    assert (status, action) == (200, WSEN + "/PullResponse") and len(list(body.iter(listener))) == 1
    assert next(body.iter("{%s}EndOfSequence" % WSEN), None) is not None
    # What has ended cannot be gone on with, nor released.
    for verb in ("Pull", "Release"):
        content = pull if verb == "Pull" else "<wsen:Release><wsen:EnumerationContext>%s</wsen:EnumerationContext></wsen:Release>" % context
        status, action, _ = openwsman.ask(WSEN + "/" + verb, CONFIG + "/listener", content, namespaces=namespaces)
        assert status == 500 and action == WSEN + "/fault"


def test_release_as_openwsman_does(openwsman):
    namespaces = ' xmlns:wsen="%s"' % WSEN
    _, _, body = openwsman.ask(WSEN + "/Enumerate", CONFIG + "/plugin", "<wsen:Enumerate/>", namespaces=namespaces)
    context = next(body.iter("{%s}EnumerationContext" % WSEN)).text
    release = "<wsen:Release><wsen:EnumerationContext>%s</wsen:EnumerationContext></wsen:Release>" % context
    status, action, body = openwsman.ask(WSEN + "/Release", CONFIG + "/plugin", release, namespaces=namespaces)
    assert (status, action) == (200, WSEN + "/ReleaseResponse"), ElementTree.tostring(body)


def test_invoke_as_openwsman_does(openwsman):
    resource = CONFIG + "/plugin"
    status, action, body = openwsman.ask(resource + "/Restore", resource, '<n1:Restore_INPUT xmlns:n1="%s"/>' % resource)
    assert (status, action) == (200, resource + "/RestoreResponse"), ElementTree.tostring(body)
    status, _, _ = openwsman.ask(resource + "/Explode", resource, '<n1:Explode_INPUT xmlns:n1="%s"/>' % resource)
    assert status == 500


# The command line


def test_versions_are_one():
    from winrmtest import programs

    words = [
        subprocess.run([programs.built() / name, "--version"], capture_output=True, text=True, check=True).stdout.split()
        for name in ("winrm", "winrs", "winrmd")
    ]
    assert [word[0] for word in words] == ["winrm", "winrs", "winrmd"] and len({word[1] for word in words}) == 1


def test_help_and_messages_need_nothing(own_lab):
    client = own_lab.client()
    for words in ([], ["-?"], ["/?"], ["help"], ["help", "all"], ["get", "-?"], ["helpmsg", "5"], ["helpmsg", "nonsense"], ["help", "-u"]):
        done = client.winrm(*words)
        assert done.returncode == 0 and done.err == "" and done.out
    assert client.winrm("helpmsg", "-2144108526").out.startswith("The destination cannot be reached.")
    assert list(client.root.iterdir()) == []


def test_a_password_in_the_input_does_not_stay_on_the_command_line(lab):
    secret = hosts.new_password()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = lab.client_host.popen(
            "winrm", "create", "winrm/config/service/certmapping?Issuer=%s+Subject=*+URI=*" % ("A" * 40), '@{UserName="alice";', "Password=" + secret,
            "}", "-r:http://127.0.0.1:%d" % silent.getsockname()[1], "-a:none", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            silent.settimeout(20)
            silent.accept()[0].close()
            line = pathlib.Path("/proc/%d/cmdline" % process.pid).read_bytes()
            assert b"certmapping" in line and secret.encode() not in line
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    "words, message",
    [
        (["frob"], "Unknown operation name: 'frob'"),
        (["get", "winrm/config", "-frob"], "Unknown switch: frob"),
        (["get", "winrm/config", "-quiet"], "Switch not allowed with the given operation: quiet"),
        (["get", "winrm/config", "-format:json"], 'Invalid option for -format: "json"'),
        (["get", "winrm/config", "-timeout:soon"], 'Invalid option for -timeout: "soon"'),
        (["get", "winrm/config", "-u:x"], "The switch -username is only for a remote computer"),
        (["get", "winrm/config", "-un"], "The switch -unencrypted is only for a remote computer"),
        (["get"], "A parameter is missing."),
        (["get", "winrm/config", "-"], "Missing switch name"),
    ],
)
def test_command_lines_that_cannot_be_used(lab, words, message):
    done = lab.client_host.winrm(*words, check=False)
    assert misused(done).startswith(message)
    assert done.err.endswith('\nInvalid use of command line. Type "winrm -?" for help.\n')
