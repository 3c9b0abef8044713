import BlockingThreads
import Dispatch
import SecurityDescriptors
import SecuritySupport
import Testing

@testable import Winbind

struct SecurityIdentifierTests {
  @Test(
    "The text form and back (MS-DTYP §2.4.2.1)",
    arguments: [
      "S-1-5-21-3852502017-66729164-1915366248-1103", "S-1-1-0", "S-1-5", "S-1-5-32-544", "S-1-0x000100000000-7", "S-1-22-1-0",
      "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-4294967295",
    ])
  func roundTrip(text: String) throws {
    let sid = try #require(SecurityIdentifier(parsing: text))
    #expect(sid.description == text)
    #expect(try SecurityIdentifier(sid.wbcSID) == sid)
  }

  @Test(
    "What is no identifier",
    arguments: [
      "", "S", "S-1", "S-2-5-21", "1-5-21", "S-1-", "S-1-5-", "S-1-5--1", "S-1-5-4294967296", "S-1-5-+1", "S-1-5- 1", "S-1-5-0x10", "S-1-x",
      "S-1-0x1000000000000", "S-1-281474976710656", "S-1-0x", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "S-1-5-٣",
    ])
  func malformed(text: String) { #expect(SecurityIdentifier(parsing: text) == nil) }

  @Test("Only accounts and groups of domains have one") func domains() throws {
    let sid = try #require(SecurityIdentifier(parsing: "S-1-5-21-1-2-3-525"))
    #expect(sid.domain?.description == "S-1-5-21-1-2-3" && sid.relativeIdentifier == 525)
    #expect(sid.domain?.appending(525) == sid)
    for text in ["S-1-5-21-1-2-3", "S-1-5-32-544", "S-1-22-1-0", "S-1-5-18", "S-1-5-21-1-2-3-4-5", "S-1-1-21-1-2-3-4"] {
      #expect(try #require(SecurityIdentifier(parsing: text)).domain == nil)
    }
  }

  @Test("A structure with more numbers than it holds is refused") func overlong() throws {
    let numbers = [UInt32](repeating: 7, count: 15)
    #expect(try SecurityIdentifier(revision: 1, authority: 5, count: 15, numbers: numbers).subAuthorities == numbers)
    #expect(throws: DomainError(.malformed, "")) { _ = try SecurityIdentifier(revision: 1, authority: 5, count: 16, numbers: numbers) }
    #expect(throws: DomainError(.malformed, "")) { _ = try SecurityIdentifier(revision: 1, authority: 5, count: 255, numbers: numbers) }
    #expect(throws: DomainError(.malformed, "")) { _ = try SecurityIdentifier(revision: 2, authority: 5, count: 1, numbers: numbers) }
  }
}

struct DomainNameTests {
  @Test("Where a typed name is looked up") func places() {
    for (text, place, name) in [
      ("alice", DomainName.Place.own, "alice"), ("LAB\\alice", .domain("LAB"), "alice"),
      ("lab.example\\a b", .domain("lab.example"), "a b"),
      ("alice@lab.example", .suffix, "alice@lab.example"),
    ] {
      let parsed = AccountName(parsing: text).flatMap(DomainName.init(user:))
      #expect(parsed?.place == place && parsed?.name == name)
    }
    let group = AccountName(parsing: "winrm-users@lab.example").flatMap(DomainName.init(group:))
    #expect(group?.place == .domain("lab.example") && group?.name == "winrm-users")
  }

  @Test("What cannot be a name of a domain's is not asked about") func refused() {
    let long = String(repeating: "x", count: 256)
    for name in [
      AccountName(domain: ".", user: "alice"), .init(domain: "", user: ""), .init(domain: "LAB", user: long),
      .init(domain: long, user: "a"),
      .init(domain: "LAB", user: "a\0b"), .init(domain: "L\0", user: "a"), .init(domain: "", user: "LAB\\alice"),
      .init(domain: "A\\B", user: "alice"), .init(domain: "Unix User", user: "root"), .init(domain: "LAB", user: "alice@lab.example"),
      .init(domain: "LAB", user: "*"), .init(domain: "LAB", user: "a/b"), .init(domain: "LAB", user: "a\u{202E}b"),
      .init(domain: "LAB", user: "a\nb"), .init(domain: "LAB", user: String(repeating: "ä", count: 128)),
    ] {
      #expect(DomainName(user: name) == nil, "\(name)")
    }
    for text in ["a@b@c", "LAB\\a@b", "@lab", "a@", "x*"] { #expect(AccountName(parsing: text).flatMap(DomainName.init(group:)) == nil) }
  }

  @Test("A user's principal, and nothing else") func principals() {
    #expect(DomainName.parts(ofPrincipal: "alice@LAB.EXAMPLE").map { [$0.user, $0.realm] } == ["alice", "LAB.EXAMPLE"])
    for text in ["alice", "@LAB", "alice@", "HTTP/a@LAB", "a\\@b@LAB", "a@b@LAB", "alice@LAB EXAMPLE", "a\0@LAB"] {
      #expect(DomainName.parts(ofPrincipal: text) == nil, "\(text)")
    }
  }
}

struct WinbindTextTests {
  private func decode(_ bytes: [UInt8]) throws -> String {
    try (bytes + [0]).withUnsafeBytes { try WinbindText.decode($0.baseAddress?.assumingMemoryBound(to: CChar.self), "a name") }
  }

  @Test("Names of winbind's are believed only when they are names") func decoding() throws {
    #expect(try decode(Array("LAB\\älice".utf8)) == "LAB\\älice")
    #expect(try decode([]).isEmpty)
    #expect(try WinbindText.decode(nil, "a name").isEmpty)
    #expect(try decode([UInt8](repeating: 0x61, count: 255)).count == 255)
    for bytes in [[UInt8](repeating: 0x61, count: 256), [0xFF], [0x61, 0x0A], [0x1B, 0x5B], Array("a\u{202E}b".utf8), [0xC0, 0x80]] {
      #expect(throws: DomainError(.malformed, "")) { _ = try decode(bytes) }
    }
  }
}

struct WinbindStatusTests {
  @Test("A refusal is the domain's, unless nobody was there to refuse") func refusals() {
    #expect(WinbindStatus.refusal(.wrongPassword) == .refused(.wrongPassword))
    #expect(WinbindStatus.refusal(NTStatus(rawValue: 0xC000_0123)) == .refused(NTStatus(rawValue: 0xC000_0123)))
    #expect(WinbindStatus.refusal(.noLogonServers).code == .noLogonServers)
    #expect(WinbindStatus.refusal(NTStatus(rawValue: 0xC000_018D)).code == .noLogonServers)
  }

  @Test("Logons that nobody answers leave the other questions their threads") func busyLogons() async throws {
    guard !Lab.isHere else { return }
    let responses = BlockingPool(slots: 1, deadline: .seconds(60))
    let gate = DispatchSemaphore(value: 0)
    let call = Task { try? await responses.run { gate.wait() } }
    defer { gate.signal() }
    for _ in 0..<500 where responses.slotsTaken == 0 { try await Task.sleep(for: .milliseconds(10)) }
    let directory = WinbindDirectory(responses: responses)
    let response = DomainNTLMResponse(
      user: "alice", domain: "SLOW", workstation: "", challenge: [UInt8](repeating: 0, count: 8),
      ntResponse: [UInt8](repeating: 0, count: 60))
    await #expect(throws: DomainError(.busy, "")) { _ = try await directory.authenticate(response) }
    await #expect(throws: DomainError(.unavailable, "")) { _ = try await directory.lookup(AccountName(domain: "LAB", user: "alice")) }
    _ = call
  }

  @Test("Where winbind does not run, everything is an error") func absent() async {
    guard !Lab.isHere else { return }
    let directory = WinbindDirectory()
    await #expect { _ = try await directory.membership() } throws: { ($0 as? DomainError)?.code == .unavailable }
    await #expect {
      _ = try await directory.lookup(AccountName(domain: "", user: "alice"))
    } throws: {
      ($0 as? DomainError)?.code == .unavailable
    }
  }
}
