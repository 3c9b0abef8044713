import SecuritySupport

/// CHALLENGE_MESSAGE (MS-NLMP §2.2.1.2), the server's answer to NEGOTIATE.
public struct ChallengeMessage: Sendable, Equatable {
  /// The name of the server or of its domain, encoded as the flags say.
  public var targetName: [UInt8]
  /// What was agreed.
  public var flags: NegotiateFlags
  /// Eight random bytes, used once.
  public var serverChallenge: [UInt8]
  /// The encoded AV pairs, as received.
  public var targetInfo: [UInt8]
  /// What the server claims to run; `nil` when absent.
  public var version: NTLMVersion?

  /// - Parameter serverChallenge: eight bytes; more are cut and fewer filled with zeros when encoding.
  public init(targetName: [UInt8], flags: NegotiateFlags, serverChallenge: [UInt8], targetInfo: [UInt8], version: NTLMVersion? = nil) {
    self.targetName = targetName
    self.flags = flags
    self.serverChallenge = serverChallenge
    self.targetInfo = targetInfo
    self.version = version
  }

  /// Decodes a message. Old forms without AV pairs (32 bytes) and without version (48 bytes) are legal.
  ///
  /// - Throws: ``NTLMError/Code/malformed``, ``NTLMError/Code/limit``. The AV pairs are not looked into.
  public init(decoding bytes: [UInt8]) throws(NTLMError) {
    var reader = try MessageReader(bytes, type: .challenge)
    targetName = try reader.field()
    flags = try reader.flags()
    serverChallenge = try reader.bytes(8)
    (targetInfo, version) = ([], nil)
    if reader.optional(8) != nil, reader.remaining >= 8 {
      targetInfo = try reader.field()
      try reader.checkPayload()
      if flags.contains(.version) { version = reader.version() }
    }
    try reader.checkPayload()
  }

  /// The message's bytes.
  public func encode() -> [UInt8] {
    var writer = MessageWriter(type: .challenge, fixedLength: 56)
    writer.append(field: targetName)
    writer.append(flags)
    writer.append(Array((serverChallenge + [UInt8](repeating: 0, count: 8)).prefix(8)))
    writer.append([UInt8](repeating: 0, count: 8))
    writer.append(field: targetInfo)
    writer.append(version)
    return writer.finish()
  }

  /// The target name as text, or `nil` when it is not UTF-16LE.
  public var targetNameText: String? {
    flags.contains(.unicode) ? String(strictUTF16LittleEndian: targetName) : nil
  }
}
