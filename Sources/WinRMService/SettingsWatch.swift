import Certificates
import SecuritySupport
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
    /// They could not be read before, can be now, and are those known from before that.
    case readableAgain
    /// They cannot be read. It is told once for each state of the files.
    case unreadable(any Error)
  }

  /// What tells one state of a file from another without reading it: every change by `winrm` is a new file.
  private struct Stamp: Equatable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var times: [Int64]
    var mode: UInt32
    var owner: UInt32

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = UInt64(truncatingIfNeeded: status.st_dev)
      inode = UInt64(truncatingIfNeeded: status.st_ino)
      size = Int64(status.st_size)
      #if canImport(Darwin)
        let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
      #else
        let (modified, changed) = (status.st_mtim, status.st_ctim)
      #endif
      times = [modified.tv_sec, modified.tv_nsec, changed.tv_sec, changed.tv_nsec].map { Int64($0) }
      mode = UInt32(status.st_mode)
      owner = status.st_uid
    }
  }

  /// The state of all files that matter.
  private struct Look: Equatable {
    var settings: [Stamp?]
    /// The directory of the store, which tells of files that come and go, and the files that the settings name, which tell of a change of
    /// their mode, owner or content.
    var directory: Stamp?
    var certificates: [ServerCertificateStore.State]

    init(_ store: ConfigurationStore, naming known: WinRMSettings) {
      let paths = store.paths
      settings = [
        paths.settingsFile, paths.settingsChangesFile, paths.machineSettingsFile, paths.machineSettingsChangesFile,
        paths.machineRegistryPolicyFile, paths.machinePolicyFile, paths.domainPolicyFile,
      ].map(Stamp.init)
      directory = Stamp(paths.certificateDirectory)
      let certificateStore = ServerCertificateStore(directory: paths.certificateDirectory)
      let named = [known.service.certificateThumbprint] + known.listeners.map(\.certificateThumbprint)
      certificates = named.compactMap { CertificateThumbprint(parsing: $0) }.map { certificateStore.state(of: $0) }
    }

    /// Whether the certificates differ.
    func hasOtherCertificates(than other: Look) -> Bool { directory != other.directory || certificates != other.certificates }
  }

  private let store: ConfigurationStore
  private var known: WinRMSettings
  private var last: Look
  private var isUnreadable = false

  /// Reads the settings for the first time.
  ///
  /// - Throws: as `ConfigurationStore.load()`.
  public init(store: ConfigurationStore) throws {
    self.store = store
    // The settings are looked at before they are read, and the certificates, which others read later, when it is known which they are.
    let before = Look(store, naming: WinRMSettings())
    known = try store.load()
    last = Look(store, naming: known)
    last.settings = before.settings
  }

  /// The settings as they were read last.
  public var settings: WinRMSettings { known }

  /// Looks at the files, and reads them if they are others than before.
  ///
  /// - Parameter always: reads them in any case, because somebody asked.
  /// - Returns: `nil` when there is nothing to tell.
  public mutating func look(always: Bool = false) -> Change? {
    // Before reading: a change in between is seen the next time.
    let now = Look(store, naming: known)
    let before = last
    guard always || now != before else { return nil }
    last = now
    do {
      var read = try store.load()
      // The client's part is none of the service's.
      read.client = known.client
      let wasUnreadable = isUnreadable
      isUnreadable = false
      guard read != known else {
        if wasUnreadable { return .readableAgain }
        if now.hasOtherCertificates(than: before) { return .certificatesChanged }
        return always ? .unchanged : nil
      }
      known = read
      last = Look(store, naming: read)
      last.settings = now.settings
      return .changed(read)
    } catch {
      isUnreadable = true
      return .unreadable(error)
    }
  }
}
