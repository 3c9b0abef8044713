import CWinbind
import SecurityDescriptors
import SecuritySupport

extension WinbindConnection {
  func membership() throws(DomainError) -> DomainMembership {
    let names = try interface()
    guard !names.domain.isEmpty, !names.computer.isEmpty, names.domain.uppercased() != names.computer.uppercased(),
      let domain = try domain(names.domain), domain.isOwn
    else { throw DomainError(.notMember, "this host is no member of a domain") }
    let dns = domain.dnsName.isEmpty ? names.dnsDomain : domain.dnsName
    return DomainMembership(
      netBIOSComputer: names.computer.uppercased(), netBIOSDomain: names.domain.uppercased(), dnsDomain: dns.lowercased(),
      realm: dns.uppercased(), isActiveDirectory: domain.isActiveDirectory)
  }

  func principal(named name: DomainName, _ membership: DomainMembership) throws(DomainError) -> Principal? {
    let domain: String
    switch name.place {
    case .own: domain = membership.netBIOSDomain
    case .domain(let named): domain = named
    case .suffix: domain = ""
    }
    guard !membership.isLocal(domain) else { return nil }
    let found = try principal(domain: domain, name: name.name)
    // winbind does not tell an unknown name from one that nobody could be asked about.
    guard found != nil || reachesController() else {
      throw DomainError(.noLogonServers, "no domain controller could be asked: see `wbinfo --ping-dc`")
    }
    return found
  }

  /// A user of a domain; `nil` for an identifier of this host's own accounts, or of anything but a user.
  func user(
    _ sid: SecurityIdentifier, _ membership: DomainMembership, groups: [SecurityIdentifier]? = nil
  ) throws(DomainError) -> DomainUser? {
    guard sid.domain != nil, let canonical = try name(of: sid), canonical.kind == .user else { return nil }
    guard !canonical.domain.isEmpty, !canonical.name.isEmpty, !membership.isLocal(canonical.domain) else { return nil }
    guard let domain = try domain(canonical.domain) else {
      throw DomainError(.malformed, "winbind knows a user of a domain that it does not know")
    }
    guard let unix = try unixUser(of: sid) else {
      throw DomainError(.unmapped, "winbind maps \(sid) to no Unix user: see `idmap config` in smb.conf")
    }
    return DomainUser(
      sid: sid, domain: canonical.domain, name: canonical.name, realm: domain.dnsName.isEmpty ? nil : domain.dnsName.uppercased(),
      unixName: unix.name, unixID: unix.uid, groupSIDs: groups ?? [], groupsAreComplete: groups != nil)
  }

  /// The user of a logon. A guest is nobody.
  func user(_ logon: Logon, _ membership: DomainMembership) throws(DomainError) -> DomainUser? {
    guard Int32(bitPattern: logon.flags) & (WBC_AUTH_USER_INFO_GUEST | WBC_AUTH_USER_INFO_USED_LM_PASSWORD) == 0 else { return nil }
    return try user(logon.user, membership, groups: logon.groups)
  }

  /// Lets a domain controller verify an NTLMv2 response.
  ///
  /// The LM response stays here: a controller that verified that one instead would vouch for a message whose other fields nobody has
  /// proven.
  func authenticate(_ response: DomainNTLMResponse) throws(DomainError) -> Logon {
    var parameters = wbcAuthUserParams()
    parameters.level = WBC_AUTH_USER_LEVEL_RESPONSE
    withUnsafeMutableBytes(of: &parameters.password.response.challenge) { $0.copyBytes(from: response.challenge) }
    let nt = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: response.ntResponse.count)
    defer { nt.deallocate() }
    _ = nt.initialize(from: response.ntResponse)
    parameters.password.response.nt_length = UInt32(nt.count)
    parameters.password.response.nt_data = nt.baseAddress
    return try withCStrings(response.user, response.domain, response.workstation) { (user, domain, workstation) throws(DomainError) in
      parameters.account_name = user
      parameters.domain_name = domain
      parameters.workstation_name = workstation
      return try authenticate(&parameters)
    }
  }

  /// Lets winbind read a PAC, whose signature the caller has verified: winbind reads one as well that it cannot verify. It remembers the groups
  /// of those that it can.
  func authenticate(pac: [UInt8]) throws(DomainError) -> Logon {
    var parameters = wbcAuthUserParams()
    parameters.level = WBC_AUTH_USER_LEVEL_PAC
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pac.count)
    defer { bytes.deallocate() }
    _ = bytes.initialize(from: pac)
    parameters.password.pac = wbcBlob(data: bytes.baseAddress, length: pac.count)
    return try authenticate(&parameters)
  }

  private func withCStrings<R>(
    _ first: String, _ second: String, _ third: String,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>) throws(DomainError) -> R
  ) throws(DomainError) -> R {
    let texts = [first, second, third].map { text in
      let buffer = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.utf8.count + 1)
      _ = buffer.initialize(from: text.utf8CString)
      return buffer
    }
    defer { for text in texts { text.deallocate() } }
    guard let first = texts[0].baseAddress, let second = texts[1].baseAddress, let third = texts[2].baseAddress else {
      throw DomainError(.local, "no memory for a name")
    }
    return try body(first, second, third)
  }
}

extension DomainMembership {
  /// Whether a domain's name means the accounts of this host itself.
  func isLocal(_ domain: String) -> Bool { domain == "." || domain.uppercased() == netBIOSComputer }
}
