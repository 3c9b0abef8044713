extension TokenWriter {
  /// One of the three messages of NTLM (MS-NLMP §2.2.1).
  mutating func ntlm(_ bytes: ArraySlice<UInt8>) {
    var cursor = TokenCursor(bytes.dropFirst(8))
    switch try? cursor.little(4, "MessageType") {
    case 1: group("NEGOTIATE_MESSAGE") { (writer) throws(TokenFlaw) in try writer.negotiate(bytes) }
    case 2: group("CHALLENGE_MESSAGE") { (writer) throws(TokenFlaw) in try writer.challenge(bytes) }
    case 3: group("AUTHENTICATE_MESSAGE") { (writer) throws(TokenFlaw) in try writer.authenticate(bytes) }
    case let type:
      group("NTLM") { (writer) throws(TokenFlaw) in
        throw TokenFlaw(type.map { "MessageType is \($0), and only 1, 2 and 3 exist" } ?? "The message ends before its MessageType")
      }
    }
  }

  private mutating func header(_ cursor: inout TokenCursor) throws(TokenFlaw) {
    field("Signature", "NTLMSSP")
    _ = try cursor.take(8, "Signature")
    field("MessageType", TokenText.hex(try cursor.little(4, "MessageType"), digits: 8))
  }

  private mutating func flags(_ cursor: inout TokenCursor) throws(TokenFlaw) -> UInt64 {
    let value = try cursor.little(4, "NegotiateFlags")
    field("NegotiateFlags", "\(TokenText.hex(value, digits: 8)) \(TokenText.flags(value, NTLMNames.flags))")
    return value
  }

  private mutating func version(_ cursor: inout TokenCursor) throws(TokenFlaw) {
    let bytes = Array(try cursor.take(8, "Version"))
    field("Version", "\(bytes[0]).\(bytes[1]).\(Int(bytes[2]) | Int(bytes[3]) << 8) NTLMRevisionCurrent \(bytes[7])")
  }

  private mutating func negotiate(_ bytes: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(bytes)
    try header(&cursor)
    let flags = try flags(&cursor)
    guard !cursor.isAtEnd else { return }  // what old clients leave out
    let domain = try NTLMField(&cursor, "DomainNameFields")
    let workstation = try NTLMField(&cursor, "WorkstationFields")
    if flags & NTLMNames.version != 0 { try version(&cursor) }
    try text("DomainName", domain, in: bytes, isUnicode: false)
    try text("WorkstationName", workstation, in: bytes, isUnicode: false)
  }

  private mutating func challenge(_ bytes: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(bytes)
    try header(&cursor)
    let target = try NTLMField(&cursor, "TargetNameFields")
    let flags = try flags(&cursor)
    field("ServerChallenge", TokenText.hex(try cursor.take(8, "ServerChallenge")))
    _ = try cursor.take(8, "Reserved")
    let info = try NTLMField(&cursor, "TargetInfoFields")
    if flags & NTLMNames.version != 0 { try version(&cursor) }
    try text("TargetName", target, in: bytes, isUnicode: flags & NTLMNames.unicode != 0)
    guard info.length > 0 else { return }
    let pairs = try info.bytes(of: bytes)
    group("TargetInfo") { (writer) throws(TokenFlaw) in try writer.pairs(pairs) }
  }

  private mutating func authenticate(_ bytes: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(bytes)
    try header(&cursor)
    let lm = try NTLMField(&cursor, "LmChallengeResponseFields")
    let nt = try NTLMField(&cursor, "NtChallengeResponseFields")
    let domain = try NTLMField(&cursor, "DomainNameFields")
    let user = try NTLMField(&cursor, "UserNameFields")
    let workstation = try NTLMField(&cursor, "WorkstationFields")
    let key = try NTLMField(&cursor, "EncryptedRandomSessionKeyFields")
    let flags = try flags(&cursor)
    // Version and MIC stand there only when the payload leaves room for them.
    let payload = [lm, nt, domain, user, workstation, key].filter { $0.length > 0 }.map(\.offset).min() ?? bytes.count
    if payload >= 72, flags & NTLMNames.version != 0 { try version(&cursor) }
    if payload >= 88 {
      if flags & NTLMNames.version == 0 { _ = try cursor.take(8, "Version") }
      field("MIC", TokenText.hex(try cursor.take(16, "MIC")))
    }
    let isUnicode = flags & NTLMNames.unicode != 0
    try text("DomainName", domain, in: bytes, isUnicode: isUnicode)
    try text("UserName", user, in: bytes, isUnicode: isUnicode)
    try text("Workstation", workstation, in: bytes, isUnicode: isUnicode)
    field("LmChallengeResponse", TokenText.hex(try lm.bytes(of: bytes)))
    let response = try nt.bytes(of: bytes)
    if response.count > 24 {
      group("NtChallengeResponse") { (writer) throws(TokenFlaw) in try writer.version2Response(response) }
    } else {
      field("NtChallengeResponse", TokenText.hex(response))
    }
    field("EncryptedRandomSessionKey", TokenText.hex(try key.bytes(of: bytes)))
  }

  /// NTLMv2_RESPONSE and NTLMv2_CLIENT_CHALLENGE (MS-NLMP §2.2.2.7, §2.2.2.8).
  private mutating func version2Response(_ bytes: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(bytes)
    field("Response", TokenText.hex(try cursor.take(16, "Response")))
    field("RespType", String(try cursor.little(1, "RespType")))
    field("HiRespType", String(try cursor.little(1, "HiRespType")))
    _ = try cursor.take(6, "Reserved")
    field("TimeStamp", TokenText.fileTime(try cursor.little(8, "TimeStamp")))
    field("ChallengeFromClient", TokenText.hex(try cursor.take(8, "ChallengeFromClient")))
    _ = try cursor.take(4, "Reserved")
    let rest = cursor.rest
    group("AvPairs") { (writer) throws(TokenFlaw) in try writer.pairs(rest) }
  }

  /// AV_PAIRs up to MsvAvEOL (MS-NLMP §2.2.2.1).
  private mutating func pairs(_ bytes: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(bytes)
    while true {
      guard !cursor.isAtEnd else { throw TokenFlaw("The list of AV_PAIR has no MsvAvEOL", at: cursor.offset) }
      let id = try cursor.little(2, "AvId")
      let value = try cursor.take(Int(try cursor.little(2, "AvLen")), "an AV_PAIR")
      let name = NTLMNames.pairs[id] ?? "AvPair\(id)"
      switch id {
      case 0: return
      case 1...5, 9:
        if !value.count.isMultiple(of: 2) { flaw("\(name) has an odd number of bytes of UTF-16") }
        field(name, TokenText.utf16(value))
      case 6 where value.count == 4:
        var number = TokenCursor(value)
        let flags = try number.little(4, name)
        field(name, "\(TokenText.hex(flags, digits: 8)) \(TokenText.flags(flags, NTLMNames.pairFlags))")
      case 7 where value.count == 8:
        var number = TokenCursor(value)
        field(name, TokenText.fileTime(try number.little(8, name)))
      default: field(name, TokenText.hex(value))
      }
    }
  }

  private mutating func text(
    _ name: String, _ place: NTLMField, in bytes: ArraySlice<UInt8>, isUnicode: Bool
  ) throws(TokenFlaw) {
    let value = try place.bytes(of: bytes)
    if isUnicode, !value.count.isMultiple(of: 2) { flaw("\(name) has an odd number of bytes of UTF-16") }
    field(name, isUnicode ? TokenText.utf16(value) : TokenText.utf8(value))
  }

  /// NTLMSSP_MESSAGE_SIGNATURE with extended session security (MS-NLMP §2.2.2.9.2).
  mutating func ntlmSignature(_ bytes: ArraySlice<UInt8>) {
    group("NTLMSSP_MESSAGE_SIGNATURE") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      writer.field("Version", String(try cursor.little(4, "Version")))
      writer.field("Checksum", TokenText.hex(try cursor.take(8, "Checksum")))
      writer.field("SeqNum", String(try cursor.little(4, "SeqNum")))
      writer.requireEnd(cursor)
    }
  }
}

/// Length, allocated length and offset of a value in the payload.
private struct NTLMField {
  var name: String
  var length: Int
  var offset: Int

  init(_ cursor: inout TokenCursor, _ name: String) throws(TokenFlaw) {
    self.name = name
    length = Int(try cursor.little(2, name))
    _ = try cursor.take(2, name)
    offset = Int(try cursor.little(4, name))
  }

  func bytes(of message: ArraySlice<UInt8>) throws(TokenFlaw) -> ArraySlice<UInt8> {
    guard length > 0 else { return [] }
    guard offset <= message.count, length <= message.count - offset else {
      throw TokenFlaw("\(name) says \(length) bytes at \(offset), and the message has \(message.count)")
    }
    return message.dropFirst(offset).prefix(length)
  }
}

private enum NTLMNames {
  static let unicode: UInt64 = 0x0000_0001
  static let version: UInt64 = 0x0200_0000

  /// MS-NLMP §2.2.2.5.
  static let flags: [(bit: UInt64, name: String)] = [
    (0x8000_0000, "NTLMSSP_NEGOTIATE_56"), (0x4000_0000, "NTLMSSP_NEGOTIATE_KEY_EXCH"), (0x2000_0000, "NTLMSSP_NEGOTIATE_128"),
    (version, "NTLMSSP_NEGOTIATE_VERSION"), (0x0080_0000, "NTLMSSP_NEGOTIATE_TARGET_INFO"),
    (0x0040_0000, "NTLMSSP_REQUEST_NON_NT_SESSION_KEY"), (0x0010_0000, "NTLMSSP_NEGOTIATE_IDENTIFY"),
    (0x0008_0000, "NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY"), (0x0002_0000, "NTLMSSP_TARGET_TYPE_SERVER"),
    (0x0001_0000, "NTLMSSP_TARGET_TYPE_DOMAIN"), (0x0000_8000, "NTLMSSP_NEGOTIATE_ALWAYS_SIGN"),
    (0x0000_2000, "NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED"), (0x0000_1000, "NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED"),
    (0x0000_0800, "NTLMSSP_NEGOTIATE_ANONYMOUS"), (0x0000_0200, "NTLMSSP_NEGOTIATE_NTLM"), (0x0000_0080, "NTLMSSP_NEGOTIATE_LM_KEY"),
    (0x0000_0040, "NTLMSSP_NEGOTIATE_DATAGRAM"), (0x0000_0020, "NTLMSSP_NEGOTIATE_SEAL"), (0x0000_0010, "NTLMSSP_NEGOTIATE_SIGN"),
    (0x0000_0004, "NTLMSSP_REQUEST_TARGET"), (0x0000_0002, "NTLM_NEGOTIATE_OEM"), (unicode, "NTLMSSP_NEGOTIATE_UNICODE"),
  ]

  /// MS-NLMP §2.2.2.1.
  static let pairs: [UInt64: String] = [
    0: "MsvAvEOL", 1: "MsvAvNbComputerName", 2: "MsvAvNbDomainName", 3: "MsvAvDnsComputerName", 4: "MsvAvDnsDomainName",
    5: "MsvAvDnsTreeName", 6: "MsvAvFlags", 7: "MsvAvTimestamp", 8: "MsvAvSingleHost", 9: "MsvAvTargetName",
    10: "MsvAvChannelBindings",
  ]

  static let pairFlags: [(bit: UInt64, name: String)] = [
    (1, "authentication is constrained"), (2, "a MIC is in the message"), (4, "the target name is from an untrusted source"),
  ]
}
