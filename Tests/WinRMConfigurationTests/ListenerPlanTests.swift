import Testing

@testable import WinRMConfiguration

/// Which sockets listeners need, and whose a connection is.
struct ListenerPlanTests {
  private static func address(_ text: String, zone: UInt32 = 0) -> HostAddress {
    guard let address = HostAddress(text, zone: zone) else { fatalError("no address: \(text)") }
    return address
  }

  private static let network = HostNetwork(interfaces: [
    .init(name: "lo", index: 1, addresses: [address("127.0.0.1"), address("::1")]),
    .init(
      name: "eth0", index: 2, hardwareAddress: [0, 0x15, 0x5D, 1, 2, 3],
      addresses: [address("10.0.0.5"), address("10.0.0.6"), address("2001:db8::5"), address("fe80::1", zone: 2)]),
    .init(
      name: "eth1", index: 3, hardwareAddress: [0, 0x15, 0x5D, 1, 2, 4], addresses: [address("192.0.2.9"), address("fe80::1", zone: 3)]),
    .init(name: "tun0", index: 4, addresses: []),
  ])

  private func plan(
    _ listeners: [(String, ListenerSettings.Transport, UInt16)], v4: String = "*", v6: String = "*", network: HostNetwork = Self.network
  ) -> ListenerPlan {
    ListenerPlan(
      listeners: listeners.map { (ListenerSettings(address: $0.0, transport: $0.1, port: $0.2), false) }, ipv4Filter: v4, ipv6Filter: v6,
      network: network)
  }

  private func key(_ address: String, _ transport: ListenerSettings.Transport = .http) -> ListenerPlan.Key {
    ListenerPlan.Key(address: address, transport: transport)
  }

  @Test("all addresses: one socket; two or one where a family is filtered or missing")
  func everything() {
    #expect(plan([("*", .http, 5985)]).sockets.map(\.binding) == [.everything])
    #expect(plan([("*", .http, 5985)], v6: "").sockets.map(\.binding) == [.everyIPv4])
    #expect(plan([("*", .http, 5985)], v4: "").sockets.map(\.binding) == [.everyIPv6])
    var old = Self.network
    old.hasIPv6 = false
    for index in old.interfaces.indices { old.interfaces[index].addresses.removeAll(where: \.isIPv6) }
    #expect(plan([("*", .http, 5985)], network: old).sockets.map(\.binding) == [.everyIPv4])
    let none = plan([("*", .http, 5985)], v4: "", v6: "")
    #expect(none.sockets.isEmpty && none.problems == [key("*"): .filtered])
  }

  @Test("filters: admitted addresses one by one; * beside ranges is all")
  func filters() {
    let some = plan([("*", .http, 5985)], v4: "10.0.0.6-10.0.0.255, 192.0.2.9-192.0.2.9", v6: "2001:db8::-2001:db8::ffff")
    #expect(
      some.sockets.map(\.binding) == ["10.0.0.6", "192.0.2.9", "2001:db8::5"].map { .address(Self.address($0)) })
    #expect(some.listeningOn(key("*"), network: Self.network) == ["10.0.0.6", "2001:db8::5", "192.0.2.9"])
    let mixed = plan([("*", .http, 5985)], v4: "10.0.0.6-10.0.0.6")
    #expect(mixed.sockets.map(\.binding) == [.everyIPv6, .address(Self.address("10.0.0.6"))])
    #expect(plan([("*", .http, 5985)], v4: "10.0.0.1-10.0.0.2, *").sockets.map(\.binding) == [.everything])
    #expect(plan([("IP:10.0.0.5", .http, 5985)], v4: "10.0.0.6-10.0.0.6").problems == [key("IP:10.0.0.5"): .filtered])
  }

  @Test("addresses: of an adapter, with a zone, inside 127.0.0.0/8, and of nobody")
  func addresses() {
    let adapter = plan([("MAC:00-15-5d-01-02-03", .http, 5985)], v6: "")
    #expect(adapter.listeningOn(key("MAC:00-15-5d-01-02-03"), network: Self.network) == ["10.0.0.5", "10.0.0.6"])
    #expect(plan([("MAC:00-15-5d-01-02-09", .http, 5985)]).problems == [key("MAC:00-15-5d-01-02-09"): .noSuchAdapter])
    for (zone, index) in [("eth1", UInt32(3)), ("3", 3), ("eth0", 2)] {
      #expect(
        plan([("IP:fe80::1%\(zone)", .http, 5985)]).sockets.map(\.binding) == [.address(Self.address("fe80::1", zone: index))])
    }
    #expect(plan([("IP:fe80::1%eth9", .http, 5985)]).problems == [key("IP:fe80::1%eth9"): .noSuchAddress])
    #expect(plan([("IP:127.0.0.9", .http, 5985)]).listeningOn(key("IP:127.0.0.9"), network: Self.network) == ["127.0.0.9"])
    #expect(plan([("IP:10.0.0.7", .http, 5985)]).problems == [key("IP:10.0.0.7"): .noSuchAddress])
    #expect(plan([("*", .http, 5985)]).listeningOn(key("*"), network: Self.network).contains("fe80::1%eth1"))
  }

  @Test("listeners on one port share the sockets; the closest one comes first")
  func sharing() {
    let shared = plan([("*", .http, 5985), ("IP:10.0.0.5", .http, 5985), ("MAC:00-15-5D-01-02-03", .http, 5985)])
    #expect(shared.sockets.map(\.binding) == [.everything])
    #expect(shared.routes.map(\.key.address) == ["IP:10.0.0.5", "MAC:00-15-5D-01-02-03", "*"])
    let twice = plan([("IP:10.0.0.5", .http, 5985), ("MAC:00-15-5D-01-02-03", .http, 5985)], v6: "")
    #expect(twice.sockets.map(\.binding) == ["10.0.0.5", "10.0.0.6"].map { .address(Self.address($0)) })
  }

  @Test("HTTP and HTTPS cannot share: the earlier one has the port, and the other says who")
  func conflicts() {
    let both = plan([("*", .http, 5985), ("IP:10.0.0.5", .https, 5985)])
    #expect(both.problems == [key("IP:10.0.0.5", .https): .conflict(with: key("*"))])
    #expect(both.sockets.count == 1)
    let apart = plan([("IP:10.0.0.6", .http, 5985), ("IP:10.0.0.5", .https, 5985)])
    #expect(apart.problems.isEmpty && apart.sockets.count == 2)
    #expect(plan([("*", .http, 5985), ("*", .https, 5986)]).problems.isEmpty)
  }

  @Test("compatibility listeners stand beside the others")
  func compatibility() {
    var settings = WinRMSettings()
    settings.listeners = [ListenerSettings(), ListenerSettings(transport: .https)]
    settings.listeners[1].hostname = "h.test"
    settings.service.enableCompatibilityHTTPListener = true
    settings.service.enableCompatibilityHTTPSListener = true
    let plan = ListenerPlan(settings, network: Self.network)
    #expect(Set(plan.sockets.map(\.port)) == [80, 443, 5985, 5986])
    #expect(settings.compatibilityListeners.last?.hostname == "h.test")
    #expect(plan.problems.isEmpty)
  }

  @Test(
    "whatever the settings: no socket takes what another one has, each route has sockets, each admitted address is served, no other one")
  func properties() {
    var random = SplitMix(state: 42)
    let places = [
      "*", "IP:10.0.0.5", "IP:10.0.0.6", "IP:2001:db8::5", "IP:127.0.0.1", "MAC:00-15-5D-01-02-03", "MAC:00-15-5D-01-02-04", "IP:9.9.9.9",
    ]
    let filters4 = ["*", "", "10.0.0.5-10.0.0.5", "10.0.0.0-10.255.255.255,192.0.2.0-192.0.2.255", "1.1.1.1-1.1.1.2"]
    let filters6 = ["*", "", "2001:db8::-2001:db8::ffff", "::1-::1"]
    for _ in 0..<2000 {
      let listeners = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        (
          places.randomElement(using: &random)!, ListenerSettings.Transport.allCases.randomElement(using: &random)!,
          [UInt16(5985), 5986, 80].randomElement(using: &random)!
        )
      }
      // Selectors are unique.
      var seen: Set<String> = []
      let unique = listeners.filter { seen.insert($0.0 + $0.1.rawValue).inserted }
      let (v4, v6) = (filters4.randomElement(using: &random)!, filters6.randomElement(using: &random)!)
      let plan = plan(unique, v4: v4, v6: v6)
      #expect(plan.routes.count + plan.problems.count == unique.count)
      for (index, socket) in plan.sockets.enumerated() {
        for other in plan.sockets[(index + 1)...] where socket.port == other.port { #expect(!Self.overlap(socket.binding, other.binding)) }
        #expect(plan.routes.contains { $0.uses(socket) })
      }
      for route in plan.routes {
        #expect(plan.sockets.contains { route.uses($0) })
        let scope = ListenerScope(route.key.address)!
        for address in Self.network.addresses {
          let isMeant =
            switch scope {
            case .all: true
            case .address(let own, _): own == address
            case .adapter(let hardware):
              Self.network.interfaces.contains { $0.hardwareAddress == hardware && $0.addresses.contains(address) }
            }
          let isServed = route.coverage.covers(address)
          #expect(isServed == (isMeant && AddressFilter.admits(address.text, ipv4: v4, ipv6: v6)), "\(route) \(address)")
          if isServed { #expect(plan.sockets.contains { route.uses($0) && $0.takes(address) }) }
        }
      }
    }
  }

  private static func overlap(_ one: ListenerPlan.Binding, _ two: ListenerPlan.Binding) -> Bool {
    func families(_ binding: ListenerPlan.Binding) -> (Bool, Bool, HostAddress?) {
      switch binding {
      case .everything: (true, true, nil)
      case .everyIPv4: (true, false, nil)
      case .everyIPv6: (false, true, nil)
      case .address(let address): (!address.isIPv6, address.isIPv6, address)
      }
    }
    let (first, second) = (families(one), families(two))
    if let left = first.2, let right = second.2 { return left == right }
    return (first.0 && second.0) || (first.1 && second.1)
  }

  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }
}

/// The forms of a listener's Address.
struct ListenerScopeTests {
  @Test(arguments: [
    ("*", ListenerScope.all), ("IP:10.0.0.1", .address(HostAddress("10.0.0.1")!, zone: nil)),
    ("ip:2001:DB8::1", .address(HostAddress("2001:db8::1")!, zone: nil)),
    ("IP:fe80::1%eth0", .address(HostAddress("fe80::1")!, zone: "eth0")),
    ("MAC:00-15-5d-aa-BB-03", .adapter([0, 0x15, 0x5D, 0xAA, 0xBB, 3])),
  ])
  func good(text: String, scope: ListenerScope) { #expect(ListenerScope(text) == scope) }

  @Test(arguments: [
    "", "10.0.0.1", "IP:", "IP:10.0.0", "IP:10.0.0.256", "IP:[::1]", "IP:10.0.0.1%eth0", "IP:2001:db8::1%eth0", "IP:fe80::1%",
    "IP:fe80::1%a/b",
    "IP:0.0.0.0", "IP:::", "MAC:", "MAC:00-15-5d-01-02", "MAC:00:15:5d:01:02:03", "MAC:0-15-5d-01-02-03", "MAC:gg-15-5d-01-02-03",
    "MAC:+1-15-5d-01-02-03", "MAC:00-15-5d-01-02-03-", "MAC:\(Array(repeating: "00", count: 21).joined(separator: "-"))", "**", "localhost",
  ])
  func bad(text: String) { #expect(ListenerScope(text) == nil) }

  @Test("an IPv4 address inside an IPv6 one is that address; zones belong to link-local addresses alone") func normal() {
    #expect(HostAddress("::ffff:10.0.0.1") == HostAddress("10.0.0.1"))
    #expect(HostAddress("2001:db8::1", zone: 4) == HostAddress("2001:db8::1"))
    #expect(HostAddress("fe80::1", zone: 4) != HostAddress("fe80::1", zone: 5))
    #expect(HostAddress(bytes: [1, 2, 3]) == nil)
  }
}
