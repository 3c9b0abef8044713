public import LogonInterface
import SecuritySupport
public import WinRMHTTP

/// HTTP Basic as a server: one token, and the logon authority says whether its password is the account's. Nothing protects messages.
public final class BasicServerAuthentication: ServerAuthentication {
  private var hasEnded = false
  private let logon: LogonClient
  private let peer: PeerAddress
  private let patience: MechanismPatience

  public let scheme = AuthenticationScheme.basic

  public init(logon: LogonClient, peer: PeerAddress, patience: MechanismPatience = MechanismPatience()) {
    self.logon = logon
    self.peer = peer
    self.patience = patience
  }

  public func receive(_ token: [UInt8]) async throws(AuthenticationRefusal) -> ServerLeg {
    guard !hasEnded else { throw AuthenticationRefusal(.outOfSequence, "the exchange has ended") }
    hasEnded = true
    let credentials: BasicCredentials
    do throws(WinRMHTTPError) { credentials = try BasicCredentials(decoding: token) } catch {
      throw AuthenticationRefusal(error.code == .limit ? .limit : .malformed, error.message)
    }
    // Not wiped here: after the time is up the authority may still be at work with it. It goes with the last reference.
    let asked = PasswordLogon(userName: credentials.userName, password: credentials.password)
    let release = { @Sendable [logon] (identity: ProvenIdentity) async in await logon.release(identity) }
    let identity = try await authority(patience, late: release) { [logon, peer] in try await logon.logOn(asked, peer: peer) }
    return .established(token: nil, identity: identity)
  }

  public func protector() throws(AuthenticationRefusal) -> any MessageProtector {
    throw AuthenticationRefusal(.outOfSequence, "Basic protects no messages")
  }

  public func abandon() async {}
}
