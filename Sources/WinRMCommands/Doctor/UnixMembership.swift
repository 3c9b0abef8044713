/// A Unix user with its groups, as far as the doctor says who is admitted.
struct UnixMembership: Equatable {
  var number: UInt32
  var groups: Set<UInt32>

  /// The name service gives no answer.
  struct NoAnswer: Error, Equatable {}

  /// `nil` when there is no such user.
  static func user(named name: String) throws(NoAnswer) -> UnixMembership? {
    try answer { service throws(NameService.Failure) in
      guard let user = try service.user(named: name) else { return nil }
      return UnixMembership(number: user.number, groups: try service.groups(of: user))
    }
  }

  /// The number of a group; `nil` when there is no such group.
  static func group(named name: String) throws(NoAnswer) -> UInt32? {
    try answer { service throws(NameService.Failure) in try service.group(named: name)?.number }
  }

  /// The name of a user; its number where it has none, or none can be found out.
  static func name(of number: UInt32) -> String {
    (try? NameService.system.user(number))?.name ?? String(number)
  }

  private static func answer<R>(_ question: (NameService) throws(NameService.Failure) -> R?) throws(NoAnswer) -> R? {
    do throws(NameService.Failure) { return try question(.system) } catch {
      switch error {
      case .silent: throw NoAnswer()
      case .system: return nil
      }
    }
  }
}
