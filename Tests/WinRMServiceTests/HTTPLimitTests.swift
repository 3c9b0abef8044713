import InMemoryLogging
import Logging
import NIOHTTP1
import Testing
import WSMan
import WinRMHTTP

@testable import WinRMService

/// What HTTP itself refuses (attacks H-01, H-02, H-03, H-06), over loopback.
@Suite(.timeLimit(.minutes(2)))
struct HTTPLimitTests {
  struct Refused: Sendable, CustomTestStringConvertible {
    var name: String
    var request: String
    var status: Int
    var testDescription: String { name }
  }

  static let refused: [Refused] = [
    Refused(
      name: "H-01 length and transfer coding",
      request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 400),
    Refused(
      name: "H-01 transfer coding and length",
      request: "POST /wsman HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", status: 400),
    Refused(
      name: "H-01 two lengths", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
      status: 400),
    Refused(
      name: "H-01 the same length twice", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
      status: 400),
    Refused(name: "H-01 list of lengths", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 4, 4\r\n\r\nabcd", status: 400),
    Refused(
      name: "H-01 list of transfer codings",
      request: "POST /wsman HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", status: 411),
    Refused(name: "H-01 chunked", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", status: 411),
    Refused(name: "H-01 bare line feeds", request: "POST /wsman HTTP/1.1\nHost: h\nContent-Length: 0\n\n", status: 400),
    Refused(
      name: "H-01 folded header", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n 0\r\nX: a\r\n b\r\n\r\n", status: 400),
    Refused(name: "H-01 space before the colon", request: "POST /wsman HTTP/1.1\r\nHost : h\r\nContent-Length: 0\r\n\r\n", status: 400),
    Refused(name: "H-01 signed length", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: +0\r\n\r\n", status: 400),
    Refused(
      name: "H-06 length of 2^63", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775808\r\n\r\n", status: 413),
    Refused(
      name: "H-06 length of 2^63-1", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775807\r\n\r\n", status: 413),
    Refused(
      name: "H-06 length of 2^70", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 1180591620717411303424\r\n\r\n", status: 400
    ),
    Refused(
      name: "H-06 unauthenticated body beyond its limit", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n",
      status: 413),
    Refused(name: "no length", request: "POST /wsman HTTP/1.1\r\nHost: h\r\n\r\n", status: 411),
    Refused(name: "no host", request: "POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n", status: 400),
    Refused(name: "two hosts", request: "POST /wsman HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n", status: 400),
    Refused(name: "HTTP/1.0", request: "POST /wsman HTTP/1.0\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: 505),
    Refused(name: "another path", request: "POST /wsman2 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: 404),
    Refused(name: "a deeper path", request: "POST /wsman/subscriptions HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: 404),
    Refused(name: "GET", request: "GET /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: 405),
    Refused(name: "GET without a length", request: "GET /wsman HTTP/1.1\r\nHost: h\r\n\r\n", status: 405),
    Refused(name: "absolute target", request: "POST http://h/wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", status: 400),
    Refused(
      name: "H-04 content coding", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n",
      status: 415),
    Refused(
      name: "unknown expectation", request: "POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: money\r\n\r\n", status: 417),
    Refused(name: "not HTTP", request: "\u{16}\u{3}\u{1}\u{2}\u{0}hello\r\n\r\n", status: 400),
  ]

  @Test("a request that HTTP refuses is answered and ends the connection", arguments: refused)
  func refuses(_ request: Refused) async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      try await connection.send(request.request)
      let answer = try await connection.answer()
      #expect(answer.status == request.status)
      #expect(answer.body.isEmpty)
      #expect(answer.closes)
      await connection.untilClosed()
    }
  }

  @Test("H-02 header fields beyond their number or size: 431, and the connection ends")
  func boundsHeads() async throws {
    try await ServiceFixture.with { service in
      let tooMany = (0..<100).map { "X-\($0): a" }.joined(separator: "\r\n")
      let tooLarge = "X: " + String(repeating: "a", count: 140 * 1024)
      let together = (0..<20).map { "X-\($0): " + String(repeating: "a", count: 10 * 1024) }.joined(separator: "\r\n")
      for fields in [tooMany, tooLarge, together] {
        let connection = try await service.connect()
        connection.push(Array("POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\(fields)\r\n\r\n".utf8))
        #expect(try await connection.answer().status == 431)
        await connection.untilClosed()
      }
    }
  }

  @Test("H-02 a header without end is cut off at its limit while it is still being sent")
  func endlessHeader() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      try await connection.send("POST /wsman HTTP/1.1\r\nHost: h\r\nX: ")
      let piece = [UInt8](repeating: 0x61, count: 64 * 1024)
      for _ in 0..<64 { connection.push(piece) }
      #expect(try await connection.answer().status == 431)
      await connection.untilClosed()
    }
  }

  @Test("P-04 a token of 64 KiB is read; one of 1 MiB is not")
  func tokenSizes() async throws {
    try await ServiceFixture.with { service in
      let fitting = try await service.connect()
      try await fitting.send(post(authorization: token("next:" + String(repeating: "a", count: 65_536))))
      #expect(try await fitting.answer().values("WWW-Authenticate") == [token("go on")])
      let excessive = try await service.connect()
      excessive.push(post(authorization: token("next:" + String(repeating: "a", count: 1 << 20))))
      #expect(try await excessive.answer().status == 431)
    }
  }

  @Test("H-03 a head that does not come is not waited for")
  func slowHead() async throws {
    try await ServiceFixture.with(limits: { $0.unauthenticatedHeadTimeout = .milliseconds(200) }) { service in
      let silent = try await service.connect()
      await silent.untilClosed()
      let slow = try await service.connect()
      // On a busy machine the limit may have struck before this is written.
      try? await slow.send("POST /wsman HT")
      await slow.untilClosed()
    }
  }

  @Test("H-03 a body that does not come in time: 500, and the connection ends")
  func slowBody() async throws {
    try await ServiceFixture.with(limits: { $0.bodyTimeout = .seconds(1) }) { service in
      let connection = try await service.connect()
      try await connection.send("POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
      #expect(try await connection.answer().status == 500)
      await connection.untilClosed()
    }
  }

  @Test("H-03 unauthenticated connections are counted by source; a place is free when one ends")
  func connectionsPerSource() async throws {
    try await ServiceFixture.with(limits: { $0.unauthenticatedConnectionsPerAddress = 2 }) { service in
      let first = try await service.connect()
      try await first.send(post())
      #expect(try await first.answer().status == 401)
      let second = try await service.connect()
      try await second.send(post())
      #expect(try await second.answer().status == 401)
      let third = try await service.connect()
      try await third.send(post(authorization: token("user:alice")))
      let refusal = try await third.answer()
      #expect(refusal.status == 503)
      #expect(refusal.values("Retry-After") == ["2"])
      #expect(refusal.closes)
      await third.untilClosed()
      // Who says nothing is told unasked, soon.
      let silent = try await service.connect()
      #expect(try await silent.answer().status == 503)
      await silent.untilClosed()
      #expect(service.log.entries.count { $0.message.description == "connection refused" } == 1)
      // Whoever is proven no longer counts.
      try await second.send(post(authorization: token("user:alice")))
      #expect(try await second.answer().status == 200)
      let fourth = try await service.connect()
      try await fourth.send(post())
      #expect(try await fourth.answer().status == 401)
      #expect(service.logText.contains("from this address"))
    }
  }

  @Test("MaxConnections: the next connection is told 503")
  func maxConnections() async throws {
    try await ServiceFixture.with(limits: { $0.connections = 1 }) { service in
      let first = try await service.logOn("alice")
      let second = try await service.connect()
      #expect(try await second.answer().status == 503)
      first.raw.close()
      await second.untilClosed()
      // The first one's place is free as soon as the service has seen its end.
      for _ in 0..<200 {
        let third = try await service.connect()
        third.push(post())
        if try await third.answer().status == 401 { return }
      }
      Issue.record("the place of a closed connection stays taken")
    }
  }

  @Test("H-06 Expect: 100-continue is answered before the body comes")
  func expectContinue() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      try await connection.send("POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await connection.answer().status == 100)
      try await connection.send("abc")
      #expect(try await connection.answer().status == 401)
    }
  }

  @Test(
    "the query is ignored, as are case and a slash at the end", arguments: ["/wsman?PSVersion=7.4", "/WSMAN", "/wsman/", "/wsman/?a/b"])
  func targets(path: String) async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      try await connection.send(post(path: path))
      #expect(try await connection.answer().status == 401)
    }
  }

  @Test("P-06 a second request before the answer to the first ends the connection")
  func pipelining() async throws {
    try await ServiceFixture.with { service in
      let connection = try await service.connect()
      connection.push(post(authorization: token("user:alice")) + post(authorization: token("user:bob")))
      await connection.untilClosed()
      #expect(service.logText.contains("a request before the answer to the one before"))
    }
  }

  @Test("an idle authenticated connection is closed in the end")
  func idle() async throws {
    try await ServiceFixture.with(limits: { $0.idleTimeout = .milliseconds(200) }) { service in
      let connection = try await service.logOn("alice")
      await connection.raw.untilClosed()
    }
  }

  @Test("the default idle time-out is longer than the two minutes that clients expect")
  func defaultIdleTimeout() { #expect(ServiceLimits().idleTimeout > .seconds(120)) }

  @Test(
    "Date is written as RFC 9110 says", arguments: [(784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT")])
  func dates(seconds: Int, text: String) { #expect(HTTPDate.string(unixSeconds: seconds) == text) }

  @Test("A body that is merely announced gets no more room than a small one")
  func announced() throws {
    for (length, room) in [(0, 0), (1000, 1000), (65_536, 65_536), (4 << 20, 65_536)] {
      let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/wsman", headers: ["Host": "h", "Content-Length": "\(length)"])
      #expect(MessageBody.reservation(for: try RequestFraming(head)) == room)
    }
  }
}
