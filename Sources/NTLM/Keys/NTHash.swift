public import SecuritySupport

/// The NT hash of a password: MD4 of its UTF-16LE bytes (NTOWFv1, MS-NLMP §3.3.1). It is as good as the password, and cannot print itself.
public struct NTHash: Sendable {
  /// The 16 bytes.
  public let bytes: SecretBytes

  /// From a password in UTF-8.
  ///
  /// - Throws: ``NTLMError/Code/local`` when the bytes are not UTF-8.
  public init(password: SecretBytes) throws(NTLMError) {
    var written: Int? = 0
    // One byte of UTF-8 becomes at most two of UTF-16.
    let text = SecretBytes(count: password.count * 2) { target in
      written = password.withUnsafeBytes { Self.transcode($0, into: target) }
    }
    guard let written else { throw NTLMError(.local, "the password is not UTF-8") }
    bytes = text.withUnsafeBytes { Insecure.MD4.digest(UnsafeRawBufferPointer(rebasing: $0[..<written])) }
  }

  /// From a password in UTF-16LE, as CredSSP delegates it. The buffer is read in place.
  public init(utf16LittleEndianPassword password: UnsafeRawBufferPointer) {
    bytes = Insecure.MD4.digest(password)
  }

  /// From a stored hash.
  ///
  /// - Throws: ``NTLMError/Code/local`` unless there are 16 bytes.
  public init(bytes: SecretBytes) throws(NTLMError) {
    guard bytes.count == Insecure.MD4.digestLength else { throw NTLMError(.local, "an NT hash has 16 bytes") }
    self.bytes = bytes
  }

  /// Whether this is the hash of the empty password, which is refused on both sides.
  var isOfEmptyPassword: Bool { bytes.isEqual(to: Self.emptyPassword) }

  private static let emptyPassword = Insecure.MD4.digest(UnsafeRawBufferPointer(start: nil, count: 0))

  /// UTF-8 to UTF-16LE without a copy elsewhere. The number of bytes written, or `nil` for invalid input.
  private static func transcode(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
    var decoder = UTF8()
    var iterator = source.makeIterator()
    var count = 0
    while true {
      switch decoder.decode(&iterator) {
      case .emptyInput: return count
      case .error: return nil
      case .scalarValue(let scalar):
        for unit in scalar.utf16 {
          guard count + 2 <= target.count else { return nil }
          target.storeBytes(of: unit.littleEndian, toByteOffset: count, as: UInt16.self)
          count += 2
        }
      }
    }
  }
}

extension NTHash: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "NT hash (not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A name and the hash of its password: all that the client's end needs.
public struct NTLMCredential: Sendable {
  /// The name in any of its three forms. A user principal name is sent whole, with an empty domain.
  public var name: AccountName
  public var hash: NTHash

  public init(name: AccountName, hash: NTHash) {
    self.name = name
    self.hash = hash
  }
}

extension NTLMCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "\(name) (hash not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
