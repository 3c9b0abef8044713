public import SecuritySupport

/// What the client's end is told besides its credential.
public struct NTLMInitiatorConfiguration: Sendable {
  /// The service principal name of the server, such as `HTTP/host`; it is signed into the response (MsvAvTargetName). Default: none.
  public var targetName: String?
  /// The bindings of the HTTPS connection, signed into the response. Default: none, as over HTTP and inside CredSSP.
  public var channelBindings: ChannelBindings?
  /// The client's own name, for the server's logs. Default: empty.
  public var workstation: String
  /// Whether a CHALLENGE without timestamp is answered. Default: `false`. Only with a timestamp may the client send a MIC
  /// (MS-NLMP §3.1.5.1.2); every server since Windows Vista sends one.
  ///
  /// - Warning: Without the MIC nobody notices a man in the middle who changed one of the three messages, and he only has to take the
  ///   timestamp out of CHALLENGE.
  public var permitsMissingTimestamp: Bool

  public init(
    targetName: String? = nil, channelBindings: ChannelBindings? = nil, workstation: String = "", permitsMissingTimestamp: Bool = false
  ) {
    self.targetName = targetName
    self.channelBindings = channelBindings
    self.workstation = workstation
    self.permitsMissingTimestamp = permitsMissingTimestamp
  }
}

/// The random values of one exchange on the client's side. They must be new for each.
public struct NTLMRandomness: Sendable {
  /// 8 bytes.
  public var clientChallenge: [UInt8]
  /// 16 bytes: the key of the session to come.
  public var exportedSessionKey: SecretBytes

  public init(clientChallenge: [UInt8], exportedSessionKey: SecretBytes) {
    self.clientChallenge = clientChallenge
    self.exportedSessionKey = exportedSessionKey
  }

  public init(clientChallenge: [UInt8], exportedSessionKey: [UInt8]) {
    self.init(clientChallenge: clientChallenge, exportedSessionKey: SecretBytes(exportedSessionKey))
  }

  /// From the system's generator.
  public static func system() -> NTLMRandomness {
    var generator = SystemRandomNumberGenerator()
    var challenge: [UInt8] = []
    challenge.append(littleEndian: generator.next() as UInt64)
    return NTLMRandomness(
      clientChallenge: challenge,
      exportedSessionKey: SecretBytes(count: 16) { key in
        for offset in [0, 8] { key.storeBytes(of: generator.next() as UInt64, toByteOffset: offset, as: UInt64.self) }
      })
  }
}

/// The client's end of an NTLMv2 exchange (MS-NLMP §3.1.5).
///
/// `step(nil)` makes NEGOTIATE, `step(challenge)` makes AUTHENTICATE; ``takeSession()`` gives the session once. Whatever throws ends the
/// exchange. The server has proven nothing when AUTHENTICATE is made: only a message of its that verifies shows that it knows the key.
public struct NTLMInitiator: Sendable {
  private enum State: Sendable {
    /// Nothing sent yet.
    case idle(NTLMCredential, NTLMRandomness)
    /// NEGOTIATE sent; kept for the MIC.
    case negotiateSent(NTLMCredential, NTLMRandomness, negotiate: [UInt8])
    /// AUTHENTICATE sent; the session waits to be taken.
    case authenticateSent(NTLMSession)
    /// The session was taken.
    case finished
    case failed
  }

  private var state: State
  private let configuration: NTLMInitiatorConfiguration
  private let currentTime: UInt64

  /// Whether AUTHENTICATE carried a MIC, which makes SPNEGO's mechListMIC mandatory. `false` until AUTHENTICATE was made, and for
  /// servers without timestamp where ``NTLMInitiatorConfiguration/permitsMissingTimestamp`` lets them pass.
  public private(set) var usesMIC = false

  /// - Parameters:
  ///   - credential: forgotten as soon as AUTHENTICATE was made.
  ///   - randomness: new for each exchange.
  ///   - currentTime: a FILETIME, used when the server sends no timestamp of its own.
  public init(
    credential: NTLMCredential, configuration: NTLMInitiatorConfiguration = .init(), randomness: NTLMRandomness, currentTime: UInt64
  ) {
    state = .idle(credential, randomness)
    self.configuration = configuration
    self.currentTime = currentTime
  }

  /// Takes the server's token and makes the next one.
  ///
  /// - Returns: NEGOTIATE, then AUTHENTICATE, with which the step is finished and messages may be protected.
  /// - Throws: ``NTLMError/Code/local`` for an empty user name or password or randomness of a wrong length,
  ///   ``NTLMError/Code/missingFlags`` and ``NTLMError/Code/violation`` when CHALLENGE lacks what protection needs,
  ///   ``NTLMError/Code/badMIC`` when it lacks the timestamp without which no MIC can be sent,
  ///   ``NTLMError/Code/malformed``, ``NTLMError/Code/limit``, ``NTLMError/Code/outOfSequence``.
  public mutating func step(_ token: [UInt8]?) throws(NTLMError) -> MechanismStep {
    switch (exchange(&state, with: .failed), token) {
    case (.idle(let credential, let randomness), nil):
      try Self.check(credential, randomness, configuration)
      let negotiate = NegotiateMessage(flags: .offered, version: .ours).encode()
      state = .negotiateSent(credential, randomness, negotiate: negotiate)
      return MechanismStep(token: negotiate, mayProtect: false, isFinished: false)
    case (.negotiateSent(let credential, let randomness, let negotiate), let challenge?):
      let answer = try AuthenticateMaker(
        credential: credential, randomness: randomness, configuration: configuration, currentTime: currentTime, negotiate: negotiate
      ).answer(challenge)
      usesMIC = answer.usesMIC
      state = .authenticateSent(answer.session)
      return MechanismStep(token: answer.token, mayProtect: true, isFinished: true)
    case (.idle, _), (.negotiateSent, nil), (.authenticateSent, _), (.finished, _), (.failed, _):
      throw NTLMError(.outOfSequence, "no such token is expected now")
    }
  }

  /// The session, once, after AUTHENTICATE was made.
  ///
  /// - Throws: ``NTLMError/Code/outOfSequence`` before that, after a failure and the second time.
  public mutating func takeSession() throws(NTLMError) -> NTLMSession {
    guard case .authenticateSent(let session) = state else { throw NTLMError(.outOfSequence, "there is no session to take") }
    state = .finished
    return session
  }

  private static func check(
    _ credential: NTLMCredential, _ randomness: NTLMRandomness, _ configuration: NTLMInitiatorConfiguration
  ) throws(NTLMError) {
    guard !credential.name.user.isEmpty else { throw NTLMError(.local, "the user name is empty, which would be an anonymous logon") }
    guard !credential.hash.isOfEmptyPassword else { throw NTLMError(.local, "the password is empty") }
    guard randomness.clientChallenge.count == 8, randomness.exportedSessionKey.count == 16 else {
      throw NTLMError(.local, "randomness of a wrong length")
    }
    let names = [credential.name.user, credential.name.domain, configuration.workstation, configuration.targetName ?? ""]
    guard names.allSatisfy({ $0.utf16.count * 2 <= NTLMLimits.name }) else { throw NTLMError(.limit, "a name is too long") }
  }
}

extension NTLMInitiator: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "NTLM initiator" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
