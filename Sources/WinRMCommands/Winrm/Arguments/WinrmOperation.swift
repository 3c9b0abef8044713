/// What `winrm` can do, by the word that names it.
enum WinrmOperation: String, CaseIterable {
  case get, set, create, delete, enumerate, invoke, identify, quickconfig, configsddl
  case credssp, account, certificate, policy, doctor, token, helpmsg, help, completions, manual

  /// Finds an operation by its name or a short form, in any case.
  init?(name: String) {
    let lowered = name.lowercased()
    guard let operation = Self(rawValue: lowered) ?? Self.allCases.first(where: { $0.shortForms.contains(lowered) }) else { return nil }
    self = operation
  }

  /// Other words for it, in lower case.
  var shortForms: [String] {
    switch self {
    case .get: ["g"]
    case .set: ["s", "put", "p"]
    case .create: ["c"]
    case .delete: ["d"]
    case .enumerate: ["e", "enum"]
    case .invoke: ["i"]
    case .identify: ["id"]
    case .quickconfig: ["qc"]
    case .certificate: ["cert"]
    case .help: ["-?", "/?", "--help"]
    case .configsddl, .credssp, .account, .policy, .doctor, .token, .helpmsg, .completions, .manual: []
    }
  }

  /// What it does, in half a line.
  var summary: String {
    switch self {
    case .get: "shows a resource"
    case .set: "changes settings of a resource"
    case .create: "makes a resource"
    case .delete: "removes a resource"
    case .enumerate: "lists the instances of a resource"
    case .invoke: "carries out an action of a resource"
    case .identify: "asks a remote service what it is"
    case .quickconfig: "sets this machine up for remote management"
    case .configsddl: "shows or changes who may use a resource"
    case .credssp: "lets credentials be delegated, or takes it back"
    case .account: "manages the accounts that the service keeps"
    case .certificate: "manages the certificates that prove the service"
    case .policy: "shows, tests and fetches the policy over all this"
    case .doctor: "finds the broken link of a chain"
    case .token: "shows what a token of an authentication says"
    case .helpmsg: "explains an error number"
    case .help: "shows a topic"
    case .completions: "prints what completes command lines in a shell"
    case .manual: "prints a manual page"
    }
  }

  /// How many words may follow the operation before the first switch.
  var operands: ClosedRange<Int> {
    switch self {
    case .get, .set, .create, .delete, .enumerate, .configsddl, .helpmsg, .token, .manual: 1...1
    case .invoke: 2...2
    case .identify, .quickconfig, .doctor: 0...0
    case .help: 0...1
    case .credssp: 1...1
    case .account, .certificate: 1...2
    case .policy: 0...2
    case .completions: 1...1
    }
  }

  /// The words that may stand first behind it, where it is several operations.
  var subverbs: [String] {
    switch self {
    case .credssp: ["enable", "disable", "get", "pin", "unpin"]
    case .account: ["add", "list", "passwd", "enable", "disable", "remove"]
    case .certificate: ["import", "new", "list", "delete"]
    case .policy: ["test", "export", "import", "update", "forget"]
    default: []
    }
  }

  /// What `-format` can be.
  var formats: [String] { self == .doctor ? ["text", "json"] : ["text", "pretty", "xml"] }

  /// The words that a switch takes here; `nil` for a switch that takes no words.
  func words(of name: WinrmSwitch) -> [String]? {
    guard case .words(let words) = name.value else { return nil }
    if name == .format { return formats }
    // Without authentication there is no chain to walk.
    if name == .authentication, self == .doctor { return words.filter { $0 != "none" && $0 != "digest" } }
    return words
  }

  var takesInput: Bool { self == .set || self == .create || self == .invoke }

  /// Whether it can ask another computer.
  var isRemotable: Bool {
    switch self {
    case .get, .set, .create, .delete, .enumerate, .invoke, .identify, .configsddl, .doctor: true
    case .quickconfig, .credssp, .account, .certificate, .policy, .token, .helpmsg, .help, .completions, .manual: false
    }
  }

  /// The switches that may stand with it.
  var switches: Set<WinrmSwitch> {
    switch self {
    case .get, .delete: WinrmSwitch.connection.union([.format, .help, .fragment, .dialect, .options])
    case .set, .create, .invoke: WinrmSwitch.connection.union([.format, .help, .fragment, .dialect, .options, .file])
    case .enumerate:
      WinrmSwitch.connection.union([
        .format, .help, .dialect, .options, .filter, .returntype, .shallow, .basepropertiesonly, .associations,
      ])
    case .identify: WinrmSwitch.connection.union([.format, .help])
    case .doctor: WinrmSwitch.connection.union([.secondhop, .allowdelegate, .report, .format, .help])
    case .configsddl: WinrmSwitch.connection.union([.sddl, .format, .force, .help])
    case .quickconfig: [.quiet, .transport, .force, .hostname, .selfsigned, .help]
    case .helpmsg, .help, .completions, .manual: [.help]
    case .token: [.format, .help]
    case .credssp: [.role, .delegate, .ntlmonly, .remote, .sha256, .force, .format, .help]
    case .account: [.unixuser, .passwordfd, .help]
    case .policy: [.remote, .authentication, .proof, .force, .format, .help]
    case .certificate: [.key, .password, .passwordfd, .hostname, .days, .keytype, .force, .user, .help]
    }
  }
}
