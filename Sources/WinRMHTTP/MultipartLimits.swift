/// How much of an encrypted body is read.
public struct MultipartLimits: Sendable, Equatable {
  /// The whole body in bytes.
  public var maximumBytes: Int
  /// How many header and data pairs. Each carries up to 16 384 bytes.
  public var maximumParts: Int
  /// The sum of the declared plaintext lengths in bytes.
  public var maximumPlaintext: Int

  public init(maximumBytes: Int = 2_228_224, maximumParts: Int = 256, maximumPlaintext: Int = 2_097_152) {
    self.maximumBytes = maximumBytes
    self.maximumParts = maximumParts
    self.maximumPlaintext = maximumPlaintext
  }
}
