"""The check behind the pages of error codes: it finds every code that the sources name, whatever way they write it."""

import shutil
import sys

import pytest

from winrmtest import programs

sys.path.insert(0, str(programs.REPOSITORY / "Scripts"))
import docs  # noqa: E402
import swiftcodes  # noqa: E402

HELP = "Sources/WinRMCommands/Winrm/Help"


@pytest.mark.parametrize("source, numbers", [
    # Hexadecimal, anywhere but in comments.
    ("let x: UInt32 = 0x8033_81A2", {0x803381A2}),
    ("let x: UInt32 = 0x803381a2 // 0x8033_81A3", {0x803381A2}),
    ("/* 0x8033_0001 /* 0x8033_0002 */ 0x8033_0003 */ let x = 0xC002_0017", {0xC0020017}),
    ('print("see https://x/ 0x80090322")', {0x80090322}),
    ("WinRMCode(rawValue: 0x8007_010B)", {267}),
    # A code by its constructor.
    ("throw WinrmFailure(WinRMCode(rawValue: 1274), text)", {1274}),
    ("throw WinrmFailure(WinRMCode.init(rawValue: 1_274), text)", {1274}),
    ("throw WinrmFailure(WinRMCode(\n  rawValue:\n    183), text)", {183}),
    ("let codes: [String: WinRMCode] = [\"InternalError\": .init(rawValue: 1359)]", {1359}),
    ("f(SecuritySupport.WinRMCode(rawValue: 77))", {77}),
    ("extension WinRMCode {\n  static let x = Self(rawValue: 87)\n  func f() { if true { g() } }\n  static let y = Self.init(rawValue: 88)\n}", {87, 88}),
    ("struct WinRMCode: RawRepresentable {\n  static let x: WinRMCode = .init(rawValue: 87)\n}", {87}),
    ("public struct NTStatus: RawRepresentable, Hashable { static let x = Self(rawValue: 3_221_225_506) }", {0xC0000022}),
    # The values of other types are none.
    ("public struct CredentialType { public static let password = Self(rawValue: 1) }", set()),
    ('Check(.init(rawValue: "service.5"), title)', set()),
    ('let text = "WinRMCode(rawValue: 5)"', set()),
    ('let text = #"a "quoted" WinRMCode(rawValue: 5)"#', set()),
    ('let text = """\n  WinRMCode(rawValue: 5)\n  """', set()),
    ('let text = "\\(WinRMCode(rawValue: 5).hexadecimal) \\"WinRMCode(rawValue: 6)"', {5}),
    # Every branch.
    ("WinRMCode(rawValue: error.isMissing ? 2 : 30)", {2, 30}),
    ("WinRMCode(rawValue: n == ENOENT ? 3 : n == ENOSPC ? 112 : f(n) ? 5 : 29)", {3, 112, 5, 29}),
    ('let code: UInt32 = n == ENOSPC ? 112 : what == "read" ? 30 : 29  // 7\nself.init(code: WinRMCode(rawValue: code))', {112, 30, 29}),
    ("var code = UInt32(5)\nif x { code = 6 }\nreturn WinRMCode(rawValue: code)", {5, 6}),
    ("WinRMCode(rawValue: number & 0xFFFF == 5 ? 2 : x > 7 ? 30 : 29)", {2, 30, 29}),
    # Another name of the type.
    ("typealias Code = WinRMCode\nlet x = Code(rawValue: 9)\nextension Code { static let y = Self(rawValue: 10) }", {9, 10}),
])
def test_codes_are_found(source, numbers):
    assert swiftcodes.codes(source) == numbers


@pytest.mark.parametrize("source", [
    "WinRMCode(rawValue: error.number)", "WinRMCode(rawValue: number & 0xFFFF)", "texts.map(WinRMCode.init(rawValue:))", "WinRMCode(rawValue: number(of: error))",
    "extension WinRMCode { func f() -> Self { Self(rawValue: number) } }",
])
def test_numbers_from_elsewhere_have_to_be_accounted_for(source):
    with pytest.raises(swiftcodes.Unreadable):
        swiftcodes.codes(source)


def test_numbers_from_elsewhere_that_are_accounted_for():
    assert swiftcodes.codes("let x = WinRMCode(rawValue: $0)", {"$0"}) == set()


@pytest.fixture
def sources(tmp_path):
    """A copy of the sources that the check reads."""
    shutil.copytree(programs.REPOSITORY / "Sources", tmp_path / "Sources", ignore=lambda directory, names: [
        name for name in names if "." in name and not name.endswith(".swift")])
    return tmp_path


def test_every_code_of_the_sources_has_its_page(sources):
    pages = docs.load_errors()
    docs.check_errors(pages, sources)
    docs.check_statuses(docs.load_statuses(), sources)


@pytest.mark.parametrize("line", [
    "let x = WinRMCode(rawValue: 4242)", "let x: WinRMCode = .init(rawValue: 4242)", "extension WinRMCode { static let x = Self(rawValue: 4_242) }",
    "func f(_ x: Bool) -> WinRMCode { WinRMCode(rawValue: x ? 5 : 4242) }", "let x: UInt32 = 0x8007_1092",
])
def test_a_code_without_a_page_is_found(sources, line):
    path = sources / "Sources/WinRMCommands/Policy/PolicyOperations.swift"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(docs.DocumentationError, match="4242.*PolicyOperations"):
        docs.check_errors(docs.load_errors(), sources)


@pytest.mark.parametrize("next", ["[]", '["Ask somebody."]'])
def test_a_page_without_a_next_command_is_found(next):
    page = '["4242"]\nname = "X"\ntitle = "x"\nwhen = "x"\nnext = %s\n' % next
    with pytest.raises(docs.DocumentationError, match="4242"):
        docs.load_errors(page)
    assert docs.load_errors(page.replace(next, '["Look: `winrm policy`."]'))[4242]["name"] == "X"


def test_a_page_that_helpmsg_does_not_know_is_found(sources):
    path = sources / HELP / "CodeTable.swift"
    path.write_text(path.read_text().replace("ERROR_READ_FAULT", "ERROR_READ"))
    with pytest.raises(docs.DocumentationError, match="30 ERROR_READ_FAULT"):
        docs.check_errors(docs.load_errors(), sources)


@pytest.mark.parametrize("file, old, new, name", [
    ("KerberosStatus.swift", "Self(offset: 46)", "Self(offset: 46)\n  public static let x = Self(offset: 64)", "KRB5KDC_ERR_INVALID_SIG"),
    ("KerberosError+Status.swift", '"KRB5_KT_NOTFOUND": .keytab', '"KRB5_KT_NOTFOUND": .keytab, "KRB5_KT_IOERR": .keytab', "KRB5_KT_IOERR"),
    ("KerberosStatus.swift", "noCredential: UInt32 = 7", "noCredential: UInt32 = 15", "GSS_S_UNAUTHORIZED"),
])
def test_a_status_of_kerberos_without_an_entry_is_found(sources, file, old, new, name):
    path = sources / "Sources/Kerberos/Errors" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(docs.DocumentationError, match=name):
        docs.check_statuses(docs.load_statuses(), sources)
