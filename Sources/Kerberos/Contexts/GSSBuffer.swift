import CGSSAPI

extension gss_buffer_desc {
  /// A copy of the bytes.
  var bytes: [UInt8] {
    guard let value, length > 0 else { return [] }
    return Array(UnsafeRawBufferPointer(start: value, count: length))
  }

  /// A copy of the bytes of a buffer that the library made, which is freed.
  static func taking(_ buffer: inout gss_buffer_desc) -> [UInt8] {
    var ignored: UInt32 = 0
    defer { gss_release_buffer(&ignored, &buffer) }
    return buffer.bytes
  }

  /// Gives `body` the bytes as an input buffer. The library does not write to input buffers.
  static func with<R>(_ bytes: [UInt8], _ body: (UnsafeMutablePointer<gss_buffer_desc>) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { raw in
      var buffer = gss_buffer_desc(length: raw.count, value: UnsafeMutableRawPointer(mutating: raw.baseAddress))
      return try body(&buffer)
    }
  }
}

/// Fails unless a call did exactly what was asked. Bits of information (a gap, a repetition) are failures here.
func require(_ major: UInt32, _ minor: UInt32) throws(KerberosError) {
  guard major == 0 else { throw KerberosError(major: major, minor: minor) }
}
