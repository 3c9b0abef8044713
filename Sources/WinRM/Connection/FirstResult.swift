import NIOCore

/// The first result of something that happens once, for the one who waits for it, whether it came before or comes after. Lives on an event
/// loop.
struct FirstResult {
  private enum State {
    case open
    case awaited(EventLoopPromise<Void>)
    case ended(Result<Void, any Error>)
  }
  private var state = State.open

  /// The result, when it comes. There is a promise only once somebody waits.
  mutating func future(on loop: any EventLoop) -> EventLoopFuture<Void> {
    switch state {
    case .open:
      let promise = loop.makePromise(of: Void.self)
      state = .awaited(promise)
      return promise.futureResult
    case .awaited(let promise): return promise.futureResult
    case .ended(.success): return loop.makeSucceededVoidFuture()
    case .ended(.failure(let error)): return loop.makeFailedFuture(error)
    }
  }

  /// The first result counts.
  mutating func end(_ result: Result<Void, any Error>) {
    switch state {
    case .open: state = .ended(result)
    case .awaited(let promise):
      state = .ended(result)
      promise.completeWith(result)
    case .ended: break
    }
  }
}

/// A handler whose work has an end that somebody waits for. It gives a result before it goes.
protocol AwaitedHandler: ChannelInboundHandler, SendableMetatype {
  var result: FirstResult { get set }
}

extension AwaitedHandler {
  /// Waits until the handler of a channel has ended its work; `late` when the time is up before.
  static func finish(on channel: any Channel, within timeout: TimeAmount, orThrow late: any Error & Sendable) async throws {
    try await channel.eventLoop.flatSubmit {
      do {
        let handler = try channel.pipeline.syncOperations.handler(type: Self.self)
        let timer = channel.eventLoop.assumeIsolated().scheduleTask(in: timeout) { handler.result.end(.failure(late)) }
        let finished = handler.result.future(on: channel.eventLoop)
        finished.whenComplete { _ in timer.cancel() }
        return finished
      } catch {
        return channel.eventLoop.makeFailedFuture(error)
      }
    }.get()
  }
}
