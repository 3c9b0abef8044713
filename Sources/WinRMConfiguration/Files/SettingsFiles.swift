/// The file of settings that people write, and the one with what programs changed of them.
struct SettingsFiles: Sendable {
  /// The newest form of these files that is understood. It is the first one; what earlier versions wrote names none and is of it too.
  static let version: Int64 = 1
  static let versionKey = "Version"

  /// What people write.
  let written: String
  /// What programs write.
  let changes: String
  /// Where settings of the client belong instead; `nil` when it is here.
  let clientFile: String?

  struct Content {
    /// What people wrote, over the defaults.
    var written: WinRMSettings
    /// What programs changed, over that.
    var settings: WinRMSettings
  }

  func read() throws(ConfigurationError) -> Content {
    var settings = WinRMSettings()
    try apply(written, to: &settings)
    let written = settings
    try apply(changes, to: &settings)
    return Content(written: written, settings: settings)
  }

  /// Writes what differs from what people wrote. Call it with the lock held.
  func store(_ settings: WinRMSettings, over written: WinRMSettings) throws(ConfigurationError) {
    let members = settings.json(without: written).members
    let file = ConfigurationFile(changes)
    guard !members.isEmpty else { return try file.remove() }
    let text = JSONText.object([(Self.versionKey, .integer(UInt64(Self.version)))] + members).document
    try file.replace(with: Self.heading + text)
  }

  private static let heading = """
    // Written by winrm, which replaces this file. To change something by hand, use config.json beside it; what stands here counts before it.

    """

  private func apply(_ path: String, to settings: inout WinRMSettings) throws(ConfigurationError) {
    guard let bytes = try ConfigurationFile(path).read() else { return }
    let json = try JSONValue(parsing: bytes, file: path)
    let client = settings.client
    do throws(ConfigurationError) {
      try settings.decode(Self.withoutVersion(json))
      guard clientFile == nil || settings.client == client else {
        throw ConfigurationError(
          .malformed, "settings of the client hold for the whole machine: they belong in \(clientFile ?? "")", member: "Client")
      }
    } catch {
      throw error.located(in: bytes, of: path)
    }
  }

  /// - Throws: `malformed` for a file of a later form: what it means is not known, even where it looks familiar.
  private static func withoutVersion(_ json: JSONValue) throws(ConfigurationError) -> JSONValue {
    guard case .object(var members) = json, let value = members.removeValue(forKey: versionKey) else { return json }
    guard case .integer(let number) = value, number >= 1 else {
      throw ConfigurationError(.malformed, "\(versionKey) must be a number from 1, and is \(value.kind)", member: versionKey)
    }
    guard number <= version else {
      throw ConfigurationError(
        .malformed, "the file has form \(number), of a later version of winrm; this one reads form \(version)", member: versionKey)
    }
    return .object(members)
  }
}
