import SecuritySupport
import Testing

@Suite struct CertificateThumbprintTests {
  private let digits = "0123456789ABCDEF0123456789ABCDEF01234567"

  @Test(
    "Typed and copied forms of one thumbprint",
    arguments: [
      "0123456789abcdef0123456789abcdef01234567", "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:ab:cd:ef:01:23:45:67",
      " 01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67 ", "\u{200E}0123456789ABCDEF0123456789ABCDEF01234567",
    ])
  func forms(text: String) { #expect(CertificateThumbprint(parsing: text)?.text == digits) }

  @Test(
    "What is none",
    arguments: [
      "", " ", "0123456789ABCDEF0123456789ABCDEF0123456", "0123456789ABCDEF0123456789ABCDEF012345678",
      "0123456789ABCDEF0123456789ABCDEF0123456G", "０123456789ABCDEF0123456789ABCDEF01234567", "../../../etc/passwd",
      "0123456789ABCDEF0123456789ABCDEF0123456é",
    ])
  func others(text: String) { #expect(CertificateThumbprint(parsing: text) == nil) }

  @Test func fromHash() {
    let hash = (0..<20).map { UInt8($0 * 13 & 0xFF) }
    #expect(CertificateThumbprint(parsing: CertificateThumbprint(sha1: hash).text) == CertificateThumbprint(sha1: hash))
    #expect(CertificateThumbprint(sha1: [0, 1, 0xAB]).text == "0001AB")
  }
}
