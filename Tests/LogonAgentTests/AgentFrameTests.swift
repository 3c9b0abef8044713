import SecuritySupport
import Testing

@testable import LogonAgent

private let requests: [AgentRequest] = [
  .negotiate(targetName: "HTTP/höst", channelBindings: ChannelBindings(serverEndPointHash: [1, 2])),
  .negotiate(targetName: nil, channelBindings: nil),
  .authenticate(challenge: [1, 2, 3]),
]
private let replies: [AgentReply] = [
  .negotiated(message: [1, 2], accountName: "zoë"),
  .authenticated(message: [3], exportedSessionKey: SecretBytes([UInt8](0..<16)), flags: 7, sendSequence: 1, receiveSequence: .max),
  .refused(.badChallenge),
]

/// The payload, after a look at its length.
private func payload(_ frame: [UInt8]) -> [UInt8] {
  var reader = ByteReader(frame)
  #expect(reader.readUInt32() == UInt32(frame.count - 4))
  return Array(frame.dropFirst(4))
}

struct AgentFrameTests {
  @Test("A request survives its frame", arguments: requests)
  func request(_ request: AgentRequest) throws {
    #expect(try AgentRequest(decoding: payload(request.encode())) == request)
  }

  @Test("A reply survives its frame", arguments: replies)
  func reply(_ reply: AgentReply) throws {
    let payload = payload(reply.encode())
    let again = try AgentReply(decoding: payload)
    #expect(Array(again.encode().dropFirst(4)) == payload)
  }

  @Test("Every truncation is refused")
  func truncations() {
    for frame in requests.map({ $0.encode() }) {
      for count in 0..<frame.count - 4 {
        #expect(throws: LogonAgentError.self) { try AgentRequest(decoding: Array(frame.dropFirst(4).prefix(count))) }
      }
    }
    for frame in replies.map({ $0.encode() }) {
      for count in 0..<frame.count - 4 {
        #expect(throws: LogonAgentError.self) { try AgentReply(decoding: Array(frame.dropFirst(4).prefix(count))) }
      }
    }
  }

  @Test("No bit flip traps")
  func flips() {
    for frame in requests.map({ $0.encode() }) + replies.map({ $0.encode() }) {
      for bit in 0..<(frame.count - 4) * 8 {
        var flipped = Array(frame.dropFirst(4))
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        if let request = try? AgentRequest(decoding: flipped) { #expect(Array(request.encode().dropFirst(4)) == flipped) }
        if let reply = try? AgentReply(decoding: flipped) { #expect(Array(reply.encode().dropFirst(4)) == flipped) }
      }
    }
  }
}
