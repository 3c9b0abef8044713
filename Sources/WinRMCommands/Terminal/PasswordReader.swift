public import SecuritySupport
import WinRM

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why no password could be read.
public enum PasswordReaderError: Error, Sendable, Equatable {
  /// There is no terminal to ask on.
  case noTerminal
  /// There was none before the end: Ctrl-D on an empty line. A Ctrl-C that makes no signal is one too.
  case cancelled
  /// The file cannot be read; the system's error number.
  case unreadable(path: String, errno: CInt)
  /// Longer than ``PasswordReader/maximumLength`` bytes.
  case tooLong
}

extension PasswordReaderError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noTerminal: "there is no terminal to ask for the password on; give -p:@FILE instead"
    case .cancelled: "no password was given"
    case .unreadable(let path, let code): "the password file \(path) cannot be read: \(String(cString: strerror(code)))"
    case .tooLong: "the password is longer than \(PasswordReader.maximumLength) bytes"
    }
  }
}

extension PasswordReaderError {
  /// As the user of a command is told.
  var explained: WinRMError {
    let next =
      switch self {
      case .noTerminal: "run the command in a terminal, or give the password in a file: -p:@FILE"
      case .cancelled: "try again, or give the password in a file: -p:@FILE"
      case .unreadable(let path, _): "check that \(path) is there and that you may read it"
      case .tooLong: "check that it is the right file"
      }
    return WinRMError(code: .userNameAndPasswordNeeded, stage: .policy, cause: description, nextStep: next)
  }
}

/// Reads a password without ever holding it in ordinary memory.
public enum PasswordReader {
  /// The longest password accepted, in bytes of UTF-8.
  public static let maximumLength = 4096

  /// The password that `source` names. `prompt` is shown when the terminal is asked.
  public static func read(_ source: PasswordSource, prompt: String) throws(PasswordReaderError) -> SecretBytes {
    switch source {
    case .argument(let secret): secret
    case .file(let path): try readFirstLine(ofFile: path)
    case .prompt: try readFromTerminal(prompt: prompt)
    }
  }

  /// The first line of a file or a descriptor's path, without its line end.
  public static func readFirstLine(ofFile path: String) throws(PasswordReaderError) -> SecretBytes {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, errno: errno) }
    defer { close(descriptor) }
    return try readFirstLine(of: descriptor, path: path)
  }

  /// The first line of an open descriptor, without its line end. `path` names it in errors.
  public static func readFirstLine(of descriptor: CInt, path: String) throws(PasswordReaderError) -> SecretBytes {
    var line = LineBuffer()
    while true {
      switch readByte(descriptor) {
      case .failure(let code): throw .unreadable(path: path, errno: code.number)
      case .success(nil): return line.take(droppingCarriageReturn: true)
      case .success(UInt8(ascii: "\n")?): return line.take(droppingCarriageReturn: true)
      case .success(let byte?): try line.append(byte)
      }
    }
  }

  /// Asks on the controlling terminal, with echo off. Backspace and Ctrl-U edit the line.
  public static func readFromTerminal(prompt: String) throws(PasswordReaderError) -> SecretBytes {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else { throw .noTerminal }
    defer { close(terminal) }
    return try read(from: terminal, prompt: prompt)
  }

  /// As ``readFromTerminal(prompt:)``, on an open terminal. A signal that ends the process does so after the terminal is as it was.
  ///
  /// Ctrl-C and Ctrl-\ stay signals, to all that run in front of the terminal: a script around this process is to end with it. Where nobody
  /// watches for signals, and where the signal is ignored (`trap '' INT`), they are keys that end the prompt.
  static func read(
    from terminal: CInt, prompt: String, signals: [CInt] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
  ) throws(PasswordReaderError) -> SecretBytes {
    var saved = termios()
    guard tcgetattr(terminal, &saved) == 0 else { throw .noTerminal }
    var quiet = saved
    quiet.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON)
    if signals.isEmpty { quiet.c_lflag &= ~tcflag_t(ISIG) }
    Self.takeAway([VSUSP], from: &quiet)  // Ctrl-Z would give a quiet terminal back to the shell
    let watch = SignalWatch(signals)
    defer { watch.end() }  // last: what it caught is then delivered
    if watch.ignored.contains(SIGINT) { Self.takeAway([VINTR], from: &quiet) }
    if watch.ignored.contains(SIGQUIT) { Self.takeAway([VQUIT], from: &quiet) }
    guard tcsetattr(terminal, TCSAFLUSH, &quiet) == 0 else { throw .noTerminal }
    // The prompt comes last: an answer that follows it at once must be neither echoed nor flushed away.
    show(prompt, on: terminal)
    defer {
      tcsetattr(terminal, TCSAFLUSH, &saved)
      show("\n", on: terminal)
    }
    return try edit(terminal, watch)
  }

  private static func edit(_ terminal: CInt, _ watch: SignalWatch) throws(PasswordReaderError) -> SecretBytes {
    var line = LineBuffer()
    while true {
      guard watch.awaitInput(terminal) else { throw .cancelled }
      guard case .success(let byte?) = readByte(terminal) else { throw .cancelled }
      switch byte {
      case 0x0A, 0x0D: return line.take(droppingCarriageReturn: false)
      case 0x03, 0x1C: throw .cancelled  // Ctrl-C and Ctrl-\ on a terminal whose keys make no signals
      case 0x1A: continue  // Ctrl-Z
      case 0x04 where line.isEmpty: throw .cancelled  // Ctrl-D
      case 0x08, 0x7F: line.removeLastCharacter()
      case 0x15: line.removeAll()
      default: try line.append(byte)
      }
    }
  }

  /// Makes keys that mean something to the terminal ordinary ones.
  private static func takeAway(_ keys: [CInt], from state: inout termios) {
    #if canImport(Darwin)
      let (keys, none) = (keys + [VDSUSP], UInt8(0xFF))  // _POSIX_VDISABLE
    #else
      let none: UInt8 = 0
    #endif
    withUnsafeMutableBytes(of: &state.c_cc) { for key in keys { $0[Int(key)] = none } }
  }

  private struct SystemError: Error { var number: CInt }

  /// One byte, `nil` at the end.
  private static func readByte(_ descriptor: CInt) -> Result<UInt8?, SystemError> {
    var byte: UInt8 = 0
    defer { byte = 0 }
    while true {
      switch readOne(descriptor, &byte) {
      case 1: return .success(byte)
      case 0: return .success(nil)
      default: if errno != EINTR { return .failure(SystemError(number: errno)) }
      }
    }
  }

  private static func show(_ text: String, on terminal: CInt) {
    _ = Array(text.utf8).withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
  }
}

private func readOne(_ descriptor: CInt, _ byte: inout UInt8) -> Int {
  withUnsafeMutableBytes(of: &byte) { read(descriptor, $0.baseAddress, 1) }
}

/// A line in locked memory of fixed size, so that it never moves.
private struct LineBuffer {
  private let storage: UnsafeMutableRawBufferPointer
  private let owner: SecretBytes
  private var count = 0

  init() {
    var inner = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    owner = SecretBytes(count: PasswordReader.maximumLength) { inner = $0 }
    storage = inner
  }

  var isEmpty: Bool { count == 0 }

  mutating func append(_ byte: UInt8) throws(PasswordReaderError) {
    guard count < storage.count else { throw .tooLong }
    storage[count] = byte
    count += 1
  }

  /// Removes one character, which may be several bytes of UTF-8.
  mutating func removeLastCharacter() {
    while count > 0 {
      count -= 1
      let byte = storage[count]
      storage[count] = 0
      if byte & 0xC0 != 0x80 { return }
    }
  }

  mutating func removeAll() {
    owner.wipe()
    count = 0
  }

  /// The line in memory of its own size; the buffer is wiped.
  mutating func take(droppingCarriageReturn: Bool) -> SecretBytes {
    defer { removeAll() }
    var length = count
    if droppingCarriageReturn, length > 0, storage[length - 1] == 0x0D { length -= 1 }
    let line = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(storage)[..<length])
    return SecretBytes(count: length) { $0.copyMemory(from: line) }
  }
}
