#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A Unix user with its groups, as far as the doctor says who is admitted.
struct UnixMembership {
  var number: UInt32
  var groups: Set<UInt32>

  /// `nil` when there is no such user. Blocks on the name service.
  init?(user name: String) {
    guard
      let (number, group) = Self.grown({ buffer, size -> (CInt, (UInt32, UInt32)?) in
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let status = getpwnam_r(name, &entry, buffer, size, &found)
        return (status, found.map { ($0.pointee.pw_uid, $0.pointee.pw_gid) })
      })
    else { return nil }
    self.number = number
    groups = Self.groups(of: name, group)
  }

  /// The number of a group; `nil` when there is no such group.
  static func group(named name: String) -> UInt32? {
    grown { buffer, size in
      var entry = group_entry()
      var found: UnsafeMutablePointer<group_entry>?
      let status = getgrnam_r(name, &entry, buffer, size, &found)
      return (status, found?.pointee.gr_gid)
    }
  }

  /// The name of a user; its number where it has none.
  static func name(of number: UInt32) -> String {
    grown { buffer, size in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let status = getpwuid_r(number, &entry, buffer, size, &found)
      return (status, found.map { String(cString: $0.pointee.pw_name) })
    } ?? String(number)
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
