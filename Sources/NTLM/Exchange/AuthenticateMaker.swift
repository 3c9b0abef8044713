import SecuritySupport

/// Makes AUTHENTICATE from CHALLENGE (MS-NLMP §3.1.5.1.2), NTLMv2 only.
struct AuthenticateMaker {
  struct Answer {
    var token: [UInt8]
    var session: NTLMSession
    var usesMIC: Bool
  }

  let credential: NTLMCredential
  let randomness: NTLMRandomness
  let configuration: NTLMInitiatorConfiguration
  let currentTime: UInt64
  let negotiate: [UInt8]

  func answer(_ token: [UInt8]) throws(NTLMError) -> Answer {
    let challenge = try ChallengeMessage(decoding: token)
    guard challenge.flags.isSuperset(of: NegotiateFlags.required.union(.targetInfo)) else {
      throw NTLMError(.missingFlags, "the server does not offer all that protection needs")
    }
    let offered = try AVPairs(decoding: challenge.targetInfo)
    // §3.1.5.1.2: without these two and with integrity or confidentiality asked for, the client fails with STATUS_LOGON_FAILURE.
    guard offered[.netBIOSComputerName] != nil, offered[.netBIOSDomainName] != nil else {
      throw NTLMError(.violation, "the server does not tell its names")
    }
    let usesMIC = offered.timestamp != nil
    guard usesMIC || configuration.permitsMissingTimestamp else {
      throw NTLMError(.badMIC, "the server sent no timestamp, so that no MIC could protect the exchange")
    }
    let clientChallenge = NTLMv2Response.clientChallenge(
      time: offered.timestamp ?? currentTime, challenge: randomness.clientChallenge, pairs: extended(offered, usesMIC: usesMIC))

    let key = ResponseKey(hash: credential.hash, user: credential.name.user, domain: credential.name.domain)
    let proof = key.proof(serverChallenge: challenge.serverChallenge, clientChallenge: clientChallenge)
    guard proof.count + clientChallenge.count <= Int(UInt16.max) else {
      throw NTLMError(.limit, "the server's target information is too long")
    }
    let lm =
      usesMIC
      ? [UInt8](repeating: 0, count: 24)
      : key.lmResponse(serverChallenge: challenge.serverChallenge, clientChallenge: randomness.clientChallenge)
    // What the server adds on its own (LAN Manager keys, datagrams) is not taken up; OEM text loses against Unicode.
    let flags = challenge.flags.intersection(NegotiateFlags.offered.union([.targetInfo, .targetTypeDomain, .targetTypeServer]))
      .subtracting(.oem)
    let exported = randomness.exportedSessionKey
    var encryptedKey = exported.withUnsafeBytes(Array.init)
    var cipher = Insecure.RC4(key: key.sessionBaseKey(proof: proof))
    encryptedKey.withUnsafeMutableBytes { cipher.apply(to: $0) }
    var message = AuthenticateMessage(
      lmChallengeResponse: lm, ntChallengeResponse: proof + clientChallenge,
      domainName: credential.name.domain.utf16LittleEndianBytes, userName: credential.name.user.utf16LittleEndianBytes,
      workstation: configuration.workstation.utf16LittleEndianBytes, encryptedRandomSessionKey: encryptedKey,
      flags: flags, version: .ours, mic: usesMIC ? [UInt8](repeating: 0, count: AuthenticateMessage.micRange.count) : nil)
    if usesMIC {
      message.mic = messageIntegrityCode(
        exportedSessionKey: exported, negotiate: negotiate, challenge: token, authenticate: message.encode())
    }
    let encoded = message.encode()
    guard encoded.count <= NTLMLimits.message else { throw NTLMError(.limit, "the server's target information is too long") }
    return Answer(
      token: encoded, session: NTLMSession(exportedSessionKey: exported, flags: flags, isInitiator: true), usesMIC: usesMIC)
  }

  /// The server's pairs as they are, unknown ones included, and ours behind them.
  ///
  /// Those that are the client's to say are not taken from the server: whoever relays another server's CHALLENGE could otherwise have us
  /// sign its own bindings or target name.
  private func extended(_ offered: AVPairs, usesMIC: Bool) -> AVPairs {
    let ours: Set<AVIdentifier> = [.flags, .targetName, .channelBindings]
    var pairs = offered.pairs.filter { !ours.contains($0.identifier) }
    if let bindings = configuration.channelBindings { pairs.append(.init(.channelBindings, channelBindingsDigest(bindings))) }
    if let name = configuration.targetName { pairs.append(.init(.targetName, name.utf16LittleEndianBytes)) }
    if usesMIC {
      var flags: [UInt8] = []
      flags.append(littleEndian: AVFlags.mic.rawValue)
      pairs.append(.init(.flags, flags))
    }
    return AVPairs(pairs)
  }
}
