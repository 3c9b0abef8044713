import SecuritySupport
import Testing

@testable import WSMan

/// WS-Transfer and WS-Enumeration, in both directions.
@Suite struct ResourceMessageTests {
  static let service = ResourceURI(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service")
  static let object = XMLElement(XMLName(namespace: service.rawValue, localName: "Win32_Service"), text: "x")
  static let reference = EndpointReference(
    address: "http://h/wsman", resourceURI: service,
    selectors: [
      Selector("Name", "a & b"), Selector("Of", .reference(EndpointReference(resourceURI: .config, selectors: [Selector("x", "")]))),
    ])

  private static func envelope(_ body: String) -> [UInt8] {
    Array(
      """
      <s:Envelope xmlns:s="\(XMLNamespace.soap.rawValue)" xmlns:a="\(XMLNamespace.addressing.rawValue)" xmlns:w="\(XMLNamespace.wsman.rawValue)" \
      xmlns:n="\(XMLNamespace.enumeration.rawValue)" xmlns:b="\(XMLNamespace.cimBinding.rawValue)" xmlns:x="\(XMLNamespace.transfer.rawValue)">\
      <s:Header><a:To>http://h/wsman</a:To><a:Action>ACTION</a:Action><a:MessageID>uuid:1</a:MessageID><w:ResourceURI>\(service.rawValue)\
      </w:ResourceURI><a:ReplyTo><a:Address>\(WSManResponse.anonymousAddress)</a:Address></a:ReplyTo></s:Header><s:Body>\(body)</s:Body></s:Envelope>
      """.utf8)
  }

  private static func request(_ action: WSManAction, _ body: String) throws -> WSManRequest {
    let text = String(decoding: envelope(body), as: UTF8.self).replacing("ACTION", with: action.rawValue)
    return try WSManRequest(decoding: Array(text.utf8))
  }

  private static func response(_ body: String) throws -> ResponseBody { try WSManResponse(decoding: envelope(body)).body }

  // MARK: Requests

  static let requests: [(WSManAction, RequestBody)] = [
    (.get, .get), (.put, .put(object)), (.create, .create(object)), (.create, .create(nil)), (.delete, .delete),
    (.enumerate, .enumerate(EnumerateRequest())), (.enumerate, .enumerate(EnumerateRequest(isOptimized: false, expires: "PT10M"))),
    (
      .enumerate,
      .enumerate(
        EnumerateRequest(
          maxElements: 20, mode: .reference, filter: EnumerationFilter(dialect: EnumerationFilter.wql, content: .text("a < 'b'")),
          polymorphism: .excludeSubclassProperties))
    ),
    (
      .enumerate,
      .enumerate(
        EnumerateRequest(
          mode: .objectAndReference,
          filter: EnumerationFilter(dialect: EnumerationFilter.selectorFilter, content: .selectors([Selector("State", "Running")]))))
    ),
    (
      .enumerate,
      .enumerate(
        EnumerateRequest(
          filter: EnumerationFilter(
            dialect: EnumerationFilter.associationFilter,
            content: .association(
              AssociationFilter(
                object: reference, associationClassName: "A", role: "r", resultClassName: "C", resultRole: "s",
                includedProperties: ["p", "q"]
              )))))
    ),
    (
      .enumerate,
      .enumerate(
        EnumerateRequest(
          filter: EnumerationFilter(
            dialect: EnumerationFilter.associationFilter,
            content: .association(
              AssociationFilter(object: reference, associationClassName: "A", role: "r", returnsAssociations: true)))))
    ),
    (.enumerate, .enumerate(EnumerateRequest(filter: EnumerationFilter(dialect: "urn:d", content: .element(object))))),
    (.pull, .pull(PullRequest(context: "uuid:2", maxTime: .seconds(60), maxElements: 5, maxCharacters: 1_000))),
    (.pull, .pull(PullRequest(context: "x"))), (.release, .release(context: "uuid:2")),
    (WSManAction(rawValue: service.rawValue + "/StopService"), .other(object)),
  ]

  @Test("Requests are read as they were written", arguments: requests.indices)
  func requestRoundTrip(index: Int) throws {
    let (action, body) = Self.requests[index]
    var header = RequestHeader(
      to: "http://h/wsman", resourceURI: Self.service, action: action, messageID: "uuid:1", dataLocale: "en-US",
      selectors: ["Name": "Spooler"])
    if action == .get || action == .put { header.fragment = FragmentTransfer("Status/text()", dialect: FragmentTransfer.xpath) }
    let request = WSManRequest(header: header, body: body)
    #expect(try WSManRequest(decoding: request.encode()) == request)
  }

  @Test("The body of Enumerate, byte for byte")
  func enumerateBytes() throws {
    let filter = EnumerationFilter(dialect: EnumerationFilter.wql, content: .text("select * from C"))
    let request = EnumerateRequest(maxElements: 20, mode: .objectAndReference, filter: filter, polymorphism: PolymorphismMode.none)
    var writer = XMLWriter()
    request.encode(into: &writer)
    #expect(
      String(decoding: writer.bytes, as: UTF8.self) == """
        <n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements><w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>\
        <w:Filter Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL">select * from C</w:Filter>\
        <b:PolymorphismMode>None</b:PolymorphismMode></n:Enumerate>
        """)
  }

  @Test("Other spellings: n:Filter, no dialect, the mode that needs no word")
  func otherSpellings() throws {
    let read = try Self.request(
      .enumerate, "<n:Enumerate><w:EnumerationMode> EnumerateObject </w:EnumerationMode><n:Filter>/a/b</n:Filter></n:Enumerate>")
    let filter = EnumerationFilter(dialect: FragmentTransfer.xpath, content: .text("/a/b"))
    #expect(read.body == .enumerate(EnumerateRequest(isOptimized: false, filter: filter)))
  }

  @Test(
    "Bodies that are refused, by the number of the fault",
    arguments: [
      (.enumerate, "<n:Enumerate><w:MaxElements>0</w:MaxElements></n:Enumerate>", 0x8033_8041),
      (.enumerate, "<n:Enumerate><w:MaxElements>many</w:MaxElements></n:Enumerate>", 0x8033_8041),
      (.enumerate, "<n:Enumerate><w:EnumerationMode>All</w:EnumerationMode></n:Enumerate>", 0x8033_8042),
      (.enumerate, "<n:Enumerate><w:Filter/><n:Filter/></n:Enumerate>", 0x8033_801A),
      (.enumerate, "<n:Enumerate><b:PolymorphismMode>x</b:PolymorphismMode></n:Enumerate>", 0x8033_8137),
      (.enumerate, "<n:Pull/>", 0x8033_8041), (.enumerate, "", 0x8033_8041), (.pull, "<n:Pull/>", 0x8033_801B),
      (.pull, "<n:Pull><n:EnumerationContext> </n:EnumerationContext></n:Pull>", 0x8033_801B),
      (.pull, "<n:Pull><n:EnumerationContext>x</n:EnumerationContext><n:MaxTime>soon</n:MaxTime></n:Pull>", 0x8033_8041),
      (.pull, "<n:Pull><n:EnumerationContext>x</n:EnumerationContext><n:MaxTime>-PT1S</n:MaxTime></n:Pull>", 0x8033_8041),
      (.pull, "<n:Pull><n:EnumerationContext>x</n:EnumerationContext><n:MaxElements>-1</n:MaxElements></n:Pull>", 0x8033_8041),
      (.release, "<n:Release/>", 0x8033_801B), (.put, "", 0x8033_8041), (.create, "<a/><b/>", 0x8033_8041),
    ] as [(WSManAction, String, UInt32)])
  func refused(action: WSManAction, body: String, code: UInt32) {
    #expect { try Self.request(action, body) } throws: { ($0 as? WSManFault)?.wsmanCode?.rawValue == code }
  }

  // MARK: Responses

  static let responses: [ResponseBody] = [
    .created(reference), .enumerated(EnumerationBatch(context: "uuid:3")), .enumerated(EnumerationBatch(context: nil)),
    .enumerated(EnumerationBatch(items: [EnumerationItem(object: object), EnumerationItem(object: object)], context: "uuid:3")),
    .enumerated(EnumerationBatch(items: [EnumerationItem(reference: reference)], context: nil)),
    .pulled(EnumerationBatch(items: [EnumerationItem(object: object, reference: reference)], context: "uuid:4")),
    .pulled(EnumerationBatch(context: nil)), .other(object),
  ]

  @Test("Responses are read as they were written", arguments: responses.indices)
  func responseRoundTrip(index: Int) throws {
    let response = WSManResponse(relatesTo: "uuid:1", action: nil, body: Self.responses[index])
    #expect(try WSManResponse(decoding: response.encode()).body == Self.responses[index])
  }

  @Test("What other servers write: items in either namespace, a context beside the end, an item of a name of its own")
  func foreignBatches() throws {
    let end = try Self.response(
      "<n:PullResponse><n:EnumerationContext>c</n:EnumerationContext><w:Items><x xmlns=''/></w:Items><w:EndOfSequence/></n:PullResponse>")
    #expect(end == .pulled(EnumerationBatch(items: [EnumerationItem(object: XMLElement(XMLName(.none, "x")))], context: nil)))
    let open = try Self.response("<n:EnumerateResponse><n:EnumerationContext> c </n:EnumerationContext></n:EnumerateResponse>")
    #expect(open == .enumerated(EnumerationBatch(context: "c")))
    let item = try Self.response("<n:PullResponse><n:Items><Item xmlns='urn:i'/></n:Items></n:PullResponse>")
    let object = XMLElement(XMLName(namespace: "urn:i", localName: "Item"))
    #expect(item == .pulled(EnumerationBatch(items: [EnumerationItem(object: object)], context: nil)))
  }

  @Test("The number of a fault that brings none")
  func impliedCodes() {
    func fault(_ namespace: XMLNamespace, _ name: String, _ detail: FaultDetail? = nil) -> WinRMCode? {
      WSManFault(code: .sender, subcode: XMLName(namespace, name), detail: detail, wsmanCode: nil, reason: "").impliedCode
    }
    #expect(fault(.wsman, "AccessDenied") == .accessDenied)
    #expect(fault(.addressing, "DestinationUnreachable") == .resourceNotFound)
    #expect(fault(.addressing, "DestinationUnreachable", .invalidResourceURI) == .invalidResourceURI)
    #expect(fault(.enumeration, "InvalidEnumerationContext") == .invalidEnumerationContext)
    #expect(fault(.wsman, "Whatever") == nil)
  }

  // MARK: Text

  @Test(
    "Elements as text: prefixes and meaning are kept, and nothing else is declared",
    arguments: [
      ("<a/>", "<a/>"), ("<a xmlns='urn:1'><b>x</b></a>", "<a xmlns=\"urn:1\"><b>x</b></a>"),
      ("<p:a xmlns:p='urn:1' xmlns:q='urn:2' p:b='1' c='2'><p:d/></p:a>", "<p:a xmlns:p=\"urn:1\" p:b=\"1\" c=\"2\"><p:d/></p:a>"),
      ("<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'/></p:a>", "<p:a xmlns:p=\"urn:1\"><p:b xmlns:p=\"urn:2\"/></p:a>"),
      ("<a xmlns='urn:1'><b xmlns=''/></a>", "<a xmlns=\"urn:1\"><b xmlns=\"\"/></a>"),
      (
        "<a xmlns:t='urn:t' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='t:C'/>",
        "<a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:t=\"urn:t\" xsi:type=\"t:C\"/>"
      ),
      ("<a xml:lang='en'>x &lt; &amp; \"y\"\u{85}\u{202E}</a>", "<a xml:lang=\"en\">x &lt; &amp; \"y\"&#x85;&#x202E;</a>"),
      ("<a b='&#10;&quot;'>&#13;</a>", "<a b=\"&#10;&quot;\">&#13;</a>"),
    ])
  func xmlText(source: String, expected: String) throws {
    let element = try XMLElement(parsing: Array(source.utf8))
    #expect(element.xml() == expected)
    #expect(try XMLElement(parsing: Array(expected.utf8)) == element)
  }

  @Test("Indented: elements each on a line, text as it is")
  func indented() throws {
    let element = try XMLElement(parsing: Array("<a><b> x </b>\n<c><d/></c><e>m<f/></e></a>".utf8))
    #expect(element.xml(indentation: 2) == "<a>\n  <b> x </b>\n  <c>\n    <d/>\n  </c>\n  <e>m<f/></e>\n</a>")
  }

  @Test("An element taken out of a message declares what it uses")
  func detached() throws {
    let batch = try Self.response("<n:PullResponse><n:Items><b:x w:y='1'/></n:Items></n:PullResponse>")
    guard case .pulled(let items) = batch, let object = items.items.first?.object else { return #expect(Bool(false), "no item") }
    #expect(
      object.xml() == "<b:x xmlns:b=\"\(XMLNamespace.cimBinding.rawValue)\" xmlns:w=\"\(XMLNamespace.wsman.rawValue)\" w:y=\"1\"/>")
  }
}
