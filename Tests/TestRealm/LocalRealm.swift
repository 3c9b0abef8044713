import Foundation
public import Testing

/// A realm of this test process: a KDC of MIT Kerberos on loopback with a database in a temporary directory.
///
/// The library reads its configuration by KRB5_CONFIG, which is set for this process before the first call.
public final class LocalRealm: Sendable {
  public static let name = "WINRM.TEST"
  public static let host = "hop.winrm.test"
  /// The Unix user that `alice` is mapped to: the one of this process, or somebody unprivileged when that is root.
  public static let unixUser = geteuid() == 0 ? "nobody" : getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "nobody"
  public static let password = "Al1ce-Pässword-密"

  /// Why tests of the realm are skipped.
  public static let missing: Comment =
    isInLab
    ? "this process runs inside the lab and uses its realm"
    : "krb5kdc, kadmin.local or kdb5_util is not installed (Debian: krb5-kdc krb5-admin-server)"
  private static let isInLab = ProcessInfo.processInfo.environment["WINRM_LAB_HOST"] != nil
  /// Whether a realm can be made here. Not inside the lab, whose realm this process then uses.
  public static let isAvailable =
    !isInLab
    && ["krb5kdc", "kadmin.local", "kdb5_util"].allSatisfy { program(named: $0) != nil }
  /// The realm, started when first asked for; a failure to start fails every test that asks.
  public static let shared: Result<LocalRealm, any Error> = Result { try LocalRealm() }

  public let directory: String
  public var keytab: String { "FILE:\(directory)/keytab" }
  public var staleKeytab: String { "FILE:\(directory)/stale.keytab" }

  private static func program(named name: String) -> String? {
    ["/usr/sbin", "/usr/bin", "/sbin", "/usr/local/sbin", "/usr/lib/mit/sbin"].map { "\($0)/\(name)" }
      .first(where: FileManager.default.isExecutableFile(atPath:))
  }

  private init() throws {
    directory = "/tmp/winrm-realm-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    let ports = try (0..<3).map { _ in try Self.freePort() }
    let (kdc, closed, silent) = (ports[0], ports[1], ports[2])
    try Self.listenSilently(on: silent)
    // Canonicalisation through DNS is on here, as MIT's default is: names that are principals do not care.
    try write(
      "krb5.conf",
      """
      [libdefaults]
        default_realm = \(Self.name)
        dns_lookup_kdc = false
        dns_lookup_realm = false
        dns_canonicalize_hostname = true
        rdns = true
        default_ccache_name = FILE:\(directory)/default.ccache
        default_keytab_name = FILE:\(directory)/default.keytab
        default_rcache_name = file2:\(directory)/rcache
      [realms]
        \(Self.name) = { 
          kdc = 127.0.0.1:\(kdc)
          auth_to_local_names = {
            alice = \(Self.unixUser)
          }
        }
        CLOSED.TEST = {
          kdc = 127.0.0.1:\(closed)
        }
        SILENT.TEST = {
          kdc = 127.0.0.1:\(silent)
        }
      [domain_realm]
        .winrm.test = \(Self.name)
      """)
    try write(
      "kdc.conf",
      """
      [kdcdefaults]
        kdc_listen = 127.0.0.1:\(kdc)
        kdc_tcp_listen = 127.0.0.1:\(kdc)
      [realms]
        \(Self.name) = {
          database_name = \(directory)/principal
          key_stash_file = \(directory)/stash
          acl_file = \(directory)/acl
          max_renewable_life = 7d
          supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
        }
      [logging]
        kdc = FILE:\(directory)/kdc.log
      """)
    setenv("KRB5_CONFIG", "\(directory)/krb5.conf", 1)
    setenv("KRB5_KDC_PROFILE", "\(directory)/kdc.conf", 1)
    unsetenv("KRB5CCNAME")
    unsetenv("KRB5_KTNAME")
    try Self.run("kdb5_util", ["create", "-s", "-r", Self.name, "-P", "master-of-the-test"])
    try Self.run("kadmin.local", ["-r", Self.name], input: principals)
    try startKDC(port: kdc)
  }

  private var principals: String {
    let services = ["WSMAN/\(Self.host)", "HTTP/\(Self.host)", "HOST/only.winrm.test"]
    return """
      addprinc +requires_preauth -pw \(Self.password) alice
      addprinc -pw \(Self.password) bob
      addprinc +requires_preauth -pwexpire yesterday -pw \(Self.password) expired
      addprinc +requires_preauth +needchange -pw \(Self.password) mustchange
      addprinc +requires_preauth -allow_tix -pw \(Self.password) locked
      addprinc +requires_preauth -expire yesterday -pw \(Self.password) gone
      addprinc +requires_preauth -allow_forwardable -pw \(Self.password) sensitive
      \(services.map { "addprinc -randkey \($0)" }.joined(separator: "\n"))
      modprinc +ok_as_delegate WSMAN/\(Self.host)
      ktadd -k \(directory)/keytab \(services.joined(separator: " "))
      addprinc -randkey WSMAN/stale.winrm.test
      ktadd -k \(directory)/stale.keytab WSMAN/stale.winrm.test
      cpw -randkey WSMAN/stale.winrm.test
      addprinc -e arcfour-hmac:normal -randkey WSMAN/old.winrm.test
      ktadd -e arcfour-hmac:normal -k \(directory)/keytab WSMAN/old.winrm.test
      addprinc -randkey WSMAN/older.winrm.test
      setstr WSMAN/older.winrm.test session_enctypes arcfour-hmac
      addprinc -e arcfour-hmac:normal -pw \(Self.password) antique
      addprinc -randkey robot
      ktadd -k \(directory)/robot.keytab robot

      """
  }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: "\(directory)/\(name)", atomically: false, encoding: .utf8)
  }

  private func startKDC(port: UInt16) throws {
    let process = Process()
    process.executableURL = URL(filePath: Self.program(named: "krb5kdc") ?? "krb5kdc")
    process.arguments = ["-n", "-r", Self.name]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    Self.remember(process.processIdentifier, directory)
    let end = ContinuousClock.now + .seconds(20)
    while !Self.answers(port) {
      guard process.isRunning, ContinuousClock.now < end else { throw Failure(what: "krb5kdc did not come up") }
      usleep(20_000)
    }
  }

  struct Failure: Error { var what: String }

  private static func run(_ name: String, _ arguments: [String], input: String = "") throws {
    let process = Process()
    process.executableURL = URL(filePath: program(named: name) ?? name)
    process.arguments = arguments
    let (inputPipe, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (inputPipe, output, output)
    try process.run()
    try inputPipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try inputPipe.fileHandleForWriting.close()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(what: "\(name): \(said)") }
  }

  // MARK: the end of the process

  private nonisolated(unsafe) static var kdcToEnd: (pid: pid_t, directory: String)?

  private static func remember(_ pid: pid_t, _ directory: String) {
    kdcToEnd = (pid, directory)
    atexit {
      guard let kdc = LocalRealm.kdcToEnd else { return }
      kill(kdc.pid, SIGKILL)
      try? FileManager.default.removeItem(atPath: kdc.directory)
    }
  }

  // MARK: ports of loopback

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func withAddress<R>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = address(port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }

  private static func socket(_ type: __socket_type) throws -> Int32 {
    let descriptor = Glibc.socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(what: "no socket") }
    return descriptor
  }

  /// A port on which nobody listens at the moment.
  private static func freePort() throws -> UInt16 {
    let descriptor = try socket(SOCK_STREAM)
    defer { close(descriptor) }
    guard withAddress(0, { bind(descriptor, $0, $1) }) == 0 else { throw Failure(what: "no port") }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard code == 0 else { throw Failure(what: "no port") }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Takes datagrams and connections on a port, and never answers. The descriptors stay open until the process ends.
  private static func listenSilently(on port: UInt16) throws {
    let (datagrams, stream) = (try socket(SOCK_DGRAM), try socket(SOCK_STREAM))
    guard withAddress(port, { bind(datagrams, $0, $1) }) == 0, withAddress(port, { bind(stream, $0, $1) }) == 0, listen(stream, 16) == 0
    else { throw Failure(what: "the silent port is taken") }
  }

  private static func answers(_ port: UInt16) -> Bool {
    guard let descriptor = try? socket(SOCK_STREAM) else { return false }
    defer { close(descriptor) }
    return withAddress(port) { connect(descriptor, $0, $1) } == 0
  }
}
