import Certificates
import Foundation
import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRM
import WinRMConfiguration
import WinRMResources

@testable import WinRMCommands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `winrm` without `-remote` against what stands in for the service of this machine.
@Suite struct LocalServiceTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  @Test("A service that runs is asked through its socket, and not its files")
  func socket() async throws {
    let other = try WinrmHost()
    let resources = ConfigurationResources(
      ConfigurationResources.Environment(
        store: ConfigurationStore(paths: other.paths), certificates: ServerCertificateStore(directory: other.paths.certificateDirectory)))
    let service = try StandIn(host.paths.serviceSocket) { request in
      do throws(WSManFault) {
        let message = try WSManRequest(decoding: request)
        return .answer(200, WSManResponse(to: message.header, body: try resources.answer(message, owner: "0").body).encode())
      } catch {
        return .answer(500, error.encode())
      }
    }
    await host.run("set", "winrm/config/client/auth", "@{CredSSP=true}").check()
    #expect(try ConfigurationStore(paths: other.paths).load().client.auth.credSSP)
    #expect(host.snapshot().isEmpty)
    for port in 1...45 {
      try ConfigurationStore(paths: other.paths).update {
        try $0.addListener(ListenerSettings(selectingAddress: "IP:127.0.3.\(port)", transport: "HTTP"))
      }
    }
    // More than one batch.
    #expect(await host.run("e", "winrm/config/listener").output.components(separatedBy: "Address = ").count == 46)
    let refused = await host.run("set", "winrm/config/winrs", "@{IdleTimeout=0}")
    #expect(refused.code == 1 && refused.error.contains("IdleTimeout = 0") && refused.error.contains("0x80338041"))
    let head = try #require(service.requests.withLock { $0.first })
    #expect(head.hasPrefix("POST /wsman HTTP/1.1\r\n") && !head.lowercased().contains("authorization"))
    #expect(head.contains("\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n"))
  }

  @Test("A socket that a killed service has left means that none runs")
  func dead() async throws {
    try FileManager.default.createDirectory(atPath: host.paths.runtimeDirectory, withIntermediateDirectories: true)
    let descriptor = try StandIn.listener(host.paths.serviceSocket)
    close(descriptor)
    #expect(FileManager.default.fileExists(atPath: host.paths.serviceSocket))
    #expect(await host.run("get", "winrm/config").output.hasPrefix("Config\n"))
    try FileManager.default.removeItem(atPath: host.paths.serviceSocket)
    try "no socket".write(toFile: host.paths.serviceSocket, atomically: false, encoding: .utf8)
    await host.run("get", "winrm/config").check()
  }

  @Test(
    "A service that goes away, or answers what no service answers, is an error in words",
    arguments: [
      ("", "0x80338012"), ("HTTP/1.1 200 OK\r\nContent-Le", "0x80338012"), ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx", "0x80338012"),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "0x80338012"), ("HTTP/1.1 200 OK\r\n\r\n", "0x80338012"),
      ("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "0x80338012"), ("SSH-2.0-x\r\n\r\n", "0x80338012"),
      ("HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n", "0x80338111"), ("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "0x80338112"),
      ("HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n", "0x80070005"), ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "0x80338171"),
    ])
  func broken(answer: String, code: String) async throws {
    let service = try StandIn(host.paths.serviceSocket) { _ in .bytes(Array(answer.utf8)) }
    let run = await host.run("get", "winrm/config")
    #expect(run.code == 1 && run.output.isEmpty && run.error.contains(code), "\(run.error)")
    #expect(service.requests.withLock { $0.count } == 1)
  }

  @Test("A service that hangs is given up; one that takes long is waited for, as it answers other questions")
  func hanging() throws {
    func ask(taking seconds: Double, sign: Duration) throws -> WinRMError? {
      let path = host.directory + "/slow-\(seconds).sock"
      let service = try StandIn(path) { _ in
        Thread.sleep(forTimeInterval: seconds)
        return .bytes(Array("HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n".utf8))
      }
      defer { _ = service }
      let limits = SocketExchange.Limits(silence: .milliseconds(50), sign: sign)
      let exchange = SocketExchange(path: path, userID: geteuid(), limits: limits, remedy: "start it")
      return #expect(throws: WinRMError.self) { _ = try exchange.answer(.identify) }
    }
    let hung = try ask(taking: 3, sign: .milliseconds(200))
    #expect(hung?.code == .operationTimedOut && hung?.nextStep.contains("start it") == true)
    // The stand-in takes the second connection when it is done with the first.
    #expect(try ask(taking: 0.3, sign: .seconds(30))?.code == .accessDenied)
  }

  @Test("Whose service an ordinary user means")
  func place() async throws {
    let own = WinRMPaths(
      configurationDirectory: host.directory + "/own", stateDirectory: host.directory + "/state", runtimeDirectory: host.directory + "/r",
      machineConfigurationDirectory: host.directory + "/etc", userPolicyFile: nil)
    let machineSocket = host.directory + "/m.sock"
    func place(_ userID: UInt32 = 1000, root: String? = nil) throws -> LocalService.Place {
      try LocalService(
        paths: own, environment: root.map { ["WINRM_ROOT": $0] } ?? [:], userID: userID, machineSocket: machineSocket
      ).place()
    }
    #expect(try place() == .files)
    let machine = try StandIn(machineSocket) { _ in .bytes([]) }
    #expect(try place() == .socket(machineSocket))
    #expect(try place(root: "/x") == .files)
    #expect(try place(0) == .files)
    try FileManager.default.createDirectory(atPath: own.configurationDirectory, withIntermediateDirectories: true)
    try "{}".write(toFile: own.settingsChangesFile, atomically: false, encoding: .utf8)
    #expect(try place() == .files)
    let running = try StandIn(own.serviceSocket) { _ in .bytes([]) }
    #expect(try place() == .socket(own.serviceSocket))
    _ = (machine, running)
  }
}

/// A Unix socket that answers one request for each connection.
private final class StandIn: Sendable {
  enum Answer {
    case answer(Int, [UInt8])
    case bytes([UInt8])
  }

  struct Failed: Error {}

  let requests = Mutex<[String]>([])
  private let descriptor: CInt

  init(_ path: String, _ answer: @escaping @Sendable ([UInt8]) -> Answer) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    descriptor = try Self.listener(path)
    let descriptor = self.descriptor
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        self?.serve(connection, answer)
        close(connection)
      }
    }
  }

  deinit { shutdown(descriptor, CInt(SHUT_RDWR)) }

  private func serve(_ connection: CInt, _ answer: ([UInt8]) -> Answer) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      bytes += buffer.prefix(count)
      let text = String(decoding: bytes, as: UTF8.self)
      guard let end = text.range(of: "\r\n\r\n"), let field = text.range(of: "Content-Length: ") else { continue }
      let length = Int(text[field.upperBound...].prefix { $0.isNumber }) ?? 0
      let body = Array(text[end.upperBound...].utf8)
      guard body.count >= length else { continue }
      requests.withLock { $0.append(String(text[..<end.upperBound])) }
      let result =
        switch answer(body) {
        case .bytes(let bytes): bytes
        case .answer(let status, let body):
          Array("HTTP/1.1 \(status) X\r\nContent-Type: application/soap+xml\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
        }
      _ = result.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      return
    }
  }

  static func listener(_ path: String) throws -> CInt {
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failed() }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard status == 0, listen(descriptor, 8) == 0 else { throw Failed() }
    return descriptor
  }
}
