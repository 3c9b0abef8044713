/// NEGOTIATE_MESSAGE (MS-NLMP §2.2.1.1), the client's first.
public struct NegotiateMessage: Sendable, Equatable {
  /// What the client offers.
  public var flags: NegotiateFlags
  /// The client's domain in its code page; empty when not supplied.
  public var domainName: [UInt8]
  /// The client's name in its code page; empty when not supplied.
  public var workstation: [UInt8]
  /// What the client claims to run; `nil` when absent.
  public var version: NTLMVersion?

  public init(flags: NegotiateFlags, domainName: [UInt8] = [], workstation: [UInt8] = [], version: NTLMVersion? = nil) {
    self.flags = flags
    self.domainName = domainName
    self.workstation = workstation
    self.version = version
  }

  /// Decodes a message. The short forms of 16 bytes (flags only) and 32 bytes (no version) are legal.
  ///
  /// - Throws: ``NTLMError/Code/malformed``, ``NTLMError/Code/limit``.
  public init(decoding bytes: [UInt8]) throws(NTLMError) {
    var reader = try MessageReader(bytes, type: .negotiate)
    flags = try reader.flags()
    (domainName, workstation, version) = ([], [], nil)
    guard reader.remaining > 0 else { return }
    // Without its flag a field has no meaning, and its descriptor may hold anything.
    if flags.contains(.oemDomainSupplied) { domainName = try reader.field() } else { _ = try reader.bytes(8) }
    if flags.contains(.oemWorkstationSupplied) { workstation = try reader.field() } else { _ = try reader.bytes(8) }
    try reader.checkPayload()
    if flags.contains(.version) { version = reader.version() }
    try reader.checkPayload()
  }

  /// The message's bytes.
  public func encode() -> [UInt8] {
    var writer = MessageWriter(type: .negotiate, fixedLength: 40)
    writer.append(flags)
    writer.append(field: domainName)
    writer.append(field: workstation)
    writer.append(version)
    return writer.finish()
  }
}
