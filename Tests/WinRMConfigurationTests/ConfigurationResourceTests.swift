import SecuritySupport
import Testing
import WinRMConfiguration

@Suite struct ConfigurationResourceTests {
  @Test("Resources are found in any case")
  func names() {
    #expect(ConfigurationResource(path: "Config/CLIENT/Auth") == .clientAuth)
    #expect(ConfigurationResource(path: "config/listener") == nil)
    #expect(ConfigurationResource(path: "config/") == nil)
  }

  @Test("The tree shows Windows' names in Windows' order")
  func order() {
    func names(_ tree: SettingTree) -> [String] {
      tree.nodes.map { node in
        switch node {
        case .value(let name, _): name
        case .tree(let tree): tree.name
        }
      }
    }
    let settings = WinRMSettings()
    #expect(
      names(settings.tree(of: .config)) == [
        "MaxEnvelopeSizekb", "MaxTimeoutms", "MaxBatchItems", "MaxProviderRequests", "Client", "Service", "Winrs",
      ])
    #expect(
      names(settings.tree(of: .client)) == [
        "NetworkDelayms", "URLPrefix", "AllowUnencrypted", "Auth", "DefaultPorts", "TrustedHosts", "KerberosRealms",
      ])
    #expect(names(settings.tree(of: .clientAuth)) == ["Basic", "Digest", "Kerberos", "Negotiate", "Certificate", "CredSSP"])
    #expect(names(settings.tree(of: .serviceAuth)) == ["Basic", "Kerberos", "Negotiate", "Certificate", "CredSSP", "CbtHardeningLevel"])
  }

  @Test(
    "Values are set by exact name, typed as people type them",
    arguments: [
      (ConfigurationResource.clientAuth, "CredSSP", "true"), (.clientAuth, "CredSSP", "TRUE"),
      (.serviceAuth, "CbtHardeningLevel", "strict"),
      (.config, "MaxEnvelopeSizekb", "1024"), (.client, "TrustedHosts", "a,*.b"), (.client, "TrustedHosts", ""),
      (.service, "AllowedGroups", "a, b"), (.service, "IPv6Filter", "::1-::2"), (.clientDefaultPorts, "HTTP", "80"),
    ])
  func accepted(resource: ConfigurationResource, name: String, value: String) throws {
    var settings = WinRMSettings()
    try settings.set([(name, value)], of: resource)
  }

  @Test(
    "What cannot be set says why, by WinRM's number",
    arguments: [
      (.clientAuth, "credssp", "true", 0x8033_8041),
      (.config, "CredSSP", "true", 0x8033_8041),
      (.clientAuth, "CredSSP", "yes", 0x8033_8041),
      (.clientAuth, "CredSSP", nil, 0x8033_8041),
      (.config, "MaxEnvelopeSizekb", "31", 0x8033_8041),
      (.config, "MaxEnvelopeSizekb", "99999999999", 0x8033_8041),
      (.config, "MaxEnvelopeSizekb", "+100", 0x8033_8041),
      (.config, "MaxProviderRequests", "5", 0x8033_81AE),
      (.service, "MaxConcurrentOperations", "5", 0x8033_81AE),
      (.serviceDefaultPorts, "HTTP", "80", 0x8033_813F),
      (.winrs, "MaxShellRunTime", "1", 0x8033_813F),
      (.client, "TrustedHosts", "a b", 0x8033_809F),
      (.serviceAuth, "CbtHardeningLevel", "Firm", 0x8033_81B8),
      (.service, "IPv4Filter", "10.0.0.9-10.0.0.1", 0x8033_80EC),
      (.service, "IPv4Filter", "::1-::2", 0x8033_80EC),
      (.service, "CertificateThumbprint", "xyz", 0x8033_8041),
      (.client, "URLPrefix", "/wsman", 0x8033_8041),
    ] as [(ConfigurationResource, String, String?, UInt32)])
  func refused(resource: ConfigurationResource, name: String, value: String?, code: UInt32) {
    var settings = WinRMSettings()
    let error = #expect(throws: ConfigurationError.self) { try settings.set([(name, value)], of: resource) }
    #expect(error?.winrmCode.rawValue == code, "\(String(describing: error))")
  }

  @Test("Listeners: one for each address and transport, selected in any case, keys cannot be changed")
  func listeners() throws {
    var settings = WinRMSettings()
    try settings.addListener(ListenerSettings(selectingAddress: "*", transport: "http"))
    #expect(throws: ConfigurationError.self) { try settings.addListener(ListenerSettings(selectingAddress: "*", transport: "HTTP")) }
    try settings.addListener(ListenerSettings(selectingAddress: "ip:FE80::1", transport: "HTTP"))
    #expect(settings.listener(address: "IP:fe80::1", transport: "http")?.bindAddress == "fe80::1")
    let changed = try settings.setListener(address: "*", transport: "HTTP", [("Port", "15985"), ("Enabled", "false"), ("Address", "*")])
    #expect(changed.port == 15985 && !changed.enabled)
    let keys = #expect(throws: ConfigurationError.self) {
      try settings.setListener(address: "*", transport: "HTTP", [("Transport", "HTTPS")])
    }
    #expect(keys?.winrmCode.rawValue == 0x8033_80ED)
    let thumbprint = #expect(throws: ConfigurationError.self) {
      try settings.setListener(address: "*", transport: "HTTP", [("CertificateThumbprint", String(repeating: "0", count: 40))])
    }
    #expect(thumbprint?.winrmCode.rawValue == 0x8033_80EB)
    try settings.removeListener(address: "*", transport: "HTTP")
    #expect(settings.listeners.count == 1)
    #expect(throws: ConfigurationError.self) { try settings.removeListener(address: "*", transport: "HTTP") }
  }

  @Test(
    "A listener's address is * or IP: and an address", arguments: ["", "10.0.0.1", "IP:", "IP:host", "IP:[::1]", "MAC:00-11", "IP:1.2.3"])
  func badAddress(address: String) {
    let error = #expect(throws: ConfigurationError.self) { try ListenerSettings(selectingAddress: address, transport: "HTTP") }
    #expect(error?.winrmCode.rawValue == 0x8033_8089)
  }
}
