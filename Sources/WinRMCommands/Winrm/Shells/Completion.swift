import WinRMConfiguration

/// What can stand at the end of a command line. The scripts of all shells ask here: `winrm completions candidates PROGRAM WORD… CURRENT`.
struct Completion {
  struct Candidate: Equatable {
    /// The whole word.
    var word: String
    var meaning = ""
  }

  /// A line that tells the script to complete the name of a file, behind the first colon of the word if there is one.
  static let files = ":files"

  /// Settings, listeners and such, as they are now; the defaults where they cannot be read.
  var settings: WinRMSettings

  /// What `candidates` prints: a word, a tabulator, its meaning.
  func lines(_ arguments: [String]) -> [String] {
    guard let program = arguments.first, arguments.count > 1 else { return [] }
    let current = arguments.last ?? ""
    let words = Array(arguments.dropFirst().dropLast())
    let found = program.hasSuffix("winrs") ? winrs(words, current) : winrm(words, current)
    return found.map { $0.meaning.isEmpty ? $0.word : "\($0.word)\t\($0.meaning)" }
  }

  // MARK: winrm

  func winrm(_ words: [String], _ current: String) -> [Candidate] {
    guard let first = words.first else {
      let names = WinrmOperation.allCases.map { Candidate(word: $0.rawValue, meaning: $0.summary) }
      return matching(names + [Candidate(word: "--version")], current)
    }
    guard let operation = WinrmOperation(name: first) else { return [] }
    let operands = words.dropFirst().filter { !$0.hasPrefix("-") && !$0.hasPrefix("@{") }
    if operation == .help {
      return matching((WinrmHelp.topics + ["all"] + WinrmSwitch.allCases.map(\.rawValue)).map { Candidate(word: $0) }, current)
    }
    if current.hasPrefix("-") || (current.hasPrefix("/") && operation != .certificate && operation != .policy) {
      return switches(operation, words, current)
    }
    if current.hasPrefix("@"), operation.takesInput { return input(operands.last, current) }
    if operands.count < operation.operands.upperBound { return operand(operation, Array(operands), current) }
    guard current.isEmpty else { return [] }
    return (operation.takesInput ? input(operands.last, "@{") : []) + switches(operation, words, "-")
  }

  private func switches(_ operation: WinrmOperation, _ words: [String], _ current: String) -> [Candidate] {
    let mark = String(current.prefix(1))
    let name = current.dropFirst().prefix { $0 != ":" }
    if current.contains(":") {
      guard let known = WinrmSwitch(name: String(name)), operation.switches.contains(known) else { return [] }
      switch known.value {
      case .words:
        return matching((operation.words(of: known) ?? []).map { Candidate(word: "\(mark)\(name):\($0)") }, current)
      case .file: return [Candidate(word: Self.files)]
      case .none, .text, .optionalText, .number: return []
      }
    }
    let used = Set(words.compactMap { WinrmSwitch(name: String($0.dropFirst().prefix { $0 != ":" })) })
    let all = WinrmSwitch.allCases.filter { operation.switches.contains($0) && !used.contains($0) }
    return matching(
      all.map { Candidate(word: mark + $0.rawValue + ($0.needsValue ? ":" : ""), meaning: $0.summary) }, current)
  }

  private func operand(_ operation: WinrmOperation, _ operands: [String], _ current: String) -> [Candidate] {
    switch operation {
    case .get, .set: return matching(trees + instances, current)
    case .delete: return matching(instances.filter { $0.word.contains("?") }, current)
    case .create:
      let listeners = ["HTTP", "HTTPS"].map { Candidate(word: "winrm/config/Listener?Address=*+Transport=\($0)") }
      return matching(listeners + [Candidate(word: "winrm/config/service/certmapping?Issuer=")], current)
    case .enumerate:
      let lists = ["Listener", "plugin", "service/certmapping", "resource"].map { Candidate(word: "winrm/config/\($0)") }
      return matching(lists + [Candidate(word: "shell")], current)
    case .configsddl: return matching([Candidate(word: "default", meaning: "RootSDDL"), Candidate(word: "shell/cmd")], current)
    case .invoke:
      guard !operands.isEmpty else { return matching([Candidate(word: "Restore")], current) }
      return matching([Candidate(word: "winrm/config"), Candidate(word: "winrm/config/plugin")], current)
    case .credssp, .account, .certificate, .policy:
      guard let verb = operands.first else { return matching(operation.subverbs.map { Candidate(word: $0) }, current) }
      return verb.lowercased() == "import" ? [Candidate(word: Self.files)] : []
    case .completions: return matching(CompletionScripts.shells.map { Candidate(word: $0) }, current)
    case .manual: return matching(Manuals.names.map { Candidate(word: $0) }, current)
    case .identify, .quickconfig, .doctor, .token, .helpmsg, .help: return []
    }
  }

  private var trees: [Candidate] { ConfigurationResource.allCases.map { Candidate(word: "winrm/" + $0.rawValue) } }

  private var instances: [Candidate] {
    settings.listeners.map { Candidate(word: "winrm/config/Listener?Address=\($0.address)+Transport=\($0.transport.rawValue)") }
  }

  /// `@{NAME=` for the settings of a resource that can be changed, and values where there are few.
  private func input(_ resource: String?, _ current: String) -> [Candidate] {
    let path = resource.flatMap { try? ResourceLocator(parsing: $0) }?.localPath ?? ""
    let before = current.hasPrefix("@{") ? String(current[...(current.lastIndex { $0 == "{" || $0 == ";" } ?? current.startIndex)]) : "@{"
    let all = SettingDescription.all.filter { $0.resource == path && $0.access == .readWrite }
    return matching(
      all.flatMap { setting -> [Candidate] in
        let start = before + setting.name + "="
        let values =
          switch setting.kind {
          case .boolean: ["true", "false"]
          case .choice(let words): words
          case .integer, .text, .list: [String]()
          }
        guard current.hasPrefix(start), !values.isEmpty else { return [Candidate(word: start, meaning: setting.meaning)] }
        return values.map { Candidate(word: start + $0 + "}") }
      }, current)
  }

  // MARK: winrs

  func winrs(_ words: [String], _ current: String) -> [Candidate] {
    // The command begins with the first word that is no switch.
    guard words.allSatisfy({ $0.hasPrefix("-") }), current.isEmpty || current.hasPrefix("-") else { return [] }
    let names = WinrsHelp.entries.compactMap { entry in
      entry.names.max { $0.name.count < $1.name.count }.map { (entry: entry, name: $0) }
    }
    if let colon = current.firstIndex(of: ":") {
      let name = current[..<colon].lowercased()
      guard name == "-authentication" || name == "-a" else { return [] }
      return matching(WinrsOptions.methodNames.map { Candidate(word: current[...colon] + $0) }, current)
    }
    return matching(names.map { Candidate(word: $0.name.name + ($0.name.takesValue ? ":" : ""), meaning: $0.entry.text) }, current)
  }

  private func matching(_ candidates: [Candidate], _ current: String) -> [Candidate] {
    let lowered = current.lowercased()
    return candidates.filter { $0.word == Self.files || $0.word.lowercased().hasPrefix(lowered) }
  }
}
