/// A certificate or a file of certificates cannot be used.
public struct CertificateError: Error, Equatable, Sendable {
  /// What is wrong, as a number that can grow.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The bytes are no certificate, or no file of certificates.
    public static let malformed = Self(rawValue: "malformed")
    /// A file of this machine cannot be read or written, or a certificate cannot be made.
    public static let local = Self(rawValue: "local")
    /// The process may not read or write a file.
    public static let accessDenied = Self(rawValue: "accessDenied")
    /// There is no such certificate.
    public static let notFound = Self(rawValue: "notFound")
    /// A file could have been read or written by others than it should, so it is not used.
    public static let unsafeFile = Self(rawValue: "unsafeFile")
    /// There is no private key, or one that is not for the certificate.
    public static let keyDoesNotFit = Self(rawValue: "keyDoesNotFit")
    /// The private key is encrypted, or of a kind that is not served.
    public static let unsupportedKey = Self(rawValue: "unsupportedKey")
    /// The password of a file is wrong.
    public static let wrongPassword = Self(rawValue: "wrongPassword")
    /// It is not yet, or no longer, valid.
    public static let notValidNow = Self(rawValue: "notValidNow")
    /// It is not for servers.
    public static let wrongUse = Self(rawValue: "wrongUse")
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension CertificateError {
  /// The parser does not tell the two apart.
  static let unreadable = CertificateError(
    .malformed, "a certificate cannot be read: it is damaged, or has a key that is not served, such as RSA with fewer than 2048 bits")
}

extension CertificateError: CustomStringConvertible {
  public var description: String { message }
}
