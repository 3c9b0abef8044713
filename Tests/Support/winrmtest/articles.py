"""The commands in the articles of docs/WinRM.docc, so that tests can run them as they stand.

A comment before a fenced block says what becomes of it:

    <!-- run: HOST root|user [password=USER] [exit=N] [file] -->
    <!-- output -->            what the block before it prints; a line `...` stands for any lines, `...` inside a line for anything
    <!-- service: HOST -->     no block: the service of a host is started here
    <!-- not run: WHY -->

`file`: the block is a program for the interpreter of its language, and not lines of a shell.
"""

import pathlib
import re

from . import programs

ARTICLES = programs.REPOSITORY / "docs" / "WinRM.docc"
COMMENT = re.compile(r"<!--\s*(run|output|service|not run)\s*(?::\s*(.*?))?\s*-->")
RUNNABLE = {"sh", "python"}


class Step:
    def __init__(self, kind, line, words=(), text="", language=""):
        self.kind, self.line, self.words, self.text, self.language = kind, line, words, text, language
        self.output = None

    @property
    def host(self):
        return self.words[0]

    def option(self, name, default=None):
        return next((word[len(name) + 1 :] for word in self.words if word.startswith(name + "=")), default)


def names():
    return sorted(path.stem for path in ARTICLES.glob("*.md"))


def steps(name):
    """What an article wants done, in its order. A block that nobody says anything about is an error."""
    found, comment, block = [], None, None
    for number, line in enumerate((ARTICLES / (name + ".md")).read_text().splitlines(), 1):
        where = "%s.md:%d" % (name, number)
        if block is not None:
            if line.startswith("```"):
                add(found, comment, block, where)
                comment = block = None
            else:
                block[1].append(line)
            continue
        match = COMMENT.fullmatch(line.strip())
        if match:
            comment = match
            if match[1] == "service":
                found.append(Step("service", where, [match[2]]))
                comment = None
        elif line.startswith("```"):
            block = (line[3:].strip(), [])
        elif line.strip():
            comment = None
    assert block is None, "%s.md ends inside a block" % name
    return found


def add(found, comment, block, where):
    language, lines = block
    text = "\n".join(lines)
    assert comment is not None, "%s: no comment says whether this block is run" % where
    kind, rest = comment[1], comment[2] or ""
    if kind == "not run":
        assert rest, "%s: why not?" % where
        return
    if kind == "output":
        assert found and found[-1].kind == "run", "%s: the output of what?" % where
        found[-1].output = text
        return
    assert kind == "run" and language in RUNNABLE, "%s: a block that is run is sh or python" % where
    found.append(Step("run", where, rest.split(), text, language))


def fits(pattern, text):
    """Whether an output is the one that an article shows."""
    regex = ""
    for line in pattern.splitlines():
        if line == "...":
            regex += r"(?:.*\n)*?"
        else:
            regex += ".*".join(re.escape(part) for part in line.split("...")) + r"[ \t]*\n"
    text = text.replace("\r\n", "\n")
    return re.fullmatch(regex, text if text.endswith("\n") else text + "\n") is not None
