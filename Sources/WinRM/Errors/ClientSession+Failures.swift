import Certificates
import Kerberos
import NIOHTTP1
import SecuritySupport
import WSMan
import WinRMAuthentication
import WinRMConfiguration
import WinRMHTTP

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// The one place where an error of a layer becomes what the user is told.

extension ClientSession {
  /// An error of opening a connection.
  ///
  /// - Parameter ports: the ports that were tried, one after the other; all but the last refused.
  func failure(connecting error: ConnectionFailure, to ports: [Int]) -> WinRMError {
    let tried = ports.map { endpoint.authority(port: $0) }
    var failure = failure(connecting: error, to: tried.last ?? peer, port: ports.last ?? endpoint.port)
    if tried.count > 1, failure.stage != .proxy {
      let others = "nothing listens at \(tried.dropLast().joined(separator: " nor "))"
      failure.cause = error == .refused ? "\(others) nor \(tried[tried.count - 1])" : "\(others), and \(failure.cause)"
    }
    return failure
  }

  private func failure(connecting error: ConnectionFailure, to peer: String, port: Int) -> WinRMError {
    var failure = proxyFailure(error, to: peer) ?? reason(connecting: error, to: peer, port: port)
    failure.peer = failure.stage == .proxy ? proxyName : peer
    return failure
  }

  private func reason(connecting error: ConnectionFailure, to peer: String, port: Int) -> WinRMError {
    let host = endpoint.host
    switch error {
    case .notResolved:
      return make(.nameNotResolved, .resolve, "the name \(host) has no address", "check the spelling, or use the address")
    case .refused:
      return make(
        .destinationUnreachable, .connect, "nothing listens at \(peer)",
        "start the service there (winrm quickconfig on Windows, winrmd elsewhere), or name its port: -r:\(endpoint.scheme.rawValue)://\(hostInURL):PORT"
      )
    case .timedOut:
      return make(
        .networkTimedOut, .connect, "\(peer) did not answer within \(configuration.connectTimeout)",
        "check that the host is up and that a firewall lets port \(port) through")
    case .unreachable(let number):
      let reason = number.map { " (\(String(cString: strerror($0))))" } ?? ""
      return make(.destinationUnreachable, .connect, "\(peer) cannot be reached\(reason)", "check the address and the network in between")
    case .certificateRefused(let reason):
      return make(
        .mutualAuthenticationFailed, .tls, "the certificate of \(peer) does not prove that it is \(host): \(reason)",
        nextStep(afterCertificate: reason, at: peer))
    case .handshakeFailed(let reason):
      return make(
        .sslConnectionAborted, .tls,
        "the TLS handshake with \(peer) failed: \(reason)\(clientCertificate.map { ", or the server does not accept the certificate \($0.thumbprint)" } ?? "")",
        clientCertificate == nil
          ? "check that the port is an HTTPS listener: winrm enumerate winrm/config/Listener on the server" : Self.certificateNextStep)
    case .foreignAnswer(let answer):
      return make(
        .sslConnectionAborted, .tls, "\(peer) does not answer in TLS\(answer.protocolName.map { ", but in \($0)" } ?? "")",
        "use the port of an HTTPS listener: winrm enumerate winrm/config/Listener on the server", answer: answer.text)
    case .proxy, .tunnelRefused, .tunnelMalformed, .tunnelTimedOut:
      return make(.destinationUnreachable, .proxy, "the proxy failed", "look at its log")
    }
  }

  private func nextStep(afterCertificate reason: String, at peer: String) -> String {
    let host = endpoint.host
    if reason.contains("SSL_CERT_FILE") {
      return "correct the environment variable SSL_CERT_FILE: it must name a readable file of certificates in PEM; or unset it"
    }
    if !policy.pins(for: host).isEmpty { return Self.nextStep(afterPinOf: host, .listener) }
    if reason.contains("expired") || reason.contains("not valid yet") {
      return "have the server's certificate renewed; if it is good, check the clock of this machine"
    }
    let show = "openssl s_client -connect \(peer) </dev/null | openssl x509 -noout -ext subjectAltName -fingerprint -sha256"
    if reason.contains("not for the host") {
      return """
        use a name that the certificate is for, which this shows: \(show)   Or have the server's certificate made anew, for \(host). Where \
        its administrator confirms the fingerprint, a pin proves it whatever its names are: winrm credssp pin -remote:\(host) -sha256:HEX
        """
    }
    return """
      trust its issuer on this machine; or pin the certificate, once the server's administrator has confirmed the fingerprint, which this \
      shows: \(show)   then: winrm credssp pin -remote:\(host) -sha256:HEX
      """
  }

  /// The certificates that a host shows. They may be two, and pins hold for both.
  private enum ShownCertificate { case listener, credSSP }

  /// A server that shows another certificate than the pinned one may be an impostor: before anything else that is to be found out.
  ///
  /// The pin may be that of the other certificate, and stays: a pin is added, and all are taken away only where one is no longer in use.
  private static func nextStep(afterPinOf host: String, _ shown: ShownCertificate) -> String {
    let (this, source, other) =
      switch shown {
      case .listener: ("the certificate of its HTTPS listener", "winrm certificate list", "that of CredSSP")
      case .credSSP: ("its CredSSP certificate", "winrmd logs it when it starts", "that of an HTTPS listener")
      }
    return """
      do not go on before you know why: something else may be answering in the server's place. Have its administrator say, on the server \
      itself, which SHA-256 \(this) has (\(source)); \(other) may be another one, with a pin of its own. Only if it is the one that is shown \
      here: winrm credssp pin -remote:\(host) -sha256:HEX adds it. If what was pinned is no longer in use, before that: \
      winrm credssp unpin -remote:\(host) takes all pins of the host away
      """
  }

  /// An error between opening the connection and the first request.
  ///
  /// - Parameter waited: how long an answer was waited for, where it was not as long as for an authentication.
  func failure(authenticating error: any Error, _ plan: MechanismPlan, waited: Duration? = nil) -> any Error {
    switch error {
    case let error as AuthenticationError: failure(error, plan)
    case let error as HandshakeFailure: failure(error, plan)
    case let error as KerberosError: failure(kerberos: error)
    case let error as HTTPExchangeError: failure(error, .authenticate, waited: waited)
    case is WinRMError, is CancellationError: error
    default:
      make(
        .mutualAuthenticationFailed, .authenticate, "authentication could not be prepared: \(error)", "look at the cause above")
    }
  }

  /// An error of a request on an authenticated connection.
  func failure(requesting error: any Error) -> any Error {
    switch error {
    case let error as EnvelopeFailure: failure(error)
    case let error as HTTPExchangeError: failure(error, .request)
    case let error as HandshakeFailure: failure(error, MechanismPlan())
    case let error as AuthenticationError:
      make(
        .mutualAuthenticationFailed, .request, "the answer of \(peer) cannot be trusted: \(error)",
        "try again; if it happens again, somebody may be altering the traffic")
    case let error as WSManError where error.code == .invalidValue:
      make(WinRMCode(rawValue: 87), .request, "the request cannot be written: \(error.message)", "leave out control characters")
    case let error as WSManError:
      make(
        .destinationUnreachable, .request, "the answer of \(peer) is no WS-Management message: \(error)",
        "check that the address is a WinRM service: winrm identify -r:\(peer) -a:none")
    default: error
    }
  }

  /// A fault of the service.
  func failure(_ fault: WSManFault, _ stage: WinRMError.Stage) -> WinRMError {
    let code = fault.wsmanCode ?? fault.impliedCode ?? .destinationUnreachable
    let text = fault.providerFault?.message ?? fault.message ?? fault.reason
    let name = fault.subcode.map { " \($0.localName)" } ?? ""
    let isRefusal = fault.subcode?.localName == "AccessDenied"
    let (cause, next) = Self.explain(code, text: text.isEmpty ? fault.reason : text, isRefusal: isRefusal)
    return WinRMError(
      code: code, stage: stage, peer: peer, peerAnswer: "fault\(name) \(code.hexadecimal): \(fault.reason)", cause: cause, nextStep: next,
      fault: fault)
  }

  /// What a server says when it has nothing to say but no: Windows, and `winrmd`.
  private static let bareRefusals: Set<String> = ["", "Access is denied", "The account may not do this here"]

  /// - Parameter isRefusal: whether the fault is `w:AccessDenied`. The number 5 alone may be that of a file.
  private static func explain(_ code: WinRMCode, text: String, isRefusal: Bool) -> (cause: String, next: String) {
    let sentence = text.reversed().drop { $0 == "." || $0.isWhitespace }.reversed()
    return switch code {
    case .accessDenied where isRefusal && bareRefusals.contains(String(sentence)):
      (
        "Access is denied. The server knows who you are, but the account may not use remote shells",
        """
        have the account added to the server's group winrm-users, or to service/AllowedAccounts; if it is there, the server's log and winrm \
        doctor there say what it lacks, such as a Unix user that the name service knows
        """
      )
    case .accessDenied:
      (text, "the server knows the account, which lacks the right to do this there; have it granted, or ask for something else")
    case .operationAborted:
      (
        text,
        "the service was stopped, or the shell was deleted or had expired; the command was ended. Run it again when the service is up"
      )
    case .quotaMaxShells: (text, "close shells that are no longer used, or wait until they are idle for too long")
    case .unexpectedSelectors: ("\(text). The shell or the command is gone", "run the command again")
    default: (text, "the text above is the server's; its log may say more")
    }
  }

  private func make(
    _ code: WinRMCode, _ stage: WinRMError.Stage, _ cause: String, _ next: String, answer: String? = nil
  ) -> WinRMError {
    WinRMError(code: code, stage: stage, peer: peer, peerAnswer: answer, cause: cause, nextStep: next)
  }

  private var clientCertificate: ClientCertificate? {
    guard configuration.method == .certificate, case .certificate(let certificate) = configuration.credential else { return nil }
    return certificate
  }

  /// Whether each request says by itself who asks.
  private var bringsProof: Bool { configuration.method == .basic || configuration.method == .certificate }

  private static let certificateNextStep = """
    check that the server trusts the certificate's issuer, and that it has not expired (winrm certificate list -user); the server's log has \
    the reason
    """

  private var hostInURL: String { endpoint.isIPv6 ? "[\(endpoint.host)]" : endpoint.host }
}

// MARK: Authentication

extension ClientSession {
  private func failure(_ error: AuthenticationError, _ plan: MechanismPlan) -> WinRMError {
    if let kerberos = error.cause as? KerberosError { return failure(kerberosExchange: kerberos) }
    return switch error.code {
    case .policy: delegationRefused(error, plan)
    case .refused: credentialsRefused(error.status, plan)
    case .unproven:
      make(
        .mutualAuthenticationFailed, .authenticate, "\(peer) did not prove that it is the server it should be: \(error.message)",
        "do not go on before you know why: something between here and the server may be answering in its place")
    case .timeout:
      make(
        .networkTimedOut, .authenticate, "the holder of the credentials did not answer in time",
        "in a remote session check that the session's service still runs; otherwise try again")
    case .mechanism:
      make(
        .noCredentials, .authenticate, "the credentials could not be used: \(error.message)",
        "give -u:USER, or open a new session")
    default:
      make(
        .invalidToken, .authenticate, "\(peer) sent a token that is not what the protocol says: \(error.message)",
        "check that the address is a WinRM service: winrm identify -r:\(peer) -a:none")
    }
  }

  private func delegationRefused(_ error: AuthenticationError, _ plan: MechanismPlan) -> WinRMError {
    let host = configuration.delegationHost
    let code = error.winRMCode ?? .freshCredentialsNotAllowed
    guard code == .freshCredentialsNTLMOnly else {
      return make(
        code, .delegate, error.message,
        "winrm credssp enable -role:client -delegate:\(host)\(ClientRules.asRoot())\(ClientRules.otherwiseDomain)")
    }
    var cause = """
      nothing but NTLM would prove that \(host) is the server you mean, and policy does not allow to delegate credentials to a server \
      proven like that: \(error.message)
      """
    if let obstacle = plan.obstacle, obstacle.error != nil {
      // What the KDC said, or that it said nothing, is what went wrong: it comes first, and once.
      let remark = "Kerberos could not be used: \(obstacle.reason)"
      cause = "\(remark). Without it \(cause.replacing("; \(remark)", with: ""))"
    }
    guard policy.pins(for: host).isEmpty else {
      let kerberos = plan.obstacle?.error.map { ". For Kerberos, which proves the server as well: \($0.nextStep)" } ?? ""
      return make(
        code, .delegate, cause,
        Self.nextStep(afterPinOf: host, .credSSP) + kerberos)
    }
    return make(
      code, .delegate, cause,
      """
      \(plan.obstacle?.error.map { "for Kerberos: \($0.nextStep) Without it: " } ?? "")\
      pin the server's certificate: winrm credssp pin -remote:\(host) -sha256:HEX (winrmd logs the SHA-256 of its CredSSP certificate \
      when it starts). Or accept NTLM as the only proof, for WSMAN/\(host) or WSMAN/*.DOMAIN: \
      winrm credssp enable -role:client -delegate:\(host) -ntlmonly\(ClientRules.asRoot())\(ClientRules.otherwiseDomain). Or give the \
      server a certificate that this machine trusts, and name it there: winrm set winrm/config/service '@{CertificateThumbprint="..."}'
      """)
  }

  /// The server's no. What it means depends on whether the KDC has vouched for the user already.
  private func credentialsRefused(_ status: NTStatus?, _ plan: MechanismPlan) -> WinRMError {
    let answer = status.map { "HTTP 401, \($0)" } ?? "HTTP 401 (Unauthorized)"
    if configuration.method == .certificate {
      return make(
        .accessDenied, .authenticate, "\(peer) maps the certificate \(clientCertificate?.thumbprint.text ?? "") to no account",
        """
        have an administrator of the server map it (winrm create winrm/config/service/certmapping), and check that the listener asks for \
        certificates and service/auth Certificate is true
        """, answer: answer)
    }
    let unexplained = status == nil || status == .logonFailure
    if let offer = plan.kerberos, unexplained {
      return make(
        .logonFailure, .authenticate, "the domain knows \(offer.client), and \(peer) let him in neither with his ticket nor otherwise",
        """
        the server's log has the reason: a user whom PAM there forbids the logon, or whom the name service there does not know; or a service \
        without a key for the ticket, or another machine than \(endpoint.host) at its address. If it has no keytab, name an account of its \
        own: -u:'HOST\\USER', with its short name
        """, answer: answer)
    }
    let remark = plan.obstacle?.error.map { ". Kerberos could not be used: \($0.reason)" } ?? ""
    let cause =
      switch status {
      case .passwordExpired?, .passwordMustChange?: "the password has to be changed before it can be used"
      case .accountLockedOut?: "the account is locked out"
      case .accountDisabled?: "the account is disabled"
      case .accountExpired?: "the account has expired"
      case .logonTypeNotGranted?: "the account may not log on over the network"
      case .badBindings?: "the server saw another TLS connection than this one: something stands in between"
      case .timeDifferenceAtDomainController?: "the clocks of this machine and of the domain are too far apart"
      case .noLogonServers?: "the server reached no domain controller"
      case .invalidWorkstation?: "the account may not log on from this machine"
      case .invalidLogonHours?: "the account may not log on at this hour"
      case .accountRestriction?:
        """
        a restriction forbids it, which the server does not name: a rule of PAM there may refuse the account, or it may be a member of \
        Protected Users, who can use neither NTLM nor delegated credentials
        """
      default:
        configuration.method == .basic
          ? "the server did not accept the user name and the password. By Basic it may know accounts of its own only"
          : "the server did not accept the user name and the password"
      }
    return make(Self.code(of: status), .authenticate, cause + remark, nextStep(after: status), answer: answer)
  }

  /// What to do about a server's no.
  private func nextStep(after status: NTStatus?) -> String {
    var user = ""
    if case .explicit(let credential) = configuration.credential { user = " \(credential.name.user)" }
    return switch status {
    case .accountRestriction?:
      """
      the log of the service on the server names the restriction. If it is a rule of PAM: /etc/pam.d/winrmd there (without it, \
      /etc/pam.d/other) forbids the account, with every method. If the account is a member of Protected Users, use -a:Kerberos and the server's \
      name in its domain; there is no second hop for such an account
      """
    case .passwordExpired?, .passwordMustChange?:
      "change the password, with kpasswd\(user) or on a machine of the domain (passwd on the server, for an account of its own); then try again"
    case .accountDisabled?: "ask the administrator of the domain to enable the account"
    case .accountExpired?: "ask the administrator of the domain to extend the account"
    case .accountLockedOut?: "wait until the lockout ends, or ask the administrator of the domain to unlock the account"
    case .noLogonServers?:
      "the server cannot reach its domain: on the server, check winbindd (wbinfo -t) and that the domain controllers can be reached"
    case .invalidWorkstation?:
      "the account may log on from certain machines only: use one of them, or ask the administrator of the domain"
    case .invalidLogonHours?: "the account may log on at certain hours only: try again then, or ask the administrator of the domain"
    case .logonTypeNotGranted?: "have the administrator of the server grant the account the right to log on over the network"
    case .timeDifferenceAtDomainController?:
      "synchronise the clocks of this machine, the server and the domain controllers (chronyc tracking, timedatectl)"
    case .badBindings?: "connect without the proxy in between; do not go on before you know what it is"
    default:
      "check the name (USER, HOST\\USER with the short name of the host, or USER@REALM) and the password; the server's log has the reason"
    }
  }

  private static func code(of status: NTStatus?) -> WinRMCode {
    switch status {
    case .accountRestriction?: .accountRestriction
    case .passwordExpired?: .passwordExpired
    case .passwordMustChange?: .passwordMustChange
    case .accountDisabled?: .accountDisabled
    case .accountExpired?: .accountExpired
    case .accountLockedOut?: .accountLockedOut
    case .noLogonServers?: .noAuthenticatingAuthority
    case .badBindings?: .badBindings
    case .timeDifferenceAtDomainController?: .timeSkew
    default: .logonFailure
    }
  }

  private func failure(_ error: HandshakeFailure, _ plan: MechanismPlan) -> WinRMError {
    switch error {
    case .notOffered(let offered): schemeNotOffered(offered)
    case .refused(let offered, _) where configuration.method == .basic && !offered.isEmpty && !offered.contains(.basic):
      schemeNotOffered(offered)
    case .refused(_, let status): credentialsRefused(status, plan)
    case .endedEarly:
      make(
        .mutualAuthenticationFailed, .authenticate, "\(peer) said yes before it had proven who it is",
        "do not go on before you know why: something between here and the server may be answering in its place", answer: "HTTP 200 (OK)")
    case .status(let status): failure(status, .authenticate)
    case .malformedHeader:
      make(
        .invalidToken, .authenticate, "the authentication header of \(peer) cannot be read",
        "check that the address is a WinRM service: winrm identify -r:\(peer) -a:none", answer: "HTTP 401 (Unauthorized)")
    case .tooManyLegs:
      make(
        .mutualAuthenticationFailed, .authenticate, "\(peer) keeps asking for another token",
        "check that no proxy spreads the connection over several servers", answer: "HTTP 401 (Unauthorized)")
    }
  }

  private func schemeNotOffered(_ offered: [AuthenticationScheme]) -> WinRMError {
    let wanted: AuthenticationScheme =
      switch configuration.method {
      case .credSSP: .credSSP
      case .kerberos: .kerberos
      case .basic: .basic
      case .negotiate, .certificate, .none: .negotiate
      }
    let list = offered.isEmpty ? "none" : offered.map(\.rawValue).joined(separator: ", ")
    let next =
      configuration.method == .credSSP
      ? "on the server: winrm credssp enable -role:server"
        + (offered.contains(.negotiate) ? "   or use -a:Negotiate, without a second hop" : "")
      : "on the server: winrm set winrm/config/service/auth '@{\(wanted)=\"true\"}'"
        + (configuration.method == .basic && endpoint.scheme == .http
          ? " and winrm set winrm/config/service '@{AllowUnencrypted=\"true\"}'" : "")
    return make(
      .accessDenied, .authenticate, "\(peer) does not offer \(wanted) authentication", next, answer: "HTTP 401, schemes offered: \(list)")
  }
}

// MARK: HTTP

extension ClientSession {
  private func failure(_ error: EnvelopeFailure) -> WinRMError {
    switch error {
    // With a request that brings its proof along it may be an answer to the proof.
    case .noBody(let status) where status == .serviceUnavailable && bringsProof: failure(status, .authenticate)
    case .noBody(let status): failure(status, .request)
    case .notEncrypted(let status):
      make(
        .mutualAuthenticationFailed, .request, "\(peer) answered an encrypted request without encryption; the answer was thrown away",
        "do not go on before you know why: something between here and the server may be answering in its place", answer: Self.text(status))
    case .notSOAP(let status):
      make(
        .httpNotFound, .request, "\(peer) does not speak WS-Management at \(endpoint.path)", "check port and path of the address",
        answer: Self.text(status))
    }
  }

  private func failure(_ error: HTTPExchangeError, _ stage: WinRMError.Stage, waited: Duration? = nil) -> WinRMError {
    let unknown = stage == .request ? ". Whether the request was carried out is not known" : ""
    switch error {
    case .lost(let wasWritten):
      if stage == .authenticate {
        return make(
          .destinationUnreachable, stage, "\(peer) closed the connection",
          "\(Self.portNextStep). If this is one, it may have too many connections from this address: wait, and try again; otherwise look at the server's log"
        )
      }
      let isEarly = !wasWritten
      return make(
        .destinationUnreachable, stage, "\(peer) closed the connection\(wasWritten ? unknown : "")",
        isEarly
          ? "it may have too many connections from this address: wait, and try again; otherwise look at the server's log"
          : "look at the server's log; then try again")
    case .turnedAway:
      return make(
        .httpServiceUnavailable, stage, Self.busy(peer), Self.busyNextStep, answer: "HTTP before there was a request")
    case .alert:
      guard let clientCertificate else {
        return make(.sslConnectionAborted, .tls, "\(peer) ended TLS with an alert\(unknown)", "look at the server's log; then try again")
      }
      return make(
        .sslConnectionAborted, .tls,
        "\(peer) ended TLS, most likely because it does not accept the certificate \(clientCertificate.thumbprint)",
        Self.certificateNextStep, answer: "a TLS alert")
    case .timedOut where stage == .authenticate:
      return make(
        .networkTimedOut, stage,
        "\(peer) took the connection, and did not answer in time: this client waits \(waited ?? configuration.authenticationTimeout)",
        "is this the port of a WinRM service? They listen on 5985 (HTTP) or 5986 (HTTPS). If it is, check that the server still runs; then try again"
      )
    case .timedOut:
      return make(.networkTimedOut, stage, "\(peer) did not answer in time\(unknown)", "check that the server still runs; then try again")
    case .malformed:
      return make(.destinationUnreachable, stage, "\(peer) does not answer in HTTP", Self.portNextStep)
    case .foreign(let answer):
      return make(
        .destinationUnreachable, stage, "\(peer) does not answer in HTTP\(answer.protocolName.map { ", but in \($0)" } ?? "")",
        answer.protocolName == "TLS" ? "use https for this port, or the port of an HTTP listener" : Self.portNextStep, answer: answer.text)
    case .tooLarge:
      return make(
        .destinationUnreachable, stage, "the answer of \(peer) is larger than this client accepts",
        stage == .authenticate ? Self.portNextStep : "ask for less at a time")
    case .busy:
      return make(.destinationUnreachable, stage, "two requests met on one connection", "this is a fault of the client: report it")
    }
  }

  private func failure(_ status: HTTPResponseStatus, _ stage: WinRMError.Stage) -> WinRMError {
    if let failure = proxyFailure(status) { return failure }
    let (code, cause, next): (WinRMCode, String, String) =
      switch status.code {
      case 300..<400:
        (.destinationUnreachable, "\(peer) sends its callers elsewhere, which a WinRM client does not follow", "address the real server")
      case 400:
        (
          .httpBadRequest, "\(peer) could not read the request",
          "check that both sides speak the same version, and that the port is not one for HTTPS"
        )
      case 407:
        (
          .accessDenied, "a proxy in between wants to know who asks, which goes with HTTPS only",
          "use https with -proxyauthentication:basic -proxyusername:USER, or a proxy that does not ask"
        )
      case 401: (.accessDenied, "\(peer) no longer knows who this connection is", "check that no proxy stands in between")
      case 403: (.accessDenied, "\(peer) does not let this client in", "ask its administrator")
      case 404: (.httpNotFound, "\(peer) does not speak WS-Management at \(endpoint.path)", "check port and path of the address")
      case 413:
        (.httpRequestTooLarge, "the request is larger than \(peer) accepts", "raise MaxEnvelopeSizekb there, or send less at a time")
      case 500 where configuration.sendsUnencrypted:
        (
          .destinationUnreachable, "\(peer) failed without saying why, as a server does that takes no unencrypted messages",
          "leave -unencrypted away; or on the server: winrm set winrm/config/service '@{AllowUnencrypted=\"true\"}'"
        )
      case 500 where stage == .authenticate:
        (
          .destinationUnreachable, "\(peer) cannot carry out the authentication, whoever asks for it",
          "look at the server's log: for CredSSP, the certificate that its CertificateThumbprint names may be missing"
        )
      case 503 where stage == .authenticate:
        (
          .httpServiceUnavailable,
          "\(peer) cannot take the logon now: it is busy, or it cannot ask whoever has to say yes, such as its domain or PAM",
          Self.undecidedNextStep
        )
      case 503: (.httpServiceUnavailable, Self.busy(peer), Self.busyNextStep)
      default: (.destinationUnreachable, "\(peer) failed without saying why", "look at the server's log")
      }
    return make(code, stage, cause, next, answer: Self.text(status))
  }

  private static func busy(_ peer: String) -> String { "\(peer) is busy: too many connections from this address, or altogether" }

  private static let busyNextStep = """
    end other programs of this machine that are connected to it, or wait; then try again. A Windows server also answers so while its WinRM \
    service is stopped
    """

  private static let undecidedNextStep = """
    nothing says that the password is wrong. On the server, winrm doctor shows whether its domain answers, and the log has the reason, such as \
    a module of PAM that keeps silent (/etc/pam.d/winrmd). If there is none: end other programs of this machine that are connected to the \
    server, or wait; then try again. A Windows server also answers so while its WinRM service is stopped
    """

  private static let portNextStep = "check the port: a WinRM service listens on 5985 (HTTP) or 5986 (HTTPS)"

  /// Number and standard name; the peer's own words are left out.
  static func text(_ status: HTTPResponseStatus) -> String {
    let known = HTTPResponseStatus(statusCode: Int(status.code))
    return known.reasonPhrase.isEmpty ? "HTTP \(status.code)" : "HTTP \(status.code) (\(known.reasonPhrase))"
  }
}
