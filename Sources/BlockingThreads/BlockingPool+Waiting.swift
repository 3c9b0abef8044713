import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension BlockingPool {
  /// Runs `operation` on a thread of its own, for a caller that is no task: the calling thread waits until the deadline, and no
  /// longer.
  ///
  /// Whatever `operation` captures must stand being abandoned: after the deadline it still runs, and keeps its slot.
  ///
  /// - Throws: ``BlockingPoolError``.
  public func wait<R: Sendable>(_ operation: @escaping @Sendable () -> R) throws(BlockingPoolError) -> R {
    guard takeSlot() else { throw .full }
    let answer = Answer<R>()
    let hasStarted = BlockingThread.start {
      let result = operation()
      self.releaseSlot()
      answer.give(result)
    }
    guard hasStarted else {
      releaseSlot()
      throw .noThread
    }
    guard let result = answer.take(within: deadline) else { throw .timeout(deadline) }
    return result
  }
}

/// What the thread hands to the one that waits for it.
private final class Answer<R: Sendable>: Sendable {
  private let value = Mutex<R?>(nil)

  func give(_ result: R) { value.withLock { $0 = result } }

  /// Looks every millisecond: there is no wait with a limit that all systems have and no change of the time of day disturbs.
  func take(within time: Duration) -> R? {
    let end = ContinuousClock.now + time
    while true {
      if let result = value.withLock({ $0 }) { return result }
      guard ContinuousClock.now < end else { return nil }
      usleep(1000)
    }
  }
}
