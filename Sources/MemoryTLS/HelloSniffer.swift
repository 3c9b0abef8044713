import SecuritySupport

/// Reads the first handshake message that passes in one direction: NIOSSL tells the protocol version, but not the cipher suite.
struct HelloSniffer {
  /// What a hello says.
  struct Hello: Equatable {
    enum Kind: UInt8 { case client = 1, server = 2 }
    var kind: Kind
    /// Server: the version chosen. Client: the highest version offered.
    var version: UInt16
    /// Server: the cipher suite chosen. Client: those offered.
    var cipherSuites: [UInt16]
  }

  private(set) var hello: Hello?
  private var records: [UInt8] = []
  private var isDone = false

  /// A hello is shorter than this; what is longer is not looked at.
  private static let limit = 1 << 16

  /// Takes the bytes of one direction in order, cut anywhere.
  mutating func absorb(_ bytes: [UInt8]) {
    guard !isDone else { return }
    records += bytes.prefix(Self.limit)
    var message: [UInt8] = []
    var reader = ByteReader(records)
    while let type = reader.readUInt8() {
      guard type == 22 else { return finish() }  // an alert, or no TLS at all
      guard reader.read(2) != nil, let length = reader.bigEndian(2), let fragment = reader.read(length) else { break }
      message += fragment
      var inner = ByteReader(message)
      guard let kind = inner.readUInt8(), let size = inner.bigEndian(3), let body = inner.read(size) else { continue }
      hello = Hello.Kind(rawValue: kind).flatMap { Hello(kind: $0, body: Array(body)) }
      return finish()
    }
    if records.count >= Self.limit { finish() }
  }

  private mutating func finish() {
    records = []
    isDone = true
  }
}

extension HelloSniffer.Hello {
  /// ClientHello and ServerHello of TLS 1.2 and 1.3 (RFC 5246 §7.4.1, RFC 8446 §4.1); `nil` when the bytes are something else.
  fileprivate init?(kind: Kind, body: [UInt8]) {
    var reader = ByteReader(body)
    guard let legacyVersion = reader.bigEndian(2), reader.read(32) != nil, reader.vector(lengthBytes: 1) != nil else { return nil }
    var suites: [UInt16] = []
    switch kind {
    case .client:
      guard let list = reader.vector(lengthBytes: 2), reader.vector(lengthBytes: 1) != nil else { return nil }
      var entries = ByteReader(list)
      while let suite = entries.bigEndian(2) { suites.append(UInt16(truncatingIfNeeded: suite)) }
    case .server:
      guard let suite = reader.bigEndian(2), reader.read(1) != nil else { return nil }
      suites = [UInt16(truncatingIfNeeded: suite)]
    }
    self.init(kind: kind, version: UInt16(truncatingIfNeeded: legacyVersion), cipherSuites: suites)
    guard var extensions = reader.vector(lengthBytes: 2).map({ ByteReader($0) }) else { return }
    while let type = extensions.bigEndian(2), let value = extensions.vector(lengthBytes: 2) {
      guard type == 43 else { continue }  // supported_versions: a list from the client, one number from the server
      var versions = ByteReader(kind == .client ? Array(value.dropFirst()) : value)
      while let offered = versions.bigEndian(2).map(UInt16.init(truncatingIfNeeded:)) {
        // GREASE values (RFC 8701) are no versions.
        if offered & 0x0F0F != 0x0A0A { version = kind == .client ? max(version, offered) : offered }
      }
    }
  }
}

extension ByteReader {
  /// An integer of `count` bytes in network order, at most four.
  fileprivate mutating func bigEndian(_ count: Int) -> Int? { read(count)?.reduce(0) { $0 << 8 | Int($1) } }

  /// A vector behind its length.
  fileprivate mutating func vector(lengthBytes: Int) -> [UInt8]? { bigEndian(lengthBytes).flatMap { read($0) }.map(Array.init) }
}
