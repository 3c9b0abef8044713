import BlockingThreads
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
