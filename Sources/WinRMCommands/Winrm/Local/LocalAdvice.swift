import Certificates
import WSMan
import WinRM
import WinRMConfiguration
import WinRMResources

/// What does not stop a setting of this machine from being set, and should be known to who sets it.
struct LocalAdvice {
  var paths: WinRMPaths
  var groups = UnixNames.system
  var domain = DomainNames(hostNames: MachineNames.labels())

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
    var domain = domain
    return names.compactMap { name in
      let hasDomain = name.contains("\\") || name.contains("@")
      // A name with its domain is first asked for there: behind the name service it could hold up all the others.
      let answer = hasDomain ? domain.find(name, .group) : .missing
      switch answer {
      case .found: return nil
      case .silent, .unanswered, .notAsked, .failed: return Self.remark(onGroup: name, hasDomain: hasDomain, answer)
      case .missing, .other, .noDomain: break
      }
      do {
        guard try !groups.hasGroup(name) else { return nil }
      } catch {
        return "whether there is a group \(name) could not be found out: the name service of this machine does not answer."
      }
      return Self.remark(onGroup: name, hasDomain: hasDomain, hasDomain ? answer : domain.find(name, .group))
    }
  }

  /// - Parameter name: a group that is not one of this machine's own.
  private static func remark(onGroup name: String, hasDomain: Bool, _ answer: DomainNames.Answer) -> String? {
    let open: String
    switch answer {
    case .found: return nil
    case .missing where hasDomain, .other where hasDomain:
      return "the domain has no group \(name), as far as winbind knows; until it has, nobody gets in by it."
    case .missing, .other, .noDomain:
      return "there is no group \(name) on this machine; until there is, or its domain has one, nobody gets in by it."
    case .silent: open = "winbind does not answer"
    case .unanswered: open = "winbind got no answer within \(DomainNames.patience) seconds"
    case .notAsked(let first): open = "it was not asked for, because \(first) got no answer"
    case .failed(let reason): open = reason
    }
    return hasDomain
      ? "whether there is a group \(name) could not be found out: \(open)."
      : "there is no group \(name) on this machine; whether its domain has one could not be found out: \(open)."
  }

  private static func value(_ name: String, _ element: XMLElement) -> String? {
    element.elements.first { $0.name.localName == name }?.text
  }
}
