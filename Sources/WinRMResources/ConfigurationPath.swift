import WSMan
import WinRMConfiguration

/// A resource under `winrm/config`, by its URI, which counts in any case.
struct ConfigurationPath: Equatable {
  enum Target: Equatable {
    case settings(ConfigurationResource)
    case listener
    case certificateMapping
    case plugIn
    /// Superseded by the plug-ins' element Security.
    case security
    /// Of WinRM 1.1.
    case customRemoteShell
    case unknown
  }

  /// The whole URI in lower case, without a slash at its end. The namespace of what is addressed by it.
  let uri: String
  let target: Target

  /// `nil` for what is not under `winrm/config`, and for `winrm/config/resource`.
  init?(_ resource: ResourceURI) {
    var uri = resource.rawValue.lowercased()
    while uri.hasSuffix("/") { uri.removeLast() }
    let base = ResourceURI.config.rawValue
    guard uri == base || uri.hasPrefix(base + "/"), uri != base + "/resource" else { return nil }
    self.uri = uri
    let path = "config" + uri.dropFirst(base.count)
    switch path {
    case "config/listener": target = .listener
    case "config/service/certmapping": target = .certificateMapping
    case "config/plugin": target = .plugIn
    case "config/service/security": target = .security
    case "config/winrs/customremoteshell": target = .customRemoteShell
    default: target = ConfigurationResource(path: path).map { .settings($0) } ?? .unknown
    }
  }
}

extension ConfigurationResource {
  /// The URI, which is the namespace of the resource where it is addressed by it.
  package var uri: String { "http://schemas.microsoft.com/wbem/wsman/1/" + rawValue }
}
