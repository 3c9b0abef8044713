/// The answer to Identify (DSP0226 §11).
public struct IdentifyResponse: Sendable, Equatable {
  public var protocolVersion: String
  public var productVendor: String
  /// Windows writes `OS: 10.0.17763 SP: 0.0 Stack: 3.0`, with `OS: 0.0.0` for unproven callers.
  public var productVersion: String
  /// URIs of security profiles.
  public var securityProfiles: [String]

  public init(
    protocolVersion: String = XMLNamespace.wsman.rawValue, productVendor: String, productVersion: String, securityProfiles: [String] = []
  ) {
    self.protocolVersion = protocolVersion
    self.productVendor = productVendor
    self.productVersion = productVersion
    self.securityProfiles = securityProfiles
  }
}
