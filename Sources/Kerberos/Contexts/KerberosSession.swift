import CGSSAPI
public import SecuritySupport
import Synchronization

/// An established Kerberos context: seals and opens messages, makes and verifies MICs.
///
/// A message that does not verify, comes twice, or out of order breaks the session: nothing after it is taken. Nothing here blocks on the
/// network.
public final class KerberosSession: Sendable {
  /// The largest message, in bytes: well above WinRM's largest envelope.
  public static let maximumLength = 64 * 1024 * 1024

  /// The service name: as the initiator asked for it, or as the client's ticket has it. With ``KerberosFlags/mutual``, an initiator's peer
  /// has proved that it holds that service's key.
  public let service: KerberosServiceName
  public let flags: KerberosFlags
  /// The encryption type that protects messages.
  public let encryptionType: KerberosEncryptionType
  public let isInitiator: Bool
  /// `nil` once broken or exported.
  private let context: Mutex<GSSContext?>

  init(
    context: GSSContext, flags: KerberosFlags, service: KerberosServiceName, isInitiator: Bool
  ) throws(KerberosError) {
    try flags.check()
    encryptionType = try context.encryptionType()
    guard encryptionType.isPermitted else {
      throw KerberosError(.encryptionType, "the session key is of type \(encryptionType), which is refused")
    }
    self.service = service
    self.flags = flags
    self.isInitiator = isInitiator
    self.context = Mutex(context)
  }

  /// Seals a message.
  ///
  /// - Returns: a wrap token, rotated so that its first ``KerberosWrapToken/signatureLength(of:)`` bytes are WinRM's signature and the rest,
  ///   as long as `plaintext`, is the encrypted data.
  public func seal(_ plaintext: [UInt8]) throws(KerberosError) -> [UInt8] {
    try use { context throws(KerberosError) in try Self.wrap(context, count: plaintext.count) { $0.copyBytes(from: plaintext) } }
  }

  /// Seals a secret without another copy of its plain text.
  public func seal(secret: SecretBytes) throws(KerberosError) -> [UInt8] {
    try use { context throws(KerberosError) in
      try Self.wrap(context, count: secret.count) { target in secret.withUnsafeBytes { target.copyMemory(from: $0) } }
    }
  }

  /// Opens a message: a wrap token in one piece, or WinRM's signature followed by the data.
  public func unseal(_ sealed: [UInt8]) throws(KerberosError) -> [UInt8] {
    try use { context throws(KerberosError) in
      var output = try Self.unwrap(context, sealed)
      return gss_buffer_desc.taking(&output)
    }
  }

  /// Opens a message whose plain text is a secret.
  public func unseal(toSecret sealed: [UInt8]) throws(KerberosError) -> SecretBytes {
    try use { context throws(KerberosError) in
      var output = try Self.unwrap(context, sealed)
      defer {
        var ignored: UInt32 = 0
        if let value = output.value { explicit_bzero(value, output.length) }
        gss_release_buffer(&ignored, &output)
      }
      return SecretBytes(UnsafeRawBufferPointer(start: output.value, count: output.value == nil ? 0 : output.length))
    }
  }

  /// Makes a MIC token (RFC 4121 §4.2.6.1), for SPNEGO's mechListMIC.
  public func makeMIC(over message: [UInt8]) throws(KerberosError) -> [UInt8] {
    try use { context throws(KerberosError) in
      var output = gss_buffer_desc()
      var minor: UInt32 = 0
      let major = gss_buffer_desc.with(message) { gss_get_mic(&minor, context.raw, 0, $0, &output) }
      try require(major, minor)
      return gss_buffer_desc.taking(&output)
    }
  }

  /// Verifies the peer's MIC token.
  public func verify(mic: [UInt8], over message: [UInt8]) throws(KerberosError) {
    try use { context throws(KerberosError) in
      var minor: UInt32 = 0
      let major = gss_buffer_desc.with(message) { message in
        gss_buffer_desc.with(mic) { gss_verify_mic(&minor, context.raw, message, $0, nil) }
      }
      guard major == 0 else { throw Self.unverified(major, minor) }
    }
  }

  /// Runs one call; a failure breaks the session.
  private func use<R: Sendable>(_ body: (GSSContext) throws(KerberosError) -> R) throws(KerberosError) -> R {
    let result = context.withLock { slot -> Result<R, KerberosError> in
      guard let context = slot else { return .failure(KerberosError(.outOfSequence, "the Kerberos session is broken or handed over")) }
      slot = nil
      return Result { () throws(KerberosError) in
        let value = try body(context)
        slot = context
        return value
      }
    }
    return try result.get()
  }

  /// Encrypts in place: `fill` writes the plain text where the ciphertext will be.
  private static func wrap(
    _ context: GSSContext, count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(KerberosError) -> [UInt8] {
    guard count <= maximumLength else { throw KerberosError(.limit, "a message is longer than \(maximumLength) bytes") }
    // Header, data, padding; no trailer, which makes the library rotate the token as WinRM wants it.
    let types = [UInt32(GSS_IOV_BUFFER_TYPE_HEADER), UInt32(GSS_IOV_BUFFER_TYPE_DATA), UInt32(GSS_IOV_BUFFER_TYPE_PADDING)]
    var vector = types.map { gss_iov_buffer_desc(type: $0, buffer: gss_buffer_desc()) }
    vector[1].buffer.length = count
    var minor: UInt32 = 0
    var isSealed: Int32 = 0
    try require(gss_wrap_iov_length(&minor, context.raw, 1, 0, &isSealed, &vector, Int32(vector.count)), minor)
    let (header, padding) = (vector[0].buffer.length, vector[2].buffer.length)
    guard isSealed != 0, padding == 0, header <= 1024 else { throw KerberosError(.encryptionType, "the context pads its messages") }
    var major: UInt32 = 0
    let token = [UInt8](unsafeUninitializedCapacity: header + count) { token, used in
      let all = UnsafeMutableRawBufferPointer(token)
      all.initializeMemory(as: UInt8.self, repeating: 0)
      used = all.count
      let data = UnsafeMutableRawBufferPointer(rebasing: all[header...])
      fill(data)
      vector[0].buffer.value = all.baseAddress
      vector[1].buffer.value = data.baseAddress
      vector[2].buffer.value = nil
      major = gss_wrap_iov(&minor, context.raw, 1, 0, &isSealed, &vector, Int32(vector.count))
      if major != 0 || isSealed == 0, let base = all.baseAddress { explicit_bzero(base, all.count) }
    }
    guard major == 0 else { throw KerberosError(major: major, minor: minor) }
    guard isSealed != 0, vector[0].buffer.length == header, vector[1].buffer.length == count else {
      throw KerberosError(.library, "the library sealed a message in another way than it said")
    }
    return token
  }

  /// - Returns: a buffer of the library, which the caller frees.
  private static func unwrap(_ context: GSSContext, _ sealed: [UInt8]) throws(KerberosError) -> gss_buffer_desc {
    guard sealed.count <= maximumLength + 1024 else { throw KerberosError(.limit, "a message is longer than \(maximumLength) bytes") }
    var output = gss_buffer_desc()
    var minor: UInt32 = 0
    var isSealed: Int32 = 0
    let major = gss_buffer_desc.with(sealed) { gss_unwrap(&minor, context.raw, $0, &output, &isSealed, nil) }
    guard major == 0, isSealed != 0 else {
      var ignored: UInt32 = 0
      if let value = output.value { explicit_bzero(value, output.length) }
      gss_release_buffer(&ignored, &output)
      throw major == 0 ? KerberosError(.protection, "a message is signed, but not sealed") : unverified(major, minor)
    }
    return output
  }

  private static func unverified(_ major: UInt32, _ minor: UInt32) -> KerberosError {
    let error = KerberosError(major: major, minor: minor)
    return KerberosError(.protection, major: error.major, minor: error.minor, libraryText: error.libraryText)
  }
}

extension KerberosSession {
  /// An established context as another process can take it up: it holds the session's keys.
  public struct Export: Sendable {
    /// The library's form of the context. Only the same library reads it.
    public var context: SecretBytes
    public var service: KerberosServiceName
    public var flags: KerberosFlags
    public var isInitiator: Bool

    public init(context: SecretBytes, service: KerberosServiceName, flags: KerberosFlags, isInitiator: Bool) {
      self.context = context
      self.service = service
      self.flags = flags
      self.isInitiator = isInitiator
    }
  }

  /// Hands the context over. The session is of no use afterwards.
  public func export() throws(KerberosError) -> Export {
    let secret = try use { context throws(KerberosError) in
      var token = gss_buffer_desc()
      var minor: UInt32 = 0
      try require(gss_export_sec_context(&minor, &context.raw, &token), minor)
      defer {
        var ignored: UInt32 = 0
        if let value = token.value { explicit_bzero(value, token.length) }
        gss_release_buffer(&ignored, &token)
      }
      return SecretBytes(UnsafeRawBufferPointer(start: token.value, count: token.value == nil ? 0 : token.length))
    }
    context.withLock { $0 = nil }
    return Export(context: secret, service: service, flags: flags, isInitiator: isInitiator)
  }

  /// Takes up a context that another process established.
  public convenience init(importing export: Export) throws(KerberosError) {
    let context = GSSContext()
    var minor: UInt32 = 0
    let major = export.context.withUnsafeBytes { bytes in
      var token = gss_buffer_desc(length: bytes.count, value: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      return gss_import_sec_context(&minor, &token, &context.raw)
    }
    try require(major, minor)
    try self.init(context: context, flags: export.flags, service: export.service, isInitiator: export.isInitiator)
  }
}
