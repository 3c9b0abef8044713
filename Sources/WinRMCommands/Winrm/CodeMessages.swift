import SecuritySupport

/// What the numbers mean that users of WinRM meet: the last line of an error, and `winrm helpmsg`.
enum CodeMessages {
  /// Reads `0x80338012`, `2150858770`, `-2144108526` or `5`; `nil` for anything else.
  static func parse(_ text: String) -> WinRMCode? {
    let lowered = text.lowercased()
    if lowered.hasPrefix("0x") { return UInt32(lowered.dropFirst(2), radix: 16).map(WinRMCode.init(rawValue:)) }
    if lowered.hasPrefix("-") { return Int32(lowered).map { WinRMCode(rawValue: UInt32(bitPattern: $0)) } }
    return UInt32(lowered).map(WinRMCode.init(rawValue:))
  }

  /// The message of a code. 0x8007xxxx is the Win32 code xxxx. `nil` for one that is not known here.
  static func message(for code: WinRMCode) -> String? {
    messages[code.rawValue >> 16 == 0x8007 ? code.rawValue & 0xFFFF : code.rawValue]
  }

  private static let policyHint = """
    AllowFreshCredentials must name the server as WSMAN/myserver.domain.com, or all servers of its domain as WSMAN/*.domain.com:
    winrm credssp enable -role:client -delegate:WSMAN/myserver.domain.com
    """

  private static let messages: [UInt32: String] = [
    2: "The file was not found.",
    5: "Access is denied.",
    6: "The handle is invalid.",
    13: "The data is not valid.",
    53: "The network path was not found.",
    87: "The parameter is incorrect.",
    995: "The operation was cancelled.",
    1223: "The operation was cancelled by the user.",
    1312: "There is no logon session with credentials to go on with.",
    1315: "The name of the account is not valid.",
    1316: "The account exists already.",
    1317: "The account or the user does not exist.",
    1325: "The password does not meet the requirements.",
    1326: "The user name or the password is incorrect.",
    1359: "An internal error occurred.",
    1385: "The user has not been granted this type of logon.",
    1460: "The time for the operation was up.",
    0x8009_0008: "The algorithm or the kind of key is not supported.",
    0x8009_0016: "There is no private key that fits.",
    0x8009_0303: "The name of the service is not known to the authority that should vouch for it.",
    0x8009_0308: "A token of the authentication is invalid.",
    0x8009_030C: "The logon attempt failed.",
    0x8009_030E: "There are no credentials to authenticate with. Inside of a remote session this means that it holds no delegated ones.",
    0x8009_0311: "No authority could be reached for the authentication.",
    0x8009_0322: "The service runs under another account than its name says.",
    0x8009_0325: "The certificate chain ends at an authority that is not trusted.",
    0x8009_0346: "The channel bindings do not match: the connection ends somewhere else than the authentication.",
    0x8009_035E: "The policy for delegating credentials does not allow this server.",
    0x8009_035F: "The policy for delegating credentials wants better proof of the server than NTLM.",
    0x800B_0101: "The certificate is not valid at this time.",
    0x8033_8000: "No resource matches this URI and these selectors.",
    0x8033_8005: "The stored configuration is damaged. Repair the file that the message names.",
    0x8033_800F: "A header of the message is not valid.",
    0x8033_8012: "The destination cannot be reached. Check that the service runs there and listens: winrm quickconfig",
    0x8033_8013: "The resource does not support this action.",
    0x8033_8029: "The operation did not finish within its time.",
    0x8033_8032: "The resource is busy with another operation.",
    0x8033_8033: "The resource exists already.",
    0x8033_803B: "The resource URI is missing or malformed. See: winrm help uris",
    0x8033_803D: "The selectors are not valid for this resource.",
    0x8033_8041: "The content does not follow the schema: a name, a type or a range is wrong.",
    0x8033_8042: "The feature is not supported.",
    0x8033_8048: "The answer is larger than the asked-for MaxEnvelopeSize.",
    0x8033_805A: "Not all selectors are there that the resource needs.",
    0x8033_805B: "There are selectors that the resource does not know; or the shell or command is gone.",
    0x8033_805F: "A selector stands twice.",
    0x8033_8082: "The certificate was not found. See: winrm certificate list",
    0x8033_8087: "The locale was demanded, and it can only be a wish.",
    0x8033_8088: "The policy is damaged. Repair the file that the message names; until then nothing is allowed.",
    0x8033_8089: "The address of a listener is * or IP: and an address.",
    0x8033_808A: "The setting is controlled by policy and cannot be changed here.",
    0x8033_809F:
      "TrustedHosts holds an invalid name or pattern. Items are separated by commas: names, addresses, *.domain, 10.0.*, <local>.",
    0x8033_80AB: "Credentials were given together with no authentication.",
    0x8033_80B0: "This authentication needs a user name and a password.",
    0x8033_80D9: "The address of the remote computer must have the form [TRANSPORT://]HOST[:PORT][/PREFIX].",
    0x8033_80DA: "The transport of the address must be http or https.",
    0x8033_80DB: "The port of the address must be a number from 1 to 65535.",
    0x8033_80DE: "Unencrypted messages are not allowed by this client's configuration.",
    0x8033_80DF: "Basic authentication is disabled in this client's configuration.",
    0x8033_80E0: "Digest authentication is disabled in this client's configuration.",
    0x8033_80E1: "Negotiate authentication is disabled in this client's configuration.",
    0x8033_80E2: "Kerberos authentication is disabled in this client's configuration.",
    0x8033_80E3: "Certificate authentication is disabled in this client's configuration.",
    0x8033_80E4: """
    The server cannot be authenticated. Use HTTPS, or add it to TrustedHosts; servers in that list are not authenticated:
    winrm set winrm/config/client @{TrustedHosts="myserver"}
    """,
    0x8033_80E5: "Over HTTP, credentials must be given explicitly for a server that is not in TrustedHosts.",
    0x8033_80E7: "An HTTPS listener needs the thumbprint of a certificate.",
    0x8033_80E9: "The name in the certificate is not the Hostname of the listener.",
    0x8033_80EB: "A listener for HTTP has no CertificateThumbprint.",
    0x8033_80EC: "An IP filter is empty, *, or ranges IP1-IP2 separated by commas.",
    0x8033_80ED: "Selectors cannot be changed.",
    0x8033_80EE: "The certificate is not for Server Authentication.",
    0x8033_80FC: "Identify works only against a remote computer: give its address with -remote.",
    0x8033_810B: "Kerberos cannot be used with an IP address.",
    0x8033_8111: "The service refused the request because it is too large (HTTP 413).",
    0x8033_8112: "The service is not available (HTTP 503).",
    0x8033_8113: "Nothing speaks WS-Management at this URL (HTTP 404).",
    0x8033_8115: "There is no certificate for an HTTPS listener: for this host, for servers, valid, and not self-signed.",
    0x8033_8126: "The network did not answer in time. Check the name, the port and the firewalls in between.",
    0x8033_813F: "The setting can only be read.",
    0x8033_8140: "The server cannot use the code page that was asked for.",
    0x8033_8171: "The service could not understand the request (HTTP 400).",
    0x8033_81A1: "CredSSP needs an explicit user name and password.",
    0x8033_81A2: """
    CredSSP authentication is disabled in this client's configuration. It must be enabled here (winrm set winrm/config/client/auth \
    @{CredSSP="true"}) and on the server (winrm set winrm/config/service/auth @{CredSSP="true"}), and this client's policy must allow to \
    delegate fresh credentials.
    \(policyHint)
    """,
    0x8033_81A3: """
    This client's policy does not allow to delegate fresh credentials to the server.
    \(policyHint)
    """,
    0x8033_81A4: """
    Nothing better than NTLM proves the server, and this client's policy does not allow to delegate fresh credentials to it then.
    Either the server shows a certificate that this client trusts, or its certificate is pinned in this client's policy (winrm credssp pin \
    -remote:myserver.domain.com -sha256:<SHA-256 of the certificate>), or its Kerberos name is registered, or \
    AllowFreshCredentialsWhenNTLMOnly names it as WSMAN/myserver.domain.com or WSMAN/*.domain.com:
    winrm credssp enable -role:client -delegate:WSMAN/myserver.domain.com -ntlmonly
    """,
    0x8033_81A5: "The user has as many shells as one user may have.",
    0x8033_81A6: "The user has as many operations under way as one user may have.",
    0x8033_81AB: "As many users have shells as may have them at the same time.",
    0x8033_81AC: "Remote shells are switched off on the server.",
    0x8033_81AE: "The setting is no longer used and cannot be changed.",
    0x8033_81B8: "CbtHardeningLevel is None, Relaxed or Strict.",
    0x8033_81B9: "The name of the host cannot be resolved.",
    0x8033_81BA: "No TLS connection could be made.",
    0x8033_81BB: "To an IP address, default authentication needs explicit credentials, and HTTPS or an entry in TrustedHosts.",
    0x8033_81BE: "The address says http, and the switch for TLS was given.",
    0x8033_81DD: "The service refuses requests of other computers.",
    0x8033_81F0: "The identity of the server could not be verified.",
    0x8033_81F2: "The idle timeout asked for is outside of what the server allows.",
  ]
}
