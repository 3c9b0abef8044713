// The help of `winrs` taken apart, for its manual and for completion: the text is written once.

extension WinrsHelp {
  /// A switch, and what it does.
  struct Entry: Equatable {
    /// `-r[emote]:ENDPOINT`.
    var form: String
    var text: String

    /// The names of the switch, the longest one first, and whether a value belongs to it.
    var names: [(name: String, takesValue: Bool)] {
      form.split(separator: ",").flatMap { part -> [(name: String, takesValue: Bool)] in
        let word = part.drop { $0 == " " }
        let name = word.prefix { $0 != ":" }
        let long = name.filter { $0 != "[" && $0 != "]" }
        let short = name.prefix { $0 != "[" }
        let takesValue = name.endIndex != word.endIndex
        return ([long] + (short.count < long.count ? [String(short)] : [])).map { (String($0), takesValue) }
      }
    }
  }

  static var entries: [Entry] {
    var entries: [Entry] = []
    for line in lines {
      if line.hasPrefix("  -") {
        let form = line.dropFirst(2).components(before: "  ")
        entries.append(Entry(form: form, text: String(line.dropFirst(2 + form.count).drop { $0 == " " })))
      } else if line.hasPrefix("          "), !entries.isEmpty {
        entries[entries.count - 1].text += " " + line.drop { $0 == " " }
      }
    }
    return entries
  }

  /// What stands before the switches, without the synopsis.
  static var introduction: [String] { paragraphs(of: lines.prefix { !$0.hasPrefix("  -") }.dropFirst()) }

  /// What stands between the switches and the examples.
  static var remarks: [String] {
    guard let last = lines.lastIndex(where: { $0.hasPrefix("  -") }) else { return [] }
    return paragraphs(of: lines[(last + 1)...].prefix { $0 != "Examples:" })
  }

  static var examples: [String] {
    lines.drop { $0 != "Examples:" }.dropFirst().map { String($0.drop { $0 == " " }) }
  }

  private static var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  private static func paragraphs(of lines: some Sequence<Substring>) -> [String] {
    var result: [String] = []
    var isOpen = false
    for line in lines {
      guard !line.isEmpty else {
        isOpen = false
        continue
      }
      if isOpen { result[result.count - 1] += " " + line } else { result.append(String(line)) }
      isOpen = true
    }
    return result
  }
}

extension Substring {
  /// What stands before two blanks; all of it where there are none.
  fileprivate func components(before gap: String) -> String {
    var result = ""
    for character in self {
      if result.hasSuffix(" "), character == " " { return String(result.dropLast()) }
      result.append(character)
    }
    return result
  }
}
