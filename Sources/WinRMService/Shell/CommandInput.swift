import NIOCore
import NIOPosix
import Synchronization

/// The standard input of one command.
///
/// A Send is answered as soon as its bytes are kept here, whether or not the command reads them; when too many are kept, the Send
/// waits, and at its time-out none of its bytes has been taken, so that the client may send them again. Bytes for a command that does
/// not read any more are thrown away, as a terminal does.
final class CommandInput: Sendable {
  enum Failure: Error {
    /// The client has ended the stream before.
    case ended
    /// Another Send is waiting.
    case concurrent
    case timedOut
    case cancelled
  }

  private struct Books {
    var kept = 0
    var isEnded = false
    var isBroken = false
    var isWaiting = false
    var waiter: CheckedContinuation<Void, Never>?

    func hasRoom(for count: Int, limit: Int) -> Bool { isBroken || kept == 0 || kept + count <= limit }
  }

  private let books = Mutex(Books())
  private let channel: any Channel
  private let limit: Int
  private let time: TimeSource

  init(channel: any Channel, limit: Int, time: TimeSource) {
    self.channel = channel
    self.limit = limit
    self.time = time
  }

  /// Takes bytes for the command.
  ///
  /// - Parameter end: whether the stream ends after them.
  func send(_ bytes: [UInt8], end: Bool, timeout: Duration) async throws(Failure) {
    let failure: Failure? = books.withLock { books in
      if books.isEnded { return .ended }
      if books.isWaiting { return .concurrent }
      books.isWaiting = true
      return nil
    }
    if let failure { throw failure }
    let wake = await waitForRoom(bytes.count, timeout: timeout)
    let result: Result<Bool, Failure> = books.withLock { books in
      books.isWaiting = false
      if wake == .cancelled { return .failure(.cancelled) }
      guard books.hasRoom(for: bytes.count, limit: limit) else { return .failure(.timedOut) }
      books.kept += bytes.count
      books.isEnded = end
      return .success(books.isBroken)
    }
    guard try !result.get() else { return }
    let written = channel.eventLoop.makePromise(of: Void.self)
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: written)
    written.futureResult.whenComplete { [self] result in
      if case .failure = result { breakDown() } else { release(bytes.count) }
      if end { channel.close(promise: nil) }
    }
  }

  /// Ends the stream now, with whatever has not been read. What the client sends after that is thrown away: it could not know.
  func close() {
    breakDown()
    channel.close(promise: nil)
  }

  private func release(_ count: Int) {
    let waiter = books.withLock { books in
      books.kept -= count
      return Self.takeWaiter(&books)
    }
    waiter?.resume()
  }

  private func breakDown() {
    let waiter = books.withLock { books in
      books.isBroken = true
      return Self.takeWaiter(&books)
    }
    waiter?.resume()
  }

  private enum Wake { case ready, timedOut, cancelled }

  private func waitForRoom(_ count: Int, timeout: Duration) async -> Wake {
    guard !books.withLock({ $0.hasRoom(for: count, limit: limit) }) else { return .ready }
    let time = time
    return await withTaskGroup(of: Wake.self) { group in
      group.addTask {
        while !Task.isCancelled {
          if self.books.withLock({ $0.hasRoom(for: count, limit: self.limit) }) { return .ready }
          await self.change(unlessRoomFor: count)
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

  private func change(unlessRoomFor count: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = books.withLock { books in
          if Task.isCancelled || books.hasRoom(for: count, limit: limit) { return true }
          books.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      books.withLock { Self.takeWaiter(&$0) }?.resume()
    }
  }

  private static func takeWaiter(_ books: inout Books) -> CheckedContinuation<Void, Never>? {
    defer { books.waiter = nil }
    return books.waiter
  }
}
