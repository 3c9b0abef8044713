import SecuritySupport
import WinRMConfiguration

/// `winrm quickconfig`: makes a listener on the default port when there is none.
///
/// The first phase of Windows' dialogue, starting the service, is left to this system's service manager; the last line says how.
struct QuickConfiguration {
  var store: ConfigurationStore
  var console: CommandConsole

  func run(transport: String, isQuiet: Bool) throws {
    switch transport.lowercased() {
    case "", "http": break
    case "https":
      throw WinrmFailure(
        WinRMCode(rawValue: 0x8033_8115),
        """
        This version makes HTTPS listeners by hand. Import a certificate for this host (winrm certificate import FILE), or make one that \
        clients must pin (winrm certificate new -hostname:NAME); then: winrm create winrm/config/Listener?Address=*+Transport=HTTPS
        """)
    default: throw WinrmUsageError("Invalid option for -transport: \"\(transport)\"")
    }
    if try store.load().listeners.contains(where: { $0.transport == .http && $0.enabled }) {
      console.writeOutput("WinRM is already set up for remote management on this computer.\n")
      return hint()
    }
    console.writeOutput(
      """
      WinRM is not set up to allow remote access to this machine for management.
      The following changes must be made:

      Create a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.


      """)
    guard isQuiet || isAccepted() else { return }
    try store.update { settings in
      if settings.listener(address: "*", transport: "HTTP") == nil {
        try settings.addListener(ListenerSettings())
      } else {
        _ = try settings.setListener(address: "*", transport: "HTTP", [("Enabled", "true")])
      }
    }
    console.writeOutput(
      """
      WinRM has been updated for remote management.

      Created a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.

      """)
    hint()
  }

  private func isAccepted() -> Bool {
    console.writeOutput("Make these changes [y/n]? ")
    let answer = console.readLine()?.lowercased()
    return answer == "y" || answer == "yes"
  }

  private func hint() {
    console.writeOutput("Start the service, if it does not run yet, with: winrmd\n")
  }
}
