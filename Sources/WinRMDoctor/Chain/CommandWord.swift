/// What somebody else gave, as far as it may become a word of a command.
///
/// Remedies are read by administrators, who carry commands out as root. What a peer said stands in them only where it can be nothing but a
/// name: to every shell, and to the program that gets it. What settings and files of this machine are called is quoted
/// (``argument(_:or:)``, ``path(_:)``). Everything else is left to who reads the remedy.
public enum CommandWord {
  /// The longest name of an account, without its domain.
  private static let longestAccount = 104
  private static let longestService = 300

  /// The account alone of `DOMAIN\ACCOUNT` or `ACCOUNT@REALM`; `nil` for everything that is no such name.
  static func account(_ name: String?) -> String? {
    guard let name else { return nil }
    let halves = name.split(separator: "\\", omittingEmptySubsequences: false)
    guard halves.count <= 2, let last = halves.last, halves.count == 1 || isWord(halves[0], upTo: 255) else { return nil }
    let parts = last.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 1 || parts.count == 2 && halves.count == 1 && isWord(parts[1], upTo: 255) else { return nil }
    return isWord(parts[0], upTo: longestAccount) ? String(parts[0]) : nil
  }

  /// A principal of a service, such as `WSMAN/hop1.lab.example@LAB.EXAMPLE`; `nil` for everything else.
  static func service(_ name: String) -> String? {
    guard name.utf8.count <= longestService, name.utf8.first != UInt8(ascii: "-"), !name.isEmpty else { return nil }
    return name.utf8.allSatisfy { isOfWord($0) || "/@:[]".utf8.contains($0) } ? name : nil
  }

  /// The title of something, of which no shell would make more than words; `nil` for everything else.
  public static func title(_ text: String) -> String? {
    text.utf8.count <= 255
      && text.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || " 0123456789.,:_-{}()".unicodeScalars.contains($0) }
      ? text : nil
  }

  /// A name of this machine's settings, of its accounts or of its users, as a word of a shell.
  ///
  /// - Parameter placeholder: stands for what no command can have: nothing, what looks like a switch, and what cannot be seen on a screen.
  public static func argument(_ name: String, or placeholder: String) -> String {
    guard let first = name.unicodeScalars.first, !"-/".unicodeScalars.contains(first), isVisible(name) else { return placeholder }
    return quoted(name)
  }

  /// A file of this machine as a word of a shell; `FILE` where its name cannot be seen on a screen.
  public static func path(_ path: String) -> String {
    guard !path.isEmpty, isVisible(path) else { return "FILE" }
    return quoted(path.utf8.first == UInt8(ascii: "-") ? "./" + path : path)
  }

  /// Whether all of a text is seen as it is: it holds no control characters, nothing that ends lines or turns them around.
  public static func isVisible(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
      default: true
      }
    }
  }

  /// As a word of a shell: in single quotes, where one of its characters means something to a shell.
  public static func quoted(_ text: String) -> String {
    guard text.isEmpty || !text.utf8.allSatisfy({ isOfWord($0) || "/@:".utf8.contains($0) }) else { return text }
    // A shell sees a quote also where a mark follows that makes one character of both.
    var word = "'".unicodeScalars
    for scalar in text.unicodeScalars {
      if scalar == "'" { word.append(contentsOf: #"'\''"#.unicodeScalars) } else { word.append(scalar) }
    }
    word.append("'")
    return String(word)
  }

  /// A word that begins like a switch is none.
  private static func isWord(_ text: Substring, upTo limit: Int) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "-"), text.utf8.count <= limit else { return false }
    return text.utf8.allSatisfy(isOfWord)
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
