import CredSSP
import SecuritySupport
import TestVectors
import Testing

/// The code of the error that `body` throws; `nil` when it throws none. Any other type of error is a failure.
func code<R>(_ body: () throws -> R) -> CredSSPError.Code? { error(body)?.code }

func error<R>(_ body: () throws -> R) -> CredSSPError? {
  do {
    _ = try body()
    return nil
  } catch let error as CredSSPError {
    return error
  } catch {
    Issue.record("an untyped error: \(error)")
    return nil
  }
}

extension SecretBytes {
  var revealed: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension Array<UInt8> {
  /// Every truncation, one byte more, and every single-bit change.
  var mutations: [[UInt8]] {
    var all = (0..<count).map { Array(prefix($0)) }
    all.append(self + [0])
    for bit in 0..<count * 8 {
      var copy = self
      copy[bit / 8] ^= 1 << (bit % 8)
      all.append(copy)
    }
    return all
  }
}

/// A handshake of fixed words and then no protection at all: what CredSSP writes can be read and changed on its way.
///
/// ```
/// 1.2: hello, serverHello, finished, serverFinished      1.3: hello, serverHello, finished and nothing back
/// ```
final class NullTLS: TLSEngine {
  struct Failure: Error {}
  static let hello = Array("hello".utf8)
  static let serverHello = Array("server hello".utf8)
  static let finished = Array("finished".utf8)
  static let serverFinished = Array("server finished".utf8)

  private let isServer: Bool
  private let isVersion13: Bool
  private(set) var isHandshakeComplete = false
  private var sawHello = false
  let peerCertificates: [[UInt8]]
  let ownCertificate: [UInt8]?
  var parameters: TLSParameters? { TLSParameters(version: isVersion13 ? 0x0304 : 0x0303, cipherSuite: 0x1301) }
  /// Fails on the next call.
  var isBroken = false

  init(isServer: Bool, certificate: [UInt8], isVersion13: Bool = false) {
    self.isServer = isServer
    self.isVersion13 = isVersion13
    peerCertificates = isServer ? [] : [certificate]
    ownCertificate = isServer ? certificate : nil
  }

  func start() throws -> [UInt8] { isServer ? [] : Self.hello }

  func seal(_ plaintext: [UInt8]) throws -> [UInt8] {
    guard !isBroken, isHandshakeComplete else { throw Failure() }
    return plaintext
  }

  func receive(_ ciphertext: [UInt8]) throws -> TLSEngineOutput {
    guard !isBroken else { throw Failure() }
    if isHandshakeComplete { return TLSEngineOutput(plaintext: ciphertext) }
    if isServer {
      guard sawHello else {
        guard ciphertext == Self.hello else { throw Failure() }
        sawHello = true
        return TLSEngineOutput(toPeer: Self.serverHello)
      }
      guard ciphertext.starts(with: Self.finished) else { throw Failure() }
      isHandshakeComplete = true
      return TLSEngineOutput(
        toPeer: isVersion13 ? [] : Self.serverFinished, plaintext: Array(ciphertext.dropFirst(Self.finished.count)))
    }
    guard sawHello else {
      guard ciphertext == Self.serverHello else { throw Failure() }
      sawHello = true
      isHandshakeComplete = isVersion13
      return TLSEngineOutput(toPeer: Self.finished)
    }
    guard ciphertext == Self.serverFinished else { throw Failure() }
    isHandshakeComplete = true
    return TLSEngineOutput()
  }
}
