import CWinbind
import SecuritySupport

/// What the library's error codes mean.
enum WinbindStatus {
  /// - Parameter what: what was asked about, for the message.
  static func check(_ code: wbcErr, _ what: StaticString) throws(DomainError) {
    guard code == WBC_ERR_SUCCESS else { throw error(code, what) }
  }

  /// Whether something was found.
  static func found(_ code: wbcErr, _ what: StaticString) throws(DomainError) -> Bool {
    switch code {
    case WBC_ERR_SUCCESS: return true
    case WBC_ERR_DOMAIN_NOT_FOUND, WBC_ERR_UNKNOWN_USER, WBC_ERR_UNKNOWN_GROUP: return false
    default: throw error(code, what)
    }
  }

  static func error(_ code: wbcErr, _ what: StaticString) -> DomainError {
    switch code {
    case WBC_ERR_WINBIND_NOT_AVAILABLE: DomainError(.unavailable, "winbind does not answer: is winbindd running?")
    case WBC_ERR_DOMAIN_NOT_FOUND: DomainError(.noLogonServers, "winbind found no domain to ask about \(what)")
    default:
      DomainError(.library, "winbind could not say \(what): \(wbcErrorString(code).map { String(cString: $0) } ?? "code \(code.rawValue)")")
    }
  }

  /// What a refused logon is: the controller's word, or that there was no controller.
  static func refusal(_ status: NTStatus) -> DomainError {
    if unreachable.contains(status.rawValue) {
      return DomainError(.noLogonServers, "no domain controller could be asked: see `wbinfo --ping-dc`", status: status)
    }
    if broken.contains(status.rawValue) {
      return DomainError(
        .noLogonServers, "the domain does not trust this host: see `wbinfo --check-secret`; `net ads join` mends it", status: status)
    }
    return .refused(status)
  }

  /// NTSTATUS values (MS-ERREF §2.3.1) that mean that nobody could be asked.
  private static let unreachable: Set<UInt32> = [
    0xC000_005E,  // NO_LOGON_SERVERS
    0xC000_00B5,  // IO_TIMEOUT
    0xC000_00DA,  // CANT_ACCESS_DOMAIN_INFO
    0xC000_0020,  // INVALID_FILE_FOR_SECTION: winbind's own word for a lost child
    0xC000_020C,  // CONNECTION_DISCONNECTED
    0xC000_020D,  // CONNECTION_RESET
    0xC000_0233,  // DOMAIN_CONTROLLER_NOT_FOUND
    0xC000_0236,  // CONNECTION_REFUSED
    0xC000_023C,  // NETWORK_UNREACHABLE
    0xC000_023D,  // HOST_UNREACHABLE
    0xC002_0017,  // RPC_NT_SERVER_UNAVAILABLE
    0xC002_001B,  // RPC_NT_CALL_FAILED
  ]

  /// NTSTATUS values that mean that the machine's own account does not work.
  private static let broken: Set<UInt32> = [
    0xC000_018B,  // NO_TRUST_SAM_ACCOUNT
    0xC000_018C,  // TRUSTED_DOMAIN_FAILURE
    0xC000_018D,  // TRUSTED_RELATIONSHIP_FAILURE
    0xC000_019B,  // NETLOGON_NOT_STARTED's neighbour: DOMAIN_TRUST_INCONSISTENT
  ]
}
