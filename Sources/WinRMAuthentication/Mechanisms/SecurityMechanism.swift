public import SecuritySupport

/// One security context of a mechanism (NTLM, Kerberos), wherever it lives: in this process, behind the logon agent's socket,
/// on a pool of blocking threads.
///
/// An implementation guarantees that it blocks no event loop and no thread of the cooperative pool: whatever waits is awaited.
/// It need not guarantee that it ever answers; the driver bounds every call with a deadline (``withDeadline(_:clock:operation:)``).
/// Calls come one after the other, never two at a time.
public protocol SecurityMechanism: Sendable {
  /// The mechanism as it is named in mechTypes.
  var identifier: MechanismIdentifier { get }

  /// Advances the context with the peer's token; `nil` starts an initiator.
  func step(_ token: [UInt8]?) async throws -> MechanismStep

  /// Makes the mechListMIC over `message`; NTLM then re-initialises its sending RC4 handle (MS-SPNG §3.3.5.1).
  func mic(over message: [UInt8]) async throws -> [UInt8]

  /// Verifies the peer's mechListMIC over `message`; NTLM then re-initialises its receiving RC4 handle.
  ///
  /// - Throws: when the MIC is wrong.
  func verify(mic: [UInt8], over message: [UInt8]) async throws

  /// Seals `plaintext`. The answer is the signature followed by the ciphertext.
  func seal(_ plaintext: [UInt8]) async throws -> [UInt8]

  /// Seals a secret without leaving a copy of its plain text behind.
  func seal(secret: SecretBytes) async throws -> [UInt8]

  /// Undoes the peer's seal.
  func unseal(_ sealed: [UInt8]) async throws -> [UInt8]
}
