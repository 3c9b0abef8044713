import CGSSAPI
public import SecuritySupport
import Synchronization

/// Whether an initiator sends its ticket-granting ticket along.
public enum KerberosDelegation: Sendable, Hashable {
  /// Never.
  case none
  /// When the ticket is forwardable and the KDC marked the service as trusted for delegation (ok-as-delegate). Otherwise the context comes
  /// about without delegation.
  case whenTrusted
}

/// How an initiator shall make its context.
public struct KerberosInitiatorConfiguration: Sendable {
  /// The names of the service in order: the next one is tried when the KDC does not know the one before. Not empty.
  public var services: [KerberosServiceName]
  /// Default ``KerberosDelegation/none``.
  public var delegation: KerberosDelegation
  /// Those of the outer HTTPS connection; `nil` over HTTP and inside CredSSP.
  public var channelBindings: ChannelBindings?

  public init(services: [KerberosServiceName], delegation: KerberosDelegation = .none, channelBindings: ChannelBindings? = nil) {
    self.services = services
    self.delegation = delegation
    self.channelBindings = channelBindings
  }
}

/// The client half of a Kerberos context (RFC 4121): AP-REQ out, AP-REP in. Mutual authentication is always asked for.
///
/// The tokens are raw Kerberos; SPNEGO may carry them. ``step(_:)`` blocks on the KDC: call it on ``KerberosWorkers``.
public final class KerberosInitiator: Sendable {
  private enum State {
    case idle
    /// AP-REQ sent for that service; the credential is kept as long as the context.
    case requestSent(GSSContext, GSSName, GSSCredential, KerberosServiceName)
    case established(KerberosSession)
    case taken
    case failed
  }
  private let credential: KerberosCredential
  private let configuration: KerberosInitiatorConfiguration
  private let state = Mutex(State.idle)

  public init(credential: KerberosCredential, configuration: KerberosInitiatorConfiguration) {
    self.credential = credential
    self.configuration = configuration
  }

  /// Makes the AP-REQ (`token` is `nil`), or takes the AP-REP. Any failure is final.
  public func step(_ token: [UInt8]?) throws(KerberosError) -> MechanismStep {
    let result = state.withLock { state -> Result<MechanismStep, KerberosError> in
      let current = state
      state = .failed
      return Result { () throws(KerberosError) in
        switch (current, token) {
        case (.idle, nil):
          let (next, request) = try request()
          state = next
          return MechanismStep(token: request, mayProtect: false, isFinished: false)
        case (.requestSent(let context, let name, let credential, let service), let token?):
          state = .established(try finish(context, name, credential, service, token))
          return MechanismStep(token: nil, mayProtect: true, isFinished: true)
        case (.idle, _?), (.requestSent, nil), (.established, _), (.taken, _), (.failed, _):
          throw KerberosError(.outOfSequence)
        }
      }
    }
    return try result.get()
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

  private var wantedFlags: UInt32 {
    var flags: KerberosFlags = [.mutual, .replayDetection, .sequenceDetection, .confidentiality, .integrity]
    if configuration.delegation == .whenTrusted { flags.insert(.delegationByPolicy) }
    return flags.rawValue
  }

  private func request() throws(KerberosError) -> (State, [UInt8]) {
    guard !configuration.services.isEmpty else { throw KerberosError(.local, "no service name was given") }
    let handle = try credential.handle()
    var unknown: KerberosError?
    for service in configuration.services {
      let context = GSSContext()
      let name = try GSSName(service)
      do throws(KerberosError) {
        let (token, _, isComplete) = try advance(context, name, handle, [])
        guard !isComplete else { throw KerberosError(.unproven, "the library made a context without mutual authentication") }
        return (.requestSent(context, name, handle, service), token)
      } catch {
        guard error.code == .unknownService else { throw error }
        unknown = unknown ?? error
      }
    }
    throw unknown ?? KerberosError(.unknownService)
  }

  private func finish(
    _ context: GSSContext, _ name: GSSName, _ handle: GSSCredential, _ service: KerberosServiceName, _ token: [UInt8]
  ) throws(KerberosError) -> KerberosSession {
    let flags: KerberosFlags
    do throws(KerberosError) {
      let (reply, returned, isComplete) = try advance(context, name, handle, token)
      guard isComplete, reply.isEmpty else { throw KerberosError(.malformed, "the context goes on after the service's proof") }
      flags = returned
    } catch {
      // A reply made with another key is no proof; elsewhere the same statuses tell of a wrong password.
      guard [.wrongPassword, .keytab].contains(error.code) else { throw error }
      throw KerberosError(.unproven, major: error.major, minor: error.minor, libraryText: error.libraryText)
    }
    return try KerberosSession(context: context, flags: flags, service: service, isInitiator: true)
  }

  private func advance(
    _ context: GSSContext, _ name: GSSName, _ handle: GSSCredential, _ token: [UInt8]
  ) throws(KerberosError) -> (token: [UInt8], flags: KerberosFlags, isComplete: Bool) {
    var output = gss_buffer_desc()
    var flags: UInt32 = 0
    var minor: UInt32 = 0
    let major = gss_buffer_desc.with(token) { input in
      withBindings(configuration.channelBindings) { bindings in
        gss_init_sec_context(
          &minor, handle.raw, &context.raw, name.raw, winrm_gss_krb5(), wantedFlags, 0, bindings, input, nil, &output, &flags, nil)
      }
    }
    let bytes = gss_buffer_desc.taking(&output)
    guard major & ~GSSMajorStatus.continueNeeded.rawValue == 0 else { throw KerberosError(major: major, minor: minor) }
    return (bytes, KerberosFlags(rawValue: flags), major == 0)
  }
}
