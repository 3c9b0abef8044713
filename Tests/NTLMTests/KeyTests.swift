import Crypto
import Foundation
import SecuritySupport
import TestVectors
import Testing

@testable import NTLM

@Suite struct KeyTests {
  @Test("NTOWFv2: samples with non-ASCII names, a user principal name and an empty password", arguments: 0..<5) func samples(row: Int)
    throws
  {
    let path = "ntowfv2_samples/rows/\(row)"
    let hash = try NTHash(password: SecretBytes(text: text("\(path)/password")))
    #expect(try hash.bytes.array == vector("\(path)/nt_hash"))
    let key = ResponseKey(hash: hash, user: try text("\(path)/user"), domain: try text("\(path)/domain"))
    #expect(try key.bytes == vector("\(path)/ntowfv2"))
    let wide = try text("\(path)/password").utf16LittleEndianBytes
    #expect(wide.withUnsafeBytes { NTHash(utf16LittleEndianPassword: $0) }.bytes.isEqual(to: hash.bytes))
  }

  @Test("Upper case: by single code units and by no locale's rules")
  func upperCase() {
    let samples = [
      ("straße", "STRAßE"), ("éüñç", "ÉÜÑÇ"), ("iı", "II"), ("ŉ", "ŉ"), ("ﬁ", "ﬁ"), ("σς", "ΣΣ"), ("жя", "ЖЯ"), ("𐐨", "𐐨"), ("😀a", "😀A"),
      ("", ""),
    ]
    for (lower, upper) in samples { #expect(lower.upperCasedUTF16LittleEndianBytes == upper.utf16LittleEndianBytes, "\(lower)") }
  }

  @Test("NT hash: only from UTF-8, only of 16 bytes") func refusals() throws {
    for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x61, 0x80]] {
      #expect(try code { try NTHash(password: SecretBytes(bytes)) } == .local)
    }
    #expect(try code { try NTHash(bytes: SecretBytes([1, 2, 3])) } == .local)
    #expect(try NTHash(bytes: SecretBytes([UInt8](repeating: 1, count: 16))).bytes.count == 16)
  }

  @Test("MS-NLMP §4.2.4: responses and keys", arguments: ["", "variant_without_trailing_reserved4/"]) func specification(variant: String)
    throws
  {
    let base = "spec_vectors/ntlmv2/"
    let hash = try NTHash(password: SecretBytes(text: text("spec_vectors/common/password")))
    let key = ResponseKey(
      hash: hash, user: try text("spec_vectors/common/user"), domain: try text("spec_vectors/common/domain"))
    #expect(try key.bytes == vector(base + "ntowfv2"))
    let server = try vector("spec_vectors/common/server_challenge")
    let client = try vector("spec_vectors/common/client_challenge")
    let proof = key.proof(serverChallenge: server, clientChallenge: try vector(base + variant + "temp"))
    #expect(try proof == vector(base + variant + "nt_proof_str"))
    #expect(try key.sessionBaseKey(proof: proof).array == vector(base + variant + "session_base_key"))
    #expect(try key.lmResponse(serverChallenge: server, clientChallenge: client) == vector(base + "lm_challenge_response"))
    guard variant.isEmpty else { return }
    let pairs = try AVPairs(decoding: vector(base + "target_info"))
    #expect(try NTLMv2Response.clientChallenge(time: 0, challenge: client, pairs: pairs) == vector(base + "temp"))
    let exported = try vector("spec_vectors/common/random_session_key")
    #expect(try rc4(key: key.sessionBaseKey(proof: proof).array, exported) == vector(base + "encrypted_random_session_key"))
  }

  @Test("Signing and sealing keys", arguments: ["spec_vectors/ntlmv2", "full_exchange_raw/derived", "captured_sspi_rs_client_raw/derived"])
  func sessionKeys(path: String) throws {
    let isSpecification = path.hasPrefix("spec")
    let exported = try vector(isSpecification ? "spec_vectors/common/random_session_key" : "\(path)/exported_session_key")
    for (direction, name) in [(SealingKeys.Direction.clientToServer, "client"), (.serverToClient, "server")] {
      let keys = SealingKeys(exportedSessionKey: SecretBytes(exported), flags: .required, direction: direction)
      #expect(try keys.sealKey.array == vector("\(path)/\(name)_sealkey"))
      #expect(try keys.signKey.array == vector("\(path)/\(name)_signkey"))
    }
  }

  @Test("MS-NLMP §4.2.3: 56-bit sealing key, checksum in clear without key exchange") func weakExtendedSessionSecurity() throws {
    let path = "spec_vectors/ntlmv1_ess"
    let flags = NegotiateFlags(rawValue: try TestVectors.value("ntlm/\(path)/challenge_flags", as: NSNumber.self).uint32Value)
    let exported = SecretBytes(try vector("\(path)/key_exchange_key"))
    let keys = SealingKeys(exportedSessionKey: exported, flags: flags, direction: .clientToServer)
    #expect(try keys.sealKey.array == vector("\(path)/client_sealkey"))
    #expect(try keys.signKey.array == vector("\(path)/client_signkey"))
    var session = NTLMSession(exportedSessionKey: exported, flags: flags, isInitiator: true)
    let sealed = try session.seal(vector("spec_vectors/common/plaintext_utf16le"))
    #expect(try sealed == vector("\(path)/seal/signature") + vector("\(path)/seal/ciphertext"))
  }

  @Test("FILETIME: known moments, and nothing traps at the ends") func fileTime() {
    #expect(FileTime(unixSeconds: 0).rawValue == 116_444_736_000_000_000)
    #expect(FileTime(unixSeconds: 1, nanoseconds: 250).rawValue == 116_444_736_010_000_002)
    #expect(FileTime(unixSeconds: -11_644_473_600).rawValue == 0)
    #expect(FileTime(unixSeconds: .min).rawValue == 0)
    #expect(FileTime(unixSeconds: .max, nanoseconds: .max).rawValue == .max)
    #expect(FileTime(unixSeconds: .max / 1000, nanoseconds: -1).rawValue == .max)
    #expect(FileTime.now() > 133_000_000_000_000_000)
  }
}
