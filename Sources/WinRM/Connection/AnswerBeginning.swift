import NIOCore
import Synchronization

/// The first bytes that a peer sent on a connection, for those who want to know what it speaks when it does not speak what it should.
final class AnswerBeginning: Sendable {
  /// What the peer should speak.
  enum Expectation: Sendable { case http, tls }

  /// How many bytes are kept.
  static let limit = 64

  private let expectation: Expectation
  private let bytes = Mutex<[UInt8]>([])

  init(of expectation: Expectation) { self.expectation = expectation }

  func record(_ new: some Sequence<UInt8>) {
    bytes.withLock { bytes in bytes += new.prefix(Self.limit - bytes.count) }
  }

  /// Whether nothing came.
  var isEmpty: Bool { bytes.withLock { $0.isEmpty } }

  /// What came in place of what should; `nil` where nothing came, or where it begins as it should.
  var foreign: ForeignAnswer? {
    let bytes = bytes.withLock { $0 }
    guard !bytes.isEmpty else { return nil }
    switch expectation {
    case .http:
      let start = Array("HTTP/1.".utf8)
      let length = min(start.count, bytes.count)
      if bytes.prefix(length).elementsEqual(start.prefix(length)) { return nil }
    case .tls: if ForeignAnswer.isTLS(bytes) { return nil }
    }
    return ForeignAnswer(bytes: bytes)
  }

  /// Keeps what comes in, and passes it on.
  final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let beginning: AnswerBeginning

    init(_ beginning: AnswerBeginning) { self.beginning = beginning }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      beginning.record(unwrapInboundIn(data).readableBytesView)
      context.fireChannelRead(data)
    }
  }
}

/// What a peer said that speaks another protocol.
struct ForeignAnswer: Sendable, Equatable {
  /// The first of its bytes.
  var bytes: [UInt8]

  /// Whether these bytes begin a record of TLS (RFC 8446 §5.1), as far as they go.
  static func isTLS(_ bytes: [UInt8]) -> Bool {
    guard let type = bytes.first, (20...24).contains(type) else { return false }
    return bytes.count < 2 || bytes[1] == 3
  }

  /// The first line in quotes where it is ASCII, otherwise the first bytes in hexadecimal.
  var text: String {
    let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
    if !line.isEmpty, line.allSatisfy({ (0x20...0x7E).contains($0) }) { return "\"\(String(decoding: line, as: UTF8.self))\"" }
    return "the bytes " + bytes.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  /// The protocol, where its beginning is well known.
  var protocolName: String? {
    if Self.isTLS(bytes) { return "TLS" }
    let known: [(beginning: String, name: String)] = [
      ("HTTP/", "HTTP without TLS"), ("SSH-", "SSH"), ("220 ", "SMTP or FTP"), ("220-", "SMTP or FTP"), ("+OK", "POP3"), ("* OK", "IMAP"),
      ("RFB ", "VNC"),
    ]
    return known.first { bytes.starts(with: $0.beginning.utf8) }?.name
  }
}
