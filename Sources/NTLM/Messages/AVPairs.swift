import SecuritySupport

/// The name of an AV pair (MS-NLMP §2.2.2.1). Unknown numbers are kept.
public struct AVIdentifier: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// MsvAvEOL: the end of the list.
  public static let endOfList = Self(rawValue: 0)
  /// MsvAvNbComputerName: the server's NetBIOS name.
  public static let netBIOSComputerName = Self(rawValue: 1)
  /// MsvAvNbDomainName: its domain's NetBIOS name.
  public static let netBIOSDomainName = Self(rawValue: 2)
  /// MsvAvDnsComputerName: the server's DNS name.
  public static let dnsComputerName = Self(rawValue: 3)
  /// MsvAvDnsDomainName: its domain's DNS name.
  public static let dnsDomainName = Self(rawValue: 4)
  /// MsvAvDnsTreeName: its forest's DNS name.
  public static let dnsTreeName = Self(rawValue: 5)
  /// MsvAvFlags: 32 bits, see ``AVFlags``.
  public static let flags = Self(rawValue: 6)
  /// MsvAvTimestamp: the server's FILETIME.
  public static let timestamp = Self(rawValue: 7)
  /// MsvAvSingleHost: an opaque machine identifier.
  public static let singleHost = Self(rawValue: 8)
  /// MsvAvTargetName: the service principal name that the client wanted.
  public static let targetName = Self(rawValue: 9)
  /// MsvAvChannelBindings: the MD5 of the client's channel bindings.
  public static let channelBindings = Self(rawValue: 10)
}

/// The bits of MsvAvFlags.
public struct AVFlags: OptionSet, Sendable, Hashable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The account is constrained.
  public static let constrained = Self(rawValue: 1)
  /// AUTHENTICATE carries a MIC.
  public static let mic = Self(rawValue: 2)
  /// The target name comes from an untrusted source.
  public static let untrustedTargetName = Self(rawValue: 4)
}

/// A list of AV pairs: the target information of CHALLENGE, and the client's extension of it inside its response.
public struct AVPairs: Sendable, Equatable {
  /// One pair.
  public struct Pair: Sendable, Equatable {
    public var identifier: AVIdentifier
    public var value: [UInt8]

    public init(_ identifier: AVIdentifier, _ value: [UInt8]) {
      self.identifier = identifier
      self.value = value
    }
  }

  /// The pairs in the order of the wire, without the end of the list.
  public var pairs: [Pair]

  public init(_ pairs: [Pair] = []) { self.pairs = pairs }

  /// Decodes a list up to its end (MsvAvEOL). What follows the end is ignored: clients put four reserved bytes there, or none.
  ///
  /// - Throws: ``NTLMError/Code/malformed`` when a value runs out of the bytes, the end is missing or has a length, a pair of which
  ///   the length is known (flags, timestamp, channel bindings) has another, or one of those that a verifier relies on stands twice.
  public init(decoding bytes: [UInt8]) throws(NTLMError) {
    try self.init(reader: ByteReader(bytes))
  }

  init(reader: ByteReader) throws(NTLMError) {
    var reader = reader
    pairs = []
    while true {
      guard let number = reader.readUInt16(), let length = reader.readUInt16(), let value = reader.read(Int(length)) else {
        throw NTLMError(.malformed, "the AV pairs have no end")
      }
      let identifier = AVIdentifier(rawValue: number)
      guard identifier != .endOfList else {
        guard length == 0 else { throw NTLMError(.malformed, "the end of the AV pairs has a value") }
        return
      }
      if let expected = Self.fixedLengths[identifier], expected != value.count {
        throw NTLMError(.malformed, "AV pair \(number) has \(value.count) bytes")
      }
      if Self.single.contains(identifier), self[identifier] != nil { throw NTLMError(.malformed, "AV pair \(number) stands twice") }
      pairs.append(Pair(identifier, Array(value)))
    }
  }

  private static let fixedLengths: [AVIdentifier: Int] = [.flags: 4, .timestamp: 8, .channelBindings: 16]
  private static let single: Set<AVIdentifier> = [.flags, .timestamp, .targetName, .channelBindings]

  /// The encoded list with its end.
  public func encode() -> [UInt8] {
    var bytes: [UInt8] = []
    for pair in pairs {
      let value = pair.value.prefix(Int(UInt16.max))
      bytes.append(littleEndian: pair.identifier.rawValue)
      bytes.append(littleEndian: UInt16(truncatingIfNeeded: value.count))
      bytes += value
    }
    return bytes + [0, 0, 0, 0]
  }

  /// The first value under `identifier`.
  public subscript(_ identifier: AVIdentifier) -> [UInt8]? { pairs.first { $0.identifier == identifier }?.value }

  /// A value as text; `nil` when absent or not UTF-16LE.
  public func text(_ identifier: AVIdentifier) -> String? { self[identifier].flatMap { String(strictUTF16LittleEndian: $0) } }

  /// MsvAvTimestamp; `nil` when absent.
  public var timestamp: UInt64? {
    self[.timestamp].flatMap {
      var reader = ByteReader($0)
      return reader.readUInt64()
    }
  }

  /// MsvAvFlags; no bits when absent.
  public var flags: AVFlags {
    var reader = ByteReader(self[.flags] ?? [])
    return AVFlags(rawValue: reader.readUInt32() ?? 0)
  }
}
