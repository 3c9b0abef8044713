import Kerberos
import LogonInterface
import NTLM
import SPNEGO
import SecuritySupport

extension LogonFailure {
  /// What a failure of NTLM means for the logon.
  init(ntlm error: NTLMError) {
    if let status = error.status {
      self.init(.refused(status), "NTLM: \(error.message)")
    } else {
      switch error.code {
      case .outOfSequence: self.init(.outOfSequence, "NTLM: \(error.message)")
      case .limit: self.init(.limit, "NTLM: \(error.message)")
      default: self.init(.malformed, "NTLM: \(error.message)")
      }
    }
  }

  /// What a failure of the acceptor's end of Kerberos means for the logon.
  init(kerberos error: KerberosError) {
    let code: Code =
      switch error.code {
      case .malformed, .protection: .malformed
      case .limit: .limit
      case .outOfSequence: .outOfSequence
      case .badBindings: .refused(.badBindings)
      case .clockSkew: .refused(.timeDifferenceAtDomainController)
      // Nobody has looked at the ticket.
      case .busy, .timeout: .undecided
      case .unreachable, .configuration: .unavailable
      default: .refused(.logonFailure)
      }
    self.init(code, error.description)
  }

  /// What a failure of SPNEGO means for the logon.
  init(spnego error: SPNEGOError) {
    switch error.code {
    case .missingMIC, .refused: self.init(.refused(.logonFailure), "SPNEGO: \(error.message)")
    case .noCommonMechanism: self.init(.refused(.notSupported), "SPNEGO: \(error.message)")
    case .limit: self.init(.limit, "SPNEGO: \(error.message)")
    default: self.init(.malformed, "SPNEGO: \(error.message)")
    }
  }
}
