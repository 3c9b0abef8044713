import CredSSP
import Kerberos
import LogonInterface
import NTLM
import SPNEGO
import SecuritySupport

/// One authentication exchange: runs SPNEGO's orders against Kerberos and NTLM, and for CredSSP what follows.
///
/// It is used once, from one place at a time; whatever throws ends it.
struct AuthenticationContext: Sendable {
  /// What an NTLM response is to be verified with.
  struct Claim: Sendable {
    /// `nil` when nobody may pass; then the secret is a hash of no password, and the same work is done.
    var subject: LogonSubject?
    var secret: NTLMVerificationSecret
    /// Why nobody may pass.
    var refusal: LogonFailure?
    /// One text for all spellings of the claimed account, for counting failures.
    var key: String
    /// Whether the claim is looked at. Otherwise too many have failed, and this one is not counted.
    var isAdmitted = true
  }

  /// Who knows the accounts.
  protocol Accounts {
    /// What a client's NTLM response is verified with.
    func claim(_ verification: NTLMVerification) async -> Claim
    /// The account of a client that Kerberos has proven.
    func subject(of client: KerberosClient) async throws(LogonFailure) -> LogonSubject
  }

  enum Stage: Sendable, Equatable {
    case authenticating
    /// The inner mechanism has finished; CredSSP goes on.
    case authenticated
    case publicKeyProven
  }

  /// What proved the account.
  enum Proof: Sendable {
    /// The client's response, which a password that comes later can be compared with.
    case ntlm(NTLMVerification)
    case kerberos(KerberosClient)
  }

  let purpose: LogonPurpose
  let peer: PeerAddress
  let began: ContinuousClock.Instant
  private(set) var stage = Stage.authenticating
  /// The account, once it was proven. Nothing may be granted before ``stage`` says so.
  private(set) var subject: LogonSubject?
  private(set) var proof: Proof?
  /// The name that an NTLM client claims, or the principal that Kerberos has proven, for the log.
  private(set) var claimedName: AccountName?
  /// Why a claim of NTLM was refused, for the log.
  private(set) var claim: Claim?
  private var spnego: SPNEGOAcceptor
  private var ntlm: NTLMAcceptor
  /// Taken away by its one step.
  private var kerberos: KerberosAcceptor?
  private let workers: KerberosWorkers
  private var session: InnerSession?

  /// - Parameter kerberos: `nil` where there is no key for it; then it is not among the mechanisms.
  init(
    purpose: LogonPurpose, peer: PeerAddress, began: ContinuousClock.Instant, ntlm: NTLMAcceptor, kerberos: KerberosAcceptor?,
    workers: KerberosWorkers
  ) {
    self.purpose = purpose
    self.peer = peer
    self.began = began
    self.ntlm = ntlm
    self.kerberos = kerberos
    self.workers = workers
    spnego = SPNEGOAcceptor(mechanisms: (kerberos == nil ? [] : [.kerberos]) + (purpose == .kerberos ? [] : [.ntlm]))
  }

  /// The mechanism that proved the account, as it is told.
  var mechanismName: String {
    switch proof {
    case .ntlm, nil: "NTLM"
    case .kerberos: "Kerberos"
    }
  }

  /// Feeds the peer's token.
  mutating func step(_ token: [UInt8], accounts: some Accounts) async throws(LogonFailure) -> MechanismStep {
    guard stage == .authenticating else { throw LogonFailure(.outOfSequence, "the authentication has finished") }
    var action = try mapping { (context) throws(SPNEGOError) in try context.spnego.receive(token) }
    guard purpose != .kerberos || spnego.form == .rawKerberos else {
      throw LogonFailure(.malformed, "scheme Kerberos has bare Kerberos tokens")
    }
    while true {
      switch action {
      case .ask(let order, of: let mechanism):
        let answer = try await carryOut(order, of: mechanism, accounts: accounts)
        action = try mapping { (context) throws(SPNEGOError) in try context.spnego.answer(answer) }
      case .send(let token): return MechanismStep(token: token, mayProtect: spnego.mayProtect, isFinished: false)
      case .established(let token):
        guard session != nil, subject != nil else { throw LogonFailure(.refused(.logonFailure), "the logon was refused") }
        stage = .authenticated
        return MechanismStep(token: token, mayProtect: true, isFinished: true)
      }
    }
  }

  private mutating func carryOut(
    _ order: MechanismOrder, of mechanism: MechanismIdentifier, accounts: some Accounts
  ) async throws(LogonFailure) -> MechanismAnswer {
    switch order {
    case .step(let token?) where mechanism == .kerberos: return .stepped(try await accept(token, accounts: accounts))
    case .step(let token?):
      switch try ntlmMapping({ (context) throws(NTLMError) in try context.ntlm.receive(token) }) {
      case .send(let challenge): return .stepped(MechanismStep(token: challenge, mayProtect: false, isFinished: false))
      case .verify(let verification):
        try await verify(verification, accounts: accounts)
        return .stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true))
      }
    case .mic(let message):
      return .mic(try withSession { (session) throws(LogonFailure) in try session.makeMechListMIC(over: message) })
    case .verify(let message, let mic):
      try withSession { (session) throws(LogonFailure) in try session.verifyMechListMIC(mic, over: message) }
      return .verified
    case .step(nil), .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials:
      throw LogonFailure(.outOfSequence, "an order that an acceptor of SPNEGO does not give")
    }
  }

  private mutating func verify(_ verification: NTLMVerification, accounts: some Accounts) async throws(LogonFailure) {
    claimedName = AccountName(domain: verification.domainName, user: verification.userName)
    let claim = await accounts.claim(verification)
    self.claim = claim
    // What the peer may know is said at once; for the rest the same work is done as for everybody.
    if let refusal = claim.refusal, refusal.code != .refused(.logonFailure) { throw refusal }
    let established = try ntlmMapping { (context) throws(NTLMError) in try context.ntlm.answer(claim.secret) }
    guard let subject = claim.subject else { throw LogonFailure(.refused(.logonFailure), "wrong name or password") }
    session = .ntlm(established)
    proof = .ntlm(verification)
    self.subject = subject
  }

  private mutating func accept(_ token: [UInt8], accounts: some Accounts) async throws(LogonFailure) -> MechanismStep {
    guard let acceptor = exchange(&kerberos, with: nil) else { throw LogonFailure(.outOfSequence, "Kerberos has one round") }
    let accepted: (step: MechanismStep, client: KerberosClient)
    let established: KerberosSession
    do {
      accepted = try await workers.run { try acceptor.receive(token) }
      established = try acceptor.takeSession()
    } catch let error as KerberosError {
      throw LogonFailure(kerberos: error)
    } catch {
      throw LogonFailure(.cancelled, "the authentication was given up")
    }
    claimedName = AccountName(domain: "", user: accepted.client.principal.description)
    subject = try await accounts.subject(of: accepted.client)
    proof = .kerberos(accepted.client)
    session = .kerberos(established)
    return accepted.step
  }

  /// The keys for the network side, once the exchange has finished. To be called once.
  mutating func messageKeys() throws(LogonFailure) -> MessageKeys {
    guard purpose != .credSSP, stage == .authenticated, let session = exchange(&session, with: nil) else {
      throw LogonFailure(.outOfSequence, "the authentication has not finished")
    }
    return try session.messageKeys()
  }

  /// CredSSP: checks the client's proof of the TLS public key and seals the server's.
  mutating func provePublicKey(_ proof: PublicKeyProof) throws(LogonFailure) -> [UInt8] {
    guard purpose == .credSSP, stage == .authenticated else {
      throw LogonFailure(.outOfSequence, "a public-key proof before the authentication has finished")
    }
    guard proof.version >= CredSSPConfiguration().minimumVersion else {
      throw LogonFailure(.refused(.notSupported), "CredSSP version \(proof.version) is not accepted")
    }
    let unsealed = try withSession { (session) throws(LogonFailure) in try session.unseal(proof.sealed) }
    let answer: [UInt8]
    do throws(CredSSPError) { answer = try PublicKeyBinding.answer(to: proof, unsealed: unsealed) } catch {
      throw LogonFailure(.refused(error.status ?? .accessDenied), error.message)
    }
    let sealed = try withSession { (session) throws(LogonFailure) in try session.seal(answer) }
    stage = .publicKeyProven
    return sealed
  }

  /// CredSSP: opens the delegated credentials. The clear text exists in locked memory, for as long as the caller holds the result.
  mutating func openCredentials(
    _ sealed: [UInt8]
  ) throws(LogonFailure) -> (credentials: TSPasswordCreds, subject: LogonSubject, proof: Proof) {
    guard purpose == .credSSP, stage == .publicKeyProven, let subject, let proof else {
      throw LogonFailure(.outOfSequence, "credentials before the public key was proven")
    }
    let clear = try withSession { (session) throws(LogonFailure) in try session.unseal(toSecret: sealed) }
    defer { clear.wipe() }
    do throws(CredSSPError) { return (try TSPasswordCreds(decodingTSCredentials: clear), subject, proof) } catch {
      throw LogonFailure(error.status.map(LogonFailure.Code.refused) ?? .malformed, error.message)
    }
  }

  private mutating func withSession<R>(_ body: (inout InnerSession) throws(LogonFailure) -> R) throws(LogonFailure) -> R {
    guard var session = exchange(&session, with: nil) else { throw LogonFailure(.outOfSequence, "there is no session yet") }
    let result = try body(&session)
    self.session = session
    return result
  }

  private mutating func mapping<R>(_ body: (inout Self) throws(SPNEGOError) -> R) throws(LogonFailure) -> R {
    do throws(SPNEGOError) { return try body(&self) } catch { throw LogonFailure(spnego: error) }
  }

  private mutating func ntlmMapping<R>(_ body: (inout Self) throws(NTLMError) -> R) throws(LogonFailure) -> R {
    do throws(NTLMError) { return try body(&self) } catch { throw LogonFailure(ntlm: error) }
  }
}
