import SecuritySupport
import SwiftASN1

/// What a KDC of Active Directory adds to a KRB-ERROR (MS-KILE §2.2.1 and §2.2.2).
///
/// ```
/// KERB-ERROR-DATA ::= SEQUENCE {
///   data-type   [1] INTEGER,               -- 3: KERB_ERR_TYPE_EXTENDED
///   data-value  [2] OCTET STRING OPTIONAL  -- KERB_EXT_ERROR: status, reserved, flags, each 32 bits, little-endian
/// }
/// ```
/// Samba puts the same structure into a METHOD-DATA, a SEQUENCE OF it.
enum ExtendedKDCError {
  private static let extended = 3

  /// The NTSTATUS in `data`; `nil` where there is none, whatever else the bytes are.
  static func status(in data: [UInt8]) -> NTStatus? {
    guard let root = try? DER.parse(data), case .constructed(let children) = root.content else { return nil }
    if let status = status(of: root) { return status }
    for child in children.prefix(16) {
      if let status = status(of: child) { return status }
    }
    return nil
  }

  private static func status(of node: ASN1Node) -> NTStatus? {
    let value: [UInt8]? = try? DER.sequence(node, identifier: .sequence) { fields in
      let type = try DER.explicitlyTagged(&fields, tagNumber: 1, tagClass: .contextSpecific) { try Int(derEncoded: $0) }
      let value = try DER.explicitlyTagged(&fields, tagNumber: 2, tagClass: .contextSpecific) { try ASN1OctetString(derEncoded: $0) }
      return type == extended ? Array(value.bytes) : []
    }
    guard let value, value.count >= 12 else { return nil }
    var reader = ByteReader(value)
    return reader.readUInt32().flatMap { $0 == 0 ? nil : NTStatus(rawValue: $0) }
  }
}
