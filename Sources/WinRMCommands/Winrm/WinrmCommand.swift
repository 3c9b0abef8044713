import Accounts
import Certificates
import SecuritySupport
import WSMan
import WinRM
import WinRMConfiguration
import WinRMResources

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The program `winrm`: this machine's WinRM configuration, and questions to remote services.
///
/// Syntax, output and error forms are those of the Windows tool. Exit code 0 is success, help, and a declined question; 1 is everything
/// else, except that `policy test`, which Windows does not have, answers by its exit code: 0 is yes, 1 is no, and 2 is no answer.
public enum WinrmCommand {
  /// The version that `--version` prints.
  public static let version = "0.1.0"

  /// Runs one command line.
  ///
  /// - Parameters:
  ///   - arguments: without the program's name. The password's value has been blanked.
  ///   - environment: `WINRM_ROOT`, `HOME`, `XDG_*`, `WINRM_AGENT_SOCKET`, `WINRM_SESSION` are read.
  ///   - console: where it reads and writes.
  ///   - password: what `-password` said; `nil` without it.
  ///   - identifier: who asks a remote service.
  ///   - connector: who reads and changes what a remote service has.
  ///   - proxyPassword: what `-proxypassword` said; `nil` without it.
  /// - Returns: the exit code.
  public static func run(
    arguments: [String], environment: [String: String] = processEnvironment, console: CommandConsole = .process,
    password: PasswordSource? = nil, identifier: any ServiceIdentifier = NetworkServiceIdentifier(),
    connector: any ResourceConnector = NetworkResourceConnector(), proxyPassword: PasswordSource? = nil
  ) async -> Int32 {
    let paths = WinRMPaths.current(environment: environment)
    var format = OutputFormat.text
    let code = errorCode(of: arguments)
    do {
      if arguments.first == "--version" {
        console.writeOutput("winrm \(version)\n")
        return exitCode(console)
      }
      if arguments.prefix(2) == ["completions", "candidates"] {
        let settings = (try? ConfigurationStore(paths: paths).load()) ?? WinRMSettings()
        for line in Completion(settings: settings).lines(Array(arguments.dropFirst(2))) { console.writeOutput(line + "\n") }
        return exitCode(console)
      }
      let parsed = try WinrmArguments(parsing: arguments)
      guard !parsed.wantsHelp else {
        showHelp(parsed, console)
        return exitCode(console)
      }
      if parsed.operation != .doctor { format = try outputFormat(parsed) }
      let runner = WinrmRunner(
        paths: paths, environment: environment, console: console, format: format, identifier: identifier, connector: connector,
        proxyPassword: proxyPassword)
      try await runner.run(parsed, password: password)
      return exitCode(console, failed: code)
    } catch is NegativeAnswer {
      return exitCode(console, 1, failed: code)
    } catch let ended as EndedBySignal {
      return 128 + ended.number
    } catch {
      console.writeError(report(error, format, paths))
      return code
    }
  }

  /// The exit code of a line that fails. Where 1 is an answer, nobody may take a mistake for it.
  public static func errorCode(of arguments: [String]) -> Int32 {
    let words = arguments.filter { !$0.hasPrefix("-") && !$0.hasPrefix("/") }.prefix(2)
    return words.map { $0.lowercased() } == ["policy", "test"] ? 2 : 1
  }

  /// Says which argument of this process is not UTF-8, if one is: something else than what was typed would be stored or sent.
  public static func complainsOfEncoding(_ console: CommandConsole = .process) -> Bool {
    guard let index = ArgumentEncoding.firstInvalid() else { return false }
    console.writeError(WinrmUsageError("Argument \(index) is not valid UTF-8.", pointsToHelp: false).text)
    return true
  }

  /// Ends this process. Libraries of the name service wait at the end for a look-up that they are still in: where one was abandoned, nothing
  /// is left to them.
  public static func end(_ code: Int32) -> Never {
    // What was to be written is with the system already.
    if NameService.system.isWaiting { _exit(code) }
    exit(code)
  }

  private static func showHelp(_ arguments: WinrmArguments, _ console: CommandConsole) {
    let topic = arguments.operation == .help ? arguments.operands.first : arguments.operation.rawValue
    if let topic, !WinrmHelp.hasPage(topic) { console.writeError("No help topic \(ResultWriter.printable(topic)).\n") }
    console.writeOutput(WinrmHelp.text(topic: topic))
  }

  /// What was done is no success for a caller who could not be told.
  private static func exitCode(_ console: CommandConsole, _ code: Int32 = 0, failed: Int32 = 1) -> Int32 {
    guard let failure = console.outputFailure() else { return code }
    if failure != EPIPE { console.writeError("Error: the output cannot be written: \(String(cString: strerror(failure)))\n") }
    return failed
  }

  /// The variables that ``run(arguments:environment:console:password:identifier:connector:proxyPassword:)`` reads, as this process has them.
  public static var processEnvironment: [String: String] {
    WinRMPaths.processEnvironment.merging(SessionEnvironment.current) { $1 }
  }

  private static func outputFormat(_ arguments: WinrmArguments) throws(WinrmUsageError) -> OutputFormat {
    guard let text = arguments.switches[.format] else { return .text }
    guard let format = OutputFormat(rawValue: (text.hasPrefix("#") ? String(text.dropFirst()) : text).lowercased()) else {
      throw WinrmUsageError("Invalid option for -format: \"\(text)\"")
    }
    return format
  }

  /// The one place where an error becomes the text that the user sees.
  private static func report(_ error: any Error, _ format: OutputFormat, _ paths: WinRMPaths) -> String {
    switch error {
    case let error as WinrmUsageError: error.text
    case let error as WinrmFailure: error.text(format)
    case let error as ConfigurationError: WinrmFailure(error, paths: paths).text(format)
    case let error as WinRMError: failure(error).text(format)
    case let error as WSManFault: WinrmFailure(error, code: error.wsmanCode ?? error.impliedCode ?? WinRMCode(rawValue: 1359)).text(format)
    case is CancellationError: WinrmFailure(WinRMCode(rawValue: 995), "The operation was cancelled.").text(format)
    default: WinrmFailure(WinRMCode(rawValue: 1359), "\(error)").text(format)
    }
  }

  /// What the client library says, in the tool's form: cause, answer and next step are the message, the meaning of the number follows. A
  /// fault of the service is shown as it came.
  private static func failure(_ error: WinRMError) -> WinrmFailure {
    if let fault = error.fault, error.stage == .request { return WinrmFailure(fault, code: error.code) }
    let stage = "Stage: \(error.stage.rawValue)\(error.peer.map { " with \($0)" } ?? "")"
    let answer = error.peerAnswer.map { ["Answer of the \(error.stage.answerer): \($0)"] } ?? []
    return WinrmFailure(error.code, ([error.cause, stage] + answer + ["Next: \(error.nextStep)"]).joined(separator: "\n"))
  }
}

/// One run of a parsed command line.
struct WinrmRunner {
  var paths: WinRMPaths
  var environment: [String: String]
  var console: CommandConsole
  var format: OutputFormat
  var identifier: any ServiceIdentifier
  var connector: any ResourceConnector
  var proxyPassword: PasswordSource?

  func run(_ arguments: WinrmArguments, password: PasswordSource?) async throws {
    switch arguments.operation {
    case .get, .set, .create, .delete, .enumerate, .invoke: try await configure(arguments, password: password)
    case .token: try TokenOperation(console: console, format: format).run(arguments.operands.first ?? "")
    case .identify:
      let operation = identification
      show(try await operation.run(arguments, password: password), prefix: "wsmid", IdentifyOperation.namespace)
    case .quickconfig:
      try await QuickConfiguration(console: console, access: { try localAccess(arguments) }).run(arguments)
    case .credssp: try credSSP(arguments)
    case .account: try AccountOperations(store: AccountStore(path: paths.accountsFile), console: console).run(arguments)
    case .certificate: try certificateOperations(arguments, password).run(arguments)
    case .policy: try policy(arguments)
    case .doctor:
      let operation = DoctorOperation(paths: paths, console: console, identification: identification)
      try await operation.run(arguments, password: password)
    case .configsddl: try await secure(arguments, password: password)
    case .helpmsg: explainCode(arguments.operands.first ?? "")
    case .completions: try show(CompletionScripts.script(arguments.operands[0]), "completions for", CompletionScripts.shells, arguments)
    case .manual: try show(Manuals.page(arguments.operands[0]), "manual of", Manuals.names, arguments)
    case .help: break
    }
  }

  private var identification: IdentifyOperation {
    IdentifyOperation(
      paths: paths, environment: environment, console: console, identifier: identifier, proxyPassword: proxyPassword)
  }

  private var store: ConfigurationStore { ConfigurationStore(paths: paths) }
  /// `-user`: the certificates of the user as a client, in place of those of the service.
  private func certificateOperations(
    _ arguments: WinrmArguments, _ password: PasswordSource?
  ) throws(WinrmFailure) -> CertificateOperations {
    guard arguments.switches[.user] != nil else {
      return CertificateOperations(certificates: certificates, settings: store, console: console, password: password)
    }
    guard let directory = paths.userCertificateDirectory else {
      throw WinrmFailure(WinRMCode(rawValue: 3), "There is no directory for certificates of the user: HOME is not set.")
    }
    return CertificateOperations(
      certificates: ServerCertificateStore(directory: directory), settings: store, console: console, isForUser: true, password: password)
  }

  private var certificates: ServerCertificateStore { ServerCertificateStore(directory: paths.certificateDirectory) }

  private func configure(_ arguments: WinrmArguments, password: PasswordSource?) async throws {
    let operation = try ResourceOperation(arguments, format: format, console: console)
    guard arguments.switches[.remote] == nil else {
      return try await connector.connect(identification.configuration(arguments, password: password)) { try await operation.run($0) }
    }
    let access = try localAccess(arguments)
    let advice = LocalAdvice(paths: paths)
    try await operation.run(access) { names, resource, answer in
      for remark in advice.remarks(on: names, of: resource, answer) {
        console.writeError("Warning: \(ResultWriter.printable(remark))\n")
      }
    }
  }

  /// The resources of this machine's service, or of its files where it does not run.
  func localAccess(_ arguments: WinrmArguments) throws -> any ResourceAccess {
    let timeout = arguments.switches[.timeout].flatMap { UInt32($0) }.map { Duration.milliseconds($0) }
    return try LocalService(paths: paths, environment: environment).resources(timeout: timeout)
  }

  private func secure(_ arguments: WinrmArguments, password: PasswordSource?) async throws {
    let operation = try SecurityOperation(arguments)
    if operation.isChange {
      guard try isConfirmed(operation.question(), arguments) else { return }
    }
    guard arguments.switches[.remote] != nil else {
      return show(try await operation.run(localAccess(arguments)), prefix: "cfg", SecurityOperation.namespace)
    }
    let configuration = try identification.configuration(arguments, password: password)
    try await connector.connect(configuration) { access in
      show(try await operation.run(access), prefix: "cfg", SecurityOperation.namespace)
    }
  }

  private func credSSP(_ arguments: WinrmArguments) throws {
    let operations = CredSSPOperations(settings: store, policy: MachinePolicyStore(paths: paths))
    let verb = arguments.operands.first?.lowercased()
    if verb == "get" {
      try refuse([.role, .delegate, .ntlmonly, .force, .remote, .sha256], arguments)
      for sentence in try operations.status() { console.writeOutput(ResultWriter.printable(sentence) + "\n") }
      return
    }
    guard verb != "pin", verb != "unpin" else { return try pin(verb == "pin", arguments, operations) }
    guard verb == "enable" || verb == "disable" else {
      throw WinrmUsageError("The operation on credssp is \(WinrmOperation.credssp.subverbs.joined(separator: ", ")).")
    }
    try refuse([.remote, .sha256], arguments)
    guard let role = arguments.switches[.role].flatMap({ CredSSPOperations.Role(rawValue: $0.lowercased()) }) else {
      throw WinrmUsageError("credssp enable and disable need -role:client or -role:server.")
    }
    guard verb == "disable" else { return try enableCredSSP(role, arguments, operations) }
    try refuse([.delegate, .ntlmonly, .force], arguments)
    for remark in try role == .client ? operations.disableClient() : operations.disableServer() {
      console.writeError("\(ResultWriter.printable(remark))\n")
    }
  }

  private func refuse(_ names: [WinrmSwitch], _ arguments: WinrmArguments) throws(WinrmUsageError) {
    for name in names where arguments.switches[name] != nil {
      throw WinrmUsageError(notAllowed: name)
    }
  }

  private func pin(_ isPinned: Bool, _ arguments: WinrmArguments, _ operations: CredSSPOperations) throws {
    try refuse([.role, .delegate, .ntlmonly] + (isPinned ? [] : [.sha256, .force]), arguments)
    guard let host = arguments.switches[.remote] else { throw WinrmUsageError("credssp pin and unpin need -remote:HOST.") }
    guard isPinned else { return try operations.unpin(host) }
    guard let digits = arguments.switches[.sha256] else {
      throw WinrmUsageError("credssp pin needs -sha256:HEX, the SHA-256 of the server's certificate.")
    }
    let pin = try CredSSPOperations.Pin(host: host, digits: digits)
    guard try isConfirmed(CredSSPOperations.question(pin), arguments) else { return }
    try operations.pin(pin)
  }

  private func enableCredSSP(_ role: CredSSPOperations.Role, _ arguments: WinrmArguments, _ operations: CredSSPOperations) throws {
    let delegate = arguments.switches[.delegate]
    switch role {
    case .client:
      guard let delegate else { throw WinrmUsageError("-role:client needs -delegate:PATTERN[,PATTERN].") }
      let targets = try CredSSPOperations.targets(delegate)
      let whenNTLMOnly = arguments.switches[.ntlmonly] != nil
      let remark = try operations.remarkOnTargetsComing(with: targets, whenNTLMOnly: whenNTLMOnly).map(ResultWriter.printable)
      guard try isConfirmed(CredSSPOperations.question(role, remark), arguments) else { return }
      let settings = try operations.enableClient(targets, whenNTLMOnly: whenNTLMOnly)
      if let remark { console.writeError("\(remark)\n") }
      show(role, settings)
    case .server:
      guard delegate == nil, arguments.switches[.ntlmonly] == nil else {
        throw WinrmUsageError("-delegate and -ntlmonly are for -role:client only.")
      }
      guard try isConfirmed(CredSSPOperations.question(role), arguments) else { return }
      show(role, try operations.enableServer())
    }
  }

  private func show(_ role: CredSSPOperations.Role, _ settings: EffectiveSettings) {
    let path = role.resource.rawValue
    let element = ResultElement(settings.settings.tree(of: role.resource), path: path, in: settings)
    show(element, prefix: "cfg", ResourceLocator.base + "/" + path)
  }

  /// Asks unless `-force` is there. No answer at all is an error and not a no: a script must learn that nothing was done.
  func isConfirmed(_ question: String, _ arguments: WinrmArguments) throws -> Bool {
    guard arguments.switches[.force] == nil else { return true }
    console.writeOutput(question)
    guard let answer = console.readLine()?.lowercased() else {
      console.writeOutput("\n")
      throw WinrmFailure(WinRMCode(rawValue: 1223), "Nobody answers the question, so nothing was changed. Where nobody can, use -force.")
    }
    return answer == "y" || answer == "yes"
  }

  private func show(_ text: String?, _ kind: String, _ names: [String], _ arguments: WinrmArguments) throws(WinrmUsageError) {
    guard let text else { throw WinrmUsageError("There are no \(kind) \(arguments.operands[0]): \(names.joined(separator: ", ")).") }
    console.writeOutput(text)
  }

  private func explainCode(_ text: String) {
    guard let code = CodeMessages.parse(text) else {
      console.writeOutput(WinrmHelp.text(topic: "helpmsg"))
      return
    }
    console.writeOutput(CodeMessages.explanation(of: code) + "\n")
  }

  func show(_ element: ResultElement, prefix: String, _ namespace: String) {
    switch format {
    case .text: console.writeOutput(ResultWriter.text(element))
    case .pretty, .xml:
      console.writeOutput(ResultWriter.xml(element, prefix: prefix, namespace: namespace, isIndented: format == .pretty) + "\n")
    }
  }
}
