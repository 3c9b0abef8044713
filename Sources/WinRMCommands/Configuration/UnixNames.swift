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
  var processUser: @Sendable () -> String?
  /// - Throws: ``WinrmFailure`` when the database does not answer.
  var hasUser: @Sendable (String) throws -> Bool
  /// - Throws: ``WinrmFailure`` when the database does not answer.
  var hasGroup: @Sendable (String) throws -> Bool

  /// The databases of the system's name service.
  static let system = UnixNames(
    isRoot: geteuid() == 0, processUser: { geteuid() == 0 ? nil : nameOfProcessUser() },
    hasUser: { name in
      try isFound("user \(name)") { buffer, size in
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let status = getpwnam_r(name, &entry, buffer, size, &found)
        return (status, found != nil)
      }
    },
    hasGroup: { name in
      try isFound("group \(name)") { buffer, size in
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        let status = getgrnam_r(name, &entry, buffer, size, &found)
        return (status, found != nil)
      }
    })

  private static func nameOfProcessUser() -> String? {
    var name: String?
    _ = try? isFound("") { buffer, size in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let status = getpwuid_r(geteuid(), &entry, buffer, size, &found)
      if found != nil { name = entry.pw_name.map { String(cString: $0) } }
      return (status, found != nil)
    }
    return name
  }

  /// Asks with a buffer that grows: a group may have thousands of members.
  private static func isFound(
    _ what: String, _ ask: (UnsafeMutablePointer<CChar>, Int) -> (status: CInt, isFound: Bool)
  ) throws(WinrmFailure) -> Bool {
    var size = 16384
    while true {
      var buffer = [CChar](repeating: 0, count: size)
      let (status, isFound) = ask(&buffer, size)
      switch status {
      case 0: return isFound
      case EINTR: continue
      case ERANGE where size < 1 << 24: size *= 4
      // What the manual allows for "there is none".
      case ENOENT, ESRCH, EBADF, EPERM: return false
      default:
        throw WinrmFailure(
          WinRMCode(rawValue: 1359), "The system cannot look up the \(what): \(String(cString: strerror(status)))")
      }
    }
  }
}
