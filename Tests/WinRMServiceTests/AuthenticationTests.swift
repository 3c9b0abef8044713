import InMemoryLogging
import Logging
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration
import WinRMHTTP

@testable import WinRMService

/// Who gets an answer (attacks S-01 to S-03, P-06, N-02, H-07).
@Suite(.timeLimit(.minutes(2)))
struct AuthenticationTests {
  @Test("an empty POST is told the schemes, one field for each, and keeps its connection")
  func offer() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      for _ in 0..<2 {
        try await connection.send(post())
        let answer = try await connection.answer()
        #expect(answer.status == 401)
        #expect(answer.values("WWW-Authenticate") == ["Negotiate"])
        #expect(answer.values("Content-Length") == ["0"])
        #expect(!answer.closes)
      }
    }
  }

  @Test("S-01 no verb is carried out without Authorization, with an empty one, an unknown scheme, or no token")
  func unproven() async throws {
    try await ServiceFixture.with(limits: { $0.authenticationRefusals = 100 }) { service in
      let shell = GUIDText.random()
      let command = GUIDText.random()
      let verbs: [WSManRequest] = [
        Ask.create(), Ask.command(shell), Ask.send(shell, command, [1]), Ask.receive(shell, command),
        Ask.signal(shell, command, .terminate),
        Ask.delete(shell), WSManRequest.identify,
      ]
      let fields: [String?] = [
        nil, "", "Negotiate", "Negotiate ", "Bearer abc", "Basic YTpi", "Kerberos YTpi", "CredSSP YTpi", "Negotiate !!!", "negotiate YTpi",
      ]
      for verb in verbs {
        let connection = try await service.connect()
        for field in fields {
          for type in [MultipartEncrypted.originalContentType, nil] {
            try await connection.send(post(try verb.encode(), authorization: field, contentType: type))
            let answer = try await connection.answer()
            #expect(answer.status == 401, "\(verb.body) with \(field ?? "nothing")")
            #expect(answer.body.isEmpty)
          }
        }
      }
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("a protected body without an authenticated connection is not read")
  func protectedButUnproven() async throws {
    try await ServiceFixture.with { service in
      let client = try ProtectedConnection(try await service.connect())
      try await client.send(Ask.create())
      #expect(try await client.raw.answer().status == 401)
    }
  }

  @Test("two Authorization fields are none")
  func twoFields() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      try await connection.send(post(authorization: token("user:alice"), headers: ["Authorization: \(token("user:alice"))"]))
      #expect(try await connection.answer().status == 401)
      #expect(service.authority.record.begun.isEmpty)
    }
  }

  @Test("anonymous Identify is answered in clear and hides the system", arguments: ["/wsman", "/wsman-anon/identify"])
  func anonymousIdentify(path: String) async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      let headers = path == "/wsman" ? ["WSMANIDENTIFY: unauthenticated"] : []
      try await connection.send(
        post(try WSManRequest.identify.encode(), path: path, contentType: MultipartEncrypted.originalContentType, headers: headers))
      let answer = try await connection.answer()
      #expect(answer.status == 200)
      guard case .identify(let response) = try WSManResponse(decoding: answer.body).body else {
        Issue.record("no IdentifyResponse")
        return
      }
      #expect(response.productVersion == "OS: 0.0.0 SP: 0.0 Stack: 3.0")
      // Nothing else passes the same door.
      for request in [Ask.create(), Ask.delete(GUIDText.random())] {
        try await connection.send(post(try request.encode(), path: path, headers: headers))
        #expect(try await connection.answer().status == 401)
      }
      try await connection.send(post(Array("<broken".utf8), path: path, headers: headers))
      #expect(try await connection.answer().status == 401)
    }
  }

  @Test("legs: each token is answered, the last one's answer carries the final token")
  func legs() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      try await connection.send(post(authorization: token("next:")))
      let first = try await connection.answer()
      #expect(first.status == 401)
      #expect(first.values("WWW-Authenticate") == [token("go on")])
      try await connection.send(post(authorization: token("user:alice")))
      let last = try await connection.answer()
      #expect(last.status == 200)
      #expect(last.values("WWW-Authenticate") == [token("welcome")])
      #expect(last.body.isEmpty)
      #expect(service.authority.record.begun.count == 1)
    }
  }

  @Test("P-03 endless legs and endless refusals end")
  func bounded() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      var refusals = 0
      for _ in 0..<100 {
        try await connection.send(post(authorization: token("next:")))
        let answer = try await connection.answer()
        if answer.values("WWW-Authenticate") == ["Negotiate"] { refusals += 1 }
        if answer.closes { break }
      }
      #expect(refusals == 3)
      await connection.untilClosed()
    }
  }

  @Test("a wrong password is answered 401 with the schemes alone; after three the connection ends")
  func refused() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      for attempt in 1...3 {
        try await connection.send(post(authorization: token("wrong")))
        let answer = try await connection.answer()
        #expect(answer.status == 401)
        #expect(answer.values("WWW-Authenticate") == ["Negotiate"])
        #expect(answer.closes == (attempt == 3))
      }
    }
  }

  @Test(
    "who could not be decided on is told 503, and neither that they are wrong nor anything else; without keys it is 401",
    arguments: [("undecided", 503), ("full", 503), ("unavailable", 401)], [AuthenticationScheme.negotiate, .kerberos])
  func undecided(_ user: (name: String, status: Int), scheme: AuthenticationScheme) async throws {
    try await ServiceFixture.with(configure: { $0.acceptsKerberos = true }) { service in
      let connection = try await service.connect()
      try await connection.send(post(authorization: token("user:\(user.name)", scheme: scheme)))
      let answer = try await connection.answer()
      #expect(answer.status == user.status)
      guard user.status == 503 else {
        #expect(!answer.closes && answer.values("WWW-Authenticate") == ["Negotiate", "Kerberos"])
        return
      }
      #expect(answer.closes && answer.body.isEmpty && answer.values("WWW-Authenticate").isEmpty && answer.values("Retry-After") == ["2"])
      await connection.untilClosed()
      #expect(service.authority.record.opened.isEmpty && service.authority.record.released.isEmpty)
      // The authority has logged it; the scripted one logs nothing.
      #expect(service.log.entries.allSatisfy { $0.message.description != "logon refused" })
    }
  }

  @Test("each refusal has one line in the log: the authority's own, or that of the network side", arguments: 0..<5)
  func refusalsAreLoggedOnce(index: Int) async throws {
    let fields = [
      token("wrong"), "Bearer abc", "Negotiate !!!", token("no TLS", scheme: .credSSP), token("\u{16}\u{3}\u{1}", scheme: .kerberos),
    ]
    try await ServiceFixture.with(settings: { $0.service.auth.credSSP = true }) { service in
      let connection = try await service.connect()
      try await connection.send(post(authorization: fields[index]))
      #expect(try await connection.answer().status == 401)
      let lines = service.log.entries.filter { $0.message.description == "logon refused" }
      // The scripted authority logs nothing.
      #expect(lines.count == (index == 0 ? 0 : 1))
      #expect(lines.allSatisfy { $0.level == .notice && $0.metadata["reason"] != nil })
    }
  }

  @Test("N-02 the anonymous door is closed to an authenticated connection: nothing in clear beside protected messages")
  func anonymousAfterAuthentication() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let request = post(
        try WSManRequest.identify.encode(), path: "/wsman-anon/identify", contentType: MultipartEncrypted.originalContentType,
        headers: ["WSMANIDENTIFY: unauthenticated"])
      try await client.raw.send(request)
      let answer = try await client.raw.answer()
      #expect(answer.status == 400)
      #expect(answer.body.isEmpty)
      #expect(answer.closes)
    }
  }

  @Test("bodies before the last leg are ignored, within a small limit")
  func bodiesAreIgnored() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      let body = [UInt8](repeating: 0x41, count: 60_000)
      try await connection.send(post(body, authorization: token("next:")))
      #expect(try await connection.answer().status == 401)
      try await connection.send(
        post(try Ask.create().encode(), authorization: token("user:alice"), contentType: MultipartEncrypted.originalContentType))
      let answer = try await connection.answer()
      #expect(answer.status == 200)
      #expect(answer.body.isEmpty)
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("an encrypted body with the last leg is carried out")
  func bodyWithLastLeg() async throws {
    try await ServiceFixture.with { service in
      let client = try ProtectedConnection(try await service.connect())
      let (type, body) = try await client.sealed(try Ask.create().encode())
      try await client.raw.send(post(body, authorization: token("user:alice"), contentType: type))
      guard case .shellCreated = try await client.receive().body else {
        Issue.record("no shell")
        return
      }
      #expect(service.authority.record.opened.count == 1)
    }
  }

  @Test("N-02 an unencrypted body after authentication: 500 without body, and the connection ends")
  func unencrypted() async throws {
    try await ServiceFixture.with { service in
      for body in [try Ask.create().encode(), []] {
        let client = try await service.logOn("alice")
        try await client.raw.send(post(body, contentType: MultipartEncrypted.originalContentType))
        let answer = try await client.raw.answer()
        #expect(answer.status == 500)
        #expect(answer.body.isEmpty)
        #expect(answer.closes)
        await client.raw.untilClosed()
      }
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("H-07 C-14 a protected body that was changed: 400 without body, and the connection ends", arguments: 0..<6)
  func tampered(kind: Int) async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      var (type, body) = try await client.sealed(try Ask.create().encode())
      switch kind {
      case 0: body[body.count - 40] ^= 1
      case 1: type = type.replacing("Encrypted Boundary", with: "Other")
      case 2: body.removeLast(30)
      case 3: type = type.replacing("SPNEGO", with: "CredSSP")
      case 4:
        body = Array(String(decoding: body.prefix(200), as: UTF8.self).replacing("Length=", with: "Length=9").utf8) + body.dropFirst(200)
      default:
        _ = try await client.sealed([1, 2, 3])  // a message that never arrives
        (type, body) = try await client.sealed(try Ask.create().encode())
      }
      try await client.raw.send(post(body, contentType: type))
      let answer = try await client.raw.answer()
      #expect(answer.status == 400)
      #expect(answer.body.isEmpty)
      await client.raw.untilClosed()
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("C-14 a replayed request is refused")
  func replay() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let (type, body) = try await client.sealed(try Ask.create().encode())
      try await client.raw.send(post(body, contentType: type))
      _ = try await client.receive()
      try await client.raw.send(post(body, contentType: type))
      #expect(try await client.raw.answer().status == 400)
      await client.raw.untilClosed()
      #expect(service.authority.record.opened.count == 1)
    }
  }

  @Test("S-02 a new connection has nobody proven, whatever another one has")
  func perConnection() async throws {
    try await ServiceFixture.with { service in
      let first = try await service.logOn("alice")
      let (type, body) = try await first.sealed(try Ask.create().encode())
      let second = try await service.connect()
      try await second.send(post(body, contentType: type))
      #expect(try await second.answer().status == 401)
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("a new Authorization starts over: the old context is gone and its credentials are released")
  func startsOver() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let (type, body) = try await client.sealed(try Ask.create().encode())
      try await client.raw.send(post(authorization: token("next:")))
      #expect(try await client.raw.answer().status == 401)
      #expect(service.authority.record.released.count == 1)
      try await client.raw.send(post(body, contentType: type))
      #expect(try await client.raw.answer().status == 401)
      #expect(service.authority.record.abandoned.count == 1)
      try await client.raw.send(post(authorization: token("user:alice")))
      #expect(try await client.raw.answer().status == 200)
    }
  }

  @Test("P-06 another account on one connection: 401, and the connection ends")
  func identityChange() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      try await client.raw.send(post(authorization: token("user:bob")))
      let answer = try await client.raw.answer()
      #expect(answer.status == 401)
      #expect(answer.closes)
      await client.raw.untilClosed()
      #expect(service.authority.record.released.count == 2)
    }
  }

  @Test("the end of a connection releases its logon and gives up its exchange")
  func releases() async throws {
    try await ServiceFixture.with { service in
      let established = try await service.logOn("alice")
      let negotiating = try await service.connect()
      try await negotiating.send(post(authorization: token("next:")))
      _ = try await negotiating.answer()
      established.raw.close()
      negotiating.close()
      for _ in 0..<1000 where service.authority.record.released.isEmpty || service.authority.record.abandoned.isEmpty {
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(service.authority.record.released.count == 1)
      #expect(service.authority.record.abandoned.count == 1)
    }
  }

  @Test("proven but not authorised: Identify is answered, everything else is access denied, code 5")
  func notAuthorized() async throws {
    try await ServiceFixture.with(authority: ScriptedAuthority(unauthorized: ["mallory"])) { service in
      let client = try await service.logOn("mallory")
      guard case .identify(let response) = try await client.perform(.identify).body else {
        Issue.record("no IdentifyResponse")
        return
      }
      #expect(response.productVersion.hasPrefix("OS: "))
      #expect(response.productVersion != "OS: 0.0.0 SP: 0.0 Stack: 3.0")
      let shell = GUIDText.random()
      for request in [Ask.create(), Ask.command(shell), Ask.receive(shell, shell), Ask.delete(shell)] {
        #expect(try await client.fault(request) == .accessDenied)
      }
      #expect(service.authority.record.opened.isEmpty)
    }
  }

  @Test("S-03 whatever the order and case of the fields, something is carried out only for a proven caller", arguments: 0..<40)
  func anyOrder(seed: Int) async throws {
    var generator = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
    let isProven = Bool.random(using: &generator)
    try await ServiceFixture.with { service in
      let client = try ProtectedConnection(try await service.connect())
      let (type, body) = try await client.sealed(try Ask.create().encode())
      var fields = [
        "Host: h", "Content-Length: \(body.count)", "Content-Type: \(type)", "User-Agent: Microsoft WinRM Client", "X-Authorization: x",
      ]
      if isProven {
        fields.append("Authorization: \(token("user:alice"))")
      } else if Bool.random(using: &generator) {
        fields.append("Authorization: \(token(["next:", "wrong", ""].randomElement(using: &generator) ?? ""))")
      }
      fields.shuffle(using: &generator)
      let cased = fields.map { field -> String in
        let parts = field.split(separator: ":", maxSplits: 1).map(String.init)
        let name = [parts[0], parts[0].lowercased(), parts[0].uppercased()].randomElement(using: &generator) ?? parts[0]
        return name + ":" + parts[1]
      }
      try await client.raw.send(Array(("POST /wsman HTTP/1.1\r\n" + cased.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
      #expect(try await client.raw.answer().status == (isProven ? 200 : 401))
      #expect(service.authority.record.opened.count == (isProven ? 1 : 0))
    }
  }

  @Test("AllowRemoteAccess false does not close the machine to itself")
  func remoteAccess() async throws {
    try await ServiceFixture.with(settings: { $0.service.allowRemoteAccess = false }) { service in
      _ = try await service.logOn("alice").openShell()
    }
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }
}
