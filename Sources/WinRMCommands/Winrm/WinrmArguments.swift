/// A command line of `winrm`, taken apart by the rules of the Windows tool: an operation, words, then switches `-name:value` or
/// `/name:value`; `@{…}` anywhere.
///
/// Differences, because a shell has already split the line: `%NAME%` is not expanded, and a short form counts as an operation only where
/// an operation stands. Words with two dashes or slashes are refused, where Windows drops them and goes on; `--help` is `-?`.
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
    if word.hasPrefix("@{"), operation != .help {
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

  /// On this system `/` also begins a path; no operand is one, but `/nonsense` should be reported as what it looks like.
  private func isPath(_ word: String) -> Bool { word.dropFirst().contains("/") && !word.contains(":") }

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
    guard let known = WinrmSwitch(name: String(name)) else { throw WinrmUsageError("Unknown switch: \(name)") }
    guard known == .help || operation == .help || operation.switches.contains(known) else {
      throw WinrmUsageError("Switch not allowed with the given operation: \(known.rawValue)")
    }
    var value = text.dropFirst(name.count + 1)
    // A filter ends with a quote of its own, where the shell took those around it away.
    if known == .filter {
      if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
    } else if value.hasPrefix("\"") || (value.hasSuffix("\"") && !value.isEmpty) {
      guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else {
        throw WinrmUsageError("A quoted parameter value must begin and end with quotes: \(known.rawValue)")
      }
      value = value.dropFirst().dropLast()
    }
    guard switches.updateValue(String(value), forKey: known) == nil else {
      throw WinrmUsageError("Option is not unique: \(known.rawValue)")
    }
  }

  private func check() throws(WinrmUsageError) {
    try checkForBrokenInput()
    guard operation.operands.contains(operands.count) else {
      throw WinrmUsageError(operands.count < operation.operands.lowerBound ? "A parameter is missing." : "There are too many parameters.")
    }
    guard input == nil || operation.takesInput else { throw WinrmUsageError("\(operation.rawValue) takes no input.") }
    for (name, value) in switches.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where name.needsValue && value.isEmpty {
      throw WinrmUsageError("Argument's value is not provided: \(name.rawValue)")
    }
    if switches[.remote] == nil, operation != .identify, operation != .credssp {
      for name in [WinrmSwitch.usessl, .unencrypted, .encoding, .username, .authentication] where switches[name] != nil {
        throw WinrmUsageError("The switch -\(name.rawValue) is only for a remote computer: -remote is missing.")
      }
    }
  }

  /// What is left of `@{…}` when a shell has understood it in its own way.
  private func checkForBrokenInput() throws(WinrmUsageError) {
    guard operation.takesInput else { return }
    if operands.contains("System.Collections.Hashtable") {
      throw WinrmUsageError("PowerShell has taken @{...} for a table of its own: put the whole in single quotes, '@{KEY=\"VALUE\"}'.")
    }
    if operands.contains(where: { $0.hasPrefix("@") && $0.contains("=") }) {
      throw WinrmUsageError("The shell has expanded the braces of @{...}: put the whole in single quotes, '@{KEY=\"VALUE\"}'.")
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
