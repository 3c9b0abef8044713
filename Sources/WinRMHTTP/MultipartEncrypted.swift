/// How much of an encrypted body is read.
public struct MultipartLimits: Sendable, Equatable {
  /// The whole body in bytes.
  public var maximumBytes: Int
  /// How many header and data pairs.
  public var maximumParts: Int
  /// The sum of the declared plaintext lengths.
  public var maximumPlaintext: Int

  public init(maximumBytes: Int = 2_097_152, maximumParts: Int = 256, maximumPlaintext: Int = 2_097_152) {
    self.maximumBytes = maximumBytes
    self.maximumParts = maximumParts
    self.maximumPlaintext = maximumPlaintext
  }
}

/// The layout of encrypted bodies (MS-WSMV §2.2.9): `multipart/encrypted` and `multipart/x-multi-encrypted`.
public enum MultipartEncrypted {
  public static let originalContentType = "application/soap+xml;charset=UTF-8"

  public static func encode(
    _ parts: [EncryptedPart], protocol encryption: EncryptionProtocol, originalContentType: String = originalContentType
  ) -> (contentType: String, body: [UInt8]) { ("", []) }

  public static func decode(
    contentType: String, body: [UInt8], accepting protocols: Set<EncryptionProtocol>, limits: MultipartLimits = MultipartLimits()
  ) throws(WinRMHTTPError) -> [EncryptedPart] { [] }

  /// Whether the content type is that of an encrypted body.
  public static func isEncrypted(contentType: String) -> Bool { false }
}
