import CLinux
import Glibc

/// What a process that holds secrets does at its start.
public enum ProcessHardening {
  /// No core dumps, and nobody of the same user may look into the memory or trace the process. In front of a terminal the runtime would
  /// start a program that prints the memory of a crashed process; it may not read it, and both would wait for ever: a crash is an end.
  public static func apply() {
    _ = winrm_set_limit(4 /* RLIMIT_CORE */, 0, 0)
    _ = winrm_set_dumpable(0)
    for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
      let before = signal(number, SIG_DFL)
      if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }
  }
}
