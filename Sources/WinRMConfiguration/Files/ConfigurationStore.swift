/// The settings as files: `Client` of the tree in the machine's file, everything else in the service's own. For root, and with
/// `WINRM_ROOT`, the two are one file.
///
/// Files hold what differs from the defaults. Comments in them are for reading: a change made by `winrm set` writes the file anew.
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

  /// Reads the settings of the files. A missing file, and what a file does not mention, means the defaults.
  ///
  /// - Throws: ``ConfigurationError``: `malformed` or `invalidValue` with file, and line and column of a mistake in the JSON; `unsafeFile`
  ///   when somebody other than root and this user could have written it; `accessDenied`.
  public func loadLocal() throws -> WinRMSettings {
    var settings = try read(paths.settingsFile, isMachineFile: isOneFile)
    if !isOneFile { settings.client = try read(paths.machineSettingsFile, isMachineFile: true).client }
    return settings
  }

  /// Reads the client's settings that hold, which do not depend on the service's file.
  ///
  /// - Throws: as ``load()``.
  public func loadClient() throws -> ClientSettings {
    var settings = WinRMSettings()
    settings.client = try read(paths.machineSettingsFile, isMachineFile: true).client
    return try EffectivePolicy.load(paths: paths).apply(to: &settings).settings.client
  }

  /// Changes the settings: lock, read, change, write to a new file, flush, rename. Either all of it happens or nothing, also when the
  /// process is killed in between.
  ///
  /// - Parameters:
  ///   - scope: the file to write. A change of anything that is kept in the other file is refused.
  ///   - change: the change of the local settings; what it returns is returned.
  /// - Throws: ``ConfigurationError``: `governedByPolicy` (0x8033808A) for a change of what policy decides; or what `change` throws; then nothing was written.
  public func update<R>(_ scope: Scope = .service, _ change: (inout WinRMSettings) throws -> R) throws -> R {
    let path = scope == .client ? paths.machineSettingsFile : paths.settingsFile
    let file = ConfigurationFile(path)
    return try file.locked {
      let before = try loadLocal()
      var after = before
      let result = try change(&after)
      guard after != before else { return result }
      try loadEffective().checkChange(from: before, to: after)
      try checkScope(scope, before: before, after: after)
      var whole = after
      if !isOneFile {
        // The machine's file may hold the settings of root's service, which this process does not otherwise see.
        whole = try read(path, isMachineFile: scope == .client)
        if scope == .client { whole.client = after.client } else { whole = after }
      }
      try file.replace(with: Self.text(of: whole, withClient: isOneFile || scope == .client))
      return result
    }
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

  private func read(_ path: String, isMachineFile: Bool) throws(ConfigurationError) -> WinRMSettings {
    var settings = WinRMSettings()
    guard let bytes = try ConfigurationFile(path).read() else { return settings }
    let json = try JSONValue(parsing: bytes, file: path)
    do throws(ConfigurationError) {
      try settings.decode(json)
      guard isMachineFile || settings.client == ClientSettings() else {
        throw ConfigurationError(
          .malformed, "settings of the client hold for the whole machine: they belong in \(paths.machineSettingsFile)")
      }
    } catch {
      var located = error
      located.file = path
      throw located
    }
    return settings
  }

  private static func text(of settings: WinRMSettings, withClient: Bool) -> String {
    var settings = settings
    if !withClient { settings.client = ClientSettings() }
    return settings.json().document
  }
}
