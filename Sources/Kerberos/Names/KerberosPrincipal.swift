import CGSSAPI

/// The name of a principal: components and realm (RFC 4120 §6).
public struct KerberosPrincipal: Sendable, Hashable {
  /// The components: one for a user, two for most services.
  public var components: [String]
  public var realm: String

  public init(components: [String], realm: String) {
    self.components = components
    self.realm = realm
  }

  /// Takes apart the form in which the library shows names: components between `/`, the realm behind the last `@`, and a backslash
  /// before a character that is meant literally.
  public init?(parsing text: String) {
    var parts: [String] = []
    var part = ""
    var realm: String?
    var escaped = false
    for character in text.unicodeScalars {
      switch character {
      case _ where escaped:
        switch character {
        case "n": part.unicodeScalars.append("\n")
        case "t": part.unicodeScalars.append("\t")
        case "b": part.unicodeScalars.append("\u{8}")
        case "0": part.unicodeScalars.append("\0")
        default: part.unicodeScalars.append(character)
        }
        escaped = false
      case "\\": escaped = true
      case "/" where realm == nil:
        parts.append(part)
        part = ""
      case "@":
        guard realm == nil else { return nil }
        parts.append(part)
        part = ""
        realm = ""
      default: part.unicodeScalars.append(character)
      }
    }
    guard !escaped, realm != nil, !part.isEmpty, parts.contains(where: { !$0.isEmpty }) else { return nil }
    self.init(components: parts, realm: part)
  }

  /// The Unix user that the system's Kerberos configuration maps the principal to: by `auth_to_local` rules, or, in the default realm, the one
  /// of the same name. `nil` where it maps to none. Reads files only, yet blocks on them.
  public func localUser() throws(KerberosError) -> String? {
    let context = try KRB5Context()
    let principal = try context.principal(.text(description))
    defer { krb5_free_principal(context.raw, principal) }
    var buffer = [CChar](repeating: 0, count: 256)
    guard krb5_aname_to_localname(context.raw, principal, Int32(buffer.count - 1), &buffer) == 0 else { return nil }
    let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return name.isEmpty ? nil : name
  }

  /// The principal of a user: one component.
  public var userName: String? { components.count == 1 ? components.first : nil }
}

extension KerberosPrincipal: CustomStringConvertible {
  /// `component/component@REALM`, special and control characters with a backslash, as the library shows it.
  public var description: String { components.map(Self.escaped).joined(separator: "/") + "@" + Self.escaped(realm) }

  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, character in
      switch character {
      case "/", "@", "\\": result += "\\\(character)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\0": result += "\\0"
      default: result.unicodeScalars.append(character)
      }
    }
  }
}
