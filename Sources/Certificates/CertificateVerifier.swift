import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the check of a server's certificate found.
public enum CertificateVerdict: Sendable, Equatable {
  case trusted
  /// The reason is for people and holds no text of the peer's.
  case refused(reason: String)
}

/// Checks a server's certificate: its chain up to a trusted root (RFC 5280: signatures, validity in time, constraints), its use for
/// servers, no broken hash, and that it is for the host that the user typed (RFC 6125; DNS names with wildcards, IP addresses).
///
/// Revocation is not checked.
public struct CertificateVerifier: Sendable {
  /// The certificates that need no further proof.
  public enum Roots: Sendable, Equatable {
    /// Those of the operating system (`/etc/ssl/certs/ca-certificates.crt`, `/etc/pki/tls/certs/ca-bundle.crt`), or of the PEM file that
    /// the environment variable `SSL_CERT_FILE` names in their place, as for every program with OpenSSL. A program that runs with more
    /// rights than its user does not look at the variable.
    case system
    /// Those of a PEM file.
    case pem(file: String)
  }

  /// Checks that a user wants left out. Everything else still counts: validity in time, use for servers.
  public struct Exceptions: OptionSet, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Whether a trusted authority vouches for the certificate.
    public static let authority = Self(rawValue: 1)
    /// Whether it is for the host.
    public static let name = Self(rawValue: 2)
    /// Whether it was revoked: without effect, because this is not checked.
    public static let revocation = Self(rawValue: 4)
  }

  /// The longest chain that is looked at, in certificates. Real ones have two to four; the search for a path grows with the number.
  public static let maximumChain = 8
  /// The largest certificate that is looked at, in bytes.
  public static let maximumCertificate = 64 << 10

  public let roots: Roots

  public init(roots: Roots = .system) { self.roots = roots }

  /// Whether `chain` (DER, leaf first) is good for `host` as typed, with or without the brackets of an IPv6 address, at `now`.
  ///
  /// - Parameter exceptions: what is not checked. With any of the first two the verdict proves no server.
  public func verify(
    chain: [[UInt8]], host: String, exceptions: Exceptions = [], now: Date = Date()
  ) async -> CertificateVerdict {
    guard !chain.isEmpty else { return .refused(reason: "the server showed no certificate") }
    guard chain.count <= Self.maximumChain, chain.allSatisfy({ $0.count <= Self.maximumCertificate }) else {
      return .refused(reason: "its chain is too long")
    }
    guard let certificates = try? chain.map({ try Certificate(derEncoded: $0) }), let leaf = certificates.first else {
      return .refused(reason: "its chain holds something that is no certificate")
    }
    if leaf.notValidAfter < now { return .refused(reason: "it has expired") }
    if leaf.notValidBefore > now { return .refused(reason: "it is not valid yet") }
    if exceptions.contains(.authority) {
      guard await isForServers(leaf) else { return .refused(reason: "it is not for servers") }
    } else if let failure = await authorityFailure(leaf, certificates, now) {
      return .refused(reason: failure)
    }
    if exceptions.contains(.name) { return .trusted }
    return await isFor(host, leaf) ? .trusted : .refused(reason: "it is not for the host as typed")
  }

  /// Why no trusted authority vouches for the leaf.
  private func authorityFailure(_ leaf: Certificate, _ all: [Certificate], _ now: Date) async -> String? {
    guard let (store, isTrustedItself) = try? trustedRoots(leaf: leaf) else {
      let name = roots == .system ? "the file that SSL_CERT_FILE names" : "the file of trusted certificates"
      return "\(name) cannot be used"
    }
    guard !isTrustedItself else { return nil }
    return await chainFailure(leaf: leaf, others: all.dropFirst(), roots: store, now: now)
  }

  /// Asks about the use alone: the leaf is its own root here.
  private func isForServers(_ leaf: Certificate) async -> Bool {
    var verifier = Verifier(rootCertificates: CertificateStore([leaf])) {
      ServerUsePolicy()
      KnownExtensions()
    }
    switch await verifier.validate(leaf: leaf, intermediates: CertificateStore()) {
    case .validCertificate: return true
    case .couldNotValidate: return false
    }
  }

  /// The roots, and whether the leaf is one of those that a file names: a self-signed certificate that somebody put there by hand needs no
  /// chain, though it is no authority.
  private func trustedRoots(leaf: Certificate) throws -> (CertificateStore, isTrustedItself: Bool) {
    switch roots {
    case .system:
      guard let file = Self.fileOfEnvironment else { return (CertificateStore.systemTrustRoots, false) }
      return try Self.roots(in: file, leaf)
    case .pem(let file): return try Self.roots(in: file, leaf)
    }
  }

  private static func roots(in file: String, _ leaf: Certificate) throws -> (CertificateStore, isTrustedItself: Bool) {
    let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
    let certificates = try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
    return (CertificateStore(certificates), certificates.contains(leaf))
  }

  private static var fileOfEnvironment: String? {
    guard geteuid() == getuid(), getegid() == getgid(), let value = getenv("SSL_CERT_FILE") else { return nil }
    return value.pointee == 0 ? nil : String(cString: value)
  }

  private func chainFailure(leaf: Certificate, others: some Sequence<Certificate>, roots: CertificateStore, now: Date) async -> String? {
    var verifier = Verifier(rootCertificates: roots) {
      RFC5280Policy(fixedExpiryValidationTime: now)
      ServerUsePolicy()
      // Reads the name extension, which may be critical; the name itself is asked about afterwards.
      KnownExtensions()
    }
    switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(others)) {
    case .validCertificate: return nil
    case .couldNotValidate(let failures) where failures.isEmpty: return "its chain leads to no trusted certificate"
    case .couldNotValidate: return "its chain breaks a rule: validity, constraints, allowed use, or strength of a signature"
    }
  }

  /// Asks about the name alone: the leaf is its own root here.
  private func isFor(_ host: String, _ leaf: Certificate) async -> Bool {
    var name = host
    if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
    // The zone of a link-local address is this machine's business. Names have none.
    if let zone = name.firstIndex(of: "%"), name[..<zone].contains(":") { name = String(name[..<zone]) }
    let isAddress = IPAddressBytes(name) != nil
    var verifier = Verifier(rootCertificates: CertificateStore([leaf])) {
      ServerIdentityPolicy(serverHostname: isAddress ? nil : name, serverIP: isAddress ? name : nil)
      KnownExtensions()
    }
    switch await verifier.validate(leaf: leaf, intermediates: CertificateStore()) {
    case .validCertificate: return true
    case .couldNotValidate: return false
    }
  }
}
