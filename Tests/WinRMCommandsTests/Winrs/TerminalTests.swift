import Foundation
import SecuritySupport
import Synchronization
import Testing
import WinRM

@testable import WinRMCommands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if os(Linux)
  /// Terminals and standard streams. Serial, because a process has one set of signals.
  @Suite(.serialized) struct TerminalTests {
    /// Both ends of a pseudo-terminal.
    private func withTerminal<R>(_ body: (_ keyboard: CInt, _ terminal: CInt) throws -> R) throws -> R {
      let keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      try #require(keyboard >= 0)
      defer { close(keyboard) }
      var (lock, number): (CInt, CUnsignedInt) = (0, 0)
      try #require(ioctl(keyboard, 0x4004_5431, &lock) == 0)  // TIOCSPTLCK
      try #require(ioctl(keyboard, 0x8004_5430, &number) == 0)  // TIOCGPTN
      let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
      try #require(terminal >= 0)
      defer { close(terminal) }
      return try body(keyboard, terminal)
    }

    private func hasEcho(_ terminal: CInt) -> Bool {
      var state = termios()
      return tcgetattr(terminal, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
    }

    /// Types once the terminal is quiet: what was typed before is thrown away.
    private func type(_ keys: [UInt8], on keyboard: CInt, quiet terminal: CInt, then act: @escaping @Sendable () -> Void = {}) {
      Thread.detachNewThread {
        var state = termios()
        repeat { usleep(2000) } while tcgetattr(terminal, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
        _ = write(keyboard, keys, keys.count)
        act()
      }
    }

    @Test(
      arguments: [
        ("secret\n", "secret"), ("a\u{1A}b\n", "ab"), ("wrong\u{15}right\r", "right"), ("xé\u{7F}y\n", "xy"),
      ]) func passwordIsTyped(_ keys: String, _ expected: String) throws
    {
      try withTerminal { keyboard, terminal in
        type(Array(keys.utf8), on: keyboard, quiet: terminal)
        let secret = try PasswordReader.read(from: terminal, prompt: "? ", signals: [])
        #expect(secret.isEqual(to: SecretBytes(Array(expected.utf8))))
        #expect(hasEcho(terminal))
      }
    }

    @Test("Ctrl-C, Ctrl-\\ and Ctrl-D end the prompt", arguments: [0x03, 0x1C, 0x04] as [UInt8]) func keysThatCancel(_ key: UInt8) throws {
      try withTerminal { keyboard, terminal in
        type([key], on: keyboard, quiet: terminal)
        #expect(throws: PasswordReaderError.cancelled) { try PasswordReader.read(from: terminal, prompt: "? ", signals: []) }
        #expect(hasEcho(terminal))
      }
    }

    @Test(
      "Ctrl-C and Ctrl-\\ end the prompt also where their signals are ignored",
      arguments: [(0x03, SIGINT), (0x1C, SIGQUIT)] as [(UInt8, CInt)])
    func keysOfIgnoredSignals(_ key: UInt8, _ number: CInt) throws {
      let before = signal(number, SIG_IGN)
      defer { signal(number, before) }
      try withTerminal { keyboard, terminal in
        // The end of the line is for a prompt that does not notice the key.
        type([key, 0x0A], on: keyboard, quiet: terminal)
        #expect(throws: PasswordReaderError.cancelled) { try PasswordReader.read(from: terminal, prompt: "? ") }
        #expect(hasEcho(terminal))
      }
    }

    @Test("a signal restores the echo, and is delivered then") func signalAtThePrompt() throws {
      signal(SIGUSR2) { _ in deliveries.add(1, ordering: .sequentiallyConsistent) }
      defer { signal(SIGUSR2, SIG_DFL) }
      let before = deliveries.load(ordering: .sequentiallyConsistent)
      try withTerminal { keyboard, terminal in
        type(Array("half".utf8), on: keyboard, quiet: terminal) { kill(getpid(), SIGUSR2) }
        #expect(throws: PasswordReaderError.cancelled) { try PasswordReader.read(from: terminal, prompt: "? ", signals: [SIGUSR2]) }
        #expect(hasEcho(terminal))
      }
      #expect(deliveries.load(ordering: .sequentiallyConsistent) == before + 1)
    }

    @Test func inputThatCannotBeReadIsAnError() throws {
      let directory = open("/", O_RDONLY)
      defer { close(directory) }
      let error = #expect(throws: WinRMError.self) { try StandardInput(descriptor: directory).readAvailable() }
      #expect(error?.cause == "standard input cannot be read: Is a directory")
      let nothing = open("/dev/null", O_RDONLY)
      defer { close(nothing) }
      #expect(try StandardInput(descriptor: nothing).readAvailable() == [])
    }

    @Test func fullDiskIsAnError() async throws {
      let full = open("/dev/full", O_WRONLY)
      try #require(full >= 0)
      defer { close(full) }
      let error = await #expect(throws: WinRMError.self) { try await StandardStream(descriptor: full).write([1]) }
      #expect(error?.cause == "standard output cannot be written: No space left on device")
      #expect(error?.code.rawValue == 112)
    }

    @Test func argumentsThatAreNoTextAreFound() {
      var pointers: [UnsafeMutablePointer<CChar>?] = (["winrs", "ls", "fäh"] as [String]).map { strdup($0) }
      defer { for pointer in pointers { free(pointer) } }
      pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        #expect(ArgumentEncoding.firstInvalid(in: base, count: 3) == nil)
        base[2]?[1] = 0x28  // the second byte of ä is now alone
        #expect(ArgumentEncoding.firstInvalid(in: base, count: 3) == 2)
      }
    }
  }

  private let deliveries = Atomic<Int>(0)
#endif
