/// Kinds of delegated credentials (MS-CSSP §2.2.1.2, `credType`).
public struct CredentialType: RawRepresentable, Hashable, Sendable {
  public var rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// A name and a password, the only kind taken here.
  public static let password = Self(rawValue: 1)
  /// A smart card's PIN and container (MS-CSSP §2.2.1.2.2).
  public static let smartCard = Self(rawValue: 2)
  /// Tickets of Remote Credential Guard (MS-CSSP §2.2.1.2.3).
  public static let remoteGuard = Self(rawValue: 6)
}

extension CredentialType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .password: "password (1)"
    case .smartCard: "smart card (2)"
    case .remoteGuard: "Remote Credential Guard (6)"
    default: "type \(rawValue)"
    }
  }
}
