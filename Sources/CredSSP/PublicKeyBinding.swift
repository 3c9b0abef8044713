import Crypto
public import SecuritySupport
import SwiftASN1

/// The proof that both ends look at the same TLS connection (MS-CSSP §3.1.5, steps 3 and 4).
///
/// From version 5 on a directional hash over the client's nonce and the server's public key is sealed. Before, the bare key was, so that
/// a man in the middle could choose what the victim seals (CVE-2018-0886).
public enum PublicKeyBinding {
  /// What the client seals into `pubKeyAuth`.
  ///
  /// - Parameter version: the effective version, 2 … 6.
  /// - Parameter clientNonce: 32 bytes, from version 5 on; not used before.
  /// - Throws: ``CredSSPError/Code/violation`` without a proper nonce, ``CredSSPError/Code/local`` for another version.
  public static func clientProof(version: Int, clientNonce: [UInt8]?, subjectPublicKey: [UInt8]) throws(CredSSPError) -> [UInt8] {
    try usesHash(version) ? hash(clientLabel, clientNonce, subjectPublicKey) : subjectPublicKey
  }

  /// What the server seals into `pubKeyAuth`. Parameters and errors are those of ``clientProof(version:clientNonce:subjectPublicKey:)``.
  public static func serverProof(version: Int, clientNonce: [UInt8]?, subjectPublicKey: [UInt8]) throws(CredSSPError) -> [UInt8] {
    try usesHash(version) ? hash(serverLabel, clientNonce, subjectPublicKey) : incremented(subjectPublicKey)
  }

  /// For whoever holds the acceptor's mechanism: checks the client's proof in constant time and gives the server's, to be sealed.
  ///
  /// - Parameter unsealed: the plain text of ``PublicKeyProof/sealed``.
  /// - Throws: ``CredSSPError/Code/publicKeyMismatch`` when the proof is not for this key and nonce.
  public static func answer(to proof: PublicKeyProof, unsealed: [UInt8]) throws(CredSSPError) -> [UInt8] {
    let expected = try clientProof(version: proof.version, clientNonce: proof.clientNonce, subjectPublicKey: proof.subjectPublicKey)
    guard constantTimeEqual(expected, unsealed) else {
      throw CredSSPError(.publicKeyMismatch, "the client's proof is for another public key or nonce", status: .accessDenied)
    }
    return try serverProof(version: proof.version, clientNonce: proof.clientNonce, subjectPublicKey: proof.subjectPublicKey)
  }

  /// `SubjectPublicKey`: the content of the BIT STRING in the certificate's SubjectPublicKeyInfo, without the unused-bits octet and without
  /// the algorithm. The key need not be of a kind that anything here can use.
  ///
  /// - Throws: ``CredSSPError/Code/malformed``.
  public static func subjectPublicKey(certificateDER: [UInt8]) throws(CredSSPError) -> [UInt8] {
    do {
      let certificate = try members(DER.parse(certificateDER))
      guard let first = certificate.first else { throw notFound }
      var fields = try members(first)[...]
      if fields.first?.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific) { fields.removeFirst() }
      // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo (RFC 5280 §4.1)
      guard let info = fields.dropFirst(5).first, let bits = try members(info).dropFirst().first else { throw notFound }
      let key = try ASN1BitString(derEncoded: bits)
      guard key.paddingBits == 0, !key.bytes.isEmpty else { throw notFound }
      return Array(key.bytes)
    } catch let error as CredSSPError {
      throw error
    } catch {
      throw CredSSPError(.malformed, "the server's certificate is not DER", cause: error)
    }
  }

  private static func members(_ node: ASN1Node) throws(CredSSPError) -> [ASN1Node] {
    guard node.identifier == .sequence, case .constructed(let members) = node.content else { throw notFound }
    return Array(members)
  }

  private static let notFound = CredSSPError(.malformed, "the server's certificate has no public key where one belongs")

  private static let clientLabel = Array("CredSSP Client-To-Server Binding Hash\0".utf8)
  private static let serverLabel = Array("CredSSP Server-To-Client Binding Hash\0".utf8)

  private static func usesHash(_ version: Int) throws(CredSSPError) -> Bool {
    guard 2...6 ~= version else { throw CredSSPError(.local, "\(version) is not an effective version of CredSSP") }
    return version >= 5
  }

  private static func hash(_ label: [UInt8], _ nonce: [UInt8]?, _ key: [UInt8]) throws(CredSSPError) -> [UInt8] {
    guard let nonce, nonce.count == TSRequest.nonceLength else {
      throw CredSSPError(.violation, "the client's nonce is missing or is not \(TSRequest.nonceLength) bytes long")
    }
    var hash = SHA256()
    hash.update(data: label)
    hash.update(data: nonce)
    hash.update(data: key)
    return Array(hash.finalize())
  }

  /// The key as a little-endian number, plus one (MS-CSSP §3.1.5, step 4).
  private static func incremented(_ key: [UInt8]) -> [UInt8] {
    var key = key
    for index in key.indices {
      key[index] &+= 1
      if key[index] != 0 { break }
    }
    return key
  }
}
