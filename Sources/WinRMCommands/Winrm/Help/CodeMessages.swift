import SecuritySupport

/// What the numbers mean that users of WinRM meet: the last line of an error, and `winrm helpmsg`.
enum CodeMessages {
  /// Reads `0x80338012`, `2150858770`, `-2144108526`, `5`, or a name such as `ERROR_WSMAN_QUOTA_LIMIT`; `nil` for anything else.
  static func parse(_ text: String) -> WinRMCode? {
    let lowered = text.lowercased()
    if lowered.hasPrefix("0x") {
      guard lowered.dropFirst(2).allSatisfy(\.isHexDigit) else { return nil }
      return UInt32(lowered.dropFirst(2), radix: 16).map(WinRMCode.init(rawValue:))
    }
    if lowered.hasPrefix("-") { return Int32(lowered).map { WinRMCode(rawValue: UInt32(bitPattern: $0)) } }
    if lowered.first?.isASCII == true, lowered.first?.isNumber == true { return UInt32(lowered).map(WinRMCode.init(rawValue:)) }
    let name = text.uppercased()
    guard let entry = find(where: { $0.name == name || $0.name == "ERROR_" + name }) else { return nil }
    return WinRMCode(rawValue: entry.code)
  }

  /// The message of a code. 0x8007xxxx is the Win32 code xxxx. `nil` for one that is not known here.
  static func message(for code: WinRMCode) -> String? {
    let number = win32(code)
    if let text = detailed[number] { return text }
    guard let entry = find(where: { $0.code == number }) else { return nil }
    guard entry.text.isEmpty else { return String(entry.text) }
    return "A parameter that must be there is missing in a call of the client library (\(entry.name))."
  }

  /// The name of a code in the headers of Windows.
  static func name(of code: WinRMCode) -> String? {
    let number = win32(code)
    return find { $0.code == number }.map { String($0.name) }
  }

  /// What `winrm helpmsg` prints: the message, then the name and the three spellings of the number.
  static func explanation(of code: WinRMCode) -> String {
    let number = win32(code)
    let full = number < 0x1_0000 ? WinRMCode(rawValue: 0x8007_0000 | number) : code
    let spellings = [number < 0x1_0000 ? String(number) : nil, full.hexadecimal, String(full.rawValue), String(full.signed)]
    let line = ([name(of: code)] + spellings).compactMap { $0 }.joined(separator: "  ")
    return (message(for: code) ?? "No message is known for \(code.hexadecimal).") + "\n\n" + line
  }

  private static func win32(_ code: WinRMCode) -> UInt32 { code.rawValue >> 16 == 0x8007 ? code.rawValue & 0xFFFF : code.rawValue }

  struct Entry {
    var code: UInt32
    var name: Substring
    var text: Substring
  }

  static var entries: [Entry] {
    CodeTable.lines.description.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count >= 2, let code = UInt32(parts[0], radix: 16) else { return nil }
      return Entry(code: code, name: parts[1], text: parts.count > 2 ? parts[2] : "")
    }
  }

  private static func find(where matches: (Entry) -> Bool) -> Entry? { entries.first(where: matches) }

  private static let policyHint = """
    AllowFreshCredentials must name the server as WSMAN/myserver.domain.com, or all servers of its domain as WSMAN/*.domain.com:
    winrm credssp enable -role:client -delegate:WSMAN/myserver.domain.com
    """

  /// Messages that take more than a line.
  private static let detailed: [UInt32: String] = [
    0x8033_80E4: """
    The server cannot be authenticated. Use HTTPS, or add it to TrustedHosts; servers in that list are not authenticated:
    winrm set winrm/config/client @{TrustedHosts="myserver"}
    """,
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
  ]
}
