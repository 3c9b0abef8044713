import Certificates
import LogonInterface
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import WinRMConfiguration
import WinRMResources

/// Opens, changes and closes the listeners while the service runs.
///
/// Each change of the settings, and of the machine's addresses, makes a new ``ListenerPlan``; what differs from the one before is done, and
/// nothing else. Connections belong to no socket: they stand as long as a listener is there for the place where they arrived. What cannot
/// be listened on is told once, and tried again with each change and every ten seconds. Addresses are looked at every two seconds.
final class ListenerControl: Sendable {
  private enum Command {
    case apply, look, stop
  }

  private struct Orders {
    var settings: WinRMSettings
    /// How many changes there have been, and how many of them are done.
    var given = 0
    var done = 0
    var hasEnded = false
    var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  /// What the running task remembers from one change to the next.
  struct Memory {
    var network: HostNetwork?
    var open: [ListenerPlan.Socket: ListenerSocket] = [:]
    var identities: [ListenerPlan.Key: ListenerTLS] = [:]
    var announced: [ListenerPlan.Key: ListenerAddress] = [:]
    /// What the log says about listeners and sockets that are not served.
    var complaints: [Complaint: String] = [:]
    var saysNobodyListens = false
    var calendar = CertificateCalendar()
    /// Looks since what failed was tried last.
    var patience = 0
  }

  enum Complaint: Hashable {
    case listener(ListenerPlan.Key)
    case certificate(ListenerPlan.Key)
    case socket(ListenerPlan.Socket)
  }

  static let lookInterval = Duration.seconds(2)
  private static let looksBetweenTries = 5

  let table = ListenerTable()
  let gate: AcceptGate
  let certificates: ListenerCertificates
  let onListening: @Sendable (ListenerAddress) -> Void
  let group: any EventLoopGroup
  let logger: Logger
  private let network: @Sendable () -> HostNetwork
  private let served: ServedListeners?
  private let time: TimeSource
  private let orders: Mutex<Orders>
  private let commands: AsyncStream<Command>
  private let continuation: AsyncStream<Command>.Continuation

  init(
    settings: WinRMSettings, gate: AcceptGate, certificates: ListenerCertificates, group: any EventLoopGroup, logger: Logger,
    time: TimeSource, network: @escaping @Sendable () -> HostNetwork = { .current() }, served: ServedListeners? = nil,
    onListening: @escaping @Sendable (ListenerAddress) -> Void
  ) {
    self.gate = gate
    self.certificates = certificates
    self.group = group
    self.logger = logger
    self.time = time
    self.network = network
    self.served = served
    self.onListening = onListening
    orders = Mutex(Orders(settings: settings))
    (commands, continuation) = AsyncStream.makeStream()
  }

  // MARK: Orders

  /// Takes over the listeners, filters and certificates of other settings. It is done when ``settled()`` returns.
  func apply(_ settings: WinRMSettings) {
    orders.withLock { orders in
      orders.settings = settings
      orders.given += 1
    }
    continuation.yield(.apply)
  }

  /// Returns when every order that has been given is done, or nobody carries out orders any more.
  func settled() async {
    await withCheckedContinuation { continuation in
      let isDone = orders.withLock { orders in
        guard orders.done < orders.given, !orders.hasEnded else { return true }
        orders.waiting.append((orders.given, continuation))
        return false
      }
      if isDone { continuation.resume() }
    }
  }

  private func finish(_ number: Int, isEnd: Bool = false) {
    let ready = orders.withLock { orders in
      orders.done = max(orders.done, number)
      orders.hasEnded = orders.hasEnded || isEnd
      let ready = orders.waiting.filter { $0.number <= orders.done || isEnd }
      orders.waiting.removeAll { $0.number <= orders.done || isEnd }
      return ready
    }
    for (_, continuation) in ready { continuation.resume() }
  }

  // MARK: Running

  /// Listens until a graceful shutdown or cancellation, and returns when all connections have ended.
  ///
  /// - Parameter makeContext: what connections of a listener work with.
  func run(_ makeContext: @escaping @Sendable (ListenerTable.Place, ListenerTLS?) -> ListenerContext) async {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask { [time, continuation] in
          while !Task.isCancelled {
            do { try await time.sleep(Self.lookInterval) } catch { return }
            continuation.yield(.look)
          }
        }
        await serve(makeContext)
        tasks.cancelAll()
      }
    } onGracefulShutdown: { [continuation] in
      continuation.yield(.stop)
    }
    finish(0, isEnd: true)
  }

  private func serve(_ makeContext: @escaping @Sendable (ListenerTable.Place, ListenerTLS?) -> ListenerContext) async {
    let connections = Nursery()
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { await connections.run() }
      var memory = Memory()
      await change(&memory, &tasks, connections, makeContext)
      commands: for await command in commands {
        switch command {
        case .apply: await change(&memory, &tasks, connections, makeContext)
        case .look:
          memory.calendar.look(logger: logger)
          if isChangeDue(&memory) { await change(&memory, &tasks, connections, makeContext) }
        case .stop: break commands
        }
      }
      for socket in memory.open.values { await socket.close() }
      table.quiesce()
      connections.close()
    }
  }

  private func isChangeDue(_ memory: inout Memory) -> Bool {
    if network() != memory.network { return true }
    guard memory.complaints.keys.contains(where: { if case .socket = $0 { true } else { false } }) else { return false }
    memory.patience += 1
    return memory.patience >= Self.looksBetweenTries
  }

  private func change(
    _ memory: inout Memory, _ tasks: inout DiscardingTaskGroup, _ connections: Nursery,
    _ makeContext: @escaping @Sendable (ListenerTable.Place, ListenerTLS?) -> ListenerContext
  ) async {
    let (settings, number) = orders.withLock { ($0.settings, $0.given) }
    let network = network()
    memory.network = network
    memory.patience = 0
    let served = certificates.renew(&memory, for: settings, logger: logger)
    let plan = ListenerPlan(
      listeners: served, ipv4Filter: settings.service.ipv4Filter, ipv6Filter: settings.service.ipv6Filter, network: network)
    for (socket, open) in memory.open where !plan.sockets.contains(socket) {
      await open.close()
      memory.open[socket] = nil
    }
    table.update(plan.routes, identities: memory.identities)
    let failures = await open(plan, &memory, &tasks, connections, makeContext)
    report(plan, failures, &memory)
    announce(plan, network, &memory)
    tell(plan, network, memory, settings)
    finish(number)
  }

  private func open(
    _ plan: ListenerPlan, _ memory: inout Memory, _ tasks: inout DiscardingTaskGroup, _ connections: Nursery,
    _ makeContext: @escaping @Sendable (ListenerTable.Place, ListenerTLS?) -> ListenerContext
  ) async -> [ListenerPlan.Socket: BindFailure] {
    var failures: [ListenerPlan.Socket: BindFailure] = [:]
    for socket in plan.sockets where memory.open[socket] == nil {
      do throws(BindFailure) {
        let opened = try await ListenerSocket.open(socket, gate: gate, group: group, logger: logger) { [table] channel in
          let place = ListenerTable.Place(socket, address: HostAddress(channel.localAddress))
          let identity = socket.transport == .https ? table.identity(at: place) : nil
          // Its listener has just gone. Without TLS there is nothing to say.
          guard socket.transport == .http || identity != nil else {
            return channel.eventLoop.makeFailedFuture(ChannelError.eof)
          }
          let connection = ConnectionChannel(listener: makeContext(place, identity))
          return connection.setup(channel: channel, logger: connection.listener.logger).map { value in
            table.enter(channel, at: place, life: value.life)
            return ListenerSocket.Arrival(connection: connection, value: value)
          }
        }
        memory.open[socket] = opened
        tasks.addTask {
          await opened.run { arrival in
            if !connections.start({ await arrival.serve() }) { arrival.value.channel.close(promise: nil) }
          }
        }
      } catch {
        failures[socket] = error
      }
    }
    return failures
  }

  // MARK: Telling

  private func report(_ plan: ListenerPlan, _ failures: [ListenerPlan.Socket: BindFailure], _ memory: inout Memory) {
    var complaints: [Complaint: String] = memory.complaints.filter { if case .certificate = $0.key { true } else { false } }
    for (key, problem) in plan.problems {
      complaints[.listener(key)] = problem.description
      guard memory.complaints[.listener(key)] != problem.description else { continue }
      logger.error(
        "a listener is not served",
        metadata: ["address": "\(key.address)", "transport": "\(key.transport.rawValue)", "reason": "\(problem)"])
    }
    for (socket, failure) in failures {
      complaints[.socket(socket)] = failure.reason
      guard memory.complaints[.socket(socket)] != failure.reason else { continue }
      let listeners = plan.routes.filter { $0.uses(socket) }.map { "\($0.key.address)+\($0.key.transport.rawValue)" }
      logger.error(
        "Cannot listen on \(socket.binding.text):\(socket.port): \(failure.reason)",
        metadata: ["listener": "\(listeners.joined(separator: " "))", "port": "\(socket.port)", "do": "\(failure.advice)"])
    }
    memory.complaints = complaints
  }

  private func announce(_ plan: ListenerPlan, _ network: HostNetwork, _ memory: inout Memory) {
    var listening: [ListenerPlan.Key: ListenerAddress] = [:]
    for route in plan.routes {
      let open = plan.sockets.filter { route.uses($0) && memory.open[$0] != nil }
      guard let first = open.first, let socket = memory.open[first] else { continue }
      var address = ListenerAddress(
        scheme: route.key.transport == .http ? "http" : "https", host: Self.host(of: route.key), port: socket.port, prefix: route.prefix)
      // All addresses there are go without saying.
      if !(route.coverage.allIPv4 || !network.hasIPv4) || !(route.coverage.allIPv6 || !network.hasIPv6) {
        address.addresses = plan.listeningOn(route.key, network: network)
      }
      listening[route.key] = address
      if memory.announced[route.key] != address { onListening(address) }
    }
    for (key, address) in memory.announced where listening[key] == nil { logger.notice("no longer listening on \(address)") }
    if listening.isEmpty, !memory.saysNobodyListens {
      logger.warning(
        "no listener is served: nobody can connect over the network until one is",
        metadata: ["do": "make one with: winrm quickconfig; look at those that there are with: winrm enumerate winrm/config/listener"])
    }
    memory.saysNobodyListens = listening.isEmpty
    memory.announced = listening
  }

  private func tell(_ plan: ListenerPlan, _ network: HostNetwork, _ memory: Memory, _ settings: WinRMSettings) {
    guard let served else { return }
    let open = Set(memory.open.keys)
    served.update(
      Dictionary(uniqueKeysWithValues: plan.routes.map { ($0.key, plan.listeningOn($0.key, network: network, open: open)) }), for: settings)
  }

  /// As people know the listener: without `IP:`.
  private static func host(of key: ListenerPlan.Key) -> String {
    key.address.uppercased().hasPrefix("IP:") ? String(key.address.dropFirst(3)) : key.address
  }
}
