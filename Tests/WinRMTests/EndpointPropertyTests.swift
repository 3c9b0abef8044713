import DelegationPolicy
import Testing
import WinRM

/// Endpoints as people type them, and as nobody should.
@Suite struct EndpointPropertyTests {
  /// SplitMix64: the same numbers in every run.
  struct Seeded {
    var state: UInt64

    mutating func number(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ z >> 31) % UInt64(bound))
    }

    mutating func text(_ alphabet: String, _ length: ClosedRange<Int>) -> String {
      let characters = Array(alphabet)
      return String((0..<length.lowerBound + number(length.count)).map { _ in characters[number(characters.count)] })
    }
  }

  @Test("What is put together from parts is taken apart into the same parts")
  func parts() throws {
    var random = Seeded(state: 1)
    for _ in 0..<300 {
      let scheme = ["", "http://", "HTTPS://"][random.number(3)]
      let isIPv6 = random.number(4) == 0
      let host =
        isIPv6
        ? random.text("0123456789abcdef", 1...4) + "::" + random.text("0123456789", 1...4)
        : "h" + random.text("ab0-.", 0...8).split(separator: ".").joined(separator: ".") + "z"
      let port = random.number(2) == 0 ? nil : 1 + random.number(65_535)
      let path = random.number(2) == 0 ? nil : "p" + random.text("abc/._~%1", 0...6)
      let text = scheme + (isIPv6 ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "") + (path.map { "/" + $0 } ?? "")
      let endpoint = try WinRMEndpoint(parsing: text)
      #expect(endpoint.host == host && endpoint.path == "/" + (path ?? "wsman"), "\(text)")
      let usual = scheme.isEmpty ? 5985 : scheme == "http://" ? 80 : 443
      #expect(endpoint.port == port ?? usual && (endpoint.scheme == .https) == (scheme == "HTTPS://"), "\(text)")
      // The URL names the same place.
      let again = try WinRMEndpoint(parsing: "\(endpoint)")
      #expect(again.host == endpoint.host && again.port == endpoint.port && again.path == endpoint.path && again.scheme == endpoint.scheme)
    }
  }

  @Test("What can be typed as a host can stand in a delegation list, and what can stand there can be typed")
  func hostsOfLists() {
    var random = Seeded(state: 3)
    var taken = 0
    for index in 0..<3_000 {
      let alphabet = index.isMultiple(of: 2) ? "ab1.-_\u{E9}\u{301}\u{3164}\u{200D}\u{2800}\u{10FFFD}\u{BD}%|?$#+=()'~!&" : "a19:."
      let host = random.text(alphabet, 1...6)
      let isIPv6 = host.count { $0 == ":" } > 1
      let endpoint = try? WinRMEndpoint(parsing: isIPv6 ? "[\(host)]" : host)
      // With one colon it has a port, which lists do not have.
      let pattern = try? DelegationPattern(parsing: "WSMAN/\(host)")
      if isIPv6 || !host.contains(":") {
        #expect((endpoint == nil) == (pattern == nil) || isIPv6 && host.hasSuffix("."), "\(host.debugDescription)")
      }
      guard let endpoint, let pattern else { continue }
      #expect(pattern.matches(host: endpoint.host), "\(host)")
      taken += 1
    }
    #expect(taken > 100)
  }

  @Test("H-05: whatever is typed is refused, or is an endpoint that cannot break a request apart")
  func anything() {
    var random = Seeded(state: 2)
    for _ in 0..<1_000 {
      let text = random.text("htps:/[]@?#%.-_ab019\r\n\0 \u{E9}\u{301}\u{202E}\\", 0...16)
      guard let endpoint = try? WinRMEndpoint(parsing: text, useSSL: random.number(2) == 0) else { continue }
      let url = "\(endpoint)"
      #expect(!url.utf8.contains { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "\\") }, "\(text)")
      #expect((1...65_535).contains(endpoint.port) && !endpoint.host.isEmpty && endpoint.path.hasPrefix("/"))
    }
  }
}
