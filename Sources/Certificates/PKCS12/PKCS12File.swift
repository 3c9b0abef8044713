public import SecuritySupport
import SwiftASN1

/// The certificates and private keys of a PKCS #12 file (RFC 7292), as browsers, Windows (`.pfx`) and openssl write them.
///
/// The password is proven by the file's MAC before anything is decrypted. Both the modern encryption (PBES2 with AES) and the old ones are
/// understood (3DES and RC2 with SHA-1), because authorities still hand such files out; nothing is ever written in them.
struct PKCS12File {
  /// DER, in the order of the file.
  private(set) var certificates: [[UInt8]] = []
  /// PKCS #8 in DER, not encrypted.
  private(set) var privateKeys: [SecretBytes] = []

  /// How many containers may stand in each other.
  private static let maximumDepth = 4
  private static let maximumItems = 64

  private enum OID {
    static let data: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 1]
    static let encryptedData: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 6]
    static let keyBag: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 12, 10, 1, 1]
    static let shroudedKeyBag: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 12, 10, 1, 2]
    static let certBag: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 12, 10, 1, 3]
    static let safeContentsBag: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 12, 10, 1, 6]
    static let x509: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 9, 22, 1]
  }

  /// Whether bytes look like such a file: a SEQUENCE that begins with the version 3.
  static func isOne(_ bytes: SecretBytes) -> Bool {
    bytes.withUnsafeBytes { bytes in
      guard bytes.count > 8, bytes[0] == 0x30 else { return false }
      let head = bytes[1] < 0x80 || bytes[1] == 0x80 ? 2 : 2 + Int(bytes[1] & 0x7F)
      return bytes.count > head + 3 && bytes[head] == 0x02 && bytes[head + 1] == 1 && bytes[head + 2] == 3
    }
  }

  /// - Throws: ``CertificateError``: `wrongPassword`, `malformed`, `unsupportedKey` for an encryption that is not known.
  init(_ bytes: SecretBytes, password: SecretBytes) throws(CertificateError) {
    var copy = bytes.withUnsafeBytes(Array.init)
    defer { SecretBytes.wipe(&copy) }
    do {
      try self.init(pfx: try ASN1Reader(copy), password: PKCS12Password(password))
    } catch let error as CertificateError {
      throw error
    } catch {
      throw CertificateError(.malformed, "the PKCS #12 file is damaged")
    }
  }

  private init(pfx: ASN1Reader, password: PKCS12Password) throws {
    var parts = try pfx.children()
    _ = try parts.next(.integer)
    let safe = try Self.contentInfo(try parts.next(.sequence))
    guard safe.type == OID.data else {
      throw CertificateError(.unsupportedKey, "the PKCS #12 file is protected by a public key and not by a password")
    }
    let content = try safe.content.octets()
    guard let mac = try parts.nextIfAny() else {
      throw CertificateError(.unsupportedKey, "the PKCS #12 file has no MAC: nothing says that it is what somebody made")
    }
    let proven = try PKCS12MAC(mac).provenPassword(content, password)
    for info in try ASN1Reader(content).childList(maximum: Self.maximumItems) {
      let (type, content) = try Self.contentInfo(info)
      switch type {
      case OID.data: try add(safeContents: try content.octets(), proven, depth: 0)
      case OID.encryptedData:
        var data = try content.children()
        _ = try data.next(.integer)
        var encrypted = try data.next(.sequence).children()
        _ = try encrypted.next(.objectIdentifier)
        let algorithm = try PKCS12Encryption(try encrypted.next(.sequence))
        var plain = try algorithm.decrypt(try encrypted.nextIfAny()?.octets() ?? [], proven)
        defer { SecretBytes.wipe(&plain) }
        try add(safeContents: plain, proven, depth: 0)
      default:
        throw CertificateError(.unsupportedKey, "the PKCS #12 file has a part that is protected by a public key and not by a password")
      }
    }
  }

  private static func contentInfo(_ info: ASN1Reader) throws -> (type: ASN1ObjectIdentifier, content: ASN1Reader) {
    var parts = try info.children()
    let type = try parts.next(.objectIdentifier).objectIdentifier()
    guard let content = try parts.nextIfAny()?.childList(maximum: 1).first else {
      throw CertificateError(.malformed, "the PKCS #12 file has an empty part")
    }
    return (type, content)
  }

  private mutating func add(safeContents: [UInt8], _ password: PKCS12Password, depth: Int) throws {
    guard depth < Self.maximumDepth else { throw CertificateError(.malformed, "the PKCS #12 file is nested too deeply") }
    for bag in try ASN1Reader(safeContents).childList(maximum: Self.maximumItems) {
      var parts = try bag.children()
      let type = try parts.next(.objectIdentifier).objectIdentifier()
      guard let value = try parts.nextIfAny()?.childList(maximum: 1).first else { continue }
      switch type {
      case OID.keyBag: privateKeys.append(SecretBytes(value.encoded))
      case OID.shroudedKeyBag:
        var encrypted = try value.children()
        let algorithm = try PKCS12Encryption(try encrypted.next(.sequence))
        var plain = try algorithm.decrypt(try encrypted.next(.octetString).octets(), password)
        defer { SecretBytes.wipe(&plain) }
        privateKeys.append(SecretBytes(plain))
      case OID.certBag:
        var certificate = try value.children()
        guard try certificate.next(.objectIdentifier).objectIdentifier() == OID.x509 else { continue }
        guard let wrapped = try certificate.nextIfAny()?.childList(maximum: 1).first else { continue }
        certificates.append(try wrapped.octets())
      case OID.safeContentsBag: try add(safeContents: value.encoded, password, depth: depth + 1)
      // Lists of revoked certificates, and secrets of other programs.
      default: continue
      }
      guard certificates.count + privateKeys.count <= Self.maximumItems else {
        throw CertificateError(.malformed, "the PKCS #12 file holds more than \(Self.maximumItems) certificates and keys")
      }
    }
  }
}

extension ServerCertificate {
  /// Reads a PKCS #12 file: one private key, its certificate, and those of the authorities in between, in any order.
  ///
  /// - Parameter password: UTF-8; may be empty.
  /// - Throws: ``CertificateError``.
  public init(pkcs12 file: SecretBytes, password: SecretBytes) throws(CertificateError) {
    let content = try PKCS12File(file, password: password)
    guard let key = content.privateKeys.first else {
      throw CertificateError(.keyDoesNotFit, "the PKCS #12 file has no private key: export it again, with the key")
    }
    guard content.privateKeys.count == 1 else {
      throw CertificateError(.keyDoesNotFit, "the PKCS #12 file has \(content.privateKeys.count) private keys; one is needed")
    }
    guard !content.certificates.isEmpty else { throw CertificateError(.malformed, "the PKCS #12 file has no certificate") }
    var der = key.withUnsafeBytes(Array.init)
    defer { SecretBytes.wipe(&der) }
    var pem = Array(PEMDocument(type: "PRIVATE KEY", derBytes: der).pemString.utf8)
    defer { SecretBytes.wipe(&pem) }
    try self.init(certificates: content.certificates, privateKeyPEM: SecretBytes(pem))
  }

  /// Whether a file is PKCS #12, and not PEM text.
  public static func isPKCS12(_ file: SecretBytes) -> Bool { PKCS12File.isOne(file) }
}
