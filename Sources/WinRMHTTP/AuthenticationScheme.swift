/// The authentication schemes of WinRM over HTTP, in the spelling of the wire.
public enum AuthenticationScheme: String, Sendable, Hashable, CaseIterable {
  case negotiate = "Negotiate"
  case kerberos = "Kerberos"
  case credSSP = "CredSSP"
  case basic = "Basic"
  /// The client's certificate of the TLS connection (DSP0226, annex on security profiles). The name is no token of HTTP, so that no challenge
  /// can carry it; a client that has a certificate says it unasked.
  case certificate = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

  /// The scheme of that name, in any case; `nil` for others.
  public init?(name: String) {
    guard let scheme = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else { return nil }
    self = scheme
  }

  /// Whether a `WWW-Authenticate` field can offer it.
  public var canBeOffered: Bool { self != .certificate }
}

extension AuthenticationScheme: CustomStringConvertible {
  /// The name for people.
  public var description: String { self == .certificate ? "Certificate" : rawValue }
}
