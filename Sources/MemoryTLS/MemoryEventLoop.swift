internal import Dispatch
import NIOCore

/// An event loop without a thread: whoever calls is "in the loop", and tasks run before the call returns.
///
/// NIO's EmbeddedEventLoop belongs to the thread that made it; this one goes wherever its owner goes. One owner at a time.
final class MemoryEventLoop: EventLoop, @unchecked Sendable {  // used by the owner of the MemoryTLS only, never from two threads at once
  private var tasks: [() -> Void] = []
  private var isRunning = false

  /// Runs `body`, then what it left to do. Tasks that appear meanwhile wait until `body` is through, as callbacks inside TLS require.
  func run(_ body: @escaping () -> Void) {
    tasks.append(body)
    guard !isRunning else { return }
    isRunning = true
    defer { isRunning = false }
    var next = 0
    while next < tasks.count {
      let task = tasks[next]
      next += 1
      task()
    }
    tasks.removeAll()
  }

  var inEventLoop: Bool { true }
  func preconditionInEventLoop(file: StaticString, line: UInt) {}
  func preconditionNotInEventLoop(file: StaticString, line: UInt) {}

  func execute(_ task: @escaping @Sendable () -> Void) { run(task) }
  func _executeIsolatedUnsafeUnchecked(_ task: @escaping () -> Void) { run(task) }

  func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> { _submitIsolatedUnsafeUnchecked(task) }

  func _submitIsolatedUnsafeUnchecked<T>(_ task: @escaping () throws -> T) -> EventLoopFuture<T> {
    let promise = makePromise(of: T.self)
    run { promise.assumeIsolatedUnsafeUnchecked().completeWith(Result { try task() }) }
    return promise.futureResult
  }

  // No clock: timers never fire. NIOSSL has a single one, which bounds its wait for the peer's close_notify; nobody waits here.

  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> { never() }
  func scheduleTask<T>(in: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> { never() }
  func _scheduleTaskIsolatedUnsafeUnchecked<T>(deadline: NIODeadline, _ task: @escaping () throws -> T) -> Scheduled<T> { never() }
  func _scheduleTaskIsolatedUnsafeUnchecked<T>(in: TimeAmount, _ task: @escaping () throws -> T) -> Scheduled<T> { never() }

  /// A timer that is over before it began: its promise must not be left open, and nobody looks at it.
  private func never<T>() -> Scheduled<T> {
    let promise = makePromise(of: T.self)
    promise.fail(EventLoopError.cancelled)
    return Scheduled(promise: promise, cancellationTask: {})
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
    queue.async { callback(nil) }
  }
}
