import Certificates
import Foundation
import InMemoryLogging
import LogonInterface
import NIOSSL
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration
import WinRMHTTP

@testable import WinRMService

/// Basic, and messages in clear.
@Suite(.timeLimit(.minutes(2)))
struct PlainAuthenticationTests {
  private let soap = MultipartEncrypted.originalContentType

  private func basic(_ user: String, _ password: String = ScriptedAuthority.password) -> String {
    token("\(user):\(password)", scheme: .basic)
  }

  private func withHTTP<R>(
    basic: Bool = true, unencrypted: Bool = true, _ body: (ServiceFixture) async throws -> R
  ) async throws -> R {
    try await ServiceFixture.with(
      limits: { $0.authenticationRefusals = 100 },
      settings: {
        $0.service.auth.basic = basic
        $0.service.allowUnencrypted = unencrypted
      }, body)
  }

  private func isIdentified(_ answer: RawConnection.Answer) -> Bool {
    guard answer.status == 200, answer.values("Content-Type") == [soap], let response = try? WSManResponse(decoding: answer.body),
      case .identify(let found) = response.body
    else { return false }
    return found.productVersion != "OS: 0.0.0 SP: 0.0 Stack: 3.0"
  }

  @Test(
    "Basic over HTTP is offered with both settings alone, and otherwise the password is not looked at",
    arguments: [(true, true), (true, false), (false, true)])
  func offer(basic isOn: Bool, unencrypted: Bool) async throws {
    try await withHTTP(basic: isOn, unencrypted: unencrypted) { service in
      let connection = try await service.connect()
      try await connection.send(post())
      let isOffered = isOn && unencrypted
      #expect(try await connection.answer().values("WWW-Authenticate") == ["Negotiate"] + (isOffered ? ["Basic realm=\"WSMAN\""] : []))
      try await connection.send(post(try WSManRequest.identify.encode(), authorization: basic("ann"), contentType: soap))
      #expect(try await isIdentified(connection.answer()) == isOffered)
      #expect(service.authority.record.passwords == (isOffered ? ["ann"] : []))
      #expect(service.logText.contains("AllowUnencrypted is on") == unencrypted)
      #expect(service.logText.contains("Basic is on") == isOn)
    }
  }

  @Test("The same credentials on one connection are asked about once; each request needs them")
  func caching() async throws {
    try await withHTTP { service in
      let connection = try await service.connect()
      let identify = try WSManRequest.identify.encode()
      for _ in 0..<5 {
        try await connection.send(post(identify, authorization: basic("ann"), contentType: soap))
        #expect(try await isIdentified(connection.answer()))
      }
      // S-02: without them nobody is there.
      try await connection.send(post(try Ask.create().encode(), contentType: soap))
      #expect(try await connection.answer().status == 401)
      try await connection.send(post(try Ask.create().encode(), authorization: basic("ann"), contentType: soap))
      #expect(try await connection.answer().status == 200)
      #expect(service.authority.record.passwords == ["ann"])
      #expect(service.authority.record.opened.count == 1)
      let other = try await service.connect()
      try await other.send(post(identify, authorization: basic("ann"), contentType: soap))
      _ = try await other.answer()
      #expect(service.authority.record.passwords == ["ann", "ann"])
    }
  }

  @Test("Other credentials on one connection are a new logon: a wrong password ends the old one, another account the connection")
  func otherCredentials() async throws {
    try await withHTTP { service in
      let connection = try await service.connect()
      let identify = try WSManRequest.identify.encode()
      try await connection.send(post(identify, authorization: basic("ann"), contentType: soap))
      #expect(try await connection.answer().status == 200)
      try await connection.send(post(identify, authorization: basic("ann", "wrong"), contentType: soap))
      #expect(try await connection.answer().status == 401)
      #expect(service.authority.record.released.count == 1)
      try await connection.send(post(identify, authorization: basic("ann"), contentType: soap))
      #expect(try await connection.answer().status == 200)
      #expect(service.authority.record.passwords == ["ann", "ann", "ann"])
      try await connection.send(post(identify, authorization: basic("bob"), contentType: soap))
      let answer = try await connection.answer()
      #expect(answer.status == 401 && answer.closes)
      await connection.untilClosed()
      #expect(service.authority.record.released.count == 3)
    }
  }

  @Test("What is no user name with a password is refused before anybody is asked")
  func malformed() async throws {
    try await withHTTP { service in
      let connection = try await service.connect()
      let long = String(repeating: "a", count: 4096)
      for field in [
        "Basic", "Basic ", "Basic !!!", "Basic YTpi YTpi", "Basic \(long)", token("nocolon", scheme: .basic), token(":x", scheme: .basic),
        token("a\u{0}:x", scheme: .basic), token("a:x\n", scheme: .basic), token("\(long):x", scheme: .basic),
        token("a:\(long)", scheme: .basic),
      ] {
        try await connection.send(post(try WSManRequest.identify.encode(), authorization: field, contentType: soap))
        let answer = try await connection.answer()
        #expect(answer.status == 401 && answer.body.isEmpty, "\(field.prefix(20))")
      }
      #expect(service.authority.record.passwords.isEmpty)
    }
  }

  @Test("A wrong password is 401, three end the connection, and one that nobody had time for is 503")
  func refusals() async throws {
    try await ServiceFixture.with(settings: {
      $0.service.auth.basic = true
      $0.service.allowUnencrypted = true
    }) { service in
      let connection = try await service.connect()
      for attempt in 1...3 {
        try await connection.send(post(try Ask.create().encode(), authorization: basic("ann", "wrong\(attempt)"), contentType: soap))
        let answer = try await connection.answer()
        #expect(answer.status == 401 && answer.closes == (attempt == 3))
      }
      for name in ["busy", "undecided", "full", "unavailable"] {
        let busy = try await service.connect()
        try await busy.send(post(authorization: basic(name)))
        let answer = try await busy.answer()
        #expect(answer.status == 503 && answer.closes && answer.values("Retry-After") == ["2"], "\(name)")
        let wrong = try await service.connect()
        try await wrong.send(post(authorization: basic("ann", "wrong")))
        #expect(try await wrong.answer().status == 401)
      }
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("Switched off, Basic is refused on connections that stand, and so are messages in clear")
  func live() async throws {
    try await withHTTP { service in
      let connection = try await service.connect()
      let negotiated = try await service.logOn("alice")
      let identify = try WSManRequest.identify.encode()
      try await connection.send(post(identify, authorization: basic("ann"), contentType: soap))
      #expect(try await connection.answer().status == 200)
      try await negotiated.raw.send(post(identify, contentType: soap))
      #expect(try await negotiated.raw.answer().status == 200)
      var settings = service.settings
      settings.service.allowUnencrypted = false
      try service.server.update(settings)
      try await connection.send(post(identify, authorization: basic("ann"), contentType: soap))
      #expect(try await connection.answer().status == 401)
      #expect(service.authority.record.passwords.count == 1)
      try await negotiated.raw.send(post(identify, contentType: soap))
      #expect(try await negotiated.raw.answer().status == 500)
    }
  }

  @Test("An encrypted body beside Basic is refused: nothing was agreed to encrypt with")
  func encryptedBasic() async throws {
    try await withHTTP { service in
      let client = try ProtectedConnection(try await service.connect())
      let (type, body) = try await client.sealed(try Ask.create().encode())
      try await client.raw.send(post(body, authorization: basic("ann"), contentType: type))
      #expect(try await client.raw.answer().status == 400)
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("C-17: neither passwords nor what holds them are in the log")
  func log() async throws {
    try await withHTTP { service in
      let connection = try await service.connect()
      for field in [basic("ann"), basic("ann", ScriptedAuthority.password + "x"), token("Canary-without-colon", scheme: .basic)] {
        try await connection.send(post(try WSManRequest.identify.encode(), authorization: field, contentType: soap))
        _ = try await connection.answer()
      }
      #expect(!service.logText.contains("Canary"))
      #expect(!service.logText.contains(basic("ann").dropFirst(6)))
    }
  }

  // MARK: AllowUnencrypted

  @Test(
    "AllowUnencrypted: a message in clear is answered in clear, with the last token and after it; a protected one is answered protected")
  func unencrypted() async throws {
    try await withHTTP(basic: false) { service in
      let connection = try await service.connect()
      try await connection.send(post(try Ask.create().encode(), authorization: token("user:alice"), contentType: soap))
      let first = try await connection.answer()
      #expect(first.status == 200 && first.values("Content-Type") == [soap])
      #expect(service.authority.record.opened.count == 1)
      try await connection.send(post(try WSManRequest.identify.encode(), contentType: soap))
      #expect(try await isIdentified(connection.answer()))
      let client = try ProtectedConnection(connection)
      // A fault too.
      try await connection.send(post(try Ask.delete(GUIDText.random()).encode(), contentType: soap))
      let fault = try await connection.answer()
      #expect(fault.status == 500 && fault.values("Content-Type") == [soap] && !fault.body.isEmpty)
      guard case .identify = try await client.perform(.identify).body else {
        Issue.record("not protected")
        return
      }
      for type in ["text/xml", "application/soap+xml;charset=ISO-8859-1"] {
        let other = try await service.logOn("alice")
        try await other.raw.send(post(try WSManRequest.identify.encode(), contentType: type))
        #expect(try await other.raw.answer().status == 415)
      }
    }
  }

  @Test("AllowUnencrypted: a client that has protected a message protects all; one in clear after it ends the connection")
  func injected() async throws {
    try await withHTTP(basic: false) { service in
      let client = try await service.logOn("alice")
      try await client.perform(.identify)
      try await client.raw.send(post(try Ask.create().encode(), contentType: soap))
      let answer = try await client.raw.answer()
      #expect(answer.status == 500 && answer.body.isEmpty)
      await client.raw.untilClosed()
      // Nor with another last token.
      let again = try await service.logOn("alice")
      try await again.perform(.identify)
      try await again.raw.send(post(try Ask.create().encode(), authorization: token("user:alice"), contentType: soap))
      _ = try await again.raw.answer()
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("AllowUnencrypted: Basic, which each request proves anew, may follow protected messages")
  func basicAfterProtected() async throws {
    try await withHTTP { service in
      let client = try await service.logOn("ann")
      try await client.perform(.identify)
      try await client.raw.send(post(try WSManRequest.identify.encode(), authorization: basic("ann"), contentType: soap))
      #expect(try await isIdentified(client.raw.answer()))
    }
  }

  @Test("AllowUnencrypted lets nobody in: without a logon it is 401, and what comes before the last token is not carried out")
  func unencryptedUnproven() async throws {
    try await withHTTP(basic: false) { service in
      let connection = try await service.connect()
      for field in [nil, token("next:"), token("no")] {
        try await connection.send(post(try Ask.create().encode(), authorization: field, contentType: soap))
        #expect(try await connection.answer().status == 401)
      }
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("CredSSP's messages never travel in clear over HTTP, whatever AllowUnencrypted says")
  func credSSP() async throws {
    struct Granting: LogonAuthority {
      func perform(_ request: LogonRequest) async throws(LogonFailure) -> LogonReply {
        switch request {
        case .begin: .begun(.random())
        case .password: .granted(grant(.basic))
        default: .granted(grant(.credSSP))
        }
      }
      private func grant(_ purpose: LogonPurpose) -> LogonGrant {
        LogonGrant(
          logonID: .random(), accountName: "HOST\\ann", unixUser: "ann", mechanism: "NTLM", purpose: purpose,
          hasDelegatedCredentials: purpose == .credSSP, isAuthorized: true)
      }
    }
    let client = LogonClient(authority: Granting())
    let peer = PeerAddress(host: "192.0.2.1", port: 1, transport: .http)
    let delegated = try await client.begin(.credSSP, peer: peer).acceptCredentials(sealed: [])
    let plain = try await client.logOn(PasswordLogon(userName: "ann", password: SecretBytes([1])), peer: peer)
    for allows in [false, true] {
      let offer = AuthenticationOffer(schemes: [], allowsUnencrypted: allows) { _, _, _ in nil }
      #expect(!offer.acceptsPlainMessages(of: delegated, over: .http))
      #expect(offer.acceptsPlainMessages(of: delegated, over: .https))
      #expect(offer.acceptsPlainMessages(of: plain, over: .http) == allows)
    }
  }
}
