import Certificates
import Foundation
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

/// A machine of its own for the resources: a directory for its files.
final class Machine: Sendable {
  let directory: String
  let paths: WinRMPaths
  let resources: ConfigurationResources

  init(_ change: (inout ConfigurationResources.Environment) -> Void = { _ in }) throws {
    directory = NSTemporaryDirectory() + "winrm-resources-" + UUID().uuidString
    paths = .under(directory)
    try FileManager.default.createDirectory(atPath: paths.configurationDirectory, withIntermediateDirectories: true)
    var environment = ConfigurationResources.Environment(
      store: ConfigurationStore(paths: paths), certificates: ServerCertificateStore(directory: paths.certificateDirectory))
    change(&environment)
    resources = ConfigurationResources(environment)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  static let base = "http://schemas.microsoft.com/wbem/wsman/1/"

  /// One request, through its bytes as on the wire.
  func ask(
    _ path: String, _ action: WSManAction, _ body: RequestBody, selectors: [String: String] = [:], owner: String = "root",
    change: (inout RequestHeader) -> Void = { _ in }
  ) throws -> ConfigurationResources.Outcome {
    var header = RequestHeader(to: "winrm", resourceURI: ResourceURI(rawValue: Self.base + path), action: action, selectors: selectors)
    change(&header)
    let request = try WSManRequest(decoding: WSManRequest(header: header, body: body).encode())
    let outcome = try resources.answer(request, owner: owner)
    let response = try WSManResponse(decoding: WSManResponse(to: header, body: outcome.body).encode())
    #expect(response.body == outcome.body)
    return outcome
  }

  func get(_ path: String, _ selectors: [String: String] = [:]) throws -> XMLElement {
    guard case .other(let element?) = try ask(path, .get, .get, selectors: selectors).body else { throw Unexpected() }
    return element
  }

  struct Unexpected: Error {}
}
