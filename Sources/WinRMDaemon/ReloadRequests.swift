import Synchronization

/// Requests to look at the files of the settings now, made by whoever has just changed them.
final class ReloadRequests: Sendable {
  private struct Books {
    var waiting: [CheckedContinuation<Void, Never>] = []
    var wake: (@Sendable () -> Void)?
    var hasEnded = false
  }

  private let books = Mutex(Books())

  /// Returns when the settings have been read after this call, and have been taken over or refused; at once when nobody reads them any more.
  func reload() async {
    await withCheckedContinuation { continuation in
      let wake: (@Sendable () -> Void)? = books.withLock { books in
        guard !books.hasEnded else { return nil }
        books.waiting.append(continuation)
        return books.wake ?? {}
      }
      guard let wake else { return continuation.resume() }
      wake()
    }
  }

  /// Whoever reads the settings is there, and is woken by this.
  func attend(_ wake: @escaping @Sendable () -> Void) {
    let isWaitedFor = books.withLock { books in
      books.wake = wake
      return !books.waiting.isEmpty
    }
    if isWaitedFor { wake() }
  }

  /// Those whose requests came before now; they are to be told with ``tell(_:)`` when the settings have been looked at.
  func take() -> [CheckedContinuation<Void, Never>] {
    books.withLock { books in
      defer { books.waiting = [] }
      return books.waiting
    }
  }

  static func tell(_ waiting: [CheckedContinuation<Void, Never>]) {
    for continuation in waiting { continuation.resume() }
  }

  /// Nobody reads the settings any more.
  func end() {
    let waiting = books.withLock { books in
      books.hasEnded = true
      defer { books.waiting = [] }
      return books.waiting
    }
    Self.tell(waiting)
  }
}
