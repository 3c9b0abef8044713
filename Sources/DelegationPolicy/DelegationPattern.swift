/// One service principal name of a credentials-delegation list: `WSMAN/host`, `WSMAN/*.domain` or `WSMAN/*`.
///
/// Case does not matter. Names of other service classes, such as `TERMSRV/*`, are read and kept, and match no WinRM server. A pattern has
/// no port. Hosts are compared as typed: an entry for a full name does not match a connection by short name or by address.
public struct DelegationPattern: Sendable, Hashable {
  private enum Host: Hashable {
    case any
    /// `*.domain`: the folded `.domain`.
    case suffix([UInt8])
    case exact(FoldedHost)
  }

  /// The service class in lower case.
  private let service: String
  private let host: Host
  /// The text that was parsed.
  public let text: String

  /// Reads `SERVICE/host`, `SERVICE/*.domain` or `SERVICE/*`.
  ///
  /// - Throws: `malformedPattern` for anything else: no service class, two wildcards, a wildcard elsewhere, a port, a host that no endpoint
  ///   can have.
  public init(parsing text: String) throws(DelegationPolicyError) {
    func malformed(_ why: String) -> DelegationPolicyError {
      DelegationPolicyError(.malformedPattern, "\"\(text.withVisibleScalars)\" is no delegation target: \(why)")
    }
    guard !text.unicodeScalars.contains(where: \.isInvisible) else {
      throw malformed("blanks, control characters and invisible ones may stand nowhere in it, nor around it")
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let service = parts.first, let host = parts.last, parts.count == 2, !service.isEmpty else {
      throw malformed("it must have the form WSMAN/host, WSMAN/*.domain or WSMAN/*")
    }
    guard service.utf8.allSatisfy(Self.isServiceByte) else { throw malformed("its service class must be letters and digits") }
    self.service = service.lowercased()
    self.text = text
    if host == "*" {
      self.host = .any
    } else if host.hasPrefix("*.") {
      let name = host.dropFirst(2)
      // The shortest host of the domain is one of a single letter.
      guard let domain = FoldedHost(String(name)), !name.contains("*"), HostSyntax.isName("x.\(name)") else {
        var error = malformed("after the wildcard must stand the name of a domain")
        error.isAboutHost = !name.contains("*") && !name.contains(":") && !name.isEmpty
        throw error
      }
      self.host = .suffix([UInt8(ascii: ".")] + domain.bytes)
    } else {
      guard !host.contains("*") else { throw malformed("only one wildcard may stand, alone or before the first dot") }
      guard host.utf8.count(where: { $0 == UInt8(ascii: ":") }) != 1, !Self.isBracketsAndPort(host) else {
        throw malformed("a delegation target has no port")
      }
      guard let exact = FoldedHost(String(host)), exact.isIPv6Shaped ? HostSyntax.isIPv6Address(exact.text) : HostSyntax.isName(host) else {
        var error = malformed("what follows the / is no host name and no address that an endpoint can have")
        error.isAboutHost = !host.isEmpty
        throw error
      }
      self.host = .exact(exact)
    }
  }

  /// `[ADDRESS]:PORT`.
  private static func isBracketsAndPort(_ host: Substring) -> Bool {
    guard host.first == "[", let end = host.lastIndex(of: "]") else { return false }
    return host[host.index(after: end)...].first == ":"
  }

  /// `WSMAN/*`.
  static let everyWinRMService = DelegationPattern(service: "wsman", host: .any, text: "WSMAN/*")

  private init(service: String, host: Host, text: String) {
    self.service = service
    self.host = host
    self.text = text
  }

  /// Whether the service class is WinRM's.
  public var isWSMan: Bool { service == "wsman" }

  /// Whether the pattern names the WinRM server `host`, which is given as typed, with or without the brackets of an IPv6 address.
  public func matches(host: String) -> Bool {
    guard isWSMan, let name = FoldedHost(host) else { return false }
    switch self.host {
    case .any: return true
    case .suffix(let suffix): return name.bytes.count > suffix.count && name.bytes.suffix(suffix.count).elementsEqual(suffix)
    case .exact(let exact): return name == exact
    }
  }

  /// Whether this pattern matches every host that `other` matches.
  public func covers(_ other: DelegationPattern) -> Bool {
    guard service == other.service else { return false }
    switch (host, other.host) {
    case (.any, _): return true
    case (.suffix(let mine), .suffix(let theirs)): return theirs.count >= mine.count && theirs.suffix(mine.count).elementsEqual(mine)
    case (.suffix(let mine), .exact(let host)): return host.bytes.count > mine.count && host.bytes.suffix(mine.count).elementsEqual(mine)
    case (.exact(let mine), .exact(let theirs)): return mine == theirs
    case (.suffix, .any), (.exact, .any), (.exact, .suffix): return false
    }
  }

  /// Two patterns are equal when they match the same hosts.
  public static func == (left: Self, right: Self) -> Bool { left.service == right.service && left.host == right.host }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(service)
    hasher.combine(host)
  }

  /// Letters, digits, `-` and `_`: what a service class is made of.
  package static func isServiceByte(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }
}

extension DelegationPattern: CustomStringConvertible {
  public var description: String { text }
}
