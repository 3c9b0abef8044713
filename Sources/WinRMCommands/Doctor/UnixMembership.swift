/// A Unix user with its groups, as far as the doctor says who is admitted.
struct UnixMembership: Equatable {
  var number: UInt32
  var groups: Set<UInt32>

  typealias Failure = NameService.Failure

  /// `nil` when there is no such user.
  static func user(named name: String) throws(Failure) -> UnixMembership? {
    guard let user = try NameService.system.user(named: name) else { return nil }
    return UnixMembership(number: user.number, groups: try NameService.system.groups(of: user))
  }

  /// The number of a group; `nil` when there is no such group.
  static func group(named name: String) throws(Failure) -> UInt32? { try NameService.system.group(named: name)?.number }

  /// The name of a user; its number where it has none, or none can be found out.
  static func name(of number: UInt32) -> String {
    (try? NameService.system.user(number))?.name ?? String(number)
  }
}
