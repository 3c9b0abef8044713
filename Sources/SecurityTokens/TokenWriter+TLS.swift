extension TokenWriter {
  /// TLS records one after the other, as a CredSSP token carries them (RFC 5246 §6.2.1, RFC 8446 §5.1).
  mutating func tlsRecords(_ bytes: ArraySlice<UInt8>) {
    group("TLS") { (writer) throws(TokenFlaw) in
      var cursor = TokenCursor(bytes)
      var isProtected = false
      while !cursor.isAtEnd {
        let type = try cursor.big(1, "ContentType")
        let version = try cursor.big(2, "ProtocolVersion")
        let length = Int(try cursor.big(2, "length"))
        guard let name = TLSNames.contentTypes[type], version >> 8 == 3 else {
          throw TokenFlaw("What follows is no TLS record", at: cursor.offset - 5)
        }
        let isWhole = length <= cursor.rest.count
        let fragment = try cursor.take(min(length, cursor.rest.count), "fragment")
        writer.group("TLSRecord") { (writer) throws(TokenFlaw) in
          writer.field("ContentType", "\(type) (\(name))")
          writer.field("ProtocolVersion", TLSNames.version(version))
          writer.field("length", String(length))
          guard isWhole else {
            throw TokenFlaw("The record says \(length) bytes, and \(fragment.count) are there", at: fragment.startIndex)
          }
          if length > 16_384 + 2_048 { writer.flaw("A record has at most 18432 bytes") }
          try writer.fragment(type, fragment, &isProtected)
        }
      }
    }
  }

  private mutating func fragment(_ type: UInt64, _ bytes: ArraySlice<UInt8>, _ isProtected: inout Bool) throws(TokenFlaw) {
    switch type {
    case 20:
      field("ChangeCipherSpec", TokenText.hex(bytes))
      isProtected = true
    case 21 where !isProtected && bytes.count == 2:
      let level = UInt64(bytes[bytes.startIndex])
      let description = UInt64(bytes[bytes.startIndex + 1])
      group("Alert") { (writer) throws(TokenFlaw) in
        writer.field("level", TokenText.named(level, [1: "warning", 2: "fatal"]))
        writer.field("description", TokenText.named(description, TLSNames.alerts))
      }
    case 22 where !isProtected && HandshakeShape.isPlain(bytes):
      var cursor = TokenCursor(bytes)
      while !cursor.isAtEnd { try handshake(&cursor) }
    default: field("fragment", TokenText.opaque(bytes, "encrypted"))
    }
  }

  private mutating func handshake(_ cursor: inout TokenCursor) throws(TokenFlaw) {
    let type = try cursor.big(1, "msg_type")
    let length = Int(try cursor.big(3, "length"))
    let isWhole = length <= cursor.rest.count
    let body = try cursor.take(min(length, cursor.rest.count), "a handshake message")
    let name = TLSNames.handshakeNames[type] ?? "Handshake\(type)"
    group(name) { (writer) throws(TokenFlaw) in
      writer.field("length", String(length))
      // A long message continues in the next record: that is no flaw, but there is nothing to take apart.
      guard isWhole else { return writer.field("body", "\(body.count) bytes of it are in this record") }
      switch type {
      case 1: try writer.hello(body, isClient: true)
      case 2: try writer.hello(body, isClient: false)
      case 11: try writer.certificates(body)
      default: writer.field("body", TokenText.hex(body))
      }
    }
  }

  private mutating func hello(_ bytes: ArraySlice<UInt8>, isClient: Bool) throws(TokenFlaw) {
    var cursor = TokenCursor(bytes)
    field(isClient ? "client_version" : "server_version", TLSNames.version(try cursor.big(2, "version")))
    field("random", TokenText.hex(try cursor.take(32, "random")))
    field("session_id", TokenText.hex(try cursor.take(Int(try cursor.big(1, "session_id")), "session_id")))
    if isClient {
      var suites = TokenCursor(try cursor.take(Int(try cursor.big(2, "cipher_suites")), "cipher_suites"))
      var names: [String] = []
      while !suites.isAtEnd { names.append(TLSNames.suite(try suites.big(2, "cipher_suites"))) }
      field("cipher_suites", names.joined(separator: " "))
      field("compression_methods", TokenText.hex(try cursor.take(Int(try cursor.big(1, "compression_methods")), "compression_methods")))
    } else {
      field("cipher_suite", TLSNames.suite(try cursor.big(2, "cipher_suite")))
      field("compression_method", TokenText.hex(try cursor.take(1, "compression_method")))
    }
    guard !cursor.isAtEnd else { return }
    let list = try cursor.take(Int(try cursor.big(2, "extensions")), "extensions")
    group("extensions") { (writer) throws(TokenFlaw) in
      var extensions = TokenCursor(list)
      while !extensions.isAtEnd {
        let type = try extensions.big(2, "extension_type")
        let data = try extensions.take(Int(try extensions.big(2, "extension_data")), "extension_data")
        try writer.helloExtension(type, data, isClient: isClient)
      }
    }
    requireEnd(cursor)
  }

  private mutating func helloExtension(_ type: UInt64, _ data: ArraySlice<UInt8>, isClient: Bool) throws(TokenFlaw) {
    let name = TLSNames.extensions[type] ?? "extension\(type)"
    var cursor = TokenCursor(data)
    switch type {
    case 0 where isClient && !data.isEmpty:
      var list = TokenCursor(try cursor.take(Int(try cursor.big(2, name)), name))
      _ = try list.big(1, "name_type")
      field(name, TokenText.utf8(try list.take(Int(try list.big(2, name)), name)))
    case 43:
      var versions = isClient ? TokenCursor(try cursor.take(Int(try cursor.big(1, name)), name)) : cursor
      var names: [String] = []
      while !versions.isAtEnd { names.append(TLSNames.version(try versions.big(2, name))) }
      field(name, names.joined(separator: " "))
    case 16:
      var list = TokenCursor(try cursor.take(Int(try cursor.big(2, name)), name))
      var protocols: [String] = []
      while !list.isAtEnd { protocols.append(TokenText.utf8(try list.take(Int(try list.big(1, name)), name))) }
      field(name, protocols.joined(separator: " "))
    default: field(name, TokenText.hex(data))
    }
  }

  private mutating func certificates(_ bytes: ArraySlice<UInt8>) throws(TokenFlaw) {
    var cursor = TokenCursor(bytes)
    var list = TokenCursor(try cursor.take(Int(try cursor.big(3, "certificate_list")), "certificate_list"))
    while !list.isAtEnd {
      field("ASN1Cert", TokenText.hex(try list.take(Int(try list.big(3, "ASN1Cert")), "ASN1Cert")))
    }
    requireEnd(cursor)
  }
}

/// Whether the fragment of a handshake record looks like messages in plain text; after the keys have changed it is ciphertext.
private enum HandshakeShape {
  static func isPlain(_ bytes: ArraySlice<UInt8>) -> Bool {
    var cursor = TokenCursor(bytes)
    guard let type = try? cursor.big(1, ""), TLSNames.handshakeNames[type] != nil, let length = try? cursor.big(3, "") else { return false }
    return length <= 1 << 17
  }
}

private enum TLSNames {
  static let contentTypes: [UInt64: String] = [20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data"]

  static let handshakeNames: [UInt64: String] = [
    0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 8: "EncryptedExtensions", 11: "Certificate",
    12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone", 15: "CertificateVerify", 16: "ClientKeyExchange",
    20: "Finished", 22: "CertificateStatus", 24: "KeyUpdate",
  ]

  static let extensions: [UInt64: String] = [
    0: "server_name", 5: "status_request", 10: "supported_groups", 11: "ec_point_formats", 13: "signature_algorithms",
    16: "application_layer_protocol_negotiation", 18: "signed_certificate_timestamp", 21: "padding", 22: "encrypt_then_mac",
    23: "extended_master_secret", 35: "session_ticket", 41: "pre_shared_key", 42: "early_data", 43: "supported_versions", 44: "cookie",
    45: "psk_key_exchange_modes", 49: "post_handshake_auth", 50: "signature_algorithms_cert", 51: "key_share",
    0xFF01: "renegotiation_info",
  ]

  static let alerts: [UInt64: String] = [
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
    42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
    46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
    100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name", 116: "certificate_required",
  ]

  private static let versions: [UInt64: String] = [
    0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3",
  ]

  static func version(_ value: UInt64) -> String { versions[value] ?? TokenText.hex(value, digits: 4) }

  private static let suites: [UInt64: String] = [
    0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384", 0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384", 0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256", 0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA", 0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
  ]

  static func suite(_ value: UInt64) -> String { suites[value] ?? TokenText.hex(value, digits: 4) }
}
