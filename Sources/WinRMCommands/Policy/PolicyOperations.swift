import GroupPolicy
import SecuritySupport
import WinRM
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An answer that is no error and no success: it has been shown, and the exit code is 1.
struct NegativeAnswer: Error {}

extension WinrmRunner {
  /// `winrm policy [test|export|import|update|forget]`.
  func policy(_ arguments: WinrmArguments) throws {
    let verb = arguments.operands.first?.lowercased()
    let takes: [String?: Set<WinrmSwitch>] = ["test": [.remote, .authentication, .proof], "import": [.force], "forget": [.force]]
    for name in [WinrmSwitch.remote, .authentication, .proof, .force]
    where arguments.switches[name] != nil && takes[verb]?.contains(name) != true {
      throw WinrmUsageError("Switch not allowed with the given operation: \(name.rawValue)")
    }
    guard arguments.operands.count == (verb == "import" ? 2 : verb == nil ? 0 : 1) else {
      throw WinrmUsageError(verb == "import" ? "policy import needs the name of a file." : "There are too many parameters.")
    }
    switch verb {
    case nil: try showPolicy()
    case "test": try testPolicy(arguments)
    case "export": console.writeOutput(try EffectivePolicy.load(paths: paths).exported().document)
    case "import": try importPolicy(arguments.operands[1], arguments)
    case "update": try updatePolicy()
    case "forget":
      guard try isConfirmed("The policy of the domain will not hold here until the next update.\nForget it [y/n]? ", arguments) else {
        return
      }
      try DomainPolicyStore(paths: paths).remove()
    default: throw WinrmUsageError("The operation on policy is test, export, import, update or forget.")
    }
  }

  private func showPolicy() throws {
    let report = PolicyReport(policy: try EffectivePolicy.load(paths: paths), now: Self.now)
    show(report.element, prefix: "p", PolicyReport.namespace)
    // In XML the element without a Rule says it.
    if format == .text, let remark = report.remark { console.writeOutput(remark + "\n") }
  }

  static var now: Int64 { Int64(time(nil)) }

  private func testPolicy(_ arguments: WinrmArguments) throws {
    guard let target = arguments.switches[.remote] else { throw WinrmUsageError("policy test needs -remote:HOST.") }
    // As the lists have it; here it would be a host of this name.
    guard !target.lowercased().hasPrefix("wsman/") else {
      throw WinrmUsageError("Invalid option for -remote: \"\(target)\". It is a host, without WSMAN/ before it.")
    }
    let proof = try arguments.switches[.proof].map { text throws(WinrmUsageError) in
      guard let proof = PolicyTest.Proof(rawValue: text.lowercased()) else {
        throw WinrmUsageError("Invalid option for -proof: \"\(text)\". It is kerberos, certificate or ntlm.")
      }
      return proof
    }
    let method = try arguments.switches[.authentication].map { text throws(WinrmUsageError) in
      guard let method = PolicyTest.Method(switch: text) else {
        throw WinrmUsageError("Invalid option for -authentication: \"\(text)\". It is \(PolicyTest.Method.words).")
      }
      return method
    }
    guard proof == nil || method == nil || method == .credSSP else {
      throw WinrmUsageError("-proof goes with CredSSP only: other methods do not ask how the server is proven before credentials go to it.")
    }
    let test = PolicyTest(
      client: try ClientPolicy.machine(paths: paths), policy: try EffectivePolicy.load(paths: paths),
      settings: try ConfigurationStore(paths: paths).loadEffective(), userPolicyFile: paths.userPolicyFile)
    let answer = test.answer(method ?? .credSSP, endpoint: try WinRMEndpoint(parsing: target), proof: proof)
    show(answer.element.onLines, prefix: "p", PolicyReport.namespace)
    guard answer.isAllowed else { throw NegativeAnswer() }
  }

  private func importPolicy(_ path: String, _ arguments: WinrmArguments) throws {
    let content = try Self.content(path)
    // Nothing is written that nobody could use afterwards.
    let (imported, skipped, remarks) = try checkingImport(of: path) {
      let result = try MachinePolicy.importing(content, file: path)
      _ = try EffectivePolicy.load(paths: paths, replacing: result.policy)
      return result
    }
    func rules(_ count: Int) -> String { count == 1 ? "1 rule" : "\(count) rules" }
    let store = MachinePolicyStore(paths: paths)
    let before = try store.understood().map { "the \($0.count) of now, which all go" } ?? "what stands there now, and cannot be understood"
    let remark = skipped == 0 ? "" : " \(skipped == 1 ? "1 entry" : "\(skipped) entries") of class USER in it will be skipped."
    let others = CredSSPOperations.remark(on: try EffectivePolicy.foreignTargetsComing(with: imported, paths: paths))
    let coming = Self.lines(of: remarks) + (others.map { "\(ResultWriter.printable($0))\n" } ?? "")
    let question = """
      The machine's own policy will be what \(ResultWriter.printable(path)) says: \(rules(imported.count)) in place of \(before).\(remark)
      It can let user names and passwords be sent to other computers. What the domain says stays.
      \(coming)Import it [y/n]?\u{20}
      """
    guard try isConfirmed(question, arguments) else { return }
    let effective = try EffectivePolicy.load(paths: paths, replacing: imported)
    let replaced = try store.replace(with: imported).map { String($0.count) } ?? "what could not be understood"
    console.writeOutput(
      "\(rules(imported.count)) imported, in place of \(replaced)."
        + (skipped == 0 ? "\n" : " Skipped: \(skipped) of class USER.\n"))
    console.writeError(coming)
    for entry in imported.malformedEntries {
      let line = DomainPolicy.line("Without effect: \(entry.number) of HKEY_LOCAL_MACHINE\\\(entry.key): \(entry.reason)")
      console.writeError("\(ResultWriter.printable(line))\n")
    }
    for value in effective.notInForce() where value.source.file == paths.machinePolicyFile {
      let line = DomainPolicy.line("Not in force: \(value.name) of HKEY_LOCAL_MACHINE\\\(value.key): \(value.reason)")
      console.writeError("\(ResultWriter.printable(line))\n")
    }
  }

  /// The first of the remarks on a list, each on its line.
  private static func lines(of remarks: [String]) -> String {
    let maximum = 50
    let shown = remarks.prefix(maximum).map { ResultWriter.printable($0) }
    let rest = remarks.count > maximum ? ["and \(remarks.count - maximum) more of this kind"] : []
    return (shown + rest).map { $0 + "\n" }.joined()
  }

  /// A mistake in the file that is imported is told of that file, and is no damage of this machine's policy.
  private func checkingImport<R>(of path: String, _ check: () throws -> R) throws -> R {
    do {
      return try check()
    } catch var error as ConfigurationError
      where [.malformed, .invalidValue].contains(error.code) && [path, paths.machinePolicyFile].contains(error.file ?? path)
    {
      error.file = path
      throw WinrmFailure(WinRMCode(rawValue: 13), "\(error)\nNothing was imported.")
    }
  }

  private func updatePolicy() throws {
    let store = DomainPolicyStore(paths: paths)
    let stored = Result { try store.load() }
    do {
      guard geteuid() == 0 else { throw WinrmFailure(.accessDenied, "Only root can act as this machine in its domain.") }
      let reader = DomainPolicyReader(run: DomainPolicyReader.programs(), now: Self.now, previous: try? stored.get())
      try storeAndShow(try reader.read())
    } catch let error as WinrmFailure {
      throw error
    } catch let error as UnusablePolicy {
      throw error.failure
    } catch {
      throw Self.failure(error, stored)
    }
  }

  /// Stores what was read, and says what of it is not as the domain has it now.
  ///
  /// - Throws: 1274 when an object could not be read, and what it said before goes on. Then the rest is stored, and is what the domain says.
  func storeAndShow(_ read: DomainPolicy) throws {
    func line(_ text: String) -> String { ResultWriter.printable(DomainPolicy.line(text)) }
    for object in read.objects {
      guard let stale = object.stale else { continue }
      let age = "\(PolicyReport.ago(Self.now - stale.lastRead)) (\(PolicyReport.time(stale.lastRead)))"
      console.writeError(line("Not read: \(stale.reason). What it said \(age) stays in force.") + "\n")
    }
    let policy = try Self.store(read, paths: paths)
    for object in policy.leftAside { console.writeError(line("Not applied: \(object.object): \(object.reason)") + "\n") }
    show(PolicyReport.domain(policy, now: Self.now), prefix: "p", PolicyReport.namespace)
    let stale = policy.objects.filter { $0.stale != nil }
    guard !stale.isEmpty else { return }
    throw WinrmFailure(
      WinRMCode(rawValue: 1274),
      """
      The policy of \(policy.domain) was updated, but not what \(stale.count == 1 ? "1 policy object says" : "\(stale.count) policy objects say"), \
      which could not be read: \(line(stale.map(\.source.object).joined(separator: ", "))). What was read of \(stale.count == 1 ? "it" : "them") \
      before stays in force beside what the others say now.
      """, explanation: "The group policy could not be read.")
  }

  /// Stores what the domain said, also what cannot be used: it takes the place of what it said before in any case. Otherwise one object with
  /// a mistake would keep what another one forbids from this machine.
  ///
  /// - Throws: ``UnusablePolicy`` when nobody can use it; then it is stored all the same.
  static func store(_ policy: DomainPolicy, paths: WinRMPaths) throws -> DomainPolicy {
    let stored = try DomainPolicyStore(paths: paths).replace(with: policy)
    do {
      _ = try EffectivePolicy.load(paths: paths)
    } catch {
      throw UnusablePolicy(cause: error)
    }
    return stored
  }

  /// The policy as it was read, and with it that of this machine, cannot be used.
  struct UnusablePolicy: Error {
    var cause: any Error

    var failure: WinrmFailure {
      WinrmFailure(
        (cause as? ConfigurationError)?.winrmCode ?? WinRMCode(rawValue: 0x8033_8088),
        """
        The policy of the domain was read and stored, and the policy of this machine cannot be used with it: \(cause)
        Until that is mended and winrm policy update has run again, nothing is delegated, and what needs the policy ends with this error. \
        A service that runs goes on with what it has read before.
        """)
    }
  }

  /// What failed, and what holds until it is mended.
  static func failure(_ error: any Error, _ stored: Result<DomainPolicy?, any Error>) -> WinrmFailure {
    let cause =
      switch error {
      case let error as DomainPolicyError: error.message
      case let error as GroupPolicyError: "an answer of the domain cannot be used: \(error)"
      default: "\(error)"
      }
    let state =
      switch stored {
      case .success(let policy?) where policy.unusable != nil:
        """
        What \(policy.domain) said \(PolicyReport.ago(now - policy.updated)) (\(PolicyReport.time(policy.updated))) cannot be used either: \
        \(policy.unusable ?? ""). Until an update has read what can be used, nothing is delegated, and what needs the policy ends with \
        0x80338088.
        """
      case .success(let policy?):
        "The policy of \(policy.domain) that was read \(PolicyReport.ago(now - policy.updated)) (\(PolicyReport.time(policy.updated))) stays in force."
      case .success(nil): "No policy of a domain was read before."
      case .failure(let error): "The stored policy cannot be used either: \(error)"
      }
    let code = (error as? ConfigurationError)?.winrmCode ?? WinRMCode(rawValue: 1274)
    return WinrmFailure(
      code, "The policy of the domain was not updated: \(cause)\n\(state)",
      explanation: code.rawValue == 1274 ? "The group policy could not be read." : nil)
  }

  private static func content(_ path: String) throws -> [UInt8] {
    do throws(ForeignFile.Failure) {
      // An exported policy can be as large as the files that it comes from.
      return try ForeignFile(path: path, maximumSize: 1 << 20).content.withUnsafeBytes(Array.init)
    } catch {
      throw WinrmFailure(WinRMCode(rawValue: error.isMissing ? 2 : 30), "\(path) cannot be read: \(error.reason)")
    }
  }
}
