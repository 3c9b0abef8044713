#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An answer in HTTP/1.1, as the service writes it: with a length, on a connection for it alone.
struct HTTPMessage {
  var status: Int
  var body: [UInt8]

  /// The largest head that is read, in bytes.
  static let maximumHead = 16_384

  /// The bytes of a request with a SOAP message.
  static func request(_ body: [UInt8]) -> [UInt8] {
    let head = """
      POST /wsman HTTP/1.1\r
      Host: localhost\r
      Content-Type: application/soap+xml;charset=UTF-8\r
      Content-Length: \(body.count)\r
      Connection: close\r
      \r

      """
    return Array(head.utf8) + body
  }

  /// - Throws: ``UnixStream/Failure``: EPROTO for what is no such answer, EMSGSIZE for one that is too large, ECONNRESET for one that ends
  ///   too early.
  init(readingFrom stream: UnixStream, maximumBody: Int) throws(UnixStream.Failure) {
    var bytes: [UInt8] = []
    var headEnd: Int?
    while headEnd == nil {
      guard bytes.count <= Self.maximumHead else { throw UnixStream.Failure(number: EMSGSIZE) }
      let more = try stream.read()
      guard !more.isEmpty else { throw UnixStream.Failure(number: ECONNRESET) }
      // The end may lie across two reads.
      let from = max(0, bytes.count - 3)
      bytes += more
      headEnd = Self.headEnd(bytes, from: from)
    }
    let end = headEnd ?? 0
    guard end <= Self.maximumHead, let head = Head(bytes[..<end]) else { throw UnixStream.Failure(number: EPROTO) }
    guard head.length <= maximumBody else { throw UnixStream.Failure(number: EMSGSIZE) }
    var body = Array(bytes[end...])
    while body.count < head.length {
      let more = try stream.read()
      guard !more.isEmpty else { throw UnixStream.Failure(number: ECONNRESET) }
      body += more
    }
    guard body.count == head.length else { throw UnixStream.Failure(number: EPROTO) }
    self.status = head.status
    self.body = body
  }

  /// The index behind the empty line.
  private static func headEnd(_ bytes: [UInt8], from: Int) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (from...(bytes.count - 4)).first { bytes[$0] == 13 && bytes[$0 + 1] == 10 && bytes[$0 + 2] == 13 && bytes[$0 + 3] == 10 }
      .map { $0 + 4 }
  }

  private struct Head {
    var status: Int
    var length: Int

    /// `nil` for a head that is not as expected: another version, no length, or chunks.
    init?(_ bytes: ArraySlice<UInt8>) {
      guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
      let lines = text.split(separator: "\r\n")
      let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
      guard words.count >= 2, words[0] == "HTTP/1.1", words[1].count == 3, let status = Int(words[1]), status >= 200 else { return nil }
      var length: Int?
      for line in lines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "content-length":
          let digits = parts[1].filter { $0 != " " && $0 != "\t" }
          guard length == nil, digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let value = Int(digits) else {
            return nil
          }
          length = value
        case "transfer-encoding": return nil
        default: continue
        }
      }
      guard let length else { return nil }
      self.status = status
      self.length = length
    }
  }
}
