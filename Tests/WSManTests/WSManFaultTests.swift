import SecuritySupport
import Testing

@testable import WSMan

@Suite struct WSManFaultTests {
  /// Each fault with code, subcode, detail and number as servers were recorded to send them, or as the tables of WS-Management say.
  static let table: [(fault: WSManFault, code: String, subcode: String, detail: String?, number: UInt32)] = [
    (.timedOut, "Receiver", "w:TimedOut", nil, 2_150_858_793),
    (.unexpectedSelectors(.shell("X")), "Sender", "w:InvalidSelectors", "UnexpectedSelectors", 2_150_858_843),
    (.unexpectedSelectors(.command("X")), "Sender", "w:InvalidSelectors", "UnexpectedSelectors", 2_150_858_843),
    (.executableNotFound("No such program."), "Receiver", "w:InternalError", nil, 2_147_942_402),
    (.invalidParameter("Bad."), "Sender", "w:InvalidParameter", "InvalidValue", 87),
    (.invalidHeader("Bad."), "Sender", "a:InvalidMessageInformationHeader", nil, 2_150_858_767),
    (.destinationUnreachable(.config), "Sender", "a:DestinationUnreachable", "ResourceNotFound", 2_150_858_752),
    (.invalidResourceURI(), "Sender", "a:DestinationUnreachable", "InvalidResourceURI", 2_150_858_811),
    (.actionNotSupported(.get), "Sender", "a:ActionNotSupported", nil, 2_150_858_771),
    (.headerRequired("To"), "Sender", "a:MessageInformationHeaderRequired", nil, 2_150_858_769),
    (.mustUnderstand(XMLName(.shell, "x")), "MustUnderstand", "", nil, 2_150_858_768),
    (.envelopeSizeTooSmall(), "Sender", "w:EncodingLimit", "MinimumEnvelopeLimit", 2_150_858_878),
    (.responseTooLarge(maximum: 8_192), "Sender", "w:EncodingLimit", "MaxEnvelopeSize", 2_150_858_824),
    (.schemaValidationError("Bad."), "Sender", "w:SchemaValidationError", nil, 2_150_858_817),
    (.invalidOption("X"), "Sender", "w:InvalidOptions", "NotSupported", 2_150_858_833),
    (.insufficientSelectors("ShellId"), "Sender", "w:InvalidSelectors", "InsufficientSelectors", 2_150_858_842),
    (.accessDenied(), "Sender", "w:AccessDenied", nil, 5), (.quotaMaxShells(limit: 30), "Sender", "w:QuotaLimit", nil, 2_150_859_173),
    (.quotaMaxOperations(limit: 1), "Sender", "w:QuotaLimit", nil, 2_150_859_174),
    (.quotaMaxCommands(limit: 25), "Sender", "w:QuotaLimit", nil, 2_150_859_241),
    (.concurrency("Busy."), "Sender", "w:Concurrency", nil, 2_150_858_802),
    (.alreadyExists("Taken."), "Sender", "w:AlreadyExists", nil, 2_150_858_803),
    (.versionMismatch(), "VersionMismatch", "", nil, 2_150_858_765), (.operationAborted(), "Receiver", "w:InternalError", nil, 995),
    (.codePageNotSupported("1"), "Sender", "w:InvalidOptions", "NotSupported", 2_150_859_072),
    (.invalidInputStream("x"), "Sender", "w:InvalidParameter", "InvalidValue", 2_150_859_147),
    (.idleTimeoutOutOfRange(minimum: .zero, maximum: .seconds(1)), "Sender", "w:InvalidParameter", "InvalidValue", 2_150_859_250),
    (.remoteShellsNotAllowed(), "Receiver", "w:InternalError", nil, 2_150_859_180),
    (.unreadable(WSManError(.unsupportedEncoding, "")), "Sender", "w:EncodingLimit", "CharacterSet", 2_150_858_828),
    (
      .unsupportedFeature(.addressingMode, code: .unsupportedAddressingMode, "No."), "Sender", "w:UnsupportedFeature", "AddressingMode",
      2_150_858_870
    ),
  ]

  @Test(arguments: table.indices) func tableRow(_ index: Int) throws {
    let row = Self.table[index]
    let text = String(decoding: row.fault.encode(relatesTo: "uuid:1", machine: "ho<st"), as: UTF8.self)
    #expect(
      text.contains(
        "<s:Code><s:Value>s:\(row.code)</s:Value>" + (row.subcode.isEmpty ? "" : "<s:Subcode><s:Value>\(row.subcode)</s:Value></s:Subcode>")
          + "</s:Code>"))
    #expect(text.contains("Code=\"\(row.number)\" Machine=\"ho&lt;st\""))
    #expect(text.contains("<w:FaultDetail>") == (row.detail != nil))
    if let detail = row.detail { #expect(text.contains("/faultDetail/\(detail)</w:FaultDetail>")) }
    #expect(text.contains("<a:RelatesTo>uuid:1</a:RelatesTo>"))
    #expect(row.fault.reason.hasSuffix("."))

    var expected = row.fault
    expected.relatesTo = "uuid:1"
    expected.machine = "ho<st"
    #expect(WSManFault(decoding: Array(text.utf8)) == expected)
    #expect { try WSManResponse(decoding: Array(text.utf8)) } throws: { ($0 as? WSManFault) == expected }
  }

  @Test func theActionFollowsTheSubcode() {
    #expect(WSManFault.timedOut.action.rawValue == "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault")
    #expect(WSManFault.actionNotSupported(nil).action.rawValue == "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault")
    let enumeration = WSManFault(code: .receiver, subcode: XMLName(.enumeration, "InvalidEnumerationContext"), wsmanCode: nil, reason: "x")
    #expect(enumeration.action.rawValue == "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault")
    #expect(String(decoding: enumeration.encode(), as: UTF8.self).contains("xmlns:n=\"\(XMLNamespace.enumeration.rawValue)\""))
    #expect(WSManFault(decoding: enumeration.encode())?.subcode == enumeration.subcode)
  }

  @Test func nestedProviderFault() throws {
    let fault = try #require(WSManFault(decoding: Array(SampleEnvelopes.unknownShellFault.utf8)))
    #expect(fault.code == .sender && fault.subcode == XMLName(.wsman, "InvalidSelectors") && fault.detail == .unexpectedSelectors)
    #expect(fault.wsmanCode == .unexpectedSelectors && fault.machine == "host")
    #expect(fault.reason == "The request has bad selectors.")
    #expect(fault.providerFault?.provider == "Shell provider" && fault.providerFault?.path == "%systemroot%\\system32\\WsmSvc.dll")
    #expect(fault.providerFault?.code == 2_150_858_843 && fault.providerFault?.message == "No shell of that id.")
    #expect(fault.relatesTo == "uuid:11111111-1111-1111-1111-111111111112")
  }

  @Test("Lenient: the number only inside the provider's fault, signed, undeclared prefix, no detail") func lenient() throws {
    let sample = SampleEnvelopes.unknownShellFault
    let outer = WSManRequestTests.replaced(sample, " Code=\"2150858843\" Machine=\"host\"", "")
    #expect(WSManFault(decoding: Array(outer.utf8))?.wsmanCode == .unexpectedSelectors)
    let signed = WSManRequestTests.replaced(sample, "2150858843", "-2144108453")
    #expect(WSManFault(decoding: Array(signed.utf8))?.wsmanCode == .unexpectedSelectors)
    let prefix = WSManRequestTests.replaced(sample, ">w:InvalidSelectors<", ">zz:InvalidSelectors<")
    #expect(WSManFault(decoding: Array(prefix.utf8))?.subcode?.localName == "InvalidSelectors")
    let bare = WSManResponseTests.envelope("<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault>")
    let fault = try #require(WSManFault(decoding: bare))
    #expect(fault.code == .receiver && fault.subcode == nil && fault.wsmanCode == nil && fault.reason.isEmpty)
    #expect(WSManFault(decoding: WSManResponseTests.envelope("<s:Fault/>")) != nil)
    #expect(WSManFault(decoding: WSManResponseTests.envelope("")) == nil)
  }

  @Test("Other XML inside a provider's fault keeps its text") func foreignDetail() throws {
    let sample = WSManRequestTests.replaced(
      SampleEnvelopes.unknownShellFault, "<f:WSManFault Code=\"2150858843\" Machine=\"host.example\">", "<q:Ext xmlns:q='urn:q'>")
    let text = WSManRequestTests.replaced(sample, "</f:Message></f:WSManFault></f:ProviderFault>", "</f:Message></q:Ext></f:ProviderFault>")
    #expect(WSManFault(decoding: Array(text.utf8))?.providerFault?.message == "No shell of that id.")
  }

  @Test("R-03: the description holds no text of the peer") func description() {
    var fault = WSManFault.unexpectedSelectors(.shell("evil\u{1B}]0;x"))
    #expect(fault.description == "Sender InvalidSelectors UnexpectedSelectors 0x8033805B")
    #expect(!fault.reason.unicodeScalars.contains("\u{1B}"))
    fault.subcode = XMLName(.wsman, "a\u{1B}b")
    #expect(!fault.description.unicodeScalars.contains("\u{1B}"))
  }

  @Test("Every truncation gives no fault; every flipped bit gives a fault or none") func fuzz() {
    let bytes = Array(SampleEnvelopes.unknownShellFault.utf8)
    for length in 0..<bytes.count { #expect(WSManFault(decoding: Array(bytes[..<length])) == nil) }
    for index in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[index / 8] ^= 1 << UInt8(index % 8)
      _ = WSManFault(decoding: flipped)
    }
  }
}
