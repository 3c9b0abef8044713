import Glibc

/// The descriptors that the service prepares, besides the command's own 0, 1 and 2.
enum Descriptors {
  /// The specification, read to its end.
  static let specification: Int32 = 3
  /// Where readiness and failures are written; closed by a successful `execve`.
  static let status: Int32 = 4

  /// All bytes of the specification; `nil` when there are too many or they cannot be read.
  static func readSpecification() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: Specification.maximumLength + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { read(specification, $0.baseAddress.map { $0 + count }, $0.count - count) }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { return nil }
      if got == 0 { break }
      count += got
    }
    close(specification)
    return count <= Specification.maximumLength ? Array(bytes[..<count]) : nil
  }

  static func report(_ bytes: [UInt8]) {
    while write(status, bytes, bytes.count) < 0 && errno == EINTR {}
  }

  static func report(_ failure: Failure) {
    let number = UInt32(bitPattern: failure.number)
    report([failure.stage.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
  }
}
