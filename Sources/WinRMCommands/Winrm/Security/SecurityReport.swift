import SecurityDescriptors

/// A security descriptor in words.
enum SecurityReport {
  /// What `winrm configsddl` shows: the text, then who may do what, in the order in which it counts.
  ///
  /// - Parameter source: where the descriptor comes from when that is not the URI itself.
  static func element(uri: String, source: String?, sddl: String) -> ResultElement {
    var children = [ResultElement(name: "Uri", value: uri)]
    if let source, source.lowercased() != uri.lowercased() { children.append(ResultElement(name: "InheritedFrom", value: source)) }
    children.append(ResultElement(name: "Sddl", value: sddl))
    if let descriptor = try? SecurityDescriptor(sddl: sddl) {
      if let owner = descriptor.owner { children.append(ResultElement(name: "Owner", value: name(of: owner))) }
      if let group = descriptor.group { children.append(ResultElement(name: "Group", value: name(of: group))) }
      children += (descriptor.dacl?.entries ?? []).map { element($0) }
    }
    return ResultElement(name: "Security", children: children)
  }

  /// `Administrators (S-1-5-32-544): everything`, one for each entry that counts.
  static func sentences(about descriptor: SecurityDescriptor) -> [String] {
    let entries = descriptor.dacl?.entries ?? []
    guard !entries.isEmpty else { return ["nobody"] }
    return entries.map { "\($0.kind == .deny ? "not " : "")\(name(of: $0.trustee)): \(rights($0.mask))" }
  }

  private static func element(_ entry: AccessControlEntry) -> ResultElement {
    ResultElement(
      name: entry.kind == .deny ? "Deny" : "Allow",
      children: [ResultElement(name: "Who", value: name(of: entry.trustee)), ResultElement(name: "Rights", value: rights(entry.mask))]
        + (entry.flags.contains(.inheritOnly) ? [ResultElement(name: "OnlyBelow", value: "true")] : []))
  }

  /// In the words of the service, which knows three rights.
  static func rights(_ mask: AccessMask) -> String {
    let mapped = GenericMapping.winrm(mask)
    let words: [(AccessMask, String)] = [(.winrmRead, "read"), (.winrmWrite, "change"), (.winrmExecute, "execute")]
    let present = words.filter { mapped.contains($0.0) }.map(\.1)
    guard !present.isEmpty else { return "nothing that counts here" }
    return present.count == words.count ? "everything" : present.joined(separator: " and ")
  }

  private static let names: [SecurityIdentifier: String] = [
    .everyone: "Everyone", .ownerRights: "Owner rights", .network: "Callers over the network", .interactive: "Callers on this computer",
    .anonymous: "Anonymous", .authenticatedUsers: "Authenticated users", .localSystem: "Local system", .localService: "Local service",
    .networkService: "Network service", .builtinAdministrators: "Administrators", .builtinUsers: "Users", .builtinGuests: "Guests",
    .remoteManagementUsers: "Remote Management Users",
  ]

  /// A name, and the SID where that says more.
  static func name(of sid: SecurityIdentifier) -> String {
    if let name = names[sid] { return "\(name) (\(sid))" }
    // What Samba has for Unix users and groups.
    guard sid.authority == 22, sid.subAuthorities.count == 2, let number = sid.relativeIdentifier else { return sid.description }
    switch sid.subAuthorities[0] {
    case 1: return unix("user", number, sid) { () throws(NameService.Failure) in try NameService.system.user(number)?.name }
    case 2: return unix("group", number, sid) { () throws(NameService.Failure) in try NameService.system.group(number)?.name }
    default: return sid.description
    }
  }

  static func unix(
    _ kind: String, _ number: UInt32, _ sid: SecurityIdentifier, _ name: () throws(NameService.Failure) -> String?
  ) -> String {
    do throws(NameService.Failure) { return "Unix \(kind) \(try name() ?? String(number)) (\(sid))" } catch {
      return "Unix \(kind) \(number) (\(sid); its name is not known: the name service does not answer)"
    }
  }
}
