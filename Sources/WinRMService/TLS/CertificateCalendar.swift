import Certificates
import Logging
import SecuritySupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Says in time that a certificate in use expires: a warning each day of its last thirty, and an error each day after them.
struct CertificateCalendar: Sendable {
  /// A certificate, and what shows it.
  struct Use: Sendable, Equatable {
    var details: CertificateDetails
    var user: String
  }

  /// How long before its end a certificate is spoken of.
  static let notice = 30
  private static let day: TimeInterval = 86_400

  private struct Report: Hashable {
    var thumbprint: String
    var user: String
    var isExpired: Bool
  }

  private var uses: [Use] = []
  private var reported: [Report: Date] = [:]

  /// Other certificates are in use.
  mutating func update(_ uses: [Use], logger: Logger, now: Date = Date()) {
    self.uses = uses
    look(logger: logger, now: now)
  }

  /// Says what is due.
  mutating func look(logger: Logger, now: Date = Date()) {
    for use in uses {
      let left = use.details.notAfter.timeIntervalSince(now)
      guard left < Double(Self.notice) * Self.day else { continue }
      let report = Report(thumbprint: use.details.thumbprint.text, user: use.user, isExpired: left < 0)
      // A clock that was set back must not silence it.
      if let last = reported[report], (0..<Self.day).contains(now.timeIntervalSince(last)) { continue }
      reported[report] = now
      var metadata: Logger.Metadata = [
        "certificate": "\(use.details.thumbprint)", "of": "\(use.user)", "notAfter": "\(use.details.notAfter.ISO8601Format())",
        "do": "import its successor: winrm certificate import FILE",
      ]
      if left < 0 {
        logger.error("a certificate in use has expired: clients refuse it", metadata: metadata)
      } else {
        metadata["days"] = "\(Int(left / Self.day))"
        logger.warning("a certificate in use expires soon", metadata: metadata)
      }
    }
  }
}
