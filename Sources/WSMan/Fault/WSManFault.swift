public import SecuritySupport

/// A SOAP fault, as a service makes it and as a client reads it (DSP0226 §14, MS-WSMV §2.2.4.43).
public struct WSManFault: Error, Sendable {
  /// `s:Code/s:Value`, by its local name.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The request is at fault.
    public static let sender = Self(rawValue: "Sender")
    /// The service is at fault, or the time was up.
    public static let receiver = Self(rawValue: "Receiver")
    public static let mustUnderstand = Self(rawValue: "MustUnderstand")
    public static let versionMismatch = Self(rawValue: "VersionMismatch")
  }

  public var code: Code
  /// `s:Subcode/s:Value` with its prefix resolved.
  public var subcode: XMLName?
  public var detail: FaultDetail?
  /// The number that tells what happened (`f:WSManFault/@Code`).
  public var wsmanCode: WinRMCode?
  /// The computer that made the fault.
  public var machine: String?
  /// `s:Reason`, one sentence.
  public var reason: String
  /// `f:Message`, when it says something else than ``reason``.
  public var message: String?
  public var providerFault: ProviderFault?
  /// The header that was not understood, for ``Code/mustUnderstand``.
  public var notUnderstood: XMLName?
  /// The id of the request, when it was readable.
  public var relatesTo: String?
  /// Why the request could not be read at all. Never on the wire.
  public var cause: WSManError?

  public init(
    code: Code, subcode: XMLName?, detail: FaultDetail? = nil, wsmanCode: WinRMCode?, machine: String? = nil, reason: String,
    message: String? = nil, providerFault: ProviderFault? = nil, notUnderstood: XMLName? = nil, relatesTo: String? = nil,
    cause: WSManError? = nil
  ) {
    self.code = code
    self.subcode = subcode
    self.detail = detail
    self.wsmanCode = wsmanCode
    self.machine = machine
    self.reason = reason
    self.message = message
    self.providerFault = providerFault
    self.notUnderstood = notUnderstood
    self.relatesTo = relatesTo
    self.cause = cause
  }

  /// The action of the message that carries the fault: it follows the namespace of the subcode.
  public var action: WSManAction {
    switch subcode?.namespace {
    case XMLNamespace.wsman.rawValue: .wsmanFault
    case XMLNamespace.transfer.rawValue: .transferFault
    case XMLNamespace.enumeration.rawValue: .enumerationFault
    case XMLNamespace.eventing.rawValue: .eventingFault
    default: .addressingFault
    }
  }

  /// Writes the envelope. Characters that XML 1.0 cannot carry become U+FFFD.
  ///
  /// - Parameters:
  ///   - request: the message id of the request; by default ``relatesTo``.
  ///   - machine: the name of this computer, by default ``machine``.
  public func encode(relatesTo request: String? = nil, machine: String? = nil) -> [UInt8] { [] }

  /// Reads a fault; `nil` when the bytes are not an envelope with one.
  public init?(decoding bytes: [UInt8], limits: XMLLimits = .response) { return nil }
}
