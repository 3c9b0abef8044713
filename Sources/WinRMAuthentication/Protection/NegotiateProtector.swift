import Kerberos
import SecuritySupport
public import WinRMHTTP

/// Bodies sealed by the mechanism that SPNEGO selected, or by Kerberos itself (MS-WSMV §2.2.9.1.1): one part, whatever its size.
public final class NegotiateProtector: MessageProtector {
  private let mechanism: any SecurityMechanism
  private let patience: MechanismPatience

  public let encryptionProtocol: EncryptionProtocol

  /// - Parameters:
  ///   - mechanism: established; owned by the protector from now on.
  ///   - encryptionProtocol: ``EncryptionProtocol/spnego`` for the scheme Negotiate, ``EncryptionProtocol/kerberos`` for Kerberos.
  public init(
    mechanism: any SecurityMechanism, encryptionProtocol: EncryptionProtocol = .spnego, patience: MechanismPatience = MechanismPatience()
  ) {
    self.encryptionProtocol = encryptionProtocol
    self.mechanism = mechanism
    self.patience = patience
  }

  /// NTLM's signature (MS-NLMP §2.2.2.9.1).
  private static let ntlmSignatureLength = 16

  /// How many bytes of a message that we sealed stand before the data. `nil` when it has none.
  private func signatureLength(of sealed: [UInt8]) -> Int? {
    guard mechanism.identifier != .kerberos else { return KerberosWrapToken.signatureLength(of: sealed) }
    return sealed.count >= Self.ntlmSignatureLength ? Self.ntlmSignatureLength : nil
  }

  public func protect(
    _ plaintext: [UInt8], originalContentType: String
  ) async throws -> (contentType: String, body: [UInt8]) {
    do {
      let sealed = try await patience.bound { [mechanism] in try await mechanism.seal(plaintext) }
      guard let length = signatureLength(of: sealed) else { throw AuthenticationError(.mechanism, "a sealed message has no signature") }
      let part = EncryptedPart(
        plaintextLength: plaintext.count, header: Array(sealed.prefix(length)), headerLengthField: UInt32(length),
        data: Array(sealed.dropFirst(length)))
      return MultipartEncrypted.encode([part], protocol: encryptionProtocol, originalContentType: originalContentType)
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
      // Kerberos finds its own way in the token, however it was split.
      guard mechanism.identifier == .kerberos || part.header.count == Self.ntlmSignatureLength else {
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
