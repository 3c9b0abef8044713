import Certificates
import SecuritySupport
import WSMan
import WinRMConfiguration

/// What is missing before this machine answers over a transport.
struct RemotingAnalysis {
  /// One step, with what is said of it before and after.
  enum Change: Equatable {
    case makeCertificate(names: [String])
    case createListener(ListenerSettings)
    case enableListener(ListenerSettings)
    /// The listener there shows a certificate that cannot be used; it gets another one.
    case renewListener(ListenerSettings)
    case allowRemoteAccess

    var announcement: String {
      switch self {
      case .makeCertificate(let names): "Make a certificate for \(names.joined(separator: ", ")) that clients must pin."
      case .createListener(let listener):
        "Create a WinRM listener on \(Self.address(listener)) to accept WS-Man requests to any IP on this machine."
      case .enableListener(let listener): "Enable the WinRM listener on \(Self.address(listener))."
      case .renewListener(let listener): "Have the WinRM listener on \(Self.address(listener)) show a certificate for \(listener.hostname)."
      case .allowRemoteAccess: "Accept requests of other machines (AllowRemoteAccess)."
      }
    }

    var report: String {
      switch self {
      case .makeCertificate(let names): "Made a certificate for \(names.joined(separator: ", ")) that clients must pin."
      case .createListener(let listener):
        "Created a WinRM listener on \(Self.address(listener)) to accept WS-Man requests to any IP on this machine."
      case .enableListener(let listener): "Enabled the WinRM listener on \(Self.address(listener))."
      case .renewListener(let listener): "The WinRM listener on \(Self.address(listener)) shows a certificate for \(listener.hostname)."
      case .allowRemoteAccess: "Requests of other machines are accepted."
      }
    }

    private static func address(_ listener: ListenerSettings) -> String {
      "\(listener.transport == .http ? "HTTP" : "HTTPS")://\(listener.address)"
    }
  }

  enum Outcome: Equatable {
    case ready
    case changes([Change])
    /// Policy stands against it.
    case blockedByPolicy(String)
    /// A setting stands against it that somebody has made on purpose.
    case blocked(String)
  }

  /// What the caller asks for.
  struct Wish: Equatable {
    var transport = ListenerSettings.Transport.http
    /// The name that an HTTPS listener is for; empty for the names of this machine.
    var hostname = ""
    /// Whether a certificate that vouches for itself will do, and is made when there is none.
    var allowsSelfSigned = false
  }

  var effective: EffectiveSettings
  var network: HostNetwork
  var certificates: ServerCertificateStore
  var machineNames: () -> [String]
  /// What the service that answers is bound to; `nil` where none does.
  var served: ServedListeners?

  /// - Throws: 0x80338115 when no certificate fits.
  func outcome(_ wish: Wish) throws(WSManFault) -> Outcome {
    let service = effective.settings.service
    if !service.allowRemoteAccess, let reason = effective.reason(deciding: "AllowRemoteAccess", of: .service) {
      return .blockedByPolicy("Remote access is switched off: \(reason).")
    }
    let remoteAccess: [Change] = service.allowRemoteAccess ? [] : [.allowRemoteAccess]
    if let blocked = filterBlock() { return blocked }
    let plan = ListenerPlan(effective.settings, network: network)
    let candidates = effective.settings.listeners.filter { $0.transport == wish.transport && $0.enabled }
    let fit = candidates.filter { plan.problems[ListenerPlan.Key($0)] == nil && isFit($0, wish) }
    if let first = fit.first {
      if fit.allSatisfy(isWithoutSocket) { return .blocked(Self.portIsTaken(first)) }
      return remoteAccess.isEmpty ? .ready : .changes(remoteAccess)
    }
    let changes = try listenerChanges(wish)
    return .changes(remoteAccess + changes)
  }

  /// Whether the service has the listener among its settings and could bind none of its addresses.
  private func isWithoutSocket(_ listener: ListenerSettings) -> Bool {
    served?.addresses(of: listener, isCompatibility: false, in: effective.settings)?.isEmpty ?? false
  }

  private static func portIsTaken(_ listener: ListenerSettings) -> String {
    let resource = "winrm/config/Listener?Address=\(listener.address)+Transport=\(listener.transport.rawValue)"
    return "The service cannot listen on port \(listener.port): another program has it. End that program (ss -ltnp shows it), or give the "
      + "listener another port: winrm set \(resource) @{Port=\"NUMBER\"}"
  }

  /// Filters that admit nothing at all on this machine.
  private func filterBlock() -> Outcome? {
    let service = effective.settings.service
    let probe = ListenerPlan(
      listeners: [(ListenerSettings(), false)], ipv4Filter: service.ipv4Filter, ipv6Filter: service.ipv6Filter, network: network)
    guard probe.problems.values.contains(.filtered) else { return nil }
    for name in ["IPv4Filter", "IPv6Filter"] {
      guard let reason = effective.reason(deciding: name, of: .service) else { continue }
      return .blockedByPolicy("IPv4Filter and IPv6Filter admit no address of this machine: \(reason).")
    }
    return .blocked(
      "IPv4Filter and IPv6Filter of winrm/config/service admit no address of this machine. Change them: "
        + "winrm set winrm/config/service @{IPv4Filter=\"*\";IPv6Filter=\"*\"}")
  }

  /// Whether a listener that is there is what was asked for: over HTTPS, one whose certificate can be used.
  private func isFit(_ listener: ListenerSettings, _ wish: Wish) -> Bool {
    guard listener.transport == .https else { return true }
    guard wish.hostname.isEmpty || listener.hostname.lowercased() == wish.hostname.lowercased() else { return false }
    if let thumbprint = CertificateThumbprint(parsing: listener.certificateThumbprint) {
      return (try? certificates.load(thumbprint).checkUse()) != nil
    }
    let names = listener.hostname.isEmpty ? machineNames() : [listener.hostname]
    return names.contains { ((try? certificates.best(for: $0, allowsSelfSigned: true)) ?? nil) != nil }
  }

  private func listenerChanges(_ wish: Wish) throws(WSManFault) -> [Change] {
    var listener =
      effective.settings.listener(address: "*", transport: wish.transport.rawValue) ?? ListenerSettings(transport: wish.transport)
    let isThere = effective.settings.listener(address: "*", transport: wish.transport.rawValue) != nil
    let wasEnabled = listener.enabled
    listener.enabled = true
    var changes: [Change] = []
    if wish.transport == .https, !isFit(listener, wish) || !isThere {
      listener.certificateThumbprint = ""
      if let name = try fittingName(wish) {
        listener.hostname = name
      } else {
        let names = wish.hostname.isEmpty ? machineNames() : [wish.hostname]
        changes.append(.makeCertificate(names: names))
        // The full name is what clients use.
        listener.hostname = names.last ?? ""
      }
      if isThere, wasEnabled { return changes + [.renewListener(listener)] }
    }
    return changes + [isThere ? .enableListener(listener) : .createListener(listener)]
  }

  /// A name for which the store has a certificate, the full name first; `nil` when one is to be made.
  private func fittingName(_ wish: Wish) throws(WSManFault) -> String? {
    let names = wish.hostname.isEmpty ? machineNames().reversed() : [wish.hostname]
    for name in names {
      do throws(CertificateError) {
        if try certificates.best(for: name, allowsSelfSigned: wish.allowsSelfSigned) != nil { return name }
      } catch {
        throw WSManFault(error)
      }
    }
    if wish.allowsSelfSigned, !names.isEmpty { return nil }
    let name = names.first ?? "HOST"
    throw .internalError(
      WinRMCode(rawValue: 0x8033_8115),
      """
      There is no certificate for an HTTPS listener: one is needed for \(names.isEmpty ? "a name of this machine" : names.joined(separator: " or ")), \
      with its key, for Server Authentication, neither expired nor vouching for itself. Have an authority issue one and import it: \
      winrm certificate import FILE. Or have one made that each client must pin: winrm quickconfig -transport:https -selfsigned \
      -hostname:\(name)
      """)
  }
}
