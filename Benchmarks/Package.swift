// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "winrm", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "WinRMBenchmarks",
      dependencies: [
        .product(name: "Benchmark", package: "benchmark"),
        .product(name: "SecuritySupport", package: "winrm"),
        .product(name: "NTLM", package: "winrm"),
        .product(name: "SPNEGO", package: "winrm"),
        .product(name: "CredSSP", package: "winrm"),
        .product(name: "Kerberos", package: "winrm"),
        .product(name: "MemoryTLS", package: "winrm"),
        .product(name: "Certificates", package: "winrm"),
        .product(name: "WinRMHTTP", package: "winrm"),
        .product(name: "WSMan", package: "winrm"),
      ],
      path: "Benchmarks/WinRMBenchmarks",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
    )
  ]
)
