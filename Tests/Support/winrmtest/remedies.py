"""The commands that remedies name exist, and the built programs accept them."""

import functools
import re
import shlex
import tempfile

from . import hosts

# How many words may follow an operation, and the second of which words they are.
OPERANDS = {
    "set": 1, "get": 1, "create": 1, "delete": 1, "enumerate": 1, "helpmsg": 1, "credssp": 1, "policy": 1, "account": 2, "certificate": 2,
    "configsddl": 1, "identify": 0, "quickconfig": 0, "doctor": 0,
}
# Those that may do without any of them.
SUBVERBS = {"policy": {"test", "export", "import", "update", "forget"}}
# Those that are given a file: a remedy writes FILE.
WITH_FILE = {("policy", "import")}
ENDS = re.compile(r"^(.*?)[,;:.)]+$")


def commands(text):
    """The command lines of `winrm` in a remedy, without the words around them. A command ends where its operation takes no more words, or
    before two blanks."""
    found = []
    for match in re.finditer(r"\bwinrm (?=[a-z])", text):
        words, operands, ended = [], None, False
        for word in re.findall(r"(?:'[^']*'|[^\s'])+", re.split(r"\s{2,}", text[match.end():])[0]):
            trimmed = ENDS.match(word)
            if trimmed and not word.endswith("}'"):
                word, ended = trimmed.group(1), True
            if operands is None:
                operands = OPERANDS.get(word.lower(), -1)
                assert operands >= 0, "no operation %s: %s" % (word, text)
                words.append(word)
            elif word.startswith("-") or word.startswith("'@{"):
                words.append(word)
            elif operands > 0 and word and not words[-1].startswith("-") and word in SUBVERBS.get(words[0], {word}):
                words.append(word)
                operands -= 1
            elif word == "FILE" and tuple(words) in WITH_FILE:
                words.append(word)
            else:
                break
            if ended:
                break
        found.append(shlex.split(" ".join(words)))
    return found


@functools.cache
def scratch():
    """A machine of its own, with a certificate file and nothing else."""
    from . import programs

    directory = tempfile.mkdtemp(prefix="winrm-remedies-")
    return hosts.Host(directory, "scratch", programs.stage(directory + "/bin"))


@functools.cache
def check(text):
    """Each command line of a remedy is carried out on a machine of its own. What stands for something else there may be refused for that."""
    for words in commands(text):
        if words[0] == "credssp" and words[1] in ("enable", "pin"):
            words = [*words, "-force"]
        words = ["-sha256:" + "0" * 64 if word == "-sha256:HEX" else word for word in words]
        if words[:2] == ["credssp", "unpin"]:  # so that there is something to be taken away
            scratch().run("winrm", "credssp", "pin", *words[2:], "-sha256:" + "1" * 64, "-force")
        done = scratch().run("winrm", *words)
        said = done.out + done.err
        assert "Invalid use of command line" not in said and "Unknown" not in said, (text, words, said)
        if words[0] in ("set", "credssp", "get"):
            assert done.returncode == 0 or "..." in " ".join(words), (text, words, said)
