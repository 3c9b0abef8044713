import Logging
import SecuritySupport
import WSMan

/// Lets a request through, or refuses it, and leaves the line in the log that says so.
struct AccessGate: Sendable {
  let control: AccessControl
  let logger: Logger

  /// Whoever owns the service passes in any case, by the socket on this machine: root must be able to repair descriptors that shut everybody
  /// out.
  ///
  /// - Throws: the fault AccessDenied, code 5.
  func check(_ request: WSManRequest, on resource: ResourceURI, of caller: Caller) throws(WSManFault) {
    let right = AccessRight(request)
    let source = control.source(for: resource)
    let token = caller.token
    let isGranted = token.has(right, by: source.descriptor)
    let passes = isGranted || token.ownsService
    let isAudited = source.isAudited(right, by: token, granted: passes) && (!passes || request.isWorthAuditing)
    guard !passes || isAudited || !isGranted else { return }
    let metadata: Logger.Metadata = [
      "account": "\(token.accountName.sanitizedForLog())", "source": "\(caller.source)",
      "resource": "\(resource.rawValue.sanitizedForLog(limit: 256))",
      "action": "\((request.header.action?.rawValue ?? "none").sanitizedForLog(limit: 256))", "right": "\(right.rawValue)",
      "descriptor": "\(source.name.sanitizedForLog(limit: 512))",
    ]
    if !passes {
      logger.log(level: isAudited ? .notice : .info, "access denied", metadata: metadata)
      throw .accessDenied("Access is denied: \(right.explanation)")
    }
    logger.notice(
      isGranted ? "access granted" : "access granted to the owner of the service, whom the descriptor denies it", metadata: metadata)
  }
}

extension WSManRequest {
  /// Whether the use of a resource begins with the request. What goes on in a shell belongs to its Create, which was recorded.
  fileprivate var isWorthAuditing: Bool {
    switch body {
    case .command, .send, .receive, .signal, .deleteShell: header.resourceURI?.matches(.shellCmd) != true
    case .identify, .createShell, .get, .put, .create, .delete, .enumerate, .pull, .release, .other: true
    }
  }
}

extension AccessRight {
  /// For whoever was refused.
  fileprivate var explanation: String {
    switch self {
    case .read: "the account may not read this resource (right GR)."
    case .write: "the account may not change this resource (right GW)."
    case .execute: "the account may not use this resource (right GX)."
    case .executeAndWrite: "the account may not use this resource and change it (rights GX and GW)."
    }
  }
}
