import SecurityDescriptors
import WSMan

/// The right that a request needs (MS-WSMV §3.1.4.1.28).
enum AccessRight: String, Sendable, Hashable {
  case read = "GR"
  case write = "GW"
  case execute = "GX"

  /// Every request on a shell needs GX, whatever its action; elsewhere reading is GR, changing is GW, and everything else GX.
  init(_ request: WSManRequest) {
    if request.header.resourceURI?.isShell ?? false {
      self = .execute
      return
    }
    switch request.body {
    case .get, .enumerate, .pull, .release: self = .read
    case .put, .create, .delete: self = .write
    case .identify, .createShell, .command, .send, .receive, .signal, .deleteShell, .other: self = .execute
    }
  }

  var mask: AccessMask {
    switch self {
    case .read: .genericRead
    case .write: .genericWrite
    case .execute: .genericExecute
    }
  }
}
