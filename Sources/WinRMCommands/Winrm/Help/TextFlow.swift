/// Text in lines of a terminal.
enum TextFlow {
  static let width = 78

  /// The words in lines of at most `width` characters, the first of which begins at `start`, the others at `indentation`.
  static func filled(_ text: String, width: Int, indentation: Int = 0, start: Int? = nil) -> String {
    var lines: [String] = []
    var line = ""
    var room = width - (start ?? indentation)
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > room {
        lines.append(line)
        line = ""
        room = width - indentation
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    lines.append(line)
    return lines.joined(separator: "\n" + String(repeating: " ", count: indentation))
  }

  /// A name and what it means, the latter from a column on; below the name where that is too long.
  static func entry(_ name: String, _ text: String, indentation: Int = 0, column: Int) -> String {
    let start = String(repeating: " ", count: indentation) + name
    let fits = start.count + 2 <= column
    let gap = fits ? String(repeating: " ", count: column - start.count) : "\n" + String(repeating: " ", count: column)
    return start + gap + filled(text, width: width, indentation: column)
  }
}
