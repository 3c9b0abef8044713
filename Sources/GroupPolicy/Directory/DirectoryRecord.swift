import SecuritySupport

/// One object of the directory with the attributes that were asked for, read from LDIF (RFC 2849).
///
/// LDIF writes a value that could be mistaken for something else in base64, so no value can pretend to be another attribute or object.
public struct DirectoryRecord: Sendable, Equatable {
  /// Its distinguished name; empty for the root.
  public var name: String
  /// Values by the attribute's name in lower case, in the order in which they came.
  private var values: [String: [[UInt8]]]

  /// The most output that is taken, in bytes.
  public static let maximumSize = 4 << 20

  /// The texts of an attribute, in any case; empty without it.
  ///
  /// - Throws: `malformed` when one is no UTF-8.
  public func texts(of attribute: String) throws(GroupPolicyError) -> [String] {
    var texts: [String] = []
    for value in values[attribute.lowercased()] ?? [] {
      guard let text = String(validating: value, as: UTF8.self) else {
        throw GroupPolicyError(.malformed, "the attribute \(attribute) is no text")
      }
      texts.append(text)
    }
    return texts
  }

  /// The text of an attribute that has one value at most.
  public func text(of attribute: String) throws(GroupPolicyError) -> String? {
    let texts = try texts(of: attribute)
    guard texts.count <= 1 else { throw GroupPolicyError(.malformed, "the attribute \(attribute) has \(texts.count) values") }
    return texts.first
  }

  /// Reads the records of an answer.
  ///
  /// - Throws: ``GroupPolicyError``.
  public static func parse(_ bytes: [UInt8]) throws(GroupPolicyError) -> [DirectoryRecord] {
    guard bytes.count <= maximumSize else { throw GroupPolicyError(.limitExceeded, "the directory answers more than \(maximumSize) bytes") }
    var records: [DirectoryRecord] = []
    var current: DirectoryRecord?
    for line in try unfolded(bytes) {
      if line.isEmpty {
        if let current { records.append(current) }
        current = nil
        continue
      }
      let (attribute, value) = try attribute(line)
      if attribute == "dn" {
        guard current == nil else { throw GroupPolicyError(.malformed, "the answer of the directory has two names for one object") }
        current = DirectoryRecord(name: String(decoding: value, as: UTF8.self), values: [:])
      } else {
        guard current != nil else { throw GroupPolicyError(.malformed, "the answer of the directory has an attribute of no object") }
        current?.values[attribute, default: []].append(value)
      }
    }
    if let current { records.append(current) }
    return records
  }

  /// The lines without comments, each with what was continued behind it.
  private static func unfolded(_ bytes: [UInt8]) throws(GroupPolicyError) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    // A comment may be continued too.
    var isComment = false
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.first == UInt8(ascii: " ") {
        guard !isComment else { continue }
        guard let last = lines.indices.last, !lines[last].isEmpty else {
          throw GroupPolicyError(.malformed, "the answer of the directory continues a line that is not there")
        }
        lines[last] += line.dropFirst()
      } else {
        isComment = line.first == UInt8(ascii: "#")
        if !isComment { lines.append(Array(line)) }
      }
    }
    return lines
  }

  private static func attribute(_ line: [UInt8]) throws(GroupPolicyError) -> (String, [UInt8]) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw GroupPolicyError(.malformed, "the answer of the directory is no LDIF")
    }
    let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
    let rest = line[(colon + 1)...]
    switch rest.first {
    case UInt8(ascii: "<"): throw GroupPolicyError(.unsupported, "the answer of the directory points elsewhere")
    case UInt8(ascii: ":"):
      let text = String(decoding: rest.dropFirst(), as: UTF8.self)
      guard let value = Base64.decode(String(text.trimmingSpace)) else { throw GroupPolicyError(.malformed, "\(name) is no base64") }
      return (name, value)
    default: return (name, Array(rest.drop { $0 == UInt8(ascii: " ") }))
    }
  }
}
