import Foundation
import Testing
import WinRMConfiguration

/// What people write and what programs write.
@Suite struct SettingsFilesTests {
  let root: TemporaryRoot
  let store: ConfigurationStore

  init() throws {
    root = try TemporaryRoot()
    store = ConfigurationStore(paths: root.paths)
  }

  private let byHand = """
    // Who changes this asks Carol first.
    {
      MaxBatchItems: 100, // the slow line
      Client: {TrustedHosts: "a"},
      Listener: [{Port: 8000}],
    }

    """

  private var hasChanges: Bool { FileManager.default.fileExists(atPath: root.paths.settingsChangesFile) }

  @Test("Programs do not touch what people wrote, and what they change counts before it")
  func apart() throws {
    try root.write(byHand, to: root.paths.settingsFile)
    try store.update { settings in
      settings.maxBatchItems = 200
      settings.service.maxConnections = 7
    }
    #expect(try root.text(root.paths.settingsFile) == byHand)
    let settings = try store.load()
    #expect(settings.maxBatchItems == 200 && settings.service.maxConnections == 7 && settings.client.trustedHosts == "a")
    #expect(settings.listeners.map(\.port) == [8000])
    // What nobody changed follows the hand.
    try root.write(byHand.replacing("\"a\"", with: "\"b\"").replacing("100", with: "300"), to: root.paths.settingsFile)
    #expect(try store.load().client.trustedHosts == "b")
    #expect(try store.load().maxBatchItems == 200)
  }

  @Test("What a program puts back to what people wrote disappears from its file, and with the last of it the file")
  func back() throws {
    try root.write(byHand, to: root.paths.settingsFile)
    try store.update { settings in
      settings.maxBatchItems = 200
      settings.client.trustedHosts = "c"
    }
    try store.update { $0.maxBatchItems = 100 }
    #expect(try !root.text(root.paths.settingsChangesFile).contains("MaxBatchItems"))
    try store.update { $0.client.trustedHosts = "a" }
    #expect(!hasChanges)
    #expect(try root.text(root.paths.settingsFile) == byHand)
  }

  @Test("A default is a change where people wrote something else; Restore is one of many settings")
  func defaults() throws {
    try root.write(byHand, to: root.paths.settingsFile)
    try store.update { $0.restore() }
    let settings = try store.load()
    #expect(settings.maxBatchItems == 32_000 && settings.client.trustedHosts == "" && settings.listeners.map(\.port) == [8000])
    #expect(try root.text(root.paths.settingsChangesFile).contains("\"MaxBatchItems\": 32000"))
  }

  @Test("Lists are one setting: the whole list of the program counts, also an empty one")
  func lists() throws {
    try root.write(byHand, to: root.paths.settingsFile)
    try store.update { try $0.addListener(ListenerSettings(selectingAddress: "IP:127.0.0.1", transport: "HTTP")) }
    #expect(try store.load().listeners.map(\.address) == ["*", "IP:127.0.0.1"])
    try root.write("{Listener: [{Port: 9000}, {Transport: 'HTTPS'}]}", to: root.paths.settingsFile)
    #expect(try store.load().listeners.map(\.port) == [8000, 5985])
    try store.update { $0.listeners = [] }
    #expect(try store.load().listeners.isEmpty)
    // The list by hand counts again when the program's is the same.
    try store.update { $0.listeners = [ListenerSettings(port: 9000), ListenerSettings(transport: .https)] }
    #expect(!hasChanges)
    try root.write(byHand, to: root.paths.settingsFile)
    #expect(try store.load().listeners.map(\.port) == [8000])
    try store.update { $0.plugins = [] }
    #expect(try store.load().plugins.isEmpty)
  }

  @Test("What earlier versions wrote into config.json still counts, and stays when something is set")
  func earlier() throws {
    let old = "{\n  \"Service\": {\n    \"Auth\": {\n      \"CredSSP\": true\n    }\n  }\n}\n"
    try root.write(old, to: root.paths.settingsFile)
    try store.update { $0.service.auth.credSSP = false }
    #expect(try !store.load().service.auth.credSSP)
    #expect(try root.text(root.paths.settingsFile) == old)
    try store.update { $0.service.auth.credSSP = true }
    #expect(!hasChanges)
  }

  @Test("A mistake in either file names that file, and nothing is written", arguments: [true, false])
  func mistakes(isByHand: Bool) throws {
    try root.write("{\n  MaxBatchItems: 100\n}", to: root.paths.settingsFile)
    try root.write("{\"Version\": 1, \"MaxTimeoutms\": 700}", to: root.paths.settingsChangesFile)
    #expect(try store.load().maxTimeoutms == 700)
    let (bad, good) =
      isByHand ? (root.paths.settingsFile, root.paths.settingsChangesFile) : (root.paths.settingsChangesFile, root.paths.settingsFile)
    let before = try root.text(good)
    for (text, line, column) in [("{\n  x", 2, 4), ("{\n  MaxBatchItems: 0\n}", 2, 3), ("{\n\n \"Version\": 2}", 3, 2)] {
      try root.write(text, to: bad)
      for error in [
        #expect(throws: ConfigurationError.self) { try store.load() },
        #expect(throws: ConfigurationError.self) { try store.update { $0.maxBatchItems = 5 } },
      ] {
        #expect(error?.file == bad && error?.line == line && error?.column == column, "\(error.map { "\($0)" } ?? "")")
      }
      #expect(try root.text(bad) == text)
      #expect(try root.text(good) == before)
    }
  }

  @Test(
    "A value that cannot be is told with line and column",
    arguments: [
      ("{\n \"Client\": {\n  \"Auth\": {\n   \"CredSPP\": true}}}", 4, 4), ("{\n Client: {Auth: {CredSSP: 5}}}", 2, 18),
      ("{\n Service: {\n  RootSDDL: 'D'}}", 3, 3), ("{Listener: [{},\n {Transport: 'https'},\n {Port: 0, Transport: 'HTTPS'}]}", 3, 3),
      ("{Listener: [{},\n {Transport: 'http'}]}", 2, 2), ("{Listener: [{},\n {Address: 'x'}]}", 2, 2),
      ("{Plugin: [\n {Name: 'Shell cmd plugin',\n  Quotas: {MaxShells: 0}}]}", 3, 12),
      ("{Plugin: [\n {Name: 'Shell cmd plugin', Resources: [{ResourceUri: 'x',\n Wrong: 1}]}]}", 3, 2),
      ("{Client: {},\n 'Client': {}}", 2, 2),
    ])
  func places(text: String, line: Int, column: Int) throws {
    try root.write(text, to: root.paths.settingsFile)
    let error = #expect(throws: ConfigurationError.self) { try store.load() }
    #expect(error?.line == line && error?.column == column, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("Settings that do not fit into a file that can be read are not written")
  func tooLarge() throws {
    try store.update { $0.client.trustedHosts = "a" }
    let before = try root.text(root.paths.settingsChangesFile)
    let error = #expect(throws: ConfigurationError.self) {
      try store.update { $0.client.trustedHosts = String(repeating: "a", count: 1 << 20) }
    }
    #expect(error?.message.contains("larger") == true)
    #expect(try root.text(root.paths.settingsChangesFile) == before)
  }

  @Test("A link in the place of a file or its lock leads nobody's writing elsewhere")
  func links() throws {
    let victim = root.directory + "/victim"
    try root.write("{}", to: victim)
    let files = FileManager.default
    try files.createSymbolicLink(atPath: root.paths.settingsChangesFile, withDestinationPath: victim)
    try files.createSymbolicLink(
      atPath: root.paths.configurationDirectory + "/.config.changes.json.new", withDestinationPath: victim)
    try store.update { $0.maxBatchItems = 5 }
    #expect(try root.text(victim) == "{}")
    #expect(try store.load().maxBatchItems == 5)
    let lock = root.paths.settingsChangesFile + ".lock"
    try files.removeItem(atPath: lock)
    try files.createSymbolicLink(atPath: lock, withDestinationPath: victim)
    #expect(throws: ConfigurationError.self) { try store.update { $0.maxBatchItems = 6 } }
    #expect(try store.load().maxBatchItems == 5)
  }

  @Test("A value out of range changes neither file, byte for byte, and the refusal names the setting", arguments: SettingDescription.all)
  func refused(setting: SettingDescription) throws {
    guard setting.access == .readWrite, let resource = ConfigurationResource(path: setting.resource) else { return }
    try root.write(byHand, to: root.paths.settingsFile)
    try store.update { $0.maxTimeoutms = 700 }
    let before = try root.text(root.paths.settingsChangesFile)
    let values: [String] =
      switch setting.kind {
      case .boolean: ["maybe", "2", ""]
      case .integer(let range):
        (range.lowerBound > 0 ? [String(range.lowerBound - 1)] : []) + [String(UInt64(range.upperBound) + 1), "-1", "x", ""]
      case .choice: ["neither"]
      case .text, .list: ["a\u{1}b"]
      }
    for value in values {
      let error = #expect(throws: ConfigurationError.self) {
        try store.update(resource.scope) { settings in
          settings.maxBatchItems = 9
          try settings.set([(setting.name, value)], of: resource)
        }
      }
      #expect(error?.message.contains(setting.name) == true, "\(error.map { "\($0)" } ?? "")")
      #expect(try root.text(root.paths.settingsFile) == byHand)
      #expect(try root.text(root.paths.settingsChangesFile) == before)
    }
  }
}
