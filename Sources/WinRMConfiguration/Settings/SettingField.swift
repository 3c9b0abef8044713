/// Whether a setting can be changed.
enum SettingAccess: Sendable {
  case readWrite
  /// Shown only.
  case readOnly
  /// Shown only, and without effect.
  case deprecated
}

/// One setting of a part of the tree: its name, how to read it, which values it takes.
struct SettingField<Root: Sendable>: Sendable {
  let name: String
  let access: SettingAccess
  /// The numbers that it takes, if it is one.
  var range: ClosedRange<UInt32>?
  /// The words that it takes, if it is one of a few.
  var words: [String] = []
  let read: @Sendable (Root) -> SettingValue
  /// Stores a value of the right kind, or says why it cannot.
  let store: @Sendable (inout Root, SettingValue) throws(ConfigurationError) -> Void

  /// Stores a value of any kind.
  ///
  /// - Throws: `invalidValue` when the kind or the range is wrong. Access is not looked at.
  func write(_ value: SettingValue?, into root: inout Root) throws(ConfigurationError) {
    guard let value else {
      throw ConfigurationError(.invalidValue, "\(name) must be \(expectation(in: root))")
    }
    try store(&root, value)
  }

  /// What must be written, for messages.
  func expectation(in root: Root) -> String {
    range.map { "a number from \($0.lowerBound) to \($0.upperBound)" } ?? read(root).expectation
  }

  func lifted<Parent>(_ path: any WritableKeyPath<Parent, Root> & Sendable) -> SettingField<Parent> {
    SettingField<Parent>(
      name: name, access: access, range: range, words: words, read: { [read] in read($0[keyPath: path]) },
      store: { [store] (parent, value) throws(ConfigurationError) in try store(&parent[keyPath: path], value) })
  }
}

extension SettingField {
  static func boolean(
    _ name: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, access: SettingAccess = .readWrite
  ) -> Self {
    Self(name: name, access: access, read: { .boolean($0[keyPath: path]) }) { (root, value) throws(ConfigurationError) in
      guard case .boolean(let value) = value else { throw Self.wrongKind(name) }
      root[keyPath: path] = value
    }
  }

  static func integer<I: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Root, I> & Sendable, _ range: ClosedRange<UInt32>, access: SettingAccess = .readWrite
  ) -> Self {
    Self(name: name, access: access, range: range, read: { .integer(UInt32(truncatingIfNeeded: $0[keyPath: path])) }) {
      (root, value) throws(ConfigurationError) in
      guard case .integer(let value) = value else { throw Self.wrongKind(name) }
      guard range.contains(value), let exact = I(exactly: value) else {
        throw ConfigurationError(
          .invalidValue, "\(name) = \(value) is outside its range, \(range.lowerBound) to \(range.upperBound)")
      }
      root[keyPath: path] = exact
    }
  }

  /// A text; `check` throws when it is not acceptable.
  static func text(
    _ name: String, _ path: any WritableKeyPath<Root, String> & Sendable, access: SettingAccess = .readWrite,
    check: @escaping @Sendable (String) throws(ConfigurationError) -> Void = { _ in }
  ) -> Self {
    Self(name: name, access: access, read: { .text($0[keyPath: path]) }) { (root, value) throws(ConfigurationError) in
      guard case .text(let value) = value else { throw Self.wrongKind(name) }
      guard !value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
        throw ConfigurationError(.invalidValue, "\(name) holds a control character")
      }
      try check(value)
      root[keyPath: path] = value
    }
  }

  /// A text that is stored in one form, whatever form it was typed in; `canonical` makes that form, or throws.
  static func canonicalText(
    _ name: String, _ path: any WritableKeyPath<Root, String> & Sendable, access: SettingAccess = .readWrite,
    canonical: @escaping @Sendable (String) throws(ConfigurationError) -> String
  ) -> Self {
    Self(name: name, access: access, read: { .text($0[keyPath: path]) }) { (root, value) throws(ConfigurationError) in
      guard case .text(let value) = value else { throw Self.wrongKind(name) }
      root[keyPath: path] = try canonical(value)
    }
  }

  static func list(
    _ name: String, _ path: any WritableKeyPath<Root, [String]> & Sendable,
    check: @escaping @Sendable ([String]) throws(ConfigurationError) -> Void = { _ in }
  ) -> Self {
    Self(name: name, access: .readWrite, read: { .list($0[keyPath: path]) }) { (root, value) throws(ConfigurationError) in
      guard case .list(let values) = value else { throw Self.wrongKind(name) }
      for item in values where item.isEmpty || item.contains(",") || item.unicodeScalars.contains(where: { $0.value < 0x20 }) {
        throw ConfigurationError(.invalidValue, "\(name) holds an empty name, or one with a comma or a control character")
      }
      try check(values)
      root[keyPath: path] = values
    }
  }

  /// One of a few words, in any case.
  static func choice<C: RawRepresentable & CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Root, C> & Sendable, access: SettingAccess = .readWrite,
    failure: @escaping @Sendable (String) -> ConfigurationError
  ) -> Self where C.RawValue == String {
    Self(name: name, access: access, words: C.allCases.map(\.rawValue), read: { .text($0[keyPath: path].rawValue) }) {
      (root, value) throws(ConfigurationError) in
      guard case .text(let text) = value, let choice = C.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
        let words = C.allCases.map(\.rawValue).joined(separator: ", ")
        throw failure("\(name) must be one of \(words)")
      }
      root[keyPath: path] = choice
    }
  }

  private static func wrongKind(_ name: String) -> ConfigurationError {
    ConfigurationError(.invalidValue, "\(name) has a value of the wrong kind")
  }
}
