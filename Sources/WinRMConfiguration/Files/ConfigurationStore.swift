/// The settings as files: `Client` of the tree in the machine's file, everything else in the service's own. For root, and with
/// `WINRM_ROOT`, the two are one.
///
/// Each of them is two: `config.json`, which people write, with comments if they like, and `config.changes.json`, which holds what programs
/// such as `winrm set` have changed of it. A setting of the second counts; one that a program puts back to what people wrote disappears
/// from it. Listeners, certificate mappings and plug-ins are one setting each: once a program has changed one listener, the second file has
/// them all.
public struct ConfigurationStore: Sendable {
  /// Which file a change is for.
  public enum Scope: Sendable, Equatable {
    /// `Client`: the machine's file.
    case client
    /// Everything else: the service's own file.
    case service
  }

  public let paths: WinRMPaths

  public init(paths: WinRMPaths = .current()) { self.paths = paths }

  /// Reads the settings that hold: policy over local values over defaults.
  ///
  /// - Throws: ``ConfigurationError`` as ``loadLocal()``, and with 0x80338088 for policy that cannot be used.
  public func load() throws -> WinRMSettings { try loadEffective().settings }

  /// Reads the settings that hold, and which of them policy decides.
  ///
  /// - Throws: as ``load()``.
  public func loadEffective() throws -> EffectiveSettings {
    var settings = try loadLocal()
    return try EffectivePolicy.load(paths: paths).apply(to: &settings)
  }

  /// Reads the settings of the files: what programs changed, over what people wrote, over the defaults.
  ///
  /// - Throws: ``ConfigurationError``: `malformed` or `invalidValue` with file, line and column; `unsafeFile` when somebody other than root
  ///   and this user could have written it; `accessDenied`.
  public func loadLocal() throws -> WinRMSettings {
    var settings = try ownFiles.read().settings
    if !isOneFile { settings.client = try machineFiles.read().settings.client }
    return settings
  }

  /// Reads the client's settings that hold, which do not depend on the service's file.
  ///
  /// - Throws: as ``load()``.
  public func loadClient() throws -> ClientSettings { try loadForClient().client }

  /// Reads what holds for clients: ``WinRMSettings/client`` and the global limits, both of the machine. The rest is the defaults.
  ///
  /// - Throws: as ``load()``.
  public func loadForClient() throws -> WinRMSettings { try loadForClient(EffectivePolicy.load(paths: paths)).settings }

  /// The same, with policy that has been read.
  func loadForClient(_ policy: EffectivePolicy) throws -> EffectiveSettings {
    let machine = try machineFiles.read().settings
    var settings = WinRMSettings()
    settings.client = machine.client
    settings.maxEnvelopeSizekb = machine.maxEnvelopeSizekb
    settings.maxTimeoutms = machine.maxTimeoutms
    settings.maxBatchItems = machine.maxBatchItems
    return try policy.apply(to: &settings)
  }

  /// Changes the settings: lock, read, change, write to a new file, flush, rename. Either all of it happens or nothing, also when the
  /// process is killed in between. What people wrote is not touched: a file of its own keeps what differs from that.
  ///
  /// - Parameters:
  ///   - scope: what the change is of. A change of anything that is kept elsewhere is refused.
  ///   - evenIfGoverned: policy may decide what is changed: then the change shows once policy is gone. For taking something back.
  ///   - change: the change of the local settings; what it returns is returned.
  /// - Throws: ``ConfigurationError``: `governedByPolicy` (0x8033808A) for a change of what policy decides; or what `change` throws; then nothing was written.
  public func update<R>(
    _ scope: Scope = .service, evenIfGoverned: Bool = false, _ change: (inout WinRMSettings) throws -> R
  ) throws -> R {
    let files = scope == .client ? machineFiles : ownFiles
    return try ConfigurationFile(files.changes).locked {
      let before = try loadLocal()
      var after = before
      let result = try change(&after)
      guard after != before else { return result }
      let effective = try loadEffective()
      if !evenIfGoverned { try effective.checkChange(from: before, to: after) }
      try checkScope(scope, before: before, after: after)
      let content = try files.read()
      var whole = after
      if !isOneFile {
        // The machine's files may hold the settings of root's service, which this process does not otherwise see.
        whole = scope == .client ? content.settings : after
        whole.client = scope == .client ? after.client : content.settings.client
      }
      try files.store(whole, over: content.written)
      return result
    }
  }

  private var ownFiles: SettingsFiles {
    isOneFile
      ? machineFiles
      : SettingsFiles(written: paths.settingsFile, changes: paths.settingsChangesFile, clientFile: paths.machineSettingsFile)
  }

  private var machineFiles: SettingsFiles {
    SettingsFiles(written: paths.machineSettingsFile, changes: paths.machineSettingsChangesFile, clientFile: nil)
  }

  private var isOneFile: Bool { paths.settingsFile == paths.machineSettingsFile }

  private func checkScope(_ scope: Scope, before: WinRMSettings, after: WinRMSettings) throws(ConfigurationError) {
    guard !isOneFile else { return }
    var others = after
    others.client = before.client
    let isInScope = scope == .client ? others == before : after.client == before.client
    guard isInScope else {
      throw ConfigurationError(.readOnly, "settings of the client hold for the whole machine and are kept apart from those of the service")
    }
  }
}
