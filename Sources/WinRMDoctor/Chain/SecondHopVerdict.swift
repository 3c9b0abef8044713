import SecuritySupport
import WinRM

/// What a reply means: which link of the chain's second half is broken, and what mends it.
struct SecondHopVerdict: Equatable {
  var check: ChainCheck
  var evidence: String
  var remedy: String
  var code: WinRMCode?
  /// What it would be a verdict on, if it were certain whose word it is; `nil` where it is.
  var matter: ChainCheck?
}

/// Who says no to whom: the names for sentences.
struct SecondHopNames {
  /// The host of the first hop.
  var first: String
  var second: SecondHopTarget
  /// The account of the session, as the first hop calls it: any text.
  var account: String?
  /// Whether the session has a ticket.
  var hasTicket: Bool
  /// Whose ticket it is.
  var principal: String?

  var host: String { second.host }
  /// As it stands in an address.
  var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
  /// The name without its domain, as it may stand in a command; `nil` where it is not known, or is none.
  var user: String? { CommandWord.account(account) }
}

extension SecondHopNames {
  /// The account as the second hop's service names it: a ticket says whose it is, and NTLM with an account of the first hop can only have
  /// met one of the same name.
  var entry: AccountEntry? {
    guard !hasTicket else { return (principal ?? account).map { AccountEntry(name: $0) } }
    guard let user, let account else { return nil }
    return AccountEntry(name: user, other: account == user ? nil : account)
  }
}

// MARK: - WinRM

extension SecondHopVerdict {
  /// What winrs failed with. Its stage says who refused; the text of Windows has none, and the number has to do.
  init(_ failure: WinrsFailure, tried command: String, _ names: SecondHopNames) {
    let code = failure.code
    let refusal = WinRMRefusal(failure: failure, command: command, names: names)
    self =
      switch failure.stage ?? Self.stage(of: code) {
      case .policy, .local, .proxy, .delegate: refusal.byClient
      case _ where code == .httpServiceUnavailable: refusal.unavailable
      case .resolve: refusal.unnamed
      case .tls where code == .mutualAuthenticationFailed: refusal.uncertified
      case .authenticate where code == .mutualAuthenticationFailed, .request where code == .mutualAuthenticationFailed,
        .shell where code == .mutualAuthenticationFailed:
        refusal.unproven
      case .connect, .tls: refusal.unreachable
      case .kerberos: refusal.ticketless
      case .request where !Self.isOfTransport(code), .shell where !Self.isOfTransport(code): refusal.unauthorized
      case .authenticate where !Self.isOfTransport(code): refusal.unauthenticated
      default: refusal.unreachable
      }
  }

  /// Numbers that say how far it came, for a client that does not.
  private static func stage(of code: WinRMCode?) -> WinRMError.Stage {
    guard let code else { return .authenticate }
    if WinRMRefusal.rules[code] != nil { return .policy }
    return switch code {
    case .noCredentials, .kerberosToAddress, .kerberosToLocalhost: .policy
    case .nameNotResolved: .resolve
    case .destinationUnreachable, .networkTimedOut: .connect
    case .sslConnectionAborted, .mutualAuthenticationFailed: .tls
    case .targetUnknown, .noAuthenticatingAuthority, .timeSkew, .encryptionTypeUnsupported: .kerberos
    case .quotaMaxShells, WinRMCode(rawValue: 0x8033_81AB), WinRMCode(rawValue: 0x8033_81AC), WinRMCode(rawValue: 0x8033_81DD): .shell
    default: .authenticate
    }
  }

  /// Whether something answers there that is no WinRM service, or nothing.
  private static func isOfTransport(_ code: WinRMCode?) -> Bool {
    [.destinationUnreachable, .networkTimedOut, .sslConnectionAborted, .httpNotFound, .httpBadRequest].contains(code)
  }

  /// Whether somebody at the port of the second hop had a part in it; otherwise winrs, the resolver or the KDC said no before.
  static func wasAsked(_ failure: WinrsFailure) -> Bool {
    switch failure.stage ?? stage(of: failure.code) {
    case .policy, .local, .proxy, .delegate, .resolve, .kerberos: false
    default: true
    }
  }

  /// The refusal of a service that has the scheme's port, where WinRM's own is open too: it may be anybody's, so that neither it nor
  /// its certificate is a matter to be mended.
  static func other(_ verdict: Self, _ failure: WinrsFailure, port: Int, own: (port: Int, address: String), _ names: SecondHopNames) -> Self
  {
    Self(
      check: .secondHopPort,
      evidence: """
        winrs comes to port \(port) of \(names.host), where another service than WinRM may listen, and is refused: \(failure.evidence); \
        port \(own.port) is open as well
        """,
      remedy: "name the port of its WinRM service, as in \(own.address)", code: verdict.code, matter: verdict.check)
  }

  /// winrs was started, and told nothing in its time: whatever has the port does not answer.
  static func silent(port: Int, isOpen: Bool, _ names: SecondHopNames) -> Self {
    Self(
      check: .secondHopPort,
      evidence: """
        port \(port) of \(names.host) \(isOpen ? "takes connections, and " : "")does not answer: winrs waited \
        \(SecondHopScript.winrsPatience) seconds
        """,
      remedy:
        "look at what listens there, and start the WinRM service on \(names.host): winrm enumerate winrm/config/Listener shows its ports",
      code: .networkTimedOut)
  }
}

private struct WinRMRefusal {
  var failure: WinrsFailure
  /// The command that says the same again.
  var command: String
  var names: SecondHopNames

  /// The rules of a client that its configuration or policy holds, by the number of their refusal.
  static let rules: [WinRMCode: (name: String, command: String)] = [
    .serverNotTrusted: trustedHosts, .explicitCredentialsRequired: trustedHosts, .defaultMethodToAddress: trustedHosts,
    .negotiateDisabled: flag("Negotiate"), .kerberosDisabled: flag("Kerberos"), .credSSPDisabledOnClient: flag("CredSSP"),
    .unencryptedDisabled: ("AllowUnencrypted", "winrm set winrm/config/client '@{AllowUnencrypted=\"true\"}'"),
  ]

  private static let trustedHosts = ("TrustedHosts", "")

  private static func flag(_ name: String) -> (name: String, command: String) {
    ("\(name) of client/auth", "winrm set winrm/config/client/auth '@{\(name)=\"true\"}'")
  }

  private var again: String { "to see it again, on \(names.first) in such a session: \(command)" }

  /// The second hop was not even asked.
  var byClient: SecondHopVerdict {
    let refused = "the client on the first hop refuses, and \(names.host) was not asked"
    guard let code = failure.code, let rule = Self.rules[code] else {
      return SecondHopVerdict(
        check: .secondHopClient, evidence: "\(refused): \(failure.evidence)",
        remedy: failure.code == .noCredentials || failure.code == .kerberosToAddress || failure.code == .kerberosToLocalhost
          ? "name \(names.host) as the domain knows it, for Kerberos; \(again)"
          : "on \(names.first), mend what its client complains of; \(again)",
        code: failure.code)
    }
    var remedy = "on the first hop, \(names.first), as root: \(rule.command)"
    if rule.command.isEmpty {
      remedy = """
        name the second hop as the domain knows it, so that Kerberos proves it, or use https; or on the first hop, \(names.first), as root: \
        winrm set winrm/config/client '@{TrustedHosts="\(names.bracketedHost)"}', together with the names that winrm get winrm/config/client shows
        """
    }
    return SecondHopVerdict(
      check: .secondHopClient, evidence: "\(refused), by its rule \(rule.name): \(failure.evidence)",
      remedy: remedy + " (\(ServerRemedies.policyRemark))", code: code)
  }

  var unnamed: SecondHopVerdict {
    SecondHopVerdict(
      check: .secondHopName, evidence: "winrs on the first hop: \(failure.evidence)",
      remedy: "on the first hop: getent hosts \(names.host)",
      code: failure.code ?? .nameNotResolved)
  }

  var uncertified: SecondHopVerdict {
    SecondHopVerdict(
      check: .secondHopClient, evidence: "the client on the first hop refuses the certificate of \(names.host): \(failure.evidence)",
      remedy: """
        on the first hop, \(names.first), trust the issuer of that certificate (/usr/local/share/ca-certificates, then \
        update-ca-certificates; on Windows: certlm.msc), or give \(names.host) one for that name; or use http, where Kerberos proves the server
        """, code: failure.code)
  }

  /// The client does not believe that it speaks with the second hop: nothing is said of the user.
  var unproven: SecondHopVerdict {
    let place = names.host.contains(":") ? "" : " Is the machine really \(names.host) (on the first hop: getent hosts \(names.host))?"
    return SecondHopVerdict(
      check: .secondHopClient,
      evidence:
        "the client on the first hop does not go on, as what answers for \(names.host) has not proven who it is: \(failure.evidence)",
      remedy: """
        do not go on before you know why: something between \(names.first) and \(names.host) may be answering in its place, or a proxy is in \
        the way.\(place) \(again)
        """, code: failure.code)
  }

  var unreachable: SecondHopVerdict {
    let isSilent = failure.code == .networkTimedOut
    return SecondHopVerdict(
      check: .secondHopPort,
      evidence: isSilent ? "\(names.host) does not answer the first hop: \(failure.evidence)" : failure.evidence,
      remedy: isSilent
        ? "start the WinRM service on \(names.host), and let the first hop through the firewall between them"
        : "on \(names.host): winrm enumerate winrm/config/Listener shows where its service listens (5985 for HTTP, 5986 for HTTPS); \(again)",
      code: failure.code ?? .destinationUnreachable)
  }

  /// HTTP 503. Before the logon, and after it, the service is busy, or is stopped. In answer to the logon it may also be unable to ask whoever
  /// knows the user; the text of Windows does not say when it came.
  var unavailable: SecondHopVerdict {
    switch failure.stage {
    case nil: return undecided
    case .authenticate? where failure.answer?.hasPrefix("HTTP 503") == true: return undecided
    case let stage:
      return SecondHopVerdict(
        check: stage == .request || stage == .shell ? .secondHopAccess : .secondHopPort,
        evidence: "its WinRM service is busy, or stopped: \(failure.evidence)",
        remedy: "end other programs on \(names.first) that are connected to \(names.host), or wait; \(Self.stoppedRemark); \(again)",
        code: failure.code)
    }
  }

  /// The service was asked, and knows neither a yes nor a no.
  private var undecided: SecondHopVerdict {
    SecondHopVerdict(
      check: .secondHopAccess, evidence: "its WinRM service does not say whether it accepts who the user is: \(failure.evidence)",
      remedy: """
        nothing says that the credentials are wrong. On \(names.host), as root: winrm doctor shows whether its domain and its name service \
        answer, and the log of winrmd has the reason, such as a module of PAM that keeps silent (/etc/pam.d/winrmd). If there is none, it is \
        busy: end other programs on \(names.first) that are connected to it, or wait; \(Self.stoppedRemark); \(again)
        """, code: failure.code)
  }

  private static let stoppedRemark = "a Windows server also answers so while its WinRM service is stopped"

  var ticketless: SecondHopVerdict {
    SecondHopVerdict(
      check: .secondHopTicket, evidence: "the first hop got no ticket for \(names.host): \(failure.evidence)",
      remedy: failure.code == .targetUnknown
        ? "name \(names.host) as the domain knows it; on it, as root: net ads keytab add_update_ads HTTP WSMAN -U Administrator registers its names"
        : failure.code == .timeSkew
          ? "synchronise the clocks of \(names.first) and of the domain controllers (chronyc tracking, timedatectl)"
          : "on the first hop, check krb5.conf and that it reaches a domain controller: kvno WSMAN/\(names.host)",
      code: failure.code)
  }

  var unauthenticated: SecondHopVerdict {
    let code = failure.code
    let server = ServerRemedies(server: names.host, host: names.host, isWindows: false, user: names.user, entry: names.entry)
    // Windows says 5 for both, and nothing about how far it came.
    let isVague = failure.stage == nil && code == .accessDenied
    let said =
      isVague ? "its WinRM service does not know the user, or gives him no shell" : "its WinRM service does not accept who the user is"
    let remedy: String
    switch code {
    // In CredSSP's own words what others say by HTTP 503.
    case .noAuthenticatingAuthority?: return undecided
    case .wrongPrincipal?, .badBindings?: remedy = server.keys(of: "WSMAN/\(names.host)")
    case .logonFailure? where failure.cause.contains("with his ticket"):
      let place = names.host.contains(":") ? nil : "Is the machine really \(names.host) (on the first hop: getent hosts \(names.host))?"
      remedy = server.refused(withTicketFor: "WSMAN/\(names.host)", place: place)
    case .logonFailure? where names.hasTicket, WinRMCode.logonDenied? where names.hasTicket:
      remedy = """
        the user is one of a domain, and his account leads to servers of that domain alone. If \(names.host) is in none, an account of the \
        same name there is another one: join it to the domain, or use an account of its own, in such a session: \
        winrs -r:\(names.second.address ?? names.bracketedHost) -u:'HOST\\USER' id, with its short name. If it is in the domain, name it as the \
        domain knows it; its service may have no key for the ticket: \(server.keys(of: "WSMAN/\(names.host)"))
        """
    case .logonFailure?, WinRMCode.logonDenied?, nil: remedy = accounts
    case .accountDisabled?: remedy = "on \(names.host), or in its domain, enable the account (winrm account enable \(names.user ?? "USER"))"
    case .accountLockedOut?, .accountExpired?, .accountRestriction?, .passwordExpired?, .passwordMustChange?:
      remedy = """
        have the account made usable for \(names.host): winrm helpmsg \(code?.hexadecimal ?? "") says what it lacks, and the log of the service \
        there has the reason, such as a rule of PAM (/etc/pam.d/winrmd)
        """
    case .accessDenied? where isVague:
      remedy =
        "\(accounts); then: \(ServerRemedies(server: names.host, host: names.host, isWindows: true, user: names.user).shell(.accessDenied) ?? "")"
    case .accessDenied?:
      remedy = "on \(names.host), switch on a method that winrs uses by itself: winrm set winrm/config/service/auth '@{Negotiate=\"true\"}'"
    default: remedy = again
    }
    return SecondHopVerdict(check: .secondHopAccess, evidence: "\(said): \(failure.evidence)", remedy: remedy, code: code)
  }

  private var accounts: String {
    """
    an account of the first hop alone is unknown on \(names.host): make one of the same name and password there (winrm account add \
    \(names.user ?? "USER") -unixuser:USER; one that is there may be disabled, or have another password), or use an account of a domain that both know
    """
  }

  var unauthorized: SecondHopVerdict {
    let server = ServerRemedies(server: names.host, host: names.host, isWindows: failure.stage == nil, user: names.user, entry: names.entry)
    return SecondHopVerdict(
      check: .secondHopAccess, evidence: "its WinRM service knows the user, and gives him no shell: \(failure.evidence)",
      remedy: failure.code.flatMap { server.shell($0) } ?? "look at the log of the service on \(names.host); \(again)",
      code: failure.code)
  }
}

extension WinRMCode {
  /// SEC_E_LOGON_DENIED.
  static let logonDenied = Self(rawValue: 0x8009_030C)
  /// ERROR_BAD_NET_NAME: no such share.
  static let noSuchShare = Self(rawValue: 67)
  /// ERROR_BAD_NETPATH: no such server.
  static let noSuchServer = Self(rawValue: 53)
}

// MARK: - Files

extension SecondHopVerdict {
  /// What the client of file servers failed with.
  ///
  /// - Parameter ticket: how the question for a ticket to the file server ended, where it was asked.
  init(_ failure: FileServerFailure, ticket: SecondHopReply?, _ names: SecondHopNames) {
    let refusal = FileRefusal(failure: failure, ticket: ticket, names: names)
    switch failure.status {
    case _ where refusal.isWithoutKerberos: self = refusal.withoutKerberos
    case "NT_STATUS_BAD_NETWORK_NAME"?, "NT_STATUS_OBJECT_NAME_NOT_FOUND"?, "NT_STATUS_OBJECT_PATH_NOT_FOUND"?: self = refusal.noShare
    case "NT_STATUS_ACCESS_DENIED"? where failure.text.contains("session setup failed"): self = refusal.notLoggedOn(.accessDenied)
    case "NT_STATUS_ACCESS_DENIED"?, "NT_STATUS_NETWORK_ACCESS_DENIED"?: self = refusal.denied
    case let status? where FileRefusal.unreachable.contains(status): self = refusal.notThere
    case let status?: self = refusal.notLoggedOn(FileRefusal.codes[status])
    case nil:
      switch failure.number {
      case 5?, 65?: self = refusal.denied
      case 2?, 3?, 67?: self = refusal.noShare
      case 51?, 53?, 54?, 59?, 64?, 121?, 1231?: self = refusal.notThere
      case let number?: self = refusal.notLoggedOn(UInt32(exactly: number).map { WinRMCode(rawValue: $0) })
      case nil: self = failure.text.contains("onnection to") ? refusal.notThere : refusal.notLoggedOn(nil)
      }
    }
  }

  /// smbclient was started, and told nothing in its time.
  static func silentFiles(_ names: SecondHopNames) -> Self {
    Self(
      check: .secondHopPort, evidence: "port 445 of \(names.host) takes connections, and does not answer",
      remedy: "look at the file server there (smbstatus, its log), and at the firewall between it and the first hop", code: .networkTimedOut
    )
  }
}

private struct FileRefusal {
  var failure: FileServerFailure
  var ticket: SecondHopReply?
  var names: SecondHopNames

  static let unreachable: Set<String> = [
    "NT_STATUS_IO_TIMEOUT", "NT_STATUS_CONNECTION_REFUSED", "NT_STATUS_HOST_UNREACHABLE", "NT_STATUS_NETWORK_UNREACHABLE",
    "NT_STATUS_CONNECTION_RESET", "NT_STATUS_CONNECTION_DISCONNECTED", "NT_STATUS_PIPE_BROKEN", "NT_STATUS_UNSUCCESSFUL",
    "NT_STATUS_BAD_NETWORK_PATH", "NT_STATUS_NOT_FOUND", "NT_STATUS_END_OF_FILE", "NT_STATUS_INVALID_NETWORK_RESPONSE",
  ]

  static let codes: [String: WinRMCode] = [
    "NT_STATUS_LOGON_FAILURE": .logonFailure, "NT_STATUS_WRONG_PASSWORD": .logonFailure, "NT_STATUS_NO_SUCH_USER": .logonFailure,
    "NT_STATUS_ACCOUNT_DISABLED": .accountDisabled, "NT_STATUS_ACCOUNT_LOCKED_OUT": .accountLockedOut,
    "NT_STATUS_ACCOUNT_EXPIRED": .accountExpired, "NT_STATUS_ACCOUNT_RESTRICTION": .accountRestriction,
    "NT_STATUS_PASSWORD_EXPIRED": .passwordExpired, "NT_STATUS_PASSWORD_MUST_CHANGE": .passwordMustChange,
    "NT_STATUS_NO_LOGON_SERVERS": .noAuthenticatingAuthority, "NT_STATUS_TIME_DIFFERENCE_AT_DC": .timeSkew,
  ]

  private var share: String {
    if case .files(let name?) = names.second.service { name } else { "SHARE" }
  }

  /// As a word of a shell: names of shares may end with `$`.
  private var address: String { CommandWord.quoted("//\(names.host)/\(share)") }

  /// smbclient found nothing to begin Kerberos with: its own words, which name no reason.
  var isWithoutKerberos: Bool {
    let isInitial = failure.text.contains("NEG_TOKEN_INIT") || failure.text.contains("not possible") || failure.text.contains("gse_krb5")
    return failure.status != nil && isInitial || failure.status == "NT_STATUS_NO_LOGON_SERVERS" && ticket?.exit != 0
  }

  var withoutKerberos: SecondHopVerdict {
    guard names.hasTicket else {
      return SecondHopVerdict(
        check: .secondHopTicket,
        evidence:
          "the session holds no ticket, and a file server needs one here: the logon agent serves winrs and winrm alone (\(failure.status ?? failure.evidence))",
        remedy:
          "log on to \(names.first) as a user of a domain (USER@REALM) whose domain controllers it reaches; or there: smbclient -U \(names.user ?? "USER") \(address), which asks for the password",
        code: .noCredentials)
    }
    let said = ticket.map { SafeText.shortened($0.text, to: 300) }.flatMap { $0.isEmpty ? nil : $0 } ?? failure.evidence
    let isUnknown = said.contains("not found in Kerberos database")
    return SecondHopVerdict(
      check: .secondHopTicket,
      evidence: "the first hop got no ticket for cifs/\(names.host)\(isUnknown ? ", a name that the domain does not know" : ""): \(said)",
      remedy: """
        name the file server as the domain knows it, and no address. A server that is in no domain takes NTLM alone, and a ticket does not \
        lead there: on \(names.first), smbclient -U \(names.user ?? "USER") \(address) asks for the password
        """, code: isUnknown ? .targetUnknown : .noCredentials)
  }

  var noShare: SecondHopVerdict {
    SecondHopVerdict(
      check: .secondHopAccess, evidence: "its file server knows the user, and has no share \(share): \(failure.evidence)",
      remedy:
        "correct the name; on the first hop, in such a session: smbclient -N --use-kerberos=required -L //\(names.host) lists the shares",
      code: .noSuchShare)
  }

  var denied: SecondHopVerdict {
    let place = share == "SHARE" ? "" : " \(share)"
    return SecondHopVerdict(
      check: .secondHopAccess, evidence: "its file server knows the user, and refuses him the share\(place): \(failure.evidence)",
      remedy: """
        on \(names.host), admit \(names.user ?? "the user"): valid users of the share in smb.conf, and the rights of its directory \
        (on Windows: Grant-SmbShareAccess, and the rights of the folder)
        """, code: .accessDenied)
  }

  var notThere: SecondHopVerdict {
    SecondHopVerdict(
      check: .secondHopPort, evidence: "its file server cannot be reached: \(failure.evidence)",
      remedy: "look at the file server on \(names.host), and at the firewall between it and the first hop",
      code: failure.status == nil ? .noSuchServer : .destinationUnreachable)
  }

  func notLoggedOn(_ code: WinRMCode?) -> SecondHopVerdict {
    SecondHopVerdict(
      check: .secondHopAccess, evidence: "its file server does not accept who the user is: \(failure.evidence)",
      remedy:
        "on the first hop, in such a session, to see it again: smbclient -N --use-kerberos=required \(address) -c ls; the log of the file server has the reason",
      code: code)
  }
}
