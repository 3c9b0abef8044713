public import Certificates
public import SecuritySupport
public import WSMan
public import WinRMConfiguration

/// Carries out requests on the resources under `winrm/config` (MS-WSMV §3.1.4.1.29): for the service, and for the tool on a machine whose
/// service does not run.
///
/// Who may ask what has been decided before. Calls read and write files: they block, so callers keep them off event loops.
public final class ConfigurationResources: Sendable {
  /// What the resources are made of.
  public struct Environment: Sendable {
    public var store: ConfigurationStore
    public var certificates: ServerCertificateStore
    /// Whether a password is that of an account of this machine, for certificate mappings; `nil` where no service stands behind the
    /// resources: then mappings can be read and removed, and not made (0x80338152).
    public var verifyAccount: (@Sendable (_ userName: String, _ password: SecretBytes) -> Bool)?
    /// The names of this machine, for certificates that should be found by them.
    public var machineNames: @Sendable () -> [String]
    /// The interfaces of this machine, for the addresses of listeners.
    public var network: @Sendable () -> HostNetwork
    /// Where the listeners of the service that answers are bound; `nil` (default) where it is not the service that answers.
    public var served: ServedListeners?
    /// Who may sign the certificates of clients, for certificate mappings; `nil` (default) where no service stands behind the resources.
    public var clientAuthorities: ClientAuthorities?
    /// The service of this machine, for `quickconfig`; `nil` where it is the service that answers.
    public var service: ServiceControl?
    /// The time by which enumerations expire.
    public var now: @Sendable () -> ContinuousClock.Instant

    public init(
      store: ConfigurationStore, certificates: ServerCertificateStore,
      verifyAccount: (@Sendable (_ userName: String, _ password: SecretBytes) -> Bool)? = nil
    ) {
      self.store = store
      self.certificates = certificates
      self.verifyAccount = verifyAccount
      machineNames = MachineNames.current
      network = { .current() }
      now = { ContinuousClock.now }
    }
  }

  /// What came of a request.
  public struct Outcome: Sendable, Equatable {
    public var body: ResponseBody
    /// Whether the stored configuration is another now.
    public var changed: Bool
    /// Whether the answer tells what the change intends, and Get will tell what came of it once the service has taken it over.
    public var isProvisional = false

    public init(_ body: ResponseBody, changed: Bool = false) {
      self.body = body
      self.changed = changed
    }
  }

  let environment: Environment
  let enumerations: Enumerations

  public init(_ environment: Environment) {
    self.environment = environment
    enumerations = Enumerations(now: environment.now)
  }

  var store: ConfigurationStore { environment.store }
  var certificates: CertificateChecks {
    CertificateChecks(store: environment.certificates, machineNames: environment.machineNames)
  }

  /// Whether a resource belongs to the configuration: `winrm/config` and everything below it but `winrm/config/resource`, which tells of
  /// more than the configuration.
  public func serves(_ uri: ResourceURI) -> Bool { ConfigurationPath(uri) != nil }

  /// Answers a request on a resource for which ``serves(_:)`` says yes.
  ///
  /// - Parameter owner: one text for each caller; an enumeration belongs to who began it.
  /// - Throws: the fault to answer with. Then nothing has been changed.
  public func answer(_ request: WSManRequest, owner: String) throws(WSManFault) -> Outcome {
    let header = request.header
    guard let path = header.resourceURI.flatMap(ConfigurationPath.init) else { throw .destinationUnreachable(header.resourceURI) }
    try header.requireKnownOptions([])
    guard header.fragment == nil else {
      throw .unsupportedFeature(
        .fragmentLevelAccess, code: .fragmentTransferNotSupported,
        "Parts of a resource of the configuration cannot be read or written with a fragment. Address the part by its URI, such as "
          + "winrm/config/client/auth.")
    }
    let operation = try Operation(request, path)
    do {
      switch path.target {
      case .settings(let resource): return try answer(operation, on: resource, path, header)
      case .listener: return try answerListener(operation, header, owner)
      case .certificateMapping: return try answerMapping(operation, header, owner)
      case .plugIn: return try answerPlugIn(operation, header, owner)
      case .security: throw Self.securityIsSuperseded()
      case .customRemoteShell: throw Self.customRemoteShellIsGone()
      case .unknown: throw WSManFault.destinationUnreachable(header.resourceURI)
      }
    } catch let fault as WSManFault {
      throw fault
    } catch let error as ConfigurationError {
      throw WSManFault(error)
    } catch {
      throw .internalError(.internalError, "The configuration cannot be read or written: \(error)")
    }
  }

  private static func securityIsSuperseded() -> WSManFault {
    .unsupportedFeature(
      .notSupported,
      "winrm/config/service/security has been superseded: who may use a resource says the element Security of its plug-in "
        + "(winrm/config/plugin), and for everything else RootSDDL of winrm/config/service.")
  }

  private static func customRemoteShellIsGone() -> WSManFault {
    .internalError(
      WinRMCode(rawValue: 0x8033_81BC), "winrm/config/winrs/customremoteshell exists no longer; shells are plug-ins (winrm/config/plugin).")
  }
}

/// What a request asks of a resource of the configuration.
enum Operation: Equatable {
  case get
  case put(XMLElement)
  case create(XMLElement?)
  case delete
  case enumerate(EnumerateRequest)
  case pull(PullRequest)
  case release(context: String)
  /// A custom action by the last part of its URI, in lower case.
  case invoke(String, XMLElement?)

  init(_ request: WSManRequest, _ path: ConfigurationPath) throws(WSManFault) {
    switch request.body {
    case .get: self = .get
    case .put(let content): self = .put(content)
    case .create(let content): self = .create(content)
    case .delete: self = .delete
    case .enumerate(let request): self = .enumerate(request)
    case .pull(let request): self = .pull(request)
    case .release(let context): self = .release(context: context)
    case .other(let input):
      let action = request.header.action?.rawValue ?? ""
      let prefix = path.uri + "/"
      guard action.lowercased().hasPrefix(prefix), !action.dropFirst(prefix.count).contains("/") else {
        throw .actionNotSupported(request.header.action)
      }
      self = .invoke(action.dropFirst(prefix.count).lowercased(), input)
    case .identify, .createShell, .command, .send, .receive, .signal, .deleteShell: throw .actionNotSupported(request.header.action)
    }
  }
}
