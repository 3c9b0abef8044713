import Certificates
import Glibc
import SecuritySupport
import WinRMService

/// The key and certificate of CredSSP on disk, so that a client that has pinned the certificate still knows the service after a restart.
struct IdentityFile {
  /// `credssp-identity` in the state directory: the length of the certificate (4 bytes, little-endian), the certificate in DER, the key
  /// in PEM.
  let path: String

  private static let maximumSize = 64 << 10

  /// Reads the identity, or makes one when there is no file.
  ///
  /// - Throws: ``StartFailure`` when the file is there and cannot be trusted or read, or cannot be written.
  func loadOrMake(machineName: String) throws -> SelfSignedIdentity {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw failure("cannot be read", errno) }
      let identity = try ServiceCertificate.make(machineName: machineName)
      try write(identity)
      return identity
    }
    defer { close(descriptor) }
    return try read(descriptor)
  }

  private func read(_ descriptor: CInt) throws -> SelfSignedIdentity {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_mode & 0o077 == 0
    else {
      throw failure("belongs to, or may be read by, others; remove it and the service makes a new one")
    }
    guard status.st_size > 4, status.st_size <= Self.maximumSize else {
      throw failure("is damaged; remove it and the service makes a new one")
    }
    let size = Int(status.st_size)
    var count = 0
    let bytes = SecretBytes(count: size) { target in
      while count < size {
        let read = Glibc.read(descriptor, target.baseAddress?.advanced(by: count), size - count)
        guard read > 0 else { break }
        count += read
      }
    }
    guard count == size else { throw failure("cannot be read", errno) }
    return try bytes.withUnsafeBytes { bytes in
      let length = bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard length > 0, length < size - 4 else { throw failure("is damaged; remove it and the service makes a new one") }
      return SelfSignedIdentity(
        certificateDER: Array(bytes[4..<4 + length]), privateKeyPEM: SecretBytes(UnsafeRawBufferPointer(rebasing: bytes[(4 + length)...])))
    }
  }

  private func write(_ identity: SelfSignedIdentity) throws {
    makeDirectory()
    let temporary = path + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be written", errno) }
    defer { close(descriptor) }
    var head: [UInt8] = []
    head.append(littleEndian: UInt32(truncatingIfNeeded: identity.certificateDER.count))
    let isWritten =
      (head + identity.certificateDER).withUnsafeBytes { Self.writeAll($0, to: descriptor) }
      && identity.privateKeyPEM.withUnsafeBytes { Self.writeAll($0, to: descriptor) }
    guard isWritten, fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw failure("cannot be written", number)
    }
  }

  /// Makes the directory, for the owner alone, and its parents, which everybody may pass where root makes them: the policy lies there too.
  /// A failure shows when the file is opened.
  private func makeDirectory() {
    var made = path.hasPrefix("/") ? "" : "."
    let parts = path.split(separator: "/").dropLast()
    for (index, part) in parts.enumerated() {
      made += "/" + part
      if mkdir(made, 0o700) == 0, index < parts.count - 1, geteuid() == 0 { chmod(made, 0o755) }
    }
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Bool {
    var count = 0
    while count < bytes.count {
      let written = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: count), bytes.count - count)
      guard written > 0 || errno == EINTR else { return false }
      count += max(0, written)
    }
    return true
  }

  private func failure(_ what: String, _ number: CInt? = nil) -> StartFailure {
    let reason = number.map { ": " + String(cString: strerror($0)) } ?? ""
    return StartFailure(message: "The certificate of CredSSP in \(path) \(what)\(reason).")
  }
}
