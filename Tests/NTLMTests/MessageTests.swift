import SecuritySupport
import TestVectors
import Testing

@testable import NTLM

@Suite struct MessageTests {
  static let recorded = ["full_exchange_raw", "captured_sspi_rs_client_raw"]

  @Test("Recorded messages decode to what was recorded", arguments: recorded) func decode(exchange: String) throws {
    let negotiate = try NegotiateMessage(decoding: vector("\(exchange)/negotiate_message"))
    #expect(negotiate.flags.isSuperset(of: .required))
    #expect(negotiate.version?.major == 10)
    let challenge = try ChallengeMessage(decoding: vector("\(exchange)/challenge_message"))
    #expect(challenge.targetNameText == "SRV01")
    let pairs = try AVPairs(decoding: challenge.targetInfo)
    #expect(pairs.text(.netBIOSComputerName) == "SRV01" && pairs.text(.netBIOSDomainName) == "WORKSTATION")
    let authenticate = try AuthenticateMessage(decoding: vector("\(exchange)/authenticate_message"))
    #expect(try authenticate.mic == vector("\(exchange)/derived/mic"))
    let response = try NTLMv2Response(decoding: authenticate.ntChallengeResponse)
    #expect(try response.proof == vector("\(exchange)/derived/nt_proof_str"))
    #expect(try response.clientChallenge == vector("\(exchange)/derived/temp"))
    let expected = try TestVectors.value("ntlm/\(exchange)/derived/client_av_pairs", as: [[String: Any]].self).dropLast()
    #expect(response.pairs.pairs.count == expected.count)
    for (pair, expected) in zip(response.pairs.pairs, expected) {
      #expect(Int(pair.identifier.rawValue) == expected["id"] as? Int)
      #expect(try pair.value == hexadecimal(require(expected["value"] as? String)))
    }
    #expect(response.pairs.flags == .mic)
  }

  @Test("MS-NLMP §4.2: all messages decode, those of NTLMv1 too, and have no MIC", arguments: ["ntlmv1", "ntlmv1_ess", "ntlmv2"])
  func specification(section: String) throws {
    let challenge = try ChallengeMessage(decoding: vector("spec_vectors/\(section)/challenge_message"))
    #expect(try challenge.serverChallenge == vector("spec_vectors/common/server_challenge"))
    #expect(challenge.targetNameText == "Server")
    let authenticate = try AuthenticateMessage(decoding: vector("spec_vectors/\(section)/authenticate_message"))
    #expect(try authenticate.ntChallengeResponse == vector("spec_vectors/\(section)/nt_challenge_response"))
    #expect(try authenticate.lmChallengeResponse == vector("spec_vectors/\(section)/lm_challenge_response"))
    #expect(authenticate.mic == nil)
    #expect(authenticate.version == NTLMVersion(major: 5, minor: 1, build: 2600))
  }

  @Test("Our own messages survive a round trip") func roundTrip() throws {
    let bytes = try vector("full_exchange_raw/authenticate_message")
    #expect(try AuthenticateMessage(decoding: bytes).encode() == bytes)
    let challenge = try vector("full_exchange_raw/challenge_message")
    #expect(try ChallengeMessage(decoding: challenge).encode() == challenge)
    let negotiate = try vector("full_exchange_raw/negotiate_message")
    #expect(try NegotiateMessage(decoding: negotiate).encode() == negotiate)
    let named = NegotiateMessage(
      flags: [.unicode, .oemDomainSupplied, .oemWorkstationSupplied, .version], domainName: Array("D".utf8), workstation: Array("W1".utf8),
      version: NTLMVersion(major: 6, minor: 1, build: 7601))
    #expect(try NegotiateMessage(decoding: named.encode()) == named)
  }

  @Test("The short forms of NEGOTIATE and CHALLENGE are legal") func shortForms() throws {
    let negotiate = try vector("full_exchange_raw/negotiate_message")
    for length in [16, 32, 40] {
      #expect(try NegotiateMessage(decoding: Array(negotiate[..<length])).flags.isSuperset(of: .required))
    }
    for length in 0..<40 where ![16, 32].contains(length) && !(33..<40).contains(length) {
      #expect(try code { try NegotiateMessage(decoding: Array(negotiate[..<length])) } == .malformed)
    }
    var challenge = Array(try vector("full_exchange_raw/challenge_message")[..<32])
    challenge.replace(at: 12, with: [UInt8](repeating: 0, count: 8))
    #expect(try ChallengeMessage(decoding: challenge).targetInfo.isEmpty)
  }

  @Test("A fresh message of each type is refused as each other type") func types() throws {
    let negotiate = try vector("full_exchange_raw/negotiate_message")
    let challenge = try vector("full_exchange_raw/challenge_message")
    let authenticate = try vector("full_exchange_raw/authenticate_message")
    for other in [challenge, authenticate, [], Array("NTLMSSP".utf8)] {
      #expect(try code { try NegotiateMessage(decoding: other) } == .malformed)
    }
    for other in [negotiate, authenticate] { #expect(try code { try ChallengeMessage(decoding: other) } == .malformed) }
    for other in [negotiate, challenge] { #expect(try code { try AuthenticateMessage(decoding: other) } == .malformed) }
  }

  @Test("N-10: fields outside the message, over each other and over the fixed part") func fields() throws {
    let authenticate = try vector("full_exchange_raw/authenticate_message")
    for descriptor in stride(from: 12, through: 52, by: 8) {
      for bad: [UInt8] in [
        [0xFF, 0xFF, 0xFF, 0xFF, 0x58, 0, 0, 0], [1, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF], [16, 0, 16, 0, 0xFF, 0xFF, 0xFF, 0x7F],
        [2, 0, 2, 0, 0x5B, 1, 0, 0x80], [1, 0, 1, 0, 0, 0, 0, 0], [4, 0, 4, 0, 62, 0, 0, 0],
      ] {
        var changed = authenticate
        changed.replace(at: descriptor, with: bad)
        #expect(try code { try AuthenticateMessage(decoding: changed) } == .malformed)
      }
      // Empty fields may point anywhere.
      var empty = authenticate
      empty.replace(at: descriptor, with: [0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
      #expect(try code { try AuthenticateMessage(decoding: empty) } == nil)
    }
    var overlapping = authenticate
    overlapping.replace(at: 28, with: Array(overlapping[36..<44]))
    #expect(try code { try AuthenticateMessage(decoding: overlapping) } == .malformed)
  }

  @Test("N-10: AV pairs") func pairs() throws {
    let good: [[UInt8]] = [
      [0, 0, 0, 0], [0, 0, 0, 0, 1, 2, 3], [1, 0, 0, 0, 0, 0, 0, 0], [0x34, 0x12, 1, 0, 9, 0, 0, 0, 0],
      [8, 0, 48, 0] + [UInt8](repeating: 1, count: 48) + [0, 0, 0, 0], [8, 0, 80, 0] + [UInt8](repeating: 1, count: 80) + [0, 0, 0, 0],
      [8, 0, 200, 0] + [UInt8](repeating: 1, count: 200) + [0, 0, 0, 0],
    ]
    for bytes in good { #expect(try code { try AVPairs(decoding: bytes) } == nil) }
    let bad: [[UInt8]] = [
      [], [0], [0, 0, 0], [0, 0, 1, 0, 5], [1, 0, 2, 0, 65, 0], [1, 0, 0xFF, 0xFF, 65, 0, 0, 0, 0, 0], [1, 0, 4, 0, 65, 0, 0],
      [6, 0, 2, 0, 0, 0, 0, 0, 0, 0], [7, 0, 4, 0, 1, 1, 1, 1, 0, 0, 0, 0], [10, 0, 0, 0, 0, 0, 0, 0],
      [9, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0],
    ]
    for bytes in bad { #expect(try code { try AVPairs(decoding: bytes) } == .malformed, "\(bytes)") }
    let unknown = try AVPairs(decoding: good[3])
    #expect(unknown.encode() == good[3])
    // A text of an odd number of bytes is no text, but the pair is kept.
    #expect(try AVPairs(decoding: [1, 0, 1, 0, 65, 0, 0, 0, 0]).text(.netBIOSComputerName) == nil)
  }

  @Test("A message longer than the limit is refused before it is looked at") func limit() throws {
    let long = try vector("full_exchange_raw/negotiate_message") + [UInt8](repeating: 0, count: 65536)
    #expect(try code { try NegotiateMessage(decoding: long) } == .limit)
    #expect(try code { try ChallengeMessage(decoding: long) } == .limit)
    #expect(try code { try AuthenticateMessage(decoding: long) } == .limit)
  }
}
