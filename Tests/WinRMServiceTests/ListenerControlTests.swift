import Certificates
import Foundation
import InMemoryLogging
import Logging
import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRMConfiguration
import WinRMResources

@testable import WinRMService

/// Listeners that come, change and go while the service runs.
@Suite(.timeLimit(.minutes(2)))
struct ListenerControlTests {
  private func listener(_ address: String, _ port: UInt16, prefix: String = "wsman") -> ListenerSettings {
    var listener = ListenerSettings(address: address, port: port)
    listener.urlPrefix = prefix
    return listener
  }

  private func isOpen(_ address: String, _ port: Int) async -> Bool {
    do {
      let connection = try await RawConnection.open(port: port, host: address)
      try await connection.send(post())
      return try await connection.answer().status == 401
    } catch {
      return false
    }
  }

  private func change(_ service: ServiceFixture, _ body: (inout WinRMSettings) -> Void) async throws {
    var settings = service.settings
    body(&settings)
    try service.server.update(settings)
    await service.server.settled()
  }

  @Test("a listener is there when it has been made; one that goes takes its idle connections along, and no others") func comesAndGoes()
    async throws
  {
    try await ServiceFixture.with { service in
      let own = try await service.logOn("alice")
      let shell = try await own.openShell()
      let port = UInt16(service.port) &+ 1 > 1024 ? UInt16(service.port) &+ 1 : 20000
      try await change(service) { $0.listeners.append(listener("IP:127.0.0.2", port)) }
      #expect(await isOpen("127.0.0.2", Int(port)))
      let idle = try await RawConnection.open(port: Int(port), host: "127.0.0.2")
      try await idle.send(post())
      #expect(try await idle.answer().status == 401)
      try await change(service) { _ in }
      await idle.untilClosed()
      #expect(!(await isOpen("127.0.0.2", Int(port))))
      _ = try await own.start(shell)
      #expect(service.logText.contains("no longer listening on http://127.0.0.2:\(port)/wsman"))
    }
  }

  @Test("the last listener goes: what is under way is answered, then the connection is closed, and the service waits for the next one")
  func lastOne() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      try await client.send(Ask.receive(shell, command, timeout: .milliseconds(400)))
      try await Task.sleep(for: .milliseconds(100))
      try await change(service) { $0.listeners = [] }
      #expect(!(await isOpen("127.0.0.1", service.port)))
      // The Receive ends by its own time.
      await #expect(throws: (any Error).self) { try await client.receive() }
      await client.raw.untilClosed()
      #expect(service.logText.contains("no listener is served"))
      try await change(service) { $0.listeners = [listener("IP:127.0.0.1", UInt16(service.port))] }
      #expect(await isOpen("127.0.0.1", service.port))
    }
  }

  @Test("listeners with different prefixes share a port; each goes alone") func sharedPort() async throws {
    try await ServiceFixture.with { service in
      let port = UInt16(service.port)
      let both = [listener("IP:127.0.0.1", port), listener("*", port, prefix: "other")]
      try await change(service) { $0.listeners = both }
      let first = try await service.connect()
      let second = try await service.connect()
      try await first.send(post(path: "/wsman"))
      try await second.send(post(path: "/other"))
      #expect(try await first.answer().status == 401)
      #expect(try await second.answer().status == 401)
      let third = try await service.connect()
      try await third.send(post(path: "/third"))
      #expect(try await third.answer().status == 404)
      // On another address the special one does not answer.
      let elsewhere = try await RawConnection.open(port: service.port, host: "127.0.0.3")
      try await elsewhere.send(post(path: "/wsman"))
      #expect(try await elsewhere.answer().status == 404)
      try await change(service) { $0.listeners = [both[1]] }
      await first.untilClosed()
      try await second.send(post(path: "/other"))
      #expect(try await second.answer().status == 401)
    }
  }

  @Test("what is told to be bound is what is: not the port of another program, and not before it is free") func tellsWhatIsBound()
    async throws
  {
    let served = ServedListeners()
    let root = NSTemporaryDirectory() + "/served-\(UInt64.random(in: .min ... .max))"
    defer { try? FileManager.default.removeItem(atPath: root) }
    let store = ConfigurationStore(paths: .under(root))
    var environment = ConfigurationResources.Environment(
      store: store, certificates: ServerCertificateStore(directory: root + "/certificates"))
    environment.served = served
    let resources = ConfigurationResources(environment)
    func listeningOn(_ address: String) throws -> [String] {
      let uri = ResourceURI(rawValue: ResourceURI.config.rawValue + "/listener")
      let header = RequestHeader(to: "winrm", resourceURI: uri, action: .get, selectors: ["Address": address, "Transport": "HTTP"])
      guard case .other(let element?) = try resources.answer(WSManRequest(header: header, body: .get), owner: "root").body else {
        return ["?"]
      }
      return element.elements.filter { $0.name.localName == "ListeningOn" }.map(\.text).filter { !$0.isEmpty }
    }
    try await ServiceFixture.with { other in
      let taken = UInt16(other.port)
      try await ServiceFixture.with(configure: { $0.served = served }) { service in
        let free = UInt16(service.port)
        try store.update { $0.listeners = [listener("IP:127.0.0.1", taken), listener("IP:127.0.0.2", free)] }
        let wanted = try store.load().listeners
        try await change(service) { $0.listeners = wanted }
        #expect(try listeningOn("IP:127.0.0.1") == [])
        #expect(try listeningOn("IP:127.0.0.2") == ["127.0.0.2"])
        try await change(other) { $0.listeners = [] }
        try await change(service) { $0.listeners = wanted }
        #expect(try listeningOn("IP:127.0.0.1") == ["127.0.0.1"])
      }
    }
  }

  @Test("a port that another program has: one error with address, port and reason; the others serve; it is tried again") func portInUse()
    async throws
  {
    try await ServiceFixture.with { other in
      try await ServiceFixture.with { service in
        let port = UInt16(other.port)
        try await change(service) { $0.listeners = [listener("IP:127.0.0.1", port), listener("IP:127.0.0.2", UInt16(service.port))] }
        #expect(await isOpen("127.0.0.2", service.port))
        let errors = service.log.entries.filter { $0.level == .error }
        #expect(errors.map(\.message.description) == ["Cannot listen on 127.0.0.1:\(port): Address already in use"])
        #expect(errors.first?.metadata["do"]?.description.contains("another program has the port") == true)
        try await change(other) { $0.listeners = [] }
        try await change(service) { $0.listeners = [listener("IP:127.0.0.1", port)] }
        #expect(await isOpen("127.0.0.1", Int(port)))
        #expect(service.logText.contains("Cannot listen") && service.log.entries.filter { $0.level == .error }.count == 1)
      }
    }
  }

  @Test("an address that the machine does not have is an error in the log, and the service runs") func missingAddress() async throws {
    try await ServiceFixture.with { service in
      try await change(service) { $0.listeners = [listener("IP:192.0.2.77", 5985), listener("MAC:02-00-00-00-00-77", 5985)] }
      #expect(service.logText.contains("this machine does not have the address now"))
      #expect(service.logText.contains("no adapter that is up has this MAC address"))
    }
  }

  @Test("filters: only admitted addresses are bound, and a connection to an address that is not admitted any more is closed") func filters()
    async throws
  {
    try await ServiceFixture.with { service in
      let port = UInt16(service.port)
      try await change(service) { $0.listeners = [listener("*", port)] }
      let connection = try await service.connect()
      try await connection.send(post())
      #expect(try await connection.answer().status == 401)
      try await change(service) {
        $0.listeners = [listener("*", port)]
        ($0.service.ipv4Filter, $0.service.ipv6Filter) = ("127.0.0.1-127.0.0.1", "")
      }
      // The connection outlives the socket that accepted it.
      try await connection.send(post())
      #expect(try await connection.answer().status == 401)
      #expect(await isOpen("127.0.0.1", service.port))
      #expect(!(await isOpen("::1", service.port)))
      try await change(service) {
        $0.listeners = [listener("*", port)]
        ($0.service.ipv4Filter, $0.service.ipv6Filter) = ("10.99.0.1-10.99.0.9", "")
      }
      await connection.untilClosed()
      #expect(!(await isOpen("127.0.0.1", service.port)))
      #expect(service.logText.contains("admit none of its addresses"))
    }
  }

  @Test("an HTTPS listener with a Hostname alone takes the best certificate, and moves to a better one") func movesToNewer() async throws {
    let store = ServerCertificateStore(directory: NSTemporaryDirectory() + "moves-\(UUID().uuidString)")
    func make(_ days: Double) throws -> ServerCertificate {
      let identity = try SelfSignedIdentity.make(
        commonName: "h.test", names: ["h.test"], notAfter: Date(timeIntervalSinceNow: days * 86_400))
      let made = try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
      try store.add(made)
      return made
    }
    let old = try make(5.5)
    try await ServiceFixture.with(
      certificates: store,
      settings: { settings in
        settings.listeners = [ListenerSettings(address: "IP:127.0.0.1", transport: .https, port: 0)]
        settings.listeners[0].hostname = "h.test"
      }
    ) { service in
      let warning = service.log.entries.first { $0.message.description == "a certificate in use expires soon" }
      #expect(warning?.metadata["certificate"]?.description == old.thumbprint.text && warning?.metadata["days"]?.description == "5")
      let new = try make(400)
      try await change(service) { _ in }
      #expect(
        service.log.entries.contains {
          $0.message.description == "an HTTPS listener shows another certificate"
            && $0.metadata["certificate"]?.description == new.thumbprint.text
        })
    }
  }

  @Test("a certificate is spoken of each day of its last thirty, and as expired after them") func calendar() throws {
    let identity = try SelfSignedIdentity.make(commonName: "h", names: ["h.test"], notAfter: Date(timeIntervalSince1970: 2_000_000_000))
    let details = try CertificateDetails(certificateDER: identity.certificateDER)
    let log = InMemoryLogHandler()
    let logger = Logger(label: "test") { _ in log }
    var calendar = CertificateCalendar()
    func texts(daysLeft: Double) -> [String] {
      let before = log.entries.count
      calendar.look(logger: logger, now: Date(timeIntervalSince1970: 2_000_000_000 - daysLeft * 86_400))
      return log.entries.dropFirst(before).map { "\($0.level) \($0.metadata["days"]?.description ?? "-")" }
    }
    calendar.update([.init(details: details, user: "CredSSP")], logger: logger, now: Date(timeIntervalSince1970: 1_990_000_000))
    #expect(log.entries.isEmpty)
    #expect(texts(daysLeft: 30.5).isEmpty)
    #expect(texts(daysLeft: 29.5) == ["warning 29"])
    #expect(texts(daysLeft: 29.1).isEmpty)
    #expect(texts(daysLeft: 28.5) == ["warning 28"])
    #expect(texts(daysLeft: -0.1) == ["error -"])
    #expect(texts(daysLeft: -0.9).isEmpty)
    #expect(texts(daysLeft: -1.2) == ["error -"])
  }
}
