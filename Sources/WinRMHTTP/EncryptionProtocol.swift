/// The protocols of encrypted bodies (MS-WSMV §2.2.9.1), in the spelling of the wire.
public enum EncryptionProtocol: String, Sendable, Hashable, CaseIterable {
  /// Scheme Negotiate, whether NTLM or Kerberos is inside.
  case spnego = "application/HTTP-SPNEGO-session-encrypted"
  /// Scheme Kerberos.
  case kerberos = "application/HTTP-Kerberos-session-encrypted"
  /// Scheme CredSSP: TLS records.
  case credSSP = "application/HTTP-CredSSP-session-encrypted"

  /// The protocol of that name, in any case.
  init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else { return nil }
    self = found
  }

  /// Whether a part may name `other` inside a body of this protocol: implementations mix the two names for GSS contexts.
  func isSameFamily(as other: EncryptionProtocol) -> Bool { (self == .credSSP) == (other == .credSSP) }
}
