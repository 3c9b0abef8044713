import LogonInterface

/// Asks the logon authority within the deadline, and tells its failures in terms of the exchange. `late` gives back what the authority
/// made after nobody waited for it any more: it would keep it, credentials and all, until somebody does.
func authority<R: Sendable>(
  _ patience: MechanismPatience, late: @escaping @Sendable (R) async -> Void = { _ in },
  _ request: @escaping @Sendable () async throws -> R
) async throws(AuthenticationRefusal) -> R {
  do {
    return try await patience.bound(late: late, request)
  } catch let failure as LogonFailure {
    throw AuthenticationRefusal(failure)
  } catch let error as AuthenticationError where error.code == .timeout {
    throw AuthenticationRefusal(.timeout, "the logon authority gave no answer")
  } catch {
    throw AuthenticationRefusal(.unavailable, "the question to the logon authority was given up")
  }
}

extension AuthenticationRefusal {
  static var notEstablished: AuthenticationRefusal { AuthenticationRefusal(.outOfSequence, "nothing is established to protect with") }

  init(_ failure: LogonFailure) {
    let code: Code =
      switch failure.code {
      case .refused, .accessDenied: .refused
      case .malformed, .outOfSequence: .malformed
      case .limit: .limit
      case .quota, .undecided: .undecided
      case .notFound, .invalidArgument, .spawnFailed, .unavailable, .cancelled: .unavailable
      }
    self.init(code, failure.message, status: failure.status)
    isLoggedByAuthority =
      switch failure.code {
      case .refused, .accessDenied, .malformed, .outOfSequence, .limit, .quota, .undecided: true
      case .notFound, .invalidArgument, .spawnFailed, .unavailable, .cancelled: false
      }
  }
}
