public import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds out whether the settings in the files, the policy over them, or the certificates that they name, have changed. Calls block.
public struct SettingsWatch: Sendable {
  public enum Change: Sendable {
    /// They differ from those known before.
    case changed(WinRMSettings)
    /// They are the same, and the store of certificates has changed.
    case certificatesChanged
    /// Somebody asked, and they are the same.
    case unchanged
    /// They cannot be read. It is told once for each state of the files.
    case unreadable(any Error)
  }

  /// What tells one state of a file from another without reading it: every change by `winrm` is a new file.
  private struct Stamp: Equatable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var seconds: Int64
    var nanoseconds: Int64

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = UInt64(truncatingIfNeeded: status.st_dev)
      inode = UInt64(truncatingIfNeeded: status.st_ino)
      size = Int64(status.st_size)
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      seconds = Int64(time.tv_sec)
      nanoseconds = Int64(time.tv_nsec)
    }
  }

  private let store: ConfigurationStore
  private var known: WinRMSettings
  private var stamps: [Stamp?]

  /// Reads the settings for the first time.
  ///
  /// - Throws: as `ConfigurationStore.load()`.
  public init(store: ConfigurationStore) throws {
    self.store = store
    stamps = Self.stamps(store)
    known = try store.load()
  }

  /// The settings as they were read last.
  public var settings: WinRMSettings { known }

  /// Looks at the files, and reads them if they are others than before.
  ///
  /// - Parameter always: reads them in any case, because somebody asked.
  /// - Returns: `nil` when there is nothing to tell.
  public mutating func look(always: Bool = false) -> Change? {
    // Before reading: a change in between is seen the next time.
    let now = Self.stamps(store)
    let before = stamps
    guard always || now != before else { return nil }
    stamps = now
    do {
      var read = try store.load()
      // The client's part is none of the service's.
      read.client = known.client
      guard read != known else {
        if now.last != before.last { return .certificatesChanged }
        return always ? .unchanged : nil
      }
      known = read
      return .changed(read)
    } catch {
      return .unreadable(error)
    }
  }

  private static func stamps(_ store: ConfigurationStore) -> [Stamp?] {
    let paths = store.paths
    // The store of certificates stands last. Its files are replaced and never written to, so the directory tells of every change.
    return [
      paths.settingsFile, paths.machineSettingsFile, paths.machineRegistryPolicyFile, paths.machinePolicyFile, paths.domainPolicyFile,
      paths.certificateDirectory,
    ].map(Stamp.init)
  }
}
