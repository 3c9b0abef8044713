import Certificates
import CredSSP
import Foundation
import SecuritySupport
import Testing

@testable import MemoryTLS

/// Python's ssl module (OpenSSL) over memory BIOs, the TLS of pyspnego. Skipped where there is no python3.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
struct InteropTests {
  /// Reads a line of hexadecimal, feeds it, and answers with a line of what OpenSSL has to say. Data is echoed reversed.
  static let script = """
    import ssl, sys
    role, version, path = sys.argv[1:4]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if role == "server" else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    if role == "server":
        context.load_cert_chain(path)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=role == "server")
    done = False
    for line in sys.stdin:
        incoming.write(bytes.fromhex(line.strip()))
        try:
            if not done:
                tls.do_handshake()
                done = True
            else:
                data = b""
                while len(data) < 100000:
                    data += tls.read(100000)
                tls.write(data[::-1])
        except ssl.SSLWantReadError:
            pass
        print(outgoing.read().hex(), flush=True)
    """

  @Test("Handshake and 100 000 bytes both ways", arguments: ["server", "client"], ["TLSv1_2", "TLSv1_3"])
  func openSSL(role: String, version: String) throws {
    let identity = try identity.get()
    let directory = FileManager.default.temporaryDirectory.appending(path: "memory-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appending(path: "identity.pem")
    let certificate = Data(identity.certificateDER).base64EncodedString(options: .lineLength64Characters)
    let key = identity.privateKeyPEM.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    try Data("-----BEGIN CERTIFICATE-----\n\(certificate)\n-----END CERTIFICATE-----\n\(key)\n".utf8).write(to: file)

    let peer = try Peer(arguments: ["-c", Self.script, role, version, file.path])
    defer { peer.end() }
    let maximum: MemoryTLSVersion = version == "TLSv1_3" ? .v13 : .v12
    let engine: MemoryTLS
    var flight: [UInt8]
    if role == "server" {
      engine = try .client(configuration: .init(maximumVersion: maximum))
      flight = try engine.start()
    } else {
      engine = try .server(context: serverContext(maximum))
      flight = try engine.start()
    }
    for _ in 0..<6 {
      let answer = try peer.exchange(flight)
      flight = try engine.receive(answer).toPeer
      if engine.isHandshakeComplete && flight.isEmpty { break }
    }
    #expect(engine.isHandshakeComplete)
    #expect(engine.parameters?.version == (maximum == .v13 ? 0x0304 : 0x0303))
    if role == "server" { #expect(engine.peerCertificates == [identity.certificateDER]) }
    let plain = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    let answer = try peer.exchange(engine.seal(plain))
    #expect(try engine.receive(answer).plaintext == Array(plain.reversed()))
  }

  /// The process at the other end of two pipes.
  private final class Peer {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer: [UInt8] = []

    init(arguments: [String]) throws {
      process.executableURL = URL(filePath: "/usr/bin/python3")
      process.arguments = arguments
      process.standardInput = input
      process.standardOutput = output
      try process.run()
    }

    func exchange(_ bytes: [UInt8]) throws -> [UInt8] {
      let digits = Array("0123456789abcdef".utf8)
      let line: [UInt8] = bytes.flatMap { (byte: UInt8) -> [UInt8] in [digits[Int(byte >> 4)], digits[Int(byte & 15)]] } + [10]
      try input.fileHandleForWriting.write(contentsOf: Data(line))
      while true {
        if let end = buffer.firstIndex(of: 10) {
          let digits = buffer[..<end]
          buffer = Array(buffer[(end + 1)...])
          return try Self.bytes(Array(digits))
        }
        let more = output.fileHandleForReading.availableData
        guard !more.isEmpty else { throw Ended() }
        buffer += more
      }
    }

    func end() {
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
    }

    private static func bytes(_ digits: [UInt8]) throws -> [UInt8] {
      try stride(from: 0, to: digits.count - 1, by: 2).map { index in
        guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { throw Ended() }
        return byte
      }
    }

    struct Ended: Error {}
  }
}
