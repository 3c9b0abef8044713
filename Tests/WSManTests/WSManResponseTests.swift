import SecuritySupport
import Testing

@testable import WSMan

@Suite struct WSManResponseTests {
  static let id = "CF84C20A-0000-4000-8000-000000000001"

  static let bodies: [(WSManAction, ResponseBody)] = [
    (
      .create,
      .shellCreated(
        ShellDescription(
          shellID: id, resourceURI: .shellCmd, owner: "HOST\\us<er", clientIP: "192.0.2.1", idleTimeout: .seconds(7_200),
          shellRunTime: .zero,
          shellInactivity: .zero))
    ),
    (.command, .commandStarted(id)), (.send, .sent), (.signal, .signalled), (.delete, .deleted),
    (
      .receive,
      .received(
        ReceiveResult(
          streams: [
            StreamBlock(name: "stdout", commandID: id, data: Array(0...255)), StreamBlock(name: "stdout", commandID: id, end: true),
            StreamBlock(name: "stderr", commandID: id, end: true),
          ], state: .done(exitCode: 0xC000_013A), commandID: id))
    ),
    (.receive, .received(ReceiveResult(streams: [], state: .running, commandID: id))),
    (.receive, .received(ReceiveResult(streams: [], state: .pending, commandID: id))),
    (.receive, .received(ReceiveResult(streams: [], state: .done(exitCode: nil), commandID: id))),
    (.get, .other(XMLElement(XMLName(namespace: "urn:1", localName: "x"), text: "y"))), (.put, .other(nil)),
  ]

  @Test(arguments: bodies.indices) func roundTrip(_ index: Int) throws {
    let (action, body) = Self.bodies[index]
    let header = RequestHeader(
      to: WSManResponse.anonymousAddress, resourceURI: .shellCmd, action: action, messageID: "uuid:1", operationID: "uuid:2", sequenceID: 3)
    let response = WSManResponse(to: header, body: body)
    #expect(response.action?.rawValue == action.rawValue + "Response")
    #expect(try WSManResponse(decoding: response.encode()) == response)
  }

  @Test func identify() throws {
    let identity = IdentifyResponse(
      productVendor: "V & Co", productVersion: "OS: 0.0.0 SP: 0.0 Stack: 3.0", securityProfiles: ["urn:a", "urn:b"])
    let bytes = WSManResponse(relatesTo: nil, action: nil, body: .identify(identity), messageID: "").encode()
    let response = try WSManResponse(decoding: bytes)
    #expect(response.body == .identify(identity))
    #expect(String(decoding: bytes, as: UTF8.self).contains("<s:Header/>"))
  }

  static func envelope(_ body: String, action: String = "") -> [UInt8] {
    Array(
      """
      <s:Envelope xmlns:s="\(XMLNamespace.soap.rawValue)" xmlns:a="\(XMLNamespace.addressing.rawValue)" xmlns:w="\(XMLNamespace.wsman.rawValue)" \
      xmlns:r="\(XMLNamespace.shell.rawValue)" xmlns:x="\(XMLNamespace.transfer.rawValue)"><s:Header>\(action)</s:Header><s:Body>\(body)</s:Body></s:Envelope>
      """.utf8)
  }

  @Test func theFirstServersReturnedTheReferenceOnly() throws {
    let body = """
      <x:ResourceCreated><a:Address>http://h</a:Address><a:ReferenceParameters><w:ResourceURI>\(ResourceURI.shellCmd.rawValue)</w:ResourceURI>\
      <w:SelectorSet><w:Selector Name="shellid"> uuid:\(Self.id) </w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>
      """
    guard case .shellCreated(let shell) = try WSManResponse(decoding: Self.envelope(body)).body else {
      Issue.record("not a shell")
      return
    }
    #expect(shell.shellID == "uuid:\(Self.id)" && shell.resourceURI == .shellCmd)
  }

  @Test(
    arguments: [("0", 0), ("4294967295", 0xFFFF_FFFF), ("-1", 0xFFFF_FFFF), (" -1073741510 ", 0xC000_013A), ("0xC000013A", 0xC000_013A)]
      as [(String, UInt32)])
  func exitCodes(_ text: String, _ code: UInt32) throws {
    let body =
      "<r:ReceiveResponse><r:CommandState CommandId='1' State='urn:x/CommandState/Done'><r:ExitCode>\(text)</r:ExitCode></r:CommandState></r:ReceiveResponse>"
    guard case .received(let result) = try WSManResponse(decoding: Self.envelope(body)).body else {
      Issue.record("not a ReceiveResponse")
      return
    }
    #expect(result.state == .done(exitCode: code))
  }

  @Test func whiteSpaceInBase64IsTolerated() throws {
    let body = "<r:ReceiveResponse><r:Stream Name='stdout' CommandId='1'>\r\n aGk\nNCg==\n</r:Stream></r:ReceiveResponse>"
    guard case .received(let result) = try WSManResponse(decoding: Self.envelope(body)).body else {
      Issue.record("not a ReceiveResponse")
      return
    }
    #expect(result.streams.first?.data == Array("hi\r\n".utf8))
    #expect(result.state == .running && result.commandID == nil)
  }

  @Test(
    "R-01: answers that are none",
    arguments: [
      "<r:ReceiveResponse><r:Stream Name='stdout'>!!!!</r:Stream></r:ReceiveResponse>",
      "<r:ReceiveResponse><r:Stream>AA==</r:Stream></r:ReceiveResponse>",
      "<r:ReceiveResponse><r:CommandState State='urn:x'/></r:ReceiveResponse>", "<r:ReceiveResponse><r:CommandState/></r:ReceiveResponse>",
      "<r:CommandResponse/>",
      "<r:ReceiveResponse><r:CommandState State='x/Done'><r:ExitCode>4294967296</r:ExitCode></r:CommandState></r:ReceiveResponse>",
      "<r:ReceiveResponse><r:CommandState State='x/Done'><r:ExitCode/></r:CommandState></r:ReceiveResponse>",
    ]) func malformed(_ body: String)
  {
    #expect(throws: WSManError(.malformedMessage, "")) { try WSManResponse(decoding: Self.envelope(body)) }
  }

  @Test func notAnEnvelope() {
    #expect(throws: WSManError(.malformedXML, "")) { try WSManResponse(decoding: Array("<html><p>503".utf8)) }
    #expect(throws: WSManError(.malformedMessage, "")) { try WSManResponse(decoding: Array("<html/>".utf8)) }
    #expect(throws: WSManError(.malformedXML, "")) { try WSManResponse(decoding: []) }
  }

  @Test("Characters that XML cannot carry never stop an answer") func replaced() throws {
    let shell = ShellDescription(shellID: Self.id, resourceURI: .shellCmd, owner: "a\u{1B}b")
    let bytes = WSManResponse(relatesTo: "uuid:1", action: WSManAction.create.response, body: .shellCreated(shell)).encode()
    guard case .shellCreated(let read) = try WSManResponse(decoding: bytes).body else {
      Issue.record("not a shell")
      return
    }
    #expect(read.owner == "a\u{FFFD}b")
  }

  @Test("Every truncation is an error; every flipped bit is an error or a response") func fuzz() throws {
    for (action, body) in Self.bodies.prefix(6) {
      let bytes = WSManResponse(relatesTo: "uuid:1", action: action.response, body: body).encode()
      for length in 0..<bytes.count {
        #expect(throws: WSManError.self) { try WSManResponse(decoding: Array(bytes[..<length])) }
      }
      for index in stride(from: 0, to: bytes.count * 8, by: 3) {
        var flipped = bytes
        flipped[index / 8] ^= 1 << UInt8(index % 8)
        do { _ = try WSManResponse(decoding: flipped).encode() } catch {
          #expect(error is WSManError || error is WSManFault)
        }
      }
    }
  }
}
