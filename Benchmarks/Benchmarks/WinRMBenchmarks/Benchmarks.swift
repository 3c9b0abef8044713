import Benchmark
import NTLM
import WSMan
import WinRMHTTP

/// One message as a shell command sends it: 400 KB of output in an envelope.
private func receiveResponse() -> WSManResponse {
  let request = RequestHeader(to: "http://bench:5985/wsman", resourceURI: .shellCmd, action: .receive)
  let commandID = "0D4B8E1A-6B5C-4F4B-9D4C-3E2F1A0B9C8D"
  let data = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  return WSManResponse(
    to: request,
    body: .received(
      ReceiveResult(
        streams: [StreamBlock(name: "stdout", commandID: commandID, data: data)], state: .running, commandID: commandID)))
}

private func createRequest() -> WSManRequest {
  WSManRequest(
    header: RequestHeader(to: "http://bench:5985/wsman", resourceURI: .shellCmd, action: .create),
    body: .createShell(ShellDescription(inputStreams: ["stdin"], outputStreams: ["stdout", "stderr"])))
}

/// Kerberos inside a realm: handshakes without the KDC, and messages.
private func kerberosBenchmarks(_ realm: Realm, _ server: Result<Server, any Error>) {
  Benchmark("Handshake: Kerberos, both ends, tickets at hand") { _ in blackHole(try realm.pair()) }
  Benchmark("Handshake: CredSSP with Kerberos, both ends, tickets at hand") { _ in
    try server.get().credSSP(KerberosInner(realm), KerberosOuter(realm))
  }
  for (name, size) in [("1 KiB", 1024), ("64 KiB", 65_536)] {
    let message = [UInt8](repeating: 0x61, count: size)
    let count = 1_048_576 / size
    Benchmark("Kerberos: seal 1 MiB in messages of \(name)") { benchmark in
      let (initiator, _) = try realm.pair()
      benchmark.startMeasurement()
      for _ in 0..<count { blackHole(try initiator.seal(message)) }
    }
    Benchmark("Kerberos: unseal 1 MiB in messages of \(name)") { benchmark in
      let (initiator, acceptor) = try realm.pair()
      let sealed = try (0..<count).map { _ in try initiator.seal(message) }
      benchmark.startMeasurement()
      for message in sealed { blackHole(try acceptor.unseal(message)) }
    }
  }
}

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput], scalingFactor: .one, maxDuration: .seconds(5), maxIterations: 100_000)

  // Handshakes: CredSSP beside bare TLS with the same key, in the same run.
  let server = Result { try Server() }
  Benchmark("Handshake: bare TLS 1.2 in memory, both ends") { _ in try server.get().bareTLS() }
  Benchmark("Handshake: CredSSP with NTLM, both ends") { _ in try server.get().credSSP() }
  Benchmark("Handshake: NTLM, both ends") { _ in
    blackHole(try ntlmPair())
  }

  if let realm = Realm() { kerberosBenchmarks(realm, server) } else { print(Realm.missing) }

  // Sealing: 16 KiB a message.
  let message = [UInt8](repeating: 0x61, count: 16_384)
  Benchmark("NTLM: seal 1 MiB in messages of 16 KiB") { benchmark in
    var (initiator, _) = try ntlmPair()
    benchmark.startMeasurement()
    for _ in 0..<64 { blackHole(try initiator.seal(message)) }
  }
  Benchmark("NTLM: unseal 1 MiB in messages of 16 KiB") { benchmark in
    var (initiator, acceptor) = try ntlmPair()
    let sealed = try (0..<64).map { _ in try initiator.seal(message) }
    benchmark.startMeasurement()
    for message in sealed { blackHole(try acceptor.unseal(message)) }
  }

  // Envelopes and bodies.
  let request = createRequest()
  let response = receiveResponse()
  Benchmark("Envelope: encode a Create request") { _ in blackHole(try request.encode()) }
  Benchmark("Envelope: decode a Create request") { benchmark in
    let bytes = try request.encode()
    benchmark.startMeasurement()
    blackHole(try WSManRequest(decoding: bytes))
  }
  Benchmark("Envelope: encode a Receive response of 300 KB") { _ in blackHole(response.encode()) }
  Benchmark("Envelope: decode a Receive response of 300 KB") { benchmark in
    let bytes = response.encode()
    benchmark.startMeasurement()
    blackHole(try WSManResponse(decoding: bytes))
  }
  let parts = [
    EncryptedPart(
      plaintextLength: 400_000, header: [UInt8](repeating: 1, count: 16), headerLengthField: 16,
      data: [UInt8](repeating: 0x2D, count: 400_000))
  ]
  Benchmark("Multipart: encode 400 KB") { _ in blackHole(MultipartEncrypted.encode(parts, protocol: .spnego)) }
  Benchmark("Multipart: decode 400 KB") { benchmark in
    let (contentType, body) = MultipartEncrypted.encode(parts, protocol: .spnego)
    benchmark.startMeasurement()
    blackHole(try MultipartEncrypted.decode(contentType: contentType, body: body, accepting: [.spnego]))
  }
}
