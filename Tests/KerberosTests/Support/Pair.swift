import Kerberos
import SecuritySupport
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
