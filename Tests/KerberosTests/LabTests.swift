import Foundation
import Kerberos
import SecuritySupport
import TestRealm
import Testing

/// Against a real Active Directory: `Tests/Lab/up`, then `Tests/Lab/in client swift test --filter LabTests`.
@Suite("In the lab", .enabled(if: Lab.isHere, "not on the lab's host client: Tests/Lab/in client swift test"), .serialized)
struct LabTests {
  let lab: Lab

  init() throws { lab = try Lab.shared.get() }

  @Test(
    "A name in each form and case leads to the canonical principal",
    arguments: [
      "alice", "ALICE", "LAB\\alice", "lab\\Alice", "alice@lab.example", "alice@LAB.EXAMPLE", "lab.example\\alice", "alice@lab",
    ])
  func names(typed: String) throws {
    #expect(try lab.login(typed, "ALICE").acquire().description == "alice@LAB.EXAMPLE")
  }

  @Test("hop1 takes alice by each of its service names, which the client tries in order", arguments: KerberosServiceName.winRMServices)
  func services(service: String) throws {
    let (client, seen) = try lab.connect(try lab.login("alice", "ALICE"), services: [service])
    #expect(seen.principal.description == "alice@LAB.EXAMPLE")
    #expect(client.service.service == service && client.flags.contains(.mutual) && client.encryptionType == .aes256SHA1)
  }

  @Test("A host that is only in DNS has no service name there") func unregistered() throws {
    let initiator = KerberosInitiator(
      credential: try lab.login("alice", "ALICE"), configuration: .init(services: KerberosServiceName.candidates(host: "wg.lab.example")))
    #expect(try error { _ = try initiator.step(nil) }.code == .unknownService)
  }

  @Test("A forged alias does not choose the server, though DNS canonicalisation is on") func forgedAlias() throws {
    // The trap is real: a host-based name follows the alias to hop2.
    let output = try lab.run(["client", "kvno", "-S", "WSMAN", lab["FORGED"]], ticketOf: "ALICE")
    #expect(output.contains("WSMAN/hop2.lab.example@LAB.EXAMPLE"))
    let initiator = KerberosInitiator(
      credential: try lab.login("alice", "ALICE"), configuration: .init(services: KerberosServiceName.candidates(host: lab["FORGED"])))
    #expect(try error { _ = try initiator.step(nil) }.code == .unknownService)
  }

  @Test(
    "What the domain refuses has its own error",
    arguments: [
      ("alice", "BOB", KerberosError.Code.wrongPassword), ("nobody", "BOB", .unknownPrincipal), ("erin", "ERIN", .passwordMustChange),
    ])
  func refusals(user: String, passwordOf: String, code: KerberosError.Code) throws {
    let credential = try lab.login(user, passwordOf)
    let refusal = try error { try credential.acquire() }
    #expect(refusal.code == code, "\(refusal.debugDescription)")
  }

  @Test("A ticket is delegated to a host that is trusted for it, and never that of a protected or sensitive user") func delegation() throws
  {
    #expect(try lab.connect(try lab.login("alice", "ALICE"), delegation: .whenTrusted).seen.delegated == nil)
    _ = try lab.run(["dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "on"])
    defer { _ = try? lab.run(["dc", "samba-tool", "delegation", "for-any-service", "HOP1$", "off"]) }
    let seen = try lab.connect(try lab.login("alice", "ALICE"), delegation: .whenTrusted).seen
    let cache = KerberosTicketCache(name: "FILE:\(lab["STATE"])/client/cc/delegated")
    try #require(seen.delegated).store(into: cache)
    let next = KerberosInitiator(
      credential: KerberosCredential(.cache(cache.name)), configuration: .init(services: KerberosServiceName.candidates(host: lab["HOP2"])))
    #expect(try next.step(nil).token != nil)
    try cache.destroy()
    for user in ["carol", "dave"] {
      #expect(try lab.connect(try lab.login(user, user.uppercased()), delegation: .whenTrusted).seen.delegated == nil)
    }
  }
}

/// What `Tests/Lab/up` wrote.
struct Lab {
  static let isHere = ActiveDirectoryLab.isHere("client")
  static let shared: Result<Lab, any Error> = Result { try Lab() }

  private let lab: ActiveDirectoryLab

  private init() throws {
    lab = try ActiveDirectoryLab()
    // MIT's defaults, which follow aliases: principals do not care.
    let configuration = try String(contentsOfFile: lab["CLIENT_KRB5_CONFIG"], encoding: .utf8)
      .replacingOccurrences(of: "dns_canonicalize_hostname = false", with: "dns_canonicalize_hostname = true")
    try configuration.write(toFile: "\(lab["STATE"])/client/krb5.canonical.conf", atomically: true, encoding: .utf8)
    setenv("KRB5_CONFIG", "\(lab["STATE"])/client/krb5.canonical.conf", 1)
  }

  subscript(name: String) -> String { lab[name] }

  func login(_ user: String, _ passwordOf: String) throws -> KerberosCredential {
    try KerberosTests.login(user, self["\(passwordOf)_PASSWORD"])
  }

  /// A context with hop1, whose keytab is at hand here.
  func connect(
    _ credential: KerberosCredential, services: [String] = KerberosServiceName.winRMServices, delegation: KerberosDelegation = .none
  ) throws -> (client: KerberosSession, seen: KerberosClient) {
    let names = KerberosServiceName.candidates(host: self["HOP1"], services: services)
    let initiator = KerberosInitiator(credential: credential, configuration: .init(services: names, delegation: delegation))
    let acceptor = KerberosAcceptor(configuration: .init(keytab: "FILE:" + self["HOP1_KEYTAB"], services: names))
    let request = try #require(try initiator.step(nil).token)
    let (reply, seen) = try acceptor.receive(request)
    _ = try initiator.step(reply.token)
    return (try initiator.takeSession(), seen)
  }

  /// Runs a command on a host of the lab, with a ticket of a user where one is named, and canonicalisation on.
  func run(_ command: [String], ticketOf user: String? = nil) throws -> String {
    var arguments = command
    if let user {
      let environment = [
        "KRB5_CONFIG=\(self["STATE"])/client/krb5.canonical.conf", "KRB5CCNAME=FILE:\(self["STATE"])/client/cc/of-\(user)",
      ]
      let words = command.dropFirst().joined(separator: " ")
      arguments =
        [
          "client", "env", "PASSWORD=\(self["\(user)_PASSWORD"])",
        ] + environment + [
          "bash", "-c", "printf '%s\\n' \"$PASSWORD\" | kinit \(user.lowercased()) >/dev/null && \(words)",
        ]
    }
    return try lab.run(arguments)
  }
}
