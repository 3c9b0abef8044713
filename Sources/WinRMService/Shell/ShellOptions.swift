import WSMan

/// What a Create asks for, checked (MS-WSMV §3.1.4.5.2; options `WINRS_NOPROFILE` and `WINRS_CODEPAGE`).
struct ShellOptions: Sendable {
  var shellID: String
  var name: String?
  var environment: [(String, String)]
  var workingDirectory: String?
  var idleTimeout: Duration
  var lifetime: Duration?

  /// The code pages that are accepted. Bytes pass as they are whichever is asked for: programs here write UTF-8 or what their locale
  /// says, and the service converts nothing.
  static let codePages: Set<String> = [
    "65001", "20127", "28591", "28592", "28605", "437", "737", "775", "850", "852", "855", "857", "858", "860", "861", "862", "863", "864",
    "865", "866", "869", "874", "932", "936", "949", "950", "1250", "1251", "1252", "1253", "1254", "1255", "1256", "1257", "1258",
  ]

  /// - Throws: the fault to answer with.
  init(_ description: ShellDescription, header: RequestHeader, limits: ShellLimits) throws(WSManFault) {
    for option in header.options { try Self.check(option) }
    if let id = description.shellID {
      guard GUIDText.isValid(id) else { throw .invalidParameter("The ShellId is not a GUID.") }
      shellID = id
    } else {
      shellID = GUIDText.random()
    }
    if let name = description.name, name.count > 255 { throw .invalidParameter("The shell's name is longer than 255 characters.") }
    name = description.name
    if let name = description.inputStreams.first(where: { $0 != "stdin" }) { throw .invalidInputStream(name) }
    if let name = description.outputStreams.first(where: { CommandOutput.Stream(rawValue: $0) == nil }) { throw .invalidOutputStream(name) }
    if let wanted = description.idleTimeout, !limits.idleTimeoutRange.contains(wanted) {
      throw .idleTimeoutOutOfRange(minimum: limits.idleTimeoutRange.lowerBound, maximum: limits.idleTimeoutRange.upperBound)
    }
    if let lifetime = description.lifetime, lifetime <= .zero { throw .invalidParameter("The shell's Lifetime is not positive.") }
    idleTimeout = description.idleTimeout ?? limits.idleTimeout
    lifetime = description.lifetime
    environment = description.environment.map { ($0.name, $0.value) }
    workingDirectory = description.workingDirectory.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func check(_ option: OptionValue) throws(WSManFault) {
    switch option.name.uppercased() {
    case "WINRS_CODEPAGE":
      guard codePages.contains(option.value) else { throw .codePageNotSupported(option.value) }
    case "WINRS_NOPROFILE", "WINRS_CONSOLEMODE_STDIN", "WINRS_SKIP_CMD_SHELL", "WSMAN_CMDSHELL_OPTION_KEEPALIVE":
      break
    default:
      if option.mustComply { throw .invalidOption(option.name) }
    }
  }
}
