import SecuritySupport
import Testing

@testable import LogonInterface

private let context = ContextID(high: 1, low: 2)
private let logon = LogonID(high: 3, low: 4)
private let session = SessionID(high: 5, low: .max)
private let process = ProcessID(high: .max, low: 0)
private let peer = PeerAddress(host: "fe80::1", port: 49_152, transport: .https)
private let grant = LogonGrant(
  logonID: logon, accountName: "HOST\\Zoë", unixUser: "zoe", mechanism: "NTLM", purpose: .credSSP, hasDelegatedCredentials: true,
  isAuthorized: false, memberships: Memberships(["S-1-5-21-1-2-3-1104", "S-1-1-0"], areComplete: true))

private let requests: [LogonRequest] = [
  .begin(purpose: .kerberos, peer: peer, channelBindings: nil),
  .begin(purpose: .negotiate, peer: peer, channelBindings: ChannelBindings(serverEndPointHash: [1, 2, 3])),
  .begin(purpose: .credSSP, peer: PeerAddress(host: "192.0.2.1", port: 1, transport: .http), channelBindings: nil),
  .step(context, token: [0x60, 0, 0xFF]),
  .provePublicKey(
    context, PublicKeyProof(sealed: [9], clientNonce: [UInt8](repeating: 7, count: 32), version: 6, subjectPublicKey: [4, 5])),
  .provePublicKey(context, PublicKeyProof(sealed: [], clientNonce: nil, version: 5, subjectPublicKey: [])),
  .acceptCredentials(context, sealed: [1, 2]),
  .abandon(context),
  .openSession(logon, SessionOptions(environment: [("A", "1"), ("Ü", "ß\n")], workingDirectory: "/tmp", shellID: "S")),
  .openSession(logon, SessionOptions(shellID: "")),
  .release(logon),
  .start(session, CommandSpecification(commandLine: "id", arguments: ["-u", ""], skipShell: true, environment: [("X", "")])),
  .waitForExit(session, process),
  .signal(session, process, .terminate),
  .closeSession(session),
  .describe(userID: 0),
  .describe(userID: .max),
  .password(PasswordLogon(userName: "HOST\\jörg", password: SecretBytes(Array("päss:word".utf8))), peer: peer),
  .password(PasswordLogon(userName: "", password: SecretBytes([])), peer: peer),
  .certificate(
    CertificateLogon(thumbprint: CertificateThumbprint(sha1: [UInt8](repeating: 0xAB, count: 20)), userName: "ann"), peer: peer),
]

private let replies: [LogonReply] = [
  .begun(context),
  .stepped(MechanismStep(token: [1], mayProtect: false, isFinished: false), grant: nil, keys: nil),
  .stepped(
    MechanismStep(token: nil, mayProtect: true, isFinished: true), grant: grant,
    keys: MessageKeys.ntlm(
      exportedSessionKey: SecretBytes([UInt8](0..<16)), flags: 0xE208_8235, sendSequence: 1, receiveSequence: .max)),
  .stepped(
    MechanismStep(token: [1], mayProtect: true, isFinished: true), grant: grant,
    keys: MessageKeys.kerberos(
      context: SecretBytes([UInt8](repeating: 7, count: 40)), service: "WSMAN/host.example", flags: 0x13E)),
  .sealed([1, 2, 3]),
  .granted(grant),
  .done,
  .sessionOpened(session),
  .started(process: process, standardInput: 3, standardOutput: 4, standardError: -1),
  .exited(.exited(code: 255)),
  .exited(.signaled(9)),
  .described(LocalUser(accountName: "HOST\\zoe", unixUser: "zoe", memberships: Memberships(["S-1-22-1-1000"], areComplete: true))),
  .described(LocalUser(accountName: "HOST\\4711", unixUser: nil, memberships: .unknown)),
]

private let failures: [LogonFailure.Code] = [
  .refused(.logonFailure), .accessDenied, .quota, .notFound, .invalidArgument, .spawnFailed(errno: 2, stage: .execute), .unavailable,
  .malformed, .outOfSequence, .limit, .cancelled, .undecided,
]

struct LogonCodecTests {
  @Test("A request survives its codec", arguments: requests)
  func request(_ request: LogonRequest) throws {
    #expect(try LogonRequest(decoding: request.encode()) == request)
  }

  @Test("A Kerberos context with large authorization data survives the codec")
  func largeContext() throws {
    let keys = MessageKeys.kerberos(
      context: SecretBytes([UInt8](repeating: 7, count: 100_000)), service: "WSMAN/host.example", flags: 0x13E)
    let reply = LogonReply.stepped(MechanismStep(token: [1], mayProtect: true, isFinished: true), grant: grant, keys: keys)
    #expect(try LogonReply(decoding: reply.encode()) == reply)
  }

  @Test("As many memberships as there may be fit beside the largest context, and one more is refused")
  func manyMemberships() throws {
    let keys = MessageKeys.kerberos(context: SecretBytes([UInt8](repeating: 7, count: 160 << 10)), service: "WSMAN/host.example", flags: 0)
    var grant = grant
    let identifiers = (0..<UInt32(LogonCodec.maximumMemberships)).map { "S-1-5-21-4294967295-4294967295-4294967295-\(3_000_000_000 + $0)" }
    grant.memberships = Memberships(identifiers, areComplete: false)
    let reply = LogonReply.stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true), grant: grant, keys: keys)
    #expect(try LogonReply(decoding: reply.encode()) == reply)
    grant.memberships.securityIdentifiers.append("S-1-1-0")
    let frame = try LogonReply.granted(grant).encode()
    #expect { try LogonReply(decoding: frame) } throws: { ($0 as? LogonFailure)?.code == .limit }
  }

  @Test("A name or a password that is longer than any is refused, and a thumbprint in another spelling")
  func evidence() throws {
    func code(_ request: LogonRequest) throws -> LogonFailure.Code? {
      let frame = try request.encode()
      do throws(LogonFailure) {
        _ = try LogonRequest(decoding: frame)
        return nil
      } catch { return error.code }
    }
    let long = SecretBytes([UInt8](repeating: 0x61, count: PasswordLogon.maximumPasswordLength + 1))
    #expect(try code(.password(PasswordLogon(userName: "a", password: long), peer: peer)) == .limit)
    let name = String(repeating: "a", count: PasswordLogon.maximumUserNameLength + 1)
    #expect(try code(.password(PasswordLogon(userName: name, password: SecretBytes([1])), peer: peer)) == .limit)
    let thumbprint = CertificateThumbprint(sha1: [UInt8](repeating: 0xAB, count: 20))
    var frame = try LogonRequest.certificate(CertificateLogon(thumbprint: thumbprint, userName: "a"), peer: peer).encode()
    let place = try #require(frame.firstIndex(of: UInt8(ascii: "A")))
    frame[place] = UInt8(ascii: "a")
    #expect { try LogonRequest(decoding: frame) } throws: { ($0 as? LogonFailure)?.code == .malformed }
  }

  @Test("What holds a password does not print it")
  func redacted() {
    let request = LogonRequest.password(PasswordLogon(userName: "canary", password: SecretBytes(Array("canary".utf8))), peer: peer)
    var dumped = ""
    dump(request, to: &dumped)
    #expect(!"\(request) \(String(reflecting: request)) \(dumped)".contains("canary"))
  }

  @Test("A SID that is longer than any is refused")
  func longIdentifier() throws {
    let longest = "S-1-0x" + String(repeating: "F", count: 12) + String(repeating: "-4294967295", count: 15)
    #expect(longest.utf8.count <= LogonCodec.maximumIdentifierLength)
    let user = LocalUser(
      accountName: "", unixUser: nil,
      memberships: Memberships([String(repeating: "1", count: LogonCodec.maximumIdentifierLength + 1)], areComplete: true))
    let frame = try LogonReply.described(user).encode()
    #expect { try LogonReply(decoding: frame) } throws: { ($0 as? LogonFailure)?.code == .limit }
  }

  @Test("A reply survives its codec", arguments: replies)
  func reply(_ reply: LogonReply) throws {
    #expect(try LogonReply(decoding: reply.encode()) == reply)
  }

  @Test("A failure survives the codec of replies, as a failure", arguments: failures)
  func failure(_ code: LogonFailure.Code) throws {
    let failure = LogonFailure(code, "why")
    let frame = try LogonReply.encode(.failure(failure))
    #expect(throws: failure) { try LogonReply(decoding: frame) }
  }

  @Test("S-05: every truncation of a request is refused", arguments: requests)
  func truncatedRequest(_ request: LogonRequest) throws {
    let frame = try request.encode()
    for count in 0..<frame.count { #expect(throws: LogonFailure.self) { try LogonRequest(decoding: Array(frame[..<count])) } }
  }

  @Test("S-05: every truncation of a reply is refused", arguments: replies)
  func truncatedReply(_ reply: LogonReply) throws {
    let frame = try reply.encode()
    for count in 0..<frame.count { #expect(throws: LogonFailure.self) { try LogonReply(decoding: Array(frame[..<count])) } }
  }

  @Test("S-05: no bit flip traps, and what decodes encodes to the same bytes", arguments: requests)
  func flippedRequest(_ request: LogonRequest) throws {
    let frame = try request.encode()
    for bit in 0..<frame.count * 8 {
      var flipped = frame
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let decoded = try? LogonRequest(decoding: flipped) else { continue }
      #expect(try decoded.encode() == flipped)
    }
  }

  @Test("S-05: no bit flip of a reply traps, and what decodes encodes to the same bytes", arguments: replies)
  func flippedReply(_ reply: LogonReply) throws {
    let frame = try reply.encode()
    for bit in 0..<frame.count * 8 {
      var flipped = frame
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let decoded = try? LogonReply(decoding: flipped) else { continue }
      #expect(try decoded.encode() == flipped)
    }
  }

  @Test("Bytes after the end are refused")
  func trailingByte() throws {
    let frame = try LogonRequest.abandon(context).encode() + [0]
    #expect(throws: LogonFailure(.malformed, "bytes follow the end of the frame")) { try LogonRequest(decoding: frame) }
  }

  @Test("Another version, an unknown tag and an empty frame are refused", arguments: [[], [2, 5], [1, 0], [1, 99], [0]] as [[UInt8]])
  func unknown(_ frame: [UInt8]) {
    #expect(throws: LogonFailure.self) { try LogonRequest(decoding: frame) }
    #expect(throws: LogonFailure.self) { try LogonReply(decoding: frame) }
  }

  @Test("A length field is checked before memory is spent")
  func hugeLength() throws {
    var frame = try LogonRequest.step(context, token: []).encode()
    frame.replaceSubrange(frame.count - 4..<frame.count, with: [0xFF, 0xFF, 0xFF, 0x7F])
    #expect { try LogonRequest(decoding: frame) } throws: { ($0 as? LogonFailure)?.code == .limit }
    let list: [UInt8] = [1, 8] + [UInt8](repeating: 0, count: 16) + [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect { try LogonRequest(decoding: list) } throws: { ($0 as? LogonFailure)?.code == .limit }
  }

  @Test("A frame longer than 256 KiB is neither written nor read")
  func frameLimit() {
    let long = CommandSpecification(
      commandLine: String(repeating: "x", count: 100_000), arguments: [String(repeating: "y", count: 200_000)])
    #expect { try LogonRequest.start(session, long).encode() } throws: { ($0 as? LogonFailure)?.code == .limit }
    #expect { try LogonRequest(decoding: [UInt8](repeating: 1, count: (256 << 10) + 1)) } throws: {
      ($0 as? LogonFailure)?.code == .limit
    }
  }
}
