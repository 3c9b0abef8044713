import Certificates
import Foundation
import LogonInterface
import Logging
import NIOCore
import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRMConfiguration
import WinRMResources

@testable import WinRMService

/// The files of a service and its socket, gone with it.
private final class Place: Sendable {
  let directory = "/tmp/winrm-local-" + UUID().uuidString.prefix(8)
  let changes = Mutex(0)
  var paths: WinRMPaths { .under(directory) }
  var socket: String { paths.serviceSocket }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func configure(_ configuration: inout WinRMServerConfiguration) {
    try? FileManager.default.createDirectory(atPath: paths.configurationDirectory, withIntermediateDirectories: true)
    configuration.localSocketPath = socket
    configuration.resources = ConfigurationResources(
      .init(store: ConfigurationStore(paths: paths), certificates: ServerCertificateStore(directory: paths.certificateDirectory)))
    configuration.onChange = { [self] in changes.withLock { $0 += 1 } }
  }

  /// Waits until the service answers there.
  func connect() async throws -> RawConnection {
    for _ in 0..<500 {
      if let connection = try? await RawConnection.open(socket: socket) { return connection }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw RawConnection.Closed()
  }
}

private let me = geteuid()

/// What the authority says of the user who runs the tests.
private func authority(_ identifiers: [String]) -> ScriptedAuthority {
  ScriptedAuthority(localUsers: [
    me: LocalUser(accountName: "HOST\\me", unixUser: "me", memberships: Memberships(identifiers, areComplete: true))
  ])
}

private let administrator = ["S-1-22-1-\(me)", "S-1-1-0", "S-1-5-11", "S-1-5-4", "S-1-5-32-544"]

private func request(_ resource: ResourceURI, _ action: WSManAction, _ body: RequestBody, _ selectors: [String: String] = [:])
  -> WSManRequest
{
  WSManRequest(
    header: RequestHeader(to: "http://localhost/wsman", resourceURI: resource, action: action, selectors: selectors), body: body)
}

private let winrs = ResourceURI(rawValue: ResourceURI.config.rawValue + "/winrs")
private let winrsName = XMLName(namespace: winrs.rawValue, localName: "Winrs")

private func put(_ value: String) -> WSManRequest {
  let setting = XMLElement(XMLName(namespace: winrs.rawValue, localName: "MaxShellsPerUser"), text: value)
  return request(winrs, .put, .put(XMLElement(winrsName, children: [.element(setting)])))
}

extension RawConnection {
  fileprivate func ask(_ request: WSManRequest, headers: [String] = []) async throws -> WSManResponse {
    try await send(post(request.encode(), contentType: "application/soap+xml;charset=UTF-8", headers: headers))
    let answer = try await answer()
    return try WSManResponse(decoding: answer.body)
  }

  fileprivate func fault(_ request: WSManRequest) async throws -> WinRMCode? {
    do {
      _ = try await ask(request)
      return nil
    } catch let fault as WSManFault { return fault.wsmanCode }
  }
}

struct LocalSocketTests {
  @Test("the configuration by the socket: read, changed, and the answer comes after the change was taken over")
  func configuration() async throws {
    let place = Place()
    try await ServiceFixture.with(authority: authority(administrator), configure: place.configure) { _ in
      let connection = try await place.connect()
      let mode = try FileManager.default.attributesOfItem(atPath: place.socket)[.posixPermissions] as? Int
      #expect(mode == 0o666)
      guard case .other(let element?) = try await connection.ask(request(winrs, .get, .get)).body else { throw RawConnection.Closed() }
      #expect(element.name == winrsName)
      #expect(place.changes.withLock { $0 } == 0)
      _ = try await connection.ask(put("7"))
      #expect(place.changes.withLock { $0 } == 1)
      #expect(try ConfigurationStore(paths: place.paths).load().winrs.maxShellsPerUser == 7)
      #expect(try await connection.fault(put("-1")) != nil)
      #expect(place.changes.withLock { $0 } == 1)
    }
    #expect(!FileManager.default.fileExists(atPath: place.socket))
  }

  @Test("a service without a listener answers by its socket")
  func noListener() async throws {
    let place = Place()
    var settings = WinRMSettings()
    settings.listeners = []
    var configuration = WinRMServerConfiguration(settings: settings, machineName: "HOST")
    place.configure(&configuration)
    let server = WinRMServer(configuration: configuration, authority: authority(administrator), logger: .init(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      defer { group.cancelAll() }
      let connection = try await place.connect()
      #expect(try await connection.fault(request(winrs, .get, .get)) == nil)
    }
  }

  @Test("whoever owns the service may repair descriptors that shut everybody out; the log says so")
  func lockedOut() async throws {
    let place = Place()
    try await ServiceFixture.with(
      authority: authority([]), settings: { $0.service.rootSDDL = "D:P(D;;GA;;;WD)" }, configure: place.configure
    ) { service in
      let connection = try await place.connect()
      #expect(try await connection.fault(request(winrs, .get, .get)) == nil)
      #expect(service.logText.contains("access granted to the owner of the service"))
      // Over the network nobody is the owner.
      let admin = try await service.logOn("admin")
      #expect(try await admin.fault(request(winrs, .get, .get)) == .accessDenied)
    }
  }

  @Test("no shells by the socket; those that there are can be listed and closed")
  func shells() async throws {
    let place = Place()
    let known = LocalUser(accountName: "HOST\\me", unixUser: "me", memberships: Memberships(administrator, areComplete: true))
    try await ServiceFixture.with(authority: ScriptedAuthority(localUsers: [me: known]), configure: place.configure) { service in
      let ann = try await service.logOn("ann")
      let id = try await ann.openShell(ShellDescription(name: "Ann's"))
      let connection = try await place.connect()
      #expect(try await connection.fault(Ask.create()) == WinRMCode(rawValue: 50))
      #expect(try await connection.fault(Ask.command(id)) == WinRMCode(rawValue: 50))
      let all = request(.shell, .enumerate, .enumerate(EnumerateRequest(maxElements: 20)))
      guard case .enumerated(let batch) = try await connection.ask(all).body else { throw RawConnection.Closed() }
      #expect(batch.context == nil && batch.items.count == 1)
      let shell = try #require(batch.items.first?.object)
      #expect(
        shell.elements.map(\.name.localName) == [
          "ShellId", "Name", "ResourceUri", "Owner", "ClientIP", "IdleTimeOut", "InputStreams", "OutputStreams", "ShellRunTime",
          "ShellInactivity",
        ])
      #expect(shell.first(.shell, "Owner")?.text == "HOST\\ann" && shell.first(.shell, "ShellRunTime")?.text.hasPrefix("P0DT0H0M") == true)
      #expect(try await connection.fault(request(.shell, .delete, .deleteShell, ["ShellId": id])) == nil)
      #expect(try await ann.fault(Ask.command(id)) == .unexpectedSelectors)
    }
  }

  @Test(
    "what the socket refuses",
    arguments: [
      (post([1], path: "/other", contentType: "application/soap+xml"), 404), (post([1], path: "/wsman-anon/identify"), 404),
      (post([1], authorization: "Basic eDp4", contentType: "application/soap+xml"), 400), (post([1], contentType: "text/xml"), 415),
      (Array("GET /wsman HTTP/1.1\r\nHost: x\r\n\r\n".utf8), 405),
      (Array("POST /wsman HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8), 411),
      (Array("POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\nContent-Length: 99999999\r\n\r\n".utf8), 413),
    ])
  func refusals(_ bytes: [UInt8], _ status: Int) async throws {
    let place = Place()
    try await ServiceFixture.with(authority: authority(administrator), configure: place.configure) { _ in
      let connection = try await place.connect()
      try await connection.send(bytes)
      #expect(try await connection.answer().status == status)
      await connection.untilClosed()
    }
  }

  @Test("a dead service's socket is replaced; a living one's and a file are left, and the service goes on without")
  func stale() async throws {
    let place = Place()
    let first = LocalSocketFile(path: place.socket)
    try first.prepare()
    // A socket without a listener.
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.socket.utf8) }
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    close(descriptor)
    try await ServiceFixture.with(authority: authority(administrator), configure: place.configure) { _ in
      let connection = try await place.connect()
      #expect(try await connection.fault(request(winrs, .get, .get)) == nil)
      try await ServiceFixture.with(authority: authority(administrator), configure: place.configure) { second in
        for _ in 0..<200 where !second.logText.contains("cannot reach the service") { try await Task.sleep(for: .milliseconds(10)) }
        #expect(second.logText.contains("another service answers there"))
        _ = try await second.logOn("ann")
      }
      // The second one has not taken the first one's socket with it.
      let again = try await place.connect()
      #expect(try await again.fault(request(winrs, .get, .get)) == nil)
    }
    _ = FileManager.default.createFile(atPath: place.socket, contents: nil)
    try await ServiceFixture.with(authority: authority(administrator), configure: place.configure) { third in
      for _ in 0..<200 where !third.logText.contains("cannot reach the service") { try await Task.sleep(for: .milliseconds(10)) }
      #expect(third.logText.contains("something else than a socket"))
    }
    #expect(FileManager.default.fileExists(atPath: place.socket))
  }

  @Test("a directory that others may write is not used")
  func openDirectory() throws {
    let place = Place()
    try FileManager.default.createDirectory(atPath: place.paths.runtimeDirectory, withIntermediateDirectories: true)
    chmod(place.paths.runtimeDirectory, 0o777)
    #expect(throws: LocalSocketFile.Failure.self) { try LocalSocketFile(path: place.socket).prepare() }
    #expect(throws: LocalSocketFile.Failure.self) { try LocalSocketFile(path: "/tmp/" + String(repeating: "x", count: 120)).prepare() }
  }

  @Test("no user takes the places of the others; root is not counted")
  func ledger() {
    let ledger = LocalLedger()
    for _ in 0..<LocalLedger.perUser { #expect(ledger.admit(1000)) }
    #expect(!ledger.admit(1000) && ledger.admit(1001))
    ledger.leave(1000)
    #expect(ledger.admit(1000) && !ledger.admit(1000))
    for _ in 0..<100 { #expect(ledger.admit(0)) }
  }

  @Test("a TCP connection has no user")
  func notLocal() async throws {
    try await ServiceFixture.with { service in
      let (stream, continuation) = AsyncStream<Bool>.makeStream()
      let connection = try await service.connect()
      connection.withChannel { channel in
        LocalPeer.of(channel).whenComplete { result in
          continuation.yield((try? result.get()) == nil)
        }
      }
      for await hasNone in stream {
        #expect(hasNone)
        break
      }
    }
  }
}

struct RemoteConfigurationTests {
  @Test("over the network: administrators read and change, others get 5, also where AllowedGroups admits them to shells")
  func access() async throws {
    let place = Place()
    let authority = ScriptedAuthority(unauthorized: ["admin", "stranger"])
    try await ServiceFixture.with(authority: authority, configure: place.configure) { service in
      let admin = try await service.logOn("admin")
      #expect(try await admin.fault(request(winrs, .get, .get)) == nil)
      #expect(try await admin.fault(put("3")) == nil)
      // The two gates are two: who may change the configuration may not open shells by that.
      #expect(try await admin.fault(Ask.create()) == .accessDenied)
      let ann = try await service.logOn("ann")
      #expect(try await ann.fault(request(winrs, .get, .get)) == .accessDenied)
      #expect(try await ann.fault(put("4")) == .accessDenied)
      _ = try await ann.openShell()
      let stranger = try await service.logOn("stranger")
      #expect(try await stranger.fault(Ask.create()) == .accessDenied)
      #expect(try await stranger.fault(request(.shell, .enumerate, .enumerate(EnumerateRequest()))) == .accessDenied)
      #expect(try ConfigurationStore(paths: place.paths).load().winrs.maxShellsPerUser == 3)
      #expect(place.changes.withLock { $0 } == 1)
    }
  }

  @Test("descriptors change while the service runs, for the next request of a connection that stands")
  func live() async throws {
    let place = Place()
    try await ServiceFixture.with(configure: place.configure) { service in
      let ann = try await service.logOn("ann")
      #expect(try await ann.fault(request(winrs, .get, .get)) == .accessDenied)
      var settings = service.settings
      settings.service.rootSDDL = "D:P(A;;GR;;;AU)"
      try service.server.update(settings)
      #expect(try await ann.fault(request(winrs, .get, .get)) == nil)
      #expect(try await ann.fault(put("4")) == .accessDenied)
    }
  }

  @Test("a disabled plug-in: no shells; the configuration stays")
  func disabled() async throws {
    let place = Place()
    try await ServiceFixture.with(settings: { $0.plugins[0].enabled = false }, configure: place.configure) { service in
      let ann = try await service.logOn("ann")
      #expect(try await ann.fault(Ask.create()) == .resourceNotFound)
      #expect(try await (service.logOn("admin")).fault(request(winrs, .get, .get)) == nil)
    }
  }

  @Test("the plug-in's Security decides about shells")
  func plugInSecurity() async throws {
    try await ServiceFixture.with(settings: {
      $0.plugins[0].resources[0].security = (try? [.init(uri: ResourceURI.shellCmd.rawValue, sddl: "D:P(A;;GX;;;S-1-22-1-77)")]) ?? []
    }) { service in
      let ann = try await service.logOn("ann")
      #expect(try await ann.fault(Ask.create()) == .accessDenied)
    }
    try await ServiceFixture.with(
      authority: ScriptedAuthority(memberships: ["ann": ["S-1-22-1-77"]]),
      settings: {
        $0.plugins[0].resources[0].security = (try? [.init(uri: ResourceURI.shellCmd.rawValue, sddl: "D:P(A;;GX;;;S-1-22-1-77)")]) ?? []
      }
    ) { service in
      _ = try await (service.logOn("ann")).openShell()
    }
  }

  @Test("lists of shells: one's own; an administrator's are all; Get, Delete and the commands likewise")
  func lists() async throws {
    try await ServiceFixture.with { service in
      let (ann, bob, admin) = (try await service.logOn("ann"), try await service.logOn("bob"), try await service.logOn("admin"))
      let (first, second) = (try await ann.openShell(), try await bob.openShell())
      func ids(_ client: ProtectedConnection, mode: EnumerationMode = .object) async throws -> Set<String> {
        var all: Set<String> = []
        let begin = EnumerateRequest(maxElements: 1, mode: mode)
        guard case .enumerated(var batch) = try await client.perform(request(.shell, .enumerate, .enumerate(begin))).body else { return [] }
        while true {
          for item in batch.items { all.insert(item.object?.first(.shell, "ShellId")?.text ?? item.reference?.selector("ShellId") ?? "") }
          guard let context = batch.context else { return all }
          let pull = request(.shell, .pull, .pull(PullRequest(context: context)))
          guard case .pulled(let next) = try await client.perform(pull).body else { return [] }
          batch = next
        }
      }
      #expect(try await ids(ann) == [first])
      #expect(try await ids(admin) == [first, second])
      #expect(try await ids(admin, mode: .reference) == [first, second])
      #expect(try await ann.fault(request(.shell, .get, .get, ["ShellId": second])) == .unexpectedSelectors)
      #expect(try await ann.fault(request(.shell, .get, .get, ["ShellId": first.lowercased()])) == nil)
      #expect(try await ann.fault(request(.shell, .get, .get)) == .insufficientSelectors)
      #expect(try await ann.fault(request(.shell, .delete, .deleteShell, ["ShellId": second])) == .unexpectedSelectors)
      // Another's context is none.
      let begin = request(.shell, .enumerate, .enumerate(EnumerateRequest(maxElements: 1)))
      guard case .enumerated(let batch) = try await admin.perform(begin).body, let context = batch.context else {
        throw RawConnection.Closed()
      }
      let stolen = request(.shell, .pull, .pull(PullRequest(context: context)))
      #expect(try await ann.fault(stolen) == .invalidEnumerationContext)
      // The commands of a shell, by a filter that names it.
      let command = try await ann.start(first, CommandLine(command: "sleep", arguments: ["5"]))
      func commands(_ client: ProtectedConnection, _ id: String?) async throws -> [String] {
        let filter = id.map { EnumerationFilter(dialect: EnumerationFilter.selectorFilter, content: .selectors([Selector("ShellId", $0)])) }
        let ask = request(.shellCommand, .enumerate, .enumerate(EnumerateRequest(maxElements: 9, filter: filter)))
        guard case .enumerated(let batch) = try await client.perform(ask).body else { return [] }
        return batch.items.compactMap { $0.object?.elements.map(\.text).joined(separator: "|") }
      }
      #expect(try await commands(ann, first) == ["\(command)|sleep 5|Running"])
      #expect(try await commands(admin, first) == ["\(command)|sleep 5|Running"])
      await #expect(throws: WSManFault.self) { try await commands(bob, first) }
      await #expect(throws: WSManFault.self) { try await commands(ann, nil) }
      #expect(try await admin.fault(request(.shell, .delete, .deleteShell, ["ShellId": second])) == nil)
      #expect(try await ids(admin) == [first])
    }
  }

  @Test("winrm/config/resource lists what the caller may use, with the actions that it may")
  func resourceList() async throws {
    let place = Place()
    try await ServiceFixture.with(settings: { $0.service.rootSDDL = "D:P(A;;GA;;;BA)(A;;GR;;;BU)" }, configure: place.configure) {
      service in
      func list(_ user: String) async throws -> [String: [String]] {
        let ask = request(Route.resourceListURI, .enumerate, .enumerate(EnumerateRequest(maxElements: 100)))
        guard case .enumerated(let batch) = try await (service.logOn(user)).perform(ask).body else { return [:] }
        let pairs = batch.items.compactMap(\.object).map { element in
          let texts = element.elements.map(\.text)
          return (String(texts[0].dropFirst("http://schemas.microsoft.com/wbem/wsman/1/".count)), Array(texts.dropFirst()))
        }
        return Dictionary(pairs) { first, _ in first }
      }
      let admin = try await list("admin")
      #expect(admin["config"] == ["Get", "Put", "Invoke"] && admin["windows/shell/cmd"] == ["Shell"])
      let ann = try await list("ann")
      #expect(ann["config"] == ["Get"] && ann["config/listener"] == ["Get", "Enumerate"])
    }
  }

  @Test("a service that shows no configuration has none")
  func hidden() async throws {
    try await ServiceFixture.with { service in
      let admin = try await service.logOn("admin")
      #expect(try await admin.fault(request(winrs, .get, .get)) == .resourceNotFound)
      #expect(try await admin.fault(request(Route.resourceListURI, .enumerate, .enumerate(EnumerateRequest()))) == .resourceNotFound)
    }
  }
}
