import Certificates
import Foundation
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

@Suite struct ListenerTests {
  private let machine: Machine
  private let http = ["Address": "*", "Transport": "HTTP"]
  private let https = ["address": "*", "TRANSPORT": "https"]

  init() throws { machine = try Machine() }

  @Test("Create, Get, Put, Delete; the answer to Create is where the listener is")
  func life() throws {
    let reference = try machine.create(
      "config/Listener", "<c:Listener><c:Port>15985</c:Port></c:Listener>", ["address": "ip:127.0.0.2", "transport": "http"])
    #expect(reference.resourceURI?.rawValue == Machine.base + "config/listener")
    #expect(reference.selectors == [Selector("Address", "IP:127.0.0.2"), Selector("Transport", "HTTP")])
    let keys = ["Address": "IP:127.0.0.2", "Transport": "HTTP"]
    let element = try machine.get("config/listener", keys)
    #expect(
      element.elements.map(\.name.localName).prefix(7) == [
        "Address", "Transport", "Port", "Hostname", "Enabled", "URLPrefix", "CertificateThumbprint",
      ])
    #expect(element.at("Port")?.text == "15985" && element.at("ListeningOn")?.text == "127.0.0.2")
    // Sent back as it was read, ListeningOn included, with one change.
    let off = try machine.put(
      "config/listener", "<c:Listener><c:Enabled>false</c:Enabled><c:ListeningOn>127.0.0.2</c:ListeningOn></c:Listener>", keys)
    #expect(off.changed && off.element.at("ListeningOn")?.attribute("nil", .schemaInstance) == "true")
    #expect(try machine.ask("config/listener", .delete, .delete, keys).changed)
    machine.refused(0x8033_8000, "DestinationUnreachable") { _ = try machine.get("config/listener", keys) }
    machine.refused(0x8033_8000) { try machine.ask("config/listener", .delete, .delete, keys) }
  }

  @Test("Where a service runs, ListeningOn is what is bound: nothing while another program has the port; before that, what is intended")
  func served() throws {
    let served = ServedListeners()
    let machine = try Machine { $0.served = served }
    let keys = ["Address": "IP:127.0.0.2", "Transport": "HTTP"]
    try machine.create("config/listener", "<c:listener><c:Port>15985</c:Port></c:listener>", keys)
    func listeningOn() throws -> String? {
      let element = try #require(try machine.get("config/listener", keys).at("ListeningOn"))
      return element.attribute("nil", .schemaInstance) == "true" ? nil : element.text
    }
    #expect(try listeningOn() == "127.0.0.2", "the service does not know it yet")
    served.update([:], for: try machine.store.load())
    #expect(try listeningOn() == nil)
    #expect(try machine.enumerate("config/listener").items.first?.object?.at("ListeningOn")?.attribute("nil", .schemaInstance) == "true")
    // Read while the port was taken, and while it was free; both may come back in a Put.
    for text in ["", "<c:ListeningOn>127.0.0.2</c:ListeningOn>"] {
      let outcome = try machine.ask("config/listener", .put, .put(Machine.xml("<c:Listener>\(text)</c:Listener>", "config/listener")), keys)
      #expect(outcome.isProvisional && !outcome.changed)
    }
    machine.refused(0x8033_813F) { try machine.put("config/listener", "<c:Listener><c:ListeningOn>::1</c:ListeningOn></c:Listener>", keys) }
    let key = ListenerPlan.Key(address: "IP:127.0.0.2", transport: .http)
    served.update([key: ["127.0.0.2"]], for: try machine.store.load())
    #expect(try listeningOn() == "127.0.0.2")
    // Other settings of the listener, or other filters, are not those that the sockets were opened for.
    served.update([:], for: try machine.store.load())
    try machine.store.update { $0.service.ipv6Filter = "" }
    #expect(try listeningOn() == "127.0.0.2")
  }

  @Test("quickconfig does not call ready what could not be bound")
  func quickConfigurationOfTakenPort() throws {
    let served = ServedListeners()
    let machine = try Machine { $0.served = served }
    try machine.create("config/listener", "<c:listener><c:Port>15985</c:Port></c:listener>", http)
    func analysis() throws -> (String?, String) {
      guard case .other(let output?) = try machine.invoke("Analyze", "config/service").body else { throw Machine.Unexpected() }
      return (output.at("RemotingEnabled")?.text, output.at("Results")?.text ?? "")
    }
    #expect(try analysis().0 == "true")
    served.update([:], for: try machine.store.load())
    let (isReady, results) = try analysis()
    #expect(
      isReady == "false" && results.contains("cannot listen on port 15985") && results.contains("Address=*+Transport=HTTP"), "\(results)")
  }

  @Test("The tool writes the root of a new listener as somebody typed the URI")
  func rootCase() throws {
    try machine.create("config/listener", "<c:listener/>", http)
    machine.refused(0x8033_8041) { try machine.put("config/listener", "<c:listener/>", http) }
    machine.refused(0x8033_8033, "AlreadyExists") { try machine.create("config/listener", nil, http) }
  }

  @Test("Selectors that are missing, unknown, or of no listener")
  func selectors() throws {
    machine.refused(0x8033_805A, "InvalidSelectors", mentioning: "Transport") { _ = try machine.get("config/listener", ["Address": "*"]) }
    machine.refused(0x8033_805A, mentioning: "Address") { _ = try machine.get("config/listener") }
    machine.refused(0x8033_805B, mentioning: "Port") {
      _ = try machine.get("config/listener", http.merging(["Port": "1"]) { $1 })
    }
    machine.refused(0x8033_8089, mentioning: "IP:") {
      try machine.create("config/listener", nil, ["Address": "here", "Transport": "HTTP"])
    }
    machine.refused(0x8033_803D, mentioning: "HTTPS") { try machine.create("config/listener", nil, ["Address": "*", "Transport": "FTP"]) }
  }

  @Test("Properties that a listener cannot have")
  func properties() throws {
    try machine.create("config/listener", nil, http)
    func put(_ code: UInt32, _ word: String, _ content: String) {
      machine.refused(code, mentioning: word) { try machine.put("config/listener", "<c:Listener>\(content)</c:Listener>", http) }
    }
    put(0x8033_80ED, "Address", "<c:Address>IP:127.0.0.1</c:Address>")
    put(0x8033_80ED, "Transport", "<c:Transport>HTTPS</c:Transport>")
    put(0x8033_8041, "1 to 65535", "<c:Port>0</c:Port>")
    put(0x8033_80EB, "CertificateThumbprint", "<c:CertificateThumbprint>\(String(repeating: "A", count: 40))</c:CertificateThumbprint>")
    put(0x8033_813F, "ListeningOn", "<c:ListeningOn>192.0.2.250</c:ListeningOn>")
    put(0x8033_8041, "URLPrefix", "<c:URLPrefix>/a</c:URLPrefix>")
    put(0x8033_8041, "Enabled", "<c:Enabled>perhaps</c:Enabled>")
    machine.refused(0x8033_813F, mentioning: "ListeningOn") {
      try machine.create(
        "config/listener", "<c:Listener><c:ListeningOn>::1</c:ListeningOn></c:Listener>", ["Address": "IP:::1", "Transport": "HTTP"])
    }
    machine.refused(0x8033_8013) { _ = try machine.invoke("Restore", "config/listener") }
  }

  @Test("HTTPS: the certificate is found by the name, must be there, and must be for the Hostname")
  func certificates() throws {
    machine.refused(0x8033_8082, mentioning: "here.example.com", "winrm certificate") { try machine.create("config/listener", nil, https) }
    let store = ServerCertificateStore(directory: machine.paths.certificateDirectory)
    let identity = try SelfSignedIdentity.make(
      commonName: "here.example.com", names: ["here.example.com"], notAfter: Date(timeIntervalSinceNow: 86_400))
    let certificate = try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
    try store.add(certificate)
    let made = certificate.thumbprint.text
    machine.refused(0x8033_80E9, mentioning: "here.example.com", "other") {
      try machine.create(
        "config/listener",
        "<c:Listener><c:Hostname>other</c:Hostname><c:CertificateThumbprint>\(made)</c:CertificateThumbprint></c:Listener>", https)
    }
    try machine.create("config/listener", nil, https)
    let listener = try machine.get("config/listener", https)
    #expect(listener.at("Hostname")?.text == "here.example.com" && listener.at("CertificateThumbprint")?.text == "")
    machine.refused(0x8033_8082) {
      try machine.put(
        "config/listener",
        "<c:Listener><c:CertificateThumbprint>\(String(repeating: "A", count: 40))</c:CertificateThumbprint></c:Listener>", https)
    }
  }
}
