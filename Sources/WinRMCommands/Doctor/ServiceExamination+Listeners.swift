import SecuritySupport
import WSMan
import WinRM
import WinRMConfiguration
import WinRMDoctor
import WinRMResources

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension ServiceExamination {
  /// Are there listeners, are their addresses there, and does the service have their ports?
  func listeners(_ findings: Findings, hasService: Bool) async -> [Check] {
    let settings = findings.settings
    let enabled = settings.listeners.filter(\.enabled) + settings.compatibilityListeners
    guard !enabled.isEmpty else {
      let evidence =
        settings.listeners.isEmpty ? "none is configured" : "none is enabled: \(settings.listeners.map(Self.name).joined(separator: ", "))"
      return [check("listeners", Self.listenerTitle, .fail, evidence, remedy: "winrm quickconfig")]
    }
    var checks = [check("listeners", Self.listenerTitle, .pass, enabled.map(Self.name).joined(separator: ", "))]
    let network = HostNetwork.current()
    let plan = ListenerPlan(settings, network: network)
    let places = enabled.flatMap { listener in
      let isCompatibility = !settings.listeners.contains(listener)
      return plan.listeningOn(ListenerPlan.Key(listener, isCompatibility: isCompatibility), network: network)
        .map { Place(listener: listener, address: $0) }
    }
    checks.append(problems(plan, settings.listeners.filter(\.enabled), findings) ?? reach(places, network, findings))
    checks.append(await listening(places, findings, hasService: hasService))
    return checks
  }

  /// One address of one listener.
  private struct Place {
    var id: String { Self.id(listener.address, listener.transport.rawValue, address) }

    static func id(_ selector: String, _ transport: String, _ address: String) -> String { "\(selector) \(transport) \(address)" }

    var listener: ListenerSettings
    /// With its interface, where it needs one.
    var address: String
    var name: String { address.contains(":") ? "[\(address)]:\(listener.port)" : "\(address):\(listener.port)" }
  }

  private static func name(_ listener: ListenerSettings) -> String {
    "\(listener.transport.rawValue) on \(listener.address), port \(listener.port)"
  }

  private static func takingAnotherPort(_ listener: ListenerSettings) -> String {
    SettingCommand.set(SettingCommand.resource(listener), "Port", String(otherPort(than: listener.port)))
  }

  // MARK: Addresses

  private static let addressesTitle = "Every listener has an address"

  private func problems(_ plan: ListenerPlan, _ enabled: [ListenerSettings], _ findings: Findings) -> Check? {
    let broken = enabled.compactMap { listener in
      plan.problems[ListenerPlan.Key(listener)].map { (listener: listener, problem: $0) }
    }
    guard let first = broken.first else { return nil }
    let evidence = broken.map { "\(Self.name($0.listener)): \($0.problem)" }.joined(separator: "; ")
    return check("addresses", Self.addressesTitle, .fail, evidence, remedy: remedy(first.problem, first.listener, findings))
  }

  /// What the filters leave of the addresses by which other machines reach this one. A listener with an address of its own is as it was
  /// meant, so that the filters are blamed only where one takes all there are.
  private func reach(_ places: [Place], _ network: HostNetwork, _ findings: Findings) -> Check {
    let title = Self.addressesTitle
    let there = network.addresses.filter(Self.isReachable)
    let served = places.compactMap { $0.address.split(separator: "%").first.flatMap { HostAddress(String($0)) } }.filter(Self.isReachable)
    let service = findings.settings.service
    let lacking = [("IPv4", service.ipv4Filter, false), ("IPv6", service.ipv6Filter, true)].filter { (_, filter, isIPv6) in
      filter != "*" && there.contains { $0.isIPv6 == isIPv6 } && !served.contains { $0.isIPv6 == isIPv6 }
    }
    guard places.contains(where: { $0.listener.address == "*" }), let first = lacking.first else {
      return check("addresses", title, .pass, "none of them waits for one")
    }
    let reasons = lacking.map { (family, filter, _) in
      let reason = decidedBy(family + "Filter", of: .service, findings)
      return "\(family)Filter = \"\(filter)\"\(reason) leaves out every \(family) address by which others reach this machine"
    }.joined(separator: "; ")
    let remedy = setting(first.0 + "Filter", "*", of: .service, findings)
    guard served.isEmpty else {
      return check("addresses", title, .pass, "none of them waits for one; \(reasons): if that is not meant, \(remedy)")
    }
    return check(
      "addresses", title, .fail, "no other machine reaches them, as only \(places.map(\.name).joined(separator: ", ")) remain: \(reasons)",
      remedy: remedy)
  }

  /// Whether other machines use such an address: neither the loopback one nor one of a single link.
  private static func isReachable(_ address: HostAddress) -> Bool {
    !address.isLoopback && !address.isLinkLocal && !(!address.isIPv6 && address.bytes.starts(with: [169, 254]))
  }

  private func remedy(_ problem: ListenerPlan.Problem, _ listener: ListenerSettings, _ findings: Findings) -> String {
    switch problem {
    case .filtered:
      if findings.effective.item(deciding: "IPv4Filter", of: .service) != nil { return setting("IPv4Filter", "*", of: .service, findings) }
      if findings.effective.item(deciding: "IPv6Filter", of: .service) != nil { return setting("IPv6Filter", "*", of: .service, findings) }
      return "winrm set winrm/config/service '@{IPv4Filter=\"*\";IPv6Filter=\"*\"}'"
    case .conflict: return Self.takingAnotherPort(listener)
    case .noSuchAddress, .noSuchAdapter, .noAddress, .malformed:
      let resource = CommandWord.quoted(SettingCommand.resource(listener))
      return "give the machine the address, or remove the listener: winrm delete \(resource); winrm quickconfig"
    }
  }

  private static func otherPort(than port: UInt16) -> UInt16 {
    let taken = Set(ListeningSockets.current()?.sockets.map(\.port) ?? [])
    return (1...100).lazy.map { port < 55_000 ? port + 10_000 + $0 - 1 : port - $0 }.first { !taken.contains($0) } ?? 15_985
  }

  // MARK: Ports

  private func listening(_ places: [Place], _ findings: Findings, hasService: Bool) async -> Check {
    let title = "The service listens"
    guard !places.isEmpty else { return check("listening", title, .unknown, "not tried: no listener has an address of this machine") }
    guard let sockets = ListeningSockets.current() else { return answering(places, title) }
    var bound: Set<String>?
    var own: [String] = []
    var open: [String] = []
    var silent: [String] = []
    var foreign: [(place: Place, who: String, holder: ListeningSockets.Holder?)] = []
    for place in places {
      let address = place.address.split(separator: "%").first.flatMap { HostAddress(String($0)) }
      guard let address, let socket = sockets.socket(at: address, port: place.listener.port) else {
        silent.append(place.name)
        continue
      }
      let holder = ListeningSockets.holder(of: socket)
      if let running = findings.running, holder?.process == running.process {
        own.append(place.name)
      } else if let running = findings.running, holder == nil, socket.user == running.user {
        // Only root is told whose it is; the service may tell what it has.
        if bound == nil { bound = hasService ? await listeningOn() : [] }
        if bound?.contains(place.id) == true { own.append(place.name) } else { open.append(place.name) }
      } else {
        foreign.append(
          (
            place,
            holder.map { "\($0.program), process \($0.process)," } ?? "a program of the user \(UnixMembership.name(of: socket.user))",
            holder
          ))
      }
    }
    if let first = foreign.first {
      let evidence =
        foreign.map { "\($0.who) has \($0.place.name)" } + (silent.isEmpty ? [] : ["nothing listens at \(silent.joined(separator: ", "))"])
      guard findings.running != nil || !hasService || first.holder != nil else {
        return check("listening", title, .unknown, "\(evidence.joined(separator: "; ")); \(Self.asRoot)")
      }
      let end = Self.freeing(first.holder)
      let listener = first.place.listener
      return check(
        "listening", title, .fail, evidence.joined(separator: "; "),
        remedy: findings.settings.listeners.contains(listener)
          ? "\(end); or take another port: \(Self.takingAnotherPort(listener))" : end)
    }
    guard open.isEmpty || !hasService else {
      return check(
        "listening", title, .unknown, "whether the service or another program has \(open.joined(separator: ", ")): \(Self.asRoot)")
    }
    guard hasService else {
      let state = findings.running == nil ? "does not run" : "does not answer"
      return check("listening", title, .unknown, "not tried: the service \(state)")
    }
    guard silent.isEmpty else {
      return check(
        "listening", title, .fail, "nothing listens at \(silent.joined(separator: ", "))",
        remedy:
          "look at the service's log for the reason (journalctl -u winrmd), and start it again: \(SystemService.control(paths).command)")
    }
    return check("listening", title, .pass, own.joined(separator: ", "))
  }

  /// How a port becomes free. The first process holds ports for the socket units of systemd, and is not to be ended.
  static func freeing(_ holder: ListeningSockets.Holder?) -> String {
    guard let holder else { return "end that program; as root, ss -ltnp shows it" }
    guard holder.process > 1 else {
      return "stop the socket unit that has the port: systemctl list-sockets names it, systemctl disable --now UNIT.socket ends it"
    }
    return "end that program: kill \(holder.process)"
  }

  /// The addresses that the running service says its listeners have; empty where it does not tell this user.
  private func listeningOn() async -> Set<String> {
    let access = LocalAccess(exchange: SocketExchange(path: paths.serviceSocket, userID: userID), operationTimeout: .seconds(5))
    let resource = ResourceSelection(
      ResourceURI(rawValue: ResourceURI.config.rawValue + "/listener"), selectors: [:], options: [], fragment: nil)
    var found: Set<String> = []
    try? await access.enumerate(resource, EnumerationOptions(mode: .object)) { item in
      let values = Dictionary(grouping: item.object?.elements ?? []) { $0.name.localName }.mapValues { $0.map(\.text) }
      guard let selector = values["Address"]?.first, let transport = values["Transport"]?.first else { return }
      for address in values["ListeningOn"] ?? [] { found.insert(Place.id(selector, transport, address)) }
    }
    return found
  }

  /// Where the system does not tell whose a port is: whether anybody answers.
  private func answering(_ places: [Place], _ title: String) -> Check {
    let silent = places.filter { !Self.answers($0.address, port: String($0.listener.port)) }.map(\.name)
    guard silent.isEmpty else {
      return check(
        "listening", title, .fail, "nothing answers at \(silent.joined(separator: ", "))",
        remedy: "start the service, and look at its log: \(SystemService.control(paths).command)")
    }
    return check("listening", title, .pass, "\(places.map(\.name).joined(separator: ", ")); whose the ports are, this system does not tell")
  }

  /// Whether a connection comes about within a second; it is closed at once.
  private static func answers(_ address: String, port: String) -> Bool {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, port, &hints, &list) == 0, let entry = list?.pointee else { return false }
    defer { freeaddrinfo(list) }
    let descriptor = socket(entry.ai_family, entry.ai_socktype | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    if connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return true }
    guard errno == EINPROGRESS else { return false }
    var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&wanted, 1, 1000) == 1 else { return false }
    var failure: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) == 0 && failure == 0
  }

  // MARK: Switches

  /// Settings that keep everybody out, or let everybody read.
  func switches(_ findings: Findings) -> [Check] {
    [remoteAccess(findings), shells(findings), schemes(findings), clearText(findings)]
  }

  private func remoteAccess(_ findings: Findings) -> Check {
    let title = "Requests of other machines are accepted"
    let name = "AllowRemoteAccess"
    guard !findings.settings.service.allowRemoteAccess else { return check("remoteaccess", title, .pass, "\(name) = true") }
    return check(
      "remoteaccess", title, .fail, "\(name) = false\(decidedBy(name, of: .service, findings)): requests of this machine alone are",
      remedy: setting(name, "true", of: .service, findings), code: .accessDenied)
  }

  private func shells(_ findings: Findings) -> Check {
    let title = "Shells may be opened"
    let name = "AllowRemoteShellAccess"
    guard findings.settings.winrs.allowRemoteShellAccess else {
      return check(
        "shells", title, .fail, "\(name) = false\(decidedBy(name, of: .winrs, findings))",
        remedy: setting(name, "true", of: .winrs, findings),
        code: .remoteShellsNotAllowed)
    }
    let uri = PlugInConfiguration.shell.resources.first?.uri ?? ""
    let plugIns = findings.settings.plugins.filter { $0.resources.contains { $0.uri.lowercased() == uri } }
    guard let plugIn = plugIns.first else {
      return check("shells", title, .fail, "no plug-in serves them", remedy: "winrm invoke Restore winrm/config/plugin")
    }
    guard plugIns.contains(where: \.enabled) else {
      return check(
        "shells", title, .fail, "the plug-in \"\(plugIn.name)\" is disabled",
        remedy: SettingCommand.set("winrm/config/plugin?Name=\(CommandWord.title(plugIn.name) ?? "NAME")", "Enabled", "true"))
    }
    return check("shells", title, .pass, "\(name) = true, the plug-in \"\(plugIn.name)\" is enabled")
  }

  private func schemes(_ findings: Findings) -> Check {
    let title = "There is a way to log on"
    let auth = findings.settings.service.auth
    let hasHTTPS = (findings.settings.listeners + findings.settings.compatibilityListeners).contains {
      $0.enabled && $0.transport == .https
    }
    var offered = [("Negotiate", auth.negotiate), ("Kerberos", auth.kerberos), ("CredSSP", auth.credSSP)].filter(\.1).map(\.0)
    var idle: [String] = []
    if auth.basic {
      if hasHTTPS || findings.settings.service.allowUnencrypted { offered.append("Basic") } else { idle.append("Basic needs HTTPS") }
    }
    if auth.certificate {
      if hasHTTPS { offered.append("Certificate") } else { idle.append("Certificate needs HTTPS") }
    }
    // Without keys the service does not offer Kerberos; the keytab has a check of its own.
    guard offered != ["Kerberos"] || hasKeys(findings), !offered.isEmpty else {
      let evidence = ["no method that can be offered is enabled"] + idle + (offered.isEmpty ? [] : ["Kerberos needs a keytab"])
      return check(
        "schemes", title, .fail, evidence.joined(separator: "; "), remedy: setting("Negotiate", "true", of: .serviceAuth, findings))
    }
    return check("schemes", title, .pass, (offered + idle).joined(separator: ", "))
  }

  private func clearText(_ findings: Findings) -> Check {
    let title = "Nothing travels in clear text"
    let name = "AllowUnencrypted"
    guard findings.settings.service.allowUnencrypted else { return check("cleartext", title, .pass, "\(name) = false") }
    let hasHTTP = (findings.settings.listeners + findings.settings.compatibilityListeners).contains { $0.enabled && $0.transport == .http }
    guard hasHTTP else { return check("cleartext", title, .pass, "\(name) = true, and no listener uses HTTP") }
    let passwords = findings.settings.service.auth.basic ? ", and with Basic the passwords" : ""
    return check(
      "cleartext", title, .fail,
      "\(name) = true\(decidedBy(name, of: .service, findings)): over HTTP whoever is on the way may read and change messages\(passwords)",
      remedy: setting(name, "false", of: .service, findings))
  }
}
