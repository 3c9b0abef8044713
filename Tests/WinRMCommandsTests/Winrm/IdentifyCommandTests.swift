import SecuritySupport
import Synchronization
import Testing
import WinRM
import WinRMCommands

@Suite struct IdentifyCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  /// Answers, and remembers what it was asked with.
  final class Answering: ServiceIdentifier {
    let seen = Mutex<WinRMClientConfiguration?>(nil)
    let answer: Result<ServiceIdentity, WinRMError>

    init(_ answer: Result<ServiceIdentity, WinRMError>) { self.answer = answer }

    func identify(_ configuration: WinRMClientConfiguration) async throws -> ServiceIdentity {
      seen.withLock { $0 = configuration }
      return try answer.get()
    }

    var configuration: WinRMClientConfiguration? { seen.withLock { $0 } }
  }

  static let identity = ServiceIdentity(
    protocolVersion: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd", productVendor: "Vendor\u{1B}[2J",
    productVersion: "OS: 0.0.0 SP: 0.0 Stack: 3.0",
    securityProfiles: ["p1", "p2"])

  @Test("The answer as text; control characters of the peer do not reach the terminal")
  func text() async {
    let service = Answering(.success(Self.identity))
    let run = await host.run("identify", "-r:host", "-a:none", identifier: service)
    #expect(run.code == 0)
    #expect(
      run.output == """
        IdentifyResponse
            ProtocolVersion = http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd
            ProductVendor = Vendor\u{FFFD}[2J
            ProductVersion = OS: 0.0.0 SP: 0.0 Stack: 3.0
            SecurityProfiles
                SecurityProfileName = p1, p2

        """)
    #expect(service.configuration?.method == AuthenticationMethod.none)
    #expect(service.configuration?.endpoint.port == 5985)
  }

  @Test("Credentials: typed, given, or the session's agent")
  func credentials() async {
    let service = Answering(.success(Self.identity))
    let secret = PasswordSource.argument(SecretBytes(Array("pw".utf8)))
    await host.run("id", "-r:h", "-u:D\\u", "-p:", password: secret, identifier: service).check()
    guard case .explicit(let credential)? = service.configuration?.credential else { return #expect(Bool(false), "no credential") }
    #expect(credential.name == AccountName(domain: "D", user: "u"))
    #expect(service.configuration?.method == .negotiate)
    await host.run("id", "-r:h", "-a:credssp", "-u:u", passwords: ["pw"], identifier: service).check()
    #expect(service.configuration?.method == .credSSP)
    await host.run("id", "-r:h", environment: ["WINRM_AGENT_SOCKET": "/s"], identifier: service).check()
    guard case .ambient("/s")? = service.configuration?.credential else { return #expect(Bool(false), "no agent") }
  }

  @Test("Without -remote: 0x803380FC") func local() async {
    let run = await host.run("identify")
    #expect(run.code == 1 && run.error.contains("Error number:  -2144108292 0x803380FC\n"))
  }

  @Test(
    "Lines that are refused before anything is asked",
    arguments: [
      ["-r:h", "-a:none", "-u:x"], ["-r:h", "-a:credssp"], ["-r:h", "-a:digest", "-u:x"], ["-r:h", "-p:x"], ["-r:ftp://h"], ["-r:h:0"],
      ["-r:h", "-timeout:soon"], ["-r:h", "-u:\\"], ["-r:h", "-f:yaml"],
    ])
  func refusals(words: [String]) async {
    let service = Answering(.success(Self.identity))
    let run =
      switch words.count {
      case 1: await host.run("id", words[0], passwords: ["x"], identifier: service)
      case 2: await host.run("id", words[0], words[1], passwords: ["x"], identifier: service)
      default: await host.run("id", words[0], words[1], words[2], passwords: ["x"], identifier: service)
      }
    #expect(run.code == 1 && !run.error.isEmpty && run.output.isEmpty)
    #expect(service.configuration == nil)
  }

  @Test("R-03 nothing that a server says in a fault drives the terminal, in any format", arguments: ["text", "pretty", "xml"])
  func escapes(format: String) async {
    // A number without a text of its own: the description repeats the message.
    let error = WinRMError(
      code: WinRMCode(rawValue: 0x8033_7777), stage: .request, peer: "h:5985", peerAnswer: "fault \u{1B}]0;owned\u{7}",
      cause: "\u{1B}[2Jgone \u{9B}31m \u{202E}txt", nextStep: "try again")
    let run = await host.run("id", "-r:h", "-u:u", "-f:" + format, passwords: ["x"], identifier: Answering(.failure(error)))
    #expect(run.code == 1 && run.error.contains("owned"))
    #expect(run.error.unicodeScalars.allSatisfy { ![0x1B, 0x07, 0x9B, 0x202E].contains($0.value) })
  }

  @Test("An error of the client library: cause, stage, answer and next step, then the number")
  func failure() async {
    let error = WinRMError(
      code: .logonFailure, stage: .authenticate, peer: "h:5985", peerAnswer: "STATUS_LOGON_FAILURE", cause: "the server refused",
      nextStep: "try again")
    let run = await host.run("id", "-r:h", "-u:u", passwords: ["canary"], identifier: Answering(.failure(error)))
    #expect(run.code == 1)
    for part in [
      "the server refused", "authentication with h:5985", "STATUS_LOGON_FAILURE", "try again", "Error number:  -2147023570 0x8007052E\n",
    ] {
      #expect(run.error.contains(part), "\(part)")
    }
    #expect(!run.error.contains("canary") && !run.output.contains("canary"))
  }
}
