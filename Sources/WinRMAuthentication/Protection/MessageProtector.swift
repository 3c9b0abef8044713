public import WinRMHTTP

/// Protects the bodies of one connection after its authentication.
///
/// The order of calls is part of the protocol: NTLM counts messages and TLS counts records. One task owns a protector; it is not
/// thread-safe. After a throw the connection is unusable.
public protocol MessageProtector: AnyObject {
  /// The protocol named in the `multipart/encrypted` content type.
  var encryptionProtocol: EncryptionProtocol { get }

  /// Encrypts one body. The result's content type and body go into the HTTP message as they are.
  ///
  /// - Parameter originalContentType: that of the plaintext.
  func protect(_ plaintext: [UInt8], originalContentType: String) async throws -> (contentType: String, body: [UInt8])

  /// Decrypts one body.
  ///
  /// - Parameter limit: the largest plain text accepted, in bytes.
  /// - Throws: ``AuthenticationError`` with `protection` for a body that is not encrypted as agreed, does not verify, or is too large.
  func unprotect(contentType: String, body: [UInt8], limit: Int) async throws -> [UInt8]
}

extension MessageProtector {
  /// Encrypts one body of SOAP in UTF-8.
  public func protect(_ plaintext: [UInt8]) async throws -> (contentType: String, body: [UInt8]) {
    try await protect(plaintext, originalContentType: MultipartEncrypted.originalContentType)
  }
}
