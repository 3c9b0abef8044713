import SecuritySupport

/// Walks through an encrypted body by its lengths.
struct MultipartReader {
  private enum Delimiter { case part, end }

  /// Longest line of a part's headers, in bytes.
  private static let longestLine = 512
  /// Most header lines before the data of a part.
  private static let mostLines = 8
  /// RFC 8446 and RFC 5246 §6.2.3: a record carries at most 2¹⁴ + 2048 bytes.
  private static let longestRecord = 16_384 + 2_048

  private var reader: ByteReader
  private let boundary: [UInt8]
  private let encryption: EncryptionProtocol
  private let limits: MultipartLimits
  private var plaintext = 0

  init(_ body: [UInt8], boundary: String, encryption: EncryptionProtocol, limits: MultipartLimits) throws(WinRMHTTPError) {
    guard boundary.utf8.count <= 70, boundary.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
      throw WinRMHTTPError(.malformed, "The boundary is longer than 70 characters or not ASCII.")
    }
    reader = ByteReader(body)
    self.boundary = Array(boundary.utf8)
    self.encryption = encryption
    self.limits = limits
  }

  /// All parts; at least one.
  mutating func parts() throws(WinRMHTTPError) -> [EncryptedPart] {
    var parts: [EncryptedPart] = []
    guard delimiter() == .part else { throw Self.malformed("The body does not begin with its boundary.") }
    repeat {
      guard parts.count < limits.maximumParts else {
        throw WinRMHTTPError(.limit, "An encrypted body has more than \(limits.maximumParts) parts.")
      }
      parts.append(try part())
    } while try hasNext()
    guard parts.count == 1 || encryption == .credSSP else { throw Self.malformed("Only CredSSP bodies come in several parts.") }
    return parts
  }

  /// Whether a further part follows. The data just read must end at a boundary.
  private mutating func hasNext() throws(WinRMHTTPError) -> Bool {
    switch delimiter() {
    case nil: throw WinRMHTTPError(.lengthMismatch, "The lengths of a part do not lead to the next boundary.")
    case .part? where !isAtEnd: return true
    case .part?, .end?:
      guard isAtEnd else { throw Self.malformed("Something follows the last boundary.") }
      return false
    }
  }

  /// Nothing is left but one more line break.
  private var isAtEnd: Bool {
    reader.remaining == 0 || (reader.remaining == 2 && reader.slice(at: reader.position, count: 2)?.elementsEqual([0x0D, 0x0A]) == true)
  }

  /// Takes a boundary line: `--boundary` or `--boundary--` and its line break, which may be missing at the end of the body.
  private mutating func delimiter() -> Delimiter? {
    var ahead = reader
    guard ahead.take([0x2D, 0x2D]) else { return nil }
    while ahead.take([0x20]) {}
    guard ahead.take(boundary) else { return nil }
    let isEnd = ahead.take([0x2D, 0x2D])
    guard ahead.take([0x0D, 0x0A]) || ahead.remaining == 0 else { return nil }
    reader = ahead
    return isEnd ? .end : .part
  }

  /// One header and data pair; the boundary before it was taken.
  private mutating func part() throws(WinRMHTTPError) -> EncryptedPart {
    let length = try declaredLength()
    guard length <= limits.maximumPlaintext - plaintext else {
      throw WinRMHTTPError(.limit, "An encrypted body declares more than \(limits.maximumPlaintext) bytes.")
    }
    plaintext += length
    guard let text = try line(), case ("content-type", let type) = try Self.header(text),
      type.lowercased() == "application/octet-stream"
    else { throw Self.malformed("The data of a part is not application/octet-stream.") }
    guard let number = reader.readUInt32() else { throw Self.tooShort }
    if encryption == .credSSP {
      return EncryptedPart(plaintextLength: length, trailerLength: number, records: try records(for: length))
    }
    guard let size = Int(exactly: number), let header = reader.read(size).map({ Array($0) }),
      let data = reader.read(length).map({ Array($0) })
    else { throw Self.tooShort }
    return EncryptedPart(plaintextLength: length, header: header, headerLengthField: number, data: data)
  }

  /// Reads the descriptive half of a part up to its boundary; the length that it declares.
  private mutating func declaredLength() throws(WinRMHTTPError) -> Int {
    var type: EncryptionProtocol?
    var length: Int?
    var count = 0
    while true {
      switch delimiter() {
      case .part?:
        guard let type, type.isSameFamily(as: encryption) else {
          throw WinRMHTTPError(.wrongProtocol, "A part names another encryption protocol than the body, or none.")
        }
        guard let length else { throw Self.malformed("A part has no OriginalContent with a Length.") }
        return length
      case .end?: throw Self.malformed("A part ends before its data.")
      case nil: break
      }
      count += 1
      guard count <= Self.mostLines, let text = try line() else { throw Self.malformed("The headers of a part do not end.") }
      switch try Self.header(text) {
      case ("content-type", let value):
        guard type == nil else { throw Self.malformed("A part has a header twice.") }
        guard let known = EncryptionProtocol(name: value) else {
          throw WinRMHTTPError(.wrongProtocol, "A part names an unknown encryption protocol.")
        }
        type = known
      case ("originalcontent", let value):
        guard length == nil else { throw Self.malformed("A part has a header twice.") }
        length = try originalLength(value)
      default: break
      }
    }
  }

  /// The `Length` of `type=application/soap+xml;charset=UTF-8;Length=95`.
  private func originalLength(_ value: String) throws(WinRMHTTPError) -> Int {
    var length: Int?
    for field in value.split(separator: ";", omittingEmptySubsequences: false) {
      let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).trimmingSpace }
      guard pair.count == 2 else { throw Self.malformed("An OriginalContent header is malformed.") }
      switch pair[0].lowercased() {
      case "length":
        guard length == nil, !pair[1].isEmpty, pair[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
          throw Self.malformed("The Length of a part is not one decimal number.")
        }
        guard let number = Int(pair[1]), number <= limits.maximumPlaintext else {
          throw WinRMHTTPError(.limit, "A part declares more than \(limits.maximumPlaintext) bytes.")
        }
        length = number
      case "charset":
        guard ["utf-8", "utf-16"].contains(pair[1].lowercased().filter { $0 != "\"" }) else {
          throw WinRMHTTPError(.malformed, "A part declares a character set other than UTF-8 and UTF-16.")
        }
      default: break
      }
    }
    guard let length else { throw Self.malformed("An OriginalContent header has no Length.") }
    return length
  }

  /// TLS records up to the next boundary: a record begins with 0x17, a boundary with a hyphen.
  private mutating func records(for length: Int) throws(WinRMHTTPError) -> [UInt8] {
    guard length <= EncryptedPart.maximumCredSSPPlaintext else {
      throw WinRMHTTPError(.limit, "A part declares more than \(EncryptedPart.maximumCredSSPPlaintext) bytes.")
    }
    let start = reader.position
    var payload = 0
    repeat {
      guard let head = reader.read(5).map({ Array($0) }), head[0] == 0x17, head[1] == 0x03 else {
        throw WinRMHTTPError(.malformed, "The data of a part is not made of TLS application data records.")
      }
      let size = Int(head[3]) << 8 | Int(head[4])
      guard size <= Self.longestRecord else { throw WinRMHTTPError(.limit, "A TLS record is too long.") }
      guard reader.read(size) != nil else { throw Self.tooShort }
      payload += size
      // One record carries all; a few may be used, but what a part can hold bounds them.
      guard payload <= 2 * Self.longestRecord else { throw WinRMHTTPError(.limit, "A part has more TLS records than its length needs.") }
    } while reader.slice(at: reader.position, count: 1)?.first == 0x17
    guard payload >= length else { throw WinRMHTTPError(.lengthMismatch, "A part declares more bytes than its records can hold.") }
    return reader.slice(at: start, count: reader.position - start).map { Array($0) } ?? []
  }

  /// The next line without its CR LF; `nil` when none ends within the limit.
  private mutating func line() throws(WinRMHTTPError) -> ArraySlice<UInt8>? {
    let available = min(reader.remaining, Self.longestLine)
    guard let window = reader.slice(at: reader.position, count: available),
      let end = window.firstIndex(of: 0x0A), end > window.startIndex, window[end - 1] == 0x0D,
      let line = reader.read(end + 1 - window.startIndex)
    else { return nil }
    return line.dropLast(2)
  }

  /// Takes `Name: value` apart; the name in lower case.
  private static func header(_ line: ArraySlice<UInt8>) throws(WinRMHTTPError) -> (name: String, value: String) {
    guard let text = String(validating: line, as: UTF8.self), let cut = text.firstIndex(of: ":") else {
      throw malformed("A header of a part is malformed.")
    }
    let name = String(text[..<cut]).trimmingSpace.lowercased()
    return (name, String(text[text.index(after: cut)...]).trimmingSpace)
  }

  private static func malformed(_ message: String) -> WinRMHTTPError { WinRMHTTPError(.malformed, message) }
  private static let tooShort = WinRMHTTPError(.lengthMismatch, "A part is shorter than the lengths in it say.")
}

extension ByteReader {
  /// Takes `bytes` if they are next.
  fileprivate mutating func take(_ bytes: [UInt8]) -> Bool {
    guard let next = slice(at: position, count: bytes.count), next.elementsEqual(bytes) else { return false }
    _ = read(bytes.count)
    return true
  }
}
