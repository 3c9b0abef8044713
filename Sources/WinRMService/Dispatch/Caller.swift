import LogonInterface

/// Who sent a request, and from where. There is no caller without a completed authentication.
struct Caller: Sendable {
  let identity: ProvenIdentity
  let peer: PeerAddress
}
