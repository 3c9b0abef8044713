import Glibc

/// A look at the system's processes.
enum ProcessGroup {
  /// Whether any process but the leader belongs to the group. The leader may have ended; as long as it is not reaped, the group's number
  /// is nobody else's.
  static func hasFollowers(of leader: pid_t) -> Bool { !withFollowers([leader]).isEmpty }

  /// Those of the leaders whose groups have other members, found in one look.
  static func withFollowers(_ leaders: Set<pid_t>) -> Set<pid_t> {
    guard let directory = opendir("/proc") else { return leaders }  // not knowing, one does not give a number free
    defer { closedir(directory) }
    var found: Set<pid_t> = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = pid_t(name), let group = group(of: pid), group != pid, leaders.contains(group) else { continue }
      found.insert(group)
      if found.count == leaders.count { break }
    }
    return found
  }

  /// The process group, from `/proc/PID/stat`: the third field after the name, which stands in parentheses and may hold anything.
  private static func group(of pid: pid_t) -> pid_t? {
    let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = buffer[(end + 1)..<count].split(separator: UInt8(ascii: " "))
    guard fields.count > 3, fields[0] != [UInt8(ascii: "Z")] else { return nil }  // a zombie holds nothing
    return pid_t(String(decoding: fields[2], as: UTF8.self))
  }
}
