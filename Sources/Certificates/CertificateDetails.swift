import Crypto
import CryptoExtras
public import SecuritySupport
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What a certificate says about itself.
public struct CertificateDetails: Sendable, Equatable {
  public var thumbprint: CertificateThumbprint
  /// SHA-256 of the DER: what a client pins.
  public var sha256: [UInt8]
  /// Subject and issuer in the form of RFC 4514.
  public var subject: String
  public var issuer: String
  /// The hosts that it is for: DNS names (perhaps with `*` as first label) and IP addresses of the alternative names, or the common name
  /// of a certificate without alternative names.
  public var names: [String]
  public var notBefore: Date
  public var notAfter: Date
  /// Such as `RSA 2048`; `nil` for a kind that no server here can use.
  public var key: String?
  /// Whether it may prove a TLS server: no list of uses, or one with servers in it, and a key that may sign.
  public var isForServers: Bool
  /// Whether it may prove a TLS client, likewise.
  public var isForClients: Bool
  /// Whether it vouches for itself.
  public var isSelfSigned: Bool

  /// - Throws: ``CertificateError`` `malformed`.
  public init(certificateDER: [UInt8]) throws(CertificateError) {
    guard let certificate = try? Certificate(derEncoded: certificateDER) else {
      throw .unreadable
    }
    thumbprint = CertificateThumbprint(certificateDER: certificateDER)
    sha256 = CertificateHash.sha256(certificateDER: certificateDER)
    subject = certificate.subject.description
    issuer = certificate.issuer.description
    names = Self.names(of: certificate)
    notBefore = certificate.notValidBefore
    notAfter = certificate.notValidAfter
    key = Self.describe(certificate.publicKey)
    isForServers = Self.isFor(.serverAuth, certificate)
    isForClients = Self.isFor(.clientAuth, certificate)
    isSelfSigned =
      certificate.issuer == certificate.subject && certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
  }

  /// Whether it is for a host: a name, an IP address with or without brackets, or a pattern such as `*.example.com` that it names itself.
  public func isFor(host: String) -> Bool {
    let host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    if let address = IPAddressBytes(host) { return names.contains { IPAddressBytes($0) == address } }
    let wanted = Self.folded(host)
    return names.contains { name in
      let name = Self.folded(name)
      if name == wanted { return !wanted.isEmpty }
      guard name.hasPrefix("*."), let dot = wanted.firstIndex(of: "."), dot != wanted.startIndex, !wanted.hasPrefix("*") else {
        return false
      }
      return wanted[dot...] == name.dropFirst()
    }
  }

  private static func folded(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  private static func names(of certificate: Certificate) -> [String] {
    guard let alternatives = try? certificate.extensions.subjectAlternativeNames, !alternatives.isEmpty else {
      return certificate.subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.commonName }.compactMap { String($0.value) }
    }
    return alternatives.compactMap { name in
      switch name {
      case .dnsName(let text): text
      case .ipAddress(let address): IPAddressBytes(bytes: Array(address.bytes))?.text
      default: nil
      }
    }
  }

  private static func describe(_ key: Certificate.PublicKey) -> String? {
    if let key = _RSA.Signing.PublicKey(key) { return key.keySizeInBits >= 2048 ? "RSA \(key.keySizeInBits)" : nil }
    if P256.Signing.PublicKey(key) != nil { return "P-256" }
    if P384.Signing.PublicKey(key) != nil { return "P-384" }
    return nil
  }

  private static func isFor(_ use: ExtendedKeyUsage.Usage, _ certificate: Certificate) -> Bool {
    if certificate.extensions[oid: .X509ExtensionID.extendedKeyUsage] != nil {
      guard let uses = try? certificate.extensions.extendedKeyUsage, uses.contains(use) || uses.contains(.any) else { return false }
    }
    guard let usage = certificate.extensions[oid: .X509ExtensionID.keyUsage] else { return true }
    return (try? KeyUsage(usage))?.digitalSignature ?? false
  }
}
