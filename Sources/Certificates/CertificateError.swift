/// A certificate or a file of certificates cannot be used.
public struct CertificateError: Error, Equatable, Sendable {
  /// What is wrong, as a number that can grow.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The bytes are no certificate.
    public static let malformed = Self(rawValue: "malformed")
    /// A file of this machine cannot be read, or a certificate cannot be made.
    public static let local = Self(rawValue: "local")
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension CertificateError: CustomStringConvertible {
  public var description: String { message }
}
