/// The name of a key or of a value the way the registry compares it: without regard to case.
///
/// Only ASCII letters are folded. All names that policy is read from are ASCII, and a look-alike that some table maps to an ASCII letter
/// is another name.
struct RegistryName: Hashable, Sendable {
  let folded: String

  init(_ text: String) {
    var folded = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      folded.append(scalar.value < 0x80 && scalar.properties.isUppercase ? Unicode.Scalar(UInt8(scalar.value | 0x20)) : scalar)
    }
    self.folded = String(folded)
  }

  /// Equal when the same code points stand there: the registry knows no canonical equivalence.
  static func == (left: Self, right: Self) -> Bool { left.folded.unicodeScalars.elementsEqual(right.folded.unicodeScalars) }

  func hash(into hasher: inout Hasher) {
    for scalar in folded.unicodeScalars { hasher.combine(scalar) }
  }

  /// For a key below `parent` its path from there and those of the keys that it is in: `a\b` gives `a` and `a\b`. Empty for all others.
  func pathsBelow(_ parent: RegistryName) -> [RegistryName] {
    let prefix = parent.folded.unicodeScalars
    let mine = folded.unicodeScalars
    guard mine.starts(with: prefix) else { return [] }
    let rest = mine.dropFirst(prefix.count)
    guard rest.first == "\\" else { return [] }
    let path = rest.dropFirst()
    return (path.indices.filter { path[$0] == "\\" } + [path.endIndex]).map { RegistryName(String(path[..<$0])) }
  }
}
