import Testing
import WinRMConfiguration

@Suite struct WinRMPathsTests {
  @Test("Root uses the system's directories, and their own file only to narrow")
  func root() {
    let paths = WinRMPaths.current(environment: ["HOME": "/root"], effectiveUserID: 0)
    #expect(paths.settingsFile == "/etc/winrm/config.json")
    #expect(paths.accountsFile == "/var/lib/winrm/accounts.json")
    #expect(paths.agentDirectory == "/run/winrm/agents")
    #expect(paths.machinePolicyFile == "/etc/winrm/policy.json")
    #expect(paths.userPolicyFile == "/root/.config/winrm/policy.json")
  }

  @Test("An ordinary user's service is their own; the client's policy is the machine's")
  func user() {
    let environment = ["HOME": "/home/u", "XDG_STATE_HOME": "/home/u/state/", "XDG_RUNTIME_DIR": "/run/user/1000"]
    let paths = WinRMPaths.current(environment: environment, effectiveUserID: 1000)
    #expect(paths.settingsFile == "/home/u/.config/winrm/config.json")
    #expect(paths.accountsFile == "/home/u/state/winrm/accounts.json")
    #expect(paths.agentDirectory == "/run/user/1000/winrm/agents")
    #expect(paths.machineSettingsFile == "/etc/winrm/config.json")
    #expect(paths.machinePolicyFile == "/etc/winrm/policy.json")
    #expect(paths.userPolicyFile == "/home/u/.config/winrm/policy.json")
  }

  @Test("Relative XDG values do not count, and XDG never moves the machine's policy")
  func relative() {
    let paths = WinRMPaths.current(environment: ["HOME": "/h", "XDG_CONFIG_HOME": "here"], effectiveUserID: 1000)
    #expect(paths.configurationDirectory == "/h/.config/winrm")
    #expect(paths.runtimeDirectory == "/h/.local/state/winrm/run")
    let other = WinRMPaths.current(environment: ["XDG_CONFIG_HOME": "/elsewhere"], effectiveUserID: 1000)
    #expect(other.machinePolicyFile == "/etc/winrm/policy.json")
  }

  @Test("WINRM_ROOT moves everything", arguments: [0, 1000] as [UInt32])
  func moved(user: UInt32) {
    let paths = WinRMPaths.current(environment: ["WINRM_ROOT": "/tmp/a/", "HOME": "/h"], effectiveUserID: user)
    #expect(paths == WinRMPaths.under("/tmp/a"))
    #expect(paths.settingsFile == "/tmp/a/etc/winrm/config.json")
    #expect(paths.machineSettingsFile == paths.settingsFile)
    #expect(paths.accountsFile == "/tmp/a/var/lib/winrm/accounts.json")
    #expect(paths.runtimeDirectory == "/tmp/a/run/winrm")
    #expect(paths.userPolicyFile == "/tmp/a/home/.config/winrm/policy.json")
  }
}
