/// What a message asks for or answers (`a:Action`). Unknown values are kept.
public struct WSManAction: RawRepresentable, Hashable, Sendable {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let get = transfer("Get")
  public static let put = transfer("Put")
  public static let create = transfer("Create")
  public static let delete = transfer("Delete")
  public static let enumerate = enumeration("Enumerate")
  public static let pull = enumeration("Pull")
  public static let release = enumeration("Release")
  public static let command = shell("Command")
  public static let send = shell("Send")
  public static let receive = shell("Receive")
  public static let signal = shell("Signal")
  public static let connect = shell("Connect")
  public static let disconnect = shell("Disconnect")
  public static let reconnect = shell("Reconnect")

  /// The action of the answer: the same URI with `Response` at its end.
  public var response: WSManAction { WSManAction(rawValue: rawValue + "Response") }

  /// The actions of faults, by the namespace of the subcode.
  static let addressingFault = Self(rawValue: XMLNamespace.addressing.rawValue + "/fault")
  static let wsmanFault = Self(rawValue: "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault")
  static let transferFault = transfer("fault")
  static let enumerationFault = enumeration("fault")
  static let eventingFault = Self(rawValue: XMLNamespace.eventing.rawValue + "/fault")

  private static func transfer(_ verb: String) -> Self { Self(rawValue: XMLNamespace.transfer.rawValue + "/" + verb) }
  private static func enumeration(_ verb: String) -> Self { Self(rawValue: XMLNamespace.enumeration.rawValue + "/" + verb) }
  private static func shell(_ verb: String) -> Self { Self(rawValue: XMLNamespace.shell.rawValue + "/" + verb) }
}
