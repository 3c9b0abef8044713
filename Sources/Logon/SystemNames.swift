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
      guard status == 0, let found = result?.pointee else { return (status, nil) }
      return (
        0,
        UnixUser(
          name: String(cString: found.pw_name), uid: found.pw_uid, gid: found.pw_gid, home: String(cString: found.pw_dir),
          shell: String(cString: found.pw_shell), groups: [])
      )
    }
    guard var user = found else { return nil }
    user.groups = groups(of: user)
    return user
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

  private static func groups(of user: UnixUser) -> [UInt32] {
    var count: CInt = 64
    for _ in 0..<8 {
      var groups = [gid_t](repeating: 0, count: Int(count))
      if getgrouplist(user.name, user.gid, &groups, &count) >= 0 { return Array(groups.prefix(Int(max(0, count)))) }
      count = max(count, CInt(clamping: groups.count * 2))  // the call says how many there are, but not always
      guard count <= 65_536 else { break }
    }
    return [user.gid]
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

private typealias group_entry = Glibc.group
