import Crypto
import SecurityDescriptors
import SecuritySupport
import Synchronization
import Winbind

@testable import NTLM

/// A domain `LAB` (realm by choice) with the users of its table, whose passwords it verifies by itself.
final class StandInDomain: DomainDirectory {
  struct Entry {
    var password: String
    var isProtected = false
    /// What a right password is answered with.
    var refusal: NTStatus?
  }

  let realm: String
  let unixUser: String
  let unixID: UInt32
  private let users: Mutex<[String: Entry]>
  private let failure = Mutex<DomainError?>(nil)
  private let questions = Mutex(0)
  /// The groups of everybody; `nil` when they cannot be read.
  let groups = Mutex<[SecurityIdentifier]?>([])

  init(realm: String = "LAB.EXAMPLE", unixUser: String, unixID: UInt32, _ users: [String: Entry]) {
    self.realm = realm
    self.unixUser = unixUser
    self.unixID = unixID
    self.users = Mutex(users)
  }

  /// What every question is answered with; `nil` for the table.
  func fail(_ error: DomainError?) { failure.withLock { $0 = error } }
  /// How many passwords were asked about.
  var asked: Int { questions.withLock { $0 } }

  private func check() throws(DomainError) {
    if let error = failure.withLock({ $0 }) { throw error }
  }

  private func user(_ name: String) -> DomainUser? {
    let names = users.withLock { $0.keys.sorted() }
    guard let index = names.firstIndex(where: { $0.lowercased() == name.lowercased() }),
      let sid = SecurityIdentifier(parsing: "S-1-5-21-1-2-3-\(1000 + index)")
    else { return nil }
    return DomainUser(sid: sid, domain: "LAB", name: names[index], realm: realm, unixName: unixUser, unixID: unixID)
  }

  func membership() async throws(DomainError) -> DomainMembership {
    try check()
    return DomainMembership(netBIOSComputer: "HOP1", netBIOSDomain: "LAB", dnsDomain: realm.lowercased(), realm: realm)
  }

  func lookup(_ name: AccountName) async throws(DomainError) -> DomainUser? {
    try check()
    let parts = name.user.split(separator: "@", maxSplits: 1).map(String.init)
    let domain = name.domain.isEmpty ? (parts.count == 2 ? parts[1] : "") : name.domain
    guard ["", "lab", realm.lowercased(), "alias.example"].contains(domain.lowercased()) else { return nil }
    return user(name.domain.isEmpty ? parts[0] : name.user)
  }

  func lookup(principal: String) async throws(DomainError) -> DomainUser? {
    try check()
    guard principal.hasSuffix("@" + realm) else { return nil }
    return user(String(principal.dropLast(realm.count + 1)))
  }

  func authenticate(_ response: DomainNTLMResponse) async throws(DomainError) -> DomainNTLMSuccess {
    questions.withLock { $0 += 1 }
    try check()
    guard let user = try await lookup(AccountName(domain: response.domain, user: response.user)),
      let entry = users.withLock({ $0[user.name] }), let hash = try? NTHash(password: SecretBytes(Array(entry.password.utf8))),
      let parsed = try? NTLMv2Response(decoding: response.ntResponse)
    else { throw .refused(.noSuchUser) }
    let key = ResponseKey(hash: hash, user: response.user, domain: response.domain)
    guard key.proof(serverChallenge: response.challenge, clientChallenge: parsed.clientChallenge) == parsed.proof else {
      throw .refused(.wrongPassword)
    }
    if let refusal = entry.refusal { throw .refused(refusal) }
    let base = key.sessionBaseKey(proof: parsed.proof).withUnsafeBytes { SecretBytes($0) }
    return DomainNTLMSuccess(user: user, sessionBaseKey: base)
  }

  func user(pac: [UInt8]) async throws(DomainError) -> DomainUser? { nil }
  func group(_ name: AccountName) async throws(DomainError) -> SecurityIdentifier? { nil }
  func groups(of user: DomainUser) async throws(DomainError) -> [SecurityIdentifier] {
    guard let groups = groups.withLock({ $0 }) else { throw DomainError(.noLogonServers, "nobody knows") }
    return groups
  }

  func isProtectedUser(_ user: DomainUser) async throws(DomainError) -> Bool {
    try check()
    return users.withLock { $0[user.name]?.isProtected ?? false }
  }

  func realm(ofDomain domain: String) async throws(DomainError) -> String? { domain.lowercased() == "lab" ? realm : nil }
}
