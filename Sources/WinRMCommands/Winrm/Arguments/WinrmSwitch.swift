/// The switches of `winrm`: what is read, completed, and explained by `winrm help switches` and the manual comes from here alone.
enum WinrmSwitch: String, CaseIterable {
  // Whom to ask, and as whom.
  case remote, authentication, username, password, certificate, defaultcreds, spn, spnport
  case usessl, unencrypted, encoding, skipcacheck, skipcncheck, skiprevocationcheck
  case proxyaccess, proxyauthentication, proxyusername, proxypassword, timeout
  // What of a resource is meant, and what is sent and shown.
  case options, fragment, dialect, filter, associations, returntype, shallow, basepropertiesonly, file, format
  // One operation each, or a few.
  case quiet, force, transport, sddl, role, delegate, ntlmonly, sha256, unixuser, passwordfd, key, hostname, days, keytype, selfsigned
  case proof, user
  case secondhop, allowdelegate, report
  case help = "?"

  /// Finds a switch by its name or a short form, in any case.
  init?(name: String) {
    let lowered = name.lowercased()
    guard let found = Self(rawValue: lowered) ?? Self.allCases.first(where: { $0.shortForms.contains(lowered) }) else { return nil }
    self = found
  }

  /// Those that say how another computer is asked.
  static let connection: Set<WinrmSwitch> = [
    .remote, .authentication, .username, .password, .certificate, .defaultcreds, .spn, .spnport, .usessl, .unencrypted, .encoding,
    .skipcacheck, .skipcncheck, .skiprevocationcheck, .proxyaccess, .proxyauthentication, .proxyusername, .proxypassword, .timeout,
  ]

  /// Other names of it, in lower case.
  var shortForms: [String] {
    switch self {
    case .remote: ["r", "machine"]
    case .authentication: ["a", "auth"]
    case .username: ["u"]
    case .password: ["p"]
    case .certificate: ["c"]
    case .usessl: ["ssl"]
    case .unencrypted: ["un"]
    case .proxyaccess: ["pac"]
    case .proxyauthentication: ["pa", "proxyauth"]
    case .proxyusername: ["pu"]
    case .proxypassword: ["pp"]
    case .format: ["f"]
    case .quiet: ["q"]
    case .unixuser: ["unix-user"]
    case .passwordfd: ["password-fd"]
    case .allowdelegate: ["ad"]
    default: []
    }
  }

  /// What stands behind its colon.
  enum Value: Equatable {
    /// Nothing: the switch is there or not.
    case none
    /// A text; what it is called in the help.
    case text(String)
    /// A text that may be missing.
    case optionalText(String)
    /// The name of a file.
    case file
    /// A number above zero.
    case number(String)
    /// One of these words, in any case.
    case words([String])
  }

  var value: Value {
    switch self {
    case .defaultcreds, .spnport, .usessl, .unencrypted, .skipcacheck, .skipcncheck, .skiprevocationcheck, .associations, .shallow,
      .basepropertiesonly, .quiet, .force, .ntlmonly, .selfsigned, .user, .allowdelegate, .help:
      .none
    case .remote: .text("ENDPOINT")
    case .authentication: .words(["none", "basic", "digest", "negotiate", "kerberos", "certificate", "credssp"])
    case .username, .proxyusername: .text("USER")
    case .password, .proxypassword: .optionalText("PASSWORD")
    case .certificate: .text("THUMBPRINT")
    case .spn: .text("SERVICE/HOST")
    case .encoding: .words(["utf-8", "utf-16"])
    case .proxyaccess: .words(["ie_settings", "winhttp_settings", "auto_detect", "no_proxy"])
    case .proxyauthentication: .words(["basic", "digest", "negotiate"])
    case .timeout: .number("MS")
    case .options: .text("{KEY=\"VALUE\"}")
    case .fragment: .text("PATH")
    case .dialect: .text("URI")
    case .filter: .text("EXPRESSION")
    case .returntype: .words(["object", "epr", "objectandepr"])
    case .file, .key, .report: .file
    case .secondhop: .text("HOST")
    case .format: .words(["text", "pretty", "xml", "json"])
    case .transport: .words(["http", "https"])
    case .sddl: .text("SDDL")
    case .role: .words(["client", "server"])
    case .delegate: .text("PATTERN[,PATTERN]")
    case .sha256: .text("HEX")
    case .unixuser: .text("USER")
    case .passwordfd: .number("N")
    case .hostname: .text("NAME[,NAME]")
    case .days: .number("N")
    case .keytype: .words(["rsa2048", "p256"])
    case .proof: .words(["kerberos", "certificate", "ntlm"])
    }
  }

  /// Whether it is nothing without a value.
  var needsValue: Bool {
    switch value {
    case .none, .optionalText: false
    case .text, .file, .number, .words: true
    }
  }

  /// What it does, in one or two sentences.
  var summary: String {
    switch self {
    case .remote: "The computer to ask: [TRANSPORT://]HOST[:PORT][/PREFIX]. Without it, this one."
    case .authentication: "How both sides prove who they are. Without it: negotiate, or certificate where -certificate is given."
    case .username: "Who asks: USER, DOMAIN\\USER, HOST\\USER, .\\USER or USER@REALM."
    case .password:
      """
      The password of -username. It is blanked on the command line at once; @FILE takes the first line of a file. Without the switch the \
      password is asked for.
      """
    case .certificate: "The client certificate that proves who asks, by its thumbprint. Goes without -username; over HTTPS only."
    case .defaultcreds:
      """
      HTTPS: lets negotiate use the logon agent of a remote session also where -skipcacheck or -skipcncheck leave the server unproven. Only \
      with -authentication:negotiate, without -username.
      """
    case .spn: "The service that the server must prove to be, in place of WSMAN, HTTP or HOST on the host as typed."
    case .spnport: "The name of the service ends in the port. Only with negotiate and kerberos."
    case .usessl: "HTTPS on its WinRM port. ENDPOINT has no transport then."
    case .unencrypted: "Messages over HTTP are not encrypted. The settings AllowUnencrypted of both sides must allow that."
    case .encoding: "The encoding of messages; utf-8 without the switch."
    case .skipcacheck: "HTTPS: the server's certificate may come from an authority that is not trusted."
    case .skipcncheck: "HTTPS: the server's certificate may have another name."
    case .skiprevocationcheck:
      "HTTPS: whether the server's certificate has been revoked is not checked, which is so without the switch too."
    case .proxyaccess:
      """
      Where the settings of the proxy come from: ie_settings and winhttp_settings are https_proxy, http_proxy and no_proxy of the \
      environment; auto_detect is refused. Without the switch there is no proxy.
      """
    case .proxyauthentication: "How this side proves to the proxy who it is: basic, over HTTPS. Needs -proxyaccess."
    case .proxyusername: "Who asks the proxy. Needs -proxyauthentication."
    case .proxypassword: "The password of -proxyusername; as -password otherwise."
    case .timeout: "How many milliseconds the operation may take; without it what MaxTimeoutms says."
    case .options: "Options for the provider of the resource."
    case .fragment: "A part of the resource, such as Status/text()."
    case .dialect: "The language of -filter (wql, selector, association or a URI), or of -fragment (a URI)."
    case .filter: "Which instances are wanted: text, or {KEY=\"VALUE\"}."
    case .associations: "The associations themselves instead of what they lead to. Only with -dialect:association."
    case .returntype: "What is shown of the instances: themselves, where they are, or both."
    case .shallow: "Leaves out the instances of subclasses."
    case .basepropertiesonly: "Leaves out the properties of subclasses. Without effect beside -shallow."
    case .file: "XML that is sent as it is, in place of @{...}."
    case .format: "How answers are shown; text without the switch."
    case .quiet: "Makes changes without a question."
    case .force: "Makes changes without a question."
    case .transport: "What the listener is for; http without the switch."
    case .sddl: "The security descriptor that is set; without it the one there is is shown."
    case .role: "Which side is meant."
    case .delegate: "The servers that may get credentials: WSMAN/NAME, WSMAN/*.DOMAIN or WSMAN/*."
    case .ntlmonly: "Allows the servers of -delegate also where nothing better than NTLM proves them."
    case .sha256: "The SHA-256 of the server's certificate."
    case .unixuser: "The Unix user as whom commands of the account run."
    case .passwordfd: "The descriptor whose first line is the password."
    case .key: "The file with the private key."
    case .hostname: "The names that the certificate vouches for."
    case .days: "How many days the certificate is valid; 365 without the switch."
    case .keytype: "The kind of the key; rsa2048 without the switch."
    case .selfsigned: "With -transport:https: a certificate that vouches for itself will do, and is made when there is none."
    case .proof: "How the server is taken to be proven."
    case .user: "The certificates that prove this user to servers, in place of those that prove the service."
    case .secondhop:
      "What is to be reached from there: HOST[:PORT], http[s]://HOST[:PORT] or //HOST/SHARE. Only with it something is run on the first hop."
    case .allowdelegate:
      "The session is opened as winrs -allowdelegate opens it: with -username alone by CredSSP, otherwise with a forwarded ticket."
    case .report: "The file that gets the report as a page for browsers. Nobody else may read it."
    case .help: "Explains the operation; nothing is done."
    }
  }

  /// The topic of `winrm help` that says more about it.
  var topic: String {
    switch self {
    case .username, .password, .authentication, .certificate, .defaultcreds, .spn, .spnport: "auth"
    case .remote, .unencrypted, .usessl: "remoting"
    case .proxyaccess, .proxyauthentication, .proxyusername, .proxypassword: "proxy"
    case .file: "input"
    case .filter, .associations, .returntype, .shallow, .basepropertiesonly: "filters"
    case .sddl: "configsddl"
    case .role, .delegate, .ntlmonly, .sha256: "credssp"
    case .proof: "policy"
    case .secondhop, .allowdelegate, .report: "doctor"
    case .unixuser, .passwordfd: "account"
    case .key, .hostname, .days, .keytype, .user: "certificate"
    case .selfsigned: "quickconfig"
    case .encoding, .skipcacheck, .skipcncheck, .skiprevocationcheck, .timeout, .options, .fragment, .dialect, .format, .quiet, .force,
      .transport, .help:
      "switches"
    }
  }

  /// `-remote:ENDPOINT`.
  var form: String {
    switch value {
    case .none: "-\(rawValue)"
    case .text(let name), .number(let name): "-\(rawValue):\(name)"
    case .optionalText(let name): "-\(rawValue):\(name)"
    case .file: "-\(rawValue):FILE"
    case .words(let words): "-\(rawValue):\(words.joined(separator: "|"))"
    }
  }
}
