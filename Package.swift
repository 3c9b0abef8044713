// swift-tools-version: 6.2
import PackageDescription

// Continuous integration sets WINRM_STRICT: warnings of this package's own targets are errors there.
let strict: [SwiftSetting] = Context.environment["WINRM_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let common: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ] + strict
let settings: [SwiftSetting] = [.enableUpcomingFeature("MemberImportVisibility")] + common

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "winrm",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "winrm", targets: ["WinRMTool"]),
    .executable(name: "winrs", targets: ["WinRSTool"]),
    .executable(name: "winrmd", targets: ["WinRMDaemon"]),
    .executable(name: "winrmd-exec", targets: ["WinRMExec"]),
    .library(name: "WinRM", targets: ["WinRM"]),
    .library(name: "WinRMService", targets: ["WinRMService"]),
    .library(name: "SecuritySupport", targets: ["SecuritySupport"]),
    .library(name: "NTLM", targets: ["NTLM"]),
    .library(name: "Kerberos", targets: ["Kerberos"]),
    .library(name: "SPNEGO", targets: ["SPNEGO"]),
    .library(name: "CredSSP", targets: ["CredSSP"]),
    .library(name: "MemoryTLS", targets: ["MemoryTLS"]),
    .library(name: "Certificates", targets: ["Certificates"]),
    .library(name: "WinRMHTTP", targets: ["WinRMHTTP"]),
    .library(name: "WSMan", targets: ["WSMan"]),
    .library(name: "DelegationPolicy", targets: ["DelegationPolicy"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
  ],
  targets: [
    // Sans-IO: no socket, clock, task or logger.
    library("SecuritySupport", []),
    library("NTLM", ["SecuritySupport", crypto]),
    library("SPNEGO", ["SecuritySupport", asn1]),
    library("CredSSP", ["SecuritySupport", asn1, crypto]),
    library("DelegationPolicy", ["SecuritySupport"]),
    library("GroupPolicy", ["SecuritySupport"]),
    library("WinRMHTTP", ["SecuritySupport"]),
    .systemLibrary(name: "CExpat", providers: [.apt(["libexpat1-dev"])]),
    library("WSMan", ["SecuritySupport", "CExpat"]),
    // Authentication tokens as text, for people who look for a fault.
    library("SecurityTokens", []),
    // Manual pages, made by the programs themselves.
    library("ManualPages", []),
    // Who may do what: SIDs, SDDL, access checks.
    library("SecurityDescriptors", []),

    // Kerberos: the system's GSSAPI, which blocks.
    .systemLibrary(name: "CGSSAPI", providers: [.apt(["libkrb5-dev"])]),
    library("Kerberos", ["SecuritySupport", "LocalFiles", "BlockingThreads", "CGSSAPI", asn1]),
    // Files and directories that nobody else may touch.
    library("LocalFiles", []),
    // Calls that block and cannot be cancelled.
    library("BlockingThreads", []),
    // The domain, as winbind knows it.
    .systemLibrary(name: "CWinbind", providers: [.apt(["libwbclient-dev"])]),
    library("Winbind", ["SecuritySupport", "SecurityDescriptors", "BlockingThreads", "CWinbind"]),

    // TLS in memory, certificates, files.
    library("MemoryTLS", ["SecuritySupport", "CredSSP", nioCore, nioTLS, nioSSL]),
    // Without MemberImportVisibility: where a module imports Foundation, an incremental build takes the members of C structures, such as
    // stat's, for those of CoreFoundation, which nobody imports.
    .target(
      name: "Certificates", dependencies: ["SecuritySupport", crypto, cryptoExtras, asn1, x509], swiftSettings: common),
    library("WinRMConfiguration", ["SecuritySupport", "SecurityDescriptors", "DelegationPolicy", "GroupPolicy"]),

    // The resources under winrm/config, for the service and for the tool alike. Files, no sockets.
    library("WinRMResources", ["SecuritySupport", "LocalFiles", "WSMan", "WinRMConfiguration", "Certificates", "SecurityDescriptors"]),

    // The privileged half and its interface.
    .systemLibrary(name: "CLinux"),
    library("Accounts", ["SecuritySupport", "NTLM", "CLinux", cryptoExtras]),
    library("LogonInterface", ["SecuritySupport", "Certificates"]),
    .systemLibrary(name: "CPAM", providers: [.apt(["libpam0g-dev"])]),
    library("LogonAgent", ["SecuritySupport", "NTLM", "CLinux", logging, nioCore, nioPosix]),
    library(
      "Logon",
      [
        "SecuritySupport", "SecurityDescriptors", "NTLM", "SPNEGO", "CredSSP", "Kerberos", "Winbind", "BlockingThreads", "LocalFiles",
        "Accounts",
        "LogonInterface",
        "LogonAgent", "CLinux", "CPAM", logging,
      ]),

    // The driver, the client, the service.
    library(
      "WinRMAuthentication",
      [
        "SecuritySupport", "NTLM", "SPNEGO", "CredSSP", "Kerberos", "MemoryTLS", "LogonAgent", "LogonInterface", "WinRMHTTP",
        "DelegationPolicy", "Certificates", crypto,
      ]),
    library(
      "WinRM",
      [
        "SecuritySupport", "DelegationPolicy", "WinRMAuthentication", "WinRMHTTP", "WSMan", "WinRMConfiguration", "Certificates",
        "Kerberos", "LogonAgent", "MemoryTLS", logging, nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS,
      ]),
    library(
      "WinRMService",
      [
        "SecuritySupport", "LocalFiles", "WinRMAuthentication", "WinRMHTTP", "WSMan", "LogonInterface", "WinRMConfiguration",
        "WinRMResources", "MemoryTLS", "BlockingThreads",
        "Certificates", "SecurityDescriptors", "CLinux", logging, nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS, serviceLifecycle,
        hummingbirdCore,
      ]),

    // Finds the broken link of a chain.
    library(
      "WinRMDoctor",
      [
        "SecuritySupport", "DelegationPolicy", "WinRMAuthentication", "WinRM", "WSMan", "WinRMConfiguration", "Certificates", "Kerberos",
        "BlockingThreads", "CredSSP",
      ]),

    // The programs.
    library(
      "WinRMCommands",
      [
        "ManualPages", "SecurityDescriptors", "SecuritySupport", "SecurityTokens", "WinRM", "WSMan", "WinRMConfiguration", "WinRMResources",
        "WinRMDoctor", "DelegationPolicy", "GroupPolicy", "Accounts",
        "Certificates", "Kerberos", "CLinux", "BlockingThreads",
      ]),
    .executableTarget(name: "WinRMTool", dependencies: ["WinRMCommands"], swiftSettings: settings),
    .executableTarget(name: "WinRSTool", dependencies: ["WinRMCommands"], swiftSettings: settings),
    .executableTarget(
      name: "WinRMDaemon",
      dependencies: [
        "ManualPages", "SecuritySupport", "WinRMService", "Logon", "LogonInterface", "Accounts", "Certificates", "NTLM",
        "WinRMConfiguration", "WinRMResources", argumentParser, logging,
        serviceLifecycle, unixSignals,
      ],
      swiftSettings: settings),
    .executableTarget(name: "WinRMExec", dependencies: ["CLinux"], swiftSettings: settings),

    tests("SecuritySupportTests", ["SecuritySupport"]),
    tests("LocalFilesTests", ["LocalFiles"]),
    tests("NTLMTests", ["NTLM", "SecuritySupport", "TestVectors", crypto]),
    tests("KerberosTests", ["Kerberos", "SPNEGO", "SecuritySupport", "TestRealm"]),
    tests("WinbindTests", ["Winbind", "SecurityDescriptors", "BlockingThreads", "NTLM", "SecuritySupport", "TestRealm"]),
    tests("SPNEGOTests", ["SPNEGO", "NTLM", "SecuritySupport", "TestVectors"]),
    tests("CredSSPTests", ["CredSSP", "SPNEGO", "NTLM", "MemoryTLS", "Certificates", "SecuritySupport", "TestVectors"]),
    tests("DelegationPolicyTests", ["DelegationPolicy", "SecuritySupport"]),
    tests("GroupPolicyTests", ["GroupPolicy", "SecuritySupport"], resources: [.copy("Fixtures")]),
    tests("WinRMHTTPTests", ["WinRMHTTP", "NTLM", "SecuritySupport", "TestVectors"]),
    tests("WSManTests", ["WSMan", "SecuritySupport"]),
    tests("SecurityTokensTests", ["SecurityTokens", "TestVectors"]),
    tests("SecurityDescriptorsTests", ["SecurityDescriptors"]),
    tests("MemoryTLSTests", ["MemoryTLS", "CredSSP", "Certificates", "SecuritySupport", nioSSL, nioCore]),
    tests("CertificatesTests", ["Certificates", "SecuritySupport", asn1, x509, crypto, "TestVectors", "TestCertificates"]),
    tests("WinRMConfigurationTests", ["WinRMConfiguration", "DelegationPolicy", "GroupPolicy", "SecuritySupport"]),
    tests(
      "WinRMResourcesTests",
      [
        "WinRMResources", "WSMan", "WinRMConfiguration", "Certificates", "TestCertificates", "SecurityDescriptors", "GroupPolicy",
        "SecuritySupport", x509,
      ]),
    tests("AccountsTests", ["Accounts", "NTLM", "SecuritySupport"]),
    tests("LogonAgentTests", ["LogonAgent", "NTLM", "SecuritySupport", logging, inMemoryLogging, nioCore, nioPosix]),
    tests("LogonInterfaceTests", ["LogonInterface", "Certificates", "SecuritySupport"]),
    tests(
      "LogonTests",
      [
        "Logon", "LogonInterface", "LogonAgent", "Accounts", "NTLM", "SPNEGO", "CredSSP", "Kerberos", "Winbind", "SecurityDescriptors",
        "BlockingThreads",
        "TestRealm",
        "SecuritySupport", "WinRMExec", "CLinux", logging, inMemoryLogging, crypto,
      ]),
    tests(
      "WinRMAuthenticationTests",
      [
        "WinRMAuthentication", "NTLM", "SPNEGO", "CredSSP", "MemoryTLS", "Certificates", "DelegationPolicy", "WinRMHTTP",
        "LogonInterface", "LogonAgent", "Logon", "Accounts", "SecuritySupport", "Kerberos", "TestRealm", logging, inMemoryLogging,
      ]),
    tests(
      "WinRMTests",
      [
        "WinRM", "WSMan", "WinRMHTTP", "WinRMAuthentication", "WinRMConfiguration", "DelegationPolicy", "Certificates", "Logon", "Accounts",
        "LogonInterface", "MemoryTLS", "SecuritySupport", "Kerberos", "TestRealm", logging, nioCore, nioPosix, nioHTTP1, nioSSL, crypto,
        asn1,
        x509,
      ]),
    tests(
      "WinRMServiceTests",
      [
        "WinRMService", "WinRMAuthentication", "NTLM", "WSMan", "LogonInterface", "WinRMConfiguration", "WinRMResources",
        "SecurityDescriptors", "WinRMHTTP", "SecuritySupport",
        "Certificates", "TestCertificates", "MemoryTLS", "Kerberos", "TestRealm", logging, serviceLifecycle, nioHTTP1, nioSSL,
        inMemoryLogging, nioCore, nioPosix,
      ]),
    tests(
      "WinRMDoctorTests",
      ["WinRMDoctor", "WinRM", "WSMan", "WinRMConfiguration", "DelegationPolicy", "CredSSP", "Kerberos", "SecuritySupport"]),
    tests(
      "WinRMCommandsTests",
      [
        "WinRMCommands", "Accounts", "Certificates", "WinRM", "WSMan", "WinRMConfiguration", "DelegationPolicy", "GroupPolicy",
        "SecuritySupport", "SecurityDescriptors",
        "Kerberos",
      ]),
    // Certificates of every kind, good and bad.
    .target(name: "TestCertificates", dependencies: [crypto, asn1, x509], path: "Tests/TestCertificates", swiftSettings: common),
    // A realm of MIT Kerberos on loopback.
    .target(name: "TestRealm", path: "Tests/TestRealm", swiftSettings: settings),
    // Known answers, shared by the tests of all cores.
    .target(
      name: "TestVectors", path: "Tests/TestVectors", resources: [.copy("vectors.json")], swiftSettings: settings),
  ]
)
