import Crypto
import CryptoExtras
import SecuritySupport
import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A password in the two forms that PKCS #12 has.
struct PKCS12Password {
  /// For PBES2.
  let utf8: SecretBytes
  /// For the MAC and the old ciphers: UTF-16, big-endian, with a zero at the end (RFC 7292 appendix B.1).
  let bmp: SecretBytes

  init(_ password: SecretBytes) {
    utf8 = password
    var text: [UInt8] = []
    defer { SecretBytes.wipe(&text) }
    password.withUnsafeBytes { bytes in
      for unit in String(decoding: bytes, as: UTF8.self).utf16 { text += [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
    }
    bmp = SecretBytes(text + [0, 0])
  }

  private init(utf8: SecretBytes, bmp: SecretBytes) {
    self.utf8 = utf8
    self.bmp = bmp
  }

  /// No password at all, where an empty one stands: some programs leave the zero at the end out then.
  var withoutEnd: PKCS12Password? { utf8.count == 0 ? PKCS12Password(utf8: utf8, bmp: SecretBytes([])) : nil }
}

/// How keys are made of passwords (RFC 7292 appendix B.2).
enum PKCS12KeyDerivation {
  enum Purpose: UInt8 {
    case key = 1
    case initializationVector = 2
    case mac = 3
  }

  /// The most rounds that are worked through: a file decides how long somebody waits.
  static let maximumRounds = 10_000_000

  static func derive<Hash: HashFunction>(
    _ purpose: Purpose, _: Hash.Type, password: SecretBytes, salt: [UInt8], rounds: Int, count: Int
  ) throws -> [UInt8] {
    let block = Hash.blockByteCount
    func repeated(_ bytes: [UInt8]) -> [UInt8] {
      guard !bytes.isEmpty else { return [] }
      let length = block * ((bytes.count + block - 1) / block)
      return (0..<length).map { bytes[$0 % bytes.count] }
    }
    let diversifier = [UInt8](repeating: purpose.rawValue, count: block)
    var input = repeated(salt) + repeated(password.withUnsafeBytes(Array.init))
    defer { SecretBytes.wipe(&input) }
    var result: [UInt8] = []
    while result.count < count {
      var digest = Array(Hash.hash(data: diversifier + input))
      for _ in 1..<max(1, rounds) { digest = Array(Hash.hash(data: digest)) }
      result += digest
      // I_j = (I_j + B + 1) mod 2^v.
      for start in stride(from: 0, to: input.count, by: block) {
        var carry = 1
        for index in (0..<block).reversed() {
          carry += Int(input[start + index]) + Int(digest[index % digest.count])
          input[start + index] = UInt8(carry & 0xFF)
          carry >>= 8
        }
      }
    }
    return Array(result.prefix(count))
  }
}

/// The MAC over a PKCS #12 file.
struct PKCS12MAC {
  private let algorithm: ASN1ObjectIdentifier
  private let digest: [UInt8]
  private let salt: [UInt8]
  private let rounds: Int

  init(_ data: ASN1Reader) throws {
    var parts = try data.children()
    var info = try parts.next(.sequence).children()
    var identifier = try info.next(.sequence).children()
    algorithm = try identifier.next(.objectIdentifier).objectIdentifier()
    digest = try info.next(.octetString).octets()
    salt = try parts.next(.octetString).octets()
    rounds = try parts.nextIfAny()?.number() ?? 1
    guard (1...PKCS12KeyDerivation.maximumRounds).contains(rounds) else {
      throw CertificateError(.malformed, "the PKCS #12 file wants too many rounds")
    }
  }

  /// The password in the form that the file was made with.
  ///
  /// - Throws: ``CertificateError`` `wrongPassword`.
  func provenPassword(_ content: [UInt8], _ password: PKCS12Password) throws -> PKCS12Password {
    for form in [password, password.withoutEnd].compactMap({ $0 }) {
      if try mac(content, form) == digest { return form }
    }
    throw CertificateError(.wrongPassword, "the password of the PKCS #12 file is wrong, or the file is damaged")
  }

  private func mac(_ content: [UInt8], _ password: PKCS12Password) throws -> [UInt8] {
    switch algorithm {
    case [1, 3, 14, 3, 2, 26]: try mac(content, password, Insecure.SHA1.self)
    case [2, 16, 840, 1, 101, 3, 4, 2, 1]: try mac(content, password, SHA256.self)
    case [2, 16, 840, 1, 101, 3, 4, 2, 2]: try mac(content, password, SHA384.self)
    case [2, 16, 840, 1, 101, 3, 4, 2, 3]: try mac(content, password, SHA512.self)
    default:
      throw CertificateError(
        .unsupportedKey, "the MAC of the PKCS #12 file is of a kind that is not known here. " + PKCS12Encryption.advice)
    }
  }

  private func mac<Hash: HashFunction>(_ content: [UInt8], _ password: PKCS12Password, _ hash: Hash.Type) throws -> [UInt8] {
    var key = try PKCS12KeyDerivation.derive(
      .mac, hash, password: password.bmp, salt: salt, rounds: rounds, count: Hash.Digest.byteCount)
    defer { SecretBytes.wipe(&key) }
    return Array(HMAC<Hash>.authenticationCode(for: content, using: SymmetricKey(data: key)))
  }
}

/// An encryption by password.
struct PKCS12Encryption {
  static let advice = "Convert it: openssl pkcs12 -in FILE -nodes -out all.pem, and import all.pem"

  private enum Cipher {
    case tripleDES(keys: Int)
    case rc2(bits: Int)
    case pbes2(prf: KDF.Insecure.PBKDF2.HashFunction, keySize: Int, vector: [UInt8], isAES: Bool)
  }

  private let cipher: Cipher
  private let salt: [UInt8]
  private let rounds: Int

  init(_ algorithm: ASN1Reader) throws {
    var parts = try algorithm.children()
    let type = try parts.next(.objectIdentifier).objectIdentifier()
    var parameters = try parts.next(.sequence).children()
    if type == [1, 2, 840, 113_549, 1, 5, 13] {
      (cipher, salt, rounds) = try Self.pbes2(&parameters)
    } else {
      switch type {
      case [1, 2, 840, 113_549, 1, 12, 1, 3]: cipher = .tripleDES(keys: 3)
      case [1, 2, 840, 113_549, 1, 12, 1, 4]: cipher = .tripleDES(keys: 2)
      case [1, 2, 840, 113_549, 1, 12, 1, 5]: cipher = .rc2(bits: 128)
      case [1, 2, 840, 113_549, 1, 12, 1, 6]: cipher = .rc2(bits: 40)
      default: throw Self.unknown(type)
      }
      salt = try parameters.next(.octetString).octets()
      rounds = try parameters.next(.integer).number()
    }
    guard (1...PKCS12KeyDerivation.maximumRounds).contains(rounds) else {
      throw CertificateError(.malformed, "the PKCS #12 file wants too many rounds")
    }
  }

  private static func unknown(_ type: ASN1ObjectIdentifier) -> CertificateError {
    CertificateError(.unsupportedKey, "the PKCS #12 file is encrypted by \(type), which is not known here. \(advice)")
  }

  /// RFC 8018 appendix A.4, with PBKDF2.
  private static func pbes2(_ parameters: inout ASN1Reader.Children) throws -> (Cipher, salt: [UInt8], rounds: Int) {
    var derivation = try parameters.next(.sequence).children()
    let function = try derivation.next(.objectIdentifier).objectIdentifier()
    guard function == [1, 2, 840, 113_549, 1, 5, 12] else { throw unknown(function) }
    var values = try derivation.next(.sequence).children()
    let salt = try values.next(.octetString).octets()
    let rounds = try values.next(.integer).number()
    // hmacWithSHA1 unless another one is named.
    var prf = KDF.Insecure.PBKDF2.HashFunction.insecureSHA1
    while let value = try values.nextIfAny() {
      guard value.identifier == .sequence else { continue }
      var named = try value.children()
      let type = try named.next(.objectIdentifier).objectIdentifier()
      switch type {
      case [1, 2, 840, 113_549, 2, 7]: prf = .insecureSHA1
      case [1, 2, 840, 113_549, 2, 9]: prf = .sha256
      case [1, 2, 840, 113_549, 2, 10]: prf = .sha384
      case [1, 2, 840, 113_549, 2, 11]: prf = .sha512
      default: throw unknown(type)
      }
    }
    var scheme = try parameters.next(.sequence).children()
    let type = try scheme.next(.objectIdentifier).objectIdentifier()
    let vector = try scheme.next(.octetString).octets()
    let keySize: Int
    switch type {
    case [2, 16, 840, 1, 101, 3, 4, 1, 2]: keySize = 16
    case [2, 16, 840, 1, 101, 3, 4, 1, 22]: keySize = 24
    case [2, 16, 840, 1, 101, 3, 4, 1, 42]: keySize = 32
    case [1, 2, 840, 113_549, 3, 7]:
      return (.pbes2(prf: prf, keySize: 24, vector: vector, isAES: false), salt, rounds)
    default: throw unknown(type)
    }
    return (.pbes2(prf: prf, keySize: keySize, vector: vector, isAES: true), salt, rounds)
  }

  /// - Throws: ``CertificateError`` `malformed` when the padding is not right: the MAC was, so the file is damaged.
  func decrypt(_ ciphertext: [UInt8], _ password: PKCS12Password) throws -> [UInt8] {
    switch cipher {
    case .tripleDES(let keys):
      var key = try derive(.key, password, count: keys * 8)
      defer { SecretBytes.wipe(&key) }
      let vector = try derive(.initializationVector, password, count: 8)
      return try OldBlockCiphers.decryptCBC(
        ciphertext, vector: vector, OldBlockCiphers.TripleDES(key: keys == 2 ? key + key.prefix(8) : key))
    case .rc2(let bits):
      var key = try derive(.key, password, count: bits / 8)
      defer { SecretBytes.wipe(&key) }
      let vector = try derive(.initializationVector, password, count: 8)
      return try OldBlockCiphers.decryptCBC(ciphertext, vector: vector, OldBlockCiphers.RC2(key: key, effectiveBits: bits))
    case .pbes2(let prf, let keySize, let vector, let isAES):
      var bytes = password.utf8.withUnsafeBytes(Array.init)
      defer { SecretBytes.wipe(&bytes) }
      let key = try KDF.Insecure.PBKDF2.deriveKey(
        from: bytes, salt: salt, using: prf, outputByteCount: keySize, unsafeUncheckedRounds: rounds)
      guard isAES else {
        return try OldBlockCiphers.decryptCBC(
          ciphertext, vector: vector, OldBlockCiphers.TripleDES(key: key.withUnsafeBytes(Array.init)))
      }
      return Array(try AES._CBC.decrypt(ciphertext, using: key, iv: AES._CBC.IV(ivBytes: vector)))
    }
  }

  private func derive(_ purpose: PKCS12KeyDerivation.Purpose, _ password: PKCS12Password, count: Int) throws -> [UInt8] {
    try PKCS12KeyDerivation.derive(purpose, Insecure.SHA1.self, password: password.bmp, salt: salt, rounds: rounds, count: count)
  }
}
