/// Which names an account or a Unix user may have.
public enum AccountNameRules {
  /// The longest account name, in Unicode scalars.
  public static let maximumLength = 64

  /// Windows' rule for account names (none of `" / \ [ ] : ; | = , + * ? < > @`), without control, formatting and separator
  /// characters, which would make two names look alike or tear a log line apart.
  ///
  /// - Throws: ``AccountsError`` with `invalidName`.
  public static func check(accountName name: String) throws(AccountsError) {
    let scalars = name.unicodeScalars
    guard !scalars.isEmpty, scalars.count <= maximumLength else {
      throw AccountsError(.invalidName, "an account name has 1 to \(maximumLength) characters")
    }
    guard scalars.first != " ", scalars.last != " ", scalars.last != ".", scalars.first != "-" else {
      throw AccountsError(.invalidName, "an account name does not begin with a space or '-', nor end with a space or '.'")
    }
    guard !scalars.contains(where: isForbidden) else {
      throw AccountsError(.invalidName, #"an account name has no control characters and none of " / \ [ ] : ; | = , + * ? < > @"#)
    }
  }

  /// The names that `useradd` accepts, and those with a domain as winbind and sssd write them.
  ///
  /// - Throws: ``AccountsError`` with `invalidName`.
  public static func check(unixUser name: String) throws(AccountsError) {
    let scalars = name.unicodeScalars
    guard !scalars.isEmpty, scalars.count <= 256, scalars.first != "-" else {
      throw AccountsError(.invalidName, "a Unix user name has 1 to 256 characters and does not begin with '-'")
    }
    guard !scalars.contains(where: { $0 == ":" || $0 == "/" || isInvisible($0) }) else {
      throw AccountsError(.invalidName, "a Unix user name has no ':', '/' or control characters")
    }
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    #""/\[]:;|=,+*?<>@"#.unicodeScalars.contains(scalar) || isInvisible(scalar)
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
    default: scalar != " " && scalar.properties.isWhitespace
    }
  }
}
