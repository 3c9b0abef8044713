/// What manuals and `winrm help config` say about a setting, beside what the tables know.
struct SettingMeaning: Sendable {
  var meaning: String
  var note: String?

  /// By path, such as `config/client/auth/CredSSP`.
  static let all: [String: SettingMeaning] = [:]
}
