import SecuritySupport
import WSMan
public import WinRM
import WinRMConfiguration

/// Asks a service what it is. The command sees the network through this alone, so that tests can answer.
public protocol ServiceIdentifier: Sendable {
  /// - Throws: ``WinRMError``.
  func identify(_ configuration: WinRMClientConfiguration) async throws -> ServiceIdentity
}

/// What a service says about itself.
public struct ServiceIdentity: Sendable, Equatable {
  public var protocolVersion: String
  public var productVendor: String
  public var productVersion: String
  public var securityProfiles: [String]

  public init(protocolVersion: String, productVendor: String, productVersion: String, securityProfiles: [String] = []) {
    self.protocolVersion = protocolVersion
    self.productVendor = productVendor
    self.productVersion = productVersion
    self.securityProfiles = securityProfiles
  }
}

/// Asks over the network.
public struct NetworkServiceIdentifier: ServiceIdentifier {
  public init() {}

  public func identify(_ configuration: WinRMClientConfiguration) async throws -> ServiceIdentity {
    try await withWinRMClient(configuration) { client in
      let response = try await client.identify()
      return ServiceIdentity(
        protocolVersion: response.protocolVersion, productVendor: response.productVendor, productVersion: response.productVersion,
        securityProfiles: response.securityProfiles)
    }
  }
}

/// `winrm identify -r:ENDPOINT [-a:none|negotiate|kerberos|credssp] [-u:USER [-p:PASSWORD]]`.
struct IdentifyOperation {
  static let namespace = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"

  var paths: WinRMPaths
  var environment: [String: String]
  var console: CommandConsole
  var identifier: any ServiceIdentifier

  func run(_ arguments: WinrmArguments, password: PasswordSource?) async throws -> ResultElement {
    let identity = try await identifier.identify(configuration(arguments, password: password))
    var children = [
      ResultElement(name: "ProtocolVersion", value: identity.protocolVersion),
      ResultElement(name: "ProductVendor", value: identity.productVendor),
      ResultElement(name: "ProductVersion", value: identity.productVersion),
    ]
    if !identity.securityProfiles.isEmpty {
      let names = identity.securityProfiles.map { ResultElement(name: "SecurityProfileName", value: $0) }
      children.append(ResultElement(name: "SecurityProfiles", children: names))
    }
    return ResultElement(name: "IdentifyResponse", children: children)
  }

  /// Whom to connect to, and as whom.
  func configuration(_ arguments: WinrmArguments, password: PasswordSource?) throws -> WinRMClientConfiguration {
    guard let target = arguments.switches[.remote] else {
      throw WinrmFailure(.noIdentifyForLocalSession, "Identify asks another computer: give its address with -remote.")
    }
    let method = try Self.method(arguments)
    let policy: ClientPolicy
    do { policy = try ClientPolicy.machine(paths: paths) } catch let error as ConfigurationError { throw WinrmFailure(error, paths: paths) }
    let endpoint = try WinRMEndpoint(
      parsing: target, useSSL: arguments.switches[.usessl] != nil,
      defaults: .init(httpPort: policy.defaultHTTPPort, httpsPort: policy.defaultHTTPSPort, urlPrefix: policy.urlPrefix))
    var configuration = WinRMClientConfiguration(
      endpoint: endpoint, method: method, credential: try credential(arguments, method, password: password), policy: policy,
      enclosingSession: EnclosingSession(environment: environment))
    if let text = arguments.switches[.spn] {
      guard let name = ServiceNameSwitch.parse(text) else { throw WinrmUsageError(ServiceNameSwitch.mistake) }
      configuration.servicePrincipalName = name
    }
    if arguments.switches[.spnport] != nil {
      guard method == .negotiate || method == .kerberos, arguments.switches[.spn] == nil else {
        throw WinrmUsageError("-spnport goes with negotiate and kerberos, and not with -spn.")
      }
      configuration.namesServiceWithPort = true
    }
    if let text = arguments.switches[.timeout] {
      guard let milliseconds = UInt32(text), milliseconds > 0 else { throw WinrmUsageError("-timeout takes a number of milliseconds.") }
      configuration.operationTimeout = .milliseconds(milliseconds)
    }
    return configuration
  }

  private static func method(_ arguments: WinrmArguments) throws(WinrmUsageError) -> AuthenticationMethod {
    let hasUser = arguments.switches[.username] != nil
    switch arguments.switches[.authentication]?.lowercased() {
    case "none":
      guard !hasUser, arguments.switches[.password] == nil else {
        throw WinrmUsageError("-authentication:none goes without -username and -password.")
      }
      return .none
    case nil, "negotiate": return .negotiate
    case "kerberos": return .kerberos
    case "credssp":
      guard hasUser else { throw WinrmUsageError("-authentication:CredSSP needs -username.") }
      return .credSSP
    case let other?:
      throw WinrmUsageError("Invalid option for -authentication: \"\(other)\". It is none, negotiate, kerberos or credssp in this version.")
    }
  }

  private func credential(
    _ arguments: WinrmArguments, _ method: AuthenticationMethod, password: PasswordSource?
  ) throws -> ClientCredential {
    guard method != .none else { return .none }
    guard let text = arguments.switches[.username] else {
      guard arguments.switches[.password] == nil else { throw WinrmUsageError("-password goes only with -username.") }
      return .ambient(agentSocketPath: SessionEnvironment.agentSocket(in: environment))
    }
    guard let name = AccountName(parsing: text) else { throw WinrmUsageError("\"\(text)\" is no user name.") }
    do {
      let secret = try console.readPassword(password ?? .prompt, "Password of \(name): ")
      return .explicit(Credential(name: name, password: secret))
    } catch let error as PasswordReaderError {
      throw error.explained
    }
  }
}
