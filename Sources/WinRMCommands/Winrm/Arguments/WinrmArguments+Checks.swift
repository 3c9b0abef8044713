// What must hold between the parts of a command line, before anybody is asked anything.

extension WinrmArguments {
  /// - Throws: ``WinrmUsageError`` for the first rule that is broken.
  func check() throws(WinrmUsageError) {
    try checkForBrokenInput()
    guard operation.operands.contains(operands.count) else {
      throw WinrmUsageError(operands.count < operation.operands.lowerBound ? "A parameter is missing." : "There are too many parameters.")
    }
    guard input == nil || operation.takesInput else { throw WinrmUsageError("\(operation.rawValue) takes no input.") }
    for (name, value) in switches.sorted(by: { $0.key.rawValue < $1.key.rawValue }) { try check(name, value) }
    guard operation.isRemotable else { return }
    try checkRemote()
    try checkAuthentication()
    try checkProxy()
  }

  private func check(_ name: WinrmSwitch, _ value: String) throws(WinrmUsageError) {
    guard !value.isEmpty else {
      guard !name.needsValue else { throw WinrmUsageError("Argument's value is not provided: \(name.rawValue)") }
      return
    }
    switch name.value {
    case .none: throw WinrmUsageError("The switch -\(name.rawValue) takes no value.")
    case .text, .optionalText, .file: break
    case .number:
      guard let number = UInt32(value), number > 0 || name == .passwordfd else {
        throw WinrmUsageError("Invalid option for -\(name.rawValue): \"\(value)\". It is a number above zero.")
      }
    case .words:
      let words = operation.words(of: name) ?? []
      // -format:#pretty is -format:pretty.
      let word = name == .format && value.hasPrefix("#") ? String(value.dropFirst()) : value
      guard words.contains(word.lowercased()) else {
        // Scripts know this one as it is, from the operations of Windows.
        let isKnown = name == .format && ![.doctor, .policy, .token].contains(operation)
        let hint = isKnown ? "" : ". It is \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")."
        throw WinrmUsageError("Invalid option for -\(name.rawValue): \"\(value)\"\(hint)")
      }
    }
  }

  /// What only goes with a remote computer. `identify` says in its own words that it needs one.
  private func checkRemote() throws(WinrmUsageError) {
    guard switches[.remote] == nil, operation != .identify, operation != .certificate else { return }
    let names = WinrmSwitch.connection.subtracting([.remote, .timeout]).map(\.rawValue).sorted()
    for name in names where WinrmSwitch(rawValue: name).flatMap({ switches[$0] }) != nil {
      throw WinrmUsageError("The switch -\(name) is only for a remote computer: -remote is missing.")
    }
  }

  private func checkAuthentication() throws(WinrmUsageError) {
    let method = switches[.authentication]?.lowercased()
    let hasUser = switches[.username] != nil
    let hasCertificate = switches[.certificate] != nil
    guard hasUser || switches[.password] == nil || method == "none" || operation == .certificate else {
      throw WinrmUsageError("-password goes only with -username.")
    }
    switch method {
    case "none":
      guard !hasUser, switches[.password] == nil, !hasCertificate else {
        throw WinrmUsageError("-authentication:none goes without -username, -password and -certificate.")
      }
    case "basic", "digest", "credssp":
      let name = method == "credssp" ? "CredSSP" : method ?? ""
      // To the doctor that is a finding.
      guard hasUser || operation == .doctor else { throw WinrmUsageError("-authentication:\(name) needs -username.") }
      guard !hasCertificate else { throw WinrmUsageError("-authentication:\(name) goes without -certificate.") }
    case "negotiate", "kerberos":
      guard !hasCertificate else { throw WinrmUsageError("-authentication:\(method ?? "") goes without -certificate.") }
    case "certificate":
      guard hasCertificate || operation == .doctor else { throw WinrmUsageError("-authentication:certificate needs -certificate.") }
      guard !hasUser else { throw WinrmUsageError("-authentication:certificate goes without -username.") }
    default:
      guard !hasCertificate || !hasUser else { throw WinrmUsageError("-certificate goes without -username.") }
    }
    if switches[.defaultcreds] != nil, method != "negotiate" || hasUser {
      throw WinrmUsageError("-defaultcreds goes with -authentication:negotiate, and without -username.")
    }
    if switches[.spnport] != nil {
      guard [nil, "negotiate", "kerberos"].contains(method), !hasCertificate, switches[.spn] == nil else {
        throw WinrmUsageError("-spnport goes with negotiate and kerberos, and not with -spn.")
      }
    }
  }

  private func checkProxy() throws(WinrmUsageError) {
    let chain: [WinrmSwitch] = [.proxyaccess, .proxyauthentication, .proxyusername, .proxypassword]
    for (needed, name) in zip(chain, chain.dropFirst()) where switches[name] != nil && switches[needed] == nil {
      throw WinrmUsageError("-\(name.rawValue) needs -\(needed.rawValue).")
    }
    if switches[.proxyaccess]?.lowercased() == "no_proxy", switches[.proxyauthentication] != nil {
      throw WinrmUsageError("-proxyauthentication does not go with -proxyaccess:no_proxy.")
    }
    if let method = switches[.proxyauthentication]?.lowercased(), method != "negotiate", switches[.proxyusername] == nil {
      throw WinrmUsageError("-proxyauthentication:\(method) needs -proxyusername.")
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
}

extension WinrmUsageError {
  init(notAllowed name: WinrmSwitch) { self.init("Switch not allowed with the given operation: \(name.rawValue)") }
}
