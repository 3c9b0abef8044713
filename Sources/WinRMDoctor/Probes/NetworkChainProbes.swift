import BlockingThreads
import Certificates
import CredSSP
import Kerberos
import Synchronization
import WSMan
package import WinRM
package import WinRMConfiguration
import WinRMAuthentication

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Asks the network, by the client library's own steps.
package struct NetworkChainProbes: ChainProbes {
  private let configuration: WinRMClientConfiguration
  private let policy: ClientPolicy
  private let inspection: ServiceInspection
  private let sighting = Sighting()

  package init(configuration: WinRMClientConfiguration, policy: ClientPolicy) {
    var configuration = configuration
    let sighting = sighting
    configuration.onAuthentication = { sighting.record($0) }
    configuration.onCredSSP = { sighting.record($0) }
    self.configuration = configuration
    self.policy = policy
    inspection = ServiceInspection(configuration: configuration, policy: policy)
  }

  package var delegationHost: String { inspection.delegationHost }
  package func ruleFailures() -> [WinRMError] { inspection.ruleFailures() }
  package var kerberosObstacle: String? { inspection.kerberosObstacle }
  package var serviceNames: [String] { inspection.serviceNames.map(\.description) }

  package var proxy: ProxyAnswer {
    guard configuration.proxy != nil else { return .notAsked }
    do throws(WinRMError) {
      let takesPassword = configuration.proxy?.credential != nil
      return try inspection.proxy().map { .through(host: $0.host, authority: $0.authority, takesPassword: takesPassword) } ?? .direct
    } catch {
      return .unusable(error)
    }
  }

  // MARK: Names

  private static let resolvers = BlockingPool(slots: 2, deadline: .seconds(10))

  package func addresses() async -> AddressAnswer {
    let host = if case .through(let host, _, _) = proxy { host } else { configuration.endpoint.host }
    do { return try await Self.resolvers.run { Self.resolve(host) } } catch BlockingPoolError.timeout {
      return .notFound("no name server answered in time")
    } catch {
      return .notFound("the resolver could not be asked")
    }
  }

  private static func resolve(_ host: String) -> AddressAnswer {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else { return .notFound(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var found: [String] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(entry.ai_addr, entry.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if !found.contains(text) { found.append(text) }
    }
    return found.isEmpty ? .notFound("it has none of a kind that is known here") : .found(found)
  }

  // MARK: The server

  package func greet() async throws -> Greeting {
    var chain: [[UInt8]] = []
    do {
      let seen = try await inspection.greet { chain = $0 }
      var greeting = Greeting(certificate: describe(chain), peer: seen.peer, address: seen.address)
      switch seen.answer {
      case .success(let answer)?:
        greeting.answer = .init(status: answer.status, schemes: answer.schemes, date: answer.date)
      case .failure(let failure)?: greeting.failure = failure
      case nil: break
      }
      return greeting
    } catch let failure as WinRMError {
      return Greeting(certificate: describe(chain), peer: failure.peer, failure: failure)
    }
  }

  private func describe(_ chain: [[UInt8]]) -> String? {
    guard let leaf = chain.first, let details = try? CertificateDetails(certificateDER: leaf) else { return nil }
    let names = details.names.isEmpty ? "no names" : details.names.prefix(6).joined(separator: ", ")
    let hash = details.sha256.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return """
      for \(names), from \(UTCTime.text(Int64(details.notBefore.timeIntervalSince1970))) until \
      \(UTCTime.text(Int64(details.notAfter.timeIntervalSince1970))), \(details.isSelfSigned ? "self-signed" : "by \(details.issuer)"), \
      SHA-256 \(hash)
      """
  }

  package func identify() async throws -> ServiceProduct? {
    var anonymous = configuration
    anonymous.method = .none
    anonymous.credential = .none
    anonymous.onAuthentication = nil
    anonymous.onCredSSP = nil
    anonymous.operationTimeout = .seconds(10)
    // What goes with other methods only.
    anonymous.servicePrincipalName = nil
    anonymous.namesServiceWithPort = false
    anonymous.sendsUnencrypted = false
    anonymous.delegatesTicket = false
    anonymous.allowsImplicitNegotiate = false
    let inspection = ServiceInspection(configuration: anonymous, policy: policy)
    // Such as: nothing unencrypted goes through a proxy.
    guard inspection.ruleFailures().isEmpty else { return nil }
    do {
      let answer = try await inspection.withClient { try await $0.identify() }
      return ServiceProduct(vendor: answer.productVendor, version: answer.productVersion)
    } catch is WinRMError {
      return nil
    }
  }

  // MARK: Credentials

  package func askKerberos() async throws -> KerberosAnswer {
    do {
      switch try await inspection.askKerberos() {
      case .ticket(let client): return .ticket(client.description)
      case .obstacle(let reason, let error): return .obstacle(reason: reason, error: error)
      case .notAsked: return .notAsked
      }
    } catch let failure as WinRMError {
      return .failure(failure, inspection.rememberedKerberosError)
    }
  }

  package func logOn(second: SecondHopProbe?) async throws -> LogonAnswer {
    var answer = LogonAnswer()
    let sighting = sighting
    do {
      answer.second = try await inspection.withClient { client in
        try await client.withShell(ShellOptions(idleTimeout: SecondHopScript.patience * 2, noProfile: false)) { shell in
          guard let second else { return nil }
          return await Self.look(second, shell)
        }
      }
    } catch let failure as WinRMError {
      answer.failure = failure
    }
    answer.report = sighting.report
    if configuration.method == .credSSP {
      var seen = sighting.credSSP
      seen.certificate = describe(sighting.chain)
      answer.credSSP = seen
    }
    return answer
  }

  // MARK: The second hop

  private static func look(_ second: SecondHopProbe, _ shell: RemoteShell) async -> SecondHopAnswer {
    do {
      return try await withThrowingTaskGroup(of: SecondHopAnswer.self) { group in
        group.addTask { try await run(second, shell) }
        group.addTask {
          try await Task.sleep(for: SecondHopScript.patience)
          return .failed("it did not finish within \(SecondHopScript.patience)")
        }
        defer { group.cancelAll() }
        return try await group.next() ?? .failed("it was not run")
      }
    } catch let error as WinRMError {
      return .failed(error.cause)
    } catch {
      return .failed("it was interrupted")
    }
  }

  private static func run(_ second: SecondHopProbe, _ shell: RemoteShell) async throws -> SecondHopAnswer {
    if second.isWindows {
      let script = SecondHopScript.windows(second.target)
      let encoded = Array(script.utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      let words = ["-NoProfile", "-NonInteractive", "-EncodedCommand", Data(encoded).base64EncodedString()]
      return try await shell.run("powershell", arguments: words, options: CommandOptions(closesStandardInput: true)) { running in
        try await collect(running)
      }
    }
    return try await shell.run("sh", arguments: ["-s"]) { running in
      try await running.write(Array(SecondHopScript.posix(second.target).utf8) + [0x0A])
      try await running.closeStandardInput()
      return try await collect(running)
    }
  }

  private static func collect(_ running: RunningCommand) async throws -> SecondHopAnswer {
    var bytes: [UInt8] = []
    for try await piece in running.output {
      guard case .standardOutput(let block) = piece else { continue }
      bytes += block.prefix(SecondHopScript.maximumOutput - bytes.count)
      // More than all the answers: whoever goes on is not listened to, and ends with the shell.
      guard bytes.count < SecondHopScript.maximumOutput else { break }
    }
    return SecondHopScript.parse(bytes)
  }
}

/// What the first authentication told. Later connections of the same client tell the same.
private final class Sighting: Sendable {
  private struct State {
    var credSSP = CredSSPSighting()
    var chain: [[UInt8]] = []
    var report: AuthenticationReport?
  }
  private let state = Mutex(State())

  var credSSP: CredSSPSighting { state.withLock { $0.credSSP } }
  var chain: [[UInt8]] { state.withLock { $0.chain } }
  var report: AuthenticationReport? { state.withLock { $0.report } }

  func record(_ report: AuthenticationReport) { state.withLock { $0.report = $0.report ?? report } }

  func record(_ seen: CredSSPObservation) {
    state.withLock { state in
      switch seen {
      case .server(let chain, let proof, let flaw, let parameters):
        state.chain = chain
        state.credSSP.proof = proof
        state.credSSP.flaw = flaw
        state.credSSP.parameters = parameters
      case .permitted(let reason): state.credSSP.permission = reason
      case .version(let number): state.credSSP.version = number
      }
    }
  }
}
