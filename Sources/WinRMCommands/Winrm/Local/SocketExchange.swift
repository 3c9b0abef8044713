import CLinux
import SecuritySupport
import WSMan
import WinRM

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Asks a service through its Unix socket: one HTTP request for each connection, in the clear. The kernel tells each end who the other is.
struct SocketExchange: LocalExchange {
  let path: String
  /// Who asks. A service of anybody else but root is told nothing.
  let userID: UInt32
  /// How long an answer is waited for.
  var limits = Limits()
  /// What makes the service of this socket answer again.
  var remedy = "winrm doctor"

  struct Limits: Sendable, Equatable {
    /// How long a service may take whose answer is not awaited for a time of the caller's: MaxTimeoutms.
    var operation = Duration.seconds(60)
    /// What comes on top for the way: NetworkDelayms.
    var delay = Duration.seconds(5)
    /// How long a service may be silent until it is asked whether it answers at all: it may wait for the name service, and gives it 5 seconds.
    var silence = Duration.seconds(6)
    /// How long the answer to that may take, for the same reason.
    var sign = Duration.seconds(9)
  }

  /// Whether a service listens. A socket that nobody listens on is what a service has left that was killed.
  ///
  /// - Throws: ``WinRMError`` where one may listen and this user may not ask it.
  static func isAlive(_ path: String) throws -> Bool {
    do { _ = try UnixStream(connectingTo: path, deadline: .now + .seconds(5)) } catch {
      switch error.number {
      case ENOENT, ECONNREFUSED, ENOTDIR, ENOTSOCK, EPROTOTYPE: return false
      // Longer than a socket's path may be: then nobody listens there either.
      case ENAMETOOLONG: return false
      case EACCES, EPERM:
        throw WinRMError(
          code: .accessDenied, stage: .connect, peer: path, cause: "This user may not ask the service that runs here.",
          nextStep: "Run the command as the user of the service, or as root.")
      default: throw unreachable(path, error)
      }
    }
    return true
  }

  /// Asks the simplest question there is, and waits for an answer, whatever it is.
  ///
  /// - Throws: ``UnixStream/Failure``: ETIMEDOUT when none came in time.
  static func answers(_ stream: UnixStream) throws(UnixStream.Failure) {
    // An Identify can be written always.
    try stream.write(HTTPMessage.request((try? WSManRequest.identify.encode()) ?? []))
    guard try !stream.read().isEmpty else { throw UnixStream.Failure(number: ECONNRESET) }
  }

  func answer(_ request: WSManRequest) throws -> ResponseBody {
    let body: [UInt8]
    do { body = try request.encode() } catch {
      throw WinRMError(
        code: .schemaValidationError, stage: .request, peer: path, cause: "The request cannot be written: \(error.message)",
        nextStep: "Leave characters out that XML cannot carry.")
    }
    let answer: HTTPMessage
    do {
      let deadline = ContinuousClock.now + (request.header.operationTimeout ?? limits.operation) + limits.delay
      let stream = try UnixStream(connectingTo: path, deadline: deadline)
      try checkServer(stream)
      try stream.write(HTTPMessage.request(body))
      if try !stream.hasAnswer(by: min(deadline, .now + limits.silence)) { try checkLife(until: deadline) }
      answer = try HTTPMessage(readingFrom: stream, maximumBody: XMLLimits.response.maximumBytes)
    } catch let error as UnixStream.Failure {
      throw Self.unreachable(path, error)
    }
    guard [200, 400, 500].contains(answer.status), !answer.body.isEmpty else { throw refusal(answer.status) }
    do { return try WSManResponse(decoding: answer.body).body } catch is WSManError { throw refusal(answer.status) }
  }

  /// Somebody could have put a socket of their own in the place of the service's.
  private func checkServer(_ stream: UnixStream) throws {
    let server = try stream.peer()
    guard server == 0 || server == userID else {
      throw WinRMError(
        code: .serverNotTrusted, stage: .connect, peer: path,
        cause: "Who listens on the socket of the service is neither root nor this user, but the user with the number \(server).",
        nextStep: "Find out who has made \(path). Nothing was sent.")
    }
  }

  /// A service that takes long answers other questions meanwhile; one that hangs answers none, and is not waited for.
  private func checkLife(until deadline: ContinuousClock.Instant) throws {
    do throws(UnixStream.Failure) {
      try Self.answers(UnixStream(connectingTo: path, deadline: min(deadline, .now + limits.sign)))
    } catch {
      // Whatever else is wrong shows in the answer that is waited for.
      guard error.number == ETIMEDOUT else { return }
      throw WinRMError(
        code: .operationTimedOut, stage: .connect, peer: path,
        cause: "The service of this machine does not answer: its process is there, and says nothing to any question.",
        nextStep: "See what winrmd has logged last, and start it anew: \(remedy). What was asked may be done when it goes on.")
    }
  }

  private static func unreachable(_ path: String, _ error: UnixStream.Failure) -> WinRMError {
    let isTimeout = error.number == ETIMEDOUT
    return WinRMError(
      code: isTimeout ? .operationTimedOut : .destinationUnreachable, stage: .connect, peer: path,
      cause: isTimeout
        ? "The service of this machine did not answer in time." : "The service of this machine has gone away: \(error.reason)",
      nextStep: """
        Look whether winrmd runs and what it has logged: "winrm doctor" tells. Whether it has done what was asked, "winrm get" tells.
        """)
  }

  private func refusal(_ status: Int) -> WinRMError {
    let code: WinRMCode =
      switch status {
      case 401, 403: .accessDenied
      case 404: .httpNotFound
      case 413: .httpRequestTooLarge
      case 503: .httpServiceUnavailable
      default: .httpBadRequest
      }
    return WinRMError(
      code: code, stage: .request, peer: path, peerAnswer: "HTTP status \(status)",
      cause: "The service of this machine refused the request.",
      nextStep: "Look at what winrmd has logged.")
  }
}
