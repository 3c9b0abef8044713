import Certificates
import DelegationPolicy
import SecuritySupport
import WinRMConfiguration

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// What goes together, and the methods that are not bound to a connection.

extension ClientRules {
  func checkOptions() throws(WinRMError) {
    try checkMethodOptions()
    if configuration.sendsUnencrypted { try checkUnencrypted() }
    if configuration.proxy != nil { try checkProxy() }
    guard endpoint.scheme == .http else { return }
    if configuration.allowsImplicitNegotiate {
      throw refusal(
        .implicitNegotiateOverHTTP, "implicit credentials can be allowed for Negotiate over HTTPS only",
        "use https, or leave -defaultcreds away and \(trustStep)")
    }
    if !configuration.certificateExceptions.isEmpty || configuration.method == .certificate {
      throw refusal(
        .certificateOptionsOverHTTP, "over HTTP there are no certificates, neither of the server to check nor of the user to show",
        "use https (-r:https://\(endpoint.isIPv6 ? "[\(host)]" : host):PORT or -usessl), or leave the switches for certificates away")
    }
  }

  private func checkMethodOptions() throws(WinRMError) {
    let method = configuration.method
    if configuration.namesServiceWithPort, method != .negotiate, method != .kerberos {
      throw refusal(
        .servicePortWithOtherMethod, "a port in the name of the service goes with Negotiate and Kerberos only", "leave -spnport away")
    }
    if case .certificate = configuration.credential, method != .certificate, method != .none {
      throw refusal(
        .certificateWithOtherMethod, "a client certificate was given, and another method than certificate authentication",
        "use -a:certificate, or leave -certificate away")
    }
  }

  private func checkUnencrypted() throws(WinRMError) {
    guard endpoint.scheme == .http else {
      throw refusal(
        .unencryptedOverHTTPS, "over HTTPS everything is encrypted; unencrypted messages are for HTTP only", "leave -unencrypted away")
    }
    guard configuration.method != .credSSP else {
      throw refusal(
        .invalidFlag, "CredSSP hands the password to the server: its messages are never sent without encryption",
        "leave -unencrypted away, or use -a:Negotiate")
    }
    guard policy.allowUnencrypted else {
      // Basic over HTTP does not go without it.
      let others =
        (declined.contains(.https) ? [] : ["use https"]) + (configuration.method == .basic ? [] : ["leave -unencrypted away"])
      throw refusal(
        .unencryptedDisabled, "unencrypted messages are switched off in the client's configuration",
        (others.isEmpty ? "" : "\(others.joined(separator: ", or ")); or ") + "where nobody can listen: \(allowingUnencrypted)")
    }
  }

  private var allowingUnencrypted: String {
    let here = setting("AllowUnencrypted", "winrm set winrm/config/client '@{AllowUnencrypted=\"true\"}'\(Self.asRoot())")
    return "\(here), and the same in winrm/config/service on the server"
  }

  private func checkProxy() throws(WinRMError) {
    switch configuration.method {
    case .kerberos:
      throw refusal(
        .proxyWithKerberos, "the scheme Kerberos does not go through a proxy",
        "leave -proxyaccess away, or use -a:Negotiate, which may use Kerberos inside of HTTPS")
    case .credSSP:
      throw refusal(
        .proxyWithCredSSP, "CredSSP does not go through a proxy: the password would be handed on beyond it",
        "leave -proxyaccess away, or use -a:Negotiate, without a second hop")
    case .negotiate, .basic, .certificate, .none: break
    }
    guard endpoint.scheme == .http else { return }
    if configuration.proxy?.credential != nil {
      throw refusal(
        .proxyWithHTTP, "a proxy that wants to know who asks can be used with HTTPS only: its answers and the server's would be mixed up",
        "use https, or leave -proxyauthentication away")
    }
    // Basic and no authentication at all leave the messages readable as well.
    if configuration.sendsUnencrypted || configuration.method != .negotiate {
      throw refusal(.proxyWithHTTP, "unencrypted messages never go through a proxy", "use https, or leave -proxyaccess away")
    }
  }

  func checkBasic() throws(WinRMError) {
    guard policy.basicEnabled else {
      throw refusal(
        .basicDisabled,
        "Basic authentication is switched off in the client's configuration: the server, and over HTTP everybody, sees the password",
        "use -a:Negotiate; or where nothing else is there: \(switchingOn("Basic"))")
    }
    guard case .explicit(let credential) = configuration.credential else {
      throw refusal(
        .userNameAndPasswordNeeded, "Basic authentication needs a user name and a password", "give -u:USER (the password is asked for)")
    }
    guard !"\(credential.name)".contains(":") else {
      throw refusal(
        WinRMCode(rawValue: 87), "the user name holds a colon, where Basic authentication ends it", "use -a:Negotiate for this account")
    }
    if endpoint.scheme == .http {
      guard configuration.sendsUnencrypted else {
        throw refusal(
          .unencryptedDisabled,
          """
          over HTTP, Basic sends name, password and messages readable for everybody in between, which -unencrypted has to ask for\
          \(policy.allowUnencrypted ? "" : "; and unencrypted messages are switched off in the client's configuration")
          """,
          (declined.contains(.https) ? "" : "use https; or ")
            + "where nobody can listen, give -unencrypted\(policy.allowUnencrypted ? "" : " after: \(allowingUnencrypted)")")
      }
      guard policy.trustedHosts.contains(host) else { throw basicNotTrusted("over HTTP") }
    } else if !isProvenByCertificate, !policy.trustedHosts.contains(host) {
      throw basicNotTrusted("without the checks of its certificate")
    }
  }

  private func basicNotTrusted(_ way: String) -> WinRMError {
    refusal(
      .serverNotTrusted,
      "\(way) nothing would prove that \(host) is the server you mean, which gets the password, and \(host) is not in this client's TrustedHosts",
      trustRemedy)
  }

  func checkCertificate() throws(WinRMError) {
    guard policy.certificateEnabled else {
      throw refusal(
        .certificateDisabled, "certificate authentication is switched off in the client's configuration", switchingOn("Certificate"))
    }
    switch configuration.credential {
    case .certificate(let certificate):
      let now = Date()
      guard certificate.details.notAfter >= now, certificate.details.notBefore <= now else {
        throw refusal(.certificateNotValidNow, "the client certificate is not valid now", "give another one: winrm certificate list -user")
      }
    case .explicit:
      throw refusal(.certificateWithUserName, "certificate authentication goes without a user name", "leave -u away, or use -a:Negotiate")
    case .agent, .ambient, .none:
      throw refusal(
        .certificateNeeded, "certificate authentication needs a certificate", "give -certificate:THUMBPRINT (winrm certificate list -user)")
    }
  }
}
