/// Who owns an object, and who may do what with it (MS-DTYP §2.4.6).
public struct SecurityDescriptor: Hashable, Sendable {
  public var owner: SecurityIdentifier?
  public var group: SecurityIdentifier?
  /// Who may do what. `nil` where the descriptor has no such part, which allows everything to everybody; an empty list allows nothing.
  public var dacl: AccessControlList?
  /// What is to be recorded.
  public var sacl: AccessControlList?

  public init(
    owner: SecurityIdentifier? = nil, group: SecurityIdentifier? = nil, dacl: AccessControlList? = nil, sacl: AccessControlList? = nil
  ) {
    self.owner = owner
    self.group = group
    self.dacl = dacl
    self.sacl = sacl
  }

  /// The longest text that is read, in bytes.
  public static let maximumTextLength = 16_384
  /// How many entries one list may have.
  public static let maximumEntries = 256
}

/// Text that is no security descriptor, or none that can be used here.
public struct SDDLError: Error, Hashable, Sendable {
  /// One sentence.
  public var message: String
  /// Where in the text, in bytes from its beginning.
  public var offset: Int

  public init(_ message: String, at offset: Int) {
    self.message = message
    self.offset = offset
  }
}

extension SDDLError: CustomStringConvertible {
  public var description: String { "\(message) (at character \(offset + 1))" }
}
