import Foundation
import InMemoryLogging
import Logging
import SecuritySupport
import ServiceLifecycle
import Synchronization
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMService

/// Settings that change while the service runs, its start and its end.
@Suite(.timeLimit(.minutes(2)))
struct SettingsTests {
  @Test("a scheme that is switched on or off is so for the next request, on connections that stand too")
  func schemes() async throws {
    try await ServiceFixture.with { service in
      let standing = try await service.connect()
      try await standing.send(post())
      #expect(try await standing.answer().values("WWW-Authenticate") == ["Negotiate"])
      var settings = service.settings
      settings.service.auth.credSSP = true
      try service.server.update(settings)
      let next = try await service.connect()
      try await next.send(post())
      #expect(try await next.answer().values("WWW-Authenticate") == ["Negotiate", "CredSSP"])
      try await standing.send(post())
      #expect(try await standing.answer().values("WWW-Authenticate") == ["Negotiate", "CredSSP"])
      settings.service.auth.credSSP = false
      settings.service.auth.negotiate = false
      try service.server.update(settings)
      for last in [try await service.connect(), standing] {
        try await last.send(post(authorization: token("user:alice")))
        let answer = try await last.answer()
        #expect(answer.status == 401)
        #expect(answer.values("WWW-Authenticate").isEmpty)
      }
    }
  }

  @Test("limits of shells hold for the next shell")
  func shells() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      _ = try await client.openShell()
      var settings = service.settings
      settings.winrs.maxShellsPerUser = 1
      try service.server.update(settings)
      #expect(try await client.fault(Ask.create()) == .quotaMaxShells)
      settings.winrs.maxShellsPerUser = 2
      try service.server.update(settings)
      _ = try await client.openShell()
    }
  }

  @Test("limits of connections and messages hold for connections that stand, and drop none")
  func limits() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      var settings = service.settings
      settings.maxEnvelopeSizekb = 32
      settings.service.maxConnections = 1
      try service.server.update(settings)
      // The connection stays, and its next request is measured by the new limit.
      let shell = try await client.openShell()
      let refused = try await service.connect()
      try await refused.send(post())
      #expect(try await refused.answer().status == 503)
      try await client.send([UInt8](repeating: 0x20, count: 40 << 10))
      #expect(try await client.raw.answer().status == 413)
      settings.maxEnvelopeSizekb = 500
      settings.service.maxConnections = 3
      settings.service.maxPacketRetrievalTimeSeconds = 1
      try service.server.update(settings)
      let next = try await service.logOn("alice")
      _ = try await next.start(shell)
      // A body that does not come ends the connection after the new time.
      let slow = try await service.logOn("alice")
      let began = ContinuousClock.now
      try await slow.raw.send(Array("POST /wsman HTTP/1.1\r\nHost: host\r\nContent-Length: 100\r\n\r\nx".utf8))
      await slow.raw.untilClosed()
      #expect(ContinuousClock.now - began < .seconds(20))
    }
  }

  @Test("a keytab that comes or goes changes what is offered")
  func keytab() async throws {
    try await ServiceFixture.with { service in
      func schemes() async throws -> [String] {
        let connection = try await service.connect()
        try await connection.send(post())
        return try await connection.answer().values("WWW-Authenticate")
      }
      #expect(try await schemes() == ["Negotiate"])
      try service.server.update(service.settings, acceptsKerberos: true)
      #expect(try await schemes() == ["Negotiate", "Kerberos"])
      try service.server.update(service.settings)
      #expect(try await schemes() == ["Negotiate", "Kerberos"])
      try service.server.update(service.settings, acceptsKerberos: false)
      #expect(try await schemes() == ["Negotiate"])
    }
  }

  @Test("the files are read when they are others than before, or when somebody asks; broken ones are told once")
  func watch() throws {
    let root = NSTemporaryDirectory() + "/watch-\(UInt64.random(in: .min ... .max))"
    defer { try? FileManager.default.removeItem(atPath: root) }
    let store = ConfigurationStore(paths: .under(root))
    try store.update { $0.service.allowedAccounts = ["ann"] }
    var watch = try SettingsWatch(store: store)
    #expect(watch.settings.service.allowedAccounts == ["ann"])
    #expect(watch.look() == nil)
    try store.update { $0.service.allowedAccounts = ["ann", "bob"] }
    guard case .changed(let settings) = watch.look() else {
      Issue.record("the change is not seen")
      return
    }
    #expect(settings.service.allowedAccounts == ["ann", "bob"])
    #expect(watch.look() == nil)
    guard case .unchanged = watch.look(always: true) else {
      Issue.record("not read again")
      return
    }
    let file = store.paths.settingsChangesFile
    let handle = try #require(FileHandle(forWritingAtPath: file))
    try handle.truncate(atOffset: 5)
    try handle.close()
    guard case .unreadable = watch.look() else {
      Issue.record("the mistake is not told")
      return
    }
    #expect(watch.look() == nil)
    #expect(watch.settings == settings)
    // Repaired, with what was there before: that is told too, once.
    try FileManager.default.removeItem(atPath: file)
    try store.update { $0.service.allowedAccounts = ["ann", "bob"] }
    guard case .readableAgain = watch.look() else {
      Issue.record("the repair is not told")
      return
    }
    #expect(watch.look() == nil)
    #expect(watch.settings == settings)
  }

  @Test("a graceful stop tells each waiting Receive that the service stops")
  func stops() async throws {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    var settings = WinRMSettings()
    settings.listeners = [ListenerSettings(address: "IP:127.0.0.1", port: 0)]
    let authority = ScriptedAuthority()
    let configuration = WinRMServerConfiguration(settings: settings, machineName: "HOST") { continuation.yield($0.port) }
    var logger = Logger(label: "test") { _ in InMemoryLogHandler() }
    logger.logLevel = .critical
    let server = WinRMServer(configuration: configuration, authority: authority, logger: logger)
    let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      let service = ServiceFixture(port: port, authority: authority, log: InMemoryLogHandler(), server: server, settings: settings)
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      try await client.send(Ask.receive(shell, command))
      let second = try await service.logOn("alice")
      repeat {
        try await Task.sleep(for: .milliseconds(100))
      } while try await second.fault(Ask.receive(shell, command, timeout: .milliseconds(1))) != .concurrency
      await group.triggerGracefulShutdown()
      do {
        _ = try await client.receive()
        Issue.record("no fault")
      } catch let fault as WSManFault {
        #expect(fault.wsmanCode == .operationAborted)
        #expect(fault.reason.contains("the service is stopping"))
      }
      try await tasks.waitForAll()
    }
  }
}
