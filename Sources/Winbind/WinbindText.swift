/// Names on their way to and from winbind. Its protocol carries them in fields of fixed length and cuts what is longer, which would make
/// one name of another: nothing that does not fit is sent, and nothing that breaks the rules is believed.
enum WinbindText {
  /// The longest name, in bytes: the fields have 256, with the terminator.
  static let maximumLength = 255

  /// The user part of an account's name, a user principal name included.
  static func isAccount(_ text: String) -> Bool {
    isPlain(text) && !text.unicodeScalars.contains { #""/\[]:;|=,+*?<>"#.unicodeScalars.contains($0) }
  }

  /// A group's name. Windows permits more in it than in a user's.
  static func isGroup(_ text: String) -> Bool {
    isPlain(text) && !text.unicodeScalars.contains { #""/\[]:;|=,+*?<>@"#.unicodeScalars.contains($0) }
  }

  /// A domain, by NetBIOS or DNS name.
  static func isDomain(_ text: String) -> Bool {
    isPlain(text) && !text.unicodeScalars.contains { #""/\:|*?<>@ "#.unicodeScalars.contains($0) }
  }

  /// Whether a text that an NTLM client sent can be passed on unchanged.
  static func isPassable(_ text: String) -> Bool { text.utf8.count <= maximumLength && !text.utf8.contains(0) }

  private static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= maximumLength && text.unicodeScalars.allSatisfy(isVisible)
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }

  /// Reads a name that winbind gave. A null pointer is an empty one.
  ///
  /// - Throws: ``DomainError`` with `malformed` when it is longer than names are, not UTF-8, or has characters that no name has.
  static func decode(_ pointer: UnsafePointer<CChar>?, _ what: StaticString) throws(DomainError) -> String {
    guard let pointer else { return "" }
    var bytes: [UInt8] = []
    while pointer[bytes.count] != 0 {
      guard bytes.count < maximumLength else { throw DomainError(.malformed, "winbind gave \(what) that is too long") }
      bytes.append(UInt8(bitPattern: pointer[bytes.count]))
    }
    guard let text = String(validating: bytes, as: UTF8.self), text.unicodeScalars.allSatisfy(isVisible) else {
      throw DomainError(.malformed, "winbind gave \(what) with characters that no name has")
    }
    return text
  }
}
