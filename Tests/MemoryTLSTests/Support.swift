import Certificates
import CredSSP
import Foundation
import NIOCore
import SecuritySupport

@testable import MemoryTLS

/// A self-signed P-256 identity for all tests.
let identity = Result { try SelfSignedIdentity.make(commonName: "memory", notAfter: Date(timeIntervalSinceNow: 86_400)) }

func serverContext(_ version: MemoryTLSVersion = .v12, suites: [UInt16]? = nil) throws -> MemoryTLSServerContext {
  let identity = try identity.get()
  return try MemoryTLSServerContext(
    certificateChainDER: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM, maximumVersion: version, cipherSuites: suites)
}

/// Both ends, after as many flights as asked for.
struct Ends {
  let client: MemoryTLS
  let server: MemoryTLS
  /// The flight that the server is to receive next.
  var pending: [UInt8]

  init(
    client version: MemoryTLSVersion = .v12, server serverVersion: MemoryTLSVersion? = nil, suites: [UInt16]? = nil,
    context: MemoryTLSServerContext? = nil
  ) throws {
    client = try .client(configuration: .init(maximumVersion: version, cipherSuites: suites))
    server = try .server(context: context ?? serverContext(serverVersion ?? version, suites: suites))
    _ = try server.start()
    pending = try client.start()
  }

  /// Runs the handshake to its end.
  mutating func shake() throws {
    for _ in 0..<6 where !pending.isEmpty { pending = try client.receive(server.receive(pending).toPeer).toPeer }
  }

  static func shaken(_ version: MemoryTLSVersion = .v12, suites: [UInt16]? = nil) throws -> Ends {
    var ends = try Ends(client: version, suites: suites)
    try ends.shake()
    return ends
  }
}

/// What an engine's side sends when its application closes. CredSSP never does, but its peers may.
func closeNotify(of engine: MemoryTLS) -> [UInt8] {
  let channel = engine.channel
  channel.loop.run { channel.pipeline.syncOperations.close(mode: .all, promise: nil) }
  return channel.takeOutbound()
}

/// The content types and lengths of TLS records.
func records(_ bytes: [UInt8]) -> [(type: UInt8, length: Int)] {
  var result: [(UInt8, Int)] = []
  var rest = bytes[...]
  while rest.count >= 5, let type = rest.first {
    let length = Int(rest[rest.startIndex + 3]) << 8 | Int(rest[rest.startIndex + 4])
    result.append((type, length))
    rest = rest.dropFirst(5 + length)
  }
  return result
}

/// Runs `body` and gives the MemoryTLSError that it throws; any other error is passed on, success is `nil`.
func failure(_ body: () throws -> some Any) throws -> MemoryTLSError? {
  do { _ = try body() } catch let error as MemoryTLSError { return error }
  return nil
}
