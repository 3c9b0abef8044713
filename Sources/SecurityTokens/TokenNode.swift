/// One field of a token: its name in the specification, and either a value or the fields inside it.
///
/// Values may hold text that the token's author chose: whoever prints them takes control characters out.
public struct TokenNode: Sendable, Equatable {
  /// Letters, digits, hyphens and underscores: always the name of a structure or field, never text of the token.
  public var name: String
  /// `nil` for a field that only holds others.
  public var value: String?
  public var children: [TokenNode]

  public init(_ name: String, _ value: String? = nil, children: [TokenNode] = []) {
    self.name = name
    self.value = value
    self.children = children
  }

  /// The first field of that name below this one, at any depth; for tests and for callers that look for one field.
  public func first(_ name: String) -> TokenNode? {
    for child in children {
      if child.name == name { return child }
      if let found = child.first(name) { return found }
    }
    return nil
  }
}

/// What a token says, as far as it could be read.
public struct TokenDescription: Sendable, Equatable {
  public var root: TokenNode
  /// What is wrong with the token, in the order in which it was met; empty for one that was read to its end. The same sentences stand in
  /// the tree as fields named `Flaw`, where they belong.
  public var flaws: [String]

  /// The largest token that is looked at, in bytes. A Kerberos ticket with a large PAC has about 64 KiB.
  public static let maximumSize = 1 << 20

  /// Reads a token of any of the kinds that WinRM exchanges: NTLM (MS-NLMP), SPNEGO (RFC 4178, MS-SPNG), Kerberos (RFC 4120, RFC 4121,
  /// RFC 1964), CredSSP (MS-CSSP) and TLS records (RFC 5246, RFC 8446). Nothing is decrypted, and nothing that is secret is shown.
  ///
  /// Any bytes may be given: what cannot be read becomes a flaw. Depth, the number of fields and the size are limited.
  public init(of bytes: [UInt8]) {
    guard bytes.count <= Self.maximumSize else {
      let flaw = "The token has \(bytes.count) bytes; at most \(Self.maximumSize) are looked at."
      self.init(root: TokenNode("Token", children: [TokenNode("Flaw", flaw)]), flaws: [flaw])
      return
    }
    var writer = TokenWriter()
    writer.token(bytes[...])
    self.init(root: writer.fields.first ?? TokenNode("Token"), flaws: writer.flaws)
  }

  init(root: TokenNode, flaws: [String]) {
    self.root = root
    self.flaws = flaws
  }
}

/// What is wrong with a token, and where.
struct TokenFlaw: Error {
  var text: String

  init(_ text: String, at offset: Int? = nil) { self.text = offset.map { "\(text) (at byte \($0))" } ?? text }
}
