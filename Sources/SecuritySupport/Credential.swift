/// An explicit credential: a name and its password. It prints the name only.
public struct Credential: Sendable {
  /// The name as the user typed it, taken apart.
  public var name: AccountName
  /// The password in UTF-8, without terminator.
  public var password: SecretBytes

  public init(name: AccountName, password: SecretBytes) {
    self.name = name
    self.password = password
  }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "\(name) (password not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A user name in one of the three forms that Windows accepts: `user`, `DOMAIN\user`, `user@realm`.
public struct AccountName: Sendable, Hashable {
  /// What stands before the backslash; empty for the other forms.
  public var domain: String
  /// What stands after the backslash, or the whole name (a user principal name keeps its `@realm`).
  public var user: String

  public init(domain: String, user: String) {
    self.domain = domain
    self.user = user
  }

  /// Takes a typed name apart at the first backslash. `nil` when the user part is empty or holds a control character.
  public init?(parsing text: String) {
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return nil }
    if let cut = text.firstIndex(of: "\\") {
      self.init(domain: String(text[..<cut]), user: String(text[text.index(after: cut)...]))
    } else {
      self.init(domain: "", user: text)
    }
    guard !user.isEmpty, !user.contains("\\") else { return nil }
  }

  /// Whether the name is a user principal name (`user@realm`, without a domain).
  public var isUserPrincipalName: Bool { domain.isEmpty && user.contains("@") }
}

extension AccountName: CustomStringConvertible {
  public var description: String { domain.isEmpty ? user : "\(domain)\\\(user)" }
}
