import SecuritySupport
import WSMan
import WinRM

/// How requests get to the service of this machine, or to what it would answer.
protocol LocalExchange: Sendable {
  /// - Throws: ``WSManFault``, or ``WinRMError`` where the service cannot be asked.
  func answer(_ request: WSManRequest) throws -> ResponseBody
}

/// The resources of this machine: the same requests as over the network, without one.
///
/// An exchange blocks its thread. The program has nothing else to do meanwhile.
struct LocalAccess: ResourceAccess {
  let exchange: any LocalExchange
  /// `-timeout`; `nil` leaves it to the service.
  var operationTimeout: Duration?

  func get(_ resource: ResourceSelection) async throws -> XMLElement {
    guard case .other(let element?) = try ask(.get, .get, resource, fragment: resource.fragment) else { throw Self.unexpected() }
    return element
  }

  func put(_ resource: ResourceSelection, _ content: XMLElement) async throws -> XMLElement? {
    guard case .other(let element) = try ask(.put, .put(content), resource, fragment: resource.fragment) else { throw Self.unexpected() }
    return element
  }

  func create(_ resource: ResourceSelection, _ content: XMLElement?) async throws -> EndpointReference {
    switch try ask(.create, .create(content), resource) {
    case .created(let reference): return reference
    case .shellCreated(let shell):
      return EndpointReference(
        resourceURI: shell.resourceURI ?? resource.uri, selectors: shell.shellID.map { [Selector("ShellId", $0)] } ?? [])
    default: throw Self.unexpected()
    }
  }

  func delete(_ resource: ResourceSelection) async throws {
    _ = try ask(.delete, resource.uri.isShell ? .deleteShell : .delete, resource)
  }

  func invoke(_ action: String, on resource: ResourceSelection, _ input: XMLElement?) async throws -> XMLElement? {
    let uri = action.contains("://") ? action : resource.uri.rawValue + "/" + action
    guard case .other(let element) = try ask(WSManAction(rawValue: uri), .other(input), resource) else { throw Self.unexpected() }
    return element
  }

  func enumerate(
    _ resource: ResourceSelection, _ options: EnumerationOptions, each: (EnumerationItem) async throws -> Void
  ) async throws {
    let request = EnumerateRequest(
      maxElements: options.batchSize, mode: options.mode, filter: options.filter, polymorphism: options.polymorphism)
    var batch = try self.batch(ask(.enumerate, .enumerate(request), resource))
    while true {
      do {
        for item in batch.items { try await each(item) }
      } catch {
        if let context = batch.context { _ = try? ask(.release, .release(context: context), resource) }
        throw error
      }
      guard let context = batch.context else { return }
      let pull = PullRequest(context: context, maxElements: options.batchSize, maxCharacters: options.maximumCharacters)
      batch = try self.batch(ask(.pull, .pull(pull), resource))
    }
  }

  private func batch(_ response: ResponseBody) throws -> EnumerationBatch {
    switch response {
    case .enumerated(let batch), .pulled(let batch): return batch
    default: throw Self.unexpected()
    }
  }

  private func ask(
    _ action: WSManAction, _ body: RequestBody, _ resource: ResourceSelection, fragment: FragmentTransfer? = nil
  ) throws -> ResponseBody {
    let header = RequestHeader(
      to: "http://localhost/wsman", resourceURI: resource.uri, action: action, operationTimeout: operationTimeout,
      selectors: resource.selectors, options: resource.options, fragment: fragment)
    return try exchange.answer(WSManRequest(header: header, body: body))
  }

  private static func unexpected() -> WinRMError {
    WinRMError(
      code: .schemaValidationError, stage: .request, cause: "The service of this machine answered something else than was asked for.",
      nextStep: "Make sure that winrm and winrmd are of the same version.")
  }
}
