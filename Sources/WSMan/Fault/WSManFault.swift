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
}

extension WSManFault: Equatable {
  /// Equal in what is on the wire; ``cause`` does not count.
  public static func == (left: Self, right: Self) -> Bool {
    left.code == right.code && left.subcode == right.subcode && left.detail == right.detail && left.wsmanCode == right.wsmanCode
      && left.machine == right.machine && left.reason == right.reason && left.message == right.message
      && left.providerFault == right.providerFault && left.notUnderstood == right.notUnderstood && left.relatesTo == right.relatesTo
  }
}

extension WSManFault: CustomStringConvertible {
  /// Code, subcode, detail and number, such as `Sender InvalidSelectors UnexpectedSelectors 0x8033805B`. Texts are left
  /// out because the peer wrote them, and so are names that are not of a plain form.
  public var description: String {
    let names = [code.rawValue, subcode?.localName, detail?.name].compactMap(\.self).filter { name in
      name.utf8.count <= 64 && name.utf8.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 & 0xDF }
    }
    return (names + [wsmanCode?.hexadecimal].compactMap(\.self)).joined(separator: " ")
  }
}
