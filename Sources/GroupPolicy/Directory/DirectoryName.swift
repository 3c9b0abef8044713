/// A distinguished name as text, taken apart at its commas (RFC 4514).
public struct DirectoryName: Sendable, CustomStringConvertible {
  /// The parts, nearest first, as written: `OU=servers`, `DC=lab`.
  public let parts: [String]

  public init(parts: [String]) { self.parts = parts }

  /// The longest name that is taken, in bytes.
  public static let maximumLength = 4096

  /// - Throws: `malformed` for a part without type or `=`; `limitExceeded`.
  public init(parsing text: String) throws(GroupPolicyError) {
    guard text.utf8.count <= Self.maximumLength else { throw GroupPolicyError(.limitExceeded, "a name of the directory is too long") }
    var parts: [String] = []
    var part = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      guard scalar.value >= 0x20, scalar.value != 0x7F else { throw Self.malformed }
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "," {
        parts.append(part)
        part = ""
        continue
      }
      part.unicodeScalars.append(scalar)
    }
    guard !isEscaped else { throw Self.malformed }
    parts.append(part)
    for part in parts {
      guard let equals = part.firstIndex(of: "="), equals != part.startIndex, part.first != "-" else { throw Self.malformed }
    }
    self.init(parts: parts)
  }

  private static let malformed = GroupPolicyError(.malformed, "a name of the directory is none")

  public var description: String { parts.joined(separator: ",") }

  /// The name without its first part; `nil` for the last one.
  public var parent: DirectoryName? { parts.count > 1 ? DirectoryName(parts: Array(parts.dropFirst())) : nil }

  /// Whether the first part has this type, such as `OU`.
  public func isNamed(by type: String) -> Bool { parts.first?.lowercased().hasPrefix(type.lowercased() + "=") ?? false }

  /// The value of the first part, as written.
  public var firstValue: Substring { parts.first.flatMap { part in part.firstIndex(of: "=").map { part[part.index(after: $0)...] } } ?? "" }

  /// Whether two names are the same, without regard to case.
  public func isSame(as other: DirectoryName) -> Bool { description.lowercased() == other.description.lowercased() }

  /// The DNS name that the parts `DC=` make, in lower case: `lab.example`.
  public var domain: String {
    parts.filter { $0.lowercased().hasPrefix("dc=") }.map { $0.dropFirst(3).lowercased() }.joined(separator: ".")
  }
}
