import Foundation
import Kerberos
import SecuritySupport
import Testing

@Suite struct WorkersTests {
  @Test func resultsAndErrorsComeBack() async throws {
    let workers = KerberosWorkers(slots: 2)
    #expect(try await workers.run { 42 } == 42)
    let error = await #expect(throws: KerberosError.self) { try await workers.run { () throws -> Int in throw KerberosError(.policy) } }
    #expect(error?.code == .policy)
    #expect(workers.slotsTaken == 0)
    #expect(KerberosWorkers.shared.deadline == .seconds(5) && KerberosWorkers.shared.slots == 16)
  }

  @Test func callsRunOutsideTheCooperativePoolAndAtOnce() async throws {
    let workers = KerberosWorkers(slots: 8, deadline: .seconds(60))
    let gate = Gate()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try await workers.run { gate.wait() } } }
      while workers.slotsTaken < 8 { await Task.yield() }
      let error = await #expect(throws: KerberosError.self) { try await workers.run { 1 } }
      #expect(error?.code == .busy)
      gate.open()
      try await group.waitForAll()
    }
    #expect(workers.slotsTaken == 0)
    #expect(try await workers.run { 1 } == 1)
  }

  @Test func anAbandonedCallKeepsItsSlotUntilItEnds() async throws {
    let workers = KerberosWorkers(slots: 1, deadline: .milliseconds(20))
    let gate = Gate()
    let error = await #expect(throws: KerberosError.self) { try await workers.run { gate.wait() } }
    #expect(error?.code == .timeout)
    #expect(error?.status == .noLogonServers)
    #expect(workers.slotsTaken == 1)
    gate.open()
    while workers.slotsTaken > 0 { await Task.yield() }
  }

  @Test func aCancelledCallerDoesNotWait() async throws {
    let workers = KerberosWorkers(slots: 1, deadline: .seconds(3600))
    let gate = Gate()
    let task = Task { try await workers.run { gate.wait() } }
    while workers.slotsTaken == 0 { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(workers.slotsTaken == 1)
    gate.open()
  }

  /// Keeps threads waiting until it is opened.
  private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func wait() {
      semaphore.wait()
      semaphore.signal()
    }
    func open() { semaphore.signal() }
  }
}
