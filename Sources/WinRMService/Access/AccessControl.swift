import Logging
import SecurityDescriptors
import SecuritySupport
import WSMan
import WinRMConfiguration

/// Which security descriptor says who may use a resource, and what it says. Made anew whenever the settings change.
struct AccessControl: Sendable {
  /// A descriptor, and where it stands.
  struct Source: Sendable {
    /// `RootSDDL`, or the plug-in and the URI of its Security; for the log.
    let name: String
    let descriptor: SecurityDescriptor
  }

  private struct Entry: Sendable {
    let uri: String
    let isExact: Bool
    let source: Source
  }

  private let root: Source
  private let entries: [Entry]
  /// The URIs of resources of plug-ins that are enabled.
  private let resources: [(uri: String, isExact: Bool)]

  /// - Parameter logger: told of descriptors that cannot be read.
  init(_ settings: WinRMSettings, logger: Logger) {
    root = Self.source("RootSDDL", settings.service.rootSDDL, logger)
    var entries: [Entry] = []
    var resources: [(uri: String, isExact: Bool)] = []
    for plugIn in settings.plugins where plugIn.enabled {
      for resource in plugIn.resources {
        resources.append((Self.normal(resource.uri), resource.exactMatch))
        for security in resource.security {
          let name = "Security \(security.uri) of plug-in \(plugIn.name)"
          entries.append(
            Entry(uri: Self.normal(security.uri), isExact: security.exactMatch, source: Self.source(name, security.sddl, logger)))
        }
      }
    }
    self.entries = entries
    self.resources = resources
  }

  /// The one that admits administrators alone: what stands in the place of a text that cannot be read.
  private static let administratorsOnly = SecurityDescriptor(
    dacl: AccessControlList(flags: .protected, [AccessControlEntry(.allow, .genericAll, .builtinAdministrators)]))

  private static func source(_ name: String, _ sddl: String, _ logger: Logger) -> Source {
    do throws(SDDLError) {
      let descriptor = try SecurityDescriptor(sddl: sddl)
      guard let dacl = descriptor.dacl, !dacl.flags.contains(.noAccessControl) else {
        throw SDDLError("It has no list of who may do what", at: 0)
      }
      return Source(name: name, descriptor: descriptor)
    } catch {
      logger.error(
        "a security descriptor cannot be used: until it is set right, administrators alone are admitted",
        metadata: ["descriptor": "\(name.sanitizedForLog(limit: 256))", "reason": "\(error)"])
      return Source(name: "\(name), which cannot be read", descriptor: administratorsOnly)
    }
  }

  /// Whether a plug-in that is enabled has the resource.
  func isServed(_ resource: ResourceURI) -> Bool {
    let uri = Self.normal(resource.rawValue)
    return resources.contains { uri == $0.uri || (!$0.isExact && Self.isBelow(uri, $0.uri)) }
  }

  /// The descriptor for a resource: of the plug-in's Security elements the one for this very URI, otherwise the one with the longest URI that
  /// it lies below; where there is none, RootSDDL.
  ///
  /// What lists and closes shells is judged as what opens them: there is one kind of shell.
  func source(for resource: ResourceURI) -> Source {
    let isManager = resource.matches(.shell) || resource.matches(.shellCommand)
    let uri = Self.normal((isManager ? .shellCmd : resource).rawValue)
    if let exact = entries.first(where: { $0.uri == uri }) { return exact.source }
    let above = entries.filter { !$0.isExact && Self.isBelow(uri, $0.uri) }
    return above.max { $0.uri.utf8.count < $1.uri.utf8.count }?.source ?? root
  }

  private static func isBelow(_ uri: String, _ prefix: String) -> Bool { uri.hasPrefix(prefix + "/") }

  /// Case does not count, nor do slashes at the end.
  private static func normal(_ uri: String) -> String {
    var text = uri.lowercased()
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }
}

extension AccessControl.Source {
  func grants(_ right: AccessRight, to caller: CallerToken) -> Bool { caller.ownsService || caller.has(right, by: descriptor) }

  /// Whether a use is to be recorded (MS-DTYP §2.4.4.10: the entries of the SACL for whoever it was, and for this outcome).
  func isAudited(_ right: AccessRight, by caller: CallerToken, granted: Bool) -> Bool {
    let outcome: AccessControlEntry.Flags = granted ? .successfulAccess : .failedAccess
    // READ_CONTROL is in each of the three and tells none from another.
    let wanted = GenericMapping.winrm(right.mask).intersection([.winrmRead, .winrmWrite, .winrmExecute])
    return (descriptor.sacl?.entries ?? []).contains { entry in
      entry.kind == .audit && entry.flags.contains(outcome) && !entry.flags.contains(.inheritOnly) && caller.isIn(entry.trustee)
        && !GenericMapping.winrm(entry.mask).isDisjoint(with: wanted)
    }
  }
}
