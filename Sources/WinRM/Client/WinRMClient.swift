public import WSMan
import SecuritySupport
import WinRMConfiguration

/// Connects to a WinRM service for the time of `body`.
///
/// The rules of this machine are applied first: nothing goes to the network that they forbid. Connections are opened, and
/// authenticated, with the first request.
///
/// - Throws: ``WinRMError``, `CancellationError`, or what `body` throws.
public func withWinRMClient<R>(
  _ configuration: WinRMClientConfiguration, _ body: (WinRMClient) async throws -> R
) async throws -> R {
  let policy = try configuration.policy ?? loadMachinePolicy()
  try ClientRules(configuration: configuration, policy: policy).check()
  let client = WinRMClient(session: ClientSession(configuration: configuration, policy: policy))
  do {
    let result = try await body(client)
    await client.close()
    return result
  } catch {
    await client.close()
    throw error
  }
}

private func loadMachinePolicy() throws(WinRMError) -> ClientPolicy {
  do { return try ClientPolicy.machine() } catch {
    throw WinRMError(
      code: .freshCredentialsNotAllowed, stage: .policy, cause: "the rules of this machine cannot be read, so nothing is allowed: \(error)",
      nextStep: "repair the file, then try again")
  }
}

/// A client of one WinRM service.
///
/// It holds up to three connections: one for what waits for answers, one for standard input, and one for signals. The last two are opened
/// when there is something to send. Each is authenticated by itself.
public final class WinRMClient: Sendable {
  let session: ClientSession
  let mainLane: RequestLane
  let inputLane: RequestLane
  let signalLane: RequestLane

  init(session: ClientSession) {
    self.session = session
    mainLane = RequestLane(session: session)
    inputLane = RequestLane(session: session)
    signalLane = RequestLane(session: session)
  }

  /// Asks the service what it is. With ``AuthenticationMethod/none`` it tells less.
  public func identify() async throws -> IdentifyResponse {
    let anonymous = session.configuration.method == .none ? [("WSMANIDENTIFY", "unauthenticated")] : []
    let request = WSManRequest(header: RequestHeader(to: session.url, resourceURI: nil, action: nil), body: .identify)
    let response: WSManResponse
    do {
      response = try await mainLane.perform(
        request, extraHeaders: anonymous, timeout: session.readTimeout(operationTimeout: session.operationTimeout))
    } catch let fault as WSManFault {
      throw session.failure(fault, .request)
    }
    guard case .identify(let answer) = response.body else { throw session.unexpected(.request) }
    return answer
  }

  func close() async {
    await signalLane.close()
    await inputLane.close()
    await mainLane.close()
  }
}

extension ClientSession {
  /// The answer is well formed, and not to what was asked.
  func unexpected(_ stage: WinRMError.Stage) -> WinRMError {
    WinRMError(
      code: .destinationUnreachable, stage: stage, peer: peer, cause: "the server answered something else than it was asked",
      nextStep: "check that the address is a WinRM service")
  }
}
