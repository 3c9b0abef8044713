import TestVectors
import Testing

@testable import SecurityTokens

@Suite struct TokenDescriptionTests {
  /// The description of a vector, which must have no flaw.
  private func described(_ path: String) throws -> TokenDescription {
    let description = TokenDescription(of: try TestVectors.bytes(path))
    #expect(description.flaws == [], "\(path)")
    return description
  }

  @Test("NTLM NEGOTIATE, CHALLENGE and AUTHENTICATE of one exchange")
  func ntlm() throws {
    let negotiate = try described("ntlm/full_exchange_raw/negotiate_message").root
    #expect(negotiate.name == "NEGOTIATE_MESSAGE" && negotiate.first("MessageType")?.value == "0x00000001")
    #expect(negotiate.first("NegotiateFlags")?.value?.hasPrefix("0xE2088237 NTLMSSP_NEGOTIATE_56 NTLMSSP_NEGOTIATE_KEY_EXCH") == true)
    #expect(negotiate.first("Version")?.value == "10.0.20348 NTLMRevisionCurrent 15")

    let challenge = try described("ntlm/full_exchange_raw/challenge_message").root
    #expect(challenge.name == "CHALLENGE_MESSAGE" && challenge.first("ServerChallenge")?.value == "1122334455667788")
    #expect(challenge.first("TargetName")?.value == "SRV01")
    #expect(challenge.first("MsvAvNbDomainName")?.value == "WORKSTATION")
    #expect(challenge.first("MsvAvDnsComputerName")?.value == "srv01")
    #expect(challenge.first("MsvAvTimestamp")?.value == "2024-02-29T12:34:56.7890120Z")

    let authenticate = try described("ntlm/full_exchange_raw/authenticate_message").root
    #expect(authenticate.name == "AUTHENTICATE_MESSAGE" && authenticate.first("UserName")?.value == "jdoe")
    #expect(authenticate.first("DomainName")?.value == "CONTOSO" && authenticate.first("Workstation")?.value == "CLIENT01")
    #expect(authenticate.first("MIC")?.value == "074DA99EBCD43C624C877F84EC95966C")
    let response = try #require(authenticate.first("NtChallengeResponse"))
    #expect(response.first("Response")?.value == "227F9B056189F6A1F4BB3E2109E4C39B")
    #expect(response.first("ChallengeFromClient")?.value == "99AABBCCDDEEFF00")
    #expect(response.first("MsvAvTargetName")?.value == "HTTP/srv01.contoso.local")
    #expect(response.first("MsvAvChannelBindings")?.value == "3114E5AA676A506EDB271FCC4B48F3D1")
    #expect(response.first("MsvAvFlags")?.value == "0x00000002 a MIC is in the message")
    #expect(authenticate.first("EncryptedRandomSessionKey")?.value == "2F835107CF9FBA83567660B0E0503ED7")
  }

  @Test("Times: the beginning of 1601, of 1970, a leap day, the end")
  func times() {
    #expect(TokenText.fileTime(0) == "1601-01-01T00:00:00.0000000Z")
    #expect(TokenText.fileTime(116_444_736_000_000_000) == "1970-01-01T00:00:00.0000000Z")
    #expect(TokenText.fileTime(133_537_247_990_000_001) == "2024-02-29T23:59:59.0000001Z")
    #expect(TokenText.fileTime(.max) == "60056-05-28T05:36:10.9551615Z")
  }

  @Test("SPNEGO with NTLM inside, from the first token to the last")
  func spnego() throws {
    let first = try described("spnego/ntlm_exchange/token1_client_NegTokenInit").root
    #expect(first.name == "InitialContextToken" && first.first("thisMech")?.value == "1.3.6.1.5.5.2 (SPNEGO)")
    #expect(first.first("MechType")?.value == "1.3.6.1.4.1.311.2.2.10 (NTLM)")
    #expect(first.first("mechToken")?.children.first?.name == "NEGOTIATE_MESSAGE")
    let second = try described("spnego/ntlm_exchange/token2_server_NegTokenResp").root
    #expect(second.name == "NegTokenResp" && second.first("negState")?.value == "3 (request-mic)")
    #expect(second.first("responseToken")?.children.first?.name == "CHALLENGE_MESSAGE")
    let third = try described("spnego/ntlm_exchange/token3_client_NegTokenResp").root
    #expect(third.first("negState")?.value == "1 (accept-incomplete)")
    let mic = try described("spnego/ntlm_exchange/token4_server_NegTokenResp").root.first("mechListMIC")
    #expect(mic?.children.first?.name == "NTLMSSP_MESSAGE_SIGNATURE" && mic?.first("Checksum")?.value == "5D0E95A42714424A")
  }

  @Test("The samples of SPNEGO: lists, hints, states")
  func spnegoSamples() throws {
    let rows: [[String: Any]] = try TestVectors.value("spnego/der_samples/rows")
    for index in rows.indices {
      let description = TokenDescription(of: try TestVectors.bytes("spnego/der_samples/rows/\(index)/der"))
      // Their tokens are dummies, which is said.
      #expect(description.flaws.allSatisfy { $0.hasPrefix("This begins like no token") }, "\(rows[index])")
      #expect(description.root.first("mechTypes") != nil || description.root.first("negState") != nil)
    }
    let hint = TokenDescription(of: try TestVectors.bytes("spnego/der_samples/rows/2/der")).root
    #expect(hint.first("hintName")?.value == "not_defined_in_RFC4178@please_ignore")
    let list = TokenDescription(of: try TestVectors.bytes("spnego/der_samples/rows/0/der")).root.first("mechTypes")?.children.map(\.value)
    #expect(
      list == [
        "1.2.840.48018.1.2.2 (MS-KRB5)", "1.2.840.113554.1.2.2 (Kerberos)", "1.3.6.1.4.1.311.2.2.30 (NEGOEX)",
        "1.3.6.1.4.1.311.2.2.10 (NTLM)",
      ])
  }

  @Test("TSRequest: version, tokens, errors; what is sealed is counted and not shown")
  func credSSP() throws {
    let rows: [[String: Any]] = try TestVectors.value("credssp/full_exchange/rows/0/ts_requests")
    for index in rows.indices {
      let root = try described("credssp/full_exchange/rows/0/ts_requests/\(index)/der").root
      #expect(root.name == "TSRequest" && root.first("version")?.value == "6")
    }
    let third = try described("credssp/full_exchange/rows/0/ts_requests/2/der").root
    #expect(third.first("negoToken")?.first("UserName")?.value == "jdoe")
    #expect(third.first("clientNonce")?.value?.hasPrefix("4041424344") == true && third.first("pubKeyAuth")?.value == "48 bytes, encrypted")
    let samples: [[String: Any]] = try TestVectors.value("credssp/ts_request/rows")
    var errors = 0
    for index in samples.indices {
      let root = TokenDescription(of: try TestVectors.bytes("credssp/ts_request/rows/\(index)/der")).root
      guard let code = samples[index]["error_code"] as? Int else { continue }
      errors += 1
      #expect(root.first("errorCode")?.value == "0x" + String(code, radix: 16, uppercase: true))
    }
    #expect(errors >= 4)
  }

  @Test("TSCredentials show neither names nor passwords")
  func credentials() throws {
    let rows: [[String: Any]] = try TestVectors.value("credssp/ts_credentials/rows")
    for index in rows.indices {
      let bytes = try TestVectors.bytes("credssp/ts_credentials/rows/\(index)/ts_credentials_der")
      let description = TokenDescription(of: bytes)
      #expect(description.root.name == "TSCredentials" && description.flaws == [])
      #expect(description.root.children.map(\.name) == ["credType", "credentials"])
      #expect(description.root.first("credentials")?.value?.hasSuffix(" bytes, secret; not shown") == true)
    }
  }

  @Test("Kerberos wrap tokens, new and old, alone and as WinRM frames them")
  func kerberosWrap() throws {
    let header = try TestVectors.bytes("kerberos_gss_wrap/aes_cts_wrap/rows/0/winrm_header")
    let token = TokenDescription(of: header)
    #expect(token.root.name == "WrapToken" && token.flaws == [])
    #expect(token.root.first("Flags")?.value == "0x06 Sealed AcceptorSubkey" && token.root.first("RRC")?.value == "28")
    #expect(token.root.first("SND_SEQ")?.value == "5" && token.root.first("Data")?.value == "44 bytes, encrypted")
    let framed = TokenDescription(of: [60, 0, 0, 0] + header + (try TestVectors.bytes("kerberos_gss_wrap/aes_cts_wrap/rows/0/winrm_data")))
    #expect(framed.root.name == "EncryptedMessage" && framed.flaws == [] && framed.root.first("WrapToken") != nil)
    #expect(framed.root.first("Message")?.value == "13 bytes, encrypted")

    let old = TokenDescription(
      of: try TestVectors.bytes("kerberos_gss_wrap/rc4_hmac_wrap/header_token")
        + TestVectors.bytes("kerberos_gss_wrap/rc4_hmac_wrap/ciphertext"))
    #expect(old.flaws == [] && old.root.first("TOK_ID")?.value == "0x0201 (GSS_Wrap)" && old.root.first("SGN_ALG")?.value == "0x1100")
  }

  @Test("AP-REQ, AP-REP and KRB-ERROR: names and types, nothing of what is encrypted")
  func kerberosMessages() {
    func der(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
      let content = parts.flatMap(\.self)
      return [tag] + (content.count < 128 ? [UInt8(content.count)] : [0x81, UInt8(content.count)]) + content
    }
    func text(_ value: String) -> [UInt8] { der(0x1B, Array(value.utf8)) }
    let encrypted = der(0x30, der(0xA0, [2, 1, 18]), der(0xA1, [2, 1, 3]), der(0xA2, der(4, Array("secretcipher".utf8))))
    let name = der(0x30, der(0xA0, [2, 1, 2]), der(0xA1, der(0x30, text("HTTP"), text("server.example.com"))))
    let ticket = der(0x61, der(0x30, der(0xA0, [2, 1, 5]), der(0xA1, text("EXAMPLE.COM")), der(0xA2, name), der(0xA3, encrypted)))
    let request = der(
      0x6E,
      der(
        0x30, der(0xA0, [2, 1, 5]), der(0xA1, [2, 1, 14]), der(0xA2, [3, 5, 0, 0x20, 0, 0, 0]), der(0xA3, ticket), der(0xA4, encrypted)))
    let framed = der(0x60, [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 1, 2, 2], [1, 0], request)
    for (bytes, flaws) in [(request, [String]()), (framed, [])] {
      let description = TokenDescription(of: bytes)
      #expect(description.flaws == flaws)
      let message = description.root.name == "AP-REQ" ? description.root : description.root.first("AP-REQ")
      #expect(message?.first("ap-options")?.value == "0x20000000 mutual-required")
      #expect(message?.first("ticket")?.first("name-string")?.value == "HTTP/server.example.com")
      #expect(message?.first("ticket")?.first("realm")?.value == "EXAMPLE.COM")
      #expect(message?.first("authenticator")?.first("etype")?.value == "18 (aes256-cts-hmac-sha1-96)")
      #expect(message?.first("authenticator")?.first("cipher")?.value == "12 bytes, encrypted")
    }
    let reply = TokenDescription(of: der(0x6F, der(0x30, der(0xA0, [2, 1, 5]), der(0xA1, [2, 1, 15]), der(0xA2, encrypted))))
    #expect(reply.flaws == [] && reply.root.name == "AP-REP" && reply.root.first("kvno")?.value == "3")
    let failure = TokenDescription(
      of: der(
        0x7E,
        der(
          0x30, der(0xA0, [2, 1, 5]), der(0xA1, [2, 1, 30]), der(0xA4, der(0x18, Array("20240102030405Z".utf8))), der(0xA5, [2, 1, 0]),
          der(0xA6, [2, 1, 37]), der(0xA9, text("EXAMPLE.COM")), der(0xAA, name), der(0xAB, text("Clock skew")))))
    #expect(failure.flaws == [] && failure.root.first("error-code")?.value == "37 (KRB_AP_ERR_SKEW)")
    #expect(failure.root.first("stime")?.value == "20240102030405Z" && failure.root.first("e-text")?.value == "Clock skew")
  }

  @Test("TLS: hellos in plain text, what follows the change of keys as ciphertext, alerts")
  func tls() {
    let random = [UInt8](repeating: 7, count: 32)
    let name = Array("srv".utf8)
    let serverName: [UInt8] = [0, 0, 0, 8, 0, 6, 0, 0, 3] + name
    let versions: [UInt8] = [0, 43, 0, 5, 4, 3, 4, 3, 3]
    let extensions = serverName + versions
    let hello: [UInt8] = [3, 3] + random + [0, 0, 4, 0x13, 0x01, 0xC0, 0x30, 1, 0, 0, UInt8(extensions.count)] + extensions
    let message: [UInt8] = [1, 0, 0, UInt8(hello.count)] + hello
    let client = TokenDescription(of: [22, 3, 1, 0, UInt8(message.count)] + message)
    #expect(client.flaws == [])
    #expect(client.root.first("cipher_suites")?.value == "TLS_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
    #expect(client.root.first("server_name")?.value == "srv" && client.root.first("supported_versions")?.value == "TLS 1.3 TLS 1.2")
    let flight = TokenDescription(of: [20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 4, 1, 0, 0, 0, 23, 3, 3, 0, 2, 9, 9])
    #expect(
      flight.flaws == [] && flight.root.children.map { $0.first("fragment")?.value } == [nil, "4 bytes, encrypted", "2 bytes, encrypted"])
    let alert = TokenDescription(of: [21, 3, 3, 0, 2, 2, 48])
    #expect(alert.root.first("description")?.value == "48 (unknown_ca)")
    #expect(TokenDescription(of: [22, 3, 3, 0, 9, 1]).flaws.count == 1)
    let body = TokenDescription(of: [16, 0, 0, 0, 23, 3, 3, 0, 20] + [UInt8](repeating: 1, count: 20))
    #expect(body.root.name == "EncryptedMessage" && body.flaws == [] && body.root.first("TLSRecord") != nil)
  }
}
