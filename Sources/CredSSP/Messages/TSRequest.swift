public import SecuritySupport

/// The one message of CredSSP (MS-CSSP §2.2.1).
///
/// ```
/// TSRequest ::= SEQUENCE {
///   version      [0] INTEGER,
///   negoTokens   [1] SEQUENCE OF SEQUENCE { negoToken [0] OCTET STRING } OPTIONAL,
///   authInfo     [2] OCTET STRING OPTIONAL,
///   pubKeyAuth   [3] OCTET STRING OPTIONAL,
///   errorCode    [4] INTEGER OPTIONAL,
///   clientNonce  [5] OCTET STRING OPTIONAL }
/// ```
public struct TSRequest: Sendable, Equatable {
  /// The length of ``clientNonce``, in bytes.
  public static let nonceLength = 32
  /// The most tokens taken from one message.
  static let maximumTokens = 16

  /// The highest version that the sender speaks, the same in each of its messages.
  public var version: Int
  /// Tokens of the inner mechanism. Peers send one; of several the first counts.
  public var negoTokens: [[UInt8]]
  /// Sealed TSCredentials.
  public var authInfo: [UInt8]?
  /// The sealed public-key proof.
  public var pubKeyAuth: [UInt8]?
  /// Why the sender gives up; versions 3, 4 and 6.
  public var errorCode: NTStatus?
  /// 32 random bytes of the client; from version 5.
  public var clientNonce: [UInt8]?

  public init(
    version: Int, negoTokens: [[UInt8]] = [], authInfo: [UInt8]? = nil, pubKeyAuth: [UInt8]? = nil, errorCode: NTStatus? = nil,
    clientNonce: [UInt8]? = nil
  ) {
    self.version = version
    self.negoTokens = negoTokens
    self.authInfo = authInfo
    self.pubKeyAuth = pubKeyAuth
    self.errorCode = errorCode
    self.clientNonce = clientNonce
  }

  /// The token that counts; `nil` when there is none or it is empty, which acceptors send when their mechanism is silent.
  public var negoToken: [UInt8]? { negoTokens.first.flatMap { $0.isEmpty ? nil : $0 } }

  /// Reads exactly one message.
  ///
  /// Fields with higher numbers than ours are ignored, lengths may be longer than needed. A field that comes twice, out of order or with another
  /// tag is refused, and so is anything behind the message.
  ///
  /// - Throws: ``CredSSPError/Code/malformed`` or ``CredSSPError/Code/limit``.
  public init(decoding bytes: [UInt8]) throws(CredSSPError) {
    // The closure cannot carry the typed error through `withUnsafeBytes`, a result can.
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(CredSSPError) in try TSRequest(decoding: buffer) }
    }
    self = try result.get()
  }

  private init(decoding bytes: UnsafeRawBufferPointer) throws(CredSSPError) {
    var reader = BERReader(try BERReader.only(BERTag.sequence, in: bytes, "TSRequest"))
    self.init(version: try Self.version(reader.nextField(0, BERTag.integer, "version")))
    var last: UInt8 = 0
    while !reader.isAtEnd {
      let (tag, content) = try reader.next()
      guard tag & BERTag.context == BERTag.context, tag & 0x40 == 0 else {
        throw CredSSPError(.malformed, "TSRequest has a member without a context tag")
      }
      let number = tag & 0x1F
      guard number > last else { throw CredSSPError(.malformed, "TSRequest has a field twice or out of order") }
      last = number
      switch number {
      case 1: negoTokens = try Self.tokens(content)
      case 2: authInfo = Array(try BERReader.only(BERTag.octetString, in: content, "authInfo"))
      case 3: pubKeyAuth = Array(try BERReader.only(BERTag.octetString, in: content, "pubKeyAuth"))
      case 4: errorCode = try Self.errorCode(BERReader.only(BERTag.integer, in: content, "errorCode"))
      case 5: clientNonce = Array(try BERReader.only(BERTag.octetString, in: content, "clientNonce"))
      default: break  // from a version that does not exist yet
      }
    }
  }

  private static func version(_ content: UnsafeRawBufferPointer) throws(CredSSPError) -> Int {
    Int(clamping: try BERReader.integer(content, "version"))
  }

  private static func tokens(_ content: UnsafeRawBufferPointer) throws(CredSSPError) -> [[UInt8]] {
    var reader = BERReader(try BERReader.only(BERTag.sequence, in: content, "negoTokens"))
    var tokens: [[UInt8]] = []
    while !reader.isAtEnd {
      guard tokens.count < maximumTokens else { throw CredSSPError(.limit, "more than \(maximumTokens) tokens stand in one message") }
      var item = BERReader(try reader.next(BERTag.sequence, "an item of negoTokens"))
      tokens.append(Array(try item.nextField(0, BERTag.octetString, "negoToken")))
      guard item.isAtEnd else { throw CredSSPError(.malformed, "something follows negoToken") }
    }
    return tokens
  }

  /// NTSTATUS values have their top bit set and occur both as negative integers of four octets and as positive ones of five.
  private static func errorCode(_ content: UnsafeRawBufferPointer) throws(CredSSPError) -> NTStatus {
    let value = try BERReader.integer(content, "errorCode")
    guard Int64(Int32.min)...Int64(UInt32.max) ~= value else { throw CredSSPError(.malformed, "errorCode has more than 32 bits") }
    return NTStatus(rawValue: UInt32(truncatingIfNeeded: value))
  }

  /// The message in DER, `errorCode` as a 32-bit signed integer.
  public func encode() -> [UInt8] {
    var fields = DERWriter.field(0, BERTag.integer, DERWriter.integer(Int64(version)))
    if !negoTokens.isEmpty {
      let items = negoTokens.flatMap { DERWriter.value(BERTag.sequence, DERWriter.field(0, BERTag.octetString, $0)) }
      fields += DERWriter.field(1, BERTag.sequence, items)
    }
    if let authInfo { fields += DERWriter.field(2, BERTag.octetString, authInfo) }
    if let pubKeyAuth { fields += DERWriter.field(3, BERTag.octetString, pubKeyAuth) }
    if let errorCode { fields += DERWriter.field(4, BERTag.integer, DERWriter.integer(Int64(Int32(bitPattern: errorCode.rawValue)))) }
    if let clientNonce { fields += DERWriter.field(5, BERTag.octetString, clientNonce) }
    return DERWriter.value(BERTag.sequence, fields)
  }
}

extension TSRequest: CustomStringConvertible, CustomReflectable {
  /// Which fields are there and how long they are, never their content.
  public var description: String {
    var parts = ["version \(version)"]
    if !negoTokens.isEmpty { parts.append("negoTokens \(negoTokens.map(\.count))") }
    for (name, field) in [("authInfo", authInfo), ("pubKeyAuth", pubKeyAuth), ("clientNonce", clientNonce)] {
      if let field { parts.append("\(name) \(field.count) bytes") }
    }
    if let errorCode { parts.append("errorCode \(errorCode)") }
    return "TSRequest(" + parts.joined(separator: ", ") + ")"
  }

  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
