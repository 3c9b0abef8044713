#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps the memory of this process out of core dumps and away from debuggers of the same user.
public enum ProcessHardening {
  /// Forbids core dumps and makes the process not dumpable (`PR_SET_DUMPABLE`, which also stops `ptrace` by the same user), and turns
  /// SIGPIPE into the error of the write that met it. To be called before the first secret is read.
  public static func apply() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(coreResource, &none)
    setNotDumpable()
    signal(SIGPIPE, SIG_IGN)
  }

  #if canImport(Glibc)
    private static let coreResource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
  #else
    private static let coreResource = RLIMIT_CORE
  #endif

  /// `prctl(PR_SET_DUMPABLE, 0)`. The function is variadic in C, so Swift cannot call it by its import; all its arguments are words,
  /// which the calling conventions of Linux pass alike in both forms.
  private static func setNotDumpable() {
    #if os(Linux)
      typealias Function = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
      guard let symbol = dlsym(nil, "prctl") else { return }
      let setDumpable: CInt = 4  // PR_SET_DUMPABLE
      _ = unsafeBitCast(symbol, to: Function.self)(setDumpable, 0, 0, 0, 0)
    #endif
  }
}
