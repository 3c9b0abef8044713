public import SecuritySupport

/// Where in a chain a check looks.
public enum Place: String, Sendable, CaseIterable {
  /// The machine that the doctor runs on.
  case client
  /// The domain's KDC, which client and first hop ask.
  case domain
  /// The way from the client to the first hop.
  case firstLink
  case firstHop
  /// The way from the first hop to the second.
  case secondLink
  case secondHop
  /// The service of this machine, where nothing else is asked about.
  case service
}

/// What a check found.
public enum CheckState: String, Sendable {
  case pass
  case fail
  /// It could not be looked at; the evidence says why.
  case unknown
}

/// One link of the chain, and what is to be said about it.
public struct Check: Sendable, Equatable {
  /// The name of a check in machine-readable reports. Names stay.
  public struct Identifier: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  public var id: Identifier
  /// What is looked at, in a few words.
  public var title: String
  public var place: Place
  public var state: CheckState
  /// What was seen. Text of a peer in it is to be printed with care.
  public var evidence: String
  /// What mends it: a command where there is one. Only with `fail`.
  public var remedy: String?
  /// The number that WinRM reports for this failure.
  public var code: WinRMCode?

  public init(
    _ id: Identifier, _ title: String, at place: Place, _ state: CheckState, _ evidence: String, remedy: String? = nil,
    code: WinRMCode? = nil
  ) {
    self.id = id
    self.title = title
    self.place = place
    self.state = state
    self.evidence = evidence
    self.remedy = remedy
    self.code = code
  }
}

extension CheckState {
  /// The state of several things together: one failure fails them all, and what is not known of one is not known of all.
  public static func worst(of states: some Sequence<CheckState>) -> CheckState {
    var worst = CheckState.pass
    for state in states {
      if state == .fail { return .fail }
      if state == .unknown { worst = .unknown }
    }
    return worst
  }
}
