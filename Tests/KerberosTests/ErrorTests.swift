import SecuritySupport
import TestVectors
import Testing

@testable import Kerberos

@Suite struct ErrorTests {
  @Test("Numbers, names and kinds", arguments: [
    (24, "KRB5KDC_ERR_PREAUTH_FAILED (24)", KerberosError.Code.wrongPassword), (6, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)", .unknownPrincipal),
    (37, "KRB5KRB_AP_ERR_SKEW (37)", .clockSkew), (12, "KRB5KDC_ERR_POLICY (12)", .policy), (14, "KRB5KDC_ERR_ETYPE_NOSUPP (14)", .encryptionType),
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

@Suite("The service in the clear part of an AP-REQ") struct APRequestNameTests {
  /// A DER value with a short or one-octet length.
  private static func der(_ tag: UInt8, _ content: [UInt8]...) -> [UInt8] {
    let content = content.flatMap { $0 }
    return [tag] + (content.count < 128 ? [UInt8(content.count)] : [0x81, UInt8(content.count)]) + content
  }
  private static func text(_ text: String) -> [UInt8] { der(0x1B, Array(text.utf8)) }
  private static func token(_ components: [String], realm: String = "R", mechanism: [UInt8] = MechanismIdentifier.kerberos.rawValue) -> [UInt8] {
    let name = der(0x30, der(0xA0, [2, 1, 2]), der(0xA1, der(0x30, components.flatMap(text))))
    let encrypted = der(0x30, der(0xA0, [2, 1, 18]), der(0xA2, [4, 1, 0]))
    let ticket = der(0x61, der(0x30, der(0xA0, [2, 1, 5]), der(0xA1, text(realm)), der(0xA2, name), der(0xA3, encrypted)))
    let request = der(
      0x6E,
      der(
        0x30, der(0xA0, [2, 1, 5]), der(0xA1, [2, 1, 14]), der(0xA2, [3, 5, 0, 0x20, 0, 0, 0]), der(0xA3, ticket), der(0xA4, encrypted)))
    return der(0x60, der(0x06, mechanism), [1, 0], request)
  }

  @Test func read() throws {
    #expect(try APRequestName.decode(Self.token(["WSMAN", "h.x"])) == KerberosPrincipal(components: ["WSMAN", "h.x"], realm: "R"))
    #expect(try APRequestName.decode(Self.token(["alice"])).components == ["alice"])
  }

  @Test func refused() {
    let hostile: [[UInt8]] = [
      [], [0x60], [0x60, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x60, 0x80], Self.token([]), Self.token([""]), Self.token(["a\0b", "c"]),
      Self.token([String](repeating: "a", count: 9)), Self.token(["a"], mechanism: MechanismIdentifier.spnego.rawValue),
      Self.token(["a"]) + [0], [UInt8](repeating: 0x60, count: APRequestName.maximumLength + 1),
    ]
    for token in hostile { #expect(throws: KerberosError.self) { try APRequestName.decode(token) } }
  }

  @Test("Truncated and changed tokens never trap") func mutations() throws {
    let token = Self.token(["WSMAN", "host.example"], realm: "EXAMPLE")
    for length in 0..<token.count { #expect(throws: KerberosError.self) { try APRequestName.decode(Array(token.prefix(length))) } }
    for position in token.indices {
      for bit in 0..<8 {
        var changed = token
        changed[position] ^= 1 << UInt8(bit)
        _ = try? APRequestName.decode(changed)
      }
    }
  }
}
