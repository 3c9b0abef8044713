import SecuritySupport

/// A name that may be looked up in a domain: of a length and with characters that names have.
struct DomainName: Sendable, Equatable {
  enum Place: Sendable, Equatable {
    /// This host's own domain.
    case own
    /// By NetBIOS or DNS name.
    case domain(String)
    /// Found by the directory, from the suffix of the name.
    case suffix
  }
  var place: Place
  var name: String

  /// `nil` for what is no name of a user, and for names of this host (`.\user`).
  init?(user: AccountName) {
    guard WinbindText.isAccount(user.user) else { return nil }
    self.init(user)
  }

  /// `nil` for what is no name of a group. `group@domain.example` is one.
  init?(group: AccountName) {
    let halves = group.user.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    switch halves.count {
    case 1:
      guard WinbindText.isGroup(group.user) else { return nil }
      self.init(group)
    case 2:
      // The directory knows user principal names, but none of groups.
      guard group.domain.isEmpty, WinbindText.isGroup(halves[0]), WinbindText.isDomain(halves[1]) else { return nil }
      self.init(place: .domain(halves[1]), name: halves[0])
    default: return nil
    }
  }

  private init(place: Place, name: String) {
    self.place = place
    self.name = name
  }

  private init?(_ name: AccountName) {
    guard !name.domain.isEmpty else {
      self.init(place: name.isUserPrincipalName ? .suffix : .own, name: name.user)
      return
    }
    guard name.domain != ".", WinbindText.isDomain(name.domain), !name.user.contains("@") else { return nil }
    self.init(place: .domain(name.domain), name: name.user)
  }

  /// A user's principal taken apart; `nil` for services, and for names with escaped characters, which no account has.
  static func parts(ofPrincipal text: String) -> (user: String, realm: String)? {
    guard let cut = text.lastIndex(of: "@") else { return nil }
    let (user, realm) = (String(text[..<cut]), String(text[text.index(after: cut)...]))
    guard WinbindText.isAccount(user), !user.contains("@"), WinbindText.isDomain(realm) else { return nil }
    return (user, realm)
  }
}
