/// What is to be reached from the first hop: a WinRM service, a file server, or whatever of both is there.
public struct SecondHopTarget: Sendable, Equatable {
  public enum Service: Sendable, Equatable {
    /// A host alone: WinRM on its ports, or files.
    case any
    /// Without a port, those of the scheme and then of WinRM, as `winrs -r:SCHEME://HOST` takes them.
    case winrm(scheme: String, port: Int?)
    /// A file server, and a share where one was named.
    case files(share: String?)
  }

  public var host: String
  public var service: Service
  /// As typed.
  public let text: String

  /// Reads `HOST`, `HOST:PORT`, `http://HOST[:PORT]`, `https://HOST[:PORT]`, `//HOST[/SHARE]` or `smb://HOST[/SHARE]`, also as Windows
  /// writes it, `\\HOST[\SHARE]`; IPv6 addresses in brackets.
  ///
  /// Only characters that mean nothing to any shell are taken, because the name goes into a script on the first hop.
  public init?(parsing text: String) {
    self.text = text
    let slashed = text.hasPrefix(#"\\"#) ? text.replacing(#"\"#, with: "/") : text
    var rest = slashed[...]
    func take(_ prefix: String) -> Bool {
      guard rest.lowercased().hasPrefix(prefix) else { return false }
      rest = rest.dropFirst(prefix.count)
      return true
    }
    if take("smb://") || take("//") {
      let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      let share = parts.count > 1 ? String(parts[1]) : ""
      guard let (host, port) = Self.authority(parts[0]), port == nil, share.allSatisfy(Self.isShareCharacter) else { return nil }
      self.host = host
      service = .files(share: share.isEmpty ? nil : share)
      return
    }
    let scheme = take("https://") ? "https" : take("http://") ? "http" : nil
    if scheme != nil, rest.hasSuffix("/wsman") { rest = rest.dropLast(6) }
    if scheme != nil, rest.hasSuffix("/") { rest = rest.dropLast() }
    guard let (host, port) = Self.authority(rest) else { return nil }
    self.host = host
    service = scheme == nil && port == nil ? .any : .winrm(scheme: scheme ?? "http", port: port)
  }

  private static func authority(_ text: Substring) -> (String, Int?)? {
    var host = text
    var port: Substring?
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.first == ":" else { return nil }
      port = rest.isEmpty ? nil : rest.dropFirst()
      guard host.contains(":"), host.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == ":" || $0 == ".") }) else { return nil }
    } else {
      if let colon = text.firstIndex(of: ":") { (host, port) = (text[..<colon], text[text.index(after: colon)...]) }
      guard host.first != "-", host.first != ".", host.allSatisfy(isHostCharacter) else { return nil }
    }
    guard !host.isEmpty, host.utf8.count <= 255 else { return nil }
    guard let port else { return (String(host), nil) }
    guard port.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(port), (1...65_535).contains(number) else { return nil }
    return (String(host), number)
  }

  private static func isHostCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "." || character == "-" || character == "_")
  }

  private static func isShareCharacter(_ character: Character) -> Bool { isHostCharacter(character) || character == "$" }

  /// What `winrs -r:` is given on the first hop for a WinRM service, where a scheme or a port was named.
  var address: String? {
    guard case .winrm(let scheme, let port) = service else { return nil }
    return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host)\(port.map { ":\($0)" } ?? "")"
  }

  /// The ports that are tried, in order.
  var ports: [Int] {
    switch service {
    case .any: [5985, 5986, 445]
    case .winrm(_, let port?): [port]
    case .winrm("https", nil): [443, 5986]
    case .winrm(_, nil): [80, 5985]
    case .files: [445]
    }
  }
}
