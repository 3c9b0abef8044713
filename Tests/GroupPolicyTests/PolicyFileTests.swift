import Foundation
import GroupPolicy
import Testing

/// Registry policy files that Samba's own encoder wrote; the first one had been in the SYSVOL of a domain.
enum Fixture {
  static func bytes(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
    return [UInt8](try Data(contentsOf: url))
  }

  static let delegation = #"Software\Policies\Microsoft\Windows\CredentialsDelegation"#
  static let client = #"Software\Policies\Microsoft\Windows\WinRM\Client"#
  static let service = #"Software\Policies\Microsoft\Windows\WinRM\Service"#
  static let oracle = #"Software\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters"#

  static func number(_ key: String, _ name: String, _ value: UInt32) -> PolicyFile.Entry {
    PolicyFile.Entry(key: key, name: name, value: .number(value))
  }

  static func text(_ key: String, _ name: String, _ value: String) -> PolicyFile.Entry {
    PolicyFile.Entry(key: key, name: name, value: .text(value))
  }

  static let enabled: [PolicyFile.Entry] = [
    number(delegation, "AllowFreshCredentials", 1), number(delegation, "ConcatenateDefaults_AllowFresh", 1),
    text(delegation + #"\AllowFreshCredentials"#, "**delvals.", " "),
    text(delegation + #"\AllowFreshCredentials"#, "1", "WSMAN/*.lab.example"),
    number(delegation, "AllowFreshCredentialsWhenNTLMOnly", 1), number(delegation, "ConcatenateDefaults_AllowFreshNTLMOnly", 1),
    text(delegation + #"\AllowFreshCredentialsWhenNTLMOnly"#, "**delvals.", " "),
    text(delegation + #"\AllowFreshCredentialsWhenNTLMOnly"#, "1", "WSMAN/*.lab.example"),
    number(client, "AllowCredSSP", 1), number(service, "AllowCredSSP", 1), number(service, "CBTHardeningLevelStatus", 1),
    text(service, "CbtHardeningLevel", "Relaxed"), number(oracle, "AllowEncryptionOracle", 0),
  ]

  static let disabled: [PolicyFile.Entry] = [
    number(delegation, "AllowFreshCredentials", 0), text(delegation, "**del.ConcatenateDefaults_AllowFresh", " "),
    text(delegation + #"\AllowFreshCredentials"#, "**delvals.", " "), number(delegation, "DenyFreshCredentials", 1),
    number(delegation, "ConcatenateDefaults_DenyFresh", 1), text(delegation + #"\DenyFreshCredentials"#, "**delvals.", " "),
    text(delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/hop1.lab.example"), number(client, "AllowCredSSP", 0),
    number(service, "AllowCredSSP", 0),
  ]
}

@Suite struct PolicyFileTests {
  static let fixtures = [("enabled.pol", Fixture.enabled), ("disabled.pol", Fixture.disabled)]

  @Test("A file of another encoder is read and written to the same bytes", arguments: fixtures)
  func fixture(name: String, entries: [PolicyFile.Entry]) throws {
    let bytes = try Fixture.bytes(name)
    let file = try PolicyFile(decoding: bytes)
    #expect(file.entries == entries)
    #expect(try file.encode() == bytes)
  }

  @Test("Every truncation is refused, but those at the end of an entry", arguments: fixtures)
  func truncation(name: String, entries: [PolicyFile.Entry]) throws {
    let bytes = try Fixture.bytes(name)
    var whole: [Int] = []
    for count in bytes.indices {
      do { whole.append(try PolicyFile(decoding: Array(bytes[..<count])).entries.count) } catch {
        #expect(error.code == .malformed)
      }
    }
    #expect(whole == Array(0..<entries.count))
  }

  @Test("A changed byte gives another file or an error, and what was read can be written")
  func mutation() throws {
    let original = try Fixture.bytes("enabled.pol")
    var random = SystemRandomNumberGenerator()
    for index in original.indices {
      var bytes = original
      bytes[index] ^= UInt8.random(in: 1...255, using: &random)
      guard let file = try? PolicyFile(decoding: bytes) else { continue }
      #expect(try file.encode() == bytes, "byte \(index) is \(bytes[index])")
    }
  }

  @Test("Random files survive encoding and decoding")
  func property() throws {
    var random = SystemRandomNumberGenerator()
    let letters: [Character] = ["a", "Z", ";", "[", "]", "é", "語", "😀", " ", "*", ".", "1", "\u{301}", "\n"]
    for _ in 0..<200 {
      let file = PolicyFile(
        entries: (0..<Int.random(in: 0...8, using: &random)).map { _ in
          func word(_ range: ClosedRange<Int>) -> String {
            String((0..<Int.random(in: range, using: &random)).map { _ in letters.randomElement(using: &random)! })
          }
          return PolicyFile.Entry(
            key: (0...Int.random(in: 0...3, using: &random)).map { _ in word(1...9) }.joined(separator: "\\"), name: word(0...12),
            value: RegistryValue(
              type: RegistryType(rawValue: .random(in: 0...12, using: &random)),
              data: (0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random) }))
        })
      #expect(try PolicyFile(decoding: file.encode()) == file)
    }
  }

  /// Cuts, copies, swaps and lies about sizes: what damaged and hostile files are made of.
  static func damaged(_ original: [UInt8], using random: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0...Int.random(in: 0...4, using: &random) {
      guard bytes.count > 12 else { return bytes }
      let start = Int.random(in: 0..<bytes.count, using: &random)
      let end = Int.random(in: start...min(bytes.count, start + 64), using: &random)
      switch Int.random(in: 0...6, using: &random) {
      case 0: bytes.removeSubrange(start..<end)
      case 1: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &random))
      case 2: for index in start..<end { bytes[index] = .random(in: 0...255, using: &random) }
      case 3:
        // An extreme number where one may stand.
        let number: UInt32 =
          [0, 1, 3, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF].randomElement(using: &random) ?? 0
        for index in 0..<4 where start + index < bytes.count { bytes[start + index] = UInt8(truncatingIfNeeded: number >> (index * 8)) }
      case 4: for index in start..<end { bytes[index] = 0 }
      case 5:
        // Half a surrogate pair, a separator, an end.
        let unit: UInt16 = [0xD800, 0xDC00, 0x5B, 0x5D, 0x3B, 0x5C, 0x2A, 0xFEFF, 0xFFFF].randomElement(using: &random) ?? 0
        bytes[start] = UInt8(truncatingIfNeeded: unit)
        if start + 1 < bytes.count { bytes[start + 1] = UInt8(unit >> 8) }
      default: bytes.removeLast(min(bytes.count, end - start))
      }
    }
    return bytes
  }

  @Test(
    "Damaged files are refused, or read as what they say: whatever is read can be written to the same bytes and applied",
    arguments: fixtures)
  func robustness(name: String, entries: [PolicyFile.Entry]) throws {
    var random = SystemRandomNumberGenerator()
    let original = try Fixture.bytes(name)
    var accepted = 0
    for _ in 0..<1500 {
      let bytes = Self.damaged(original, using: &random)
      do throws(GroupPolicyError) {
        let file = try PolicyFile(decoding: bytes)
        accepted += 1
        #expect(try file.encode() == bytes, "\(bytes)")
        var tree = PolicyTree()
        try tree.apply(file, from: PolicySource(object: "o", file: "f"))
        for item in tree.items {
          _ = (item.value.number, item.value.longNumber, item.value.text, item.value.texts)
          #expect(tree.item(item.key, item.name) == item)
        }
      } catch {
        #expect([.malformed, .limitExceeded, .unsupported].contains(error.code))
      }
    }
    #expect(accepted > 0)
  }

  @Test("Random bytes never trap") func noise() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let noise = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = try? PolicyFile(decoding: Array("PReg".utf8) + [1, 0, 0, 0] + noise)
      _ = try? PolicyFile(decoding: Array("PReg".utf8) + [1, 0, 0, 0, 0x5B, 0] + noise)
    }
  }

  /// `[` key `;` name `;` type `;` size `;` data `]`, each as given.
  static func raw(key: [UInt8] = wide("K\0"), name: [UInt8] = wide("n\0"), type: UInt32 = 4, size: UInt32, data: [UInt8]) -> [UInt8] {
    func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
    return Array("PReg".utf8) + [1, 0, 0, 0] + wide("[") + key + wide(";") + name + wide(";") + little(type) + wide(";") + little(size)
      + wide(";") + data + wide("]")
  }

  static func wide(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] } }

  @Test("Data may hold the characters of the frame") func frame() throws {
    let data = Self.wide("];[;]")
    #expect(try PolicyFile(decoding: Self.raw(size: 10, data: data)).entries.first?.value.data == data)
  }

  /// A hostile file by name, because its bytes would fill the log.
  static let hostileFiles: [String: (code: GroupPolicyError.Code, bytes: [UInt8])] = [
    "a size of all ones": (.limitExceeded, raw(size: 0xFFFF_FFFF, data: [])),
    "a size above the limit": (.limitExceeded, raw(size: 0x1_0000, data: [])),
    "a size beyond the end": (.malformed, raw(size: 0xFFFF, data: [1, 2])), "too little data": (.malformed, raw(size: 1, data: [])),
    "too much data": (.malformed, raw(size: 0, data: [1])), "an empty key": (.malformed, raw(key: wide("\0"), size: 0, data: [])),
    "an empty part": (.malformed, raw(key: wide(#"A\\B"# + "\0"), size: 0, data: [])),
    "a last part that is empty": (.malformed, raw(key: wide(#"A\"# + "\0"), size: 0, data: [])),
    "half a pair in a key": (.malformed, raw(key: [0x00, 0xD8, 0, 0], size: 0, data: [])),
    "half a pair in a name": (.malformed, raw(name: [0x00, 0xDC, 0, 0], size: 0, data: [])),
    "a long key": (.limitExceeded, raw(key: wide(String(repeating: "k", count: 2049) + "\0"), size: 0, data: [])),
    "a long name": (.limitExceeded, raw(name: wide(String(repeating: "n", count: 16_400) + "\0"), size: 0, data: [])),
    "another version": (.unsupported, Array("PReg".utf8) + [2, 0, 0, 0]),
    "another signature": (.malformed, Array("preg".utf8) + [1, 0, 0, 0]), "nothing": (.malformed, []),
    "a large file": (.limitExceeded, [UInt8](repeating: 0, count: PolicyFile.maximumSize + 1)),
  ]

  @Test("Hostile files are refused with the right code", arguments: hostileFiles.keys.sorted())
  func hostile(name: String) throws {
    let (code, bytes) = try #require(Self.hostileFiles[name])
    #expect(throws: GroupPolicyError(code, "")) { try PolicyFile(decoding: bytes) }
  }

  @Test("Too many entries are refused") func count() throws {
    let entry = Array(Self.raw(size: 0, data: []).dropFirst(8))
    let bytes = Array("PReg".utf8) + [1, 0, 0, 0] + Array(repeating: entry, count: PolicyFile.maximumEntries + 1).joined()
    #expect(throws: GroupPolicyError(.limitExceeded, "")) { try PolicyFile(decoding: bytes) }
  }

  @Test("What could not be read again is not written", arguments: ["", #"A\"#, "A\0B"])
  func unwritable(key: String) {
    #expect(throws: GroupPolicyError(.malformed, "")) { try PolicyFile(entries: [Fixture.number(key, "n", 1)]).encode() }
  }

  @Test("Values are read by their types") func values() {
    #expect(RegistryValue(type: .doubleWord, data: [1, 2, 3, 4]).number == 0x0403_0201)
    #expect(RegistryValue(type: .doubleWordBigEndian, data: [1, 2, 3, 4]).number == 0x0102_0304)
    #expect(RegistryValue(type: .doubleWord, data: [1, 2, 3]).number == nil)
    #expect(RegistryValue(type: .string, data: [1, 0, 0, 0]).number == nil)
    #expect(RegistryValue(type: .quadWord, data: [1, 0, 0, 0, 0, 0, 0, 0x80]).longNumber == 0x8000_0000_0000_0001)
    #expect(RegistryValue(type: .string, data: Self.wide("ab")).text == "ab")
    #expect(RegistryValue(type: .expandableString, data: Self.wide("a\0b")).text == "a")
    #expect(RegistryValue(type: .string, data: [0x61]).text == nil)
    #expect(RegistryValue(type: .string, data: [0, 0xD8]).text == nil)
    #expect(RegistryValue(type: .multiString, data: Self.wide("a\0bc\0\0")).texts == ["a", "bc"])
    #expect(RegistryValue(type: .multiString, data: []).texts == [])
  }
}
