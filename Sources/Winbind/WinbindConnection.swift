import CWinbind
import SecurityDescriptors
import SecuritySupport

/// One conversation with winbind, for one thread. Every call blocks.
struct WinbindConnection: ~Copyable {
  /// The most groups that are read of an answer. Windows' own tokens hold 1024.
  static let maximumGroups = 10_000

  /// What a name or an identifier turned out to be.
  struct Principal {
    var sid: SecurityIdentifier
    var kind: Kind
  }
  enum Kind {
    case user
    case group
    case other
  }
  struct DomainInfo {
    var netBIOSName: String
    var dnsName: String
    var isActiveDirectory: Bool
    var isOwn: Bool
  }
  struct Interface {
    var computer: String
    var domain: String
    var dnsDomain: String
  }

  private let context: OpaquePointer

  init() throws(DomainError) {
    guard let context = wbcCtxCreate() else { throw DomainError(.library, "libwbclient gave no context") }
    self.context = context
  }

  deinit { wbcCtxFree(context) }

  func interface() throws(DomainError) -> Interface {
    var details: UnsafeMutablePointer<wbcInterfaceDetails>?
    try WinbindStatus.check(wbcCtxInterfaceDetails(context, &details), "its names")
    guard let details else { throw Self.nothing }
    defer { wbcFreeMemory(details) }
    return Interface(
      computer: try WinbindText.decode(details.pointee.netbios_name, "a computer name"),
      domain: try WinbindText.decode(details.pointee.netbios_domain, "a domain name"),
      dnsDomain: try WinbindText.decode(details.pointee.dns_domain, "a DNS name"))
  }

  /// `nil` for a domain that is neither this host's nor trusted.
  func domain(_ name: String) throws(DomainError) -> DomainInfo? {
    var info: UnsafeMutablePointer<wbcDomainInfo>?
    guard try WinbindStatus.found(wbcCtxDomainInfo(context, name, &info), "a domain") else { return nil }
    guard let info else { throw Self.nothing }
    defer { wbcFreeMemory(info) }
    let flags = Int32(bitPattern: info.pointee.domain_flags)
    return DomainInfo(
      netBIOSName: try WinbindText.decode(info.pointee.short_name, "a domain name"),
      dnsName: try WinbindText.decode(info.pointee.dns_name, "a DNS name"), isActiveDirectory: flags & WBC_DOMINFO_DOMAIN_AD != 0,
      isOwn: flags & WBC_DOMINFO_DOMAIN_PRIMARY != 0)
  }

  /// `nil` for an unknown name.
  func principal(domain: String, name: String) throws(DomainError) -> Principal? {
    var sid = wbcDomainSid()
    var type = WBC_SID_NAME_USE_NONE
    guard try WinbindStatus.found(wbcCtxLookupName(context, domain, name, &sid, &type), "a name") else { return nil }
    return Principal(sid: try SecurityIdentifier(sid), kind: Self.kind(type))
  }

  /// The names that the directory itself writes; `nil` for an unknown identifier.
  func name(of sid: SecurityIdentifier) throws(DomainError) -> (domain: String, name: String, kind: Kind)? {
    var (domain, name): (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?)
    var type = WBC_SID_NAME_USE_NONE
    var value = sid.wbcSID
    guard try WinbindStatus.found(wbcCtxLookupSid(context, &value, &domain, &name, &type), "an identifier") else { return nil }
    defer {
      wbcFreeMemory(domain)
      wbcFreeMemory(name)
    }
    return (try WinbindText.decode(domain, "a domain name"), try WinbindText.decode(name, "an account name"), Self.kind(type))
  }

  /// The Unix user that an identifier is mapped to; `nil` when it is mapped to none.
  func unixUser(of sid: SecurityIdentifier) throws(DomainError) -> (name: String, uid: UInt32)? {
    var entry: UnsafeMutablePointer<passwd>?
    var value = sid.wbcSID
    guard try WinbindStatus.found(wbcCtxGetpwsid(context, &value, &entry), "a Unix user") else { return nil }
    guard let entry else { throw Self.nothing }
    defer { wbcFreeMemory(entry) }
    let name = try WinbindText.decode(entry.pointee.pw_name, "a Unix name")
    guard !name.isEmpty, !name.contains(":"), !name.contains("/") else {
      throw DomainError(.malformed, "winbind gave a Unix name that is none")
    }
    return (name, entry.pointee.pw_uid)
  }

  func groups(of user: SecurityIdentifier) throws(DomainError) -> [SecurityIdentifier] {
    var count = UInt32(0)
    var sids: UnsafeMutablePointer<wbcDomainSid>?
    var value = user.wbcSID
    try WinbindStatus.check(wbcCtxLookupUserSids(context, &value, false, &count, &sids), "the groups of a user")
    guard let sids else { throw Self.nothing }
    defer { wbcFreeMemory(sids) }
    guard count <= Self.maximumGroups else { throw DomainError(.malformed, "winbind gave more than \(Self.maximumGroups) groups") }
    var groups: [SecurityIdentifier] = []
    for index in 0..<Int(count) { groups.append(try SecurityIdentifier(sids[index])) }
    return groups
  }

  /// Whether winbind runs at all.
  func ping() -> Bool { wbcCtxPing(context) == WBC_ERR_SUCCESS }

  /// Whether a domain controller answers.
  func reachesController() -> Bool {
    var error: UnsafeMutablePointer<wbcAuthErrorInfo>?
    defer { wbcFreeMemory(error) }
    return wbcCtxPingDc(context, nil, &error) == WBC_ERR_SUCCESS
  }

  /// What a logon brought. The session key is the caller's to wipe.
  struct Logon {
    var user: SecurityIdentifier
    var groups: [SecurityIdentifier]
    var sessionKey: SecretBytes
    /// WBC_AUTH_USER_INFO_….
    var flags: UInt32
  }

  /// Only root may ask this.
  func authenticate(_ parameters: inout wbcAuthUserParams) throws(DomainError) -> Logon {
    var info: UnsafeMutablePointer<wbcAuthUserInfo>?
    var failure: UnsafeMutablePointer<wbcAuthErrorInfo>?
    let code = wbcCtxAuthenticateUserEx(context, &parameters, &info, &failure)
    defer {
      if let info {
        withUnsafeMutableBytes(of: &info.pointee.user_session_key) { Self.clear($0) }
        withUnsafeMutableBytes(of: &info.pointee.lm_session_key) { Self.clear($0) }
      }
      wbcFreeMemory(info)
      wbcFreeMemory(failure)
    }
    switch code {
    case WBC_ERR_SUCCESS: break
    case WBC_ERR_AUTH_ERROR:
      guard let failure else { throw Self.nothing }
      throw WinbindStatus.refusal(NTStatus(rawValue: failure.pointee.nt_status))
    case WBC_ERR_WINBIND_NOT_AVAILABLE where ping():
      throw DomainError(.notPermitted, "winbind lets only root verify logons")
    default: throw WinbindStatus.error(code, "a logon")
    }
    guard let info, info.pointee.num_sids >= 1, let sids = info.pointee.sids else { throw Self.nothing }
    guard info.pointee.num_sids <= Self.maximumGroups else {
      throw DomainError(.malformed, "winbind gave more than \(Self.maximumGroups) groups")
    }
    var groups: [SecurityIdentifier] = []
    for index in 1..<max(1, Int(info.pointee.num_sids)) {
      let isDenyOnly = Int32(bitPattern: sids[index].attributes) & WBC_SID_ATTR_GROUP_USEFOR_DENY_ONLY != 0
      let group = try SecurityIdentifier(sids[index].sid)
      // The primary group is there twice.
      if !isDenyOnly, !groups.contains(group) { groups.append(group) }
    }
    return Logon(
      user: try SecurityIdentifier(sids[0].sid), groups: groups,
      sessionKey: withUnsafeBytes(of: info.pointee.user_session_key) { SecretBytes($0) }, flags: info.pointee.user_flags)
  }

  private static func clear(_ bytes: UnsafeMutableRawBufferPointer) { for index in bytes.indices { bytes[index] = 0 } }

  private static func kind(_ type: wbcSidType) -> Kind {
    switch type {
    case WBC_SID_NAME_USER: .user
    // The domain's own local groups are aliases.
    case WBC_SID_NAME_DOM_GRP, WBC_SID_NAME_ALIAS: .group
    default: .other
    }
  }

  private static var nothing: DomainError { DomainError(.malformed, "winbind gave an answer without content") }
}
