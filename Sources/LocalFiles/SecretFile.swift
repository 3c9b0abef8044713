#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file of keys that makes whoever wrote it as mighty as its reader, such as a keytab: it counts only when nobody but root and this
/// process's user could have written it, read it, or put another in its place.
public struct SecretFile: Sendable, Hashable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// Why the file is not to be used; `nil` when it is safe, and when there is none. Blocks on the file system.
  ///
  /// Looks at every directory and symbolic link on the way: what is found safe can be opened by its path afterwards, as nobody else can
  /// exchange it.
  public var danger: String? {
    guard path.hasPrefix("/") else { return "it has no absolute path" }
    var names = Self.names(of: path)
    var directory = ""
    var links = 0
    var status = stat()
    guard lstat("/", &status) == 0 else { return "/ cannot be examined" }
    // Whether others may add files to the directory that was reached.
    var isOpen = Self.isOpen(status)
    while let name = names.popLast() {
      if name == ".." {
        directory = directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? ""
        guard lstat(directory.isEmpty ? "/" : directory, &status) == 0 else { return "\(directory) cannot be examined" }
        isOpen = Self.isOpen(status)
        continue
      }
      let next = directory + "/" + name
      guard lstat(next, &status) == 0 else {
        return errno == ENOENT || errno == ENOTDIR ? nil : "\(next) cannot be examined: \(String(cString: strerror(errno)))"
      }
      guard status.st_uid == 0 || status.st_uid == geteuid() else {
        return "\(next) belongs to user \(status.st_uid), and not to root or the user of the service"
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        links += 1
        guard links <= 40, let target = Self.target(of: next) else { return "\(next) is a symbolic link that cannot be followed" }
        if target.hasPrefix("/") {
          directory = ""
          guard lstat("/", &status) == 0 else { return "/ cannot be examined" }
          isOpen = Self.isOpen(status)
        }
        names += Self.names(of: target)
      case S_IFDIR:
        directory = next
        isOpen = Self.isOpen(status)
        // In a sticky directory others cannot exchange what is not theirs.
        guard !isOpen || status.st_mode & S_ISVTX != 0 else { return "others can write its directory \(next)" }
      default:
        guard names.isEmpty else { return nil }
        return isOpen ? "others can write its directory \(directory.isEmpty ? "/" : directory)" : Self.danger(of: status)
      }
    }
    return "it is no regular file"
  }

  /// Why a file of root or this user with this status is not to be used.
  static func danger(of status: stat) -> String? {
    if status.st_mode & S_IFMT != S_IFREG { return "it is no regular file" }
    let mode = status.st_mode & 0o7777
    let allowed: mode_t = status.st_uid == 0 && status.st_gid == 0 ? 0o040 : 0
    guard mode & 0o077 & ~allowed == 0 else {
      return "its group or others can use it (mode \(String(mode, radix: 8)); chmod 600 it)"
    }
    return nil
  }

  private static func isOpen(_ status: stat) -> Bool {
    status.st_mode & S_IWOTH != 0 || (status.st_mode & S_IWGRP != 0 && status.st_gid != 0)
  }

  /// The names on a path, the last one first.
  private static func names(of path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
  }

  private static func target(of link: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = readlink(link, &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
