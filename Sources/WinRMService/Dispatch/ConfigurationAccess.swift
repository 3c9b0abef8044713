import BlockingThreads
import WSMan
import WinRMResources

/// The configuration, for requests: its files block, so that what reads and writes them runs on threads of its own.
///
/// They are neither Dispatch's nor the cooperative pool's, which on Linux are the same few threads: the resources ask the authority for the
/// password of a certificate mapping and wait for its answer, which tasks on those threads give. Whoever waited on one of them could take the
/// last thread away from the answer.
struct ConfigurationAccess: Sendable {
  private let resources: ConfigurationResources?
  private let onChange: @Sendable () async -> Void
  /// More than the clients of one machine ask for at once, and far fewer than the threads that a process may have.
  private static let threads = BlockingPool(slots: 64, deadline: .seconds(60))

  /// - Parameters:
  ///   - resources: `nil` for a service that does not let its configuration be seen.
  ///   - onChange: returns when the stored settings hold.
  init(_ resources: ConfigurationResources?, onChange: @escaping @Sendable () async -> Void) {
    self.resources = resources
    self.onChange = onChange
  }

  var isThere: Bool { resources != nil }

  func serves(_ resource: ResourceURI) -> Bool { resources?.serves(resource) ?? false }

  /// Carries a request out. The answer to a change comes when the service works with the new settings.
  ///
  /// - Parameters:
  ///   - owner: one text for each caller.
  ///   - envelopeSize: the largest answer that the service gives.
  func answer(_ request: WSManRequest, owner: String, envelopeSize: Int) async throws(WSManFault) -> ResponseBody {
    guard let resources else { throw .destinationUnreachable(request.header.resourceURI) }
    var request = request
    request.header.maxEnvelopeSize = min(request.header.maxEnvelopeSize, envelopeSize)
    let outcome = try await Self.ask(resources, request, owner)
    guard outcome.changed else { return outcome.body }
    await onChange()
    guard outcome.isProvisional else { return outcome.body }
    // What holds now. Where somebody else has removed it meanwhile, what was answered before is the truth about the change.
    request.header.action = .get
    request.body = .get
    return (try? await Self.ask(resources, request, owner).body) ?? outcome.body
  }

  private static func ask(
    _ resources: ConfigurationResources, _ request: WSManRequest, _ owner: String
  ) async throws(WSManFault) -> ConfigurationResources.Outcome {
    let result: Result<ConfigurationResources.Outcome, WSManFault>
    do throws(BlockingPoolError) {
      result = try await threads.runToEnd { Result { () throws(WSManFault) in try resources.answer(request, owner: owner) } }
    } catch {
      throw .quotaMaxOperations(limit: threads.slots)
    }
    return try result.get()
  }
}
