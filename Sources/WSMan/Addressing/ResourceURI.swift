/// The class of resource that a request is about (`w:ResourceURI`). Unknown values are kept.
public struct ResourceURI: RawRepresentable, Hashable, Sendable {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The command shell: `cmd` on Windows, the login shell here.
  public static let shellCmd = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd")
  /// All shells, for Get and Enumerate.
  public static let shell = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell")
  /// The commands of one shell, for Enumerate.
  public static let shellCommand = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command")
  /// PowerShell's default configuration.
  public static let powerShell = Self(rawValue: "http://schemas.microsoft.com/powershell/Microsoft.PowerShell")
  /// The root of the configuration.
  public static let config = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/config")

  /// Whether the verbs of the remote shell apply: the shell family and PowerShell's configurations.
  public var isShell: Bool {
    let text = rawValue.lowercased()
    return text == Self.shell.rawValue || text.hasPrefix(Self.shell.rawValue + "/")
      || text.hasPrefix("http://schemas.microsoft.com/powershell/")
  }

  /// Whether both name the same resource class; case does not count, nor does a slash at the end.
  public func matches(_ other: ResourceURI) -> Bool { Self.normal(rawValue) == Self.normal(other.rawValue) }

  private static func normal(_ text: String) -> String {
    let lower = text.lowercased()
    return lower.hasSuffix("/") ? String(lower.dropLast()) : lower
  }
}
