import Foundation
import SecuritySupport
import Testing

@testable import WinRMCommands

/// Passwords on the command line, in files, and on standard input.
@Suite struct SecretInputTests {
  /// A copy of an argument vector, as the kernel lays it out: strings that can be written to.
  private func withVector<R>(_ words: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, Int) -> R) -> (R, [String]) {
    var pointers = words.map { strdup($0) }
    pointers.append(nil)
    let result = pointers.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { body($0, words.count) }
    }
    let after = pointers.compactMap { $0.map { String(cString: $0) } }
    for pointer in pointers { free(pointer) }
    return (result ?? body(UnsafeMutablePointer.allocate(capacity: 1), 0), after)
  }

  private func take(_ words: [String]) -> (PasswordSource?, [String]) {
    withVector(words) { argv, count in
      ArgumentSecrets.take(
        names: ["p", "password"], stopsAtFirstOperand: true, among: WinrsOptions.switchNames, from: argv, count: count)
    }
  }

  private func text(_ source: PasswordSource?) -> String? {
    guard case .argument(let secret) = source else { return nil }
    return secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: ["-p:", "/P:", "-password=", "/PassWord:"]) func valueIsTakenAndBlanked(_ name: String) {
    let (source, after) = take(["winrs", "-r:h", "-u:me", name + "s:e=c@rät", "ls"])
    #expect(text(source) == "s:e=c@rät")
    #expect(after == ["winrs", "-r:h", "-u:me", name, "ls"])
  }

  @Test func everyValueIsBlankedAndTheLastCounts() {
    let (source, after) = take(["winrs", "-p:one", "-p:two", "ls"])
    #expect(text(source) == "two")
    #expect(after == ["winrs", "-p:", "-p:", "ls"])
  }

  @Test(arguments: [["ls", "-p:80"], ["/bin/ls", "-p:80"]]) func switchesOfTheCommandAreItsOwn(_ command: [String]) {
    let (source, after) = take(["winrs", "-u:me"] + command)
    #expect(source == nil)
    #expect(after == ["winrs", "-u:me"] + command)
  }

  @Test(arguments: [
    (["set", "x", "@{UserName=a;Password=b}", "-f:xml"], ["set", "x", "", "-f:xml"]),
    (["set", "@{UserName=a;", "PASSWORD=b", "}", "x"], ["set", "", "", "", "x"]),
    (["set", "x", "@{TrustedHosts=a}"], ["set", "x", "@{TrustedHosts=a}"]),
    (["set", "x", "@{Password=b"], ["set", "x", ""]),
    (["help", "password"], ["help", "password"]),
  ])
  func inputWithPasswordsIsBlanked(_ words: [String], _ left: [String]) {
    let (_, after) = withVector(["winrm"] + words) { ArgumentSecrets.blankInput(from: $0, count: $1) }
    #expect(Array(after.dropFirst()) == left)
  }

  @Test func fileAndPrompt() {
    guard case .file("/run/secret") = take(["winrs", "-p:@/run/secret", "ls"]).0, case .prompt = take(["winrs", "-p:", "ls"]).0,
      case .prompt = take(["winrs", "-p", "ls"]).0
    else {
      Issue.record("wrong source")
      return
    }
  }

  @Test(arguments: [("pässword\n", "pässword"), ("a\r\nb\n", "a"), ("no end", "no end"), ("", ""), (" x \n", " x ")])
  func firstLineOfAFile(_ content: String, _ expected: String) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(content.utf8).write(to: URL(filePath: path))
    let secret = try PasswordReader.readFirstLine(ofFile: path)
    #expect(secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } == expected)
  }

  @Test func filesThatDoNotServe() throws {
    #expect(throws: PasswordReaderError.unreadable(path: "/nonexistent", errno: ENOENT)) {
      try PasswordReader.readFirstLine(ofFile: "/nonexistent")
    }
    #expect(throws: PasswordReaderError.tooLong) { try PasswordReader.readFirstLine(ofFile: "/dev/zero") }
  }
}
