import Kerberos
import SecuritySupport
import TestRealm
import Testing
import WinRMAuthentication
import WinRMHTTP

@Suite("Kerberos as a mechanism of the driver", .enabled(if: LocalRealm.isAvailable, LocalRealm.missing)) struct KerberosMechanismTests {
  private func ends(password: String = LocalRealm.password, slots: Int = 4) throws -> (KerberosMechanism, KerberosAcceptor) {
    let realm = try LocalRealm.shared.get()
    let services = [try #require(KerberosServiceName(service: "WSMAN", host: LocalRealm.host))]
    let credential = Credential(name: AccountName(domain: "", user: "alice"), password: SecretBytes(Array(password.utf8)))
    let initiator = KerberosInitiator(credential: KerberosCredential(.password(credential)), configuration: .init(services: services))
    return (
      KerberosMechanism(initiator: initiator, workers: KerberosWorkers(slots: slots)),
      KerberosAcceptor(configuration: .init(keytab: realm.keytab, services: services))
    )
  }

  private func established() async throws -> (client: KerberosMechanism, server: KerberosMechanism) {
    let (client, acceptor) = try ends()
    let request = try #require(try await client.step(nil).token)
    let reply = try acceptor.receive(request).step
    #expect(try await client.step(reply.token).isFinished)
    return (client, KerberosMechanism(session: try acceptor.takeSession()))
  }

  @Test func proofAndMessages() async throws {
    let (client, server) = try await established()
    #expect(await client.provenService?.description == "WSMAN/\(LocalRealm.host)")
    #expect(await server.provenService == nil)
    #expect(try await server.unseal(try await client.seal([1, 2])) == [1, 2])
    #expect(try await client.unseal(try await server.seal(secret: SecretBytes([3]))) == [3])
    let mic = try await client.mic(over: [4])
    try await server.verify(mic: mic, over: [4])
    await #expect(throws: AuthenticationError.self) { try await client.step(nil) }
  }

  @Test("Bodies of HTTP have a signature of 60 bytes", arguments: [0, 1, 100_000]) func bodies(count: Int) async throws {
    let (client, server) = try await established()
    let plaintext = [UInt8](repeating: 0x41, count: count)
    let (type, body) = try await NegotiateProtector(mechanism: client).protect(plaintext)
    #expect(body.firstRange(of: [0x0D, 0x0A, 60, 0, 0, 0, 5, 4, 6]) != nil)
    #expect(try await NegotiateProtector(mechanism: server).unprotect(contentType: type, body: body, limit: 200_000) == plaintext)
  }

  @Test func aWrongPasswordIsRefusedByName() async throws {
    let (client, _) = try ends(password: "wrong")
    let error = await #expect(throws: (any Error).self) { try await NegotiateContext(mechanisms: [client]).step(nil) }
    let wrapped = try #require(error as? AuthenticationError)
    #expect(wrapped.code == .refused && wrapped.status == .logonFailure)
    #expect(wrapped.description.contains("KRB5KDC_ERR_PREAUTH_FAILED (24)"))
    await #expect(throws: AuthenticationError.self) { try await client.step(nil) }
  }
}
