import Dispatch
import WSMan
import WinRMResources

/// The configuration, for requests: its files block, so that what reads and writes them runs on threads of its own.
struct ConfigurationAccess: Sendable {
  private let resources: ConfigurationResources?
  private let onChange: @Sendable () async -> Void
  private static let queue = DispatchQueue(label: "winrm.service.configuration", attributes: .concurrent)

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
    let outcome = try await withCheckedContinuation { [request] continuation in
      Self.queue.async {
        continuation.resume(
          returning: Result { () throws(WSManFault) in try resources.answer(request, owner: owner) })
      }
    }.get()
    if outcome.changed { await onChange() }
    return outcome.body
  }
}
