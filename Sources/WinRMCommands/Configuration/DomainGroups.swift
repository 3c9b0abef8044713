/// The groups of this machine's domain, as far as commands check names that somebody typed.
struct DomainGroups: Sendable {
  enum Answer: Sendable, Equatable {
    case found
    /// winbind answers, and knows no such group.
    case missing
    /// winbind does not answer.
    case silent
    /// The machine has no winbind.
    case noDomain
  }

  /// `group`, `DOMAIN\group` or `group@domain.example`, as `AllowedGroups` has them; a bare name is one of the machine's own domain.
  var find: @Sendable (String) -> Answer

  /// By way of `wbinfo`, which is given a few seconds.
  static let system = DomainGroups { name in
    find(name) { arguments throws(ChildProcess.Failure) in
      try ChildProcess.run("wbinfo", arguments, maximumOutput: 4096, seconds: 3)
    }
  }

  /// - Parameter ask: runs wbinfo.
  static func find(_ name: String, _ ask: ([String]) throws(ChildProcess.Failure) -> ChildProcess.Result) -> Answer {
    do throws(ChildProcess.Failure) {
      let ping = try ask(["--ping"])
      guard ping.exitCode == 0 else { return .silent }
      var asked = name
      let halves = name.split(separator: "@", omittingEmptySubsequences: false)
      if !name.contains("\\"), halves.count == 2 {
        asked = "\(halves[1])\\\(halves[0])"
      } else if !name.contains("\\") {
        let own = try ask(["--own-domain"])
        guard own.exitCode == 0, let domain = String(decoding: own.output, as: UTF8.self).split(separator: "\n").first else {
          return .silent
        }
        asked = "\(domain)\\\(name)"
      }
      let answer = try ask(["--name-to-sid=\(asked)"])
      let text = String(decoding: answer.output, as: UTF8.self)
      return answer.exitCode == 0 && (text.contains("SID_DOM_GROUP") || text.contains("SID_ALIAS")) ? .found : .missing
    } catch {
      if case .missing = error { return .noDomain }
      return .silent
    }
  }
}
