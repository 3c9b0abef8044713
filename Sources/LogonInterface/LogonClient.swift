public import Certificates
public import SecuritySupport

/// The typed face of a ``LogonAuthority``, and the only maker of ``ProvenIdentity``.
public struct LogonClient: Sendable {
  private let authority: any LogonAuthority

  public init(authority: any LogonAuthority) { self.authority = authority }

  /// Starts an authentication exchange.
  ///
  /// - Parameter channelBindings: those of the HTTPS listener for ``LogonPurpose/negotiate`` and ``LogonPurpose/kerberos``; never with CredSSP, whose public-key
  ///   proof takes their place.
  public func begin(
    _ purpose: LogonPurpose, peer: PeerAddress, channelBindings: ChannelBindings? = nil
  ) async throws(LogonFailure) -> LogonContext {
    guard case .begun(let id) = try await authority.perform(.begin(purpose: purpose, peer: peer, channelBindings: channelBindings)) else {
      throw .unexpectedReply
    }
    return LogonContext(id: id, purpose: purpose, authority: authority)
  }

  /// Logs on with a name and a password, for HTTP Basic. The caller wipes the password.
  ///
  /// - Throws: ``LogonFailure``: `refused` with ``NTStatus/logonFailure`` whatever is wrong with them, `accessDenied`, `quota` when too many
  ///   passwords are being checked, `undecided`, `unavailable`.
  public func logOn(_ logon: PasswordLogon, peer: PeerAddress) async throws(LogonFailure) -> ProvenIdentity {
    guard case .granted(let grant) = try await authority.perform(.password(logon, peer: peer)), grant.purpose == .basic else {
      throw .unexpectedReply
    }
    return ProvenIdentity(grant)
  }

  /// Logs on as the local account that a client's certificate is mapped to.
  ///
  /// - Throws: ``LogonFailure``: `refused` for an account that is not there, is disabled, or that no mapping names; `accessDenied`, `quota`,
  ///   `undecided`, `unavailable`.
  public func logOn(
    _ certificate: VerifiedClientCertificate, as userName: String, peer: PeerAddress
  ) async throws(LogonFailure) -> ProvenIdentity {
    let logon = CertificateLogon(certificate, as: userName)
    guard case .granted(let grant) = try await authority.perform(.certificate(logon, peer: peer)), grant.purpose == .certificate else {
      throw .unexpectedReply
    }
    return ProvenIdentity(grant)
  }

  /// Opens a session and binds the credentials that came with the identity's own logon to it.
  ///
  /// - Throws: ``LogonFailure``: `accessDenied` when the rules have changed since the logon, `invalidArgument` for a forbidden variable
  ///   or directory, `quota`, `notFound` when the logon was released.
  public func openSession(for identity: AuthorizedIdentity, options: SessionOptions) async throws(LogonFailure) -> Session {
    guard case .sessionOpened(let id) = try await authority.perform(.openSession(identity.identity.logonID, options)) else {
      throw .unexpectedReply
    }
    return Session(id: id, hasDelegatedCredentials: identity.identity.hasDelegatedCredentials, authority: authority)
  }

  /// Who a user of this host is: the name, and the SIDs for access control. It proves nothing; the caller has the number from the kernel.
  public func describe(userID: UInt32) async throws(LogonFailure) -> LocalUser {
    guard case .described(let user) = try await authority.perform(.describe(userID: userID)) else { throw .unexpectedReply }
    return user
  }

  /// Tells the authority that the identity's connection is gone: credentials that no session holds are wiped.
  public func release(_ identity: ProvenIdentity) async {
    do { _ = try await authority.perform(.release(identity.logonID)) } catch {}  // nothing left to release is the aim
  }
}

/// One authentication exchange in the authority. Ends with an identity, a failure, or ``abandon()``; after any of them it is gone.
public struct LogonContext: Sendable {
  public let id: ContextID
  public let purpose: LogonPurpose
  private let authority: any LogonAuthority

  init(id: ContextID, purpose: LogonPurpose, authority: any LogonAuthority) {
    self.id = id
    self.purpose = purpose
    self.authority = authority
  }

  /// Feeds the peer's token.
  public func step(_ token: [UInt8]) async throws(LogonFailure) -> LogonStep {
    guard case .stepped(let step, let grant, let keys) = try await authority.perform(.step(id, token: token)) else {
      throw .unexpectedReply
    }
    guard let grant, let keys else { return LogonStep(step: step, established: nil) }
    guard purpose != .credSSP, grant.purpose == purpose, step.isFinished else { throw .unexpectedReply }
    return LogonStep(step: step, established: EstablishedLogon(identity: ProvenIdentity(grant), messageKeys: keys))
  }

  /// CredSSP: checks the client's public-key proof.
  ///
  /// - Returns: the server's sealed proof.
  public func provePublicKey(_ proof: PublicKeyProof) async throws(LogonFailure) -> [UInt8] {
    guard case .sealed(let sealed) = try await authority.perform(.provePublicKey(id, proof)) else { throw .unexpectedReply }
    return sealed
  }

  /// CredSSP: hands over the sealed credentials, which only the authority can open.
  public func acceptCredentials(sealed: [UInt8]) async throws(LogonFailure) -> ProvenIdentity {
    guard case .granted(let grant) = try await authority.perform(.acceptCredentials(id, sealed: sealed)), grant.purpose == .credSSP else {
      throw .unexpectedReply
    }
    return ProvenIdentity(grant)
  }

  /// Gives the exchange up, for instance because its connection was lost.
  public func abandon() async {
    do { _ = try await authority.perform(.abandon(id)) } catch {}  // a context that is already gone is the aim
  }
}

/// What one token brought.
public struct LogonStep: Sendable {
  /// The answer for the peer, SPNEGO included.
  public var step: MechanismStep
  /// The identity, once an exchange of Negotiate or Kerberos is complete. Always `nil` for CredSSP.
  public let established: EstablishedLogon?

  init(step: MechanismStep, established: EstablishedLogon?) {
    self.step = step
    self.established = established
  }
}

/// A completed logon of Negotiate or Kerberos.
public struct EstablishedLogon: Sendable {
  public let identity: ProvenIdentity
  public let messageKeys: MessageKeys

  init(identity: ProvenIdentity, messageKeys: MessageKeys) {
    self.identity = identity
    self.messageKeys = messageKeys
  }
}

extension LogonFailure {
  static let unexpectedReply = LogonFailure(.unavailable, "the authority gave a reply of another kind")
}
