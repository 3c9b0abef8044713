public import SecuritySupport

/// An established NTLM context: signs and seals messages in both directions (MS-NLMP §3.4).
///
/// Messages must be sent and received in order. After a message that fails to verify the session refuses everything. A copy would use
/// the same key stream for different messages, so there must be one owner only.
public struct NTLMSession: Sendable {
  private var sending: SealingDirection
  private var receiving: SealingDirection
  private let exportedSessionKey: SecretBytes
  private let flags: NegotiateFlags
  private let isInitiator: Bool
  private var isBroken = false

  init(exportedSessionKey: SecretBytes, flags: NegotiateFlags, isInitiator: Bool, sendSequence: UInt32 = 0, receiveSequence: UInt32 = 0) {
    let client = SealingKeys(exportedSessionKey: exportedSessionKey, flags: flags, direction: .clientToServer)
    let server = SealingKeys(exportedSessionKey: exportedSessionKey, flags: flags, direction: .serverToClient)
    sending = SealingDirection(keys: isInitiator ? client : server, flags: flags, sequence: sendSequence)
    receiving = SealingDirection(keys: isInitiator ? server : client, flags: flags, sequence: receiveSequence)
    self.exportedSessionKey = exportedSessionKey
    self.flags = flags
    self.isInitiator = isInitiator
  }

  /// Seals a message. An empty one is legal and takes a sequence number too.
  ///
  /// - Returns: the signature (16 bytes) followed by the ciphertext, as long as the plaintext.
  /// - Throws: ``NTLMError/Code/limit`` when the sequence numbers are used up, ``NTLMError/Code/outOfSequence`` after a failure.
  public mutating func seal(_ plaintext: [UInt8]) throws(NTLMError) -> [UInt8] {
    try plaintextPointer(plaintext) { (session, bytes) throws(NTLMError) in try session.seal(bytes) }
  }

  /// Seals a secret without any copy of its plaintext.
  ///
  /// - Returns: the signature (16 bytes) followed by the ciphertext.
  /// - Throws: as ``seal(_:)``.
  public mutating func seal(secret: SecretBytes) throws(NTLMError) -> [UInt8] {
    let result: Result<[UInt8], NTLMError> = secret.withUnsafeBytes { bytes in
      do throws(NTLMError) { return .success(try seal(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Unseals what ``seal(_:)`` made on the other side.
  ///
  /// - Throws: ``NTLMError/Code/badSignature``, ``NTLMError/Code/badSequence``, ``NTLMError/Code/malformed`` (shorter than a signature),
  ///   ``NTLMError/Code/limit``, and ``NTLMError/Code/outOfSequence`` after a failure.
  public mutating func unseal(_ sealed: [UInt8]) throws(NTLMError) -> [UInt8] {
    try checkUsable()
    guard sealed.count >= SealingDirection.signatureLength else { throw fail(.malformed, "shorter than a signature") }
    var message = Array(sealed[SealingDirection.signatureLength...])
    do throws(NTLMError) {
      try check(sealed.prefix(SealingDirection.signatureLength)) { (direction) throws(NTLMError) in
        try Self.inPlace(&message) { (bytes) throws(NTLMError) in try direction.unseal(bytes) }
      }
    } catch {
      SecretBytes.wipe(&message)
      throw error
    }
    return message
  }

  /// Unseals a message that is a secret: its plaintext exists in the result only.
  ///
  /// - Throws: as ``unseal(_:)``.
  public mutating func unseal(toSecret sealed: [UInt8]) throws(NTLMError) -> SecretBytes {
    try checkUsable()
    guard sealed.count >= SealingDirection.signatureLength else { throw fail(.malformed, "shorter than a signature") }
    var outcome: Result<Void, NTLMError> = .success(())
    let message = SecretBytes(count: sealed.count - SealingDirection.signatureLength) { target in
      target.copyBytes(from: sealed[SealingDirection.signatureLength...])
      do throws(NTLMError) {
        try check(sealed.prefix(SealingDirection.signatureLength)) { (direction) throws(NTLMError) in try direction.unseal(target) }
      } catch { outcome = .failure(error) }
    }
    try outcome.get()
    return message
  }

  /// Signs a message that travels in clear. The RC4 handle moves on by the checksum.
  ///
  /// - Returns: the signature, 16 bytes.
  /// - Throws: ``NTLMError/Code/limit``, and ``NTLMError/Code/outOfSequence`` after a failure.
  public mutating func sign(_ message: [UInt8]) throws(NTLMError) -> [UInt8] {
    try plaintextPointer(message) { (session, bytes) throws(NTLMError) in
      try session.checkUsable()
      return try session.sending.sign(bytes)
    }
  }

  /// Verifies what ``sign(_:)`` made on the other side.
  ///
  /// - Throws: as ``unseal(_:)``.
  public mutating func verify(_ signature: [UInt8], of message: [UInt8]) throws(NTLMError) {
    try checkUsable()
    guard signature.count == SealingDirection.signatureLength else { throw fail(.malformed, "not the length of a signature") }
    try check(signature[...]) { (direction) throws(NTLMError) in
      var outcome: Result<[UInt8], NTLMError> = .success([])
      message.withUnsafeBytes { bytes in
        do throws(NTLMError) { outcome = .success(try direction.sign(bytes)) } catch { outcome = .failure(error) }
      }
      return try outcome.get()
    }
  }

  /// Makes SPNEGO's mechListMIC, then sets the sending RC4 handle anew while the counter goes on (MS-SPNG §3.3.5.1).
  ///
  /// - Throws: as ``sign(_:)``.
  public mutating func makeMechListMIC(over mechanismList: [UInt8]) throws(NTLMError) -> [UInt8] {
    let mic = try sign(mechanismList)
    sending.resetStream()
    return mic
  }

  /// Verifies the peer's mechListMIC, then sets the receiving RC4 handle anew while the counter goes on.
  ///
  /// - Throws: as ``verify(_:of:)``.
  public mutating func verifyMechListMIC(_ mic: [UInt8], over mechanismList: [UInt8]) throws(NTLMError) {
    try verify(mic, of: mechanismList)
    receiving.resetStream()
  }

  // MARK: -

  private mutating func seal(_ plaintext: UnsafeRawBufferPointer) throws(NTLMError) -> [UInt8] {
    try checkUsable()
    var sealed = [UInt8](unsafeUninitializedCapacity: SealingDirection.signatureLength + plaintext.count) { target, count in
      let target = UnsafeMutableRawBufferPointer(target)
      target.initializeMemory(as: UInt8.self, repeating: 0)
      UnsafeMutableRawBufferPointer(rebasing: target[SealingDirection.signatureLength...]).copyMemory(from: plaintext)
      count = target.count
    }
    do throws(NTLMError) {
      let signature = try Self.inPlace(&sealed) { (bytes) throws(NTLMError) in
        try sending.seal(UnsafeMutableRawBufferPointer(rebasing: bytes[SealingDirection.signatureLength...]))
      }
      sealed.replaceSubrange(..<SealingDirection.signatureLength, with: signature)
    } catch {
      SecretBytes.wipe(&sealed)
      throw error
    }
    return sealed
  }

  /// Gives the bytes of an array to a throwing body; `withUnsafeBytes` does not carry typed errors.
  private mutating func plaintextPointer(
    _ bytes: [UInt8], _ body: (inout Self, UnsafeRawBufferPointer) throws(NTLMError) -> [UInt8]
  ) throws(NTLMError) -> [UInt8] {
    let result: Result<[UInt8], NTLMError> = bytes.withUnsafeBytes { bytes in
      do throws(NTLMError) { return .success(try body(&self, bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func inPlace(
    _ bytes: inout [UInt8], _ body: (UnsafeMutableRawBufferPointer) throws(NTLMError) -> [UInt8]
  ) throws(NTLMError) -> [UInt8] {
    let result: Result<[UInt8], NTLMError> = bytes.withUnsafeMutableBytes { bytes in
      do throws(NTLMError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Compares a received signature with the one that `expected` computes. The sequence number stands in it in clear and is looked at
  /// first, so that a message out of order has its own error.
  private mutating func check(
    _ signature: ArraySlice<UInt8>, _ expected: (inout SealingDirection) throws(NTLMError) -> [UInt8]
  ) throws(NTLMError) {
    let number = signature.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard try number == receiving.sequence() else { throw fail(.badSequence, "a message out of order, repeated or lost") }
    guard isEqual(try expected(&receiving), Array(signature)) else { throw fail(.badSignature, "the signature does not verify") }
  }

  private func checkUsable() throws(NTLMError) {
    guard !isBroken else { throw NTLMError(.outOfSequence, "an earlier message of this session failed to verify") }
  }

  private mutating func fail(_ code: NTLMError.Code, _ message: String) -> NTLMError {
    isBroken = true
    return NTLMError(code, message)
  }
}

extension NTLMSession {
  /// What another process needs to go on with an established context.
  ///
  /// The exported session key is fresh for each context and reveals nothing about the password.
  public struct Export: Sendable {
    /// 16 bytes.
    public let exportedSessionKey: SecretBytes
    /// The flags of AUTHENTICATE.
    public let flags: UInt32
    /// The numbers of the next messages.
    public let sendSequence: UInt32
    public let receiveSequence: UInt32
    public let isInitiator: Bool

    /// - Throws: ``NTLMError/Code/local`` when the key has not 16 bytes, ``NTLMError/Code/missingFlags`` when the flags lack one that
    ///   protection needs.
    public init(
      exportedSessionKey: SecretBytes, flags: UInt32, sendSequence: UInt32, receiveSequence: UInt32, isInitiator: Bool
    ) throws(NTLMError) {
      guard exportedSessionKey.count == 16 else { throw NTLMError(.local, "an exported session key has 16 bytes") }
      guard NegotiateFlags(rawValue: flags).isSuperset(of: .required) else {
        throw NTLMError(.missingFlags, "the context lacks flags that protection needs")
      }
      self.exportedSessionKey = exportedSessionKey
      self.flags = flags
      self.sendSequence = sendSequence
      self.receiveSequence = receiveSequence
      self.isInitiator = isInitiator
    }
  }

  /// The context as values. Only possible while both RC4 handles are fresh: at the start, and right after the mechListMICs.
  ///
  /// - Throws: ``NTLMError/Code/outOfSequence`` when a message has been signed or sealed since, or one failed to verify.
  public func export() throws(NTLMError) -> Export {
    try checkUsable()
    guard sending.isFresh, receiving.isFresh else { throw NTLMError(.outOfSequence, "messages have passed since the key streams began") }
    return try Export(
      exportedSessionKey: exportedSessionKey, flags: flags.rawValue, sendSequence: try sending.sequence(),
      receiveSequence: try receiving.sequence(), isInitiator: isInitiator)
  }

  /// Goes on with a context that another process established.
  public init(importing export: Export) {
    self.init(
      exportedSessionKey: export.exportedSessionKey, flags: NegotiateFlags(rawValue: export.flags), isInitiator: export.isInitiator,
      sendSequence: export.sendSequence, receiveSequence: export.receiveSequence)
  }
}

extension NTLMSession: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "NTLM session (\(isInitiator ? "initiator" : "acceptor"), keys not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
