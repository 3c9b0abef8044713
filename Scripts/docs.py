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

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
CATALOG = REPOSITORY / "docs" / "WinRM.docc"
STAGE = REPOSITORY / ".build" / "docs-stage" / "WinRM.docc"
OUTPUT = REPOSITORY / ".build" / "docs"

# Numbers that look like codes and are none that a tool prints as one.
NO_CODES = {0x80070000, 0x80000000}
# Codes that the sources know as the words of others: the help of `winrm helpmsg` has them all, and no tool of ours ends with them.
HEX = re.compile(r"\b0x(8009|8033|800B|8007|C000)_?([0-9A-Fa-f]{4})\b")


class DocumentationError(Exception):
    pass


def load_errors():
    """The pages by number."""
    table = tomllib.loads((REPOSITORY / "docs" / "errors.toml").read_text())
    pages = {}
    for key, page in table.items():
        missing = {"name", "title", "when", "next"} - page.keys()
        if missing or not page["next"]:
            raise DocumentationError("errors.toml: %s lacks %s" % (key, ", ".join(sorted(missing)) or "a next step"))
        pages[int(key, 0)] = {**page, "key": key}
    return pages


def codes_of_sources():
    """Every code that the sources name, and where it was seen first. The table behind `winrm helpmsg` explains codes of others as well, and
    does not count."""
    found = {}
    for path in sorted((REPOSITORY / "Sources").rglob("*.swift")):
        if "HelpMessages" in path.parts or path.stem.startswith(("CodeMessages", "MessageTable")):
            continue
        for line in path.read_text().splitlines():
            code = line.split("//", 1)[0]
            for high, low in HEX.findall(code):
                number = int(high + low, 16)
                if high == "8007":
                    number &= 0xFFFF
                if high == "C000" and "Winbind" in path.parts:
                    continue  # what winbind says, and what it is turned into
                found.setdefault(number, path.relative_to(REPOSITORY))
    return {number: path for number, path in found.items() if number not in NO_CODES and number != 0}


def check_errors(pages):
    missing = {number: path for number, path in codes_of_sources().items() if number not in pages}
    if missing:
        lines = ["0x%X (%s)" % (number, path) for number, path in sorted(missing.items())]
        raise DocumentationError("these codes have no page in docs/errors.toml:\n  " + "\n  ".join(lines))


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


def stage(pages):
    if STAGE.parent.exists():
        shutil.rmtree(STAGE.parent)
    shutil.copytree(CATALOG, STAGE)
    (STAGE / "ErrorCodes.md").write_text(index_of(pages))
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
        if "--check" not in sys.argv[1:]:
            stage(pages)
            convert()
            print("documentation: %s (%d pages of error codes)" % (OUTPUT, len(pages)))
    except DocumentationError as error:
        sys.exit("documentation: %s" % error)


if __name__ == "__main__":
    main()
