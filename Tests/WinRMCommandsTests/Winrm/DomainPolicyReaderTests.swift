import Foundation
import GroupPolicy
import Testing
import WinRMConfiguration

@testable import WinRMCommands

/// A domain as Samba's programs show it.
private struct FakeDomain {
  static let first = "{11111111-1111-1111-1111-111111111111}"
  static let second = "{22222222-2222-2222-2222-222222222222}"
  static let third = "{33333333-3333-3333-3333-333333333333}"
  static let sid = "S-1-5-21-1-2-3"
  static let applies = "D:(A;;RPLC;;;AU)(OA;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)"

  /// The answer of `wbinfo --dsgetdcname`, line by line.
  var controller = [
    "\\\\DC.lab.example", "\\\\203.0.113.10", "1", "6be3e49a-1909-4147-a252-0bde3c1dbba6", "lab.example", "lab.example", "0xe00011bd",
    "Site-A", "Site-A", "",
  ]
  /// Exit codes of ldbsearch by base.
  var refusals: [String: Int32] = [:]
  /// What smbclient answers instead of files.
  var share: String?
  /// The same for one file, and what comes of it before that.
  var refusedFiles: [String: (said: String, output: String)] = [:]
  /// Files whose server does not answer in time.
  var hangingFiles: Set<String> = []
  /// Attributes by base.
  var directory: [String: String]
  var files: [String: [UInt8]] = [:]
  var failing: [String: ChildProcess.Failure] = [:]

  init() {
    directory = [
      "":
        "defaultNamingContext: DC=lab,DC=example\nconfigurationNamingContext: CN=Configuration,DC=lab,DC=example\ntokenGroups: \(Self.sid)-1110\ntokenGroups: S-1-5-11\n",
      "<SID=\(Self.sid)-1110>": "objectClass: top\nobjectClass: computer\n",
      "DC=lab,DC=example": "gPLink: \(Self.link(Self.first))\(Self.link(Self.second))\n",
      "OU=servers,DC=lab,DC=example": "", "CN=Site-A,CN=Sites,CN=Configuration,DC=lab,DC=example": "",
    ]
    for identifier in [Self.first, Self.second, Self.third] {
      directory["CN=\(identifier),CN=Policies,CN=System,DC=lab,DC=example"] = Self.object(identifier)
      files["lab.example\\Policies\\\(identifier)\\GPT.INI"] = Array("[General]\r\nVersion=65539\r\n".utf8)
      let entries = [
        PolicyFile.Entry(key: #"Software\Policies\Microsoft\Windows\WinRM\Client"#, name: "AllowCredSSP", value: .number(1)),
        PolicyFile.Entry(key: #"Software\Policies\Other"#, name: "x", value: .number(1)),
      ]
      files["lab.example\\Policies\\\(identifier)\\Machine\\Registry.pol"] = try? PolicyFile(entries: entries).encode()
    }
  }

  static func link(_ identifier: String, _ options: Int = 0) -> String {
    "[LDAP://cn=\(identifier),cn=policies,cn=system,DC=lab,DC=example;\(options)]"
  }

  static func object(_ identifier: String, _ changes: [String: String?] = [:]) -> String {
    let usual: [String: String?] = [
      "displayName": "Object \(identifier.dropFirst().prefix(1))", "flags": "0", "versionNumber": "65539", "nTSecurityDescriptor": applies,
      "gPCFileSysPath": #"\\lab.example\SysVol\lab.example\Policies\"# + identifier,
      "gPCMachineExtensionNames": "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]",
    ]
    return usual.merging(changes) { $1 }.compactMap { name, value in value.map { "\(name): \($0)\n" } }.joined()
  }

  mutating func change(_ identifier: String, _ changes: [String: String?]) {
    directory["CN=\(identifier),CN=Policies,CN=System,DC=lab,DC=example"] = Self.object(identifier, changes)
  }

  func run(_ name: String, _ arguments: [String], _ maximum: Int) throws -> ChildProcess.Result {
    if let failure = failing[name] { throw failure }
    func answer(_ bytes: [UInt8]) -> ChildProcess.Result { ChildProcess.Result(output: bytes, errors: "", exitCode: 0) }
    switch name {
    case "wbinfo" where arguments == ["--own-domain"]: return answer(Array("LAB\n".utf8))
    case "wbinfo" where arguments == ["--domain-info=LAB"]:
      return answer(Array("Name              : LAB\nAlt_Name          : lab.example\nSID               : S-1-5-21-1-2-3\n".utf8))
    case "wbinfo" where arguments == ["--dsgetdcname=lab.example"]: return answer(Array(controller.joined(separator: "\n").utf8))
    case "ldbsearch":
      #expect(arguments.starts(with: ["-H", "ldap://dc.lab.example", "-P", "--use-kerberos=required"]))
      let base = arguments[try #require(arguments.firstIndex(of: "-b")) + 1]
      if let code = refusals[base] { return ChildProcess.Result(output: [], errors: "search error - refused", exitCode: code) }
      guard let attributes = directory[base] else { return ChildProcess.Result(output: [], errors: "search error", exitCode: 32) }
      let distinguished = base.hasPrefix("<SID=") ? "CN=HOP1,OU=servers,DC=lab,DC=example" : base
      return answer(Array("# record 1\ndn: \(distinguished)\n\(attributes)\n# returned 1 records\n".utf8))
    case "smbclient":
      #expect(arguments[0] == "//dc.lab.example/sysvol" && arguments.contains("--client-protection=sign"))
      // What the program says must not be mixed with what the file says.
      #expect(arguments.contains("-E"))
      if let share { return ChildProcess.Result(output: [], errors: "ldb: x secrets.ldb\n" + share, exitCode: 1) }
      let command = arguments.last ?? ""
      if command.hasPrefix("cd ") {
        #expect(command == #"cd "lab.example\Policies""#)
        return answer([])
      }
      let name = String(command.dropFirst(5).dropLast(3))
      if hangingFiles.contains(name) { throw ChildProcess.Failure.timedOut("smbclient") }
      if let refusal = refusedFiles[name] {
        return ChildProcess.Result(output: Array(refusal.output.utf8), errors: "ldb: x secrets.ldb\n\(refusal.said)\n", exitCode: 1)
      }
      guard command.hasPrefix("get \""), command.hasSuffix("\" -"), let file = files[name] else {
        return ChildProcess.Result(output: [], errors: "NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file \\x", exitCode: 1)
      }
      return answer(file)
    default: throw ChildProcess.Failure.missing(name)
    }
  }

  func read(after previous: DomainPolicy? = nil, now: Int64 = 1000) throws -> DomainPolicy {
    try DomainPolicyReader(run: run, now: now, previous: previous).read()
  }

  static func template(_ identifier: String) -> String { "lab.example\\Policies\\\(identifier)\\GPT.INI" }
  static func values(_ identifier: String) -> String { "lab.example\\Policies\\\(identifier)\\Machine\\Registry.pol" }

  /// Replaces what an object says.
  mutating func write(_ identifier: String, _ entries: [PolicyFile.Entry]) throws {
    files[Self.values(identifier)] = try PolicyFile(entries: entries).encode()
  }
}

private let clientKey = #"Software\Policies\Microsoft\Windows\WinRM\Client"#
private let denyKey = #"Software\Policies\Microsoft\Windows\CredentialsDelegation\DenyFreshCredentials"#

/// One object's files are missing or kept from the machine, and the rest of the domain answers.
@Suite struct StaleObjectTests {
  fileprivate static let failures: [(@Sendable (inout FakeDomain) -> Void, String)] = [
    ({ $0.files[FakeDomain.template(FakeDomain.first)] = nil }, "lacks"),
    ({ $0.files[FakeDomain.values(FakeDomain.first)] = nil }, "lacks"),
    ({ refuse(&$0, #"NT_STATUS_ACCESS_DENIED opening remote file \lab.example\x"#) }, "NT_STATUS_ACCESS_DENIED"),
    ({ refuse(&$0, #"NT_STATUS_FILE_IS_A_DIRECTORY opening remote file \lab.example\x"#) }, "NT_STATUS_FILE_IS_A_DIRECTORY"),
    ({ refuse(&$0, #"NT_STATUS_SHARING_VIOLATION opening remote file \lab.example\x"#) }, "NT_STATUS_SHARING_VIOLATION"),
    // Somebody holds the file open, and the server waits for them.
    ({ $0.hangingFiles = [FakeDomain.template(FakeDomain.first)] }, "in time"),
    ({ refuse(&$0, #"NT_STATUS_IO_TIMEOUT opening remote file \lab.example\x"#) }, "NT_STATUS_IO_TIMEOUT"),
    ({ refuse(&$0, "do_connect: Connection to dc.lab.example failed (Error NT_STATUS_CONNECTION_REFUSED)") }, "CONNECTION_REFUSED"),
    // A file that is locked from some byte on, and says before that what looks like a server that is gone.
    (
      { domain in
        let said = "NT_STATUS_CONNECTION_RESET opening remote file x\nNT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file x\n"
        refuse(&domain, "parallel_read returned NT_STATUS_FILE_LOCK_CONFLICT", said)
      }, "NT_STATUS_FILE_LOCK_CONFLICT"
    ),
  ]

  private static func refuse(_ domain: inout FakeDomain, _ said: String, _ output: String = "") {
    domain.refusedFiles[FakeDomain.values(FakeDomain.first)] = (said, output)
  }

  @Test("It stays as it was, marked, and what other objects forbid arrives", arguments: failures.indices) func stale(index: Int) throws {
    var domain = FakeDomain()
    let before = try domain.read()
    try domain.write(FakeDomain.third, [PolicyFile.Entry(key: denyKey, name: "1", value: .text("WSMAN/evil"))])
    domain.directory["DC=lab,DC=example"] =
      "gPLink: \(FakeDomain.link(FakeDomain.third, 2))\(FakeDomain.link(FakeDomain.second))\(FakeDomain.link(FakeDomain.first, 2))\n"
    try domain.write(FakeDomain.first, [])
    try domain.write(FakeDomain.second, [PolicyFile.Entry(key: clientKey, name: "AllowBasic", value: .number(0))])
    let (change, reason) = Self.failures[index]
    change(&domain)
    let policy = try domain.read(after: before, now: 2000)
    #expect(policy.unusable == nil && policy.updated == 2000)
    #expect(policy.objects.map(\.name) == ["Object 2", "Object 3", "Object 1"])
    #expect(policy.objects.map { $0.entries.map(\.name) } == [["AllowBasic"], ["1"], ["AllowCredSSP"]])
    // Links are the directory's, also of that object.
    #expect(policy.objects[2].isEnforced && policy.objects[2].version == 3)
    let stale = try #require(policy.objects[2].stale)
    #expect(stale.lastRead == 1000 && stale.reason.contains(reason), "\(stale.reason)")
    #expect(stale.reason.contains(#"\Policies\"# + FakeDomain.first) && stale.reason.contains("Object 1 \(FakeDomain.first)"))
    #expect(policy.objects.prefix(2).allSatisfy { $0.stale == nil })
    // The time stays that of the last reading, also when it was stored in between.
    let again = try domain.read(after: try stored(policy), now: 3000)
    #expect(again.objects[2].stale?.lastRead == 1000 && again.objects[2].entries.map(\.name) == ["AllowCredSSP"])
    let mended = try FakeDomain().read(after: again, now: 4000)
    #expect(mended.objects.allSatisfy { $0.stale == nil })
  }

  private func stored(_ policy: DomainPolicy) throws -> DomainPolicy {
    let host = try WinrmHost()
    let store = DomainPolicyStore(paths: host.paths)
    try store.replace(with: policy)
    let loaded = try #require(try store.load())
    #expect(loaded == policy)
    return loaded
  }

  @Test("Where nothing is known of it, or of another domain's only, nothing is read", arguments: failures.indices)
  func unknown(index: Int) throws {
    var domain = FakeDomain()
    var before = try domain.read()
    before.domain = "other.example"
    let (change, reason) = Self.failures[index]
    change(&domain)
    for previous in [nil, before] {
      let error = #expect(throws: DomainPolicyError.self) { try domain.read(after: previous) }
      #expect(error?.message.contains(reason) == true && error?.isOfOneObject == true)
    }
  }

  @Test(
    "SYSVOL that does not answer as a whole is no matter of one object",
    arguments: [
      "do_connect: Connection to dc.lab.example failed (Error NT_STATUS_CONNECTION_REFUSED)",
      "tree connect failed: NT_STATUS_BAD_NETWORK_NAME",
      "session setup failed: NT_STATUS_ACCESS_DENIED", #"NT_STATUS_CONNECTION_DISCONNECTED opening remote file \x"#,
      #"NT_STATUS_IO_TIMEOUT opening remote file \x"#, #"NT_STATUS_NETWORK_NAME_DELETED opening remote file \x"#,
      "parallel_read returned NT_STATUS_CONNECTION_RESET", "NT_STATUS_OBJECT_PATH_NOT_FOUND opening remote file x", "",
    ])
  func unreachable(said: String) throws {
    var domain = FakeDomain()
    let before = try domain.read()
    domain.share = said
    let error = #expect(throws: DomainPolicyError.self) { try domain.read(after: before) }
    #expect(error?.isOfOneObject == false && error?.isAnswer == false)
    domain.failing["smbclient"] = .timedOut("smbclient")
    #expect(throws: DomainPolicyError.self) { try domain.read(after: before) }
  }

  @Test("Switched off, and on again without its files, an object is as it was before") func remembered() throws {
    var domain = FakeDomain()
    var policy = try domain.read()
    domain.change(FakeDomain.first, ["flags": "2"])
    for now in [2000, 3000] as [Int64] {
      policy = try stored(try domain.read(after: policy, now: now))
      #expect(policy.objects.map(\.name) == ["Object 2"] && policy.remembered.map(\.name) == ["Object 1"])
    }
    domain.change(FakeDomain.first, [:])
    domain.files[FakeDomain.template(FakeDomain.first)] = nil
    policy = try domain.read(after: policy, now: 4000)
    #expect(policy.objects.map(\.name) == ["Object 1", "Object 2"] && policy.objects[0].stale?.lastRead == 1000)
    #expect(policy.objects[0].entries.map(\.name) == ["AllowCredSSP"] && policy.remembered.isEmpty)
    // What is no longer linked is forgotten.
    domain.directory["DC=lab,DC=example"] = ""
    policy = try domain.read(after: policy, now: 5000)
    #expect(policy.objects.isEmpty && policy.remembered.isEmpty)
  }

  @Test("Left aside from the beginning, and then switched on without its files, an object is a mistake, and keeps nothing from the machine")
  func neverRead() throws {
    var domain = FakeDomain()
    domain.change(FakeDomain.first, ["flags": "2"])
    let before = try domain.read()
    domain.change(FakeDomain.first, [:])
    domain.files[FakeDomain.template(FakeDomain.first)] = nil
    let policy = try domain.read(after: before)
    #expect(
      policy.unusable?.contains("Object 1 \(FakeDomain.first), and nothing was read of it before") == true, "\(policy.unusable ?? "")")
    // A new link, or a new object, whose files are still to come.
    domain.directory["CN=\(FakeDomain.first),CN=Policies,CN=System,DC=lab,DC=example"] = nil
    let without = try domain.read()
    domain.change(FakeDomain.first, [:])
    #expect(throws: DomainPolicyError.self) { try domain.read(after: without) }
  }

  @Test("A mistake in between does not make it unknown") func unusableBetween() throws {
    var domain = FakeDomain()
    let before = try domain.read()
    domain.files[FakeDomain.values(FakeDomain.first)] = [1]
    let broken = try stored(try domain.read(after: before, now: 2000))
    #expect(broken.unusable != nil)
    domain.files[FakeDomain.values(FakeDomain.first)] = nil
    let policy = try domain.read(after: broken, now: 3000)
    #expect(policy.unusable == nil && policy.objects.map(\.name) == ["Object 1", "Object 2"])
    #expect(policy.objects[0].stale?.lastRead == 1000 && policy.objects[0].entries.map(\.name) == ["AllowCredSSP"])
  }
}

/// What is kept, and how much.
@Suite struct KeptEntryTests {
  @Test("Values that nobody reads are not kept, whatever the key; what removes others is, and so is what nobody understands") func names()
    throws
  {
    func entry(_ key: String, _ name: String, _ value: RegistryValue = .text("x")) -> PolicyFile.Entry {
      PolicyFile.Entry(key: key, name: name, value: value)
    }
    let kept = [
      entry(clientKey, "allowCREDSSP"), entry(clientKey, "AllowCredSSP", RegistryValue(type: .binary, data: [1])), entry(denyKey, "x"),
      entry(denyKey, ""), entry(clientKey, "**del.AllowBasic"), entry(clientKey, "**soft.AllowBasic"), entry(clientKey, "**delvals."),
      entry(clientKey, "**DeleteValues", .text("x; AllowBasic")), entry(#"Software\Policies"#, "**deletekeys", .text("Microsoft")),
      entry(denyKey, "**del.7"), entry(denyKey, "**deletevalues", .text("1;2")), entry(clientKey, "**unknown"),
      entry("Software", "**unknown"),
    ]
    let dropped = [
      entry(clientKey, "Other"), entry(clientKey, ""), entry(clientKey, "**del.Other"), entry(clientKey, "**soft.Other"),
      entry(clientKey, "**deletevalues", .text("x;y")), entry(clientKey, "**securekey"), entry(clientKey, "**Comment:x"),
      entry(clientKey, "", RegistryValue(type: .none, data: [])), entry("Software", "AllowCredSSP"), entry("Software", "**delvals."),
      entry(#"Software\Policies\Other"#, "AllowCredSSP"), entry(#"Software\Other"#, "**unknown"),
    ]
    var domain = FakeDomain()
    try domain.write(FakeDomain.first, dropped + kept + dropped)
    #expect(try domain.read().objects[0].entries == kept)
  }

  @Test("What does not apply is dropped before a policy is too large, and a mark keeps its reason") func dropping() throws {
    let host = try WinrmHost()
    let store = DomainPolicyStore(paths: host.paths)
    var policy = try FakeDomain().read()
    var large = policy.objects[1]
    large.entries = (1...3).map {
      PolicyFile.Entry(key: denyKey, name: String($0), value: RegistryValue(type: .binary, data: Array(repeating: 255, count: 65_000)))
    }
    large.entries += large.entries
    policy.remembered = [large]
    let stored = try store.replace(with: policy)
    #expect(stored.unusable == nil && stored.objects == policy.objects && stored.remembered.isEmpty)
    #expect(try store.load() == stored)
    policy.objects.append(large)
    #expect(try store.replace(with: policy).unusable?.hasPrefix("it is larger than 1048576 bytes; most of it is from Object 2") == true)
    policy.unusable = "a mistake"
    let marked = try store.replace(with: policy)
    #expect(marked.unusable == "a mistake" && marked.objects.isEmpty)
    #expect(try store.load() == marked)
  }

  @Test("Reading ends as soon as more is kept than can be stored, and what was said cannot be used", .timeLimit(.minutes(2)))
  func size() throws {
    var domain = FakeDomain()
    let before = try domain.read()
    let large = (1...20).map {
      PolicyFile.Entry(key: denyKey, name: String($0), value: RegistryValue(type: .binary, data: Array(repeating: 255, count: 60_000)))
    }
    // Nothing of it is a value that is read.
    try domain.write(FakeDomain.second, large.map { PolicyFile.Entry(key: clientKey, name: $0.name, value: $0.value) })
    #expect(try domain.read().unusable == nil)
    try domain.write(FakeDomain.second, large)
    domain.files[FakeDomain.values(FakeDomain.third)] = nil
    domain.directory["DC=lab,DC=example"]? =
      "gPLink: \([FakeDomain.first, FakeDomain.second, FakeDomain.third].map { FakeDomain.link($0) }.joined())\n"
    let policy = try domain.read(after: before)
    let reason = try #require(policy.unusable)
    #expect(reason.contains("larger than 1048576 bytes") && reason.contains("Object 2 \(FakeDomain.second)"), "\(reason)")
    #expect(reason.contains(#"\Machine\Registry.pol"#))
    #expect(policy.objects.map(\.name) == ["Object 1"])
  }
}

@Suite struct DomainPolicyReaderTests {
  @Test("Objects in link order, with what matters here and where it came from") func plain() throws {
    let policy = try FakeDomain().read()
    #expect(policy.leftAside.isEmpty)
    #expect(policy.domain == "lab.example" && policy.controller == "dc.lab.example" && policy.updated == 1000)
    #expect(policy.machine == "CN=HOP1,OU=servers,DC=lab,DC=example")
    #expect(policy.objects.map(\.name) == ["Object 1", "Object 2"])
    #expect(policy.objects[0].version == 3 && policy.objects[0].link == "DC=lab,DC=example")
    #expect(policy.objects[0].entries.map(\.name) == ["AllowCredSSP"])
    #expect(policy.objects[0].file == #"\\lab.example\sysvol\lab.example\Policies\"# + FakeDomain.first + #"\Machine\Registry.pol"#)
  }

  @Test("The root of the directory has no name, and is told as the root") func unreachableDirectory() throws {
    var domain = FakeDomain()
    domain.refusals[""] = 1
    let error = #expect(throws: DomainPolicyError.self) { try domain.read() }
    #expect(error?.message.contains("the directory of dc.lab.example could not be asked for its root") == true, "\(error?.message ?? "")")
  }

  @Test("Site, domain and unit, enforcement and blocking come from the directory") func scopes() throws {
    var domain = FakeDomain()
    domain.directory["CN=Site-A,CN=Sites,CN=Configuration,DC=lab,DC=example"] = "gPLink: \(FakeDomain.link(FakeDomain.third))\n"
    domain.directory["DC=lab,DC=example"] = "gPLink: \(FakeDomain.link(FakeDomain.first, 2))\n"
    domain.directory["OU=servers,DC=lab,DC=example"] = "gPLink: \(FakeDomain.link(FakeDomain.second))\n"
    #expect(try domain.read().objects.map(\.name) == ["Object 3", "Object 2", "Object 1"])
    #expect(try domain.read().objects.last?.isEnforced == true)
    domain.directory["OU=servers,DC=lab,DC=example"]?.append("gPOptions: 1\n")
    #expect(try domain.read().objects.map(\.name) == ["Object 2", "Object 1"])
    domain.directory["DC=lab,DC=example"] = "gPLink: \(FakeDomain.link(FakeDomain.first, 3))\n"
    #expect(try domain.read().objects.map(\.name) == ["Object 2"])
  }

  static let excluded: [(String, [String: String?])] = [
    ("security filter", ["nTSecurityDescriptor": "D:(A;;RP;;;AU)"]), ("to whom it applies", ["nTSecurityDescriptor": nil]),
    ("switched off", ["flags": "2"]), ("switched off", ["flags": "3"]),
    ("WMI filter", ["gPCWQLFilter": "[lab.example;{1};0]"]),
    // What does not apply may be as odd as it likes.
    ("switched off", ["flags": "2", "nTSecurityDescriptor": "D:(XA;;GA;;;AU;(x))", "gPCFileSysPath": nil]),
    ("security filter", ["nTSecurityDescriptor": "D:(XA;;GA;;;DA;(x))", "gPCFileSysPath": #"\\evil\share"#]),
    ("WMI filter", ["gPCWQLFilter": "x", "gPCFileSysPath": nil]),
  ]

  @Test("An object that does not apply is left aside, and said so", arguments: excluded.indices) func leftAside(index: Int) throws {
    var domain = FakeDomain()
    domain.change(FakeDomain.first, Self.excluded[index].1)
    let answer = try domain.read()
    #expect(answer.objects.map(\.name) == ["Object 2"])
    #expect(answer.leftAside.map(\.object) == ["Object 1 \(FakeDomain.first)"] && answer.leftAside[0].link == "DC=lab,DC=example")
    #expect(answer.leftAside[0].reason.contains(Self.excluded[index].0))
  }

  @Test("Flags that are no number could be those of an object that forbids something", arguments: ["x", "", "0x2", "4294967298"])
  func oddFlags(text: String) throws {
    var domain = FakeDomain()
    domain.change(FakeDomain.first, ["flags": text])
    let reason = try #require(try domain.read().unusable)
    #expect(reason.contains("Object 1 \(FakeDomain.first)") && reason.contains("flags"))
  }

  @Test("The name of an object is part of a line, in answers and in errors") func names() throws {
    var domain = FakeDomain()
    let name = "A\n    Allowed = true\r\u{85}\u{2028}\u{2029}\u{B}B"
    domain.change(FakeDomain.first, ["displayName": nil])
    domain.directory["CN=\(FakeDomain.first),CN=Policies,CN=System,DC=lab,DC=example"]?.append(
      "displayName:: \(Data(name.utf8).base64EncodedString())\n")
    #expect(try domain.read().objects[0].name == "A\u{FFFD}    Allowed = true\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}B")
    domain.directory["CN=\(FakeDomain.first),CN=Policies,CN=System,DC=lab,DC=example"]?.append("gPCWQLFilter: x\n")
    #expect(try domain.read().leftAside.first?.object.hasPrefix("\"A\u{FFFD}    Allowed = true") == true)
    domain = FakeDomain()
    domain.change(FakeDomain.first, ["displayName": nil, "flags": "x"])
    domain.directory["CN=\(FakeDomain.first),CN=Policies,CN=System,DC=lab,DC=example"]?.append(
      "displayName:: \(Data(name.utf8).base64EncodedString())\n")
    let reason = try #require(try domain.read().unusable)
    #expect(!reason.contains("\n") && reason.contains("\"A\u{FFFD}    Allowed = true"), "\(reason)")
  }

  @Test("A link to nothing is left aside; an object without registry values is not fetched") func nothingToFetch() throws {
    var domain = FakeDomain()
    domain.directory["CN=\(FakeDomain.first),CN=Policies,CN=System,DC=lab,DC=example"] = nil
    domain.change(FakeDomain.second, ["gPCMachineExtensionNames": nil])
    domain.files = [:]
    let answer = try domain.read()
    #expect(answer.leftAside.map(\.object) == [FakeDomain.first])
    #expect(answer.objects.map(\.name) == ["Object 2"] && answer.objects[0].entries.isEmpty)
  }

  @Test("Registry values that the list of extensions does not name are no machine's, and are shown") func unnamedValues() throws {
    var domain = FakeDomain()
    domain.change(FakeDomain.second, ["gPCMachineExtensionNames": "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}]"])
    let answer = try domain.read()
    #expect(answer.objects.map(\.name) == ["Object 1"])
    #expect(answer.leftAside.count == 1 && answer.leftAside[0].object.contains("Object 2"))
    #expect(answer.leftAside[0].reason.contains("gPCMachineExtensionNames"))
  }

  @Test("The site is found by its line, and a machine may have none", arguments: ["", "(null)"]) func noSite(text: String) throws {
    var domain = FakeDomain()
    domain.directory["CN=Site-A,CN=Sites,CN=Configuration,DC=lab,DC=example"] = "gPLink: \(FakeDomain.link(FakeDomain.third))\n"
    // The controller's own site, or one that is not known, is not this machine's.
    domain.controller[7] = ""
    #expect(try domain.read().objects.map(\.name) == ["Object 3", "Object 1", "Object 2"])
    domain.controller[8] = text
    #expect(try domain.read().objects.map(\.name) == ["Object 1", "Object 2"])
    domain.controller[8] = "Site A"
    domain.directory["CN=Site A,CN=Sites,CN=Configuration,DC=lab,DC=example"] = "gPLink: \(FakeDomain.link(FakeDomain.third))\n"
    #expect(try domain.read().objects.map(\.name) == ["Object 3", "Object 1", "Object 2"])
  }

  @Test("A link to an object of another domain is left aside, also when ours has one of the same name") func foreignObject() throws {
    var domain = FakeDomain()
    domain.directory["CN=Site-A,CN=Sites,CN=Configuration,DC=lab,DC=example"] =
      "gPLink: [LDAP://CN=\(FakeDomain.first),CN=Policies,CN=System,DC=other,DC=example;2]\n"
    let policy = try domain.read()
    #expect(policy.objects.map(\.name) == ["Object 1", "Object 2"])
    #expect(policy.leftAside.map(\.object) == ["\(FakeDomain.first) of other.example"])
    #expect(policy.leftAside[0].link.hasPrefix("CN=Site-A") && policy.leftAside[0].reason.contains("another domain"))
  }

  @Test("A link with the identifier of an object and another place is left aside, and the object's own link stays", arguments: [0, 2])
  func otherPlace(options: Int) throws {
    var domain = FakeDomain()
    let odd = "LDAP://CN=\(FakeDomain.first),CN=any,DC=lab,DC=example"
    domain.directory["CN=Site-A,CN=Sites,CN=Configuration,DC=lab,DC=example"] = "gPLink: [\(odd);\(options)]\n"
    domain.directory["OU=servers,DC=lab,DC=example"] = "gPLink: [\(odd);0]\n"
    domain.directory["DC=lab,DC=example"] = "gPLink: \(FakeDomain.link(FakeDomain.first, options))\n"
    let policy = try domain.read()
    #expect(policy.objects.map(\.name) == ["Object 1"] && policy.objects[0].isEnforced == (options == 2))
    #expect(policy.leftAside.map(\.object) == [String(odd.dropFirst(7))])
    #expect(policy.leftAside[0].reason.contains("place") && !policy.leftAside[0].reason.contains("another domain"))
  }

  @Test("An object that the directory refuses to show does not apply; one whose files it shows to others does") func refusal() throws {
    var domain = FakeDomain()
    domain.refusals["CN=\(FakeDomain.first),CN=Policies,CN=System,DC=lab,DC=example"] = 50
    let policy = try domain.read()
    #expect(policy.objects.map(\.name) == ["Object 2"] && policy.leftAside.count == 1)
  }

  @Test(
    "Files that cannot be had name the object, the file and the peer's answer",
    arguments: [
      "do_connect: Connection to dc.lab.example failed (Error NT_STATUS_CONNECTION_REFUSED)",
      "tree connect failed: NT_STATUS_BAD_NETWORK_NAME",
      #"NT_STATUS_ACCESS_DENIED opening remote file \lab.example\x"#, "x NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file",
    ])
  func unreadable(said: String) {
    var domain = FakeDomain()
    domain.share = said + "\n"
    let error = #expect(throws: DomainPolicyError.self) { try domain.read() }
    #expect(
      error?.message
        == "SYSVOL of dc.lab.example does not give \\\\lab.example\\sysvol\\lab.example\\Policies\\\(FakeDomain.first)\\GPT.INI of the policy object Object 1 \(FakeDomain.first): \(said)"
    )
  }

  @Test("Only an object of version 0 may lack its file") func missingFile() throws {
    var domain = FakeDomain()
    domain.files["lab.example\\Policies\\\(FakeDomain.first)\\Machine\\Registry.pol"] = nil
    #expect(throws: DomainPolicyError.self) { try domain.read() }
    domain.files["lab.example\\Policies\\\(FakeDomain.first)\\GPT.INI"] = Array("[General]\nVersion=65536\n".utf8)
    #expect(throws: DomainPolicyError.self) { try domain.read() }
    domain.change(FakeDomain.first, ["versionNumber": "65536"])
    #expect(try domain.read().objects.count == 2)
    domain.files["lab.example\\Policies\\\(FakeDomain.first)\\GPT.INI"] = nil
    #expect(throws: DomainPolicyError.self) { try domain.read() }
  }

  fileprivate static let hostileAnswers: [(@Sendable (inout FakeDomain) -> Void, String)] = [
    ({ $0.controller[0] = "\\\\-oProxy.lab.example" }, "not in that domain"),
    ({ $0.controller[0] = "\\\\a b.lab.example" }, "not in that domain"),
    ({ $0.controller = [] }, "not understood"), ({ $0.directory[""] = "tokenGroups: S-1-5-11\n" }, "which domain"),
    ({ $0.directory[""]?.append("defaultNamingContext: DC=x\n") }, "values"),
    ({ $0.directory[""] = $0.directory[""]?.replacing("tokenGroups: S-1-5-11", with: "tokenGroups: S-1-5-11> x") }, "does not know"),
    ({ $0.directory["<SID=\(FakeDomain.sid)-1110>"] = "objectClass: user\n" }, "none of a computer"),
    ({ $0.directory["<SID=\(FakeDomain.sid)-1110>"] = nil }, "account of this machine"),
    ({ $0.directory["DC=lab,DC=example"] = nil }, "does not show"),
    ({ $0.controller[0] = "\\\\evil.example" }, "not in that domain"),
    ({ $0.controller[0] = "\\\\dc.lab.example.evil.example" }, "not in that domain"),
    ({ $0.controller[0] = "\\\\evillab.example" }, "not in that domain"), ({ $0.controller[0] = "\\\\lab.example" }, "not in that domain"),
    ({ $0.controller[0] = "\\\\.lab.example" }, "not in that domain"), ({ $0.controller[0] = "\\\\dc" }, "not in that domain"),
    ({ $0.controller[0] = "\\\\dc.lab.example." }, "not in that domain"), ({ $0.controller[0] = "dc.lab.example" }, "not understood"),
    ({ $0.controller[0] = "\\\\evil/x.lab.example" }, "not in that domain"),
    ({ $0.controller[0] = "\\\\a..lab.example" }, "not in that domain"),
    ({ $0.controller[2] = "x" }, "not understood"), ({ $0.controller[3] = "guid" }, "not understood"),
    ({ $0.controller[4] = "other.example" }, "not understood"), ({ $0.controller[6] = "11bd" }, "not understood"),
    ({ $0.controller.remove(at: 7) }, "not understood"), ({ $0.controller.removeLast(2) }, "not understood"),
    ({ $0.controller[8] = "Site,CN=x" }, "site"), ({ $0.controller[8] = "a\u{1}" }, "site"),
    ({ $0.controller[8] = String(repeating: "s", count: 65) }, "site"), ({ $0.controller[8] = "Site-B" }, "does not show"),
    ({ $0.refusals["DC=lab,DC=example"] = 50 }, "refused"),
    ({ $0.refusals["CN=\(FakeDomain.first),CN=Policies,CN=System,DC=lab,DC=example"] = 51 }, "refused"),
    ({ $0.directory[""] = $0.directory[""]?.replacing("DC=lab,", with: "DC=other,") }, "another domain"),
    ({ $0.failing["smbclient"] = .timedOut("smbclient") }, "in time"), ({ $0.failing["ldbsearch"] = .missing("ldbsearch") }, "ldb-tools"),
    ({ $0.failing["wbinfo"] = .tooMuchOutput("wbinfo") }, "more than"),
  ]

  fileprivate static let unusableAnswers: [(@Sendable (inout FakeDomain) -> Void, String)] = [
    ({ $0.directory["DC=lab,DC=example"] = "gPLink: x\n" }, "link"),
    (
      { domain in
        let links = (0...200).map { FakeDomain.link("{00000000-0000-0000-0000-\(String(1000 + $0))00000000}") }
        domain.directory["DC=lab,DC=example"] = "gPLink: \(links.joined())\n"
      }, "more than 200"
    ),
    ({ $0.change(FakeDomain.second, ["gPCFileSysPath": #"\\evil\share"#]) }, "not where they belong"),
    ({ $0.change(FakeDomain.second, ["nTSecurityDescriptor": "D:(XA;;GA;;;AU;x)"]) }, "XA"),
    ({ $0.change(FakeDomain.second, ["flags": "0\nflags: 2"]) }, "values"),
    (
      { $0.files["lab.example\\Policies\\\(FakeDomain.second)\\Machine\\Registry.pol"] = [1, 2] },
      #"\Machine\Registry.pol of the policy object Object 2 {22222222-2222-2222-2222-222222222222} cannot be used"#
    ),
    ({ $0.files["lab.example\\Policies\\\(FakeDomain.second)\\GPT.INI"] = [1, 2] }, "version"),
    ({ $0.failing["smbclient"] = .tooMuchOutput("smbclient") }, "more than is taken"),
  ]

  @Test(
    "What the domain says and nobody can understand is an answer, and no reason to keep the one before", arguments: unusableAnswers.indices)
  func unusable(index: Int) throws {
    var domain = FakeDomain()
    let (change, reason) = Self.unusableAnswers[index]
    change(&domain)
    let policy = try domain.read()
    #expect(policy.unusable?.contains(reason) == true, "\(policy.unusable ?? "")")
    #expect(policy.domain == "lab.example" && policy.updated == 1000)
  }

  @Test("An answer that cannot be believed fails as a whole", arguments: hostileAnswers.indices) func hostile(index: Int) {
    var domain = FakeDomain()
    let (change, reason) = Self.hostileAnswers[index]
    change(&domain)
    do {
      _ = try domain.read()
      Issue.record("it was believed")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
    }
  }
}

@Suite struct ChildProcessTests {
  @Test("Output, errors and exit code") func plain() throws {
    let result = try ChildProcess.run("sh", ["-c", "printf out; printf err >&2; env; exit 3"], maximumOutput: 1 << 16, seconds: 20)
    #expect(result.exitCode == 3 && result.errors == "err")
    let output = String(decoding: result.output, as: UTF8.self)
    #expect(output.hasPrefix("out") && output.contains("LC_ALL=C"))
    // Nothing of this process's environment reaches it.
    #expect(!output.contains("TMPDIR") && !output.contains("WINRM"))
  }

  @Test("Arguments are words, not commands") func words() throws {
    let result = try ChildProcess.run("printf", ["%s|", "a b", "$(id)", "; x"], maximumOutput: 100, seconds: 20)
    #expect(String(decoding: result.output, as: UTF8.self) == "a b|$(id)|; x|")
  }

  @Test("Too much, too long, killed, missing") func limits() {
    #expect(throws: ChildProcess.Failure.tooMuchOutput("yes")) { try ChildProcess.run("yes", [], maximumOutput: 1000, seconds: 20) }
    #expect(throws: ChildProcess.Failure.timedOut("sleep")) { try ChildProcess.run("sleep", ["60"], maximumOutput: 10, seconds: 1) }
    #expect(throws: ChildProcess.Failure.killed("sh", 9)) {
      try ChildProcess.run("sh", ["-c", "kill -9 $$"], maximumOutput: 10, seconds: 20)
    }
    #expect(throws: ChildProcess.Failure.missing("no-such-program-x7")) {
      try ChildProcess.run("no-such-program-x7", [], maximumOutput: 10, seconds: 1)
    }
  }

  @Test("A program that closes its output and stays is ended in time, with what it started", .timeLimit(.minutes(1))) func staying() throws
  {
    let start = ContinuousClock.now
    #expect(throws: ChildProcess.Failure.timedOut("sh")) {
      try ChildProcess.run("sh", ["-c", "exec >&- 2>&-; sleep 300"], maximumOutput: 10, seconds: 1)
    }
    #expect(throws: ChildProcess.Failure.timedOut("sh")) {
      try ChildProcess.run("sh", ["-c", "trap '' TERM; sleep 300 & sleep 300"], maximumOutput: 10, seconds: 1)
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("What a program leaves behind ends with it", .timeLimit(.minutes(1))) func leftovers() throws {
    let result = try ChildProcess.run(
      "sh", ["-c", "sleep 300 >/dev/null 2>&1 & echo $!"], maximumOutput: 100, seconds: 30)
    let left = try #require(pid_t(String(decoding: result.output, as: UTF8.self).trimmingSuffix))
    // Who inherits it reaps it; until then it is a dead process that still has its number.
    var state = ""
    for _ in 0..<200 {
      guard let stat = try? String(contentsOfFile: "/proc/\(left)/stat", encoding: .utf8) else { return }
      state = String(stat.split(separator: ")").last?.dropFirst().prefix(1) ?? "")
      if state == "Z" || state == "X" { return }
      usleep(10_000)
    }
    Issue.record("process \(left) is still there: \(state)")
  }

  @Test("It has no terminal, and signals as usual") func session() throws {
    let result = try ChildProcess.run(
      "sh", ["-c", "(: </dev/tty) 2>/dev/null && echo tty; grep -E 'SigBlk|SigIgn' /proc/self/status"], maximumOutput: 1000, seconds: 20)
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    // The two signals above 31 are the C library's own.
    let sets = lines.compactMap { UInt64($0.suffix(16), radix: 16).map { $0 & 0x7FFF_FFFF } }
    #expect(sets == [0, 0], "\(lines)")
  }
}

extension String {
  fileprivate var trimmingSuffix: String { String(prefix { $0 != "\n" }) }
}
