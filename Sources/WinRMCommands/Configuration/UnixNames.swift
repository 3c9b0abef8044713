import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The users and groups of this machine, as far as commands check names that somebody typed.
struct UnixNames: Sendable {
  /// Whether this process may act for everybody.
  var isRoot: Bool
  /// The name of this process's user; `nil` for root, and for a user that the database does not know.
  ///
  /// - Throws: ``WinrmFailure`` when the database does not answer.
  var processUser: @Sendable () throws -> String?
  /// - Throws: ``WinrmFailure`` when the database does not answer.
  var hasUser: @Sendable (String) throws -> Bool
  /// - Throws: ``WinrmFailure`` when the database does not answer.
  var hasGroup: @Sendable (String) throws -> Bool

  /// The databases of the system's name service.
  static let system = UnixNames(
    isRoot: geteuid() == 0,
    processUser: {
      let number = geteuid()
      guard number != 0 else { return nil }
      return try asked("the name of the user \(number)") { () throws(NameService.Failure) in try NameService.system.user(number)?.name }
    },
    hasUser: { name in
      try asked("whether there is a user \(name)") { () throws(NameService.Failure) in try NameService.system.user(named: name) != nil }
    },
    hasGroup: { name in
      try asked("whether there is a group \(name)") { () throws(NameService.Failure) in try NameService.system.group(named: name) != nil }
    })

  private static func asked<R>(_ what: String, _ question: () throws(NameService.Failure) -> R) throws(WinrmFailure) -> R {
    do throws(NameService.Failure) { return try question() } catch { throw failure(what, error) }
  }

  /// - Parameter what: what was asked.
  static func failure(_ what: String, _ failure: NameService.Failure) -> WinrmFailure {
    switch failure {
    case .silent: silence("within \(NameService.system.patience.components.seconds) seconds it did not say \(what)")
    case .notAsked: silence("it was not asked \(what), because an earlier question still waits")
    case .system(let number):
      WinrmFailure(WinRMCode(rawValue: 1359), "The name service of this machine cannot say \(what): \(String(cString: strerror(number)))")
    }
  }

  private static func silence(_ reason: String) -> WinrmFailure {
    WinrmFailure(
      timeout,
      """
      The name service of this machine does not answer: \(reason). A server that /etc/nsswitch.conf names, such as winbindd or sssd, hangs \
      or waits for a domain controller. Nothing was changed.
      Next: restart it, and try again: \(NameService.remedy)
      """)
  }

  private static let timeout = WinRMCode(rawValue: 1460)  // ERROR_TIMEOUT
}
