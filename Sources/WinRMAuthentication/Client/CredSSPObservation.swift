public import CredSSP
public import DelegationPolicy

/// What the client of a CredSSP exchange learns about the server, in the order in which it learns it. It holds no secret.
public enum CredSSPObservation: Sendable, Equatable {
  /// The inner TLS is up. `proof` is what the certificates prove by themselves: `ntlmOnly` says that they prove nothing, and `flaw` why.
  case server(chain: [[UInt8]], proof: ServerProof, flaw: String?, tls: TLSParameters?)
  /// Policy lets the credentials go; which rule says so.
  case permitted(because: String)
  /// The version of CredSSP that the server speaks, from its first message.
  case version(Int)
}
