/// TLS as CredSSP sees it: bytes in, bytes out, no socket.
///
/// An engine has one owner at a time and need not be thread-safe. It uses no session resumption, asks for no client certificate and accepts
/// any certificate of the server: who the server is, is decided above (MS-CSSP §3.1.5).
public protocol TLSEngine: AnyObject {
  /// Begins the handshake. The client returns its ClientHello, the server nothing. Called once, before anything else.
  func start() throws -> [UInt8]
  /// Takes the peer's bytes, handshake and data alike; records may be cut anywhere.
  ///
  /// - Throws: the engine's own error on an alert, a bad record or a failed handshake. The engine is unusable afterwards.
  func receive(_ ciphertext: [UInt8]) throws -> TLSEngineOutput
  /// Protects `plaintext`: one record for each 16 384 bytes, and nothing for an empty array. Only after the handshake.
  func seal(_ plaintext: [UInt8]) throws -> [UInt8]
  /// Whether data can be sealed.
  var isHandshakeComplete: Bool { get }
  /// The peer's certificates in DER, leaf first; empty before they are known and on a server.
  var peerCertificates: [[UInt8]] { get }
  /// This side's certificate in DER; `nil` on a client.
  var ownCertificate: [UInt8]? { get }
  /// Version and cipher suite; `nil` before they are negotiated.
  var parameters: TLSParameters? { get }
}

/// What came out of ``TLSEngine/receive(_:)``.
public struct TLSEngineOutput: Sendable, Equatable {
  /// Bytes for the peer: handshake, alerts, key updates. Empty when there are none.
  public var toPeer: [UInt8]
  /// Data that the peer sent.
  public var plaintext: [UInt8]

  public init(toPeer: [UInt8] = [], plaintext: [UInt8] = []) {
    self.toPeer = toPeer
    self.plaintext = plaintext
  }
}
