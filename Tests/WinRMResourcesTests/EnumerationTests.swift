import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

@Suite struct EnumerationTests {
  private let path = "config/listener"

  /// A machine with so many listeners, and a clock that stands still.
  private func machine(_ count: Int, clock: Clock = Clock()) throws -> Machine {
    let machine = try Machine { $0.now = { clock.time.withLock { $0 } } }
    _ = try machine.store.update { settings in
      for number in 0..<count {
        try settings.addListener(ListenerSettings(selectingAddress: "IP:127.0.1.\(number + 1)", transport: "HTTP"))
      }
    }
    return machine
  }

  final class Clock: Sendable {
    let time = Mutex(ContinuousClock.now)
    func advance(_ duration: Duration) { time.withLock { $0 += duration } }
  }

  @Test("All at once where there is room, in batches where there is not, one at a time where nothing is said")
  func batches() throws {
    let machine = try machine(5)
    let all = try machine.enumerate(path)
    #expect(all.context == nil && all.items.compactMap(\.object).map { $0.at("Address")?.text } == (1...5).map { "IP:127.0.1.\($0)" })
    let first = try machine.enumerate(path, EnumerateRequest(maxElements: 2))
    #expect(first.items.count == 2)
    let second = try machine.pull(path, PullRequest(context: try #require(first.context), maxElements: 2))
    #expect(second.items.count == 2 && second.context != first.context)
    let third = try machine.pull(path, PullRequest(context: try #require(second.context), maxElements: 2))
    #expect(third.items.count == 1 && third.context == nil)
    #expect(try machine.enumerate(path, EnumerateRequest()).items.count == 1)
    #expect(try machine.enumerate(path, EnumerateRequest(isOptimized: false)).items.isEmpty)
    let later = try #require(try machine.enumerate(path, EnumerateRequest(isOptimized: false)).context)
    #expect(try machine.pull(path, PullRequest(context: later)).items.count == 1)
  }

  @Test("Nothing there: the end at once, or with the first Pull")
  func empty() throws {
    let machine = try machine(0)
    #expect(try machine.enumerate(path) == EnumerationBatch(context: nil))
    let context = try #require(try machine.enumerate(path, EnumerateRequest(isOptimized: false)).context)
    #expect(try machine.pull(path, PullRequest(context: context)) == EnumerationBatch(context: nil))
  }

  @Test("Objects, references, both") func modes() throws {
    let machine = try machine(1)
    let reference = try #require(try machine.enumerate(path, EnumerateRequest(maxElements: 9, mode: .reference)).items.first?.reference)
    #expect(reference.selector("Address") == "IP:127.0.1.1" && reference.selector("Transport") == "HTTP")
    let both = try #require(try machine.enumerate(path, EnumerateRequest(maxElements: 9, mode: .objectAndReference)).items.first)
    #expect(both.reference == reference && both.object?.at("Address")?.text == "IP:127.0.1.1")
  }

  @Test("MaxBatchItems, MaxCharacters and MaxEnvelopeSize limit a batch; one item that does not fit is a fault, and not lost")
  func limits() throws {
    let machine = try machine(8)
    _ = try machine.store.update { try $0.set([("MaxBatchItems", "3")], of: .config) }
    let first = try machine.enumerate(path)
    #expect(first.items.count == 3)
    let context = try #require(first.context)
    let characters = try #require(first.items.first?.object).xml().unicodeScalars.count
    machine.refused(0x8033_8048, "EncodingLimit", mentioning: "MaxCharacters") {
      _ = try machine.pull(path, PullRequest(context: context, maxElements: 9, maxCharacters: characters - 1))
    }
    let second = try machine.pull(path, PullRequest(context: context, maxElements: 9, maxCharacters: characters * 2))
    #expect(second.items.count == 2)
    // 8192 is the smallest envelope that a client may ask for: some of these items have room in it.
    let third = try machine.pull(path, PullRequest(context: try #require(second.context), maxElements: 9), size: 8_192)
    #expect(!third.items.isEmpty)
    let response = WSManResponse(to: RequestHeader(to: "x", resourceURI: nil, action: .pull), body: .pulled(third)).encode()
    #expect(response.count <= 8_192)
  }

  @Test("A context is good once, for its caller, its resource, and its time; Release ends it")
  func contexts() throws {
    let clock = Clock()
    let machine = try machine(3, clock: clock)
    func begin() throws -> String { try #require(try machine.enumerate(path, EnumerateRequest(maxElements: 1)).context) }
    func bad(_ context: String, _ path: String = "config/listener", owner: String = "root") {
      machine.refused(0x8033_801B, "InvalidEnumerationContext") {
        _ = try machine.pull(path, PullRequest(context: context), owner: owner)
      }
    }
    bad("uuid:none")
    let once = try begin()
    _ = try machine.pull(path, PullRequest(context: once))
    bad(once)
    let own = try begin()
    bad(own, owner: "eve")
    bad(own, "config/plugin")
    machine.refused(0x8033_801B) { try machine.ask(path, .release, .release(context: own), owner: "eve") }
    #expect(try machine.ask(path, .release, .release(context: own)) == ConfigurationResources.Outcome(.other(nil)))
    bad(own)
    let old = try begin()
    clock.advance(.milliseconds(239_999))
    let next = try #require(try machine.pull(path, PullRequest(context: old)).context)
    clock.advance(.milliseconds(240_001))
    bad(next)
  }

  @Test("One caller has so many enumerations and no more; the expired ones do not count")
  func bounded() throws {
    let clock = Clock()
    let machine = try machine(2, clock: clock)
    func begin(_ owner: String) throws { _ = try machine.enumerate(path, EnumerateRequest(maxElements: 1), owner: owner) }
    for _ in 0..<Enumerations.maximumPerOwner { try begin("eve") }
    machine.refused(0x8033_81A6, "QuotaLimit") { try begin("eve") }
    try begin("adam")
    clock.advance(.seconds(300))
    try begin("eve")
  }

  @Test("What enumerations of the configuration do not know")
  func unsupported() throws {
    let machine = try machine(1)
    func refused(_ code: UInt32, _ request: EnumerateRequest, _ path: String = "config/listener") -> WSManFault? {
      machine.refused(code) { _ = try machine.enumerate(path, request) }
    }
    let filter = EnumerationFilter(dialect: EnumerationFilter.wql, content: .text("select * from x"))
    #expect(refused(0x8033_8018, EnumerateRequest(filter: filter))?.subcode?.localName == "FilteringNotSupported")
    #expect(refused(0x8033_8042, EnumerateRequest(expires: "PT10M"))?.detail == .expirationTime)
    #expect(refused(0x8033_8137, EnumerateRequest(polymorphism: PolymorphismMode.none)) != nil)
    for path in ["config/plugin", "config/service/certmapping"] {
      #expect(refused(0x8033_8042, EnumerateRequest(mode: .reference), path)?.detail == .enumerationMode)
    }
    machine.refused(0x8033_805B) { try machine.ask(path, .enumerate, .enumerate(EnumerateRequest()), ["Address": "*"]) }
  }
}
