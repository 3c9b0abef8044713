public import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where the user said the password is to come from.
public enum PasswordSource: Sendable {
  /// It stood on the command line and has been blanked there.
  case argument(SecretBytes)
  /// The first line of this file (`-p:@FILE`).
  case file(String)
  /// The terminal: `-p:` without a value, or no switch at all.
  case prompt
}

/// Takes a password out of the argument vector that the kernel shows to other users (`ps`, `/proc/PID/cmdline`).
public enum ArgumentSecrets {
  /// Finds `-NAME:VALUE` (or `/NAME:VALUE`, `=` for `:`), copies the value of the last one into locked memory and overwrites the value
  /// of each with zeros. To be called before anything reads `CommandLine.arguments`, which keeps copies.
  ///
  /// - Parameters:
  ///   - names: the switch's names in lower case.
  ///   - stopsAtFirstOperand: whether the first word that is no switch ends the search, because a remote command starts there.
  ///   - switches: the names that are switches, in lower case; a word such as `/bin/ls` is none. `nil` when every word that looks like
  ///     a switch is one.
  ///   - argv: the vector; the process's own by default.
  /// - Returns: `nil` when there is no such switch. `@FILE` is left as it is: a path is no secret.
  public static func take(
    names: Set<String>, stopsAtFirstOperand: Bool, among switches: Set<String>? = nil,
    from argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv, count: Int = Int(CommandLine.argc)
  ) -> PasswordSource? {
    var found: PasswordSource?
    for index in 1..<max(count, 1) {
      guard let word = argv[index] else { break }
      let bytes = UnsafeMutableRawBufferPointer(start: word, count: strlen(word))
      let cut = bytes.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") } ?? bytes.endIndex
      guard let name = switchName(bytes[..<cut]), switches?.contains(name) ?? true else {
        if stopsAtFirstOperand { break }
        continue
      }
      guard names.contains(name) else { continue }
      found = take(UnsafeMutableRawBufferPointer(rebasing: bytes[min(cut + 1, bytes.count)...]))
    }
    return found
  }

  /// Overwrites the input `@{…}` of `winrm` where it names a password, as that of a certificate mapping does. To be called when the
  /// arguments have been copied. The words from `@{` to `}` are one input, however a shell has split them.
  public static func blankInput(
    from argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv, count: Int = Int(CommandLine.argc)
  ) {
    var open: [UnsafeMutableRawBufferPointer] = []
    for index in 1..<max(count, 1) {
      guard let word = argv[index] else { break }
      let bytes = UnsafeMutableRawBufferPointer(start: word, count: strlen(word))
      guard !open.isEmpty || bytes.starts(with: "@{".utf8) else { continue }
      open.append(bytes)
      guard bytes.last == UInt8(ascii: "}") else { continue }
      blank(open)
      open = []
    }
    blank(open)
  }

  private static func blank(_ words: [UnsafeMutableRawBufferPointer]) {
    guard words.contains(where: { String(decoding: $0, as: UTF8.self).lowercased().contains("password") }) else { return }
    for word in words { word.initializeMemory(as: UInt8.self, repeating: 0) }
  }

  /// The name after `-` or `/`, in lower case; `nil` for an operand.
  private static func switchName(_ word: Slice<UnsafeMutableRawBufferPointer>) -> String? {
    guard word.count > 1, word.first == UInt8(ascii: "-") || word.first == UInt8(ascii: "/") else { return nil }
    return String(decoding: word.dropFirst(), as: UTF8.self).lowercased()
  }

  private static func take(_ value: UnsafeMutableRawBufferPointer) -> PasswordSource {
    guard let first = value.first else { return .prompt }
    if first == UInt8(ascii: "@") { return .file(String(decoding: value.dropFirst(), as: UTF8.self)) }
    let secret = SecretBytes(count: value.count) { $0.copyMemory(from: UnsafeRawBufferPointer(value)) }
    value.initializeMemory(as: UInt8.self, repeating: 0)
    return .argument(secret)
  }
}
