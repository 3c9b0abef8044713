#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What the check of a server's certificate found.
public enum CertificateVerdict: Sendable, Equatable {
  case trusted
  /// The reason is for people and holds no text of the peer's.
  case refused(reason: String)
}

/// Checks a server's certificate: its chain up to a trusted root (RFC 5280), its validity in time, its use for servers, and that it is
/// for the host that the user typed (RFC 6125; DNS names with wildcards, IP addresses).
public struct CertificateVerifier: Sendable {
  /// The certificates that need no further proof.
  public enum Roots: Sendable, Equatable {
    /// Those of the operating system.
    case system
    /// Those of a PEM file.
    case pem(file: String)
  }

  public let roots: Roots

  public init(roots: Roots = .system) { self.roots = roots }

  /// Whether `chain` (DER, leaf first) is good for `host` as typed, with or without the brackets of an IPv6 address, at `now`.
  public func verify(chain: [[UInt8]], host: String, now: Date = Date()) async -> CertificateVerdict {
    .refused(reason: "not checked yet")
  }
}
