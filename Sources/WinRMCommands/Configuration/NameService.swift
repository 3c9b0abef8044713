import BlockingThreads
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The users and groups of this machine, as the system's name service has them.
///
/// It may ask winbind or another server, and wait for it for ever. Every question is asked on a thread of its own, and none for longer than a
/// few seconds; as long as one that was given up still waits, the next ones are refused at once: they would wait for the same server.
final class NameService: Sendable {
  enum Failure: Error, Equatable {
    /// It gives no answer.
    case silent
    /// It is not asked, because an earlier question still waits for an answer.
    case notAsked
    /// It cannot be asked, for the reason with this error number.
    case system(CInt)
  }

  struct User: Sendable, Equatable {
    var name: String
    var number: UInt32
    var group: UInt32
  }

  struct Group: Sendable, Equatable {
    var name: String
    var number: UInt32
  }

  static let system = NameService(patience: .seconds(5))

  /// How long an answer is waited for.
  let patience: Duration
  private let threads: BlockingPool
  private let hasGivenUp = Mutex(false)

  init(patience: Duration) {
    self.patience = patience
    threads = BlockingPool(slots: 16, deadline: patience)
  }

  /// Whether a thread still waits for an answer.
  var isWaiting: Bool { threads.slotsTaken > 0 }

  // MARK: Servers

  /// A program behind the name service that may wait for others.
  enum Server: String, CaseIterable {
    case winbind
    case sssd
    case nslcd

    /// What /etc/nsswitch.conf calls it.
    fileprivate var source: String {
      switch self {
      case .winbind: "winbind"
      case .sssd: "sss"
      case .nslcd: "ldap"
      }
    }
    fileprivate var program: String { self == .winbind ? "winbindd" : rawValue }
  }

  /// The servers that are asked for users and groups.
  ///
  /// - Parameter configuration: the text of nsswitch.conf(5).
  static func servers(in configuration: String) -> [Server] {
    let names = Set(["passwd", "group", "initgroups"].flatMap { sources(of: $0, in: configuration) ?? [] })
    return Server.allCases.filter { names.contains($0.source) }
  }

  /// What is asked for the entries of a database; `nil` where the configuration does not say.
  ///
  /// - Parameter configuration: the text of nsswitch.conf(5). What it says of results, in brackets, is among the words.
  static func sources(of database: String, in configuration: String) -> [String]? {
    var sources: [String]?
    for line in configuration.split(whereSeparator: \.isNewline) {
      let halves = line.prefix { $0 != "#" }.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, halves[0].filter({ !$0.isWhitespace }) == database else { continue }
      sources = (sources ?? []) + halves[1].split { $0.isWhitespace || "[]".contains($0) }.map(String.init)
    }
    return sources
  }

  /// What makes the servers answer again where they hang.
  static func remedy(restarting servers: [Server], hasSystemd: Bool) -> String {
    guard !servers.isEmpty else { return "restart the server that /etc/nsswitch.conf names for passwd and group" }
    return hasSystemd
      ? "systemctl restart \(servers.map(\.rawValue).joined(separator: " "))"
      : "end \(servers.map(\.program).joined(separator: " and ")) (kill -KILL), and start \(servers.count > 1 ? "them" : "it") again"
  }

  static func remedy(restarting servers: [Server]) -> String {
    remedy(restarting: servers, hasSystemd: access("/run/systemd/system", F_OK) == 0)
  }

  /// What makes this machine's name service answer again.
  static var remedy: String {
    remedy(restarting: servers(in: SystemFile.text("/etc/nsswitch.conf") ?? ""))
  }

  // MARK: Questions

  /// `nil` when there is no such user.
  func user(named name: String) throws(Failure) -> User? {
    try entry { buffer, size in
      var entry = UserEntry()
      var found: UnsafeMutablePointer<UserEntry>?
      let status = getpwnam_r(name, &entry, buffer, size, &found)
      return (status, found.map { User($0.pointee) })
    }
  }

  /// `nil` when there is no such user.
  func user(_ number: UInt32) throws(Failure) -> User? {
    try entry { buffer, size in
      var entry = UserEntry()
      var found: UnsafeMutablePointer<UserEntry>?
      let status = getpwuid_r(number, &entry, buffer, size, &found)
      return (status, found.map { User($0.pointee) })
    }
  }

  /// `nil` when there is no such group.
  func group(named name: String) throws(Failure) -> Group? {
    try entry { buffer, size in
      var entry = GroupEntry()
      var found: UnsafeMutablePointer<GroupEntry>?
      let status = getgrnam_r(name, &entry, buffer, size, &found)
      return (status, found.map { Group($0.pointee) })
    }
  }

  /// `nil` when there is no such group.
  func group(_ number: UInt32) throws(Failure) -> Group? {
    try entry { buffer, size in
      var entry = GroupEntry()
      var found: UnsafeMutablePointer<GroupEntry>?
      let status = getgrgid_r(number, &entry, buffer, size, &found)
      return (status, found.map { Group($0.pointee) })
    }
  }

  /// The numbers of the groups that a user is a member of.
  func groups(of user: User) throws(Failure) -> Set<UInt32> {
    try ask {
      var count: CInt = 256
      while count <= 65_536 {
        var groups = [gid_t](repeating: 0, count: Int(count))
        let room = count
        if getgrouplist(user.name, user.group, &groups, &count) >= 0 { return Set(groups.prefix(Int(max(0, count)))) }
        count = max(count, room * 2)
      }
      return [user.group]
    }
  }

  // MARK: Asking

  /// - Parameter question: blocks; it still runs when it was given up.
  func ask<R: Sendable>(_ question: @escaping @Sendable () -> R) throws(Failure) -> R {
    let isHopeless = hasGivenUp.withLock { hasGivenUp in
      hasGivenUp = hasGivenUp && isWaiting
      return hasGivenUp
    }
    guard !isHopeless else { throw .notAsked }
    do throws(BlockingPoolError) {
      return try threads.wait(question)
    } catch {
      guard error != .noThread else { throw .system(EAGAIN) }
      hasGivenUp.withLock { $0 = true }
      throw .silent
    }
  }

  /// Asks with a buffer that grows: a group may have thousands of members.
  private func entry<R: Sendable>(
    _ call: @escaping @Sendable (UnsafeMutablePointer<CChar>, Int) -> (status: CInt, entry: R?)
  ) throws(Failure) -> R? {
    let (status, entry) = try ask { () -> (CInt, R?) in
      var size = 16_384
      while true {
        var buffer = [CChar](repeating: 0, count: size)
        let (status, entry) = buffer.withUnsafeMutableBufferPointer { $0.baseAddress.map { call($0, size) } ?? (ENOMEM, nil) }
        switch status {
        case EINTR: continue
        case ERANGE where size < 1 << 24: size *= 4
        default: return (status, entry)
        }
      }
    }
    switch status {
    case 0: return entry
    // What the manual allows for "there is none".
    case ENOENT, ESRCH, EBADF, EPERM: return nil
    default: throw .system(status)
    }
  }
}

// Within the class these names are those of its methods.
private typealias UserEntry = passwd
private typealias GroupEntry = group

extension NameService.User {
  fileprivate init(_ entry: UserEntry) {
    self.init(name: entry.pw_name.map { String(cString: $0) } ?? "", number: entry.pw_uid, group: entry.pw_gid)
  }
}

extension NameService.Group {
  fileprivate init(_ entry: GroupEntry) {
    self.init(name: entry.gr_name.map { String(cString: $0) } ?? "", number: entry.gr_gid)
  }
}
