import Foundation
import Testing
import WinRMConfiguration

@testable import WinRMCommands

@Suite struct ConfigurationCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  @Test("get shows a resource as text, pretty and xml")
  func get() async {
    let text = await host.run("get", "winrm/config/client/auth")
    #expect(text.code == 0 && text.error.isEmpty)
    #expect(
      text.output == """
        Auth
            Basic = false
            Digest = false
            Kerberos = true
            Negotiate = true
            Certificate = true
            CredSSP = false

        """)
    let pretty = await host.run("g", "wsman/Config/Client/DefaultPorts", "-format:#pretty")
    #expect(
      pretty.output == """
        <cfg:DefaultPorts xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config/client/defaultports">
          <cfg:HTTP>5985</cfg:HTTP>
          <cfg:HTTPS>5986</cfg:HTTPS>
        </cfg:DefaultPorts>

        """)
    let xml = await host.run("g", "winrm/config/client/defaultports", "-f:xml")
    #expect(!xml.output.dropLast().contains("\n") && xml.output.hasPrefix("<cfg:DefaultPorts "))
    #expect(host.snapshot().isEmpty)
  }

  @Test("set changes and shows; empty leaves and lists look as on Windows")
  func set() async throws {
    let run = await host.run("set", "winrm/config/client", "@{TrustedHosts=\"a,*.lab\"}")
    #expect(run.code == 0)
    #expect(run.output.contains("    TrustedHosts = a,*.lab\n"))
    #expect(try ConfigurationStore(paths: host.paths).load().client.trustedHosts == "a,*.lab")
    #expect(await host.run("set", "winrm/config/client", "@{TrustedHosts=\"\"}").output.contains("    TrustedHosts\n"))
    #expect(await host.run("set", "winrm/config/service", "@{AllowedAccounts=\"x, y\"}").output.contains("    AllowedAccounts = x, y\n"))
    #expect(await host.run("set", "winrm/config/service", "@{AllowedAccounts=$null}").output.contains("    AllowedAccounts\n"))
  }

  @Test(
    "A set that fails says why in the tool's form, and changes nothing",
    arguments: [
      ("winrm/config/client/auth", "@{credssp=\"true\"}", "Error: Parameter name does not match any properties on resource: credssp\n"),
      ("winrm/config/client", "@{Auth=\"x\"}", "Error: Parameter matches a non-text property on resource: Auth\n"),
      ("winrm/config", "@{CredSSP=\"true\"}", "Error: Parameter name does not match any properties on resource: CredSSP\n"),
      ("winrm/config/client/auth", "@{CredSSP=\"maybe\"}", "Error number:  -2144108479 0x80338041\n"),
      ("winrm/config/client", "@{TrustedHosts=\"a,,b\"}", "Error number:  -2144108385 0x8033809F\n"),
      ("winrm/config", "@{MaxProviderRequests=\"1\"}", "Error number:  -2144108114 0x803381AE\n"),
      ("winrm/config/service/defaultports", "@{HTTP=\"1\"}", "Error number:  -2144108225 0x8033813F\n"),
      ("winrm/config/service/auth", "@{CredSSP=\"true\";CbtHardeningLevel=\"x\"}", "Error number:  -2144108104 0x803381B8\n"),
      ("winrm/config/nothing", "@{a=\"b\"}", "Error number:  -2144108544 0x80338000\n"),
      ("wmicimv2/Win32_Service", "@{a=\"b\"}", "Error number:  -2144108544 0x80338000\n"),
      ("winrm/config?x=y", "@{a=\"b\"}", "Error number:  -2144108453 0x8033805B\n"),
      ("winrm/config/client", "@{}", "Error: No input provided"),
    ])
  func refused(uri: String, input: String, error: String) async {
    let run = await host.run("set", uri, input)
    #expect(run.code == 1)
    #expect(run.output.isEmpty)
    #expect(run.error.contains(error), "\(run.error)")
    #expect(host.snapshot().allSatisfy { $0.key.hasSuffix(".lock") })
  }

  @Test("A listener whose certificate is missing can be switched off, and not on")
  func undoing() async throws {
    let text = """
      {"Service": {"CertificateThumbprint": "\(String(repeating: "a", count: 40))", "AllowUnencrypted": true},
       "Listener": [{"Address": "*", "Transport": "HTTPS"}]}
      """
    try text.write(toFile: host.paths.settingsFile, atomically: false, encoding: .utf8)
    await host.run("set", "winrm/config/service", "@{CertificateThumbprint=\"\";AllowUnencrypted=false}").check()
    await host.run("set", "winrm/config/Listener?Address=*+Transport=HTTPS", "@{Enabled=false}").check()
    let on = await host.run("set", "winrm/config/Listener?Address=*+Transport=HTTPS", "@{Enabled=true}")
    #expect(on.code == 1 && on.error.contains("0x80338082"))
    await host.run("delete", "winrm/config/Listener?Address=*+Transport=HTTPS").check()
    #expect(try ConfigurationStore(paths: host.paths).load() == WinRMSettings())
  }

  @Test("A group that does not exist is written, with a warning")
  func missingGroup() async throws {
    let run = await host.run("set", "winrm/config/service", "@{AllowedGroups=\"nogroupx7,root\"}")
    #expect(run.code == 0 && run.output.contains("AllowedGroups = nogroupx7, root"))
    #expect(run.error.hasPrefix("Warning: ") && run.error.contains("nogroupx7") && !run.error.contains("root"))
    #expect(try ConfigurationStore(paths: host.paths).load().service.allowedGroups == ["nogroupx7", "root"])
    #expect(await host.run("set", "winrm/config/service", "@{MaxConnections=5}").error.isEmpty)
  }

  @Test(
    "An unknown name: what could have been meant",
    arguments: [
      ("winrm/config/client/auth", "credssp", "Did you mean CredSSP?"),
      ("winrm/config/client", "CredSSP", "CredSSP is a setting of winrm/config/client/auth."),
      ("winrm/config/client", "Foo", "It has: NetworkDelayms, URLPrefix, AllowUnencrypted, TrustedHosts, KerberosRealms\n"),
    ])
  func hints(uri: String, name: String, hint: String) async {
    let run = await host.run("set", uri, "@{\(name)=\"1\"}")
    #expect(run.code == 1)
    #expect(run.error.hasPrefix("Error: Parameter name does not match any properties on resource: \(name)\n\(hint)"), "\(run.error)")
  }

  @Test("An unknown name of a listener that is made") func listenerHint() async {
    let run = await host.run("create", "winrm/config/Listener?Address=*+Transport=HTTP", "@{port=1}")
    #expect(run.code == 1 && run.error.contains("Did you mean Port?") && host.snapshot().isEmpty)
  }

  @Test("Access denied to the machine's files: says whose they are, and what to do")
  func deniedMachineFile() {
    let own = WinRMPaths.current(environment: ["HOME": "/home/eve"], effectiveUserID: 1000)
    let error = ConfigurationError(.accessDenied, "the file cannot be locked: Permission denied", file: own.machinePolicyFile)
    let message = WinrmFailure(error, paths: own, userID: 1000).message
    #expect(message.hasPrefix("Access is denied. /etc/winrm/policy.json: "))
    #expect(message.contains("whole machine") && message.contains("as root") && message.contains("WINRM_ROOT"))
    let others = ConfigurationError(.accessDenied, "x", file: own.settingsFile)
    #expect(!WinrmFailure(others, paths: own, userID: 1000).message.contains("root"))
    #expect(!WinrmFailure(error, paths: .under("/"), userID: 1000).message.contains("as root"))
  }

  @Test("The form of an error: fault, number with two blanks, description")
  func errorForm() async {
    let run = await host.run("get", "winrm/config/Listener?Address=*+Transport=HTTP")
    #expect(
      run.error == """
        WSManFault
            Message = There is no listener with Address=* and Transport=HTTP.

        Error number:  -2144108544 0x80338000
        No resource matches this URI and these selectors.

        """)
    let xml = await host.run("get", "winrm/config/Listener?Address=*+Transport=HTTP", "-f:xml")
    #expect(
      xml.error.hasPrefix("<f:WSManFault xmlns:f=\"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault\" Code=\"2150858752\"><f:Message>"))
    #expect(xml.error.contains("</f:WSManFault>\n\nError number:  -2144108544 0x80338000\n"))
  }

  @Test("Listeners: create, enumerate, get, set, delete")
  func listeners() async throws {
    let created = await host.run("create", "winrm/config/Listener?Address=IP:127.0.0.2+Transport=HTTP", "@{Port=\"15985\"}")
    #expect(
      created.output == """
        ResourceCreated
            Address = http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous
            ReferenceParameters
                ResourceURI = http://schemas.microsoft.com/wbem/wsman/1/config/listener
                SelectorSet
                    Selector: Address = IP:127.0.0.2, Transport = HTTP

        """)
    #expect(created.error.isEmpty)
    let expected = """
      Listener
          Address = IP:127.0.0.2
          Transport = HTTP
          Port = 15985
          Hostname
          Enabled = true
          URLPrefix = wsman
          CertificateThumbprint
          ListeningOn = 127.0.0.2

      """
    #expect(await host.run("e", "winrm/config/listener").output == expected)
    #expect(await host.run("get", "winrm/config/listener?Address=ip:127.0.0.2+Transport=http").output == expected)
    let again = await host.run("create", "winrm/config/Listener?Address=IP:127.0.0.2+Transport=HTTP")
    #expect(again.code == 1 && again.error.contains("0x80338033"))
    let disabled = await host.run("set", "winrm/config/Listener?Address=IP:127.0.0.2+Transport=HTTP", "@{Enabled=\"false\"}")
    #expect(disabled.output.contains("Enabled = false\n") && disabled.output.contains("ListeningOn = null\n"))
    #expect(
      await host.run("get", "winrm/config/Listener?Address=IP:127.0.0.2+Transport=HTTP", "-f:xml").output.contains("xsi:nil=\"true\""))
    await host.run("c", "winrm/config/Listener?Address=*+Transport=HTTP").check()
    let both = await host.run("enum", "winrm/config/Listener").output
    #expect(both.components(separatedBy: "\n\nListener\n").count == 2)
    #expect(await host.run("e", "winrm/config/listener", "-f:pretty").output.hasPrefix("<wsman:Results xmlns:wsman="))
    let deleted = await host.run("delete", "winrm/config/Listener?Address=IP:127.0.0.2+Transport=HTTP")
    #expect(deleted.code == 0 && deleted.output.isEmpty && deleted.error.isEmpty)
    #expect(try ConfigurationStore(paths: host.paths).load().listeners.map(\.address) == ["*"])
  }

  @Test(
    "Listeners that cannot be",
    arguments: [
      ("winrm/config/Listener?Address=MAC:00-11+Transport=HTTP", "0x80338089"), ("winrm/config/Listener?Address=*", "0x8033805A"),
      ("winrm/config/Listener?Address=*+Transport=HTTP+Port=1", "0x8033805B"),
      ("winrm/config/Listener?Address=*+Transport=FTP", "0x8033803D"),
      ("winrm/config/client", "0x80338013"),
    ])
  func badListeners(uri: String, code: String) async {
    let run = await host.run("create", uri)
    #expect(run.code == 1 && run.error.contains(code), "\(run.error)")
  }

  @Test("quickconfig: asks, is quiet when told, and finds nothing to do the second time")
  func quickConfig() async throws {
    let declined = await host.run("quickconfig", lines: ["no"])
    #expect(declined.code == 0)
    #expect(declined.output.hasSuffix("Make these changes [y/n]? "))
    #expect(host.snapshot().isEmpty)
    let done = await host.run("qc", "-quiet")
    #expect(
      done.code == 0 && !done.output.contains("[y/n]") && done.output.contains("The settings for remote management have been updated."))
    #expect(try ConfigurationStore(paths: host.paths).load().listeners == [ListenerSettings()])
    #expect(
      await host.run("quickconfig").output.hasSuffix(
        "The settings for remote management are complete. They take effect when the WinRM service runs.\n"))
    let https = await host.run("quickconfig", "-transport:https", "-quiet")
    #expect(https.code == 1 && https.error.contains("0x80338115"))
  }

  @Test("quickconfig asked with y") func quickConfigYes() async throws {
    #expect(await host.run("quickconfig", lines: ["Y"]).code == 0)
    #expect(try ConfigurationStore(paths: host.paths).load().listeners.count == 1)
  }

  @Test("A damaged file is reported with its line, for every operation, and stays as it is")
  func damaged() async throws {
    try "{\n  Client: {\n    Auth: {CredSSP: yes}}}".write(toFile: host.paths.settingsFile, atomically: false, encoding: .utf8)
    let before = host.snapshot()
    for words in [["get", "winrm/config"], ["set", "winrm/config/client/auth", "@{CredSSP=true}"], ["credssp", "get"]] {
      let run = words.count == 2 ? await host.run(words[0], words[1]) : await host.run(words[0], words[1], words[2])
      #expect(run.code == 1 && run.error.contains("config.json:3:21: ") && run.error.contains("0x80338005"), "\(run.error)")
    }
    #expect(host.snapshot().filter { !$0.key.hasSuffix(".lock") } == before)
  }

  @Test("A policy that everybody can write is refused")
  func unsafePolicy() async throws {
    try "{}".write(toFile: host.paths.machinePolicyFile, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: host.paths.machinePolicyFile)
    let run = await host.run("credssp", "get")
    #expect(run.code == 1 && run.error.contains("0x80338088") && run.error.contains("everybody can write it"))
  }

}

extension WinrmHost.Run {
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(code == 0, "\(error)", sourceLocation: sourceLocation)
  }
}
