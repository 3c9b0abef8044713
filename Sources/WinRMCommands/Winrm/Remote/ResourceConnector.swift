public import WSMan
public import WinRM

/// Connects to a service whose resources are read or changed. The command sees the network through this alone, so that tests can answer.
public protocol ResourceConnector: Sendable {
  /// - Throws: ``WinRMError``, or what `body` throws.
  func connect(_ configuration: WinRMClientConfiguration, _ body: (any ResourceAccess) async throws -> Void) async throws
}

/// What can be done with the resources of one service.
///
/// Every function throws ``WinRMError``.
public protocol ResourceAccess: Sendable {
  func get(_ resource: ResourceSelection) async throws -> XMLElement
  func put(_ resource: ResourceSelection, _ content: XMLElement) async throws -> XMLElement?
  func create(_ resource: ResourceSelection, _ content: XMLElement?) async throws -> EndpointReference
  func delete(_ resource: ResourceSelection) async throws
  func invoke(_ action: String, on resource: ResourceSelection, _ input: XMLElement?) async throws -> XMLElement?
  /// Calls `each` with one item after the other.
  func enumerate(
    _ resource: ResourceSelection, _ options: EnumerationOptions, each: (EnumerationItem) async throws -> Void
  ) async throws
}

/// Connects over the network.
public struct NetworkResourceConnector: ResourceConnector {
  public init() {}

  public func connect(_ configuration: WinRMClientConfiguration, _ body: (any ResourceAccess) async throws -> Void) async throws {
    try await withWinRMClient(configuration) { try await body(ClientAccess(client: $0)) }
  }
}

private struct ClientAccess: ResourceAccess {
  let client: WinRMClient

  func get(_ resource: ResourceSelection) async throws -> XMLElement { try await client.get(resource) }

  func put(_ resource: ResourceSelection, _ content: XMLElement) async throws -> XMLElement? { try await client.put(resource, content) }

  func create(_ resource: ResourceSelection, _ content: XMLElement?) async throws -> EndpointReference {
    try await client.create(resource, content)
  }

  func delete(_ resource: ResourceSelection) async throws { try await client.delete(resource) }

  func invoke(_ action: String, on resource: ResourceSelection, _ input: XMLElement?) async throws -> XMLElement? {
    try await client.invoke(action, on: resource, input)
  }

  func enumerate(
    _ resource: ResourceSelection, _ options: EnumerationOptions, each: (EnumerationItem) async throws -> Void
  ) async throws {
    try await client.enumerate(resource, options) { for try await item in $0 { try await each(item) } }
  }
}
