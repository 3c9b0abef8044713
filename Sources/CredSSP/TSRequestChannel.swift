import SecuritySupport

/// What both ends have in common: TLS, messages put together from tokens, the peer's version, limits.
struct TSRequestChannel {
  let tls: any TLSEngine
  let configuration: CredSSPConfiguration
  /// What the peer's first message said.
  private(set) var peerVersion: Int?

  private var assembler: TSRequestAssembler
  /// TLS bytes that go out before the next record: handshake, tickets, key updates.
  private var output: [UInt8] = []
  private var receivedTokens = 0
  private var isBroken = false

  init(tls: any TLSEngine, configuration: CredSSPConfiguration) {
    self.tls = tls
    self.configuration = configuration
    assembler = TSRequestAssembler(limit: configuration.maximumMessageSize)
  }

  /// The lower one of both versions; `nil` before the peer has said its own.
  var effectiveVersion: Int? { peerVersion.map { min($0, configuration.version) } }

  /// Whether the effective version has an `errorCode` (MS-CSSP §2.2.1): 3, 4 and 6, but not 5.
  var permitsErrorCode: Bool {
    guard !isBroken, tls.isHandshakeComplete, let version = effectiveVersion else { return false }
    return version == 3 || version == 4 || version >= 6
  }

  mutating func start() throws(CredSSPError) { output += try run { try $0.start() } }

  /// Feeds a token to TLS and gives the plaintext; what TLS has to say waits for ``takeOutput()``.
  mutating func open(_ token: [UInt8]) throws(CredSSPError) -> [UInt8] {
    receivedTokens += 1
    guard receivedTokens <= configuration.maximumTokens else {
      throw CredSSPError(.limit, "more than \(configuration.maximumTokens) tokens came")
    }
    // Twice the message leaves ample room for records and for a chain of certificates.
    guard token.count / 2 <= configuration.maximumMessageSize else {
      throw CredSSPError(.limit, "a token is longer than twice the longest message")
    }
    guard !token.isEmpty else { return [] }
    let result = try run { try $0.receive(token) }
    output += result.toPeer
    return result.plaintext
  }

  /// Adds plaintext and gives the message once it is whole, with its version checked.
  mutating func assemble(_ plaintext: [UInt8]) throws(CredSSPError) -> TSRequest? {
    guard let request = try assembler.append(plaintext) else { return nil }
    if let peerVersion {
      guard request.version == peerVersion else {
        throw CredSSPError(.violation, "the peer changed its version from \(peerVersion) to \(request.version)")
      }
    } else {
      peerVersion = request.version
      let minimum = max(2, configuration.minimumVersion)
      guard min(request.version, configuration.version) >= minimum else {
        throw CredSSPError(
          .unsupportedVersion, "the peer speaks CredSSP version \(request.version); at least version \(minimum) is required",
          status: .notSupported, peerVersion: request.version)
      }
    }
    return request
  }

  /// The TLS bytes that wait to go out.
  mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// A token with one message, behind the TLS bytes that were waiting.
  mutating func seal(_ request: TSRequest) throws(CredSSPError) -> [UInt8] {
    let records = try run { try $0.seal(request.encode()) }
    return takeOutput() + records
  }

  private mutating func run<R>(_ body: (any TLSEngine) throws -> R) throws(CredSSPError) -> R {
    do { return try body(tls) } catch {
      isBroken = true
      throw CredSSPError(.tls, "the inner TLS failed", cause: error)
    }
  }
}
