import SecuritySupport

/// How typed user names become principals.
public struct KerberosRealms: Sendable, Equatable {
  /// Realms by domain: NetBIOS names, DNS names and user-principal-name suffixes in any case.
  public var byDomain: [String: String]
  /// The realm of names without one; `nil` takes the library's default realm.
  public var defaultRealm: String?
  /// Whether a domain that ``byDomain`` has is of that realm and no other: then the password is shown to no KDC but that realm's.
  public var isExact: Bool

  public init(byDomain: [String: String] = [:], defaultRealm: String? = nil, isExact: Bool = false) {
    self.byDomain = byDomain
    self.defaultRealm = defaultRealm
    self.isExact = isExact
  }

  /// The default realm of the library's configuration; `nil` where it has none. Reads files, and no more.
  public static func libraryDefault() -> String? { (try? KRB5Context())?.defaultRealm }

  /// The names to ask the KDC for, in order: by configuration, in the default realm, as an enterprise name (RFC 6806 §5), which the KDC
  /// of the default realm resolves. The next one is tried only when the KDC does not know the one before, never after a wrong password.
  ///
  /// The default realm's own user is asked for only where the name says so, or says nothing: `alice` of a domain that nobody knows is
  /// another `alice`.
  func candidates(for name: AccountName, libraryDefault: String?) -> [ClientName] {
    let home = defaultRealm ?? libraryDefault
    let (user, domain) = Self.parts(of: name)
    var names: [ClientName] = []
    func add(_ candidate: ClientName) {
      if !names.contains(candidate) { names.append(candidate) }
    }
    guard !domain.isEmpty else {
      if let home { add(.principal(user: user, realm: home)) }
      return names
    }
    if let realm = byDomain.first(where: { $0.key.lowercased() == domain.lowercased() })?.value {
      add(.principal(user: user, realm: realm))
      if isExact { return names }
    }
    if let home, names.isEmpty, domain.lowercased() == home.lowercased() || (!name.domain.isEmpty && Self.isNetBIOSName(domain, of: home)) {
      add(.principal(user: user, realm: home))
    }
    if let home { add(.enterprise("\(user)@\(domain)", realm: home)) }
    if domain.contains(".") { add(.principal(user: user, realm: domain.uppercased())) }
    return names
  }

  /// Whether a domain is named like the first label of a realm, as Active Directory does unless told otherwise.
  public static func isNetBIOSName(_ domain: String, of realm: String) -> Bool {
    realm.split(separator: ".").first.map { $0.lowercased() == domain.lowercased() } ?? false
  }

  /// The user and what stands for the domain, which is empty in a bare name.
  private static func parts(of name: AccountName) -> (user: String, domain: String) {
    if !name.domain.isEmpty { return (name.user, name.domain == "." ? "" : name.domain) }
    guard let cut = name.user.lastIndex(of: "@") else { return (name.user, "") }
    return (String(name.user[..<cut]), String(name.user[name.user.index(after: cut)...]))
  }
}

/// One name to ask a KDC for.
enum ClientName: Sendable, Equatable {
  case principal(user: String, realm: String)
  /// A user principal name for the KDC of `realm` to resolve.
  case enterprise(String, realm: String)
  /// A principal as the library writes it.
  case text(String)
}
