import CLinux
import Glibc

/// A user of the system, with everything that a command needs of it.
struct UnixUser: Sendable, Hashable {
  var name: String
  var uid: UInt32
  var gid: UInt32
  var home: String
  var shell: String
  /// All groups, the primary one included.
  var groups: [UInt32]
  /// Whether the name service has told all of them.
  var hasAllGroups = true
}

/// Questions to the system's name services. They block, possibly on a network.
enum SystemNames {
  static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// `nil` when there is no such user, or the name service fails.
  static func user(named name: String) -> UnixUser? {
    var entry = passwd()
    let found: UnixUser? = withGrowingBuffer { buffer, size in
      var result: UnsafeMutablePointer<passwd>?
      let status = getpwnam_r(name, &entry, buffer, size, &result)
      return (status, status == 0 ? result.map { UnixUser($0.pointee) } : nil)
    }
    return found.map(withGroups)
  }

  /// The user of a number; `nil` when there is none, or the name service fails.
  static func user(number: UInt32) -> UnixUser? {
    var entry = passwd()
    let found: UnixUser? = withGrowingBuffer { buffer, size in
      var result: UnsafeMutablePointer<passwd>?
      let status = getpwuid_r(number, &entry, buffer, size, &result)
      return (status, status == 0 ? result.map { UnixUser($0.pointee) } : nil)
    }
    return found.map(withGroups)
  }

  /// The number of a group; `nil` when there is no such group.
  static func group(named name: String) -> UInt32? {
    var entry = group_entry()
    return withGrowingBuffer { buffer, size in
      var result: UnsafeMutablePointer<group_entry>?
      let status = getgrnam_r(name, &entry, buffer, size, &result)
      return (status, status == 0 ? result?.pointee.gr_gid : nil)
    }
  }

  private static func withGroups(_ user: UnixUser) -> UnixUser {
    var user = user
    let groups = groups(of: user)
    user.groups = groups ?? [user.gid]
    user.hasAllGroups = groups != nil
    return user
  }

  /// `nil` when there are more than anybody can be in.
  private static func groups(of user: UnixUser) -> [UInt32]? {
    var count: CInt = 64
    for _ in 0..<8 {
      var groups = [gid_t](repeating: 0, count: Int(count))
      if getgrouplist(user.name, user.gid, &groups, &count) >= 0 { return Array(groups.prefix(Int(max(0, count)))) }
      count = max(count, CInt(clamping: groups.count * 2))  // the call says how many there are, but not always
      guard count <= 65_536 else { break }
    }
    return nil
  }

  /// Calls `body` with ever larger buffers as long as it answers ERANGE.
  private static func withGrowingBuffer<R>(_ body: (UnsafeMutablePointer<CChar>, Int) -> (CInt, R?)) -> R? {
    var size = 4096
    while size <= 4 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      let (status, result) = body(buffer, size)
      guard status == ERANGE else { return result }
      size *= 4
    }
    return nil
  }
}

extension UnixUser {
  /// Without groups.
  fileprivate init(_ entry: passwd) {
    self.init(
      name: String(cString: entry.pw_name), uid: entry.pw_uid, gid: entry.pw_gid, home: String(cString: entry.pw_dir),
      shell: String(cString: entry.pw_shell), groups: [])
  }
}

private typealias group_entry = Glibc.group
