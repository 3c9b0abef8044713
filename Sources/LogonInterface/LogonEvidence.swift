public import Certificates
public import SecuritySupport

/// What a client of HTTP Basic says of itself.
public struct PasswordLogon: Sendable {
  /// The longest user name, in bytes of UTF-8.
  public static let maximumUserNameLength = 1024
  /// The longest password, in bytes of UTF-8.
  public static let maximumPasswordLength = 1024

  /// As the client wrote it: `user`, `.\user` or `HOST\user`.
  public var userName: String
  /// In UTF-8.
  public var password: SecretBytes

  public init(userName: String, password: SecretBytes) {
    self.userName = userName
    self.password = password
  }
}

extension PasswordLogon: Equatable {
  public static func == (left: Self, right: Self) -> Bool { left.userName == right.userName && left.password.isEqual(to: right.password) }
}

extension PasswordLogon: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The name may be a password that somebody typed into the wrong field.
  public var description: String { "a name and a password, not shown" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// That a client has a certificate, and the local account that the service's mappings give it. Only a verified certificate makes one; an
/// authority gets others from its codec alone, and takes those that its own mappings name.
public struct CertificateLogon: Sendable, Hashable {
  public let thumbprint: CertificateThumbprint
  /// A local account.
  public let userName: String

  public init(_ certificate: VerifiedClientCertificate, as userName: String) {
    self.init(thumbprint: certificate.thumbprint, userName: userName)
  }

  /// From a frame.
  init(thumbprint: CertificateThumbprint, userName: String) {
    self.thumbprint = thumbprint
    self.userName = userName
  }
}
