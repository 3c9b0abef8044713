import CLinux
import Glibc

/// The steps between a fresh process and the program, each of which reports its own failure.
enum Steps {
  /// Everything that the service had open, beyond what it meant to give. The specification and the status pipe do not reach the program.
  static func closeDescriptors() throws(Failure) {
    try check(winrm_close_from(5), .descriptors)
    for descriptor in [Descriptors.specification, Descriptors.status] { try check(fcntl(descriptor, F_SETFD, FD_CLOEXEC), .descriptors) }
  }

  /// A session and process group of its own, so that signals reach the command and its children, and nothing else.
  static func leaveSession() throws(Failure) { try check(setsid() == -1 ? -1 : 0, .session) }

  /// Ignored and blocked signals survive `execve`: the service ignores SIGPIPE, for one, and `posix_spawn` the C library's own two.
  static func resetSignals() throws(Failure) {
    for signal: Int32 in 1...64 where signal != SIGKILL && signal != SIGSTOP {
      guard winrm_default_signal(signal) == 0 || errno == EINVAL else { throw Failure(stage: .signals, number: errno) }
    }
    var none = sigset_t()
    sigemptyset(&none)
    try check(sigprocmask(SIG_SETMASK, &none, nil), .signals)
  }

  static func setLimits(_ limits: [Specification.Limit]) throws(Failure) {
    for limit in limits { try check(winrm_set_limit(Int32(limit.resource), limit.soft, limit.hard), .limits) }
  }

  /// Supplementary groups, then group, then user: the reverse order would leave groups of the service behind (setgroups(2)).
  static func changeIdentity(_ specification: Specification) throws(Failure) {
    let (user, group, groups) = (specification.user, specification.group, specification.groups)
    if specification.changesIdentity {
      try check(setgroups(groups.count, groups), .groups)
      try check(setresgid(group, group, group), .groupID)
      try check(setresuid(user, user, user), .userID)
      guard Set(currentGroups()) == Set(groups) else { throw Failure(stage: .groups, number: EPERM) }
    }
    try verifyIdentity(user: user, group: group)
  }

  /// What was asked for is not believed but read back. The way to root must be gone.
  private static func verifyIdentity(user: UInt32, group: UInt32) throws(Failure) {
    var (real, effective, saved): (uid_t, uid_t, uid_t) = (0, 0, 0)
    try check(getresgid(&real, &effective, &saved), .groupID)
    guard real == group, effective == group, saved == group else { throw Failure(stage: .groupID, number: EPERM) }
    try check(getresuid(&real, &effective, &saved), .userID)
    guard real == user, effective == user, saved == user else { throw Failure(stage: .userID, number: EPERM) }
    guard user == 0 || setuid(0) == -1 else { throw Failure(stage: .userID, number: EPERM) }
  }

  private static func currentGroups() -> [UInt32] {
    let count = getgroups(0, nil)
    guard count > 0 else { return [] }
    var groups = [gid_t](repeating: 0, count: Int(count))
    let got = getgroups(count, &groups)
    return Array(groups.prefix(max(0, Int(got))))
  }

  /// After the change of identity: what the user may not enter, the command does not start in.
  static func enterDirectory(_ directory: [UInt8], orRoot: Bool) throws(Failure) {
    let entered = withPointer(to: directory) { chdir($0) }
    guard entered != 0 else { return }
    let number = errno
    guard orRoot, chdir("/") == 0 else { throw Failure(stage: .workingDirectory, number: number) }
  }

  /// Ambient capabilities, such as that for low ports which a unit file may give to an ordinary user's service, are the service's alone.
  static func forbidNewPrivileges() throws(Failure) {
    try check(winrm_drop_ambient_capabilities(), .privileges)
    try check(winrm_set_no_new_privileges(), .privileges)
  }

  /// Returns only by throwing.
  static func execute(_ specification: Specification) throws(Failure) -> Never {
    let arguments = vector(specification.arguments)
    let environment = vector(specification.environment)
    var number = ENOENT
    for program in specification.programs {
      withPointer(to: program) { _ = execve($0, arguments, environment) }
      switch errno {
      case ENOENT, ENOTDIR: continue
      case EACCES: number = EACCES  // like execvp: a later directory may have one that can be executed
      default: throw Failure(stage: .execute, number: errno)
      }
    }
    throw Failure(stage: .execute, number: number)
  }

  /// A null-terminated vector of C strings. It lives until the process becomes the program or ends.
  private static func vector(_ texts: [[UInt8]]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    let vector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() {
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count + 1)
      for (offset, byte) in text.enumerated() { copy[offset] = CChar(bitPattern: byte) }
      copy[text.count] = 0
      vector[index] = copy
    }
    vector[texts.count] = nil
    return vector
  }

  private static func withPointer<R>(to text: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    (text + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { $0.baseAddress.map(body) ?? body("") }
    }
  }

  private static func check(_ result: Int32, _ stage: Stage) throws(Failure) {
    guard result == 0 else { throw Failure(stage: stage, number: errno) }
  }
}
