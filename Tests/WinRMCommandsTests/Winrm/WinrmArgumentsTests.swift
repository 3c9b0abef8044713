import Testing

@testable import WinRMCommands

@Suite struct WinrmArgumentsTests {
  // MARK: Operations

  @Test(
    "Operations by name and short form, in any case",
    arguments: [
      ("get", "get"), ("G", "get"), ("Set", "set"), ("s", "set"), ("put", "set"), ("p", "set"), ("c", "create"), ("d", "delete"),
      ("e", "enumerate"), ("enum", "enumerate"), ("ENUMERATE", "enumerate"), ("configSDDL", "configsddl"),
    ])
  func operations(word: String, name: String) throws {
    let input = name == "set" ? ["@{a=\"b\"}"] : []
    #expect(try WinrmArguments(parsing: [word, "winrm/config"] + input).operation.rawValue == name)
  }

  @Test("Operations without a resource", arguments: [("id", "identify"), ("QC", "quickconfig"), ("-?", "help"), ("/?", "help")])
  func others(word: String, name: String) throws {
    #expect(try WinrmArguments(parsing: [word]).operation.rawValue == name)
  }

  @Test("A short form is an operation only where an operation stands")
  func shortFormsAsOperands() throws {
    #expect(try WinrmArguments(parsing: ["get", "g"]).operands == ["g"])
    #expect(try WinrmArguments(parsing: ["invoke", "e", "d"]).operands == ["e", "d"])
  }

  @Test("No name or short form means two things")
  func unique() {
    let operations = WinrmOperation.allCases.flatMap { [$0.rawValue] + $0.shortForms }
    let switches = WinrmSwitch.allCases.flatMap { [$0.rawValue] + $0.shortForms }
    for names in [operations, switches] { #expect(Set(names).count == names.count) }
    #expect(operations.allSatisfy { $0 == $0.lowercased() } && switches.allSatisfy { $0 == $0.lowercased() })
  }

  // MARK: Switches

  @Test("Every switch of the Windows tool and its short forms, in any case, behind - and /")
  func names() throws {
    let all: [String: [String]] = [
      "remote": ["r", "machine"], "authentication": ["a", "auth"], "username": ["u"], "password": ["p"], "certificate": ["c"],
      "defaultcreds": [], "usessl": ["ssl"], "unencrypted": ["un"], "encoding": [], "spnport": [], "skipcacheck": [], "skipcncheck": [],
      "skiprevocationcheck": [], "timeout": [], "proxyaccess": ["pac"], "proxyauthentication": ["pa", "proxyauth"],
      "proxyusername": ["pu"], "proxypassword": ["pp"], "options": [], "fragment": [], "dialect": [], "filter": [], "associations": [],
      "returntype": [], "shallow": [], "basepropertiesonly": [], "file": [], "format": ["f"], "quiet": ["q"], "force": [],
      "transport": [], "?": [],
    ]
    for (name, forms) in all {
      for form in [name, name.uppercased()] + forms + forms.map({ $0.uppercased() }) {
        #expect(WinrmSwitch(name: form)?.rawValue == name, "\(form)")
      }
    }
  }

  @Test("Which switches go with which operation")
  func allowed() {
    let connection = WinrmSwitch.connection
    let enumeration: Set<WinrmSwitch> = [.filter, .associations, .returntype, .shallow, .basepropertiesonly]
    let setup: Set<WinrmSwitch> = [.quiet, .transport, .force]
    for operation in [WinrmOperation.get, .set, .create, .delete, .enumerate, .invoke] {
      #expect(operation.switches.isSuperset(of: connection.union([.format, .help, .dialect, .options])), "\(operation)")
      #expect(operation.switches.isDisjoint(with: setup), "\(operation)")
      #expect(operation.switches.isSuperset(of: enumeration) == (operation == .enumerate), "\(operation)")
    }
    #expect(WinrmOperation.identify.switches == connection.union([.format, .help]))
    #expect(WinrmOperation.quickconfig.switches.isSuperset(of: setup) && !WinrmOperation.quickconfig.switches.contains(.remote))
    for operation in WinrmOperation.allCases where operation != .help { #expect(operation.switches.contains(.help), "\(operation)") }
  }

  @Test("Both prefixes, short forms, values with colons and quotes")
  func switches() throws {
    let parsed = try WinrmArguments(parsing: ["id", "-R:https://host:5986/wsman", "/AUTH:none", "-f:#pretty", "-skipCNcheck"])
    #expect(parsed.switches == [.remote: "https://host:5986/wsman", .authentication: "none", .format: "#pretty", .skipcncheck: ""])
    #expect(try WinrmArguments(parsing: ["id", "-r:\"host\""]).switches[.remote] == "host")
    #expect(try WinrmArguments(parsing: ["id", "/r:h", "-c:\"aa bb\""]).switches[.certificate] == "aa bb")
    #expect(try WinrmArguments(parsing: ["e", "x", "-r:h", "-filter:select 'a'=\"b\""]).switches[.filter] == "select 'a'=\"b\"")
  }

  @Test(
    "A word behind / is a path where a slash stands before its first colon",
    arguments: [
      (["cert", "import", "/etc/ssl/c.pem"], ["import", "/etc/ssl/c.pem"]),
      (["cert", "import", "/etc/ssl/c:d.pem"], ["import", "/etc/ssl/c:d.pem"]),
      (["policy", "import", "/policy.json"], ["import", "/policy.json"]),
      (["get", "/winrm/config"], ["/winrm/config"]),
    ])
  func paths(words: [String], operands: [String]) throws {
    #expect(try WinrmArguments(parsing: words).operands == operands)
  }

  @Test(
    "Mistakes in the line, in the tool's words",
    arguments: [
      (["frob"], "Unknown operation name: 'frob'"),
      (["get", "x", "-frob:1"], "Unknown switch: frob"),
      (["get", "x", "/frob:1"], "Unknown switch: frob"),
      (["get", "x", "-port:1"], "Unknown switch: port"),
      (["get", "x", "-useproxy"], "Unknown switch: useproxy"),
      (["id", "-r:h", "-password=secret"], "Unknown switch: password=... A value stands behind a colon: -password:VALUE"),
      (["id", "-r:h", "-frob=secret"], "Unknown switch: frob"),
      (["qc", "--quiet"], "Unknown switch: --quiet"),
      (["qc", "//q"], "Unknown switch: //q"),
      (["account", "remove", "a", "--"], "Unknown switch: --"),
      (["id", "-r:h", "--password:secret"], "Unknown switch: --password"),
      (["id", "-r:h", "--password=secret"], "Unknown switch: --password"),
      (["get", "x", "-quiet"], "Switch not allowed with the given operation: quiet"),
      (["get", "x", "-filter:y"], "Switch not allowed with the given operation: filter"),
      (["id", "-file:y"], "Switch not allowed with the given operation: file"),
      (["d", "x", "-returntype:epr"], "Switch not allowed with the given operation: returntype"),
      (["qc", "-r:host"], "Switch not allowed with the given operation: remote"),
      (["get", "x", "-:y"], "Missing switch name"),
      (["get", "x", "-"], "Missing switch name"),
      (["get", "x", "/"], "Missing switch name"),
      (["id", "-r:a", "-remote:b"], "Option is not unique: remote"),
      (["id", "-r:a", "/machine:b"], "Option is not unique: remote"),
      (["set", "x", "@{}", "@{}"], "Option is not unique: @{}"),
      (["id", "-r:\"a"], "A quoted parameter value must begin and end with quotes: remote"),
      (["id", "-r:a\""], "A quoted parameter value must begin and end with quotes: remote"),
      (["id", "-r:\""], "A quoted parameter value must begin and end with quotes: remote"),
      (["id", "-r:"], "Argument's value is not provided: remote"),
      (["id", "-r"], "Argument's value is not provided: remote"),
      (["id", "-r:h", "-a"], "Argument's value is not provided: authentication"),
      (["id", "-r:h", "-encoding:"], "Argument's value is not provided: encoding"),
      (["id", "-r:h", "-timeout:"], "Argument's value is not provided: timeout"),
      (["id", "-r:h", "-pac"], "Argument's value is not provided: proxyaccess"),
      (["id", "-r:h", "-pac:no_proxy", "-pa:"], "Argument's value is not provided: proxyauthentication"),
      (["id", "-r:h", "-f:#"], "Invalid option for -format: \"#\""),
      (["id", "-r:h", "-usessl:yes"], "The switch -usessl takes no value."),
      (["get"], "A parameter is missing."),
      (["invoke", "Restore"], "A parameter is missing."),
      (["get", "a", "b"], "There are too many parameters."),
      (["id", "a"], "There are too many parameters."),
      (["get", "a", "@{x=\"y\"}"], "get takes no input."),
      (["get", "-f:xml", "a"], "\"a\" stands behind a switch; it must stand before the first one."),
    ])
  func mistakes(words: [String], message: String) { expect(words, message) }

  @Test(
    "Values that are none of the words of a switch, or no number",
    arguments: [
      (["get", "x", "-format:json"], "Invalid option for -format: \"json\""),
      (["policy", "-format:json"], "Invalid option for -format: \"json\". It is text, pretty or xml."),
      (["doctor", "-format:xml"], "Invalid option for -format: \"xml\". It is text or json."),
      (["get", "x", "-timeout:soon"], "Invalid option for -timeout: \"soon\". It is a number above zero."),
      (["get", "x", "-timeout:0"], "Invalid option for -timeout: \"0\". It is a number above zero."),
      (["get", "x", "-timeout:-1"], "Invalid option for -timeout: \"-1\". It is a number above zero."),
      (["get", "x", "-timeout:4294967296"], "Invalid option for -timeout: \"4294967296\". It is a number above zero."),
      (
        ["id", "-r:h", "-a:ntlm"],
        "Invalid option for -authentication: \"ntlm\". It is none, basic, digest, negotiate, kerberos, certificate or credssp."
      ),
      (["id", "-r:h", "-encoding:latin1"], "Invalid option for -encoding: \"latin1\". It is utf-8 or utf-16."),
      (
        ["id", "-r:h", "-pac:wpad"],
        "Invalid option for -proxyaccess: \"wpad\". It is ie_settings, winhttp_settings, auto_detect or no_proxy."
      ),
      (
        ["id", "-r:h", "-pac:ie_settings", "-pa:ntlm"],
        "Invalid option for -proxyauthentication: \"ntlm\". It is basic, digest or negotiate."
      ),
      (["e", "x", "-returntype:both"], "Invalid option for -returntype: \"both\". It is object, epr or objectandepr."),
      (["qc", "-transport:ftp"], "Invalid option for -transport: \"ftp\". It is http or https."),
    ])
  func values(words: [String], message: String) { expect(words, message) }

  @Test(
    "What does not go together",
    arguments: [
      (["get", "a", "-usessl"], "The switch -usessl is only for a remote computer: -remote is missing."),
      (["get", "a", "-encoding:utf-16"], "The switch -encoding is only for a remote computer: -remote is missing."),
      (["get", "a", "-un"], "The switch -unencrypted is only for a remote computer: -remote is missing."),
      (["get", "a", "-u:x"], "The switch -username is only for a remote computer: -remote is missing."),
      (["get", "a", "-c:x"], "The switch -certificate is only for a remote computer: -remote is missing."),
      (["get", "a", "-skipcacheck"], "The switch -skipcacheck is only for a remote computer: -remote is missing."),
      (["get", "a", "-pac:no_proxy"], "The switch -proxyaccess is only for a remote computer: -remote is missing."),
      (["id", "-r:h", "-p:x"], "-password goes only with -username."),
      (["id", "-r:h", "-a:none", "-u:x"], "-authentication:none goes without -username, -password and -certificate."),
      (["id", "-r:h", "-a:none", "-p:x"], "-authentication:none goes without -username, -password and -certificate."),
      (["id", "-r:h", "-a:none", "-c:x"], "-authentication:none goes without -username, -password and -certificate."),
      (["id", "-r:h", "-a:Basic"], "-authentication:basic needs -username."),
      (["id", "-r:h", "-a:digest"], "-authentication:digest needs -username."),
      (["id", "-r:h", "-a:credssp"], "-authentication:CredSSP needs -username."),
      (["id", "-r:h", "-a:basic", "-u:x", "-c:y"], "-authentication:basic goes without -certificate."),
      (["id", "-r:h", "-a:credssp", "-u:x", "-c:y"], "-authentication:CredSSP goes without -certificate."),
      (["id", "-r:h", "-a:negotiate", "-c:y"], "-authentication:negotiate goes without -certificate."),
      (["id", "-r:h", "-a:Kerberos", "-c:y"], "-authentication:kerberos goes without -certificate."),
      (["id", "-r:h", "-a:certificate"], "-authentication:certificate needs -certificate."),
      (["id", "-r:h", "-a:certificate", "-c:y", "-u:x"], "-authentication:certificate goes without -username."),
      (["doctor", "-r:h", "-a:credssp", "-u:x", "-c:y"], "-authentication:CredSSP goes without -certificate."),
      (["doctor", "-r:h", "-a:basic", "-c:y"], "-authentication:basic goes without -certificate."),
      (["id", "-r:h", "-allowdelegate"], "Switch not allowed with the given operation: allowdelegate"),
      (["id", "-r:h", "-c:y", "-u:x"], "-certificate goes without -username."),
      (["id", "-r:h", "-defaultcreds"], "-defaultcreds goes with -authentication:negotiate, and without -username."),
      (["id", "-r:h", "-a:kerberos", "-defaultcreds"], "-defaultcreds goes with -authentication:negotiate, and without -username."),
      (
        ["id", "-r:h", "-a:negotiate", "-u:x", "-defaultcreds"],
        "-defaultcreds goes with -authentication:negotiate, and without -username."
      ),
      (["id", "-r:h", "-spnport", "-a:credssp", "-u:x"], "-spnport goes with negotiate and kerberos, and not with -spn."),
      (["id", "-r:h", "-spnport", "-c:x"], "-spnport goes with negotiate and kerberos, and not with -spn."),
      (["id", "-r:h", "-spnport", "-spn:HTTP/x"], "-spnport goes with negotiate and kerberos, and not with -spn."),
      (["id", "-r:h", "-pa:basic"], "-proxyauthentication needs -proxyaccess."),
      (["id", "-r:h", "-pac:ie_settings", "-pu:x"], "-proxyusername needs -proxyauthentication."),
      (["id", "-r:h", "-pac:ie_settings", "-pa:negotiate", "-pp:x"], "-proxypassword needs -proxyusername."),
      (["id", "-r:h", "-pac:ie_settings", "-pa:basic"], "-proxyauthentication:basic needs -proxyusername."),
      (
        ["id", "-r:h", "-pac:no_proxy", "-pa:basic", "-pu:x"],
        "-proxyauthentication does not go with -proxyaccess:no_proxy."
      ),
    ])
  func together(words: [String], message: String) { expect(words, message) }

  private func expect(_ words: [String], _ message: String) {
    let error = #expect(throws: WinrmUsageError.self) { try WinrmArguments(parsing: words) }
    #expect(error?.message == message)
    #expect(error?.text == "Error: \(message)\nInvalid use of command line. Type \"winrm -?\" for help.\n")
  }

  @Test(
    "Lines that are right",
    arguments: [
      ["id", "-r:h", "-a:none"], ["id", "-r:h", "-c:x"], ["id", "-r:h", "-a:Certificate", "-c:x"],
      ["id", "-r:h", "-a:BASIC", "-u:x", "-p:y"], ["id", "-r:h", "-u:x", "-p"], ["id", "-r:h", "-u:x", "-p:"],
      ["id", "-r:h", "-a:negotiate", "-defaultcreds"], ["id", "-r:h", "-a:kerberos", "-spnport"], ["id", "-r:h", "-u:x", "-spnport"],
      ["id", "-r:h", "-encoding:UTF-16", "-un"], ["id", "-r:h", "-ssl", "-skipCAcheck", "-skipCNcheck", "-skipRevocationCheck"],
      ["id", "-r:h", "-pac:IE_settings", "-pa:Basic", "-pu:x", "-pp:y"], ["id", "-r:h", "-pac:auto_detect", "-pa:negotiate"],
      ["get", "x", "-timeout:1000"], ["e", "x", "-shallow", "-basepropertiesonly", "-returntype:EPR"], ["qc", "-q", "-transport:HTTPS"],
      ["create", "x", "@{}"], ["invoke", "restore", "winrm/config", "@{}"], ["set", "@{a=\"b\"}", "x"], ["get", "x", "-f:#XML"],
      ["configsddl", "default"], ["configsddl", "default", "-sddl:O:BAG:BAD:"],
    ])
  func accepted(words: [String]) throws { _ = try WinrmArguments(parsing: words) }

  // MARK: Input

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
      ("{CurrentDirectory=\"C:\\\"}", [("CurrentDirectory", "C:\\")]),
      ("{x:y=\"z\"}", [("x:y", "z")]),
      ("{}", []),
    ] as [(String, [(String, String?)])])
  func input(text: String, expected: [(String, String?)]) throws {
    #expect(try InputSet(parsing: text).values.elementsEqual(expected) { $0.name == $1.0 && $0.value == $1.1 })
  }

  @Test(
    "What is no input",
    arguments: ["", "{", "{a}", "{=\"b\"}", "{a=\"b}", "{a=\"b\" c=\"d\"}", "{a b=\"c\"}", "a=\"b\"", "{a=b\"c}", "{;}", "{a-b=\"c\"}"])
  func notInput(text: String) {
    let error = #expect(throws: WinrmUsageError.self) { try InputSet(parsing: text) }
    #expect(error?.message == "Syntax Error: input must be of the form {KEY=\"VALUE\"[;KEY=\"VALUE\"]}")
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

  @Test(
    "What other shells make of @{} is told apart",
    arguments: [("System.Collections.Hashtable", "PowerShell"), ("@a=b", "The shell has expanded the braces")])
  func shells(word: String, message: String) {
    let error = #expect(throws: WinrmUsageError.self) { try WinrmArguments(parsing: ["set", "x", word]) }
    #expect(error?.message.hasPrefix(message) == true)
  }

  // MARK: Resources

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

  @Test(
    "Aliases stand for the beginning of a URI",
    arguments: [
      ("wmi/root/x", "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/x"),
      ("WmiCimV2/Win32_Service", "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service"),
      ("cimv2/CIM_X", "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_X"),
      ("winrm/config", "http://schemas.microsoft.com/wbem/wsman/1/config"),
      ("wsman/config", "http://schemas.microsoft.com/wbem/wsman/1/config"),
      ("shell", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"),
      ("shell/cmd", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"),
      ("http://shell/x", "http://shell/x"),
    ])
  func aliases(text: String, uri: String) throws { #expect(try ResourceLocator(parsing: text).uri == uri) }

  @Test("Values of selectors hold colons, equals signs, stars and slashes")
  func selectorValues() throws {
    let mapping = try ResourceLocator(parsing: "winrm/config/service/certmapping?Issuer=ab+Subject=*.example.com+URI=wmicimv2/*")
    #expect(mapping.selectors.map(\.value) == ["ab", "*.example.com", "wmicimv2/*"])
    let listener = try ResourceLocator(parsing: "winrm/config/Listener?Address=IP:3ffe:8311:ffff:f2c1::5e61+Transport=HTTP")
    #expect(listener.selector("address") == "IP:3ffe:8311:ffff:f2c1::5e61")
    #expect(try ResourceLocator(parsing: "x?a=b=c").selector("a") == "b=c")
  }
}
