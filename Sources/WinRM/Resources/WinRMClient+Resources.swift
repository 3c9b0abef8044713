import SecuritySupport
public import WSMan

// WS-Transfer and custom actions (DSP0226 §7, §9). Shells have operations of their own: WinRMClient.withShell.

extension WinRMClient {
  /// Reads a resource.
  ///
  /// - Returns: the resource; with a fragment `w:XmlFragment` with the part that was asked for.
  /// - Throws: ``WinRMError``, whose ``WinRMError/fault`` is the service's when it answered with one, or `CancellationError`.
  public func get(_ resource: ResourceSelection) async throws -> XMLElement {
    guard case .other(let element?) = try await perform(.get, .get, on: resource) else { throw session.unexpected(.request) }
    return element
  }

  /// Replaces a resource, or the part of it that the fragment names.
  ///
  /// - Parameter content: the whole resource; for a fragment `w:XmlFragment`.
  /// - Returns: what the service says the resource is now; `nil` when it says nothing.
  /// - Throws: as ``get(_:)``.
  @discardableResult
  public func put(_ resource: ResourceSelection, _ content: XMLElement) async throws -> XMLElement? {
    guard case .other(let element) = try await perform(.put, .put(content), on: resource) else { throw session.unexpected(.request) }
    return element
  }

  /// Makes a resource.
  ///
  /// - Parameter content: what it should be; `nil` where the selectors say it all.
  /// - Returns: where it is.
  /// - Throws: as ``get(_:)``.
  public func create(_ resource: ResourceSelection, _ content: XMLElement? = nil) async throws -> EndpointReference {
    switch try await perform(.create, .create(content), on: resource) {
    case .created(let reference): return reference
    case .shellCreated(let shell):
      return EndpointReference(
        resourceURI: shell.resourceURI ?? resource.uri, selectors: shell.shellID.map { [Selector("ShellId", $0)] } ?? [])
    default: throw session.unexpected(.request)
    }
  }

  /// Removes a resource.
  ///
  /// - Throws: as ``get(_:)``.
  public func delete(_ resource: ResourceSelection) async throws {
    _ = try await perform(.delete, .delete, on: resource)
  }

  /// Carries out an action of a resource, such as a method of a WMI class.
  ///
  /// - Parameters:
  ///   - action: its name, which follows the URI of the resource; or the whole URI of the action.
  ///   - input: normally an element `ACTION_INPUT` in the namespace of the resource.
  /// - Returns: what it answers, normally `ACTION_OUTPUT`; `nil` for nothing.
  /// - Throws: as ``get(_:)``. A return value that means failure is a result, not an error.
  public func invoke(_ action: String, on resource: ResourceSelection, _ input: XMLElement? = nil) async throws -> XMLElement? {
    let uri = action.contains("://") ? action : resource.uri.rawValue + "/" + action
    guard case .other(let element) = try await perform(WSManAction(rawValue: uri), .other(input), on: resource) else {
      throw session.unexpected(.request)
    }
    return element
  }

  /// One request about a resource.
  func perform(_ action: WSManAction, _ body: RequestBody, on resource: ResourceSelection) async throws -> ResponseBody {
    do { return try await exchange(action, body, on: resource) } catch let fault as WSManFault { throw session.failure(fault, .request) }
  }

  /// As ``perform(_:_:on:)``, with a fault thrown as it came.
  func exchange(
    _ action: WSManAction, _ body: RequestBody, on resource: ResourceSelection, operationTimeout: Duration? = nil
  ) async throws -> ResponseBody {
    let timeout = operationTimeout ?? session.operationTimeout
    var header = session.header(
      resource.uri, action, selectors: resource.selectors, options: resource.options, operationTimeout: timeout)
    if action == .get || action == .put { header.fragment = resource.fragment }
    return try await mainLane.perform(
      WSManRequest(header: header, body: body), timeout: session.readTimeout(operationTimeout: timeout)
    ).body
  }
}
