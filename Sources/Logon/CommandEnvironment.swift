import LogonInterface

/// The environment of commands: a clean base, then what the client asked for and may ask for, then what is the service's alone.
enum CommandEnvironment {
  static let maximumCount = 256
  /// In bytes of UTF-8, each.
  static let maximumNameLength = 128
  static let maximumValueLength = 32 << 10
  /// In bytes, all together with names.
  static let maximumTotalLength = 128 << 10

  /// Refuses variables that are malformed, too long, reserved, or change what the dynamic linker, the C library, a shell or an
  /// interpreter does before the command itself has a say.
  ///
  /// - Throws: `LogonFailure` with `invalidArgument` or `limit`.
  static func check(_ variables: [EnvironmentVariable]) throws(LogonFailure) {
    guard variables.count <= maximumCount else { throw LogonFailure(.limit, "more than \(maximumCount) variables") }
    var total = 0
    for variable in variables {
      try check(variable)
      total += variable.name.utf8.count + variable.value.utf8.count + 2
    }
    guard total <= maximumTotalLength else { throw LogonFailure(.limit, "the variables are longer than \(maximumTotalLength) bytes") }
  }

  private static func check(_ variable: EnvironmentVariable) throws(LogonFailure) {
    guard (1...maximumNameLength).contains(variable.name.utf8.count), variable.value.utf8.count <= maximumValueLength else {
      throw LogonFailure(.limit, "a variable's name or value is too long, or the name is empty")
    }
    guard isName(variable.name) else {
      throw LogonFailure(.invalidArgument, "the name of a variable has A-Z, a-z, 0-9 and _ alone, and begins with no digit")
    }
    let name = variable.name
    guard !variable.value.utf8.contains(0) else { throw LogonFailure(.invalidArgument, "the value of the variable \(name) has a NUL") }
    guard !setByService.contains(name.uppercased()) else {
      throw LogonFailure(.invalidArgument, "the variable \(name) is set by the service")
    }
    guard !isForbidden(name) else {
      throw LogonFailure(
        .invalidArgument, "the variable \(name) is not taken from clients, because it changes how programs are loaded or run")
    }
  }

  private static func isName(_ name: String) -> Bool {
    name.utf8.enumerated().allSatisfy { index, byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
      default: false
      }
    }
  }

  /// Whatever its case, so that nobody has to remember which program folds it.
  private static func isForbidden(_ name: String) -> Bool {
    let name = name.uppercased()
    return forbidden.contains(name) || forbiddenPrefixes.contains { name.hasPrefix($0) }
  }

  private static let forbiddenPrefixes = [
    "WINRM_", "LD_", "DYLD_", "BASH_", "MALLOC_", "GLIBC_", "PYTHON", "PERL", "RUBY", "SUDO_", "SWIFT_", "NODE_", "JAVA_", "JDK_", "GIT_",
    "KRB5", "GSS_",
  ]
  /// What the base sets; `LANG` alone is the client's to change.
  private static let setByService: Set<String> = ["HOME", "USER", "LOGNAME", "SHELL", "PATH"]
  private static let forbidden: Set<String> = [
    // Shells.
    "PWD", "OLDPWD", "ENV", "IFS", "CDPATH", "GLOBIGNORE", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "FPATH", "ZDOTDIR", "FCEDIT",
    "HISTFILE",
    // The C library's own list of what a privileged program must not take from a stranger, and its neighbours.
    "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF", "RES_OPTIONS",
    "TZDIR", "RESOLV_MULTI", "RESOLV_ADD_TRIM_DOMAINS", "TERMCAP", "TERMINFO", "TERMINFO_DIRS",
    // Interpreters and tools that run what a variable names.
    "_JAVA_OPTIONS", "CLASSPATH", "EDITOR", "VISUAL", "PAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "SSH_ASKPASS", "OPENSSL_CONF",
    "OPENSSL_MODULES", "SSLKEYLOGFILE",
  ]

  static let usualPath = "/usr/local/bin:/usr/bin:/bin"
  static let usualRootPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The environment of one command. Later groups win over earlier ones; the service's own come last.
  static func make(
    user: UnixUser, path: String?, language: String?, client: [EnvironmentVariable], service: [EnvironmentVariable]
  ) -> [EnvironmentVariable] {
    let base = [
      EnvironmentVariable("HOME", user.home), EnvironmentVariable("LANG", language ?? "C.UTF-8"),
      EnvironmentVariable("LOGNAME", user.name), EnvironmentVariable("PATH", path ?? (user.uid == 0 ? usualRootPath : usualPath)),
      EnvironmentVariable("SHELL", user.shell.isEmpty ? "/bin/sh" : user.shell), EnvironmentVariable("USER", user.name),
    ]
    var order: [String] = []
    var values: [String: String] = [:]
    for variable in base + client + service {
      if values.updateValue(variable.value, forKey: variable.name) == nil { order.append(variable.name) }
    }
    return order.map { EnvironmentVariable($0, values[$0] ?? "") }
  }
}
