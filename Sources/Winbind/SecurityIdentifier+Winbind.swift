import CWinbind
import SecurityDescriptors

extension SecurityIdentifier {
  /// - Throws: ``DomainError`` with `malformed` when there are more sub-authorities than the structure holds.
  init(_ sid: wbcDomainSid) throws(DomainError) {
    try self.init(
      revision: sid.sid_rev_num, authority: withUnsafeBytes(of: sid.id_auth) { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } },
      count: sid.num_auths, numbers: withUnsafeBytes(of: sid.sub_auths) { Array($0.bindMemory(to: UInt32.self)) })
  }

  /// The fields of the structure: of its numbers, `count` are used.
  init(revision: UInt8, authority: UInt64, count: UInt8, numbers: [UInt32]) throws(DomainError) {
    guard revision == 1, Int(count) <= numbers.count,
      let value = SecurityIdentifier(authority: authority, subAuthorities: Array(numbers.prefix(Int(count))))
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
