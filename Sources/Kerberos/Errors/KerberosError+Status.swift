import CGSSAPI
import SecuritySupport

extension KerberosError {
  /// The error of a GSSAPI call. To be called on the thread of the failed call, which keeps the library's text.
  init(major: UInt32, minor: UInt32) {
    let status = GSSMajorStatus(rawValue: major)
    let detail = KerberosStatus(minor: minor)
    self.init(
      Self.code(for: status, detail), major: status, minor: minor == 0 ? nil : detail,
      libraryText: minor == 0 ? nil : Self.text(ofMinor: minor))
    nameRealm()
  }

  /// The error of a krb5 call.
  init(krb5 code: krb5_error_code, in context: krb5_context?, kdcError: NTStatus? = nil) {
    let status = KerberosStatus(rawValue: code)
    var text: String?
    if let context, let message = krb5_get_error_message(context, code) {
      text = String(cString: message)
      krb5_free_error_message(context, message)
    }
    self.init(Self.code(for: status, kdcError) ?? .library, minor: status, ntStatus: kdcError, libraryText: text)
    nameRealm()
  }

  /// Puts the realm into the sentences about domain controllers that cannot be reached.
  private mutating func nameRealm() {
    guard code == .unreachable, let realm else { return }
    message = "no domain controller of the realm \(realm) can be reached"
    nextStep = nextStep.replacing("REALM", with: realm)
  }

  private static func text(ofMinor minor: UInt32) -> String? {
    var lines: [String] = []
    var more: UInt32 = 0
    repeat {
      var buffer = gss_buffer_desc()
      var ignored: UInt32 = 0
      guard gss_display_status(&ignored, minor, GSS_C_MECH_CODE, winrm_gss_krb5(), &more, &buffer) == 0 else { break }
      lines.append(String(decoding: buffer.bytes, as: UTF8.self))
      gss_release_buffer(&ignored, &buffer)
    } while more != 0 && lines.count < 8
    return lines.isEmpty ? nil : lines.joined(separator: "; ")
  }

  private static func code(for major: GSSMajorStatus, _ minor: KerberosStatus) -> Code {
    if major.routine == GSSMajorStatus.badBindings { return .badBindings }
    if major.routine == GSSMajorStatus.badSignature { return .protection }
    if let code = code(for: minor, nil) { return code }
    switch major.routine {
    case GSSMajorStatus.noCredential, GSSMajorStatus.defectiveCredential: return .noCredentials
    case GSSMajorStatus.credentialsExpired: return .ticketExpired
    case GSSMajorStatus.contextExpired: return .ticketExpired
    case GSSMajorStatus.defectiveToken: return .malformed
    case GSSMajorStatus.noContext: return .outOfSequence
    default: return major.rawValue & 0x1E != 0 && !major.isError ? .protection : .library
    }
  }

  private static func code(for status: KerberosStatus, _ kdcError: NTStatus?) -> Code? {
    switch status {
    case .keyExpired: kdcError == .passwordMustChange ? .passwordMustChange : .passwordExpired
    case .clientRevoked: kdcError == .accountExpired ? .accountExpired : .accountRevoked
    default: codes[status] ?? namedCodes[status.name ?? ""]
    }
  }

  private static let codes: [KerberosStatus: Code] = [
    .nameExpired: .accountExpired, .clientUnknown: .unknownPrincipal, .serviceUnknown: .unknownService, .mustUseUserToUser: .unknownService,
    .policy: .policy, .badOption: .policy, .clientNotYetValid: .policy, .encryptionTypeUnsupported: .encryptionType,
    .preauthenticationFailed: .wrongPassword, .badIntegrity: .wrongPassword, .ticketExpired: .ticketExpired,
    .ticketNotYetValid: .clockSkew, .clockSkew: .clockSkew, .replay: .replay, .notUs: .wrongService, .modified: .keytab,
    .badKeyVersion: .keytab, .noKey: .keytab, .mutualFailed: .unproven,
  ]

  /// Statuses of the library itself, which have no number in the protocol.
  private static let namedCodes: [String: Code] = [
    "KRB5_KDC_UNREACH": .unreachable, "KRB5_REALM_CANT_RESOLVE": .unreachable, "KRB5_REALM_UNKNOWN": .unreachable,
    "KRB5KDC_ERR_SVC_UNAVAILABLE": .unreachable, "KRB5_KDCREP_SKEW": .clockSkew, "KRB5_CONFIG_CANTOPEN": .configuration,
    "KRB5_CONFIG_BADFORMAT": .configuration, "KRB5_CONFIG_NODEFREALM": .configuration, "KRB5_CONFIG_NOTENUFSPACE": .configuration,
    "KRB5_LIBOS_CANTREADPWD": .wrongPassword, "KRB5_FCC_NOFILE": .noCredentials, "KRB5_CC_NOTFOUND": .noCredentials,
    "KRB5_CC_NOSUPP": .noCredentials, "KRB5_CC_UNKNOWN_TYPE": .noCredentials, "KRB5_FCC_PERM": .noCredentials,
    "KRB5_CC_BADNAME": .noCredentials, "KRB5_CC_FORMAT": .noCredentials, "KRB5_KT_NOTFOUND": .keytab, "KRB5_KT_KVNONOTFOUND": .keytab,
    "KRB5_KT_UNKNOWN_TYPE": .keytab, "KRB5_KT_BADNAME": .keytab, "KRB5_KEYTAB_BADVNO": .keytab, "KRB5KRB_AP_WRONG_PRINC": .wrongService,
    "KRB5_SENDAUTH_REJECTED": .unproven, "KRB5_MUTUAL_FAILED": .unproven, "KRB5KRB_AP_ERR_INAPP_CKSUM": .protection,
    "KRB5KRB_AP_ERR_BADORDER": .protection,
    "KRB5_PARSE_MALFORMED": .local, "KRB5_PARSE_ILLCHAR": .local, "KRB5KRB_AP_ERR_MSG_TYPE": .malformed,
    "KRB5KRB_AP_ERR_BADVERSION": .malformed, "KRB5_ERR_HOST_REALM_UNKNOWN": .unknownService, "KRB5_PROG_ETYPE_NOSUPP": .encryptionType,
    "KRB5_NO_TKT_SUPPLIED": .noCredentials, "KRB5_PREAUTH_FAILED": .wrongPassword,
  ]
}
