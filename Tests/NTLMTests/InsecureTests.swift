import Crypto
import SecuritySupport
import Testing

@testable import NTLM

@Suite struct InsecureTests {
  @Test(
    "MD4: RFC 1320 appendix A.5",
    arguments: [
      ("", "31d6cfe0d16ae931b73c59d7e0c089c0"), ("a", "bde52cb31de33e46245e05fbdbd6fb24"), ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
      ("message digest", "d9130a8164549fe818874806e1c7014b"), ("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
      ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4"),
      (String(repeating: "1234567890", count: 8), "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ]) func md4(message: String, digest: String) throws
  {
    let bytes = Array(message.utf8)
    #expect(try bytes.withUnsafeBytes { Insecure.MD4.digest($0).array } == hexadecimal(digest))
  }

  @Test(
    "MD4 around the block length",
    arguments: [
      (55, "c889c81dd86c4d2e025778944ea02881"), (56, "d5f9a9e9257077a5f08b0b92f348b0ad"), (57, "872097e6f78e3b53f890459d03bc6fb7"),
      (63, "7ea3da77432d44c323671097d1348fc8"), (64, "52f5076fabd22680234a3fa9f9dc5732"), (65, "330e377bf231f3cacfecc2c182fe7e5b"),
      (119, "e65dd227ccef97fa1d34d70189120f76"), (120, "b03ddbd470b47c013e0c7ab2ddd763db"), (128, "cb4a20a561558e29460190c91dced59f"),
    ]) func md4(length: Int, digest: String) throws
  {
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
    #expect(try bytes.withUnsafeBytes { Insecure.MD4.digest($0).array } == hexadecimal(digest))
  }

  @Test(
    "RC4 key streams: RFC 6229 §2, at offsets 0, 256 and 4096",
    arguments: [
      (5, "b2396305f03dc027ccc3524a0a1118a8", "1cfcf62b03eddb641d77dfcf7f8d8c93", "ff25b58995996707e51fbdf08b34d875"),
      (16, "9ac7cc9a609d1ef7b2932899cde41b97", "d39d566bc6bce3010768151549f3873f", "a36a4c301ae8ac13610ccbc12256cacc"),
      (32, "eaa6bd25880bf93d3f5d1e4ca2611d91", "02e1e7056b0f623900496422943e97b6", "f3e4c0a2e02d1d01f7f0a74618af2b48"),
    ]) func rc4(keyLength: Int, start: String, middle: String, end: String) throws
  {
    let stream = NTLMTests.rc4(key: (1...keyLength).map { UInt8($0) }, [UInt8](repeating: 0, count: 4112))
    #expect(try Array(stream[0..<16]) == hexadecimal(start))
    #expect(try Array(stream[256..<272]) == hexadecimal(middle))
    #expect(try Array(stream[4096..<4112]) == hexadecimal(end))
  }

  @Test("RC4 in pieces is RC4 in one piece, and a copy goes its own way") func rc4InPieces() {
    let key: [UInt8] = [1, 2, 3]
    let whole = NTLMTests.rc4(key: key, [UInt8](repeating: 7, count: 1000))
    var cipher = key.withUnsafeBytes { Insecure.RC4(key: $0) }
    var pieces = [UInt8](repeating: 7, count: 1000)
    var copy = cipher
    var start = 0
    for length in [0, 1, 2, 255, 256, 257, 229] {
      pieces.withUnsafeMutableBytes { cipher.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + length])) }
      start += length
    }
    #expect(start == 1000)
    #expect(pieces == whole)
    var again = [UInt8](repeating: 7, count: 1000)
    again.withUnsafeMutableBytes { copy.apply(to: $0) }
    #expect(again == whole)
  }

  @Test("RC4 in MS-NLMP §4.2.2.1.3 and §4.2.2.4: key exchange and sealing without extended session security") func specification() throws {
    let exported = try vector("spec_vectors/common/random_session_key")
    let exchanges = [
      ("key_exchange_key", "encrypted_random_session_key"),
      ("key_exchange_key_if_lm_key_flag", "encrypted_random_session_key_if_lm_key"),
    ]
    for (key, encrypted) in exchanges {
      #expect(try NTLMTests.rc4(key: vector("spec_vectors/ntlmv1/\(key)"), exported) == vector("spec_vectors/ntlmv1/\(encrypted)"))
    }
    let plaintext = try vector("spec_vectors/common/plaintext_utf16le")
    #expect(try NTLMTests.rc4(key: exported, plaintext) == vector("spec_vectors/ntlmv1/seal/ciphertext"))
  }
}
