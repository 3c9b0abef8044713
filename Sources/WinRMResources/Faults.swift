import Certificates
import SecuritySupport
import WSMan
import WinRMConfiguration

// The one place where an error of the configuration becomes what the peer is told.

extension WSManFault {
  /// What is wrong with a setting, or with the files of the configuration. The message is for the administrator and holds no secret.
  init(_ error: ConfigurationError) {
    let code = error.winrmCode
    switch error.code {
    case .accessDenied: self = .accessDenied("Access is denied. \(error)")
    case .readOnly where code == .configurationReadOnlyProperty: self = .readOnlyProperty("\(error)")
    case .notFound where code == .resourceNotFound: self = .noSuchInstance("\(error)")
    case .alreadyExists: self = .alreadyExists("\(error)")
    case _ where code == .schemaValidationError: self = .schemaValidationError("\(error)")
    // MS-WSMV has InternalError with a number of its own for what its tables do not name.
    default: self = .internalError(code, "\(error)")
    }
  }

  init(_ error: CertificateError) {
    let message = "The certificate cannot be used: \(error.message)"
    self = error.code == .accessDenied ? .accessDenied(message) : .internalError(error.winrmCode, message)
  }

  /// No resource with these selectors (0x80338000).
  static func noSuchInstance(_ reason: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.addressing, "DestinationUnreachable"), detail: .resourceNotFound, wsmanCode: .resourceNotFound,
      reason: reason)
  }

  /// Selectors that the resource does not know (0x8033805B).
  static func unexpectedSelectors(_ reason: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .unexpectedSelectors, wsmanCode: .unexpectedSelectors,
      reason: reason)
  }

  /// A selector whose value the resource cannot have.
  static func invalidSelectors(_ code: WinRMCode, _ reason: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .invalidValue, wsmanCode: code, reason: reason)
  }
}

extension WinRMCode {
  /// ERROR_NOT_SUPPORTED.
  static let notSupported = Self(rawValue: 50)
  /// ERROR_INTERNAL_ERROR.
  static let internalError = Self(rawValue: 1359)
}
