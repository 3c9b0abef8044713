import SecuritySupport
import TestVectors
import Testing

@testable import WinRMHTTP

/// The vectors `http_encryption`, made with pypsrp, and the layout rules of MS-WSMV §2.2.9.
@Suite struct MultipartEncryptedTests {
  static let soap: Set<EncryptionProtocol> = [.spnego, .kerberos]

  @Test(arguments: 0..<3) func spnegoVectorsByteForByte(_ row: Int) throws {
    let path = "http_encryption/rows/0/rows/\(row)"
    let body = try TestVectors.bytes(path + "/body")
    let type: String = try TestVectors.value(path + "/content_type")
    let plaintext = try TestVectors.bytes(path + "/plaintext")

    let parts = try MultipartEncrypted.decode(contentType: type, body: body, accepting: [.spnego])
    let part = try #require(parts.first)
    #expect(parts.count == 1)
    #expect(part.plaintextLength == plaintext.count)
    #expect(part.header.count == 16)
    #expect(part.headerLengthField == 16)
    #expect(part.data.count == plaintext.count)

    let made = MultipartEncrypted.encode(
      [EncryptedPart(plaintextLength: plaintext.count, header: part.header, data: part.data)], protocol: .spnego)
    #expect(made.body == body)
    #expect(made.contentType == type)
    let length: Int = try TestVectors.value(path + "/content_length")
    #expect(made.body.count == length)
  }

  @Test func credSSPVectorByteForByte() throws {
    let path = "http_encryption/rows/1/rows/0"
    let plaintext = try TestVectors.bytes(path + "/plaintext")
    let expected = try TestVectors.bytes(path + "/body")
    let type: String = try TestVectors.value(path + "/content_type")
    let part = EncryptedPart(plaintextLength: plaintext.count, trailerLength: 16, records: Self.record(plaintext))
    let made = MultipartEncrypted.encode([part], protocol: .credSSP)
    #expect(made.body == expected)
    #expect(made.contentType == type)
    #expect(try MultipartEncrypted.decode(contentType: type, body: expected, accepting: [.credSSP]) == [part])
  }

  @Test func credSSPSplitVectorByteForByte() throws {
    let plaintext = Array(String(repeating: "0123456789abcdef", count: 1_024).utf8) + Array("tail-bytes".utf8)
    let chunks = [Array(plaintext[..<16_384]), Array(plaintext[16_384...])]
    let parts = chunks.map { EncryptedPart(plaintextLength: $0.count, trailerLength: 16, records: Self.record($0)) }
    let made = MultipartEncrypted.encode(parts, protocol: .credSSP)
    let path = "http_encryption/credssp_split"
    let (type, length, digest): (String, Int, String) = (
      try TestVectors.value(path + "/content_type"), try TestVectors.value(path + "/body_length"),
      try TestVectors.value(path + "/body_sha256")
    )
    #expect(made.contentType == type)
    #expect(made.body.count == length)
    #expect(SHA256Reference.hexadecimal(made.body) == digest)
    #expect(try MultipartEncrypted.decode(contentType: type, body: made.body, accepting: [.credSSP]) == parts)
    #expect(parts.map(\.plaintextLength) == (try TestVectors.value(path + "/parts_original_length", as: [Int].self)))
  }

  /// The fake TLS 1.2 GCM record of the vectors: header, 8 bytes of nonce, the plaintext in clear, 16 bytes of tag.
  static func record(_ plaintext: [UInt8]) -> [UInt8] {
    var record: [UInt8] = [0x17, 0x03, 0x03]
    record.append(bigEndian: UInt16(plaintext.count + 24))
    return record + [UInt8](repeating: 0x4E, count: 8) + plaintext + [UInt8](repeating: 0x54, count: 16)
  }

  @Test func kerberosHeaderIsTakenByItsLength() throws {
    let part = EncryptedPart(plaintextLength: 3, header: [UInt8](repeating: 7, count: 60), data: [1, 2, 3])
    let made = MultipartEncrypted.encode([part], protocol: .kerberos)
    #expect(try MultipartEncrypted.decode(contentType: made.contentType, body: made.body, accepting: Self.soap) == [part])
  }

  // MARK: Tolerances

  static let sample = EncryptedPart(plaintextLength: 5, header: Array(0x80..<0x90), data: [5, 4, 3, 2, 1])
  static let sampleBody = MultipartEncrypted.encode([sample], protocol: .spnego)

  /// The sample body with a text replaced everywhere. The binary part holds no such text.
  static func changed(_ old: String, _ new: String) throws -> [UInt8] {
    let old = Array(old.utf8), new = Array(new.utf8), body = sampleBody.body
    var out: [UInt8] = []
    var index = 0
    var count = 0
    while index < body.count {
      if body[index...].starts(with: old) {
        out += new
        index += old.count
        count += 1
      } else {
        out.append(body[index])
        index += 1
      }
    }
    try #require(count > 0)
    return out
  }

  @Test(arguments: [
    ("--Encrypted Boundary", "-- Encrypted Boundary"), ("\t", ""), ("\t", "  "), ("\tContent-Type", "\tcontent-type"),
    ("OriginalContent", "ORIGINALCONTENT"), ("Length=", "length="), ("charset=UTF-8", "charset=UTF-16"),
    ("Boundary--\r\n", "Boundary--\r\n\r\n"),
    ("Boundary--\r\n", "Boundary--"), ("Boundary--\r\n", "Boundary\r\n"), ("HTTP-SPNEGO", "HTTP-Kerberos"), (": type=", ":type="),
    ("application/octet-stream", "Application/Octet-Stream"),
  ]) func otherSendersForms(_ old: String, _ new: String) throws {
    let body = try Self.changed(old, new)
    #expect(try MultipartEncrypted.decode(contentType: Self.sampleBody.contentType, body: body, accepting: [.spnego]) == [Self.sample])
  }

  @Test(arguments: [
    "multipart/encrypted; boundary=\"Encrypted Boundary\"; protocol=\"application/HTTP-SPNEGO-session-encrypted\"",
    "Multipart/Encrypted;protocol=application/http-spnego-session-encrypted;boundary=Encrypted Boundary",
    "multipart/encrypted ;protocol=\"application/HTTP-SPNEGO-session-encrypted\" ; BOUNDARY=\"Encrypted Boundary\";",
  ]) func otherContentTypes(_ type: String) throws {
    #expect(MultipartEncrypted.isEncrypted(contentType: type))
    #expect(try MultipartEncrypted.decode(contentType: type, body: Self.sampleBody.body, accepting: [.spnego]) == [Self.sample])
  }

  @Test func bodyWithAnotherBoundary() throws {
    let body = try Self.changed("Encrypted Boundary", "x")
    let type = "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=x"
    #expect(try MultipartEncrypted.decode(contentType: type, body: body, accepting: [.spnego]) == [Self.sample])
  }

  // MARK: H-07

  @Test("H-07: the boundary's text inside the ciphertext is data") func boundaryInsidePayload() throws {
    let text = Array("\r\n--Encrypted Boundary--\r\n--Encrypted Boundary\r\n".utf8)
    let part = EncryptedPart(plaintextLength: text.count, header: Array(0..<16), data: text)
    let made = MultipartEncrypted.encode([part], protocol: .spnego)
    #expect(try MultipartEncrypted.decode(contentType: made.contentType, body: made.body, accepting: [.spnego]) == [part])
    let tls = EncryptedPart(plaintextLength: text.count, trailerLength: 16, records: Self.record(text))
    let credSSP = MultipartEncrypted.encode([tls], protocol: .credSSP)
    #expect(try MultipartEncrypted.decode(contentType: credSSP.contentType, body: credSSP.body, accepting: [.credSSP]) == [tls])
  }

  @Test(
    "H-07: wrong content types",
    arguments: [
      ("application/soap+xml;charset=UTF-8", WinRMHTTPError.Code.wrongProtocol), ("", .wrongProtocol),
      ("multipart/mixed;boundary=x", .wrongProtocol),
      ("multipart/encrypted", .malformed), ("multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\"", .malformed),
      ("multipart/encrypted;boundary=\"Encrypted Boundary\"", .malformed),
      (
        "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\";boundary=\"x\"",
        .malformed
      ),
      ("multipart/encrypted;protocol=\"application/HTTP-CredSSP-session-encrypted\";boundary=\"Encrypted Boundary\"", .wrongProtocol),
      ("multipart/encrypted;protocol=\"application/pgp-encrypted\";boundary=\"Encrypted Boundary\"", .wrongProtocol),
      (
        "multipart/x-multi-encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"", .wrongProtocol
      ),
      ("multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted", .malformed),
      ("multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"other\"", .malformed),
      ("multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"\"", .malformed),
    ]) func wrongContentType(_ type: String, _ code: WinRMHTTPError.Code)
  {
    #expect(throws: WinRMHTTPError(code, "")) {
      try MultipartEncrypted.decode(contentType: type, body: Self.sampleBody.body, accepting: [.spnego])
    }
  }

  @Test(
    "H-07: lengths that lie, missing and duplicate boundaries",
    arguments: [
      ("Length=5", "Length=4", WinRMHTTPError.Code.lengthMismatch), ("Length=5", "Length=6", .lengthMismatch),
      ("Length=5", "Length=9999999999999999999999", .limit), ("Length=5", "Length=2097153", .limit), ("Length=5", "Length=-5", .malformed),
      ("Length=5", "Length=", .malformed), ("Length=5", "Length=5;Length=5", .malformed), ("Length=5", "Length=+5", .malformed),
      (";Length=5", "", .malformed), ("charset=UTF-8", "charset=latin1", .malformed), ("\tOriginalContent", "\tOther", .malformed),
      ("--Encrypted Boundary--\r\n", "", .lengthMismatch), ("--Encrypted Boundary--\r\n", "--Encrypted Boundary--\r\nx", .malformed),
      ("--Encrypted Boundary--\r\n", "--Encrypted Boundary--x", .lengthMismatch),
      (
        "--Encrypted Boundary\r\n\tContent-Type: application/octet",
        "--Encrypted Boundary\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet", .malformed
      ),
      ("octet-stream\r\n", "octet-stream\r\n\r\n", .lengthMismatch), ("application/octet-stream", "text/plain", .malformed),
      ("HTTP-SPNEGO", "HTTP-CredSSP", .wrongProtocol), ("HTTP-SPNEGO", "HTTP-Other", .wrongProtocol), ("\r\n", "\n", .malformed),
    ]) func refusals(_ old: String, _ new: String, _ code: WinRMHTTPError.Code) throws
  {
    let body = try Self.changed(old, new)
    #expect(throws: WinRMHTTPError(code, "")) {
      try MultipartEncrypted.decode(contentType: Self.sampleBody.contentType, body: body, accepting: [.spnego])
    }
  }

  @Test("H-07: a header length beyond the body", arguments: [UInt32.max, 1 << 31, 17, 300]) func headerLengthLie(_ length: UInt32) {
    let part = EncryptedPart(plaintextLength: 5, header: Self.sample.header, headerLengthField: length, data: Self.sample.data)
    let made = MultipartEncrypted.encode([part], protocol: .spnego)
    #expect(throws: WinRMHTTPError(.lengthMismatch, "")) {
      try MultipartEncrypted.decode(contentType: made.contentType, body: made.body, accepting: [.spnego])
    }
  }

  @Test("C-14: 10 000 parts, and a part of more than one record") func tooMuch() {
    let small = EncryptedPart(plaintextLength: 0, trailerLength: 16, records: Self.record([]))
    let many = MultipartEncrypted.encode(Array(repeating: small, count: 10_000), protocol: .credSSP)
    #expect(throws: WinRMHTTPError(.limit, "")) {
      try MultipartEncrypted.decode(
        contentType: many.contentType, body: many.body, accepting: [.credSSP], limits: MultipartLimits(maximumBytes: 1 << 26))
    }
    let large = EncryptedPart(plaintextLength: 16_385, trailerLength: 16, records: Self.record([UInt8](repeating: 0, count: 16_385)))
    let one = MultipartEncrypted.encode([large], protocol: .credSSP)
    #expect(throws: WinRMHTTPError(.limit, "")) {
      try MultipartEncrypted.decode(contentType: one.contentType, body: one.body, accepting: [.credSSP])
    }
    #expect(throws: WinRMHTTPError(.limit, "")) {
      try MultipartEncrypted.decode(
        contentType: Self.sampleBody.contentType, body: Self.sampleBody.body, accepting: [.spnego],
        limits: MultipartLimits(maximumBytes: 100))
    }
  }

  @Test("C-14: several parts are for CredSSP only") func severalPartsOfNTLM() {
    let made = MultipartEncrypted.encode([Self.sample, Self.sample], protocol: .spnego)
    #expect(made.contentType.hasPrefix("multipart/x-multi-encrypted"))
    for type in [made.contentType, Self.sampleBody.contentType] {
      #expect(throws: WinRMHTTPError.self) { try MultipartEncrypted.decode(contentType: type, body: made.body, accepting: [.spnego]) }
    }
  }

  @Test("H-07: a CredSSP part without records, and one too short for its length") func noRecords() {
    for records in [[], [0x16, 3, 3, 0, 1, 0], [0x17, 3, 3, 0xFF, 0xFF], Self.record([1]), [0x17, 3]] as [[UInt8]] {
      let made = MultipartEncrypted.encode([EncryptedPart(plaintextLength: 500, trailerLength: 16, records: records)], protocol: .credSSP)
      #expect(throws: WinRMHTTPError.self) {
        try MultipartEncrypted.decode(contentType: made.contentType, body: made.body, accepting: [.credSSP])
      }
    }
  }

  @Test(
    "Every truncation of a body is refused; every flipped bit is refused or changes data only",
    arguments: [EncryptionProtocol.spnego, .credSSP])
  func truncationsAndFlips(_ encryption: EncryptionProtocol) throws {
    let data = Array("some plaintext".utf8)
    let part =
      encryption == .credSSP
      ? EncryptedPart(plaintextLength: data.count, trailerLength: 16, records: Self.record(data))
      : EncryptedPart(plaintextLength: data.count, header: Array(0..<16), data: data)
    let made = MultipartEncrypted.encode([part], protocol: encryption)
    let count = made.body.count
    for length in 0..<count {
      let body = Array(made.body[..<length])
      // Without its last line break, and without the last boundary's dashes, a body is still whole.
      if [count - 2, count - 4].contains(length) {
        #expect(try MultipartEncrypted.decode(contentType: made.contentType, body: body, accepting: [encryption]) == [part])
      } else {
        #expect(throws: WinRMHTTPError.self) {
          try MultipartEncrypted.decode(contentType: made.contentType, body: body, accepting: [encryption])
        }
      }
    }
    for index in 0..<count * 8 {
      var body = made.body
      body[index / 8] ^= 1 << UInt8(index % 8)
      guard let read = try? MultipartEncrypted.decode(contentType: made.contentType, body: body, accepting: [encryption]) else { continue }
      #expect(read.count == 1)
    }
    for index in 0..<made.contentType.utf8.count * 8 {
      var type = Array(made.contentType.utf8)
      type[index / 8] ^= 1 << UInt8(index % 8)
      _ = try? MultipartEncrypted.decode(contentType: String(decoding: type, as: UTF8.self), body: made.body, accepting: [encryption])
    }
  }

  @Test("H-05: the original content type cannot add a line") func injection() {
    let made = MultipartEncrypted.encode([Self.sample], protocol: .spnego, originalContentType: "a\r\n\tX: y\u{0}")
    #expect(String(decoding: made.body, as: UTF8.self).contains("type=a\tX: y") == false)
    #expect(String(decoding: made.body, as: UTF8.self).contains("OriginalContent: type=aX: y;Length=5\r\n"))
  }

  /// Signature and ciphertext of any size come back as they were.
  @Test func sealedBytesSurvive() throws {
    for size in [0, 1, 95, 70_000] {
      let sealed = (0..<size + 16).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let part = EncryptedPart(plaintextLength: size, header: Array(sealed[..<16]), data: Array(sealed[16...]))
      let made = MultipartEncrypted.encode([part], protocol: .spnego)
      let read = try MultipartEncrypted.decode(contentType: made.contentType, body: made.body, accepting: [.spnego])
      #expect(read.first.map { $0.header + $0.data } == sealed)
    }
  }
}
