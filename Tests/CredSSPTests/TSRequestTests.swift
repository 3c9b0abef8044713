import CredSSP
import SecuritySupport
import TestVectors
import Testing

@Suite("TSRequest, MS-CSSP §2.2.1")
struct TSRequestTests {
  private static func row(_ index: Int) throws -> [UInt8] { try TestVectors.bytes("credssp/ts_request/rows/\(index)/der") }

  @Test("Samples decode, and encode to the same bytes unless an error code has five octets", arguments: 0..<19)
  func samples(row: Int) throws {
    let der = try Self.row(row)
    let request = try TSRequest(decoding: der)
    let hasLongErrorCode = row >= 11 && row.isMultiple(of: 2) == false
    #expect(request.encode() == (hasLongErrorCode ? try Self.row(row + 1) : der))
  }

  @Test("What the samples say")
  func content() throws {
    let ntlm = Array("NTLMSSP\0".utf8)
    for version in 2...6 { #expect(try TSRequest(decoding: Self.row(version - 2)) == TSRequest(version: version, negoTokens: [ntlm])) }
    let two = try TSRequest(decoding: Self.row(5))
    #expect(two.negoTokens == [ntlm, [1]] && two.negoToken == ntlm)
    #expect(
      try TSRequest(decoding: Self.row(6))
        == TSRequest(
          version: 6, negoTokens: [ntlm], pubKeyAuth: .init(repeating: 0xAB, count: 48), clientNonce: .init(repeating: 0xAB, count: 32))
        || (TSRequest(decoding: Self.row(6)).clientNonce?.count == 32 && TSRequest(decoding: Self.row(6)).pubKeyAuth?.count == 48))
    #expect(try TSRequest(decoding: Self.row(7)) == TSRequest(version: 6, pubKeyAuth: .init(repeating: 0xCD, count: 48)))
    #expect(try TSRequest(decoding: Self.row(8)) == TSRequest(version: 6, authInfo: .init(repeating: 0xEF, count: 300)))
    #expect(try TSRequest(decoding: Self.row(9)) == TSRequest(version: 6))
    let empty = try TSRequest(decoding: Self.row(10))
    #expect(empty.negoTokens == [[]] && empty.negoToken == nil)
  }

  @Test("C-10: error codes in both encodings", arguments: 11..<19)
  func errorCodes(row: Int) throws {
    let expected: [NTStatus] = [.logonFailure, .accessDenied, .notSupported, .passwordMustChange]
    let request = try TSRequest(decoding: Self.row(row))
    #expect(request.errorCode == expected[(row - 11) / 2])
    let value: Int = try TestVectors.value("credssp/ts_request/rows/\(row)/error_code")
    #expect(request.errorCode?.rawValue == UInt32(value))
  }

  @Test("C-10: error codes that do not fit in 32 bits, small and unknown ones")
  func oddErrorCodes() throws {
    func request(_ content: [UInt8]) -> [UInt8] {
      let field: [UInt8] = [0xA4, UInt8(content.count + 2), 0x02, UInt8(content.count)] + content
      return [0x30, UInt8(5 + field.count), 0xA0, 3, 2, 1, 6] + field
    }
    #expect(try TSRequest(decoding: request([0])).errorCode?.rawValue == 0)
    #expect(try TSRequest(decoding: request([0x7F])).errorCode?.rawValue == 0x7F)
    #expect(try TSRequest(decoding: request([0xFF, 0xC0, 0, 0, 0x6D])).errorCode == .logonFailure)
    let unknown = try TSRequest(decoding: request([0xC0, 0x12, 0x34, 0x56]))
    #expect(unknown.errorCode?.description == "NTSTATUS 0xC0123456")
    #expect(try TSRequest(decoding: unknown.encode()) == unknown)
    // 2³² is zero modulo 2³², but it is not success.
    #expect(code { try TSRequest(decoding: request([1, 0, 0, 0, 0])) } == .malformed)
    #expect(code { try TSRequest(decoding: request([])) } == .malformed)
    #expect(code { try TSRequest(decoding: request(.init(repeating: 1, count: 9))) } == .malformed)
    for value: UInt32 in [0, 1, 0x7F, 0x80, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xC000_006D] {
      let request = TSRequest(version: 6, errorCode: NTStatus(rawValue: value))
      #expect(try TSRequest(decoding: request.encode()) == request)
    }
  }

  @Test("C-04: versions are read as they are", arguments: [0, 1, 7, 127, 128, 255, 256, 65_536, 2_147_483_648, -1])
  func versions(version: Int) throws {
    let request = TSRequest(version: version, negoTokens: [[1]])
    #expect(try TSRequest(decoding: request.encode()) == request)
  }

  @Test("Unknown fields at the end are ignored")
  func unknownFields() throws {
    let bytes: [UInt8] = [0x30, 0x0E, 0xA0, 3, 2, 1, 6, 0xA6, 3, 4, 1, 9, 0xBE, 2, 5, 0]
    #expect(try TSRequest(decoding: bytes) == TSRequest(version: 6))
  }

  @Test("C-11: lengths that are longer than needed are taken")
  func longLengths() throws {
    #expect(try TSRequest(decoding: [0x30, 0x81, 5, 0xA0, 3, 2, 1, 6]) == TSRequest(version: 6))
    #expect(try TSRequest(decoding: [0x30, 0x84, 0, 0, 0, 7, 0xA0, 0x82, 0, 3, 2, 1, 6]) == TSRequest(version: 6))
  }

  @Test(
    "C-11: what is refused",
    arguments: [
      "", "30", "3000", "3080a0030201060000",  // nothing, indefinite
      "3085000000000500a003020106", "30850000000005a003020106",  // five length octets
      "3084ffffffffa003020106", "3005a084ffffffff",  // 2³² − 1
      "3005a003020106ff", "3006a00302010600",  // something behind
      "3005a103020106", "30050203020106", "3003020106",  // version with another tag or none
      "3005a003040106", "3006a0040202", "3004a0020200",  // not an integer, cut, empty
      "300aa003020106a003020106",  // twice
      "300ea003020106a205040101a203040101", "3011a003020106a305040301020aa103300030",  // twice, out of order
      "300fa003020106a30304010aa203040101", "300aa00302010624030401 0a", "300aa003020106830304010a", "300aa003020106e30304010a",
      "300da003020106a30604010104020202", "3009a003020106a1020500", "300ca003020106a10530030401aa", "300da003020106a1063004a102040 1",
      "3008a003020106bf2000", "3105a003020106",
    ])
  func refused(hexadecimal: String) throws {
    let bytes = try TestVectors.bytes(hexadecimal: hexadecimal.replacing(" ", with: ""))
    #expect(code { try TSRequest(decoding: bytes) } == .malformed)
  }

  @Test("C-11: ten thousand nested values are not followed")
  func nesting() {
    let bytes = [UInt8](repeating: 0x30, count: 10_000)
    #expect(code { try TSRequest(decoding: bytes) } == .malformed)
    let deep = [0x30, 0x82, 0x27, 0x15, 0xA0, 3, 2, 1, 6, 0xBE, 0x82, 0x27, 0x0C] + [UInt8](repeating: 0x30, count: 0x270C)
    #expect(throws: Never.self) { try TSRequest(decoding: deep) }
  }

  @Test("C-11: a hundred tokens in one message")
  func manyTokens() {
    let request = TSRequest(version: 6, negoTokens: .init(repeating: [1], count: 100))
    #expect(code { try TSRequest(decoding: request.encode()) } == .limit)
  }

  @Test("Every truncation is malformed; every flipped bit is an error or another message", arguments: 0..<19)
  func mutations(row: Int) throws {
    let der = try Self.row(row)
    for end in 0..<der.count { #expect(code { try TSRequest(decoding: Array(der.prefix(end))) } == .malformed) }
    for mutation in der.mutations {
      guard let request = try? TSRequest(decoding: mutation) else { continue }
      #expect(try TSRequest(decoding: request.encode()) == request)
    }
  }

  @Test("The description shows no content")
  func description() {
    let request = TSRequest(version: 6, negoTokens: [Array("secret".utf8)], authInfo: Array("secret".utf8), errorCode: .logonFailure)
    let text = "\(request)" + String(reflecting: request)
    #expect(text.contains("version 6") && text.contains("authInfo 6 bytes") && text.contains("STATUS_LOGON_FAILURE"))
    #expect(!text.contains("115"))
    var dumped = ""
    dump(request, to: &dumped)
    #expect(!dumped.contains("115"))
  }
}
