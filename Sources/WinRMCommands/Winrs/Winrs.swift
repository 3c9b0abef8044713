import SecuritySupport
import WSMan
import WinRM
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The program `winrs`: runs one command on a remote machine.
public enum Winrs {
  /// What the program exits with when it failed itself, rather than the remote command.
  static let localFailure: CInt = 255

  /// Runs the program with the process's arguments and ends it.
  public static func main() async -> Never {
    ProcessHardening.apply()
    let password = ArgumentSecrets.take(names: ["p", "password"], stopsAtFirstOperand: true, among: WinrsOptions.switchNames)
    let proxyPassword = ArgumentSecrets.take(
      names: ["pp", "proxypassword"], stopsAtFirstOperand: true, among: WinrsOptions.switchNames)
    let undecodable = ArgumentEncoding.firstInvalid()  // passwords are gone by now; the client checks them
    if let undecodable {
      await complain("Winrs: Argument \(undecodable) is not valid UTF-8, so the remote machine would get another one")
      exit(localFailure)
    }
    let code = await run(
      Array(Swift.CommandLine.arguments.dropFirst()), password: password, proxyPassword: proxyPassword,
      environment: SessionEnvironment.current)
    exit(code)
  }

  /// - Returns: the exit code.
  static func run(
    _ arguments: [String], password: PasswordSource?, proxyPassword: PasswordSource? = nil, environment: [String: String]
  ) async -> CInt {
    do {
      let options = try WinrsOptions(parsing: arguments)
      if options.wantsHelp {
        try await StandardStream.output.write(Array((WinrsHelp.text + "\n").utf8))
        return 0
      }
      if options.wantsVersion {
        try await StandardStream.output.write(Array("winrs \(WinrmCommand.version)\n".utf8))
        return 0
      }
      let configuration = try configuration(options, password: password, proxyPassword: proxyPassword, environment: environment)
      return exitCode(try await WinrsRun(options: options, configuration: configuration).run())
    } catch let error as WinrsUsageError {
      await complain("Winrs: \(error)\nUse \"winrs -?\" to obtain the usage information")
    } catch is StandardStream.Closed {
      return 128 + SIGPIPE
    } catch let ended as EndedBySignal {
      return 128 + ended.number
    } catch is CancellationError {
      return 128 + SIGTERM
    } catch {
      await complain("Winrs error:\(error)")
    }
    return localFailure
  }

  /// STATUS_CONTROL_C_EXIT: what a Windows server says of a command that Ctrl-C ended.
  private static let controlCExit: UInt32 = 0xC000_013A

  /// The remote code as an exit code of this system, which keeps eight bits: a failure never becomes a success, and the end by Ctrl-C
  /// becomes 130, as a shell here says it.
  static func exitCode(_ remote: UInt32) -> CInt {
    if remote == controlCExit { return 128 + SIGINT }
    let low = CInt(remote & 0xFF)
    return low == 0 && remote != 0 ? localFailure : low
  }

  private static func complain(_ text: String) async { try? await StandardStream.error.write(Array((text + "\n").utf8)) }
}

// MARK: From switches to a configuration

extension Winrs {
  static func configuration(
    _ options: WinrsOptions, password: PasswordSource?, proxyPassword: PasswordSource? = nil, environment: [String: String]
  ) throws -> WinRMClientConfiguration {
    if options.compression { throw unsupportedCompression }
    // Unreadable rules are reported by the client itself; here they only name default ports.
    let rules = (try? ClientPolicy.machine()) ?? ClientPolicy()
    do {
      var configuration = try ConnectionSwitches(options).configuration(
        defaults: rules, paths: .current(), environment: environment,
        passwords: .init(password: password, proxyPassword: proxyPassword))
      // As on Windows: there is nothing to leave away.
      if configuration.endpoint.scheme == .https { configuration.sendsUnencrypted = false }
      configuration.delegatesTicket = options.allowDelegate && configuration.method != .credSSP
      return configuration
    } catch let mistake as ConnectionSwitches.Mistake {
      throw WinrsUsageError(mistake.message)
    }
  }

  private static var unsupportedCompression: WinRMError {
    WinRMError(
      code: WinRMCode(rawValue: 50), stage: .policy, cause: "compression of the streams is not supported yet",
      nextStep: "leave -compression away")
  }
}
