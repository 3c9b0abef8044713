import Testing

@testable import WinRMCommands

@Suite struct WinrmArgumentsTests {
  @Test(
    "Operations by name and short form, in any case",
    arguments: [
      ("get", "get"), ("G", "get"), ("Set", "set"), ("put", "set"), ("p", "set"), ("c", "create"), ("d", "delete"), ("e", "enumerate"),
      ("enum", "enumerate"),
    ])
  func operations(word: String, name: String) throws {
    let input = name == "set" ? ["@{a=\"b\"}"] : []
    #expect(try WinrmArguments(parsing: [word, "winrm/config"] + input).operation.rawValue == name)
  }

  @Test("Switches: both prefixes, short forms, values with colons")
  func switches() throws {
    let parsed = try WinrmArguments(parsing: ["id", "-R:https://host:5986/wsman", "/AUTH:none", "-f:#pretty", "-ssl"])
    #expect(parsed.switches == [.remote: "https://host:5986/wsman", .authentication: "none", .format: "#pretty", .usessl: ""])
    #expect(try WinrmArguments(parsing: ["id", "-r:\"host\""]).switches[.remote] == "host")
  }

  @Test(
    "Mistakes in the line, in the tool's words",
    arguments: [
      (["frob"], "Unknown operation name: 'frob'"),
      (["get", "x", "-frob:1"], "Unknown switch: frob"),
      (["qc", "--quiet"], "Unknown switch: --quiet"),
      (["qc", "//q"], "Unknown switch: //q"),
      (["account", "remove", "a", "--"], "Unknown switch: --"),
      (["id", "-r:h", "--password:secret"], "Unknown switch: --password"),
      (["id", "-r:h", "--password=secret"], "Unknown switch: --password"),
      (["get", "x", "-quiet"], "Switch not allowed with the given operation: quiet"),
      (["qc", "-r:host"], "Switch not allowed with the given operation: remote"),
      (["get", "x", "-:y"], "Missing switch name"),
      (["get", "x", "-"], "Missing switch name"),
      (["id", "-r:a", "-remote:b"], "Option is not unique: remote"),
      (["id", "-r:\"a"], "A quoted parameter value must begin and end with quotes: remote"),
      (["id", "-r:"], "Argument's value is not provided: remote"),
      (["get"], "A parameter is missing."),
      (["get", "a", "b"], "There are too many parameters."),
      (["get", "a", "@{x=\"y\"}"], "get takes no input."),
      (["get", "-f:xml", "a"], "\"a\" stands behind a switch; it must stand before the first one."),
      (["get", "a", "-usessl"], "The switch -usessl is only for a remote computer: -remote is missing."),
    ])
  func mistakes(words: [String], message: String) {
    let error = #expect(throws: WinrmUsageError.self) { try WinrmArguments(parsing: words) }
    #expect(error?.message == message)
  }

  @Test(
    "Input as typed, and as shells leave it",
    arguments: [
      ("{CredSSP=\"true\"}", [("CredSSP", "true" as String?)]),
      ("{CredSSP=true}", [("CredSSP", "true")]),
      ("{ a = \"1\" ; b = '2' }", [("a", "1"), ("b", "2")]),
      ("{a=\"1\";}", [("a", "1")]),
      ("{TrustedHosts=a,b c;x=$null}", [("TrustedHosts", "a,b c"), ("x", nil)]),
      ("{TrustedHosts=\"\"}", [("TrustedHosts", "")]),
      ("{TrustedHosts=}", [("TrustedHosts", "")]),
      ("{TrustedHosts=\"<local>;{x}\"}", [("TrustedHosts", "<local>;{x}")]),
      ("{x:y=\"z\"}", [("x:y", "z")]),
      ("{}", []),
    ] as [(String, [(String, String?)])])
  func input(text: String, expected: [(String, String?)]) throws {
    #expect(try InputSet(parsing: text).values.elementsEqual(expected) { $0.name == $1.0 && $0.value == $1.1 })
  }

  @Test(
    "What is no input",
    arguments: ["", "{", "{a}", "{=\"b\"}", "{a=\"b}", "{a=\"b\" c=\"d\"}", "{a b=\"c\"}", "a=\"b\"", "{a=b\"c}", "{;}"])
  func notInput(text: String) {
    #expect(throws: WinrmUsageError.self) { try InputSet(parsing: text) }
  }

  @Test("A key that stands twice is refused")
  func duplicate() {
    #expect(throws: WinrmUsageError.self) { try InputSet(parsing: "{a=\"1\";a=\"2\"}") }
  }

  @Test("Input that a shell took apart is one piece again, wherever it stands")
  func split() throws {
    let parsed = try WinrmArguments(parsing: ["set", "@{TrustedHosts=a,", "b", "}", "winrm/config/client"])
    #expect(parsed.operands == ["winrm/config/client"])
    #expect(parsed.input?.values.first?.value == "a, b")
    #expect(throws: WinrmUsageError.self) { try WinrmArguments(parsing: ["set", "x", "@{a=1", "b"]) }
  }

  @Test("Resources: aliases and selectors in any case")
  func resources() throws {
    let locator = try ResourceLocator(parsing: "WinRM/Config/Listener?address=*+TRANSPORT=HTTP")
    #expect(locator.localPath == "config/listener")
    #expect(locator.selector("Address") == "*" && locator.selector("Transport") == "HTTP")
    #expect(try ResourceLocator(parsing: "http://schemas.microsoft.com/wbem/wsman/1/config/").localPath == "config")
    #expect(try ResourceLocator(parsing: "wmicimv2/Win32_Service").localPath == nil)
    #expect(try ResourceLocator(parsing: "winrmx/config").localPath == nil)
    for text in ["", "a?", "a?b", "a?=b", "a?b=c+B=d", "a?b=c+"] {
      #expect(throws: WinrmFailure.self) { try ResourceLocator(parsing: text) }
    }
  }
}
