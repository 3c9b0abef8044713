import GroupPolicy
import WinRMConfiguration

/// Why the policy of the domain could not be read. What was stored before stays in force, unless the domain has said what cannot be used.
struct DomainPolicyError: Error, Equatable {
  /// For the administrator: what was tried, and what came of it.
  var message: String
  /// Whether the answer came, and cannot be understood or is too large. Whoever may change an object can bring that about, and must not keep
  /// what others forbid from this machine by it.
  var isAnswer = false
  /// Whether SYSVOL answers, and it is one object whose files are missing or kept from this machine. Whoever may change the object can bring
  /// that about too.
  var isOfOneObject = false
}

/// What runs a program: the tests put something else in its place.
typealias ProgramRunner = (_ name: String, _ arguments: [String], _ maximumOutput: Int) throws -> ChildProcess.Result

/// Reads the policy of the domain as this machine: which objects apply and in which order from the directory, their files from SYSVOL.
///
/// Samba's programs do the talking, with the machine's account and Kerberos: `wbinfo` finds a domain controller, `ldbsearch` asks its
/// directory over an encrypted connection, `smbclient` fetches files over a signed one. Each answer is taken apart here and believed only
/// as far as it goes: a name becomes part of an argument when it was rebuilt from its checked parts. No cache of anybody is looked at.
struct DomainPolicyReader {
  var run: ProgramRunner
  /// Seconds since 1970.
  var now: Int64
  /// What was read before, for objects whose files cannot be had.
  var previous: DomainPolicy?

  /// Objects or links beyond this number are refused.
  private static let maximumObjects = 200
  /// The extension that carries registry values (MS-GPREG §1.9).
  private static let registryExtension = "{35378eac-683f-11d2-a89a-00c04fbbcfa2}"

  /// Samba's programs. One that hangs is ended after a minute, and nothing is started any more after five.
  static func programs() -> ProgramRunner {
    let end = ContinuousClock.now + .seconds(300)
    return { name, arguments, maximumOutput in
      let rest = end - .now
      guard rest > .zero else { throw ChildProcess.Failure.timedOut(name) }
      return try ChildProcess.run(
        name, arguments, maximumOutput: maximumOutput, seconds: Int(min(rest, .seconds(59)).components.seconds) + 1)
    }
  }

  /// Reads the policy, the objects in the order in which they apply. One whose files are missing or kept from this machine is as it was read
  /// before, and marked (``DomainPolicy/Object/stale``); where that is not known it fails the whole: without it something could be allowed that
  /// it forbids. One that is fetched and cannot be understood makes the policy ``DomainPolicy/unusable``. One that does not apply does neither.
  ///
  /// - Throws: ``DomainPolicyError``.
  func read() throws -> DomainPolicy {
    let controller = try controller()
    let session = try session(controller)
    var policy = DomainPolicy(
      domain: session.domain, controller: controller.name, machine: session.machine.description, updated: now, objects: [])
    var linked: Set<PolicyIdentifier>?
    do {
      let links = try links(session)
      linked = Set(links.map(\.link.identifier))
      try read(links, into: &policy, session)
    } catch let error as DomainPolicyError where error.isAnswer {
      policy.unusable = error.message
    } catch let error as GroupPolicyError {
      policy.unusable = "an answer of the directory of \(controller.name) cannot be used: \(error)"
    }
    policy.remembered = remembered(beside: policy, linked)
    return policy
  }

  private func links(_ session: Session) throws -> [PolicyScope.AppliedLink] {
    let links = PolicyScope.appliedLinks(of: try scopes(session))
    guard links.count <= Self.maximumObjects else {
      throw DomainPolicyError(
        message: "\(links.count) policy objects are linked; more than \(Self.maximumObjects) are not taken", isAnswer: true)
    }
    return links
  }

  private func read(_ links: [PolicyScope.AppliedLink], into policy: inout DomainPolicy, _ session: Session) throws {
    var size = 0
    for link in links {
      switch try object(link, session, &size) {
      case .applied(let object): policy.objects.append(object)
      case .leftAside(let object, let why):
        policy.leftAside.append(DomainPolicy.LeftAside(object: object, link: link.scope, reason: why))
      }
    }
  }

  /// What was read of an object before, in the same domain.
  private func known(_ identifier: PolicyIdentifier, in domain: String) -> DomainPolicy.Object? {
    guard let previous, previous.domain == domain, var object = previous.known(identifier) else { return nil }
    object.stale = DomainPolicy.Object.Stale(lastRead: max(0, previous.lastRead(object)), reason: object.stale?.reason ?? "")
    return object
  }

  /// Whether an object was there at the last update, and did not apply. Its files are none that only come later than a new link, and whoever may
  /// edit it decides whether it applies.
  private func wasLeftAside(_ identifier: PolicyIdentifier, in domain: String) -> Bool {
    previous?.domain == domain && previous?.leftAside.contains { $0.object.hasSuffix(" \(identifier)") } == true
  }

  /// What was read before of objects that are linked and were not read now: otherwise whoever switches an object off, and on again without its
  /// files, would have made it one of which nothing is known.
  ///
  /// - Parameter linked: `nil` where the answer does not tell.
  private func remembered(beside policy: DomainPolicy, _ linked: Set<PolicyIdentifier>?) -> [DomainPolicy.Object] {
    let read = Set(policy.objects.map(\.identifier))
    return ((previous?.objects ?? []) + (previous?.remembered ?? [])).map(\.identifier)
      .filter { !read.contains($0) && linked?.contains($0) ?? true }
      .compactMap { known($0, in: policy.domain) }
  }

  // MARK: Domain controller

  private struct Controller {
    var name: String
    /// The DNS name of the domain, in lower case.
    var domain: String
    var site: String?
  }

  private func controller() throws -> Controller {
    let netBIOS =
      try lines("wbinfo", ["--own-domain"], "this machine's domain could not be found out; winbind must run, and the machine be a member")
      .first ?? ""
    guard Self.isName(netBIOS) else { throw DomainPolicyError(message: "winbind names no domain that this machine is a member of") }
    let information = try lines("wbinfo", ["--domain-info=\(netBIOS)"], "winbind does not know the domain \(netBIOS)")
    let label = "Alt_Name"
    let names = information.compactMap { line -> String? in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].filter({ $0 != " " }) == label else { return nil }
      return String(parts[1].drop { $0 == " " })
    }
    guard names.count == 1, let domain = names.first?.lowercased(), Self.isName(domain) else {
      throw DomainPolicyError(message: "winbind does not know the DNS name of the domain \(netBIOS)")
    }
    let failure = "no domain controller of \(domain) was found"
    let answer = try start("wbinfo", ["--dsgetdcname=\(domain)"], 1 << 16, failure)
    guard answer.exitCode == 0 else { throw DomainPolicyError(message: Self.explained(failure, answer)) }
    return try Self.controller(String(decoding: answer.output, as: UTF8.self), domain: domain, netBIOS: netBIOS.lowercased())
  }

  /// Takes the answer of `wbinfo --dsgetdcname` apart, which has one line for each of: name, address, kind of address, GUID, domain,
  /// forest, flags, site of the controller, site of this machine. A value that is not there leaves its line empty or says "(null)".
  ///
  /// Every line that has a form is held against it: a line too few would make something else the site, and the policy of a site is lost
  /// without a word when nobody knows the site.
  private static func controller(_ answer: String, domain: String, netBIOS: String) throws -> Controller {
    // Behind the last line break there is no line.
    let lines = answer.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { $0 == "(null)" ? "" : $0 }
    guard lines.count >= 9, lines[0].hasPrefix("\\\\"), UInt8(lines[2]) != nil, PolicyIdentifier("{\(lines[3])}") != nil,
      [domain, netBIOS].contains(lines[4].lowercased()), lines[6].hasPrefix("0x"), UInt64(lines[6].dropFirst(2), radix: 16) != nil
    else {
      throw DomainPolicyError(message: "winbind's answer about the domain controllers of \(domain) is not understood")
    }
    let name = lines[0].dropFirst(2).lowercased()
    // Its files are fetched from there, and its directory is believed: nobody outside of the domain can be meant.
    guard isName(name), name.hasSuffix("." + domain), name.utf8.count > domain.utf8.count + 1 else {
      throw DomainPolicyError(message: "winbind names a domain controller of \(domain) whose name is not in that domain")
    }
    guard lines[8].isEmpty || isSite(lines[8]) else {
      throw DomainPolicyError(message: "winbind names a site of this machine that cannot be one")
    }
    return Controller(name: name, domain: domain, site: lines[8].isEmpty ? nil : String(lines[8]))
  }

  private func lines(_ name: String, _ arguments: [String], _ failure: String) throws -> [String] {
    let result = try start(name, arguments, 1 << 16, failure)
    guard result.exitCode == 0 else { throw DomainPolicyError(message: Self.explained(failure, result)) }
    return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Letters, digits, `-`, `_` and dots, beginning with a letter or a digit: it can stand in an argument and in a path.
  static func isName(_ text: String) -> Bool {
    guard (1...255).contains(text.utf8.count), let first = text.utf8.first, Self.isAlphanumeric(first) else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains($0) }
      && !text.contains("..")
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// What can stand in a distinguished name as it is.
  private static func isSite(_ text: Substring) -> Bool {
    (1...64).contains(text.unicodeScalars.count) && text.first != " " && text.last != " "
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && !",=+<>#;\"\\".unicodeScalars.contains($0) }
  }

  // MARK: Directory

  private struct Session {
    var controller: Controller
    /// The DNS name of the domain, in lower case.
    var domain: String
    /// The distinguished names of the domain and of the configuration.
    var base: DirectoryName
    var configuration: DirectoryName
    var machine: DirectoryName
    /// The SIDs of this machine and of its groups.
    var identities: Set<String>
    var domainIdentity: String
  }

  private func session(_ controller: Controller) throws -> Session {
    guard let root = try search(controller, "", ["defaultNamingContext", "configurationNamingContext", "tokenGroups"]),
      let base = try root.text(of: "defaultNamingContext"), let configuration = try root.text(of: "configurationNamingContext")
    else {
      throw DomainPolicyError(message: "the directory of \(controller.name) does not say which domain it serves")
    }
    let identities = try root.texts(of: "tokenGroups")
    guard let own = identities.first, identities.allSatisfy(Self.isSID), let cut = own.lastIndex(of: "-") else {
      throw DomainPolicyError(message: "the directory of \(controller.name) does not know this machine")
    }
    let baseName = try DirectoryName(parsing: base)
    guard baseName.domain == controller.domain else {
      throw DomainPolicyError(message: "the directory of \(controller.name) serves another domain than \(controller.domain)")
    }
    guard let record = try search(controller, "<SID=\(own)>", ["objectClass"]) else {
      throw DomainPolicyError(message: "the directory of \(controller.name) does not know the account of this machine")
    }
    let machine = try DirectoryName(parsing: record.name)
    guard machine.domain == baseName.domain, try record.texts(of: "objectClass").contains(where: { $0.lowercased() == "computer" }) else {
      throw DomainPolicyError(message: "the account that the directory of \(controller.name) knows is none of a computer in its domain")
    }
    return Session(
      controller: controller, domain: baseName.domain, base: baseName, configuration: try DirectoryName(parsing: configuration),
      machine: machine, identities: Set(identities), domainIdentity: String(own[..<cut]))
  }

  private static func isSID(_ text: String) -> Bool {
    text.hasPrefix("S-1-") && text.utf8.count < 200
      && text.utf8.dropFirst(4).allSatisfy { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// Site, domain, units from the outermost to the innermost.
  private func scopes(_ session: Session) throws -> [PolicyScope] {
    var names: [DirectoryName] = []
    var name = session.machine.parent
    while let current = name, !current.isSame(as: session.base) {
      if current.isNamed(by: "OU") { names.append(current) }
      name = current.parent
    }
    names.append(session.base)
    if let site = session.controller.site {
      names.append(DirectoryName(parts: ["CN=\(site)", "CN=Sites"] + session.configuration.parts))
    }
    var scopes: [PolicyScope] = []
    for name in names.reversed() {
      guard let record = try search(session.controller, name.description, ["gPLink", "gPOptions"]) else {
        throw DomainPolicyError(message: "the directory does not show \(name), which this machine is in")
      }
      scopes.append(
        try PolicyScope(name: name.description, gPLink: record.text(of: "gPLink"), gPOptions: record.text(of: "gPOptions")))
    }
    return scopes
  }

  private enum Object {
    case applied(DomainPolicy.Object)
    case leftAside(object: String, because: String)
  }

  private func object(_ link: PolicyScope.AppliedLink, _ session: Session, _ size: inout Int) throws -> Object {
    let identifier = link.link.identifier
    let parts = ["CN=\(identifier)", "CN=Policies", "CN=System"] + session.base.parts
    guard try DirectoryName(parsing: link.link.object).isSame(as: DirectoryName(parts: parts)) else {
      guard link.link.domain != session.domain else {
        return .leftAside(
          object: String(link.link.object.prefix(300)), because: "its link does not name the place where the domain has its policy objects")
      }
      return .leftAside(
        object: "\(identifier) of \(link.link.domain)", because: "it is an object of another domain, and only those of this one are read")
    }
    let attributes = [
      "displayName", "flags", "gPCFileSysPath", "gPCMachineExtensionNames", "gPCWQLFilter", "nTSecurityDescriptor", "versionNumber",
    ]
    let name = DirectoryName(parts: parts).description
    guard let record = try search(session.controller, name, attributes, withDescriptor: true, mayBeRefused: true) else {
      return .leftAside(object: identifier.description, because: "there is no such object, or this machine may not see it")
    }
    let displayName = DomainPolicy.line(String(try record.text(of: "displayName")?.prefix(256) ?? "policy object"))
    let title = "\(DomainPolicy.quoted(displayName)) \(identifier)"
    if let reason = try reasonToLeaveAside(record, title, session) { return .leftAside(object: title, because: reason) }
    if try hasUnnamedValues(record, identifier, title, session) {
      return .leftAside(
        object: title,
        because: "it has a Registry.pol, and its gPCMachineExtensionNames names no registry values: no machine reads the file")
    }
    return .applied(try content(of: record, displayName, title, link, session, &size))
  }

  /// Why an object does not apply to this machine; `nil` when it does.
  private func reasonToLeaveAside(_ record: DirectoryRecord, _ title: String, _ session: Session) throws -> String? {
    if let text = try record.text(of: "flags") {
      guard let flags = Int32(text) else {
        throw DomainPolicyError(
          message: "whether the policy object \(title) applies to this machine cannot be told: its flags are no number", isAnswer: true)
      }
      if flags & 2 != 0 { return "its part for machines is switched off" }
    }
    guard let descriptor = try record.text(of: "nTSecurityDescriptor") else { return "this machine may not see to whom it applies" }
    do throws(GroupPolicyError) {
      guard try PolicyAccess(parsing: descriptor, domain: session.domainIdentity).isApplied(to: session.identities) else {
        return "its security filter leaves this machine out"
      }
    } catch {
      throw DomainPolicyError(
        message: "whether the policy object \(title) applies to this machine cannot be told: \(error)", isAnswer: true)
    }
    if let filter = try record.text(of: "gPCWQLFilter"), !filter.allSatisfy(\.isWhitespace) {
      return "it has a WMI filter, and without WMI no filter can be answered"
    }
    return nil
  }

  /// Whether an object has a file of registry values, and its list of extensions does not name such: somebody has put the file there and
  /// done nothing else, and every machine passes over it.
  private func hasUnnamedValues(_ record: DirectoryRecord, _ identifier: PolicyIdentifier, _ title: String, _ session: Session) throws
    -> Bool
  {
    guard try !hasRegistryExtension(record) else { return false }
    let file = Self.directory(of: identifier, session.domain) + "\\Machine\\Registry.pol"
    // Nothing that holds depends on the file, so that one which cannot be had is no error.
    return (try? fetch(session.controller, file, PolicyFile.maximumSize, title)) != nil
  }

  private func hasRegistryExtension(_ record: DirectoryRecord) throws -> Bool {
    try record.text(of: "gPCMachineExtensionNames")?.lowercased().contains(Self.registryExtension) ?? false
  }

  private static func directory(of identifier: PolicyIdentifier, _ domain: String) -> String {
    "\\\\\(domain)\\sysvol\\\(domain)\\Policies\\\(identifier)"
  }

  /// What an object says that applies.
  ///
  /// - Parameter size: how much is kept of the objects together.
  private func content(
    of record: DirectoryRecord, _ name: String, _ title: String, _ link: PolicyScope.AppliedLink, _ session: Session, _ size: inout Int
  ) throws -> DomainPolicy.Object {
    let identifier = link.link.identifier
    let directory = Self.directory(of: identifier, session.domain)
    guard try record.text(of: "gPCFileSysPath")?.lowercased() == directory.lowercased() else {
      throw DomainPolicyError(message: "the files of the policy object \(title) are not where they belong, in \(directory)", isAnswer: true)
    }
    let file = directory + "\\Machine\\Registry.pol"
    var object = DomainPolicy.Object(
      name: name, identifier: identifier, link: link.scope, isEnforced: link.link.isEnforced, version: 0, file: file, entries: [])
    guard try hasRegistryExtension(record) else { return object }
    do {
      (object.version, object.entries) = try files(of: record, directory, file, title, session)
    } catch let error as DomainPolicyError where error.isOfOneObject {
      guard let known = known(identifier, in: session.domain) else {
        guard wasLeftAside(identifier, in: session.domain) else { throw error }
        throw DomainPolicyError(message: "\(error.message), and nothing was read of it before", isAnswer: true)
      }
      (object.version, object.entries) = (known.version, known.entries)
      object.stale = DomainPolicy.Object.Stale(lastRead: known.stale?.lastRead ?? 0, reason: error.message)
    }
    for entry in object.entries {
      size += DomainPolicy.storedSize(of: entry)
      guard size <= DomainPolicy.maximumSize else {
        throw DomainPolicyError(
          message: """
            what the policy objects say about WinRM and CredSSP is larger than \(DomainPolicy.maximumSize) bytes; the last one that was read is \
            \(title), file \(file)
            """, isAnswer: true)
      }
    }
    return object
  }

  /// The version of an object and what matters of its entries.
  private func files(
    of record: DirectoryRecord, _ directory: String, _ file: String, _ title: String, _ session: Session
  ) throws -> (version: UInt32, entries: [PolicyFile.Entry]) {
    func missing(_ file: String) -> DomainPolicyError {
      DomainPolicyError(
        message: "SYSVOL of \(session.controller.name) lacks \(file) of the policy object \(title)",
        isOfOneObject: isServing(session.controller))
    }
    let template = directory + "\\GPT.INI"
    guard let bytes = try fetch(session.controller, template, PolicyTemplateFile.maximumSize, title) else { throw missing(template) }
    let version: UInt32
    do {
      version = UInt32(try PolicyTemplateFile(decoding: bytes).machineVersion)
    } catch {
      throw DomainPolicyError(message: "\(template) of the policy object \(title) cannot be used: \(error)", isAnswer: true)
    }
    // An object of version 0 can lack the file. One that has lost it could not be told from that: the directory counts changes too.
    guard let bytes = try fetch(session.controller, file, PolicyFile.maximumSize, title) else {
      let counted = try record.text(of: "versionNumber").flatMap(UInt32.init).map { $0 & 0xFFFF } ?? 0
      guard max(version, counted) == 0 else { throw missing(file) }
      return (version, [])
    }
    do {
      return (version, try PolicyFile(decoding: bytes).entries.filter(DomainPolicy.isRelevant))
    } catch {
      throw DomainPolicyError(message: "\(file) of the policy object \(title) cannot be used: \(error)", isAnswer: true)
    }
  }

  /// One object of the directory; `nil` when there is none, or none that this machine may see.
  ///
  /// - Parameter mayBeRefused: a directory that refuses to show it is no error.
  private func search(
    _ controller: Controller, _ base: String, _ attributes: [String], withDescriptor: Bool = false, mayBeRefused: Bool = false
  ) throws -> DirectoryRecord? {
    let failure = "the directory of \(controller.name) could not be asked for \(base.isEmpty ? "its root" : "\"\(base)\"")"
    let result = try start(
      "ldbsearch",
      [
        "-H", "ldap://\(controller.name)", "-P", "--use-kerberos=required", "--option=client ldap sasl wrapping=seal", "-s", "base", "-b",
        base,
      ]
        + (withDescriptor ? ["--controls=sd_flags:1:7"] : []) + ["(objectClass=*)"] + attributes, DirectoryRecord.maximumSize, failure)
    // The exit code is LDAP's: 32 is noSuchObject, 50 insufficientAccessRights.
    if result.exitCode == 32 || (result.exitCode == 50 && mayBeRefused) { return nil }
    guard result.exitCode == 0 else { throw DomainPolicyError(message: Self.explained(failure, result)) }
    do {
      let records = try DirectoryRecord.parse(result.output)
      guard records.count <= 1 else { throw DomainPolicyError(message: "the directory answers with more than was asked for") }
      return records.first
    } catch let error as GroupPolicyError {
      throw DomainPolicyError(message: "the directory of \(controller.name) gave an answer that is none: \(error)", isAnswer: true)
    }
  }

  /// A file of SYSVOL; `nil` when there is none.
  ///
  /// - Parameter file: `\\DOMAIN\sysvol\…`, of which the controller that was asked has a copy.
  private func fetch(_ controller: Controller, _ file: String, _ maximumSize: Int, _ title: String) throws -> [UInt8]? {
    let path = file.dropFirst("\\\\\(controller.domain)\\sysvol\\".count)
    let failure = "SYSVOL of \(controller.name) does not give \(file) of the policy object \(title)"
    let result: ChildProcess.Result
    do {
      result = try share(controller, "get \"\(path)\" -", maximumSize, failure)
    } catch var error as DomainPolicyError where !error.isAnswer {
      error.isOfOneObject = isServing(controller)
      throw error
    }
    guard result.exitCode != 0 else { return result.output }
    // Its own words only, which go to standard error: the output is what the file says.
    let isMissing = result.errors.split(separator: "\n").contains {
      $0.hasPrefix("NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file")
        || $0.hasPrefix("NT_STATUS_OBJECT_PATH_NOT_FOUND opening remote file")
    }
    if isMissing { return nil }
    let told = ChildProcess.Result(output: [], errors: result.errors, exitCode: result.exitCode)
    throw DomainPolicyError(message: Self.explained(failure, told), isOfOneObject: isServing(controller))
  }

  /// Whether SYSVOL answers, and has the place where the domain's objects are. Then a file that cannot be had is a matter of its object, whatever
  /// the reason looks like: who holds a file open can make its server answer like one that is gone.
  private func isServing(_ controller: Controller) -> Bool {
    (try? share(controller, "cd \"\(controller.domain)\\Policies\"", 1 << 16, ""))?.exitCode == 0
  }

  /// One command for SYSVOL; what the program has to say goes to standard error.
  private func share(_ controller: Controller, _ command: String, _ maximumOutput: Int, _ failure: String) throws -> ChildProcess.Result {
    let options = ["-P", "--use-kerberos=required", "--client-protection=sign", "-E", "-c", command]
    return try start("smbclient", ["//\(controller.name)/sysvol"] + options, maximumOutput, failure)
  }

  // MARK: Programs

  private func start(_ name: String, _ arguments: [String], _ maximumOutput: Int, _ failure: String) throws -> ChildProcess.Result {
    do {
      return try run(name, arguments, maximumOutput)
    } catch let reason as ChildProcess.Failure {
      var isAnswer = false
      if case .tooMuchOutput = reason { isAnswer = true }
      throw DomainPolicyError(message: "\(failure): \(reason.reason)", isAnswer: isAnswer)
    }
  }

  /// The last line that the program wrote says what was wrong.
  private static func explained(_ failure: String, _ result: ChildProcess.Result) -> String {
    let output = String(decoding: result.output.suffix(512), as: UTF8.self)
    let lines = (result.errors + "\n" + output).split(separator: "\n").filter { !$0.contains("secrets.ldb") }
    return lines.last.map { "\(failure): \($0.prefix(300))" } ?? failure
  }
}
