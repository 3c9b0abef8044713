/// The authentication schemes of WinRM over HTTP, in the spelling of the wire.
public enum AuthenticationScheme: String, Sendable, Hashable, CaseIterable {
  case negotiate = "Negotiate"
  case kerberos = "Kerberos"
  case credSSP = "CredSSP"
  case basic = "Basic"

  /// The scheme of that name, in any case; `nil` for others.
  public init?(name: String) {
    guard let scheme = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else { return nil }
    self = scheme
  }
}

extension AuthenticationScheme: CustomStringConvertible {
  public var description: String { rawValue }
}
