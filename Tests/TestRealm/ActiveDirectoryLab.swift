import Foundation

/// The lab that `Tests/Lab/up` brought up, seen from one of its hosts.
public struct ActiveDirectoryLab: Sendable {
  private let values: [String: String]

  /// Whether this process runs on that host.
  public static func isHere(_ host: String) -> Bool { ProcessInfo.processInfo.environment["WINRM_LAB_HOST"] == host }

  /// Reads `lab.env`.
  public init() throws {
    let state = ProcessInfo.processInfo.environment["WINRM_LAB"] ?? ""
    var values: [String: String] = [:]
    for line in try String(contentsOfFile: "\(state)/lab.env", encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { values[String(parts[0])] = parts[1].trimmingCharacters(in: ["'"]) }
    }
    self.values = values
  }

  /// A value without its `LAB_`; empty when there is none.
  public subscript(name: String) -> String { values["LAB_\(name)"] ?? "" }

  /// Runs a command on a host of the lab, the first word, and gives what it printed.
  public func run(_ command: [String]) throws -> String {
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Lab/in").path()
    let process = Process()
    process.executableURL = URL(filePath: script)
    process.arguments = command
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }
}
