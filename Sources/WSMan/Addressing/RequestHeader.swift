/// The SOAP headers of a request that mean something here (DSP0226 §5, MS-WSMV §2.2.4).
public struct RequestHeader: Sendable, Equatable {
  /// The listener's URL as the client sees it. Servers do not check it.
  public var to: String
  /// The class of resource; `nil` only for Identify.
  public var resourceURI: ResourceURI?
  /// What to do; `nil` only for Identify.
  public var action: WSManAction?
  /// `uuid:` and a GUID, new for each request. Up to 2 048 bytes are read.
  public var messageID: String
  /// The largest answer that the client takes, in bytes of the envelope. At least 8 192 when read.
  public var maxEnvelopeSize: Int
  /// How long the server may take; for Receive the length of the long poll. `nil` when the client left it to the server.
  public var operationTimeout: Duration?
  /// The language of fault texts.
  public var locale: String
  /// The language of numbers and dates; `nil` as ``locale``.
  public var dataLocale: String?
  /// Which instance: names without case, values with.
  public var selectors: [String: String]
  public var options: [OptionValue]
  /// The part of the resource that is meant; `nil` for all of it.
  public var fragment: FragmentTransfer?
  /// `uuid:` and a GUID, the same for all requests of one client.
  public var sessionID: String?
  public var operationID: String?
  public var sequenceID: UInt64?
  public var activityID: String?

  public init(
    to: String, resourceURI: ResourceURI?, action: WSManAction?, messageID: String = GUIDText.randomMessageID(),
    maxEnvelopeSize: Int = 512_000, operationTimeout: Duration? = nil, locale: String = "en-US", dataLocale: String? = nil,
    selectors: [String: String] = [:], options: [OptionValue] = [], fragment: FragmentTransfer? = nil, sessionID: String? = nil,
    operationID: String? = nil,
    sequenceID: UInt64? = nil, activityID: String? = nil
  ) {
    self.to = to
    self.resourceURI = resourceURI
    self.action = action
    self.messageID = messageID
    self.maxEnvelopeSize = maxEnvelopeSize
    self.operationTimeout = operationTimeout
    self.locale = locale
    self.dataLocale = dataLocale
    self.selectors = selectors
    self.options = options
    self.fragment = fragment
    self.sessionID = sessionID
    self.operationID = operationID
    self.sequenceID = sequenceID
    self.activityID = activityID
  }

  /// The smallest `MaxEnvelopeSize` that DSP0226 lets a client ask for, in bytes.
  public static let minimumEnvelopeSize = 8_192

  /// The selector of that name, whatever its case.
  public func selector(_ name: String) -> String? {
    selectors[name] ?? selectors.first { $0.key.lowercased() == name.lowercased() }?.value
  }

  /// The value of the first option of that name, whatever its case.
  public func option(_ name: String) -> String? { options.first { $0.name.lowercased() == name.lowercased() }?.value }

  /// The selector `ShellId`.
  public var shellID: String? { selector("ShellId") }
}
