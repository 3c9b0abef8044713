/// Which sockets a set of listeners needs on a machine, and which connection belongs to which listener: a function of the settings and of
/// the machine's addresses, and of nothing else.
///
/// One socket serves all listeners that overlap: a listener on `*` and one on an address of its own share the socket of `*`, and the
/// address at which a connection arrives, with the path of its requests, says whose it is. Where the filters admit a family whole, one
/// socket takes all its addresses; otherwise each admitted address has a socket.
public struct ListenerPlan: Sendable, Equatable {
  /// A listener, as its selectors name it. A compatibility listener may stand beside one with the same selectors.
  public struct Key: Sendable, Hashable {
    public var address: String
    public var transport: ListenerSettings.Transport
    public var isCompatibility: Bool

    public init(address: String, transport: ListenerSettings.Transport, isCompatibility: Bool = false) {
      self.address = address
      self.transport = transport
      self.isCompatibility = isCompatibility
    }

    public init(_ listener: ListenerSettings, isCompatibility: Bool = false) {
      self.init(address: listener.address, transport: listener.transport, isCompatibility: isCompatibility)
    }
  }

  /// What one listening socket is bound to.
  public enum Binding: Sendable, Hashable {
    /// `::` for both families.
    case everything
    /// `0.0.0.0`.
    case everyIPv4
    /// `::` for IPv6 alone.
    case everyIPv6
    case address(HostAddress)
  }

  /// One listening socket.
  public struct Socket: Sendable, Hashable {
    public var binding: Binding
    public var port: UInt16
    public var transport: ListenerSettings.Transport
    /// Tells sockets on port 0 apart, each of which gets a port of its own; 0 for every other one.
    public var number = 0

    /// Whether a connection to the address can arrive at it.
    func takes(_ address: HostAddress) -> Bool {
      switch binding {
      case .everything: true
      case .everyIPv4: !address.isIPv6
      case .everyIPv6: address.isIPv6
      case .address(let own): own == address
      }
    }
  }

  /// Which addresses a listener answers on.
  public struct Coverage: Sendable, Hashable {
    public var allIPv4 = false
    public var allIPv6 = false
    public var addresses: Set<HostAddress> = []

    public var isEmpty: Bool { !allIPv4 && !allIPv6 && addresses.isEmpty }

    public func covers(_ address: HostAddress) -> Bool {
      (address.isIPv6 ? allIPv6 : allIPv4) || addresses.contains(address)
    }

    func overlaps(_ other: Coverage) -> Bool {
      (allIPv4 && other.hasIPv4) || (other.allIPv4 && hasIPv4) || (allIPv6 && other.hasIPv6) || (other.allIPv6 && hasIPv6)
        || !addresses.isDisjoint(with: other.addresses)
    }

    private var hasIPv4: Bool { allIPv4 || addresses.contains { !$0.isIPv6 } }
    private var hasIPv6: Bool { allIPv6 || addresses.contains { $0.isIPv6 } }
  }

  /// One listener that is served.
  public struct Route: Sendable, Equatable {
    public var key: Key
    public var port: UInt16
    /// Without slashes at its ends.
    public var prefix: String
    public var coverage: Coverage
    /// That of its sockets.
    public var number = 0

    /// Whether connections of the listener can arrive at the socket.
    public func uses(_ socket: Socket) -> Bool {
      guard socket.port == port, socket.transport == key.transport, socket.number == number else { return false }
      return switch socket.binding {
      case .everything: true
      case .everyIPv4: coverage.allIPv4 || coverage.addresses.contains { !$0.isIPv6 }
      case .everyIPv6: coverage.allIPv6 || coverage.addresses.contains { $0.isIPv6 }
      case .address(let address): coverage.covers(address)
      }
    }
  }

  /// Why a listener that is switched on is not served now.
  public enum Problem: Sendable, Hashable, CustomStringConvertible {
    /// The machine does not have the address.
    case noSuchAddress
    /// No adapter that is up has the hardware address.
    case noSuchAdapter
    /// The adapter, or the machine, has no address that could be listened on.
    case noAddress
    /// IPv4Filter and IPv6Filter admit none of its addresses.
    case filtered
    /// A listener for the other transport has the port on the same address.
    case conflict(with: Key)
    /// The Address is none of the forms that there are.
    case malformed

    public var description: String {
      switch self {
      case .noSuchAddress: "this machine does not have the address now; it is listened on as soon as it does"
      case .noSuchAdapter: "no adapter that is up has this MAC address now; it is listened on as soon as one does"
      case .noAddress: "there is no address to listen on now; it is listened on as soon as there is one"
      case .filtered: "IPv4Filter and IPv6Filter of winrm/config/service admit none of its addresses"
      case .conflict(let key):
        "the listener with Address=\(key.address) and Transport=\(key.transport.rawValue) has the port already; give one of them another Port"
      case .malformed: "its Address is neither * nor IP: with an address nor MAC: with a hardware address"
      }
    }
  }

  /// In the order in which they are bound.
  public private(set) var sockets: [Socket] = []
  /// The listeners that are served; of several that cover an address, the one that names it most closely comes first.
  public private(set) var routes: [Route] = []
  public private(set) var problems: [Key: Problem] = [:]

  /// - Parameters:
  ///   - listeners: those that are to be served, each with whether it is a compatibility listener. One that is switched off is left out.
  ///   - ipv4Filter: IPv4Filter of `winrm/config/service`.
  ///   - ipv6Filter: IPv6Filter.
  ///   - network: the machine.
  public init(
    listeners: [(listener: ListenerSettings, isCompatibility: Bool)], ipv4Filter: String, ipv6Filter: String, network: HostNetwork
  ) {
    let scopes = Self.Surroundings(ipv4Filter: ipv4Filter, ipv6Filter: ipv6Filter, network: network)
    var ranks: [Int] = []
    for (position, (listener, isCompatibility)) in listeners.enumerated() where listener.enabled {
      let key = Key(listener, isCompatibility: isCompatibility)
      let coverage: Coverage
      switch scopes.coverage(of: listener) {
      case .failure(let problem):
        problems[key] = problem
        continue
      case .success(let found): coverage = found
      }
      let rival = routes.first {
        $0.port == listener.port && listener.port != 0 && $0.key.transport != listener.transport && $0.coverage.overlaps(coverage)
      }
      if let rival {
        problems[key] = .conflict(with: rival.key)
        continue
      }
      let prefix = String(listener.urlPrefix.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
      let route = Route(
        key: key, port: listener.port, prefix: prefix, coverage: coverage, number: listener.port == 0 ? position + 1 : 0)
      let rank = Self.rank(listener, isCompatibility)
      let place = ranks.firstIndex { $0 > rank } ?? ranks.count
      ranks.insert(rank, at: place)
      routes.insert(route, at: place)
    }
    sockets = Self.sockets(for: routes)
  }

  /// The plan for effective settings.
  public init(_ settings: WinRMSettings, network: HostNetwork) {
    self.init(
      listeners: settings.listeners.map { ($0, false) } + settings.compatibilityListeners.map { ($0, true) },
      ipv4Filter: settings.service.ipv4Filter, ipv6Filter: settings.service.ipv6Filter, network: network)
  }

  /// The addresses that a listener answers on, as `ListeningOn` shows them; empty when it is not served.
  ///
  /// - Parameter open: the sockets that could be bound; `nil` (default) for all.
  public func listeningOn(_ key: Key, network: HostNetwork, open: Set<Socket>? = nil) -> [String] {
    guard let route = routes.first(where: { $0.key == key }) else { return [] }
    let interfaces = network.addresses
    // An address of 127.0.0.0/8 need not stand at an interface.
    let others = route.coverage.addresses.filter { !interfaces.contains($0) }
    var seen: Set<String> = []
    return (interfaces.filter(route.coverage.covers) + others)
      .filter { address in open?.contains { route.uses($0) && $0.takes(address) } ?? true }.map(network.text).filter {
        seen.insert($0).inserted
      }
  }

  /// What is more special comes first.
  private static func rank(_ listener: ListenerSettings, _ isCompatibility: Bool) -> Int {
    if isCompatibility { return 3 }
    return switch ListenerScope(listener.address) {
    case .address: 0
    case .adapter: 1
    case .all, nil: 2
    }
  }

  private static func sockets(for routes: [Route]) -> [Socket] {
    struct Door: Hashable {
      var port: UInt16
      var transport: ListenerSettings.Transport
      var number: Int
    }
    var doors: [Door] = []
    var wanted: [Door: Coverage] = [:]
    for route in routes {
      let door = Door(port: route.port, transport: route.key.transport, number: route.number)
      if wanted[door] == nil { doors.append(door) }
      wanted[door, default: Coverage()].allIPv4 = wanted[door]?.allIPv4 == true || route.coverage.allIPv4
      wanted[door, default: Coverage()].allIPv6 = wanted[door]?.allIPv6 == true || route.coverage.allIPv6
      wanted[door, default: Coverage()].addresses.formUnion(route.coverage.addresses)
    }
    return doors.flatMap { door in
      let coverage = wanted[door] ?? Coverage()
      var bindings: [Binding] =
        switch (coverage.allIPv4, coverage.allIPv6) {
        case (true, true): [.everything]
        case (true, false): [.everyIPv4]
        case (false, true): [.everyIPv6]
        case (false, false): []
        }
      bindings += coverage.addresses.filter { $0.isIPv6 ? !coverage.allIPv6 : !coverage.allIPv4 }
        .sorted { ($0.bytes.count, $0.text, $0.zone) < ($1.bytes.count, $1.text, $1.zone) }.map(Binding.address)
      return bindings.map { Socket(binding: $0, port: door.port, transport: door.transport, number: door.number) }
    }
  }

  /// What all listeners have in common.
  private struct Surroundings {
    var ipv4Filter: String
    var ipv6Filter: String
    var network: HostNetwork

    func coverage(of listener: ListenerSettings) -> Result<Coverage, Problem> {
      switch ListenerScope(listener.address) {
      case nil: .failure(.malformed)
      case .all: all()
      case .address(let address, let zone): one(address, zone: zone)
      case .adapter(let hardware): adapter(hardware)
      }
    }

    private func all() -> Result<Coverage, Problem> {
      var coverage = Coverage()
      coverage.allIPv4 = network.hasIPv4 && AddressFilter.admitsAll(ipv4Filter)
      coverage.allIPv6 = network.hasIPv6 && AddressFilter.admitsAll(ipv6Filter)
      let rest = network.addresses.filter { $0.isIPv6 ? !coverage.allIPv6 : !coverage.allIPv4 }
      coverage.addresses = Set(rest.filter(admits))
      guard coverage.isEmpty else { return .success(coverage) }
      return .failure(rest.isEmpty ? .noAddress : .filtered)
    }

    private func one(_ address: HostAddress, zone: String?) -> Result<Coverage, Problem> {
      guard let own = owned(address, zone: zone) else { return .failure(.noSuchAddress) }
      guard admits(own) else { return .failure(.filtered) }
      return .success(Coverage(addresses: [own]))
    }

    private func adapter(_ hardware: [UInt8]) -> Result<Coverage, Problem> {
      let adapters = network.interfaces.filter { $0.hardwareAddress == hardware }
      guard !adapters.isEmpty else { return .failure(.noSuchAdapter) }
      let addresses = adapters.flatMap(\.addresses)
      guard !addresses.isEmpty else { return .failure(.noAddress) }
      let admitted = addresses.filter(admits)
      return admitted.isEmpty ? .failure(.filtered) : .success(Coverage(addresses: Set(admitted)))
    }

    private func owned(_ address: HostAddress, zone: String?) -> HostAddress? {
      guard address.isLinkLocal else { return network.has(address) ? address : nil }
      let interfaces = network.interfaces.filter { zone == nil || $0.name == zone || String($0.index) == zone }
      return interfaces.lazy.flatMap(\.addresses).first { $0.bytes == address.bytes }
    }

    private func admits(_ address: HostAddress) -> Bool {
      AddressFilter.admits(address.text, ipv4: ipv4Filter, ipv6: ipv6Filter)
    }
  }
}

extension ListenerPlan.Problem: Error {}

extension WinRMSettings {
  /// The listeners on ports 80 and 443 that EnableCompatibilityHttpListener and EnableCompatibilityHttpsListener make, on every address,
  /// with the path `wsman`. The one for HTTPS shows the certificate of the first HTTPS listener, or, where there is none, the best one for
  /// a name of this machine.
  public var compatibilityListeners: [ListenerSettings] {
    var result: [ListenerSettings] = []
    if service.enableCompatibilityHTTPListener { result.append(ListenerSettings(transport: .http, port: 80)) }
    if service.enableCompatibilityHTTPSListener {
      var listener = ListenerSettings(transport: .https, port: 443)
      if let model = listeners.first(where: { $0.transport == .https && $0.enabled }) {
        listener.hostname = model.hostname
        listener.certificateThumbprint = model.certificateThumbprint
      }
      result.append(listener)
    }
    return result
  }
}
