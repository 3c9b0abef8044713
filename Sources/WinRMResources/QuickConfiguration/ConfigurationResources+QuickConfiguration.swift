import Certificates
import SecuritySupport
import WSMan
import WinRMConfiguration

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The actions of `winrm/config/service` behind `winrm quickconfig`: AnalyzeService, EnableService, Analyze, EnableRemoting.
///
/// What an analysis finds goes back to the caller with the input of the action that does it. The second one does not rely on the first: it
/// looks again, and does what is missing then.
extension ConfigurationResources {
  private static let serviceURI = ResourceURI.config.rawValue + "/service"

  /// - Parameters:
  ///   - action: the last part of the action's URI in lower case.
  ///   - input: the body of the request.
  /// - Returns: `nil` for an action that the service does not have.
  func quickConfiguration(_ action: String, _ input: XMLElement?) throws -> Outcome? {
    switch action {
    case "analyzeservice": Outcome(.other(analyzeService()))
    case "enableservice": Outcome(.other(enableService()))
    case "analyze": Outcome(.other(try analyze(try wish(input))))
    case "enableremoting": try enableRemoting(try wish(input))
    default: nil
    }
  }

  // MARK: The service

  private func analyzeService() -> XMLElement {
    guard let service = environment.service, !service.isRunning() else { return analysis("AnalyzeService", isEnabled: true) }
    guard service.start != nil else {
      return analysis("AnalyzeService", isEnabled: false, results: ["Start the WinRM service: \(service.command)"])
    }
    return analysis(
      "AnalyzeService", isEnabled: false,
      results: ["Start the WinRM service.", "Set the WinRM service to start with the machine."], next: "EnableService", nextInput: [])
  }

  private func enableService() -> XMLElement {
    guard let service = environment.service, !service.isRunning() else {
      return result("EnableService", isComplete: true, ["WinRM service is already running on this machine."])
    }
    guard let start = service.start else {
      return result("EnableService", isComplete: false, ["The WinRM service does not run. Start it: \(service.command)"])
    }
    do throws(ServiceControl.Failure) {
      try start()
      return result("EnableService", isComplete: true, ["WinRM service started.", "WinRM service type changed successfully."])
    } catch {
      return result("EnableService", isComplete: false, [error.message])
    }
  }

  // MARK: Remoting

  private func remoting(_ effective: EffectiveSettings) -> RemotingAnalysis {
    RemotingAnalysis(
      effective: effective, network: environment.network(), certificates: environment.certificates, machineNames: environment.machineNames,
      served: environment.served)
  }

  private func analyze(_ wish: RemotingAnalysis.Wish) throws -> XMLElement {
    switch try remoting(store.loadEffective()).outcome(wish) {
    case .ready: return analysis("Analyze", isEnabled: true)
    case .changes(let changes):
      return analysis(
        "Analyze", isEnabled: false, results: changes.map(\.announcement), next: "EnableRemoting", nextInput: elements(of: wish))
    case .blockedByPolicy(let reason): return analysis("Analyze", isEnabled: false, source: "GPO", results: [reason])
    case .blocked(let reason): return analysis("Analyze", isEnabled: false, results: [reason])
    }
  }

  private func enableRemoting(_ wish: RemotingAnalysis.Wish) throws -> Outcome {
    switch try remoting(store.loadEffective()).outcome(wish) {
    case .ready:
      return Outcome(
        .other(result("EnableRemoting", isComplete: true, ["WinRM is already set up for remote management on this computer."])))
    case .blockedByPolicy(let reason), .blocked(let reason):
      return Outcome(.other(result("EnableRemoting", isComplete: false, [reason])))
    case .changes(let changes):
      for case .makeCertificate(let names) in changes { try makeCertificate(names) }
      let changed = try change { settings in
        for change in changes {
          switch change {
          case .makeCertificate: continue
          case .createListener(let listener): try settings.addListener(listener)
          case .enableListener(let listener), .renewListener(let listener): try settings.replaceListener(listener)
          case .allowRemoteAccess: settings.service.allowRemoteAccess = true
          }
        }
      }
      let hint = FirewallHint.text(port: port(of: changes, wish)).map { [$0] } ?? []
      return Outcome(.other(result("EnableRemoting", isComplete: true, changes.map(\.report) + hint)), changed: changed)
    }
  }

  private func port(of changes: [RemotingAnalysis.Change], _ wish: RemotingAnalysis.Wish) -> UInt16 {
    for change in changes {
      switch change {
      case .createListener(let listener), .enableListener(let listener), .renewListener(let listener): return listener.port
      case .makeCertificate, .allowRemoteAccess: continue
      }
    }
    return ListenerSettings(transport: wish.transport).port
  }

  private func makeCertificate(_ names: [String]) throws {
    let identity = try SelfSignedIdentity.make(
      commonName: names.last ?? "", names: names, notAfter: Date(timeIntervalSinceNow: 365 * 86_400), kind: .rsa2048)
    try environment.certificates.add(
      try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM))
  }

  // MARK: Documents

  /// `Analyze_INPUT` and `EnableRemoting_INPUT`: Transport, Force (which changes nothing here), and what Windows does not have: Hostname
  /// and SelfSigned.
  private func wish(_ input: XMLElement?) throws(WSManFault) -> RemotingAnalysis.Wish {
    var wish = RemotingAnalysis.Wish()
    for element in input?.elements ?? [] {
      switch element.name.localName {
      case "Transport":
        guard let transport = ListenerSettings.Transport(rawValue: element.trimmedText.uppercased()) else {
          throw .schemaValidationError("Transport is http or https.")
        }
        wish.transport = transport
      case "Hostname": wish.hostname = element.trimmedText
      case "SelfSigned": wish.allowsSelfSigned = true
      case "Force": continue
      default: throw .schemaValidationError("The element \(element.name.localName.shown) is not expected here.")
      }
    }
    return wish
  }

  private func elements(of wish: RemotingAnalysis.Wish) -> [XMLElement] {
    let xml = SettingXML(namespace: Self.serviceURI)
    var elements = [xml.value("Transport", wish.transport.rawValue.lowercased())]
    if !wish.hostname.isEmpty { elements.append(xml.value("Hostname", wish.hostname)) }
    if wish.allowsSelfSigned { elements.append(xml.value("SelfSigned", "")) }
    return elements
  }

  private func analysis(
    _ action: String, isEnabled: Bool, source: String? = nil, results: [String] = [], next: String? = nil, nextInput: [XMLElement] = []
  ) -> XMLElement {
    let xml = SettingXML(namespace: Self.serviceURI)
    var children = [
      XMLElement(
        xml.name("RemotingEnabled"), attributes: source.map { [XMLAttribute("Source", $0)] } ?? [], text: isEnabled ? "true" : "false"),
      xml.value("Results", results.joined(separator: "\n")),
    ]
    if let next { children.append(XMLElement(xml.name(next + "_INPUT"), children: nextInput.map { .element($0) })) }
    return xml.root(action + "_OUTPUT", children)
  }

  private func result(_ action: String, isComplete: Bool, _ results: [String]) -> XMLElement {
    let xml = SettingXML(namespace: Self.serviceURI)
    return xml.root(
      action + "_OUTPUT",
      [xml.value("Status", isComplete ? "succeeded" : "failed"), xml.value("Results", results.joined(separator: "\n"))])
  }
}
