import Glibc
import LogonInterface
import SecuritySupport

/// What the exec helper is to become, as it goes to the helper's descriptor 3. The layout is described beside the helper's reader.
struct ExecSpecification: Sendable {
  /// The longest that the helper reads, in bytes.
  static let maximumLength = 512 << 10
  /// RLIMIT_CORE: a dump would put whatever a command holds onto the disk, beyond the session's end.
  static let coreLimit: UInt32 = 4
  /// RLIMIT_NOFILE: the service raises its own; programs that still use `select` need the usual soft limit.
  static let descriptorLimit: UInt32 = 7
  private static let usualDescriptors: UInt64 = 1024

  var user: UnixUser
  /// Whether to become the user; an ordinary user's service is that user already.
  var changesIdentity: Bool
  var umask: UInt32
  /// `nil`: the user's home, or `/` where that cannot be entered.
  var directory: String?
  var plan: CommandPlan
  var environment: [EnvironmentVariable]

  func encode() throws(LogonFailure) -> [UInt8] {
    var bytes = Array("WRX1".utf8)
    bytes.append((changesIdentity ? 1 : 0) | (directory == nil ? 2 : 0))
    bytes.append(littleEndian: user.uid)
    bytes.append(littleEndian: user.gid)
    let groups = changesIdentity ? user.groups : []
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: groups.count))
    for group in groups { bytes.append(littleEndian: group) }
    bytes.append(littleEndian: umask & 0o777)
    let limits = Self.limits
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: limits.count))
    for (resource, soft, hard) in limits {
      bytes.append(littleEndian: resource)
      bytes.append(littleEndian: soft)
      bytes.append(littleEndian: hard)
    }
    bytes.append(text: directory ?? (user.home.hasPrefix("/") ? user.home : "/"))
    bytes.append(texts: plan.programs)
    bytes.append(texts: plan.arguments)
    bytes.append(texts: environment.map { "\($0.name)=\($0.value)" })
    guard bytes.count <= Self.maximumLength else { throw LogonFailure(.limit, "the command and its variables are too long") }
    return bytes
  }
}

extension ExecSpecification {
  private static var limits: [(resource: UInt32, soft: UInt64, hard: UInt64)] {
    var descriptors = rlimit()
    guard getrlimit(__rlimit_resource_t(descriptorLimit), &descriptors) == 0 else { return [(coreLimit, 0, 0)] }
    let hard = UInt64(descriptors.rlim_max)
    return [(coreLimit, 0, 0), (descriptorLimit, min(usualDescriptors, hard), hard)]
  }
}

extension [UInt8] {
  fileprivate mutating func append(text: String) {
    append(littleEndian: UInt32(truncatingIfNeeded: text.utf8.count))
    append(contentsOf: text.utf8)
  }

  fileprivate mutating func append(texts: [String]) {
    append(littleEndian: UInt32(truncatingIfNeeded: texts.count))
    for text in texts { append(text: text) }
  }
}
