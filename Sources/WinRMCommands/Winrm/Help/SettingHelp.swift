import WinRMConfiguration

/// What the settings mean, from their descriptions: `winrm help config`, and the manual of the configuration.
enum SettingHelp {
  static var page: String { introduction + "\n\n" + groups.map(text).joined(separator: "\n\n") }

  /// What stands before the settings.
  static let introduction = """
    winrm get winrm/config shows all settings, winrm enumerate
    winrm/config/Listener all listeners.

    A listener is selected by Address (*, IP:ADDRESS or MAC:ADDRESS) and
    Transport (HTTP, default port 5985; or HTTPS, default port 5986). On which
    addresses it answers, IPv4Filter and IPv6Filter decide too. One for HTTPS
    has a Hostname and a CertificateThumbprint; where only the name is given, a
    certificate for it is looked for: see winrm help certificate.

    winrm create winrm/config/Listener?Address=*+Transport=HTTP
    winrm set winrm/config/service/auth '@{Basic="true"}'
    winrm set winrm/config/service '@{AllowedGroups="winrm-users,wheel"}'
    winrm set winrm/config/client '@{TrustedHosts="hostb"}'

    Servers in TrustedHosts might not be authenticated.
    """

  /// The settings of one resource.
  struct Group {
    var resource: String
    var settings: [SettingDescription]
  }

  static var groups: [Group] {
    var groups: [Group] = []
    for setting in SettingDescription.all {
      if groups.last?.resource == setting.resource {
        groups[groups.count - 1].settings.append(setting)
      } else {
        groups.append(Group(resource: setting.resource, settings: [setting]))
      }
    }
    return groups
  }

  /// What it holds, by default, and whether it can be changed: `32-1039440, default 500`.
  static func facts(_ setting: SettingDescription) -> String {
    let values =
      switch setting.kind {
      case .boolean: "true or false"
      case .integer(let range): "\(range.lowerBound)-\(range.upperBound)"
      case .choice(let words): words.joined(separator: ", ")
      case .text: "text"
      case .list: "list"
      }
    let initial = setting.defaultValue.text.isEmpty ? "empty" : setting.defaultValue.text
    switch setting.access {
    case .readWrite: return "\(values); default \(initial)"
    case .readOnly: return "read-only; \(initial)"
    case .deprecated: return "no longer used; \(initial)"
    }
  }

  private static func text(_ group: Group) -> String {
    let settings = group.settings.map { setting in
      let lines = [facts(setting), setting.meaning, setting.note ?? ""].filter { !$0.isEmpty }
      let inner = lines.map { "      " + TextFlow.filled($0, width: TextFlow.width, indentation: 6) }
      return (["  \(setting.name)"] + inner).joined(separator: "\n")
    }
    return (["winrm/" + group.resource] + settings).joined(separator: "\n")
  }
}
