import Synchronization
import WinRM

/// Keeps what the client tells about its first authentication.
final class AuthenticationNotice: Sendable {
  private let first = Mutex<AuthenticationReport?>(nil)

  var report: AuthenticationReport? { first.withLock { $0 } }

  func record(_ report: AuthenticationReport) {
    first.withLock { $0 = $0 ?? report }
  }

  /// The lines for standard error: with `-verbose` all about it, otherwise a warning where delegation was asked for and did not come about.
  static func lines(_ report: AuthenticationReport, verbose: Bool) -> [String] {
    var lines: [String] = []
    if verbose {
      let user = report.client.map { "\($0)" } ?? "the user"
      let mechanism = report.mechanism == nil ? "" : " with \(report.mechanismName)"
      lines.append("\(report.peer) knows \(user) by \(scheme(report.method))\(mechanism)")
      if let service = report.service { lines.append("the server has proven by Kerberos that it is \(service)") }
      if let obstacle = report.kerberosObstacle { lines.append("no Kerberos: \(obstacle)") }
    }
    switch report.delegation {
    case .notAsked: break
    case .password(let reason): if verbose { lines.append("name and password were delegated: \(reason)") }
    case .ticket: if verbose { lines.append("a ticket was delegated") }
    case .none(let reason):
      lines.append("warning: no credentials were delegated, so there is no second hop from \(report.peer): \(reason)")
    }
    return lines.map { "winrs: " + WinRMError.printable($0) }
  }

  private static func scheme(_ method: AuthenticationMethod) -> String {
    switch method {
    case .credSSP: "CredSSP"
    case .kerberos: "the scheme Kerberos"
    case .basic: "Basic"
    case .certificate: "certificate"
    case .negotiate, .none: "Negotiate"
    }
  }
}
