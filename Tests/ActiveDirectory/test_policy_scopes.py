"""Where policy is linked in a real domain: site, domain and units, enforced, blocked, switched off, filtered. Samba answers the same questions."""

import re

import pytest

from winrmtest.grouppolicy import CLIENT, REGISTRY_EXTENSION, ROOT, applied, is_allowed, left_aside, update

OUTER = "OU=servers," + ROOT
INNER = "OU=web\\, inner,OU=servers," + ROOT
SITE = "CN=Default-First-Site-Name,CN=Sites,CN=Configuration," + ROOT
APPLY = "edacfd8f-ffb3-11d1-b41d-00a0c968f939"


@pytest.fixture(scope="module")
def units(objects):
    """hop1 is in a unit in a unit, whose name has a comma. Objects that allow or forbid CredSSP, linked nowhere."""
    run = objects.lab.directory.run
    run("dc", "samba-tool", "ou", "create", OUTER)
    run("dc", "samba-tool", "ou", "create", INNER)
    run("dc", "samba-tool", "computer", "move", "HOP1", INNER)
    try:
        yield {
            "on": objects.make("Unit on", (CLIENT, "AllowCredSSP", "REG_DWORD", 1)),
            "off": objects.make("Unit off", (CLIENT, "AllowCredSSP", "REG_DWORD", 0)),
            "kerberos": objects.make("Unit kerberos", (CLIENT, "AllowKerberos", "REG_DWORD", 0)),
        }
    finally:
        run("dc", "samba-tool", "computer", "move", "HOP1", "CN=Computers," + ROOT)
        run("dc", "samba-tool", "ou", "delete", OUTER, "--force-subtree-delete")


@pytest.fixture
def links(objects, units):
    """Links objects by their short names: links(domain=[…], outer=[…], inner=[…], site=[…], blocked=INNER)."""
    places = {"domain": ROOT, "outer": OUTER, "inner": INNER, "site": SITE}
    blocking = set()

    def link(blocked=None, **scopes):
        for place, where in places.items():
            pairs = [item if isinstance(item, tuple) else (item, 0) for item in scopes.get(place, [])]
            objects.link(*((units.get(name, name), options) for name, options in pairs), where=where)
        for where in ({blocked} ^ blocking) - {None}:
            objects.samba_tool("gpo", "setinheritance", where, "block" if where == blocked else "inherit")
        blocking.clear()
        blocking.update({blocked} - {None})

    yield link
    blocking.update((OUTER, INNER))
    link()


def names_of_net(objects, member):
    """What `net ads gpo list` of the member applies, in its order."""
    done = objects.lab.directory.run("hop1", "net", "ads", "gpo", "list", "HOP1$", "-P")
    return [name for name in re.findall(r"^displayname:\t+(.*)$", done.out + done.err, re.MULTILINE) if name != "Local Policy"]


def names_of_tool(objects, member):
    """What `samba-tool gpo list` of the member lists, which is no order of application."""
    out = objects.lab.directory.run("hop1", "samba-tool", "gpo", "list", "HOP1$", "-P").out
    return {line.strip().rsplit(" {", 1)[0] for line in out.splitlines() if line.endswith("}")}


# Options of links: 1 disabled, 2 enforced. The last one in each list has link order 1.
CASES = {
    "unit over domain": (dict(domain=["off"], inner=["on"]), ["Unit off", "Unit on"]),
    "inner over outer": (dict(outer=["on"], inner=["off"]), ["Unit on", "Unit off"]),
    "link order in a unit": (dict(inner=["on", "off"]), ["Unit on", "Unit off"]),
    "link order in a unit, the other way": (dict(inner=["off", "on"]), ["Unit off", "Unit on"]),
    "blocked": (dict(domain=["off", "kerberos"], outer=["on"], blocked=OUTER), ["Unit on"]),
    "blocked further in": (dict(domain=["off"], outer=["kerberos"], inner=["on"], blocked=INNER), ["Unit on"]),
    "enforced through a block": (dict(domain=[("off", 2), "kerberos"], inner=["on"], blocked=INNER), ["Unit on", "Unit off"]),
    "enforced over the unit": (dict(domain=[("off", 2)], inner=["on"]), ["Unit on", "Unit off"]),
    "enforced twice, the outer one wins": (dict(domain=[("on", 2)], inner=[("off", 2)]), ["Unit off", "Unit on"]),
    "disabled link": (dict(domain=["off"], inner=[("on", 1)]), ["Unit off"]),
    "disabled and enforced": (dict(domain=[("off", 3)], inner=["on"]), ["Unit on"]),
    "linked twice, the inner one counts": (dict(domain=["on"], inner=["off", "on"]), ["Unit off", "Unit on"]),
    "nothing linked": (dict(), []),
}


@pytest.mark.parametrize("case", CASES)
def test_precedence_is_that_of_the_directory(member, objects, links, case):
    scopes, expected = CASES[case]
    links(**scopes)
    update(member)
    assert applied(member) == expected and left_aside(member) == []
    # CredSSP is what the last one to speak of it says.
    decides = next((name for name in reversed(expected) if name in ("Unit on", "Unit off")), None)
    shown = member.run("winrm", "get", "winrm/config/client/auth").out
    assert ("CredSSP = %s" % ("true" if decides == "Unit on" else "false")) in shown
    assert ("CredSSP = true [Source" in shown or "CredSSP = false [Source" in shown) == (decides is not None)
    if "linked twice" in case:
        return
    assert names_of_tool(objects, member) == set(expected)
    # Of two enforced links the outer one wins (MS-GPOL); Samba's client has them in the order of the others.
    found = names_of_net(objects, member)
    assert (set(found) if "enforced twice" in case else found) == (set(expected) if "enforced twice" in case else expected)


def test_links_that_samba_tool_made(member, objects, units, links):
    links()
    objects.samba_tool("gpo", "setlink", ROOT, units["off"], "--enforce")
    objects.samba_tool("gpo", "setlink", OUTER, units["kerberos"], "--disable")
    objects.samba_tool("gpo", "setlink", INNER, units["on"])
    objects.samba_tool("gpo", "setinheritance", INNER, "block")
    update(member)
    assert applied(member) == ["Unit on", "Unit off"] == names_of_net(objects, member)
    assert names_of_tool(objects, member) == {"Unit on", "Unit off"}
    shown = member.run("winrm", "policy").out
    assert "            Link = %s\n            Enforced = true\n" % ROOT in shown
    assert "            Link = %s\n            Enforced = false\n" % INNER in shown


def test_a_site_comes_before_the_domain_and_is_enforced_over_all(member, objects, links):
    links(site=["off"], domain=["on"])
    update(member)
    assert applied(member) == ["Unit off", "Unit on"] == names_of_net(objects, member)
    links(site=[("off", 2)], domain=[("on", 2)], inner=["kerberos"], blocked=INNER)
    update(member)
    assert applied(member) == ["Unit kerberos", "Unit on", "Unit off"]
    assert set(names_of_net(objects, member)) == set(applied(member))


def test_a_part_for_machines_that_is_switched_off(member, objects, units, links):
    links(domain=["on"], inner=["off"])
    objects.modify(objects.dn(units["off"]), "flags", "2")
    try:
        update(member)
        assert applied(member) == ["Unit on"]
        [(name, reason)] = left_aside(member)
        assert name == "Unit off " + units["off"] and "switched off" in reason
        # The part for users is none of our business.
        objects.modify(objects.dn(units["off"]), "flags", "1")
        update(member)
        assert applied(member) == ["Unit on", "Unit off"]
    finally:
        objects.modify(objects.dn(units["off"]), "flags", "0")


def machine_sid(objects):
    return objects.lab.directory.run("hop1", "wbinfo", "-n", "LAB\\HOP1$").out.split()[0]


# Entries before those that the object has; {sid} is the machine's own.
FILTERS = {
    "apply denied to the machine": "(OD;;CR;%s;;{sid})" % APPLY,
    "all denied to the machine": "(D;;GA;;;{sid})",
    "apply denied to its group": "(OD;;CR;%s;;DC)" % APPLY,
    "read denied to the machine": "(D;;RPLCLORC;;;{sid})",
}


@pytest.mark.parametrize("case", FILTERS)
def test_a_security_filter_leaves_the_machine_out(member, objects, units, links, case):
    links(domain=["on"], inner=["off"])
    name = objects.dn(units["off"])
    before = objects.descriptor(units["off"])
    objects.modify(name, "nTSecurityDescriptor", before.replace("D:P(", "D:P" + FILTERS[case].format(sid=machine_sid(objects)) + "("))
    try:
        update(member)
        assert applied(member) == ["Unit on"] and len(left_aside(member)) == 1
        assert units["off"] in left_aside(member)[0][0]
        assert names_of_net(objects, member) == ["Unit on"]
        # What does not apply may lack its files.
        directory = objects.directory_of(units["off"])
        objects.lab.directory.run("dc", "mv", directory, directory + ".away")
        try:
            update(member)
            assert applied(member) == ["Unit on"]
        finally:
            objects.lab.directory.run("dc", "mv", directory + ".away", directory)
    finally:
        objects.modify(name, "nTSecurityDescriptor", before)
    update(member)
    assert applied(member) == ["Unit on", "Unit off"]


def test_a_filter_for_others_does_no_harm(member, objects, units, links):
    links(domain=["off"], inner=["on"])
    name, before = objects.dn(units["on"]), objects.descriptor(units["on"])
    other = objects.lab.directory.run("hop1", "wbinfo", "-n", "LAB\\HOP2$").out.split()[0]
    objects.modify(name, "nTSecurityDescriptor", before.replace("D:P(", "D:P(OD;;CR;%s;;%s)(D;;GA;;;%s)(" % (APPLY, other, other)))
    try:
        update(member)
        assert applied(member) == ["Unit off", "Unit on"]
    finally:
        objects.modify(name, "nTSecurityDescriptor", before)


def test_an_object_with_a_wmi_filter_is_set_aside(member, objects, units, links):
    links(domain=["on"], inner=["off"])
    objects.modify(objects.dn(units["off"]), "gPCWQLFilter", "[lab.example;{5A7A0B5A-9E5B-4E0A-9F4F-3B3D0E0C0B0A};0]")
    try:
        done = update(member)
        assert applied(member) == ["Unit on"] and "WMI filter" in done.err
        [(name, reason)] = left_aside(member)
        assert name == "Unit off " + units["off"] and "WMI filter" in reason
        shown = member.run("winrm", "policy").out
        assert "        NotApplied\n            Name = Unit off %s\n            Link = %s\n            Because = %s\n" % (
            units["off"], INNER, reason) in shown  # fmt: skip
        assert "CredSSP = true [Source" in member.run("winrm", "get", "winrm/config/client/auth").out
    finally:
        objects.modify(objects.dn(units["off"]), "gPCWQLFilter", "")


def test_values_that_the_object_does_not_announce_are_set_aside(member, objects, units, links):
    """A file put into the folder of an object, and nothing else done."""
    links(domain=["on"], inner=["off"])
    name = objects.dn(units["off"])
    objects.modify(name, "gPCMachineExtensionNames", "")
    try:
        done = update(member)
        assert applied(member) == ["Unit on"] and "gPCMachineExtensionNames" in done.err
        [(title, reason)] = left_aside(member)
        assert title.endswith(units["off"]) and "no machine reads the file" in reason
    finally:
        objects.modify(name, "gPCMachineExtensionNames", REGISTRY_EXTENSION)
    update(member)
    assert applied(member) == ["Unit on", "Unit off"] and left_aside(member) == []


def test_a_link_to_another_domain_or_to_nothing_is_set_aside(member, objects, links):
    links(inner=["on"])
    missing = "{00000000-1111-2222-3333-444444444444}"
    foreign = "[LDAP://CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,DC=other,DC=example;2]"
    objects.modify(SITE, "gPLink", foreign)
    objects.modify(ROOT, "gPLink", "[LDAP://%s;0][LDAP://%s;0]" % (objects.dn(missing), objects.dn("{31B2F340-016D-11D2-945F-00C04FB984F9}")))
    update(member)
    assert applied(member) == ["Default Domain Policy", "Unit on"]
    assert [name for name, _ in left_aside(member)] == [missing, "{31B2F340-016D-11D2-945F-00C04FB984F9} of other.example"]


@pytest.mark.parametrize("options", [0, 2])
def test_a_link_to_another_place_takes_nothing_of_the_object_that_it_names(member, objects, units, links, options):
    links(domain=[("off", options)], inner=["on"])
    odd = "CN=%s,CN=any,%s" % (units["off"], ROOT)
    objects.modify(SITE, "gPLink", "[LDAP://%s;%d]" % (odd, options))
    objects.modify(INNER, "gPLink", "[LDAP://%s;0][LDAP://%s;0]" % (odd, objects.dn(units["on"])))
    done = update(member)
    assert applied(member) == (["Unit on", "Unit off"] if options else ["Unit off", "Unit on"])
    [(name, reason)] = left_aside(member)
    assert name == odd and "place" in reason and "another domain" not in reason and "Not applied: " + odd in done.err


def test_an_object_that_was_never_read_and_cannot_be_read_keeps_all_of_the_last_policy(member, objects, units, links):
    links(domain=[objects.credssp])
    update(member)
    assert is_allowed(member)
    links(domain=[objects.credssp], inner=["kerberos", "off"])
    file = objects.directory_of(units["off"]) + "/Machine/Registry.pol"
    mode = objects.lab.directory.run("dc", "stat", "-c", "%a", file).out.strip()
    objects.lab.directory.run("dc", "chmod", "000", file)
    try:
        done = update(member, code=1)
        assert "NT_STATUS_ACCESS_DENIED" in done.err and "Unit off " + units["off"] in done.err and r"\Machine\Registry.pol" in done.err
        assert applied(member) == ["WinRM CredSSP"] and is_allowed(member)
        assert "stays in force" in done.err and "was not updated" in done.err
    finally:
        objects.lab.directory.run("dc", "chmod", mode, file)
    update(member)
    assert applied(member) == ["WinRM CredSSP", "Unit kerberos", "Unit off"] and not is_allowed(member)
