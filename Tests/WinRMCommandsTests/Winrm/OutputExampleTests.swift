import SecuritySupport
import Testing
import WSMan

@testable import WinRMCommands

/// The output that the documentation of the Windows tool shows, byte for byte.
@Suite struct OutputExampleTests {
  private func text(_ xml: String) throws -> String { ResultWriter.text(ResultElement(try XMLElement(parsing: Array(xml.utf8)))) }

  private static let config = "http://schemas.microsoft.com/wbem/wsman/1/config"
  private static let wmi = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
  private static let anonymous = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

  @Test("Empty leaves, and repeated leaves on one line")
  func listener() throws {
    let xml = """
      <cfg:Listener xmlns:cfg="\(Self.config)/listener" xml:lang="en-US"><cfg:Address>*</cfg:Address><cfg:Transport>HTTP</cfg:Transport>\
      <cfg:Port>5985</cfg:Port><cfg:Hostname/><cfg:Enabled>true</cfg:Enabled><cfg:URLPrefix>wsman</cfg:URLPrefix>\
      <cfg:CertificateThumbprint></cfg:CertificateThumbprint><cfg:ListeningOn>127.0.0.1</cfg:ListeningOn>\
      <cfg:ListeningOn>192.168.1.10</cfg:ListeningOn><cfg:ListeningOn>::1</cfg:ListeningOn>\
      <cfg:ListeningOn>fe80::1234:5678:9abc:def0%4</cfg:ListeningOn></cfg:Listener>
      """
    #expect(
      try text(xml) == """
        Listener
            Address = *
            Transport = HTTP
            Port = 5985
            Hostname
            Enabled = true
            URLPrefix = wsman
            CertificateThumbprint
            ListeningOn = 127.0.0.1, 192.168.1.10, ::1, fe80::1234:5678:9abc:def0%4

        """)
  }

  @Test("Values that policy decides say so")
  func source() throws {
    let xml = """
      <cfg:Client xmlns:cfg="\(Self.config)/client"><cfg:AllowUnencrypted Source="GPO">false</cfg:AllowUnencrypted>\
      <cfg:Auth><cfg:CredSSP Source="GPO">true</cfg:CredSSP></cfg:Auth><cfg:TrustedHosts Source="GPO"/></cfg:Client>
      """
    #expect(
      try text(xml) == """
        Client
            AllowUnencrypted = false [Source="GPO"]
            Auth
                CredSSP = true [Source="GPO"]
            TrustedHosts [Source="GPO"]

        """)
  }

  @Test("References, selectors, null")
  func association() throws {
    func reference(_ name: String) -> String {
      """
      <a:Address>\(Self.anonymous)</a:Address><a:ReferenceParameters><w:ResourceURI>\(Self.wmi)Win32_Service</w:ResourceURI>\
      <w:SelectorSet><w:Selector Name="Name">\(name)</w:Selector></w:SelectorSet></a:ReferenceParameters>
      """
    }
    let xml = """
      <p:Win32_DependentService xmlns:p="\(Self.wmi)Win32_DependentService" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
      xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">\
      <p:Antecedent>\(reference("RpcSs"))</p:Antecedent><p:Dependent>\(reference("WinRM"))</p:Dependent>\
      <p:TypeOfDependency xsi:nil="true"/></p:Win32_DependentService>
      """
    #expect(
      try text(xml) == """
        Win32_DependentService
            Antecedent
                Address = http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous
                ReferenceParameters
                    ResourceURI = http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service
                    SelectorSet
                        Selector: Name = RpcSs
            Dependent
                Address = http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous
                ReferenceParameters
                    ResourceURI = http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service
                    SelectorSet
                        Selector: Name = WinRM
            TypeOfDependency = null

        """)
  }

  @Test("What was created, with both selectors on one line")
  func created() throws {
    let reference = EndpointReference(
      resourceURI: ResourceURI(rawValue: Self.config + "/listener"), selectors: [Selector("Address", "*"), Selector("Transport", "HTTPS")])
    #expect(
      ResultWriter.text(ResultElement(reference.element(named: XMLName(.transfer, "ResourceCreated")))) == """
        ResourceCreated
            Address = http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous
            ReferenceParameters
                ResourceURI = http://schemas.microsoft.com/wbem/wsman/1/config/listener
                SelectorSet
                    Selector: Address = *, Transport = HTTPS

        """)
  }

  @Test("Results of actions, fragments, shells")
  func others() throws {
    #expect(
      try text(
        "<p:Create_OUTPUT xmlns:p=\"\(Self.wmi)Win32_Process\"><p:ProcessId>6356</p:ProcessId><p:ReturnValue>0</p:ReturnValue></p:Create_OUTPUT>"
      )
        == "Create_OUTPUT\n    ProcessId = 6356\n    ReturnValue = 0\n")
    #expect(
      try text("<w:XmlFragment xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\">OK</w:XmlFragment>") == "XmlFragment = OK\n")
    let shell = """
      <rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:ShellId>C0A6F5E2</rsp:ShellId>\
      <rsp:Owner>DOMAIN\\user</rsp:Owner><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>\
      <rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut></rsp:Shell>
      """
    #expect(
      try text(shell) == """
        Shell
            ShellId = C0A6F5E2
            Owner = DOMAIN\\user
            OutputStreams = stdout stderr
            IdleTimeOut = PT7200.000S

        """)
  }

  @Test("An error in three parts, with two blanks before its numbers")
  func error() {
    let failure = WinrmFailure(.destinationUnreachable, "The client cannot connect.", explanation: "Check the service.")
    #expect(
      failure.text(.text) == """
        WSManFault
            Message = The client cannot connect.

        Error number:  -2144108526 0x80338012
        Check the service.

        """)
    #expect(
      failure.text(.xml).hasPrefix(
        """
        <f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="2150858770"><f:Message>The client cannot connect.\
        </f:Message></f:WSManFault>

        Error number:  -2144108526 0x80338012
        """))
    // Win32 codes are wrapped for the number, and plain in the fault.
    let denied = WinrmFailure(.accessDenied, "No.")
    #expect(denied.text(.text).contains("\n\nError number:  -2147024891 0x80070005\nAccess is denied.\n"))
    #expect(denied.text(.xml).contains(" Code=\"5\""))
  }
}
