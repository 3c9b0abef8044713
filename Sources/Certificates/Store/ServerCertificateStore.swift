public import SecuritySupport

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The certificates by which a service proves itself, as files of one directory: `THUMBPRINT.pem` is a certificate with its chain,
/// `THUMBPRINT.key` its private key, which nobody but the service's user may read.
///
/// Calls block.
public struct ServerCertificateStore: Sendable {
  /// Where the files are.
  public let directory: String

  public init(directory: String) { self.directory = directory }

  /// One certificate of the store.
  public struct Entry: Sendable {
    public var thumbprint: CertificateThumbprint
    /// What it says; `nil` when the file cannot be read.
    public var details: CertificateDetails?
    /// Why a service cannot use it; `nil` when it can.
    public var problem: CertificateError?
  }

  /// What tells whether the files of a certificate are still those that were loaded: any change of content, owner or mode gives another.
  public struct State: Sendable, Equatable {
    fileprivate var certificate: FileState?
    fileprivate var key: FileState?
  }

  /// The state of the files of a certificate, without reading them. Whoever loads takes it before, so that a change in between is seen.
  public func state(of thumbprint: CertificateThumbprint) -> State {
    State(certificate: FileState(path(thumbprint, .everybody)), key: FileState(path(thumbprint, .owner)))
  }

  /// The certificate with this thumbprint. Whether it is good for anything now is another question: ``ServerCertificate/checkUse(now:)``.
  ///
  /// - Throws: ``CertificateError``: `notFound`, `accessDenied`, `unsafeFile`, `malformed`, `keyDoesNotFit`, `unsupportedKey`, `local`.
  public func load(_ thumbprint: CertificateThumbprint) throws(CertificateError) -> ServerCertificate {
    let chain = try chain(thumbprint)
    guard let key = try file(thumbprint, .owner).read() else {
      throw CertificateError(
        .keyDoesNotFit, "the certificate \(thumbprint) has no private key: there is no file \(path(thumbprint, .owner))")
    }
    do throws(CertificateError) {
      let certificate = try ServerCertificate(certificates: chain, privateKeyPEM: PEMFile(key).privateKeys.first ?? key)
      guard certificate.thumbprint == thumbprint else {
        throw CertificateError(.keyDoesNotFit, "the private key belongs to another certificate of the file")
      }
      return certificate
    } catch {
      throw CertificateError(error.code, "the certificate \(thumbprint) in \(directory) cannot be used: \(error.message)")
    }
  }

  /// All certificates, by thumbprint. One that cannot be used says why.
  ///
  /// - Parameter forClients: whether they are to prove a client, and not a server.
  /// - Throws: ``CertificateError`` when the directory cannot be read. One that does not exist is empty.
  public func list(forClients: Bool = false, now: Date = Date()) throws(CertificateError) -> [Entry] {
    try thumbprints().map { thumbprint in
      var entry = Entry(thumbprint: thumbprint)
      do throws(CertificateError) {
        entry.details = try CertificateDetails(certificateDER: chain(thumbprint)[0])
        let certificate = try load(thumbprint)
        try forClients ? certificate.checkClientUse(now: now) : certificate.checkUse(now: now)
      } catch {
        entry.problem = error
      }
      return entry
    }
  }

  /// The usable certificate for a host that is valid longest; `nil` when there is none. One that vouches for itself comes last.
  ///
  /// - Parameter allowsSelfSigned: whether one that vouches for itself will do.
  /// - Throws: as ``list(forClients:now:)``.
  public func best(for host: String, allowsSelfSigned: Bool, now: Date = Date()) throws(CertificateError) -> CertificateDetails? {
    let fitting = try list(now: now).filter { $0.problem == nil }.compactMap(\.details).filter { $0.isFor(host: host) }
    let issued = fitting.filter { !$0.isSelfSigned }.max { $0.notAfter < $1.notAfter }
    return issued ?? (allowsSelfSigned ? fitting.max { $0.notAfter < $1.notAfter } : nil)
  }

  /// Puts a certificate into the store, or again with another chain.
  ///
  /// - Throws: ``CertificateError``: `accessDenied`, `unsafeFile`, `local`.
  public func add(_ certificate: ServerCertificate) throws(CertificateError) {
    try makeDirectory()
    // The key first: a certificate in the store has one.
    try file(certificate.thumbprint, .owner).replace(with: certificate.privateKeyPEM)
    try file(certificate.thumbprint, .everybody).replace(with: SecretBytes(Array(PEMFile.text(certificates: certificate.chainDER).utf8)))
  }

  /// Takes a certificate and its key out of the store.
  ///
  /// - Throws: ``CertificateError``: `notFound`, `accessDenied`, `local`.
  public func remove(_ thumbprint: CertificateThumbprint) throws(CertificateError) {
    guard try thumbprints().contains(thumbprint) else { throw notFound(thumbprint) }
    try file(thumbprint, .everybody).remove()
    try file(thumbprint, .owner).remove()
  }

  // MARK: Files

  private func path(_ thumbprint: CertificateThumbprint, _ secrecy: StoredFile.Secrecy) -> String {
    "\(directory)/\(thumbprint).\(secrecy == .owner ? "key" : "pem")"
  }

  private func file(_ thumbprint: CertificateThumbprint, _ secrecy: StoredFile.Secrecy) -> StoredFile {
    StoredFile(path: path(thumbprint, secrecy), secrecy: secrecy)
  }

  private func notFound(_ thumbprint: CertificateThumbprint) -> CertificateError {
    CertificateError(.notFound, "there is no certificate with the thumbprint \(thumbprint) in \(directory)")
  }

  /// The certificates of a file, leaf first. The name of the file is checked: it is how administrators choose.
  private func chain(_ thumbprint: CertificateThumbprint) throws(CertificateError) -> [[UInt8]] {
    guard let content = try file(thumbprint, .everybody).read() else { throw notFound(thumbprint) }
    let certificates: [[UInt8]]
    do throws(CertificateError) {
      certificates = try PEMFile(content).certificates
    } catch {
      throw CertificateError(error.code, "\(path(thumbprint, .everybody)) cannot be used: \(error.message)")
    }
    guard let leaf = certificates.first, CertificateThumbprint(certificateDER: leaf) == thumbprint else {
      throw CertificateError(.malformed, "\(path(thumbprint, .everybody)) does not begin with the certificate that it is named after")
    }
    return certificates
  }

  private func thumbprints() throws(CertificateError) -> [CertificateThumbprint] {
    guard let handle = opendir(directory) else {
      if errno == ENOENT { return [] }
      throw CertificateError(
        errno == EACCES ? .accessDenied : .local, "the directory \(directory) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { closedir(handle) }
    var result: [CertificateThumbprint] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name.hasSuffix(".pem"), let thumbprint = CertificateThumbprint(parsing: String(name.dropLast(4))),
        name == "\(thumbprint).pem"
      else { continue }
      result.append(thumbprint)
    }
    return result.sorted { $0.text < $1.text }
  }

  /// Makes the directory and those above it, and refuses one into which others may put files.
  private func makeDirectory() throws(CertificateError) {
    var made = directory.hasPrefix("/") ? "" : "."
    for part in directory.split(separator: "/") {
      made += "/" + part
      guard mkdir(made, 0o755) == 0 || [EEXIST, EROFS, EACCES].contains(errno) else { break }
    }
    var status = stat()
    guard stat(directory, &status) == 0 else {
      let isDenied = errno == EACCES || errno == ENOENT
      throw CertificateError(
        isDenied ? .accessDenied : .local, "the directory \(directory) cannot be made: \(String(cString: strerror(errno)))")
    }
    let isOwn = status.st_uid == geteuid() || status.st_uid == 0
    guard status.st_mode & S_IFMT == S_IFDIR, isOwn, status.st_mode & 0o022 == 0 else {
      throw CertificateError(.unsafeFile, "\(directory) is no directory that only this user may change; no key is put there")
    }
  }
}
