extension NTLMVerification {
  /// Whether the client's proof was made with this hash (MS-NLMP §3.3.2), in time that does not depend on how wrong it is.
  ///
  /// It serves to compare a password that comes later with the one that was proven, without asking whoever verified that one.
  public func isProven(with hash: NTHash) -> Bool {
    guard let response = try? NTLMv2Response(decoding: ntChallengeResponse) else { return false }
    var isProven = false
    for domain in domainName.isEmpty ? [""] : [domainName, ""] {
      let key = ResponseKey(hash: hash, user: userName, domain: domain)
      let proof = key.proof(serverChallenge: serverChallenge, clientChallenge: response.clientChallenge)
      if isEqual(proof, response.proof) { isProven = true }
    }
    return isProven
  }
}
