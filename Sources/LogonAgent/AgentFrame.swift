import SecuritySupport

/// What the client of an agent asks. One connection carries one exchange: negotiate, then authenticate.
enum AgentRequest: Equatable {
  /// Start an NTLM exchange with this server.
  case negotiate(targetName: String?, channelBindings: ChannelBindings?)
  /// The server's CHALLENGE.
  case authenticate(challenge: [UInt8])
}

/// What the agent answers.
enum AgentReply {
  /// NEGOTIATE, and the name that the agent logs on with.
  case negotiated(message: [UInt8], accountName: String)
  /// AUTHENTICATE and the fresh context behind it.
  case authenticated(message: [UInt8], exportedSessionKey: SecretBytes, flags: UInt32, sendSequence: UInt32, receiveSequence: UInt32)
  case refused(Refusal)

  enum Refusal: UInt8 {
    case malformed = 1
    case outOfSequence = 2
    case badChallenge = 3
    case limit = 4
    case internalFailure = 5
  }
}

/// Frames: a 32-bit little-endian length, then a version, a tag and the fields; texts and byte strings behind their own length.
enum AgentCodec {
  static let version: UInt8 = 1
  /// The longest frame without its length, in bytes. A CHALLENGE is shorter than 64 KiB.
  static let maximumLength = 96 << 10
  /// The longest target name, in bytes of UTF-8.
  static let maximumTargetNameLength = 1024

  fileprivate static func frame(tag: UInt8, _ body: (inout [UInt8]) -> Void) -> [UInt8] {
    var payload: [UInt8] = [version, tag]
    body(&payload)
    var frame: [UInt8] = []
    frame.reserveCapacity(payload.count + 4)
    frame.append(littleEndian: UInt32(truncatingIfNeeded: payload.count))
    frame += payload
    SecretBytes.wipe(&payload)
    return frame
  }
}

extension [UInt8] {
  fileprivate mutating func append(field: [UInt8]) {
    append(littleEndian: UInt32(truncatingIfNeeded: field.count))
    append(contentsOf: field)
  }

  fileprivate mutating func append(optional field: [UInt8]?) {
    append(field == nil ? 0 : 1)
    if let field { append(field: field) }
  }
}

/// Reads the fields of a frame's payload.
private struct AgentReader {
  var reader: ByteReader
  let tag: UInt8

  init(_ payload: [UInt8]) throws(LogonAgentError) {
    reader = ByteReader(payload)
    guard reader.readUInt8() == AgentCodec.version, let tag = reader.readUInt8() else { throw Self.malformed }
    self.tag = tag
  }

  static var malformed: LogonAgentError { LogonAgentError(.malformed, "not a frame of the agent's protocol") }

  mutating func readField(limit: Int) throws(LogonAgentError) -> [UInt8] {
    guard let count = reader.readUInt32() else { throw Self.malformed }
    guard count <= limit else { throw LogonAgentError(.limit, "a field is too long") }
    guard let field = reader.read(Int(count)) else { throw Self.malformed }
    return Array(field)
  }

  mutating func readText(limit: Int) throws(LogonAgentError) -> String {
    guard let text = String(validating: try readField(limit: limit), as: UTF8.self) else { throw Self.malformed }
    return text
  }

  mutating func readOptional<T>(_ body: (inout Self) throws(LogonAgentError) -> T) throws(LogonAgentError) -> T? {
    switch reader.readUInt8() {
    case 0: return nil
    case 1: return try body(&self)
    default: throw Self.malformed
    }
  }

  mutating func readUInt32() throws(LogonAgentError) -> UInt32 {
    guard let value = reader.readUInt32() else { throw Self.malformed }
    return value
  }

  func finish() throws(LogonAgentError) { guard reader.remaining == 0 else { throw Self.malformed } }
}

extension AgentRequest {
  func encode() -> [UInt8] {
    switch self {
    case .negotiate(let targetName, let bindings):
      AgentCodec.frame(tag: 1) {
        $0.append(optional: targetName.map { Array($0.utf8) })
        $0.append(optional: bindings?.applicationData)
      }
    case .authenticate(let challenge): AgentCodec.frame(tag: 2) { $0.append(field: challenge) }
    }
  }

  /// Decodes a frame's payload, without its length.
  init(decoding payload: [UInt8]) throws(LogonAgentError) {
    var reader = try AgentReader(payload)
    switch reader.tag {
    case 1:
      self = .negotiate(
        targetName: try reader.readOptional { (reader) throws(LogonAgentError) in
          try reader.readText(limit: AgentCodec.maximumTargetNameLength)
        },
        channelBindings: try reader.readOptional { (reader) throws(LogonAgentError) in
          ChannelBindings(applicationData: try reader.readField(limit: 1024))
        })
    case 2: self = .authenticate(challenge: try reader.readField(limit: 64 << 10))
    default: throw AgentReader.malformed
    }
    try reader.finish()
  }
}

extension AgentReply {
  /// The caller wipes the frame of `.authenticated` after use.
  func encode() -> [UInt8] {
    switch self {
    case .negotiated(let message, let accountName):
      AgentCodec.frame(tag: 1) {
        $0.append(field: message)
        $0.append(field: Array(accountName.utf8))
      }
    case .authenticated(let message, let key, let flags, let sendSequence, let receiveSequence):
      AgentCodec.frame(tag: 2) { payload in
        payload.reserveCapacity(message.count + key.count + 32)  // no growth after the key is inside
        payload.append(field: message)
        payload.append(littleEndian: flags)
        payload.append(littleEndian: sendSequence)
        payload.append(littleEndian: receiveSequence)
        payload.append(littleEndian: UInt32(truncatingIfNeeded: key.count))
        key.withUnsafeBytes { payload.append(contentsOf: $0) }
      }
    case .refused(let refusal): AgentCodec.frame(tag: 255) { $0.append(refusal.rawValue) }
    }
  }

  /// Decodes a frame's payload, without its length.
  init(decoding payload: [UInt8]) throws(LogonAgentError) {
    var reader = try AgentReader(payload)
    switch reader.tag {
    case 1: self = .negotiated(message: try reader.readField(limit: 64 << 10), accountName: try reader.readText(limit: 1024))
    case 2:
      let message = try reader.readField(limit: 64 << 10)
      let (flags, sent, received) = (try reader.readUInt32(), try reader.readUInt32(), try reader.readUInt32())
      var key = try reader.readField(limit: 16)
      defer { SecretBytes.wipe(&key) }
      guard key.count == 16 else { throw AgentReader.malformed }
      self = .authenticated(
        message: message, exportedSessionKey: SecretBytes(key), flags: flags, sendSequence: sent, receiveSequence: received)
    case 255:
      guard let number = reader.reader.readUInt8(), let refusal = Refusal(rawValue: number) else { throw AgentReader.malformed }
      self = .refused(refusal)
    default: throw AgentReader.malformed
    }
    try reader.finish()
  }
}
