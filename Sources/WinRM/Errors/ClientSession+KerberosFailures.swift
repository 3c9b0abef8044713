import Kerberos
import SecuritySupport
import WinRMAuthentication

// What the user is told when Kerberos fails: at the KDC, before the server hears of it, or at the server.

extension ClientSession {
  /// Kerberos was asked for by name, and the names rule it out.
  func failure(_ obstacle: KerberosObstacle) -> WinRMError {
    WinRMError(
      code: .targetUnknown, stage: .kerberos, cause: "Kerberos cannot be used: \(obstacle.reason)",
      nextStep: "use the name that the server has in its domain, or -a:Negotiate")
  }

  /// The KDC, or the tickets at hand.
  func failure(kerberos error: KerberosError) -> WinRMError {
    WinRMError(
      code: Self.code(of: error), stage: .kerberos, peerAnswer: error.answer, cause: cause(of: error),
      nextStep: nextStep(after: error))
  }

  /// The server's half of Kerberos.
  func failure(kerberosExchange error: KerberosError) -> WinRMError {
    let (code, cause, next): (WinRMCode, String, String) =
      switch error.code {
      case .clockSkew: (.timeSkew, "\(peer) says that the clocks are too far apart", error.nextStep)
      case .badBindings:
        (.badBindings, "\(peer) saw another TLS connection than this one: something stands in between", error.nextStep)
      case .keytab, .wrongPassword, .unproven, .wrongService, .protection:
        (
          .wrongPrincipal,
          "\(peer) could not prove by Kerberos that it is \(serviceList): \(error.reason)",
          """
          check that the name leads to the right host, and that the keytab of the service there is current (klist -kte, and \
          kvno \(configuration.serviceNames.first?.description ?? "WSMAN/HOST") here)
          """
        )
      case .malformed: (.invalidToken, "\(peer) sent a token that is not Kerberos: \(error.reason)", error.nextStep)
      case .timeout, .busy: (.noAuthenticatingAuthority, "Kerberos gave no answer in time: \(error.reason)", error.nextStep)
      default: (Self.code(of: error), "Kerberos with \(peer) failed: \(error.reason)", error.nextStep)
      }
    return WinRMError(code: code, stage: .authenticate, peer: peer, peerAnswer: error.answer, cause: cause, nextStep: next)
  }

  private var serviceList: String { configuration.serviceNames.map(\.description).joined(separator: ", ") }

  private var userName: String {
    if case .explicit(let credential) = configuration.credential { "of \(credential.name)" } else { "of the ticket's user" }
  }

  private func cause(of error: KerberosError) -> String {
    switch error.code {
    case .wrongPassword: "the password \(userName) is wrong"
    case .unknownPrincipal:
      ClientRules(configuration: configuration, policy: policy).unknownDomain.map { "no domain \($0) is known here" }
        ?? "the domain knows no such user: \(userName.dropFirst(3))"
    case .passwordExpired: "the password \(userName) has expired"
    case .passwordMustChange: "the password \(userName) must be changed before the first logon"
    case .accountExpired: "the account \(userName.dropFirst(3)) has expired"
    case .accountRevoked where error.ntStatus == .accountLockedOut: "the account \(userName.dropFirst(3)) is locked out"
    case .accountRevoked where error.ntStatus == .accountDisabled: "the account \(userName.dropFirst(3)) is disabled"
    case .accountRevoked: "the account \(userName.dropFirst(3)) is disabled or locked out"
    case .unknownService: "the domain knows no such service: \(serviceList)"
    case .unreachable:
      "no domain controller\(error.realm.map { " of \($0)" } ?? "") can be reached, and Kerberos needs one\(error.minor.map { " (\($0.name ?? $0.description))" } ?? "")"
    case .timeout: "no domain controller answered in time, and Kerberos needs one"
    case .clockSkew: "the clocks of this machine and of the domain controller are too far apart"
    default: "Kerberos failed: \(error.reason)"
    }
  }

  private func nextStep(after error: KerberosError) -> String {
    var step = error.nextStep
    switch error.code {
    case .wrongPassword: step += " If an account of the server itself is meant, write 'HOST\\USER' or '.\\USER'."
    case .accountRevoked where error.ntStatus == .accountDisabled: step = "Ask the domain's administrator to enable it."
    case .accountRevoked where error.ntStatus == .accountLockedOut:
      step = "Wait until the lockout ends, or ask the domain's administrator to unlock it."
    case .unknownService: step += " A service under another name can be given with -spn:SERVICE/HOST."
    default: break
    }
    return step
  }

  static func code(of error: KerberosError) -> WinRMCode {
    if error.ntStatus == .accountLockedOut { return .accountLockedOut }
    return codes[error.code] ?? WinRMCode(rawValue: 0x8009_0304)  // SEC_E_INTERNAL_ERROR
  }

  private static let codes: [KerberosError.Code: WinRMCode] = [
    .wrongPassword: .logonFailure, .unknownPrincipal: .logonFailure, .passwordExpired: .passwordExpired,
    .passwordMustChange: .passwordMustChange, .accountExpired: .accountExpired, .accountRevoked: .accountDisabled,
    .policy: .accountRestriction, .unknownService: .targetUnknown, .unreachable: .noAuthenticatingAuthority,
    .timeout: .noAuthenticatingAuthority, .busy: .noAuthenticatingAuthority, .configuration: .noAuthenticatingAuthority,
    .clockSkew: .timeSkew, .encryptionType: .encryptionTypeUnsupported, .noCredentials: .noCredentials, .ticketExpired: .noCredentials,
    .keytab: .noCredentials, .unproven: .wrongPrincipal, .badBindings: .badBindings, .malformed: .invalidToken,
  ]
}
