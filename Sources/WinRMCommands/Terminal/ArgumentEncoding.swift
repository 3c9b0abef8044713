#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Arguments are bytes, and the protocol carries text.
enum ArgumentEncoding {
  /// The index of the first argument that is not UTF-8, which `CommandLine.arguments` would silently repair; `nil` when all are.
  static func firstInvalid(
    in argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv, count: Int = Int(CommandLine.argc)
  ) -> Int? {
    (1..<max(count, 1)).first { index in
      guard let word = argv[index] else { return false }
      return String(validating: UnsafeRawBufferPointer(start: word, count: strlen(word)), as: UTF8.self) == nil
    }
  }
}
