import Certificates
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

/// `winrm doctor [-remote:ENDPOINT [SWITCHES OF A CONNECTION] [-secondhop:TARGET] [-allowdelegate]] [-format:text|json] [-report:FILE]`.
struct DoctorOperation {
  enum Format: String { case text, json }

  var paths: WinRMPaths
  var console: CommandConsole
  /// Knows how the switches of a connection become a client's configuration.
  var identification: IdentifyOperation

  /// - Throws: ``NegativeAnswer`` when something did not pass; ``WinrmUsageError``, ``WinRMError`` and ``WinrmFailure`` when there is nothing
  ///   to tell, or, after it has been told, where the file could not be written.
  func run(_ arguments: WinrmArguments, password: PasswordSource?) async throws {
    let format = try format(arguments)
    let file = arguments.switches[.report].map { ReportFile(path: $0) }
    try file?.check()
    let report =
      try await arguments.switches[.remote] == nil ? await service(arguments) : chain(arguments, password: password)
    console.writeOutput(format == .json ? JSONReport.write(report) : TextReport.write(report))
    try file?.write(HTMLReport.write(report))
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
    for name in [WinrmSwitch.secondhop, .allowdelegate] where arguments.switches[name] != nil {
      throw WinrmUsageError("-\(name.rawValue) goes only with -remote.")
    }
    return await ServiceExamination(paths: paths, environment: identification.environment, now: Int64(time(nil))).report()
  }

  // MARK: The chain

  private func chain(_ arguments: WinrmArguments, password: PasswordSource?) async throws -> DoctorReport {
    let arguments = Self.delegating(arguments)
    let target = arguments.switches[.remote] ?? ""
    let second = try arguments.switches[.secondhop].map { text throws(WinrmUsageError) in
      guard let second = SecondHopTarget(parsing: text) else {
        throw WinrmUsageError("Invalid option for -secondhop: \"\(text)\". It is HOST[:PORT], http[s]://HOST[:PORT] or //HOST/SHARE.")
      }
      return second
    }
    _ = try WinRMEndpoint(parsing: target, useSSL: arguments.switches[.usessl] != nil)
    let policy: ClientPolicy
    do { policy = try ClientPolicy.machine(paths: paths) } catch let error as ConfigurationError {
      return unreadable(error, arguments, second)
    }
    let (configuration, mistake) = try configuration(arguments, policy, password: password)
    let probes = NetworkChainProbes(configuration: configuration, policy: policy)
    let subject = ChainSubject(
      target: target, endpoint: configuration.endpoint, method: configuration.method, credential: Self.kind(configuration.credential),
      policy: policy, delegationHost: probes.delegationHost, secondHop: second,
      sources: PolicySources(paths: paths, client: policy, host: probes.delegationHost), mistake: mistake)
    let diagnosis = ChainDiagnosis(subject: subject, probes: probes, now: { Int64(time(nil)) })
    return try await SignalForwarder.endingBySignals { _ in try await diagnosis.run() }
  }

  /// `-allowdelegate` is the password's, by CredSSP, where there is one and nothing else was asked for, as with winrs.
  private static func delegating(_ arguments: WinrmArguments) -> WinrmArguments {
    guard arguments.switches[.allowdelegate] != nil, arguments.switches[.username] != nil, arguments.switches[.authentication] == nil
    else { return arguments }
    var arguments = arguments
    arguments.switches[.authentication] = "credssp"
    return arguments
  }

  /// That of the real commands. A client certificate that is not there, or no good, is a finding here and no end.
  private func configuration(
    _ arguments: WinrmArguments, _ policy: ClientPolicy, password: PasswordSource?
  ) throws -> (WinRMClientConfiguration, mistake: WinRMError?) {
    var configuration: WinRMClientConfiguration
    var mistake: WinRMError?
    do {
      configuration = try identification.configuration(arguments, password: password)
    } catch let error as WinRMError where arguments.switches[.certificate] != nil {
      // Without it the rest may be as it should; then the certificate is what is wrong.
      mistake = error
      var arguments = arguments
      arguments.switches[.certificate] = nil
      arguments.switches[.authentication] = "certificate"
      configuration = try identification.configuration(arguments, password: password)
    }
    configuration.policy = policy
    configuration.delegatesTicket = arguments.switches[.allowdelegate] != nil && configuration.method != .credSSP
    return (configuration, mistake)
  }

  private static func kind(_ credential: ClientCredential) -> ChainSubject.CredentialKind {
    switch credential {
    case .explicit(let credential): .explicit(credential.name.description)
    case .agent: .ambient(hasAgent: true)
    case .ambient(let socket): .ambient(hasAgent: socket != nil)
    case .certificate(let certificate): .certificate(certificate.thumbprint.text)
    case .none: .none
    }
  }

  private func remedy(of error: ConfigurationError) -> String {
    if let remedy = error.domainPolicyRemedy { return remedy }
    return switch error.winrmCode {
    case .accessDenied: "let this user read the file, which is no secret, or run the doctor as its owner"
    case WinRMCode(rawValue: 0x8033_8088) where error.file == paths.domainPolicyFile:
      "as root, read the policy of the domain anew: winrm policy update   or, where this machine has left its domain: winrm policy forget"
    case WinRMCode(rawValue: 0x8033_8088) where error.file == paths.machinePolicyFile && error.code == .malformed:
      "repair the file, or as root put another policy in its place: winrm policy import FILE; then see what holds: winrm policy"
    case WinRMCode(rawValue: 0x8033_8088):  // ERROR_WSMAN_POLICY_CORRUPTED
      "repair the file; then see what holds: winrm policy"
    default: "repair the file; then try again, or look at what it says: winrm get winrm/config/client"
    }
  }

  private func unreadable(_ error: ConfigurationError, _ arguments: WinrmArguments, _ second: SecondHopTarget?) -> DoctorReport {
    let methods: [AuthenticationMethod] = [.kerberos, .credSSP, .basic, .certificate]
    let typed = arguments.switches[.authentication]?.lowercased() ?? (arguments.switches[.certificate] == nil ? nil : "certificate")
    let method = methods.first { ChainSubject.name(of: $0).lowercased() == typed } ?? .negotiate
    return ChainDiagnosis.report(
      unreadable: error.description, remedy: remedy(of: error),
      code: error.winrmCode,
      subject: .init(
        target: arguments.switches[.remote], method: ChainSubject.name(of: method), user: arguments.switches[.username],
        secondHop: second?.text), isCredSSP: method == .credSSP, time: Int64(time(nil)))
  }
}
