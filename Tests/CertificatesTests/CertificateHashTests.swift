import Certificates
import Crypto
import Foundation
import SecuritySupport
import TestVectors
import Testing

/// Attack H-09: the hash of channel bindings, for every kind of signature.
@Suite struct CertificateHashTests {
  @Test("H-09: the known channel bindings (RFC 5929 section 4.1)", arguments: 0..<3)
  func vectors(row: Int) throws {
    let path = "channel_bindings/rows/\(row)"
    let certificate = try TestVectors.bytes("\(path)/certificate_der")
    let hash = try CertificateHash.serverEndPoint(certificateDER: certificate)
    #expect(try hash == TestVectors.bytes("\(path)/certificate_hash"))
    let bindings = ChannelBindings(serverEndPointHash: hash)
    #expect(try bindings.gssStructure == TestVectors.bytes("\(path)/gss_channel_bindings_struct"))
    #expect(try Array(Insecure.MD5.hash(data: bindings.gssStructure)) == TestVectors.bytes("\(path)/md5"))
  }

  /// `AlgorithmIdentifier`s in DER, and the hash that RFC 5929 asks for. RSA-PSS parameters as in RFC 4055 section 3.1.
  static let algorithms: [(name: String, identifier: String, length: Int)] = [
    ("md5WithRSAEncryption", "300d06092a864886f70d0101040500", 32),
    ("sha1WithRSAEncryption", "300d06092a864886f70d0101050500", 32),
    ("sha256WithRSAEncryption", "300d06092a864886f70d01010b0500", 32),
    ("sha384WithRSAEncryption", "300d06092a864886f70d01010c0500", 48),
    ("sha512WithRSAEncryption", "300d06092a864886f70d01010d0500", 64),
    ("ecdsa-with-SHA1", "300906072a8648ce3d0401", 32),
    ("ecdsa-with-SHA256", "300a06082a8648ce3d040302", 32),
    ("ecdsa-with-SHA384", "300a06082a8648ce3d040303", 48),
    ("ecdsa-with-SHA512", "300a06082a8648ce3d040304", 64),
    ("Ed25519", "300506032b6570", 32),
    ("unknown", "300506032a0304", 32),
    ("RSA-PSS, default hash", "300d06092a864886f70d01010a3000", 32),
    ("RSA-PSS without parameters", "300b06092a864886f70d01010a", 32),
    (
      "RSA-PSS, SHA-256",
      "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
      32
    ),
    (
      "RSA-PSS, SHA-384",
      "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130",
      48
    ),
    (
      "RSA-PSS, SHA-512",
      "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140",
      64
    ),
  ]

  @Test("H-09: the hash follows the signature algorithm", arguments: algorithms.indices)
  func algorithm(index: Int) throws {
    let (_, identifier, length) = Self.algorithms[index]
    let algorithm = try TestVectors.bytes(hexadecimal: identifier)
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }; the hash looks at the second alone.
    let content = [0x30, 0x00] + algorithm + [0x03, 0x01, 0x00]
    let certificate = [0x30, UInt8(content.count)] + content
    let expected: [UInt8] =
      switch length {
      case 48: Array(SHA384.hash(data: certificate))
      case 64: Array(SHA512.hash(data: certificate))
      default: Array(SHA256.hash(data: certificate))
      }
    #expect(try CertificateHash.serverEndPoint(certificateDER: certificate) == expected)
  }

  @Test("No certificate is an error, at every truncation")
  func truncations() throws {
    let certificate = try TestVectors.bytes("channel_bindings/rows/0/certificate_der")
    for count in 0..<certificate.count {
      #expect(throws: Certificates.CertificateError.self) {
        try CertificateHash.serverEndPoint(certificateDER: Array(certificate[..<count]))
      }
    }
    #expect(throws: Certificates.CertificateError.self) { try CertificateHash.serverEndPoint(certificateDER: [0x30, 0x02, 0x30, 0x00]) }
  }

  @Test("Bit flips never trap")
  func flips() throws {
    let certificate = try TestVectors.bytes("channel_bindings/rows/0/certificate_der")
    for index in certificate.indices {
      var flipped = certificate
      flipped[index] ^= 0x80
      _ = try? CertificateHash.serverEndPoint(certificateDER: flipped)
    }
  }

  @Test("Thumbprint and pin")
  func fingerprints() {
    #expect(CertificateHash.thumbprint(certificateDER: Array("abc".utf8)) == "A9993E364706816ABA3E25717850C26C9CD0D89D")
    #expect(CertificateHash.sha256(certificateDER: Array("abc".utf8)) == Array(SHA256.hash(data: Array("abc".utf8))))
  }
}
