#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The echo of a terminal, switched off for a while.
struct TerminalEcho: Sendable {
  private let descriptor: CInt
  private let saved: termios

  /// Switches echo off; `nil` where `descriptor` is no terminal.
  static func off(on descriptor: CInt) -> TerminalEcho? {
    var saved = termios()
    guard tcgetattr(descriptor, &saved) == 0 else { return nil }
    var quiet = saved
    quiet.c_lflag &= ~tcflag_t(ECHO)
    guard tcsetattr(descriptor, TCSANOW, &quiet) == 0 else { return nil }
    return TerminalEcho(descriptor: descriptor, saved: saved)
  }

  /// Puts the terminal back into the state in which it was found.
  func restore() {
    var saved = saved
    _ = tcsetattr(descriptor, TCSANOW, &saved)
  }
}
