import Certificates
import Kerberos
import WSMan

/// The switches of `winrs` (`-` or `/`, long or short, `:` or `=` before the value, in any case) and the command after them.
struct WinrsOptions: Sendable, Equatable {
  enum Method: String, Sendable, Equatable, CaseIterable {
    case negotiate
    case kerberos
    case credSSP = "credssp"
    case basic
    case certificate
  }

  var remote = "localhost"
  /// `nil` when it was not said.
  var method: Method?
  var userName: String?
  /// Whether `-password` was given. Its value never comes here: it is taken from the argument vector before.
  var hasPasswordSwitch = false
  var directory: String?
  var environment: [EnvironmentVariable] = []
  var noEcho = false
  var noProfile = false
  var allowDelegate = false
  /// `SERVICE/HOST`, in place of the host's own services.
  var serviceName: KerberosServiceName?
  /// Whether the service's name ends in the port.
  var serviceNameHasPort = false
  var verbose = false
  var useSSL = false
  var unencrypted = false
  var compression = false
  /// The thumbprint of a client certificate.
  var certificate: String?
  var usesDefaultCredentials = false
  /// In lower case.
  var encoding: String?
  var certificateExceptions: CertificateVerifier.Exceptions = []
  /// In lower case, as the next.
  var proxyAccess: String?
  var proxyAuthentication: String?
  var proxyUserName: String?
  /// Whether `-proxypassword` was given. Its value never comes here.
  var hasProxyPasswordSwitch = false
  var wantsHelp = false
  var wantsVersion = false
  /// The first word that is no switch, and all after it.
  var command: [String] = []

  /// Takes the arguments apart, without the program's name.
  init(parsing arguments: [String]) throws(WinrsUsageError) {
    var rest = arguments[...]
    while let word = rest.first, let (name, value) = Self.split(word) {
      guard let known = Self.switches[name] else {
        if word.hasPrefix("/"), word.count > 1, name != "?" { break }  // a path: the command starts here
        throw WinrsUsageError("Unrecognized switch \"\(word)\"")
      }
      rest.removeFirst()
      try apply(known, value: value, word: word)
    }
    command = Array(rest)
    if command.allSatisfy({ $0.allSatisfy(\.isWhitespace) }), !wantsHelp, !wantsVersion { throw WinrsUsageError("No command was given") }
    try check()
  }

  /// The words of -authentication, for completion.
  static let methodNames = Method.allCases.map(\.rawValue)

  /// All names that a switch can have.
  static var switchNames: Set<String> { Set(switches.keys) }

  private enum Switch {
    case remote, authentication, userName, password, directory, environment, timeout
    case noEcho, noProfile, allowDelegate, useSSL, unencrypted, compression, help, version
    case serviceName, serviceNameHasPort, verbose
    case certificate, defaultCredentials, encoding, skipAuthority, skipName, skipRevocation
    case proxyAccess, proxyAuthentication, proxyUserName, proxyPassword
  }

  private static let switches: [String: Switch] = [
    "remote": .remote, "r": .remote, "authentication": .authentication, "auth": .authentication, "a": .authentication,
    "username": .userName, "u": .userName, "password": .password, "p": .password, "directory": .directory, "d": .directory,
    "environment": .environment, "env": .environment, "timeout": .timeout, "t": .timeout, "noecho": .noEcho, "noe": .noEcho,
    "noprofile": .noProfile, "nop": .noProfile, "allowdelegate": .allowDelegate, "ad": .allowDelegate, "usessl": .useSSL, "ssl": .useSSL,
    "certificate": .certificate, "c": .certificate, "defaultcreds": .defaultCredentials, "encoding": .encoding,
    "skipcacheck": .skipAuthority, "skipcncheck": .skipName, "skiprevocationcheck": .skipRevocation,
    "proxyaccess": .proxyAccess, "pac": .proxyAccess, "proxyauthentication": .proxyAuthentication, "proxyauth": .proxyAuthentication,
    "pa": .proxyAuthentication, "proxyusername": .proxyUserName, "pu": .proxyUserName, "proxypassword": .proxyPassword,
    "pp": .proxyPassword,
    "spn": .serviceName, "spnport": .serviceNameHasPort, "verbose": .verbose, "v": .verbose,
    "unencrypted": .unencrypted, "un": .unencrypted, "compression": .compression, "comp": .compression, "?": .help, "help": .help,
    "-help": .help,
    "-version": .version,
  ]

  /// Name in lower case and value; `nil` for a word that does not look like a switch.
  private static func split(_ word: String) -> (name: String, value: String?)? {
    guard word.count > 1, word.hasPrefix("-") || word.hasPrefix("/") else { return nil }
    let body = word.dropFirst()
    guard let cut = body.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return (body.lowercased(), nil) }
    return (body[..<cut].lowercased(), String(body[body.index(after: cut)...]))
  }

  private mutating func apply(_ known: Switch, value: String?, word: String) throws(WinrsUsageError) {
    switch known {
    case .remote: remote = try Self.needed(value, word)
    case .authentication: method = try Self.method(try Self.needed(value, word))
    case .userName: userName = try Self.needed(value, word)
    case .password: hasPasswordSwitch = true
    case .directory: directory = try Self.needed(value, word)
    case .environment: environment.append(try Self.variable(try Self.needed(value, word)))
    case .timeout: _ = try Self.needed(value, word)  // deprecated on Windows; accepted and without effect there as here
    case .noEcho: noEcho = true
    case .noProfile: noProfile = true
    case .allowDelegate: allowDelegate = true
    case .useSSL: useSSL = true
    case .unencrypted: unencrypted = true
    case .compression: compression = true
    case .serviceName:
      guard let name = ServiceNameSwitch.parse(try Self.needed(value, word)) else { throw WinrsUsageError(ServiceNameSwitch.mistake) }
      serviceName = name
    case .serviceNameHasPort: serviceNameHasPort = true
    case .certificate: certificate = try Self.needed(value, word)
    case .defaultCredentials: usesDefaultCredentials = true
    case .encoding: encoding = try Self.needed(value, word).lowercased()
    case .skipAuthority: certificateExceptions.insert(.authority)
    case .skipName: certificateExceptions.insert(.name)
    case .skipRevocation: certificateExceptions.insert(.revocation)
    case .proxyAccess: proxyAccess = try Self.needed(value, word).lowercased()
    case .proxyAuthentication: proxyAuthentication = try Self.needed(value, word).lowercased()
    case .proxyUserName: proxyUserName = try Self.needed(value, word)
    case .proxyPassword: hasProxyPasswordSwitch = true
    case .verbose: verbose = true
    case .help: wantsHelp = true
    case .version: wantsVersion = true
    }
  }

  private func check() throws(WinrsUsageError) {
    if hasPasswordSwitch, userName == nil { throw WinrsUsageError("-password needs -username") }
    if certificate != nil, userName != nil || (method != nil && method != .certificate) {
      throw WinrsUsageError("-certificate goes without -username and with no other authentication than certificate")
    }
    if method == .certificate, certificate == nil { throw WinrsUsageError("-authentication:certificate needs -certificate") }
    if method == .basic, userName == nil { throw WinrsUsageError("-authentication:basic needs -username") }
    if usesDefaultCredentials, method != .negotiate || userName != nil {
      throw WinrsUsageError("-defaultcreds goes with -authentication:negotiate, and without -username")
    }
    if proxyAuthentication != nil, proxyAccess == nil { throw WinrsUsageError("-proxyauthentication needs -proxyaccess") }
    if proxyUserName != nil, proxyAuthentication == nil { throw WinrsUsageError("-proxyusername needs -proxyauthentication") }
    if hasProxyPasswordSwitch, proxyUserName == nil { throw WinrsUsageError("-proxypassword needs -proxyusername") }
    if serviceNameHasPort, isCredSSP { throw WinrsUsageError("-spnport goes with Negotiate and Kerberos, not with CredSSP") }
    if serviceNameHasPort, serviceName != nil { throw WinrsUsageError("-spn has the whole name; -spnport does not go with it") }
  }

  /// Whether the password itself is handed on: asked for by name, or by -allowdelegate where there is a password to hand on and no other
  /// method was asked for.
  var isCredSSP: Bool { method == .credSSP || (method == nil && allowDelegate && userName != nil) }

  private static func needed(_ value: String?, _ word: String) throws(WinrsUsageError) -> String {
    guard let value, !value.isEmpty else { throw WinrsUsageError("The switch \"\(word)\" needs a value: -SWITCH:VALUE") }
    return value
  }

  private static func method(_ text: String) throws(WinrsUsageError) -> Method {
    guard let method = Method(rawValue: text.lowercased()) else {
      throw WinrsUsageError("The authentication \"\(text)\" is none of Negotiate, Kerberos, CredSSP, Basic and Certificate")
    }
    return method
  }

  private static func variable(_ text: String) throws(WinrsUsageError) -> EnvironmentVariable {
    guard let cut = text.firstIndex(of: "="), cut != text.startIndex else {
      throw WinrsUsageError("The environment variable \"\(text)\" is not of the form NAME=VALUE")
    }
    return EnvironmentVariable(String(text[..<cut]), String(text[text.index(after: cut)...]))
  }
}

/// A command line that `winrs` does not understand.
struct WinrsUsageError: Error, Sendable, Equatable, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

extension ConnectionSwitches {
  /// What `winrs` was told.
  init(_ options: WinrsOptions) {
    self.init(remote: options.remote)
    usesSSL = options.useSSL
    authentication = options.isCredSSP ? "credssp" : options.method?.rawValue
    userName = options.userName
    certificate = options.certificate
    serviceName = options.serviceName
    serviceNameHasPort = options.serviceNameHasPort
    usesDefaultCredentials = options.usesDefaultCredentials
    sendsUnencrypted = options.unencrypted
    encoding = options.encoding
    certificateExceptions = options.certificateExceptions
    proxyAccess = options.proxyAccess
    proxyAuthentication = options.proxyAuthentication
    proxyUserName = options.proxyUserName
  }
}
