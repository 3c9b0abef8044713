public import CredSSP
import NIOCore
import NIOSSL
import SecuritySupport

/// One end of a TLS connection without a socket: the tunnel inside CredSSP (MS-CSSP §3.1.5).
///
/// Give what ``start()`` and ``receive(_:)`` return to the peer, and ``receive(_:)`` what the peer sends. Nothing that the peer sends can
/// trap; whatever throws ends the engine. Not thread-safe, but not bound to a thread either: one owner at a time.
public final class MemoryTLS: TLSEngine {
  private enum State {
    case idle
    case handshaking
    case open
    /// The peer said close_notify; all its data was delivered.
    case closed
    case failed
  }

  let channel = MemoryChannel()
  private let handler: any ChannelHandler
  private let isServer: Bool
  private let peerChain: PeerChain
  private var state = State.idle
  private var clientHello = HelloSniffer()
  private var serverHello = HelloSniffer()

  /// This side's certificate in DER; `nil` on a client.
  public let ownCertificate: [UInt8]?

  /// The alert that a failure leaves for the peer; empty when there is none. It may still be sent after ``receive(_:)`` threw.
  public private(set) var alertForPeer: [UInt8] = []

  private init(handler: any ChannelHandler, isServer: Bool, ownCertificate: [UInt8]?, peerChain: PeerChain) {
    self.handler = handler
    self.isServer = isServer
    self.ownCertificate = ownCertificate
    self.peerChain = peerChain
  }

  /// A client that shares `context` with others.
  ///
  /// - Throws: ``MemoryTLSError/Code/local`` when the library refuses.
  public static func client(context: MemoryTLSClientContext) throws -> MemoryTLS {
    let chain = PeerChain()
    do {
      let handler = try NIOSSLClientHandler(context: context.library, serverHostname: nil) { certificates, verdict in
        // All or none: without its leaf, a chain would begin with somebody else.
        guard let all = try? certificates.map({ try $0.toDERBytes() }) else { return verdict.succeed(.failed) }
        chain.certificates = all
        verdict.succeed(.certificateVerified)
      }
      return MemoryTLS(handler: handler, isServer: false, ownCertificate: nil, peerChain: chain)
    } catch { throw MemoryTLSError(.local, "the TLS library refuses: \(LibraryFault(error).reason)") }
  }

  /// A client with a context of its own.
  ///
  /// - Throws: ``MemoryTLSError/Code/local`` when the library refuses.
  public static func client(configuration: MemoryTLSClientConfiguration = .init()) throws -> MemoryTLS {
    try client(context: MemoryTLSClientContext(configuration: configuration))
  }

  /// A server that shares `context` with others.
  public static func server(context: MemoryTLSServerContext) throws -> MemoryTLS {
    MemoryTLS(
      handler: NIOSSLServerHandler(context: context.library), isServer: true, ownCertificate: context.certificate, peerChain: PeerChain())
  }

  deinit { channel.end() }

  // MARK: TLSEngine

  /// Begins the handshake: the client returns its ClientHello, the server nothing.
  ///
  /// - Throws: ``MemoryTLSError/Code/outOfSequence`` the second time.
  public func start() throws -> [UInt8] {
    guard case .idle = state else { throw MemoryTLSError(.outOfSequence, "the handshake has begun already") }
    state = .handshaking
    channel.begin(with: handler)
    let output = takeOutbound()
    try throwFailure(output)
    return output
  }

  /// Takes the peer's bytes, cut anywhere; an empty array is legal and does nothing.
  ///
  /// - Throws: ``MemoryTLSError/Code/handshakeFailed``, ``MemoryTLSError/Code/badRecord``, ``MemoryTLSError/Code/closed``,
  ///   ``MemoryTLSError/Code/outOfSequence``.
  public func receive(_ ciphertext: [UInt8]) throws -> TLSEngineOutput {
    switch state {
    case .idle: throw MemoryTLSError(.outOfSequence, "the handshake has not begun")
    case .closed: throw MemoryTLSError(.closed, "the peer closed the connection")
    case .failed: throw MemoryTLSError(.outOfSequence, "the connection has failed")
    case .handshaking, .open: break
    }
    guard !ciphertext.isEmpty else { return TLSEngineOutput() }
    if isServer { clientHello.absorb(ciphertext) } else { serverHello.absorb(ciphertext) }
    channel.feed(ciphertext)
    let output = TLSEngineOutput(toPeer: takeOutbound(), plaintext: channel.takeInbound())
    try throwFailure(output.toPeer)
    if channel.isHandshakeComplete { state = .open }
    if channel.isClosed {
      state = .closed
      // Data in front of close_notify still counts.
      guard !output.plaintext.isEmpty else {
        alertForPeer = output.toPeer
        throw MemoryTLSError(.closed, "the peer closed the connection")
      }
    }
    return output
  }

  /// Protects `plaintext`: one record for each 16 384 bytes, nothing for an empty array.
  ///
  /// A TLS 1.3 server puts its session tickets, which are records of their own, in front of the very first one.
  ///
  /// - Throws: ``MemoryTLSError/Code/outOfSequence`` before the handshake and after a failure, ``MemoryTLSError/Code/closed``.
  public func seal(_ plaintext: [UInt8]) throws -> [UInt8] {
    switch state {
    case .open: break
    case .closed: throw MemoryTLSError(.closed, "the peer closed the connection")
    case .idle, .handshaking: throw MemoryTLSError(.outOfSequence, "the handshake is not complete")
    case .failed: throw MemoryTLSError(.outOfSequence, "the connection has failed")
    }
    guard !plaintext.isEmpty else { return [] }
    channel.send(plaintext)
    let records = takeOutbound()
    try throwFailure(records)
    return records
  }

  /// Whether data can be sealed.
  public var isHandshakeComplete: Bool { if case .open = state { true } else { false } }

  /// The server's certificates in DER as it sent them, leaf first; empty before they are known and on a server.
  public var peerCertificates: [[UInt8]] { peerChain.certificates }

  /// Version and cipher suite; `nil` before the ServerHello.
  public var parameters: TLSParameters? {
    guard let hello = serverHello.hello, hello.kind == .server, let suite = hello.cipherSuites.first else { return nil }
    return TLSParameters(version: hello.version, cipherSuite: suite)
  }

  // MARK: -

  private func takeOutbound() -> [UInt8] {
    let bytes = channel.takeOutbound()
    if isServer { serverHello.absorb(bytes) } else { clientHello.absorb(bytes) }
    return bytes
  }

  /// Turns what the channel met into an error of ours.
  private func throwFailure(_ toPeer: [UInt8]) throws {
    guard let error = channel.error ?? (channel.isClosed && !channel.isHandshakeComplete ? ChannelError.eof : nil) else { return }
    let fault = LibraryFault(error)
    state = .failed
    alertForPeer = toPeer
    let isHandshake = !channel.isHandshakeComplete
    throw MemoryTLSError(
      isHandshake ? .handshakeFailed : .badRecord, "\(fault.reason); \(negotiationDescription)", alert: fault.alert)
  }

  /// What both sides said about versions and cipher suites.
  private var negotiationDescription: String {
    if let parameters { return "\(Self.name(parameters.version)), cipher suite \(Self.hexadecimal(parameters.cipherSuite))" }
    guard let hello = clientHello.hello, hello.kind == .client else { return "no hello was seen" }
    return "the client offers \(Self.name(hello.version)) at most, with \(hello.cipherSuites.count) cipher suites"
  }

  private static func name(_ version: UInt16) -> String {
    switch version {
    case 0x0300: "SSL 3.0"
    case 0x0301: "TLS 1.0"
    case 0x0302: "TLS 1.1"
    case 0x0303: "TLS 1.2"
    case 0x0304: "TLS 1.3"
    default: "version \(hexadecimal(version))"
    }
  }

  private static func hexadecimal(_ number: UInt16) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// Where the certificate callback leaves the chain.
private final class PeerChain: @unchecked Sendable {  // written inside MemoryTLS.receive, on the owner's thread
  var certificates: [[UInt8]] = []
}
