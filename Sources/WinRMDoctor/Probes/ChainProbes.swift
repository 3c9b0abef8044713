public import WinRM
public import Kerberos
public import CredSSP
public import DelegationPolicy

/// What asks the network for the doctor. The order in which it is asked, and what is made of the answers, is the doctor's.
public protocol ChainProbes: Sendable {
  /// All that the rules of this machine refuse before anything goes to the network; empty when they let it begin.
  func ruleFailures() -> [WinRMError]
  /// Why Kerberos cannot be used, where names alone say it.
  var kerberosObstacle: String? { get }
  /// The proxy that is asked for, if one is.
  var proxy: ProxyAnswer { get }
  /// The names under which the KDC is asked for the service.
  var serviceNames: [String] { get }
  /// The addresses of the host, or of the proxy where one is on the way.
  func addresses() async -> AddressAnswer
  /// Looks at the server without proving anything.
  func greet() async throws -> Greeting
  /// What the service says that it is, without authentication; `nil` where it does not say it.
  func identify() async throws -> ServiceProduct?
  /// Asks the KDC with the user's credentials.
  func askKerberos() async throws -> KerberosAnswer
  /// Logs on, opens a shell, and in it looks at the second hop.
  func logOn(second: SecondHopProbe?) async throws -> LogonAnswer
}

/// Which way the environment names.
public enum ProxyAnswer: Sendable {
  /// Nobody asked for a proxy.
  case notAsked
  /// One was asked for, and none is named for this host.
  case direct
  /// Its host, `host:port`, and whether the way through it begins with a name and a password for it.
  case through(host: String, authority: String, takesPassword: Bool = false)
  /// What names it cannot be used.
  case unusable(WinRMError)

  var authority: String? {
    if case .through(_, let authority, _) = self { authority } else { nil }
  }

  var takesPassword: Bool {
    if case .through(_, _, let takesPassword) = self { takesPassword } else { false }
  }
}

/// What the resolver said.
public enum AddressAnswer: Sendable, Equatable {
  case found([String])
  /// The resolver's reason.
  case notFound(String)
}

/// What a server showed to a stranger.
public struct Greeting: Sendable {
  public struct Answer: Sendable, Equatable {
    public var status: Int
    public var schemes: [String]
    /// The `Date` header.
    public var date: String?

    public init(status: Int, schemes: [String], date: String? = nil) {
      self.status = status
      self.schemes = schemes
      self.date = date
    }
  }

  /// What its certificate says, over HTTPS.
  public var certificate: String?
  public var peer: String?
  public var address: String?
  /// Why it went no further.
  public var failure: WinRMError?
  public var answer: Answer?

  public init(
    certificate: String? = nil, peer: String? = nil, address: String? = nil, failure: WinRMError? = nil, answer: Answer? = nil
  ) {
    self.certificate = certificate
    self.peer = peer
    self.address = address
    self.failure = failure
    self.answer = answer
  }
}

/// Who made the service.
public struct ServiceProduct: Sendable, Equatable {
  public var vendor: String
  public var version: String

  public init(vendor: String, version: String) {
    self.vendor = vendor
    self.version = version
  }

  /// Whether commands there are those of Windows.
  public var isWindows: Bool { vendor.lowercased().contains("microsoft") }
}

/// What came of asking the KDC.
public enum KerberosAnswer: Sendable {
  /// There is a ticket for the service; the user as the KDC calls him.
  case ticket(String)
  /// There is none, and the client would go on without.
  case obstacle(reason: String, error: KerberosError?)
  /// The client would give up: its error, and the KDC's where that is known.
  case failure(WinRMError, KerberosError?)
  case notAsked
}

/// What the inner handshake of CredSSP saw.
public struct CredSSPSighting: Sendable, Equatable {
  public var parameters: TLSParameters?
  public var proof: ServerProof?
  /// Why the certificate proves nothing.
  public var flaw: String?
  /// What its certificate says.
  public var certificate: String?
  /// The rule that let the credentials go.
  public var permission: String?
  public var version: Int?

  public init() {}
}

/// What came of logging on.
public struct LogonAnswer: Sendable {
  public var credSSP: CredSSPSighting?
  /// How it was done; `nil` when the logon failed.
  public var report: AuthenticationReport?
  /// What failed: the logon where there is no ``report``, else the shell.
  public var failure: WinRMError?
  public var second: SecondHopAnswer?

  public init(
    credSSP: CredSSPSighting? = nil, report: AuthenticationReport? = nil, failure: WinRMError? = nil, second: SecondHopAnswer? = nil
  ) {
    self.credSSP = credSSP
    self.report = report
    self.failure = failure
    self.second = second
  }
}

/// What is to be asked about the second hop, and in whose language.
public struct SecondHopProbe: Sendable, Equatable {
  public var target: SecondHopTarget
  public var isWindows: Bool

  public init(target: SecondHopTarget, isWindows: Bool) {
    self.target = target
    self.isWindows = isWindows
  }
}

/// What the script on the first hop wrote: names and values, the last of a name counts.
public enum SecondHopAnswer: Sendable, Equatable {
  case said([String: String])
  /// It could not be run, or wrote something else.
  case failed(String)
}
