/// Where tasks live that outlast the request that started them: one for each shell and each command.
///
/// They are children of ``run()`` and so of the service: nothing of the service runs after the service has ended.
final class Nursery: Sendable {
  typealias Job = @Sendable () async -> Void

  private let jobs: AsyncStream<Job>
  private let continuation: AsyncStream<Job>.Continuation

  init() { (jobs, continuation) = AsyncStream.makeStream() }

  /// Starts a task.
  ///
  /// - Returns: `false` when the nursery is closed and the job will not run.
  func start(_ job: @escaping Job) -> Bool {
    switch continuation.yield(job) {
    case .enqueued: true
    case .terminated, .dropped: false
    @unknown default: false
    }
  }

  /// No further tasks. ``run()`` returns when those that run have ended.
  func close() { continuation.finish() }

  /// Runs the tasks until ``close()`` or cancellation.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await job in jobs { group.addTask { await job() } }
      if Task.isCancelled { group.cancelAll() }
    }
  }
}
