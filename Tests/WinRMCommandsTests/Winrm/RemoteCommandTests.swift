import Foundation
import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRM
import WinRMCommands

/// The verbs against another computer, which a test plays.
@Suite struct RemoteCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  /// Plays a service, and remembers what it was asked for.
  final class Service: ResourceConnector, ResourceAccess {
    struct State {
      var requests: [(String, ResourceSelection, XMLElement?)] = []
      var options: EnumerationOptions?
      var configuration: WinRMClientConfiguration?
    }
    let state = Mutex(State())
    let resource: XMLElement
    let items: [EnumerationItem]
    let failure: WinRMError?

    init(_ resource: String = "<x/>", items: [EnumerationItem] = [], failure: WinRMError? = nil) throws {
      self.resource = try XMLElement(parsing: Array(resource.utf8))
      self.items = items
      self.failure = failure
    }

    func connect(_ configuration: WinRMClientConfiguration, _ body: (any ResourceAccess) async throws -> Void) async throws {
      state.withLock { $0.configuration = configuration }
      if let failure { throw failure }
      try await body(self)
    }

    private func note(_ verb: String, _ resource: ResourceSelection, _ content: XMLElement? = nil) {
      state.withLock { $0.requests.append((verb, resource, content)) }
    }

    func get(_ resource: ResourceSelection) async throws -> XMLElement {
      note("get", resource)
      return self.resource
    }

    func put(_ resource: ResourceSelection, _ content: XMLElement) async throws -> XMLElement? {
      note("put", resource, content)
      return content
    }

    func create(_ resource: ResourceSelection, _ content: XMLElement?) async throws -> EndpointReference {
      note("create", resource, content)
      let selectors = resource.selectors.sorted { $0.key < $1.key }.map { Selector($0.key, $0.value) }
      return EndpointReference(resourceURI: resource.uri, selectors: selectors)
    }

    func delete(_ resource: ResourceSelection) async throws { note("delete", resource) }

    func invoke(_ action: String, on resource: ResourceSelection, _ input: XMLElement?) async throws -> XMLElement? {
      note("invoke " + action, resource, input)
      return self.resource
    }

    func enumerate(
      _ resource: ResourceSelection, _ options: EnumerationOptions, each: (EnumerationItem) async throws -> Void
    ) async throws {
      note("enumerate", resource)
      state.withLock { $0.options = options }
      for item in items { try await each(item) }
    }

    var requests: [(String, ResourceSelection, XMLElement?)] { state.withLock { $0.requests } }
    /// The one request's content as XML.
    var content: String? { requests.last?.2?.xml() }
    var options: EnumerationOptions? { state.withLock { $0.options } }
  }

  private func run(_ service: Service, _ words: String...) async -> WinrmHost.Run {
    await host.run(words + ["-r:server", "-u:user"], passwords: ["secret"], connector: service)
  }

  static let wmi = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
  static let config = "http://schemas.microsoft.com/wbem/wsman/1/config"

  // MARK: get

  @Test("get: alias, selectors, and the text form of what comes")
  func get() async throws {
    let service = try Service(
      """
      <p:Win32_Service xmlns:p="urn:s" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cim="urn:c" xsi:type="p:T" xml:lang="en-US">
      <p:AcceptPause>false</p:AcceptPause><p:Description xsi:nil="true"/><p:Empty/><p:Dep>a</p:Dep><p:Dep>b</p:Dep>
      <p:InstallDate><cim:Datetime>2024</cim:Datetime></p:InstallDate><p:Name Source="GPO"> Spooler </p:Name></p:Win32_Service>
      """)
    let answer = await run(service, "get", "wmicimv2/Win32_Service?Name=spooler")
    #expect(answer.code == 0 && answer.error == "")
    #expect(
      answer.output.hasSuffix(
        """
        Win32_Service
            AcceptPause = false
            Description = null
            Empty
            Dep = a, b
            InstallDate
                Datetime = 2024
            Name = Spooler [Source="GPO"]

        """))
    let request = try #require(service.requests.first)
    #expect(request.0 == "get" && request.1.uri.rawValue == Self.wmi + "Win32_Service" && request.1.selectors == ["Name": "spooler"])
    #expect(service.state.withLock { $0.configuration?.endpoint.host } == "server")
  }

  @Test("Attributes that hold data are shown; xml and pretty keep everything")
  func attributes() async throws {
    let service = try Service("<P xmlns='urn:p' Name='n' xml:lang='en'><Q Uri='u'/><R Type='t'>v</R></P>")
    #expect(await run(service, "get", "x").output.hasSuffix("P\n    Name = n\n    Q\n        Uri = u\n    R = v\n"))
    #expect(
      await run(service, "get", "x", "-f:xml").output.hasSuffix(
        "\n<P xmlns=\"urn:p\" Name=\"n\" xml:lang=\"en\"><Q Uri=\"u\"/><R Type=\"t\">v</R></P>\n"))
    #expect(
      await run(service, "get", "x", "-format:#pretty").output.hasSuffix(
        "\n<P xmlns=\"urn:p\" Name=\"n\" xml:lang=\"en\">\n  <Q Uri=\"u\"/>\n  <R Type=\"t\">v</R>\n</P>\n"))
  }

  @Test("R-03 nothing that a resource says drives the terminal, in any format", arguments: ["text", "pretty", "xml"])
  func escapes(format: String) async throws {
    let service = try Service("<a b='\u{9B}1m'>\u{9B}31m\u{202E}x</a>")
    let answer = await run(service, "get", "x", "-f:" + format)
    #expect(answer.code == 0 && answer.output.unicodeScalars.allSatisfy { ![0x9B, 0x202E].contains($0.value) })
  }

  @Test("-fragment and -options")
  func fragment() async throws {
    let service = try Service("<w:XmlFragment xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'>OK</w:XmlFragment>")
    let answer = await run(service, "get", "x", "-fragment:Status/text()", "-options:{wmi:a=\"1\";b=$null}")
    #expect(answer.output.hasSuffix("\nXmlFragment = OK\n"))
    #expect(service.requests.first?.1.fragment == FragmentTransfer("Status/text()", dialect: FragmentTransfer.xpath))
    #expect(service.requests.first?.1.options == [OptionValue("wmi:a", "1"), OptionValue("b", "")])
  }

  // MARK: set

  static let service = """
    <cfg:Service xmlns:cfg="\(config)/service" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
    xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common"><cfg:A>1</cfg:A><cfg:B xsi:nil="true"/><cfg:Auth><cfg:Basic/></cfg:Auth>\
    <cfg:D/><cfg:D/><cim:Location xsi:nil="true"/></cfg:Service>
    """

  @Test("set: reads, changes what is named, writes the whole back")
  func set() async throws {
    let service = try Service(Self.service)
    let answer = await run(service, "set", "winrm/config/service", "@{B=\"x<y\";A=$null}")
    #expect(answer.code == 0 && service.requests.map(\.0) == ["get", "put"])
    #expect(
      service.content == """
        <cfg:Service xmlns:cfg="\(Self.config)/service"><cfg:A xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>\
        <cfg:B>x&lt;y</cfg:B><cfg:Auth><cfg:Basic/></cfg:Auth><cfg:D/><cfg:D/>\
        <cim:Location xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" \
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></cfg:Service>
        """)
    #expect(answer.output.contains("    A = null\n    B = x<y\n"))
  }

  @Test(
    "set: names that do not fit, in the words of the tool; nothing is written",
    arguments: [
      ("@{a=1}", "Parameter name does not match any properties on resource: a"),
      ("@{Basic=true}", "Parameter name does not match any properties on resource: Basic"),
      ("@{Location=x}", "Parameter name does not match any properties on resource: Location"),
      ("@{D=x}", "Parameter matches more than one property on resource: D"),
      ("@{Auth=x}", "Parameter matches a non-text property on resource: Auth"),
    ])
  func setMistakes(input: String, message: String) async throws {
    let service = try Service(Self.service)
    let answer = await run(service, "set", "winrm/config/service", input)
    #expect(answer.code == 1 && answer.error.hasPrefix("Error: \(message)\n") && service.requests.map(\.0) == ["get"])
  }

  // MARK: create, delete, invoke

  @Test("create: the root is called as the last part of the URI; the answer says where the resource is")
  func create() async throws {
    let service = try Service()
    let answer = await run(
      service, "create", "winrm/config/Listener?Address=*+Transport=HTTPS", "@{Hostname=\"HOST\";CertificateThumbprint=\"XX\"}")
    #expect(
      answer.output.hasSuffix(
        """
        ResourceCreated
            Address = http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous
            ReferenceParameters
                ResourceURI = http://schemas.microsoft.com/wbem/wsman/1/config/Listener
                SelectorSet
                    Selector: Address = *, Transport = HTTPS

        """))
    let uri = Self.config + "/Listener"
    #expect(service.requests.first?.1.selectors == ["Address": "*", "Transport": "HTTPS"])
    let content = try #require(service.requests.first?.2)
    #expect(content.name == XMLName(namespace: uri, localName: "Listener"))
    #expect(content.elements.map(\.name.localName) == ["Hostname", "CertificateThumbprint"] && content.elements.first?.text == "HOST")
    _ = await run(service, "create", "winrm/config/Listener?Address=*+Transport=HTTP")
    #expect(service.requests.last?.2 == XMLElement(XMLName(namespace: uri, localName: "Listener")))
  }

  @Test("delete prints nothing")
  func delete() async throws {
    let service = try Service()
    let answer = await run(service, "d", "winrm/config/Listener?Address=IP:192.168.2.1+Transport=HTTP")
    #expect(answer.code == 0 && answer.output == "Password of user: \n")
    #expect(service.requests.first?.1.selectors == ["Address": "IP:192.168.2.1", "Transport": "HTTP"])
  }

  @Test("invoke: input by values, by none, by a file")
  func invoke() async throws {
    let service = try Service(
      "<p:Create_OUTPUT xmlns:p='urn:x'><p:ProcessId>6356</p:ProcessId><p:ReturnValue>0</p:ReturnValue></p:Create_OUTPUT>")
    let answer = await run(
      service, "invoke", "Create", "wmicimv2/Win32_Process", "@{CommandLine=\"notepad.exe\";CurrentDirectory=\"C:\\\"}")
    #expect(answer.output.hasSuffix("\nCreate_OUTPUT\n    ProcessId = 6356\n    ReturnValue = 0\n"))
    #expect(service.requests.first?.0 == "invoke Create" && service.requests.first?.1.uri.rawValue == Self.wmi + "Win32_Process")
    let process = Self.wmi + "Win32_Process"
    #expect(
      service.content == """
        <q0:Create_INPUT xmlns:q0="\(process)"><q0:CommandLine>notepad.exe</q0:CommandLine>\
        <q0:CurrentDirectory>C:\\</q0:CurrentDirectory></q0:Create_INPUT>
        """)
    _ = await run(service, "i", "StartService", "wmicimv2/Win32_Service?Name=spooler")
    #expect(service.content == "<q0:StartService_INPUT xmlns:q0=\"\(Self.wmi)Win32_Service\"/>")
    let path = host.directory + "/input.xml"
    try Data("<?xml version='1.0'?><p:StopService_INPUT xmlns:p='urn:p'/>".utf8).write(to: URL(fileURLWithPath: path))
    _ = await run(service, "invoke", "StopService", "wmicimv2/Win32_Service?Name=spooler", "-file:" + path)
    #expect(service.content == "<p:StopService_INPUT xmlns:p=\"urn:p\"/>")
  }

  // MARK: enumerate

  private static func item(_ name: String) -> EnumerationItem {
    EnumerationItem(object: XMLElement(XMLName(.shell, "Shell"), children: [.element(XMLElement(XMLName(.shell, "Name"), text: name))]))
  }

  @Test("enumerate: items with blank lines between them, or inside of wsman:Results")
  func enumerate() async throws {
    let service = try Service(items: [Self.item("a"), Self.item("b")])
    #expect(await run(service, "e", "shell").output.hasSuffix("\nShell\n    Name = a\n\nShell\n    Name = b\n"))
    #expect(service.requests.first?.1.uri == .shell && service.options == EnumerationOptions())
    let shell = "xmlns:rsp=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\""
    let start = "<wsman:Results xmlns:wsman=\"http://schemas.dmtf.org/wbem/wsman/1/wsman/results\">"
    #expect(
      await run(service, "e", "shell", "-f:xml").output.hasSuffix(
        "\n\(start)<rsp:Shell \(shell)><rsp:Name>a</rsp:Name></rsp:Shell><rsp:Shell \(shell)><rsp:Name>b</rsp:Name></rsp:Shell></wsman:Results>\n"
      ))
    #expect(
      await run(try Service(items: [Self.item("a")]), "e", "shell", "-f:pretty").output.hasSuffix(
        "\n\(start)\n<rsp:Shell \(shell)>\n  <rsp:Name>a</rsp:Name>\n</rsp:Shell>\n</wsman:Results>\n"))
    #expect(await run(try Service(), "e", "shell", "-f:xml").output.hasSuffix("\n\(start)</wsman:Results>\n"))
    #expect(await run(try Service(), "e", "shell").output == "Password of user: \n")
  }

  @Test("enumerate: references, and objects with theirs")
  func references() async throws {
    let reference = EndpointReference(resourceURI: .shell, selectors: [Selector("ShellId", "1")])
    let service = try Service(items: [
      EnumerationItem(object: Self.item("a").object, reference: reference), EnumerationItem(reference: reference),
    ])
    let answer = await run(service, "e", "shell", "-returntype:ObjectAndEPR")
    let lines = """
      EndpointReference
          Address = http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous
          ReferenceParameters
              ResourceURI = http://schemas.microsoft.com/wbem/wsman/1/windows/shell
              SelectorSet
                  Selector: ShellId = 1

      """
    let indented = lines.split(separator: "\n").map { "    \($0)\n" }.joined()
    #expect(answer.output.hasSuffix("\nItem\n    Shell\n        Name = a\n" + indented + "\n" + lines))
    #expect(service.options?.mode == .objectAndReference)
  }

  @Test("enumerate: dialects, filters, subclasses")
  func filters() async throws {
    let service = try Service()
    func filter(_ words: String...) async -> EnumerationFilter? {
      let answer = await host.run(["e"] + words + ["-r:server", "-u:user"], passwords: ["x"], connector: service)
      #expect(answer.code == 0, "\(answer.error)")
      return service.options?.filter
    }
    let query = "select * from Win32_Service where State!='Running' and Name=\"x\""
    #expect(await filter("wmicimv2/*", "-filter:" + query) == EnumerationFilter(dialect: EnumerationFilter.wql, content: .text(query)))
    #expect(service.requests.last?.1.uri.rawValue == Self.wmi + "*")
    #expect(
      await filter("wmicimv2/Win32_Service", "-dialect:selector", "-filter:{State=\"Running\"}")
        == EnumerationFilter(dialect: EnumerationFilter.selectorFilter, content: .selectors([Selector("State", "Running")])))
    #expect(
      await filter("x", "-dialect:http://www.w3.org/TR/1999/REC-xpath-19991116", "-filter:../a")
        == EnumerationFilter(dialect: FragmentTransfer.xpath, content: .text("../a")))
    let start = EndpointReference(
      resourceURI: ResourceURI(rawValue: Self.wmi + "Win32_Service"), selectors: [Selector("Name", "WinRM")])
    #expect(
      await filter(
        "wmicimv2/*", "-dialect:association",
        "-filter:{Object=Win32_Service?Name=WinRM;AssociationClassName=Win32_DependentService;ResultClassName=win32_service;ResultRole=antecedent;Role=dependent}"
      )
        == EnumerationFilter(
          dialect: EnumerationFilter.associationFilter,
          content: .association(
            AssociationFilter(
              object: start, associationClassName: "Win32_DependentService", role: "dependent", resultClassName: "win32_service",
              resultRole: "antecedent"))))
    let associations = await filter(
      "wmicimv2/*", "-dialect:association", "-associations", "-filter:{object=win32_service?name=winrm;resultclassname=c}")
    guard case .association(let found)? = associations?.content else { return #expect(Bool(false), "no association") }
    #expect(found.returnsAssociations && found.resultClassName == "c")
    #expect(await filter("x", "-shallow", "-basepropertiesonly") == nil && service.options?.polymorphism == PolymorphismMode.none)
    #expect(await filter("x", "-basepropertiesonly") == nil && service.options?.polymorphism == .excludeSubclassProperties)
  }

  // MARK: Failures

  @Test(
    "Lines that are refused before anybody is asked for a password",
    arguments: [
      ["e", "x", "-returntype:all"], ["e", "x", "-associations"], ["e", "x", "-dialect:wql"], ["e", "x?a=b", "-filter:c"],
      ["e", "x", "-dialect:selector", "-filter:a=b"], ["e", "x", "-dialect:selector", "-filter:{}"],
      ["e", "x", "-dialect:association", "-filter:{Role=a}"], ["e", "x", "-dialect:association", "-filter:{Object=a;Object=b}"],
      ["e", "x", "-dialect:association", "-filter:{Object=a;What=b}"], ["e", "x", "-fragment:a"], ["get", "x", "-filter:a"],
      ["get", "x", "-dialect:a"], ["get", "x", "-options:a"], ["get", "x?"], ["set", "x"], ["set", "x", "@{}"],
      ["set", "x", "@{a=b}", "-file:/dev/null"], ["set", "x", "-file:/nonexistent"], ["set", "x", "-file:/dev/null"],
      ["create", "a/*"], ["create", "a/b", "@{x:y=1}"], ["invoke", "a", "x", "@{1a=1}"], ["create", "a/1b"], ["invoke", "1", "x"],
      ["invoke", "a b", "x"], ["invoke", "x"],
      ["set", "x", "@TrustedHosts=a", "@b"], ["set", "x", "System.Collections.Hashtable"],
    ])
  func refusals(words: [String]) async throws {
    let service = try Service()
    let answer = await host.run(words + ["-r:server", "-u:user"], passwords: ["x"], connector: service)
    #expect(answer.code == 1 && !answer.error.isEmpty && answer.output == "", "\(answer)")
    #expect(service.requests.isEmpty && service.state.withLock { $0.configuration == nil })
  }

  @Test("Braces that a shell has expanded are explained")
  func brokenInput() async throws {
    let expanded = await run(try Service(), "set", "x", "@TrustedHosts=a", "@b")
    #expect(expanded.error.contains("The shell has expanded the braces of @{...}: put the whole in single quotes"))
    #expect(await run(try Service(), "set", "x", "System.Collections.Hashtable").error.contains("PowerShell has taken @{...}"))
  }

  @Test("A fault of the service, with the fault of a provider inside")
  func fault() async throws {
    let provider = ProviderFault(provider: "WMI Provider", path: "wmi.dll", code: 0x8033_8000, message: "The class\u{1B} is not there.")
    let fault = WSManFault(
      code: .sender, subcode: XMLName(.addressing, "DestinationUnreachable"), detail: .resourceNotFound, wsmanCode: .resourceNotFound,
      machine: "server", reason: "There is none.", providerFault: provider)
    let error = WinRMError(
      code: .resourceNotFound, stage: .request, peer: "server:5985", cause: "c", nextStep: "n", fault: fault)
    let text = await run(try Service(failure: error), "get", "wmicimv2/Nothing")
    #expect(text.code == 1 && text.output == "Password of user: \n")
    #expect(
      text.error == """
        WSManFault
            Message
                ProviderFault
                    WSManFault
                        Message = The class\u{FFFD} is not there.

        Error number:  -2144108544 0x80338000
        No resource matches this URI and these selectors.

        """)
    let xml = await run(try Service(failure: error), "get", "x", "-f:xml")
    #expect(
      xml.error.hasPrefix(
        """
        <f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="2150858752" Machine="server"><f:Message>\
        <f:ProviderFault provider="WMI Provider" path="wmi.dll"><f:WSManFault Code="2150858752" Machine="server"><f:Message>
        """.trimmingCharacters(in: .newlines)))
    let plain = WSManFault(code: .sender, subcode: XMLName(.wsman, "AccessDenied"), wsmanCode: .accessDenied, reason: "No.")
    let denied = WinRMError(code: .accessDenied, stage: .request, cause: "c", nextStep: "n", fault: plain)
    #expect(
      await run(try Service(failure: denied), "get", "x").error == """
        WSManFault
            Message = No.

        Error number:  -2147024891 0x80070005
        Access is denied.

        """)
  }

  @Test("Without -remote the same switches mean the same on this machine")
  func local() async throws {
    #expect(await host.run("get", "winrm/config/winrs").code == 0)
    let fragment = await host.run("get", "winrm/config", "-fragment:x")
    #expect(fragment.code == 1 && fragment.error.contains("0x80338077"))
    #expect(await host.run("get", "wmicimv2/Win32_Service").error.contains("0x80338000"))
    #expect(await host.run("invoke", "Restore", "winrm/config", "@{}").output == "Restore_OUTPUT\n")
    await host.run("create", "winrm/config/Listener?Address=*+Transport=HTTP").check()
    let references = await host.run("enumerate", "winrm/config/listener", "-returntype:epr").output
    #expect(references.hasPrefix("EndpointReference\n") && references.contains("Selector: Address = *, Transport = HTTP\n"))
    #expect(await host.run("e", "winrm/config/listener", "-filter:select").error.contains("0x80338018"))
    #expect(await host.run("e", "winrm/config/listener", "-shallow").error.contains("0x80338137"))
    #expect(await host.run("e", "winrm/config/plugin", "-returntype:epr").error.contains("0x80338042"))
    #expect(await host.run("enumerate", "shell/cmd").error.contains("winrmd does not run here"))
    #expect(await host.run("identify").error.contains("0x803380FC"))
    let file = host.directory + "/client.xml"
    try #"<c:Auth xmlns:c="http://schemas.microsoft.com/wbem/wsman/1/config/client/auth"><c:Basic>true</c:Basic></c:Auth>"#
      .write(toFile: file, atomically: false, encoding: .utf8)
    #expect(await host.run("set", "winrm/config/client/auth", "-file:\(file)").output.hasPrefix("Auth\n    Basic = true\n"))
  }
}
