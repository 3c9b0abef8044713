import Foundation
import SecuritySupport
import Testing
import WinRMConfiguration

@Suite struct ConfigurationStoreTests {
  let root: TemporaryRoot
  let store: ConfigurationStore

  init() throws {
    root = try TemporaryRoot()
    store = ConfigurationStore(paths: root.paths)
  }

  @Test("No file means the defaults: no listener, CredSSP off at both ends, nobody trusted")
  func defaults() throws {
    let settings = try store.load()
    #expect(settings == WinRMSettings())
    #expect(settings.listeners.isEmpty)
    #expect(!settings.client.auth.credSSP && !settings.service.auth.credSSP)
    #expect(settings.client.trustedHosts.isEmpty)
    #expect(!settings.client.allowUnencrypted && !settings.service.allowUnencrypted)
    #expect(settings.service.allowedGroups == ["winrm-users"])
    #expect(settings.service.allowedAccounts.isEmpty)
  }

  @Test("JSON5 with comments is read, and what it does not mention stays")
  func json5() throws {
    try root.write(
      """
      // the administrator's remarks
      {
        MaxEnvelopeSizekb: 1000,
        "Client": {"Auth": {"CredSSP": true}, "TrustedHosts": "*.example.com"},
        "Service": {"AllowedGroups": ["a", "b"], "Auth": {"CbtHardeningLevel": "strict"}, /* inline */},
        "Listener": [{"Address": "IP:127.0.0.1", "Port": 15985}, {"Transport": "HTTPS"}],
      }
      """, to: root.paths.settingsFile)
    let settings = try store.load()
    #expect(settings.maxEnvelopeSizekb == 1000)
    #expect(settings.client.auth.credSSP)
    #expect(settings.client.auth.negotiate)
    #expect(settings.service.allowedGroups == ["a", "b"])
    #expect(settings.service.auth.cbtHardeningLevel == .strict)
    #expect(settings.listeners.map(\.address) == ["IP:127.0.0.1", "*"])
    #expect(settings.listeners.map(\.port) == [15985, 5986])
    #expect(settings.listeners.first?.bindAddress == "127.0.0.1")
    #expect(settings.listeners.last?.bindAddress == nil)
  }

  @Test("Every setting survives a round trip through the file")
  func roundTrip() throws {
    let written = try store.update { settings in
      settings.maxEnvelopeSizekb = 2048
      settings.maxTimeoutms = 1000
      settings.client.auth.credSSP = true
      settings.client.auth.negotiate = false
      settings.client.trustedHosts = "a, *.b, <local>, [::1]"
      settings.client.urlPrefix = "x/y"
      settings.client.defaultPorts.https = 443
      settings.service.auth.credSSP = true
      settings.service.auth.cbtHardeningLevel = .none
      settings.service.allowedAccounts = ["root", "\"quoted\" \\ \u{2028} ü"]
      settings.service.ipv4Filter = "10.0.0.1-10.0.0.9, 192.0.2.1-192.0.2.2"
      settings.service.certificateThumbprint = String(repeating: "AB", count: 20)
      settings.winrs.maxShellsPerUser = 0
      settings.winrs.idleTimeout = 60_000
      settings.service.rootSDDL = "D:(A;;GA;;;BA)"
      settings.certificateMappings = [
        try CertificateMapping(
          issuer: String(repeating: "0A", count: 20), subject: "*@example.com", uri: "http://a/*", userName: "alice", enabled: false)
      ]
      settings.plugins[0].enabled = false
      settings.plugins[0].quotas.maxShells = 3
      settings.plugins[0].resources[0].security = [
        try PlugInConfiguration.Security(uri: settings.plugins[0].resources[0].uri, sddl: "D:(A;;GA;;;WD)", exactMatch: true)
      ]
      settings.listeners = [ListenerSettings(address: "IP:::1", transport: .http, port: 1), ListenerSettings(transport: .https)]
      return settings
    }
    #expect(try store.load() == written)
    #expect(written != WinRMSettings())
    let mode = try FileManager.default.attributesOfItem(atPath: root.paths.settingsChangesFile)[.posixPermissions] as? Int
    #expect(mode == 0o644)
    #expect(try root.names() == ["config.changes.json", "config.changes.json.lock"])
  }

  @Test("The file holds only what differs from the defaults, says its form and who writes it")
  func compact() throws {
    try store.update { $0.service.auth.credSSP = true }
    #expect(
      try root.text(root.paths.settingsChangesFile) == """
        // Written by winrm, which replaces this file. To change something by hand, use config.json beside it; what stands here counts before it.
        {
          "Version": 1,
          "Service": {
            "Auth": {
              "CredSSP": true
            }
          }
        }

        """)
  }

  @Test("A mistake in the JSON is reported with file, line and column")
  func position() throws {
    try root.write("{\n  \"Client\": {\n    \"TrustedHosts\": \"a\" \"b\"\n  }\n}", to: root.paths.settingsFile)
    let error = #expect(throws: ConfigurationError.self) { try store.load() }
    #expect(error?.code == .malformed)
    #expect(error?.file == root.paths.settingsFile)
    #expect(error?.line == 3)
    #expect(error?.column == 25)
    #expect(error?.description.hasPrefix("\(root.paths.settingsFile):3:") == true)
    #expect(error?.winrmCode.rawValue == 0x8033_8005)
  }

  @Test(
    "A name that is no setting, a wrong kind or a value out of range is an error that names the path",
    arguments: [
      ("{\"Client\": {\"Auth\": {\"CredSPP\": true}}}", "Client.Auth.CredSPP"),
      ("{\"client\": {}}", "client"),
      ("{\"Client\": {\"Auth\": {\"CredSSP\": \"true\"}}}", "Client.Auth.CredSSP"),
      ("{\"Client\": []}", "Client"),
      ("{\"MaxEnvelopeSizekb\": 31}", "MaxEnvelopeSizekb"),
      ("{\"MaxEnvelopeSizekb\": -1}", "MaxEnvelopeSizekb"),
      ("{\"MaxEnvelopeSizekb\": 4294967296}", "MaxEnvelopeSizekb"),
      ("{\"MaxEnvelopeSizekb\": 1.5}", "MaxEnvelopeSizekb"),
      ("{\"Client\": {\"TrustedHosts\": \"a,,b\"}}", "Client.TrustedHosts"),
      ("{\"Service\": {\"AllowedGroups\": \"a\"}}", "Service.AllowedGroups"),
      ("{\"Service\": {\"MaxConcurrentOperations\": 3}}", "Service.MaxConcurrentOperations"),
      ("{\"Service\": {\"DefaultPorts\": {\"HTTP\": 80}}}", "Service.DefaultPorts.HTTP"),
      ("{\"Listener\": [{\"Address\": \"10.0.0.1\"}]}", "Address"),
      ("{\"Listener\": [{\"Port\": 0}]}", "Listener[0].Port"),
      ("{\"Listener\": [{}, {\"Transport\": \"http\"}]}", "Address=*"),
      ("{\"Service\": {\"RootSDDL\": \"O:XX\"}}", "Service.RootSDDL"),
      ("{\"Service\": {\"RootSDDL\": \"O:BA\"}}", "Service.RootSDDL"),
      ("{\"Service\": {\"RootSDDL\": \"D:NO_ACCESS_CONTROL\"}}", "Service.RootSDDL"),
      ("{\"CertMapping\": {}}", "CertMapping"),
      ("{\"CertMapping\": [{\"Subject\": \"*\", \"URI\": \"*\"}]}", "CertMapping[0].Issuer"),
      ("{\"CertMapping\": [{\"Issuer\": \"0\", \"Subject\": \"*\", \"URI\": \"*\", \"UserName\": \"a\"}]}", "CertMapping[0]: Issuer"),
      ("{\"Plugin\": [{}]}", "Plugin[0].Name"), ("{\"Plugin\": [{\"Name\": \"x\"}]}", "Plugin[0]"),
      ("{\"Plugin\": [{\"Name\": \"Shell cmd plugin\", \"Quotas\": {\"MaxShells\": 0}}]}", "Plugin[0].Quotas.MaxShells"),
      ("{\"Plugin\": [{\"Name\": \"Shell cmd plugin\", \"Resources\": []}]}", "Plugin[0]"),
      ("{\"Plugin\": [{\"Name\": \"Shell cmd plugin\", \"Filename\": \"x\"}]}", "Plugin[0].Filename"),
      ("{\"Listener\": [{\"CertificateThumbprint\": \"00\"}]}", "Listener[0].CertificateThumbprint"),
      ("{\"Version\": 2}", "form 2"), ("{\"Version\": 0}", "Version"), ("{\"Version\": \"1\"}", "Version"),
      ("{\"Client\": {}, \"Client\": {}}", "already"),
      ("[]", "the file"),
      ("", ""),
      ("\u{0}", ""),
    ])
  func refusals(text: String, mention: String) throws {
    try root.write(text, to: root.paths.settingsFile)
    let error = #expect(throws: ConfigurationError.self) { try store.load() }
    #expect(error?.file == root.paths.settingsFile)
    #expect(mention.isEmpty || error?.message.contains(mention) == true, "\(String(describing: error))")
    // A file that cannot be read is not overwritten either.
    #expect(throws: ConfigurationError.self) { try store.update { $0.client.auth.credSSP = true } }
    #expect(try root.text(root.paths.settingsFile) == text)
  }

  @Test("A file that others could have written is refused", arguments: [0o666, 0o646, 0o602])
  func worldWritable(mode: Int) throws {
    try root.write("{}", to: root.paths.settingsFile, mode: mode)
    let error = #expect(throws: ConfigurationError.self) { try store.load() }
    #expect(error?.code == .unsafeFile)
  }

  @Test("A directory, a FIFO and a huge file are refused without waiting")
  func notRegular() throws {
    try FileManager.default.createDirectory(atPath: root.paths.settingsFile, withIntermediateDirectories: false)
    #expect(throws: ConfigurationError.self) { try store.load() }
    try FileManager.default.removeItem(atPath: root.paths.settingsFile)
    #expect(mkfifo(root.paths.settingsFile, 0o600) == 0)
    #expect(throws: ConfigurationError.self) { try store.load() }
    try FileManager.default.removeItem(atPath: root.paths.settingsFile)
    try root.write("{\"x\": \"" + String(repeating: "y", count: 1 << 20) + "\"}", to: root.paths.settingsFile)
    #expect(throws: ConfigurationError.self) { try store.load() }
  }

  @Test("Deep nesting is an error")
  func depth() throws {
    try root.write(String(repeating: "[", count: 100_000), to: root.paths.settingsFile)
    #expect(throws: ConfigurationError.self) { try store.load() }
  }

  @Test("A change that throws writes nothing")
  func abandoned() throws {
    struct Abandoned: Error {}
    #expect(throws: Abandoned.self) {
      try store.update { settings in
        settings.client.auth.credSSP = true
        throw Abandoned()
      }
    }
    #expect(try root.names() == ["config.changes.json.lock"])
  }

  @Test("What a killed process left behind does not disturb, and nothing but the lock stays")
  func leftovers() throws {
    try root.write("{ half a fi", to: root.paths.configurationDirectory + "/.config.changes.json.new", mode: 0o600)
    try store.update { $0.client.auth.credSSP = true }
    #expect(try store.load().client.auth.credSSP)
    #expect(try root.names() == ["config.changes.json", "config.changes.json.lock"])
  }

  @Test("A directory that is missing is made")
  func makesDirectory() throws {
    try FileManager.default.removeItem(atPath: root.directory)
    try store.update { $0.client.auth.credSSP = true }
    #expect(try store.load().client.auth.credSSP)
  }

  @Test("Changes at the same time all happen")
  func concurrentChanges() async throws {
    let paths = root.paths
    try await withThrowingTaskGroup(of: Void.self) { group in
      for port in 1...20 {
        group.addTask {
          try ConfigurationStore(paths: paths).update { settings in
            try settings.addListener(ListenerSettings(selectingAddress: "IP:10.0.0.\(port)", transport: "HTTP"))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.load().listeners.count == 20)
  }

  @Test("With two files, the client's settings are the machine's and the rest the user's")
  func twoFiles() throws {
    var paths = root.paths
    paths.configurationDirectory = root.directory + "/own"
    let own = ConfigurationStore(paths: paths)
    try own.update(.service) { $0.service.auth.credSSP = true }
    #expect(try !store.load().service.auth.credSSP)
    try store.update { $0.service.maxConnections = 7 }
    try own.update(.client) { $0.client.auth.credSSP = true }
    #expect(try store.load().client.auth.credSSP)
    #expect(try store.load().service.maxConnections == 7)
    #expect(try own.load().service.auth.credSSP)
    #expect(try own.load().service.maxConnections == 300)
    #expect(throws: ConfigurationError.self) { try own.update(.service) { $0.client.auth.credSSP = false } }
    #expect(throws: ConfigurationError.self) { try own.update(.client) { $0.service.auth.credSSP = false } }
    try root.write("{\"Client\": {\"Auth\": {\"CredSSP\": true}}}", to: paths.settingsFile)
    #expect(throws: ConfigurationError.self) { try own.load() }
  }

  @Test("Without rights: access denied, code 5")
  func noRights() throws {
    // Nobody makes directories there, root neither.
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationStore(paths: .under("/sys/kernel")).update { $0.client.auth.credSSP = true }
    }
    #expect(error?.code == .accessDenied)
    #expect(error?.winrmCode.rawValue == 5)
  }
}
