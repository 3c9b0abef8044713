import SecuritySupport
import WSMan

/// A resource as typed: `winrm/config/Listener?Address=*+Transport=HTTP`.
struct ResourceLocator: Equatable {
  static let base = "http://schemas.microsoft.com/wbem/wsman/1"

  /// The URI with its alias expanded and without selectors, as typed.
  var uri: String
  var selectors: [(name: String, value: String)]

  static func == (left: Self, right: Self) -> Bool {
    left.uri == right.uri && left.selectors.elementsEqual(right.selectors, by: ==)
  }

  /// - Throws: ``WinrmFailure``: `invalidResourceURI` or `invalidSelectors`.
  init(parsing text: String) throws(WinrmFailure) {
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts.first.map(String.init) ?? ""
    guard !path.isEmpty else { throw WinrmFailure(.invalidResourceURI, "The resource URI is empty.") }
    uri = Self.expanded(path)
    while uri.hasSuffix("/") { uri.removeLast() }
    selectors = []
    guard parts.count == 2 else { return }
    for item in parts[1].split(separator: "+", omittingEmptySubsequences: false) {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = pair.first, let value = pair.last, pair.count == 2, !name.isEmpty else {
        throw WinrmFailure(
          WinRMCode(rawValue: 0x8033_803D), "The selectors must have the form NAME=VALUE[+NAME=VALUE]..., and \"\(item)\" has not.")
      }
      guard selector(String(name)) == nil else {
        throw WinrmFailure(.duplicateSelectors, "The selector \(name) stands twice.")
      }
      selectors.append((String(name), String(value)))
    }
  }

  /// The value of a selector, whose name counts in any case.
  func selector(_ name: String) -> String? {
    selectors.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The path below the base in lower case, such as `config/listener`; `nil` for what is no configuration.
  var localPath: String? {
    let lowered = uri.lowercased()
    guard lowered == Self.base + "/config" || lowered.hasPrefix(Self.base + "/config/") else { return nil }
    return String(lowered.dropFirst(Self.base.count + 1))
  }

  private static func expanded(_ path: String) -> String {
    let lowered = path.lowercased()
    for (alias, uri) in aliases where lowered == alias || lowered.hasPrefix(alias + "/") { return uri + path.dropFirst(alias.count) }
    return path
  }

  /// What stands for the beginning of a URI.
  static let aliases = [
    ("wmi", base + "/wmi"), ("wmicimv2", base + "/wmi/root/cimv2"), ("cimv2", "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2"),
    ("winrm", base), ("wsman", base), ("shell", base + "/windows/shell"),
  ]
}
