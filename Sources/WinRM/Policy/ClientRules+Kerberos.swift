import Certificates
import DelegationPolicy
import Kerberos
import SecuritySupport
import WinRMConfiguration

// What names alone say about Kerberos and NTLM. Nothing here asks anybody.

extension ClientRules {
  /// Why Kerberos cannot be used, where that is known without asking: the server or the user has no name in a realm.
  var kerberosObstacle: KerberosObstacle? {
    switch configuration.credential {
    case .none, .certificate: return KerberosObstacle("there is no credential")
    case .agent: return KerberosObstacle("the logon agent does NTLM only")
    case .ambient: break
    case .explicit(let credential):
      if isLocalToServer(credential.name) { return KerberosObstacle("\(credential.name) is an account of the server, and of no realm") }
    }
    guard configuration.servicePrincipalName == nil else { return nil }
    if configuration.endpoint.isAddress { return KerberosObstacle("the server is named by an address, and Kerberos knows names only") }
    if configuration.endpoint.isLocalhost { return KerberosObstacle("localhost is no name that a realm knows") }
    return nil
  }

  /// Whether there is anything to do NTLM with.
  var hasNTLMCredential: Bool {
    switch configuration.credential {
    case .explicit, .agent: true
    case .ambient(let socket): socket != nil
    case .certificate, .none: false
    }
  }

  /// Whether NTLM may begin with this server: over HTTP, and over HTTPS without the checks of its certificate, nothing would prove who it
  /// is. Who leaves the checks out has decided for the credentials that he types, and not for those that happen to be there.
  var mayUseNTLM: Bool {
    if policy.trustedHosts.contains(configuration.endpoint.host) { return true }
    guard configuration.endpoint.scheme == .https else { return false }
    return isProvenByCertificate || !isImplicit || configuration.allowsImplicitNegotiate
  }

  /// Whether the certificate of an HTTPS server proves it.
  var isProvenByCertificate: Bool {
    configuration.certificateExceptions.isDisjoint(with: [.authority, .name]) || !policy.pins(for: configuration.endpoint.host).isEmpty
  }

  /// Whether nobody typed the credentials.
  var isImplicit: Bool {
    switch configuration.credential {
    case .agent, .ambient: true
    case .explicit, .certificate, .none: false
    }
  }

  /// `.\user`, or `HOST\user` with the name of the server.
  private func isLocalToServer(_ name: AccountName) -> Bool {
    !name.domain.isEmpty && policy.kerberosRealms[name.domain.lowercased()] == nil && configuration.endpoint.isOwnDomain(name.domain)
  }

  /// Whether the name says to which realm it belongs, so that its KDC's "unknown" is the truth. A bare name, and one behind an
  /// unconfigured NetBIOS name, may be that of an account of the server.
  var nameHasKnownRealm: Bool {
    guard case .explicit(let credential) = configuration.credential else { return false }
    let name = credential.name
    guard !name.domain.isEmpty else { return name.user.contains("@") }
    if policy.kerberosRealms[name.domain.lowercased()] != nil || name.domain.contains(".") { return name.domain != "." }
    return KerberosRealms.libraryDefault().map { KerberosRealms.isNetBIOSName(name.domain, of: $0) } ?? false
  }

  /// The NetBIOS name before the user where it leads to no realm: neither configured nor that of the default realm.
  var unknownDomain: String? {
    guard case .explicit(let credential) = configuration.credential, !nameHasKnownRealm else { return nil }
    let domain = credential.name.domain
    return domain.isEmpty || domain == "." ? nil : domain
  }

  /// The error with what the names add to it.
  func explained(_ error: KerberosError) -> KerberosError {
    var error = error
    switch error.code {
    case .unknownPrincipal:
      guard let domain = unknownDomain else { break }
      error.message = "no domain \(domain) is known here"
      error.nextStep = """
        Correct the domain, write USER@REALM, or say which realm it is: winrm set winrm/config/client \
        '@{KerberosRealms="\(domain)=REALM"}'\(Self.asRoot()).
        """
    case .unknownService where configuration.servicePrincipalName == nil:
      error.message = "the realm knows no service for \(configuration.endpoint.host)"
    default: break
    }
    return error
  }
}
