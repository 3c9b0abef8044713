/// The accounts and groups of this machine's domain, as far as commands check names that somebody typed.
///
/// wbinfo is asked, and given a few seconds for each question. Who gave no answer is not waited for again: winbind as a whole, or the domain
/// of one name; another domain's names are asked for all the same.
struct DomainNames {
  enum Kind: Sendable, Equatable {
    case account
    case group
  }

  enum Answer: Sendable, Equatable {
    case found
    /// winbind answers, and knows no such name.
    case missing
    /// winbind answers, and something else is called so.
    case other
    /// winbind does not answer.
    case silent
    /// winbind answers, but not in time about this name.
    case unanswered
    /// Not asked, because this name of the same domain got no answer.
    case notAsked(because: String)
    /// wbinfo failed, for this reason.
    case failed(String)
    /// The machine has no winbind.
    case noDomain
  }

  /// How long an answer of winbind is waited for, in seconds; the service waits for as long.
  static let patience = 5

  /// Runs wbinfo.
  private let wbinfo: ([String]) throws(ChildProcess.Failure) -> ChildProcess.Result
  /// The names by which a domain's name means this machine, in capitals.
  private let ownNames: Set<String>
  private var isSilent = false
  /// The name of the machine's own domain, as soon as it was asked for.
  private var ownDomain: String?
  /// The name that got no answer, by its domain in capitals.
  private var unanswered: [String: String] = [:]

  /// - Parameters:
  ///   - hostNames: those of this machine; its own groups are none of the domain.
  ///   - wbinfo: runs it.
  init(
    hostNames: [String] = [],
    wbinfo: @escaping ([String]) throws(ChildProcess.Failure) -> ChildProcess.Result = DomainNames.run
  ) {
    ownNames = Set(hostNames.map { String($0.uppercased().prefix(15)) } + ["."])
    self.wbinfo = wbinfo
  }

  static func run(_ arguments: [String]) throws(ChildProcess.Failure) -> ChildProcess.Result {
    try ChildProcess.run("wbinfo", arguments, maximumOutput: 4096, seconds: patience)
  }

  /// Whether the service would find somebody by that name: accounts are users, groups are the domain's, global or local, and no well-known
  /// ones of Windows, which have members on each machine of their own.
  ///
  /// - Parameter name: `NAME`, `DOMAIN\NAME` or `NAME@domain.example`, as `AllowedAccounts` and `AllowedGroups` have them; a bare name is one
  ///   of the machine's own domain.
  mutating func find(_ name: String, _ kind: Kind) -> Answer {
    guard !isSilent else { return .silent }
    let halves = name.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    do throws(ChildProcess.Failure) {
      guard try wbinfo(["--ping"]).exitCode == 0 else { return silence() }
      var (domain, asked) = ("", name)
      if let cut = name.firstIndex(of: "\\") {
        domain = String(name[..<cut])
      } else if halves.count == 2 {
        domain = halves[1]
        // The directory knows user principal names, but none of groups.
        if kind == .group { asked = "\(domain)\\\(halves[0])" }
      } else {
        guard let own = try own() else { return silence() }
        (domain, asked) = (own, "\(own)\\\(name)")
      }
      domain = domain.uppercased()
      guard !ownNames.contains(domain) else { return .missing }
      if let first = unanswered[domain] { return .notAsked(because: first) }
      do throws(ChildProcess.Failure) {
        return Self.answer(try wbinfo(["--name-to-sid=\(asked)"]), kind)
      } catch {
        guard case .timedOut = error else { throw error }
        unanswered[domain] = name
        return .unanswered
      }
    } catch {
      switch error {
      case .missing: return .noDomain
      case .timedOut: return silence()
      case .notStarted, .tooMuchOutput, .killed: return .failed(error.reason)
      }
    }
  }

  /// The name of the machine's own domain; `nil` where winbind does not say.
  mutating func own() throws(ChildProcess.Failure) -> String? {
    if let ownDomain { return ownDomain }
    guard !isSilent else { return nil }
    let answer = try wbinfo(["--own-domain"])
    guard answer.exitCode == 0 else { return nil }
    ownDomain = String(decoding: answer.output, as: UTF8.self).split(separator: "\n").first.map(String.init)
    return ownDomain
  }

  private mutating func silence() -> Answer {
    isSilent = true
    return .silent
  }

  /// wbinfo writes the SID, the kind, and the number of the kind.
  private static func answer(_ result: ChildProcess.Result, _ kind: Kind) -> Answer {
    guard result.exitCode == 0 else { return .missing }
    let words = String(decoding: result.output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count >= 2, words[0].hasPrefix("S-1-") else { return .missing }
    let kinds = kind == .account ? ["SID_USER"] : ["SID_DOM_GROUP", "SID_ALIAS"]
    return words[0].hasPrefix("S-1-5-21-") && kinds.contains(String(words[1])) ? .found : .other
  }
}
