import SecuritySupport
import WSMan
import WinRM
import WinRMConfiguration
import WinRMResources

/// `winrm quickconfig`: the dialogue of two phases, first about the service, then about who can reach it. Each phase asks
/// `winrm/config/service` what is missing, tells it, and has it done.
struct QuickConfiguration {
  /// What stands in the way is no error of the command: it is told on standard error, and the exit code stays 0.
  private static let policyConflict = "Error: Cannot complete the request due to a conflicting Group Policy setting.\n"
  private static let incomplete = "Error: One or more update steps could not be completed.\n"
  private static let namespace = ConfigurationResource.service.uri

  private struct Phase {
    var analyze: String
    var enable: String
    var nothingToDo: String
    var isMissing: String
    var isDone: String
  }

  private static let service = Phase(
    analyze: "AnalyzeService", enable: "EnableService", nothingToDo: "WinRM service is already running on this machine.",
    isMissing: "WinRM is not set up to receive requests on this machine.", isDone: "WinRM has been updated to receive requests.")
  private static let remoting = Phase(
    analyze: "Analyze", enable: "EnableRemoting", nothingToDo: "WinRM is already set up for remote management on this computer.",
    isMissing: "WinRM is not set up to allow remote access to this machine for management.",
    isDone: "WinRM has been updated for remote management.")
  /// The same where the first phase has left the service standing: nothing is set up as long as it does not run.
  private static let settings = Phase(
    analyze: "Analyze", enable: "EnableRemoting",
    nothingToDo: "The settings for remote management are complete. They take effect when the WinRM service runs.",
    isMissing: "The settings of WinRM do not allow remote access to this machine for management.",
    isDone: "The settings for remote management have been updated. They take effect when the WinRM service runs.")

  var console: CommandConsole
  /// Asked for each phase: the first one may have started the service.
  var access: () throws -> any ResourceAccess

  func run(_ arguments: WinrmArguments) async throws {
    let isQuiet = arguments.switches[.quiet] != nil || arguments.switches[.force] != nil
    let transport = try transport(arguments)
    // An error ends the dialogue; a no does not.
    let runs = try await run(Self.service, input: [], isQuiet: isQuiet)
    var input = [element("Transport", transport)]
    if arguments.switches[.force] != nil { input.append(element("Force", "")) }
    if let name = arguments.switches[.hostname] { input.append(element("Hostname", name)) }
    if arguments.switches[.selfsigned] != nil { input.append(element("SelfSigned", "")) }
    _ = try await run(runs ? Self.remoting : Self.settings, input: input, isQuiet: isQuiet)
  }

  private func transport(_ arguments: WinrmArguments) throws(WinrmUsageError) -> String {
    let transport = (arguments.switches[.transport] ?? "http").lowercased()
    guard ["", "http", "https"].contains(transport) else { throw WinrmUsageError("Invalid option for -transport: \"\(transport)\"") }
    for name in [WinrmSwitch.hostname, .selfsigned] where transport != "https" && arguments.switches[name] != nil {
      throw WinrmUsageError("-\(name.rawValue) goes with -transport:https only.")
    }
    return transport.isEmpty ? "http" : transport
  }

  /// - Returns: whether there is nothing left to do.
  private func run(_ phase: Phase, input: [XMLElement], isQuiet: Bool) async throws -> Bool {
    let analysis = try await invoke(phase.analyze, input)
    guard let enabled = analysis.first(named: "RemotingEnabled") else { throw Self.unexpected(phase.analyze) }
    if enabled.trimmedText.lowercased() == "true" {
      say(phase.nothingToDo + "\n")
      return true
    }
    let results = analysis.first(named: "Results")?.text ?? ""
    if enabled.attribute("Source") == "GPO" {
      complain(Self.policyConflict, results)
      return false
    }
    say(phase.isMissing + "\n")
    guard let next = analysis.first(named: phase.enable + "_INPUT") else {
      say("The following must be done by hand:\n\n\(printable(results))\n\n")
      return false
    }
    say("The following changes must be made:\n\n\(printable(results))\n\n")
    guard isQuiet || isAccepted() else { return false }
    let outcome = try await invoke(phase.enable, next)
    let report = outcome.first(named: "Results")?.text ?? ""
    guard outcome.first(named: "Status")?.trimmedText.lowercased() == "succeeded" else {
      complain(Self.incomplete, report)
      return false
    }
    say("\(phase.isDone)\n\n\(printable(report))\n")
    return true
  }

  private func invoke(_ action: String, _ children: [XMLElement]) async throws -> XMLElement {
    try await invoke(
      action, XMLElement(XMLName(namespace: Self.namespace, localName: action + "_INPUT"), children: children.map { .element($0) }))
  }

  private func invoke(_ action: String, _ input: XMLElement) async throws -> XMLElement {
    let resource = ResourceSelection(ResourceURI(rawValue: Self.namespace), selectors: [:], options: [], fragment: nil)
    guard let output = try await access().invoke(action, on: resource, input) else { throw Self.unexpected(action) }
    return output
  }

  private func element(_ name: String, _ text: String) -> XMLElement {
    XMLElement(XMLName(namespace: Self.namespace, localName: name), text: text)
  }

  private func isAccepted() -> Bool {
    say("Make these changes [y/n]? ")
    let answer = console.readLine()?.lowercased()
    if answer == nil { say("\n") }
    return answer == "y" || answer == "yes"
  }

  private func say(_ text: String) { console.writeOutput(text) }

  private func complain(_ error: String, _ results: String) {
    console.writeError(error + (results.isEmpty ? "" : printable(results) + "\n"))
  }

  private func printable(_ lines: String) -> String {
    lines.split(separator: "\n", omittingEmptySubsequences: false).map { ResultWriter.printable(String($0)) }.joined(separator: "\n")
  }

  private static func unexpected(_ action: String) -> WinrmFailure {
    WinrmFailure(.schemaValidationError, "The answer to \(action) cannot be understood.")
  }
}

extension XMLElement {
  fileprivate func first(named name: String) -> XMLElement? { elements.first { $0.name.localName == name } }
}
