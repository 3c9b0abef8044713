import LogonInterface

/// Who sent a request, and from where. There is no caller without a completed authentication, or the kernel's word.
struct Caller: Sendable {
  enum Origin: Sendable {
    /// Proven by an authentication.
    case network(ProvenIdentity, PeerAddress)
    /// At the other end of the socket on this machine.
    case local(LocalPeer)
  }

  let origin: Origin
  /// Who that is for access control.
  let token: CallerToken

  init(identity: ProvenIdentity, peer: PeerAddress) {
    origin = .network(identity, peer)
    token = CallerToken(identity)
  }

  /// - Parameter user: what the authority knows of the peer.
  init(_ peer: LocalPeer, _ user: LocalUser) {
    origin = .local(peer)
    token = CallerToken(peer, user)
  }

  /// Where the request comes from, for the log.
  var source: String {
    switch origin {
    case .network(_, let peer): "\(peer)"
    case .local(let peer): "process \(peer.processID) of user \(peer.userID)"
    }
  }

  /// Whose enumerations they are.
  var owner: String {
    switch origin {
    case .network(let identity, _): "network \(identity.unixUser) \(identity.accountName)"
    case .local(let peer): "local \(peer.userID)"
    }
  }

  /// Whether the request comes from this machine.
  var isLocal: Bool {
    switch origin {
    case .network(_, let peer): peer.isLoopback
    case .local: true
    }
  }
}

extension PeerAddress {
  /// Whether the connection comes from this machine.
  var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
}
