import SecuritySupport
import Testing

@testable import WinRMAuthentication

@Suite struct DeadlineTests {
  @Test func answerInTimeIsReturned() async throws {
    #expect(try await withDeadline(.seconds(60)) { 42 } == 42)
  }

  @Test func errorInTimeIsThrown() async {
    struct Failure: Error {}
    await #expect(throws: Failure.self) { try await withDeadline(.seconds(60)) { throw Failure() } }
  }

  @Test func deadlineHoldsThoughTheOperationNeverAnswers() async throws {
    let clock = ManualClock()
    let task = Task {
      try await withDeadline(.seconds(30), clock: clock) { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }
    await clock.awaitSleepers(1)
    clock.advance(by: .seconds(30))
    await #expect(throws: DeadlineExceeded(granted: .seconds(30))) { try await task.value }
  }

  @Test func cancellationIsNotHeldUpByADeafOperation() async throws {
    let clock = ManualClock()
    let task = Task {
      try await withDeadline(.seconds(30), clock: clock) { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }
    await clock.awaitSleepers(1)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test(.timeLimit(.minutes(1))) func answerThatComesTooLateIsGivenBack() async throws {
    let clock = ManualClock()
    let (answers, answer) = AsyncStream.makeStream(of: Int.self)
    let (returns, given) = AsyncStream.makeStream(of: Int.self)
    let task = Task {
      try await withDeadline(
        .seconds(30), clock: clock, late: { given.yield($0) },
        operation: {
          // Deaf to cancellation, as whoever holds a mechanism may be.
          await Task.detached { await answers.first { _ in true } }.value ?? 0
        })
    }
    await clock.awaitSleepers(1)
    clock.advance(by: .seconds(30))
    await #expect(throws: DeadlineExceeded.self) { try await task.value }
    answer.yield(42)
    #expect(await returns.first { _ in true } == 42)
  }

  @Test func answerInTimeIsNotGivenBack() async throws {
    let (returns, given) = AsyncStream.makeStream(of: Int.self)
    #expect(try await withDeadline(.seconds(60), clock: ContinuousClock(), late: { given.yield($0) }, operation: { 42 }) == 42)
    given.finish()
    #expect(await returns.first { _ in true } == nil)
  }

  @Test func mechanismThatTakesASecondIsWaitedFor() async throws {
    let clock = ManualClock()
    let mechanism = SlowMechanism(clock: clock, delay: .seconds(1), token: [1, 2, 3])
    let patience = MechanismPatience(limit: .seconds(30), clock: clock)
    let task = Task { try await NegotiateContext(mechanisms: [mechanism], patience: patience).step(nil) }
    await clock.awaitSleepers(2)  // the mechanism and its deadline
    clock.advance(by: .seconds(1))
    let step = try await task.value
    #expect(contains(step.token ?? [], [1, 2, 3]))
    #expect(!step.mayProtect)
  }

  /// More contexts than there are threads: if a wait blocked one, not all deadlines could pass.
  @Test func mechanismsThatNeverAnswerBlockNobody() async throws {
    let clock = ManualClock()
    let mechanism = SlowMechanism(clock: clock, delay: nil, token: [])
    let patience = MechanismPatience(limit: .seconds(30), clock: clock)
    let tasks = (0..<64).map { _ in Task { try await NegotiateContext(mechanisms: [mechanism], patience: patience).step(nil) } }
    await clock.awaitSleepers(64)
    clock.advance(by: .seconds(30))
    for task in tasks {
      let error = await #expect(throws: AuthenticationError.self) { try await task.value }
      #expect(error?.code == .timeout)
    }
  }
}
