import DelegationPolicy
import SecuritySupport
import Testing

/// Attack C-15: a target that is not allowed, or only proven by NTLM, gets no credentials.
@Suite struct DelegationPolicyTests {
  static func entries(_ texts: [String], _ source: String = "test") throws -> [DelegationPolicy.Entry] {
    try texts.map { DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: $0), source: source) }
  }

  static func policy(
    allow: [String] = [], ntlm: [String] = [], deny: [String] = []
  ) throws -> DelegationPolicy {
    DelegationPolicy(
      allowFresh: try entries(allow, "allow"), allowFreshWhenNTLMOnly: try entries(ntlm, "ntlm"), denyFresh: try entries(deny, "deny"))
  }

  static let goodProofs: [ServerProof] = [.certificate("chain and name"), .kerberos(principal: "HTTP/server@EXAMPLE.COM")]

  func code(_ decision: DelegationDecision) -> WinRMCode? {
    if case .refused(let code, _, _, _) = decision { code } else { nil }
  }

  @Test("C-15: nothing is allowed by default, for any proof", arguments: goodProofs + [.ntlmOnly])
  func nothingByDefault(proof: ServerProof) {
    #expect(code(DelegationPolicy.nothing.beforeConnecting(to: "server")) == .freshCredentialsNotAllowed)
    #expect(!DelegationPolicy.nothing.decide(host: "server", proof: proof).isAllowed)
  }

  @Test("What denies is found in every policy that restricts, and is all that is left when everything else allows") func denials() throws {
    let policy = try Self.policy(allow: ["WSMAN/a"], deny: ["WSMAN/*.x"]).narrowed(by: Self.policy(deny: ["WSMAN/b"]))
    for (host, isDenied) in [("a", false), ("c", false), ("a.x", true), ("B", true)] {
      #expect(policy.denies(host: host) == isDenied, "\(host)")
      #expect(policy.denialsAlone.beforeConnecting(to: host).isAllowed != isDenied, "\(host)")
      #expect(policy.denialsAlone.decide(host: host, proof: .ntlmOnly).isAllowed != isDenied, "\(host)")
    }
    #expect(policy.denialsAlone.beforeConnecting(to: "b").reason == "deny (WSMAN/b) denies delegation to WSMAN/b")
  }

  @Test("Question (a): either allow list opens the way, a deny closes it")
  func beforeConnecting() throws {
    #expect(try Self.policy(allow: ["WSMAN/server"]).beforeConnecting(to: "SERVER").isAllowed)
    #expect(try Self.policy(ntlm: ["WSMAN/server"]).beforeConnecting(to: "server").isAllowed)
    #expect(try code(Self.policy(allow: ["WSMAN/other"]).beforeConnecting(to: "server")) == .freshCredentialsNotAllowed)
    #expect(try code(Self.policy(allow: ["TERMSRV/*"]).beforeConnecting(to: "server")) == .freshCredentialsNotAllowed)
    let denied = try Self.policy(allow: ["WSMAN/*"], ntlm: ["WSMAN/*"], deny: ["WSMAN/*.secret.net"])
    #expect(denied.beforeConnecting(to: "a.open.net").isAllowed)
    #expect(code(denied.beforeConnecting(to: "a.secret.net.")) == .freshCredentialsNotAllowed)
  }

  @Test("Question (b): a proven server needs AllowFreshCredentials, whatever the NTLM-only list says", arguments: goodProofs)
  func provenServer(proof: ServerProof) throws {
    #expect(try Self.policy(allow: ["WSMAN/server"]).decide(host: "server", proof: proof).isAllowed)
    #expect(try code(Self.policy(ntlm: ["WSMAN/server"]).decide(host: "server", proof: proof)) == .freshCredentialsNotAllowed)
  }

  @Test("Question (c), C-15: without proof the NTLM-only list decides, with 0x803381A4")
  func ntlmOnly() throws {
    #expect(try code(Self.policy(allow: ["WSMAN/*"]).decide(host: "server", proof: .ntlmOnly)) == .freshCredentialsNTLMOnly)
    #expect(try Self.policy(allow: ["WSMAN/*"], ntlm: ["WSMAN/server"]).decide(host: "server", proof: .ntlmOnly).isAllowed)
    #expect(
      try code(Self.policy(allow: ["WSMAN/*"], ntlm: ["WSMAN/other"]).decide(host: "server", proof: .ntlmOnly)) == .freshCredentialsNTLMOnly
    )
  }

  @Test("Deny beats every allow, for every proof", arguments: goodProofs + [.ntlmOnly])
  func denyBeatsAllow(proof: ServerProof) throws {
    let policy = try Self.policy(allow: ["WSMAN/*", "WSMAN/server"], ntlm: ["WSMAN/*", "WSMAN/server"], deny: ["wsman/Server"])
    #expect(code(policy.decide(host: "server", proof: proof)) == .freshCredentialsNotAllowed)
    #expect(policy.decide(host: "server", proof: proof).reason.contains("deny"))
    #expect(policy.decide(host: "server2", proof: proof).isAllowed)
  }

  @Test("Reasons name the entry and the proof, and hold no control characters")
  func reasons() throws {
    let policy = DelegationPolicy(
      allowFresh: try Self.entries(["WSMAN/*.example.com"], "machine policy AllowFreshCredentials\\1"))
    let reason = policy.decide(host: "a.example.com", proof: .certificate("SHA-256 pin")).reason
    #expect(reason.contains("machine policy AllowFreshCredentials\\1"))
    #expect(reason.contains("WSMAN/*.example.com"))
    #expect(reason.contains("SHA-256 pin"))
    let hostile = policy.beforeConnecting(to: "a\u{1B}[2J\nb").reason
    #expect(!hostile.unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test("A restriction takes away and never adds")
  func narrowing() throws {
    let machine = try Self.policy(allow: ["WSMAN/*.example.com"], ntlm: ["WSMAN/a.example.com"])
    let narrowed = machine.narrowed(by: try Self.policy(allow: ["WSMAN/*"], ntlm: [], deny: ["WSMAN/b.example.com"]))
    #expect(narrowed.decide(host: "c.example.com", proof: .certificate("pin")).isAllowed)
    #expect(!narrowed.decide(host: "b.example.com", proof: .certificate("pin")).isAllowed)
    #expect(!narrowed.decide(host: "elsewhere.net", proof: .certificate("pin")).isAllowed)
    #expect(code(narrowed.decide(host: "a.example.com", proof: .ntlmOnly)) == .freshCredentialsNTLMOnly)
    #expect(!machine.narrowed(by: .nothing).beforeConnecting(to: "a.example.com").isAllowed)
  }

  @Test("Whatever the lists: allowed implies allowed before, unnarrowed, and by a matching entry without a deny")
  func properties() throws {
    var generator = SeededGenerator(state: 42)
    let patterns = ["WSMAN/*", "WSMAN/a", "WSMAN/b.x", "WSMAN/*.x", "WSMAN/*.y.x", "TERMSRV/*", "WSMAN/10.0.0.1"]
    let hosts = ["a", "A.", "b.x", "c.y.x", "x", "10.0.0.1", "", "[::1]"]
    func some() throws -> [String] { patterns.filter { _ in Bool.random(using: &generator) && Bool.random(using: &generator) } }
    for _ in 0..<2000 {
      let policy = try Self.policy(allow: some(), ntlm: some(), deny: some())
      let narrow = try Self.policy(allow: some(), ntlm: some(), deny: some())
      for host in hosts {
        for proof in Self.goodProofs + [.ntlmOnly] {
          let decision = policy.decide(host: host, proof: proof)
          let list = proof == .ntlmOnly ? policy.allowFreshWhenNTLMOnly : policy.allowFresh
          let isNamed = list.contains { $0.pattern.matches(host: host) }
          let isDenied = policy.denyFresh.contains { $0.pattern.matches(host: host) }
          #expect(decision.isAllowed == (isNamed && !isDenied))
          if decision.isAllowed { #expect(policy.beforeConnecting(to: host).isAllowed) }
          let narrowed = policy.narrowed(by: narrow).decide(host: host, proof: proof)
          #expect(narrowed.isAllowed == (decision.isAllowed && narrow.decide(host: host, proof: proof).isAllowed))
        }
      }
    }
  }
}

/// A reproducible source of choices (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
