extension TokenWriter {
  /// The framing of the first token of a context (RFC 2743 §3.1): a mechanism, and its token.
  mutating func gssAPI(_ bytes: ArraySlice<UInt8>) {
    group("InitialContextToken") { (writer) throws(TokenFlaw) in
      var outer = TokenCursor(bytes)
      let content = try outer.der(0x60, "InitialContextToken")
      var cursor = TokenCursor(content)
      let mechanism = try ObjectIdentifier(cursor.der(DERTag.objectIdentifier, "thisMech"))
      writer.field("thisMech", mechanism.description)
      switch mechanism.text {
      case ObjectIdentifier.spnego: writer.negotiationToken(cursor.rest)
      case ObjectIdentifier.kerberos, ObjectIdentifier.microsoftKerberos, ObjectIdentifier.userToUser:
        writer.kerberosContextToken(cursor.rest)
      default: writer.field("innerContextToken", TokenText.hex(cursor.rest))
      }
      writer.requireEnd(outer)
    }
  }

  /// NegotiationToken (RFC 4178 §4.2).
  mutating func negotiationToken(_ bytes: ArraySlice<UInt8>) {
    let isInit = bytes.first == 0xA0
    group(isInit ? "NegTokenInit" : "NegTokenResp") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      let content = try cursor.der(isInit ? 0xA0 : 0xA1, "NegotiationToken")
      var inner = TokenCursor(content)
      let sequence = try inner.der(DERTag.sequence, isInit ? "NegTokenInit" : "NegTokenResp")
      try writer.members(of: sequence) { (writer, number, value) throws(TokenFlaw) in
        try isInit ? writer.initMember(number, value) : writer.respMember(number, value)
      }
      writer.requireEnd(inner)
      writer.requireEnd(cursor)
    }
  }

  /// The members of a SEQUENCE, which all have a context tag here. They must rise, and each may be there once.
  mutating func members(
    of sequence: ArraySlice<UInt8>,
    _ body: (inout TokenWriter, _ number: Int, _ value: ArraySlice<UInt8>) throws(TokenFlaw) -> Void
  ) throws(TokenFlaw) {
    var cursor = TokenCursor(sequence)
    var last = -1
    while !cursor.isAtEnd {
      let start = cursor.offset
      let member = try cursor.der()
      guard let number = member.contextNumber else { throw TokenFlaw("A member without a context tag", at: start) }
      guard number > last else { throw TokenFlaw("The member [\(number)] stands twice, or out of order", at: start) }
      last = number
      try body(&self, number, member.content)
    }
  }

  private mutating func initMember(_ number: Int, _ value: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(value)
    switch number {
    case 0:
      let list = try cursor.der(DERTag.sequence, "mechTypes")
      group("mechTypes") { (writer) throws(TokenFlaw) in
        var types = TokenCursor(list)
        while !types.isAtEnd {
          writer.field("MechType", try ObjectIdentifier(types.der(DERTag.objectIdentifier, "MechType")).description)
        }
      }
    case 1: field("reqFlags", TokenText.hex(try cursor.der(DERTag.bitString, "reqFlags")))
    case 2: try nested("mechToken", &cursor)
    case 3 where value.first == DERTag.sequence:
      let hints = try cursor.der(DERTag.sequence, "negHints")
      group("negHints") { (writer) throws(TokenFlaw) in
        try writer.members(of: hints) { (writer, number, value) throws(TokenFlaw) in
          var hint = TokenCursor(value)
          if number == 0 {
            writer.field("hintName", TokenText.utf8(try hint.der(DERTag.generalString, "hintName")))
          } else {
            writer.field(number == 1 ? "hintAddress" : "member\(number)", TokenText.hex(value))
          }
        }
      }
    case 3, 4: try mic(&cursor)
    default: field("member\(number)", TokenText.hex(value))
    }
    if number <= 4 { requireEnd(cursor) }
  }

  private mutating func respMember(_ number: Int, _ value: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(value)
    switch number {
    case 0:
      let state = try TokenCursor.number(cursor.der(DERTag.enumerated, "negState"))
      let names: [Int64: String] = [0: "accept-completed", 1: "accept-incomplete", 2: "reject", 3: "request-mic"]
      field("negState", names[state].map { "\(state) (\($0))" } ?? "\(state)")
    case 1: field("supportedMech", try ObjectIdentifier(cursor.der(DERTag.objectIdentifier, "supportedMech")).description)
    case 2: try nested("responseToken", &cursor)
    case 3: try mic(&cursor)
    default: field("member\(number)", TokenText.hex(value))
    }
    if number <= 3 { requireEnd(cursor) }
  }

  /// A token of the chosen mechanism.
  private mutating func nested(_ name: String, _ cursor: inout TokenCursor) throws(TokenFlaw) {
    let token = try cursor.der(DERTag.octetString, name)
    group(name) { (writer) throws(TokenFlaw) in
      if token.isEmpty { writer.field("Bytes", "") } else { writer.token(token) }
    }
  }

  private mutating func mic(_ cursor: inout TokenCursor) throws(TokenFlaw) {
    let token = try cursor.der(DERTag.octetString, "mechListMIC")
    group("mechListMIC") { (writer) throws(TokenFlaw) in
      if token.starts(with: [1, 0, 0, 0]) || token.starts(with: [4, 4]) {
        writer.token(token)
      } else {
        writer.field("Bytes", TokenText.hex(token))
      }
    }
  }
}

/// An object identifier with the name that it has here.
struct ObjectIdentifier: CustomStringConvertible {
  static let spnego = "1.3.6.1.5.5.2"
  static let kerberos = "1.2.840.113554.1.2.2"
  static let userToUser = "1.2.840.113554.1.2.2.3"
  static let microsoftKerberos = "1.2.840.48018.1.2.2"

  var text: String

  /// Reads the contents of an OBJECT IDENTIFIER (X.690 §8.19).
  init(_ bytes: ArraySlice<UInt8>) throws(TokenFlaw) {
    guard let last = bytes.last, last < 0x80, bytes.count <= 64 else { throw TokenFlaw("An OBJECT IDENTIFIER that is cut off or too long") }
    var numbers: [UInt64] = []
    var number: UInt64 = 0
    for byte in bytes {
      guard number < 1 << 56 else { throw TokenFlaw("An OBJECT IDENTIFIER with a number of more than 63 bits") }
      number = number << 7 | UInt64(byte & 0x7F)
      guard byte < 0x80 else { continue }
      numbers += numbers.isEmpty ? [min(number / 40, 2), number - 40 * min(number / 40, 2)] : [number]
      number = 0
    }
    text = numbers.map { String($0) }.joined(separator: ".")
  }

  var description: String { Self.names[text].map { "\(text) (\($0))" } ?? text }

  private static let names = [
    spnego: "SPNEGO", kerberos: "Kerberos", userToUser: "Kerberos user-to-user", microsoftKerberos: "MS-KRB5",
    "1.3.6.1.4.1.311.2.2.10": "NTLM", "1.3.6.1.4.1.311.2.2.30": "NEGOEX", "1.3.6.1.5.2.5": "IAKERB",
  ]
}

extension TokenCursor {
  /// The value of an INTEGER or ENUMERATED of up to eight octets.
  static func number(_ content: ArraySlice<UInt8>) throws(TokenFlaw) -> Int64 {
    guard let first = content.first, content.count <= 8 else {
      throw TokenFlaw("A number of \(content.count) octets", at: content.startIndex)
    }
    return content.dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
  }
}
