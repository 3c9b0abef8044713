import BlockingThreads

/// Threads for calls that block on a KDC and cannot be cancelled.
///
/// A caller waits until its deadline and no longer. The call itself goes on in its thread and keeps its slot until the library returns, so
/// that a silent KDC costs at most as many threads as there are slots. When all are taken, a new call is refused at once: it would only
/// wait for the same KDC.
public final class KerberosWorkers: Sendable {
  /// The pool of this process: 16 slots, 5 seconds.
  public static let shared = KerberosWorkers()

  private let pool: BlockingPool

  /// - Parameters:
  ///   - slots: how many calls may run at once, at least 1. Default 16.
  ///   - deadline: how long a caller waits. Default 5 seconds.
  ///   - clock: measures the deadline; tests bring their own.
  public init(slots: Int = 16, deadline: Duration = .seconds(5), clock: any Clock<Duration> = ContinuousClock()) {
    pool = BlockingPool(slots: slots, deadline: deadline, clock: clock)
  }

  /// The number of slots.
  public var slots: Int { pool.slots }
  /// How long a caller waits.
  public var deadline: Duration { pool.deadline }
  /// How many slots are taken now, abandoned calls included.
  public var slotsTaken: Int { pool.slotsTaken }

  /// Runs `operation` on a thread of its own.
  ///
  /// Whatever `operation` captures must stand being abandoned: after a deadline or a cancellation it still runs.
  ///
  /// - Throws: ``KerberosError`` with `busy` when no slot is free and `timeout` at the deadline; `CancellationError`; what `operation` throws.
  public func run<R: Sendable>(_ operation: @escaping @Sendable () throws -> R) async throws -> R {
    do { return try await pool.run(operation) } catch let error as BlockingPoolError {
      switch error {
      case .full: throw KerberosError(.busy)
      case .noThread: throw KerberosError(.busy, "the system gave no thread for a Kerberos call")
      case .timeout(let deadline): throw KerberosError(.timeout, "Kerberos gave no answer within \(deadline)")
      }
    }
  }
}
