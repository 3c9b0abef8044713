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
  var store: ConfigurationStore { ConfigurationStore(paths: paths) }

  /// - Parameter policy: the machine's policy file, in JSON.
  init(policy: String? = nil, _ change: (inout ConfigurationResources.Environment) -> Void = { _ in }) throws {
    directory = NSTemporaryDirectory() + "winrm-resources-" + UUID().uuidString
    paths = .under(directory)
    try FileManager.default.createDirectory(atPath: paths.configurationDirectory, withIntermediateDirectories: true)
    if let policy { try policy.write(toFile: paths.machinePolicyFile, atomically: false, encoding: .utf8) }
    var environment = ConfigurationResources.Environment(
      store: ConfigurationStore(paths: paths), certificates: ServerCertificateStore(directory: paths.certificateDirectory))
    environment.machineNames = { ["here", "here.example.com"] }
    change(&environment)
    resources = ConfigurationResources(environment)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  static let base = "http://schemas.microsoft.com/wbem/wsman/1/"

  /// One request, and its answer, through their bytes as on the wire.
  @discardableResult
  func ask(
    _ path: String, _ action: WSManAction, _ body: RequestBody, _ selectors: [String: String] = [:], owner: String = "root",
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
    guard case .other(let element?) = try ask(path, .get, .get, selectors).body else { throw Unexpected() }
    return element
  }

  /// Puts a document and returns the answer, which must be what Get says then.
  @discardableResult
  func put(_ path: String, _ document: String, _ selectors: [String: String] = [:]) throws -> (element: XMLElement, changed: Bool) {
    let outcome = try ask(path, .put, .put(Self.xml(document, path)), selectors)
    guard case .other(let element?) = outcome.body else { throw Unexpected() }
    #expect(try element == get(path, selectors))
    return (element, outcome.changed)
  }

  @discardableResult
  func create(_ path: String, _ document: String? = nil, _ selectors: [String: String]) throws -> EndpointReference {
    let outcome = try ask(path, .create, .create(try document.map { try Self.xml($0, path) }), selectors)
    guard case .created(let reference) = outcome.body else { throw Unexpected() }
    #expect(outcome.changed)
    return reference
  }

  func enumerate(_ path: String, _ request: EnumerateRequest = EnumerateRequest(maxElements: 100), owner: String = "root") throws
    -> EnumerationBatch
  {
    guard case .enumerated(let batch) = try ask(path, .enumerate, .enumerate(request), owner: owner).body else { throw Unexpected() }
    return batch
  }

  func pull(_ path: String, _ request: PullRequest, owner: String = "root", size: Int = 512_000) throws -> EnumerationBatch {
    let outcome = try ask(path, .pull, .pull(request), owner: owner) { $0.maxEnvelopeSize = size }
    guard case .pulled(let batch) = outcome.body else { throw Unexpected() }
    return batch
  }

  func invoke(_ action: String, _ path: String) throws -> ConfigurationResources.Outcome {
    try ask(path, WSManAction(rawValue: Self.base + path + "/" + action), .other(nil))
  }

  /// `body` fails with this fault, and nothing is stored.
  @discardableResult
  func refused(
    _ code: UInt32, _ subcode: String? = nil, mentioning words: String..., sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) -> WSManFault? {
    let before = files
    let error = #expect(throws: WSManFault.self, sourceLocation: sourceLocation) { try body() }
    guard let fault = error else { return nil }
    let number = String(code, radix: 16)
    #expect(
      fault.wsmanCode?.rawValue == code, "\(number) expected: \(fault) \(fault.reason)", sourceLocation: sourceLocation)
    if let subcode { #expect(fault.subcode?.localName == subcode, "\(fault)", sourceLocation: sourceLocation) }
    for word in words { #expect(fault.reason.contains(word), "\(word): \(fault.reason)", sourceLocation: sourceLocation) }
    #expect(files == before, sourceLocation: sourceLocation)
    return fault
  }

  /// Everything stored, by file.
  var files: [String: String] {
    let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    return Dictionary(
      uniqueKeysWithValues: names.filter { !$0.hasSuffix(".lock") }.compactMap { name in
        (try? String(contentsOfFile: directory + "/" + name, encoding: .utf8)).map { (name, $0) }
      })
  }

  /// A document whose prefix `c` is the namespace of the resource.
  static func xml(_ text: String, _ path: String) throws -> XMLElement {
    guard let end = text.firstIndex(where: { $0 == ">" || $0 == "/" }) else { throw Unexpected() }
    return try XMLElement(parsing: Array("\(text[..<end]) xmlns:c=\"\(base)\(path)\"\(text[end...])".utf8))
  }

  struct Unexpected: Error {}
}

extension XMLElement {
  /// The element at a path of local names.
  func at(_ names: String...) -> XMLElement? {
    names.reduce(Optional(self)) { element, name in element?.elements.first { $0.name.localName == name } }
  }
}
