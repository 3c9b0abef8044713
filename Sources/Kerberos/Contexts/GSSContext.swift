import CGSSAPI
import SecuritySupport

/// A GSSAPI context handle, deleted with the last reference. Its owner sees to it that calls come one after the other.
final class GSSContext: @unchecked Sendable {  // owned by one initiator, acceptor or session, each of which locks
  var raw: gss_ctx_id_t?

  init() {}

  deinit { delete() }

  func delete() {
    var ignored: UInt32 = 0
    if raw != nil { gss_delete_sec_context(&ignored, &raw, nil) }
  }

  /// The encryption type of the key that protects messages.
  func encryptionType() throws(KerberosError) -> KerberosEncryptionType {
    var set: gss_buffer_set_t?
    var minor: UInt32 = 0
    try require(gss_inquire_sec_context_by_oid(&minor, raw, winrm_gss_inquire_session_key(), &set), minor)
    defer {
      var ignored: UInt32 = 0
      gss_release_buffer_set(&ignored, &set)
    }
    guard let buffers = set?.pointee, buffers.count >= 2, let elements = buffers.elements else {
      throw KerberosError(.library, "the library does not say which key protects messages")
    }
    // The first buffer is the key itself, which nobody needs; the second an identifier whose last arc is the number of the type.
    if let key = elements[0].value { explicit_bzero(key, elements[0].length) }
    var number: Int32 = 0
    for byte in elements[1].bytes.reversed().enumerated().prefix(while: { $0.offset == 0 || $0.element & 0x80 != 0 }).reversed() {
      number = number << 7 | Int32(byte.element & 0x7F)
    }
    return KerberosEncryptionType(rawValue: number)
  }
}

/// An encryption type of Kerberos (RFC 3961, IANA's registry).
public struct KerberosEncryptionType: RawRepresentable, Sendable, Hashable {
  public var rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let aes128SHA1 = Self(rawValue: 17)
  public static let aes256SHA1 = Self(rawValue: 18)
  public static let aes128SHA256 = Self(rawValue: 19)
  public static let aes256SHA384 = Self(rawValue: 20)
  public static let rc4 = Self(rawValue: 23)

  /// Whether messages may be protected with it: the AES types. RC4 and DES are broken, and RC4's wrap tokens have another shape.
  public var isPermitted: Bool { Self.permitted.contains(self) }

  /// In order of preference. The strongest of those that every domain controller has comes first.
  static let permitted: [Self] = [.aes256SHA1, .aes256SHA384, .aes128SHA1, .aes128SHA256]
}

extension KerberosEncryptionType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .aes128SHA1: "aes128-cts-hmac-sha1-96"
    case .aes256SHA1: "aes256-cts-hmac-sha1-96"
    case .aes128SHA256: "aes128-cts-hmac-sha256-128"
    case .aes256SHA384: "aes256-cts-hmac-sha384-192"
    case .rc4: "rc4-hmac"
    default: "encryption type \(rawValue)"
    }
  }
}

/// The flags of a context (RFC 2744 §5.19).
public struct KerberosFlags: OptionSet, Sendable, Hashable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The initiator's ticket-granting ticket went along.
  public static let delegation = Self(rawValue: 1)
  public static let mutual = Self(rawValue: 2)
  public static let replayDetection = Self(rawValue: 4)
  public static let sequenceDetection = Self(rawValue: 8)
  public static let confidentiality = Self(rawValue: 16)
  public static let integrity = Self(rawValue: 32)
  public static let anonymous = Self(rawValue: 64)
  /// The acceptor saw the channel bindings that it was given.
  public static let channelBound = Self(rawValue: 0x800)
  static let dceStyle = Self(rawValue: 0x1000)
  /// Delegate only when the KDC marked the service's ticket ok-as-delegate.
  static let delegationByPolicy = Self(rawValue: 0x8000)

  /// What WinRM needs to protect messages.
  static let required: Self = [.mutual, .sequenceDetection, .confidentiality, .integrity]

  /// Fails unless messages can be protected the way WinRM needs it.
  func check() throws(KerberosError) {
    guard isSuperset(of: .required) else {
      throw KerberosError(.unproven, "the context has no mutual authentication, or cannot seal and order messages")
    }
    guard isDisjoint(with: [.anonymous, .dceStyle]) else {
      throw KerberosError(.unproven, "the context is anonymous or in the style of DCE, which WinRM does not use")
    }
  }
}

/// Calls `body` with the bindings as the library wants them: no addresses, only application data.
func withBindings<R>(_ bindings: ChannelBindings?, _ body: (gss_channel_bindings_t?) -> R) -> R {
  guard let bindings else { return body(nil) }
  return gss_buffer_desc.with(bindings.applicationData) { data in
    var structure = gss_channel_bindings_struct()
    structure.application_data = data.pointee
    return withUnsafeMutablePointer(to: &structure) { body($0) }
  }
}
