/// The source of a manual page, in the macros of man(7).
public struct ManualPage: Sendable {
  private var lines: [String]

  /// When the pages were last gone through.
  private static let date = "2026-11-22"

  /// - Parameters:
  ///   - name: what the page is about, `winrm`.
  ///   - section: 1 commands, 5 files, 8 commands of the administrator.
  ///   - summary: half a line, after the name.
  ///   - source: program and version.
  public init(name: String, section: Int, summary: String, source: String) {
    lines = [
      ".TH \(Self.argument(name.uppercased())) \(section) \(Self.date) \(Self.argument(source))",
      // Words are as they are: no line is broken inside of one, nor stretched to the margin.
      ".nh", ".ad l", ".SH NAME", Self.escaped(name) + " \\- " + Self.escaped(summary),
    ]
  }

  /// The page, ending with a line end.
  public var text: String { lines.joined(separator: "\n") + "\n" }

  public mutating func section(_ title: String) { lines.append(".SH \(Self.argument(title.uppercased()))") }

  public mutating func subsection(_ title: String) { lines.append(".SS \(Self.argument(title))") }

  public mutating func paragraph(_ text: String) {
    // After a heading there is no use for another paragraph.
    if lines.last?.hasPrefix(".SH") == false, lines.last?.hasPrefix(".SS") == false { lines.append(".PP") }
    lines += Self.filled(text)
  }

  /// Lines that stay as they are.
  public mutating func literal(_ block: String) {
    if lines.last?.hasPrefix(".SH") == false, lines.last?.hasPrefix(".SS") == false { lines.append(".PP") }
    lines.append(".nf")
    lines += block.split(separator: "\n", omittingEmptySubsequences: false).map { Self.escaped(String($0)) }
    lines.append(".fi")
  }

  /// A term, and what it means.
  public mutating func entry(_ term: String, _ paragraphs: String...) { entry(term, paragraphs) }

  public mutating func entry(_ term: String, _ paragraphs: [String]) {
    // A long term may be broken between its words.
    let words = term.count < 60 ? [term] : term.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    lines += [".TP", ".B \"" + words.map { Self.argument($0).dropFirst().dropLast() }.joined(separator: "|\\:") + "\""]
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0 { lines.append(".br") }
      lines += Self.filled(paragraph)
    }
  }

  /// Text made for a terminal: paragraphs are filled, what looks like commands and tables stays as it is.
  public mutating func preformatted(_ text: String) {
    var block: [Substring] = []
    for line in (text + "\n\n").split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.isEmpty else {
        block.append(line)
        continue
      }
      if block.isEmpty { continue }
      let isLiteral = block.contains { $0.hasPrefix(" ") || $0.hasPrefix("-") || $0.contains("  ") || Self.isCommand($0) }
      if isLiteral { literal(block.joined(separator: "\n")) } else { paragraph(block.joined(separator: " ")) }
      block = []
    }
  }

  private static func isCommand(_ line: Substring) -> Bool {
    line.hasPrefix("winrm ") || line.hasPrefix("winrs ") || line.hasPrefix("@{") || line.hasPrefix("eval ")
  }

  /// The words in lines of the source, which are best short. Long words may be broken where they are joined.
  private static func filled(_ text: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > 70 {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return (lines + [line]).map { line in
      let words = line.split(separator: " ").map { word in
        let text = escaped(String(word))
        return word.count < 40 ? text : text.reduce(into: "") { $0 += ")|/;,".contains($1) ? "\($1)\\:" : String($1) }
      }
      let joined = words.joined(separator: " ")
      return joined.hasPrefix(".") ? "\\&" + joined : joined
    }
  }

  /// For the formatter, a backslash and a minus are escapes of themselves, and a line must not look like a request.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "`": result += "\\(ga"
      case "'": result += "\\(aq"
      case let other where other.isASCII: result.unicodeScalars.append(other)
      case let other: result += "\\[u" + hexadecimal(other.value) + "]"
      }
    }
    return result.hasPrefix(".") ? "\\&" + result : result
  }

  private static func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// One argument of a macro.
  private static func argument(_ text: String) -> String { "\"" + escaped(text).replacing("\"", with: "\\(dq") + "\"" }
}

extension String {
  fileprivate func replacing(_ character: Character, with other: String) -> String {
    reduce(into: "") { $0 += $1 == character ? other : String($1) }
  }
}
