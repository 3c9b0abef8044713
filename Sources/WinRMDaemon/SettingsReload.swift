import Dispatch
import Logging
import ServiceLifecycle
import UnixSignals
import WinRMConfiguration
import WinRMService

/// Takes over changed settings while the service runs: it looks at the files once a second and when it has changed them itself, and reads them
/// on SIGHUP.
struct SettingsReload: Service {
  let watch: SettingsWatch
  let requests: ReloadRequests
  let logger: Logger
  /// Throws for settings that cannot be taken over.
  let apply: @Sendable (WinRMSettings) async throws -> Void

  private enum Cause { case time, signal, request }

  func run() async throws {
    await cancelWhenGracefulShutdown { await follow() }
    requests.end()
  }

  private func follow() async {
    let (causes, continuation) = AsyncStream<Cause>.makeStream(bufferingPolicy: .bufferingNewest(4))
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in await UnixSignalsSequence(trapping: .sighup) { continuation.yield(.signal) }
      }
      group.addTask {
        while !Task.isCancelled {
          do { try await Task.sleep(for: .seconds(1)) } catch { break }
          continuation.yield(.time)
        }
        continuation.finish()
      }
      requests.attend { continuation.yield(.request) }
      var watch = watch
      // Settings that were refused are tried again when somebody asks: what was in their way may be gone.
      var isRefused = false
      for await cause in causes {
        let waiting = requests.take()
        defer { ReloadRequests.tell(waiting) }
        let (next, change) = await Self.look(watch, always: cause == .signal)
        watch = next
        switch change {
        case nil: break
        case .unreadable(let error): refuse("\(error)")
        case .unchanged where !isRefused: logger.notice("settings read again; they are the same")
        case .readableAgain where !isRefused:
          // The certificates may be others.
          if await take(watch.settings) {
            logger.notice("settings can be read again; they are the same as before")
          } else {
            isRefused = true
          }
        case .unchanged, .readableAgain, .changed, .certificatesChanged: isRefused = await !take(watch.settings)
        }
      }
      group.cancelAll()
    }
  }

  /// - Returns: whether the settings could be taken over.
  private func take(_ settings: WinRMSettings) async -> Bool {
    do {
      try await apply(settings)
      return true
    } catch {
      refuse(StartFailure.explanation(of: error))
      return false
    }
  }

  private func refuse(_ reason: String) {
    logger.error("settings cannot be used; the service keeps those it has", metadata: ["reason": "\(reason)"])
  }

  /// Files may block: not on a thread that serves.
  private static func look(_ watch: SettingsWatch, always: Bool) async -> (SettingsWatch, SettingsWatch.Change?) {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        var watch = watch
        let change = watch.look(always: always)
        continuation.resume(returning: (watch, change))
      }
    }
  }
}
