/// What there is to know about one setting: for manuals, for completion, and for tests that try every one of them.
public struct SettingDescription: Sendable, Equatable {
  /// What a setting holds.
  public enum Kind: Sendable, Equatable {
    case boolean
    /// A number in a range.
    case integer(ClosedRange<UInt32>)
    /// One of a few words, in any case.
    case choice([String])
    case text
    /// Texts separated by commas.
    case list
  }

  /// Whether it can be changed.
  public enum Access: Sendable, Equatable {
    case readWrite
    /// Shown only; a change is refused with 0x8033813F.
    case readOnly
    /// Shown only, and without effect; a change is refused with 0x803381AE.
    case deprecated
  }

  /// Where it stands: `config/client/auth`, or `config/listener`, `config/service/certmapping`, `config/plugin`, `config/plugin/quotas`.
  public var resource: String
  public var name: String
  public var kind: Kind
  public var access: Access
  /// What it is where nobody has changed it.
  public var defaultValue: SettingValue

  /// What the setting does, with its unit; one or two sentences.
  public var meaning: String
  /// Where, and why, it is not as on Windows, or that it can have no effect here; `nil` when there is nothing to say.
  public var note: String?

  /// `config/client/auth/CredSSP`.
  public var path: String { "\(resource)/\(name)" }
}

extension SettingDescription {
  /// Every setting, those of listeners, certificate mappings and plug-ins included, each once, in the order in which `winrm` shows them.
  public static let all: [SettingDescription] = {
    let settings = WinRMSettings()
    let tree = ConfigurationResource.allCases.flatMap { resource in
      resource.group.fields.map { $0.description(in: resource.rawValue, of: settings) }
    }
    let plugIn = PlugInConfiguration.shell
    return tree + SettingGroup.listener.fields.map { $0.description(in: "config/listener", of: ListenerSettings()) }
      + SettingGroup.certificateMapping.fields.map { $0.description(in: "config/service/certmapping", of: CertificateMapping.template) }
      + SettingGroup.plugIn.fields.map { $0.description(in: "config/plugin", of: plugIn) }
      + SettingGroup.quotas.fields.map { $0.description(in: "config/plugin/quotas", of: plugIn.quotas) }
  }()
}

extension SettingField {
  fileprivate func description(in resource: String, of defaults: Root) -> SettingDescription {
    let value = read(defaults)
    let access: SettingDescription.Access =
      switch self.access {
      case .readWrite: .readWrite
      case .readOnly: .readOnly
      case .deprecated: .deprecated
      }
    let kind: SettingDescription.Kind =
      switch value {
      case .boolean: .boolean
      case .integer: .integer(range ?? 0...(.max))
      case .list: .list
      case .text: words.isEmpty ? .text : .choice(words)
      }
    let text = SettingMeaning.all["\(resource)/\(name)"]
    return SettingDescription(
      resource: resource, name: name, kind: kind, access: access, defaultValue: value, meaning: text?.meaning ?? "", note: text?.note)
  }
}
