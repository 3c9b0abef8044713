import SecurityDescriptors
import WSMan

/// The right that a request needs (MS-WSMV §3.1.4.1.28).
enum AccessRight: String, Sendable, Hashable {
  case read = "GR"
  case write = "GW"
  case execute = "GX"
  /// Both.
  case executeAndWrite = "GXGW"

  /// Every request on a shell needs GX, whatever its action; elsewhere reading is GR, changing is GW, and everything else GX. Actions of the
  /// configuration that change it, such as Restore, need GW besides.
  init(_ request: WSManRequest) {
    if request.header.resourceURI?.isShell ?? false {
      self = .execute
      return
    }
    switch request.body {
    case .get, .enumerate, .pull, .release: self = .read
    case .put, .create, .delete: self = .write
    case .other where request.changesConfiguration: self = .executeAndWrite
    case .identify, .createShell, .command, .send, .receive, .signal, .deleteShell, .other: self = .execute
    }
  }

  var mask: AccessMask {
    switch self {
    case .read: .genericRead
    case .write: .genericWrite
    case .execute: .genericExecute
    case .executeAndWrite: [.genericExecute, .genericWrite]
    }
  }
}

extension WSManRequest {
  /// Whether an action of the configuration's own changes it: all but those that are known to look only.
  fileprivate var changesConfiguration: Bool {
    let base = ResourceURI.config.rawValue.lowercased()
    guard let uri = header.resourceURI?.rawValue.lowercased(), uri == base || uri.hasPrefix(base + "/") else { return false }
    let action = header.action?.rawValue.split(separator: "/").last?.lowercased()
    return action != "analyze" && action != "analyzeservice"
  }
}
