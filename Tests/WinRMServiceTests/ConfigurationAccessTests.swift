import Certificates
import Dispatch
import Foundation
import Testing
import WSMan
import WinRMConfiguration
import WinRMResources

@testable import WinRMService

/// Requests on the configuration, as the service has them carried out.
@Suite(.timeLimit(.minutes(2)))
struct ConfigurationAccessTests {
  private let root = NSTemporaryDirectory() + "/configuration-access-\(UInt64.random(in: .min ... .max))"

  @Test("passwords of many mappings at once are verified by tasks, and nobody waits for nobody") func manyQuestions() async throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    let paths = WinRMPaths.under(root)
    let resources = ConfigurationResources(
      .init(
        store: ConfigurationStore(paths: paths), certificates: ServerCertificateStore(directory: paths.certificateDirectory),
        verifyAccount: { _, _ in
          let isThere = DispatchSemaphore(value: 0)
          Task {
            try? await Task.sleep(for: .milliseconds(5))
            isThere.signal()
          }
          isThere.wait()
          return true
        }))
    let access = ConfigurationAccess(resources) {}
    let name = ResourceURI.config.rawValue + "/service/certmapping"
    let answered = try await withThrowingTaskGroup(of: ResponseBody.self) { group in
      for number in 0..<48 {
        group.addTask {
          let selectors = ["Issuer": String(repeating: "A", count: 40), "Subject": "user\(number)", "URI": "*"]
          let header = RequestHeader(to: "winrm", resourceURI: ResourceURI(rawValue: name), action: .create, selectors: selectors)
          let content = try XMLElement(
            parsing: Array(
              "<c:certmapping xmlns:c=\"\(name)\"><c:UserName>joe</c:UserName><c:Password>x</c:Password></c:certmapping>".utf8))
          return try await access.answer(WSManRequest(header: header, body: .create(content)), owner: "root", envelopeSize: 100_000)
        }
      }
      return try await group.reduce(into: 0) { count, _ in count += 1 }
    }
    #expect(answered == 48)
    #expect(try ConfigurationStore(paths: paths).load().certificateMappings.count == 48)
  }

  @Test("the answer to a Put of a listener tells what came of it") func listenerAnswer() async throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    let paths = WinRMPaths.under(root)
    let store = ConfigurationStore(paths: paths)
    try store.update { try $0.addListener(ListenerSettings(address: "IP:127.0.0.2", port: 15_985)) }
    let served = ServedListeners()
    var environment = ConfigurationResources.Environment(
      store: store, certificates: ServerCertificateStore(directory: paths.certificateDirectory))
    environment.served = served
    // The service takes the change over, and finds the port taken.
    let access = ConfigurationAccess(ConfigurationResources(environment)) {
      if let settings = try? store.load() { served.update([:], for: settings) }
    }
    let name = ResourceURI.config.rawValue + "/listener"
    let header = RequestHeader(
      to: "winrm", resourceURI: ResourceURI(rawValue: name), action: .put, selectors: ["Address": "IP:127.0.0.2", "Transport": "HTTP"])
    let content = try XMLElement(parsing: Array("<c:Listener xmlns:c=\"\(name)\"><c:Port>15986</c:Port></c:Listener>".utf8))
    let answer = try await access.answer(WSManRequest(header: header, body: .put(content)), owner: "root", envelopeSize: 100_000)
    guard case .other(let element?) = answer else {
      Issue.record("\(answer)")
      return
    }
    func value(_ name: String) -> XMLElement? { element.elements.first { $0.name.localName == name } }
    #expect(value("Port")?.text == "15986")
    #expect(value("ListeningOn")?.attribute("nil", .schemaInstance) == "true", "another program has the port")
  }
}
