import InMemoryLogging
import LogonInterface
import Logging
import NIOPosix
import SecurityDescriptors
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration
import WinRMResources

@testable import WinRMService

private let base = "http://schemas.microsoft.com/wbem/wsman/1/"
private let config = ResourceURI.config
private let service = ResourceURI(rawValue: ResourceURI.config.rawValue + "/service")

/// A proven caller: tokens come from an authority's word and from nowhere else.
private func caller(_ user: String, _ authority: ScriptedAuthority = ScriptedAuthority()) async throws -> Caller {
  let peer = PeerAddress(host: "192.0.2.7", port: 50_000, transport: .http)
  let context = try await LogonClient(authority: authority).begin(.negotiate, peer: peer)
  let logon = try #require(try await context.step(Array("user:\(user)".utf8)).established)
  return Caller(identity: logon.identity, peer: peer)
}

private func request(_ resource: ResourceURI, _ action: WSManAction, _ body: RequestBody) -> WSManRequest {
  WSManRequest(header: RequestHeader(to: "http://host:5985/wsman", resourceURI: resource, action: action), body: body)
}

private func gate(_ settings: WinRMSettings = WinRMSettings(), _ log: InMemoryLogHandler = InMemoryLogHandler()) -> AccessGate {
  var logger = Logger(label: "test") { _ in log }
  logger.logLevel = .trace
  return AccessGate(control: AccessControl(settings, logger: logger), logger: logger)
}

private func settings(rootSDDL: String) -> WinRMSettings {
  var settings = WinRMSettings()
  settings.service.rootSDDL = rootSDDL
  return settings
}

/// The right that the gate asks for, found out by descriptors that grant one each.
private func admits(_ right: String, _ request: WSManRequest, on resource: ResourceURI = config) async throws -> Bool {
  let gate = gate(settings(rootSDDL: "D:P(A;;\(right);;;AU)"))
  let caller = try await caller("ann")
  do throws(WSManFault) {
    try gate.check(request, on: resource, of: caller)
    return true
  } catch {
    #expect(error.wsmanCode == .accessDenied)
    return false
  }
}

struct AccessControlTests {
  @Test(
    "AllowRemoteAccess false: another machine is refused everything but Identify, before anything is looked for",
    arguments: [
      request(config, .get, .get), request(config, .put, .put(XMLElement(XMLName(.shell, "X")))), Ask.create(),
      Ask.delete(GUIDText.random()),
      request(.shell, .enumerate, .enumerate(EnumerateRequest())), .identify,
    ])
  func remoteAccess(_ request: WSManRequest) async throws {
    let logger = Logger(label: "test") { _ in InMemoryLogHandler() }
    var settings = WinRMSettings()
    settings.service.allowRemoteAccess = false
    let live = LiveSettings(
      .init(
        offer: AuthenticationOffer(schemes: []) { _, _, _ in nil }, limits: ServiceLimits(), shellLimits: ShellLimits(), settings: settings,
        logger: logger))
    let authority = ScriptedAuthority()
    let registry = ShellRegistry(
      logon: LogonClient(authority: authority), live: live, time: .continuous, nursery: Nursery(),
      group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    let dispatcher = RequestDispatcher(
      registry: registry, live: live, configuration: ConfigurationAccess(nil) {}, enumerations: Enumerations { .now }, machine: "HOST",
      logger: logger)
    let remote = try await caller("admin", authority)
    let answer = try #require(await dispatcher.answer(to: try request.encode(), of: remote))
    guard request.body != .identify else {
      #expect(!answer.isFault)
      return
    }
    let fault = #expect(throws: WSManFault.self) { try WSManResponse(decoding: answer.envelope) }
    #expect(answer.isFault && fault?.wsmanCode == WinRMCode(rawValue: 0x8033_81DD))
    #expect(authority.record.opened.isEmpty)
  }

  @Test(
    "the right for each action (MS-WSMV §3.1.4.1.28)",
    arguments: [
      (request(config, .get, .get), "GR"), (request(config, .enumerate, .enumerate(EnumerateRequest())), "GR"),
      (request(config, .pull, .pull(PullRequest(context: "x"))), "GR"), (request(config, .release, .release(context: "x")), "GR"),
      (request(config, .put, .put(XMLElement(XMLName(.shell, "X")))), "GW"), (request(config, .create, .create(nil)), "GW"),
      (request(config, .delete, .delete), "GW"),
      (request(config, WSManAction(rawValue: base + "config/Restore"), .other(nil)), "GXGW"),
      (request(service, WSManAction(rawValue: base + "config/service/EnableRemoting"), .other(nil)), "GXGW"),
      (request(service, WSManAction(rawValue: base + "config/service/EnableService"), .other(nil)), "GXGW"),
      (request(service, WSManAction(rawValue: base + "config/service/Analyze"), .other(nil)), "GX"),
      (request(service, WSManAction(rawValue: base + "config/service/AnalyzeService"), .other(nil)), "GX"),
    ])
  func rights(_ request: WSManRequest, _ right: String) async throws {
    if right == "GXGW" { #expect(try await admits(right, request)) }
    for candidate in ["GR", "GW", "GX"] { #expect(try await admits(candidate, request) == (candidate == right), "\(candidate)") }
    #expect(try await admits("GA", request))
  }

  @Test(
    "every request on a shell needs GX",
    arguments: [
      request(.shellCmd, .create, .createShell(ShellDescription())), request(.shell, .get, .get), request(.shell, .delete, .deleteShell),
      request(.shell, .enumerate, .enumerate(EnumerateRequest())), request(.shellCmd, .get, .get),
      request(.shellCommand, .enumerate, .enumerate(EnumerateRequest())), request(.powerShell, .create, .createShell(ShellDescription())),
    ])
  func shells(_ request: WSManRequest) async throws {
    #expect(AccessRight(request) == .execute)
  }

  @Test(
    "an exact Security first, then the longest on the borders of the path, then RootSDDL",
    arguments: [
      ("http://x/a", "Security http://x/a "), ("HTTP://X/A/", "Security http://x/a "), ("http://x/a/b", "Security http://x/a/b "),
      ("http://x/a/b/c", "Security http://x/a/b "), ("http://x/a/bc", "Security http://x/a "), ("http://x/ab", "RootSDDL"),
      ("http://x/exact", "Security http://x/exact "), ("http://x/exact/below", "RootSDDL"), ("http://x", "RootSDDL"),
    ])
  func lookup(_ uri: String, _ source: String) throws {
    var settings = WinRMSettings()
    var plugIn = PlugInConfiguration.shell
    plugIn.resources[0].security = try [
      .init(uri: "http://x/a", sddl: "D:(A;;GA;;;BA)"), .init(uri: "http://x/a/b/", sddl: "D:(A;;GA;;;BU)"),
      .init(uri: "http://x/exact", sddl: "D:(A;;GA;;;BU)", exactMatch: true),
    ]
    settings.plugins = [plugIn]
    let found = gate(settings).control.source(for: ResourceURI(rawValue: uri)).name
    #expect((found + " ").replacing("/b/ ", with: "/b ").hasPrefix(source))
  }

  @Test("what lists shells is judged as what opens them; a disabled plug-in has no say and no resource")
  func shellFamily() {
    let plugIn = "Security \(ResourceURI.shellCmd.rawValue) of plug-in Shell cmd plugin"
    for uri in [ResourceURI.shell, .shellCmd, .shellCommand] { #expect(gate().control.source(for: uri).name == plugIn) }
    #expect(gate().control.isServed(.shellCmd))
    var settings = WinRMSettings()
    settings.plugins[0].enabled = false
    #expect(gate(settings).control.source(for: .shellCmd).name == "RootSDDL")
    #expect(!gate(settings).control.isServed(.shellCmd))
  }

  @Test(
    "a descriptor that cannot be read admits administrators alone, and is an error in the log",
    arguments: ["nonsense", "", "O:BA", "D:NO_ACCESS_CONTROL"])
  func unreadable(_ sddl: String) async throws {
    let log = InMemoryLogHandler()
    let gate = gate(settings(rootSDDL: sddl), log)
    try gate.check(request(config, .get, .get), on: config, of: try await caller("admin"))
    let ann = try await caller("ann", ScriptedAuthority(memberships: ["ann": ["S-1-5-4"]]))
    #expect(throws: WSManFault.self) { try gate.check(request(config, .get, .get), on: config, of: ann) }
    #expect(log.entries.contains { $0.level == .error && $0.metadata["descriptor"]?.description == "RootSDDL" })
  }

  @Test("one line for a refusal: who, what, which right, which descriptor")
  func refusal() async throws {
    let log = InMemoryLogHandler()
    let ann = try await caller("ann")
    #expect(throws: WSManFault.self) { try gate(WinRMSettings(), log).check(request(config, .get, .get), on: config, of: ann) }
    #expect(log.entries.count == 1)
    let entry = try #require(log.entries.first)
    #expect(entry.level == .notice && entry.message == "access denied")
    #expect(entry.metadata["account"]?.description == "HOST\\ann" && entry.metadata["right"]?.description == "GR")
    #expect(entry.metadata["descriptor"]?.description == "RootSDDL" && entry.metadata["resource"]?.description == config.rawValue)
    #expect(entry.metadata["source"]?.description == "192.0.2.7:50000")
  }

  @Test(
    "the SACL says what is recorded: failures and successes, of whom, and of which rights",
    arguments: [
      ("S:(AU;SA;GR;;;WD)", "admin", true), ("S:(AU;SA;GW;;;WD)", "admin", false), ("S:(AU;FA;GA;;;WD)", "admin", false),
      ("S:(AU;SA;GA;;;BA)", "admin", true), ("S:(AU;SA;GA;;;BG)", "admin", false), ("S:(AU;SAIO;GA;;;WD)", "admin", false),
      ("", "admin", false),
    ])
  func audit(_ sacl: String, _ user: String, _ isRecorded: Bool) async throws {
    let log = InMemoryLogHandler()
    try gate(settings(rootSDDL: "D:P(A;;GA;;;BA)\(sacl)"), log).check(request(config, .get, .get), on: config, of: try await caller(user))
    #expect(log.entries.contains { $0.level == .notice && $0.message == "access granted" } == isRecorded)
  }

  @Test("a refusal that the SACL does not mention is said all the same, one level lower")
  func quietRefusal() async throws {
    let log = InMemoryLogHandler()
    let ann = try await caller("ann")
    #expect(throws: WSManFault.self) {
      try gate(settings(rootSDDL: "D:P(A;;GA;;;BA)"), log).check(request(config, .get, .get), on: config, of: ann)
    }
    #expect(log.entries.map(\.level) == [.info])
  }

  @Test("what goes on in a shell is not recorded again: its Create was")
  func shellAudit() async throws {
    let log = InMemoryLogHandler()
    let gate = gate(WinRMSettings(), log)
    let ann = try await caller("ann")
    try gate.check(request(.shellCmd, .command, .command(CommandLine(command: "id"))), on: .shellCmd, of: ann)
    try gate.check(request(.shellCmd, .delete, .deleteShell), on: .shellCmd, of: ann)
    #expect(log.entries.isEmpty)
    try gate.check(request(.shellCmd, .create, .createShell(ShellDescription())), on: .shellCmd, of: ann)
    #expect(log.entries.count == 1)
  }

  @Test("a SID of the caller counts, domain ones too, and owners have no right but to the descriptor")
  func identifiers() async throws {
    let group = "S-1-5-21-1-2-3-1105"
    let control = gate(settings(rootSDDL: "O:\(group)D:P(A;;GR;;;\(group))"))
    let member = try await caller("ann", ScriptedAuthority(memberships: ["ann": [group]]))
    try control.check(request(config, .get, .get), on: config, of: member)
    #expect(throws: WSManFault.self) { try control.check(request(config, .delete, .delete), on: config, of: member) }
    let other = try await caller("bob", ScriptedAuthority(memberships: ["bob": ["S-1-5-21-1-2-3-1106"]]))
    #expect(throws: WSManFault.self) { try control.check(request(config, .get, .get), on: config, of: other) }
  }

  @Test("of whom not all groups are known: what is denied to anybody is denied", arguments: [true, false])
  func incomplete(_ isComplete: Bool) async throws {
    let control = gate(settings(rootSDDL: "D:P(D;;GR;;;S-1-5-21-1-2-3-666)(A;;GR;;;AU)"))
    let caller = try await caller("ann", ScriptedAuthority(hasCompleteGroups: isComplete))
    if isComplete {
      try control.check(request(config, .get, .get), on: config, of: caller)
    } else {
      #expect(throws: WSManFault.self) { try control.check(request(config, .get, .get), on: config, of: caller) }
    }
  }

  @Test("a caller of whom nothing is known gets nothing, also not what everybody gets")
  func unknown() async throws {
    let control = gate(settings(rootSDDL: "D:P(A;;GA;;;WD)(A;;GA;;;AN)(A;;GA;;;AU)"))
    let caller = try await caller("ann", ScriptedAuthority(knowsNobody: true))
    #expect(throws: WSManFault.self) { try control.check(request(config, .get, .get), on: config, of: caller) }
  }
}
