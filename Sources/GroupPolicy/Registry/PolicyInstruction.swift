/// What an entry of a policy file asks for (MS-GPREG §3.2.5.1). Names count in any case.
public enum PolicyInstruction: Hashable, Sendable {
  /// Stores a value.
  case set(name: String)
  /// `**soft.NAME`: stores a value unless there is one.
  case setIfAbsent(name: String)
  /// `**del.NAME`: removes a value.
  case delete(name: String)
  /// `**deletevalues`: removes the values that the data names, separated by semicolons.
  case deleteValues(names: [String])
  /// `**delvals.`: removes all values of the key, not those of the keys below it.
  case deleteAllValues
  /// `**deletekeys`: removes the keys below this one that the data names, separated by semicolons, with all that is in them.
  case deleteKeys(names: [String])
  /// `**SecureKey`, also with `=0` or `=1` in its name: says who may write the key. Policy here is read from files that only the administrator can write.
  case secureKey
  /// An entry without name, type and data only makes the key.
  case makeKey
  /// `**Comment:`, a remark of an editor.
  case comment

  /// - Throws: ``GroupPolicyError`` `unsupported` for an instruction that is not known: to pass over one that removes something could
  ///   leave in force what the administrator wanted gone. `malformed` when the data is not what the instruction needs.
  public init(_ entry: PolicyFile.Entry) throws(GroupPolicyError) {
    let name = entry.name
    guard name.hasPrefix("**") else {
      self = name.isEmpty && entry.value.type == .none && entry.value.data.isEmpty ? .makeKey : .set(name: name)
      return
    }
    let folded = RegistryName(name).folded
    func rest(_ prefix: String) -> String? {
      folded.hasPrefix(prefix) ? String(name.unicodeScalars.dropFirst(prefix.unicodeScalars.count)) : nil
    }
    switch folded {
    case "**delvals", "**delvals.": self = .deleteAllValues
    case "**deletevalues", "**deletevalues.": self = .deleteValues(names: try Self.names(entry))
    case "**deletekeys", "**deletekeys.": self = .deleteKeys(names: try Self.names(entry))
    case "**securekey", "**securekey.", "**securekey=0", "**securekey=1": self = .secureKey
    default:
      if let value = rest("**del.") {
        self = .delete(name: value)
      } else if let value = rest("**soft.") {
        self = .setIfAbsent(name: value)
      } else if rest("**comment:") != nil {
        self = .comment
      } else {
        throw GroupPolicyError(.unsupported, "the instruction \"\(name.prefix(64))\" in the key \(entry.key) is not known")
      }
    }
  }

  private static func names(_ entry: PolicyFile.Entry) throws(GroupPolicyError) -> [String] {
    guard let text = entry.value.text else {
      throw GroupPolicyError(
        .malformed, "\(entry.name.prefix(64)) in the key \(entry.key) must hold a text, the names of what is to be removed")
    }
    return text.split(separator: ";").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
  }
}
