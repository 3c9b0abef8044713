#!/usr/bin/env python3
"""Builds the documentation (DocC) from docs/WinRM.docc and docs/errors.toml into .build/docs.

    Scripts/docs.py [--check]     --check: only what needs no docc; the exit code says whether the texts are whole

Every error code in the sources must have its page, links must lead somewhere, and docc must have nothing to warn of.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import swiftcodes

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
CATALOG = REPOSITORY / "docs" / "WinRM.docc"
STAGE = REPOSITORY / ".build" / "docs-stage" / "WinRM.docc"
OUTPUT = REPOSITORY / ".build" / "docs"

HELP = pathlib.Path("Sources/WinRMCommands/Winrm/Help")
KERBEROS = pathlib.Path("Sources/Kerberos/Errors")
# The table behind `winrm helpmsg` explains codes of others as well, and does not count.
NOT_PRINTED = {HELP / "CodeTable.swift", HELP / "CodeMessages.swift"}
# Where numbers of others are handed on. Their pages are those of the codes that this side says too.
PASSING = {
    "Sources/CredSSP/Messages/TSRequest.swift": {"UInt32(truncatingIfNeeded: value)"},  # errorCode of the server
    "Sources/Kerberos/Errors/ExtendedKDCError.swift": {"$0"},  # of the KDC
    "Sources/LogonInterface/LogonReply+Codec.swift": {"try readUInt32()"},  # of the logon authority, which has it from elsewhere in here
    "Sources/WSMan/Fault/WSManFault+XML.swift": {"$0"},  # WSManFault/@Code of the service
    "Sources/WinRMDoctor/Chain/SecondHopVerdict.swift": {"$0"},  # of the client of file servers on a Windows first hop
    "Sources/WinRMDoctor/Probes/SecondHopReply.swift": {"$0", "Self.plain(number)"},  # of winrs on the first hop
    "Sources/Winbind/WinbindConnection.swift": {"failure.pointee.nt_status"},  # of the domain controller
}


class DocumentationError(Exception):
    pass


def load_errors(text=None):
    """The pages by number."""
    table = tomllib.loads(text or (REPOSITORY / "docs" / "errors.toml").read_text())
    pages = {}
    for key, page in table.items():
        missing = {"name", "title", "when", "next"} - page.keys()
        if missing or not page["next"]:
            raise DocumentationError("errors.toml: %s lacks %s" % (key, ", ".join(sorted(missing)) or "a next step"))
        if not any("`" in step or "<doc:" in step for step in page["next"]):
            raise DocumentationError("errors.toml: %s names no command, and no page that does" % key)
        pages[int(key, 0)] = {**page, "key": key}
    return pages


def load_statuses():
    """What the page of Kerberos statuses says, by symbol."""
    table = tomllib.loads((REPOSITORY / "docs" / "kerberos.toml").read_text())
    for name, entry in table.items():
        if set(entry) != {"when", "next"}:
            raise DocumentationError("kerberos.toml: %s needs when and next, and nothing else" % name)
    return table


def codes_of_sources(repository=REPOSITORY):
    """Every code that the sources name, and where it was seen first."""
    found = {}
    for path in sorted((repository / "Sources").rglob("*.swift")):
        relative = path.relative_to(repository)
        if relative in NOT_PRINTED:
            continue
        try:
            for number in swiftcodes.codes(path.read_text(), PASSING.get(str(relative), ())):
                found.setdefault(number, relative)
        except swiftcodes.Unreadable as error:
            raise DocumentationError("%s: %s" % (relative, error)) from error
    return found


def statuses_of_sources(repository=REPOSITORY):
    """The symbols of the Kerberos statuses that the sources tell apart, and the numbers of all."""
    names = {int(number): name for number, name in re.findall(
        r'^\s*(\d+): "(KRB5\w+)"', (repository / KERBEROS / "KerberosStatus+Names.swift").read_text(), re.MULTILINE)}
    status = (repository / KERBEROS / "KerberosStatus.swift").read_text()
    found = {names[int(offset)] for offset in re.findall(r"Self\(offset: (\d+)\)", status)}
    found |= set(re.findall(r'"(KRB5\w+)": \.', (repository / KERBEROS / "KerberosError+Status.swift").read_text()))
    routines = re.search(r"routineNames = \[(.*?)\]", status, re.DOTALL)[1]
    routines = re.findall(r'"(\w*)"', routines)
    found |= {routines[int(number)] for number in re.findall(r"static let \w+: UInt32 = (\d+)", status)}
    return found, {name: number for number, name in names.items()}


def complain_of(missing, where):
    if missing:
        raise DocumentationError("these codes have no page in %s:\n  %s" % (where, "\n  ".join(missing)))


def check_errors(pages, repository=REPOSITORY):
    codes = codes_of_sources(repository)
    complain_of(["0x%X, %d (%s)" % (number, number, path) for number, path in sorted(codes.items()) if number not in pages], "docs/errors.toml")
    # Whoever has only the number asks `winrm helpmsg` first.
    table = (repository / HELP / "CodeTable.swift").read_text()
    known = {int(number, 16): name for number, name in re.findall(r"^ *([0-9A-F]{8}) (\w+)", table, re.MULTILINE)}
    other = ["%s %s" % (page["key"], page["name"]) for number, page in sorted(pages.items()) if known.get(number) != page["name"]]
    if other:
        raise DocumentationError("winrm helpmsg does not know these codes by their name:\n  " + "\n  ".join(other))


def check_statuses(statuses, repository=REPOSITORY):
    found, numbers = statuses_of_sources(repository)
    complain_of(sorted(found - statuses.keys()), "docs/kerberos.toml")
    strange = [name for name in statuses if name.startswith("KRB5") and name not in numbers]
    if strange:
        raise DocumentationError("kerberos.toml: the library has no status %s" % ", ".join(strange))
    return numbers


def numbers_of(number):
    """How a code is written: Win32 codes count as HRESULTs too."""
    if number < 0x10000:
        result = 0x80070000 | number
        return "%d, 0x%X, %d" % (number, result, result - 2**32)
    return "0x%X, %d, %d" % (number, number, number - 2**32)


def page_of(number, page):
    steps = "\n".join("- " + step for step in page["next"])
    return "# %s: %s\n\n%s\n\n## Overview\n\n`%s`, also written %s.\n\n%s\n\n### What to do\n\n%s\n" % (
        page["key"], page["title"], page["title"] + ".", page["name"], numbers_of(number), page["when"], steps)


FAMILIES = [
    ("CredSSP and delegation", lambda n: n in {0x803381A1, 0x803381A2, 0x803381A3, 0x803381A4, 0x803381B3, 0x8009035E, 0x8009035F, 1312, 1327}),
    ("Windows codes", lambda n: n < 0x10000),
    ("Security", lambda n: n >> 16 in (0x8009, 0x800B)),
    ("WS-Management and WinRM", lambda n: n >> 16 == 0x8033),
    ("Status of an authentication", lambda n: n >> 28 == 0xC),
]


def index_of(pages):
    text = ["# Error codes", "", "What each code means that `winrm`, `winrs` and `winrmd` print, and what to do.", "", "## Overview", ""]
    text += ["An error names the stage that failed, what the peer answered, the likely cause and the next command. The number in it is the key to these",
             "pages. `winrm helpmsg NUMBER` says in a line what they say in full, and knows the other codes of WinRM as well.", "", "## Topics"]
    rest = dict(sorted(pages.items()))
    for title, belongs in FAMILIES:
        mine = [number for number in rest if belongs(number)]
        text += ["", "### " + title, ""] + ["- <doc:error-%s>" % rest.pop(number)["key"] for number in mine]
    if rest:
        raise DocumentationError("codes of no family: %s" % rest.keys())
    return "\n".join(text) + "\n"


def page_of_statuses(statuses, numbers):
    text = ["# Statuses of Kerberos", "", "What Kerberos itself says when it fails, and what to do.", "", "## Overview", ""]
    text += ["Errors of Kerberos end with one of the codes of <doc:ErrorCodes>, and name the status of the Kerberos library behind it, with its",
             "number in the protocol or in the library's table, such as `KRB5KDC_ERR_PREAUTH_FAILED (24)`.", "",
             "`winrm doctor -remote:HOST` examines the clock, the KDC and the names of the service. `KRB5_TRACE=/dev/stderr` in front of a command shows",
             "what the library does; it names users and hosts.", ""]
    for name, entry in statuses.items():
        number = numbers.get(name)
        # The library's own statuses are printed with the number of its table.
        printed = "" if number is None else " (%d)" % (number if number < 128 else number - 1765328384)
        text += ["### %s%s" % (name, printed), "", entry["when"] + " " + entry["next"], ""]
    return "\n".join(text)


def stage(pages, statuses, numbers):
    if STAGE.parent.exists():
        shutil.rmtree(STAGE.parent)
    shutil.copytree(CATALOG, STAGE)
    (STAGE / "ErrorCodes.md").write_text(index_of(pages))
    (STAGE / "KerberosStatuses.md").write_text(page_of_statuses(statuses, numbers))
    for number, page in pages.items():
        (STAGE / ("error-%s.md" % page["key"])).write_text(page_of(number, page))


def convert():
    docc = shutil.which("docc")
    if docc is None:
        swift = shutil.which("swift")
        beside = pathlib.Path(swift).resolve().with_name("docc") if swift else None
        if beside is None or not beside.exists():
            raise DocumentationError("docc is missing: it is part of the Swift toolchain")
        docc = str(beside)
    command = [docc, "convert", str(STAGE), "--output-dir", str(OUTPUT), "--fallback-display-name", "WinRM",
               "--fallback-bundle-identifier", "winrm", "--warnings-as-errors"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise DocumentationError(done.stdout + done.stderr)


def main():
    try:
        pages = load_errors()
        check_errors(pages)
        statuses = load_statuses()
        numbers = check_statuses(statuses)
        if "--check" not in sys.argv[1:]:
            stage(pages, statuses, numbers)
            convert()
            print("documentation: %s (%d pages of error codes)" % (OUTPUT, len(pages)))
    except DocumentationError as error:
        sys.exit("documentation: %s" % error)


if __name__ == "__main__":
    main()
