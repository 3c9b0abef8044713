/// Turns for work that takes processor time and memory: a few at once, a number that wait in order, and nobody beyond. It belongs to one actor.
struct Turns {
  private let atOnce: Int
  private let mostWaiting: Int
  private var running = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(atOnce: Int, mostWaiting: Int) {
    self.atOnce = max(1, atOnce)
    self.mostWaiting = mostWaiting
  }

  /// What to do for a turn.
  enum Entry { case go, wait, full }

  mutating func enter() -> Entry {
    guard running >= atOnce else {
      running += 1
      return .go
    }
    return waiting.count < mostWaiting ? .wait : .full
  }

  mutating func wait(_ continuation: CheckedContinuation<Void, Never>) { waiting.append(continuation) }

  /// A turn is over: the one who has waited longest takes it.
  mutating func leave() {
    guard waiting.isEmpty else { return waiting.removeFirst().resume() }
    running -= 1
  }
}
