import Foundation
import Kerberos
import SecuritySupport
import TestRealm
import Testing

@Suite("R-05: what stays in memory", needsRealm) struct MemoryTests {
  @Test("Of a password, nothing, once its owner has let go") func password() throws {
    _ = try LocalRealm.shared.get()
    let canary = Canary()
    #expect(try canary.copies() == 0)
    do {
      let secret = canary.secret()
      let copies = try canary.copies()
      #expect(copies == 1)
      let credential = KerberosCredential(.password(Credential(name: try name("alice"), password: secret)))
      #expect(try error { try credential.acquire() }.code == .wrongPassword)
    }
    #expect(try canary.copies() == 0)
  }
}

/// Random letters that are in memory only where somebody put them: the canary itself knows them masked.
private struct Canary {
  private static let mask: UInt8 = 0x5A
  private let masked: [UInt8] = (0..<24).map { _ in UInt8.random(in: 0x61...0x7A) ^ Self.mask }

  func secret() -> SecretBytes {
    SecretBytes(count: masked.count) { bytes in
      for (position, byte) in masked.enumerated() { bytes[position] = byte ^ Self.mask }
    }
  }

  /// How often the letters lie in the writable memory of this process.
  func copies() throws -> Int {
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/mem"))
    // Pages of a mapping of its own, so that it is left out below.
    let size = 1 << 20
    let buffer = try #require(mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(buffer, size) }
    let own = UInt(bitPattern: buffer)..<UInt(bitPattern: buffer) + UInt(size)
    var found = 0
    for line in try mappings().split(separator: "\n") where line.contains(" rw") {
      let bounds = line.prefix(while: { $0 != " " }).split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard bounds.count == 2, !line.contains("[vvar") else { continue }
      // Mappings that touch are one line: the buffer is cut out of it.
      for range in [
        bounds[0]..<min(bounds[1], max(bounds[0], own.lowerBound)),
        max(own.upperBound, bounds[0])..<max(bounds[1], own.upperBound, bounds[0]),
      ] {
        var position = range.lowerBound
        while position < min(range.upperBound, bounds[1]) {
          let length = min(size, Int(min(range.upperBound, bounds[1]) - position))
          let count = pread(file.fileDescriptor, buffer, length, off_t(position))
          guard count > 0 else { break }
          found += occurrences(in: UnsafeRawBufferPointer(start: buffer, count: count))
          // The pieces overlap, so that nothing hides at their borders.
          position += UInt(count == length && count > masked.count && count == size ? count - masked.count + 1 : count)
        }
      }
    }
    return found
  }

  /// The kernel gives the list in pieces, where Foundation takes the first for all of it.
  private func mappings() throws -> String {
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps"))
    var text = Data()
    while let piece = try file.read(upToCount: 1 << 16), !piece.isEmpty { text += piece }
    return String(decoding: text, as: UTF8.self)
  }

  private func occurrences(in bytes: UnsafeRawBufferPointer) -> Int {
    var found = 0
    var position = 0
    let first = Int32(masked[0] ^ Self.mask)
    while position + masked.count <= bytes.count, let base = bytes.baseAddress,
      let hit = memchr(base + position, first, bytes.count - masked.count + 1 - position)
    {
      position = hit - UnsafeMutableRawPointer(mutating: base)
      if masked.indices.allSatisfy({ bytes[position + $0] ^ Self.mask == masked[$0] }) { found += 1 }
      position += 1
    }
    return found
  }
}
