import BlockingThreads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A Unix user with its groups, as far as the doctor says who is admitted.
///
/// The name service may ask winbind or another server, and wait for it for ever. Every question is asked on a thread of its own, and none
/// for longer than a few seconds; while one waits the next ones are refused at once, as they would wait for the same server.
struct UnixMembership: Equatable {
  var number: UInt32
  var groups: Set<UInt32>

  /// The name service gives no answer.
  struct NoAnswer: Error, Equatable {}

  private static let threads = BlockingPool(slots: 1, deadline: .seconds(5))
  /// Whether a question was abandoned and its thread still waits.
  static var isWaiting: Bool { threads.slotsTaken > 0 }

  /// `nil` when there is no such user.
  static func user(named name: String) throws(NoAnswer) -> UnixMembership? {
    try ask {
      let entry = grown { buffer, size -> (CInt, (UInt32, UInt32)?) in
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let status = getpwnam_r(name, &entry, buffer, size, &found)
        return (status, found.map { ($0.pointee.pw_uid, $0.pointee.pw_gid) })
      }
      return entry.map { UnixMembership(number: $0.0, groups: groups(of: name, $0.1)) }
    }
  }

  /// The number of a group; `nil` when there is no such group.
  static func group(named name: String) throws(NoAnswer) -> UInt32? {
    try ask {
      grown { buffer, size in
        var entry = group_entry()
        var found: UnsafeMutablePointer<group_entry>?
        let status = getgrnam_r(name, &entry, buffer, size, &found)
        return (status, found?.pointee.gr_gid)
      }
    }
  }

  /// The name of a user; its number where it has none, or none can be found out.
  static func name(of number: UInt32) -> String {
    let name = try? ask {
      grown { buffer, size in
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let status = getpwuid_r(number, &entry, buffer, size, &found)
        return (status, found.map { String(cString: $0.pointee.pw_name) })
      }
    }
    return name.flatMap(\.self) ?? String(number)
  }

  private static func ask<R: Sendable>(_ question: @escaping @Sendable () -> R) throws(NoAnswer) -> R {
    do throws(BlockingPoolError) { return try threads.wait(question) } catch { throw NoAnswer() }
  }

  private static func groups(of name: String, _ primary: UInt32) -> Set<UInt32> {
    var count: CInt = 256
    while count <= 65_536 {
      var groups = [gid_t](repeating: 0, count: Int(count))
      let room = count
      if getgrouplist(name, primary, &groups, &count) >= 0 { return Set(groups.prefix(Int(max(0, count)))) }
      count = max(count, room * 2)
    }
    return [primary]
  }

  private static func grown<R>(_ ask: (UnsafeMutablePointer<CChar>, Int) -> (CInt, R?)) -> R? {
    var size = 16_384
    while size <= 1 << 24 {
      var buffer = [CChar](repeating: 0, count: size)
      let (status, result) = buffer.withUnsafeMutableBufferPointer { $0.baseAddress.map { ask($0, size) } ?? (ENOMEM, nil) }
      if status == EINTR { continue }
      guard status == ERANGE else { return status == 0 ? result : nil }
      size *= 4
    }
    return nil
  }
}

private typealias group_entry = Glibc.group
