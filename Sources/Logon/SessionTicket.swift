import Glibc
import Kerberos
import Logging
import LogonInterface
import Synchronization

/// The time as tickets know it. Tests have their own.
struct TicketTime: Sendable {
  /// Seconds since 1970.
  var now: @Sendable () -> Int64
  /// Waits that many seconds, or throws when cancelled.
  var sleep: @Sendable (Int64) async throws -> Void
}

/// The ticket cache of one session: made at its start, renewed while it lives, destroyed with it.
final class SessionTicket: Sendable {
  let file: TicketFile
  private let ticket: DelegatedTicket
  private let user: UnixUser
  private let workers: KerberosWorkers
  private let time: TicketTime
  private let logger: Logger
  private enum State {
    case idle
    case renewing(Task<Void, Never>)
    case ended
  }
  private let state = Mutex(State.idle)

  /// How long before a ticket's end it is renewed at the latest, in seconds, and how long after a KDC that did not answer one tries again.
  static let reserve: Int64 = 5 * 60
  static let retry: Int64 = 60

  /// Makes the file.
  ///
  /// - Throws: `LogonFailure` with `unavailable`.
  init(
    _ ticket: DelegatedTicket, for user: UnixUser, in directory: String, workers: KerberosWorkers, time: TicketTime, logger: Logger
  ) async throws(LogonFailure) {
    file = TicketFile(in: directory)
    self.ticket = ticket
    self.user = user
    self.workers = workers
    self.time = time
    self.logger = logger
    try await write()
  }

  /// Renews from now on.
  func start() {
    state.withLock { state in
      guard case .idle = state else { return }
      state = .renewing(Task { await self.keepFresh() })
    }
  }

  /// Ends the renewal and destroys the file. Returns when both have happened.
  func end() async {
    let task = state.withLock { state -> Task<Void, Never>? in
      defer { state = .ended }
      if case .renewing(let task) = state { return task }
      return nil
    }
    task?.cancel()
    await task?.value
    await BlockingWork.run { [file] in file.destroy() }
  }

  /// When to renew a ticket: in the middle of its life, some minutes before its end at the latest.
  static func renewal(of lifetime: KerberosTicketCache.Lifetime) -> Int64 {
    let middle = lifetime.start + (lifetime.expiry - lifetime.start) / 2
    return max(lifetime.start, min(middle, lifetime.expiry - reserve))
  }

  private func keepFresh() async {
    var due = Self.renewal(of: ticket.lifetime)
    while !Task.isCancelled {
      do { try await time.sleep(max(1, due - time.now())) } catch { return }
      let lifetime = ticket.lifetime
      guard let end = lifetime.renewableUntil, end > lifetime.expiry else {
        logger.notice("ticket cannot be renewed", metadata: ["expires": "\(lifetime.expiry)"])
        return
      }
      do {
        try await workers.run { [ticket] in try ticket.renew() }
        try await write()
        logger.debug("ticket renewed", metadata: ["expires": "\(ticket.lifetime.expiry)"])
        // A ticket that got no younger would be renewed without end.
        due = max(Self.renewal(of: ticket.lifetime), time.now() + Self.retry)
      } catch {
        if Task.isCancelled { return }
        logger.warning("ticket not renewed", metadata: ["reason": "\(error)", "expires": "\(lifetime.expiry)"])
        guard time.now() < lifetime.expiry, Self.isPassing(error) else { return }
        due = time.now() + Self.retry
      }
    }
  }

  /// Whether another attempt may succeed.
  private static func isPassing(_ error: any Error) -> Bool {
    guard let error = error as? KerberosError else { return true }
    return [.unreachable, .timeout, .busy].contains(error.code)
  }

  private func write() async throws(LogonFailure) {
    let (file, ticket, user) = (file, ticket, user)
    let written = await BlockingWork.run { Result { () throws(LogonFailure) in try file.write(ticket, for: user) } }
    try written.get()
  }
}

extension TicketTime {
  static let system = TicketTime(
    now: { Int64(Glibc.time(nil)) }, sleep: { try await Task.sleep(for: .seconds($0)) })
}
