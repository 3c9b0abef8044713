/// Collects the fields of a token while it is read, and keeps the limits.
struct TokenWriter {
  private(set) var fields: [TokenNode] = []
  private(set) var flaws: [String] = []
  private var depth = 0
  private var fieldCount = 0

  /// How deep fields may nest. What WinRM exchanges needs about twelve levels.
  private static let maximumDepth = 32
  /// How many fields one token may have.
  private static let maximumFields = 4_096

  /// Adds a field with a value. Beyond the limit nothing more is added, which is said once.
  mutating func field(_ name: String, _ value: String) {
    fieldCount += 1
    guard fieldCount <= Self.maximumFields else {
      if fieldCount == Self.maximumFields + 1 { flaw("The token has more than \(Self.maximumFields) fields; the rest is left out") }
      return
    }
    fields.append(TokenNode(name, value))
  }

  /// Adds a field that holds what `body` adds. Where `body` throws, what it has added stays, and the flaw follows it.
  mutating func group(_ name: String, _ body: (inout TokenWriter) throws(TokenFlaw) -> Void) {
    var outer = fields
    fields = []
    depth += 1
    do throws(TokenFlaw) {
      guard depth <= Self.maximumDepth else { throw TokenFlaw("The token nests deeper than \(Self.maximumDepth) levels") }
      guard fieldCount < Self.maximumFields else { throw TokenFlaw("The token has more than \(Self.maximumFields) fields") }
      fieldCount += 1
      try body(&self)
    } catch {
      flaw(error.text)
    }
    depth -= 1
    outer.append(TokenNode(name, children: fields))
    fields = outer
  }

  /// Notes something that is wrong, and goes on.
  mutating func flaw(_ text: String) {
    guard flaws.count < 64 else { return }
    flaws.append(text)
    fields.append(TokenNode("Flaw", text))
  }

  /// Says that bytes follow where the token should end.
  mutating func requireEnd(_ cursor: TokenCursor) {
    if !cursor.isAtEnd { flaw("\(cursor.rest.count) bytes follow where the token ends (at byte \(cursor.offset))") }
  }

  /// Writes a token of whatever kind it is.
  mutating func token(_ bytes: ArraySlice<UInt8>) {
    switch TokenKind(bytes) {
    case .ntlm: ntlm(bytes)
    case .ntlmSignature: ntlmSignature(bytes)
    case .gssAPI: gssAPI(bytes)
    case .negotiation: negotiationToken(bytes)
    case .kerberosMessage: kerberosMessage(bytes)
    case .kerberosPerMessage: kerberosPerMessage(bytes)
    case .tsRequest: tsRequest(bytes)
    case .tsCredentials: tsCredentials(bytes)
    case .tls: tlsRecords(bytes)
    case .sealed: sealedMessage(bytes)
    case .unknown: unknown(bytes)
    }
  }

  private mutating func unknown(_ bytes: ArraySlice<UInt8>) {
    group("Token") { (writer) throws(TokenFlaw) in
      writer.field("Bytes", TokenText.hex(bytes))
      throw TokenFlaw(bytes.isEmpty ? "There are no bytes" : "This begins like no token of NTLM, SPNEGO, Kerberos, CredSSP or TLS")
    }
  }
}

/// What a token is by its first bytes.
private enum TokenKind {
  case ntlm, ntlmSignature, gssAPI, negotiation, kerberosMessage, kerberosPerMessage, tsRequest, tsCredentials, tls, sealed, unknown

  init(_ bytes: ArraySlice<UInt8>) {
    let head = Array(bytes.prefix(8))
    func begins(_ pattern: [UInt8]) -> Bool { head.starts(with: pattern) }
    switch head.first {
    case _ where begins(Array("NTLMSSP\0".utf8)): self = .ntlm
    case 0x01 where begins([1, 0, 0, 0]) && bytes.count == 16: self = .ntlmSignature
    case 0x04 where begins([4, 4]), 0x05 where begins([5, 4]): self = .kerberosPerMessage
    case 0x14, 0x15, 0x16, 0x17: self = begins([head[0], 3]) ? .tls : .unknown
    case 0x30: self = Self.isCredentials(bytes) ? .tsCredentials : .tsRequest
    case 0x60: self = .gssAPI
    case 0xA0, 0xA1: self = .negotiation
    case 0x6E, 0x6F, 0x7E: self = .kerberosMessage
    default: self = Self.isSealed(bytes) ? .sealed : .unknown
    }
  }

  /// TSCredentials and TSRequest both begin with a number; in the former an OCTET STRING follows in `[1]`.
  private static func isCredentials(_ bytes: ArraySlice<UInt8>) -> Bool {
    var outer = TokenCursor(bytes)
    guard let content = try? outer.der(DERTag.sequence, "") else { return false }
    var cursor = TokenCursor(content)
    guard (try? cursor.der())?.contextNumber == 0, let second = try? cursor.der() else { return false }
    return second.contextNumber == 1 && second.content.first == DERTag.octetString
  }

  /// A body part of WinRM's encryption: the length of a signature, then the signature; with CredSSP the length of what a TLS record adds, and
  /// the record (MS-WSMV §2.2.9.1).
  private static func isSealed(_ bytes: ArraySlice<UInt8>) -> Bool {
    var cursor = TokenCursor(bytes)
    guard let length = try? cursor.little(4, ""), length >= 16, length <= 128, cursor.rest.count >= Int(length) else { return false }
    return [[1, 0, 0, 0], [5, 4], [0x17, 3]].contains { cursor.rest.starts(with: $0) }
  }
}
