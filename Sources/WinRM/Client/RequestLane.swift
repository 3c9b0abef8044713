import NIOHTTP1
import WSMan
import WinRMAuthentication

/// One connection's worth of requests: they go one after the other, and a lost connection is replaced by a new one with a new
/// authentication. A request is sent again only when no byte of it had been written.
actor RequestLane {
  private let session: ClientSession
  private var connection: AuthenticatedConnection?
  /// Whether it has been told that the connection's requests are accepted.
  private var isNoted = false
  private var isBusy = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  init(session: ClientSession) { self.session = session }

  /// Sends a request and returns the answer.
  ///
  /// - Throws: ``WSManFault`` when the server answered with a fault, otherwise ``WinRMError`` or `CancellationError`.
  func perform(_ request: WSManRequest, extraHeaders: [(String, String)] = [], timeout: Duration) async throws -> WSManResponse {
    await acquire()
    defer { release() }
    var mayRepeat = true
    while true {
      let connection = try await connected()
      do {
        var request = request
        request.header.to = session.url
        let answer = try await connection.exchange(
          try request.encode(), extraHeaders: extraHeaders, limit: session.maximumEnvelopeSize, timeout: timeout)
        noteAuthorization(connection)
        return try WSManResponse(decoding: answer)
      } catch let fault as WSManFault {
        throw fault
      } catch HTTPExchangeError.lost(requestWasWritten: false) where mayRepeat {
        mayRepeat = false
        drop()
      } catch {
        drop()
        throw session.failure(requesting: error)
      }
    }
  }

  /// Closes the connection. A request under way fails.
  func close() { drop() }

  private func connected() async throws -> AuthenticatedConnection {
    if let connection { return connection }
    let opened = try await session.connect()
    connection = opened
    return opened
  }

  /// Once for each connection.
  private func noteAuthorization(_ connection: AuthenticatedConnection) {
    guard connection.isAuthorized, !isNoted else { return }
    isNoted = true
    session.requestWasAuthorized()
  }

  private func drop() {
    isNoted = false
    connection?.close()
    connection = nil
  }

  private func acquire() async {
    guard isBusy else {
      isBusy = true
      return
    }
    await withCheckedContinuation { waiters.append($0) }
  }

  /// Hands the lane to the next in line.
  private func release() {
    if waiters.isEmpty { isBusy = false } else { waiters.removeFirst().resume() }
  }
}
