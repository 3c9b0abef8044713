import BlockingThreads
import Dispatch
import Glibc
import Synchronization
import Testing

struct BlockingPoolTests {
  /// Holds threads until it is opened.
  private final class Gate: Sendable {
    private let isOpen = Mutex(false)
    func open() { isOpen.withLock { $0 = true } }
    func pass() { while !isOpen.withLock({ $0 }) { sched_yield() } }
  }

  @Test("A call's result and error come back as they are") func results() async throws {
    struct Failure: Error {}
    let pool = BlockingPool(slots: 1, deadline: .seconds(60))
    for number in 0..<100 { #expect(try await pool.run { number } == number) }
    await #expect(throws: Failure.self) { try await pool.run { throw Failure() } }
    #expect(pool.slotsTaken == 0)
  }

  @Test("A call that blocks keeps its slot beyond the deadline, a full pool refuses at once, and the slot comes back") func deadline()
    async throws
  {
    let pool = BlockingPool(slots: 1, deadline: .milliseconds(20))
    let gate = Gate()
    await #expect(throws: BlockingPoolError.timeout(.milliseconds(20))) { try await pool.run { gate.pass() } }
    #expect(pool.slotsTaken == 1)
    await #expect(throws: BlockingPoolError.full) { try await pool.run {} }
    gate.open()
    while pool.slotsTaken > 0 { await Task.yield() }
    try await pool.run {}
  }

  @Test("A caller that is no task gets the result, or goes on after the deadline; the call keeps its slot") func waiting() throws {
    let pool = BlockingPool(slots: 1, deadline: .seconds(60))
    for number in 0..<100 { #expect(try pool.wait { number } == number) }
    // A result that is nothing is one.
    #expect(try pool.wait { Int?.none } == nil)
    #expect(pool.slotsTaken == 0)
    let short = BlockingPool(slots: 1, deadline: .milliseconds(20))
    let gate = Gate()
    #expect(throws: BlockingPoolError.timeout(.milliseconds(20))) { try short.wait { gate.pass() } }
    #expect(short.slotsTaken == 1)
    #expect(throws: BlockingPoolError.full) { try short.wait {} }
    gate.open()
    while short.slotsTaken > 0 { sched_yield() }
    try short.wait {}
  }

  @Test("What must run to its end does, also for a caller that is cancelled and beyond the deadline; its thread may wait for a task")
  func toTheEnd() async throws {
    let pool = BlockingPool(slots: 40, deadline: .milliseconds(1))
    let caller = Task {
      try await pool.runToEnd {
        usleep(20_000); return 7
      }
    }
    caller.cancel()
    #expect(try await caller.value == 7)
    // As many as there are slots, and far more than there are threads for tasks.
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<40 {
        group.addTask {
          try await pool.runToEnd {
            let isThere = DispatchSemaphore(value: 0)
            Task {
              try? await Task.sleep(for: .milliseconds(10))
              isThere.signal()
            }
            isThere.wait()
            return number
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == 780 && pool.slotsTaken == 0)
    let small = BlockingPool(slots: 1, deadline: .seconds(60))
    let gate = Gate()
    let first = Task { try await small.runToEnd { gate.pass() } }
    while small.slotsTaken == 0 { await Task.yield() }
    await #expect(throws: BlockingPoolError.full) { try await small.runToEnd {} }
    gate.open()
    try await first.value
  }

  @Test("A caller that is cancelled waits no longer") func cancellation() async throws {
    let pool = BlockingPool(slots: 1, deadline: .seconds(60))
    let gate = Gate()
    let caller = Task { try await pool.run { gate.pass() } }
    while pool.slotsTaken == 0 { await Task.yield() }
    caller.cancel()
    await #expect(throws: CancellationError.self) { try await caller.value }
    #expect(pool.slotsTaken == 1)
    gate.open()
  }
}
