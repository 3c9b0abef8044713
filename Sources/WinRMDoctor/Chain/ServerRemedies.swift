import SecuritySupport
import WSMan
import WinRM

/// What is to be done on a server that said no: which of its settings it was, and the command that changes it there.
struct ServerRemedies {
  /// How the server is called in a sentence: "the server", or the name of the second hop.
  var server: String
  /// Its name in commands of others.
  var host: String
  var isWindows: Bool
  /// Whom it is about; `nil` where the name is not known. What can be no account is not handed on.
  var user: String?
  /// The account as the lists of that server name it; without it the ``user``.
  var entry: AccountEntry?
  /// What commands to that server need beside its address, after a blank: the method and the user name.
  var switches = ""

  /// After settings that a policy may decide.
  static let policyRemark = "where a policy decides it, set is refused with 0x8033808A: winrm policy there names the object to change"

  private var account: String { CommandWord.account(user) ?? "USER" }

  // MARK: A shell

  /// For the fault that came back when a shell was asked for; `nil` for faults that no setting mends.
  func shell(_ code: WinRMCode) -> String? {
    switch code {
    case .accessDenied: isWindows ? windowsAccess : admission
    case .remoteShellsNotAllowed:
      set("winrs", #"AllowRemoteShellAccess="true""#) + "; " + Self.policyRemark
    case .remoteAccessDisabled: set("service", #"AllowRemoteAccess="true""#) + "; " + Self.policyRemark
    case .quotaMaxShells:
      "winrm enumerate shell -remote:\(host)\(switches) shows the shells, winrm delete shell?ShellId=ID -remote:\(host)\(switches) ends one; "
        + "or on \(server): "
        + set("winrs", #"MaxShellsPerUser="50""#, isFirst: false) + "; " + Self.policyRemark
    case .quotaMaxShellUsers:
      "wait until somebody has closed his shells, or raise the limit: " + set("winrs", #"MaxConcurrentUsers="20""#, isFirst: false)
        + " on \(server); "
        + Self.policyRemark
    case .quotaMaxCommandsPerShell: set("winrs", #"MaxProcessesPerShell="50""#) + "; " + Self.policyRemark
    case .quotaMaxOperations:
      "let other commands of the user end; on \(server), the limits are MaxConcurrentOperationsPerUser of winrm/config/service and MaxProcessesPerShell of winrm/config/winrs"
    case .resourceNotFound:
      "on \(server), the plug-in for shells is switched off or has lost its resource: winrm enumerate winrm/config/plugin"
    default: nil
    }
  }

  /// AllowedAccounts and AllowedGroups make an account a member of those whom the descriptors admit from the start.
  private var admission: String {
    let entry = entry ?? AccountEntry(name: account)
    return """
      on \(server), admit the account, or a group that it is in: \
      \(set("service", #"AllowedAccounts="\#(entry.name)""#, isFirst: false))\(entry.remark), or AllowedGroups; set replaces the list that winrm get \
      winrm/config/service shows. If it is there already, winrm doctor there and the log of winrmd say what it lacks: a Unix user that the \
      name service knows (for a domain by winbind: passwd and group in /etc/nsswitch.conf name it; then restart winrmd), or right GX in a \
      security descriptor: the Security of the plug-in for shells (winrm configsddl \
      http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd), or RootSDDL (winrm configsddl default)
      """
  }

  private var windowsAccess: String {
    """
    on \(server), make the account a member of Remote Management Users (net localgroup "Remote Management Users" \(account) /add), \
    or give it right GX with winrm configSDDL default, which shows RootSDDL; an account of the server itself that is an administrator also \
    needs LocalAccountTokenFilterPolicy = 1
    """
  }

  private func set(_ part: String, _ pair: String, isFirst: Bool = true) -> String {
    "\(isFirst ? "on \(server): " : "")winrm set winrm/config/\(part) '@{\(pair)}'"
  }

  // MARK: Kerberos

  /// The domain vouches for the user, and the server lets him in by no means. What is quickly looked at comes first.
  ///
  /// - Parameters:
  ///   - service: a name that the ticket is for, such as `WSMAN/hop1.lab.example`.
  ///   - place: the question whether the address leads to the right machine; `nil` where there is no name that could lead astray.
  func refused(withTicketFor service: String, place: String?) -> String {
    let first = place.map { "\($0) " } ?? ""
    guard !isWindows else { return first + keys(of: service) }
    return """
      \(first)On \(server), as root: winrm doctor, and the log of winrmd, which has the reason. A refusal of PAM: correct /etc/pam.d/winrmd (without \
      it, /etc/pam.d/other). A Unix user that the name service does not know: have /etc/nsswitch.conf name winbind for passwd and group, and \
      restart winrmd. A ticket that it cannot open: \(keys(of: service, isFirst: false))
      """
  }

  /// The domain vouches for the user, and the server does not open his ticket: its keys are missing, old, or for another name.
  ///
  /// - Parameter service: a name that the ticket is for, such as `WSMAN/hop1.lab.example`.
  func keys(of service: String, isFirst: Bool = true) -> String {
    let service = CommandWord.service(service) ?? "SERVICE/HOST"
    if isWindows {
      return """
        see that the service's name belongs to the server's computer account and to no other: setspn -Q \(service); and that the name leads \
        to that server
        """
    }
    return """
      \(isFirst ? "on \(server), " : "")compare the keys (klist -kte, the file of KeytabFile in winrm get winrm/config/service, or where that is empty \
      /etc/krb5.keytab) with the name and version of the ticket (here: kvno \(service)). Make them anew as root: \
      net ads keytab add_update_ads HTTP WSMAN -U Administrator; or name the right file: \
      \(set("service", #"KeytabFile="/etc/krb5.keytab""#, isFirst: false))
      """
  }

  // MARK: Methods

  /// The server does not offer a method. Whether a setting or a policy there switched it off, nobody here can see.
  ///
  /// - Parameter offered: what it offers instead: nothing else is advised.
  func scheme(_ name: String, offered: [String]) -> String {
    switch name {
    case "CredSSP":
      "on \(server): winrm credssp enable -role:server (\(Self.policyRemark))"
        + (offered.contains { $0.lowercased() == "negotiate" } ? "; or use -authentication:Negotiate, without a second hop" : "")
    case "Kerberos" where !isWindows:
      """
      on \(server): \(set("service/auth", #"Kerberos="true""#, isFirst: false)) (\(Self.policyRemark)). If it is true, the service has no \
      keytab that it can use, which its log says: net ads keytab add_update_ads HTTP WSMAN -U Administrator, or KeytabFile in winrm/config/service
      """
    default: "on \(server): \(set("service/auth", "\(name)=\"true\"", isFirst: false)) (\(Self.policyRemark))"
    }
  }
}

/// An account as AllowedAccounts of a service names it: `NAME` for one of its own, `DOMAIN\NAME` or `NAME@REALM` for one of a domain.
struct AccountEntry: Equatable {
  var name: String
  /// The form that it has if it belongs to somebody else than ``name`` says; `nil` where it is known whose it is.
  var other: String?

  init(name: String, other: String? = nil) {
    self.name = CommandWord.account(name) == nil ? "USER" : name
    self.other = other.map { CommandWord.account($0) != nil ? $0 : #"DOMAIN\USER"# }
  }

  /// The account of a user name as it was typed, where nobody vouched for it: without a domain it may be of the server or of its domain.
  init(typed text: String) {
    let isOfDomain = text.contains("@") || (text.contains("\\") && !text.hasPrefix(".\\"))
    if isOfDomain {
      self.init(name: text)
    } else {
      let name = text.hasPrefix(".\\") ? String(text.dropFirst(2)) : text
      self.init(name: name, other: text == name ? "DOMAIN\\\(name)" : nil)
    }
  }

  /// Behind the command.
  var remark: String {
    other.map { " if it is an account of its own; one of a domain is named \($0)" } ?? ""
  }
}

extension WinRMCode {
  /// ERROR_WSMAN_SERVICE_REMOTE_ACCESS_DISABLED.
  fileprivate static let remoteAccessDisabled = Self(rawValue: 0x8033_81DD)
}
