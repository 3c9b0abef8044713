/// `GPT.INI`, which stands beside the files of a policy object in SYSVOL (MS-GPOL §2.2.4).
public struct PolicyTemplateFile: Hashable, Sendable {
  /// The upper half counts changes of the user's part, the lower half those of the machine's.
  public var version: UInt32

  public init(version: UInt32) { self.version = version }

  public var machineVersion: UInt16 { UInt16(truncatingIfNeeded: version) }

  /// The largest file that is taken, in bytes.
  public static let maximumSize = 1 << 16

  /// Reads `Version` of the section `General`. Windows writes ANSI text; a byte order mark of UTF-8 or UTF-16 is understood.
  ///
  /// - Throws: ``GroupPolicyError``: `malformed` without the section, or without a version in it.
  public init(decoding bytes: [UInt8]) throws(GroupPolicyError) {
    guard bytes.count <= Self.maximumSize else {
      throw GroupPolicyError(.limitExceeded, "GPT.INI is larger than \(Self.maximumSize) bytes")
    }
    var isGeneral = false
    for line in Self.text(bytes).split(whereSeparator: \.isNewline) {
      let line = line.trimmingSpace
      if line.hasPrefix("[") {
        isGeneral = line.lowercased() == "[general]"
      } else if isGeneral, let equals = line.firstIndex(of: "="), line[..<equals].trimmingSpace.lowercased() == "version" {
        guard let version = UInt32(line[line.index(after: equals)...].trimmingSpace) else { break }
        self.init(version: version)
        return
      }
    }
    throw GroupPolicyError(.malformed, "GPT.INI names no version in its section General")
  }

  private static func text(_ bytes: [UInt8]) -> String {
    if bytes.starts(with: [0xFF, 0xFE]) { return String(decoding: UTF16Text.units(bytes.dropFirst(2)) ?? [], as: UTF16.self) }
    return String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
  }
}

extension StringProtocol {
  var trimmingSpace: SubSequence {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return self[endIndex...]
    }
    return self[first...last]
  }
}
