import SecuritySupport
import WSMan
import WinRM
import WinRMConfiguration

/// A command line that cannot be used: reported on standard error, exit code 1.
struct WinrmUsageError: Error, Equatable {
  var message: String
  /// Whether the hint to the help follows: not where the line was well formed and something in it does not exist.
  var pointsToHelp: Bool

  init(_ message: String, pointsToHelp: Bool = true) {
    self.message = message
    self.pointsToHelp = pointsToHelp
  }

  /// Standard error.
  var text: String {
    "Error: \(ResultWriter.printable(message))\n" + (pointsToHelp ? "Invalid use of command line. Type \"winrm -?\" for help.\n" : "")
  }
}

/// An operation that failed: reported in the three parts that scripts know (WSManFault, number, description), exit code 1.
struct WinrmFailure: Error, Equatable {
  var code: WinRMCode
  /// What happened here, in one sentence or several lines.
  var message: String
  /// What the number means, when it should say something else than ``message``.
  var explanation: String?
  /// The fault of a service, in its own words.
  private var fault: ResultElement?

  init(_ code: WinRMCode, _ message: String, explanation: String? = nil) {
    self.code = code
    self.message = message
    self.explanation = explanation
  }

  /// The fault of a service, shown as it came.
  init(_ fault: WSManFault, code: WinRMCode) {
    self.init(code, fault.providerFault?.message ?? fault.message ?? fault.reason)
    explanation = CodeMessages.message(for: code) ?? fault.reason
    self.fault = ResultElement(fault, code: code)
  }

  /// - Parameters:
  ///   - paths: where the files are, to tell whose the denied one is.
  ///   - userID: who runs the command.
  init(_ error: ConfigurationError, paths: WinRMPaths? = nil, userID: UInt32 = WinRMPaths.processUserID) {
    guard error.winrmCode == .accessDenied else {
      self.init(error.winrmCode, "\(error)")
      return
    }
    var message = "Access is denied. \(error)"
    if let paths, let file = error.file, let hint = Self.machineFileHint(file, paths: paths, userID: userID) { message += "\n" + hint }
    self.init(error.winrmCode, message)
  }

  /// Whose a file is that an ordinary user was denied; `nil` for one that is not the whole machine's.
  static func machineFileHint(_ file: String, paths: WinRMPaths, userID: UInt32) -> String? {
    // Below WINRM_ROOT the service's directory is the machine's: then nobody but the caller has set it up.
    guard userID != 0, file.hasPrefix(paths.machineConfigurationDirectory + "/"),
      paths.machineConfigurationDirectory != paths.configurationDirectory
    else { return nil }
    return """
      This is a setting of the whole machine, kept in \(file) by its administrator. Run the command as root, or, for a service and client \
      of your own, with WINRM_ROOT set to their directory.
      """
  }

  /// Win32 codes are shown as HRESULTs: 5 is 0x80070005.
  var hresult: WinRMCode { code.rawValue < 0x1_0000 ? WinRMCode(rawValue: 0x8007_0000 | code.rawValue) : code }

  /// Standard error, with the fault in the chosen format.
  func text(_ format: OutputFormat) -> String {
    let fault =
      self.fault
      ?? ResultElement(
        name: "WSManFault", attributes: [("Code", String(code.rawValue))], children: [ResultElement(name: "Message", value: message)])
    let shown =
      switch format {
      case .text: ResultWriter.text(fault)
      case .pretty, .xml: ResultWriter.xml(fault, prefix: "f", namespace: ResultWriter.faultNamespace, isIndented: format == .pretty) + "\n"
      }
    let number = "\(shown)\nError number:  \(hresult.signed) \(hresult.hexadecimal)\n"
    // Once is enough: a number without a meaning of its own adds nothing to the message.
    guard let description = explanation ?? CodeMessages.message(for: code), description != message else { return number }
    return "\(number)\(ResultWriter.printable(description))\n"
  }
}

extension ResultElement {
  /// `f:WSManFault` (MS-WSMV §2.2.4.43).
  fileprivate init(_ fault: WSManFault, code: WinRMCode) {
    let machine = fault.machine.map { [("Machine", $0)] } ?? []
    var message = ResultElement(name: "Message", value: fault.message ?? fault.reason)
    if let provider = fault.providerFault {
      var inner = ResultElement(name: "ProviderFault", value: provider.message)
      if let code = provider.code {
        let nested = ResultElement(
          name: "WSManFault", attributes: [("Code", String(code))] + machine,
          children: [ResultElement(name: "Message", value: provider.message)])
        inner = ResultElement(name: "ProviderFault", children: [nested])
      }
      let attributes = [("provider", provider.provider), ("path", provider.path), ("providerId", provider.providerID)]
      inner.attributes = attributes.compactMap { name, value in value.map { (name: name, value: $0) } }
      message = ResultElement(name: "Message", children: [inner])
    }
    self.init(name: "WSManFault", attributes: [("Code", String(code.rawValue))] + machine, children: [message])
  }
}
