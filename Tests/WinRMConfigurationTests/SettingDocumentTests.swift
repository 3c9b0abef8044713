import SecuritySupport
import Testing
import WinRMConfiguration

@Suite struct SettingDocumentTests {
  private func put(_ resource: ConfigurationResource, _ nodes: [SettingDocument.Node], root: String? = nil) throws -> WinRMSettings {
    var settings = WinRMSettings()
    let name = root ?? settings.tree(of: resource).name
    try settings.put(SettingDocument(name: name, nodes: nodes), to: resource)
    return settings
  }

  @Test("What has been read can be written back, and changes nothing", arguments: ConfigurationResource.allCases)
  func whole(resource: ConfigurationResource) throws {
    var settings = WinRMSettings()
    settings.client.trustedHosts = "a,*.b"
    settings.service.allowedGroups = ["x", "y"]
    let before = settings
    try settings.put(SettingDocument(settings.tree(of: resource)), to: resource)
    #expect(settings == before)
  }

  @Test("A partial document changes what it mentions, also in parts below")
  func partial() throws {
    let auth = SettingDocument(name: "Auth", nodes: [.value(name: "CredSSP", "true")])
    let client = SettingDocument(
      name: "Client", nodes: [.document(auth), .value(name: "TrustedHosts", "a"), .value(name: "DefaultPorts", "")])
    let settings = try put(.config, [.value(name: "MaxTimeoutms", "1000"), .document(client)])
    var expected = WinRMSettings()
    expected.maxTimeoutms = 1000
    expected.client.auth.credSSP = true
    expected.client.trustedHosts = "a"
    #expect(settings == expected)
    #expect(try put(.config, []) == WinRMSettings())
    #expect(
      try put(.service, [.value(name: "AllowedGroups", "a, b"), .value(name: "AllowedGroups", "c")]).service.allowedGroups == [
        "a", "b", "c",
      ])
    #expect(try put(.service, [.value(name: "AllowedGroups", nil)]).service.allowedGroups == [])
    #expect(try put(.client, [.value(name: "TrustedHosts", nil)]).client.trustedHosts == "")
  }

  @Test(
    "What is refused, by number, and with the name of the setting",
    arguments: [
      (.config, .value(name: "MaxProviderRequests", "5"), 0x8033_81AE, "MaxProviderRequests"),
      (.service, .value(name: "MaxConcurrentOperations", "5"), 0x8033_81AE, "MaxConcurrentOperations"),
      (.winrs, .value(name: "MaxShellRunTime", "5"), 0x8033_813F, "MaxShellRunTime"),
      (
        .service, .document(SettingDocument(name: "DefaultPorts", nodes: [.value(name: "HTTP", "80")])), 0x8033_813F,
        "DefaultPorts/HTTP can only be read; it is 5985"
      ),
      (.config, .value(name: "MaxEnvelopeSizekb", "31"), 0x8033_8041, "MaxEnvelopeSizekb = 31 is outside its range, 32 to 1039440"),
      (
        .config, .document(SettingDocument(name: "Client", nodes: [.value(name: "NetworkDelayms", "1")])), 0x8033_8041,
        "Client/NetworkDelayms = 1 is outside its range"
      ),
      (.config, .value(name: "maxtimeoutms", "1000"), 0x8033_8041, "MaxTimeoutms"),
      (.config, .value(name: "What", "1"), 0x8033_8041, "Config"),
      (.config, .value(name: "Client", "text"), 0x8033_8041, "Config"),
      (.config, .document(SettingDocument(name: "MaxTimeoutms", nodes: [])), 0x8033_8041, "MaxTimeoutms"),
      (.clientAuth, .value(name: "Basic", nil), 0x8033_8041, "Basic"), (.client, .value(name: "TrustedHosts", "a b"), 0x8033_809F, ""),
    ] as [(ConfigurationResource, SettingDocument.Node, UInt32, String)])
  func refused(resource: ConfigurationResource, node: SettingDocument.Node, code: UInt32, part: String) {
    var settings = WinRMSettings()
    let good = SettingDocument.Node.value(name: resource == .config ? "MaxBatchItems" : "Nothing", "1")
    let document = SettingDocument(name: settings.tree(of: resource).name, nodes: resource == .config ? [good, node] : [node])
    let error = #expect(throws: ConfigurationError.self) { try settings.put(document, to: resource) }
    #expect(error?.winrmCode.rawValue == code && error?.message.contains(part) == true, "\(error.map { "\($0)" } ?? "")")
    #expect(settings == WinRMSettings())
  }

  @Test("The same twice, and another root")
  func shape() {
    let twice = [SettingDocument.Node.value(name: "Basic", "true"), .value(name: "Basic", "true")]
    #expect(throws: ConfigurationError.self) { try put(.clientAuth, twice) }
    let part = SettingDocument.Node.document(SettingDocument(name: "Auth", nodes: []))
    #expect(throws: ConfigurationError.self) { try put(.client, [part, part]) }
    #expect(throws: ConfigurationError.self) { try put(.clientAuth, [], root: "auth") }
  }

  @Test("Listeners: their keys may be mentioned, not changed")
  func listener() throws {
    var listener = ListenerSettings()
    try listener.put(SettingDocument(listener.tree))
    try listener.put(SettingDocument(name: "Listener", nodes: [.value(name: "Port", "6000"), .value(name: "Address", "*")]))
    #expect(listener.port == 6000)
    for nodes: [SettingDocument.Node] in [
      [.value(name: "Address", "IP:10.0.0.1")], [.value(name: "ListeningOn", "::1")],
      [.value(name: "Port", "1"), .value(name: "Port", "1")],
      [.value(name: "Port", "7000"), .value(name: "Enabled", "maybe")],
    ] {
      #expect(throws: ConfigurationError.self) { try listener.put(SettingDocument(name: "Listener", nodes: nodes)) }
      #expect(listener.port == 6000)
    }
  }

  @Test("Restore puts the defaults back, and keeps the listeners")
  func restore() throws {
    var settings = try put(.config, [.value(name: "MaxTimeoutms", "1000")])
    try settings.addListener(ListenerSettings())
    settings.restore()
    #expect(settings.maxTimeoutms == 60_000 && settings.listeners.count == 1)
  }

  // MARK: The catalogue

  @Test("Every setting once, with Windows' number of them")
  func catalogue() {
    let all = SettingDescription.all
    #expect(Set(all.map(\.path)).count == all.count)
    #expect(all.first { $0.path == "config/client/auth/CredSSP" }?.defaultValue == .boolean(false))
    #expect(all.first { $0.path == "config/service/auth/CbtHardeningLevel" }?.kind == .choice(["None", "Relaxed", "Strict"]))
    #expect(all.first { $0.path == "config/listener/Transport" }?.access == .readOnly)
    #expect(all.first { $0.path == "config/MaxProviderRequests" }?.access == .deprecated)
    #expect(all.first { $0.path == "config/service/MaxConnections" }?.kind == .integer(1...512))
    #expect(all.count == 81)
  }

  @Test("Every setting says what it means", arguments: SettingDescription.all)
  func meaning(setting: SettingDescription) {
    #expect(setting.meaning.hasSuffix("."), "\(setting.path) has no text")
    if let note = setting.note { #expect(note.hasSuffix(".")) }
  }

  @Test(
    "Every setting takes its default and the ends of its range, and refuses what lies beyond, naming itself",
    arguments: SettingDescription.all)
  func every(setting: SettingDescription) throws {
    let resource = ConfigurationResource(path: setting.resource)
    func set(_ value: String) throws {
      let nodes = [SettingDocument.Node.value(name: setting.name, value)]
      switch (resource, setting.resource) {
      case (let resource?, _): _ = try put(resource, nodes)
      case (nil, "config/listener"):
        var listener = ListenerSettings()
        try listener.put(SettingDocument(name: "Listener", nodes: nodes))
      case (nil, "config/service/certmapping"):
        var mapping = try CertificateMapping(issuer: String(repeating: "0a", count: 20), subject: "*", uri: "*", userName: "alice")
        try mapping.put(SettingDocument(name: "certmapping", nodes: nodes))
      case (nil, "config/plugin"):
        var plugIn = PlugInConfiguration.shell
        try plugIn.set([(setting.name, value)])
      case (nil, "config/plugin/quotas"):
        var plugIn = PlugInConfiguration.shell
        try plugIn.setQuotas([(setting.name, value)])
      default: Issue.record("no way to set \(setting.path)")
      }
    }
    func refuses(_ value: String) {
      let error = #expect(throws: ConfigurationError.self) { try set(value) }
      #expect(error?.message.contains(setting.name) == true, "\(error.map { "\($0)" } ?? "")")
    }
    // Keys and the user of a certificate mapping have no default.
    let isKey = setting.resource == "config/service/certmapping" && setting.defaultValue == .text("")
    if !isKey { try set(setting.defaultValue.text) }
    guard setting.access == .readWrite else { return }
    switch setting.kind {
    case .boolean:
      try set("true")
      try set("0")
      refuses("yes")
      refuses("")
    case .integer(let range):
      // The shorter of two times at most as long as the other one.
      if setting.name != "MaxIdleTimeoutms" { try set(String(range.lowerBound)) }
      try set(String(range.upperBound))
      if range.lowerBound > 0 { refuses(String(range.lowerBound - 1)) }
      refuses(String(UInt64(range.upperBound) + 1))
      refuses("-1")
      refuses("1e3")
      refuses("")
    case .choice(let words):
      for word in words { try set(word.uppercased()) }
      refuses("neither")
    case .text, .list: refuses("a\u{1}b")
    }
  }
}
