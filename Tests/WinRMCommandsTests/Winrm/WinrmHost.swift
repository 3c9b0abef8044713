import Foundation
import SecuritySupport
import Synchronization
import WinRM
import WinRMCommands
import WinRMConfiguration

/// A machine of its own for `winrm`: a directory for its files, and a console that remembers what was written.
final class WinrmHost: Sendable {
  struct Run {
    var code: Int32
    var output: String
    var error: String
  }

  let directory: String
  let paths: WinRMPaths

  init() throws {
    directory = NSTemporaryDirectory() + "winrm-command-" + UUID().uuidString
    paths = .under(directory)
    try FileManager.default.createDirectory(atPath: paths.configurationDirectory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// - Parameters:
  ///   - lines: what standard input gives to questions.
  ///   - passwords: what is typed at prompts, or read from descriptors.
  @discardableResult
  func run(
    _ arguments: String..., lines: [String] = [], passwords: [String] = [], isInteractive: Bool = true,
    password: PasswordSource? = nil, environment: [String: String] = [:], identifier: any ServiceIdentifier = NoNetwork(),
    root: String? = nil, descriptorError: PasswordReaderError? = nil, outputFailure: CInt? = nil
  ) async -> Run {
    await run(
      arguments, lines: lines, passwords: passwords, isInteractive: isInteractive, password: password, environment: environment,
      identifier: identifier, root: root, descriptorError: descriptorError, outputFailure: outputFailure)
  }

  /// As above, with a service whose resources are read or changed, and with bytes of standard input.
  @discardableResult
  func run(
    _ arguments: [String], lines: [String] = [], passwords: [String] = [], isInteractive: Bool = true,
    password: PasswordSource? = nil, environment: [String: String] = [:], identifier: any ServiceIdentifier = NoNetwork(),
    connector: any ResourceConnector = NoNetwork(), input: [UInt8] = [], root: String? = nil,
    descriptorError: PasswordReaderError? = nil, outputFailure: CInt? = nil
  ) async -> Run {
    let recorder = Recorder(lines: lines, passwords: passwords)
    let console = CommandConsole(
      writeOutput: { text in recorder.change { $0.output += text } }, writeError: { text in recorder.change { $0.error += text } },
      readLine: { recorder.change { $0.lines.isEmpty ? nil : $0.lines.removeFirst() } },
      readPassword: { source, prompt in
        if case .argument(let secret) = source { return secret }
        recorder.change { $0.output += prompt + "\n" }
        return try recorder.nextPassword()
      },
      readPasswordFromDescriptor: { _ in
        if let descriptorError { throw descriptorError }
        return try recorder.nextPassword()
      }, isInteractive: isInteractive, outputFailure: { outputFailure },
      readInput: { Array(input.prefix($0 + 1)) })
    let code = await WinrmCommand.run(
      arguments: arguments, environment: environment.merging(["WINRM_ROOT": root ?? directory]) { $1 }, console: console,
      password: password,
      identifier: identifier, connector: connector)
    return recorder.change { Run(code: code, output: $0.output, error: $0.error) }
  }

  func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

  /// All files with their contents, to see that nothing changed.
  func snapshot() -> [String: String] {
    let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    return Dictionary(uniqueKeysWithValues: names.compactMap { name in text(directory + "/" + name).map { (name, $0) } })
  }
}

/// A service that must not be asked.
struct NoNetwork: ServiceIdentifier, ResourceConnector {
  struct Asked: Error {}
  func connect(_ configuration: WinRMClientConfiguration, _ body: (any ResourceAccess) async throws -> Void) async throws { throw Asked() }
  func identify(_ configuration: WinRMClientConfiguration) async throws -> ServiceIdentity { throw Asked() }
}

private final class Recorder: Sendable {
  struct State {
    var output = ""
    var error = ""
    var lines: [String]
    var passwords: [String]
  }

  private let state: Mutex<State>

  init(lines: [String], passwords: [String]) { state = Mutex(State(lines: lines, passwords: passwords)) }

  func change<R: Sendable>(_ body: (inout sending State) -> sending R) -> R { state.withLock(body) }

  func nextPassword() throws -> SecretBytes {
    let text: String? = change { $0.passwords.isEmpty ? nil : $0.passwords.removeFirst() }
    guard let text else { throw PasswordReaderError.noTerminal }
    return SecretBytes(Array(text.utf8))
  }
}
