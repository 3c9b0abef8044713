#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension ServiceExamination {
  /// Questions about the names that the settings have, one after the other. What gave no answer is blamed where it was asked; of the names
  /// that were not asked for because of it, that is said.
  struct Names {
    private let membership: Membership
    private var domain: DomainNames
    /// The name that the system's name service gave no answer about.
    private var unanswered: String?

    init(of membership: Membership, _ domain: DomainNames) {
      self.membership = membership
      self.domain = domain
    }

    /// What winbind knows of a name; `nil` on a machine that is in no domain.
    ///
    /// - Parameter mend: what makes somebody of that name.
    mutating func state(of name: String, _ kind: DomainNames.Kind, mend: String? = nil) -> Entry.State? {
      let open = "whether there is \(name) cannot be found out: "
      let what = kind == .account ? "account" : "group"
      switch membership {
      case .none: return nil
      case .silent(let reason): return .unknown(open + reason)
      case .member: break
      }
      switch domain.find(name, kind) {
      case .found: return .exists
      case .missing: return .lost("the domain has no \(what) \(name)", mend: mend)
      case .other: return .lost("the domain has no \(what) \(name) (something else is called so)", mend: mend)
      case .silent: return .unknown(open + "winbind does not answer")
      case .unanswered: return .unknown(open + "winbind got no answer about it within \(DomainNames.patience) seconds")
      case .notAsked(let first): return .unknown(open + "not asked, because \(first) got no answer")
      case .failed(let reason): return .unknown(open + reason)
      case .noDomain: return .unknown(open + "wbinfo is not installed")
      }
    }

    /// The name of the machine's own domain, where it can be had.
    mutating func ownDomain() -> String? {
      guard membership == .member else { return nil }
      return (try? domain.own()) ?? nil
    }

    /// Why the system's name service leaves a name open.
    mutating func reason(_ failure: NameService.Failure, for name: String) -> String {
      // It waits for the same winbind.
      if case .silent(let reason) = membership { return reason }
      if failure == .silent, unanswered == nil { unanswered = name }
      if failure == .notAsked, let unanswered { return "not asked, because \(unanswered) got no answer of the system's name service" }
      return Self.reason(failure)
    }

    static func reason(_ failure: NameService.Failure) -> String {
      switch failure {
      case .silent, .notAsked: "the system's name service does not answer"
      case .system(let number): "the system's name service fails: \(String(cString: strerror(number)))"
      }
    }
  }
}
