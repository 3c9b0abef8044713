import Accounts
import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// `winrm account add|list|passwd|enable|disable|remove`: the accounts that the service keeps by itself.
struct AccountOperations {
  private enum Verb: String {
    case add, list, passwd, enable, disable, remove
  }

  var store: AccountStore
  var console: CommandConsole
  var users = UnixNames.system

  func run(_ arguments: WinrmArguments) throws {
    guard let verb = arguments.operands.first.flatMap({ Verb(rawValue: $0.lowercased()) }) else {
      throw WinrmUsageError("The operation on accounts is add NAME, passwd NAME, enable NAME, disable NAME, remove NAME or list.")
    }
    let name = arguments.operands.dropFirst().first
    for name in arguments.switches.keys where !(name == .passwordfd ? verb == .add || verb == .passwd : verb == .add) {
      throw WinrmUsageError("Switch not allowed with the given operation: \(name.rawValue)")
    }
    do {
      switch (verb, name) {
      case (.list, nil): try list()
      case (.list, _?): throw WinrmUsageError("There are too many parameters.")
      case (_, nil): throw WinrmUsageError("The name of the account is missing.")
      case (.add, let name?): try add(name, arguments)
      case (.passwd, let name?): try changePassword(of: name, arguments)
      case (.enable, let name?): try store.setEnabled(true, of: name)
      case (.disable, let name?): try store.setEnabled(false, of: name)
      case (.remove, let name?): try store.remove(name)
      }
    } catch let error as AccountsError {
      throw WinrmFailure(Self.code(of: error), error.message)
    }
  }

  private func list() throws {
    for account in try store.list() {
      let element = ResultElement(
        name: "Account",
        children: [
          ResultElement(name: "Name", value: account.name), ResultElement(name: "UnixUser", value: account.unixUser),
          ResultElement(name: "Enabled", value: account.isEnabled ? "true" : "false"),
        ])
      console.writeOutput(ResultWriter.text(element))
    }
  }

  private func add(_ name: String, _ arguments: WinrmArguments) throws {
    // Nobody should type a password twice to learn that the name is taken.
    try requireAccount(name, isThere: false)
    let unixUser = try unixUser(for: name, arguments.switches[.unixuser])
    try store.add(name: name, password: password(for: name, arguments), unixUser: unixUser)
  }

  /// Whom the commands of a new account run as. A service that is not root's can only run them as its own user.
  private func unixUser(for name: String, _ wanted: String?) throws -> String {
    let own = try users.processUser()
    guard let unixUser = wanted ?? own ?? (users.isRoot ? name : nil) else {
      throw WinrmFailure(Self.noSuchUser, "This user has no entry in the user database, so no account can run as it.")
    }
    guard users.isRoot || unixUser == own else {
      throw WinrmFailure(
        .accessDenied,
        "An account can run as the Unix user \(unixUser) only when root adds it: a service that is not root's runs commands as its own user\(own.map { ", \($0)" } ?? "")."
      )
    }
    guard try users.hasUser(unixUser) else {
      let hint = wanted == nil ? " Say with -unixuser:USER whom its commands run as." : ""
      throw WinrmFailure(Self.noSuchUser, "There is no Unix user \(unixUser) on this machine.\(hint)")
    }
    return unixUser
  }

  private func changePassword(of name: String, _ arguments: WinrmArguments) throws {
    try requireAccount(name, isThere: true)
    try store.setPassword(password(for: name, arguments), of: name)
  }

  private func requireAccount(_ name: String, isThere: Bool) throws(AccountsError) {
    guard try store.list().contains(where: { $0.key == Account.key(of: name) }) != isThere else { return }
    throw isThere
      ? AccountsError(.notFound, "there is no account \(name)") : AccountsError(.exists, "there is an account \(name) already")
  }

  /// The new password: the first line of the descriptor of `-passwordfd`, or of standard input when nobody sits there; else asked for twice.
  private func password(for name: String, _ arguments: WinrmArguments) throws -> SecretBytes {
    do {
      if let text = arguments.switches[.passwordfd] {
        guard let descriptor = CInt(text), descriptor >= 0 else { throw WinrmUsageError("-passwordfd takes the number of a descriptor.") }
        return try console.readPasswordFromDescriptor(descriptor)
      }
      guard console.isInteractive else { return try console.readPasswordFromDescriptor(0) }
      let first = try console.readPassword(.prompt, "New password of \(name): ")
      guard try first.isEqual(to: console.readPassword(.prompt, "The same again: ")) else {
        throw AccountsError(.invalidPassword, "the two passwords differ; nothing was changed")
      }
      return first
    } catch let error as PasswordReaderError {
      throw Self.failure(error, descriptor: arguments.switches[.passwordfd])
    }
  }

  private static func failure(_ error: PasswordReaderError, descriptor: String?) -> WinrmFailure {
    switch error {
    case .unreadable(_, let number):
      let place = descriptor.map { "Descriptor \($0) of -passwordfd" } ?? "Standard input"
      let invalidHandle = WinRMCode(rawValue: 6)
      return WinrmFailure(invalidHandle, "\(place) cannot be read: \(String(cString: strerror(number))). Nothing was changed.")
    case .noTerminal:
      return WinrmFailure(
        WinRMCode(rawValue: 1325), "There is no terminal to ask for the password on. Pass it to a descriptor and name that: -passwordfd:N")
    case .cancelled: return WinrmFailure(WinRMCode(rawValue: 1223), "No password was given; nothing was changed.")
    case .tooLong: return WinrmFailure(WinRMCode(rawValue: 1325), "\(error)")
    }
  }

  private static let noSuchUser = WinRMCode(rawValue: 1317)  // ERROR_NO_SUCH_USER

  private static func code(of error: AccountsError) -> WinRMCode {
    switch error.code {
    case .exists: WinRMCode(rawValue: 1316)  // ERROR_USER_EXISTS
    case .notFound: WinRMCode(rawValue: 1317)  // ERROR_NO_SUCH_USER
    case .invalidName: WinRMCode(rawValue: 1315)  // ERROR_INVALID_ACCOUNT_NAME
    case .invalidPassword: WinRMCode(rawValue: 1325)  // ERROR_PASSWORD_RESTRICTION
    case .insecureFile, .malformed: WinRMCode(rawValue: 0x8033_8005)  // ERROR_WSMAN_CONFIG_CORRUPTED
    default: .accessDenied  // what keeps people from reading or writing the file, nearly always
    }
  }
}
