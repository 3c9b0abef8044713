import Certificates
import WSMan
import WinRM
import WinRMConfiguration
import WinRMResources

/// What does not stop a setting of this machine from being set, and should be known to who sets it.
struct LocalAdvice {
  var paths: WinRMPaths
  var groups = UnixNames.system

  /// - Parameters:
  ///   - names: the settings that were named.
  ///   - answer: the resource as it is now.
  func remarks(on names: Set<String>, of resource: ResourceSelection, _ answer: XMLElement) -> [String] {
    guard resource.uri.matches(ResourceURI(rawValue: ConfigurationResource.service.uri)) else { return [] }
    var remarks: [String] = []
    if names.contains("CertificateThumbprint"), let thumbprint = Self.value("CertificateThumbprint", answer), !thumbprint.isEmpty {
      remarks += CertificateChecks(store: ServerCertificateStore(directory: paths.certificateDirectory)).remarks(onCredSSP: thumbprint)
    }
    if names.contains("AllowedGroups"), let list = Self.value("AllowedGroups", answer) {
      remarks += list.split(separator: ",").compactMap { remark(onGroup: String($0.drop { $0 == " " })) }
    }
    return remarks
  }

  private func remark(onGroup name: String) -> String? {
    do {
      guard try !groups.hasGroup(name) else { return nil }
      return "there is no group \(name) on this machine; until there is, or its domain has one, nobody gets in by it."
    } catch {
      return "whether there is a group \(name) on this machine could not be found out."
    }
  }

  private static func value(_ name: String, _ element: XMLElement) -> String? {
    element.elements.first { $0.name.localName == name }?.text
  }
}
