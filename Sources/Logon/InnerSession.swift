import Kerberos
import LogonInterface
import NTLM
import SecuritySupport

/// An established context of either mechanism, with the failures of a logon.
enum InnerSession: Sendable {
  case ntlm(NTLMSession)
  case kerberos(KerberosSession)

  var mechanism: MechanismIdentifier {
    switch self {
    case .ntlm: .ntlm
    case .kerberos: .kerberos
    }
  }

  mutating func seal(_ clear: [UInt8]) throws(LogonFailure) -> [UInt8] {
    try use { (session) throws(NTLMError) in
      try session.seal(clear)
    } kerberos: { (session) throws(KerberosError) in
      try session.seal(clear)
    }
  }

  mutating func unseal(_ sealed: [UInt8]) throws(LogonFailure) -> [UInt8] {
    try use { (session) throws(NTLMError) in
      try session.unseal(sealed)
    } kerberos: { (session) throws(KerberosError) in
      try session.unseal(sealed)
    }
  }

  mutating func unseal(toSecret sealed: [UInt8]) throws(LogonFailure) -> SecretBytes {
    try use { (session) throws(NTLMError) in
      try session.unseal(toSecret: sealed)
    } kerberos: { (session) throws(KerberosError) in
      try session.unseal(toSecret: sealed)
    }
  }

  mutating func makeMechListMIC(over message: [UInt8]) throws(LogonFailure) -> [UInt8] {
    try use { (session) throws(NTLMError) in
      try session.makeMechListMIC(over: message)
    } kerberos: { (session) throws(KerberosError) in
      try session.makeMIC(over: message)
    }
  }

  mutating func verifyMechListMIC(_ mic: [UInt8], over message: [UInt8]) throws(LogonFailure) {
    try use { (session) throws(NTLMError) in
      try session.verifyMechListMIC(mic, over: message)
    } kerberos: { (session) throws(KerberosError) in
      try session.verify(mic: mic, over: message)
    }
  }

  /// The keys of an established context for the network side. The context itself is of no use afterwards.
  consuming func messageKeys() throws(LogonFailure) -> MessageKeys {
    switch self {
    case .ntlm(let session):
      do throws(NTLMError) {
        let export = try session.export()
        return .ntlm(
          exportedSessionKey: export.exportedSessionKey, flags: export.flags, sendSequence: export.sendSequence,
          receiveSequence: export.receiveSequence)
      } catch { throw LogonFailure(ntlm: error) }
    case .kerberos(let session):
      do throws(KerberosError) {
        let export = try session.export()
        return .kerberos(context: export.context, service: "\(export.service.service)/\(export.service.host)", flags: export.flags.rawValue)
      } catch { throw LogonFailure(kerberos: error) }
    }
  }

  private mutating func use<R>(
    _ ntlm: (inout NTLMSession) throws(NTLMError) -> R, kerberos: (KerberosSession) throws(KerberosError) -> R
  ) throws(LogonFailure) -> R {
    switch self {
    case .ntlm(var session):
      do throws(NTLMError) {
        let result = try ntlm(&session)
        self = .ntlm(session)
        return result
      } catch { throw LogonFailure(ntlm: error) }
    case .kerberos(let session):
      do throws(KerberosError) { return try kerberos(session) } catch { throw LogonFailure(kerberos: error) }
    }
  }
}
