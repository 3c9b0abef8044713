import Foundation
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

@Suite struct ConfigurationResourcesTests {
  private static let roots = [
    ("config", "Config"), ("config/client", "Client"), ("config/client/auth", "Auth"), ("config/client/defaultports", "DefaultPorts"),
    ("config/service", "Service"), ("config/service/auth", "Auth"), ("config/service/defaultports", "DefaultPorts"),
    ("config/winrs", "Winrs"),
  ]

  @Test("Get: every element is in the namespace of the URI by which it was asked for", arguments: roots)
  func get(path: String, root: String) throws {
    let machine = try Machine()
    let element = try machine.get(path)
    #expect(element.name == XMLName(namespace: Machine.base + path, localName: root))
    var rest = element.elements
    while let next = rest.popLast() {
      #expect(next.name.namespace == Machine.base + path)
      rest += next.elements
    }
    #expect(element.xml().hasPrefix("<cfg:\(root) xmlns:cfg=\""))
    #expect(try machine.get(path.uppercased()) == element)
    #expect(machine.files.isEmpty)
  }

  @Test("What belongs to the configuration")
  func serves() throws {
    let resources = try Machine().resources
    func serves(_ text: String) -> Bool { resources.serves(ResourceURI(rawValue: text)) }
    for path in ["config", "Config/Listener", "config/plugin/", "config/service/certmapping", "config/nothing"] {
      #expect(serves(Machine.base + path))
    }
    for uri in [Machine.base + "config/resource", Machine.base + "configuration", Machine.base + "windows/shell/cmd", "config"] {
      #expect(!serves(uri), "\(uri)")
    }
  }

  @Test("A whole resource sent back as it was read is no change, and writes nothing", arguments: roots)
  func nothingChanged(path: String, root: String) throws {
    let machine = try Machine()
    let outcome = try machine.ask(path, .put, .put(try machine.get(path)))
    #expect(outcome == ConfigurationResources.Outcome(.other(try machine.get(path)), changed: false))
    #expect(machine.files.isEmpty)
  }

  @Test("Put takes what it mentions, at any depth, and answers with the whole resource")
  func partialPut() throws {
    let machine = try Machine()
    let auth = try machine.put("config/client/auth", "<c:Auth><c:CredSSP>true</c:CredSSP></c:Auth>")
    #expect(auth.changed && auth.element.at("CredSSP")?.text == "true" && auth.element.elements.count == 6)
    let config = try machine.put(
      "config",
      "<c:Config><c:MaxTimeoutms>70000</c:MaxTimeoutms><c:Service><c:Auth><c:Basic>1</c:Basic></c:Auth></c:Service></c:Config>")
    #expect(config.element.at("MaxTimeoutms")?.text == "70000" && config.element.at("Service", "Auth", "Basic")?.text == "true")
    #expect(config.element.at("Client", "Auth", "CredSSP")?.text == "true")
    // Another object on the same files: what has been put survives a restart.
    let settings = try machine.store.load()
    #expect(settings.client.auth.credSSP && settings.service.auth.basic && settings.maxTimeoutms == 70_000)
    #expect(try machine.put("config/winrs", "<c:Winrs/>").changed == false)
  }

  @Test("Namespaces are URIs, which count in any case")
  func namespaceCase() throws {
    let machine = try Machine()
    let element = try XMLElement(
      parsing: Array("<A:Auth xmlns:A=\"\(Machine.base)Config/Client/AUTH\"><A:Basic>true</A:Basic></A:Auth>".utf8))
    #expect(try machine.ask("config/Client/Auth", .put, .put(element)).changed)
  }

  @Test("Restore: everything has its default again; listeners, mappings and plug-ins stay")
  func restore() throws {
    let machine = try Machine()
    try machine.put("config/client/auth", "<c:Auth><c:CredSSP>true</c:CredSSP></c:Auth>")
    try machine.put("config/service", "<c:Service><c:MaxConnections>5</c:MaxConnections></c:Service>")
    try machine.create("config/listener", nil, ["Address": "*", "Transport": "HTTP"])
    let outcome = try machine.invoke("Restore", "config")
    #expect(outcome.changed)
    guard case .other(let element?) = outcome.body else { throw Machine.Unexpected() }
    #expect(element.name == XMLName(namespace: Machine.base + "config", localName: "Restore_OUTPUT"))
    var expected = WinRMSettings()
    expected.listeners = [ListenerSettings()]
    #expect(try machine.store.load() == expected)
    #expect(try machine.invoke("restore", "config").changed == false)
  }

  // MARK: Faults

  @Test(
    "A document that is none of the resource",
    arguments: [
      ("config/client", "<c:Client><c:Foo>1</c:Foo></c:Client>", "Client"),
      ("config/client", "<c:Client><c:trustedhosts>a</c:trustedhosts></c:Client>", "TrustedHosts"),
      ("config/client", "<c:Auth><c:Basic>1</c:Basic></c:Auth>", "Client"),
      ("config/client", "<c:Client><c:TrustedHosts>a</c:TrustedHosts><c:TrustedHosts>b</c:TrustedHosts></c:Client>", "TrustedHosts"),
      ("config/client", "<c:Client><c:TrustedHosts><c:a/></c:TrustedHosts></c:Client>", "Client"),
      ("config/client", "<c:Client><c:Auth>true</c:Auth></c:Client>", "Client"),
      ("config/client", "<c:Client>text<c:Auth/></c:Client>", "text"),
      ("config/client", "<c:Client><TrustedHosts>a</TrustedHosts></c:Client>", "namespace"),
      ("config/client", "<Client/>", "namespace"),
      ("config/client/auth", "<c:Auth><c:Basic>maybe</c:Basic></c:Auth>", "Basic"),
      ("config/client/auth", "<c:Auth><c:Basic/></c:Auth>", "Basic"),
      ("config/service", "<c:Service><c:MaxConnections>513</c:MaxConnections></c:Service>", "1 to 512"),
    ])
  func badDocument(path: String, document: String, word: String) throws {
    let machine = try Machine()
    machine.refused(0x8033_8041, "SchemaValidationError", mentioning: word) { try machine.put(path, document) }
  }

  @Test("Of several values one is wrong: none is taken")
  func allOrNothing() throws {
    let machine = try Machine()
    machine.refused(0x8033_8041, mentioning: "MaxTimeoutms") {
      try machine.put(
        "config", "<c:Config><c:Client><c:TrustedHosts>a</c:TrustedHosts></c:Client><c:MaxTimeoutms>1</c:MaxTimeoutms></c:Config>")
    }
  }

  @Test(
    "Values with numbers of their own",
    arguments: [
      ("config", "<c:Config><c:MaxProviderRequests>1</c:MaxProviderRequests></c:Config>", 0x8033_81AE),
      ("config/winrs", "<c:Winrs><c:MaxShellRunTime>1</c:MaxShellRunTime></c:Winrs>", 0x8033_813F),
      ("config/service/defaultports", "<c:DefaultPorts><c:HTTP>1</c:HTTP></c:DefaultPorts>", 0x8033_813F),
      ("config/service", "<c:Service><c:IPv4Filter>1.2.3.4</c:IPv4Filter></c:Service>", 0x8033_80EC),
      ("config/service", "<c:Service><c:RootSDDL>O:XX</c:RootSDDL></c:Service>", 0x8033_815C),
      (
        "config/service", "<c:Service><c:CertificateThumbprint>\(String(repeating: "a", count: 40))</c:CertificateThumbprint></c:Service>",
        0x8033_8082
      ),
      ("config/client", "<c:Client><c:TrustedHosts>a,,b</c:TrustedHosts></c:Client>", 0x8033_809F),
      ("config/service/auth", "<c:Auth><c:CbtHardeningLevel>x</c:CbtHardeningLevel></c:Auth>", 0x8033_81B8),
    ] as [(String, String, UInt32)])
  func ownNumbers(path: String, document: String, code: UInt32) throws {
    let machine = try Machine()
    machine.refused(code) { try machine.put(path, document) }
  }

  @Test("Requests that the parts of the tree do not know")
  func unknownRequests() throws {
    let machine = try Machine()
    machine.refused(0x8033_805B, "InvalidSelectors") { try machine.ask("config", .get, .get, ["a": "b"]) }
    machine.refused(0x8033_8013, "ActionNotSupported") { try machine.ask("config", .create, .create(nil)) }
    machine.refused(0x8033_8013) { try machine.ask("config/client", .delete, .delete) }
    machine.refused(0x8033_8013) { _ = try machine.enumerate("config") }
    machine.refused(0x8033_8013) { _ = try machine.invoke("Explode", "config") }
    machine.refused(0x8033_8013) { _ = try machine.invoke("Restore", "config/client") }
    machine.refused(0x8033_8013) { try machine.ask("config", WSManAction(rawValue: "http://other/Restore"), .other(nil)) }
    machine.refused(0x8033_8000, "DestinationUnreachable") { _ = try machine.get("config/nothing") }
    machine.refused(0x8033_8042, mentioning: "plug-in") { _ = try machine.get("config/service/security", ["Uri": "x"]) }
    machine.refused(0x8033_81BC) { _ = try machine.get("config/winrs/customremoteshell", ["Uri": "x"]) }
    machine.refused(0x8033_8051, "InvalidOptions") {
      try machine.ask("config", .get, .get) { $0.options = [OptionValue("x", "y", mustComply: true)] }
    }
    try machine.ask("config", .get, .get) { $0.options = [OptionValue("x", "y")] }
    let fault = machine.refused(0x8033_8077, "UnsupportedFeature") {
      try machine.ask("config", .get, .get) { $0.fragment = FragmentTransfer("Client") }
    }
    #expect(fault?.detail == .fragmentLevelAccess)
  }

  @Test("A damaged file stays as it is, and is told with its place")
  func damaged() throws {
    let machine = try Machine()
    try "{\n  Client: {\n    Auth: {CredSSP: yes}}}".write(toFile: machine.paths.settingsFile, atomically: false, encoding: .utf8)
    machine.refused(0x8033_8005, mentioning: "config.json:3:21") { _ = try machine.get("config") }
    machine.refused(0x8033_8005) { try machine.put("config/winrs", "<c:Winrs><c:IdleTimeout>60000</c:IdleTimeout></c:Winrs>") }
  }
}

@Suite struct GovernedSettingsTests {
  private let machine: Machine

  init() throws {
    machine = try Machine(
      policy: #"""
        {"WinRM": {"Client": {"AllowCredSSP": 1}, "Service": {"AllowAutoConfig": 1, "IPv4Filter": "*", "IPv6Filter": ""}}}
        """#)
  }

  @Test("What policy decides says so, in parts and in the whole")
  func marked() throws {
    #expect(try machine.get("config/client/auth").at("CredSSP")?.attribute("Source") == "GPO")
    #expect(try machine.get("config/client").at("Auth", "CredSSP")?.attribute("Source") == "GPO")
    #expect(try machine.get("config").at("Service", "IPv6Filter")?.attribute("Source") == "GPO")
    #expect(try machine.get("config").at("Client", "Auth", "Basic")?.attribute("Source") == nil)
    #expect(try machine.get("config/listener", ["Address": "*", "Transport": "HTTP"]).attribute("Source") == "GPO")
  }

  @Test("It can be mentioned as it is, and not changed; what policy says never becomes the machine's own setting")
  func governed() throws {
    machine.refused(0x8033_808A, mentioning: "CredSSP") {
      try machine.put("config/client/auth", "<c:Auth><c:Basic>true</c:Basic><c:CredSSP>false</c:CredSSP></c:Auth>")
    }
    #expect(try machine.put("config/client/auth", "<c:Auth><c:Basic>true</c:Basic><c:CredSSP>true</c:CredSSP></c:Auth>").changed)
    let local = try machine.store.loadLocal()
    #expect(local.client.auth.basic && !local.client.auth.credSSP && local.listeners.isEmpty)
    let keys = ["Address": "*", "Transport": "HTTP"]
    machine.refused(0x8033_808A) { try machine.put("config/listener", "<c:Listener><c:Port>80</c:Port></c:Listener>", keys) }
    machine.refused(0x8033_808A) { try machine.create("config/listener", nil, keys) }
    machine.refused(0x8033_808A) { try machine.ask("config/listener", .delete, .delete, keys) }
    #expect(try machine.put("config/listener", "<c:Listener><c:Port>5985</c:Port></c:Listener>", keys).changed == false)
    #expect(try machine.invoke("Restore", "config").changed)
    #expect(try machine.store.loadLocal() == WinRMSettings())
  }
}
