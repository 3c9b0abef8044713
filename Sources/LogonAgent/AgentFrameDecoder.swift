import NIOCore

/// Cuts a stream of bytes into the payloads of frames.
struct AgentFrameDecoder: NIOSingleStepByteToMessageDecoder {
  typealias InboundOut = [UInt8]

  mutating func decode(buffer: inout ByteBuffer) throws -> [UInt8]? {
    guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self) else { return nil }
    guard length <= AgentCodec.maximumLength else { throw LogonAgentError(.limit, "a frame of \(length) bytes is too long") }
    guard buffer.readableBytes >= 4 + Int(length) else { return nil }
    buffer.moveReaderIndex(forwardBy: 4)
    return buffer.readBytes(length: Int(length))
  }

  mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> [UInt8]? { try decode(buffer: &buffer) }
}
