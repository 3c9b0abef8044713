/// A registry key from which policy is read, with the names of its values.
struct PolicyKey: Sendable {
  /// The path below HKEY_LOCAL_MACHINE.
  let path: String
  /// REG_DWORD values.
  let numbers: Set<String>
  /// REG_SZ values.
  var texts: Set<String> = []
  /// Keys below it that hold numbered REG_SZ values.
  var lists: Set<String> = []

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
    ]), lists: delegationLists)

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
    ], texts: ["IPv4Filter", "IPv6Filter", "CbtHardeningLevel"])

  /// WindowsRemoteShell.admx.
  static let remoteShell = PolicyKey(
    path: #"Software\Policies\Microsoft\Windows\WinRM\Service\WinRS"#,
    numbers: [
      "AllowRemoteShellAccess", "IdleTimeout", "MaxConcurrentUsers", "MaxMemoryPerShellMB", "MaxProcessesPerShell", "MaxShellsPerUser",
      "ShellTimeOut",
    ])

  /// Encryption Oracle Remediation.
  static let credSSPParameters = PolicyKey(
    path: #"Software\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters"#, numbers: ["AllowEncryptionOracle"])

  static let all = [credentialsDelegation, client, service, remoteShell, credSSPParameters]

  /// Whether entries of a key in a policy file matter: the key is one of these, below one, or above one, where an instruction could
  /// remove it.
  static func isRelevant(_ key: String) -> Bool {
    let folded = key.lowercased() + "\\"
    return all.contains { candidate in
      let known = candidate.path.lowercased() + "\\"
      return folded.hasPrefix(known) || known.hasPrefix(folded)
    }
  }

  /// The key of a path, in any case.
  static func at(_ path: String) -> PolicyKey? { all.first { $0.path.lowercased() == path.lowercased() } }

  /// Reads the values of this key from a policy file in JSON.
  func values(_ json: JSONValue, path: String) throws(ConfigurationError) -> RegistryValues {
    try RegistryValues(decoding: json, names: numbers, textNames: texts, listNames: lists, path: path)
  }
}
