/// A service principal name `service/host`, such as `WSMAN/hop1.example.com`.
///
/// It is always given to the library as a *principal*, never as a host-based name: those are looked up in DNS, so that whoever answers
/// DNS could choose the server to which a password or ticket goes. The host stays as the user typed it.
public struct KerberosServiceName: Sendable, Hashable {
  /// The service class, such as `WSMAN`, `HTTP`, `HOST`.
  public var service: String
  /// The host as typed, with `:port` where the name has one.
  public var host: String
  /// The realm; `nil` lets the library's configuration and the KDC's referrals find it.
  public var realm: String?

  /// The service classes that WinRM listeners have, in the order in which a client tries them.
  public static let winRMServices = ["WSMAN", "HTTP", "HOST"]

  /// The longest part, in bytes of UTF-8.
  private static let maximumLength = 255

  /// `nil` when a part is empty, longer than 255 bytes, or holds a character with a meaning in principal names (`/`, `@`, `\`), a space
  /// or a control character.
  public init?(service: String, host: String, realm: String? = nil) {
    guard Self.isPart(service), Self.isPart(host), realm.map(Self.isPart) ?? true else { return nil }
    self.service = service
    self.host = host
    self.realm = realm
  }

  /// Takes `service/host` or `service/host@REALM` apart.
  public init?(parsing text: String) {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    self.init(service: String(parts[0]), host: String(parts[1]), realm: halves.count == 2 ? String(halves[1]) : nil)
  }

  /// The names to try for a host, in order. Empty when the host cannot be part of a name.
  public static func candidates(host: String, services: [String] = winRMServices) -> [KerberosServiceName] {
    services.compactMap { KerberosServiceName(service: $0, host: host) }
  }

  /// Whether both name the same service and host, letters of either case being equal. Realms are not compared.
  public func matches(_ other: KerberosServiceName) -> Bool {
    service.lowercased() == other.service.lowercased() && host.lowercased() == other.host.lowercased()
  }

  /// The text for the library: an empty realm behind `@` means "to be found", and keeps the default realm out.
  var principalText: String { "\(service)/\(host)@\(realm ?? "")" }

  private static func isPart(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= maximumLength && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"/@\\".utf8.contains($0) }
  }
}

extension KerberosServiceName: CustomStringConvertible {
  public var description: String { realm.map { "\(service)/\(host)@\($0)" } ?? "\(service)/\(host)" }
}
