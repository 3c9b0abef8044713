"""The commands in the pages of error codes, in the articles and in the README: the built programs know each operation and switch of them.

Each gets a switch at its end that does not exist. A program that complains of that one knew everything before it, and did nothing.
"""

import os
import re
import shlex
import subprocess

import pytest

from winrmtest import programs

DOCS = programs.REPOSITORY / "docs"
SOURCES = [programs.REPOSITORY / "README.md", DOCS / "errors.toml", DOCS / "kerberos.toml", *sorted((DOCS / "WinRM.docc").glob("*.md"))]
UNKNOWN = "-zzz"


def words_of(command):
    """The words up to the end of the first command; `None` for what is no command line.

    Of a synopsis, every switch that may be there is, and the first of alternatives.
    """
    command = re.sub(r"(?<= )\[(-[^\]]*)\]", r"\1", command.replace("\\|", "|"))
    command = re.sub(r"(?<= )\[[^\]]*\]", "", command)
    command = re.sub(r"\b(\w+)(?:\|\w+)+", r"\1", command)
    command = re.split(r"[;|]\s", command.replace("…", "").replace("...", ""))[0]
    try:
        return shlex.split(command)
    except ValueError:
        return None


def commands():
    found = {}
    for path in SOURCES:
        text = path.read_text()
        # `winrm … -r:` is about all of them.
        for command in re.findall(r"(?<!`)`(winr[ms] [^…`\n][^`\n]*)`(?!`)", text.replace('\\"', '"') if path.suffix == ".toml" else text):
            found.setdefault(command, path.name)
    return [pytest.param(command, id="%s: %s" % (name, command)) for command, name in sorted(found.items())]


def complaint(words, root):
    """What the program says of the command with the unknown switch in it."""
    program, *rest = words
    if program == "winrs":
        # What follows the switches is the remote command.
        end = next((index for index, word in enumerate(rest) if not word.startswith("-")), len(rest))
        rest = rest[:end] + [UNKNOWN] + rest[end:]
    else:
        rest = rest + [UNKNOWN]
    environment = {**os.environ, "WINRM_ROOT": str(root), "HOME": str(root)}
    return subprocess.run(
        [programs.built() / program, *rest], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


def is_known(words, root):
    if words[1:] in (["-?"], ["help"]) or words[1:2] == ["helpmsg"]:
        return True
    if words[1] == "help" or words[-1] == "-?":
        return "No help topic" not in complaint(words, root).stderr
    return UNKNOWN.lstrip("-") in complaint(words, root).stderr.partition("\n")[0].rpartition(" ")[2]


@pytest.mark.parametrize("command", commands())
def test_the_programs_know_it(command, tmp_path):
    words = words_of(command)
    assert words is not None, "no command line"
    assert is_known(words, tmp_path), complaint(words, tmp_path).stderr
    assert not any(tmp_path.iterdir()), "nothing was changed"


@pytest.mark.parametrize("command", [
    "winrm frobnicate", "winrm get winrm/config -nosuchswitch", "winrm account add NAME -ntlmonly",
    "winrm credssp enable [-ntlmonlyy] [-force]", "winrm gett\\|set -r:HOST", "winrs -r:HOST -nosuchswitch:1 id",
    "winrm help nosuchtopic",
])
def test_a_command_that_they_do_not_know_is_found(command, tmp_path):
    assert not is_known(words_of(command), tmp_path)
