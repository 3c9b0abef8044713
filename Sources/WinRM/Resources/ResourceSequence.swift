import SecuritySupport
public import WSMan

/// The instances of a resource, fetched in batches while they are gone through. It can be gone through once.
///
/// An operation that takes too long on the service is asked for again up to twice, as Windows does.
public struct ResourceSequence: AsyncSequence, Sendable {
  public typealias Element = EnumerationItem

  let enumeration: Enumeration

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(enumeration: enumeration) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let enumeration: Enumeration

    /// - Throws: ``WinRMError``, `CancellationError`.
    public mutating func next() async throws -> EnumerationItem? { try await enumeration.next() }
  }
}

extension WinRMClient {
  /// Goes through the instances of a resource for the time of `body`. What the service keeps for that is released then, also when `body`
  /// did not go to the end.
  ///
  /// - Throws: ``WinRMError``, `CancellationError`, or what `body` throws.
  public func enumerate<R>(
    _ resource: ResourceSelection, _ options: EnumerationOptions = EnumerationOptions(), body: (ResourceSequence) async throws -> R
  ) async throws -> R {
    let enumeration = Enumeration(client: self, resource: resource, options: options)
    do {
      let result = try await body(ResourceSequence(enumeration: enumeration))
      await enumeration.release()
      return result
    } catch {
      await enumeration.release()
      throw error
    }
  }

  /// All instances of a resource.
  ///
  /// - Parameter limit: how many at most; where there are more, the rest is left out.
  /// - Throws: as ``enumerate(_:_:body:)``.
  public func instances(
    of resource: ResourceSelection, _ options: EnumerationOptions = EnumerationOptions(), limit: Int
  ) async throws -> [EnumerationItem] {
    try await enumerate(resource, options) { sequence in
      var items: [EnumerationItem] = []
      for try await item in sequence {
        guard items.count < limit else { break }
        items.append(item)
      }
      return items
    }
  }
}

/// One enumeration under way.
actor Enumeration {
  private enum State {
    case notBegun
    /// What the next Pull has to say.
    case open(context: String)
    case finished
  }

  private let client: WinRMClient
  private let resource: ResourceSelection
  private let options: EnumerationOptions
  private var state = State.notBegun
  private var items: [EnumerationItem] = []
  private var next = 0
  /// A service that sends empty batches for ever must end some time.
  private var emptyBatches = 0
  private static let maximumEmptyBatches = 1_000

  init(client: WinRMClient, resource: ResourceSelection, options: EnumerationOptions) {
    self.client = client
    self.resource = resource
    self.options = options
  }

  func next() async throws -> EnumerationItem? {
    while next == items.count {
      guard try await fetch() else { return nil }
    }
    defer { next += 1 }
    return items[next]
  }

  /// Fetches the next batch; `false` when there is none.
  private func fetch() async throws -> Bool {
    let response: ResponseBody
    switch state {
    case .finished: return false
    case .notBegun:
      let request = EnumerateRequest(
        maxElements: options.batchSize, mode: options.mode, filter: options.filter, polymorphism: options.polymorphism)
      response = try await patiently { try await self.client.exchange(.enumerate, .enumerate(request), on: self.resource) }
    case .open(let context):
      let request = PullRequest(
        context: context, maxTime: client.session.operationTimeout, maxElements: options.batchSize,
        maxCharacters: options.maximumCharacters)
      response = try await patiently { try await self.client.exchange(.pull, .pull(request), on: self.resource) }
    }
    guard case .enumerated(let batch) = response.asBatch else {
      state = .finished
      throw client.session.unexpected(.request)
    }
    (items, next) = (batch.items, 0)
    state = batch.context.map { .open(context: $0) } ?? .finished
    emptyBatches = batch.items.isEmpty ? emptyBatches + 1 : 0
    guard emptyBatches <= Self.maximumEmptyBatches else { throw client.session.unexpected(.request) }
    return true
  }

  /// Asks again up to twice when the service's time was up.
  private func patiently(_ ask: () async throws -> ResponseBody) async throws -> ResponseBody {
    var attempts = 0
    while true {
      do { return try await ask() } catch let fault as WSManFault {
        attempts += 1
        if (fault.wsmanCode ?? fault.impliedCode) == .operationTimedOut, attempts < 3 { continue }
        if fault.wsmanCode == .invalidEnumerationContext { state = .finished }
        throw client.session.failure(fault, .request)
      } catch {
        // Whether the service still knows the context is not known: the connection is gone.
        state = .finished
        throw error
      }
    }
  }

  /// Tells the service that no more is wanted. Failures do not matter: what it keeps expires.
  func release() async {
    guard case .open(let context) = state else { return }
    state = .finished
    let (client, resource) = (client, resource)
    // To its end, also when the calling task has been cancelled.
    await Task {
      _ = try? await client.exchange(.release, .release(context: context), on: resource, operationTimeout: RemoteShell.cleanUpTimeout)
    }.value
  }
}

extension ResponseBody {
  /// The answers to Enumerate and Pull alike.
  fileprivate var asBatch: ResponseBody {
    if case .pulled(let batch) = self { return .enumerated(batch) }
    return self
  }
}
