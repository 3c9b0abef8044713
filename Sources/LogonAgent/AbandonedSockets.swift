import Glibc

extension LogonAgentServer {
  /// Removes the sockets in `directory` at which nobody listens any more, as a service that was killed leaves them. Blocks for a moment.
  ///
  /// Live sockets, those of another service among them, are left alone.
  public static func removeAbandonedSockets(in directory: String) {
    guard let listing = opendir(directory) else { return }
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
