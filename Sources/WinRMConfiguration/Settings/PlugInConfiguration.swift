/// `winrm/config/plugin?Name=…`: what the service offers under some resource URIs (MS-WSMV §2.2.4.27).
///
/// Plug-ins are built in: none is loaded from a file. So a plug-in can be disabled, given security descriptors and quotas, deleted, made
/// again and restored; whatever would describe the loading of a file can only be read.
public struct PlugInConfiguration: Sendable, Equatable {
  public enum XMLRenderingType: String, Sendable, Equatable, CaseIterable {
    case text
    case xmlReader = "XmlReader"
  }

  public enum OutputBufferingMode: String, Sendable, Equatable, CaseIterable {
    case block = "Block"
    case drop = "Drop"
    case none = "None"
  }

  /// Name: the selector.
  public internal(set) var name: String
  /// Filename: ``builtInFileName``.
  public internal(set) var fileName: String
  public internal(set) var sdkVersion: UInt32 = 2
  public internal(set) var xmlRenderingType = XMLRenderingType.text
  /// 64.
  public internal(set) var architecture: UInt32 = 64
  /// false: the plug-in's resources are not there. Default true.
  public var enabled = true
  public internal(set) var useSharedProcess = false
  public internal(set) var autoRestart = false
  public internal(set) var processIdleTimeoutSec: UInt32 = 0
  public internal(set) var runAsUser = ""
  public internal(set) var outputBufferingMode = OutputBufferingMode.block
  /// InitializationParameters: none, built-in plug-ins take none.
  public internal(set) var initializationParameters: [Parameter] = []
  /// At least one. Of those of a built-in plug-in only ``Resource/security`` can be changed.
  public var resources: [Resource]
  public var quotas = Quotas()

  public struct Parameter: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public struct Resource: Sendable, Equatable {
    /// ResourceUri.
    public var uri: String
    /// SupportsOptions. Default false.
    public var supportsOptions = false
    /// ExactMatch: false also serves the URIs that begin with this one. Default false.
    public var exactMatch = false
    /// Who may use it. Empty: RootSDDL says.
    public var security: [Security] = []
    public var capabilities: [Capability] = []

    public init(uri: String) { self.uri = uri }
  }

  /// Who may use the resources under a URI.
  public struct Security: Sendable, Equatable {
    /// Uri: the URI of its resource, or one below.
    public private(set) var uri: String
    /// Sddl, in one spelling.
    public private(set) var sddl: String
    /// ExactMatch: false is for the URIs that begin with this one too. Default false.
    public private(set) var exactMatch: Bool

    /// - Throws: `invalidValue` (0x8033815C) for SDDL that is none.
    public init(uri: String, sddl: String, exactMatch: Bool = false) throws(ConfigurationError) {
      self.uri = uri
      self.sddl = try SettingCheck.sddl("Sddl")(sddl)
      self.exactMatch = exactMatch
    }

    fileprivate init(builtIn uri: String, sddl: String) {
      self.uri = uri
      self.sddl = sddl
      exactMatch = false
    }
  }

  /// What can be done with a resource.
  public struct Capability: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable, CaseIterable {
      case get = "Get"
      case put = "Put"
      case create = "Create"
      case delete = "Delete"
      case invoke = "Invoke"
      case enumerate = "Enumerate"
      case subscribe = "Subscribe"
      case shell = "Shell"
      case identify = "Identify"
    }

    public var kind: Kind
    /// SupportsFragment; for Get, Put, Create, Delete.
    public var supportsFragment: Bool
    /// SupportsFiltering; for Enumerate.
    public var supportsFiltering: Bool

    public init(_ kind: Kind, supportsFragment: Bool = false, supportsFiltering: Bool = false) {
      self.kind = kind
      self.supportsFragment = supportsFragment
      self.supportsFiltering = supportsFiltering
    }
  }

  /// What the users of a plug-in may take. Defaults are those of the service (``ShellSettings``, ``ServiceSettings``), which count besides.
  public struct Quotas: Sendable, Equatable {
    /// 1 … 0x7FFFFFFF, as all of these unless they say otherwise. Default 10.
    public var maxConcurrentUsers: UInt32 = 10
    /// Default 1500.
    public var maxConcurrentOperationsPerUser: UInt32 = 1500
    /// Default 15000.
    public var maxConcurrentOperations: UInt32 = 15_000
    /// Default 300.
    public var maxShells: UInt32 = 300
    /// Default 30.
    public var maxShellsPerUser: UInt32 = 30
    /// In megabytes; 0 is no limit. Default 1024.
    public var maxMemoryPerShellMB: UInt32 = 1024
    /// 0 is no limit. Default 25.
    public var maxProcessesPerShell: UInt32 = 25
    /// Default 1000.
    public var maxConcurrentCommandsPerShell: UInt32 = 1000
    /// In milliseconds, 60000 … 0x7FFFFFFF, at most ``maxIdleTimeoutms``. Default 7200000.
    public var idleTimeoutms: UInt32 = 7_200_000
    /// In milliseconds, 60000 … 0x7FFFFFFF. Default 0x7FFFFFFF.
    public var maxIdleTimeoutms: UInt32 = 0x7FFF_FFFF

    public init() {}
  }

  private init(builtIn name: String, resources: [Resource]) {
    self.name = name
    self.fileName = Self.builtInFileName
    self.resources = resources
  }
}

extension PlugInConfiguration {
  /// Filename of what is built in.
  public static let builtInFileName = "built-in"

  /// Remote shells (`winrs`): the plug-in of the URI `…/windows/shell/cmd`. Administrators and Remote Management Users may use it.
  public static let shell: PlugInConfiguration = {
    let uri = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
    var resource = Resource(uri: uri)
    resource.supportsOptions = true
    resource.exactMatch = true
    resource.capabilities = [Capability(.shell)]
    resource.security = [
      Security(builtIn: uri, sddl: "O:NSG:BAD:P(A;;GA;;;BA)(A;;GA;;;RM)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)")
    ]
    return PlugInConfiguration(builtIn: "Shell cmd plugin", resources: [resource])
  }()

  /// All there are.
  public static let builtIn: [PlugInConfiguration] = [shell]

  /// A built-in plug-in with its own settings, by its name in any case.
  ///
  /// - Throws: `invalidValue`, code 50: no other plug-in can be registered.
  public init(named name: String) throws(ConfigurationError) {
    guard let found = Self.builtIn.first(where: { $0.isSelected(byName: name) }) else {
      let names = Self.builtIn.map(\.name).joined(separator: ", ")
      throw ConfigurationError(
        .invalidValue,
        "no plug-in is loaded from a file here, so none can be registered but those that are built in (\(names)); this one is not one of "
          + "them",
        specificCode: .notSupported)
    }
    self = found
  }

  /// Attributes and quotas in the order in which `winrm` shows them; resources and parameters are ``resources`` and
  /// ``initializationParameters``.
  public var tree: SettingTree { SettingGroup.plugIn.tree(of: self) }

  /// Changes attributes. ``WinRMSettings/set(_:of:)`` says how and what is thrown. What can only be read may be mentioned with the value that
  /// it has; another Filename has code 50.
  public mutating func set(_ values: [(name: String, value: String?)]) throws(ConfigurationError) {
    var changed = self
    for (name, value) in values {
      guard let field = SettingGroup.plugIn.fields.first(where: { $0.name == name }), field.access != .readWrite else {
        try SettingGroup.plugIn.set(name, to: value, in: &changed)
        continue
      }
      let current = field.read(self)
      guard current.parsing(value ?? "") == current || current.text.lowercased() == (value ?? "").lowercased() else {
        throw ConfigurationError(
          .readOnly,
          "\(name) can only be read: no plug-in is loaded from a file here; it is \(current.text.isEmpty ? "empty" : current.text)",
          specificCode: name == "Filename" ? .notSupported : nil)
      }
    }
    self = changed
  }

  /// Changes quotas.
  ///
  /// - Throws: as ``set(_:)``.
  public mutating func setQuotas(_ values: [(name: String, value: String?)]) throws(ConfigurationError) {
    var changed = quotas
    for (name, value) in values { try SettingGroup.quotas.set(name, to: value, in: &changed) }
    try changed.check()
    quotas = changed
  }

  /// - Throws: `invalidValue`: 0x803381AF for a Security URI outside its resource, code 50 for resources that it does not have.
  public func check() throws(ConfigurationError) {
    let original = try PlugInConfiguration(named: name)
    guard !resources.isEmpty else { throw ConfigurationError(.invalidValue, "a plug-in has at least one Resource") }
    for resource in resources {
      var bare = resource
      bare.security = []
      let isKnown = original.resources.contains { known in
        var known = known
        known.security = []
        return known == bare
      }
      guard isKnown else {
        throw ConfigurationError(
          .invalidValue, "of the resources of \(name) only Security can be changed: their code is built in", specificCode: .notSupported)
      }
      try resource.checkSecurity()
    }
    guard Set(resources.map { $0.uri.lowercased() }).count == resources.count else {
      throw ConfigurationError(.invalidValue, "a plug-in has one Resource for each ResourceUri")
    }
    guard initializationParameters.isEmpty else {
      throw ConfigurationError(.invalidValue, "\(name) is built in and takes no InitializationParameters", specificCode: .notSupported)
    }
    try quotas.check()
  }

  func isSelected(byName name: String) -> Bool { self.name.lowercased() == name.lowercased() }
}

extension PlugInConfiguration.Quotas {
  func check() throws(ConfigurationError) {
    guard idleTimeoutms <= maxIdleTimeoutms else {
      throw ConfigurationError(.invalidValue, "IdleTimeoutms = \(idleTimeoutms) is larger than MaxIdleTimeoutms = \(maxIdleTimeoutms)")
    }
  }
}

extension PlugInConfiguration.Resource {
  fileprivate func checkSecurity() throws(ConfigurationError) {
    var seen: Set<String> = []
    for entry in security {
      let (inner, outer) = (entry.uri.lowercased(), uri.lowercased())
      let isBelow = inner == outer || (!exactMatch && inner.hasPrefix(outer.hasSuffix("/") ? outer : outer + "/"))
      guard isBelow else {
        throw ConfigurationError(
          .invalidValue, "the Uri of a Security is that of its Resource, \(uri)\(exactMatch ? "" : ", or below it")",
          specificCode: .securityURIOutsideResource)
      }
      guard seen.insert(inner).inserted else {
        throw ConfigurationError(.alreadyExists, "two Security elements have the same Uri")
      }
    }
  }
}

extension WinRMSettings {
  /// The plug-in of this name, in any case.
  public func plugIn(named name: String) -> PlugInConfiguration? { plugins.first { $0.isSelected(byName: name) } }

  /// Adds a plug-in.
  ///
  /// - Throws: `alreadyExists`, or as ``PlugInConfiguration/check()``.
  public mutating func addPlugIn(_ plugIn: PlugInConfiguration) throws(ConfigurationError) {
    guard self.plugIn(named: plugIn.name) == nil else {
      throw ConfigurationError(.alreadyExists, "there is a plug-in with Name=\(plugIn.name) already")
    }
    try plugIn.check()
    plugins.append(plugIn)
  }

  /// Takes a plug-in away and returns it.
  ///
  /// - Throws: `notFound`.
  @discardableResult
  public mutating func removePlugIn(named name: String) throws(ConfigurationError) -> PlugInConfiguration {
    guard let index = plugins.firstIndex(where: { $0.isSelected(byName: name) }) else { throw Self.noPlugIn(name) }
    return plugins.remove(at: index)
  }

  /// Puts a plug-in in the place of the one of its name.
  ///
  /// - Throws: `notFound`, or as ``PlugInConfiguration/check()``.
  public mutating func replacePlugIn(_ plugIn: PlugInConfiguration) throws(ConfigurationError) {
    guard let index = plugins.firstIndex(where: { $0.isSelected(byName: plugIn.name) }) else { throw Self.noPlugIn(plugIn.name) }
    try plugIn.check()
    plugins[index] = plugIn
  }

  /// Puts all plug-ins back to their defaults (`winrm invoke Restore winrm/config/plugin`).
  public mutating func restorePlugIns() { plugins = PlugInConfiguration.builtIn }

  private static func noPlugIn(_ name: String) -> ConfigurationError {
    ConfigurationError(.notFound, "there is no plug-in with Name=\(name)")
  }
}
