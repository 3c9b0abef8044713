/// The input of `set` and `create`: `@{KEY="VALUE";KEY2=$null}`.
struct InputSet: Equatable {
  /// In the order in which they were typed. `nil` is `$null`.
  var values: [(name: String, value: String?)]

  static func == (left: Self, right: Self) -> Bool { left.values.elementsEqual(right.values, by: ==) }

  /// Reads the text between `@` and its end, braces included.
  ///
  /// A value stands in double or single quotes and holds no quote of that kind. Shells take quotes away that nothing protects, so a value
  /// without quotes counts too, without blanks around it. It ends at a `;` that a key with its equals sign follows, or nothing: a `;` that
  /// stood in the quotes belongs to it, as in `@{RootSDDL=O:NSG:BAD:P(A;;GA;;;BA)}`.
  ///
  /// - Throws: ``WinrmUsageError`` when the form is another, or a key stands twice.
  init(parsing text: some StringProtocol) throws(WinrmUsageError) {
    guard text.first == "{", text.last == "}", text.count >= 2 else { throw Self.syntaxError }
    var rest = text.dropFirst().dropLast()[...]
    values = []
    Self.skipBlanks(&rest)
    while !rest.isEmpty {
      let name = try Self.key(&rest)
      let value = try Self.value(&rest)
      guard !values.contains(where: { $0.name == name }) else { throw WinrmUsageError("The key \"\(name)\" stands twice in the input.") }
      values.append((name, value))
      Self.skipBlanks(&rest)
      guard !rest.isEmpty else { return }
      guard rest.popFirst() == ";" else { throw Self.syntaxError }
      Self.skipBlanks(&rest)
    }
  }

  static let syntaxError = WinrmUsageError("Syntax Error: input must be of the form {KEY=\"VALUE\"[;KEY=\"VALUE\"]}")

  /// `[\w:]+`, and the equals sign behind it.
  private static func key<S: StringProtocol>(_ rest: inout S) throws(WinrmUsageError) -> String where S.SubSequence == S {
    let key = rest.prefix { isKey($0) }
    rest = rest.dropFirst(key.count)
    skipBlanks(&rest)
    guard !key.isEmpty, rest.popFirst() == "=" else { throw syntaxError }
    skipBlanks(&rest)
    return String(key)
  }

  private static func value<S: StringProtocol>(_ rest: inout S) throws(WinrmUsageError) -> String? where S.SubSequence == S {
    if let quote = rest.first, quote == "\"" || quote == "'" {
      let inner = rest.dropFirst()
      guard let end = inner.firstIndex(of: quote) else { throw syntaxError }
      rest = inner[inner.index(after: end)...]
      return String(inner[..<end])
    }
    var end = rest.startIndex
    while end < rest.endIndex, rest[end] != ";" || !endsValue(rest[rest.index(after: end)...]) { end = rest.index(after: end) }
    var bare = rest[..<end]
    rest = rest[end...]
    while bare.last == " " { bare = bare.dropLast() }
    guard !bare.contains("\"") else { throw syntaxError }
    return bare == "$null" ? nil : String(bare)
  }

  /// Whether what stands behind a `;` begins the next pair, or is nothing.
  private static func endsValue<S: StringProtocol>(_ text: S) -> Bool where S.SubSequence == S {
    var rest = text
    skipBlanks(&rest)
    guard !rest.isEmpty else { return true }
    let key = rest.prefix { isKey($0) }
    rest = rest.dropFirst(key.count)
    skipBlanks(&rest)
    return !key.isEmpty && rest.first == "="
  }

  private static func isKey(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == ":"
  }

  private static func skipBlanks<S: StringProtocol>(_ rest: inout S) where S.SubSequence == S {
    rest = rest.drop { $0 == " " || $0 == "\t" }
  }
}
