import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

@Suite struct PlugInTests {
  private let machine: Machine
  private let path = "config/plugin"
  private let keys = ["name": "shell CMD plugin"]
  private static let shell = Machine.base + "windows/shell/cmd"

  init() throws { machine = try Machine() }

  private func put(_ content: String) throws -> (element: XMLElement, changed: Bool) { try machine.put(path, content, keys) }

  private func refused(_ code: UInt32, _ content: String, sourceLocation: SourceLocation = #_sourceLocation) {
    machine.refused(code, sourceLocation: sourceLocation) { _ = try put(content) }
  }

  @Test("Get and Enumerate: attributes, resources, quotas, in the namespace of plug-ins")
  func get() throws {
    let element = try machine.get(path, keys)
    #expect(element.name == XMLName(namespace: PlugInXML.namespace, localName: "PlugInConfiguration"))
    #expect(element.attribute("Name") == "Shell cmd plugin" && element.attribute("Filename") == "built-in")
    #expect(element.at("Resources", "Resource")?.attribute("ResourceUri") == Self.shell)
    #expect(element.at("Resources", "Resource", "Capability")?.attribute("Type") == "Shell")
    #expect(element.at("Quotas")?.attribute("MaxShells") == "300")
    #expect(try machine.enumerate(path).items.compactMap(\.object) == [element])
    let outcome = try machine.ask(path, .put, .put(element), keys)
    #expect(outcome == ConfigurationResources.Outcome(.other(element)) && machine.files.isEmpty)
  }

  @Test("Put takes attributes, quotas and resources that it mentions")
  func partialPut() throws {
    #expect(try put("<c:PlugInConfiguration Enabled='false'/>").element.attribute("Enabled") == "false")
    let quotas = try put("<c:PlugInConfiguration><c:Quotas MaxShells='7'/></c:PlugInConfiguration>").element
    #expect(quotas.attribute("Enabled") == "false" && quotas.at("Quotas")?.attribute("MaxShells") == "7")
    #expect(quotas.at("Quotas")?.attribute("MaxShellsPerUser") == "30")
    let security = try put(
      """
      <c:PlugInConfiguration><c:Resources><c:Resource ResourceUri='\(Self.shell)' SupportsOptions='true' ExactMatch='true'>
      <c:Security Sddl='O:BAG:BAD:P(A;;GA;;;BA)'/><c:Capability Type='Shell'/></c:Resource></c:Resources></c:PlugInConfiguration>
      """
    ).element
    #expect(security.at("Resources", "Resource", "Security")?.attribute("Sddl") == "O:BAG:BAD:P(A;;GA;;;BA)")
    #expect(security.at("Resources", "Resource", "Security")?.attribute("Uri") == Self.shell)
    #expect(try machine.store.load().plugIn(named: "Shell cmd plugin")?.quotas.maxShells == 7)
    #expect(try machine.invoke("Restore", path).changed)
    #expect(try machine.store.load() == WinRMSettings())
  }

  @Test("What a plug-in cannot be")
  func badPut() {
    refused(50, "<c:PlugInConfiguration Filename='other.so'/>")
    refused(0x8033_813F, "<c:PlugInConfiguration SDKVersion='1'/>")
    refused(0x8033_8041, "<c:PlugInConfiguration Foo='1'/>")
    refused(0x8033_8041, "<c:PlugInConfiguration Enabled='x'/>")
    refused(0x8033_8041, "<c:Other/>")
    refused(0x8033_8041, "<c:PlugInConfiguration><c:Other/></c:PlugInConfiguration>")
    refused(0x8033_8041, "<c:PlugInConfiguration><c:Quotas/><c:Quotas/></c:PlugInConfiguration>")
    refused(0x8033_8041, "<c:PlugInConfiguration><c:Quotas IdleTimeoutms='1'/></c:PlugInConfiguration>")
    refused(0x8033_8041, "<c:PlugInConfiguration><c:Resources/></c:PlugInConfiguration>")
    func resource(_ code: UInt32, _ uri: String, _ content: String) {
      refused(
        code,
        "<c:PlugInConfiguration><c:Resources><c:Resource ResourceUri='\(uri)' SupportsOptions='true' ExactMatch='true'>\(content)</c:Resource></c:Resources></c:PlugInConfiguration>"
      )
    }
    resource(50, "http://other", "<c:Capability Type='Shell'/>")
    resource(50, Self.shell, "<c:Capability Type='Get'/>")
    resource(0x8033_8041, Self.shell, "<c:Capability Type='Fly'/>")
    resource(0x8033_8041, Self.shell, "<c:Capability/>")
    resource(0x8033_815C, Self.shell, "<c:Security Sddl='D:nothing'/><c:Capability Type='Shell'/>")
    resource(0x8033_81AF, Self.shell, "<c:Security Uri='http://other' Sddl='O:BAG:BAD:'/><c:Capability Type='Shell'/>")
    refused(
      50,
      "<c:PlugInConfiguration><c:InitializationParameters><c:Param Name='a' Value='b'/></c:InitializationParameters></c:PlugInConfiguration>"
    )
  }

  @Test("Delete and Create: only what is built in can be made again")
  func life() throws {
    #expect(try machine.ask(path, .delete, .delete, keys).changed)
    #expect(try machine.enumerate(path).items.isEmpty)
    machine.refused(0x8033_8000) { _ = try machine.get(path, keys) }
    machine.refused(50, mentioning: "built in") { try machine.create(path, nil, ["Name": "mine"]) }
    let reference = try machine.create(path, "<c:PlugInConfiguration Name='Shell cmd plugin' Filename='built-in'/>", keys)
    #expect(reference.selectors == [Selector("Name", "Shell cmd plugin")])
    machine.refused(0x8033_8033) { try machine.create(path, nil, keys) }
    machine.refused(0x8033_805A) { _ = try machine.get(path) }
    machine.refused(0x8033_805B) { _ = try machine.get(path, ["Name": "x", "Port": "1"]) }
    machine.refused(0x8033_8013) { _ = try machine.invoke("Explode", path) }
  }
}
