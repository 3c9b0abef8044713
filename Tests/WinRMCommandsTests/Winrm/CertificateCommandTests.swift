import Certificates
import Foundation
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRMCommands

@Suite struct CertificateCommandTests {
  let host: WinrmHost
  let file: String

  init() throws {
    host = try WinrmHost()
    file = host.directory + "/made.pem"
  }

  private var store: ServerCertificateStore { ServerCertificateStore(directory: host.paths.certificateDirectory) }

  /// Writes a certificate and its key into one file.
  private func make(_ names: [String] = ["one.example.com"]) throws -> ServerCertificate {
    let identity = try SelfSignedIdentity.make(commonName: names[0], names: names, notAfter: Date(timeIntervalSinceNow: 3600))
    let certificate = Data(identity.certificateDER).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    let key = identity.privateKeyPEM.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    try "-----BEGIN CERTIFICATE-----\n\(certificate)\n-----END CERTIFICATE-----\n\(key)\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    return try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
  }

  @Test("import, list, use, delete") func life() async throws {
    let made = try make()
    let imported = await host.run("certificate", "import", file)
    #expect(imported.code == 0)
    #expect(imported.output.hasPrefix("Certificate\n    Thumbprint = \(made.thumbprint)\n    SHA256 = "))
    #expect(!imported.output.contains("PRIVATE") && !imported.error.contains("others can read"))
    let typed = made.thumbprint.text.lowercased()
    let set = await host.run("set", "winrm/config/service", "@{CertificateThumbprint=\"\(typed)\"}")
    #expect(set.code == 0 && set.output.contains("CertificateThumbprint = \(made.thumbprint)\n"))
    #expect(set.error.contains("vouches for itself") && set.error.contains("not RSA"))
    await host.run("create", "winrm/config/Listener?Address=*+Transport=HTTPS", "@{Hostname=one.example.com}").check()
    #expect(try ConfigurationStore(paths: host.paths).load().listeners.map(\.certificateThumbprint) == [""])
    let list = await host.run("cert", "list")
    #expect(list.output.contains("UsedBy = winrm/config/service (CredSSP), winrm/config/Listener?Address=*+Transport=HTTPS\n"))
    let refused = await host.run("certificate", "delete", typed)
    #expect(refused.code == 1 && refused.error.contains("in use"))
    let forced = await host.run("certificate", "delete", typed, "-force")
    #expect(forced.code == 0 && forced.output.isEmpty && forced.error.contains("winrmd refuses CredSSP until another"))
    #expect(forced.error.contains("Transport=HTTPS: a winrmd that runs still shows it there"))
    #expect(await host.run("certificate", "list").output.isEmpty)
    let gone = await host.run("certificate", "delete", typed)
    #expect(gone.code == 1 && gone.error.contains("0x80338082"))
    // A listener whose certificate is gone can be switched off and removed.
    await host.run("set", "winrm/config/Listener?Address=*+Transport=HTTPS", "@{Enabled=false}").check()
    await host.run("delete", "winrm/config/Listener?Address=*+Transport=HTTPS").check()
  }

  @Test("A listener's certificate: looked for by name, and checked against it") func listenerNames() async throws {
    let listener = "winrm/config/Listener?Address=*+Transport=HTTPS"
    let none = await host.run("create", listener, "@{Hostname=one.example.com}")
    #expect(none.code == 1 && none.error.contains("0x80338082") && none.error.contains("winrm certificate new -hostname:one.example.com"))
    let made = try make(["one.example.com", "*.two.example.com", "127.0.0.1"])
    await host.run("certificate", "import", file).check()
    let other = await host.run("create", listener, "@{Hostname=three.example.com;CertificateThumbprint=\(made.thumbprint)}")
    #expect(other.code == 1 && other.error.contains("0x803380E9") && other.error.contains("*.two.example.com"))
    #expect(try ConfigurationStore(paths: host.paths).load().listeners.isEmpty)
    await host.run("create", listener, "@{Hostname=x.two.example.com}").check()
    let again = await host.run("create", listener, "@{Hostname=nowhere}")
    #expect(again.code == 1 && again.error.contains("0x80338033"))
    await host.run("set", listener, "@{Hostname=127.0.0.1}").check()
    let renamed = await host.run("set", listener, "@{Hostname=nowhere}")
    #expect(renamed.code == 1 && renamed.error.contains("0x80338082"))
    #expect(try ConfigurationStore(paths: host.paths).load().listeners.map(\.hostname) == ["127.0.0.1"])
    let plain = await host.run(
      "create", "winrm/config/Listener?Address=*+Transport=HTTP", "@{CertificateThumbprint=\(made.thumbprint)}")
    #expect(plain.code == 1 && plain.error.contains("0x803380EB"))
  }

  @Test("new: options, and what it refuses") func new() async throws {
    let made = await host.run("certificate", "new", "-hostname:a.example.com, 192.0.2.1", "-keytype:p256", "-days:1")
    #expect(made.code == 0 && made.output.contains("Key = P-256\n") && made.output.contains("Name = a.example.com, 192.0.2.1\n"))
    #expect(made.error.contains("winrm credssp pin -remote:a.example.com -sha256:"))
    #expect(try store.list().count == 1)
    for words in [
      ["-hostname:x", "-days:3651"], ["-hostname:x", "-days:x"], ["-hostname:x,", "-days:1"], ["-hostname:x y/z", "-days:1"],
      ["-hostname:bad host", "-days:1"], ["-hostname:a..b", "-days:1"],
    ] {
      #expect(await host.run("certificate", "new", words[0], words[1]).code == 1)
    }
    #expect(try store.list().count == 1)
  }

  @Test(
    "Command lines that cannot be used",
    arguments: [
      (["certificate", "import"], "The file of the certificate is missing"), (["certificate", "delete"], "The thumbprint"),
      (["certificate", "frob"], "The operation on certificates"), (["certificate", "new"], "needs -hostname"),
      (["certificate", "list", "x"], "too many"), (["certificate", "list", "-force"], "not allowed"),
      (["certificate", "import", "x", "-days:3"], "not allowed"), (["certificate", "import", "x", "-key:"], "not provided"),
    ])
  func usage(words: [String], message: String) async {
    let run =
      switch words.count {
      case 2: await host.run(words[0], words[1])
      case 3: await host.run(words[0], words[1], words[2])
      default: await host.run(words[0], words[1], words[2], words[3])
      }
    #expect(run.code == 1 && run.output.isEmpty && run.error.contains(message), "\(run.error)")
    #expect(host.snapshot().isEmpty)
  }

  @Test("A file in the top directory is no switch") func topDirectory() throws {
    let parsed = try WinrmArguments(parsing: ["certificate", "import", "/server.pem", "/key:/server.key"])
    #expect(parsed.operands == ["import", "/server.pem"])
    #expect(parsed.switches[.key] == "/server.key")
  }

  @Test("Missing files and files too large are told, and nothing is written") func unreadable() async throws {
    let missing = await host.run("certificate", "import", host.directory + "/none.pem")
    #expect(missing.code == 1 && missing.error.contains("0x80070002") && missing.error.contains("Nothing was changed"))
    try Data(repeating: 65, count: (256 << 10) + 1).write(to: URL(filePath: file))
    let large = await host.run("certificate", "import", file)
    #expect(large.code == 1 && large.error.contains("larger than"))
    #expect(try store.list().isEmpty)
  }
}
