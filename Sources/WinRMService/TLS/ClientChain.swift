import NIOCore
import NIOSSL
import Synchronization

/// What a client has shown in its TLS handshake: its own certificate first. That it has the private key TLS has seen to; nothing else is proven.
final class ClientChain: Sendable {
  /// Reads it, once requests come.
  typealias Reader = @Sendable () async -> [[UInt8]]

  private let certificates = Mutex<[[UInt8]]>([])

  /// Takes the certificates of a handshake, whatever they are: somebody who shows one need not want to log on by it.
  func receive(_ shown: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
    // One that cannot be read is none.
    let chain = (try? shown.map { try $0.toDERBytes() }) ?? []
    certificates.withLock { $0 = chain }
    promise.succeed(.certificateVerified)
  }

  /// The chain in DER. In a session that was resumed, in which nothing is shown again, it is the client's own certificate alone.
  func der(on channel: any Channel) async -> [[UInt8]] {
    let shown = certificates.withLock { $0 }
    guard shown.isEmpty else { return shown }
    let der = channel.eventLoop.submit { try channel.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes() }
    return ((try? await der.get()) ?? nil).map { [$0] } ?? []
  }
}
