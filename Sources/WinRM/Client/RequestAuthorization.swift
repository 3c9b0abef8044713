import SecuritySupport
import WinRMHTTP

/// The proof of the user that goes along with every request, for the methods whose proof does not belong to a connection.
enum RequestAuthorization: Sendable {
  /// Name and password, readable for the server.
  case basic(Credential)
  /// The certificate of the TLS handshake (DSP0226 §10.3.2).
  case certificate

  var headerValue: String {
    switch self {
    case .basic(let credential): Self.basicHeader(credential)
    case .certificate: AuthenticationScheme.certificate.rawValue
    }
  }

  /// The value of `Authorization` and `Proxy-Authorization` (RFC 7617, in UTF-8).
  static func basicHeader(_ credential: Credential) -> String {
    var token = Array("\(credential.name):".utf8)
    token.reserveCapacity(token.count + credential.password.count)
    credential.password.withUnsafeBytes { token.append(contentsOf: $0) }
    defer { SecretBytes.wipe(&token) }
    return AuthorizationHeader.value(scheme: .basic, token: token)
  }
}

extension WinRMClientConfiguration {
  /// The name that Basic sends: accounts of the server go by their bare name.
  func basicCredential(_ credential: Credential) -> Credential {
    var credential = credential
    if endpoint.isOwnDomain(credential.name.domain) { credential.name.domain = "" }
    return credential
  }
}

extension WinRMEndpoint {
  /// Whether `domain` means the accounts of the server itself: `.`, or the name of the server.
  func isOwnDomain(_ domain: String) -> Bool {
    let domain = domain.lowercased()
    let host = host.lowercased()
    return domain == "." || domain == host || (!isAddress && host.split(separator: ".").first.map { $0 == domain } ?? false)
  }
}
