import Foundation
import Kerberos
import SecuritySupport
import Testing
import Winbind

/// On the lab's member hop1 as root: `Tests/Lab/in hop1 swift test --filter MemberLabTests`.
@Suite(
  "Tickets in the lab", .enabled(if: ProcessInfo.processInfo.environment["WINRM_LAB_HOST"] == "hop1", "not on the lab's host hop1"),
  .serialized)
struct TicketMemberLabTests {
  private let domain = WinbindDirectory()

  /// What hop1 learns of a client that logs on with a password of the lab's.
  private func client(_ user: String) throws -> KerberosClient {
    let state = ProcessInfo.processInfo.environment["WINRM_LAB"] ?? ""
    let line = try String(contentsOfFile: "\(state)/lab.env", encoding: .utf8).split(separator: "\n").first {
      $0.hasPrefix("LAB_\(user.uppercased())_PASSWORD=")
    }
    let password = try #require(line?.split(separator: "'").last)
    let names = KerberosServiceName.candidates(host: "hop1.lab.example")
    let credential = KerberosCredential(
      .password(Credential(name: AccountName(domain: "LAB", user: user), password: SecretBytes(password.utf8)), realms: KerberosRealms()))
    let initiator = KerberosInitiator(credential: credential, configuration: .init(services: names))
    let acceptor = KerberosAcceptor(configuration: .init(keytab: nil, services: names))
    let token = try #require(try initiator.step(nil).token)
    return try acceptor.receive(token).client
  }

  @Test("winbind reads the PAC of a ticket: its user with all groups") func groups() async throws {
    for (name, isProtected) in [("alice", false), ("carol", true), ("frank", false)] {
      let client = try client(name)
      let pac = try #require(client.pac)
      let user = try #require(try await domain.user(pac: pac))
      #expect(user.name == name && user.realm == client.principal.realm && user.groupsAreComplete)
      #expect(try await domain.isProtectedUser(user) == isProtected)
      #expect((user.groupSIDs.count > 200) == (name == "frank"))
    }
  }

  @Test("What is no PAC is nobody's, and one that was changed breaks nothing") func malformed() async throws {
    let pac = try #require(try client("alice").pac)
    for bytes in [[], [0], Array(pac.dropLast(8)), [UInt8](repeating: 0xFF, count: 65_536)] as [[UInt8]] {
      #expect(try await domain.user(pac: bytes) == nil)
    }
    for position in stride(from: 0, to: pac.count, by: 37) {
      var changed = pac
      changed[position] ^= 0x40
      // Whose it is then, winbind does not care: the library has verified the signature before.
      _ = try? await domain.user(pac: changed)
    }
  }
}
