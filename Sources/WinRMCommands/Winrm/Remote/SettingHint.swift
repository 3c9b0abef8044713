import WSMan
import WinRMConfiguration

/// What somebody could have meant by a name that a resource does not have.
enum SettingHint {
  /// - Parameters:
  ///   - names: the names that there are.
  ///   - uri: the resource.
  /// - Returns: the name in its case, the place where it stands, or, for the configuration, the names that there are; `nil` for nothing.
  static func text(for name: String, among names: [String], of uri: ResourceURI) -> String? {
    let folded = name.lowercased()
    if let known = names.first(where: { $0.lowercased() == folded }) { return "Did you mean \(known)? Names count in exactly their case." }
    guard let path = path(uri) else { return nil }
    // Auth and DefaultPorts stand twice; the nearer one is meant.
    let below = SettingDescription.all.first { $0.name.lowercased() == folded && $0.resource.hasPrefix(path + "/") && isTree($0.resource) }
    if let below { return "\(below.name) is a setting of winrm/\(below.resource)." }
    return "It has: \(names.joined(separator: ", "))"
  }

  /// Finds names of a new instance that its resource does not have.
  ///
  /// - Throws: ``WinrmUsageError`` for the first of them.
  static func check(_ names: [String], ofNew uri: ResourceURI) throws(WinrmUsageError) {
    guard let path = path(uri) else { return }
    let known =
      SettingDescription.all.filter { $0.resource == path }.map(\.name) + (path == "config/service/certmapping" ? ["Password"] : [])
    guard !known.isEmpty else { return }
    for name in names where !known.contains(name) { throw unknown(name, text(for: name, among: known, of: uri)) }
  }

  static func unknown(_ name: String, _ hint: String?) -> WinrmUsageError {
    WinrmUsageError(
      "Parameter name does not match any properties on resource: \(name)" + (hint.map { "\n" + $0 } ?? ""), pointsToHelp: false)
  }

  private static func isTree(_ resource: String) -> Bool { ConfigurationResource(rawValue: resource) != nil }

  /// `config/client` of a resource of the configuration.
  private static func path(_ uri: ResourceURI) -> String? {
    let (text, base) = (uri.rawValue.lowercased(), ResourceURI.config.rawValue)
    guard text == base || text.hasPrefix(base + "/") else { return nil }
    return "config" + text.dropFirst(base.count)
  }
}
