public import Crypto
public import FoundationEssentials
import SwiftASN1
public import X509

/// A certificate with the key that signs for it, and what it signs.
public struct TestAuthority: Sendable {
  /// What a test varies.
  public struct Recipe: Sendable {
    public var name = "leaf"
    public var isAuthority = false
    public var names: [GeneralName] = []
    public var notBefore = Date(timeIntervalSinceNow: -3600)
    public var notAfter = Date(timeIntervalSinceNow: 3600)
    public var extendedUsage: [ExtendedKeyUsage.Usage]? = [.clientAuth]
    public var usage: KeyUsage? = KeyUsage(digitalSignature: true)
    public var maximumPathLength: Int?
    public var constraints: NameConstraints?
    /// Bytes in an extension that nobody knows.
    public var ballast = 0

    public init() {}
  }

  public var certificate: Certificate
  public var key: P256.Signing.PrivateKey

  public static func make(
    _ name: String, by issuer: TestAuthority? = nil, _ change: (inout Recipe) -> Void = { _ in }
  ) throws -> TestAuthority {
    var recipe = Recipe()
    recipe.name = name
    change(&recipe)
    let key = P256.Signing.PrivateKey()
    let subject = try DistinguishedName { CommonName(recipe.name) }
    var extensions = try Certificate.Extensions {
      if recipe.isAuthority {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: recipe.maximumPathLength))
      } else {
        Critical(BasicConstraints.notCertificateAuthority)
      }
      if let usage = recipe.usage { Critical(usage) }
      if let usage = recipe.extendedUsage { try ExtendedKeyUsage(usage) }
      if let constraints = recipe.constraints { Critical(constraints) }
      if !recipe.names.isEmpty { SubjectAlternativeNames(recipe.names) }
    }
    if recipe.ballast > 0 {
      try extensions.append(
        .init(oid: [1, 3, 6, 1, 4, 1, 55555, 1], critical: false, value: ArraySlice([UInt8](repeating: 0, count: recipe.ballast))))
    }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey), notValidBefore: recipe.notBefore,
      notValidAfter: recipe.notAfter, issuer: issuer?.certificate.subject ?? subject, subject: subject,
      signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(issuer?.key ?? key))
    return TestAuthority(certificate: certificate, key: key)
  }

  /// One that may sign others.
  public static func authority(
    _ name: String, by issuer: TestAuthority? = nil, _ change: (inout Recipe) -> Void = { _ in }
  ) throws -> TestAuthority {
    try make(name, by: issuer) { recipe in
      recipe.isAuthority = true
      recipe.extendedUsage = nil
      recipe.usage = KeyUsage(keyCertSign: true, cRLSign: true)
      change(&recipe)
    }
  }

  /// A client's, with user principal names.
  public func client(_ names: String..., change: (inout Recipe) -> Void = { _ in }) throws -> TestAuthority {
    let principals = try names.map(Self.principalName)
    return try Self.make("client", by: self) { recipe in
      recipe.names = principals
      change(&recipe)
    }
  }

  public static func principalName(_ text: String) throws -> GeneralName {
    .otherName(.init(typeID: [1, 3, 6, 1, 4, 1, 311, 20, 2, 3], value: try ASN1Any(erasing: ASN1UTF8String(text))))
  }

  /// The private key in PEM.
  public var keyPEM: String { key.pemRepresentation }

  /// A client's certificate that is for servers alone.
  public func server(_ name: String) throws -> TestAuthority {
    try client(name) { $0.extendedUsage = [.serverAuth] }
  }

  public var der: [UInt8] {
    get throws {
      var serializer = DER.Serializer()
      try serializer.serialize(certificate)
      return serializer.serializedBytes
    }
  }

  public var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }
}
