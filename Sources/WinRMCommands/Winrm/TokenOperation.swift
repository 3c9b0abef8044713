import FoundationEssentials
import SecuritySupport
import SecurityTokens

/// `winrm token BASE64|-`: shows what a token of an authentication says. Nothing goes to the network, and nothing is decrypted.
struct TokenOperation {
  var console: CommandConsole
  var format: OutputFormat

  /// The longest input, in bytes: base64 of the largest token, with line ends.
  private static let maximumInput = TokenDescription.maximumSize * 3 / 2

  /// - Throws: ``WinrmUsageError`` for what is no base64; ``WinrmFailure`` with 0x80090308 behind the output when the token has flaws.
  func run(_ operand: String) throws {
    let description = TokenDescription(of: try bytes(operand))
    let element = ResultElement(description.root)
    switch format {
    case .text: console.writeOutput(ResultWriter.text(element))
    case .pretty, .xml:
      console.writeOutput(ResultWriter.xml(element, prefix: "t", namespace: Self.namespace, isIndented: format == .pretty) + "\n")
    }
    guard description.flaws.isEmpty else {
      throw WinrmFailure(WinRMCode(rawValue: 0x8009_0308), description.flaws.joined(separator: "\n"))
    }
  }

  /// A name for the output as XML; not known anywhere else.
  private static let namespace = "urn:winrm:token"

  private func bytes(_ operand: String) throws -> [UInt8] {
    guard operand == "-" else {
      guard let bytes = Self.decode(operand) else { throw WinrmUsageError("The token is not base64.") }
      return bytes
    }
    let input = try console.readInput(Self.maximumInput)
    guard input.count <= Self.maximumInput else {
      throw WinrmUsageError("Standard input has more than \(Self.maximumInput) bytes, which is no token.", pointsToHelp: false)
    }
    // What is no base64 may be the token itself.
    return Self.decode(String(decoding: input, as: UTF8.self)) ?? input
  }

  /// The headers and schemes that may stand before the token, so that a line of a trace can be given as it is.
  private static let prefixes: Set<String> = [
    "authorization", "www-authenticate", "proxy-authorization", "proxy-authenticate", "negotiate", "kerberos", "credssp", "ntlm",
  ]

  private static func decode(_ text: String) -> [UInt8]? {
    let words = text.split { $0.isWhitespace }
    let token = words.drop { word in prefixes.contains((word.last == ":" ? word.dropLast() : word).lowercased()) }.joined()
    let digits = token.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.count
    guard digits > 0, token.utf8.count - digits <= 2 else { return nil }
    let padded = String(token.prefix(digits)) + String(repeating: "=", count: (4 - digits % 4) % 4)
    return Base64.decode(padded)
  }
}

extension ResultElement {
  init(_ node: TokenNode) {
    if let value = node.value {
      self.init(name: node.name, value: value)
    } else {
      self.init(name: node.name, children: node.children.map { ResultElement($0) })
    }
  }
}
