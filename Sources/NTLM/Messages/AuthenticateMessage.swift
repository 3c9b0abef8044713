import SecuritySupport

/// AUTHENTICATE_MESSAGE (MS-NLMP §2.2.1.3), the client's last. The responses let an attacker guess the password at leisure, so the
/// type prints without them.
public struct AuthenticateMessage: Sendable, Equatable {
  public var lmChallengeResponse: [UInt8]
  public var ntChallengeResponse: [UInt8]
  /// The domain, encoded as the flags say.
  public var domainName: [UInt8]
  /// The user, encoded as the flags say.
  public var userName: [UInt8]
  /// The client's name, encoded as the flags say.
  public var workstation: [UInt8]
  /// The session key under RC4, 16 bytes, or empty.
  public var encryptedRandomSessionKey: [UInt8]
  /// What was agreed in the end.
  public var flags: NegotiateFlags
  /// What the client claims to run; `nil` when absent.
  public var version: NTLMVersion?
  /// The 16 bytes of the MIC field; `nil` when the message has none. It only counts when the client's AV flags say so (§3.1.5.1.2).
  public var mic: [UInt8]?

  public init(
    lmChallengeResponse: [UInt8], ntChallengeResponse: [UInt8], domainName: [UInt8], userName: [UInt8], workstation: [UInt8],
    encryptedRandomSessionKey: [UInt8], flags: NegotiateFlags, version: NTLMVersion? = nil, mic: [UInt8]? = nil
  ) {
    self.lmChallengeResponse = lmChallengeResponse
    self.ntChallengeResponse = ntChallengeResponse
    self.domainName = domainName
    self.userName = userName
    self.workstation = workstation
    self.encryptedRandomSessionKey = encryptedRandomSessionKey
    self.flags = flags
    self.version = version
    self.mic = mic
  }

  /// Where the MIC stands in a message that has one.
  static let micRange = 72..<88

  /// Decodes a message. Version and MIC are optional: they are there when the payload begins behind them.
  ///
  /// - Throws: ``NTLMError/Code/malformed``, ``NTLMError/Code/limit``.
  public init(decoding bytes: [UInt8]) throws(NTLMError) {
    var reader = try MessageReader(bytes, type: .authenticate)
    lmChallengeResponse = try reader.field()
    ntChallengeResponse = try reader.field()
    domainName = try reader.field()
    userName = try reader.field()
    workstation = try reader.field()
    encryptedRandomSessionKey = try reader.field()
    flags = try reader.flags()
    try reader.checkPayload()
    version = reader.version()
    mic = version == nil ? nil : reader.optional(Self.micRange.count)
  }

  /// The message's bytes. The version stands in every one; the MIC field is left out when ``mic`` is `nil`.
  public func encode() -> [UInt8] {
    var writer = MessageWriter(type: .authenticate, fixedLength: mic == nil ? Self.micRange.lowerBound : Self.micRange.upperBound)
    writer.append(field: lmChallengeResponse)
    writer.append(field: ntChallengeResponse)
    writer.append(field: domainName)
    writer.append(field: userName)
    writer.append(field: workstation)
    writer.append(field: encryptedRandomSessionKey)
    writer.append(flags)
    writer.append(version)
    if let mic { writer.append(Array((mic + [UInt8](repeating: 0, count: Self.micRange.count)).prefix(Self.micRange.count))) }
    return writer.finish()
  }
}

extension AuthenticateMessage: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "AUTHENTICATE (flags \(flags), responses not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
