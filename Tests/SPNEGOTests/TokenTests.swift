import SPNEGO
import SecuritySupport
import TestVectors
import Testing

@Suite("Tokens, RFC 4178 §4.2")
struct TokenTests {
  static let rows = (0..<9).map { $0 }

  @Test("Samples decode, and encode to the same bytes", arguments: rows)
  func samples(row: Int) throws {
    let der = try TestVectors.bytes("spnego/der_samples/rows/\(row)/der")
    if der.first == 0x60 {
      #expect(try NegTokenInit(decoding: der).encode() == der)
    } else {
      #expect(try NegTokenResp(decoding: der).encode() == der)
    }
  }

  @Test("Windows' list keeps its order, its NEGOEX and its odd number of Kerberos")
  func windowsList() throws {
    let token = try NegTokenInit(decoding: TestVectors.bytes("spnego/der_samples/rows/0/der"))
    #expect(token.mechTypes.mechanisms == [.microsoftKerberos, .kerberos, .negoEx, .ntlm])
    #expect(token.mechToken == [0xDE, 0xAD, 0xBE, 0xEF])
    #expect(token.mechListMIC == nil)
  }

  @Test("NegTokenInit2: hints stand where the MIC stands otherwise")
  func hints() throws {
    var token = try NegTokenInit(decoding: TestVectors.bytes("spnego/der_samples/rows/2/der"))
    #expect(token.hintName == Array("not_defined_in_RFC4178@please_ignore".utf8))
    #expect(token.mechListMIC == nil)
    token.mechListMIC = [1, 2, 3]
    #expect(try NegTokenInit(decoding: token.encode()) == token)
  }

  @Test("Every state")
  func states() throws {
    let expected: [(Int, NegState, MechanismIdentifier?)] = [
      (3, .acceptCompleted, .microsoftKerberos), (4, .acceptIncomplete, .ntlm), (5, .reject, nil), (6, .requestMIC, .ntlm),
      (7, .acceptCompleted, nil), (8, .acceptCompleted, nil),
    ]
    for (row, state, mechanism) in expected {
      let token = try NegTokenResp(decoding: TestVectors.bytes("spnego/der_samples/rows/\(row)/der"))
      #expect(token.negState == state)
      #expect(token.supportedMech == mechanism)
    }
  }

  @Test("The object identifiers of the mechanisms")
  func objectIdentifiers() throws {
    let expected: [(String, MechanismIdentifier)] = [
      ("spnego 1.3.6.1.5.5.2", .spnego), ("krb5 1.2.840.113554.1.2.2", .kerberos), ("ms-krb5 1.2.840.48018.1.2.2", .microsoftKerberos),
      ("krb5-user-to-user 1.2.840.113554.1.2.2.3", .kerberosUserToUser), ("ntlmssp 1.3.6.1.4.1.311.2.2.10", .ntlm),
      ("negoex 1.3.6.1.4.1.311.2.2.30", .negoEx),
    ]
    for (name, identifier) in expected {
      let der = try TestVectors.bytes("spnego/oids/\(name)")
      #expect(MechTypeList([identifier]).encoded == [0x30, UInt8(der.count)] + der)
    }
  }

  @Test("A MIC that only repeats the response token is no MIC")
  func duplicate() throws {
    let token = NegTokenResp(negState: .acceptIncomplete, supportedMech: .kerberos, responseToken: [1, 2], mechListMIC: [1, 2])
    let decoded = try NegTokenResp(decoding: token.encode())
    #expect(decoded.mechListMIC == nil)
    #expect(decoded.responseToken == [1, 2])
  }

  @Test("An empty token is no token")
  func emptyToken() throws {
    let token = NegTokenResp(negState: .acceptCompleted, responseToken: [], mechListMIC: [7])
    let decoded = try NegTokenResp(decoding: token.encode())
    #expect(decoded.responseToken == nil)
    #expect(decoded.mechListMIC == [7])
  }

  @Test("reqFlags are skipped, and the GSS wrapper may be missing")
  func flagsAndBareToken() throws {
    let token = NegTokenInit(mechTypes: MechTypeList([.kerberos]), mechToken: [9])
    let wrapped = token.encode()
    let bare = Array(wrapped.dropFirst(2 + 8))
    #expect(bare.first == 0xA0)
    #expect(try NegTokenInit(decoding: bare) == token)
    // 30 { [0] list, [1] BIT STRING, [2] token }
    let list: [UInt8] = [0xA0, 0x0D, 0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02]
    let rest: [UInt8] = [0xA1, 0x04, 0x03, 0x02, 0x01, 0x36, 0xA2, 0x03, 0x04, 0x01, 0x09]
    let flagged = [0xA0, UInt8(list.count + rest.count + 2), 0x30, UInt8(list.count + rest.count)] + list + rest
    #expect(try NegTokenInit(decoding: flagged) == token)
  }

  @Test(
    "Lengths around each step of DER",
    arguments: [0x7F, 0x80, 0xFF, 0x100, 0xFFF0 - 0x100, 0xFFF0])
  func lengths(count: Int) throws {
    let token = NegTokenResp(negState: .acceptIncomplete, responseToken: [UInt8](repeating: 0x5A, count: count))
    let bytes = token.encode()
    if bytes.count <= 65_536 {
      #expect(try NegTokenResp(decoding: bytes) == token)
    } else {
      #expect(throws: SPNEGOError.self) { try NegTokenResp(decoding: bytes) }
    }
  }

  @Test("P-04: a Kerberos token of 60 000 bytes passes, one above 64 KiB does not")
  func sizes() throws {
    let large = NegTokenInit(mechTypes: MechTypeList([.kerberos]), mechToken: [UInt8](repeating: 1, count: 60_000)).encode()
    #expect(try NegTokenInit(decoding: large).mechToken?.count == 60_000)
    let tooLarge = NegTokenInit(mechTypes: MechTypeList([.kerberos]), mechToken: [UInt8](repeating: 1, count: 65_536)).encode()
    #expect(limit { try NegTokenInit(decoding: tooLarge) })
    var acceptor = SPNEGOAcceptor(mechanisms: [.kerberos])
    #expect(limit { try acceptor.receive(tooLarge) })
  }

  @Test("Too many mechanisms, and an object identifier of absurd length")
  func listLimits() throws {
    let many = NegTokenInit(mechTypes: MechTypeList(Array(repeating: .ntlm, count: 33))).encode()
    #expect(limit { try NegTokenInit(decoding: many) })
    let most = NegTokenInit(mechTypes: MechTypeList(Array(repeating: .ntlm, count: 32))).encode()
    #expect(try NegTokenInit(decoding: most).mechTypes.mechanisms.count == 32)
    let long = NegTokenInit(mechTypes: MechTypeList([MechanismIdentifier(rawValue: Array(repeating: 0x2A, count: 65))])).encode()
    #expect(limit { try NegTokenInit(decoding: long) })
  }

  @Test(
    "Malformed tokens",
    arguments: [
      "", "60", "a1", "a100", "a1023000", "a1053003a0010a", "a107300502010102", "a1073005a0030a0104", "a1073005a0030201ff",
      "a10730800000", "a1803080a0030a01000000", "a18130053003a0010a", "a1083005a0030a010000", "a10c300aa0030a0101a0030a0101",
      "a10c300aa2030401ffa0030a0101", "a1098107300501010100", "a1093007a0050a01000500",
    ])
  func malformed(hexadecimal: String) throws {
    let bytes = try TestVectors.bytes(hexadecimal: hexadecimal)
    if hexadecimal == "a1023000" {
      // Legal: everything is optional.
      #expect(try NegTokenResp(decoding: bytes) == NegTokenResp(negState: nil))
    } else {
      #expect(code { try NegTokenResp(decoding: bytes) } == .malformed)
    }
  }

  @Test("C-11: ten thousand nested values are refused, not followed")
  func nesting() {
    var bytes: [UInt8] = []
    for _ in 0..<10_000 {
      var outer: [UInt8] = [0x30]
      switch bytes.count {
      case 0..<0x80: outer.append(UInt8(bytes.count))
      case 0x80..<0x100: outer += [0x81, UInt8(bytes.count)]
      case 0x100..<0x10000: outer += [0x82, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
      default: outer = []
      }
      guard !outer.isEmpty else { break }
      bytes = outer + bytes
    }
    bytes[0] = 0xA1
    #expect(code { try NegTokenResp(decoding: Array(bytes.prefix(65_536))) } != nil)
  }
}

/// The code of the error that `body` throws; `nil` when it throws none. Any other type of error is a failure.
func code<R>(_ body: () throws -> R) -> SPNEGOError.Code? {
  do {
    _ = try body()
    return nil
  } catch let error as SPNEGOError {
    return error.code
  } catch {
    Issue.record("an untyped error: \(error)")
    return nil
  }
}

func limit<R>(_ body: () throws -> R) -> Bool { code(body) == .limit }
