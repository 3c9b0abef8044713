import SecuritySupport
import Testing

@testable import Kerberos

@Suite struct ErrorTests {
  @Test(
    "Numbers, names and kinds",
    arguments: [
      (24, "KRB5KDC_ERR_PREAUTH_FAILED (24)", KerberosError.Code.wrongPassword),
      (6, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)", .unknownPrincipal),
      (37, "KRB5KRB_AP_ERR_SKEW (37)", .clockSkew), (12, "KRB5KDC_ERR_POLICY (12)", .policy),
      (14, "KRB5KDC_ERR_ETYPE_NOSUPP (14)", .encryptionType),
      (156, "KRB5_KDC_UNREACH (-1765328228)", .unreachable), (34, "KRB5KRB_AP_ERR_REPEAT (34)", .replay),
      (23, "KRB5KDC_ERR_KEY_EXP (23)", .passwordExpired),
    ])
  func statuses(offset: Int32, text: String, code: KerberosError.Code) {
    let status = KerberosStatus(rawValue: -1_765_328_384 + offset)
    #expect(status.description == text)
    let error = KerberosError(major: 13 << 16, minor: UInt32(bitPattern: status.rawValue))
    #expect(error.code == code)
    #expect(error.description.hasSuffix("(\(text))"))
    #expect(error.major?.description == "GSS_S_FAILURE")
  }

  @Test func unknownStatusesKeepTheirNumber() {
    #expect(KerberosStatus(rawValue: 2).description == "status 2")
    #expect(KerberosStatus(rawValue: .min).name == nil && KerberosStatus(rawValue: .max).protocolCode == nil)
    #expect(GSSMajorStatus(rawValue: 9 << 16 | 4).description == "GSS_S_DEFECTIVE_TOKEN|GSS_S_OLD_TOKEN")
    #expect(GSSMajorStatus(rawValue: .max).isError)
    #expect(KerberosError(major: 1 << 4, minor: 0).code == .protection)
  }

  @Test("Every kind says what happened, why, and what to do") func advice() {
    let codes: [KerberosError.Code] = [
      .wrongPassword, .unknownPrincipal, .unknownService, .passwordExpired, .passwordMustChange, .accountExpired, .accountRevoked, .policy,
      .encryptionType, .clockSkew, .unreachable, .timeout, .busy, .noCredentials, .ticketExpired, .keytab, .configuration, .malformed,
      .wrongService, .replay, .badBindings, .unproven, .protection, .outOfSequence, .limit, .local, .library,
    ]
    #expect(Set(codes.map { KerberosError($0).message }).count == codes.count)
    for code in codes { #expect(!KerberosError(code).likelyCause.isEmpty && !KerberosError(code).nextStep.isEmpty) }
  }

  /// KERB_EXT_ERROR of MS-KILE §2.2.2 with STATUS_PASSWORD_MUST_CHANGE, alone and inside a METHOD-DATA.
  private static let structure: [UInt8] =
    [0x30, 0x15, 0xA1, 0x03, 0x02, 0x01, 0x03, 0xA2, 0x0E, 0x04, 0x0C, 0x24, 0x02, 0x00, 0xC0, 0, 0, 0, 0, 1, 0, 0, 0]

  @Test("Active Directory's addition to a KDC's error", arguments: [structure, [0x30, 0x17] + structure])
  func extendedError(data: [UInt8]) {
    #expect(ExtendedKDCError.status(in: data) == .passwordMustChange)
    let error = KerberosError(krb5: KerberosStatus.keyExpired.rawValue, in: nil, kdcError: .passwordMustChange)
    #expect(error.code == .passwordMustChange && error.status == .passwordMustChange)
    for length in 0..<data.count { #expect(ExtendedKDCError.status(in: Array(data.prefix(length))) == nil) }
    for position in data.indices {
      var changed = data
      changed[position] ^= 0xFF
      _ = ExtendedKDCError.status(in: changed)
    }
  }

  @Test("The signature's length is that of the samples of AES, and none for other shapes") func signatureLength() {
    let header: [UInt8] = [5, 4, 6, 0xFF, 0, 0, 0, 28] + [UInt8](repeating: 0, count: 52)
    #expect(KerberosWrapToken.signatureLength(of: header) == 60)
    for (rotation, expected) in [(32, 64), (40, 72), (49, nil), (0, nil), (255, nil)] as [(UInt8, Int?)] {
      var other = header + [UInt8](repeating: 0, count: 40)
      other[7] = rotation
      #expect(KerberosWrapToken.signatureLength(of: other) == expected)
    }
    for length in 0..<60 { #expect(KerberosWrapToken.signatureLength(of: Array(header.prefix(length))) == nil) }
    var dce = header + [UInt8](repeating: 0, count: 16)
    dce[5] = 16
    #expect(KerberosWrapToken.signatureLength(of: dce) == nil)
    var signedOnly = header
    signedOnly[2] = 4
    #expect(KerberosWrapToken.signatureLength(of: signedOnly) == nil)
    #expect(KerberosWrapToken.signatureLength(of: [0x60, 0x3B, 6, 9] + header) == nil)
  }
}
