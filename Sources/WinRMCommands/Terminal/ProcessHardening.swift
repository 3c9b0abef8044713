#if os(Linux)
  import CLinux
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps the memory of this process out of core dumps and away from debuggers of the same user.
public enum ProcessHardening {
  /// Forbids core dumps and makes the process not dumpable (`PR_SET_DUMPABLE`, which also stops `ptrace` by the same user), takes the
  /// signals of crashes, and that of Ctrl-\, back from the runtime, and turns SIGPIPE into the error of the write that met it. Standard streams that are closed are opened, so that nothing else gets their
  /// numbers: input is empty, writing output fails, errors go nowhere. To be called before the first secret is read.
  public static func apply() {
    for (number, mode) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
    where fcntl(number, F_GETFD) == -1 {
      _ = open("/dev/null", mode)  // takes the lowest number that is free, which is this one
    }
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(coreResource, &none)
    #if os(Linux)
      _ = winrm_set_dumpable(0)
    #endif
    // In front of a terminal the runtime would start a program that prints the memory of this process. It may not read that, and both
    // would wait for ever.
    for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
      let before = signal(number, SIG_DFL)
      if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }
    signal(SIGPIPE, SIG_IGN)
  }

  #if canImport(Glibc)
    private static let coreResource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
  #else
    private static let coreResource = RLIMIT_CORE
  #endif
}
