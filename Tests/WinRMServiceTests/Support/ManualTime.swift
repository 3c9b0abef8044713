import Synchronization

@testable import WinRMService

/// Time that passes when the test says so.
final class ManualTime: Sendable {
  private struct Sleeper {
    var end: Duration
    var gate: Gate<Void>
  }
  private let state = Mutex((now: Duration.zero, sleepers: [Sleeper]()))

  var source: TimeSource {
    TimeSource(
      now: { self.state.withLock { $0.now } },
      sleep: { duration in
        let gate = Gate<Void>()
        let mustWait = self.state.withLock { state in
          guard duration > .zero else { return false }
          state.sleepers.append(Sleeper(end: state.now + duration, gate: gate))
          return true
        }
        guard mustWait else { return }
        defer { self.state.withLock { $0.sleepers.removeAll { $0.gate === gate } } }
        guard await gate.wait() != nil else { throw CancellationError() }
      })
  }

  /// Lets time pass and wakes whoever has slept long enough.
  func advance(by duration: Duration) {
    let awake = state.withLock { state in
      state.now += duration
      return state.sleepers.filter { $0.end <= state.now }
    }
    for sleeper in awake { sleeper.gate.open(()) }
  }

  /// Returns when at least `count` tasks sleep.
  func untilSleepers(_ count: Int) async {
    while state.withLock({ $0.sleepers.count }) < count { await Task.yield() }
  }
}
