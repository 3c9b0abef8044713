import DelegationPolicy
import SecurityDescriptors
import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The grammars of settings that are texts.
enum SettingCheck {
  enum AddressFamily: Sendable {
    case v4, v6
  }

  /// Letters, digits, `_`, `-` and inner single `/`.
  static func urlPrefix(_ text: String) throws(ConfigurationError) {
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    let isGood = words.allSatisfy { word in
      !word.isEmpty
        && word.utf8.allSatisfy {
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }
    guard isGood else {
      throw ConfigurationError(.invalidValue, "URLPrefix is made of letters, digits, _ and -, with / only between them")
    }
  }

  static func trustedHosts(_ text: String) throws(ConfigurationError) {
    do throws(DelegationPolicyError) {
      _ = try TrustedHosts(parsing: text)
    } catch {
      throw ConfigurationError(error)
    }
  }

  /// `DOMAIN=REALM` each, no domain twice.
  static func kerberosRealms(_ entries: [String]) throws(ConfigurationError) { _ = try realms(of: entries) }

  /// Realms by domain in lower case.
  static func realms(of entries: [String]) throws(ConfigurationError) -> [String: String] {
    var realms: [String: String] = [:]
    for entry in entries {
      let parts = entry.split(separator: "=", omittingEmptySubsequences: false).map { String($0.trimmingBlanks) }
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains(where: { "@\\/ ".contains($0) }) }) else {
        throw ConfigurationError(.invalidValue, "KerberosRealms is a list of DOMAIN=REALM, such as EXAMPLE=AD.EXAMPLE.COM")
      }
      guard realms.updateValue(parts[1], forKey: parts[0].lowercased()) == nil else {
        throw ConfigurationError(.invalidValue, "KerberosRealms names the domain \(parts[0]) twice")
      }
    }
    return realms
  }

  /// Empty, or a thumbprint as people copy it, which becomes 40 upper-case digits.
  static func thumbprint(_ text: String) throws(ConfigurationError) -> String {
    if text.allSatisfy(\.isWhitespace) { return "" }
    guard let thumbprint = CertificateThumbprint(parsing: text) else {
      throw ConfigurationError(.invalidValue, "CertificateThumbprint is empty or 40 hexadecimal digits")
    }
    return thumbprint.text
  }

  /// Empty, or what can be the name of a listener: a host name, an address, or `*.` and a domain.
  static func hostname(_ text: String) throws(ConfigurationError) {
    let isGood = text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || Array("-_.:*".utf8).contains($0)
    }
    guard isGood, text.utf8.count <= 255, !text.dropFirst().contains("*") else {
      throw ConfigurationError(.invalidValue, "Hostname is a host name, an address, or *. and a domain")
    }
  }

  /// Empty, or an absolute path.
  static func keytabFile(_ text: String) throws(ConfigurationError) {
    guard text.isEmpty || (text.hasPrefix("/") && text.utf8.count < 4096 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }) else {
      throw ConfigurationError(.invalidValue, "KeytabFile is empty or an absolute path, such as /etc/winrm/krb5.keytab")
    }
  }

  /// A security descriptor with a list of who may do what, in one spelling. Without the list everybody could do everything, which nobody
  /// means who leaves it out.
  static func sddl(_ name: String) -> @Sendable (String) throws(ConfigurationError) -> String {
    { text throws(ConfigurationError) in
      func refusal(_ why: String) -> ConfigurationError {
        ConfigurationError(.invalidValue, "\(name) is no security descriptor: \(why)", specificCode: .invalidSecurityDescriptor)
      }
      let descriptor: SecurityDescriptor
      do throws(SDDLError) { descriptor = try SecurityDescriptor(sddl: text) } catch { throw refusal(error.description) }
      guard let list = descriptor.dacl, !list.flags.contains(.noAccessControl) else {
        throw refusal("it has no list D:, and would let everybody do everything; D:(A;;GA;;;WD) says so")
      }
      return descriptor.sddl
    }
  }

  /// `*`, `IP:` and an address of either family without brackets, or `MAC:` and the hardware address of an adapter.
  static func listenerAddress(_ text: String) throws(ConfigurationError) {
    guard ListenerScope(text) == nil else { return }
    throw ConfigurationError(
      .invalidValue,
      "Address is *, IP: and an IPv4 or IPv6 address such as IP:192.0.2.1, or MAC: and a hardware address such as MAC:00-15-5d-01-02-03",
      specificCode: .invalidListenerAddress)
  }

  /// Empty, `*`, or ranges `IP1-IP2` of one family separated by commas, each from low to high.
  static func ipFilter(_ family: AddressFamily) -> @Sendable (String) throws(ConfigurationError) -> Void {
    { text throws(ConfigurationError) in
      guard !text.isEmpty else { return }
      for part in text.split(separator: ",", omittingEmptySubsequences: false) where part.trimmingBlanks != "*" {
        let ends = part.trimmingBlanks.split(separator: "-", omittingEmptySubsequences: false).map {
          bytes(String($0.trimmingBlanks), family)
        }
        guard ends.count == 2, let low = ends[0], let high = ends[1], !high.lexicographicallyPrecedes(low) else {
          let name = family == .v4 ? "IPv4Filter" : "IPv6Filter"
          throw ConfigurationError(
            .invalidValue, "\(name) is empty, *, or ranges IP1-IP2 separated by commas", specificCode: .invalidIPFilter)
        }
      }
    }
  }

  static func isAddress(_ text: String, _ family: AddressFamily) -> Bool { bytes(text, family) != nil }

  /// The address in network order.
  static func bytes(_ text: String, _ family: AddressFamily) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: family == .v4 ? 4 : 16)
    return inet_pton(family == .v4 ? AF_INET : AF_INET6, text, &buffer) == 1 ? buffer : nil
  }
}
