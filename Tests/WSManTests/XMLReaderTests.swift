import Testing

@testable import WSMan

@Suite struct XMLReaderTests {
  static func parse(_ text: String, limits: XMLLimits = .request) throws -> XMLElement {
    try XMLReader.parse(Array(text.utf8), limits: limits)
  }

  @Test func namespacesAttributesAndText() throws {
    let root = try Self.parse(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- c --><a xmlns='urn:1' xmlns:p='urn:2' x='1' p:y='2'>t<!-- c -->u<p:b/><![CDATA[<&>]]>&amp;&#x41;</a>"
    )
    #expect(root.name == XMLName(namespace: "urn:1", localName: "a"))
    #expect(root.attributes == [XMLAttribute("x", "1"), XMLAttribute(XMLName(namespace: "urn:2", localName: "y"), "2")])
    #expect(root.children == [.text("tu"), .element(XMLElement(XMLName(namespace: "urn:2", localName: "b"))), .text("<&>&A")])
    #expect(root.text == "tu<&>&A")
  }

  @Test func qualifiedNamesInTextFollowTheInnermostDeclaration() throws {
    let root = try Self.parse("<r xmlns:p='urn:1' xmlns='urn:d'><c xmlns:p='urn:2'>p:x</c><d>p:x</d></r>")
    #expect(root.elements[0].resolve("p:x") == XMLName(namespace: "urn:2", localName: "x"))
    #expect(root.elements[1].resolve(" p:x ") == XMLName(namespace: "urn:1", localName: "x"))
    #expect(root.elements[1].resolve("x") == XMLName(namespace: "urn:d", localName: "x"))
    for text in ["q:x", "", ":", "p:", ":x", "a:b:c"] { #expect(root.elements[1].resolve(text) == nil) }
  }

  @Test("W-02: UTF-16 with a byte order mark", arguments: [true, false]) func utf16(_ isBigEndian: Bool) throws {
    let text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>grün \u{1F600}</a>"
    let bytes = text.utf16.flatMap { isBigEndian ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try XMLReader.parse(bytes).text == "grün \u{1F600}")
  }

  @Test func utf8WithByteOrderMark() throws { #expect(try Self.parse("\u{FEFF}<a>x</a>").text == "x") }

  static let bomb = """
    <!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>
    """

  @Test(
    "W-01: document types and processing instructions are refused at first sight",
    arguments: [
      bomb, "<!DOCTYPE a SYSTEM \"file:///etc/hostname\"><a/>", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a>&x;</a>",
      "<!DOCTYPE a PUBLIC \"x\" \"http://127.0.0.1/x.dtd\"><a/>", "<!DOCTYPE a><a/>", "<?php x?><a/>", "<a><?x?></a>", "<a/><?x y?>",
      "<!DOCTYPE a [ <!ELEMENT a ANY>", "<?xml version=\"1.0\"?><?xml-stylesheet href=\"x\"?><a/>",
    ]) func forbidden(_ text: String)
  {
    #expect(throws: WSManError(.forbiddenXML, "")) { try Self.parse(text) }
  }

  @Test(
    "W-02: what is not well-formed",
    arguments: [
      "", " ", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "<a b='1' b='2'/>", "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", "<p:a/>",
      "<a>&x;</a>",
      "<a>\u{1}</a>", "<a>&#1;</a>", "<a>&#0;</a>", "<a>\u{FFFF}</a>", "<a b='<'/>", " <?xml version='1.0'?><a/>", "<a xmlns:p=''/>",
      "<a>]]></a>", "<a \u{0}/>",
      "<a xmlns='u&#10;v'/>", "x",
    ]) func malformed(_ text: String)
  {
    #expect(throws: WSManError(.malformedXML, "")) { try Self.parse(text) }
  }

  @Test("W-02: invalid UTF-8 and other encodings") func encodings() {
    #expect(throws: WSManError(.malformedXML, "")) { try XMLReader.parse(Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8)) }
    #expect(throws: WSManError(.malformedXML, "")) { try XMLReader.parse(Array("<a>".utf8) + [0xED, 0xA0, 0x80] + Array("</a>".utf8)) }
    #expect(throws: WSManError(.malformedXML, "")) { try XMLReader.parse(Array("<a>".utf8) + [0xC0, 0x80] + Array("</a>".utf8)) }
    for name in ["ISO-8859-1", "windows-1252", "UTF-7", "US-ASCII", "EBCDIC-CP-US"] {
      #expect(throws: WSManError(.unsupportedEncoding, "")) { try Self.parse("<?xml version='1.0' encoding='\(name)'?><a/>") }
    }
    #expect(throws: WSManError(.unsupportedEncoding, "")) { try Self.parse("<?xml version='1.0' encoding='UTF-16'?><a/>") }
  }

  static func nested(_ depth: Int) -> String { String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth) }

  @Test("W-02: depth, elements, attributes, namespaces and bytes have limits") func limits() throws {
    let wide = XMLLimits(maximumBytes: 1 << 26)
    _ = try Self.parse(Self.nested(64))
    for text in [
      Self.nested(65), Self.nested(100_000), "<a>" + String(repeating: "<b/>", count: 50_000) + "</a>",
      "<a " + (0..<1_000_000).map { "a\($0)=''" }.joined(separator: " ") + "/>",
      "<a " + (0..<100_000).map { "xmlns:p\($0)='urn:\($0)'" }.joined(separator: " ") + "/>",
      "<a>" + (0..<300).map { "<b xmlns='urn:\($0)'/>" }.joined() + "</a>", "<a xmlns='" + String(repeating: "u", count: 513) + "'/>",
    ] {
      #expect(throws: WSManError(.limit, "")) { try Self.parse(text, limits: wide) }
    }
    #expect(throws: WSManError(.limit, "")) { try Self.parse("<a>" + String(repeating: "x", count: 512_000) + "</a>") }
    _ = try Self.parse("<a " + (0..<64).map { "a\($0)=''" }.joined(separator: " ") + "/>")
  }

  @Test("W-01: a large CDATA section is text, up to the limit of the document") func largeCDATA() throws {
    let text = String(repeating: "]>&<", count: 100_000)
    #expect(try Self.parse("<a><![CDATA[\(text)]]></a>").text == text)
  }

  @Test("Every truncation and every flipped bit ends in a tree or a typed error") func fuzz() {
    let bytes = Array(
      "<?xml version='1.0'?><a xmlns='urn:1' xmlns:p='urn:2' x='&lt;'><p:b p:c=\"d\">é&#65;<![CDATA[x]]></p:b><!--c--></a>".utf8)
    for length in 0..<bytes.count {
      #expect(throws: WSManError.self) { try XMLReader.parse(Array(bytes[..<length])) }
    }
    for index in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[index / 8] ^= 1 << UInt8(index % 8)
      _ = try? XMLReader.parse(flipped)
    }
  }
}
