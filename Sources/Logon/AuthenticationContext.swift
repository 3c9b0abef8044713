import Accounts
import CredSSP
import LogonInterface
import NTLM
import SPNEGO
import SecuritySupport

/// One authentication exchange: runs SPNEGO's orders against NTLM, and for CredSSP what follows.
///
/// It is used once, from one place at a time; whatever throws ends it.
struct AuthenticationContext: Sendable {
  /// What an NTLM response is to be verified with.
  struct Subject: Sendable {
    /// `nil` when nobody may pass; then the hash is of no password, and the same work is done.
    var account: Account?
    var hash: NTHash
    /// Why nobody may pass, for the log.
    var refusal: String?
    /// Whether the claim is looked at. Otherwise too many have failed, and this one is not counted.
    var isAdmitted = true
  }

  enum Stage: Sendable, Equatable {
    case authenticating
    /// The inner mechanism has finished; CredSSP goes on.
    case authenticated
    case publicKeyProven
  }

  let purpose: LogonPurpose
  let peer: PeerAddress
  let began: ContinuousClock.Instant
  private(set) var stage = Stage.authenticating
  /// The account, once its password was proven. Nothing may be granted before ``stage`` says so.
  private(set) var account: Account?
  /// The name that the client claims, for the log and the rate limit.
  private(set) var claimedName: AccountName?
  private var spnego = SPNEGOAcceptor(mechanisms: [.ntlm])
  private var ntlm: NTLMAcceptor
  private var session: NTLMSession?

  init(purpose: LogonPurpose, peer: PeerAddress, began: ContinuousClock.Instant, acceptor: NTLMAcceptor) {
    self.purpose = purpose
    self.peer = peer
    self.began = began
    ntlm = acceptor
  }

  /// Feeds the peer's token. `subject` finds what a claim is verified with.
  mutating func step(
    _ token: [UInt8], subject: (AccountName) async throws(LogonFailure) -> Subject
  ) async throws(LogonFailure) -> MechanismStep {
    guard stage == .authenticating else { throw LogonFailure(.outOfSequence, "the authentication has finished") }
    var action = try mapping { (context) throws(SPNEGOError) in try context.spnego.receive(token) }
    while true {
      switch action {
      case .ask(let order, of: _):
        let answer = try await carryOut(order, subject: subject)
        action = try mapping { (context) throws(SPNEGOError) in try context.spnego.answer(answer) }
      case .send(let token): return MechanismStep(token: token, mayProtect: spnego.mayProtect, isFinished: false)
      case .established(let token):
        guard session != nil, account != nil else { throw LogonFailure(.refused(.logonFailure), "the logon was refused") }
        stage = .authenticated
        return MechanismStep(token: token, mayProtect: true, isFinished: true)
      }
    }
  }

  private mutating func carryOut(
    _ order: MechanismOrder, subject: (AccountName) async throws(LogonFailure) -> Subject
  ) async throws(LogonFailure) -> MechanismAnswer {
    switch order {
    case .step(let token?):
      switch try ntlmMapping({ (context) throws(NTLMError) in try context.ntlm.receive(token) }) {
      case .send(let challenge): return .stepped(MechanismStep(token: challenge, mayProtect: false, isFinished: false))
      case .verify(let verification):
        try await verify(verification, subject: subject)
        return .stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true))
      }
    case .mic(let message):
      return .mic(try withSession { (session) throws(NTLMError) in try session.makeMechListMIC(over: message) })
    case .verify(let message, let mic):
      try withSession { (session) throws(NTLMError) in try session.verifyMechListMIC(mic, over: message) }
      return .verified
    case .step(nil), .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials:
      throw LogonFailure(.outOfSequence, "an order that an acceptor of SPNEGO does not give")
    }
  }

  private mutating func verify(
    _ verification: NTLMVerification, subject: (AccountName) async throws(LogonFailure) -> Subject
  ) async throws(LogonFailure) {
    let name = AccountName(domain: verification.domainName, user: verification.userName)
    claimedName = name
    let subject = try await subject(name)
    let established = try ntlmMapping { (context) throws(NTLMError) in try context.ntlm.answer(.ntHash(subject.hash)) }
    guard let account = subject.account else { throw LogonFailure(.refused(.logonFailure), "wrong name or password") }
    session = established
    self.account = account
  }

  /// The keys for the network side, once the exchange has finished.
  func messageKeys() throws(LogonFailure) -> MessageKeys {
    guard purpose == .negotiate, stage == .authenticated, let session else {
      throw LogonFailure(.outOfSequence, "the authentication has not finished")
    }
    do throws(NTLMError) {
      let export = try session.export()
      return MessageKeys(
        exportedSessionKey: export.exportedSessionKey, flags: export.flags, sendSequence: export.sendSequence,
        receiveSequence: export.receiveSequence)
    } catch { throw LogonFailure(ntlm: error) }
  }

  /// CredSSP: checks the client's proof of the TLS public key and seals the server's.
  mutating func provePublicKey(_ proof: PublicKeyProof) throws(LogonFailure) -> [UInt8] {
    guard purpose == .credSSP, stage == .authenticated else {
      throw LogonFailure(.outOfSequence, "a public-key proof before the authentication has finished")
    }
    guard proof.version >= CredSSPConfiguration().minimumVersion else {
      throw LogonFailure(.refused(.notSupported), "CredSSP version \(proof.version) is not accepted")
    }
    let unsealed = try withSession { (session) throws(NTLMError) in try session.unseal(proof.sealed) }
    let answer: [UInt8]
    do throws(CredSSPError) { answer = try PublicKeyBinding.answer(to: proof, unsealed: unsealed) } catch {
      throw LogonFailure(.refused(error.status ?? .accessDenied), error.message)
    }
    let sealed = try withSession { (session) throws(NTLMError) in try session.seal(answer) }
    stage = .publicKeyProven
    return sealed
  }

  /// CredSSP: opens the delegated credentials. The clear text exists in locked memory, for as long as the caller holds the result.
  mutating func openCredentials(_ sealed: [UInt8]) throws(LogonFailure) -> (credentials: TSPasswordCreds, account: Account) {
    guard purpose == .credSSP, stage == .publicKeyProven, let account else {
      throw LogonFailure(.outOfSequence, "credentials before the public key was proven")
    }
    let clear = try withSession { (session) throws(NTLMError) in try session.unseal(toSecret: sealed) }
    defer { clear.wipe() }
    do throws(CredSSPError) { return (try TSPasswordCreds(decodingTSCredentials: clear), account) } catch {
      throw LogonFailure(error.status.map(LogonFailure.Code.refused) ?? .malformed, error.message)
    }
  }

  private mutating func withSession<R>(_ body: (inout NTLMSession) throws(NTLMError) -> R) throws(LogonFailure) -> R {
    guard session != nil else { throw LogonFailure(.outOfSequence, "there is no session yet") }
    return try ntlmMapping { (context) throws(NTLMError) in
      guard var session = exchange(&context.session, with: nil) else { throw NTLMError(.outOfSequence, "there is no session yet") }
      let result = try body(&session)
      context.session = session
      return result
    }
  }

  private mutating func mapping<R>(_ body: (inout Self) throws(SPNEGOError) -> R) throws(LogonFailure) -> R {
    do throws(SPNEGOError) { return try body(&self) } catch { throw LogonFailure(spnego: error) }
  }

  private mutating func ntlmMapping<R>(_ body: (inout Self) throws(NTLMError) -> R) throws(LogonFailure) -> R {
    do throws(NTLMError) { return try body(&self) } catch { throw LogonFailure(ntlm: error) }
  }
}

extension LogonFailure {
  /// What a failure of NTLM means for the logon.
  init(ntlm error: NTLMError) {
    if let status = error.status {
      self.init(.refused(status), "NTLM: \(error.message)")
    } else {
      switch error.code {
      case .outOfSequence: self.init(.outOfSequence, "NTLM: \(error.message)")
      case .limit: self.init(.limit, "NTLM: \(error.message)")
      default: self.init(.malformed, "NTLM: \(error.message)")
      }
    }
  }

  /// What a failure of SPNEGO means for the logon.
  init(spnego error: SPNEGOError) {
    switch error.code {
    case .missingMIC, .refused: self.init(.refused(.logonFailure), "SPNEGO: \(error.message)")
    case .noCommonMechanism: self.init(.refused(.notSupported), "SPNEGO: \(error.message)")
    case .limit: self.init(.limit, "SPNEGO: \(error.message)")
    default: self.init(.malformed, "SPNEGO: \(error.message)")
    }
  }
}
