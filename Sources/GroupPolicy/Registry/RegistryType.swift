/// The type of a registry value (MS-GPREG §2.2.1, MS-RRP §3.1.1.5). Types without a name here are kept as they are.
public struct RegistryType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No type.
  public static let none = Self(rawValue: 0)
  /// A text with its terminating NUL.
  public static let string = Self(rawValue: 1)
  /// A text with names of environment variables, which are not expanded here.
  public static let expandableString = Self(rawValue: 2)
  public static let binary = Self(rawValue: 3)
  /// 32 bits, little-endian.
  public static let doubleWord = Self(rawValue: 4)
  /// 32 bits, big-endian.
  public static let doubleWordBigEndian = Self(rawValue: 5)
  /// A symbolic link between keys.
  public static let link = Self(rawValue: 6)
  /// Texts, each with its NUL, and one more NUL.
  public static let multiString = Self(rawValue: 7)
  public static let resourceList = Self(rawValue: 8)
  public static let fullResourceDescriptor = Self(rawValue: 9)
  public static let resourceRequirementsList = Self(rawValue: 10)
  /// 64 bits, little-endian.
  public static let quadWord = Self(rawValue: 11)

  private static let names: [(Self, String)] = [
    (.none, "REG_NONE"), (.string, "REG_SZ"), (.expandableString, "REG_EXPAND_SZ"), (.binary, "REG_BINARY"), (.doubleWord, "REG_DWORD"),
    (.doubleWordBigEndian, "REG_DWORD_BIG_ENDIAN"), (.link, "REG_LINK"), (.multiString, "REG_MULTI_SZ"),
    (.resourceList, "REG_RESOURCE_LIST"), (.fullResourceDescriptor, "REG_FULL_RESOURCE_DESCRIPTOR"),
    (.resourceRequirementsList, "REG_RESOURCE_REQUIREMENTS_LIST"), (.quadWord, "REG_QWORD"),
  ]

  /// The name that the Windows headers have for it, or its number.
  public var name: String { Self.names.first { $0.0 == self }?.1 ?? String(rawValue) }

  /// The type of a name, or of a number.
  public init?(name: String) {
    if let known = Self.names.first(where: { $0.1 == name }) {
      self = known.0
    } else if let number = UInt32(name) {
      self.init(rawValue: number)
    } else {
      return nil
    }
  }
}
