import NIOCore
import Synchronization
import WSMan

/// The output of one command on its way from the pipes to the client.
///
/// Each pipe appends until its stream holds ``ShellLimits/outputBuffer`` bytes and then rests until half of that is gone, so that a
/// command can write without end while memory stays bounded. What a Receive takes stays owned here until the answer has been written:
/// ``Delivery/confirm()`` lets it go, ``Delivery/restore()`` puts it back for the next Receive. So a connection that vanishes takes
/// no output with it.
final class CommandOutput: Sendable {
  enum Stream: String, CaseIterable, Sendable {
    case standardOutput = "stdout"
    case standardError = "stderr"
  }

  /// Why a Receive ends without output.
  enum Failure: Error {
    /// Nothing happened within the time.
    case timedOut
    /// Another Receive is waiting.
    case concurrent
    /// The end of the command has been delivered already.
    case finished
    /// The command or its shell was ended.
    case aborted
    /// The service is being stopped.
    case serviceStops
    /// The asking connection is gone.
    case cancelled
  }

  private struct Chunk {
    var stream: Stream
    var bytes: ByteBuffer
  }

  private struct Books {
    var chunks = CircularBuffer<Chunk>()
    var buffered: [Stream: Int] = [:]
    var resume: [Stream: @Sendable () -> Void] = [:]
    var open: Set<Stream> = Set(Stream.allCases)
    var exitCode: UInt32?
    var isWaiting = false
    var isDelivering = false
    var isFinished = false
    /// Why nothing is delivered any more; `nil` while it is.
    var end: Failure?
    var isAborted: Bool { end != nil }
    /// Changes with every byte that comes or goes.
    var progress = 0
    var waiter: CheckedContinuation<Void, Never>?

    /// Whether a Receive of these streams has something to bring.
    func isReady(for streams: Set<Stream>) -> Bool {
      isAborted || (!isDelivering && (hasEnded || chunks.contains { streams.contains($0.stream) }))
    }

    var hasEnded: Bool { open.isEmpty && exitCode != nil }

    /// Adds bytes to the last chunk, or as a chunk of their own where the streams take turns.
    ///
    /// Each chunk costs memory beside its bytes. A command that writes single bytes to both streams in turn gets so many chunks and no
    /// more: beyond that the bytes join the last chunk of their stream, and only the order between the streams becomes coarser.
    mutating func keep(_ bytes: ByteBuffer, of stream: Stream) {
      let last = chunks.indices.last
      let candidate = chunks.count < CommandOutput.mostSeparateChunks ? last : chunks.indices.last { chunks[$0].stream == stream }
      if let index = candidate, chunks[index].stream == stream, chunks[index].bytes.readableBytes < CommandOutput.fullChunk {
        chunks[index].bytes.writeImmutableBuffer(bytes)
      } else {
        // What the pipe reads into is far larger than what is in it when little came.
        let own = bytes.readableBytes < bytes.storageCapacity / 2 ? ByteBuffer(bytes: bytes.readableBytesView) : bytes
        chunks.append(Chunk(stream: stream, bytes: own))
      }
    }
  }

  /// A chunk of this many bytes takes no more.
  private static let fullChunk = 65_536
  /// From this many chunks on, streams that take turns get no new chunk at each turn.
  static let mostSeparateChunks = 1024

  private let books = Mutex(Books())
  private let limit: Int
  private let time: TimeSource

  init(limit: Int, time: TimeSource) {
    self.limit = limit
    self.time = time
  }

  // MARK: The pipes' side

  /// Takes bytes from a pipe.
  ///
  /// - Parameter resume: called once, from any thread, when the pipe may read again; only if `false` was returned.
  /// - Returns: whether the pipe may go on reading.
  func append(_ bytes: ByteBuffer, to stream: Stream, resume: @escaping @Sendable () -> Void) -> Bool {
    let (mayRead, waiter) = books.withLock { books -> (Bool, CheckedContinuation<Void, Never>?) in
      guard !books.isAborted else { return (true, nil) }  // thrown away
      books.progress &+= 1
      books.keep(bytes, of: stream)
      let total = books.buffered[stream, default: 0] + bytes.readableBytes
      books.buffered[stream] = total
      let mayRead = total < limit
      if !mayRead { books.resume[stream] = resume }
      return (mayRead, Self.takeWaiter(&books))
    }
    waiter?.resume()
    return mayRead
  }

  /// A pipe has ended.
  func end(_ stream: Stream) { update { $0.open.remove(stream) } }

  /// The process has ended.
  func exited(_ code: UInt32) { update { $0.exitCode = code } }

  /// How many pieces the output is kept in, and the memory behind them, in bytes.
  var storage: (chunks: Int, bytes: Int) {
    books.withLock { books in (books.chunks.count, books.chunks.reduce(0) { $0 + $1.bytes.storageCapacity }) }
  }

  /// Whether both pipes have ended.
  var pipesHaveEnded: Bool { books.withLock { $0.open.isEmpty } }

  /// A number that changes with every byte that comes or goes, and whether a pipe rests because nobody takes its bytes.
  var progress: (count: Int, isResting: Bool) { books.withLock { ($0.progress, !$0.resume.isEmpty) } }

  // MARK: The client's side

  /// Throws the output away and ends every Receive, now and later.
  ///
  /// - Parameter reason: what each Receive is told; the first one holds.
  func abort(_ reason: Failure = .aborted) {
    let (waiter, resume) = books.withLock { books in
      books.end = books.end ?? reason
      books.chunks.removeAll()
      let resume = Array(books.resume.values)
      books.resume.removeAll()
      return (Self.takeWaiter(&books), resume)
    }
    waiter?.resume()
    for pipe in resume { pipe() }
  }

  /// Waits for output.
  ///
  /// - Parameters:
  ///   - streams: what the client asks for.
  ///   - budget: how much of the answer's envelope the streams may fill, in bytes.
  ///   - timeout: how long to wait.
  func receive(_ streams: Set<Stream>, budget: Int, timeout: Duration) async throws(Failure) -> Delivery {
    let failure: Failure? = books.withLock { books in
      if let end = books.end { return end }
      if books.isFinished { return .finished }
      if books.isWaiting { return .concurrent }
      books.isWaiting = true
      return nil
    }
    if let failure { throw failure }
    let wake = await waitUntilReady(for: streams, timeout: timeout)
    let result: Result<Delivery, Failure> = books.withLock { books in
      books.isWaiting = false
      if let end = books.end { return .failure(end) }
      if wake == .cancelled { return .failure(.cancelled) }
      if books.isFinished { return .failure(.finished) }
      guard books.isReady(for: streams) else { return .failure(.timedOut) }
      books.isDelivering = true
      return .success(Self.take(streams, budget: budget, from: &books, owner: self))
    }
    return try result.get()
  }

  private enum Wake { case ready, timedOut, cancelled }

  private func waitUntilReady(for streams: Set<Stream>, timeout: Duration) async -> Wake {
    let time = time
    return await withTaskGroup(of: Wake.self) { group in
      group.addTask {
        while !Task.isCancelled {
          if self.books.withLock({ $0.isReady(for: streams) }) { return .ready }
          await self.change(unlessReadyFor: streams)
        }
        return .cancelled
      }
      group.addTask {
        do { try await time.sleep(timeout) } catch { return .cancelled }
        return .timedOut
      }
      let first = await group.next() ?? .cancelled
      group.cancelAll()
      return first
    }
  }

  /// Returns when something has changed, or at once when there is something to bring.
  private func change(unlessReadyFor streams: Set<Stream>) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = books.withLock { books in
          if Task.isCancelled || books.isReady(for: streams) { return true }
          books.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      books.withLock { Self.takeWaiter(&$0) }?.resume()
    }
  }

  private func update(_ change: (inout sending Books) -> Void) {
    let waiter = books.withLock { books in
      change(&books)
      books.progress &+= 1
      return Self.takeWaiter(&books)
    }
    waiter?.resume()
  }

  private static func takeWaiter(_ books: inout Books) -> CheckedContinuation<Void, Never>? {
    defer { books.waiter = nil }
    return books.waiter
  }

  // MARK: Delivery

  /// What one `rsp:Stream` costs in the envelope beside its base64: tags, names, the command's id.
  private static let blockOverhead = 192

  private static func take(_ streams: Set<Stream>, budget: Int, from books: inout Books, owner: CommandOutput) -> Delivery {
    var left = max(budget, 1024)
    var taken: [Chunk] = []
    var kept: [Chunk] = []
    while let chunk = books.chunks.popFirst() {
      let room = (left - blockOverhead) / 4 * 3
      guard streams.contains(chunk.stream), room > 0, kept.allSatisfy({ $0.stream != chunk.stream }) else {
        kept.append(chunk)
        if room <= 0 { break }
        continue
      }
      var rest = chunk.bytes
      guard let part = rest.readSlice(length: min(room, rest.readableBytes)) else { continue }
      left -= blockOverhead + (part.readableBytes + 2) / 3 * 4
      taken.append(Chunk(stream: chunk.stream, bytes: part))
      if rest.readableBytes > 0 { kept.append(Chunk(stream: chunk.stream, bytes: rest)) }
    }
    for chunk in kept.reversed() { books.chunks.prepend(chunk) }
    let isLast = books.hasEnded && !books.chunks.contains { streams.contains($0.stream) }
    return Delivery(
      owner: owner, chunks: taken.map { ($0.stream, $0.bytes) }, exitCode: isLast ? books.exitCode : nil)
  }

  /// Output that is on its way to the client.
  struct Delivery: Sendable {
    fileprivate let owner: CommandOutput
    /// The bytes, in the order in which the command wrote them.
    let chunks: [(stream: Stream, bytes: ByteBuffer)]
    /// How the command ended, when nothing follows these bytes.
    let exitCode: UInt32?

    /// The answer that carried the bytes has been written.
    func confirm() {
      let (waiter, resume) = owner.books.withLock { books in
        books.isDelivering = false
        books.isFinished = exitCode != nil
        books.progress &+= 1
        var resume: [@Sendable () -> Void] = []
        for (stream, bytes) in chunks { books.buffered[stream, default: 0] -= bytes.readableBytes }
        for stream in Stream.allCases where books.buffered[stream, default: 0] <= owner.limit / 2 {
          if let pipe = books.resume.removeValue(forKey: stream) { resume.append(pipe) }
        }
        return (CommandOutput.takeWaiter(&books), resume)
      }
      waiter?.resume()
      for pipe in resume { pipe() }
    }

    /// The answer could not be written: the bytes wait for the next Receive.
    func restore() {
      let waiter = owner.books.withLock { books in
        books.isDelivering = false
        if !books.isAborted {
          for (stream, bytes) in chunks.reversed() { books.chunks.prepend(Chunk(stream: stream, bytes: bytes)) }
        }
        return CommandOutput.takeWaiter(&books)
      }
      waiter?.resume()
    }

    /// The answer to the Receive. Both streams are ended before the state says Done, as Windows does it.
    func result(commandID: String) -> ReceiveResult {
      var blocks = chunks.map { StreamBlock(name: $0.stream.rawValue, commandID: commandID, data: Array($0.bytes.readableBytesView)) }
      guard let exitCode else { return ReceiveResult(streams: blocks, state: .running, commandID: commandID) }
      for stream in Stream.allCases { blocks.append(StreamBlock(name: stream.rawValue, commandID: commandID, end: true)) }
      return ReceiveResult(streams: blocks, state: .done(exitCode: exitCode), commandID: commandID)
    }
  }
}
