import Foundation
import Testing
import WinRMConfiguration

@testable import WinRMCommands

/// Completion and manual pages. That shells and man(1) take them is tested with these programs, end to end.
@Suite struct ShellTests {
  private func words(_ program: String, _ line: String..., settings: WinRMSettings = WinRMSettings()) -> [String] {
    Completion(settings: settings).lines([program] + line).map { String($0.prefix { $0 != "\t" }) }
  }

  @Test("Operations, in any case")
  func operations() {
    #expect(words("winrm", "") == WinrmOperation.allCases.map(\.rawValue) + ["--version"])
    #expect(words("winrm", "c") == ["create", "configsddl", "credssp", "certificate", "completions"])
    #expect(words("winrm", "IDEN") == ["identify"])
    #expect(words("winrm", "x").isEmpty && words("winrm", "frob", "").isEmpty)
  }

  @Test("Switches that go with the operation and are not there yet, and their values")
  func switches() {
    #expect(words("winrm", "qc", "-") == ["-quiet", "-force", "-transport:", "-hostname:", "-selfsigned", "-?"])
    #expect(words("winrm", "qc", "-q", "-") == ["-force", "-transport:", "-hostname:", "-selfsigned", "-?"])
    #expect(words("winrm", "qc", "-transport:") == ["-transport:http", "-transport:https"])
    #expect(words("winrm", "id", "-A:K") == ["-A:kerberos"])
    #expect(words("winrm", "get", "winrm/config", "/f:p") == ["/f:pretty"])
    #expect(words("winrm", "set", "winrm/config", "-file:x") == [":files"])
    #expect(words("winrm", "get", "winrm/config", "-quiet:").isEmpty)
  }

  @Test("Resources, and the listeners that there are")
  func resources() throws {
    #expect(words("winrm", "get", "winrm/config/service/") == ["winrm/config/service/auth", "winrm/config/service/defaultports"])
    var settings = WinRMSettings()
    try settings.addListener(ListenerSettings(selectingAddress: "*", transport: "HTTP"))
    let listener = "winrm/config/Listener?Address=*+Transport=HTTP"
    #expect(words("winrm", "delete", "", settings: settings) == [listener])
    #expect(words("winrm", "get", "WINRM/config/l", settings: settings) == [listener])
    #expect(words("winrm", "e", "sh") == ["shell"])
    #expect(words("winrm", "invoke", "") == ["Restore"] && words("winrm", "invoke", "Restore", "winrm/config/p") == ["winrm/config/plugin"])
  }

  @Test("Settings of the resource, and what they can be")
  func input() {
    #expect(words("winrm", "set", "winrm/config/client/auth", "@{Cre") == ["@{CredSSP="])
    #expect(words("winrm", "set", "winrm/config/client/auth", "@{CredSSP=t") == ["@{CredSSP=true}"])
    #expect(words("winrm", "set", "winrm/config/service/auth", "@{CredSSP=true;Cbt") == ["@{CredSSP=true;CbtHardeningLevel="])
    #expect(words("winrm", "set", "winrm/config/client", "@{Network") == ["@{NetworkDelayms="])
    // What cannot be changed is not offered.
    #expect(words("winrm", "set", "winrm/config", "@{MaxProvider").isEmpty)
    #expect(words("winrm", "get", "winrm/config", "@{").isEmpty)
  }

  @Test("What stands behind the other operations")
  func others() {
    #expect(words("winrm", "credssp", "") == ["enable", "disable", "get", "pin", "unpin"])
    #expect(words("winrm", "cert", "import", "/etc") == [":files"])
    #expect(words("winrm", "completions", "") == ["bash", "zsh", "fish"])
    #expect(words("winrm", "help", "prox") == ["proxy", "proxyaccess", "proxyauthentication", "proxyusername", "proxypassword"])
    #expect(words("winrm").isEmpty && Completion(settings: WinRMSettings()).lines([]).isEmpty)
  }

  @Test("Every verb that is offered is one", arguments: [WinrmOperation.credssp, .account, .certificate, .policy])
  func subverbs(operation: WinrmOperation) async throws {
    let host = try WinrmHost()
    let nonsense = await host.run([operation.rawValue, "nonsense"]).error
    for verb in operation.subverbs {
      // Enough to be refused for another reason than the verb.
      #expect(await host.run([operation.rawValue, verb, "-quiet"]).error.contains("quiet"))
      #expect(await host.run([operation.rawValue, verb]).error != nonsense, "\(verb)")
    }
    #expect(!nonsense.isEmpty)
  }

  @Test("winrs: switches as its help has them, until the command begins")
  func winrs() {
    let all = words("winrs", "-")
    #expect(all.contains("-remote:") && all.contains("-authentication:") && all.contains("-usessl") && all.contains("--version"))
    #expect(words("winrs", "-r:host", "-authentication:c") == ["-authentication:credssp", "-authentication:certificate"])
    #expect(words("winrs", "-r:host", "hostname", "-").isEmpty)
    #expect(words("winrs", "l").isEmpty)
  }

  @Test("The help of winrs names exactly the switches that it takes")
  func winrsHelp() throws {
    let named = WinrsHelp.entries.flatMap(\.names)
    for (name, _) in named {
      #expect(WinrsOptions.switchNames.contains(String(name.dropFirst())), "\(name)")
    }
    #expect(WinrsHelp.entries.allSatisfy { !$0.text.isEmpty && !$0.form.isEmpty })
    let takingValues = Set(named.filter(\.takesValue).map(\.name))
    #expect(takingValues.isSuperset(of: ["-remote", "-r", "-environment", "-env", "-username"]) && !takingValues.contains("-usessl"))
    for method in WinrsOptions.methodNames {
      _ = try WinrsOptions(parsing: ["-a:\(method)", method == "certificate" ? "-c:x" : "-u:x", "x"])
    }
    #expect(!WinrsHelp.introduction.isEmpty && !WinrsHelp.remarks.isEmpty && !WinrsHelp.examples.isEmpty)
  }

  @Test("The commands print scripts and pages, and refuse what they do not know")
  func commands() async throws {
    let host = try WinrmHost()
    for shell in CompletionScripts.shells {
      let run = await host.run(["completions", shell.uppercased()])
      #expect(run.code == 0 && run.output.contains("completions candidates"))
    }
    for name in Manuals.names {
      let run = await host.run(["manual", name])
      #expect(run.code == 0 && run.output.hasPrefix(".TH \"\(name.uppercased().replacingMinus)\""))
      #expect(!run.output.contains("'") && run.output.unicodeScalars.allSatisfy(\.isASCII))
    }
    #expect(await host.run(["completions", "csh"]).code == 1)
    #expect(await host.run(["manual", "ls"]).code == 1)
    #expect(await host.run(["completions", "candidates", "winrm", "ge"]).output == "get\tshows a resource\n")
  }

  /// How a shell completes a line without a terminal; the script's path and the line are its arguments.
  private static let completing = [
    "bash": #"source "$1"; compopt() { :; }; COMP_LINE=$2 COMP_POINT=${#2}; _winrm_complete "${2%% *}""#,
    "zsh": #"""
    compdef() { :; }; compadd() { :; }; source "$1"
    words=("${(z)2}"); CURRENT=${#words}; PREFIX=${words[-1]}; _winrm
    """#,
    "fish": #"source $argv[1]; complete -C $argv[2]"#,
  ]

  @Test(
    "Completion asks the winrm of the search path, not the one on the line, and never about a word that can hold a password",
    arguments: CompletionScripts.shells)
  func questions(shell: String) throws {
    guard let program = ["/bin/", "/usr/bin/"].map({ $0 + shell }).first(where: FileManager.default.isExecutableFile) else { return }
    let directory = NSTemporaryDirectory() + "completion-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for name in ["path", "line"] {
      let tool = "\(directory)/\(name)/winrm"
      try FileManager.default.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
      try "#!/bin/sh\nprintf '[%s]' \(name) \"$@\" >>\(directory)/asked\n".write(toFile: tool, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool)
    }
    try #require(CompletionScripts.script(shell)).write(toFile: directory + "/script", atomically: false, encoding: .utf8)
    for (line, asked) in [
      ("winrm g", "[winrm][g]"), ("\(directory)/line/winrm g", "[winrm][g]"), ("winrm get -p:SECRET x", "[winrm][get][x]"),
      ("winrm get /pp:SECRET -Password:SECRET -pSECRET x", "[winrm][get][x]"), ("winrm get \"-p:SEC RET\" x", "[winrm][get][x]"),
      ("winrm get -p:'SEC RET' x", "[winrm][get][x]"), ("winrm get -p:SEC\\ RET x", "[winrm][get][x]"),
      ("winrm create y '@{Password=\"SEC RET\"}' x", "[winrm][create][y][x]"), ("winrs -pp:SECRET -r", "[winrs][-r]"),
      ("winrm get x -pass", "[winrm][get][x][-pass]"), ("winrm get x -pass:SEC", nil), ("winrm get x /p:SEC", nil),
      ("winrm create y @{Pass", nil),
    ] as [(String, String?)] {
      try? FileManager.default.removeItem(atPath: directory + "/asked")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      let first = ["bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]][shell] ?? []
      process.arguments = first + ["-c", Self.completing[shell] ?? ""] + (shell == "fish" ? [] : [shell]) + [directory + "/script", line]
      process.environment = ["PATH": directory + "/path:/usr/bin:/bin", "HOME": directory]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      let found = try? String(contentsOfFile: directory + "/asked", encoding: .utf8)
      #expect(found == asked.map { "[path][completions][candidates]" + $0 }, "\(line)")
    }
  }

  @Test("The manuals tell all that the help does")
  func complete() throws {
    let tool = try #require(Manuals.page("winrm"))
    for name in WinrmSwitch.allCases { #expect(tool.contains(".B \"\\-\(name.rawValue.replacingMinus)"), "\(name)") }
    for operation in WinrmOperation.allCases where operation != .help {
      #expect(tool.contains(".SS \"\(operation.rawValue)"), "\(operation)")
    }
    let settings = try #require(Manuals.page("winrm-config"))
    for setting in SettingDescription.all { #expect(settings.contains(".B \"\(setting.name)\""), "\(setting.path)") }
  }
}

extension String {
  fileprivate var replacingMinus: String { reduce(into: "") { $0 += $1 == "-" ? "\\-" : String($1) } }
}
