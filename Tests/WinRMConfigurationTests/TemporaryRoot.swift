import Foundation
import WinRMConfiguration

/// A directory for one test, with the paths below it. It is removed when the value goes away.
final class TemporaryRoot {
  let directory: String
  let paths: WinRMPaths

  init() throws {
    directory = NSTemporaryDirectory() + "winrm-test-" + UUID().uuidString
    paths = .under(directory)
    for path in [paths.configurationDirectory, directory + "/home/.config/winrm"] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func write(_ text: String, to path: String, mode: Int = 0o644) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  /// The names in the configuration directory.
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: paths.configurationDirectory).sorted() }
}
