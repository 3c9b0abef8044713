import GroupPolicy

/// A registry key from which policy is read, with the names of its values.
struct PolicyKey: Sendable {
  /// The path below HKEY_LOCAL_MACHINE.
  let path: String
  /// REG_DWORD values.
  let numbers: Set<String>
  /// REG_SZ values.
  let texts: Set<String>
  /// Keys below it that hold numbered REG_SZ values.
  let lists: Set<String>
  /// Those of the values that have no effect here. They are kept and shown.
  let withoutEffect: Set<String>
  /// The names of its values as the templates spell them.
  private let spellings: [RegistryName: String]

  private init(path: String, numbers: Set<String>, texts: Set<String> = [], lists: Set<String> = [], withoutEffect: Set<String> = []) {
    self.path = path
    self.numbers = numbers
    self.texts = texts
    self.lists = lists
    self.withoutEffect = withoutEffect
    spellings = Dictionary(uniqueKeysWithValues: numbers.union(texts).map { (RegistryName($0), $0) })
  }

  private static let delegationLists: Set<String> = [
    "AllowDefaultCredentials", "AllowDefCredentialsWhenNTLMOnly", "AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly",
    "AllowSavedCredentials", "AllowSavedCredentialsWhenNTLMOnly", "DenyDefaultCredentials", "DenyFreshCredentials", "DenySavedCredentials",
  ]

  /// CredSsp.admx. Lists that are not about fresh credentials are kept and have no effect.
  static let credentialsDelegation = PolicyKey(
    path: #"Software\Policies\Microsoft\Windows\CredentialsDelegation"#,
    numbers: delegationLists.union([
      "ConcatenateDefaults_AllowDefault", "ConcatenateDefaults_AllowDefNTLMOnly", "ConcatenateDefaults_AllowFresh",
      "ConcatenateDefaults_AllowFreshNTLMOnly", "ConcatenateDefaults_AllowSaved", "ConcatenateDefaults_AllowSavedNTLMOnly",
      "ConcatenateDefaults_DenyDefault", "ConcatenateDefaults_DenyFresh", "ConcatenateDefaults_DenySaved", "AllowProtectedCreds",
      "RestrictedRemoteAdministration", "RestrictedRemoteAdministrationType",
    ]), lists: delegationLists,
    withoutEffect: delegationLists.subtracting(DelegationList.allCases.map(\.name)).union([
      "ConcatenateDefaults_AllowDefault", "ConcatenateDefaults_AllowDefNTLMOnly", "ConcatenateDefaults_AllowSaved",
      "ConcatenateDefaults_AllowSavedNTLMOnly", "ConcatenateDefaults_DenyDefault", "ConcatenateDefaults_DenyFresh",
      "ConcatenateDefaults_DenySaved", "AllowProtectedCreds", "RestrictedRemoteAdministrationType",
    ]))

  /// WindowsRemoteManagement.admx, the client.
  static let client = PolicyKey(
    path: #"Software\Policies\Microsoft\Windows\WinRM\Client"#,
    numbers: [
      "AllowBasic", "AllowCredSSP", "AllowUnencryptedTraffic", "AllowDigest", "AllowKerberos", "AllowNegotiate", "TrustedHosts",
    ], texts: ["TrustedHostsList"])

  /// WindowsRemoteManagement.admx, the service.
  static let service = PolicyKey(
    path: #"Software\Policies\Microsoft\Windows\WinRM\Service"#,
    numbers: [
      "AllowAutoConfig", "AllowBasic", "AllowCredSSP", "AllowUnencryptedTraffic", "AllowKerberos", "AllowNegotiate", "DisableRunAs",
      "CBTHardeningLevelStatus", "HttpCompatibilityListener", "HttpsCompatibilityListener",
    ], texts: ["IPv4Filter", "IPv6Filter", "CbtHardeningLevel"], withoutEffect: ["DisableRunAs"])

  /// WindowsRemoteShell.admx.
  static let remoteShell = PolicyKey(
    path: #"Software\Policies\Microsoft\Windows\WinRM\Service\WinRS"#,
    numbers: [
      "AllowRemoteShellAccess", "IdleTimeout", "MaxConcurrentUsers", "MaxMemoryPerShellMB", "MaxProcessesPerShell", "MaxShellsPerUser",
      "ShellTimeOut",
    ], withoutEffect: ["ShellTimeOut"])

  /// Encryption Oracle Remediation.
  static let credSSPParameters = PolicyKey(
    path: #"Software\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters"#, numbers: ["AllowEncryptionOracle"])

  static let all = [credentialsDelegation, client, service, remoteShell, credSSPParameters]

  private static let byPath = Dictionary(uniqueKeysWithValues: all.map { (RegistryName($0.path), $0) })
  private static let delegationListsByPath = Dictionary(
    uniqueKeysWithValues: delegationLists.map { (RegistryName("\(credentialsDelegation.path)\\\($0)"), $0) })

  /// The keys that are read, their lists, and the keys that these are in.
  private static let relevant: Set<RegistryName> = {
    var result: Set<RegistryName> = []
    for path in all.map(\.path) + delegationLists.map({ "\(credentialsDelegation.path)\\\($0)" }) {
      let parts = path.split(separator: "\\")
      for count in 1...parts.count { result.insert(RegistryName(parts.prefix(count).joined(separator: "\\"))) }
    }
    return result
  }()

  /// Whether entries of a key in a policy file matter: the key is one of these or a list of one, or above one, where an instruction could
  /// remove it. What stands deeper is read by nobody, and there is no end to how much of it there could be.
  static func isRelevant(_ key: String) -> Bool { relevant.contains(RegistryName(key)) }

  /// Whether a value of a key is read: one that is known, or any of a list.
  static func isRead(_ name: String, of key: String) -> Bool { at(key).map { $0.spelling(of: name) != nil } ?? (list(at: key) != nil) }

  /// The key of a path, in any case.
  static func at(_ path: String) -> PolicyKey? { byPath[RegistryName(path)] }

  /// The list of ``credentialsDelegation`` that has this path, in any case.
  static func list(at path: String) -> String? { delegationListsByPath[RegistryName(path)] }

  /// The name of a value as the templates spell it; `nil` for a name that is not known.
  func spelling(of name: String) -> String? { spellings[RegistryName(name)] }

  /// Reads the values of this key from a policy file in JSON.
  func values(_ json: JSONValue, path: String) throws(ConfigurationError) -> RegistryValues {
    try RegistryValues(decoding: json, names: numbers, textNames: texts, listNames: lists, path: path)
  }
}
