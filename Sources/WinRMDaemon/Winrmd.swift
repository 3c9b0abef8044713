import ArgumentParser
import Glibc
import Logging

/// `winrmd`: the service of WinRM.
@main
enum Program {
  static func main() async {
    // Windows' programs answer -? and /?.
    let arguments = CommandLine.arguments.dropFirst().map { $0 == "-?" || $0 == "/?" ? "--help" : $0 }
    await Winrmd.main(arguments)
  }
}

struct Winrmd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "winrmd", abstract: "Serves WinRM: remote shells over WS-Management.",
    discussion: """
      Listeners, authentication and limits come from the configuration: winrm quickconfig makes a listener, winrm get winrm/config shows \
      everything. As root the service runs commands as the Unix users of its accounts; started by another user it serves that user's own \
      accounts and files alone. It ends on SIGTERM, SIGINT and SIGQUIT, after its shells have been closed. Changed settings are taken over \
      within a second, and on SIGHUP, with listeners that come or go and the certificates that they name; the limits of connections and \
      messages take a restart.
      """,
    version: "winrmd 0.1.0")

  @Flag(help: "Stay in the foreground. The service always does.")
  var foreground = false

  @Option(help: "What is logged to standard error: trace, debug, info, notice, warning, error or critical.")
  var logLevel = LogLevel.info

  @Option(help: ArgumentHelp("The program that starts commands as other users.", visibility: .hidden))
  var execHelper: String?

  @Flag(help: ArgumentHelp("Print the manual page.", visibility: .hidden))
  var manual = false

  func run() async throws {
    if manual {
      print(WinrmdManual.text, terminator: "")
      return
    }
    let daemon = Daemon(logger: StandardErrorLog.logger(level: logLevel.level), execHelper: execHelper)
    do {
      try await daemon.run()
    } catch {
      StandardErrorLog.complain(StartFailure.explanation(of: error))
      throw ExitCode(StartFailure.exitCode(of: error))
    }
  }
}

/// The names of the log levels, as the command line takes them.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
