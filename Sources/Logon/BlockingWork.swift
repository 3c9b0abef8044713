import Dispatch

/// Calls that may block (files, name services, starting a process), kept away from the cooperative pool and from event loops.
enum BlockingWork {
  static let queue = DispatchQueue(label: "winrm.logon.blocking", attributes: .concurrent)

  static func run<R: Sendable>(_ work: @escaping @Sendable () -> R) async -> R {
    await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: work()) } }
  }

  /// Waits also when the asking task is cancelled: what must be cleaned up is cleaned up.
  static func pause(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      queue.asyncAfter(deadline: .now() + duration.dispatchInterval) { continuation.resume() }
    }
  }
}

extension Duration {
  /// The same as Dispatch counts it, in whole milliseconds.
  var dispatchInterval: DispatchTimeInterval {
    let (seconds, attoseconds) = components
    return .milliseconds(Int(clamping: seconds) &* 1000 &+ Int(clamping: attoseconds / 1_000_000_000_000_000))
  }
}
