public import LogonInterface

/// What the system says about a user whose password was proven elsewhere: whether the account has expired, must change its password, may
/// come from this host, at this time.
public protocol AccountPhase: Sendable {
  /// - Parameters:
  ///   - unixUser: as the name service knows it.
  ///   - host: where the logon comes from, as an address.
  /// - Throws: `LogonFailure`: `refused` with what the peer may know, `unavailable` when nobody can say.
  func check(_ unixUser: String, from host: String) async throws(LogonFailure)
}
