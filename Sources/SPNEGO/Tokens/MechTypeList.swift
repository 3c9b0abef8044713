public import SecuritySupport
import SwiftASN1

/// `MechTypeList ::= SEQUENCE OF MechType` (RFC 4178 §4.1) together with its bytes.
///
/// The mechListMIC covers the list exactly as the initiator wrote it, so the bytes are kept and never made again from the list.
public struct MechTypeList: Sendable, Equatable {
  /// The most mechanisms taken from a peer.
  public static let maximumCount = 32
  /// The longest object identifier taken from a peer, in bytes.
  static let maximumIdentifierLength = 64

  /// The initiator's preference order, with ``MechanismIdentifier/microsoftKerberos`` kept apart.
  public let mechanisms: [MechanismIdentifier]
  /// The SEQUENCE with its tag and length, which is what the mechListMIC covers.
  public let encoded: [UInt8]

  /// Writes a list.
  public init(_ mechanisms: [MechanismIdentifier]) {
    self.mechanisms = mechanisms
    encoded = encodeDER(0x30, mechanisms.flatMap { encodeDER(0x06, $0.rawValue) })
  }

  init(decoding node: ASN1Node) throws(SPNEGOError) {
    guard node.identifier == .sequence, case .constructed(let members) = node.content else {
      throw SPNEGOError(.malformed, "mechTypes is not a SEQUENCE")
    }
    var mechanisms: [MechanismIdentifier] = []
    for member in members {
      guard mechanisms.count < Self.maximumCount else {
        throw SPNEGOError(.limit, "more than \(Self.maximumCount) mechanisms are offered")
      }
      mechanisms.append(try MechanismIdentifier(decoding: member))
    }
    self.mechanisms = mechanisms
    encoded = Array(node.encodedBytes)
  }
}

extension MechanismIdentifier {
  init(decoding node: ASN1Node) throws(SPNEGOError) {
    guard node.identifier == .objectIdentifier, case .primitive(let content) = node.content, !content.isEmpty else {
      throw SPNEGOError(.malformed, "a mechanism is not an OBJECT IDENTIFIER")
    }
    guard content.count <= MechTypeList.maximumIdentifierLength else {
      throw SPNEGOError(.limit, "an object identifier is longer than \(MechTypeList.maximumIdentifierLength) bytes")
    }
    self.init(rawValue: Array(content))
  }

  /// The mechanism that the identifier stands for: both numbers of Kerberos are one mechanism (MS-SPNG §1.9).
  var canonical: MechanismIdentifier { self == .microsoftKerberos ? .kerberos : self }
}
