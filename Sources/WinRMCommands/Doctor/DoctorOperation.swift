import GroupPolicy
import SecuritySupport
import WinRM
import WinRMConfiguration
import WinRMDoctor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// `winrm doctor [-remote:ENDPOINT [-authentication:M] [-username:USER] [-secondhop:TARGET]] [-format:text|json] [-report:FILE]`.
struct DoctorOperation {
  enum Format: String { case text, json }

  var paths: WinRMPaths
  var environment: [String: String]
  var console: CommandConsole
  var identifier: any ServiceIdentifier

  /// - Throws: ``NegativeAnswer`` when something did not pass; ``WinrmUsageError``, ``WinRMError`` and ``WinrmFailure`` when there is nothing to tell.
  func run(_ arguments: WinrmArguments, password: PasswordSource?) async throws {
    let format = try format(arguments)
    let report =
      try await arguments.switches[.remote] == nil ? await service(arguments) : chain(arguments, password: password)
    if let path = arguments.switches[.report] { try ReportFile(path: path).write(HTMLReport.write(report)) }
    console.writeOutput(format == .json ? JSONReport.write(report) : TextReport.write(report))
    guard report.passed else { throw NegativeAnswer() }
  }

  private func format(_ arguments: WinrmArguments) throws(WinrmUsageError) -> Format {
    guard let text = arguments.switches[.format] else { return .text }
    guard let format = Format(rawValue: text.lowercased()) else {
      throw WinrmUsageError("Invalid option for -format: \"\(text)\". It is text or json for doctor.")
    }
    return format
  }

  private func service(_ arguments: WinrmArguments) async throws -> DoctorReport {
    guard arguments.switches[.secondhop] == nil else { throw WinrmUsageError("-secondhop goes only with -remote.") }
    return await ServiceExamination(paths: paths, environment: environment, now: Int64(time(nil))).report()
  }

  // MARK: The chain

  private func chain(_ arguments: WinrmArguments, password: PasswordSource?) async throws -> DoctorReport {
    let target = arguments.switches[.remote] ?? ""
    let method = try method(arguments)
    let second = try arguments.switches[.secondhop].map { text throws(WinrmUsageError) in
      guard let second = SecondHopTarget(parsing: text) else {
        throw WinrmUsageError("Invalid option for -secondhop: \"\(text)\". It is HOST, [http[s]://]HOST:PORT or //HOST/SHARE.")
      }
      return second
    }
    _ = try WinRMEndpoint(parsing: target, useSSL: arguments.switches[.usessl] != nil)
    let policy: ClientPolicy
    do { policy = try ClientPolicy.machine(paths: paths) } catch let error as ConfigurationError {
      return unreadable(error, arguments, second)
    }
    let configuration = try configuration(arguments, method, policy, password: password)
    let probes = NetworkChainProbes(configuration: configuration, policy: policy)
    let subject = ChainSubject(
      target: target, endpoint: configuration.endpoint, method: method, credential: Self.kind(configuration.credential), policy: policy,
      delegationHost: probes.delegationHost, secondHop: second, sources: sources())
    return try await ChainDiagnosis(subject: subject, probes: probes, now: { Int64(time(nil)) }).run()
  }

  private func method(_ arguments: WinrmArguments) throws(WinrmUsageError) -> AuthenticationMethod {
    switch arguments.switches[.authentication]?.lowercased() {
    case nil, "negotiate": return .negotiate
    case "kerberos": return .kerberos
    case "credssp": return .credSSP
    case let other?:
      throw WinrmUsageError("Invalid option for -authentication: \"\(other)\". It is credssp, negotiate or kerberos for doctor.")
    }
  }

  /// That of the real commands; only the missing user of CredSSP is a finding here, and no mistake in writing.
  private func configuration(
    _ arguments: WinrmArguments, _ method: AuthenticationMethod, _ policy: ClientPolicy, password: PasswordSource?
  ) throws -> WinRMClientConfiguration {
    let identification = IdentifyOperation(paths: paths, environment: environment, console: console, identifier: identifier)
    var arguments = arguments
    let isIncomplete = method == .credSSP && arguments.switches[.username] == nil
    if isIncomplete {
      arguments.switches[.authentication] = "negotiate"
      arguments.switches[.password] = nil
    }
    var configuration = try identification.configuration(arguments, password: password)
    configuration.method = method
    configuration.policy = policy
    return configuration
  }

  private static func kind(_ credential: ClientCredential) -> ChainSubject.CredentialKind {
    switch credential {
    case .explicit(let credential): .explicit(credential.name.description)
    case .agent: .ambient(hasAgent: true)
    case .ambient(let socket): .ambient(hasAgent: socket != nil)
    case .certificate, .none: .none
    }
  }

  private func unreadable(_ error: ConfigurationError, _ arguments: WinrmArguments, _ second: SecondHopTarget?) -> DoctorReport {
    let method = arguments.switches[.authentication]?.lowercased()
    return ChainDiagnosis.report(
      unreadable: error.description, remedy: "repair the file; winrm policy and winrm get winrm/config/client read it again",
      code: error.winrmCode,
      subject: .init(
        target: arguments.switches[.remote], method: method == "credssp" ? "CredSSP" : method == "kerberos" ? "Kerberos" : "Negotiate",
        user: arguments.switches[.username], secondHop: second?.text), isCredSSP: method == "credssp", time: Int64(time(nil)))
  }

  /// Where the rules are written that decide.
  private func sources() -> PolicySources {
    guard let policy = try? EffectivePolicy.load(paths: paths), let settings = try? ConfigurationStore(paths: paths).loadEffective() else {
      return PolicySources()
    }
    return PolicySources(
      ofReason: { reason in policy.item(decidingBy: reason).map { "written in \($0.source.file)" } },
      ofFlag: { flag in
        settings.item(deciding: flag, of: .clientAuth).map { "policy \($0.source.object), \($0.source.file)" }
      })
  }
}
