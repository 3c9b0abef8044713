import CredSSP
import Crypto
import SecuritySupport
import TestVectors
import Testing

@Suite("Public key binding, MS-CSSP §3.1.5")
struct PublicKeyBindingTests {
  private static let path = "credssp/pub_key_auth"

  @Test("C-08: the key is the BIT STRING's content, not the SubjectPublicKeyInfo")
  func subjectPublicKey() throws {
    let key = try PublicKeyBinding.subjectPublicKey(certificateDER: TestVectors.bytes("\(Self.path)/certificate_der"))
    #expect(try key == TestVectors.bytes("\(Self.path)/subject_public_key_bytes"))
    #expect(try key != TestVectors.bytes("\(Self.path)/subject_public_key_info_der"))
  }

  @Test("Versions 5 and 6 hash label, nonce and key", arguments: [5, 6])
  func hashes(version: Int) throws {
    let key = try TestVectors.bytes("\(Self.path)/subject_public_key_bytes")
    let nonce = try TestVectors.bytes("\(Self.path)/client_nonce")
    #expect(
      try PublicKeyBinding.clientProof(version: version, clientNonce: nonce, subjectPublicKey: key)
        == TestVectors.bytes("\(Self.path)/v5_v6_client_plaintext"))
    #expect(
      try PublicKeyBinding.serverProof(version: version, clientNonce: nonce, subjectPublicKey: key)
        == TestVectors.bytes("\(Self.path)/v5_v6_server_plaintext"))
  }

  @Test("Versions 2 to 4 send the key and the key plus one", arguments: [2, 3, 4])
  func bareKeys(version: Int) throws {
    let key = try TestVectors.bytes("\(Self.path)/subject_public_key_bytes")
    #expect(try PublicKeyBinding.clientProof(version: version, clientNonce: nil, subjectPublicKey: key) == key)
    let answer = try PublicKeyBinding.serverProof(version: version, clientNonce: nil, subjectPublicKey: key)
    #expect(try Array(answer.prefix(16)) == TestVectors.bytes("\(Self.path)/v2_to_v4_server_plaintext_first_16_bytes"))
    #expect(try Array(SHA256.hash(data: answer)) == TestVectors.bytes("\(Self.path)/v2_to_v4_server_plaintext_sha256"))
  }

  @Test("C-07: odd keys, with a carry in the increment", arguments: 0..<3)
  func extra(row: Int) throws {
    let row = "\(Self.path)/extra/\(row)"
    let key = try TestVectors.bytes("\(row)/subject_public_key_bytes")
    let nonce = try TestVectors.bytes("\(row)/nonce")
    #expect(
      try PublicKeyBinding.clientProof(version: 6, clientNonce: nonce, subjectPublicKey: key) == TestVectors.bytes("\(row)/client_hash"))
    #expect(
      try PublicKeyBinding.serverProof(version: 6, clientNonce: nonce, subjectPublicKey: key) == TestVectors.bytes("\(row)/server_hash"))
    #expect(
      try PublicKeyBinding.serverProof(version: 4, clientNonce: nil, subjectPublicKey: key)
        == TestVectors.bytes("\(row)/v4_server_little_endian_increment"))
  }

  @Test("C-07: a key of nothing but 0xFF")
  func carryOut() throws {
    #expect(try PublicKeyBinding.serverProof(version: 4, clientNonce: nil, subjectPublicKey: [0xFF, 0xFF]) == [0, 0])
    #expect(try PublicKeyBinding.serverProof(version: 4, clientNonce: nil, subjectPublicKey: []) == [])
  }

  @Test("C-06: no proof without a nonce of 32 bytes", arguments: [nil, 0, 31, 33])
  func nonce(length: Int?) {
    let nonce = length.map { [UInt8](repeating: 1, count: $0) }
    for version in [5, 6] {
      #expect(code { try PublicKeyBinding.clientProof(version: version, clientNonce: nonce, subjectPublicKey: [1]) } == .violation)
      #expect(code { try PublicKeyBinding.serverProof(version: version, clientNonce: nonce, subjectPublicKey: [1]) } == .violation)
    }
  }

  @Test("Other versions have no proof", arguments: [-1, 0, 1, 7])
  func versions(version: Int) {
    #expect(code { try PublicKeyBinding.clientProof(version: version, clientNonce: nil, subjectPublicKey: [1]) } == .local)
  }

  @Test("C-05: the acceptor's holder takes the client's hash only: not the server's, no prefix, no flipped bit")
  func answer() throws {
    let proof = PublicKeyProof(
      sealed: [], clientNonce: try TestVectors.bytes("\(Self.path)/client_nonce"), version: 6,
      subjectPublicKey: try TestVectors.bytes("\(Self.path)/subject_public_key_bytes"))
    let client = try TestVectors.bytes("\(Self.path)/v5_v6_client_plaintext")
    let server = try TestVectors.bytes("\(Self.path)/v5_v6_server_plaintext")
    #expect(try PublicKeyBinding.answer(to: proof, unsealed: client) == server)
    #expect(code { try PublicKeyBinding.answer(to: proof, unsealed: server) } == .publicKeyMismatch)
    #expect(code { try PublicKeyBinding.answer(to: proof, unsealed: proof.subjectPublicKey) } == .publicKeyMismatch)
    for mutation in client.mutations {
      #expect(code { try PublicKeyBinding.answer(to: proof, unsealed: mutation) } == .publicKeyMismatch)
    }
  }

  @Test("C-08: keys of every kind, and certificates that have none")
  func certificates() throws {
    func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
      guard content.count > 0x7F else { return [tag, UInt8(content.count)] + content }
      guard content.count > 0xFF else { return [tag, 0x81, UInt8(content.count)] + content }
      return [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }
    func certificate(_ key: [UInt8], version: Bool = true) -> [UInt8] {
      let before = version ? value(0xA0, [2, 1, 2]) : []
      let empty: [UInt8] = [0x30, 0]
      return value(
        0x30, value(0x30, before + [2, 1, 1] + empty + empty + empty + empty + value(0x30, empty + key)) + empty + [3, 1, 0])
    }
    let point = [4] + [UInt8](repeating: 7, count: 64)
    let long = [UInt8](repeating: 9, count: 4_000)
    for key in [point, long, [1]] {
      for hasVersion in [true, false] {
        let der = certificate(value(3, [0] + key), version: hasVersion)
        #expect(try PublicKeyBinding.subjectPublicKey(certificateDER: der) == key)
      }
    }
    for bad: [UInt8] in [value(3, [1, 2]), value(3, [0]), value(3, []), value(4, [0, 1]), []] {
      #expect(code { try PublicKeyBinding.subjectPublicKey(certificateDER: certificate(bad)) } == .malformed)
    }
    for bad: [UInt8] in [[], [0x30, 0], [0x30, 2, 0x30, 0], [0x30, 4, 0x30, 2, 2, 0]] {
      #expect(code { try PublicKeyBinding.subjectPublicKey(certificateDER: bad) } == .malformed)
    }
  }

  @Test("Every truncation of a certificate is malformed, and no flipped bit traps")
  func mutations() throws {
    let der = try TestVectors.bytes("\(Self.path)/certificate_der")
    for end in 0..<der.count {
      #expect(code { try PublicKeyBinding.subjectPublicKey(certificateDER: Array(der.prefix(end))) } == .malformed)
    }
    for mutation in der.mutations { _ = code { try PublicKeyBinding.subjectPublicKey(certificateDER: mutation) } }
  }
}
