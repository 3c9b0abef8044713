import Dispatch
import Synchronization
import WinRM

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Passes Ctrl-C on to the remote command. The second one, which comes when the command does not end, ends this process.
/// SIGTERM and SIGHUP end the run in an orderly way: the remote shell is deleted.
final class SignalForwarder {
  private let sources: [any DispatchSourceSignal]

  /// - Parameter lastAct: what is still to be done before the second Ctrl-C ends the process.
  init(to running: RunningCommand, cancelling output: Task<UInt32, any Error>, lastAct: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "winrs.signals")
    let interrupts = Interrupts()
    sources = [
      Self.source(SIGINT, queue) {
        if interrupts.next() > 1 { Self.endProcess(lastAct) }
        Task { try? await running.signal(.controlC) }
      },
      Self.source(SIGTERM, queue) { output.cancel() },
      Self.source(SIGHUP, queue) { output.cancel() },
    ]
  }

  /// Gives the signals their ordinary meaning again.
  func stop() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
  }

  private static func source(_ number: CInt, _ queue: DispatchQueue, _ handler: @escaping @Sendable () -> Void) -> any DispatchSourceSignal
  {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
    source.setEventHandler(handler: handler)
    source.resume()
    return source
  }

  /// Ends the process as an interrupted one. The signal goes to the process, because the queue's own thread may have it blocked.
  private static func endProcess(_ lastAct: () -> Void) -> Never {
    lastAct()
    signal(SIGINT, SIG_DFL)
    kill(getpid(), SIGINT)
    usleep(100_000)
    _exit(128 + SIGINT)
  }
}

/// Counts how often Ctrl-C was pressed.
private final class Interrupts: Sendable {
  private let count = Mutex(0)

  func next() -> Int {
    count.withLock {
      $0 += 1
      return $0
    }
  }
}
