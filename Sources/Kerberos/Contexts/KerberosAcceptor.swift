import CGSSAPI
public import SecuritySupport
import Synchronization

/// How strictly an acceptor looks at channel bindings.
public enum KerberosChannelBindingLevel: Sendable, Hashable {
  /// Not at all.
  case none
  /// Wrong bindings are refused, absent ones are not.
  case relaxed
  /// Absent bindings are refused too.
  case strict
}

/// How an acceptor shall take contexts.
public struct KerberosAcceptorConfiguration: Sendable {
  /// The keytab, such as `FILE:/etc/krb5.keytab`; `nil` takes the library's default.
  public var keytab: String?
  /// The services that clients may name. A realm counts where it is given. Not empty.
  public var services: [KerberosServiceName]
  /// Those of the HTTPS connection; `nil` over HTTP and inside CredSSP.
  public var channelBindings: ChannelBindings?
  /// Default ``KerberosChannelBindingLevel/strict``; without ``channelBindings`` there is nothing to compare.
  public var channelBindingLevel: KerberosChannelBindingLevel

  public init(
    keytab: String? = nil, services: [KerberosServiceName], channelBindings: ChannelBindings? = nil,
    channelBindingLevel: KerberosChannelBindingLevel = .strict
  ) {
    self.keytab = keytab
    self.services = services
    self.channelBindings = channelBindings
    self.channelBindingLevel = channelBindingLevel
  }
}

/// Who a client is, as its ticket proved it.
public struct KerberosClient: Sendable {
  public var principal: KerberosPrincipal
  /// The service that the client's ticket is for.
  public var service: KerberosPrincipal
  public var flags: KerberosFlags
  /// Whether the ticket carries the logon information of a Windows domain (KERB_VALIDATION_INFO in its PAC): then the client is an account
  /// of such a domain, whatever else is known of it. A PAC of MIT Kerberos has none.
  public var isDomainAccount: Bool
  /// The PAC of the ticket, whose signature was verified: the client's groups among other things, as the KDC knew them when it issued the
  /// ticket. At most 65535 bytes.
  public var pac: [UInt8]?
  /// The client's ticket-granting ticket, when it delegated one.
  public var delegated: KerberosDelegatedCredential?
}

/// A ticket-granting ticket that a client delegated. It is in memory, and goes with the last reference.
public final class KerberosDelegatedCredential: Sendable {
  private let credential: GSSCredential

  init(_ credential: GSSCredential) { self.credential = credential }

  /// Writes the ticket over whatever `cache` holds. A cache in a file is made for the owner of this process alone (0600).
  public func store(into cache: KerberosTicketCache) throws(KerberosError) {
    guard !cache.name.utf8.contains(0) else { throw KerberosError(.local, "a cache name has a zero byte") }
    var minor: UInt32 = 0
    try require(winrm_gss_store(&minor, credential.raw, cache.name), minor)
  }
}

/// The service half of a Kerberos context (RFC 4121): AP-REQ in, AP-REP out.
///
/// ``receive(_:)`` reads files (keytab and replay cache): call it on ``KerberosWorkers``.
public final class KerberosAcceptor: Sendable {
  private enum State {
    case idle
    case established(KerberosSession)
    case taken
    case failed
  }
  private struct Accepted {
    var step: MechanismStep
    var client: KerberosClient
    var session: KerberosSession
  }
  private let configuration: KerberosAcceptorConfiguration
  private let state = Mutex(State.idle)
  private let rejectionToken = Mutex<[UInt8]?>(nil)

  public init(configuration: KerberosAcceptorConfiguration) { self.configuration = configuration }

  /// After ``receive(_:)`` threw: the error token for the client (KRB-ERROR), where there is one.
  public var rejection: [UInt8]? { rejectionToken.withLock { $0 } }

  /// Takes the AP-REQ and makes the AP-REP. There is one round only, and any failure is final.
  ///
  /// - Throws: `wrongService` before any key is used when the ticket names another service; `keytab` when no key opens it.
  public func receive(_ token: [UInt8]) throws(KerberosError) -> (step: MechanismStep, client: KerberosClient) {
    let result = state.withLock { state -> Result<Accepted, KerberosError> in
      let current = state
      state = .failed
      return Result { () throws(KerberosError) in
        switch current {
        case .idle:
          let accepted = try accept(token)
          state = .established(accepted.session)
          return accepted
        case .established, .taken, .failed: throw KerberosError(.outOfSequence)
        }
      }
    }
    let accepted = try result.get()
    return (accepted.step, accepted.client)
  }

  /// Hands over the established session, once.
  public func takeSession() throws(KerberosError) -> KerberosSession {
    let session = state.withLock { state -> KerberosSession? in
      guard case .established(let session) = state else { return nil }
      state = .taken
      return session
    }
    guard let session else { throw KerberosError(.outOfSequence) }
    return session
  }

  private func accept(_ token: [UInt8]) throws(KerberosError) -> Accepted {
    let ticket = try APRequestTicket(decoding: token)
    let asked = ticket.service
    let service = try configured(asked)
    guard ticket.encryptionType.isPermitted else {
      throw KerberosError(.encryptionType, "the ticket is of type \(ticket.encryptionType), which is refused")
    }
    do throws(KerberosError) {
      return try accept(token, asked, service)
    } catch {
      // The name was compared already. A key that does not fit has the status that elsewhere tells of a wrong password.
      guard [.wrongPassword, .wrongService].contains(error.code) else { throw error }
      throw KerberosError(
        .keytab, "no key of the keytab opens the ticket", major: error.major, minor: error.minor, libraryText: error.libraryText)
    }
  }

  private func configured(_ asked: KerberosPrincipal) throws(KerberosError) -> KerberosServiceName {
    guard asked.components.count == 2, let name = KerberosServiceName(service: asked.components[0], host: asked.components[1]),
      configuration.services.contains(where: { $0.matches(name) && ($0.realm == nil || $0.realm == asked.realm) })
    else { throw KerberosError(.wrongService) }
    return name
  }

  private func accept(_ token: [UInt8], _ asked: KerberosPrincipal, _ service: KerberosServiceName) throws(KerberosError) -> Accepted {
    let credential: GSSCredential
    do throws(KerberosError) {
      credential = try GSSCredential(usage: GSS_C_ACCEPT, key: "keytab", value: configuration.keytab)
    } catch {
      throw KerberosError(
        .keytab, "the keytab is missing, unreadable or empty", major: error.major, minor: error.minor, libraryText: error.libraryText)
    }
    let context = GSSContext()
    var client: gss_name_t?
    var delegated: gss_cred_id_t?
    var mechanism: gss_OID?
    var output = gss_buffer_desc()
    var flags: UInt32 = 0
    var minor: UInt32 = 0
    let bindings = configuration.channelBindingLevel == .none ? nil : configuration.channelBindings
    let major = gss_buffer_desc.with(token) { input in
      withBindings(bindings) { bindings in
        gss_accept_sec_context(
          &minor, &context.raw, credential.raw, input, bindings, &client, &mechanism, &output, &flags, nil, &delegated)
      }
    }
    // From here on every handle has an owner, whatever is thrown.
    let delegatedCredential = delegated.map { GSSCredential(taking: $0) }
    defer {
      var ignored: UInt32 = 0
      if client != nil { gss_release_name(&ignored, &client) }
    }
    let reply = gss_buffer_desc.taking(&output)
    guard major == 0 else {
      if !reply.isEmpty { rejectionToken.withLock { $0 = reply } }
      throw KerberosError(major: major, minor: minor)
    }
    guard winrm_gss_is_krb5(mechanism) != 0 else { throw KerberosError(.malformed, "the client's token is of another mechanism") }
    let returned = KerberosFlags(rawValue: flags)
    if configuration.channelBindingLevel == .strict, bindings != nil, !returned.contains(.channelBound) {
      throw KerberosError(.badBindings, "the client sent no channel bindings")
    }
    let session = try KerberosSession(context: context, flags: returned, service: service, isInitiator: false)
    let who = KerberosClient(
      principal: try GSSName.principal(of: client), service: asked, flags: returned, isDomainAccount: GSSName.hasLogonInformation(client),
      pac: GSSName.pac(of: client, limit: 65_535),
      delegated: delegatedCredential.map(KerberosDelegatedCredential.init))
    return Accepted(
      step: MechanismStep(token: reply.isEmpty ? nil : reply, mayProtect: true, isFinished: true), client: who, session: session)
  }
}
