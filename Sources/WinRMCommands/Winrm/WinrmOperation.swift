/// What `winrm` can do, by the word that names it.
enum WinrmOperation: String, CaseIterable {
  case get, set, create, delete, enumerate, invoke, identify, quickconfig, helpmsg, help, credssp, account, certificate, token, policy

  /// Finds an operation by its name or a short form, in any case.
  init?(name: String) {
    let lowered = name.lowercased()
    guard let operation = Self(rawValue: Self.shortForms[lowered] ?? lowered) else { return nil }
    self = operation
  }

  private static let shortForms = [
    "g": "get", "s": "set", "put": "set", "p": "set", "c": "create", "d": "delete", "e": "enumerate", "enum": "enumerate",
    "i": "invoke",
    "id": "identify", "qc": "quickconfig", "cert": "certificate", "-?": "help", "/?": "help", "--help": "help",
  ]

  /// How many words may follow the operation before the first switch.
  var operands: ClosedRange<Int> {
    switch self {
    case .get, .set, .create, .delete, .enumerate, .helpmsg, .token: 1...1
    case .invoke: 2...2
    case .identify, .quickconfig: 0...0
    case .help: 0...1
    case .credssp: 1...1
    case .account, .certificate: 1...2
    case .policy: 0...2
    }
  }

  var takesInput: Bool { self == .set || self == .create || self == .invoke }

  /// The switches that may stand with it.
  var switches: Set<WinrmSwitch> {
    let connection: Set<WinrmSwitch> = [
      .remote, .authentication, .username, .password, .usessl, .timeout, .encoding, .unencrypted, .spn, .spnport, .format, .help,
    ]
    switch self {
    case .get, .delete: return connection.union([.fragment, .dialect, .options])
    case .set, .create, .invoke: return connection.union([.fragment, .dialect, .options, .file])
    case .enumerate:
      return connection.union([.dialect, .options, .filter, .returntype, .shallow, .basepropertiesonly, .associations])
    case .identify: return connection
    case .quickconfig: return [.quiet, .transport, .force, .help]
    case .helpmsg, .help: return [.help]
    case .token: return [.format, .help]
    case .credssp: return [.role, .delegate, .ntlmonly, .remote, .sha256, .force, .format, .help]
    case .account: return [.unixuser, .passwordfd, .help]
    case .policy: return [.remote, .authentication, .proof, .force, .format, .help]
    case .certificate: return [.key, .hostname, .days, .keytype, .force, .help]
    }
  }
}

/// The switches of `winrm`. Those of Windows that are not here are refused as unknown: none of them is ignored.
enum WinrmSwitch: String, CaseIterable {
  case remote, authentication, username, password, usessl, unencrypted, encoding, timeout, format, quiet, force, transport
  case role, delegate, ntlmonly, sha256, unixuser, passwordfd, key, hostname, days, keytype, spn, spnport, proof
  case options, fragment, dialect, filter, associations, returntype, shallow, basepropertiesonly, file
  case help = "?"

  /// Finds a switch by its name or a short form, in any case.
  init?(name: String) {
    let lowered = name.lowercased()
    guard let found = Self(rawValue: Self.shortForms[lowered] ?? lowered) else { return nil }
    self = found
  }

  private static let shortForms = [
    "r": "remote", "machine": "remote", "a": "authentication", "auth": "authentication", "u": "username", "p": "password",
    "ssl": "usessl", "un": "unencrypted", "f": "format", "q": "quiet", "password-fd": "passwordfd", "unix-user": "unixuser",
  ]

  /// Whether it is nothing without a value.
  var needsValue: Bool {
    switch self {
    case .remote, .authentication, .username, .encoding, .timeout, .format, .transport, .role, .delegate, .sha256, .unixuser, .passwordfd,
      .key, .hostname, .days, .keytype, .spn, .proof, .options, .fragment, .dialect, .filter, .returntype, .file:
      true
    case .password, .usessl, .unencrypted, .quiet, .force, .ntlmonly, .spnport, .associations, .shallow, .basepropertiesonly, .help: false
    }
  }
}
