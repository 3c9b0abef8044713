public import SecuritySupport

/// What an NTLM client answered to a challenge, for a domain controller to verify.
///
/// Its LmChallengeResponse is not here: a controller that accepted it in place of the other would vouch for fields that nobody has proven.
public struct DomainNTLMResponse: Sendable {
  /// User, domain and workstation exactly as AUTHENTICATE has them: the response was computed over the first two.
  public var user: String
  public var domain: String
  public var workstation: String
  /// The server's challenge, 8 bytes.
  public var challenge: [UInt8]
  /// NtChallengeResponse. One for NTLMv2 has at least 44 bytes; others are refused without asking anyone.
  public var ntResponse: [UInt8]

  public init(user: String, domain: String, workstation: String, challenge: [UInt8], ntResponse: [UInt8]) {
    self.user = user
    self.domain = domain
    self.workstation = workstation
    self.challenge = challenge
    self.ntResponse = ntResponse
  }
}

/// What the domain controller said to a right answer.
public struct DomainNTLMSuccess: Sendable {
  public var user: DomainUser
  /// The NTLM session base key (MS-NLMP §3.3.2), 16 bytes.
  public var sessionBaseKey: SecretBytes

  public init(user: DomainUser, sessionBaseKey: SecretBytes) {
    self.user = user
    self.sessionBaseKey = sessionBaseKey
  }
}
