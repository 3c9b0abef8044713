public import SecuritySupport
public import WSMan

/// A failed operation, told so that its reader knows what to do: where it failed, what the peer answered, the likely cause, the next step.
public struct WinRMError: Error, Sendable {
  /// How far the operation had come.
  public struct Stage: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A rule of this machine, before anything went to the network.
    public static let policy = Self(rawValue: "policy")
    /// A file or a stream of this machine.
    public static let local = Self(rawValue: "this machine")
    /// Finding the address of the host.
    public static let resolve = Self(rawValue: "name resolution")
    /// Asking the domain's KDC for tickets, before anything goes to the server.
    public static let kerberos = Self(rawValue: "Kerberos")
    /// The way through a proxy.
    public static let proxy = Self(rawValue: "proxy")
    /// Opening the TCP connection.
    public static let connect = Self(rawValue: "connection")
    /// The outer TLS handshake (HTTPS).
    public static let tls = Self(rawValue: "TLS")
    /// Proving who we are, and that the server is who it should be.
    public static let authenticate = Self(rawValue: "authentication")
    /// Deciding whether this server may have the credentials (CredSSP).
    public static let delegate = Self(rawValue: "delegation")
    /// A WS-Management request.
    public static let request = Self(rawValue: "request")
    /// An operation of the remote shell.
    public static let shell = Self(rawValue: "remote shell")
  }

  /// The number that WinRM reports.
  public var code: WinRMCode
  public var stage: Stage
  /// The server, `host:port`; `nil` before one is addressed.
  public var peer: String?
  /// The peer's answer by name and number: an NTSTATUS, a fault, an HTTP status.
  public var peerAnswer: String?
  /// What happened and why, most likely.
  public var cause: String
  /// What to do or to run next.
  public var nextStep: String
  /// The server's fault, when it sent one.
  public var fault: WSManFault?

  public init(
    code: WinRMCode, stage: Stage, peer: String? = nil, peerAnswer: String? = nil, cause: String, nextStep: String, fault: WSManFault? = nil
  ) {
    self.code = code
    self.stage = stage
    self.peer = peer
    self.peerAnswer = peerAnswer
    self.cause = cause
    self.nextStep = nextStep
    self.fault = fault
  }
}

extension WinRMError.Stage {
  /// Who gave ``WinRMError/peerAnswer``.
  package var answerer: String {
    switch self {
    case .kerberos: "domain controller"
    case .proxy: "proxy"
    default: "server"
    }
  }
}

extension WinRMError: CustomStringConvertible {
  /// Several lines: cause, stage, answer, next step, number. Text of the peer has its control characters replaced, so that it cannot
  /// drive a terminal.
  public var description: String {
    var lines = [cause, "Stage: \(stage.rawValue)\(peer.map { " with \($0)" } ?? "")"]
    if let peerAnswer { lines.append("Answer of the \(stage.answerer): \(peerAnswer)") }
    lines.append("Next: \(nextStep)")
    lines.append("Error number: \(code.signed) \(code.hexadecimal)")
    return lines.map(Self.printable).joined(separator: "\n")
  }

  /// `text` with control characters (line feed and tab excepted) and bidirectional overrides shown as U+FFFD.
  package static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isForbidden =
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
      result.append(isForbidden ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }
}
