import Foundation
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRMCommands

@Suite struct HelpCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  @Test("Every way to the general page, exit code 0")
  func general() async {
    let none = await host.run()
    #expect(none.code == 0 && none.output.hasPrefix("Windows Remote Management Command Line Tool\n\nwinrm OPERATION RESOURCE_URI"))
    for words in ["-?", "/?", "help", "--help"] { #expect(await host.run(words).output == none.output) }
    let unknown = await host.run("help", "nonsense")
    #expect(unknown.code == 0 && unknown.error == "No help topic nonsense.\n" && unknown.output == none.output)
    for topic in ["all", "help", "uris", "alias", "-role"] { #expect(WinrmHelp.hasPage(topic), "\(topic)") }
    #expect(none.error.isEmpty)
  }

  @Test("Every operation has a page, behind help and before -?", arguments: WinrmOperation.allCases.filter { $0 != .help }.map(\.rawValue))
  func pages(name: String) async {
    let general = await host.run().output
    let page = await host.run("help", name)
    #expect(page.code == 0 && page.output != general && page.output.hasPrefix(WinrmHelp.title + "\n\nwinrm \(name)"))
    for rest in [["-?"], ["--help"], ["x", "-frob", "--HELP", "--force"]] {
      let run = await host.run([name] + rest)
      #expect(run.code == 0 && run.output == page.output && run.error.isEmpty)
    }
    #expect(host.snapshot().isEmpty)
  }

  @Test("Every topic has a page, and every page has the title and fits into a terminal but for examples")
  func topics() async {
    for topic in WinrmHelp.topics {
      let page = await host.run("help", topic)
      #expect(page.output.hasPrefix("Windows Remote Management Command Line Tool\n\n") && page.error.isEmpty, "\(topic)")
      let examples = ["winrm ", "-authentication:"]
      let long = page.output.split(separator: "\n").filter { line in
        line.count > 79 && !examples.contains { line.hasPrefix($0) } && !["://", "'-filter", "D:P("].contains { line.contains($0) }
      }
      #expect(long.isEmpty, "\(topic): \(long)")
    }
  }

  @Test("help all shows every topic under its banner")
  func all() async {
    let all = await host.run("help", "all").output
    #expect(all.hasPrefix("Windows Remote Management Command Line Tool\n\nTOPIC: winrm help get\n\nwinrm get RESOURCE_URI"))
    for topic in WinrmHelp.topics {
      let page = await host.run("help", topic).output.dropFirst(WinrmHelp.title.count + 2)
      #expect(all.contains("\nTOPIC: winrm help \(topic)\n\n\(page)"), "\(topic)")
    }
  }

  @Test("Every switch leads to a topic that names it", arguments: WinrmSwitch.allCases)
  func switches(name: WinrmSwitch) async {
    let general = await host.run().output
    for word in [name.rawValue, "-" + name.rawValue, "/" + name.rawValue] where name != .help {
      let page = await host.run("help", word)
      #expect(page.code == 0 && page.error.isEmpty && page.output != general, "\(word)")
    }
    #expect(WinrmHelp.topicPage("switches")?.contains(name.form) == true)
  }

  @Test(
    "Topics of switches",
    arguments: [
      ("username", "auth"), ("password", "auth"), ("-authentication", "auth"), ("remote", "remoting"), ("unencrypted", "remoting"),
      ("usessl", "remoting"), ("proxyusername", "proxy"), ("pac", "proxy"), ("file", "input"), ("@{}", "input"), ("timeout", "switches"),
      ("encoding", "switches"), ("filter", "filters"), ("alias", "aliases"), ("e", "enumerate"), ("qc", "quickconfig"),
    ])
  func topicOfSwitch(topic: String, page: String) async {
    #expect(await host.run("help", topic).output == host.run("help", page).output)
  }

  @Test("help config tells what every setting holds, by default, and what it means here")
  func config() async {
    let page = await host.run("help", "config").output
    for setting in SettingDescription.all {
      #expect(page.contains("\n  \(setting.name)\n"), "\(setting.path)")
      #expect(!SettingHelp.facts(setting).isEmpty)
    }
    #expect(page.contains("  MaxEnvelopeSizekb\n      32-1039440; default 500\n"))
    #expect(page.contains("  CbtHardeningLevel\n      None, Relaxed, Strict; default "))
  }

  @Test("Output that could not be written is an error, and a reader who left is not worth a word")
  func writeErrors() async {
    for words in ["help", "--version", "-?"] {
      let full = await host.run(words, outputFailure: ENOSPC)
      #expect(full.code == 1 && full.error == "Error: the output cannot be written: No space left on device\n")
    }
    let get = await host.run("get", "winrm/config", outputFailure: EPIPE)
    #expect(get.code == 1 && get.error.isEmpty)
  }

  @Test("The console keeps the first failed write") func fullDevice() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let console = CommandConsole.writing(to: full.fileDescriptor)
    #expect(console.outputFailure() == nil)
    console.writeOutput("x\n")
    #expect(console.outputFailure() == ENOSPC)
  }

  // MARK: helpmsg

  @Test(
    "helpmsg takes all spellings of a number, and its name",
    arguments: [
      "0x80338012", "0X80338012", "2150858770", "-2144108526", "ERROR_WSMAN_DESTINATION_UNREACHABLE", "wsman_destination_unreachable",
    ])
  func helpmsg(number: String) async {
    let run = await host.run("helpmsg", number)
    #expect(run.code == 0 && run.output.hasPrefix("The destination cannot be reached."))
    #expect(run.output.hasSuffix("\n\nERROR_WSMAN_DESTINATION_UNREACHABLE  0x80338012  2150858770  -2144108526\n"))
  }

  @Test("helpmsg: Win32 codes in both forms, unknown codes")
  func helpmsgOthers() async {
    for number in ["5", "0x5", "0x80070005", "-2147024891", "2147942405"] {
      let run = await host.run("helpmsg", number)
      #expect(run.output == "Access is denied.\n\nERROR_ACCESS_DENIED  5  0x80070005  2147942405  -2147024891\n")
    }
    #expect(
      await host.run("helpmsg", "0x8033FFFF").output
        == "No message is known for 0x8033FFFF.\n\n0x8033FFFF  2150891519  -2144075777\n")
  }

  @Test(
    "helpmsg: what is no number shows how to call it", arguments: ["nonsense", "0x", "0x1G", "0x+5", "4294967296", "0x100000000", "5.0"])
  func nonsense(text: String) async {
    let nonsense = await host.run("helpmsg", text)
    #expect(nonsense.code == 0 && nonsense.output.contains("winrm helpmsg ERRORCODE"))
  }

  @Test("All 512 codes of wsmerror.h, each once, with a name and a message of one sentence or more")
  func table() {
    let entries = CodeMessages.entries
    #expect(Set(entries.map(\.code)).count == entries.count && Set(entries.map(\.name)).count == entries.count)
    #expect(entries.map(\.code) == entries.map(\.code).sorted())
    #expect(Set(entries.map(\.code)).isSuperset(of: 0x8033_8000...0x8033_81FF))
    for entry in entries {
      let message = CodeMessages.message(for: .init(rawValue: entry.code)) ?? ""
      #expect(message.count > 10 && message.count < 900, "\(entry.name)")
      #expect(entry.text.isEmpty || ".?)".contains(entry.text.last ?? " ") || entry.text.contains(": "), "\(entry.name)")
      #expect(
        ["ERROR_", "SEC_E_", "NTE_", "CERT_E_", "STATUS_", "RPC_NT_"].contains { entry.name.hasPrefix($0) }
          && entry.name.allSatisfy(\.isASCII), "\(entry.name)")
      if entry.text.isEmpty { #expect(entry.name.hasSuffix("NULL_PARAM") || message.contains("\n"), "\(entry.name)") }
    }
    for code: UInt32 in [
      5, 50, 53, 995, 1312, 1326, 1385, 1460, 12002, 12007, 12029, 12175, 0x8009_0303, 0x8009_0308, 0x8009_030C, 0x8009_030D, 0x8009_030E,
      0x8009_0311, 0x8009_0322, 0x8009_0325, 0x8009_0326, 0x8009_0327, 0x8009_0346, 0x8009_035E, 0x8009_035F,
    ] {
      #expect(entries.contains { $0.code == code }, "\(code)")
    }
  }

  @Test(
    "The refusals of delegation say what to enable, with both forms of a target", arguments: ["0x803381A2", "0x803381A3", "0x803381A4"])
  func delegationMessages(code: String) async {
    let text = await host.run("helpmsg", code).output
    #expect(text.contains("WSMAN/myserver.domain.com") && text.contains("WSMAN/*.domain.com"))
  }

  @Test("--version") func version() async {
    #expect(await host.run("--version").output == "winrm \(WinrmCommand.version)\n")
  }
}
