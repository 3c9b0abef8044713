public import CredSSP
public import WinRMHTTP

/// Bodies in the records of CredSSP's inner TLS (MS-WSMV §2.2.9.1): parts of 16 384 bytes, one record each.
public final class TLSProtector: MessageProtector {
  private let tls: any TLSEngine

  public let encryptionProtocol = EncryptionProtocol.credSSP

  /// The plain text of one part, which is also that of one TLS record (RFC 5246 §6.2.1).
  static let partSize = 16_384

  /// - Parameter tls: after its handshake; owned by the protector from now on.
  public init(tls: any TLSEngine) { self.tls = tls }

  public func protect(
    _ plaintext: [UInt8], originalContentType: String
  ) async throws -> (contentType: String, body: [UInt8]) {
    do {
      guard let parameters = tls.parameters else { throw AuthenticationError(.outOfSequence, "TLS has no cipher suite yet") }
      var parts: [EncryptedPart] = []
      parts.reserveCapacity(plaintext.count / Self.partSize + 1)
      for start in stride(from: 0, to: max(plaintext.count, 1), by: Self.partSize) {
        let chunk = Array(plaintext[start..<min(start + Self.partSize, plaintext.count)])
        parts.append(
          EncryptedPart(
            plaintextLength: chunk.count, header: [],
            headerLengthField: UInt32(clamping: parameters.trailerLength(plaintextLength: chunk.count)), data: try tls.seal(chunk)))
      }
      return MultipartEncrypted.encode(parts, protocol: encryptionProtocol, originalContentType: originalContentType)
    } catch {
      throw AuthenticationError.wrapping(error)
    }
  }

  public func unprotect(contentType: String, body: [UInt8], limit: Int) async throws -> [UInt8] {
    do {
      let limits = MultipartLimits(maximumBytes: .max, maximumParts: limit / Self.partSize + 2, maximumPlaintext: limit)
      let parts = try MultipartEncrypted.decode(contentType: contentType, body: body, accepting: [encryptionProtocol], limits: limits)
      var plaintext: [UInt8] = []
      for part in parts {
        let output = try tls.receive(part.data)
        guard output.plaintext.count == part.plaintextLength else {
          throw AuthenticationError(.protection, "a part of an encrypted body is not as long as it says")
        }
        plaintext += output.plaintext
      }
      return plaintext
    } catch {
      throw AuthenticationError.protecting(error)
    }
  }
}
