import SecuritySupport

/// The VERSION structure (MS-NLMP §2.2.2.10): what the sender claims to run. For logs only, never for decisions.
public struct NTLMVersion: Sendable, Hashable {
  public var major: UInt8
  public var minor: UInt8
  public var build: UInt16
  /// The revision of NTLM: 15 (NTLMSSP_REVISION_W2K3).
  public var revision: UInt8

  public init(major: UInt8, minor: UInt8, build: UInt16, revision: UInt8 = 15) {
    self.major = major
    self.minor = minor
    self.build = build
    self.revision = revision
  }

  /// What we send: 10.0.20348, so that no peer takes us for something older than NTLMv2 with a MIC.
  static let ours = NTLMVersion(major: 10, minor: 0, build: 20348)

  static let encodedLength = 8

  /// `nil` unless there are exactly eight bytes.
  init?(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.encodedLength else { return nil }
    self.init(major: bytes[0], minor: bytes[1], build: UInt16(bytes[2]) | UInt16(bytes[3]) << 8, revision: bytes[7])
  }

  func encode(into message: inout [UInt8]) {
    message += [major, minor]
    message.append(littleEndian: build)
    message += [0, 0, 0, revision]
  }
}

extension NTLMVersion: CustomStringConvertible {
  public var description: String { "\(major).\(minor).\(build)" }
}
