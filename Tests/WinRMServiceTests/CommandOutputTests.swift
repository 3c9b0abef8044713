import NIOCore
import Testing

@testable import WinRMService

/// How the output of a command is kept until the client takes it.
struct CommandOutputTests {
  /// One byte in a buffer of the size that pipes read into.
  private func small(_ byte: UInt8) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 65_536)
    buffer.writeInteger(byte)
    return buffer
  }

  private func bytes(_ delivery: CommandOutput.Delivery, _ stream: CommandOutput.Stream) -> [UInt8] {
    delivery.chunks.filter { $0.stream == stream }.flatMap { Array($0.bytes.readableBytesView) }
  }

  @Test("W-09 single bytes to both streams in turn cost little more than themselves, and keep their order")
  func turns() async throws {
    let count = 20_000
    let output = CommandOutput(limit: 1 << 20, time: .continuous)
    for number in 0..<count {
      #expect(output.append(small(UInt8(truncatingIfNeeded: number)), to: .standardOutput) {})
      #expect(output.append(small(UInt8(truncatingIfNeeded: number &* 3)), to: .standardError) {})
    }
    let storage = output.storage
    #expect(storage.chunks <= CommandOutput.mostSeparateChunks + 2)
    #expect(storage.bytes < 1 << 20, "\(storage.bytes) bytes behind \(2 * count)")
    let delivery = try await output.receive([.standardOutput, .standardError], budget: 1 << 20, timeout: .seconds(10))
    #expect(bytes(delivery, .standardOutput) == (0..<count).map { UInt8(truncatingIfNeeded: $0) })
    #expect(bytes(delivery, .standardError) == (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3) })
  }

  @Test("a few turns between the streams arrive as turns")
  func order() async throws {
    let output = CommandOutput(limit: 1 << 20, time: .continuous)
    for byte in UInt8(0)..<10 { _ = output.append(small(byte), to: byte % 2 == 0 ? .standardOutput : .standardError) {} }
    let delivery = try await output.receive([.standardOutput, .standardError], budget: 1 << 16, timeout: .seconds(10))
    #expect(delivery.chunks.map { Array($0.bytes.readableBytesView) } == (UInt8(0)..<10).map { [$0] })
    delivery.restore()
    let again = try await output.receive([.standardError], budget: 1 << 16, timeout: .seconds(10))
    #expect(bytes(again, .standardError) == [1, 3, 5, 7, 9])
  }
}
