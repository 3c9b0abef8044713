/// Versions and limits of one CredSSP end.
public struct CredSSPConfiguration: Sendable, Equatable {
  /// The lowest version of the peer that is accepted, 2 … 6; 5 by default.
  ///
  /// - Warning: versions 2 to 4 seal the bare public key and so lend the credential to a man in the middle (CVE-2018-0886).
  public var minimumVersion = 5
  /// The version written into every message, 2 … 6; 6 by default. The effective version is the lower one of this and the peer's.
  public var version = 6
  /// The longest TSRequest taken from the peer, in bytes; 128 KiB by default, which leaves room for a Kerberos token of 64 KiB.
  public var maximumMessageSize = 131_072
  /// How many tokens the peer may send before the exchange must be over; 64 by default.
  public var maximumTokens = 64

  public init(minimumVersion: Int = 5, version: Int = 6) {
    self.minimumVersion = minimumVersion
    self.version = version
  }
}
