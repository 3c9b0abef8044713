/// A namespace of WS-Management and its relatives (MS-WSMV §2.2.1), with the prefix that this library writes.
public struct XMLNamespace: RawRepresentable, Hashable, Sendable {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// SOAP 1.2 envelope.
  public static let soap = Self(rawValue: "http://www.w3.org/2003/05/soap-envelope")
  /// SOAP 1.1 envelope: recognised only to be answered with VersionMismatch.
  public static let soap11 = Self(rawValue: "http://schemas.xmlsoap.org/soap/envelope/")
  /// WS-Addressing, the submission of 2004.
  public static let addressing = Self(rawValue: "http://schemas.xmlsoap.org/ws/2004/08/addressing")
  /// WS-Management, DMTF.
  public static let wsman = Self(rawValue: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd")
  /// WS-Management, Microsoft's additions.
  public static let microsoft = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd")
  /// WS-Transfer.
  public static let transfer = Self(rawValue: "http://schemas.xmlsoap.org/ws/2004/09/transfer")
  /// WS-Enumeration.
  public static let enumeration = Self(rawValue: "http://schemas.xmlsoap.org/ws/2004/09/enumeration")
  /// WS-Eventing.
  public static let eventing = Self(rawValue: "http://schemas.xmlsoap.org/ws/2004/08/eventing")
  /// The remote shell.
  public static let shell = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell")
  /// Fault details.
  public static let fault = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault")
  /// Identify.
  public static let identity = Self(rawValue: "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd")
  /// The binding of CIM to WS-Management: associations, subclasses.
  public static let cimBinding = Self(rawValue: "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd")
  /// The namespace of `xml:lang`, always bound to the prefix `xml`.
  public static let xml = Self(rawValue: "http://www.w3.org/XML/1998/namespace")
  /// The namespace of `xsi:nil`.
  public static let schemaInstance = Self(rawValue: "http://www.w3.org/2001/XMLSchema-instance")
  /// No namespace.
  public static let none = Self(rawValue: "")

  /// The prefix that this library writes for the namespace; `nil` for one that it does not know.
  var prefix: String? { Self.prefixes[self] }

  private static let prefixes: [XMLNamespace: String] = [
    .soap: "s", .addressing: "a", .wsman: "w", .microsoft: "p", .transfer: "x", .enumeration: "n", .eventing: "e", .shell: "rsp",
    .cimBinding: "b",
    .fault: "f", .identity: "wsmid", .xml: "xml", .schemaInstance: "xsi",
  ]
}
