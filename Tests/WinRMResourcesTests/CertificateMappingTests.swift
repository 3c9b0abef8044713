import Certificates
import Foundation
import SecuritySupport
import Synchronization
import TestCertificates
import Testing
import WSMan
import WinRMConfiguration
import X509

@testable import WinRMResources

@Suite struct CertificateMappingTests {
  private let machine: Machine
  private let path = "config/service/certmapping"
  private let keys = ["Issuer": String(repeating: "ab", count: 20), "Subject": "*.example.com", "URI": "*"]
  private static let input = "<c:certmapping><c:UserName>joe</c:UserName><c:Password>right</c:Password></c:certmapping>"

  init() throws {
    machine = try Machine {
      $0.verifyAccount = { name, password in name != "nobody" && password.withUnsafeBytes { Array($0) == Array("right".utf8) } }
    }
  }

  @Test("Created with UserName and Password, shown without; the password is stored nowhere")
  func life() throws {
    let reference = try machine.create(path, Self.input, keys)
    #expect(reference.selectors.map(\.name) == ["Issuer", "Subject", "URI"])
    #expect(reference.selector("Issuer") == String(repeating: "AB", count: 20))
    let element = try machine.get(path, keys)
    #expect(element.name == XMLName(namespace: Machine.base + path, localName: "CertMapping"))
    #expect(element.elements.map(\.name.localName) == ["URI", "Subject", "Issuer", "UserName", "Enabled", "Password"])
    #expect(element.at("UserName")?.text == "joe" && element.at("Enabled")?.text == "true" && element.at("Password")?.text == "")
    #expect(machine.files.values.allSatisfy { !$0.contains("right") })
    #expect(try machine.enumerate(path).items.compactMap(\.object) == [element])
    // Sent back as it was read, with one change.
    let off = try machine.put(
      path, "<c:CertMapping><c:UserName>joe</c:UserName><c:Enabled>false</c:Enabled><c:Password/></c:CertMapping>", keys)
    #expect(off.changed && off.element.at("Enabled")?.text == "false")
    #expect(try machine.ask(path, .delete, .delete, keys).changed)
    machine.refused(0x8033_8000) { _ = try machine.get(path, keys) }
    machine.refused(0x8033_8000) { try machine.ask(path, .delete, .delete, keys) }
  }

  @Test(
    "UserName and Password come together, and are those of an account",
    arguments: [
      ("", 0x8033_816C), ("<c:UserName>joe</c:UserName>", 0x8033_816C), ("<c:Password>right</c:Password>", 0x8033_816C),
      ("<c:UserName>joe</c:UserName><c:Password/>", 0x8033_816B),
      ("<c:UserName>joe</c:UserName><c:Password>\(String(repeating: "x", count: 256))</c:Password>", 0x8033_816A),
      ("<c:UserName>joe</c:UserName><c:Password>wrong</c:Password>", 0x8033_8154),
      ("<c:UserName>nobody</c:UserName><c:Password>right</c:Password>", 0x8033_8154),
      ("<c:UserName>joe</c:UserName><c:Password>right</c:Password><c:Subject>other</c:Subject>", 0x8033_8172),
      ("<c:UserName>joe</c:UserName><c:Password>right</c:Password><c:Foo>1</c:Foo>", 0x8033_8041),
      ("<c:UserName>joe</c:UserName><c:Password>right</c:Password><c:Enabled>x</c:Enabled>", 0x8033_8041),
    ] as [(String, UInt32)])
  func badInput(content: String, code: UInt32) throws {
    let fault = machine.refused(code) { try machine.create(path, "<c:CertMapping>\(content)</c:CertMapping>", keys) }
    #expect(fault?.reason.contains("right") == false)
  }

  @Test("Put: another account needs its password, and keys stay")
  func badPut() throws {
    try machine.create(path, Self.input, keys)
    func put(_ code: UInt32, _ content: String) {
      machine.refused(code) { try machine.put(path, "<c:CertMapping>\(content)</c:CertMapping>", keys) }
    }
    put(0x8033_816C, "<c:UserName>eve</c:UserName>")
    put(0x8033_816B, "<c:UserName>eve</c:UserName><c:Password/>")
    put(0x8033_8154, "<c:UserName>eve</c:UserName><c:Password>wrong</c:Password>")
    put(0x8033_8154, "<c:Password>wrong</c:Password>")
    put(0x8033_8172, "<c:URI>http://x</c:URI>")
    #expect(
      try machine.put(path, "<c:CertMapping><c:UserName>eve</c:UserName><c:Password>right</c:Password></c:CertMapping>", keys).changed)
    machine.refused(0x8033_8033) { try machine.create(path, Self.input, keys) }
  }

  @Test("Keys that cannot be, and selectors that are missing")
  func badKeys() throws {
    func create(_ code: UInt32, _ name: String, _ value: String?) {
      var keys = keys
      keys[name] = value
      machine.refused(code) { try machine.create(path, Self.input, keys) }
    }
    create(0x8033_8162, "Issuer", "zz")
    create(0x8033_8161, "Subject", "a*b")
    create(0x8033_8160, "URI", "a*b")
    create(0x8033_805A, "URI", nil)
    create(0x8033_805B, "Foo", "x")
  }

  @Test("The aliases of the tool in the URI stand for what requests will say")
  func alias() throws {
    var keys = keys
    keys["URI"] = "shell/cmd"
    try machine.create(path, Self.input, keys)
    #expect(try machine.get(path, keys).at("URI")?.text == Machine.base + "windows/shell/cmd")
    keys["URI"] = Machine.base + "windows/shell/cmd"
    #expect(try machine.ask(path, .delete, .delete, keys).changed)
  }

  @Test("The issuer is one of the certificates that may sign those of clients; otherwise no password is asked about")
  func issuer() throws {
    let root = try TestAuthority.authority("root")
    let server = try TestAuthority.make("server", by: root) { $0.extendedUsage = [.serverAuth] }
    let weak = try TestAuthority.authority("weak", by: root) { $0.usage = KeyUsage(digitalSignature: true) }
    let own = try TestAuthority.make("own")
    let stranger = try TestAuthority.authority("stranger")
    let asked = Mutex(0)
    let authorities = NSTemporaryDirectory() + "winrm-trusted-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: authorities, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    defer { try? FileManager.default.removeItem(atPath: authorities) }
    let text = try [root, server, weak, own].map { try $0.pem }.joined()
    try text.write(toFile: authorities + "/all.pem", atomically: false, encoding: .utf8)
    chmod(authorities + "/all.pem", 0o644)
    let machine = try Machine {
      $0.clientAuthorities = ClientAuthorities(directory: authorities)
      $0.verifyAccount = { _, _ in
        asked.withLock { $0 += 1 }
        return true
      }
    }
    func create(_ issuer: TestAuthority) throws {
      let thumbprint = CertificateThumbprint(certificateDER: try issuer.der).text
      try machine.create(path, Self.input, keys.merging(["Issuer": thumbprint]) { $1 })
    }
    machine.refused(0x8033_8162, mentioning: "No certificate in \(authorities)") { try create(stranger) }
    machine.refused(0x8033_8162, mentioning: "may not sign") { try create(server) }
    machine.refused(0x8033_8162, mentioning: "may not sign") { try create(weak) }
    #expect(asked.withLock { $0 } == 0)
    try create(root)
    try create(own)
    #expect(asked.withLock { $0 } == 2)
    chmod(authorities, 0o777)
    machine.refused(0x8033_8005) { try create(stranger) }
    chmod(authorities, 0o755)
  }

  @Test("Without a service behind it nobody can verify a password: what needs none goes on")
  func local() throws {
    try machine.create(path, Self.input, keys)
    let local = try Machine(sharing: machine)
    local.refused(0x8033_8152) { try local.create(path, Self.input, keys.merging(["URI": "http://x"]) { $1 }) }
    local.refused(0x8033_8152) { try local.put(path, "<c:CertMapping><c:Password>right</c:Password></c:CertMapping>", keys) }
    #expect(try local.put(path, "<c:CertMapping><c:Enabled>false</c:Enabled></c:CertMapping>", keys).changed)
    #expect(try local.ask(path, .delete, .delete, keys).changed)
  }

  @Test("A password is nowhere in a fault, an answer or a file", arguments: ["Tr0ub4dor&amp;3x", "right"])
  func secrecy(password: String) throws {
    func content(_ rest: String) -> String {
      "<c:CertMapping><c:UserName>joe</c:UserName><c:Password>\(password)</c:Password>\(rest)</c:CertMapping>"
    }
    let plain = password.replacing("&amp;", with: "&")
    for rest in ["", "<c:Foo>1</c:Foo>", "<c:Enabled>x</c:Enabled>", "<c:Subject>other</c:Subject>"] {
      do { #expect(try !"\(machine.ask(path, .create, .create(Machine.xml(content(rest), path)), keys))".contains(plain)) } catch {
        #expect(!"\(error)".contains(plain) && (error as? WSManFault)?.reason.contains(plain) == false)
      }
      do { #expect(try !"\(machine.ask(path, .put, .put(Machine.xml(content(rest), path)), keys))".contains(plain)) } catch {
        #expect(!"\(error)".contains(plain) && (error as? WSManFault)?.reason.contains(plain) == false)
      }
    }
    #expect(machine.files.values.allSatisfy { !$0.contains(plain) && !$0.contains(password) })
  }

  @Test("What was verified is what is changed: a mapping that somebody changes meanwhile stays theirs")
  func meanwhile() throws {
    try machine.create(path, Self.input, keys)
    let paths = machine.paths
    let issuer = try #require(keys["Issuer"])
    let slow = try Machine {
      $0.store = ConfigurationStore(paths: paths)
      $0.verifyAccount = { _, _ in
        let done: Void? = try? ConfigurationStore(paths: paths).update { settings in
          try settings.removeCertificateMapping(issuer: issuer, subject: "*.example.com", uri: "*")
          try settings.addCertificateMapping(CertificateMapping(issuer: issuer, subject: "*.example.com", uri: "*", userName: "other"))
        }
        return done != nil
      }
    }
    let error = #expect(throws: WSManFault.self) {
      try slow.put(path, "<c:CertMapping><c:UserName>eve</c:UserName><c:Password>right</c:Password></c:CertMapping>", keys)
    }
    #expect(error?.reason.contains("meantime") == true)
    #expect(try machine.get(path, keys).at("UserName")?.text == "other")
  }
}
