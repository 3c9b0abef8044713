/// A command line of `winrm`, taken apart by the rules of the Windows tool: an operation, words, then switches `-name:value` or
/// `/name:value`; `@{…}` anywhere.
///
/// Differences, because a shell has already split the line:
/// - `%NAME%` is not expanded: `$NAME` is, by the shell.
/// - A word counts as a switch behind `/` only when no further slash stands before its first colon: `/quiet` and
///   `/remote:http://host/wsman` are switches, `/etc/winrm/cert.pem` is a path.
/// - A short form counts as an operation only where an operation stands.
/// - Words with two dashes or slashes are refused, where Windows drops them and goes on; `--help` is `-?`.
/// - Options that cannot be read are an error, where Windows says so and goes on without them.
struct WinrmArguments: Equatable {
  var operation: WinrmOperation
  /// The words behind the operation.
  var operands: [String]
  var switches: [WinrmSwitch: String]
  var input: InputSet?
  /// `-?`: help about the operation is wanted, whatever else stands there.
  var wantsHelp: Bool { operation == .help || switches[.help] != nil }

  /// - Parameter words: the arguments without the program's name.
  /// - Throws: ``WinrmUsageError``.
  init(parsing words: [String]) throws(WinrmUsageError) {
    var words = Self.joiningInput(words)[...]
    guard let first = words.popFirst() else {
      self.init(operation: .help)
      return
    }
    guard let operation = WinrmOperation(name: first) else { throw WinrmUsageError("Unknown operation name: '\(first)'") }
    self.init(operation: operation)
    // Topics of the help may look like switches and like input.
    guard operation != .help else {
      operands = Array(words)
      return
    }
    // Whoever asks for help wants nothing done, whatever else stands there.
    guard !words.contains(where: { ["--help", "-?", "/?"].contains($0.lowercased()) }) else {
      switches[.help] = ""
      return
    }
    for word in words { try take(word) }
    if !wantsHelp { try check() }
  }

  private init(operation: WinrmOperation) {
    self.operation = operation
    operands = []
    switches = [:]
  }

  private mutating func take(_ word: String) throws(WinrmUsageError) {
    if word.hasPrefix("@{") {
      guard input == nil else { throw WinrmUsageError("Option is not unique: @{}") }
      input = try InputSet(parsing: word.dropFirst())
    } else if operation == .helpmsg, word.hasPrefix("-"), CodeMessages.parse(word) != nil {
      operands.append(word)  // a negative number is no switch
    } else if operation == .token, operands.isEmpty, word == "-" || isBase64(word) {
      operands.append(word)  // base64 may begin with a slash
    } else if word.hasPrefix("--") || word.hasPrefix("//") {
      // Only the name: a value might be a password.
      throw WinrmUsageError("Unknown switch: \(word.prefix { $0 != ":" && $0 != "=" })")
    } else if word.hasPrefix("-") || (word.hasPrefix("/") && !isPath(word) && !isFile(word)) {
      try takeSwitch(word.dropFirst())
    } else {
      guard switches.isEmpty else { throw WinrmUsageError("\"\(word)\" stands behind a switch; it must stand before the first one.") }
      operands.append(word)
    }
  }

  /// On this system `/` also begins a path, and the name of no switch holds one.
  private func isPath(_ word: String) -> Bool { word.dropFirst().prefix { $0 != ":" }.contains("/") }

  /// The file of `certificate import` and `policy import`, which may stand in the top directory.
  private func isFile(_ word: String) -> Bool {
    (operation == .certificate || operation == .policy) && operands.count == 1 && operands[0].lowercased() == "import"
      && WinrmSwitch(name: String(word.dropFirst().prefix { $0 != ":" })) == nil
  }

  private func isBase64(_ word: String) -> Bool {
    word.hasPrefix("/") && WinrmSwitch(name: String(word.dropFirst().prefix { $0 != ":" })) == nil
  }

  private mutating func takeSwitch(_ text: Substring) throws(WinrmUsageError) {
    let name = text.prefix { $0 != ":" }
    guard !name.isEmpty else { throw WinrmUsageError("Missing switch name") }
    guard let known = WinrmSwitch(name: String(name)) else {
      // What follows an equals sign might be a password.
      let before = String(name.prefix { $0 != "=" })
      let isCut = before.count < name.count && WinrmSwitch(name: before) != nil
      throw WinrmUsageError("Unknown switch: \(before)\(isCut ? "=... A value stands behind a colon: -\(before):VALUE" : "")")
    }
    guard known == .help || operation.switches.contains(known) else { throw WinrmUsageError(notAllowed: known) }
    var value = text.dropFirst(name.count + 1)
    // A filter ends with a quote of its own, where the shell took those around it away.
    if known == .filter {
      if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
    } else if value.hasPrefix("\"") || value.hasSuffix("\"") {
      guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else {
        throw WinrmUsageError("A quoted parameter value must begin and end with quotes: \(known.rawValue)")
      }
      value = value.dropFirst().dropLast()
    }
    guard switches.updateValue(String(value), forKey: known) == nil else {
      throw WinrmUsageError("Option is not unique: \(known.rawValue)")
    }
  }

  /// Words that a shell took apart between `@{` and `}`, in one piece again.
  private static func joiningInput(_ words: [String]) -> [String] {
    var result: [String] = []
    var open: String?
    for word in words {
      if let begun = open {
        open = begun + " " + word
      } else if word.hasPrefix("@{") {
        open = word
      } else {
        result.append(word)
      }
      if let complete = open, complete.hasSuffix("}") {
        result.append(complete)
        open = nil
      }
    }
    return result + (open.map { [$0] } ?? [])
  }
}
