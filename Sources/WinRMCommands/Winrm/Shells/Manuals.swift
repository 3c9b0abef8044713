import ManualPages
import WinRMConfiguration

/// The manual pages of `winrm` and `winrs` and of the configuration, from the same tables as their help.
enum Manuals {
  static let names = ["winrm", "winrs", "winrm-config"]

  /// The source of a page; `nil` for a name that has none.
  static func page(_ name: String) -> String? {
    switch name {
    case "winrm": winrm.text
    case "winrs": winrs.text
    case "winrm-config": configuration.text
    default: nil
    }
  }

  // MARK: winrm(1)

  private static var winrm: ManualPage {
    var page = ManualPage(
      name: "winrm", section: 1, summary: "manages WinRM on this computer and on others", source: "winrm \(WinrmCommand.version)")
    page.section("Synopsis")
    page.literal(
      """
      winrm OPERATION RESOURCE_URI [-SWITCH:VALUE ...] [@{KEY="VALUE"[;KEY="VALUE"]}]
      winrm invoke ACTION RESOURCE_URI [-SWITCH:VALUE ...] [@{KEY="VALUE"[;KEY="VALUE"]}]
      winrm identify -remote:ENDPOINT [-SWITCH:VALUE ...]
      winrm help [TOPIC]
      winrm --version
      """)
    page.section("Description")
    page.paragraph(
      """
      winrm shows and changes the configuration of WinRM on this computer, and the resources of any computer that speaks WS-Management. \
      Operations, switches, output and errors are those of the Windows tool of this name.
      """)
    page.section("Operations")
    for operation in WinrmOperation.allCases {
      guard let text = WinrmHelp.operationPage(operation) else { continue }
      page.subsection(([operation.rawValue] + operation.shortForms).joined(separator: ", "))
      page.preformatted(text)
    }
    page.section("Switches")
    for name in WinrmSwitch.allCases {
      page.entry(([name.form] + name.shortForms.map { "-" + $0 }).joined(separator: ", "), name.summary)
    }
    let topics = [
      ("Resources", "uris"), ("Aliases", "aliases"), ("Input", "input"), ("Endpoints", "remoting"), ("Authentication", "auth"),
      ("Proxies", "proxy"), ("Filters", "filters"), ("Certificate mappings", "certmapping"),
    ]
    for (title, topic) in topics {
      page.section(title)
      page.preformatted(WinrmHelp.topicPage(topic) ?? "")
    }
    page.section("Exit status")
    page.entry("0", "All went well, help was shown, or a question was answered with no.")
    page.entry("1", "Anything else: standard error says what. Or what was asked has been answered with no, by policy test and by doctor.")
    page.entry("2", "policy test could not give an answer. Standard error says why.")
    page.entry("130, 143, ...", "A signal ended it: 128 and its number.")
    environment(&page)
    page.section("See also")
    page.paragraph("winrs(1), winrm-config(5), winrmd(8)")
    return page
  }

  // MARK: winrs(1)

  private static var winrs: ManualPage {
    var page = ManualPage(
      name: "winrs", section: 1, summary: "runs a command on a remote computer", source: "winrs \(WinrmCommand.version)")
    page.section("Synopsis")
    page.literal("winrs [-SWITCH[:VALUE] ...] COMMAND")
    page.section("Description")
    for paragraph in WinrsHelp.introduction { page.paragraph(paragraph) }
    page.section("Switches")
    for entry in WinrsHelp.entries { page.entry(entry.form, entry.text) }
    page.section("Signals and exit status")
    for paragraph in WinrsHelp.remarks { page.paragraph(paragraph) }
    page.section("Examples")
    page.literal(WinrsHelp.examples.joined(separator: "\n"))
    environment(&page)
    page.section("See also")
    page.paragraph("winrm(1), winrm-config(5), winrmd(8)")
    return page
  }

  // MARK: winrm-config(5)

  private static var configuration: ManualPage {
    var page = ManualPage(
      name: "winrm-config", section: 5, summary: "configuration of WinRM", source: "winrm \(WinrmCommand.version)")
    page.section("Description")
    page.paragraph("The settings of winrm(1), winrs(1) and winrmd(8), as winrm get winrm/config shows them and winrm set changes them.")
    page.preformatted(SettingHelp.introduction)
    for group in SettingHelp.groups {
      page.section("winrm/" + group.resource)
      for setting in group.settings {
        page.entry(setting.name, [SettingHelp.facts(setting), setting.meaning, setting.note ?? ""].filter { !$0.isEmpty })
      }
    }
    page.section("Files")
    let paths = WinRMPaths.current(environment: [:], effectiveUserID: 0)
    page.paragraph(
      """
      Those of the machine, which root changes. The service of an ordinary user has its own, below $XDG_CONFIG_HOME/winrm and \
      $XDG_STATE_HOME/winrm; what the client may do is the machine's for everybody.
      """)
    page.entry(paths.settingsFile, "The settings that differ from their defaults, in JSON.")
    page.entry(paths.certificateDirectory, "Certificates of winrm certificate, with their keys.")
    page.entry(paths.machineRegistryPolicyFile, "Policy of the machine, in the format of Windows.")
    page.entry(paths.machinePolicyFile, "Policy of the machine, as winrm credssp and winrm policy write it.")
    page.entry(paths.domainPolicyFile, "Policy of the domain, as winrm policy update has read it.")
    page.entry(paths.accountsFile, "Accounts of winrm account.")
    page.entry(paths.serviceSocket, "Where the running service answers winrm on the same machine.")
    environment(&page)
    page.section("See also")
    page.paragraph("winrm(1), winrs(1), winrmd(8)")
    return page
  }

  private static func environment(_ page: inout ManualPage) {
    page.section("Environment")
    page.entry("WINRM_ROOT", "The directory below which all files are, in place of those of the machine and the user.")
    page.entry("KRB5CCNAME", "Where the Kerberos tickets are that are used without a user name.")
    page.entry("SSL_CERT_FILE", "The certificates that a client trusts, in place of the system's.")
    page.entry("http_proxy, https_proxy, no_proxy", "Where -proxyaccess finds the proxy.")
  }
}
