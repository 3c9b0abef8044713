import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRM

/// WS-Transfer, WS-Enumeration and actions, over the wire against a service that a test plays.
@Suite struct ResourceTests {
  static let uri = ResourceURI(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service")
  static let object = XMLElement(XMLName(namespace: uri.rawValue, localName: "Win32_Service"), text: "x")

  private func run(
    _ answers: @escaping @Sendable (WSManRequest) async -> Answer, _ body: @escaping @Sendable (WinRMClient) async throws -> Void
  ) async throws -> [WSManRequest] {
    let service = try FakeService(answers: answers)
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { try await body($0) }
    }
    return await service.envelopes
  }

  @Test("Get, Put, Create, Delete and an action: what is asked, and what comes of it")
  func transfer() async throws {
    let requests = try await run { request in
      switch request.body {
      case .get, .put: .body(.other(Self.object))
      case .create: .body(.created(EndpointReference(address: "http://a/", resourceURI: Self.uri, selectors: [Selector("Name", "n")])))
      case .delete: .body(.deleted)
      default: .body(.other(nil))
      }
    } _: { client in
      let resource = ResourceSelection(
        Self.uri, selectors: ["Name": "n"], options: [OptionValue("o", "1")], fragment: FragmentTransfer("a/text()"))
      #expect(try await client.get(resource) == Self.object)
      #expect(try await client.put(resource, Self.object) == Self.object)
      let made = try await client.create(resource, Self.object)
      #expect(ResourceSelection(made) == ResourceSelection(Self.uri, selectors: ["Name": "n"]))
      try await client.delete(resource)
      #expect(try await client.invoke("StopService", on: resource, Self.object) == nil)
    }
    #expect(requests.map(\.body) == [.get, .put(Self.object), .create(Self.object), .delete, .other(Self.object)])
    #expect(requests.allSatisfy { $0.header.selectors == ["Name": "n"] && $0.header.option("o") == "1" })
    #expect(requests.map { $0.header.fragment?.path } == ["a/text()", "a/text()", nil, nil, nil])
    #expect(requests.last?.header.action?.rawValue == Self.uri.rawValue + "/StopService")
  }

  @Test("A fault is thrown with the service's own words; without a number by its name")
  func fault() async throws {
    _ = try await run { _ in
      .fault(WSManFault(code: .sender, subcode: XMLName(.wsman, "AlreadyExists"), wsmanCode: nil, reason: "It is there."))
    } _: { client in
      let error = await #expect(throws: WinRMError.self) { try await client.create(ResourceSelection(Self.uri)) }
      #expect(error?.code == .alreadyExists && error?.stage == .request && error?.fault?.reason == "It is there.")
    }
  }

  @Test("An answer that belongs to another question")
  func wrongAnswer() async throws {
    _ = try await run { _ in
      .body(.other(nil))
    } _: { client in
      await #expect(throws: WinRMError.self) { try await client.get(ResourceSelection(Self.uri)) }
      await #expect(throws: WinRMError.self) { try await client.create(ResourceSelection(Self.uri)) }
      await #expect(throws: WinRMError.self) { try await client.instances(of: ResourceSelection(Self.uri), limit: 10) }
    }
  }

  private static func item(_ number: Int) -> EnumerationItem {
    EnumerationItem(object: XMLElement(XMLName(namespace: "urn:i", localName: "i"), text: String(number)))
  }

  /// Serves `count` items in batches of two, with a new context each time.
  private static func serving(_ count: Int) -> @Sendable (WSManRequest) -> Answer {
    { request in
      func batch(from start: Int) -> EnumerationBatch {
        let end = min(start + 2, count)
        return EnumerationBatch(items: (start..<end).map { item($0) }, context: end < count ? "uuid:\(end)" : nil)
      }
      switch request.body {
      case .enumerate: return .body(.enumerated(batch(from: 0)))
      case .pull(let pull): return .body(.pulled(batch(from: Int(pull.context.dropFirst(5)) ?? 0)))
      default: return .body(.other(nil))
      }
    }
  }

  @Test("Enumerate goes on until there is no more, with the last context each time")
  func enumerate() async throws {
    let requests = try await run(Self.serving(5)) { client in
      let options = EnumerationOptions(mode: .objectAndReference, batchSize: 2, maximumCharacters: 1_000)
      let items = try await client.instances(of: ResourceSelection(Self.uri), options, limit: 100)
      #expect(items == (0..<5).map { Self.item($0) })
    }
    #expect(
      requests.map(\.body) == [
        .enumerate(EnumerateRequest(maxElements: 2, mode: .objectAndReference)),
        .pull(PullRequest(context: "uuid:2", maxTime: .seconds(20), maxElements: 2, maxCharacters: 1_000)),
        .pull(PullRequest(context: "uuid:4", maxTime: .seconds(20), maxElements: 2, maxCharacters: 1_000)),
      ])
  }

  @Test("Whoever stops early releases the enumeration; whoever reaches the end does not")
  func release() async throws {
    let requests = try await run(Self.serving(5)) { client in
      try await client.enumerate(ResourceSelection(Self.uri)) { items in
        for try await item in items where item == Self.item(1) { break }
      }
      struct Stop: Error {}
      await #expect(throws: Stop.self) {
        try await client.enumerate(ResourceSelection(Self.uri)) { items in
          for try await _ in items { throw Stop() }
        }
      }
      _ = try await client.enumerate(ResourceSelection(Self.uri)) { _ in 0 }
    }
    #expect(requests.map { $0.header.action == .release } == [false, true, false, true])
    #expect(requests[1].body == .release(context: "uuid:2"))
  }

  @Test("What takes too long is asked for again, up to twice")
  func timeouts() async throws {
    let faults = Mutex(2)
    let requests = try await run { request in
      guard case .pull = request.body else { return Self.serving(3)(request) }
      let isLate = faults.withLock { left in
        left -= 1
        return left >= 0
      }
      return isLate ? .fault(.timedOut) : Self.serving(3)(request)
    } _: { client in
      let items = try await client.instances(of: ResourceSelection(Self.uri), limit: 100)
      #expect(items.count == 3)
    }
    #expect(requests.count == 4)
    _ = try await run { request in
      if case .pull = request.body { .fault(.timedOut) } else { Self.serving(3)(request) }
    } _: { client in
      let error = await #expect(throws: WinRMError.self) { try await client.instances(of: ResourceSelection(Self.uri), limit: 100) }
      #expect(error?.code == .operationTimedOut)
    }
  }

  @Test("A service that sends empty batches for ever is left")
  func emptyBatches() async throws {
    let requests = try await run { request in
      switch request.body {
      case .enumerate: .body(.enumerated(EnumerationBatch(context: "c")))
      case .pull: .body(.pulled(EnumerationBatch(context: "c")))
      default: .body(.other(nil))
      }
    } _: { client in
      await #expect(throws: WinRMError.self) { try await client.instances(of: ResourceSelection(Self.uri), limit: 1) }
    }
    #expect(requests.count > 100 && requests.last?.header.action == .release)
  }
}
