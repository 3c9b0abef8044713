public import DelegationPolicy

/// What a policy file says: policies by their registry names, and certificate pins.
///
/// ```json5
/// {
///   "CredentialsDelegation": {
///     "AllowFreshCredentials": 1,                       // 1 enabled, 0 disabled, absent not configured
///     "AllowFreshCredentials.List": {"1": "wsman/*.example.com"},
///     "ConcatenateDefaults_AllowFresh": 1
///   },
///   "WinRM": {
///     "Client": {"AllowCredSSP": 1, "TrustedHosts": 1, "TrustedHostsList": "*.example.com"},
///     "Service": {"AllowCredSSP": 1, "WinRS": {"MaxShellsPerUser": 5}}
///   },
///   "CredSSP": {"AllowEncryptionOracle": 0},
///   "ServerCertificatePins": {"server.example.com": ["<SHA-256 of the certificate, 64 hexadecimal digits>"]}
/// }
/// ```
public struct MachinePolicy: Sendable, Equatable {
  /// The key `CredentialsDelegation`.
  public var credentialsDelegation = RegistryValues()
  /// The key `WinRM\Client`.
  public var client = RegistryValues()
  /// The key `WinRM\Service`.
  public var service = RegistryValues()
  /// The key `WinRM\Service\WinRS`.
  public var remoteShell = RegistryValues()
  /// The key `CredSSP\Parameters`.
  public var credSSP = RegistryValues()
  /// SHA-256 of the DER of a server's certificate by host, folded as hosts are compared.
  public var pins: [String: [[UInt8]]] = [:]

  /// Nothing is configured, so nothing is allowed.
  public init() {}

  /// The delegation rules in it.
  ///
  /// - Parameters:
  ///   - source: who wrote it, for reasons: `machine policy`.
  ///   - narrowing: the policy is a user's, which takes away from the machine's: an allow list that is not configured takes nothing away.
  /// - Throws: ``ConfigurationError`` `malformed` for an entry that is no pattern.
  public func delegationPolicy(source: String, narrowing: Bool = false) throws(ConfigurationError) -> DelegationPolicy {
    try DelegationRules(self, source: source).policy(narrowing: narrowing)
  }

  /// Allows delegating fresh credentials to more targets: enables the policy, concatenates the defaults, appends each target. Entries
  /// that are there stay, and a target that is there already, in whatever case, is not added again, unless other policy has taken the number
  /// of its entry.
  ///
  /// - Parameters:
  ///   - targets: patterns such as `wsman/host`, written as they are.
  ///   - whenNTLMOnly: also when nothing better than NTLM proves the server.
  ///   - other: the policy beside this file, whose entries keep their numbers for themselves.
  public mutating func allowFreshCredentials(to targets: [DelegationPattern], whenNTLMOnly: Bool, beside other: EffectivePolicy? = nil) {
    for list in DelegationList.allowing(whenNTLMOnly: whenNTLMOnly) {
      let foreign = other?.foreignNumbers(of: list) ?? []
      credentialsDelegation.numbers[list.name] = 1
      credentialsDelegation.numbers[list.concatenation] = 1
      var present = Set(credentialsDelegation.texts(of: list.name).filter { !foreign.contains($0.number) }.map { $0.text.lowercased() })
      let new = targets.map(\.text).filter { present.insert($0.lowercased()).inserted }
      credentialsDelegation.append(new, to: list.name, avoiding: foreign)
    }
  }

  /// Takes every WinRM target out of the allow lists, and a list that is empty then with its values.
  ///
  /// Windows leaves the list for NTLM-only servers alone. Here `winrm credssp enable -ntlmonly` may have written it, and an entry left
  /// behind would come back to life with the next enable.
  public mutating func disallowFreshCredentials() {
    for list in [DelegationList.allowFresh, .allowFreshNTLMOnly] {
      // A list without a WinRM target is somebody else's.
      guard credentialsDelegation.texts(of: list.name).contains(where: { Self.isWSMan($0.text) }) else { continue }
      credentialsDelegation.removeTexts(of: list.name, where: Self.isWSMan)
      if credentialsDelegation.lists[list.name] == nil {
        credentialsDelegation.numbers[list.name] = nil
        credentialsDelegation.numbers[list.concatenation] = nil
      }
    }
  }

  /// The text under which pins of a host are kept.
  ///
  /// - Throws: `invalidValue` for what is no name or address of a host, such as a URL or a host with a port.
  public static func pinnedHost(_ text: String) throws(ConfigurationError) -> String {
    guard let host = FoldedHost(text)?.text, host.utf8.count(where: { $0 == UInt8(ascii: ":") }) != 1 else {
      // What stands before an @ may be a user's name with the password.
      let shown = text.lastIndex(of: "@").map { "...\(text[$0...])" } ?? text
      throw ConfigurationError(
        .invalidValue, "\"\(shown)\" is no name or address of a host; it stands alone, without scheme, port and wildcard",
        specificCode: .invalidParameter)
    }
    return host
  }

  /// The bytes of a pin: 64 hexadecimal digits; colons and blanks between them, as tools print them, do not matter.
  ///
  /// - Throws: `invalidValue` for anything else.
  public static func pinHash(_ text: String) throws(ConfigurationError) -> [UInt8] {
    guard let hash = hash(text) else {
      throw ConfigurationError(
        .invalidValue, "a pin is the SHA-256 of a certificate, 64 hexadecimal digits", specificCode: .invalidParameter)
    }
    return hash
  }

  /// Lets a certificate prove a host. One that does already is not added again.
  public mutating func addPin(_ hash: [UInt8], for host: String) {
    guard pins[host]?.contains(hash) != true else { return }
    pins[host, default: []].append(hash)
  }

  /// Takes all pins of a host away; false when it has none.
  public mutating func removePins(for host: String) -> Bool { pins.removeValue(forKey: host) != nil }

  static func isWSMan(_ text: String) -> Bool { text.lowercased().hasPrefix("wsman") }
}

/// The lists that matter to WinRM: explicit credentials are fresh ones.
enum DelegationList: CaseIterable {
  case allowFresh, allowFreshNTLMOnly, denyFresh

  /// The lists that `winrm credssp enable` writes to.
  static func allowing(whenNTLMOnly: Bool) -> [DelegationList] { whenNTLMOnly ? [.allowFresh, .allowFreshNTLMOnly] : [.allowFresh] }

  /// The name of the value and of the list.
  var name: String {
    switch self {
    case .allowFresh: "AllowFreshCredentials"
    case .allowFreshNTLMOnly: "AllowFreshCredentialsWhenNTLMOnly"
    case .denyFresh: "DenyFreshCredentials"
    }
  }

  /// Whether the list counts when its switch has this value. An allow list counts with 1 only. A deny list counts unless it is switched off:
  /// neither forgetting the switch nor a number that nobody knows must allow anything.
  func isInForce(_ state: UInt32?) -> Bool { self == .denyFresh ? state != 0 : state == 1 }

  /// The name of the value that adds the operating system's defaults (`TERMSRV/*`, never a WinRM server).
  var concatenation: String {
    switch self {
    case .allowFresh: "ConcatenateDefaults_AllowFresh"
    case .allowFreshNTLMOnly: "ConcatenateDefaults_AllowFreshNTLMOnly"
    case .denyFresh: "ConcatenateDefaults_DenyFresh"
    }
  }
}

extension MachinePolicy {
  private static let delegationKey = "CredentialsDelegation"
  private static let winRMKey = "WinRM"
  private static let clientKey = "Client"
  private static let serviceKey = "Service"
  private static let remoteShellKey = "WinRS"
  private static let credSSPKey = "CredSSP"
  private static let pinsKey = "ServerCertificatePins"

  init(decoding json: JSONValue) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "a policy file must be an object, and is \(json.kind)")
    }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      switch key {
      case Self.delegationKey:
        credentialsDelegation = try RegistryValues(
          decoding: value, names: PolicyKey.credentialsDelegation.numbers,
          listNames: PolicyKey.credentialsDelegation.lists, path: key)
      case Self.winRMKey: try decodeWinRM(value)
      case Self.credSSPKey:
        credSSP = try RegistryValues(decoding: value, names: PolicyKey.credSSPParameters.numbers, path: key)
      case Self.pinsKey: pins = try Self.pins(value)
      default: throw ConfigurationError(.malformed, "\(key) is no policy that is known here")
      }
    }
    try checkEntries(source: Self.delegationKey)
  }

  /// - Throws: ``ConfigurationError`` `malformed` for an entry of a list that is no pattern, whether the list is in force or not.
  func checkEntries(source: String) throws(ConfigurationError) { try DelegationRules(self, source: source).check() }

  /// The entries of the lists for fresh credentials that name no WinRM server because of their form, each with its key and the reason.
  public var malformedEntries: [(key: String, number: UInt32, reason: String)] {
    let rules = DelegationRules(self, source: Self.delegationKey)
    return DelegationList.allCases.flatMap { list in
      ((try? rules.entries(list)) ?? []).compactMap { entry in
        guard let number = UInt32(entry.identity.name) else { return nil }
        return rules.flaw(of: entry, in: list).map { (entry.identity.key, number, $0) }
      }
    }
  }

  var json: JSONText {
    var members: [(key: String, value: JSONText)] = []
    if credentialsDelegation != RegistryValues() { members.append((Self.delegationKey, credentialsDelegation.json)) }
    var service = service == RegistryValues() ? [] : self.service.json.members
    if remoteShell != RegistryValues() { service.append((Self.remoteShellKey, remoteShell.json)) }
    let winRM: [(key: String, value: JSONText)] =
      (client == RegistryValues() ? [] : [(Self.clientKey, client.json)]) + (service.isEmpty ? [] : [(Self.serviceKey, .object(service))])
    if !winRM.isEmpty { members.append((Self.winRMKey, .object(winRM))) }
    if credSSP != RegistryValues() { members.append((Self.credSSPKey, credSSP.json)) }
    if !pins.isEmpty {
      let hosts = pins.sorted { $0.key < $1.key }
      members.append(
        (Self.pinsKey, .object(hosts.map { ($0.key, .list($0.value.map { .text(Self.hexadecimal($0)) })) })))
    }
    return .object(members)
  }

  private mutating func decodeWinRM(_ json: JSONValue) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "\(Self.winRMKey) must be an object, and is \(json.kind)")
    }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = "\(Self.winRMKey).\(key)"
      switch key {
      case Self.clientKey: client = try PolicyKey.client.values(value, path: path)
      case Self.serviceKey:
        guard case .object(var values) = value else {
          throw ConfigurationError(.malformed, "\(path) must be an object, and is \(value.kind)")
        }
        if let shell = values.removeValue(forKey: Self.remoteShellKey) {
          remoteShell = try PolicyKey.remoteShell.values(shell, path: "\(path).\(Self.remoteShellKey)")
        }
        service = try PolicyKey.service.values(.object(values), path: path)
      default: throw ConfigurationError(.malformed, "\(path) is no policy that is known here")
      }
    }
  }

  private static func pins(_ json: JSONValue) throws(ConfigurationError) -> [String: [[UInt8]]] {
    guard case .object(let hosts) = json else {
      throw ConfigurationError(.malformed, "\(pinsKey) must be an object of lists by host, and is \(json.kind)")
    }
    var result: [String: [[UInt8]]] = [:]
    for (host, value) in hosts {
      guard let folded = FoldedHost(host)?.text else {
        throw ConfigurationError(.malformed, "\(pinsKey): \"\(host)\" is no host")
      }
      guard case .list(let texts) = value else {
        throw ConfigurationError(.malformed, "\(pinsKey).\(host) must be a list of hashes, and is \(value.kind)")
      }
      for text in texts {
        guard case .text(let digits) = text, let hash = Self.hash(digits) else {
          throw ConfigurationError(.malformed, "\(pinsKey).\(host): a pin is the SHA-256 of a certificate, 64 hexadecimal digits")
        }
        result[folded, default: []].append(hash)
      }
    }
    return result
  }

  /// 64 hexadecimal digits; colons and blanks between them, as tools print them, do not matter.
  private static func hash(_ text: String) -> [UInt8]? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: " ") }.compactMap {
      Character(UnicodeScalar($0)).hexDigitValue
    }
    guard digits.count == 64, text.utf8.count(where: { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: " ") }) == 64 else { return nil }
    return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// The digits of a pin, as files and output show it.
  public static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
