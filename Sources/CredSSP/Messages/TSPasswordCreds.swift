public import SecuritySupport

/// A name and a password (MS-CSSP §2.2.1.2.1), always inside TSCredentials (§2.2.1.2).
///
/// ```
/// TSCredentials   ::= SEQUENCE { credType [0] INTEGER, credentials [1] OCTET STRING }   -- the octets are the type below
/// TSPasswordCreds ::= SEQUENCE { domainName [0] OCTET STRING, userName [1] OCTET STRING, password [2] OCTET STRING }
/// ```
/// The password goes from one ``SecretBytes`` to another; neither direction leaves a copy in ordinary memory. It cannot print itself.
public struct TSPasswordCreds: Sendable {
  /// The longest plain text of `authInfo` that is taken, in bytes.
  public static let maximumLength = 65_536
  /// The longest domain or user name that is taken, in bytes of UTF-16.
  public static let maximumNameLength = 2_048
  /// The longest password that is taken, in bytes of UTF-16.
  public static let maximumPasswordLength = 8_192

  /// Empty for a user principal name.
  public var domainName: String
  public var userName: String
  /// UTF-16LE without terminator. May hold lone surrogates, as Windows passwords may.
  public var password: SecretBytes

  /// - Parameter password: in UTF-16LE.
  public init(domainName: String, userName: String, password: SecretBytes) {
    self.domainName = domainName
    self.userName = userName
    self.password = password
  }

  /// The credential that a user typed.
  ///
  /// - Throws: ``CredSSPError/Code/local`` when the password is not valid UTF-8.
  public init(_ credential: Credential) throws(CredSSPError) {
    self.init(
      domainName: credential.name.domain, userName: credential.name.user,
      password: try UTF16Password.utf16LittleEndian(utf8: credential.password))
  }

  /// Takes apart the plain text of `authInfo`.
  ///
  /// - Throws: ``CredSSPError/Code/malformed``; ``CredSSPError/Code/unsupported`` for every type but password; ``CredSSPError/Code/limit``.
  ///   Names that are not UTF-16 or hold a NUL, and passwords with an odd length or a NUL, are malformed. Empty fields are not an error.
  public init(decodingTSCredentials bytes: SecretBytes) throws(CredSSPError) {
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(CredSSPError) in try TSPasswordCreds(decodingTSCredentials: buffer) }
    }
    self = try result.get()
  }

  private init(decodingTSCredentials bytes: UnsafeRawBufferPointer) throws(CredSSPError) {
    guard bytes.count <= Self.maximumLength else { throw CredSSPError(.limit, "TSCredentials is longer than \(Self.maximumLength) bytes") }
    var outer = BERReader(try BERReader.only(BERTag.sequence, in: bytes, "TSCredentials"))
    let number = try BERReader.integer(outer.nextField(0, BERTag.integer, "credType"), "credType")
    let type = CredentialType(rawValue: Int(clamping: number))
    guard type == .password else {
      throw CredSSPError(.unsupported, "credentials of the kind \(type) are not taken, only passwords", status: .notSupported)
    }
    let credentials = try outer.nextField(1, BERTag.octetString, "credentials")
    guard outer.isAtEnd else { throw CredSSPError(.malformed, "something follows credentials") }
    var fields = BERReader(try BERReader.only(BERTag.sequence, in: credentials, "TSPasswordCreds"))
    domainName = try Self.name(fields.nextField(0, BERTag.octetString, "domainName"))
    userName = try Self.name(fields.nextField(1, BERTag.octetString, "userName"))
    let secret = try fields.nextField(2, BERTag.octetString, "password")
    guard fields.isAtEnd else { throw CredSSPError(.malformed, "something follows password") }
    guard secret.count <= Self.maximumPasswordLength else {
      throw CredSSPError(.limit, "the password is longer than \(Self.maximumPasswordLength) bytes")
    }
    guard UTF16Password.isAcceptable(secret) else { throw CredSSPError(.malformed, "the password is not UTF-16 or holds a NUL") }
    password = SecretBytes(secret)
  }

  private static func name(_ bytes: UnsafeRawBufferPointer) throws(CredSSPError) -> String {
    guard bytes.count <= maximumNameLength else { throw CredSSPError(.limit, "a name is longer than \(maximumNameLength) bytes") }
    guard let name = String(strictUTF16LittleEndian: bytes) else { throw CredSSPError(.malformed, "a name is not UTF-16 or holds a NUL") }
    return name
  }

  /// The plain text of `authInfo`: TSCredentials in DER, written in place.
  public func encodeTSCredentials() -> SecretBytes {
    // Everything but the password is built first; it is the last thing in the message.
    let names =
      DERWriter.field(0, BERTag.octetString, domainName.utf16LittleEndianBytes)
      + DERWriter.field(1, BERTag.octetString, userName.utf16LittleEndianBytes)
    let passwordSize = DERWriter.size(content: password.count)
    let fieldsSize = names.count + DERWriter.size(content: passwordSize)
    let octetsSize = DERWriter.size(content: fieldsSize)
    let type = DERWriter.field(0, BERTag.integer, DERWriter.integer(Int64(CredentialType.password.rawValue)))
    let content = type.count + DERWriter.size(content: DERWriter.size(content: octetsSize))

    var head = DERWriter.header(BERTag.sequence, content: content) + type
    head += DERWriter.header(BERTag.context | 1, content: DERWriter.size(content: octetsSize))
    head += DERWriter.header(BERTag.octetString, content: octetsSize)
    head += DERWriter.header(BERTag.sequence, content: fieldsSize) + names
    head += DERWriter.header(BERTag.context | 2, content: passwordSize)
    head += DERWriter.header(BERTag.octetString, content: password.count)
    return SecretBytes(count: head.count + password.count) { target in
      target.copyBytes(from: head)
      password.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: target[head.count...]).copyMemory(from: $0) }
    }
  }
}

extension TSPasswordCreds: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "\(AccountName(domain: domainName, user: userName)) (password not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Passwords in UTF-16LE, without ever being a `String`.
enum UTF16Password {
  /// Whole code units, none of them NUL: a password that goes on behind a NUL would be cut by C interfaces.
  static func isAcceptable(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count.isMultiple(of: 2) else { return false }
    return !stride(from: 0, to: bytes.count, by: 2).contains { bytes[$0] == 0 && bytes[$0 + 1] == 0 }
  }

  static func utf16LittleEndian(utf8 password: SecretBytes) throws(CredSSPError) -> SecretBytes {
    let converted = password.withUnsafeBytes { source -> SecretBytes? in
      var units = 0
      guard !transcode(source.makeIterator(), from: UTF8.self, to: UTF16.self, stoppingOnError: true, into: { _ in units += 1 }) else {
        return nil
      }
      return SecretBytes(count: units * 2) { target in
        var position = 0
        _ = transcode(source.makeIterator(), from: UTF8.self, to: UTF16.self, stoppingOnError: true) { unit in
          target.storeBytes(of: unit.littleEndian, toByteOffset: position, as: UInt16.self)
          position += 2
        }
      }
    }
    guard let converted else { throw CredSSPError(.local, "the password is not valid UTF-8") }
    return converted
  }
}
