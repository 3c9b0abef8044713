import LogonInterface
import SecuritySupport
import Testing

/// Gives one prepared reply to everything.
private struct Fixed: LogonAuthority {
  var reply: @Sendable (LogonRequest) -> LogonReply?
  func perform(_ request: LogonRequest) async throws(LogonFailure) -> LogonReply {
    if case .begin = request { return .begun(ContextID(high: 0, low: 1)) }
    guard let reply = reply(request) else { throw LogonFailure(.refused(.logonFailure), "no") }
    return reply
  }
}

private func grant(_ purpose: LogonPurpose, isAuthorized: Bool = true) -> LogonGrant {
  LogonGrant(
    logonID: LogonID(high: 1, low: 1), accountName: "HOST\\ann", unixUser: "ann", mechanism: "NTLM", purpose: purpose,
    hasDelegatedCredentials: purpose == .credSSP, isAuthorized: isAuthorized)
}
private let keys = MessageKeys.ntlm(
  exportedSessionKey: SecretBytes([UInt8](repeating: 1, count: 16)), flags: 0, sendSequence: 1, receiveSequence: 1)
private let peer = PeerAddress(host: "192.0.2.1", port: 50_000, transport: .http)

struct LogonClientTests {
  @Test("S-04: a step gives an identity only with a grant, keys, and an exchange that has finished")
  func step() async throws {
    let finished = MechanismStep(token: nil, mayProtect: true, isFinished: true)
    let unfinished = MechanismStep(token: [1], mayProtect: true, isFinished: false)
    func result(_ reply: LogonReply, _ purpose: LogonPurpose = .negotiate) async throws -> EstablishedLogon? {
      try await LogonClient(authority: Fixed { _ in reply }).begin(purpose, peer: peer).step([0]).established
    }
    let good = try await result(.stepped(finished, grant: grant(.negotiate), keys: keys))
    #expect(good?.identity.accountName == "HOST\\ann")
    #expect(try await result(.stepped(finished, grant: nil, keys: keys)) == nil)
    #expect(try await result(.stepped(finished, grant: grant(.negotiate), keys: nil)) == nil)
    await #expect(throws: LogonFailure.self) { _ = try await result(.stepped(unfinished, grant: grant(.negotiate), keys: keys)) }
    await #expect(throws: LogonFailure.self) { _ = try await result(.stepped(finished, grant: grant(.credSSP), keys: keys)) }
    await #expect(throws: LogonFailure.self) { _ = try await result(.stepped(finished, grant: grant(.negotiate), keys: keys), .credSSP) }
  }

  @Test("S-04: credentials give an identity only by a CredSSP grant")
  func acceptCredentials() async throws {
    let client = LogonClient(authority: Fixed { _ in .granted(grant(.credSSP)) })
    #expect(try await client.begin(.credSSP, peer: peer).acceptCredentials(sealed: []).hasDelegatedCredentials)
    let wrong = LogonClient(authority: Fixed { _ in .granted(grant(.negotiate)) })
    await #expect(throws: LogonFailure.self) { try await wrong.begin(.credSSP, peer: peer).acceptCredentials(sealed: []) }
    let refused = LogonClient(authority: Fixed { _ in nil })
    await #expect(throws: LogonFailure(.refused(.logonFailure), "no")) {
      try await refused.begin(.credSSP, peer: peer).acceptCredentials(sealed: [])
    }
  }

  @Test("Authenticated is not authorised")
  func authorize() async throws {
    let client = LogonClient(authority: Fixed { _ in .granted(grant(.credSSP, isAuthorized: false)) })
    let identity = try await client.begin(.credSSP, peer: peer).acceptCredentials(sealed: [])
    #expect { try identity.authorize() } throws: { ($0 as? LogonFailure)?.code == .accessDenied }
  }

  @Test("A reply of another kind is a failure, not a trap")
  func unexpected() async throws {
    let client = LogonClient(authority: Fixed { _ in .done })
    let context = try await client.begin(.negotiate, peer: peer)
    await #expect { try await context.step([]) } throws: { ($0 as? LogonFailure)?.code == .unavailable }
  }

  @Test("An identifier shows too little of itself to be used")
  func identifiers() {
    #expect(ContextID(high: 0x0123_4567_89AB_CDEF, low: 1).description == "01234567")
    #expect(Set((0..<100).map { _ in LogonID.random() }).count == 100)
  }
}
