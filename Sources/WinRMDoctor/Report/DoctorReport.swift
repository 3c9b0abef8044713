/// What the doctor found: the checks in the order of the chain.
public struct DoctorReport: Sendable, Equatable {
  /// What was asked about; empty strings are never used.
  public struct Subject: Sendable, Equatable {
    /// The first hop as typed; `nil` when this machine's own service is looked at.
    public var target: String?
    /// `CredSSP`, `Negotiate`, `Kerberos`, `Basic` or `Certificate`.
    public var method: String?
    /// Who asks, where a name was given.
    public var user: String?
    public var secondHop: String?

    public init(target: String? = nil, method: String? = nil, user: String? = nil, secondHop: String? = nil) {
      self.target = target
      self.method = method
      self.user = user
      self.secondHop = secondHop
    }
  }

  public var subject: Subject
  /// When it was made, in seconds since 1970.
  public var time: Int64
  public var checks: [Check]

  public init(subject: Subject, time: Int64, checks: [Check]) {
    self.subject = subject
    self.time = time
    self.checks = checks
  }

  /// Whether everything passed.
  public var passed: Bool { checks.allSatisfy { $0.state == .pass } }
  /// The broken link: the first check that failed.
  public var firstFailure: Check? { checks.first { $0.state == .fail } }

  /// The places that were looked at, in the order of the chain.
  public var places: [Place] { Place.allCases.filter { place in checks.contains { $0.place == place } } }

  /// What is to be said of a place as a whole; `nil` where nothing was looked at.
  public func state(of place: Place) -> CheckState? {
    let states = checks.filter { $0.place == place }.map(\.state)
    return states.isEmpty ? nil : .worst(of: states)
  }

  public func count(of state: CheckState) -> Int { checks.count { $0.state == state } }

  /// What a place is called.
  public func name(of place: Place) -> String {
    switch place {
    case .client: "This machine"
    case .domain: "The domain"
    case .firstLink: "The way to \(subject.target ?? "the server")"
    case .firstHop: subject.target ?? "The server"
    case .secondLink: "The way from there to \(subject.secondHop ?? "the second hop")"
    case .secondHop: subject.secondHop ?? "The second hop"
    case .service: "The service of this machine"
    }
  }

  /// The outcome in one sentence.
  public var summary: String {
    guard let failure = firstFailure else {
      let open = count(of: .unknown)
      return open == 0 ? "Everything passed." : "Nothing failed, but \(open == 1 ? "one check" : "\(open) checks") could not be made."
    }
    let others = checks.filter { $0.state == .fail }.dropFirst().map(\.id.rawValue)
    guard !others.isEmpty else { return "The broken link is \(failure.id.rawValue): \(failure.evidence)" }
    return "The first broken link is \(failure.id.rawValue): \(failure.evidence). Broken as well: \(others.joined(separator: ", "))"
  }

  /// A host as it stands in an endpoint.
  static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
