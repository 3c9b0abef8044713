import CLinux
import Glibc

/// What a process that holds secrets does at its start.
public enum ProcessHardening {
  /// No core dumps, and nobody of the same user may look into the memory or trace the process.
  public static func apply() {
    _ = winrm_set_limit(4 /* RLIMIT_CORE */, 0, 0)
    _ = winrm_set_dumpable(0)
  }
}
