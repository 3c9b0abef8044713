import Glibc
import Kerberos
import LogonInterface

/// The ticket cache of a session as a file that its user reads: `FILE:<directory>/<random>`, of the user, mode 0600.
///
/// The directory belongs to the service. The user owns the file and may write to it, as Kerberos programs do, but cannot put another in its
/// place; the service never reads what is in it. All methods block.
struct TicketFile: Sendable, Hashable {
  let path: String

  /// What `KRB5CCNAME` says.
  var name: String { "FILE:" + path }

  /// A fresh path.
  init(in directory: String) {
    var generator = SystemRandomNumberGenerator()
    path = "\(directory)/krb5cc_\(String(generator.next(), radix: 36))\(String(generator.next(), radix: 36))"
  }

  /// Makes the file, or replaces it with one that holds the ticket as it is now.
  ///
  /// - Throws: `LogonFailure` with `unavailable`.
  func write(_ ticket: DelegatedTicket, for user: UnixUser) throws(LogonFailure) {
    let temporary = TicketFile(temporaryFor: self)
    do throws(KerberosError) {
      try ticket.copy(into: KerberosTicketCache(name: temporary.name))
    } catch {
      temporary.destroy()
      throw LogonFailure(.unavailable, "the ticket cache of the session cannot be written: \(error)")
    }
    guard temporary.give(to: user), rename(temporary.path, path) == 0 else {
      let reason = String(cString: strerror(errno))
      temporary.destroy()
      throw LogonFailure(.unavailable, "the ticket cache of the session cannot be given to its user: \(reason)")
    }
  }

  private init(temporaryFor file: TicketFile) { path = file.path + Self.temporarySuffix }
  private init(path: String) { self.path = path }

  private static let temporarySuffix = ".new"

  private func give(to user: UnixUser) -> Bool {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0 else { return false }
    return user.uid == geteuid() || fchown(descriptor, user.uid, user.gid) == 0
  }

  /// How much is overwritten, in bytes: more than any tickets take. Its user may have made the file as long as the disk.
  private static let maximumOverwritten = 4 << 20

  /// Overwrites and removes the file, if it is there.
  func destroy() {
    // A user may hold a lease on the file; then it is not waited for.
    let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    if descriptor >= 0 {
      defer { close(descriptor) }
      overwrite(descriptor)
    }
    unlink(path)
  }

  private func overwrite(_ descriptor: CInt) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    let zeros = [UInt8](repeating: 0, count: 64 << 10)
    var left = min(Int(status.st_size), Self.maximumOverwritten)
    while left > 0 {
      let count = Glibc.write(descriptor, zeros, min(left, zeros.count))
      guard count > 0 else { break }
      left -= count
    }
    ftruncate(descriptor, 0)
  }

  /// Destroys what a service that ended without cleaning up has left behind. Nobody else has files there.
  static func destroyAbandoned(in directory: String) {
    var status = stat()
    guard lstat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o022 == 0,
      let stream = opendir(directory)
    else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix("krb5cc_") { TicketFile(path: "\(directory)/\(name)").destroy() }
    }
  }
}
