import Crypto
import SecuritySupport
import TestVectors

@testable import NTLM

func vector(_ path: String) throws -> [UInt8] { try TestVectors.bytes("ntlm/" + path) }
func text(_ path: String) throws -> String { try TestVectors.value("ntlm/" + path) }
func hexadecimal(_ text: String) throws -> [UInt8] { try TestVectors.bytes(hexadecimal: text) }

extension SecretBytes {
  convenience init(text: String) { self.init(Array(text.utf8)) }
  var array: [UInt8] { withUnsafeBytes(Array.init) }
}

extension SymmetricKey {
  var array: [UInt8] { withUnsafeBytes(Array.init) }
}

/// `bytes` under a fresh RC4 key stream.
func rc4(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
  var bytes = bytes
  var cipher = key.withUnsafeBytes { Insecure.RC4(key: $0) }
  bytes.withUnsafeMutableBytes { cipher.apply(to: $0) }
  return bytes
}

extension NTLMCredential {
  static func make(_ user: String = "jdoe", domain: String = "CONTOSO", password: String = "Pa$$w0rd") throws -> NTLMCredential {
    NTLMCredential(name: AccountName(domain: domain, user: user), hash: try NTHash(password: SecretBytes(text: password)))
  }
}

/// Both ends with fixed randomness, run step by step so that a test can put its hand between.
struct Pair {
  static let timestamp: UInt64 = 133_500_000_000_000_000
  static let bindings = ChannelBindings(serverEndPointHash: [UInt8](repeating: 0x42, count: 32))
  static let password = "Pa$$w0rd"

  var initiator: NTLMInitiator
  var acceptor: NTLMAcceptor

  init(
    credential: NTLMCredential? = nil, targetName: String? = "HTTP/srv01", clientBindings: ChannelBindings? = nil,
    permitsMissingTimestamp: Bool = false, configure: (inout NTLMAcceptorConfiguration) -> Void = { _ in }
  ) throws {
    initiator = NTLMInitiator(
      credential: try credential ?? .make(),
      configuration: NTLMInitiatorConfiguration(
        targetName: targetName, channelBindings: clientBindings, workstation: "CLIENT01", permitsMissingTimestamp: permitsMissingTimestamp),
      randomness: NTLMRandomness(clientChallenge: Array(1...8), exportedSessionKey: Array(16..<32)), currentTime: 7)
    var configuration = NTLMAcceptorConfiguration(
      netBIOSComputerName: "SRV01", netBIOSDomainName: "SRV01", dnsComputerName: "srv01.contoso.local", dnsDomainName: "contoso.local")
    configure(&configuration)
    acceptor = NTLMAcceptor(configuration: configuration, serverChallenge: Array(32..<40), timestamp: Self.timestamp)
  }

  mutating func negotiate() throws -> [UInt8] { try require(initiator.step(nil).token) }
  mutating func authenticate(_ challenge: [UInt8]) throws -> [UInt8] { try require(initiator.step(challenge).token) }

  mutating func challenge(_ negotiate: [UInt8]) throws -> [UInt8] {
    guard case .send(let token) = try acceptor.receive(negotiate) else { throw Unexpected() }
    return token
  }

  mutating func verify(_ authenticate: [UInt8], password: String = Pair.password) throws -> NTLMSession {
    guard case .verify = try acceptor.receive(authenticate) else { throw Unexpected() }
    return try acceptor.answer(.ntHash(NTHash(password: SecretBytes(text: password))))
  }

  /// The whole exchange; each change is made to a message between the two ends.
  mutating func run(
    negotiate changeNegotiate: (inout [UInt8]) -> Void = { _ in }, challenge changeChallenge: (inout [UInt8]) -> Void = { _ in },
    authenticate changeAuthenticate: (inout [UInt8]) -> Void = { _ in }, password: String = Pair.password
  ) throws -> (client: NTLMSession, server: NTLMSession) {
    var negotiate = try negotiate()
    changeNegotiate(&negotiate)
    var challenge = try challenge(negotiate)
    changeChallenge(&challenge)
    var authenticate = try authenticate(challenge)
    changeAuthenticate(&authenticate)
    let server = try verify(authenticate, password: password)
    return (try initiator.takeSession(), server)
  }
}

struct Unexpected: Error {}

func require<T>(_ value: T?) throws -> T {
  guard let value else { throw Unexpected() }
  return value
}

/// Runs `body` and gives the code of the NTLMError that it throws; any other error is passed on, success is `nil`.
func code(_ body: () throws -> some Any) throws -> NTLMError.Code? {
  do { _ = try body() } catch let error as NTLMError { return error.code }
  return nil
}

extension [UInt8] {
  mutating func replace(at offset: Int, with bytes: [UInt8]) { replaceSubrange(offset..<offset + bytes.count, with: bytes) }

  mutating func flip(bit: Int) { self[bit / 8] ^= 1 << UInt8(bit % 8) }

  /// Changes the flags at `offset`.
  mutating func changeFlags(at offset: Int, _ change: (inout NegotiateFlags) -> Void) {
    var flags = NegotiateFlags(rawValue: self[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    change(&flags)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: flags.rawValue)
    replace(at: offset, with: bytes)
  }
}

/// Where the flags stand in each message.
enum FlagsOffset {
  static let negotiate = 12
  static let challenge = 20
  static let authenticate = 60
}
