import CWinbind

extension SecurityIdentifier {
  /// - Throws: ``DomainError`` with `malformed` when there are more sub-authorities than the structure holds.
  init(_ sid: wbcDomainSid) throws(DomainError) {
    let authority = withUnsafeBytes(of: sid.id_auth) { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    let numbers = withUnsafeBytes(of: sid.sub_auths) { Array($0.bindMemory(to: UInt32.self)) }
    guard sid.sid_rev_num == 1, Int(sid.num_auths) <= numbers.count,
      let value = SecurityIdentifier(authority: authority, subAuthorities: Array(numbers.prefix(Int(sid.num_auths))))
    else { throw DomainError(.malformed, "winbind gave a security identifier that is none") }
    self = value
  }

  var wbcSID: wbcDomainSid {
    var sid = wbcDomainSid()
    sid.sid_rev_num = 1
    sid.num_auths = UInt8(subAuthorities.count)
    withUnsafeMutableBytes(of: &sid.id_auth) { target in
      for index in 0..<6 { target[index] = UInt8(truncatingIfNeeded: authority >> UInt64(8 * (5 - index))) }
    }
    withUnsafeMutableBytes(of: &sid.sub_auths) { target in
      _ = target.bindMemory(to: UInt32.self).update(fromContentsOf: subAuthorities)
    }
    return sid
  }
}
