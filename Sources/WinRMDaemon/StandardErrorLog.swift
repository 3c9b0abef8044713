import Glibc
import Logging

/// One line for each event on standard error: time, level, what happened, and the particulars as `name=value`.
struct StandardErrorLog: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  static func logger(level: Logger.Level) -> Logger {
    Logger(label: "winrmd") { _ in StandardErrorLog(logLevel: level) }
  }

  func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    if let error = event.error { all["error"] = "\(error)" }
    Self.write(Self.line(time: Int(time(nil)), level: event.level, message: event.message.description, metadata: all))
  }

  /// A message for the terminal of whoever started the service.
  static func complain(_ message: String) { write("winrmd: \(plain(message))\n") }

  static func line(time seconds: Int, level: Logger.Level, message: String, metadata: Logger.Metadata) -> String {
    var line = "\(timestamp(seconds)) \(level.rawValue) \(plain(message))"
    for (name, value) in metadata.sorted(by: { $0.key < $1.key }) { line += " \(plain(name))=\(quoted(value.description))" }
    return line + "\n"
  }

  /// `2026-01-31T12:00:00Z`.
  private static func timestamp(_ seconds: Int) -> String {
    var seconds = time_t(seconds)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    return "\(day)T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
  }

  /// A value as it is, or in quotation marks when it holds anything but plain characters.
  private static func quoted(_ text: String) -> String {
    let text = plain(text)
    guard text.isEmpty || text.unicodeScalars.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return text }
    return "\"" + text.map { $0 == "\"" ? "'" : String($0) }.joined() + "\""
  }

  /// Control characters could forge lines, or speak to the terminal that shows them.
  private static func plain(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: result.append("?")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// One write for one line, so that lines of several threads do not mix.
  private static func write(_ line: String) {
    var bytes = Array(line.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { return }  // nobody reads the log any more; the service goes on
      bytes = bytes.dropFirst(max(0, count))
    }
  }
}
