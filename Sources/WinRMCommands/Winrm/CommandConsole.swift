public import SecuritySupport
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where a command reads and writes, so that tests can stand in for the terminal.
public struct CommandConsole: Sendable {
  /// Writes to standard output; line ends are part of the text.
  public var writeOutput: @Sendable (String) -> Void
  /// Writes to standard error.
  public var writeError: @Sendable (String) -> Void
  /// Reads a line of standard input without its end; `nil` when there is none.
  public var readLine: @Sendable () -> String?
  /// Reads a password; the text is the prompt.
  public var readPassword: @Sendable (PasswordSource, String) throws -> SecretBytes
  /// Reads the first line of a descriptor as a password.
  public var readPasswordFromDescriptor: @Sendable (CInt) throws -> SecretBytes
  /// Whether somebody sits at standard input.
  public var isInteractive: Bool
  /// Reads standard input to its end, at most one byte more than the number.
  public var readInput: @Sendable (Int) throws -> [UInt8]
  /// The system's error number of the first failed write to standard output; `nil` while all went well.
  public var outputFailure: @Sendable () -> CInt?

  public init(
    writeOutput: @escaping @Sendable (String) -> Void, writeError: @escaping @Sendable (String) -> Void,
    readLine: @escaping @Sendable () -> String?, readPassword: @escaping @Sendable (PasswordSource, String) throws -> SecretBytes,
    readPasswordFromDescriptor: @escaping @Sendable (CInt) throws -> SecretBytes, isInteractive: Bool,
    outputFailure: @escaping @Sendable () -> CInt? = { nil }, readInput: @escaping @Sendable (Int) throws -> [UInt8] = { _ in [] }
  ) {
    self.writeOutput = writeOutput
    self.writeError = writeError
    self.readLine = readLine
    self.readPassword = readPassword
    self.readPasswordFromDescriptor = readPasswordFromDescriptor
    self.isInteractive = isInteractive
    self.outputFailure = outputFailure
    self.readInput = readInput
  }

  /// This process's descriptors 0, 1 and 2, and its terminal. Nothing is buffered.
  public static let process = CommandConsole.writing(to: STDOUT_FILENO)

  /// ``process`` with another descriptor for what belongs on standard output.
  static func writing(to output: CInt) -> CommandConsole {
    let failure = FirstFailure()
    return CommandConsole(
      writeOutput: { failure.note(write($0, to: output)) }, writeError: { _ = write($0, to: STDERR_FILENO) },
      readLine: { Swift.readLine(strippingNewline: true) },
      readPassword: { source, prompt in try PasswordReader.read(source, prompt: prompt) },
      readPasswordFromDescriptor: { try PasswordReader.readFirstLine(of: $0, path: "of descriptor \($0)") },
      isInteractive: isatty(STDIN_FILENO) == 1, outputFailure: { failure.number },
      readInput: { try read(from: STDIN_FILENO, upTo: $0 + 1) })
  }

  private static func read(from descriptor: CInt, upTo limit: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while result.count < limit {
      let count = buffer.withUnsafeMutableBytes { posixRead(descriptor, $0.baseAddress, min($0.count, limit - result.count)) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw WinrmFailure(WinRMCode(rawValue: 6), "Standard input cannot be read: \(String(cString: strerror(errno))).")
      }
      guard count > 0 else { break }
      result += buffer.prefix(count)
    }
    return result
  }

  /// Returns the system's error number when not all could be written.
  private static func write(_ text: String, to descriptor: CInt) -> CInt? {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count < 0 ? errno : EIO }
      rest = rest.dropFirst(count)
    }
    return nil
  }
}

private final class FirstFailure: Sendable {
  private let stored = Mutex<CInt?>(nil)

  var number: CInt? { stored.withLock { $0 } }

  func note(_ number: CInt?) { stored.withLock { $0 = $0 ?? number } }
}

private func posixWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, bytes, count) }

private func posixRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(descriptor, bytes, count) }
