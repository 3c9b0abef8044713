import Certificates
import Foundation
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

@Suite struct ConfigurationResourcesTests {
  @Test("Get of winrm/config is the whole tree in one namespace") func get() throws {
    let machine = try Machine()
    let element = try machine.get("config")
    #expect(element.name == XMLName(namespace: "http://schemas.microsoft.com/wbem/wsman/1/config", localName: "Config"))
    #expect(element.elements.map(\.name.localName).suffix(3) == ["Client", "Service", "Winrs"])
  }
}
