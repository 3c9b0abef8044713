import SecuritySupport
import Testing
import WinRMConfiguration

@Suite struct PlugInConfigurationTests {
  private typealias Security = PlugInConfiguration.Security

  private let cmd = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"

  @Test("The shells are built in, for administrators and remote management users")
  func builtIn() throws {
    let settings = WinRMSettings()
    #expect(settings.plugins.map(\.name) == ["Shell cmd plugin"])
    let shell = try #require(settings.plugIn(named: "SHELL CMD PLUGIN"))
    #expect(shell.enabled && shell.resources.map(\.uri) == [cmd])
    #expect(shell.resources[0].capabilities.map(\.kind) == [.shell])
    try shell.check()
    // It is written as whoever reads SDDL writes it.
    let security = shell.resources[0].security[0]
    #expect(try Security(uri: security.uri, sddl: security.sddl).sddl == security.sddl)
  }

  @Test("Disabled, with other security and quotas; deleted, made again, restored")
  func life() throws {
    var settings = WinRMSettings()
    var shell = PlugInConfiguration.shell
    try shell.set([("Enabled", "false"), ("Filename", "built-in"), ("RunAsUser", nil)])
    try shell.setQuotas([("MaxShells", "7")])
    shell.resources[0].security = [try Security(uri: cmd, sddl: "d:(a;;ga;;;ba)")]
    try settings.replacePlugIn(shell)
    #expect(settings.plugins[0].resources[0].security[0].sddl == "D:(A;;GA;;;BA)")
    #expect(settings.plugins[0].quotas.maxShells == 7)
    try settings.removePlugIn(named: shell.name)
    #expect(settings.plugins.isEmpty)
    #expect(throws: ConfigurationError.self) { try settings.replacePlugIn(shell) }
    try settings.addPlugIn(PlugInConfiguration(named: "shell cmd plugin"))
    #expect(settings == WinRMSettings())
    #expect(throws: ConfigurationError.self) { try settings.addPlugIn(shell) }
    settings.plugins = []
    settings.restorePlugIns()
    #expect(settings == WinRMSettings())
  }

  @Test("Nothing is loaded from a file: code 50, with the reason")
  func files() {
    let other = #expect(throws: ConfigurationError.self) { try PlugInConfiguration(named: "MyPlugIn") }
    #expect(other?.winrmCode.rawValue == 50 && other?.message.contains("loaded from a file") == true)
    var shell = PlugInConfiguration.shell
    let file = #expect(throws: ConfigurationError.self) { try shell.set([("Enabled", "false"), ("Filename", "/x.so")]) }
    #expect(file?.winrmCode.rawValue == 50 && shell.enabled)
    let user = #expect(throws: ConfigurationError.self) { try shell.set([("RunAsUser", "root")]) }
    #expect(user?.winrmCode.rawValue == 0x8033_813F)
  }

  @Test("Resources are those of the code; at least one, each once")
  func resources() throws {
    var shell = PlugInConfiguration.shell
    shell.resources = []
    #expect(throws: ConfigurationError.self) { try shell.check() }
    shell.resources = [PlugInConfiguration.Resource(uri: "http://other")]
    #expect(#expect(throws: ConfigurationError.self) { try shell.check() }?.winrmCode.rawValue == 50)
    shell.resources = PlugInConfiguration.shell.resources + PlugInConfiguration.shell.resources
    #expect(throws: ConfigurationError.self) { try shell.check() }
    shell = .shell
    shell.resources[0].capabilities.append(.init(.get))
    #expect(#expect(throws: ConfigurationError.self) { try shell.check() }?.winrmCode.rawValue == 50)
  }

  @Test("Security: SDDL that is some, for the resource's own URIs, each once")
  func security() throws {
    #expect(
      #expect(throws: ConfigurationError.self) { try Security(uri: cmd, sddl: "nonsense") }?.winrmCode.rawValue == 0x8033_815C)
    var shell = PlugInConfiguration.shell
    for uri in ["http://other", cmd + "x", cmd + "/below", ""] {
      shell.resources[0].security = [try Security(uri: uri, sddl: "D:")]
      #expect(#expect(throws: ConfigurationError.self) { try shell.check() }?.winrmCode.rawValue == 0x8033_81AF)
    }
    shell.resources[0].security = try [Security(uri: cmd, sddl: "D:"), Security(uri: cmd.uppercased(), sddl: "D:")]
    #expect(#expect(throws: ConfigurationError.self) { try shell.check() }?.code == .alreadyExists)
  }

  @Test("Quotas: a shell's time is at most the longest one; all or nothing")
  func quotas() {
    var shell = PlugInConfiguration.shell
    #expect(throws: ConfigurationError.self) { try shell.setQuotas([("MaxShells", "1"), ("MaxIdleTimeoutms", "60000")]) }
    #expect(shell == .shell)
    #expect(throws: Never.self) { try shell.setQuotas([("IdleTimeoutms", "60000"), ("MaxIdleTimeoutms", "60000")]) }
  }
}
