import DelegationPolicy
import Foundation
import SecuritySupport
import Testing
import WinRMConfiguration

@Suite struct MachinePolicyTests {
  let root: TemporaryRoot
  let store: MachinePolicyStore

  init() throws {
    root = try TemporaryRoot()
    store = MachinePolicyStore(paths: root.paths)
  }

  var effective: EffectivePolicy { get throws { try EffectivePolicy.load(paths: root.paths) } }

  func patterns(_ texts: String...) throws -> [DelegationPattern] { try texts.map { try DelegationPattern(parsing: $0) } }

  @Test("No file allows nothing") func missing() throws {
    #expect(try store.load() == MachinePolicy())
    #expect(try store.load().delegationPolicy(source: "machine policy") == .nothing)
  }

  @Test("Enabling writes registry names, appends numbered entries and keeps those that are there")
  func enable() throws {
    try store.update { $0.allowFreshCredentials(to: try patterns("wsman/a"), whenNTLMOnly: false) }
    try store.update { $0.allowFreshCredentials(to: try patterns("wsman/*.b", "wsman/a"), whenNTLMOnly: true) }
    #expect(
      try root.text(root.paths.machinePolicyFile) == """
        {
          "CredentialsDelegation": {
            "AllowFreshCredentials": 1,
            "AllowFreshCredentials.List": {
              "1": "wsman/a",
              "2": "wsman/*.b"
            },
            "AllowFreshCredentialsWhenNTLMOnly": 1,
            "AllowFreshCredentialsWhenNTLMOnly.List": {
              "1": "wsman/*.b",
              "2": "wsman/a"
            },
            "ConcatenateDefaults_AllowFresh": 1,
            "ConcatenateDefaults_AllowFreshNTLMOnly": 1
          }
        }

        """)
    let policy = try store.load()
    #expect(try effective.freshCredentialsTargets == ["wsman/*.b", "wsman/a"])
    let rules = try policy.delegationPolicy(source: "machine policy")
    #expect(rules.decide(host: "a", proof: .certificate("pin")).reason.contains("machine policy AllowFreshCredentials\\1"))
    #expect(rules.decide(host: "x.b", proof: .ntlmOnly).isAllowed)
    #expect(!rules.beforeConnecting(to: "c").isAllowed)
  }

  @Test("A gap in the numbers loses no entry")
  func gap() throws {
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"2": "wsman/two"}}}"#,
      to: root.paths.machinePolicyFile)
    try store.update { $0.allowFreshCredentials(to: try patterns("wsman/new"), whenNTLMOnly: false) }
    #expect(try effective.freshCredentialsTargets == ["wsman/new", "wsman/two"])
  }

  @Test("Disabling removes WinRM's entries, renumbers the others, and removes what is empty then")
  func disable() throws {
    try root.write(
      """
      {"CredentialsDelegation": {
        "AllowFreshCredentials": 1, "ConcatenateDefaults_AllowFresh": 1,
        "AllowFreshCredentials.List": {"1": "wsman/a", "2": "TERMSRV/x", "3": "WSMAN/*", "7": "HTTP/y"},
        "AllowFreshCredentialsWhenNTLMOnly": 1, "AllowFreshCredentialsWhenNTLMOnly.List": ["wsman/a"],
        "DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["WSMAN/bad"],
      }}
      """, to: root.paths.machinePolicyFile)
    try store.update { $0.disallowFreshCredentials() }
    let values = try store.load().credentialsDelegation
    #expect(values.texts(of: "AllowFreshCredentials").map(\.text) == ["TERMSRV/x", "HTTP/y"])
    #expect(values.texts(of: "AllowFreshCredentials").map(\.number) == [1, 2])
    #expect(values.numbers["AllowFreshCredentials"] == 1)
    #expect(values.numbers["AllowFreshCredentialsWhenNTLMOnly"] == nil)
    #expect(values.lists["AllowFreshCredentialsWhenNTLMOnly"] == nil)
    #expect(values.texts(of: "DenyFreshCredentials").map(\.text) == ["WSMAN/bad"])
    try store.update { $0.credentialsDelegation.lists["DenyFreshCredentials"] = nil }
  }

  @Test(
    "The states of a policy: enabled, disabled, not configured",
    arguments: [
      (#""AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "WSMAN/a"}"#, true),
      (#""AllowFreshCredentials": 0, "AllowFreshCredentials.List": {"1": "WSMAN/a"}"#, false),
      (#""AllowFreshCredentials.List": {"1": "WSMAN/a"}"#, false),
      (#""AllowFreshCredentials": 1, "ConcatenateDefaults_AllowFresh": 1"#, false),
      (#""AllowDefaultCredentials": 1, "AllowDefaultCredentials.List": {"1": "WSMAN/a"}"#, false),
      (#""AllowSavedCredentials": 1, "AllowSavedCredentials.List": {"1": "WSMAN/a"}"#, false),
      (
        #""AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/*"], "DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["WSMAN/a"]"#,
        false
      ),
      (#""AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/*"], "DenyFreshCredentials.List": ["WSMAN/a"]"#, false),
      (
        #""AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/*"], "DenyFreshCredentials": 0, "DenyFreshCredentials.List": ["WSMAN/a"]"#,
        true
      ),
      (#""AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/*"], "RestrictedRemoteAdministration": 1"#, false),
      (#""AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["TERMSRV/we*ird", "WSMAN/a"]"#, true),
    ])
  func states(values: String, isAllowed: Bool) throws {
    try root.write("{\"CredentialsDelegation\": {\(values)}}", to: root.paths.machinePolicyFile)
    let policy = try store.load().delegationPolicy(source: "machine policy")
    #expect(policy.decide(host: "a", proof: .certificate("pin")).isAllowed == isAllowed)
  }

  @Test(
    "A policy that cannot be understood is an error, never a smaller policy",
    arguments: [
      "{", "[]", #"{"CredentialsDelegation": 1}"#, #"{"credentialsdelegation": {}}"#,
      #"{"CredentialsDelegation": {"AllowFreshCredential": 1}}"#, #"{"CredentialsDelegation": {"AllowFreshCredentials": true}}"#,
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"x": "WSMAN/a"}}}"#,
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/a*"]}}"#,
      #"{"CredentialsDelegation": {"DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["WSMAN/"]}}"#,
      #"{"CredentialsDelegation": {"DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["badhost"]}}"#,
      #"{"CredentialsDelegation": {"DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["*/secret.lab.example"]}}"#,
      #"{"ServerCertificatePins": {"a": "00"}}"#, #"{"ServerCertificatePins": {"a": ["00"]}}"#, #"{"ServerCertificatePins": {"a b": []}}"#,
    ])
  func malformed(text: String) throws {
    try root.write(text, to: root.paths.machinePolicyFile)
    let error = #expect(throws: ConfigurationError.self) { try store.load() }
    #expect(error?.file == root.paths.machinePolicyFile)
    #expect(error?.winrmCode.rawValue == 0x8033_8088)
    #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
  }

  @Test("A deny list that stands twice is found behind a byte order mark, a comment and any line end, and in no other encoding")
  func lostDenials() throws {
    let text = #"""
      {"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "wsman/*"},
      "DenyFreshCredentials.List": {"1": "wsman/none"}, "DenyFreshCredentials.List": {"1": "wsman/evil"}}, "WinRM": {"Client": {"AllowCredSSP": 1}}}
      """#
    let whole = text.replacingOccurrences(of: #""DenyFreshCredentials.List": {"1": "wsman/none"}, "#, with: "")
    let forms: [(String, (String) throws -> Data?)] = [
      ("byte order mark", { ("\u{FEFF}" + $0).data(using: .utf8) }),
      ("CR", { ("// policy\r" + $0.replacingOccurrences(of: "\n", with: "\r")).data(using: .utf8) }),
      ("CR in the object", { $0.replacingOccurrences(of: "{\"1\": \"wsman/none\"},", with: "{}, // x\r").data(using: .utf8) }),
      ("U+2028", { ("// policy\u{2028}" + $0).data(using: .utf8) }),
    ]
    for (name, form) in forms {
      try write(form(text))
      let error = #expect(throws: ConfigurationError.self, "\(name)") { try store.load() }
      #expect(error?.winrmCode.rawValue == 0x8033_8088)
      #expect(throws: ConfigurationError.self) { try EffectivePolicy.load(paths: root.paths) }
      try write(form(whole))
      #expect(try effective.deniedTargets == ["wsman/evil"], "\(name)")
    }
    for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32] {
      for text in [text, whole] {
        try write(text.data(using: encoding))
        let error = #expect(throws: ConfigurationError.self) { try store.load() }
        #expect(error?.winrmCode.rawValue == 0x8033_8088 && error?.file == root.paths.machinePolicyFile)
      }
    }
  }

  private func write(_ bytes: Data?) throws {
    try #require(bytes).write(to: URL(fileURLWithPath: root.paths.machinePolicyFile))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: root.paths.machinePolicyFile)
  }

  @Test("C-15: a policy that everybody could have written is refused")
  func worldWritable() throws {
    try root.write("{}", to: root.paths.machinePolicyFile, mode: 0o666)
    let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    #expect(error?.code == .unsafeFile)
    #expect(error?.winrmCode.rawValue == 0x8033_8088)
  }

  @Test("Pins are read in the forms that tools print, and found however the host is typed")
  func pins() throws {
    let bytes = (0..<32).map { UInt8($0 * 8) }
    let colons = bytes.map { String($0, radix: 16, uppercase: true) }.map { $0.count < 2 ? "0" + $0 : $0 }.joined(separator: ":")
    try root.write(
      "{\"ServerCertificatePins\": {\"Server.Example.com\": [\"\(colons)\"], \"[::1]\": [\"\(String(repeating: "ab", count: 32))\"]}}",
      to: root.paths.machinePolicyFile)
    let policy = try ClientPolicy.machine(paths: root.paths)
    #expect(policy.pins(for: "SERVER.example.com.") == [bytes])
    #expect(policy.pins(for: "::1").count == 1)
    #expect(policy.pins(for: "other").isEmpty)
    // Rewriting the file keeps them.
    try store.update { $0.allowFreshCredentials(to: try patterns("wsman/a"), whenNTLMOnly: false) }
    #expect(try ClientPolicy.machine(paths: root.paths).pins == policy.pins)
  }
}

@Suite struct ClientPolicyTests {
  let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  @Test("Without files nothing is allowed and nobody trusted")
  func defaults() throws {
    let policy = try ClientPolicy.machine(paths: root.paths)
    #expect(policy == ClientPolicy())
    #expect(!policy.credSSPEnabled && policy.negotiateEnabled)
    #expect(policy.networkDelay == .seconds(5))
    #expect(policy.defaultHTTPPort == 5985 && policy.defaultHTTPSPort == 5986 && policy.urlPrefix == "wsman")
  }

  @Test("Settings of the client count")
  func settings() throws {
    try ConfigurationStore(paths: root.paths).update {
      $0.client.auth.credSSP = true
      $0.client.auth.negotiate = false
      $0.client.trustedHosts = "*.lab"
      $0.client.networkDelayms = 750
      $0.client.defaultPorts.http = 15985
    }
    let policy = try ClientPolicy.machine(paths: root.paths)
    #expect(policy.credSSPEnabled && !policy.negotiateEnabled)
    #expect(policy.trustedHosts.contains("a.lab"))
    #expect(policy.networkDelay == .milliseconds(750))
    #expect(policy.defaultHTTPPort == 15985)
  }

  @Test("The user's file narrows and cannot widen")
  func userFile() throws {
    let own = try #require(root.paths.userPolicyFile)
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/*.corp"]}}"#,
      to: root.paths.machinePolicyFile)
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/a.corp", "WSMAN/evil.net"]}}"#, to: own
    )
    let policy = try ClientPolicy.machine(paths: root.paths).delegation
    #expect(policy.decide(host: "a.corp", proof: .certificate("pin")).isAllowed)
    #expect(!policy.decide(host: "b.corp", proof: .certificate("pin")).isAllowed)
    #expect(!policy.decide(host: "evil.net", proof: .certificate("pin")).isAllowed)
  }

  @Test("A user's deny list alone leaves the other lists to the machine")
  func userDeny() throws {
    let own = try #require(root.paths.userPolicyFile)
    try MachinePolicyStore(paths: root.paths).update {
      $0.allowFreshCredentials(to: [try DelegationPattern(parsing: "wsman/*")], whenNTLMOnly: true)
    }
    try root.write(#"{"CredentialsDelegation": {"DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["WSMAN/b"]}}"#, to: own)
    let policy = try ClientPolicy.machine(paths: root.paths).delegation
    #expect(policy.decide(host: "a", proof: .ntlmOnly).isAllowed)
    #expect(!policy.decide(host: "b", proof: .ntlmOnly).isAllowed)
    // Allowing nothing at all is narrowing too.
    try root.write(#"{"CredentialsDelegation": {"AllowFreshCredentials": 0}}"#, to: own)
    #expect(try !ClientPolicy.machine(paths: root.paths).delegation.decide(host: "a", proof: .certificate("pin")).isAllowed)
  }

  @Test("A user's list narrows without its switch too", arguments: [nil, 1, 0] as [UInt32?])
  func userListAlone(state: UInt32?) throws {
    let own = try #require(root.paths.userPolicyFile)
    try MachinePolicyStore(paths: root.paths).update {
      $0.allowFreshCredentials(to: [try DelegationPattern(parsing: "wsman/*")], whenNTLMOnly: true)
    }
    for (list, narrowsBoth) in [("AllowFreshCredentials", true), ("AllowFreshCredentialsWhenNTLMOnly", false)] {
      let number = state.map { #""\#(list)": \#($0), "# } ?? ""
      try root.write(#"{"CredentialsDelegation": {\#(number)"\#(list).List": {"1": "wsman/only.example"}}}"#, to: own)
      let policy = try ClientPolicy.machine(paths: root.paths).delegation
      #expect(!policy.decide(host: "evil.example", proof: .ntlmOnly).isAllowed)
      #expect(policy.decide(host: "only.example", proof: .ntlmOnly).isAllowed == (state != 0))
      #expect(policy.decide(host: "evil.example", proof: .certificate("x")).isAllowed == !narrowsBoth)
      if narrowsBoth { #expect(policy.decide(host: "evil.example", proof: .certificate("x")).reason.contains("policy of the user")) }
    }
  }

  @Test(
    "A user's file that is broken, unsafe or holds pins fails closed",
    arguments: [
      "{", #"{"WinRM": {"Client": {"AllowCredSSP": 0}}}"#, #"{"WinRM": {"Service": {"AllowCredSSP": 0}}}"#,
      #"{"WinRM": {"Service": {"WinRS": {"MaxShellsPerUser": 1}}}}"#, #"{"CredSSP": {"AllowEncryptionOracle": 0}}"#,
      #"{"ServerCertificatePins": {"a": ["\#(String(repeating: "0", count: 64))"]}}"#,
    ])
  func brokenUserFile(text: String) throws {
    let own = try #require(root.paths.userPolicyFile)
    try root.write(text, to: own)
    let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    #expect(error?.file == own && (text == "{" || error?.winrmCode.rawValue == 0x8033_8088))
    try root.write("{}", to: own, mode: 0o646)
    #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
  }
}
