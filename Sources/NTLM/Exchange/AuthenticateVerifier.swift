import Crypto
import SecuritySupport

/// Takes AUTHENTICATE apart, refuses what needs no secret to refuse, and verifies the rest (MS-NLMP §3.2.5.1.2).
struct AuthenticateVerifier: Sendable {
  let verification: NTLMVerification
  /// Whether the client's AV flags announce a MIC. They are covered by the proof.
  let carriesMIC: Bool

  private let response: Response
  private let message: AuthenticateMessage
  private let authenticate: [UInt8]
  private let sent: NTLMAcceptor.ChallengeSent
  private let configuration: NTLMAcceptorConfiguration

  private struct Response: Sendable {
    var proof: [UInt8]
    var clientChallenge: [UInt8]
    var pairs: AVPairs
  }

  init(
    decoding token: [UInt8], after sent: NTLMAcceptor.ChallengeSent, configuration: NTLMAcceptorConfiguration
  ) throws(NTLMError) {
    let message = try AuthenticateMessage(decoding: token)
    // An anonymous client is told as much before its flags are looked at.
    guard !message.flags.contains(.anonymous), !message.userName.isEmpty else { throw NTLMError(.unsupported, "anonymous logon") }
    guard message.ntChallengeResponse.count > NTLMv2Response.version1Length else { throw NTLMError(.unsupported, "NTLMv1 or LM") }
    guard message.flags.isSuperset(of: .required) else {
      throw NTLMError(.missingFlags, "the client does not keep all that protection needs")
    }
    guard message.flags.intersection(.decisive).isSubset(of: sent.flags) else {
      throw NTLMError(.violation, "the client claims flags that were not offered")
    }
    guard message.encryptedRandomSessionKey.count == 16 else { throw NTLMError(.malformed, "the session key has not 16 bytes") }

    let response = try NTLMv2Response(decoding: message.ntChallengeResponse)
    carriesMIC = response.pairs.flags.contains(.mic)
    if carriesMIC, message.mic == nil { throw NTLMError(.badMIC, "a MIC is announced but absent") }
    if configuration.requiresMIC, !carriesMIC { throw NTLMError(.badMIC, "the client sent no MIC") }

    var targetName: String?
    if response.pairs[.targetName] != nil {
      guard let text = response.pairs.text(.targetName) else { throw NTLMError(.malformed, "the target name is not UTF-16") }
      targetName = text.isEmpty || response.pairs.flags.contains(.untrustedTargetName) ? nil : text
    }
    verification = NTLMVerification(
      userName: try Self.text(message.userName), domainName: try Self.text(message.domainName),
      workstation: try Self.text(message.workstation), serverChallenge: sent.serverChallenge,
      ntChallengeResponse: message.ntChallengeResponse, lmChallengeResponse: message.lmChallengeResponse, targetName: targetName)
    self.response = Response(proof: response.proof, clientChallenge: response.clientChallenge, pairs: response.pairs)
    self.message = message
    authenticate = token
    self.sent = sent
    self.configuration = configuration
  }

  private static func text(_ bytes: [UInt8]) throws(NTLMError) -> String {
    guard bytes.count <= NTLMLimits.name else { throw NTLMError(.limit, "a name of more than \(NTLMLimits.name) bytes") }
    guard let text = String(strictUTF16LittleEndian: bytes) else { throw NTLMError(.malformed, "a name is not UTF-16") }
    return text
  }

  func verify(_ secret: NTLMVerificationSecret) throws(NTLMError) -> NTLMSession {
    var cipher = Insecure.RC4(key: try sessionBaseKey(secret))
    let encrypted = message.encryptedRandomSessionKey
    let exported = SecretBytes(count: encrypted.count) { target in
      target.copyBytes(from: encrypted)
      cipher.apply(to: target)
    }
    try verifyMIC(exported)
    try verifyBindings()
    // Our CHALLENGE had a timestamp, and clients copy it: another one was put there by somebody else.
    if let issued = sent.timestamp, let returned = response.pairs.timestamp, issued != returned {
      throw NTLMError(.logonFailure, "the client answers another challenge")
    }
    return NTLMSession(exportedSessionKey: exported, flags: message.flags, isInitiator: false)
  }

  /// Verifies the proof, unless a domain controller has done so. The same work is done for every account and every password.
  private func sessionBaseKey(_ secret: NTLMVerificationSecret) throws(NTLMError) -> SymmetricKey {
    switch secret {
    case .sessionBaseKey(let key):
      guard key.count == 16 else { throw NTLMError(.local, "a session base key has 16 bytes") }
      return SymmetricKey(key)
    case .ntHash(let hash):
      // There are clients that compute with an empty domain, whatever they send (§3.2.5.1.2 lets a server try again).
      let domains = verification.domainName.isEmpty ? [""] : [verification.domainName, ""]
      var found: ResponseKey?
      for domain in domains {
        let key = ResponseKey(hash: hash, user: verification.userName, domain: domain)
        let proof = key.proof(serverChallenge: sent.serverChallenge, clientChallenge: response.clientChallenge)
        if isEqual(proof, response.proof) { found = key }
      }
      guard let found, !hash.isOfEmptyPassword else { throw NTLMError(.logonFailure, "wrong user name or password") }
      return found.sessionBaseKey(proof: response.proof)
    }
  }

  private func verifyMIC(_ exportedSessionKey: SecretBytes) throws(NTLMError) {
    guard carriesMIC, let mic = message.mic else { return }
    var cleared = authenticate
    let zeros = [UInt8](repeating: 0, count: AuthenticateMessage.micRange.count)
    guard cleared.count >= AuthenticateMessage.micRange.upperBound else { throw NTLMError(.malformed, "no room for a MIC") }
    cleared.replaceSubrange(AuthenticateMessage.micRange, with: zeros)
    let expected = messageIntegrityCode(
      exportedSessionKey: exportedSessionKey, negotiate: sent.negotiate, challenge: sent.challenge, authenticate: cleared)
    guard isEqual(expected, mic) else { throw NTLMError(.badMIC, "the MIC does not verify") }
  }

  private func verifyBindings() throws(NTLMError) {
    guard let bindings = configuration.channelBindings, configuration.channelBindingLevel != .none else { return }
    if let claimed = response.pairs[.channelBindings], claimed.contains(where: { $0 != 0 }) {
      guard isEqual(claimed, channelBindingsDigest(bindings)) else {
        throw NTLMError(.badBindings, "the client's channel bindings are those of another channel")
      }
    } else if configuration.channelBindingLevel == .strict {
      throw NTLMError(.badBindings, "the client sent no channel bindings")
    }
  }
}
