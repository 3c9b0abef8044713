import SecuritySupport
import Testing

@testable import WSMan

@Suite struct WSManRequestTests {
  static func decode(_ text: String) throws(WSManFault) -> WSManRequest { try WSManRequest(decoding: Array(text.utf8)) }

  // MARK: Other clients

  @Test func windowsCreate() throws {
    let request = try Self.decode(SampleEnvelopes.windowsCreate)
    #expect(request.header.to == "http://host:5985/wsman")
    #expect(request.header.resourceURI == .shellCmd)
    #expect(request.header.action == .create)
    #expect(request.header.messageID == "uuid:FC40E3CD-53E9-4315-B486-6D538B25D1F5")
    #expect(request.header.maxEnvelopeSize == 153_600)
    #expect(request.header.operationTimeout == .seconds(60))
    #expect(request.header.locale == "en-US" && request.header.dataLocale == "de-DE")
    #expect(request.header.sessionID == "uuid:A635D444-7E75-4E46-9A68-2FFF53AF45CA")
    #expect(request.header.operationID == "uuid:11111111-7E75-4E46-9A68-2FFF53AF45CA" && request.header.sequenceID == 1)
    #expect(request.header.option("winrs_codepage") == "437")
    let shell = ShellDescription(
      environment: [.init("A", "1 & 2")], workingDirectory: "C:\\", lifetime: .seconds(1_000), idleTimeout: .seconds(900))
    #expect(request.body == .createShell(shell))
  }

  @Test func pywinrmCreate() throws {
    let request = try Self.decode(SampleEnvelopes.pywinrmCreate)
    #expect(request.header.resourceURI == .shellCmd && request.header.operationTimeout == .seconds(20))
    let shell = ShellDescription(environment: [.init("PATH", "/bin")], workingDirectory: "/tmp", idleTimeout: .seconds(60))
    #expect(request.body == .createShell(shell))
  }

  @Test func otherPrefixesAndCase() throws {
    let request = try Self.decode(SampleEnvelopes.otherPrefixesReceive)
    #expect(request.header.shellID == "4283CBDC-0000-4000-8000-00000000000F")
    #expect(request.header.resourceURI?.matches(.shellCmd) == true)
    #expect(request.header.action == .receive)
    #expect(request.body == .receive(commandID: "cf84c20a-0000-4000-8000-000000000001", streams: ["stdout", "stderr"]))
  }

  @Test func identify() throws {
    #expect(try Self.decode(SampleEnvelopes.identify).body == .identify)
    let own = try WSManRequest.identify.encode()
    #expect(try WSManRequest(decoding: own) == .identify)
    let text = String(decoding: own, as: UTF8.self)
    #expect(text.hasSuffix("<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>"))
  }

  @Test("W-02: a UTF-16 envelope") func utf16() throws {
    let bytes: [UInt8] = [0xFF, 0xFE] + SampleEnvelopes.windowsCreate.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try WSManRequest(decoding: bytes) == Self.decode(SampleEnvelopes.windowsCreate))
  }

  // MARK: Round trips

  static let shellHeader = RequestHeader(
    to: "http://host:5985/wsman?a=1&b=2", resourceURI: .shellCmd, action: nil, messageID: "uuid:1", maxEnvelopeSize: 153_600,
    operationTimeout: .milliseconds(20_500), locale: "de-DE", dataLocale: "fr-FR",
    selectors: ["ShellId": "4283CBDC-0000-4000-8000-00000000000F", "Other": " <x> "],
    options: [.init("WINRS_CONSOLEMODE_STDIN", "TRUE"), .init("A&B", "", mustComply: true)],
    sessionID: "uuid:2", operationID: "uuid:3", sequenceID: 7, activityID: "uuid:4")

  static let id = "CF84C20A-0000-4000-8000-000000000001"

  static let bodies: [(WSManAction, RequestBody)] = [
    (
      .create,
      .createShell(
        ShellDescription(
          shellID: id, name: "n<", environment: [.init("A", "1"), .init("É", "a\tb\r\nc \u{1F600}")], workingDirectory: " /tmp ",
          lifetime: .seconds(1), idleTimeout: .milliseconds(1_500), inputStreams: ["stdin", "pr"], outputStreams: ["stdout"],
          extensions: [XMLElement(XMLName(namespace: "http://schemas.microsoft.com/powershell", localName: "creationXml"), text: "AA==")]))
    ),
    (.command, .command(CommandLine(commandID: id, command: "echo \"a & b\"", arguments: ["", " x ", "<\r\n>", "\u{7F}é"]))),
    (.command, .command(CommandLine(command: ""))),
    (
      .send, .send([StreamBlock(name: "stdin", commandID: id, data: Array(0...255)), StreamBlock(name: "stdin", commandID: id, end: true)])
    ),
    (.receive, .receive(commandID: id, streams: ["stdout", "stderr"])), (.receive, .receive(commandID: nil, streams: ["stdout"])),
    (.signal, .signal(commandID: id, code: .controlC)), (.signal, .signal(commandID: nil, code: SignalCode(rawValue: "urn:x"))),
    (.delete, .deleteShell), (.get, .get), (.put, .put(XMLElement(XMLName(namespace: "urn:1", localName: "x")))),
    (WSManAction(rawValue: "urn:x"), .other(nil)),
  ]

  @Test(arguments: bodies.indices) func roundTrip(_ index: Int) throws {
    let (action, body) = Self.bodies[index]
    var request = WSManRequest(header: Self.shellHeader, body: body)
    request.header.action = action
    let bytes = try request.encode()
    #expect(try WSManRequest(decoding: bytes) == request)
  }

  @Test func leanCommandEnvelope() throws {
    let header = RequestHeader(
      to: "http://h/wsman", resourceURI: .shellCmd, action: .command, messageID: "uuid:1", selectors: ["ShellId": "X"])
    let bytes = try WSManRequest(header: header, body: .command(CommandLine(command: "id", arguments: ["-u"]))).encode()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(
      text == """
        <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
        xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" \
        xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header><a:To>http://h/wsman</a:To>\
        <w:ResourceURI s:mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI>\
        <a:ReplyTo><a:Address s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
        <a:Action s:mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command</a:Action>\
        <w:MaxEnvelopeSize s:mustUnderstand="true">512000</w:MaxEnvelopeSize><a:MessageID>uuid:1</a:MessageID>\
        <w:Locale xml:lang="en-US" s:mustUnderstand="false"/><p:DataLocale xml:lang="en-US" s:mustUnderstand="false"/>\
        <w:SelectorSet><w:Selector Name="ShellId">X</w:Selector></w:SelectorSet></s:Header><s:Body><rsp:CommandLine><rsp:Command>id</rsp:Command>\
        <rsp:Arguments>-u</rsp:Arguments></rsp:CommandLine></s:Body></s:Envelope>
        """)
  }

  @Test("W-07, W-08: control characters are refused with the field's name") func controlCharacters() throws {
    let header = Self.shellHeader
    func message(_ body: RequestBody) -> String? {
      do {
        _ = try WSManRequest(header: header, body: body).encode()
        return nil
      } catch { return error.code == .invalidValue ? error.message : nil }
    }
    #expect(message(.createShell(ShellDescription(environment: [.init("PS1", "\u{1B}[0m")])))?.contains("environment variable PS1") == true)
    #expect(message(.command(CommandLine(command: "a", arguments: ["b", "c\u{0}d"])))?.contains("argument 2") == true)
    #expect(message(.command(CommandLine(command: "a\u{7}")))?.contains("command") == true)
    #expect(message(.createShell(ShellDescription(workingDirectory: "\u{2}")))?.contains("WorkingDirectory") == true)
    #expect(message(.send([StreamBlock(name: "stdin", commandID: nil, data: [0, 1, 2, 27])])) == nil)
  }

  // MARK: Attacks

  /// The fault for a request in which `old` was replaced by `new`.
  static func fault(_ old: String, _ new: String, in text: String = SampleEnvelopes.windowsCreate) throws -> WSManFault? {
    try #require(text.contains(old))
    do {
      _ = try decode(replaced(text, old, new))
      return nil
    } catch { return error }
  }

  static func replaced(_ text: String, _ old: String, _ new: String) -> String {
    text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }

  @Test("W-01: a document type in an envelope is refused at first sight") func documentType() throws {
    let fault = try #require(try Self.fault("<s:Envelope ", "<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><s:Envelope "))
    #expect(fault.cause?.code == .forbiddenXML)
    #expect(fault.wsmanCode == .schemaValidationError)
  }

  @Test("W-02: depth beyond the limit is a fault") func depth() throws {
    let fault = try #require(try Self.fault("1 &amp; 2", XMLReaderTests.nested(1_000)))
    #expect(fault.cause?.code == .limit)
    #expect(fault.subcode == XMLName(.wsman, "EncodingLimit"))
  }

  static let messageID = "<a:MessageID>uuid:FC40E3CD-53E9-4315-B486-6D538B25D1F5</a:MessageID>"
  static let action = "<a:Action s:mustUnderstand=\"true\">http://schemas.xmlsoap.org/ws/2004/09/transfer/Create</a:Action>"
  static let size = "<w:MaxEnvelopeSize s:mustUnderstand=\"true\">153600</w:MaxEnvelopeSize>"

  @Test(
    "W-03: headers that are missing, doubled, unknown or wrong",
    arguments: [
      (messageID, "", "MessageInformationHeaderRequired", 2_150_858_769),
      (messageID, messageID + messageID, "InvalidMessageInformationHeader", 2_150_858_767),
      (messageID, "<a:MessageID/>", "InvalidMessageInformationHeader", 2_150_858_767),
      (action, "", "MessageInformationHeaderRequired", 2_150_858_769),
      (action, action + action, "InvalidMessageInformationHeader", 2_150_858_767),
      (size, size + size, "InvalidMessageInformationHeader", 2_150_858_767),
      ("<a:To>http://host:5985/wsman</a:To>", "", "MessageInformationHeaderRequired", 2_150_858_769),
      ("<a:ReplyTo>", "<a:From>", "", 2_150_858_817), ("role/anonymous", "role/other", "UnsupportedFeature", 2_150_858_870),
      ("</a:ReplyTo>", "</a:ReplyTo><a:FaultTo><a:Address>http://x/</a:Address></a:FaultTo>", "UnsupportedFeature", 2_150_858_870),
      ("http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd", "", "DestinationUnreachable", 2_150_858_811),
      ("http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd", "a b:c", "DestinationUnreachable", 2_150_858_811),
      (
        "<w:ResourceURI s:mustUnderstand=\"true\">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI>", "",
        "DestinationUnreachable", 2_150_858_811
      ),
      (
        "<w:Locale xml:lang=\"en-US\" s:mustUnderstand=\"false\"/>", "<w:Locale xml:lang=\"en-US\" s:mustUnderstand=\"1\"/>",
        "UnsupportedFeature", 2_150_858_887
      ),
      (messageID, messageID + "<w:FragmentTransfer s:mustUnderstand=\"true\">x</w:FragmentTransfer>", "UnsupportedFeature", 2_150_858_871),
      (messageID, messageID + "<w:FragmentTransfer>x</w:FragmentTransfer>", "InvalidMessageInformationHeader", 2_150_858_767),
      (
        messageID, messageID + "<p:ActivityId>" + String(repeating: "x", count: 2_049) + "</p:ActivityId>",
        "InvalidMessageInformationHeader", 2_150_858_767
      ),
      (messageID, messageID + "<a:From s:mustUnderstand=\"maybe\"/>", "InvalidMessageInformationHeader", 2_150_858_767),
      (
        messageID,
        messageID + "<w:SelectorSet><w:Selector Name=\"ShellId\">1</w:Selector><w:Selector Name=\"SHELLID\">2</w:Selector></w:SelectorSet>",
        "InvalidSelectors", 2_150_858_847
      ),
      ("<w:Option Name=\"WINRS_NOPROFILE\">", "<w:Option>", "InvalidOptions", 2_150_858_834),
    ]) func headers(_ old: String, _ new: String, _ subcode: String, _ code: UInt32) throws
  {
    let fault = try #require(try Self.fault(old, new))
    guard !subcode.isEmpty else { return #expect(fault.cause?.code == .malformedXML) }
    #expect(fault.subcode?.localName == subcode)
    #expect(fault.wsmanCode?.rawValue == code)
    #expect(fault.code == .sender)
    let isUnrelated = new.isEmpty && old == Self.messageID || new == "<a:MessageID/>"
    #expect(fault.relatesTo == (isUnrelated ? nil : "uuid:FC40E3CD-53E9-4315-B486-6D538B25D1F5"))
  }

  @Test("W-03: an unknown header that must be understood") func unknownHeader() throws {
    let header = "<q:Strange xmlns:q='urn:q' s:mustUnderstand='1'/>"
    let fault = try #require(try Self.fault(Self.messageID, Self.messageID + header))
    #expect(fault.code == .mustUnderstand)
    #expect(fault.notUnderstood == XMLName(namespace: "urn:q", localName: "Strange"))
    #expect(fault.wsmanCode?.rawValue == 2_150_858_768)
    let read = try #require(WSManFault(decoding: fault.encode()))
    #expect(read == fault)
    for harmless in [
      "<q:Strange xmlns:q='urn:q'/>", "<q:Strange xmlns:q='urn:q' s:mustUnderstand='0'/>",
      "<q:Strange xmlns:q='urn:q' s:mustUnderstand='1' s:role='urn:someone'/>",
    ] {
      #expect(try Self.fault(Self.messageID, Self.messageID + harmless) == nil)
    }
    let compression = "<rsp:CompressionType xmlns:rsp='\(XMLNamespace.shell.rawValue)' s:mustUnderstand='true'>xpress</rsp:CompressionType>"
    #expect(try Self.fault(Self.messageID, Self.messageID + compression)?.code == .mustUnderstand)
  }

  @Test("W-03: SOAP 1.1, and what is no envelope") func versions() throws {
    let old = try #require(try Self.fault("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"))
    #expect(old.code == .versionMismatch && old.wsmanCode?.rawValue == 2_150_858_765)
    #expect(String(decoding: old.encode(), as: UTF8.self).contains("<s:SupportedEnvelope qname=\"s:Envelope\"/>"))
    for text in ["<a/>", "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>"] {
      #expect(throws: WSManFault.self) { try Self.decode(text) }
    }
    #expect(try Self.fault("</s:Body>", "</s:Body><s:Body/>")?.cause?.code == .malformedMessage)
  }

  @Test(
    "W-04: sizes",
    arguments: [
      ("0", 2_150_858_878), ("-1", 2_150_858_878), ("8191", 2_150_858_878), ("-99999999999999999999", 2_150_858_878), ("", 2_150_858_767),
      ("x", 2_150_858_767), ("0x9000", 2_150_858_767),
    ]) func sizeFaults(_ value: String, _ code: UInt32) throws
  {
    #expect(try Self.fault(">153600<", ">\(value)<")?.wsmanCode?.rawValue == code)
  }

  @Test(
    "W-04: large sizes are clamped", arguments: [("8192", 8_192), ("18446744073709551616", Int.max), ("+9000", 9_000), (" 9000 ", 9_000)])
  func largeSizes(_ value: String, _ expected: Int) throws {
    let request = try Self.decode(Self.replaced(SampleEnvelopes.windowsCreate, ">153600<", ">\(value)<"))
    #expect(request.header.maxEnvelopeSize == expected)
  }

  @Test("W-04: time-outs") func timeouts() throws {
    for value in ["-PT1S", "", "60", "garbage", "PT"] {
      let fault = try Self.fault("PT60.000S", value)
      #expect(fault?.wsmanCode?.rawValue == 2_150_858_767)
      #expect(fault?.reason.contains("OperationTimeout") == true)
    }
    for (value, expected) in [("PT0S", Duration.zero), ("PT99999999H", ISODuration.maximum)] {
      #expect(try Self.decode(Self.replaced(SampleEnvelopes.windowsCreate, "PT60.000S", value)).header.operationTimeout == expected)
    }
  }

  @Test(
    "Bodies that do not belong to their action",
    arguments: [
      ("<rsp:Shell ", "<rsp:Other ", 2_150_858_817), ("<rsp:Shell ", "<rsp:Shell ShellId='x' ", 87),
      ("PT900.000S", "-PT900S", 2_150_858_817), ("PT900.000S", "soon", 2_150_858_817),
      ("Name=\"A\"", "", 2_150_858_817), ("Name=\"A\"", "Name=\"A=B\"", 2_150_858_817),
      ("<rsp:Lifetime>PT1000.000S</rsp:Lifetime>", "<rsp:InputStreams/>", 2_150_858_817),
      ("transfer/Create", "transfer/Put", 0),
      (
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command",
        2_150_858_817
      ),
      ("http://schemas.xmlsoap.org/ws/2004/09/transfer/Create", "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete", 2_150_858_842),
    ]) func bodiesOfOtherActions(_ old: String, _ new: String, _ code: UInt32) throws
  {
    let text = Self.replaced(Self.replaced(SampleEnvelopes.windowsCreate, old, new), "</rsp:Other>", "</rsp:Shell>")
    let closed = new == "<rsp:Other " ? Self.replaced(text, "</rsp:Shell>", "</rsp:Other>") : text
    do {
      _ = try Self.decode(closed)
      #expect(code == 0)
    } catch { #expect(error.wsmanCode?.rawValue == code) }
  }

  static func shellRequest(_ action: WSManAction, _ body: String, resource: ResourceURI = .shellCmd, selector: String = "X") -> String {
    """
    <s:Envelope xmlns:s="\(XMLNamespace.soap.rawValue)" xmlns:a="\(XMLNamespace.addressing.rawValue)" xmlns:w="\(XMLNamespace.wsman.rawValue)" \
    xmlns:rsp="\(XMLNamespace.shell.rawValue)"><s:Header><a:To>http://h</a:To><a:ReplyTo><a:Address>\(WSManResponse.anonymousAddress)</a:Address></a:ReplyTo>\
    <a:MessageID>uuid:1</a:MessageID><a:Action>\(action.rawValue)</a:Action><w:ResourceURI>\(resource.rawValue)</w:ResourceURI>\
    <w:SelectorSet><w:Selector Name="ShellId">\(selector)</w:Selector></w:SelectorSet></s:Header><s:Body>\(body)</s:Body></s:Envelope>
    """
  }

  @Test(
    "Shell bodies that are wrong",
    arguments: [
      (WSManAction.command, "", 2_150_858_817), (.command, "<rsp:CommandLine/>", 2_150_858_817),
      (.command, "<rsp:CommandLine CommandId='1'><rsp:Command>x</rsp:Command></rsp:CommandLine>", 87),
      (.command, "<rsp:CommandLine><rsp:Command>x</rsp:Command><rsp:Command>y</rsp:Command></rsp:CommandLine>", 2_150_858_817),
      (.send, "<rsp:Send/>", 2_150_858_817), (.send, "<rsp:Send><rsp:Stream>AA==</rsp:Stream></rsp:Send>", 2_150_858_817),
      (.send, "<rsp:Send><rsp:Stream Name='stdin'>A</rsp:Stream></rsp:Send>", 2_150_858_817),
      (.send, "<rsp:Send><rsp:Stream Name='stdin' End='maybe'>AA==</rsp:Stream></rsp:Send>", 2_150_858_817),
      (.send, "<rsp:Send><rsp:Stream Name='stdin'><rsp:x/></rsp:Stream></rsp:Send>", 2_150_858_817),
      (.receive, "<rsp:Receive/>", 2_150_858_817),
      (.receive, "<rsp:Receive><rsp:DesiredStream/><rsp:DesiredStream/></rsp:Receive>", 2_150_858_817),
      (.signal, "<rsp:Signal/>", 2_150_858_817),
      (.signal, "<rsp:Signal><rsp:Code> </rsp:Code></rsp:Signal>", 2_150_858_817), (.signal, "<a/><b/>", 2_150_858_817),
      (.put, "", 2_150_858_817), (.enumerate, "<a/>", 2_150_858_817),
    ]) func shellBodies(_ action: WSManAction, _ body: String, _ code: UInt32)
  {
    #expect { try Self.decode(Self.shellRequest(action, body)) } throws: { ($0 as? WSManFault)?.wsmanCode?.rawValue == code }
  }

  @Test func shellVerbsNeedAShell() {
    let signal = "<rsp:Signal><rsp:Code>x</rsp:Code></rsp:Signal>"
    #expect { try Self.decode(Self.shellRequest(.signal, signal, resource: .config)) } throws: {
      ($0 as? WSManFault)?.wsmanCode == .actionNotSupported
    }
    #expect { try Self.decode(Self.shellRequest(.signal, signal, selector: "")) } throws: {
      ($0 as? WSManFault)?.wsmanCode == .insufficientSelectors
    }
  }

  @Test func optionsThatMustBeObeyed() throws {
    let request = RequestHeader(to: "", resourceURI: nil, action: nil, options: [.init("a", "1"), .init("B", "2", mustComply: true)])
    try request.requireKnownOptions(["b"])
    #expect { try request.requireKnownOptions(["a"]) } throws: { ($0 as? WSManFault)?.subcode == XMLName(.wsman, "InvalidOptions") }
  }

  @Test(
    "Every truncation is a fault; every flipped bit is a fault or a request",
    arguments: [SampleEnvelopes.windowsCreate, SampleEnvelopes.otherPrefixesReceive])
  func fuzz(_ text: String) {
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count {
      #expect(throws: WSManFault.self) { try WSManRequest(decoding: Array(bytes[..<length])) }
    }
    for index in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[index / 8] ^= 1 << UInt8(index % 8)
      do { _ = try WSManRequest(decoding: flipped).encode() } catch let fault as WSManFault {
        if index % 64 == 0 { #expect(WSManFault(decoding: fault.encode(relatesTo: fault.relatesTo)) != nil) }
      } catch {}
    }
  }
}
