import CGSSAPI
public import SecuritySupport
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where the initiating side's ticket comes from.
public enum KerberosSource: Sendable {
  /// A name and password. The ticket lies in a private cache in memory, which goes with the ``KerberosCredential``.
  case password(Credential, realms: KerberosRealms = KerberosRealms())
  /// A key from a keytab (`nil`: the default one), for `principal` (`nil`: its first). The ticket lies in a private cache in memory.
  case keytab(path: String? = nil, principal: String? = nil)
  /// The tickets of a cache that others keep (`nil`: the default one, KRB5CCNAME).
  case cache(String? = nil)
}

/// A Kerberos identity of the initiating side. It asks the KDC when it is first needed, and again when its ticket is about to expire.
///
/// Contexts of the same user share one, and with it the tickets.
public final class KerberosCredential: Sendable {
  private struct Acquired {
    let cache: PrivateCache?
    /// When to acquire anew, in seconds since 1970.
    let expiry: Int64
  }
  private let source: KerberosSource
  private let acquired = Mutex<Acquired?>(nil)

  public init(_ source: KerberosSource) { self.source = source }

  /// Fetches the ticket unless there is one. Blocks on the KDC.
  ///
  /// - Returns: the canonical name that the KDC gave, such as `alice@EXAMPLE.COM`; for caches, the name in it.
  @discardableResult
  public func acquire() throws(KerberosError) -> KerberosPrincipal {
    let handle = try self.handle()
    var name: gss_name_t?
    var minor: UInt32 = 0
    let major = gss_inquire_cred(&minor, handle.raw, &name, nil, nil, nil)
    defer {
      var ignored: UInt32 = 0
      if name != nil { gss_release_name(&ignored, &name) }
    }
    try require(major, minor)
    return try GSSName.principal(of: name)
  }

  /// A credential for one context. Blocks on the KDC when there is no ticket yet.
  func handle() throws(KerberosError) -> GSSCredential {
    let name: String?
    switch source {
    case .cache(let cache): name = cache
    case .password, .keytab: name = try privateCache().name
    }
    let handle = try GSSCredential(usage: GSS_C_INITIATE, key: "ccache", value: name)
    // Session keys: the KDC is not even asked for others.
    var types = KerberosEncryptionType.permitted.map(\.rawValue)
    var minor: UInt32 = 0
    try require(gss_krb5_set_allowable_enctypes(&minor, handle.raw, UInt32(types.count), &types), minor)
    return handle
  }

  /// Where the tickets are.
  enum TicketPlace {
    case defaultCache
    case cache(String)
    /// In a private cache that nothing has needed yet.
    case nowhere
  }

  var ticketPlace: TicketPlace {
    switch source {
    case .cache(let name): name.map { .cache($0) } ?? .defaultCache
    case .password, .keytab: acquired.withLock { ($0?.cache?.name).map { .cache($0) } ?? .nowhere }
    }
  }

  private func privateCache() throws(KerberosError) -> PrivateCache {
    // The lock is held while the KDC is asked: whoever comes second uses the first one's ticket.
    let result = acquired.withLock { acquired -> Result<PrivateCache, KerberosError> in
      if let current = acquired, let cache = current.cache, current.expiry > now() { return .success(cache) }
      return Result { () throws(KerberosError) in
        let cache = PrivateCache()
        let ticket = try InitialTicket.fetch(source, into: cache.name)
        acquired = Acquired(cache: cache, expiry: ticket.expiry - Self.reserve)
        return cache
      }
    }
    return try result.get()
  }

  /// How long before its end a ticket is replaced, in seconds.
  private static let reserve: Int64 = 120
}

/// A ticket cache in this process's memory, destroyed with the last reference.
final class PrivateCache: Sendable {
  let name: String

  init() {
    let random = UInt64.random(in: .min ... .max)
    name = "MEMORY:winrm-" + String(random, radix: 16)
  }

  deinit { KerberosTicketCache(name: name).destroyQuietly() }
}

/// A GSSAPI credential handle, released with the last reference.
final class GSSCredential: @unchecked Sendable {  // the library allows a credential to be used by several threads
  private(set) var raw: gss_cred_id_t?

  init(taking raw: gss_cred_id_t) { self.raw = raw }

  /// - Parameters:
  ///   - key: `ccache` or `keytab`.
  ///   - value: which; `nil` is the default one.
  init(usage: Int32, key: String, value: String?) throws(KerberosError) {
    guard !(value?.utf8.contains(0) ?? false) else { throw KerberosError(.local, "the name of a \(key) has a zero byte") }
    var credential: gss_cred_id_t?
    var minor: UInt32 = 0
    let major =
      if let value {
        winrm_gss_acquire(&minor, usage, key, value, &credential)
      } else {
        winrm_gss_acquire(&minor, usage, key, nil, &credential)
      }
    try require(major, minor)
    raw = credential
  }

  deinit {
    var ignored: UInt32 = 0
    if raw != nil { gss_release_cred(&ignored, &raw) }
  }
}

/// The time, in seconds since 1970.
func now() -> Int64 {
  var moment = timespec()
  clock_gettime(CLOCK_REALTIME, &moment)
  return Int64(moment.tv_sec)
}
