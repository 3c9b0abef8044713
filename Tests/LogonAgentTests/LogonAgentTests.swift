import Foundation
import InMemoryLogging
import Logging
import LogonAgent
import NIOCore
import NIOPosix
import NTLM
import SecuritySupport
import Synchronization
import Testing

/// Collects values from other threads.
private final class Collected<T: Sendable>: Sendable {
  private let values = Mutex<[T]>([])
  func append(_ value: T) { values.withLock { $0.append(value) } }
  var all: [T] { values.withLock { $0 } }
}

private final class Fixture {
  let directory: String
  let path: String
  let hash: NTHash
  let log = InMemoryLogHandler()
  let uses = Collected<LogonAgentUse>()
  let server: LogonAgentServer

  init(allowedUser: UInt32 = geteuid(), limits: LogonAgentServer.Limits = .init()) throws {
    directory = "/tmp/agent-\(UInt32.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
    path = directory + "/s"
    hash = try NTHash(password: SecretBytes(Array("Passwörd".utf8)))
    let (log, uses) = (log, uses)
    server = LogonAgentServer(
      socketPath: path, allowedUser: allowedUser,
      credential: NTLMCredential(
        name: AccountName(domain: "", user: "Zoë"), hash: try NTHash(password: SecretBytes(Array("Passwörd".utf8)))),
      limits: limits, logger: Logger(label: "test") { _ in log }, onUse: { uses.append($0) })
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }
}

private func acceptor() -> NTLMAcceptor {
  NTLMAcceptor(
    configuration: NTLMAcceptorConfiguration(netBIOSComputerName: "B", netBIOSDomainName: "B"), serverChallenge: [1, 2, 3, 4, 5, 6, 7, 8],
    timestamp: FileTime.now())
}

private func challenge(_ acceptor: inout NTLMAcceptor, _ negotiate: [UInt8]) throws -> [UInt8] {
  guard case .send(let challenge) = try acceptor.receive(negotiate) else { throw LogonAgentError(.local, "no challenge") }
  return challenge
}

struct LogonAgentTests {
  @Test("C-18: an agent logs on as its session's user; the client gets a session that works, and no more")
  func endToEnd() async throws {
    let fixture = try Fixture()
    try await fixture.server.start()
    let exchange = try await LogonAgentClient(socketPath: fixture.path).negotiate(targetName: "HTTP/b\n", channelBindings: nil)
    #expect(exchange.accountName == "Zoë")
    var acceptor = acceptor()
    let (authenticate, export) = try await exchange.authenticate(challenge: challenge(&acceptor, exchange.negotiateMessage))
    guard case .verify(let verification) = try acceptor.receive(authenticate) else {
      Issue.record("no claim")
      return
    }
    #expect(verification.userName == "Zoë")
    #expect(verification.domainName == "")
    var server = try acceptor.answer(.ntHash(fixture.hash))
    #expect(acceptor.verifiedMIC)
    var client = NTLMSession(importing: export)
    #expect(try client.unseal(server.seal(Array("world".utf8))) == Array("world".utf8))
    #expect(fixture.uses.all.map(\.targetName) == ["HTTP/b\n"] && fixture.uses.all.map(\.processID) == [getpid()])
    let line = try #require(fixture.log.entries.first { $0.message == "agent: used" })
    #expect(line.metadata["target"] == "HTTP/b?")
    #expect(line.metadata["pid"] == "\(getpid())")
    await fixture.server.stop()
  }

  @Test("The socket is its user's alone, and nothing is left after the end")
  func socket() async throws {
    let fixture = try Fixture()
    try await fixture.server.start()
    var status = stat()
    #expect(lstat(fixture.path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(status.st_uid == geteuid())
    let exchange = try await LogonAgentClient(socketPath: fixture.path).negotiate(targetName: nil, channelBindings: nil)
    await fixture.server.stop()
    #expect(!FileManager.default.fileExists(atPath: fixture.path))
    await #expect(throws: LogonAgentError.self) { _ = try await exchange.authenticate(challenge: [1]) }
    await #expect(throws: LogonAgentError(.unreachable, "")) {
      _ = try await LogonAgentClient(socketPath: fixture.path).negotiate(targetName: nil, channelBindings: nil)
    }
    await fixture.server.stop()
  }

  @Test("S-08: another user, root included, is refused and logged; only root's service has sockets for others")
  func otherUser() async throws {
    let fixture = try Fixture(allowedUser: 65_534)
    guard geteuid() == 0 else {
      await #expect(throws: LogonAgentError(.local, "")) { try await fixture.server.start() }
      return
    }
    try await fixture.server.start()
    var status = stat()
    #expect(lstat(fixture.path, &status) == 0)
    #expect(status.st_uid == 65_534)
    await #expect(throws: LogonAgentError(.closed, "")) {
      _ = try await LogonAgentClient(socketPath: fixture.path).negotiate(targetName: nil, channelBindings: nil)
    }
    #expect(fixture.log.entries.contains { $0.message == "agent: another user refused" && $0.metadata["uid"] == "0" })
    await fixture.server.stop()
  }

  @Test("A challenge without protection, or no challenge at all, is not answered", arguments: [[], [1, 2, 3], [0x4E, 0x54, 0x4C, 0x4D]])
  func badChallenge(_ challenge: [UInt8]) async throws {
    let fixture = try Fixture()
    try await fixture.server.start()
    let exchange = try await LogonAgentClient(socketPath: fixture.path).negotiate(targetName: nil, channelBindings: nil)
    await #expect(throws: LogonAgentError(.badChallenge, "")) { _ = try await exchange.authenticate(challenge: challenge) }
    #expect(fixture.uses.all.isEmpty)
    await fixture.server.stop()
  }

  @Test("One connection carries one exchange")
  func once() async throws {
    let fixture = try Fixture()
    try await fixture.server.start()
    let exchange = try await LogonAgentClient(socketPath: fixture.path).negotiate(targetName: nil, channelBindings: nil)
    var acceptor = acceptor()
    let challenge = try challenge(&acceptor, exchange.negotiateMessage)
    _ = try await exchange.authenticate(challenge: challenge)
    await #expect(throws: LogonAgentError.self) { _ = try await exchange.authenticate(challenge: challenge) }
    await fixture.server.stop()
  }

  @Test(
    "Frames that are none, and such that are too long, end the connection",
    arguments: [[4, 0, 0, 0, 9, 9, 9, 9], [0xFF, 0xFF, 0xFF, 0x7F]])
  func badFrames(_ bytes: [UInt8]) async throws {
    let fixture = try Fixture()
    try await fixture.server.start()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(unixDomainSocketPath: fixture.path).get()
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    try await channel.closeFuture.get()
    await fixture.server.stop()
  }

  @Test("Connections beyond the limit are closed, and places become free again")
  func limit() async throws {
    let fixture = try Fixture(limits: .init(connections: 2))
    try await fixture.server.start()
    let client = LogonAgentClient(socketPath: fixture.path)
    var first: LogonAgentExchange? = try await client.negotiate(targetName: nil, channelBindings: nil)
    let second = try await client.negotiate(targetName: nil, channelBindings: nil)
    await #expect(throws: LogonAgentError(.closed, "")) { _ = try await client.negotiate(targetName: nil, channelBindings: nil) }
    #expect(first != nil)
    first = nil
    var again: LogonAgentExchange?
    for _ in 0..<200 where again == nil { again = try? await client.negotiate(targetName: nil, channelBindings: nil) }
    #expect(again != nil)
    _ = second
    await fixture.server.stop()
  }

  @Test("An agent that never answers costs the client its deadline and no more")
  func deadline() async throws {
    let path = "/tmp/agent-silent-\(UInt32.random(in: .min ... .max))"
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(unixDomainSocketPath: path).get()
    await #expect(throws: LogonAgentError(.timedOut, "")) {
      _ = try await LogonAgentClient(socketPath: path).negotiate(targetName: nil, channelBindings: nil, deadline: .milliseconds(50))
    }
    let waiting = Task {
      try await LogonAgentClient(socketPath: path).negotiate(targetName: nil, channelBindings: nil, deadline: .seconds(60))
    }
    waiting.cancel()
    await #expect(throws: LogonAgentError(.cancelled, "")) { _ = try await waiting.value }
    try await listener.close()
    unlink(path)
  }

  @Test("A path that no socket can have is an error")
  func longPath() async throws {
    let path = "/tmp/" + String(repeating: "x", count: 120)
    await #expect(throws: LogonAgentError(.limit, "")) {
      _ = try await LogonAgentClient(socketPath: path).negotiate(targetName: nil, channelBindings: nil)
    }
  }
}
