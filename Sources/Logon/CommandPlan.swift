import LogonInterface

/// What a command becomes: the programs to try, and the arguments.
struct CommandPlan: Sendable, Hashable {
  /// The kernel's limit for one argument, without its terminator (MAX_ARG_STRLEN).
  static let maximumArgumentLength = 131_071

  var programs: [String]
  var arguments: [String]

  /// With a shell: `/bin/sh -c` and the command line with its arguments, joined by single spaces. Without: the command line taken apart
  /// at blanks, with double quotes around what belongs together, and each argument as it is.
  ///
  /// - Throws: `LogonFailure` with `invalidArgument` for an empty command, a NUL or an open quote, `limit` for what the kernel would refuse.
  init(_ command: CommandSpecification, path: String) throws(LogonFailure) {
    guard !command.commandLine.allSatisfy({ $0 == " " || $0 == "\t" }) else { throw LogonFailure(.invalidArgument, "the command is empty") }
    // Before anything is made of it: this runs where everybody's requests are served.
    let length = command.arguments.reduce(command.commandLine.utf8.count) { $0 + $1.utf8.count }
    guard length <= ExecSpecification.maximumLength else { throw LogonFailure(.limit, "the command is too long") }
    if command.skipShell {
      arguments = try Self.words(of: command.commandLine) + command.arguments
      programs = try Self.candidates(arguments.first ?? "", path: path)
    } else {
      arguments = ["sh", "-c", ([command.commandLine] + command.arguments).joined(separator: " ")]
      programs = ["/bin/sh"]
    }
    guard arguments.allSatisfy({ !$0.utf8.contains(0) }) else { throw LogonFailure(.invalidArgument, "the command has a NUL inside") }
    guard arguments.allSatisfy({ $0.utf8.count <= Self.maximumArgumentLength }) else {
      throw LogonFailure(.limit, "an argument is longer than \(Self.maximumArgumentLength) bytes")
    }
  }

  /// Blanks separate words; double quotes group; a backslash makes a following double quote an ordinary character.
  static func words(of line: String) throws(LogonFailure) -> [String] {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    var rest = line[...]
    while let character = rest.popFirst() {
      switch character {
      case "\\" where rest.first == "\"":
        rest.removeFirst()
        word = word ?? ""
        word?.append("\"")
      case "\"":
        isQuoted.toggle()
        word = word ?? ""
      case " " where !isQuoted, "\t" where !isQuoted:
        if let complete = exchange(&word, with: nil) { words.append(complete) }
      default:
        word = word ?? ""
        word?.append(character)
      }
    }
    guard !isQuoted else { throw LogonFailure(.invalidArgument, "a quote is not closed") }
    return words + (word.map { [$0] } ?? [])
  }

  /// A name with a slash stands for itself, seen from the working directory; another is looked for along the path.
  private static func candidates(_ program: String, path: String) throws(LogonFailure) -> [String] {
    guard !program.isEmpty else { throw LogonFailure(.invalidArgument, "the command is empty") }
    if program.contains("/") { return [program] }
    return path.split(separator: ":").prefix(64).filter { $0.hasPrefix("/") }.map { "\($0)/\(program)" }
  }
}
