import SecuritySupport
import SwiftASN1
import X509

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The certificates of those who may sign the certificates of clients: the PEM files of one directory (`.pem`, `.crt`, `.cer`), each with one
/// or more certificates. Every certificate there is trusted by itself, whether it is a root, an intermediate authority, or a client's own one
/// that vouches for itself. What the system trusts for servers of the web is not looked at.
///
/// The directory and its files count as they are at each use; a file that others than root or the service's user could have written is left
/// out. Calls block.
public struct ClientAuthorities: Sendable {
  /// Where the files are. One that does not exist is empty.
  public let directory: String

  public init(directory: String) { self.directory = directory }

  /// The largest number of files that are read.
  static let maximumFiles = 256

  /// What tells whether the files are still those that were read.
  struct State: Equatable {
    fileprivate var directory: FileState?
    fileprivate var files: [String: FileState?]
  }

  /// The certificates of the directory, and why a file of it is left out.
  struct Content {
    /// In the order of the files' names.
    var certificates: [Certificate] = []
    var problems: [CertificateError] = []
  }

  func state() throws(CertificateError) -> State {
    let files = try names().map { ($0, FileState(path($0))) }
    return State(directory: FileState(directory), files: Dictionary(files) { first, _ in first })
  }

  func load() throws(CertificateError) -> Content {
    var content = Content()
    for name in try names() {
      do throws(CertificateError) { content.certificates += try certificates(of: name) } catch { content.problems.append(error) }
    }
    return content
  }

  /// What one of the certificates may be for those of clients.
  package enum Role: Sendable, Equatable {
    /// It may have signed them, or is a client's own one that vouches for itself.
    case authority
    case notAnAuthority
  }

  /// The role of the certificate with this thumbprint (SHA-1, 40 hexadecimal digits); `nil` when it is not there. Blocks.
  ///
  /// - Throws: ``CertificateError`` when the directory cannot be read or trusted.
  package func role(of thumbprint: String) throws(CertificateError) -> Role? {
    guard let wanted = CertificateThumbprint(parsing: thumbprint) else { return nil }
    for certificate in try load().certificates {
      var serializer = DER.Serializer()
      guard (try? serializer.serialize(certificate)) != nil else { continue }
      guard CertificateThumbprint(certificateDER: serializer.serializedBytes) == wanted else { continue }
      return Self.maySign(certificate) ? .authority : .notAnAuthority
    }
    return nil
  }

  /// RFC 5280 §4.2.1.3 and §4.2.1.9, but for one that vouches for itself: it signs nothing else.
  private static func maySign(_ certificate: Certificate) -> Bool {
    if certificate.issuer == certificate.subject, certificate.publicKey.isValidSignature(certificate.signature, for: certificate) {
      return true
    }
    guard case .isCertificateAuthority? = try? certificate.extensions.basicConstraints else { return false }
    guard let value = certificate.extensions[oid: .X509ExtensionID.keyUsage] else { return true }
    return (try? KeyUsage(value))?.keyCertSign ?? false
  }

  private func certificates(of name: String) throws(CertificateError) -> [Certificate] {
    guard let bytes = try StoredFile(path: path(name), secrecy: .everybody).read() else { return [] }
    do throws(CertificateError) {
      return try PEMFile(bytes).certificates.map { (der) throws(CertificateError) in
        guard let certificate = try? Certificate(derEncoded: der) else { throw .unreadable }
        return certificate
      }
    } catch {
      throw CertificateError(error.code, "\(path(name)) is not used: \(error.message)")
    }
  }

  private func path(_ name: String) -> String { "\(directory)/\(name)" }

  private func names() throws(CertificateError) -> [String] {
    guard let handle = opendir(directory) else {
      if errno == ENOENT { return [] }
      throw CertificateError(
        errno == EACCES ? .accessDenied : .local, "the directory \(directory) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { closedir(handle) }
    var status = stat()
    guard fstat(dirfd(handle), &status) == 0, status.st_uid == 0 || status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
      throw CertificateError(.unsafeFile, "\(directory) belongs to, or may be changed by, others; nothing in it is trusted")
    }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard !name.hasPrefix("."), [".pem", ".crt", ".cer"].contains(where: name.hasSuffix) else { continue }
      names.append(name)
      guard names.count <= Self.maximumFiles else {
        throw CertificateError(.local, "the directory \(directory) holds more than \(Self.maximumFiles) files")
      }
    }
    return names.sorted()
  }
}
