import ArgumentParser
import ManualPages
import WinRMConfiguration

/// winrmd(8), from the options of the program.
enum WinrmdManual {
  static var text: String {
    var page = ManualPage(
      name: "winrmd", section: 8, summary: "serves WinRM: remote shells over WS-Management",
      source: Winrmd.configuration.version)
    page.section("Synopsis")
    page.literal("winrmd [OPTION ...]")
    page.section("Description")
    page.paragraph(Winrmd.configuration.discussion)
    page.section("Options")
    for option in options { page.entry(option.form, option.text) }
    page.section("Signals")
    page.entry("SIGTERM, SIGINT, SIGQUIT", "End the service, after its shells have been closed.")
    page.entry("SIGHUP", "Changed settings and certificates are taken over at once.")
    page.section("Exit status")
    page.entry("0", "The service was ended.")
    page.entry("75", "The policy of the domain that was read last cannot be used. The unit starts the service again until it can.")
    page.entry("78", "The service cannot start, or failed. Where the configuration is at fault, starting it again does not help.")
    page.section("Files")
    let paths = WinRMPaths.current(environment: [:], effectiveUserID: 0)
    page.entry(paths.configurationDirectory, "The configuration: winrm-config(5).")
    page.entry(paths.serviceSocket, "Where winrm(1) on the same machine asks the service.")
    page.section("Environment")
    page.entry("WINRM_ROOT", "The directory below which all files are, in place of those of the machine and the user.")
    page.section("See also")
    page.paragraph("winrm(1), winrs(1), winrm-config(5)")
    return page.text
  }

  /// The options as the help shows them, each on one line where the lines are long enough.
  static var options: [(form: String, text: String)] {
    Winrmd.helpMessage(columns: 10_000).split(separator: "\n").filter { $0.hasPrefix("  -") }.map { line in
      let line = line.dropFirst(2)
      guard let gap = line.indices.first(where: { line[$0...].hasPrefix("  ") }) else { return (String(line), "") }
      return (String(line[..<gap]), String(line[gap...].drop { $0 == " " }))
    }
  }
}
