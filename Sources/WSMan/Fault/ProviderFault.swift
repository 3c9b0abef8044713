/// The fault of the plug-in behind the service (`f:ProviderFault`).
public struct ProviderFault: Sendable, Equatable {
  /// The plug-in's name, such as `Shell cmd plugin`.
  public var provider: String?
  /// The plug-in's file.
  public var path: String?
  public var providerID: String?
  /// The code of a nested `f:WSManFault`.
  public var code: UInt32?
  /// The text, that of a nested fault included.
  public var message: String

  public init(provider: String?, path: String? = nil, providerID: String? = nil, code: UInt32? = nil, message: String) {
    self.provider = provider
    self.path = path
    self.providerID = providerID
    self.code = code
    self.message = message
  }
}
