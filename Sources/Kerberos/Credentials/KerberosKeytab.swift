import CGSSAPI
import LocalFiles
import SecuritySupport

/// A keytab: the keys of services on this host.
public struct KerberosKeytab: Sendable, Hashable {
  /// The name with its type, such as `FILE:/etc/krb5.keytab`; a bare path is a file's.
  public var name: String

  public init(name: String) { self.name = name }

  /// The one that the library's configuration names; `nil` when that cannot be read.
  public static func systemDefault() -> KerberosKeytab? {
    guard let context = try? KRB5Context() else { return nil }
    var buffer = [CChar](repeating: 0, count: 1025)
    guard krb5_kt_default_name(context.raw, &buffer, Int32(buffer.count - 1)) == 0 else { return nil }
    return KerberosKeytab(name: String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// Why it must not be believed: whoever writes a keytab can make tickets of anybody for its service. `nil` when it can be, or is not
  /// there. Blocks on its file.
  public var danger: String? {
    if name.hasPrefix("/") { return SecretFile(name).danger }
    guard let cut = name.firstIndex(of: ":") else { return SecretFile(name).danger }
    return ["FILE", "WRFILE"].contains(name[..<cut]) ? SecretFile(String(name[name.index(after: cut)...])).danger : nil
  }

  /// One key of a keytab, without the key.
  public struct Entry: Sendable, Hashable {
    public var principal: KerberosPrincipal
    /// kvno: how often the key of the principal has been changed.
    public var version: UInt32
  }

  /// The services, `service/host`, that it has keys of; empty when it cannot be read, or not be believed. Blocks on its file.
  public func services() -> [KerberosServiceName] {
    let found = entries().compactMap { entry in
      entry.principal.components.count == 2
        ? KerberosServiceName(service: entry.principal.components[0], host: entry.principal.components[1]) : nil
    }
    return Set(found).sorted { $0.description < $1.description }
  }

  /// What it has keys of, in the order of the file; empty when it cannot be read, or not be believed. Blocks on its file.
  public func entries() -> [Entry] {
    guard danger == nil, !name.isEmpty, !name.utf8.contains(0), let context = try? KRB5Context() else { return [] }
    var keytab: krb5_keytab?
    guard krb5_kt_resolve(context.raw, name, &keytab) == 0, let keytab else { return [] }
    defer { krb5_kt_close(context.raw, keytab) }
    var cursor: krb5_kt_cursor?
    guard krb5_kt_start_seq_get(context.raw, keytab, &cursor) == 0 else { return [] }
    defer { krb5_kt_end_seq_get(context.raw, keytab, &cursor) }
    var found: [Entry] = []
    var entry = krb5_keytab_entry()
    while krb5_kt_next_entry(context.raw, keytab, &entry, &cursor) == 0 {
      defer { krb5_free_keytab_entry_contents(context.raw, &entry) }
      guard let principal = try? InitialTicket.name(of: entry.principal, context) else { continue }
      found.append(Entry(principal: principal, version: UInt32(bitPattern: Int32(truncatingIfNeeded: entry.vno))))
    }
    return found
  }

  /// Whether it is there, can be read and believed, and has at least one key. Blocks on its file.
  public var hasKeys: Bool {
    guard danger == nil, !name.isEmpty, !name.utf8.contains(0), let context = try? KRB5Context() else { return false }
    var keytab: krb5_keytab?
    guard krb5_kt_resolve(context.raw, name, &keytab) == 0, let keytab else { return false }
    defer { krb5_kt_close(context.raw, keytab) }
    return krb5_kt_have_content(context.raw, keytab) == 0
  }
}
