import SecuritySupport
public import WinRMHTTP

/// Bodies sealed by the mechanism that SPNEGO selected (MS-WSMV §2.2.9.1.1): one part, whatever its size.
public final class NegotiateProtector: MessageProtector {
  private let mechanism: any SecurityMechanism
  private let patience: MechanismPatience

  public let encryptionProtocol = EncryptionProtocol.spnego

  /// - Parameter mechanism: established; owned by the protector from now on.
  public init(mechanism: any SecurityMechanism, patience: MechanismPatience = MechanismPatience()) {
    self.mechanism = mechanism
    self.patience = patience
  }

  /// NTLM's signature (MS-NLMP §2.2.2.9.1). The wrap header of Kerberos has other lengths.
  private static let signatureLength = 16

  public func protect(_ plaintext: [UInt8]) async throws -> (contentType: String, body: [UInt8]) {
    do {
      let sealed = try await patience.bound { [mechanism] in try await mechanism.seal(plaintext) }
      guard sealed.count >= Self.signatureLength else { throw AuthenticationError(.mechanism, "a sealed message has no signature") }
      let part = EncryptedPart(
        plaintextLength: plaintext.count, header: Array(sealed.prefix(Self.signatureLength)),
        headerLengthField: UInt32(Self.signatureLength), data: Array(sealed.dropFirst(Self.signatureLength)))
      return MultipartEncrypted.encode([part], protocol: encryptionProtocol)
    } catch {
      throw AuthenticationError.wrapping(error)
    }
  }

  public func unprotect(contentType: String, body: [UInt8], limit: Int) async throws -> [UInt8] {
    do {
      let limits = MultipartLimits(maximumBytes: .max, maximumParts: 1, maximumPlaintext: limit)
      let parts = try MultipartEncrypted.decode(contentType: contentType, body: body, accepting: [encryptionProtocol], limits: limits)
      guard parts.count == 1, let part = parts.first else {
        throw AuthenticationError(.protection, "an encrypted body of Negotiate has one part")
      }
      guard part.header.count == Self.signatureLength else {
        throw AuthenticationError(.protection, "the signature of an encrypted body has the wrong length")
      }
      let sealed = part.header + part.data
      let plaintext = try await patience.bound { [mechanism] in try await mechanism.unseal(sealed) }
      guard plaintext.count == part.plaintextLength else {
        throw AuthenticationError(.protection, "an encrypted body is not as long as it says")
      }
      return plaintext
    } catch {
      throw AuthenticationError.protecting(error)
    }
  }
}
