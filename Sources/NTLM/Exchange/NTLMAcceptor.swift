public import SecuritySupport

/// What the server's end says about itself and demands of clients.
public struct NTLMAcceptorConfiguration: Sendable {
  /// The NetBIOS name of this host. A domain controller checks that it names the member that asks it (MS-APDS §3.1.5).
  public var netBIOSComputerName: String
  /// The NetBIOS name of its domain, or of the host itself outside a domain.
  public var netBIOSDomainName: String
  /// The DNS name of this host; left out of CHALLENGE when empty.
  public var dnsComputerName: String
  /// The DNS name of its domain; left out of CHALLENGE when empty.
  public var dnsDomainName: String
  /// Whether the accounts are those of a domain. Default: `false`.
  public var isDomainMember: Bool
  /// The bindings of the HTTPS connection; `nil` over HTTP and inside CredSSP, where the client's are not looked at.
  public var channelBindings: ChannelBindings?
  /// What happens to clients without bindings on a channel that has some. Default: ``ChannelBindingLevel/strict``.
  public var channelBindingLevel: ChannelBindingLevel
  /// Whether AUTHENTICATE must carry a MIC. Default: `true`; CHALLENGE always has the timestamp that obliges clients to send one.
  ///
  /// - Warning: Without it, a man in the middle can weaken what the two ends agree on.
  public var requiresMIC: Bool

  /// How channel bindings are treated (WinRM's `CbtHardeningLevel`).
  public enum ChannelBindingLevel: Sendable, Hashable {
    /// Not looked at.
    ///
    /// - Warning: Whoever relays a client's logon to this server is not noticed.
    case none
    /// Wrong bindings are refused; absent ones are accepted.
    case relaxed
    /// Wrong and absent bindings are refused.
    case strict
  }

  public init(
    netBIOSComputerName: String, netBIOSDomainName: String, dnsComputerName: String = "", dnsDomainName: String = "",
    isDomainMember: Bool = false, channelBindings: ChannelBindings? = nil, channelBindingLevel: ChannelBindingLevel = .strict,
    requiresMIC: Bool = true
  ) {
    self.netBIOSComputerName = netBIOSComputerName
    self.netBIOSDomainName = netBIOSDomainName
    self.dnsComputerName = dnsComputerName
    self.dnsDomainName = dnsDomainName
    self.isDomainMember = isDomainMember
    self.channelBindings = channelBindings
    self.channelBindingLevel = channelBindingLevel
    self.requiresMIC = requiresMIC
  }
}

/// What the caller does after the acceptor took a token.
public enum NTLMAcceptorAction: Sendable, Equatable {
  /// Send CHALLENGE and wait for AUTHENTICATE.
  case send([UInt8])
  /// Find the account's secret and give it to ``NTLMAcceptor/answer(_:)``; for an unknown account, a hash of nobody's password.
  case verify(NTLMVerification)
}

/// A client's claim, with everything that a domain controller needs to verify it (MS-APDS §3.1.5, NETLOGON_NETWORK_INFO).
///
/// The responses let an attacker guess the password at leisure, so the type prints without them.
public struct NTLMVerification: Sendable, Equatable {
  /// As sent; never empty.
  public var userName: String
  /// As sent; empty for user principal names.
  public var domainName: String
  /// As sent. The client may say anything here.
  public var workstation: String
  /// 8 bytes.
  public var serverChallenge: [UInt8]
  /// Longer than 24 bytes.
  public var ntChallengeResponse: [UInt8]
  /// Not looked at here.
  public var lmChallengeResponse: [UInt8]
  /// The service that the client meant to reach; `nil` when it said none, or said that it does not trust the name's source.
  public var targetName: String?

  public init(
    userName: String, domainName: String, workstation: String, serverChallenge: [UInt8], ntChallengeResponse: [UInt8],
    lmChallengeResponse: [UInt8], targetName: String?
  ) {
    self.userName = userName
    self.domainName = domainName
    self.workstation = workstation
    self.serverChallenge = serverChallenge
    self.ntChallengeResponse = ntChallengeResponse
    self.lmChallengeResponse = lmChallengeResponse
    self.targetName = targetName
  }
}

extension NTLMVerification: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "NTLM verification (names and responses not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What the holder of the accounts answers.
public enum NTLMVerificationSecret: Sendable {
  /// The account's hash. The proof is verified here.
  case ntHash(NTHash)
  /// A domain controller verified the proof and returned the session base key (UserSessionKey), 16 bytes.
  case sessionBaseKey(SecretBytes)
}

/// The server's end of an NTLMv2 exchange (MS-NLMP §3.2.5).
///
/// `receive(negotiate)` makes CHALLENGE, `receive(authenticate)` asks for the account's secret, ``answer(_:)`` verifies and gives the
/// session. A challenge serves once; whatever throws ends the exchange.
public struct NTLMAcceptor: Sendable {
  private enum State: Sendable {
    /// Nothing received yet.
    case idle
    /// CHALLENGE sent; both messages kept for the MIC.
    case challengeSent(ChallengeSent)
    /// AUTHENTICATE decoded; its sender is not known yet.
    case verifying(AuthenticateVerifier)
    case established
    case failed
  }

  /// The messages so far, byte for byte.
  struct ChallengeSent: Sendable {
    var negotiate: [UInt8]
    var challenge: [UInt8]
    var flags: NegotiateFlags
    var serverChallenge: [UInt8]
    /// What CHALLENGE said; `nil` when it had none.
    var timestamp: UInt64?
  }

  private var state: State
  private let configuration: NTLMAcceptorConfiguration
  private let serverChallenge: [UInt8]
  private let timestamp: UInt64

  /// Whether AUTHENTICATE carried a MIC, and it verified. SPNEGO must then see a mechListMIC. `false` until ``answer(_:)`` returned.
  public private(set) var verifiedMIC = false

  /// - Parameters:
  ///   - serverChallenge: 8 random bytes, new for each exchange.
  ///   - timestamp: the time now, a FILETIME.
  public init(configuration: NTLMAcceptorConfiguration, serverChallenge: [UInt8], timestamp: UInt64) {
    state = .idle
    self.configuration = configuration
    self.serverChallenge = serverChallenge
    self.timestamp = timestamp
  }

  /// Goes on after a CHALLENGE that was made elsewhere, so that recorded exchanges can be replayed.
  init(configuration: NTLMAcceptorConfiguration, after sent: ChallengeSent) {
    self.init(configuration: configuration, serverChallenge: sent.serverChallenge, timestamp: sent.timestamp ?? 0)
    state = .challengeSent(sent)
  }

  /// Takes the client's token.
  ///
  /// - Throws: ``NTLMError/Code/missingFlags``, ``NTLMError/Code/unsupported`` (NTLMv1, LM, anonymous), ``NTLMError/Code/badMIC`` (none
  ///   where one is due), ``NTLMError/Code/violation``, ``NTLMError/Code/malformed``, ``NTLMError/Code/limit``,
  ///   ``NTLMError/Code/outOfSequence``, ``NTLMError/Code/local``.
  public mutating func receive(_ token: [UInt8]) throws(NTLMError) -> NTLMAcceptorAction {
    switch exchange(&state, with: .failed) {
    case .idle:
      let sent = try challenge(for: token)
      state = .challengeSent(sent)
      return .send(sent.challenge)
    case .challengeSent(let sent):
      let verifier = try AuthenticateVerifier(decoding: token, after: sent, configuration: configuration)
      state = .verifying(verifier)
      return .verify(verifier.verification)
    case .verifying, .established, .failed:
      throw NTLMError(.outOfSequence, "no token is expected now")
    }
  }

  /// Verifies the client's proof, MIC and channel bindings.
  ///
  /// - Returns: the session. The client knows the password, and the three messages arrived as they were sent.
  /// - Throws: ``NTLMError/Code/logonFailure`` for a wrong password, ``NTLMError/Code/badMIC``, ``NTLMError/Code/badBindings``,
  ///   ``NTLMError/Code/outOfSequence``, ``NTLMError/Code/local``.
  public mutating func answer(_ secret: NTLMVerificationSecret) throws(NTLMError) -> NTLMSession {
    guard case .verifying(let verifier) = exchange(&state, with: .failed) else {
      throw NTLMError(.outOfSequence, "nothing is to be verified now")
    }
    let session = try verifier.verify(secret)
    verifiedMIC = verifier.carriesMIC
    state = .established
    return session
  }

  /// CHALLENGE (§3.2.5.1.1): what protection needs must have been offered, and what was offered is kept.
  private func challenge(for token: [UInt8]) throws(NTLMError) -> ChallengeSent {
    guard serverChallenge.count == 8 else { throw NTLMError(.local, "a server challenge has 8 bytes") }
    let negotiate = try NegotiateMessage(decoding: token)
    guard negotiate.flags.isSuperset(of: .required) else {
      throw NTLMError(.missingFlags, "the client does not offer all that protection needs")
    }
    let flags = negotiate.flags.intersection(NegotiateFlags.required.union([.version, .key56, .identify]))
      .union([.requestTarget, .alwaysSign, .targetInfo, configuration.isDomainMember ? .targetTypeDomain : .targetTypeServer])
    let name = configuration.isDomainMember ? configuration.netBIOSDomainName : configuration.netBIOSComputerName
    let message = ChallengeMessage(
      targetName: name.utf16LittleEndianBytes, flags: flags, serverChallenge: serverChallenge, targetInfo: targetInfo.encode(),
      version: .ours
    ).encode()
    guard message.count <= NTLMLimits.message else { throw NTLMError(.local, "the host's names are too long") }
    return ChallengeSent(negotiate: token, challenge: message, flags: flags, serverChallenge: serverChallenge, timestamp: timestamp)
  }

  private var targetInfo: AVPairs {
    var pairs: [AVPairs.Pair] = [
      .init(.netBIOSComputerName, configuration.netBIOSComputerName.utf16LittleEndianBytes),
      .init(.netBIOSDomainName, configuration.netBIOSDomainName.utf16LittleEndianBytes),
    ]
    if !configuration.dnsComputerName.isEmpty {
      pairs.append(.init(.dnsComputerName, configuration.dnsComputerName.utf16LittleEndianBytes))
    }
    if !configuration.dnsDomainName.isEmpty {
      pairs.append(.init(.dnsDomainName, configuration.dnsDomainName.utf16LittleEndianBytes))
    }
    var time: [UInt8] = []
    time.append(littleEndian: timestamp)
    pairs.append(.init(.timestamp, time))
    return AVPairs(pairs)
  }
}

extension NTLMAcceptor: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "NTLM acceptor" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
