import SecuritySupport
import WinRM

/// What a program on the first hop said of the second.
struct SecondHopReply: Sendable, Equatable {
  /// What the program ended with; `nil` when the script did not say it.
  var exit: Int64?
  /// Its lines: error output and output, as they came.
  var lines: [String]

  /// The reply of a program; `nil` when it was not run.
  init?(_ name: String, in values: [String: String]) {
    guard let exit = values["\(name).exit"] else { return nil }
    self.exit = Self.number(exit)
    lines = []
    // A line that the script cut goes on in the next.
    var wasCut = false
    for number in 1...40 {
      guard let line = values["\(name).said.\(number)"] else { break }
      if wasCut { lines[lines.count - 1] += line } else { lines.append(line) }
      wasCut = line.utf8.count == SecondHopScript.lineLength
    }
  }

  var tookTooLong: Bool { exit == Int64(SecondHopScript.tookTooLong) }

  var text: String { lines.joined(separator: " ") }

  private static func number(_ text: String) -> Int64? {
    text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
  }
}

/// The error that `winrs` printed: our form has lines for stage, answer and number; that of Windows is one text, and its number the exit
/// code.
struct WinrsFailure: Sendable, Equatable {
  var cause: String
  var stage: WinRMError.Stage?
  var answer: String?
  var code: WinRMCode?

  static let beginning = "Winrs error:"

  /// `nil` when the reply holds no error of winrs.
  init?(_ reply: SecondHopReply) {
    guard let start = reply.lines.lastIndex(where: { $0.hasPrefix(Self.beginning) }) else { return nil }
    var lines = Array(reply.lines[start...])
    lines[0] = String(lines[0].dropFirst(Self.beginning.count))
    let labels = ["Stage: ", "Answer of the ", "Next: ", "Error number: "]
    var parts: [String: [String]] = [:]
    var current = ""
    for line in lines {
      if let label = labels.first(where: { line.hasPrefix($0) && parts[$0] == nil }) {
        current = label
        parts[current] = [String(line.dropFirst(label.count))]
      } else {
        parts[current, default: []].append(line)
      }
    }
    func part(_ label: String) -> String? { parts[label]?.joined(separator: " ") }
    cause = part("")?.trimmingBlanks ?? ""
    stage = part("Stage: ").map { text in
      WinRMError.Stage(rawValue: text.firstRange(of: " with ").map { String(text[..<$0.lowerBound]) } ?? text.trimmingBlanks)
    }
    answer = part("Answer of the ").flatMap { text in text.firstRange(of: ": ").map { String(text[$0.upperBound...]) } }
    if let number = part("Error number: ") {
      code = number.split(separator: " ").last { $0.hasPrefix("0x") }.flatMap { UInt32($0.dropFirst(2), radix: 16) }
        .map { WinRMCode(rawValue: $0) }
    } else if let exit = reply.exit, exit != 0, let number = Int32(exactly: exit).map(UInt32.init(bitPattern:)) ?? UInt32(exactly: exit) {
      code = WinRMCode(rawValue: Self.plain(number))
    }
  }

  /// An HRESULT for a number of Win32 means that number.
  private static func plain(_ number: UInt32) -> UInt32 { number & 0xFFFF_0000 == 0x8007_0000 ? number & 0xFFFF : number }

  /// Cause and answer, cut where they are long.
  var evidence: String {
    let said = SafeText.shortened(cause, to: 500)
    guard let answer else { return said }
    // The answer begins with its name and number, and those stay.
    return answer.hasSuffix(": \(cause)")
      ? WinRMError.evidence(said, answer: String(answer.dropLast(cause.count + 2)))
      : WinRMError.evidence(said, answer: SafeText.shortened(answer, to: 200))
  }
}

/// What the client of file servers said: of Samba a status by name, of Windows a number.
struct FileServerFailure: Sendable, Equatable {
  /// `NT_STATUS_ACCESS_DENIED`, the last one of the text.
  var status: String?
  /// The number of Win32.
  var number: Int64?
  var text: String

  /// `nil` when the share could be listed.
  init?(_ reply: SecondHopReply) {
    let text = reply.text
    let names = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }.filter { $0.hasPrefix("NT_STATUS_") }
    status = names.last.map(String.init)
    // The script asks for a file that is not there. To be told so is to have been let in.
    if reply.exit == 0 || status == "NT_STATUS_NO_SUCH_FILE" { return nil }
    self.text = text
    if let exit = reply.exit, exit & 0xFFFF_0000 == 0x8007_0000 {
      number = exit & 0xFFFF
    } else if status == nil, let range = text.firstRange(of: "System error ") {
      number = Int64(text[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }
  }

  /// The name or number, and the text around it, cut where it is long.
  var evidence: String {
    let said = SafeText.shortened(text, to: 300)
    if let status { return said.contains(status) ? said : "\(status): \(said)" }
    guard !said.isEmpty else { return "its answer says nothing" }
    return number.map { "\($0): \(said)" } ?? said
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
