import Glibc

extension LogonAgentServer {
  /// Removes the sockets in `directory` at which nobody listens any more, as a service that was killed leaves them. Blocks for a moment.
  ///
  /// Live sockets, those of another service among them, are left alone, and so is a directory that is not this user's own.
  public static func removeAbandonedSockets(in directory: String) {
    var status = stat()
    guard lstat(directory, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o022 == 0, let listing = opendir(directory) else {
      return
    }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) { String(cString: $0) }
      }
      guard name.hasSuffix(".sock") else { continue }
      let path = directory + "/" + name
      if UnixSocket.isAbandoned(path) { unlink(path) }
    }
  }
}
