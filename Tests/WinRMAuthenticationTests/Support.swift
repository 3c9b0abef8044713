import Accounts
import CredSSP
import DelegationPolicy
import Foundation
import InMemoryLogging
import Logging
import Logon
import LogonInterface
import NTLM
import SecuritySupport
import Synchronization

@testable import WinRMAuthentication

/// A logon authority with one account, `alice` with `canary-Pässword`, and the client's half of what it takes to log on.
struct World {
  static let password = "canary-Pässword"
  let directory: String
  let service: LogonService
  let peer = PeerAddress(host: "192.0.2.7", port: 50000, transport: .http)

  /// - Parameter accountPhase: what is asked once the account is proven.
  init(accountPhase: (any AccountPhase)? = nil) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "winrm-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let accounts = AccountStore(path: directory + "/accounts.json", cost: .forTests)
    try accounts.add(name: "alice", password: Self.secret, unixUser: NSUserName())
    service = LogonService(
      configuration: LogonConfiguration(
        accountsFile: directory + "/accounts.json", agentDirectory: directory + "/agents", allowedAccounts: ["alice"],
        hostNames: .init(netBIOS: "SERVER", dns: "server.example.com"), execHelperPath: "/nonexistent", accountPhase: accountPhase),
      logger: Logger(label: "test") { _ in InMemoryLogHandler() })
  }

  static var secret: SecretBytes { SecretBytes(Array(password.utf8)) }
  static func credential(_ password: String = World.password) -> Credential {
    Credential(name: AccountName(domain: "", user: "alice"), password: SecretBytes(Array(password.utf8)))
  }

  var logon: LogonClient { LogonClient(authority: service) }

  func remove() { try? FileManager.default.removeItem(atPath: directory) }

  static func ntlm(_ credential: Credential = World.credential(), bindings: ChannelBindings? = nil) throws -> NTLMMechanism {
    NTLMMechanism(
      credential: NTLMCredential(name: credential.name, hash: try NTHash(password: credential.password)),
      configuration: NTLMInitiatorConfiguration(targetName: "HTTP/server.example.com", channelBindings: bindings))
  }
}

extension PasswordVerifier.Cost {
  static var forTests: Self { .init(rounds: 1024, blockSize: 8, parallelism: 1) }
}

/// Runs both ends until the server has an identity. Everything that the client wrote is kept.
struct Exchange {
  private(set) var sentByClient: [[UInt8]] = []
  private(set) var identity: ProvenIdentity?

  mutating func note(_ token: [UInt8]) { sentByClient.append(token) }

  mutating func run(_ client: any ClientAuthentication, _ server: any ServerAuthentication) async throws {
    var leg = try await client.next(nil)
    while true {
      let token: [UInt8]
      switch leg {
      case .send(let bytes): token = bytes
      case .finished(let last): token = last ?? []
      }
      sentByClient.append(token)
      switch try await server.receive(token) {
      case .challenge(let answer): leg = try await client.next(answer)
      case .established(let answer, let identity):
        self.identity = identity
        if let answer, !client.isFinished { _ = try await client.next(answer) }
        return
      }
    }
  }

  /// Whether the client ever wrote an NTLM message of that type in clear (or inside the transparent test engine).
  func clientWroteNTLM(type: UInt8? = nil) -> Bool {
    let mark = Array("NTLMSSP\0".utf8) + (type.map { [$0, 0, 0, 0] } ?? [])
    return sentByClient.contains { contains($0, mark) }
  }
}

func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
  guard bytes.count >= pattern.count else { return false }
  return (0...bytes.count - pattern.count).contains { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
}

/// A TLS engine without encryption: records with the lengths of AES-GCM, the plain text readable, so that tests can look at the wire.
/// It shows a certificate like the real one. A lost or repeated record is noticed.
final class ClearTLS: TLSEngine {
  enum Failure: Error { case badRecord }
  private let isClient: Bool
  private(set) var isHandshakeComplete = false
  private(set) var peerCertificates: [[UInt8]] = []
  let ownCertificate: [UInt8]?
  private var sent: UInt64 = 0
  private var received: UInt64 = 0
  private var pending: [UInt8] = []

  init(serverCertificate: [UInt8]) { (isClient, ownCertificate) = (false, serverCertificate) }
  init() { (isClient, ownCertificate) = (true, nil) }

  var parameters: TLSParameters? { isHandshakeComplete ? TLSParameters(version: 0x0303, cipherSuite: 0xC02F) : nil }

  func start() throws -> [UInt8] { isClient ? record(22, Array("hello".utf8)) : [] }

  func receive(_ ciphertext: [UInt8]) throws -> TLSEngineOutput {
    pending += ciphertext
    var output = TLSEngineOutput()
    while pending.count >= 5 {
      let length = Int(pending[3]) << 8 | Int(pending[4])
      guard pending.count >= 5 + length else { break }
      let type = pending[0]
      let body = Array(pending[5..<5 + length])
      pending.removeFirst(5 + length)
      if type == 22 {
        handshake(body, &output)
      } else {
        guard isHandshakeComplete, body.count >= 24 else { throw Failure.badRecord }
        let sequence = body[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard sequence == received, body.suffix(16).elementsEqual(tag(body[8..<body.count - 16], sequence)) else { throw Failure.badRecord }
        received += 1
        output.plaintext += body[8..<body.count - 16]
      }
    }
    return output
  }

  private func handshake(_ body: [UInt8], _ output: inout TLSEngineOutput) {
    switch (isClient, body.first) {
    case (false, UInt8(ascii: "h")): output.toPeer += record(22, [UInt8(ascii: "c")] + (ownCertificate ?? []))
    case (true, UInt8(ascii: "c")):
      peerCertificates = [Array(body.dropFirst())]
      isHandshakeComplete = true
      output.toPeer += record(22, Array("finished".utf8))
    case (false, UInt8(ascii: "f")):
      isHandshakeComplete = true
      output.toPeer += record(22, Array("done".utf8))
    default: break
    }
  }

  func seal(_ plaintext: [UInt8]) throws -> [UInt8] {
    stride(from: 0, to: plaintext.count, by: 16_384).flatMap { start in
      let chunk = plaintext[start..<min(start + 16_384, plaintext.count)]
      defer { sent += 1 }
      var body: [UInt8] = []
      body.append(bigEndian: sent)
      return record(23, body + chunk + tag(chunk, sent))
    }
  }

  private func tag(_ bytes: ArraySlice<UInt8>, _ sequence: UInt64) -> [UInt8] {
    let sum = bytes.reduce(UInt64(14_695_981_039_346_656_037) ^ sequence) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    var tag: [UInt8] = []
    tag.append(bigEndian: sum)
    return tag + tag
  }

  private func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    [type, 3, 3, UInt8(truncatingIfNeeded: body.count >> 8), UInt8(truncatingIfNeeded: body.count)] + body
  }
}

/// A clock that stands still until it is told to go on.
final class ManualClock: Clock, Sendable {
  struct Instant: InstantProtocol {
    typealias Duration = Swift.Duration
    var offset = Swift.Duration.zero
    func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Swift.Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }
  private struct Sleeper {
    var deadline: Instant
    var continuation: CheckedContinuation<Void, Never>
  }
  private let state = Mutex<(now: Instant, sleepers: [Sleeper])>((Instant(), []))

  var now: Instant { state.withLock { $0.now } }
  let minimumResolution = Swift.Duration.zero
  var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.now >= deadline { return true }
        state.sleepers.append(Sleeper(deadline: deadline, continuation: continuation))
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  func advance(by duration: Duration) {
    let woken = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let (due, rest) = (state.sleepers.filter { $0.deadline <= state.now }, state.sleepers.filter { $0.deadline > state.now })
      state.sleepers = rest
      return due
    }
    for sleeper in woken { sleeper.continuation.resume() }
  }

  /// Waits until so many callers sleep.
  func awaitSleepers(_ count: Int) async { while sleeperCount < count { await Task.yield() } }
}

/// A mechanism that answers when its clock says so, or never.
struct SlowMechanism: SecurityMechanism {
  let identifier = MechanismIdentifier.ntlm
  let clock: ManualClock
  /// `nil`: never.
  let delay: Duration?
  let token: [UInt8]

  func step(_ token: [UInt8]?) async throws -> MechanismStep {
    try await wait()
    return MechanismStep(token: self.token, mayProtect: false, isFinished: false)
  }
  func mic(over message: [UInt8]) async throws -> [UInt8] { try await silence() }
  func verify(mic: [UInt8], over message: [UInt8]) async throws { try await wait() }
  func seal(_ plaintext: [UInt8]) async throws -> [UInt8] { try await silence() }
  func seal(secret: SecretBytes) async throws -> [UInt8] { try await silence() }
  func unseal(_ sealed: [UInt8]) async throws -> [UInt8] { try await silence() }

  private func silence() async throws -> [UInt8] {
    try await wait()
    return []
  }

  /// Deaf to cancellation, like a library call that hangs.
  private func wait() async throws {
    guard let delay else { return await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    try await clock.sleep(until: clock.now.advanced(by: delay), tolerance: nil)
  }
}
