import WinRMCommands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

ProcessHardening.apply()
// Before anything copies the arguments.
let password = ArgumentSecrets.take(names: ["p", "password"], stopsAtFirstOperand: false)
let proxyPassword = ArgumentSecrets.take(names: ["pp", "proxypassword"], stopsAtFirstOperand: false)
let arguments = Array(CommandLine.arguments.dropFirst())
ArgumentSecrets.blankInput()
if WinrmCommand.complainsOfEncoding() { exit(WinrmCommand.errorCode(of: arguments)) }
WinrmCommand.end(await WinrmCommand.run(arguments: arguments, password: password, proxyPassword: proxyPassword))
