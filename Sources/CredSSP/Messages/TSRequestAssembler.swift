/// Puts TSRequests together from what TLS delivers: peers write one message into one record, but nothing holds them to it.
struct TSRequestAssembler {
  private var buffer: [UInt8] = []
  /// The longest message, in bytes.
  let limit: Int

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { buffer.isEmpty }

  /// Adds plaintext and gives the message once it is whole; `nil` means that more has to come.
  ///
  /// The ends take turns, so that nothing can follow a message before it was answered; bytes behind it are refused.
  mutating func append(_ plaintext: [UInt8]) throws(CredSSPError) -> TSRequest? {
    guard plaintext.count <= limit - buffer.count else { throw tooLong }
    buffer += plaintext
    guard let first = buffer.first else { return nil }
    guard first == BERTag.sequence else { throw CredSSPError(.malformed, "the message is not a TSRequest") }
    guard let header = try BERHeader(buffer) else { return nil }
    guard header.contentLength <= limit - header.length else { throw tooLong }
    let length = header.length + header.contentLength
    guard buffer.count >= length else { return nil }
    guard buffer.count == length else { throw CredSSPError(.violation, "something follows the TSRequest, out of turn") }
    defer { buffer = [] }
    return try TSRequest(decoding: buffer)
  }

  private var tooLong: CredSSPError { CredSSPError(.limit, "the TSRequest is longer than \(limit) bytes") }
}
