import Accounts
import CLinux
import Foundation
import InMemoryLogging
import Logging
import Logon
import LogonInterface
import NTLM
import SecuritySupport
import Testing

let password = "Canary-Pässword-密"
let publicKey = [UInt8](repeating: 0x30, count: 270)
let nonce = [UInt8](0..<32)
let peer = PeerAddress(host: "192.0.2.7", port: 50_001, transport: .http)

/// An authority over an accounts file of its own.
final class Fixture {
  let directory: String
  let store: AccountStore
  let log = InMemoryLogHandler()
  let service: LogonService
  let client: LogonClient
  var agentDirectory: String { directory + "/agents" }

  /// The Unix user that commands of `ann` run as: somebody unprivileged when the tests run as root.
  static let unixUser = geteuid() == 0 ? "nobody" : currentUser
  static var currentUser: String { getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "" }

  init(allowed: [String] = ["ann", "me"], groups: [String] = [], _ change: (inout LogonConfiguration) -> Void = { _ in }) throws {
    directory = "/tmp/logon-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    store = AccountStore(path: directory + "/accounts.json", cost: .init(rounds: 1024, blockSize: 8, parallelism: 1))
    let secret = SecretBytes(Array(password.utf8))
    try store.add(name: "Ann", password: secret, unixUser: Self.unixUser)
    try store.add(name: "me", password: secret, unixUser: Self.currentUser)
    try store.add(name: "off", password: secret, unixUser: Self.unixUser, isEnabled: false)
    var configuration = LogonConfiguration(
      accountsFile: store.path, agentDirectory: directory + "/agents", allowedGroups: groups, allowedAccounts: allowed,
      hostNames: .init(netBIOS: "HOST", dns: "host.example"), execHelperPath: Self.helper)
    configuration.limits.terminationGrace = .milliseconds(300)
    change(&configuration)
    let log = log
    var logger = Logger(label: "test") { _ in log }
    logger.logLevel = .trace
    service = LogonService(configuration: configuration, logger: logger)
    client = LogonClient(authority: service)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// The exec helper stands beside the test program.
  static let helper: String = {
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: program).deletingLastPathComponent().appending(path: "winrmd-exec").path()
  }()

  func negotiate(
    _ name: AccountName = AccountName(domain: "", user: "ann"), _ secret: String = password, from peer: PeerAddress = peer
  ) async throws -> EstablishedLogon {
    var client = try TestClient(name, secret)
    return try #require(try await client.logOn(try await self.client.begin(.negotiate, peer: peer)))
  }

  /// Up to the point where the credentials go out.
  func proven(_ user: String = "ann") async throws -> (TestClient, LogonContext) {
    var client = try TestClient(AccountName(domain: "", user: user), password)
    let context = try await self.client.begin(.credSSP, peer: peer)
    let established = try await client.logOn(context)
    #expect(established?.identity == nil)
    _ = try await context.provePublicKey(client.proof(nonce: nonce, key: publicKey))
    return (client, context)
  }

  func credSSP(_ user: String = "ann") async throws -> ProvenIdentity {
    var (client, context) = try await proven(user)
    return try await context.acceptCredentials(sealed: client.credentials(AccountName(domain: "", user: user), password))
  }

  func session(_ user: String = "ann", environment: [(String, String)] = [], directory: String? = nil) async throws -> Session {
    let identity = try await negotiate(AccountName(domain: "", user: user)).identity
    return try await client.openSession(
      for: identity.authorize(), options: SessionOptions(environment: environment, workingDirectory: directory, shellID: "shell"))
  }

  /// Everything in the log, as text.
  var logText: String {
    log.entries.map { "\($0.level) \($0.message) \($0.metadata.sorted { $0.key < $1.key })" }.joined(separator: "\n")
  }

  func reasons(_ message: String) -> [String] {
    log.entries.filter { $0.message.description == message }.compactMap { $0.metadata["reason"]?.description }
  }
}

func failure(_ body: () async throws -> Void) async -> LogonFailure? {
  do {
    try await body()
    return nil
  } catch { return error as? LogonFailure }
}
