// The help of `winrs` taken apart, for its manual and for completion: the text is written once.

extension WinrsHelp {
  /// A switch, and what it does.
  struct Entry: Equatable {
    /// `-r[emote]:ENDPOINT`.
    var form: String
    var text: String

    /// The names of the switch, and whether a value belongs to it.
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
        // A blank ends the form, unless a comma stands before it.
        let words = line.dropFirst(2).split(separator: " ", omittingEmptySubsequences: false)
        let count = (words.firstIndex { !$0.hasSuffix(",") } ?? 0) + 1
        let text = words.dropFirst(count).drop(while: \.isEmpty).joined(separator: " ")
        entries.append(Entry(form: words.prefix(count).joined(separator: " "), text: text))
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
