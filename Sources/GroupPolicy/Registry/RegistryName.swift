/// The name of a key or of a value the way the registry compares it: without regard to case.
///
/// Only ASCII letters are folded. All names that policy is read from are ASCII, and a look-alike that some table maps to an ASCII letter
/// is another name. So is the same text in another normalization: the registry knows no canonical equivalence.
package struct RegistryName: Hashable, Sendable {
  /// ASCII, so that equal texts are equal code points, and comparing is comparing bytes.
  let folded: String

  package init(_ text: String) {
    let isASCII = text.utf8.count == text.unicodeScalars.count
    folded = isASCII ? text.lowercased() : Self.folded(text)
  }

  private init(folded: some StringProtocol) { self.folded = String(folded) }

  /// The rest of the path of a key that is below `parent`; `nil` for all others.
  func path(below parent: RegistryName) -> RegistryName? {
    guard folded.hasPrefix(parent.folded), let rest = end(of: parent.folded.utf8.count), rest != folded.endIndex else { return nil }
    return RegistryName(folded: folded[folded.utf8.index(after: rest)...])
  }

  /// The first bytes of the path, where whole parts of it make up so many; `nil` where they do not.
  func start(_ length: Int) -> RegistryName? { end(of: length).map { RegistryName(folded: folded[..<$0]) } }

  private func end(of length: Int) -> String.Index? {
    guard let end = folded.utf8.index(folded.startIndex, offsetBy: length, limitedBy: folded.endIndex),
      end == folded.endIndex || folded.utf8[end] == UInt8(ascii: "\\")
    else { return nil }
    return end
  }

  /// With the number of each code point that is none of ASCII's between two capital letters, of which no other is left.
  private static func folded(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      result += scalar.isASCII ? String(scalar).lowercased() : "U\(String(scalar.value, radix: 16))U"
    }
  }
}

/// Names of keys relative to another, each of which stands for all that is below it too.
struct RegistryPaths {
  private let names: Set<RegistryName>
  /// How long they are.
  private let lengths: Set<Int>

  init(_ names: [String]) {
    self.names = Set(names.map(RegistryName.init))
    lengths = Set(self.names.map(\.folded.utf8.count))
  }

  /// Whether a path is one of these, or below one. Looks at one start of the path for each length that there is among them, however many
  /// parts it has.
  func contain(_ path: RegistryName) -> Bool {
    lengths.contains { length in path.start(length).map(names.contains) ?? false }
  }
}
