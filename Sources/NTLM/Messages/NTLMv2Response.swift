import SecuritySupport

/// NTLMv2_RESPONSE (MS-NLMP §2.2.2.8): the proof and the client's challenge (§2.2.2.7), which the proof covers.
struct NTLMv2Response {
  /// HMAC over the server's challenge and ``clientChallenge``: 16 bytes.
  let proof: [UInt8]
  /// NTLMv2_CLIENT_CHALLENGE ("temp" in §3.3.2), exactly as received.
  let clientChallenge: [UInt8]
  let pairs: AVPairs

  /// Bytes of an NTLMv1 response; NTLMv2's are always longer.
  static let version1Length = 24

  private static let proofLength = 16
  /// Versions, reserved bytes, time, client challenge, reserved bytes: where the AV pairs begin.
  private static let pairsOffset = 28

  init(decoding bytes: [UInt8]) throws(NTLMError) {
    guard bytes.count > Self.version1Length else { throw NTLMError(.unsupported, "no NTLMv2 response") }
    var reader = ByteReader(bytes)
    guard let proof = reader.read(Self.proofLength), let challenge = reader.read(reader.remaining) else {
      throw NTLMError(.malformed, "the NTLMv2 response is too short")
    }
    self.proof = Array(proof)
    clientChallenge = Array(challenge)
    var inner = ByteReader(clientChallenge)
    guard let fixed = inner.read(Self.pairsOffset) else { throw NTLMError(.malformed, "the NTLMv2 response is too short") }
    guard fixed.prefix(2) == [1, 1] else { throw NTLMError(.unsupported, "not version 1 of the NTLMv2 response") }
    pairs = try AVPairs(reader: inner)
  }

  /// Encodes a client challenge.
  static func clientChallenge(time: UInt64, challenge: [UInt8], pairs: AVPairs) -> [UInt8] {
    var bytes: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 0]
    bytes.append(littleEndian: time)
    return bytes + challenge + [0, 0, 0, 0] + pairs.encode() + [0, 0, 0, 0]
  }
}
