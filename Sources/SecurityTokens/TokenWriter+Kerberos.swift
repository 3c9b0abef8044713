extension TokenWriter {
  /// What follows the mechanism in the GSS-API framing: a token id, and a message (RFC 4121 §4.1, RFC 1964 §1.2).
  mutating func kerberosContextToken(_ bytes: ArraySlice<UInt8>) {
    var cursor = TokenCursor(bytes)
    guard let id = try? cursor.big(2, "TOK_ID") else { return flaw("The token ends before its TOK_ID") }
    let names: [UInt64: String] = [
      0x0100: "KRB_AP_REQ", 0x0200: "KRB_AP_REP", 0x0300: "KRB_ERROR", 0x0101: "GSS_GetMIC", 0x0201: "GSS_Wrap",
      0x0400: "KERB-TGT-REQUEST", 0x0401: "KERB-TGT-REPLY",
    ]
    field("TOK_ID", TokenText.hex(id, digits: 4) + (names[id].map { " (\($0))" } ?? ""))
    switch id {
    case 0x0100, 0x0200, 0x0300: kerberosMessage(cursor.rest)
    case 0x0101, 0x0201: oldPerMessage(cursor.rest, isWrap: id == 0x0201)
    default: field("innerToken", TokenText.hex(cursor.rest))
    }
  }

  /// AP-REQ, AP-REP and KRB-ERROR (RFC 4120 §5.5, §5.9).
  mutating func kerberosMessage(_ bytes: ArraySlice<UInt8>) {
    let names: [UInt8: String] = [0x6E: "AP-REQ", 0x6F: "AP-REP", 0x7E: "KRB-ERROR"]
    guard let tag = bytes.first, let name = names[tag] else { return flaw("The message is neither AP-REQ nor AP-REP nor KRB-ERROR") }
    group(name) { (writer) throws(TokenFlaw) in
      var outer = TokenCursor(bytes)
      let content = try outer.der(tag, name)
      var inner = TokenCursor(content)
      let sequence = try inner.der(DERTag.sequence, name)
      try writer.members(of: sequence) { (writer, number, value) throws(TokenFlaw) in
        switch tag {
        case 0x6E: try writer.requestMember(number, value)
        case 0x6F: try writer.replyMember(number, value)
        default: try writer.errorMember(number, value)
        }
      }
      writer.requireEnd(inner)
      writer.requireEnd(outer)
    }
  }

  private mutating func requestMember(_ number: Int, _ value: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(value)
    switch number {
    case 0: try self.number("pvno", &cursor)
    case 1: try self.number("msg-type", &cursor)
    case 2:
      let bits = try cursor.der(DERTag.bitString, "ap-options").dropFirst()
      let options = bits.prefix(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } << (8 * UInt64(max(0, 4 - bits.count)))
      let names: [(bit: UInt64, name: String)] = [(0x4000_0000, "use-session-key"), (0x2000_0000, "mutual-required")]
      field("ap-options", "\(TokenText.hex(options, digits: 8)) \(TokenText.flags(options, names))")
    case 3: try ticket(&cursor)
    case 4: try encryptedData("authenticator", &cursor)
    default: field("member\(number)", TokenText.hex(value))
    }
    if number <= 4 { requireEnd(cursor) }
  }

  private mutating func replyMember(_ number: Int, _ value: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(value)
    switch number {
    case 0: try self.number("pvno", &cursor)
    case 1: try self.number("msg-type", &cursor)
    case 2: try encryptedData("enc-part", &cursor)
    default: field("member\(number)", TokenText.hex(value))
    }
  }

  private mutating func errorMember(_ number: Int, _ value: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(value)
    switch number {
    case 0: try self.number("pvno", &cursor)
    case 1: try self.number("msg-type", &cursor)
    case 2: try time("ctime", &cursor)
    case 3: try self.number("cusec", &cursor)
    case 4: try time("stime", &cursor)
    case 5: try self.number("susec", &cursor)
    case 6:
      let code = try TokenCursor.number(cursor.der(DERTag.integer, "error-code"))
      field("error-code", KerberosNames.errors[code].map { "\(code) (\($0))" } ?? "\(code)")
    case 7: try string("crealm", &cursor)
    case 8: try principal("cname", &cursor)
    case 9: try string("realm", &cursor)
    case 10: try principal("sname", &cursor)
    case 11: try string("e-text", &cursor)
    case 12: field("e-data", TokenText.hex(try cursor.der(DERTag.octetString, "e-data")))
    default: field("member\(number)", TokenText.hex(value))
    }
  }

  private mutating func ticket(_ cursor: inout TokenCursor) throws(TokenFlaw) {
    let content = try cursor.der(0x61, "ticket")
    group("ticket") { (writer) throws(TokenFlaw) in
      var outer = TokenCursor(content)
      let sequence = try outer.der(DERTag.sequence, "Ticket")
      try writer.members(of: sequence) { (writer, number, value) throws(TokenFlaw) in
        var cursor = TokenCursor(value)
        switch number {
        case 0: try writer.number("tkt-vno", &cursor)
        case 1: try writer.string("realm", &cursor)
        case 2: try writer.principal("sname", &cursor)
        case 3: try writer.encryptedData("enc-part", &cursor)
        default: writer.field("member\(number)", TokenText.hex(value))
        }
      }
    }
  }

  private mutating func encryptedData(_ name: String, _ cursor: inout TokenCursor) throws(TokenFlaw) {
    let sequence = try cursor.der(DERTag.sequence, name)
    group(name) { (writer) throws(TokenFlaw) in
      try writer.members(of: sequence) { (writer, number, value) throws(TokenFlaw) in
        var cursor = TokenCursor(value)
        switch number {
        case 0:
          let type = try TokenCursor.number(cursor.der(DERTag.integer, "etype"))
          writer.field("etype", KerberosNames.encryptionTypes[type].map { "\(type) (\($0))" } ?? "\(type)")
        case 1: try writer.number("kvno", &cursor)
        case 2: writer.field("cipher", TokenText.opaque(try cursor.der(DERTag.octetString, "cipher"), "encrypted"))
        default: writer.field("member\(number)", TokenText.hex(value))
        }
      }
    }
  }

  private mutating func principal(_ name: String, _ cursor: inout TokenCursor) throws(TokenFlaw) {
    let sequence = try cursor.der(DERTag.sequence, name)
    group(name) { (writer) throws(TokenFlaw) in
      try writer.members(of: sequence) { (writer, number, value) throws(TokenFlaw) in
        var cursor = TokenCursor(value)
        switch number {
        case 0:
          let type = try TokenCursor.number(cursor.der(DERTag.integer, "name-type"))
          writer.field("name-type", KerberosNames.nameTypes[type].map { "\(type) (\($0))" } ?? "\(type)")
        case 1:
          var strings = TokenCursor(try cursor.der(DERTag.sequence, "name-string"))
          var parts: [String] = []
          while !strings.isAtEnd {
            guard parts.count < 16 else { throw TokenFlaw("A name of more than 16 components", at: strings.offset) }
            parts.append(TokenText.utf8(try strings.der(DERTag.generalString, "name-string")))
          }
          writer.field("name-string", parts.joined(separator: "/"))
        default: writer.field("member\(number)", TokenText.hex(value))
        }
      }
    }
  }

  private mutating func number(_ name: String, _ cursor: inout TokenCursor) throws(TokenFlaw) {
    field(name, String(try TokenCursor.number(cursor.der(DERTag.integer, name))))
  }

  private mutating func string(_ name: String, _ cursor: inout TokenCursor) throws(TokenFlaw) {
    field(name, TokenText.utf8(try cursor.der(DERTag.generalString, name)))
  }

  private mutating func time(_ name: String, _ cursor: inout TokenCursor) throws(TokenFlaw) {
    field(name, TokenText.utf8(try cursor.der(DERTag.generalizedTime, name)))
  }

  /// Wrap and MIC tokens of RFC 4121 §4.2.6.
  mutating func kerberosPerMessage(_ bytes: ArraySlice<UInt8>) {
    let isWrap = bytes.starts(with: [5, 4])
    group(isWrap ? "WrapToken" : "MICToken") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      writer.field("TOK_ID", isWrap ? "0x0504" : "0x0404")
      _ = try cursor.take(2, "TOK_ID")
      let flags = try cursor.big(1, "Flags")
      let names: [(bit: UInt64, name: String)] = [(1, "SentByAcceptor"), (2, "Sealed"), (4, "AcceptorSubkey")]
      writer.field("Flags", "\(TokenText.hex(flags, digits: 2)) \(TokenText.flags(flags, names))")
      let filler = try cursor.take(isWrap ? 1 : 5, "Filler")
      writer.field("Filler", TokenText.hex(filler))
      if filler.contains(where: { $0 != 0xFF }) { writer.flaw("Filler is not all ones") }
      guard isWrap else {
        writer.field("SND_SEQ", String(try cursor.big(8, "SND_SEQ")))
        writer.field("SGN_CKSUM", TokenText.hex(cursor.rest))
        return
      }
      writer.field("EC", String(try cursor.big(2, "EC")))
      writer.field("RRC", String(try cursor.big(2, "RRC")))
      writer.field("SND_SEQ", String(try cursor.big(8, "SND_SEQ")))
      writer.field("Data", TokenText.opaque(cursor.rest, flags & 2 != 0 ? "encrypted" : "not encrypted; not shown"))
    }
  }

  /// Wrap and MIC tokens of RFC 1964 §1.2, which RC4 keys still have (RFC 4757 §7).
  private mutating func oldPerMessage(_ bytes: ArraySlice<UInt8>, isWrap: Bool) {
    group(isWrap ? "WrapToken" : "MICToken") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      writer.field("SGN_ALG", TokenText.hex(try cursor.big(2, "SGN_ALG"), digits: 4))
      if isWrap {
        writer.field("SEAL_ALG", TokenText.hex(try cursor.big(2, "SEAL_ALG"), digits: 4))
        writer.field("Filler", TokenText.hex(try cursor.take(2, "Filler")))
      } else {
        writer.field("Filler", TokenText.hex(try cursor.take(4, "Filler")))
      }
      writer.field("SND_SEQ", TokenText.opaque(try cursor.take(8, "SND_SEQ"), "encrypted"))
      writer.field("SGN_CKSUM", TokenText.hex(try cursor.take(8, "SGN_CKSUM")))
      guard isWrap else { return writer.requireEnd(cursor) }
      writer.field("Confounder", TokenText.opaque(try cursor.take(8, "Confounder"), "encrypted"))
      writer.field("Data", TokenText.opaque(cursor.rest, "encrypted"))
    }
  }

  /// A body part of WinRM's encryption: the length of the signature, the signature, the sealed message (MS-WSMV §2.2.9.1.1.2).
  mutating func sealedMessage(_ bytes: ArraySlice<UInt8>) {
    group("EncryptedMessage") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      let length = Int(try cursor.little(4, "SignatureLength"))
      writer.field("SignatureLength", String(length))
      guard cursor.rest.first != 0x17 else { return writer.tlsRecords(cursor.rest) }
      let signature = try cursor.take(length, "Signature")
      // Of a Kerberos token the signature is only the beginning.
      if signature.starts(with: [1, 0, 0, 0]), length == 16 {
        writer.ntlmSignature(signature)
      } else {
        writer.kerberosPerMessage(signature)
      }
      writer.field("Message", TokenText.opaque(cursor.rest, "encrypted"))
    }
  }
}

private enum KerberosNames {
  static let encryptionTypes: [Int64: String] = [
    1: "des-cbc-crc", 3: "des-cbc-md5", 16: "des3-cbc-sha1", 17: "aes128-cts-hmac-sha1-96", 18: "aes256-cts-hmac-sha1-96",
    19: "aes128-cts-hmac-sha256-128", 20: "aes256-cts-hmac-sha384-192", 23: "rc4-hmac", 24: "rc4-hmac-exp",
    25: "camellia128-cts-cmac", 26: "camellia256-cts-cmac",
  ]

  /// RFC 4120 §6.2, RFC 6111, MS-KILE.
  static let nameTypes: [Int64: String] = [
    0: "NT-UNKNOWN", 1: "NT-PRINCIPAL", 2: "NT-SRV-INST", 3: "NT-SRV-HST", 4: "NT-SRV-XHST", 5: "NT-UID", 6: "NT-X500-PRINCIPAL",
    7: "NT-SMTP-NAME", 10: "NT-ENTERPRISE", 11: "NT-WELLKNOWN", -128: "NT-MS-PRINCIPAL",
  ]

  /// RFC 4120 §7.5.9, those that services and clients meet.
  static let errors: [Int64: String] = [
    0: "KDC_ERR_NONE", 6: "KDC_ERR_C_PRINCIPAL_UNKNOWN", 7: "KDC_ERR_S_PRINCIPAL_UNKNOWN", 12: "KDC_ERR_POLICY", 13: "KDC_ERR_BADOPTION",
    14: "KDC_ERR_ETYPE_NOSUPP", 18: "KDC_ERR_CLIENT_REVOKED", 23: "KDC_ERR_KEY_EXPIRED", 24: "KDC_ERR_PREAUTH_FAILED",
    25: "KDC_ERR_PREAUTH_REQUIRED", 29: "KDC_ERR_SVC_UNAVAILABLE", 31: "KRB_AP_ERR_BAD_INTEGRITY", 32: "KRB_AP_ERR_TKT_EXPIRED",
    33: "KRB_AP_ERR_TKT_NYV", 34: "KRB_AP_ERR_REPEAT", 35: "KRB_AP_ERR_NOT_US", 36: "KRB_AP_ERR_BADMATCH", 37: "KRB_AP_ERR_SKEW",
    38: "KRB_AP_ERR_BADADDR", 39: "KRB_AP_ERR_BADVERSION", 40: "KRB_AP_ERR_MSG_TYPE", 41: "KRB_AP_ERR_MODIFIED",
    42: "KRB_AP_ERR_BADORDER", 44: "KRB_AP_ERR_BADKEYVER", 45: "KRB_AP_ERR_NOKEY", 46: "KRB_AP_ERR_MUT_FAIL",
    47: "KRB_AP_ERR_BADDIRECTION", 48: "KRB_AP_ERR_METHOD", 49: "KRB_AP_ERR_BADSEQ", 50: "KRB_AP_ERR_INAPP_CKSUM",
    52: "KRB_ERR_RESPONSE_TOO_BIG", 60: "KRB_ERR_GENERIC", 68: "KDC_ERR_WRONG_REALM",
  ]
}
