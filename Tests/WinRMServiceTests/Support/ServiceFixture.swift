import Certificates
import InMemoryLogging
import LogonInterface
import Logging
import NTLM
import SecuritySupport
import Testing
import WSMan
import WinRMAuthentication
import WinRMConfiguration
import WinRMHTTP

@testable import WinRMService

/// A service on a free loopback port with a scripted authority, alive while `body` runs.
struct ServiceFixture: Sendable {
  let port: Int
  let authority: ScriptedAuthority
  let log: InMemoryLogHandler
  let server: WinRMServer
  /// What it was started with.
  let settings: WinRMSettings

  static func with<R>(
    authority: ScriptedAuthority = ScriptedAuthority(), certificates: ServerCertificateStore? = nil,
    clientCertificates: ClientCertificateVerifier? = nil,
    limits: (inout ServiceLimits) -> Void = { _ in },
    shells: (inout ShellLimits) -> Void = { _ in }, settings: (inout WinRMSettings) -> Void = { _ in }, time: TimeSource = .continuous,
    configure: (inout WinRMServerConfiguration) -> Void = { _ in }, _ body: (ServiceFixture) async throws -> R
  ) async throws -> R {
    let log = InMemoryLogHandler()
    var logger = Logger(label: "test") { _ in log }
    logger.logLevel = .trace
    var allSettings = WinRMSettings()
    allSettings.listeners = [ListenerSettings(address: "IP:127.0.0.1", port: 0)]
    settings(&allSettings)
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    var configuration = WinRMServerConfiguration(settings: allSettings, machineName: "HOST") { continuation.yield($0.port) }
    configuration.certificates = certificates
    configuration.clientCertificates = clientCertificates
    limits(&configuration.limits)
    shells(&configuration.shellLimits)
    configure(&configuration)
    let server = WinRMServer(configuration: configuration, authority: authority, logger: logger, time: time, offer: nil)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await server.run()
        continuation.finish()
      }
      defer { group.cancelAll() }
      for await port in ports {
        return try await body(ServiceFixture(port: port, authority: authority, log: log, server: server, settings: allSettings))
      }
      try await group.next()
      throw CancellationError()
    }
  }

  func connect() async throws -> RawConnection { try await RawConnection.open(port: port) }

  /// A connection on which `user` has been proven.
  func logOn(_ user: String) async throws -> ProtectedConnection {
    let connection = try await connect()
    try await connection.send(post(authorization: token("user:\(user)")))
    let answer = try await connection.answer()
    try #require(answer.status == 200)
    return try ProtectedConnection(connection)
  }

  /// All log lines so far, with their metadata, as one text.
  var logText: String {
    log.entries.map { "\($0.level) \($0.message) \($0.metadata)" }.joined(separator: "\n")
  }
}

/// The value of an Authorization field with a token for ``ScriptedAuthority``.
func token(_ text: String, scheme: AuthenticationScheme = .negotiate) -> String {
  AuthorizationHeader.value(scheme: scheme, token: Array(text.utf8))
}

/// A request as text and bytes.
func post(
  _ body: [UInt8] = [], path: String = "/wsman", authorization: String? = nil, contentType: String? = nil, headers: [String] = []
) -> [UInt8] {
  var lines = ["POST \(path) HTTP/1.1", "Host: host:5985", "Content-Length: \(body.count)"]
  if let authorization { lines.append("Authorization: \(authorization)") }
  if let contentType { lines.append("Content-Type: \(contentType)") }
  lines += headers
  return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
}

/// The client's end of a connection that is authenticated with the keys of ``ScriptedAuthority``.
final class ProtectedConnection {
  let raw: RawConnection
  private let protector: NegotiateProtector

  init(_ raw: RawConnection) throws {
    self.raw = raw
    let export = try NTLMSession.Export(
      exportedSessionKey: SecretBytes(ScriptedAuthority.sessionKey), flags: ScriptedAuthority.flags, sendSequence: 0, receiveSequence: 0,
      isInitiator: true)
    protector = NegotiateProtector(mechanism: NTLMMechanism(session: NTLMSession(importing: export)))
  }

  /// The bytes of a protected request.
  func sealed(_ envelope: [UInt8]) async throws -> (contentType: String, body: [UInt8]) { try await protector.protect(envelope) }

  func send(_ request: WSManRequest) async throws { try await send(request.encode()) }

  func send(_ envelope: [UInt8]) async throws {
    let (contentType, body) = try await protector.protect(envelope)
    try await raw.send(post(body, contentType: contentType))
  }

  /// The answer to a request that was sent.
  ///
  /// - Throws: ``WSManFault`` for a fault.
  func receive() async throws -> WSManResponse {
    let answer = try await raw.answer()
    let plaintext = try await protector.unprotect(
      contentType: answer.values("Content-Type").first ?? "", body: answer.body, limit: 4 << 20)
    do {
      let response = try WSManResponse(decoding: plaintext)
      #expect(answer.status == 200)
      return response
    } catch {
      #expect(answer.status == 500)
      throw error
    }
  }

  @discardableResult
  func perform(_ request: WSManRequest) async throws -> WSManResponse {
    try await send(request)
    return try await receive()
  }

  /// The code of the fault that a request is answered with.
  func fault(_ request: WSManRequest) async throws -> WinRMCode? {
    do {
      try await perform(request)
      return nil
    } catch let fault as WSManFault {
      return fault.wsmanCode
    }
  }
}

/// Requests of the shell protocol.
enum Ask {
  static func header(
    _ action: WSManAction?, shell: String? = nil, timeout: Duration = .seconds(20), size: Int = 512_000, options: [OptionValue] = []
  )
    -> RequestHeader
  {
    RequestHeader(
      to: "http://host:5985/wsman", resourceURI: .shellCmd, action: action, maxEnvelopeSize: size, operationTimeout: timeout,
      selectors: shell.map { ["ShellId": $0] } ?? [:], options: options)
  }

  static func create(_ description: ShellDescription = ShellDescription(), options: [OptionValue] = []) -> WSManRequest {
    WSManRequest(header: header(.create, options: options), body: .createShell(description))
  }

  static func command(_ shell: String, _ line: CommandLine = CommandLine(command: "id"), options: [OptionValue] = []) -> WSManRequest {
    WSManRequest(header: header(.command, shell: shell, options: options), body: .command(line))
  }

  static func send(_ shell: String, _ command: String, _ bytes: [UInt8], end: Bool = false, timeout: Duration = .seconds(20))
    -> WSManRequest
  {
    WSManRequest(
      header: header(.send, shell: shell, timeout: timeout),
      body: .send([StreamBlock(name: "stdin", commandID: command, data: bytes, end: end)]))
  }

  static func receive(
    _ shell: String, _ command: String?, streams: [String] = ["stdout", "stderr"], timeout: Duration = .seconds(20), size: Int = 512_000
  ) -> WSManRequest {
    WSManRequest(
      header: header(.receive, shell: shell, timeout: timeout, size: size), body: .receive(commandID: command, streams: streams))
  }

  static func signal(_ shell: String, _ command: String?, _ code: SignalCode) -> WSManRequest {
    WSManRequest(header: header(.signal, shell: shell), body: .signal(commandID: command, code: code))
  }

  static func delete(_ shell: String) -> WSManRequest { WSManRequest(header: header(.delete, shell: shell), body: .deleteShell) }
}

extension ProtectedConnection {
  /// Opens a shell and returns its id.
  func openShell(_ description: ShellDescription = ShellDescription(), options: [OptionValue] = []) async throws -> String {
    guard case .shellCreated(let made) = try await perform(Ask.create(description, options: options)).body else {
      throw RawConnection.Closed()
    }
    return try #require(made.shellID)
  }

  /// Starts a command and returns its id.
  func start(_ shell: String, _ line: CommandLine = CommandLine(command: "id")) async throws -> String {
    guard case .commandStarted(let id) = try await perform(Ask.command(shell, line)).body else { throw RawConnection.Closed() }
    return id
  }

  /// One Receive.
  func output(_ shell: String, _ command: String, size: Int = 512_000) async throws -> ReceiveResult {
    guard case .received(let result) = try await perform(Ask.receive(shell, command, size: size)).body else { throw RawConnection.Closed() }
    return result
  }
}
