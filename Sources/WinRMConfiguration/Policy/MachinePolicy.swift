public import DelegationPolicy

/// What a policy file says: the credentials-delegation policies by their registry names, and certificate pins.
///
/// ```json5
/// {
///   "CredentialsDelegation": {
///     "AllowFreshCredentials": 1,                       // 1 enabled, 0 disabled, absent not configured
///     "AllowFreshCredentials.List": {"1": "wsman/*.example.com"},
///     "ConcatenateDefaults_AllowFresh": 1
///   },
///   "ServerCertificatePins": {"server.example.com": ["<SHA-256 of the certificate, 64 hexadecimal digits>"]}
/// }
/// ```
public struct MachinePolicy: Sendable, Equatable {
  /// The key `CredentialsDelegation`.
  public var credentialsDelegation = RegistryValues()
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
    var policy = DelegationPolicy(
      allowFresh: try entries(of: .allowFresh, source: source, narrowing: narrowing),
      allowFreshWhenNTLMOnly: try entries(of: .allowFreshNTLMOnly, source: source, narrowing: narrowing),
      denyFresh: try entries(of: .denyFresh, source: source, narrowing: false))
    if deniesEveryTarget {
      // "Restrict delegation of credentials to remote servers": CredSSP would hand out the password itself.
      policy.denyFresh.append(
        DelegationPolicy.Entry(pattern: try Self.pattern("WSMAN/*", in: source), source: "\(source) RestrictedRemoteAdministration"))
    }
    return policy
  }

  /// The WinRM targets of AllowFreshCredentials, newest first: what `winrm credssp get` shows.
  public var freshCredentialsTargets: [String] {
    targets(of: .allowFresh)
  }

  /// The WinRM targets of AllowFreshCredentialsWhenNTLMOnly, newest first.
  public var ntlmOnlyTargets: [String] { targets(of: .allowFreshNTLMOnly) }

  /// The WinRM targets of DenyFreshCredentials, newest first.
  public var deniedTargets: [String] { targets(of: .denyFresh) }

  /// Whether RestrictedRemoteAdministration forbids every delegation.
  public var deniesEveryTarget: Bool { credentialsDelegation.numbers["RestrictedRemoteAdministration"].map { $0 != 0 } ?? false }

  /// The WinRM targets of a list that is in force, newest first. What stands there twice, in whatever case, counts once.
  private func targets(of list: DelegationList) -> [String] {
    guard isInForce(list) else { return [] }
    var seen: Set<String> = []
    return credentialsDelegation.texts(of: list.name).map(\.text).filter { Self.isWSMan($0) && seen.insert($0.lowercased()).inserted }
      .reversed()
  }

  /// A deny list counts unless it is switched off: forgetting the switch must not allow anything.
  private func isInForce(_ list: DelegationList) -> Bool {
    let state = credentialsDelegation.numbers[list.name]
    return state == 1 || (state == nil && list == .denyFresh)
  }

  /// Allows delegating fresh credentials to more targets: enables the policy, concatenates the defaults, appends each target. Entries
  /// that are there stay, and a target that is there already, in whatever case, is not added again.
  ///
  /// - Parameters:
  ///   - targets: patterns such as `wsman/host`, written as they are.
  ///   - whenNTLMOnly: also when nothing better than NTLM proves the server.
  public mutating func allowFreshCredentials(to targets: [DelegationPattern], whenNTLMOnly: Bool) {
    for list in whenNTLMOnly ? [DelegationList.allowFresh, .allowFreshNTLMOnly] : [.allowFresh] {
      credentialsDelegation.numbers[list.name] = 1
      credentialsDelegation.numbers[list.concatenation] = 1
      for target in targets {
        let isThere = credentialsDelegation.texts(of: list.name).contains { $0.text.lowercased() == target.text.lowercased() }
        if !isThere { credentialsDelegation.append(target.text, to: list.name) }
      }
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
      throw ConfigurationError(
        .invalidValue, "\"\(text)\" is no name or address of a host; it stands alone, without scheme, port and wildcard",
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

  private func entries(
    of list: DelegationList, source: String, narrowing: Bool
  ) throws(ConfigurationError) -> [DelegationPolicy.Entry] {
    let state = credentialsDelegation.numbers[list.name]
    if state == nil, narrowing {
      // Whoever narrows the allow list alone means delegation, not the better half of it.
      if list == .allowFreshNTLMOnly, credentialsDelegation.numbers[DelegationList.allowFresh.name] != nil {
        return try entries(of: .allowFresh, source: source, narrowing: true)
      }
      return [DelegationPolicy.Entry(pattern: try Self.pattern("WSMAN/*", in: source), source: "\(source), which does not restrict it")]
    }
    guard isInForce(list) else { return [] }
    var result: [DelegationPolicy.Entry] = []
    for (number, text) in credentialsDelegation.texts(of: list.name) {
      let origin = "\(source) \(list.name)\\\(number)"
      // Other services' entries may use forms that WinRM does not; they can name no WinRM server.
      if !Self.isWSMan(text), text.contains("/"), (try? DelegationPattern(parsing: text)) == nil { continue }
      result.append(DelegationPolicy.Entry(pattern: try Self.pattern(text, in: origin), source: origin))
    }
    if credentialsDelegation.numbers[list.concatenation] == 1, list != .denyFresh {
      result.append(
        DelegationPolicy.Entry(pattern: try Self.pattern("TERMSRV/*", in: source), source: "\(source), operating system's default"))
    }
    return result
  }

  private static func pattern(_ text: String, in origin: String) throws(ConfigurationError) -> DelegationPattern {
    do throws(DelegationPolicyError) {
      return try DelegationPattern(parsing: text)
    } catch {
      throw ConfigurationError(.malformed, "\(origin): \(error.message)", specificCode: .policyCorrupted)
    }
  }

  private static func isWSMan(_ text: String) -> Bool { text.lowercased().hasPrefix("wsman") }
}

/// The lists that matter to WinRM: explicit credentials are fresh ones.
private enum DelegationList {
  case allowFresh, allowFreshNTLMOnly, denyFresh

  /// The name of the value and of the list.
  var name: String {
    switch self {
    case .allowFresh: "AllowFreshCredentials"
    case .allowFreshNTLMOnly: "AllowFreshCredentialsWhenNTLMOnly"
    case .denyFresh: "DenyFreshCredentials"
    }
  }

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
  private static let pinsKey = "ServerCertificatePins"

  /// Every list of CredSsp.admx. Those that are not about fresh credentials are kept and have no effect.
  private static let listNames: Set<String> = [
    "AllowDefaultCredentials", "AllowDefCredentialsWhenNTLMOnly", "AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly",
    "AllowSavedCredentials", "AllowSavedCredentialsWhenNTLMOnly", "DenyDefaultCredentials", "DenyFreshCredentials", "DenySavedCredentials",
  ]
  private static let numberNames = listNames.union([
    "ConcatenateDefaults_AllowDefault", "ConcatenateDefaults_AllowDefNTLMOnly", "ConcatenateDefaults_AllowFresh",
    "ConcatenateDefaults_AllowFreshNTLMOnly", "ConcatenateDefaults_AllowSaved", "ConcatenateDefaults_AllowSavedNTLMOnly",
    "ConcatenateDefaults_DenyDefault", "ConcatenateDefaults_DenyFresh", "ConcatenateDefaults_DenySaved", "AllowProtectedCreds",
    "RestrictedRemoteAdministration", "RestrictedRemoteAdministrationType",
  ])

  init(decoding json: JSONValue) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "a policy file must be an object, and is \(json.kind)")
    }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      switch key {
      case Self.delegationKey:
        credentialsDelegation = try RegistryValues(decoding: value, names: Self.numberNames, listNames: Self.listNames, path: key)
      case Self.pinsKey: pins = try Self.pins(value)
      default: throw ConfigurationError(.malformed, "\(key) is no policy that is known here")
      }
    }
    _ = try delegationPolicy(source: Self.delegationKey)
  }

  var json: JSONText {
    var members: [(key: String, value: JSONText)] = []
    if credentialsDelegation != RegistryValues() { members.append((Self.delegationKey, credentialsDelegation.json)) }
    if !pins.isEmpty {
      let hosts = pins.sorted { $0.key < $1.key }
      members.append(
        (Self.pinsKey, .object(hosts.map { ($0.key, .list($0.value.map { .text(Self.hexadecimal($0)) })) })))
    }
    return .object(members)
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
