import SecuritySupport
import Testing

@Suite struct SecretBytesTests {
  @Test func neverPrintsItsBytes() {
    let secret = SecretBytes(Array("correct horse".utf8))
    var dumped = ""
    dump(secret, to: &dumped)
    for text in [secret.description, secret.debugDescription, "\(secret)", String(reflecting: secret), dumped] {
      #expect(!text.contains("horse") && !text.contains("99"))
    }
  }

  @Test func credentialPrintsTheNameOnly() {
    let credential = Credential(name: AccountName(domain: "LAB", user: "alice"), password: SecretBytes(Array("s3cret".utf8)))
    var dumped = ""
    dump(credential, to: &dumped)
    for text in ["\(credential)", String(reflecting: credential), dumped] { #expect(!text.contains("s3cret")) }
    #expect("\(credential)" == "LAB\\alice (password not shown)")
  }

  @Test func wipeOverwritesInPlace() {
    let secret = SecretBytes([1, 2, 3])
    secret.wipe()
    #expect(secret.count == 3)
    #expect(secret.withUnsafeBytes { Array($0) } == [0, 0, 0])
  }

  @Test func wipeOfAnArrayReachesItsStorage() {
    var bytes: [UInt8] = Array(repeating: 0xA5, count: 64)
    bytes.withUnsafeMutableBytes { storage in
      // The buffer is looked at while it is still alive: wiping through the same storage must leave zeros there.
      #expect(storage.allSatisfy { $0 == 0xA5 })
    }
    SecretBytes.wipe(&bytes)
    #expect(bytes.isEmpty)
  }

  @Test func aFailedFillLeavesNothing() {
    struct Refused: Error {}
    #expect(throws: Refused.self) {
      _ = try SecretBytes(count: 8) { buffer in
        buffer.copyBytes(from: [1, 2, 3])
        throw Refused()
      }
    }
  }

  @Test(arguments: [1, 127, 128, 129, 4096, 100_000])
  func secretsOfAnySizeStartAsZerosAndDoNotOverlap(count: Int) {
    for _ in 0..<3 {  // a block that was given back is taken again
      let first = SecretBytes(count: count) { buffer in
        #expect(buffer.allSatisfy { $0 == 0 })
        buffer.initializeMemory(as: UInt8.self, repeating: 0xA5)
      }
      let second = SecretBytes(count: count) { $0.initializeMemory(as: UInt8.self, repeating: 0x5A) }
      #expect(first.withUnsafeBytes { $0.allSatisfy { $0 == 0xA5 } })
      #expect(second.withUnsafeBytes { $0.allSatisfy { $0 == 0x5A } })
    }
  }

  @Test func secretsMayBeMadeAndDroppedInManyTasks() async {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          (0..<500).allSatisfy { _ in SecretBytes([UInt8(task), 1, 2]).withUnsafeBytes { Array($0) == [UInt8(task), 1, 2] } }
        }
      }
      for await intact in group { #expect(intact) }
    }
  }

  @Test func emptySecretsWork() {
    let empty = SecretBytes([])
    #expect(empty.count == 0)
    #expect(empty.isEqual(to: SecretBytes([])))
    empty.wipe()
  }

  @Test(
    arguments: [([1, 2, 3], [1, 2, 3], true), ([1, 2, 3], [1, 2, 4], false), ([1, 2], [1, 2, 3], false), ([], [], true)]
      as [([UInt8], [UInt8], Bool)])
  func comparison(left: [UInt8], right: [UInt8], equal: Bool) {
    #expect(constantTimeEqual(left, right) == equal)
    #expect(SecretBytes(left).isEqual(to: SecretBytes(right)) == equal)
  }
}
