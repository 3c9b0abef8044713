import Foundation
import SecuritySupport
import Testing

@testable import Certificates

/// PKCS #12 files made by openssl 3.0: the modern encryption and the old ones. Password: `Geheim-ä密`, but for `empty`.
struct PKCS12Tests {
  private static let password = "Geheim-ä密"

  private func open(_ name: String, _ password: String = Self.password) throws -> ServerCertificate {
    try ServerCertificate(pkcs12: file(name), password: SecretBytes(Array(password.utf8)))
  }

  private func file(_ name: String) throws -> SecretBytes {
    let text = try #require(Self.files[name])
    return SecretBytes(Array(try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))))
  }

  @Test(
    "the key, its certificate and the authorities in between come out, in order, however they were encrypted",
    arguments: [
      ("modern", "AES-256, PBKDF2 with SHA-256", 2), ("legacy", "RC2-40 and 3DES", 2), ("mixed", "3DES and RC2-128", 1),
      ("pbes2", "PBES2 with 3DES and AES-128, MAC of SHA-1", 1), ("two", "3DES with two keys, MAC of SHA-512", 1),
    ])
  func opens(name: String, what: String, count: Int) throws {
    let certificate = try open(name)
    #expect(certificate.details.names == ["p12.test"], "\(what)")
    #expect(certificate.chainDER.count == count)
    #expect(certificate.details.isForServers)
    #expect(ServerCertificate.isPKCS12(try file(name)))
  }

  @Test("an empty password") func emptyPassword() throws {
    #expect(try open("empty", "").details.names == ["p12.test"])
  }

  @Test("a wrong password is called that", arguments: ["", "geheim", "Geheim-ä密 "]) func wrongPassword(typed: String) throws {
    for name in ["modern", "legacy", "mixed"] {
      #expect(throws: CertificateError(.wrongPassword, "the password of the PKCS #12 file is wrong, or the file is damaged")) {
        try open(name, typed)
      }
    }
  }

  @Test("no key, and no MAC, are said") func missing() throws {
    func code(_ name: String) -> CertificateError.Code? {
      do {
        _ = try open(name)
        return nil
      } catch { return (error as? CertificateError)?.code }
    }
    #expect(code("nokey") == .keyDoesNotFit)
    #expect(code("nomac") == .unsupportedKey)
  }

  @Test("every truncation, and every changed byte of the first part, is an error and no trap") func damaged() throws {
    let whole = try file("legacy").withUnsafeBytes(Array.init)
    for count in stride(from: 0, to: whole.count, by: 7) {
      #expect(throws: CertificateError.self) {
        try ServerCertificate(pkcs12: SecretBytes(Array(whole.prefix(count))), password: SecretBytes(Array(Self.password.utf8)))
      }
    }
    for index in 0..<min(160, whole.count) {
      var changed = whole
      changed[index] ^= 0x41
      _ = try? ServerCertificate(pkcs12: SecretBytes(changed), password: SecretBytes(Array(Self.password.utf8)))
    }
  }

  @Test("text is no PKCS #12") func text() {
    #expect(!ServerCertificate.isPKCS12(SecretBytes(Array("-----BEGIN CERTIFICATE-----".utf8))))
    #expect(!ServerCertificate.isPKCS12(SecretBytes([])))
    #expect(!ServerCertificate.isPKCS12(SecretBytes([0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 2, 1, 3])))
  }

  @Test("RFC 2268 §5, and 3DES of NIST SP 800-67") func oldCiphers() {
    #expect(
      OldBlockCiphers.RC2(key: [0, 0, 0, 0, 0, 0, 0, 0], effectiveBits: 63).decrypt(0xEBB7_73F9_9327_8EFF) == 0)
    #expect(
      OldBlockCiphers.RC2(
        key: [0x88, 0xBC, 0xA9, 0x0E, 0x90, 0x87, 0x5A, 0x7F, 0x0F, 0x79, 0xC3, 0x84, 0x62, 0x7B, 0xAF, 0xB2],
        effectiveBits: 128
      ).decrypt(0x2269_552A_B0F8_5CA6) == 0)
    let key: [UInt8] = [
      0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
      0x01, 0x23,
    ]
    // "The quic".
    #expect(OldBlockCiphers.TripleDES(key: key).decrypt(0xA826_FD8C_E53B_855F) == 0x5468_6520_7175_6663)
  }

  private static let files: [String: String] = [
    "modern": """
    MIIHnAIBAzCCB1IGCSqGSIb3DQEHAaCCB0MEggc/MIIHOzCCBfIGCSqGSIb3DQEHBqCCBeMwggXfAgEAMIIF2AYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqG
    SIb3DQEFDDAcBAgojCSsS2jrAQICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGKP8+UQYRY2QGpKXS99ZiGAggVw1hvuLZMXDdgu2SBvZ+IAtztOQR7UC9sh
    eRxiHBhwXQFQtnPmEHUbdvGiUqM9YtHjulYEdO8zTeouVSFtW4L0bOebazWai8nWv+U78iBSyiJWg2DoD6gDCVZOYa4vwFVFWnC+AxjBskefxoBcyi56uQau35qtXjNq
    hDpk9GOwxek0X8gpGyC1wsTzBgMRb9lqQAcOxN2UD7Bb+nDySk/jqRYhE8rTvkNQaQlEaRHpOMDTR8QzI5vj6nea7x5S7AcItfP3I5eK5we1oUoCoSTW/nq+nlkI+EsH
    IO9rdq7jYtT20N53qTqdULTw88CdnTB0aprPeCHFfZi+9/dedI1tfQKtguU+yh0RQwmbW3gW3JGyUkNmKRjL6JHDLpfE8kEf7BKeBMGZjHcaWljgfrd1flX1xm5anOXF
    WsdVDGwVNQ9doJIT2qMeOkw8gM2plvUweqbGDfP4VgHoMmnHIzeyew4zBOy3HUWTX3r6wHW/y8PBAi6JMYtDVH9j+ES+nZpJjsoRu216M+UFaP66xzMCJLv0PfytADxB
    mG+MwoV4NiXyBXsENsyKczfU5UQp64NOE4k4mIPQVHKppsVd3UmAKqZYDoyM368/r8eRHtTdwZ5JyKY8Q9J9jxp/hyrK5uzU8DfQagdN4KcXv56UHHrqO0VQrKdCF3Ct
    kDr9gQ294S+1lpZzTrm3R4ToCqLbkgql5OxBUpclNku0i+KgFzqRMMN9MyA+RC1uZcROlUOV6EMd4nZPGeU24j1BJcsZ6Qyvh8Fx1xfnL4SbJCtgp5QKGeiwljJUpvgl
    5OHVmchEv8mDy73b3zHGp6llZXzsG5i73Pd71SQvKXnqiqz8pjC3oT4h7iNjUAF6nQhQ9LJv1PbPayrwWPle0Ckra0VjiKBYDX0O5rttJSz54a2BEmFRX3n36b4EIZmC
    cvhJNOcM1KKCVM7L+a7OVpkLQTmoIbEyx1UIt85M0K3+oT6faVLZG+Nh6UQv7n1ualjlq7/8uYNg5yHNG62g22FHJECQ7zD/hDyxdAM9kEtH9z2uPucx9VTy1yGanFva
    MqTI3EI1n1rtTw2fCL08Vb+vcb4eDlQnxABRfdqueOp4iiUB/D0QjqIWjV6JxYwVKgbZfPCCbX6/JUX/g073Qo0DZOu95hn6dzXo8MTKEbNThZscWMrtpDcmHmPEvMNc
    Cz3gti54LxRmxBceSl4bDEZengGC+N8soYFmJQuko61a193IAp0eLwYrOHnveYZJv8LHnDVDmNb1tGonaEKrtTSENTG5YHE+h3ed9/yrqcby0a6OARuFZjWcvTRxnSFN
    NWshq3JuNkGJYSvqcG4CGJS0EdFCAobfxpmADebX9dMg937jOn4Czjg9uf6QYrKrOHq/pdKIEBQ+Ysw/V2U3Q0MQJYTpIqcfCdMJYwnIae61gahQ3X1FbyR8lDHsG6M2
    VMFLLpaOLAyz2irfrtln0lzMYrJeew4501/4/kq2KuFJlqJw82L8zxPVPoPSM5PEKagoaa+0Yun5uctQf8i7DJUSjgu4MCj4jBiFwkhCtjL5htqjkKJ9SaTHcuXFZhWZ
    TgNxKn2EEhpOS/f+1P7X7z9sDH9zy9c+3ow14pu5qGipL/nFmal4Ehn8yeRDGEIYfzgoiVs7H/9G+T8KIKbXKZ0xlL72C9zUEj0XZg+xhEqCC91zAMfEDKpmTWKhrxQv
    140U9IGqeqPnbnQ+Yv8oHe4GeN7M6tcp0pX+ZeUnkH3/27abfwv1FT4QpraXe7qv5TOjrssJVWumpB+zYkGQRWzJf+O0N+Sk7xBzFGe71Bnx3a+oTpXtnhfqXHoMeTty
    YUVqNXk2VeNW3Qu9M//z92Nwa6desYCuMIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZI
    hvcNAQUMMBwECPclgWBq9j0UAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQQbRde7j9bxNN5KgKHCUuJQSBkFa8K4zopn3z5oyeRq74pwJHCxCK092AzR6I
    ZBMoHgaylZ9zKHbZn19hH6pOis5mGF3gmI0613QZpMm5BfHk0GXgBnavfzGNhoJFBSTxDxzNyocl4cXwcPw7YJ9ePesnmbEE1w1kN69AYMX+xRAvtmEp0INNMmkpCAej
    Z3oKiKJY0v8UOU8tiXT2dZ0bsGF0ljElMCMGCSqGSIb3DQEJFTEWBBSW1Vobw7sNo7C921SdXr7D/p7XgDBBMDEwDQYJYIZIAWUDBAIBBQAEIOIf2GvgIoWfMDY1bayJ
    PqdXkZWrJ1CIJYWvkEOVVZRaBAjVkwl1OCrmKAICCAA=
    """,
    "legacy": """
    MIIHCgIBAzCCBtAGCSqGSIb3DQEHAaCCBsEEgga9MIIGuTCCBa8GCSqGSIb3DQEHBqCCBaAwggWcAgEAMIIFlQYJKoZIhvcNAQcBMBwGCiqGSIb3DQEMAQYwDgQISxOH
    tsWoWhUCAggAgIIFaO45YgiZIpZNAgD5z/DwD8vPZOq1z79NTcH4aRef+BlfFXtlkRDapbf02xYXOXTcOrmkfbHXTHtzRq+5eI0l17BpwlcSwIdnImAXgJFi0S5JcMSV
    5o5FHhv64U5BOGS3w2z8DRe3RrHxbGWS3l32/pEkZX/eV4ScQLnY5R0SD7dklc4R3m9DU6JTJ8Xl4NMaEW63XSmnMQFzIvZlL2aSSbk253AnMiG18hqPP/jZRE99J5tL
    ty0bmjSQZkl3AXXKDzcNMXLDLr/Hcsz5/UZCfSK1lRU97wTYvoZAmC4+7WAJcmOvybikUkZwi60MvdsFyIt89GhtTPCrNumF1YnlKOeZ2zuu1wtozPyJHNMv7S/TO4uo
    FeB18zF9thFiNL5AbRdGnYPFkzAMG4lVzmZtIfKZB6PmaUJYrQ5Wx8Hlf+QxfnHtnCiw3Jnas/QGMLokokrkOt8IFavbwnUuCuakJNEdvC8rhkXavO1wLbnuU7E2QCCB
    RZzHiKlfmN7t3a8Jk8A1KpdqJe4KSEbDl9mL3pTKemeZEOaLn3mEFLeQtp1Hh5YjT4qdz7T5v0hxNpcyawDO9ia4kdFfo9TUw/rNvwRJR8X7JaubxaZtPg5JTsp13PRF
    00l1xVXVeWeGGWMYSYUtWdlKHeuwvgR2dJi/K2QcQEE1AgoaJU21zHSQyIxbDJMRO/u801rCnhoLHZbfdsZq54s8dmvy61aabTsJhHorhj9M9jNfy2xNl38/5TUBTrAb
    6cg5Yw69QnkZBOa/JMZXVrW3eAjCE/3J/UJysObnGpztjOxMlRTYVXT7Mf+du/dv+UeHoIt7xztrImZo9JPBTshj/2wktllLepomJpUZi1dZKisFdXlr1+B8vrnTc3DV
    i3u3T/myaCZlg5xRHQEuIheABtifAmH5JQv9OVst17UJg9aja61z8Gq196GlL8yNHu/+tt0bj73F3rcV88oAbEKkZbOAIaNI1qtdruaP3rezOxf49wFEMyjGMVyf8xkF
    G8zz7x0M6CSAUT+bkRQV4IqQHjouJ+QAiYy5FyIcVVTn+870t71bwvI7RJK9D0YarTX75JL1ky+UtRJICkBSkx6O3m1TQuEbhqN0VKnwZP97XcBUVBtBFd69ysvc99H9
    E1R/+MUpSsxsBV6wEMUAR8rAwlgCUfwWYUuEU9kwwfjgV/zY9YAffn+m2fs+7GsviYL9YkUz+XxW6YL4T9mWkTJ8RXtrZSkXkoNICJxF8c7ykzrmhe1p1sYBN0zLdsPJ
    5t1L7DvwvsmD/8BbcTFBx5JPJLpxN0BNgvmwKnyXK0zBxMYYuv2YvH/n/GuROE7y7stb16Il6/ygUVO3/E1q8eV+oDTFUmCmtmu1yK379a+e0FEiJn7tm9+Gi1mDLZzc
    P89mnpB9DaGjrQV7ToIuiUnSxENFl18Li61vxTran0RJMeLtZD40+CWp2n6pEAk8+x/PHQqQ9bdKJrxzHYxqgf+9yumNymE/itEwnayIfsxw7LisPqtK+9AK7dWRjU6X
    i+uc3aLQ4mSbbPNyNdt+bDK6ORuh8oPKTsdXOWvLU5IQxUf+Iw6BhEBWsm/gqOHEnAcvs7Mycuu3PUtIi3RF83ofCnS1edaWiFEkTOi/xs6RdXFi919woKbhX37DfeXc
    KMFSMm//DR9PS5Fq2QoTRw5vek038VDmvDZOkMbjWUvSyP+X841sx5pI+btvOGvq4vzQwA89nQBqTdfUng/YvgeRR6lqd32jtKt+8A/6IsyG0zeke9y6rEhdCJ7UE75W
    z4ADG9sZUoU/sQSmMAJQ96nsDv2Xice4hU3edIS/7fChgcCSvq6gApNuDCP2/SBuvhJfXuswggECBgkqhkiG9w0BBwGggfQEgfEwge4wgesGCyqGSIb3DQEMCgECoIG0
    MIGxMBwGCiqGSIb3DQEMAQMwDgQIBnOf8q2dFYICAggABIGQZce1OgCMM3grFXbhPqItoqWvTfPyqGiEKrHr0c7Q0w7qBcHD5ZWbilbwEYNfD6sFeruydR58+R4dv3BU
    UnHthpw83JDAn1GCA5rY0v0ZdheaKuKHN1LqQ7N3oxtG3r6KrF1Zc8pnrBU1XMiG5PS6VXDFOZanba/goCoB5zaWo92YiDV3/yczJIauTRvi4TyqMSUwIwYJKoZIhvcN
    AQkVMRYEFJbVWhvDuw2jsL3bVJ1evsP+nteAMDEwITAJBgUrDgMCGgUABBTnekc8+VNFCkxJJvfQvI+9MUOr+gQI2kZFpPv21H0CAggA
    """,
    "mixed": """
    MIIDugIBAzCCA3AGCSqGSIb3DQEHAaCCA2EEggNdMIIDWTCCAk8GCSqGSIb3DQEHBqCCAkAwggI8AgEAMIICNQYJKoZIhvcNAQcBMBwGCiqGSIb3DQEMAQMwDgQIlh+N
    DinwhTUCAggAgIICCIK+NUUMGvwjJ1UrfQ4pmvaAiyYp4gzmYx3Ay4elo6ZZhp/A3ZEplya/Dc7fO7q6qOyTSb1YLd2jPe6hdgPoqnNhxbZ5mgcB3HyYUPmjBPUxjiAI
    ek7of68uH9DZmt+ytokJAng7kTkPJiaQNTPEKTaN1cQqQ2+EMdTOLJWTG0qRcOMADcGVTiwAxdwG+TQNTsRCWTcirom2FaRA8a7/RYOIuCk12awyy9F6XwstXOJGya9S
    orjGGeuQhsdY+gQYP2Z4W8X/2e9XrFekswI7kYGuz37AifV7ipvtvPx/y52COWcyC9zYN+BI8Qe5IZgoT3lz6OwfHF5ey2rPt0D2igV4MP+84xdOZmEtmAodCJ6nIo2A
    DwxM/1tN/iORhUxCUyW9d/HXOHn3Rxf8L5x23aHJR61Xunzi3bS6bXsTNxJaX9W0CIV4D3xe8UKFE8Ud1Fw29uu3g8NckwS2SKgf+umzW9GaIzbPWcvbJbxIKG/xIIOi
    r5hq/HCvyCll1q3pWIW49UiDK/99y0oBb9nHIyG9q6BnQ0gp5dzPdxqpBD80nl/+wcTVcuDHMm6Nk3+OywLcN3uc+dFxVuHriCWewVmOm89xu4RzixjNAi1BH7zQOiuj
    Xef2hY4duQJ6U+c65Y1v2MsS9o/JT1uWBJjpGfGcPgQDx4xFCP4dOw1pF7YXX6UEawxwIA0wggECBgkqhkiG9w0BBwGggfQEgfEwge4wgesGCyqGSIb3DQEMCgECoIG0
    MIGxMBwGCiqGSIb3DQEMAQUwDgQIc0UV2ixvDQ4CAggABIGQEZQ0H7Ibq2sISZpzCqmnsCt05vVPDs8zgfSNeNfAOy36OjC9SpiAUi9pVyy4tUHYaWCEQaWaMSGEssMJ
    mmNZoXcqgUHL/c3iAv8QrN76qX7Vbl8XV0I0jMq3ZLYinUKSZZkp5KmxWtj9gN+qKYbTF/Ao0C/YXoH19oyIKfLHJQCicQ70XioeQV0uuQkb2R1EMSUwIwYJKoZIhvcN
    AQkVMRYEFJbVWhvDuw2jsL3bVJ1evsP+nteAMEEwMTANBglghkgBZQMEAgEFAAQgm+fUpmKjR0Pd49bno3xQczou15kF7kr2l691j9dY+3MECEjBT4epjLytAgIIAA==
    """,
    "pbes2": """
    MIIEGwIBAzCCA+EGCSqGSIb3DQEHAaCCA9IEggPOMIIDyjCCAoEGCSqGSIb3DQEHBqCCAnIwggJuAgEAMIICZwYJKoZIhvcNAQcBME4GCSqGSIb3DQEFDTBBMCkGCSqG
    SIb3DQEFDDAcBAidilWL6vx0sAICCAAwDAYIKoZIhvcNAgkFADAUBggqhkiG9w0DBwQIJxJ/ieoePtyAggIIwpCRfTTbAYDHuQLLbwqeYWJ4zLpRjdhQ5lgKUIZKNZ7a
    zwKPP7fwJ26GLiRIbsNE3cACARKHibXCgwewuFyj7Nwfo91lj5G294O5YeyQkdU/XZ5rzWddmofr8MdvV4xnBKS3nlYVZDGN6PVy54SlG9qGVVzH7AoB1GQ6NzNu/Hh5
    MV4TN30fvQ+ZyjI+6QzXcvTN3PJF2uLDsOHV0Q+zgLfFkgpdmhq9k5y1slqwi5jU3p0D4iFu3Ln6WWseZ7KQEXA81Kb5K/XajmhqdMnnqviI2A4XNHCRDB/b0nK6Rpa7
    0dkOTHArjDsherBe3YrjYLsy08MKL9zS69/syaCyQdNF4JYzp1CzxNlnLKnNvbNjPOrp0Zed0N4+26zT5cOjYKJ6xzc2sEfcg4QDuxV3ZJk06IPS79MFEgq/N6Padvuo
    WRz60eO+vyAGRH7kKZEP844pTWRNcQl/m68FefkifXa17iHxBwhmLBfV2OIK208nKkYzCNHJvHCkLIE7BB2ZYdjNm5XRyLwbqPWHMsf/r5dtvzudAHzjDys8cwcC2d8t
    zSG8n4umjXD0/f1RS7iB68CSLu9RhtvYu0fPIYEWd9mm9ZZ9w+PdKFHYTTypBsfWpy3QOeuYowe9V7QmMRBXFcPiA2nKB48RLm+9htYYdO865QG5w/i89vklpxCmvTKB
    SDnbIbZDqTCCAUEGCSqGSIb3DQEHAaCCATIEggEuMIIBKjCCASYGCyqGSIb3DQEMCgECoIHvMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAixTMUMnQmb
    QwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEK4ZfcJaHcS3eZWxIBhlMaMEgZDcnQ9iIKhd09hIDtV+aUAekd1HdBB7EtfgW4oj2nfpmj1TuhNkTjkRdQxa
    yBqlR1JkrvcklF/XMbSqUdeQmVqx0j2+NOWF3vgo1c4/QXHK4Rw2++KjbwjkQMuFE7OPtV5Uoxg4L9V0vTzQMaNXXlSSz6YtgHPFAfpmYfhqfEei+YkDrtdeaSn7bKzQ
    p4GSjh4xJTAjBgkqhkiG9w0BCRUxFgQUltVaG8O7DaOwvdtUnV6+w/6e14AwMTAhMAkGBSsOAwIaBQAEFAbWiY+8642xRk5egjLuuBSDHIFABAj6jWnQMGSCMwICCAA=
    """,
    "two": """
    MIIDngIBAzCCAzQGCSqGSIb3DQEHAaCCAyUEggMhMIIDHTCCAhMGCSqGSIb3DQEHAaCCAgQEggIAMIIB/DCCAfgGCyqGSIb3DQEMCgEDoIIBwDCCAbwGCiqGSIb3DQEJ
    FgGgggGsBIIBqDCCAaQwggFKoAMCAQICFFTslT2f9NjlUqAueUdkHBDYraurMAoGCCqGSM49BAMCMBYxFDASBgNVBAMMC1AxMiBiZXR3ZWVuMB4XDTI2MTEyMjE4NDAw
    N1oXDTM2MTExOTE4NDAwN1owEzERMA8GA1UEAwwIcDEyLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASuwvS2eBl5tzNa2DNcGuyDp150xRuIMi+CjkgQgMHt
    cZPfv79JDWg9/GC8aG5CxMyEBoIBslPSi95t3dPJIfQqo3kwdzATBgNVHREEDDAKgghwMTIudGVzdDATBgNVHSUEDDAKBggrBgEFBQcDATALBgNVHQ8EBAMCB4AwHQYD
    VR0OBBYEFF5nMVx2KNas3CHiZ1CLyOehfZTyMB8GA1UdIwQYMBaAFMbSqFNB+D3yPnkYDiv84Yi2ihVAMAoGCCqGSM49BAMCA0gAMEUCIQCRzHdTEeD0BTZWzb+s7/Ab
    NrBZnlbA1EWk5sV2tUbQBQIgKAy/X5ZqipOvBK5F2mvuVZHyqEWzj8g2UE1cgAW+EiMxJTAjBgkqhkiG9w0BCRUxFgQUltVaG8O7DaOwvdtUnV6+w/6e14AwggECBgkq
    hkiG9w0BBwGggfQEgfEwge4wgesGCyqGSIb3DQEMCgECoIG0MIGxMBwGCiqGSIb3DQEMAQQwDgQIzQfPRzyc+E0CAggABIGQ6LboP7kn8LCOaV2aPcGB7Tk2GLYbgFAK
    7LBZr4K8zgPO0TuSBSsIH3qow4ky9/YqRqVPRz99VavZmA0eGl18ot/qeVlBMqzebad/bVYrZcIphfmAoqfgYS9RBtuFzwGBnQSrNyGC7d/dQ3bjdLD5WdFg3V8TNUiw
    acqpT5J2zFYRijIRJHXT+nyxZoCnDIVXMSUwIwYJKoZIhvcNAQkVMRYEFJbVWhvDuw2jsL3bVJ1evsP+nteAMGEwUTANBglghkgBZQMEAgMFAARArDnOLoCma1qQOHzR
    Zwrs1qmEVKsUUgntlZe6jNhzF3BwIeFnKUzN+zUvlX23iSS7VePI1CDNN5sZjgXnad4GxQQIxSGAj6ujSvkCAggA
    """,
    "empty": """
    MIIEPAIBAzCCA/IGCSqGSIb3DQEHAaCCA+MEggPfMIID2zCCApIGCSqGSIb3DQEHBqCCAoMwggJ/AgEAMIICeAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqG
    SIb3DQEFDDAcBAg9iWRwWpqujgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEG0ELlDv8zZxlzPwA3qOz+yAggIQIJ4EPUfgHZBDoH8fmkhRfKnY8CwVZJ63
    y+kP7GzkdFDZe4dJbEcVzZiD+qFqD+HhRQwz0B0MDqPAP65XnDDucalv9LfsilMbnyHhobfGxkNI++bsfIbSiaSTX0Yej11aB5H3x8QwOc5PEqeU7YOr6lU62G6DBp2A
    eaucC4d6M8CEf9zG3q9vPRocDxct6KR9FBuxzMDUpHyMigeAjqt56e9QeqvSZQFh/8BpTq+K8WmJad0caZa9lP/cy43gUIqp9FxVWMMvLcOo2OFrr+McYjrE5idwZma5
    rxN5uniEZMD1lAqAB8fHNUONopELEaQDbZEivvrDEZGC89qi1NJl85edzFECToe7zBT6PG1tbJ718UPRfGbxR1FM1RDnbLYcgszOHeMJPL2KdRf/NQqSPZb8Y5fC7Ssh
    qibmYmTgLtAvRKKHKYqi+sEUK36AQ3mzvF5Vz985YOyoT0aK23jS+Hf7BWDZGF3ihVnEo+WkIfCnW4LuWOYWwKGI7uqJL7VbBu7RI3UeXBHhtwQ3GlzuJTR2acbWI4c1
    e6BSG7wV7TvgKK/TXWT72UWAhn6whMBoDAM5I9KoqpAncQunaU2HD2qugiEWAbNYMmRJxdAXcsm3U0aF7TuVLSNsRLxeKyMOzHZ+fYF74nzktLVOvq19ku+/FE0jtfBg
    zyiYDuSusKT0xZov6921/TvMEXJDoYSZMIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZI
    hvcNAQUMMBwECK5ZEflFrRvzAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQySI7s4sad8qLDEFlTtHxswSBkBMGL7IdkvPBdiZG8PpQ5RY7eUYPO2bv4hTz
    7zBu3gWW5ZWLsCtwee9gX/5CbLRfyF0d5k8J+3JTsGCz6LDpf/+8afeQqv5snu3N8Z7YwBJnvLSuzfniBnMHZzPQguRgDeo5rXQtBNg+n+KIZZ8IxPX7MmoRV5meqxRu
    8hoAx+ms/fz+7zKe+VmILcRCfbpXKjElMCMGCSqGSIb3DQEJFTEWBBSW1Vobw7sNo7C921SdXr7D/p7XgDBBMDEwDQYJYIZIAWUDBAIBBQAEIL7GA1HTYDuRhk7cQg0J
    t1tnsLUMXVJB5oIg9e0PONu8BAgLCN/cDseFgQICCAA=
    """,
    "nokey": """
    MIICxwIBAzCCAn0GCSqGSIb3DQEHAaCCAm4EggJqMIICZjCCAmIGCSqGSIb3DQEHBqCCAlMwggJPAgEAMIICSAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqG
    SIb3DQEFDDAcBAh7W6u9u3mksgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGSQeB4Lr1Ofn8T4yD+P/s+AggHg8KSn1LhwRqy228YatTTUslNaTjHk35Mm
    kNmiGjOnaK317ZwFXki+ejBnE7MFsCVvwkKznGea0/s4Xys9KZzbf4CLTKWxjpFciUSZnXjiZZ0ssu/uG7voVAOUEXxsD6YorbBJJaNNbzhkNv67i5rhdZATMMK49AnV
    S7IAMFONLn1S9rkJW1zi/pFlG/pFYvZ4NosN2Q8gak2COyRsi71rZtDvlvgxw7mBUF045MJJDuc8/OvYeqA9dFVNBDFuE0/zWFPWCABVGQ2cC5lrdRqz16Ch+xJYlEus
    w2uhA2ijJaLLgBDjrb1qhNtovWjvOmvo1lslyqUWI2hxa4J1Ie5UA4O4xUIZ5aQbM+ea25qGGJQ5hF8ASJizl7UuYeIU3zjpxnmg5sNT2yLqO669s4sDTTo/LdMTCbpP
    fLIqoOYtyfXlglAsyEKunEK1z3MERYeu4TPJ4HFZihZF8/SGzPDSNepC5JqnkxmjGHnD5WcEag1KAZJg55uMl7v7bmwLr2amyVoPHgALH66gaCtL9R+Vw3zEkkNdkOYW
    kA+hLhJH9aM1a+1J/GX8B7AtofH91TQMMLe+5jLJUCWf9eB/UQl9x73hIAd5Tj8AFoNdvIjJdq6K0VJVJEDhpVC0DkiKGrZXMEEwMTANBglghkgBZQMEAgEFAAQgiILR
    T2AqRQdfQFLUKElff7jeD9+1xixRVA6yX/cATQAECAT02bm5Sb4jAgIIAA==
    """,
    "nomac": """
    MIIDegIBAzCCA3MGCSqGSIb3DQEHAaCCA2QEggNgMIIDXDCCAhMGCSqGSIb3DQEHAaCCAgQEggIAMIIB/DCCAfgGCyqGSIb3DQEMCgEDoIIBwDCCAbwGCiqGSIb3DQEJ
    FgGgggGsBIIBqDCCAaQwggFKoAMCAQICFFTslT2f9NjlUqAueUdkHBDYraurMAoGCCqGSM49BAMCMBYxFDASBgNVBAMMC1AxMiBiZXR3ZWVuMB4XDTI2MTEyMjE4NDAw
    N1oXDTM2MTExOTE4NDAwN1owEzERMA8GA1UEAwwIcDEyLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASuwvS2eBl5tzNa2DNcGuyDp150xRuIMi+CjkgQgMHt
    cZPfv79JDWg9/GC8aG5CxMyEBoIBslPSi95t3dPJIfQqo3kwdzATBgNVHREEDDAKgghwMTIudGVzdDATBgNVHSUEDDAKBggrBgEFBQcDATALBgNVHQ8EBAMCB4AwHQYD
    VR0OBBYEFF5nMVx2KNas3CHiZ1CLyOehfZTyMB8GA1UdIwQYMBaAFMbSqFNB+D3yPnkYDiv84Yi2ihVAMAoGCCqGSM49BAMCA0gAMEUCIQCRzHdTEeD0BTZWzb+s7/Ab
    NrBZnlbA1EWk5sV2tUbQBQIgKAy/X5ZqipOvBK5F2mvuVZHyqEWzj8g2UE1cgAW+EiMxJTAjBgkqhkiG9w0BCRUxFgQUltVaG8O7DaOwvdtUnV6+w/6e14AwggFBBgkq
    hkiG9w0BBwGgggEyBIIBLjCCASowggEmBgsqhkiG9w0BDAoBAqCB7zCB7DBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIifHmaDfRgcYCAggAMAwGCCqGSIb3
    DQIJBQAwHQYJYIZIAWUDBAEqBBA/6LkNrG8eUZzpQyNfO9xHBIGQQwejeSjACbAPCCGpofYdjXzE3lGxcuiRpe06La2FuGDhpjCB6Hsu6Wf21UbkKGdu4HvFTk4AEvYu
    /ScOF+0sb3aQGwSnlzIYDIYtpCkY+WLn2OVExP8MUH2MTOCcUPV7vzo2dg7mlClwxWxhfM4KYQ6P16pD4JEAoHFREos0VSyL+KO7i7JmxjZWsdUS9xTjMSUwIwYJKoZI
    hvcNAQkVMRYEFJbVWhvDuw2jsL3bVJ1evsP+nteA
    """,
  ]
}
