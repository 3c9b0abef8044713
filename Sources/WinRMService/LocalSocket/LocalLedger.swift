import Synchronization

/// Counts the connections of each user of this machine, so that none takes the places of the others.
final class LocalLedger: Sendable {
  /// The most connections of one user. Root's are not counted.
  static let perUser = 16
  /// The most connections at all; the next ones wait.
  static let total = 512

  private let counts = Mutex<[UInt32: Int]>([:])

  /// Whether the user gets another connection. Each one that it gets is given back with ``leave(_:)``.
  func admit(_ userID: UInt32) -> Bool {
    guard userID != 0 else { return true }
    return counts.withLock { counts in
      guard counts[userID, default: 0] < Self.perUser else { return false }
      counts[userID, default: 0] += 1
      return true
    }
  }

  func leave(_ userID: UInt32) {
    guard userID != 0 else { return }
    counts.withLock { counts in
      let left = counts[userID, default: 0] - 1
      counts[userID] = left > 0 ? left : nil
    }
  }
}
