import NTLM
import SecuritySupport
import TestRealm
import Testing
import Winbind

/// What `Tests/Lab/up` wrote, seen from the member hop1.
struct Lab {
  static let isHere = ActiveDirectoryLab.isHere("hop1")
  static let shared: Result<Lab, any Error> = Result { try Lab() }

  private let lab: ActiveDirectoryLab

  private init() throws { lab = try ActiveDirectoryLab() }

  subscript(name: String) -> String { lab[name] }

  /// What NTLM clients and servers of ours make: the response to a challenge, and the session on the client's side.
  func response(
    of name: AccountName, passwordOf: String, computer: String = "HOP1", domain: String = "LAB"
  ) throws -> NTLMExchange {
    try NTLMExchange(name, SecretBytes(self["\(passwordOf)_PASSWORD"].utf8), computer: computer, domain: domain)
  }

  /// Runs a command on a host of the lab and gives what it printed.
  @discardableResult
  func run(_ command: String...) throws -> String { try lab.run(command) }
}

/// Both ends of NTLM up to the point where a domain controller is asked.
struct NTLMExchange {
  private var acceptor: NTLMAcceptor
  private var initiator: NTLMInitiator
  let verification: NTLMVerification

  init(_ name: AccountName, _ password: SecretBytes, computer: String, domain: String) throws {
    let now = FileTime.now()
    let challenge = (0..<8).map { _ in UInt8.random(in: .min ... .max) }
    acceptor = NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(
        netBIOSComputerName: computer, netBIOSDomainName: domain, dnsComputerName: "hop1.lab.example", dnsDomainName: "lab.example",
        isDomainMember: true),
      serverChallenge: challenge, timestamp: now)
    initiator = NTLMInitiator(
      credential: NTLMCredential(name: name, hash: try NTHash(password: password)), configuration: NTLMInitiatorConfiguration(),
      randomness: .system(), currentTime: now)
    let negotiate = try #require(try initiator.step(nil).token)
    guard case .send(let message) = try acceptor.receive(negotiate) else { throw DomainError(.local, "no challenge") }
    let authenticate = try #require(try initiator.step(message).token)
    guard case .verify(let verification) = try acceptor.receive(authenticate) else { throw DomainError(.local, "nothing to verify") }
    self.verification = verification
  }

  var response: DomainNTLMResponse {
    DomainNTLMResponse(
      user: verification.userName, domain: verification.domainName, workstation: verification.workstation,
      challenge: verification.serverChallenge, ntResponse: verification.ntChallengeResponse)
  }

  /// Finishes the exchange with the domain's key, and carries a message across.
  mutating func carry(_ message: [UInt8], with key: SecretBytes) throws -> [UInt8] {
    var server = try acceptor.answer(.sessionBaseKey(key))
    var client = try initiator.takeSession()
    return try server.unseal(try client.seal(message))
  }
}
