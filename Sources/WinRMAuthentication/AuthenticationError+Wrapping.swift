import CredSSP
import Kerberos
import LogonAgent
import NTLM
import SPNEGO
import WinRMHTTP

extension AuthenticationError {
  /// The error of a layer below, told in terms of the exchange. Cancellation stays what it is.
  static func wrapping(_ error: any Error) -> any Error {
    switch error {
    case is AuthenticationError, is CancellationError: error
    case let error as CredSSPError: AuthenticationError(error)
    case let error as SPNEGOError: AuthenticationError(error)
    case let error as NTLMError: AuthenticationError(error)
    case let error as KerberosError: AuthenticationError(error)
    case let error as LogonAgentError: AuthenticationError(.mechanism, error.description, cause: error)
    case let error as WinRMHTTPError: AuthenticationError(.protection, error.message, cause: error)
    default: AuthenticationError(.mechanism, "the security mechanism failed", cause: error)
    }
  }

  /// The error of undoing a protection: whatever the peer's bytes did, the message is not to be trusted.
  static func protecting(_ error: any Error) -> any Error {
    switch error {
    case let error as AuthenticationError where error.code != .timeout && error.code != .protection:
      AuthenticationError(.protection, error.message, cause: error)
    case is AuthenticationError, is CancellationError: error
    case let error as WinRMHTTPError: AuthenticationError(.protection, error.message, cause: error)
    case is NTLMError, is KerberosError: AuthenticationError(.protection, "an encrypted body does not verify", cause: error)
    default: AuthenticationError(.protection, "an encrypted body cannot be read", cause: error)
    }
  }

  private init(_ error: CredSSPError) {
    let code: Code =
      switch error.code {
      case .refused: .refused
      case .publicKeyMismatch: .unproven
      case .limit: .limit
      case .local: .outOfSequence
      default: .malformed
      }
    self.init(code, "CredSSP: \(error.message)", status: error.status, cause: error)
  }

  private init(_ error: SPNEGOError) {
    let code: Code =
      switch error.code {
      case .refused: .refused
      case .missingMIC: .unproven
      case .limit: .limit
      case .local: .outOfSequence
      default: .malformed
      }
    self.init(code, "SPNEGO: \(error.message)", cause: error)
  }

  private init(_ error: NTLMError) {
    let code: Code =
      switch error.code {
      case .badMIC, .badSignature, .badSequence, .badBindings: .unproven
      case .logonFailure: .refused
      case .limit: .limit
      case .local, .outOfSequence: .outOfSequence
      default: .malformed
      }
    // The error's own status is what a server would tell its client. This end has found the fault itself; the peer gave no reason.
    self.init(code, "NTLM: \(error.message)", cause: error)
  }

  private init(_ error: KerberosError) {
    let code: Code =
      switch error.code {
      case .wrongPassword, .unknownPrincipal, .passwordExpired, .passwordMustChange, .accountExpired, .accountRevoked, .policy: .refused
      case .unproven, .badBindings, .replay, .protection: .unproven
      case .timeout: .timeout
      case .malformed: .malformed
      case .limit: .limit
      case .outOfSequence, .local: .outOfSequence
      default: .mechanism
      }
    self.init(code, "\(error). \(error.likelyCause) \(error.nextStep)", status: error.status, cause: error)
  }
}
