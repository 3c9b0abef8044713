import Certificates
import WSMan
import WinRM
import WinRMConfiguration
import WinRMResources

/// What does not stop a setting of this machine from being set, and should be known to who sets it.
struct LocalAdvice {
  var paths: WinRMPaths
  var groups = UnixNames.system
  var domain = DomainGroups.system

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
      remarks += self.remarks(onGroups: list.split(separator: ",").map { String($0.drop { $0 == " " }) })
    }
    return remarks
  }

  private func remarks(onGroups names: [String]) -> [String] {
    // Who gives no answer about one group is not waited for again.
    var isSilent = false
    return names.compactMap { name in
      do {
        guard try !groups.hasGroup(name) else { return nil }
      } catch {
        return "whether there is a group \(name) could not be found out: the name service of this machine does not answer."
      }
      let answer = isSilent ? .silent : domain.find(name)
      isSilent = answer == .silent
      return Self.remark(onGroup: name, answer)
    }
  }

  /// - Parameter name: a group that is not one of this machine's own.
  private static func remark(onGroup name: String, _ answer: DomainGroups.Answer) -> String? {
    let hasDomain = name.contains("\\") || name.contains("@")
    switch answer {
    case .found: return nil
    case .silent where hasDomain: return "whether there is a group \(name) could not be found out: winbind gave no answer."
    case .silent: return "there is no group \(name) on this machine; whether its domain has one, winbind did not answer."
    case .missing where hasDomain: return "the domain has no group \(name), as far as winbind knows; until it has, nobody gets in by it."
    case .missing, .noDomain:
      return "there is no group \(name) on this machine; until there is, or its domain has one, nobody gets in by it."
    }
  }

  private static func value(_ name: String, _ element: XMLElement) -> String? {
    element.elements.first { $0.name.localName == name }?.text
  }
}
