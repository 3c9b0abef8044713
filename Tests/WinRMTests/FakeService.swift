import Accounts
import DelegationPolicy
import Foundation
import Logging
import Logon
import LogonInterface
import MemoryTLS
import NIOHTTP1
import SecuritySupport
import Synchronization
import WSMan
import WinRM
import WinRMAuthentication
import WinRMConfiguration
import WinRMHTTP

/// What the service says to an envelope.
enum Answer: Sendable {
  case body(ResponseBody)
  case fault(WSManFault)
  case react(Reaction)
  /// The right answer, unencrypted.
  case clear(ResponseBody)
  /// The right answer, and then the connection is closed.
  case bodyThenClose(ResponseBody)
}

/// A service with real authentication of one account, `alice`, and answers that a test gives.
actor FakeService {
  static let password = "canary-Pässword"
  let service: LogonService
  let directory: String
  private let answers: @Sendable (WSManRequest) async -> Answer
  private let channelBindings: ChannelBindings?
  private let schemes: [AuthenticationScheme]
  private let innerTLS: MemoryTLSServerContext?
  private var negotiations: [Int: any ServerAuthentication] = [:]
  /// Who was proven, in order.
  private(set) var identities: [ProvenIdentity] = []
  private var protectors: [Int: any MessageProtector] = [:]
  private(set) var envelopes: [WSManRequest] = []
  /// How many `Authorization` headers were answered, over all connections.
  private(set) var answeredTokens = 0

  init(
    channelBindings: ChannelBindings? = nil, schemes: [AuthenticationScheme] = [.negotiate], innerTLS: MemoryTLSServerContext? = nil,
    answers: @escaping @Sendable (WSManRequest) async -> Answer
  ) throws {
    self.answers = answers
    self.channelBindings = channelBindings
    self.schemes = schemes
    self.innerTLS = innerTLS
    directory = FileManager.default.temporaryDirectory.appending(path: "winrm-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let accounts = AccountStore(path: directory + "/accounts.json", cost: .init(rounds: 1024, blockSize: 8, parallelism: 1))
    try accounts.add(name: "alice", password: SecretBytes(Array(Self.password.utf8)), unixUser: NSUserName())
    service = LogonService(
      configuration: LogonConfiguration(
        accountsFile: directory + "/accounts.json", agentDirectory: directory + "/agents", allowedAccounts: ["alice"],
        hostNames: .init(netBIOS: "SERVER", dns: "server.example.com"), execHelperPath: "/nonexistent"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// The actions that came, by their last word.
  var actions: [String] {
    envelopes.map { $0.header.action.map { String($0.rawValue.split(separator: "/").last ?? "") } ?? "Identify" }
  }

  func react(to seen: SeenRequest) async -> Reaction {
    if let text = seen.head.headers.first(name: "Authorization") { return await authenticate(text, seen.connection) }
    guard seen.head.headers.contains(name: "WSMANIDENTIFY") || protectors[seen.connection] != nil else { return challenge([]) }
    return await serve(seen)
  }

  private func challenge(_ extra: [(String, String)]) -> Reaction {
    .reply(401, extra.isEmpty ? schemes.map { ("WWW-Authenticate", $0.rawValue) } : extra, [])
  }

  private func authenticate(_ text: String, _ connection: Int) async -> Reaction {
    guard let header = AuthorizationHeader(parsing: text), let scheme = header.scheme, schemes.contains(scheme), let token = header.token
    else { return challenge([]) }
    do {
      let authentication = try negotiations[connection] ?? begin(scheme)
      negotiations[connection] = authentication
      answeredTokens += 1
      switch try await authentication.receive(token) {
      case .challenge(let token): return challenge([("WWW-Authenticate", AuthorizationHeader.value(scheme: scheme, token: token))])
      case .established(let token, let identity):
        protectors[connection] = try authentication.protector()
        identities.append(identity)
        return .reply(200, token.map { [("WWW-Authenticate", AuthorizationHeader.value(scheme: scheme, token: $0))] } ?? [], [])
      }
    } catch let refusal as AuthenticationRefusal {
      guard let token = refusal.token, let scheme = header.scheme else { return challenge([]) }
      return challenge([("WWW-Authenticate", AuthorizationHeader.value(scheme: scheme, token: token))])
    } catch {
      return challenge([])
    }
  }

  private func begin(_ scheme: AuthenticationScheme) throws -> any ServerAuthentication {
    let logon = LogonClient(authority: service)
    let peer = PeerAddress(host: "127.0.0.1", port: 1, transport: .http)
    guard scheme == .credSSP, let innerTLS else {
      return NegotiateServerAuthentication(logon: logon, peer: peer, channelBindings: channelBindings)
    }
    return CredSSPServerAuthentication(logon: logon, peer: peer, tls: try MemoryTLS.server(context: innerTLS))
  }

  private func serve(_ seen: SeenRequest) async -> Reaction {
    let protector = channelBindings == nil ? protectors[seen.connection] : nil  // over HTTPS bodies go in clear
    do {
      var bytes = seen.body
      if let protector {
        bytes = try await protector.unprotect(
          contentType: seen.head.headers.first(name: "Content-Type") ?? "", body: bytes, limit: 1 << 20)
      }
      let request = try WSManRequest(decoding: bytes)
      envelopes.append(request)
      switch await answers(request) {
      case .react(let reaction): return reaction
      case .clear(let body): return .reply(200, [("Content-Type", soap)], WSManResponse(to: request.header, body: body).encode())
      case .body(let body): return try await reply(200, WSManResponse(to: request.header, body: body).encode(), protector)
      case .fault(let fault): return try await reply(500, fault.encode(relatesTo: request.header.messageID), protector)
      case .bodyThenClose(let body):
        guard
          case .reply(let status, let headers, let bytes) = try await reply(
            200, WSManResponse(to: request.header, body: body).encode(), protector)
        else { return .close }
        return .replyThenClose(status, headers, bytes)
      }
    } catch {
      return .reply(400, [], [])
    }
  }

  private let soap = "application/soap+xml;charset=UTF-8"

  private func reply(_ status: UInt, _ envelope: [UInt8], _ protector: (any MessageProtector)?) async throws -> Reaction {
    guard let protector else { return .reply(status, [("Content-Type", soap)], envelope) }
    let (type, body) = try await protector.protect(envelope)
    return .reply(status, [("Content-Type", type)], body)
  }
}

/// The answers of a shell whose command writes `output` and ends with `exitCode`.
func shellAnswers(
  output: [UInt8] = Array("hello\n".utf8), exitCode: UInt32 = 0, before: @escaping @Sendable (WSManRequest) async -> Answer? = { _ in nil }
) -> @Sendable (WSManRequest) async -> Answer {
  { request in
    if let answer = await before(request) { return answer }
    switch request.body {
    case .identify: return .body(.identify(IdentifyResponse(productVendor: "Test", productVersion: "OS: 0.0.0 SP: 0.0 Stack: 3.0")))
    case .createShell: return .body(.shellCreated(ShellDescription(shellID: "11111111-1111-4111-8111-111111111111")))
    case .command: return .body(.commandStarted("22222222-2222-4222-8222-222222222222"))
    case .send: return .body(.sent)
    case .receive(let id, _):
      let blocks = [
        StreamBlock(name: "stdout", commandID: id, data: output), StreamBlock(name: "stderr", commandID: id, data: Array("e".utf8)),
        StreamBlock(name: "stdout", commandID: id, end: true), StreamBlock(name: "stderr", commandID: id, end: true),
      ]
      return .body(.received(ReceiveResult(streams: blocks, state: .done(exitCode: exitCode), commandID: id)))
    case .signal: return .body(.signalled)
    case .deleteShell: return .body(.deleted)
    default: return .react(.close)
    }
  }
}

func explicit(_ password: String = FakeService.password) -> ClientCredential {
  .explicit(Credential(name: AccountName(domain: "", user: "alice"), password: SecretBytes(Array(password.utf8))))
}

/// A policy that trusts every host and waits briefly for lost answers.
func trusting(_ change: (inout ClientPolicy) throws -> Void = { _ in }) throws -> ClientPolicy {
  var policy = ClientPolicy()
  policy.trustedHosts = try TrustedHosts(parsing: "*")
  policy.networkDelay = .milliseconds(100)
  try change(&policy)
  return policy
}

func configuration(
  _ server: ScriptedServer, method: AuthenticationMethod = .negotiate, credential: ClientCredential = explicit(),
  policy: ClientPolicy? = nil, scheme: String = "http", operationTimeout: Duration = .seconds(20)
) throws -> WinRMClientConfiguration {
  WinRMClientConfiguration(
    endpoint: try WinRMEndpoint(parsing: "\(scheme)://127.0.0.1:\(server.port)"), method: method, credential: credential,
    policy: try policy ?? trusting(), operationTimeout: operationTimeout)
}

func contains(_ bytes: [UInt8], _ text: String) -> Bool { contains(bytes, Array(text.utf8)) }

func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
  guard bytes.count >= pattern.count else { return false }
  return (0...bytes.count - pattern.count).contains { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
}

/// The tokens of all `Authorization` headers.
func tokens(_ server: ScriptedServer) -> [[UInt8]] {
  server.requests.compactMap { $0.head.headers.first(name: "Authorization").flatMap(AuthorizationHeader.init(parsing:))?.token }
}

/// Whether an NTLM message of that type was written in any token.
func wroteNTLM(_ server: ScriptedServer, type: UInt8) -> Bool {
  tokens(server).contains { contains($0, Array("NTLMSSP\0".utf8) + [type, 0, 0, 0]) }
}
