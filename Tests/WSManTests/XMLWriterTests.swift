import Testing

@testable import WSMan

@Suite struct XMLWriterTests {
  static func written(_ body: (inout XMLWriter) -> Void) -> (text: String, problem: WSManError?) {
    var writer = XMLWriter()
    body(&writer)
    return (String(decoding: writer.bytes, as: UTF8.self), writer.problem)
  }

  @Test func escapesWhatIsNeeded() throws {
    let value = "<a & \"b\">\r\n\té\u{1F600}]]>"
    let made = Self.written { $0.element("r", [("x", value), ("y", nil)], text: value) }
    #expect(
      made.text == "<r x=\"&lt;a &amp; &quot;b&quot;&gt;&#13;&#10;&#9;é\u{1F600}]]&gt;\">&lt;a &amp; \"b\"&gt;&#13;\n\té\u{1F600}]]&gt;</r>"
    )
    let read = try XMLReader.parse(Array(made.text.utf8))
    #expect(read.text == value)
    #expect(read.attribute("x") == value)
    #expect(made.problem == nil)
  }

  @Test func emptyElementsAreShort() {
    #expect(Self.written { $0.element("r") { $0.element("s", text: "") } }.text == "<r><s/></r>")
  }

  @Test("W-07: characters that XML cannot carry are noticed", arguments: ["\u{0}", "a\u{1}b", "\u{1F}", "\u{FFFE}", "x\u{FFFF}"])
  func illegal(_ value: String) throws {
    let made = Self.written { $0.element("r", text: value, field: "the field") }
    #expect(made.problem?.code == .invalidValue)
    #expect(made.problem?.message.contains("the field") == true)
    _ = try XMLReader.parse(Array(made.text.utf8))
  }

  @Test func legalNeighboursAreKept() {
    for value in ["\u{FFFD}", "\u{FFEE}", "\u{7F}", "\u{E000}", "\u{10FFFF}"] {
      #expect(Self.written { $0.element("r", text: value) }.problem == nil)
    }
  }

  @Test(
    "Trees survive writing and reading, with the meaning of QNames in their text",
    arguments: [
      "<a/>", "<a xmlns='urn:1'><b xmlns=''>x</b></a>", "<p:a xmlns:p='urn:1' p:x='1' y='2'><p:b xmlns:p='urn:2'>p:q</p:b>p:q</p:a>",
      "<a xmlns='urn:1' xml:lang='de'> <b/> </a>", "<q0:a xmlns:q0='urn:1' xmlns='urn:2'><b><q0:c/></b></q0:a>",
    ]) func trees(_ text: String) throws
  {
    let tree = try XMLReader.parse(Array(text.utf8))
    let again = try XMLReader.parse(Array(Self.written { $0.element(tree) }.text.utf8))
    #expect(again == tree)
    func meanings(_ element: XMLElement) -> [XMLName?] {
      [element.resolve("p:q"), element.resolve("q")] + element.elements.flatMap(meanings)
    }
    #expect(meanings(again) == meanings(tree))
  }

  @Test func treesMadeByAProgramGetPrefixes() throws {
    let tree = XMLElement(
      XMLName(namespace: "urn:1", localName: "a"), attributes: [XMLAttribute(XMLName(namespace: "urn:2", localName: "x"), "1")],
      children: [
        .element(XMLElement(XMLName(.shell, "b"), text: "t")), .element(XMLElement(XMLName(.none, "c"))),
        .element(XMLElement(XMLName(namespace: "urn:1", localName: "d"))),
      ])
    let text = Self.written { $0.element(tree) }.text
    #expect(try XMLReader.parse(Array(text.utf8)) == tree)
    #expect(
      text
        == "<q0:a xmlns:q0=\"urn:1\" xmlns:q1=\"urn:2\" q1:x=\"1\"><rsp:b xmlns:rsp=\"\(XMLNamespace.shell.rawValue)\">t</rsp:b><c/><q0:d/></q0:a>"
    )
  }

  @Test(arguments: [("aGk=", "hi"), ("", ""), (" aG\r\n k=\t", "hi")]) func base64(_ text: String, _ bytes: String) {
    #expect(XMLBase64.decode(text) == Array(bytes.utf8))
  }

  @Test(arguments: ["aGk", "aGk=!", "====", "aGk=aGk=", "a", "aGk\u{A0}="]) func notBase64(_ text: String) {
    #expect(XMLBase64.decode(text) == nil)
  }
}
