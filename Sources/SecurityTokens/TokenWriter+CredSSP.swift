extension TokenWriter {
  /// TSRequest (MS-CSSP §2.2.1).
  mutating func tsRequest(_ bytes: ArraySlice<UInt8>) {
    group("TSRequest") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      let sequence = try cursor.der(DERTag.sequence, "TSRequest")
      try writer.members(of: sequence) { (writer, number, value) throws(TokenFlaw) in
        var member = TokenCursor(value)
        switch number {
        case 0: writer.field("version", String(try TokenCursor.number(member.der(DERTag.integer, "version"))))
        case 1: try writer.negoTokens(&member)
        case 2: writer.field("authInfo", TokenText.opaque(try member.der(DERTag.octetString, "authInfo"), "encrypted"))
        case 3: writer.field("pubKeyAuth", TokenText.opaque(try member.der(DERTag.octetString, "pubKeyAuth"), "encrypted"))
        case 4:
          let code = try TokenCursor.number(member.der(DERTag.integer, "errorCode"))
          writer.field("errorCode", TokenText.hex(UInt64(truncatingIfNeeded: code) & 0xFFFF_FFFF, digits: 8))
        case 5: writer.field("clientNonce", TokenText.hex(try member.der(DERTag.octetString, "clientNonce")))
        default: throw TokenFlaw("TSRequest has no member [\(number)]", at: value.startIndex)
        }
        writer.requireEnd(member)
      }
      writer.requireEnd(cursor)
    }
  }

  /// NegoData: a sequence of sequences with one member, the token.
  private mutating func negoTokens(_ cursor: inout TokenCursor) throws(TokenFlaw) {
    let list = try cursor.der(DERTag.sequence, "negoTokens")
    group("negoTokens") { (writer) throws(TokenFlaw) in
      var items = TokenCursor(list)
      while !items.isAtEnd {
        try writer.members(of: items.der(DERTag.sequence, "negoTokens")) { (writer, number, value) throws(TokenFlaw) in
          guard number == 0 else { throw TokenFlaw("A negoToken has no member [\(number)]", at: value.startIndex) }
          var member = TokenCursor(value)
          let token = try member.der(DERTag.octetString, "negoToken")
          writer.group("negoToken") { (writer) throws(TokenFlaw) in writer.token(token) }
          writer.requireEnd(member)
        }
      }
    }
  }

  /// TSCredentials (MS-CSSP §2.2.1.2), which travels encrypted only. What is inside is not shown.
  mutating func tsCredentials(_ bytes: ArraySlice<UInt8>) {
    group("TSCredentials") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      let sequence = try cursor.der(DERTag.sequence, "TSCredentials")
      try writer.members(of: sequence) { (writer, number, value) throws(TokenFlaw) in
        var member = TokenCursor(value)
        switch number {
        case 0:
          let type = try TokenCursor.number(member.der(DERTag.integer, "credType"))
          let names: [Int64: String] = [1: "TSPasswordCreds", 2: "TSSmartCardCreds", 6: "TSRemoteGuardCreds"]
          writer.field("credType", names[type].map { "\(type) (\($0))" } ?? "\(type)")
        case 1: writer.field("credentials", TokenText.opaque(try member.der(DERTag.octetString, "credentials"), "secret; not shown"))
        default: throw TokenFlaw("TSCredentials has no member [\(number)]", at: value.startIndex)
        }
      }
      writer.requireEnd(cursor)
    }
  }
}
