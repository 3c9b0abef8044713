import Certificates
import DelegationPolicy
import Foundation
import LogonInterface
import SecuritySupport
import Synchronization
import Testing

@testable import WinRMAuthentication

/// Holds back the answer to the request that completes a logon until it is let go, and counts what is released.
private final class HesitantAuthority: LogonAuthority {
  private let authority: any LogonAuthority
  private let state = Mutex((logons: Set<LogonID>(), released: Set<LogonID>()))
  private let gates: AsyncStream<Void>
  let gate: AsyncStream<Void>.Continuation
  let completed: AsyncStream<Void>
  private let complete: AsyncStream<Void>.Continuation
  let changes: AsyncStream<Void>
  private let change: AsyncStream<Void>.Continuation

  init(_ authority: any LogonAuthority) {
    self.authority = authority
    (gates, gate) = AsyncStream.makeStream()
    (completed, complete) = AsyncStream.makeStream()
    (changes, change) = AsyncStream.makeStream()
  }

  var logons: Set<LogonID> { state.withLock { $0.logons } }
  var released: Set<LogonID> { state.withLock { $0.released } }

  func perform(_ request: LogonRequest) async throws(LogonFailure) -> LogonReply {
    if case .release(let id) = request {
      state.withLock { _ = $0.released.insert(id) }
      change.yield()
    }
    let reply = try await authority.perform(request)
    let grant: LogonGrant? =
      switch reply {
      case .stepped(_, let grant, _): grant
      case .granted(let grant): grant
      default: nil
      }
    guard let grant else { return reply }
    state.withLock { _ = $0.logons.insert(grant.logonID) }
    complete.yield()
    let gates = gates
    await Task.detached { _ = await gates.first { _ in true } }.value
    return reply
  }
}

@Suite struct LateLogonTests {
  @Test(.timeLimit(.minutes(1)), arguments: [false, true]) func logonThatNobodyWaitsForIsReleased(usesCredSSP: Bool) async throws {
    let world = try World()
    defer { world.remove() }
    let authority = HesitantAuthority(world.service)
    let logon = LogonClient(authority: authority)
    let client: any ClientAuthentication
    let server: any ServerAuthentication
    if usesCredSSP {
      let certificate = try SelfSignedIdentity.make(commonName: "CREDSSP-SERVER", notAfter: Date(timeIntervalSinceNow: 3600)).certificateDER
      let entry = DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: "WSMAN/server"), source: "test")
      let gate = DelegationGate(
        host: "server", policy: DelegationPolicy(allowFreshWhenNTLMOnly: [entry]), verifier: nil)
      client = CredSSPClientAuthentication(
        tls: ClearTLS(), gate: gate, credential: World.credential(), mechanisms: [try World.ntlm()])
      server = CredSSPServerAuthentication(logon: logon, peer: world.peer, tls: ClearTLS(serverCertificate: certificate))
    } else {
      client = NegotiateClientAuthentication(context: NegotiateContext(mechanisms: [try World.ntlm()]))
      server = NegotiateServerAuthentication(logon: logon, peer: world.peer)
    }
    nonisolated(unsafe) let ends = (client, server)
    let task = Task {
      var exchange = Exchange()
      try await exchange.run(ends.0, ends.1)
    }
    // The logon stands, and the connection's task is cancelled before it hears of it.
    _ = await authority.completed.first { _ in true }
    task.cancel()
    await #expect(throws: AuthenticationRefusal.self) { try await task.value }
    authority.gate.yield()
    _ = await authority.changes.first { _ in true }
    #expect(authority.logons.count == 1)
    #expect(authority.released == authority.logons)
  }
}
