import Crypto
import SecuritySupport

/// HMAC-MD5 over the concatenation of `parts`.
func hmacMD5(_ key: SymmetricKey, _ parts: [UInt8]...) -> HMAC<Crypto.Insecure.MD5>.MAC {
  var code = HMAC<Crypto.Insecure.MD5>(key: key)
  for part in parts { code.update(data: part) }
  return code.finalize()
}

/// Compares two codes in time that depends on their lengths alone.
func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.withUnsafeBytes { left in right.withUnsafeBytes { constantTimeEqual(left, $0) } }
}

extension SymmetricKey {
  init(_ secret: SecretBytes) { self = secret.withUnsafeBytes { SymmetricKey(data: $0) } }
}

extension Insecure.RC4 {
  init(key: SymmetricKey) { self = key.withUnsafeBytes { Insecure.RC4(key: $0) } }
}

/// NTOWFv2 (MS-NLMP §3.3.2): the key of one account under one spelling of its domain.
struct ResponseKey {
  private let key: SymmetricKey

  /// - Parameters:
  ///   - user: as sent in AUTHENTICATE; upper-cased here.
  ///   - domain: as sent in AUTHENTICATE; never upper-cased.
  init(hash: NTHash, user: String, domain: String) {
    key = SymmetricKey(
      data: hmacMD5(SymmetricKey(hash.bytes), user.upperCasedUTF16LittleEndianBytes, domain.utf16LittleEndianBytes))
  }

  /// NTProofStr.
  func proof(serverChallenge: [UInt8], clientChallenge: [UInt8]) -> [UInt8] { Array(hmacMD5(key, serverChallenge, clientChallenge)) }

  /// The LMv2 response, for servers that send no timestamp.
  func lmResponse(serverChallenge: [UInt8], clientChallenge: [UInt8]) -> [UInt8] {
    Array(hmacMD5(key, serverChallenge, clientChallenge)) + clientChallenge
  }

  /// SessionBaseKey, which is the key exchange key too (§3.4.5.1).
  func sessionBaseKey(proof: [UInt8]) -> SymmetricKey { SymmetricKey(data: hmacMD5(key, proof)) }

  /// The key itself, for comparison with known answers.
  var bytes: [UInt8] { key.withUnsafeBytes(Array.init) }
}

/// The MIC of the three messages (MS-NLMP §3.1.5.1.2). `authenticate` has zeros in the MIC's place.
func messageIntegrityCode(exportedSessionKey: SecretBytes, negotiate: [UInt8], challenge: [UInt8], authenticate: [UInt8]) -> [UInt8] {
  Array(hmacMD5(SymmetricKey(exportedSessionKey), negotiate, challenge, authenticate))
}

/// The value of MsvAvChannelBindings: MD5 of `gss_channel_bindings_struct`.
func channelBindingsDigest(_ bindings: ChannelBindings) -> [UInt8] { Array(Crypto.Insecure.MD5.hash(data: bindings.gssStructure)) }
