import Certificates
import Kerberos
import SecuritySupport
import WinRM
import WinRMConfiguration
import WinRMResources

/// What the command line of either tool says about a service and the way to it, and how that becomes a client's configuration.
struct ConnectionSwitches {
  /// `-remote`.
  var remote: String
  var usesSSL = false
  /// `-authentication` in lower case; `nil` where nothing was said.
  var authentication: String?
  var userName: String?
  /// `-certificate`: a thumbprint, blanks in it allowed.
  var certificate: String?
  var serviceName: KerberosServiceName?
  var serviceNameHasPort = false
  var usesDefaultCredentials = false
  var sendsUnencrypted = false
  /// `-encoding` in lower case.
  var encoding: String?
  var certificateExceptions: CertificateVerifier.Exceptions = []
  /// `-proxyaccess` and its companions, the first two in lower case.
  var proxyAccess: String?
  var proxyAuthentication: String?
  var proxyUserName: String?

  /// Where passwords come from.
  struct Passwords {
    /// What `-password` said; `nil` without it.
    var password: PasswordSource?
    /// What `-proxypassword` said; `nil` without it.
    var proxyPassword: PasswordSource?
    /// What is shown where the password of a user at a host is asked for.
    var prompt: (AccountName, String) -> String = { "Enter the password for '\($0)' to connect to '\($1)': " }
    /// Reads one; the text is the prompt.
    var read: (PasswordSource, String) throws -> SecretBytes = { try PasswordReader.read($0, prompt: $1) }
  }

  /// A line that cannot be used.
  struct Mistake: Error, Equatable {
    var message: String
    init(_ message: String) { self.message = message }
  }

  /// - Parameters:
  ///   - defaults: names ports and prefix where the endpoint does not.
  ///   - environment: the session around this process, and the variables that name proxies.
  /// - Throws: ``Mistake``, ``WinRMError``.
  func configuration(
    defaults: ClientPolicy, paths: WinRMPaths, environment: [String: String], passwords: Passwords
  ) throws -> WinRMClientConfiguration {
    let endpoint = try WinRMEndpoint(
      parsing: remote, useSSL: usesSSL,
      defaults: .init(httpPort: defaults.defaultHTTPPort, httpsPort: defaults.defaultHTTPSPort, urlPrefix: defaults.urlPrefix))
    let method = try method()
    try checkProxySwitches()
    var configuration = WinRMClientConfiguration(
      endpoint: endpoint, method: method, credential: try credential(method, endpoint, paths, environment, passwords),
      enclosingSession: EnclosingSession(environment: environment))
    configuration.isDefaultMethod = authentication == nil && certificate == nil
    configuration.servicePrincipalName = serviceName
    configuration.namesServiceWithPort = serviceNameHasPort
    configuration.allowsImplicitNegotiate = usesDefaultCredentials
    configuration.sendsUnencrypted = sendsUnencrypted
    configuration.encoding = try encodingOfMessages()
    configuration.certificateExceptions = certificateExceptions
    configuration.proxy = try proxy(environment, passwords)
    return configuration
  }

  // MARK: Who asks

  private func method() throws -> AuthenticationMethod {
    switch authentication {
    case nil: return certificate == nil ? .negotiate : .certificate
    case "negotiate"?: return .negotiate
    case "kerberos"?: return .kerberos
    case "credssp"?: return .credSSP
    case "basic"?: return .basic
    case "certificate"?: return .certificate
    case "none"?: return .none
    case "digest"?:
      throw WinRMError(
        code: .digestDisabled, stage: .policy, cause: "no WinRM service accepts Digest authentication, and this client does not do it",
        nextStep: "use -a:Negotiate; over HTTPS -a:basic can be an alternative")
    case let other?:
      throw Mistake(
        "Invalid option for -authentication: \"\(other)\". It is none, basic, digest, negotiate, kerberos, certificate or credssp.")
    }
  }

  private func credential(
    _ method: AuthenticationMethod, _ endpoint: WinRMEndpoint, _ paths: WinRMPaths, _ environment: [String: String], _ passwords: Passwords
  ) throws -> ClientCredential {
    if method == .certificate, userName == nil { return try clientCertificate(paths).map { .certificate($0) } ?? .none }
    if method == .none, userName == nil { return .none }
    guard let userName else {
      return method == .basic ? .none : .ambient(agentSocketPath: SessionEnvironment.agentSocket(in: environment))
    }
    guard let name = AccountName(parsing: userName) else {
      throw Mistake("\"\(userName)\" is no user name: USER, DOMAIN\\USER, HOST\\USER or USER@REALM.")
    }
    let prompt = passwords.prompt(name, endpoint.host)
    return .explicit(Credential(name: name, password: try read(passwords.password, prompt, passwords)))
  }

  private func read(_ source: PasswordSource?, _ prompt: String, _ passwords: Passwords) throws -> SecretBytes {
    do { return try passwords.read(source ?? .prompt, prompt) } catch let error as PasswordReaderError { throw error.explained }
  }

  private func clientCertificate(_ paths: WinRMPaths) throws -> ClientCertificate? {
    guard let certificate else { return nil }
    guard let thumbprint = CertificateThumbprint(parsing: certificate.filter { !$0.isWhitespace }) else {
      throw WinRMError(
        code: .clientCertificateNotFound, stage: .policy, cause: "\"\(certificate)\" is no thumbprint, which is 40 hexadecimal digits",
        nextStep: "see which there are: winrm certificate list -user")
    }
    do throws(CertificateError) {
      return try ClientCertificate.load(
        thumbprint, from: paths.clientCertificateDirectories.map { ServerCertificateStore(directory: $0) })
    } catch {
      throw WinRMError(
        code: error.code == .wrongUse ? .certificateNotForClients : error.winrmCode, stage: .policy, cause: error.message,
        nextStep: "see which there are: winrm certificate list -user   or bring one in: winrm certificate import FILE -user")
    }
  }

  // MARK: The way there

  private func encodingOfMessages() throws(Mistake) -> MessageEncoding {
    switch encoding {
    case nil, "utf-8"?: return .utf8
    case "utf-16"?: return .utf16
    case let other?: throw Mistake("Invalid option for -encoding: \"\(other)\". It is utf-8 or utf-16.")
    }
  }

  private func checkProxySwitches() throws {
    switch proxyAccess {
    case nil, "ie_settings"?, "winhttp_settings"?: break
    case "no_proxy"?:
      guard proxyAuthentication == nil, proxyUserName == nil else {
        throw refusal(
          .proxyCredentialsWithoutProxy, "credentials for a proxy were given together with no proxy", "leave one of the two away")
      }
    case "auto_detect"?:
      throw refusal(
        .proxyAccessInvalid,
        "a proxy is not searched for here: whoever answers first in the network would be asked for a script that names one",
        "name it in the variable https_proxy, and use -proxyaccess:ie_settings")
    case let other?: throw Mistake("Invalid option for -proxyaccess: \"\(other)\". It is ie_settings, winhttp_settings or no_proxy.")
    }
    switch proxyAuthentication {
    case nil, "basic"?: break
    case "digest"?, "negotiate"?:
      throw refusal(
        .proxyAuthenticationInvalid,
        proxyAuthentication == "digest"
          ? "Digest is not done, neither to proxies nor to servers"
          : "Negotiate is not done with a proxy: nothing proves who it is, and it could pass the answer on to another server",
        "use -proxyauthentication:basic, or a proxy that does not ask")
    case let other?: throw Mistake("Invalid option for -proxyauthentication: \"\(other)\". It is basic.")
    }
    if proxyAuthentication != nil, proxyAccess == nil { throw Mistake("-proxyauthentication needs -proxyaccess.") }
    if proxyUserName != nil, proxyAuthentication == nil { throw Mistake("-proxyusername needs -proxyauthentication.") }
  }

  private func proxy(_ environment: [String: String], _ passwords: Passwords) throws -> ProxySettings? {
    guard let proxyAccess, proxyAccess != "no_proxy" else { return nil }
    var settings = ProxySettings(environment: environment.filter { ProxySettings.variables.contains($0.key) })
    guard proxyAuthentication != nil else { return settings }
    guard let proxyUserName, !proxyUserName.isEmpty, !proxyUserName.contains(":") else {
      throw refusal(
        .proxyCredentialsNeeded, "authentication to a proxy needs a user name, without a colon in it", "give -proxyusername:USER")
    }
    let password = try read(passwords.proxyPassword, "Enter the password for '\(proxyUserName)' to connect to the proxy: ", passwords)
    settings.credential = Credential(name: AccountName(domain: "", user: proxyUserName), password: password)
    return settings
  }

  private func refusal(_ code: WinRMCode, _ cause: String, _ next: String) -> WinRMError {
    WinRMError(code: code, stage: .policy, cause: cause, nextStep: next)
  }
}
