import Synchronization
import WSMan

/// The enumerations under way.
final class Enumerations: Sendable {
  let now: @Sendable () -> ContinuousClock.Instant

  init(now: @escaping @Sendable () -> ContinuousClock.Instant) { self.now = now }
}
