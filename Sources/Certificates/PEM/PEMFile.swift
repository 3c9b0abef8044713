import SecuritySupport
import SwiftASN1

/// What a PEM file holds for a server (RFC 7468): certificates in their order, and private keys, which stay in secret memory.
struct PEMFile {
  /// DER, in the order of the file.
  var certificates: [[UInt8]] = []
  /// Each as PEM text of its own.
  var privateKeys: [SecretBytes] = []
  /// Whether there is a key that needs a passphrase.
  var hasEncryptedKey = false

  /// The most certificates that are read.
  static let maximumCertificates = 32

  private static let keyLabels: Set<String> = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]

  /// Reads the blocks; text around them is skipped.
  ///
  /// - Throws: ``CertificateError`` `malformed` for a block that does not end, or a certificate that is none.
  init(_ content: SecretBytes) throws(CertificateError) {
    let blocks = content.withUnsafeBytes { bytes in Self.blocks(bytes) }
    guard let blocks else { throw CertificateError(.malformed, "a block begins and does not end") }
    for (label, range) in blocks {
      switch label {
      case "CERTIFICATE", "X509 CERTIFICATE":
        guard certificates.count < Self.maximumCertificates else {
          throw CertificateError(.malformed, "it holds more than \(Self.maximumCertificates) certificates")
        }
        let text = content.withUnsafeBytes { String(decoding: $0[range], as: UTF8.self) }
        guard let der = try? PEMDocument(pemString: text).derBytes else {
          throw CertificateError(.malformed, "its certificate \(certificates.count + 1) cannot be read")
        }
        certificates.append(der)
      case "ENCRYPTED PRIVATE KEY": hasEncryptedKey = true
      case _ where Self.keyLabels.contains(label):
        let (key, isEncrypted) = content.withUnsafeBytes { bytes in
          let block = UnsafeRawBufferPointer(rebasing: bytes[range])
          return (SecretBytes(count: block.count) { $0.copyMemory(from: block) }, Self.holds("Proc-Type: 4,ENCRYPTED", block))
        }
        if isEncrypted { hasEncryptedKey = true } else { privateKeys.append(key) }
      default: continue  // parameters of curves, requests, public keys
      }
    }
  }

  /// Label and place of each block, from its first dash to its last; `nil` when one does not end.
  private static func blocks(_ bytes: UnsafeRawBufferPointer) -> [(label: String, range: Range<Int>)]? {
    var result: [(label: String, range: Range<Int>)] = []
    var open: (label: String, start: Int)?
    var position = 0
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = trimmed(bytes[position..<end])
      if let begun = open {
        if line.elementsEqual("-----END \(begun.label)-----".utf8) {
          result.append((begun.label, begun.start..<line.endIndex))
          open = nil
        }
      } else if line.starts(with: "-----BEGIN ".utf8), line.count > 16, line.suffix(5).elementsEqual("-----".utf8) {
        open = (String(decoding: line.dropFirst(11).dropLast(5), as: UTF8.self), line.startIndex)
      }
      position = end + 1
    }
    return open == nil ? result : nil
  }

  private static func trimmed(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var line = line
    while let last = line.last, isBlank(last) { line.removeLast() }
    while let first = line.first, isBlank(first) { line.removeFirst() }
    return line
  }

  private static func holds(_ text: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let wanted = Array(text.utf8)
    guard bytes.count >= wanted.count else { return false }
    return (0...bytes.count - wanted.count).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
  }

  /// The DER of a key's PEM text; `nil` when it is not Base64 between two lines of dashes. It is written into secret memory alone.
  static func keyDER(_ pem: SecretBytes) -> SecretBytes? {
    pem.withUnsafeBytes { bytes in
      guard let start = bytes.firstIndex(of: UInt8(ascii: "\n")),
        let end = bytes.dropFirst(start).firstIndex(of: UInt8(ascii: "-")), end > start
      else { return nil }
      var count = 0
      let whole = SecretBytes(count: (end - start) * 3 / 4 + 3) { target in
        count = decode(bytes[start..<end], into: target) ?? 0
      }
      return count > 0 ? whole.withUnsafeBytes { SecretBytes($0.prefix(count)) } : nil
    }
  }

  /// - Returns: how many bytes were written; `nil` for anything but Base64.
  private static func decode(_ text: Slice<UnsafeRawBufferPointer>, into target: UnsafeMutableRawBufferPointer) -> Int? {
    var count = 0
    var bits: UInt32 = 0
    var pending: UInt32 = 0
    defer { bits = 0 }
    for byte in text where byte != 0x0A && byte != 0x0D && byte != 0x20 && byte != UInt8(ascii: "=") {
      guard let value = base64Value(byte) else { return nil }
      bits = bits << 6 | UInt32(value)
      pending += 6
      guard pending >= 8 else { continue }
      pending -= 8
      target[count] = UInt8(truncatingIfNeeded: bits >> pending)
      count += 1
    }
    return count
  }

  private static func base64Value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  /// Certificates as PEM text.
  static func text(certificates: [[UInt8]]) -> String {
    certificates.map { PEMDocument(type: "CERTIFICATE", derBytes: $0).pemString + "\n" }.joined()
  }
}
