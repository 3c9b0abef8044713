import Foundation
import Kerberos
import SecuritySupport
import TestRealm
import Testing

@Suite("Names and passwords against a real KDC", needsRealm) struct CredentialTests {
  let realm: LocalRealm
  let silent = KerberosRealms(byDomain: ["SILENT": "SILENT.TEST", "CLOSED": "CLOSED.TEST", "HOME": LocalRealm.name])

  init() throws { realm = try LocalRealm.shared.get() }

  @Test(
    "Typed names in each form and case of the domain lead to one principal",
    arguments: [
      "alice", "alice@WINRM.TEST", "alice@winrm.test", "HOME\\alice", "home\\alice", "WINRM.test\\alice", "Winrm\\alice",
    ])
  func forms(text: String) throws {
    #expect(try login(text, realms: silent).acquire().description == "alice@\(LocalRealm.name)")
  }

  @Test(
    "What the KDC refuses has its own error",
    arguments: [
      ("alice", "wrong", KerberosError.Code.wrongPassword, "KRB5KDC_ERR_PREAUTH_FAILED (24)"),
      ("bob", "wrong", .wrongPassword, "KRB5KRB_AP_ERR_BAD_INTEGRITY (31)"),
      ("alice", "", .wrongPassword, "KRB5KDC_ERR_PREAUTH_FAILED (24)"),
      ("alice", LocalRealm.password + "\0", .local, "zero byte"),
      ("nobody", "wrong", .unknownPrincipal, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)"),
      ("nobody@elsewhere.invalid", "wrong", .unknownPrincipal, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)"),
      ("ANY\\alice", LocalRealm.password, .unknownPrincipal, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)"),
      ("expired", LocalRealm.password, .passwordExpired, "KRB5KDC_ERR_KEY_EXP (23)"),
      ("mustchange", LocalRealm.password, .passwordExpired, "KRB5KDC_ERR_KEY_EXP (23)"),
      ("locked", LocalRealm.password, .accountRevoked, "KRB5KDC_ERR_CLIENT_REVOKED (18)"),
      ("gone", LocalRealm.password, .accountExpired, "KRB5KDC_ERR_NAME_EXP (1)"),
      ("antique", LocalRealm.password, .encryptionType, "KRB5KDC_ERR_ETYPE_NOSUPP (14)"),
      ("CLOSED\\alice", LocalRealm.password, .unreachable, "KRB5_KDC_UNREACH"),
    ])
  func refusals(user: String, password: String, code: KerberosError.Code, status: String) throws {
    let credential = try login(user, password, realms: silent)
    let error = try error { try credential.acquire() }
    #expect(error.code == code)
    #expect(error.description.contains(status))
    #expect(!error.likelyCause.isEmpty && !error.nextStep.isEmpty)
    #expect(!error.description.contains(LocalRealm.password) && !error.debugDescription.contains(LocalRealm.password))
  }

  @Test("K-08: a KDC that does not answer costs the caller the deadline and a slot; the next call is refused at once")
  func silentKDC() async throws {
    let workers = KerberosWorkers(slots: 1, deadline: .milliseconds(200))
    let credential = try login("SILENT\\alice", realms: silent)
    let start = ContinuousClock.now
    let late = await #expect(throws: KerberosError.self) { try await workers.run { try credential.acquire() } }
    #expect(late?.code == .timeout)
    #expect(workers.slotsTaken == 1)
    let refused = await #expect(throws: KerberosError.self) { try await workers.run { 1 } }
    #expect(refused?.code == .busy)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test("A keytab's key serves like a password") func keytab() throws {
    let robot = KerberosCredential(.keytab(path: "FILE:\(realm.directory)/robot.keytab"))
    #expect(try robot.acquire().userName == "robot")
    #expect(try Pair(robot).seen.principal.userName == "robot")
    let named = KerberosCredential(.keytab(path: "FILE:\(realm.directory)/robot.keytab", principal: "robot@\(LocalRealm.name)"))
    #expect(try named.acquire().userName == "robot")
    for (path, principal) in [("none", nil), ("robot.keytab", "alice@\(LocalRealm.name)")] as [(String, String?)] {
      let credential = KerberosCredential(.keytab(path: "FILE:\(realm.directory)/\(path)", principal: principal))
      #expect(try error { try credential.acquire() }.code == .keytab)
    }
  }

  @Test("No ticket cache where one is asked for") func noCache() throws {
    for name in [nil, "FILE:\(realm.directory)/none", "MEMORY:none"] {
      #expect(try error { try KerberosCredential(.cache(name)).acquire() }.code == .noCredentials)
    }
  }

  @Test("A cache is filled, renewed and destroyed") func cache() throws {
    let cache = KerberosTicketCache(name: "FILE:\(realm.directory)/session")
    let credential = Credential(name: try name("WINRM\\alice"), password: SecretBytes(text: LocalRealm.password))
    let (principal, expiry) = try cache.fill(from: .password(credential))
    #expect(principal.description == "alice@\(LocalRealm.name)")
    #expect(expiry > Int64(Date().timeIntervalSince1970) + 3600)
    #expect(try cache.renew() >= expiry - 1)
    #expect(try Pair(KerberosCredential(.cache(cache.name))).seen.principal.userName == "alice")
    try cache.destroy()
    #expect(!FileManager.default.fileExists(atPath: "\(realm.directory)/session"))
    #expect(try error { try cache.renew() }.code == .noCredentials)
  }

  @Test("The private cache goes with its credential") func privateCache() throws {
    weak var gone: KerberosCredential?
    do {
      let credential = try login()
      try credential.acquire()
      gone = credential
    }
    #expect(gone == nil)
    #expect(!FileManager.default.fileExists(atPath: "\(realm.directory)/default.ccache"))
  }
}
