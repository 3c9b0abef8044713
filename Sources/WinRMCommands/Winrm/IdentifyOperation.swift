import Certificates
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

/// `winrm identify -r:ENDPOINT` with the switches of a connection.
struct IdentifyOperation {
  static let namespace = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"

  var paths: WinRMPaths
  var environment: [String: String]
  var console: CommandConsole
  var identifier: any ServiceIdentifier
  /// What `-proxypassword` said; `nil` without it.
  var proxyPassword: PasswordSource?

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
    let policy: ClientPolicy
    do { policy = try ClientPolicy.machine(paths: paths) } catch let error as ConfigurationError { throw WinrmFailure(error, paths: paths) }
    do {
      var configuration = try ConnectionSwitches(remote: target, arguments).configuration(
        defaults: policy, paths: paths, environment: environment,
        passwords: .init(
          password: password, proxyPassword: proxyPassword, prompt: { name, _ in "Password of \(name): " }, read: console.readPassword))
      configuration.policy = policy
      if let text = arguments.switches[.timeout] {
        guard let milliseconds = UInt32(text), milliseconds > 0 else { throw WinrmUsageError("-timeout takes a number of milliseconds.") }
        configuration.operationTimeout = .milliseconds(milliseconds)
      }
      return configuration
    } catch let mistake as ConnectionSwitches.Mistake {
      throw WinrmUsageError(mistake.message)
    }
  }
}

extension ConnectionSwitches {
  /// What `winrm` was told.
  fileprivate init(remote: String, _ arguments: WinrmArguments) throws(WinrmUsageError) {
    self.init(remote: remote)
    let switches = arguments.switches
    usesSSL = switches[.usessl] != nil
    authentication = switches[.authentication]?.lowercased()
    userName = switches[.username]
    certificate = switches[.certificate]
    if let text = switches[.spn] {
      guard let name = ServiceNameSwitch.parse(text) else { throw WinrmUsageError(ServiceNameSwitch.mistake) }
      serviceName = name
    }
    serviceNameHasPort = switches[.spnport] != nil
    usesDefaultCredentials = switches[.defaultcreds] != nil
    sendsUnencrypted = switches[.unencrypted] != nil
    encoding = switches[.encoding]?.lowercased()
    if switches[.skipcacheck] != nil { certificateExceptions.insert(.authority) }
    if switches[.skipcncheck] != nil { certificateExceptions.insert(.name) }
    if switches[.skiprevocationcheck] != nil { certificateExceptions.insert(.revocation) }
    proxyAccess = switches[.proxyaccess]?.lowercased()
    proxyAuthentication = switches[.proxyauthentication]?.lowercased()
    proxyUserName = switches[.proxyusername]
  }
}
