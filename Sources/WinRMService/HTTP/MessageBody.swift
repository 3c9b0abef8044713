import NIOCore
import NIOHTTP1

/// Reads the bodies of requests.
struct MessageBody {
  typealias Requests = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

  let channel: any Channel

  /// How many bytes get room before they have come: what is merely announced costs its sender nothing.
  static func reservation(for framing: RequestFraming) -> Int { min(framing.contentLength, 65_536) }

  /// The bytes that follow a head, after `100 Continue` for a sender that waits for it.
  ///
  /// - Throws: 413 for more than `limit` bytes.
  func read(_ framing: RequestFraming, limit: Int, from requests: inout Requests) async throws -> [UInt8] {
    guard framing.contentLength <= limit else { throw HTTPRefusal(.payloadTooLarge, "the body is too large") }
    if framing.expectsContinue { try await channel.writeAndFlush(HTTPAnswer.continueWithBody).get() }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.reservation(for: framing))
    while let part = try await requests.next(isolation: #isolation) {
      switch part {
      case .body(let buffer):
        guard bytes.count + buffer.readableBytes <= limit else { throw HTTPRefusal(.payloadTooLarge, "the body is too large") }
        bytes.append(contentsOf: buffer.readableBytesView)
      case .end:
        return bytes
      case .head:
        throw HTTPRefusal(.badRequest, "a request inside a request")
      }
    }
    throw ChannelError.inputClosed
  }
}

/// The media type of a SOAP envelope in clear.
enum SOAPMediaType {
  /// Whether it is `application/soap+xml` in UTF-16, or in UTF-8, which is also meant where nothing is said. Answers are in UTF-8.
  static func isPlain(_ contentType: String) -> Bool {
    let parts = contentType.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
    guard parts.first == "application/soap+xml" else { return false }
    return parts.dropFirst().allSatisfy { !$0.hasPrefix("charset=") || $0 == "charset=utf-8" || $0 == "charset=utf-16" }
  }
}

extension ChannelPipeline.SynchronousOperations {
  /// The HTTP codec with its limits.
  func addHTTP(_ limits: ServiceLimits) throws {
    var decoding = NIOHTTPDecoderLimitConfiguration()
    decoding.maxHeaderFieldCount = limits.headerFields
    decoding.maxHeaderFieldSize = limits.headerFieldSize
    decoding.maxHeaderListSize = limits.headerSize
    try addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoding)))
    try addHandler(HTTPResponseEncoder())
    try addHandler(NIOHTTPResponseHeadersValidator())
  }
}
