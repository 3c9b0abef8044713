import SecuritySupport
import SwiftASN1

/// What a client's first token says outside the encryption: the service that the ticket is for, and how the ticket is encrypted.
///
/// ```
/// AP-REQ ::= [APPLICATION 14] SEQUENCE { pvno [0], msg-type [1], ap-options [2], ticket [3] Ticket, authenticator [4] }
/// Ticket ::= [APPLICATION 1] SEQUENCE { tkt-vno [0], realm [1] Realm, sname [2] PrincipalName, enc-part [3] }
/// EncryptedData ::= SEQUENCE { etype [0] Int32, kvno [1] OPTIONAL, cipher [2] }
/// PrincipalName ::= SEQUENCE { name-type [0] Int32, name-string [1] SEQUENCE OF KerberosString }
/// ```
/// RFC 4120 §5.2.2, §5.2.9, §5.3, §5.5.1; the framing before it RFC 4121 §4.1 and RFC 2743 §3.1. Nothing vouches for these bytes: the name tells
/// which key the client thinks it talks to, not that it is right.
struct APRequestTicket: Equatable {
  var service: KerberosPrincipal
  var encryptionType: KerberosEncryptionType
}

extension APRequestTicket {
  /// The largest token read: a ticket with a large PAC has some 50 kB.
  static let maximumLength = 128 * 1024
  /// TOK_ID of an AP-REQ.
  private static let tokenIdentifier: [UInt8] = [0x01, 0x00]
  private static let applicationTag: UInt8 = 0x60

  init(decoding token: [UInt8]) throws(KerberosError) {
    guard token.count <= Self.maximumLength else {
      throw KerberosError(.limit, "the client's token is longer than \(Self.maximumLength) bytes")
    }
    do {
      self = try Self.ticket(in: try Self.inner(of: token))
    } catch {
      throw (error as? KerberosError) ?? KerberosError(.malformed, "the client's token holds no AP-REQ")
    }
  }

  /// What stands behind the token's framing, which is DER only up to the mechanism.
  private static func inner(of token: [UInt8]) throws -> ArraySlice<UInt8> {
    var rest = token[...]
    guard rest.popFirst() == applicationTag, let first = rest.popFirst() else { throw malformed("has no framing") }
    var length = Int(first)
    if first & 0x80 != 0 {
      let octets = rest.prefix(Int(first & 0x7F))
      guard (1...3).contains(octets.count), octets.count == Int(first & 0x7F) else { throw malformed("has a strange length") }
      length = octets.reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(octets.count)
    }
    guard length == rest.count else { throw malformed("is not as long as it says") }
    let mechanism = MechanismIdentifier.kerberos.rawValue
    guard rest.starts(with: [0x06, UInt8(mechanism.count)] + mechanism) else { throw malformed("is of another mechanism") }
    rest = rest.dropFirst(2 + mechanism.count)
    guard rest.starts(with: tokenIdentifier) else { throw malformed("is not an AP-REQ") }
    return rest.dropFirst(tokenIdentifier.count)
  }

  private static func ticket(in request: ArraySlice<UInt8>) throws -> Self {
    let fields = try fields(of: try content(of: try DER.parse(request), tag: .init(tagWithNumber: 14, tagClass: .application)))
    guard let ticket = fields[3] else { throw malformed("has no ticket") }
    let ticketFields = try self.fields(of: try content(of: ticket, tag: .init(tagWithNumber: 1, tagClass: .application)))
    guard let realm = ticketFields[1], let name = ticketFields[2], let encrypted = ticketFields[3] else {
      throw malformed("has a ticket that lacks a field")
    }
    guard let type = try self.fields(of: encrypted)[0] else { throw malformed("does not say how the ticket is encrypted") }
    guard let strings = try self.fields(of: name)[1], strings.identifier == .sequence, case .constructed(let parts) = strings.content else {
      throw malformed("has a ticket with a strange name")
    }
    let components = try parts.prefix(9).map(text)
    guard (1...8).contains(components.count) else { throw malformed("has a name with too many parts") }
    return APRequestTicket(
      service: KerberosPrincipal(components: components, realm: try text(realm)),
      encryptionType: KerberosEncryptionType(rawValue: try Int32(derEncoded: type)))
  }

  /// The one value inside a constructed tag.
  private static func content(of node: ASN1Node, tag: ASN1Identifier) throws -> ASN1Node {
    guard node.identifier == tag, case .constructed(let children) = node.content else { throw malformed("lacks a structure") }
    var iterator = children.makeIterator()
    guard let value = iterator.next(), iterator.next() == nil else { throw malformed("has a structure with several values") }
    return value
  }

  /// The members of a SEQUENCE by their context tags.
  private static func fields(of node: ASN1Node) throws -> [UInt: ASN1Node] {
    guard node.identifier == .sequence, case .constructed(let members) = node.content else { throw malformed("lacks a SEQUENCE") }
    var fields: [UInt: ASN1Node] = [:]
    for member in members.prefix(16) {
      let number = member.identifier.tagNumber
      guard member.identifier.tagClass == .contextSpecific, fields[number] == nil else { throw malformed("has a field twice") }
      fields[number] = try content(of: member, tag: member.identifier)
    }
    return fields
  }

  /// A KerberosString: a GeneralString, of which only IA5 characters are portable.
  private static func text(_ node: ASN1Node) throws -> String {
    guard node.identifier == .generalString, case .primitive(let bytes) = node.content, !bytes.isEmpty, bytes.count <= 255,
      let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0)
    else { throw malformed("has a name that is no text") }
    return text
  }

  private static func malformed(_ what: String) -> KerberosError { KerberosError(.malformed, "the client's token \(what)") }
}
