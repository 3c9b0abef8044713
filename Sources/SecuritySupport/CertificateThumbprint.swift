/// The name by which Windows knows a certificate: SHA-1 of its DER, 40 upper-case hexadecimal digits. A name, no proof.
public struct CertificateThumbprint: Sendable, Hashable, CustomStringConvertible {
  /// The digits.
  public let text: String

  /// - Parameter sha1: the hash of the certificate's DER.
  public init(sha1: some Sequence<UInt8>) {
    text = sha1.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  /// Reads what somebody typed or copied: case does not matter, nor do blanks, colons, and the invisible mark that Windows' certificate
  /// window puts in front (U+200E).
  ///
  /// - Returns: `nil` when that leaves anything but 40 hexadecimal digits.
  public init?(parsing typed: String) {
    let digits = typed.unicodeScalars.filter { !Self.ignored.contains($0) }
    guard digits.count == 40, digits.allSatisfy({ $0.isASCII && $0.properties.isASCIIHexDigit }) else { return nil }
    text = String(String.UnicodeScalarView(digits)).uppercased()
  }

  public var description: String { text }

  private static let ignored: Set<UnicodeScalar> = [" ", "\t", ":", "\u{A0}", "\u{200E}", "\u{200F}", "\u{FEFF}"]
}
