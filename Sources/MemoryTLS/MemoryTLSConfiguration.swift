import CredSSP
import NIOCore
import NIOSSL
public import SecuritySupport

/// A version of TLS. There is none below 1.2 here.
public enum MemoryTLSVersion: Sendable, Hashable {
  case v12
  case v13

  var library: TLSVersion { self == .v12 ? .tlsv12 : .tlsv13 }
}

/// How a client behaves.
public struct MemoryTLSClientConfiguration: Sendable, Hashable {
  /// The highest version offered. Default: 1.2, the version that every CredSSP peer speaks.
  public var maximumVersion: MemoryTLSVersion
  /// The TLS 1.2 cipher suites offered, by their IANA numbers; `nil` (default) for the library's choice.
  public var cipherSuites: [UInt16]?

  public init(maximumVersion: MemoryTLSVersion = .v12, cipherSuites: [UInt16]? = nil) {
    self.maximumVersion = maximumVersion
    self.cipherSuites = cipherSuites
  }
}

/// What all clients of one configuration share. It is made once and used for many engines, from any thread.
///
/// The client offers no resumption, names no server and accepts every certificate: who the server is, is decided above.
public struct MemoryTLSClientContext: Sendable {
  let library: NIOSSLContext

  /// - Throws: ``MemoryTLSError/Code/local`` when the cipher suites are not known to the library.
  public init(configuration: MemoryTLSClientConfiguration = .init()) throws {
    var settings = TLSConfiguration.makeClientConfiguration()
    // The callback sees the whole chain only in a mode that verifies; the callback itself accepts all.
    settings.certificateVerification = .noHostnameVerification
    settings.apply(maximumVersion: configuration.maximumVersion, cipherSuites: configuration.cipherSuites)
    library = try settings.context(failingWith: .local)
  }
}

/// The identity of a server and what all its engines share. It is made once and used for many engines, from any thread.
public struct MemoryTLSServerContext: Sendable {
  let library: NIOSSLContext
  let certificate: [UInt8]

  /// Makes the context and tries it in a handshake with itself, so that a key that does not fit is noticed now.
  ///
  /// - Parameters:
  ///   - certificateChainDER: leaf first; at least one.
  ///   - privateKeyPEM: the leaf's key, PEM text in UTF-8.
  ///   - maximumVersion: the highest version spoken. Default: 1.2.
  ///   - cipherSuites: the TLS 1.2 cipher suites spoken, by their IANA numbers; `nil` (default) for the library's choice.
  /// - Throws: ``MemoryTLSError/Code/badIdentity``, and ``MemoryTLSError/Code/local`` for unknown cipher suites.
  public init(
    certificateChainDER: [[UInt8]], privateKeyPEM: SecretBytes, maximumVersion: MemoryTLSVersion = .v12, cipherSuites: [UInt16]? = nil
  ) throws {
    try self.init(
      chain: certificateChainDER, key: privateKeyPEM, format: .pem, maximumVersion: maximumVersion, cipherSuites: cipherSuites)
  }

  /// The same with a key in DER.
  public init(
    certificateChainDER: [[UInt8]], privateKeyDER: SecretBytes, maximumVersion: MemoryTLSVersion = .v12, cipherSuites: [UInt16]? = nil
  ) throws {
    try self.init(
      chain: certificateChainDER, key: privateKeyDER, format: .der, maximumVersion: maximumVersion, cipherSuites: cipherSuites)
  }

  private init(
    chain: [[UInt8]], key: SecretBytes, format: NIOSSLSerializationFormats, maximumVersion: MemoryTLSVersion, cipherSuites: [UInt16]?
  ) throws {
    guard let leaf = chain.first else { throw MemoryTLSError(.badIdentity, "no certificate") }
    var copy = key.withUnsafeBytes(Array.init)
    defer { SecretBytes.wipe(&copy) }
    guard let certificates = try? chain.map({ try NIOSSLCertificate(bytes: $0, format: .der) }) else {
      throw MemoryTLSError(.badIdentity, "the certificate cannot be read")
    }
    guard let privateKey = try? NIOSSLPrivateKey(bytes: copy, format: format) else {
      throw MemoryTLSError(.badIdentity, "the private key cannot be read")
    }
    var settings = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    settings.certificateVerification = .none
    settings.apply(maximumVersion: maximumVersion, cipherSuites: cipherSuites)
    library = try settings.context(failingWith: .badIdentity)
    certificate = leaf
    try tryOut(MemoryTLSClientConfiguration(maximumVersion: maximumVersion, cipherSuites: cipherSuites))
  }

  private func tryOut(_ configuration: MemoryTLSClientConfiguration) throws {
    do {
      let client = try MemoryTLS.client(configuration: configuration)
      let server = try MemoryTLS.server(context: self)
      _ = try server.start()
      var flight = try client.start()
      for _ in 0..<4 where !flight.isEmpty {
        flight = try client.receive(server.receive(flight).toPeer).toPeer
      }
      guard client.isHandshakeComplete, server.isHandshakeComplete else { throw MemoryTLSError(.local, "the handshake stopped") }
    } catch let error as MemoryTLSError {
      throw MemoryTLSError(.badIdentity, "certificate and key do not make a handshake: \(error.message)")
    }
  }
}

extension TLSConfiguration {
  fileprivate mutating func apply(maximumVersion: MemoryTLSVersion, cipherSuites: [UInt16]?) {
    minimumTLSVersion = .tlsv12
    maximumTLSVersion = maximumVersion.library
    // Without the post-quantum share a ClientHello fits in one small token.
    curves = [.x25519, .secp256r1, .secp384r1]
    // Nothing is looked up: an empty store spares reading the system's.
    trustRoots = .certificates([])
    renegotiationSupport = .none
    if let cipherSuites { cipherSuiteValues = cipherSuites.map { NIOTLSCipher($0) } }
  }

  fileprivate func context(failingWith code: MemoryTLSError.Code) throws -> NIOSSLContext {
    do { return try NIOSSLContext(configuration: self) } catch {
      throw MemoryTLSError(code, "the TLS library refuses the configuration: \(LibraryFault(error).reason)")
    }
  }
}
