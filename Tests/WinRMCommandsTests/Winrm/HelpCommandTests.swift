import Foundation
import Testing

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

  @Test("Every operation, topic and switch has a page", arguments: WinrmOperation.allCases.filter { $0 != .help }.map(\.rawValue))
  func pages(name: String) async {
    let general = await host.run().output
    let page = await host.run("help", name)
    #expect(page.code == 0 && page.output != general)
    for rest in [["-?"], ["--help"], ["x", "-frob", "--HELP", "--force"]] {
      let run = await run(name, rest)
      #expect(run.code == 0 && run.output == page.output && run.error.isEmpty)
    }
    #expect(host.snapshot().isEmpty)
  }

  private func run(_ name: String, _ rest: [String]) async -> WinrmHost.Run {
    switch rest.count {
    case 1: await host.run(name, rest[0])
    default: await host.run(name, rest[0], rest[1], rest[2], rest[3])
    }
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

  @Test(
    "Topics of switches",
    arguments: [("username", "auth"), ("remote", "remoting"), ("alias", "aliases"), ("@{}", "input"), ("e", "enumerate")])
  func topics(topic: String, page: String) async {
    #expect(await host.run("help", topic).output == host.run("help", page).output)
  }

  @Test(
    "helpmsg takes all spellings of a number",
    arguments: ["0x80338012", "0X80338012", "2150858770", "-2144108526"])
  func helpmsg(number: String) async {
    let run = await host.run("helpmsg", number)
    #expect(run.code == 0 && run.output.hasPrefix("The destination cannot be reached."))
  }

  @Test("helpmsg: Win32 codes in both forms, unknown codes, nonsense")
  func helpmsgOthers() async {
    #expect(await host.run("helpmsg", "5").output == "Access is denied.\n")
    #expect(await host.run("helpmsg", "0x80070005").output == "Access is denied.\n")
    #expect(await host.run("helpmsg", "0x8033FFFF").output == "No message is known for 0x8033FFFF.\n")
    let nonsense = await host.run("helpmsg", "nonsense")
    #expect(nonsense.code == 0 && nonsense.output.contains("winrm helpmsg ERRORCODE"))
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
