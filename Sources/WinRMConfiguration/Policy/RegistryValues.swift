/// The values of one policy key the way the Windows registry holds them: numbers and texts by name, and lists of numbered texts by name.
///
/// In the file a list named `X` is the member `X.List`: an object of numbered texts, `{"1": "wsman/host"}`, or simply a list of texts.
public struct RegistryValues: Sendable, Equatable {
  /// REG_DWORD values.
  public var numbers: [String: UInt32] = [:]
  /// REG_SZ values.
  public var texts: [String: String] = [:]
  /// Subkeys of numbered REG_SZ values.
  public var lists: [String: [UInt32: String]] = [:]

  public init() {}

  /// The texts of a list in the order of their numbers.
  public func texts(of list: String) -> [(number: UInt32, text: String)] {
    (lists[list] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Adds texts to the end of a list. Their numbers begin with one more than the count, or than the highest number where there are gaps, so
  /// that no other entry is lost.
  ///
  /// - Parameter taken: numbers that stand for something else.
  mutating func append(_ texts: [String], to list: String, avoiding taken: Set<UInt32> = []) {
    let present = lists[list] ?? [:]
    var free = FreeNumbers(beside: taken.union(present.keys), from: UInt32(truncatingIfNeeded: present.count))
    for text in texts { lists[list, default: [:]][free.next()] = text }
  }

  /// Removes texts from a list and numbers the rest from 1.
  mutating func removeTexts(of list: String, where isRemoved: (String) -> Bool) {
    let rest = texts(of: list).map(\.text).filter { !isRemoved($0) }
    lists[list] = rest.isEmpty ? nil : Dictionary(uniqueKeysWithValues: zip(1..., rest))
  }

  static let listSuffix = ".List"

  init(
    decoding json: JSONValue, names: Set<String>, textNames: Set<String> = [], listNames: Set<String> = [], path: String
  ) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "\(path) must be an object, and is \(json.kind)")
    }
    for (key, value) in members {
      if key.hasSuffix(Self.listSuffix), listNames.contains(String(key.dropLast(Self.listSuffix.count))) {
        lists[String(key.dropLast(Self.listSuffix.count))] = try Self.list(value, path: "\(path).\(key)")
      } else if names.contains(key) {
        guard case .integer(let integer) = value else {
          throw ConfigurationError(.malformed, "\(path).\(key) must be a number from 0 to 4294967295, and is \(value.kind)")
        }
        guard let number = UInt32(exactly: integer) else {
          throw ConfigurationError(.malformed, "\(path).\(key) must be a number from 0 to 4294967295, and is \(integer)")
        }
        numbers[key] = number
      } else if textNames.contains(key) {
        guard case .text(let text) = value else {
          throw ConfigurationError(.malformed, "\(path).\(key) must be a text, and is \(value.kind)")
        }
        texts[key] = text
      } else {
        throw ConfigurationError(.malformed, "\(path).\(key) is no policy that is known here")
      }
    }
  }

  var json: JSONText {
    let names = Set(numbers.keys).union(lists.keys).union(texts.keys).sorted()
    return .object(
      names.flatMap { name -> [(key: String, value: JSONText)] in
        let number =
          numbers[name].map { [(key: name, value: JSONText.integer(UInt64($0)))] }
          ?? texts[name].map { [(key: name, value: JSONText.text($0))] } ?? []
        guard lists[name] != nil else { return number }
        let entries = texts(of: name).map { (key: String($0.number), value: JSONText.text($0.text)) }
        return number + [(key: name + Self.listSuffix, value: .object(entries))]
      })
  }

  private static func list(_ json: JSONValue, path: String) throws(ConfigurationError) -> [UInt32: String] {
    var result: [UInt32: String] = [:]
    let entries: [(String, JSONValue)]
    switch json {
    case .object(let members): entries = Array(members)
    case .list(let values): entries = values.enumerated().map { (String($0.offset + 1), $0.element) }
    case .null, .boolean, .integer, .real, .text:
      throw ConfigurationError(.malformed, "\(path) must be an object of numbered texts or a list of texts, and is \(json.kind)")
    }
    for (key, value) in entries {
      guard let number = UInt32(key), result[number] == nil else {
        throw ConfigurationError(.malformed, "\(path): \"\(key)\" is no number of an entry, or stands twice")
      }
      guard case .text(let text) = value else {
        throw ConfigurationError(.malformed, "\(path).\(key) must be a text, and is \(value.kind)")
      }
      result[number] = text
    }
    return result
  }
}

/// Numbers for entries of a list that have none: after all that are taken, and after a count; the lowest free ones where there are none
/// after them.
struct FreeNumbers {
  private let taken: Set<UInt32>
  /// None from here on was given out; `nil` when they have come to their end.
  private var following: UInt32?
  private var lowest: UInt32 = 1

  init(beside taken: Set<UInt32>, from count: UInt32 = 0) {
    self.taken = taken
    let last = max(count, taken.max() ?? 0)
    following = last < .max ? last + 1 : nil
  }

  mutating func next() -> UInt32 {
    if let number = following {
      following = number < .max ? number + 1 : nil
      return number
    }
    // No file has so many entries that there were none.
    while taken.contains(lowest), lowest < .max { lowest += 1 }
    defer { lowest += lowest < .max ? 1 : 0 }
    return lowest
  }
}
