import Kerberos
import SecuritySupport
import TestRealm
import Testing

/// Both ends of one context.
struct Pair {
  var client: KerberosSession
  var server: KerberosSession
  var seen: KerberosClient

  static let target = "WSMAN/\(LocalRealm.host)"

  init(
    _ credential: KerberosCredential, to target: String = Pair.target, delegation: KerberosDelegation = .none,
    clientBindings: ChannelBindings? = nil, serverBindings: ChannelBindings? = nil, level: KerberosChannelBindingLevel = .strict
  ) throws {
    let realm = try LocalRealm.shared.get()
    let initiator = KerberosInitiator(
      credential: credential,
      configuration: .init(services: [try service(target)], delegation: delegation, channelBindings: clientBindings))
    let acceptor = KerberosAcceptor(
      configuration: .init(
        keytab: realm.keytab, services: [try service(target)], channelBindings: serverBindings, channelBindingLevel: level))
    let request = try initiator.step(nil)
    #expect(!request.isFinished && !request.mayProtect)
    let (reply, seen) = try acceptor.receive(try #require(request.token))
    #expect(reply.isFinished && reply.mayProtect)
    let token: [UInt8] = try #require(reply.token)
    let end = try initiator.step(token)
    #expect(end == MechanismStep(token: nil, mayProtect: true, isFinished: true))
    (client, server, self.seen) = (try initiator.takeSession(), try acceptor.takeSession(), seen)
  }
}

/// The credential that most tests share, so that the KDC is asked once.
let alice: Result<KerberosCredential, any Error> = Result {
  _ = try LocalRealm.shared.get()
  return try login()
}

/// The error that `body` throws.
func error(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) throws -> KerberosError {
  try #require(throws: KerberosError.self, sourceLocation: sourceLocation, performing: body)
}

/// The condition of every test that needs the realm.
let needsRealm: ConditionTrait = .enabled(if: LocalRealm.isAvailable, LocalRealm.missing)

extension SecretBytes {
  convenience init(text: String) { self.init(Array(text.utf8)) }
}

func name(_ text: String) throws -> AccountName { try #require(AccountName(parsing: text)) }

func service(_ text: String) throws -> KerberosServiceName { try #require(KerberosServiceName(parsing: text)) }

/// A credential of the test realm.
func login(
  _ user: String = "alice", _ password: String = LocalRealm.password, realms: KerberosRealms = KerberosRealms()
) throws -> KerberosCredential {
  KerberosCredential(.password(Credential(name: try name(user), password: SecretBytes(text: password)), realms: realms))
}
