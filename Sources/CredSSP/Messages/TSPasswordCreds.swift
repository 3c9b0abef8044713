public import SecuritySupport

/// Kinds of delegated credentials (MS-CSSP §2.2.1.2).
public struct CredentialType: RawRepresentable, Hashable, Sendable {
  public var rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let password = Self(rawValue: 1)
  public static let smartCard = Self(rawValue: 2)
  public static let remoteGuard = Self(rawValue: 6)
}

/// A name and a password (MS-CSSP §2.2.1.2.1), alone or inside TSCredentials.
public struct TSPasswordCreds: Sendable {
  public var domainName: String
  public var userName: String
  /// UTF-16LE without terminator.
  public var password: SecretBytes

  public init(domainName: String, userName: String, password: SecretBytes) {
    self.domainName = domainName
    self.userName = userName
    self.password = password
  }

  /// From a credential with a UTF-8 password. Throws ``CredSSPError/Code/local`` when the password is not valid UTF-8.
  public init(_ credential: Credential) throws(CredSSPError) { throw CredSSPError(.local, "not there yet") }
  /// Takes TSCredentials apart: the plain text of `authInfo`.
  public init(decodingTSCredentials bytes: SecretBytes) throws(CredSSPError) { throw CredSSPError(.local, "not there yet") }
  /// TSCredentials for `authInfo`, in plain text.
  public func encodeTSCredentials() throws(CredSSPError) -> SecretBytes { throw CredSSPError(.local, "not there yet") }
}
