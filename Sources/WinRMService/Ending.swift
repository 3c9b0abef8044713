/// Something that happens once and that one task may wait for.
struct Ending: Sendable {
  private let stream: AsyncStream<Never>
  private let continuation: AsyncStream<Never>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream() }

  /// It has happened.
  func happen() { continuation.finish() }

  /// Returns when it has happened, or when the task is cancelled.
  func wait() async { for await _ in stream {} }
}
