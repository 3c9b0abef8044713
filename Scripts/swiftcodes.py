"""Finds the error codes that Swift sources name: in hexadecimal wherever they stand, and in whatever notation where a number becomes a code.

`WinRMCode(rawValue: 5)`, `Self(rawValue: 0x8033_8000)` and `.init(rawValue: 87)` inside the types and their extensions, all branches of
`WinRMCode(rawValue: isMissing ? 2 : 30)`, and `WinRMCode(rawValue: code)` where `let code: UInt32 = …` stands in the same file. A number that
comes from somewhere else is no code of ours, and has to be listed as such: see the argument `passing`.
"""

import re

# The types whose values are codes.
TYPES = ("WinRMCode", "NTStatus")
HEXADECIMAL = re.compile(r"\b0x(8009|8033|800B|8007|C00[0-9A-F])_?([0-9A-F]{4})\b", re.IGNORECASE)
INTEGER = re.compile(r"(?<![\w.$])(0x[0-9A-Fa-f_]+|0b[01_]+|0o[0-7_]+|[0-9][0-9_]*)(?![\w.])")
OPERAND = re.compile(r"(?:==|!=|<=|>=|&|\||\^|<<|>>|<|>)\s*(?:0x[0-9A-Fa-f_]+|[0-9][0-9_]*)\b")
DECLARATION = re.compile(r"\b(?:struct|enum|class|actor|extension|protocol)\s+([\w.]+)[^{};]*\{")
PLAIN = re.compile(r'[^/"#()]+')
OPENING = re.compile(r'(#*)("""|")')
TEXT = re.compile(r'[^"\\]+|.', re.DOTALL)
ALIAS = re.compile(r"\btypealias\s+(\w+)\s*=\s*(\w+)\s*$", re.MULTILINE)


class Unreadable(Exception):
    """Numbers become codes, and nothing here says which ones."""


def codes(text, passing=()):
    """The numbers of the codes in a source, Win32 codes without their 0x8007.

    passing: expressions in it that hand on a number of somebody else's."""
    code, blank = without_comments(text)
    found = {int(high + low, 16) for high, low in HEXADECIMAL.findall(code)}
    types = set(TYPES) | {new for new, old in ALIAS.findall(blank) if old in TYPES}
    inside = [bounds for name, bounds in declarations(blank) if name.split(".")[-1] in types]
    pattern = re.compile(r"(?:(?<!\w)(%s)(?:\.init)?|(?<![\w.])(Self)(?:\.init)?|(?<![\w)\]?])(\.init))\s*\(\s*rawValue\s*:" % "|".join(sorted(types)))
    for match in pattern.finditer(blank):
        isType = match[1] is not None or any(low <= match.start() < high for low, high in inside)
        if match[2] is not None and not isType:
            continue
        expression = balanced(blank, match.end())
        numbers = integers(expression)
        if not numbers and isType and expression not in passing:
            numbers = assigned(blank, expression)
            if not numbers:
                raise Unreadable("%s: which codes are these? Write the numbers where they become codes" % (match[0] + " " + expression + ")"))
        found |= numbers
    # A constructor without its argument is a function for numbers of others.
    for match in re.finditer(r"\b(%s)\.init\s*\(\s*rawValue\s*:\s*\)" % "|".join(sorted(types)), blank):
        if "" not in passing:
            raise Unreadable("%s: which codes are these?" % match[0])
    return {number & 0xFFFF if number >> 16 == 0x8007 else number for number in found} - {0, 0x80000000}


def integers(expression):
    # What a number is compared or masked with is no code.
    expression = OPERAND.sub(" ", expression)
    return {int(number.replace("_", ""), 0) if number[:2] in ("0x", "0b", "0o") else int(number.replace("_", "")) for number in INTEGER.findall(expression)}


def assigned(blank, name):
    """The numbers that a constant or a variable of this name is given."""
    if not re.fullmatch(r"\w+", name):
        return set()
    found = set()
    for match in re.finditer(r"(?<![\w.])%s\s*(?::\s*U?Int\w*\s*)?=(?!=)\s*([^;]*?)(?=\n\s*(?:\w|\}|\.)|$)" % re.escape(name), blank):
        found |= integers(match[1])
    return found


def declarations(blank):
    """The types and extensions of a source and where their bodies are."""
    for match in DECLARATION.finditer(blank):
        depth = 1
        for position in range(match.end(), len(blank)):
            depth += {"{": 1, "}": -1}.get(blank[position], 0)
            if depth == 0:
                break
        yield match[1], (match.end(), position)


def balanced(blank, start):
    """What stands from `start` to the parenthesis that closes."""
    depth = 1
    for position in range(start, len(blank)):
        depth += {"(": 1, ")": -1}.get(blank[position], 0)
        if depth == 0:
            return blank[start:position].strip()
    return blank[start:].strip()


def without_comments(text):
    """The source without comments, and the same with blanks in place of its texts; what is interpolated into a text is kept."""
    code, blank = [], []

    def put(piece, is_text=False):
        code.append(piece)
        blank.append(re.sub(r"[^\n]", " ", piece) if is_text else piece)

    def program(position, closing):
        """Reads a program up to its end, or to the parenthesis that closes an interpolation."""
        depth = 0
        while position < len(text):
            if text.startswith("//", position):
                end = text.find("\n", position)
                position = len(text) if end < 0 else end
            elif text.startswith("/*", position):
                level, position = 1, position + 2
                while position < len(text) and level:
                    if text.startswith("/*", position):
                        level, position = level + 1, position + 2
                    elif text.startswith("*/", position):
                        level, position = level - 1, position + 2
                    else:
                        if text[position] == "\n":
                            put("\n")
                        position += 1
            elif match := PLAIN.match(text, position):
                put(match[0])
                position = match.end()
            elif match := OPENING.match(text, position):
                position = literal(match.end(), match[1], match[2], match[0])
            else:
                character = text[position]
                depth += {"(": 1, ")": -1}.get(character, 0)
                put(character)
                position += 1
                if closing and depth < 0:
                    return position
        return position

    def literal(position, hashes, quote, opening):
        put(opening, True)
        end, escape = quote + hashes, "\\" + hashes
        while position < len(text):
            if text.startswith(end, position):
                put(end, True)
                return position + len(end)
            if text.startswith(escape + "(", position):
                put(escape, True)
                put("(")
                position = program(position + len(escape) + 1, True)
            elif text.startswith(escape, position):
                put(text[position : position + len(escape) + 1], True)
                position += len(escape) + 1
            else:
                end_of_piece = TEXT.match(text, position).end()
                put(text[position:end_of_piece], True)
                position = end_of_piece
        return position

    program(0, False)
    return "".join(code), "".join(blank)
