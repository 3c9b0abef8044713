import CGSSAPI

/// Why a context came about without the ticket that was to go along.
public enum KerberosDelegationObstacle: Sendable, Hashable {
  /// The KDC gave a ticket-granting ticket that may not be forwarded: by its own rule, for a sensitive account, or as it was asked for.
  case ticketNotForwardable
  /// The KDC did not mark the service as trusted for delegation (ok-as-delegate).
  case serviceNotTrusted
}

extension KerberosCredential {
  /// Why nothing was delegated to `service`, judged by the flags of the tickets at hand. Reads the ticket cache and asks no KDC.
  ///
  /// - Returns: `nil` when the tickets do not say.
  public func delegationObstacle(for service: KerberosServiceName) -> KerberosDelegationObstacle? {
    guard let flags = try? TicketFlags(in: ticketPlace, service: service) else { return nil }
    if let forwardable = flags.initialIsForwardable, !forwardable { return .ticketNotForwardable }
    if let trusted = flags.serviceIsTrusted, !trusted { return .serviceNotTrusted }
    return nil
  }
}

/// What the flags of cached tickets say about delegation (RFC 4120 §2.6 and §2.8); `nil` where there is no such ticket.
private struct TicketFlags {
  var initialIsForwardable: Bool?
  var serviceIsTrusted: Bool?

  init(in place: KerberosCredential.TicketPlace, service: KerberosServiceName) throws(KerberosError) {
    let context = try KRB5Context()
    var cache: krb5_ccache?
    switch place {
    case .defaultCache: try context.check(krb5_cc_default(context.raw, &cache))
    case .cache(let name): try context.check(krb5_cc_resolve(context.raw, name, &cache))
    case .nowhere: break
    }
    guard let cache else { throw KerberosError(.noCredentials) }
    defer { krb5_cc_close(context.raw, cache) }
    var cursor: krb5_cc_cursor?
    try context.check(krb5_cc_start_seq_get(context.raw, cache, &cursor))
    defer { krb5_cc_end_seq_get(context.raw, cache, &cursor) }
    var ticket = krb5_creds()
    while krb5_cc_next_cred(context.raw, cache, &cursor, &ticket) == 0 {
      defer { krb5_free_cred_contents(context.raw, &ticket) }
      guard let server = Self.nameWithoutRealm(ticket.server, context) else { continue }
      let flags = UInt32(bitPattern: ticket.ticket_flags)
      // The ticket of the own realm comes first; those of other realms are made from it.
      if server.hasPrefix("krbtgt/") { initialIsForwardable = initialIsForwardable ?? (flags & Self.forwardable != 0) }
      if server == "\(service.service)/\(service.host)" { serviceIsTrusted = flags & Self.trustedForDelegation != 0 }
    }
  }

  /// The realm is left out: it is empty where the library was to find it.
  private static func nameWithoutRealm(_ principal: krb5_principal?, _ context: KRB5Context) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard krb5_unparse_name_flags(context.raw, principal, KRB5_PRINCIPAL_UNPARSE_NO_REALM, &text) == 0, let text else { return nil }
    defer { krb5_free_unparsed_name(context.raw, text) }
    return String(cString: text)
  }

  private static let forwardable: UInt32 = 0x4000_0000
  private static let trustedForDelegation: UInt32 = 0x0004_0000
}
