import GroupPolicy

// Entries of policy files in JSON, in the form that samba-tool shows and loads: {"keyname": …, "valuename": …, "class": "MACHINE",
// "type": "REG_DWORD", "data": 1}.

extension PolicyFile.Entry {
  private static let classes: Set<String> = ["MACHINE", "BOTH"]

  /// Reads one entry; `nil` for one of the user's part.
  init?(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "\(path) must be an object, and is \(json.kind)")
    }
    for name in members.keys where !["keyname", "valuename", "class", "type", "data"].contains(name) {
      throw ConfigurationError(.malformed, "\(path).\(name) is not known")
    }
    guard case .text(let key)? = members["keyname"], case .text(let name)? = members["valuename"], let data = members["data"] else {
      throw ConfigurationError(.malformed, "\(path) needs the texts keyname and valuename, and data")
    }
    let type: RegistryType?
    switch members["type"] {
    case .text(let name)?: type = RegistryType(name: name)
    case .integer(let number)?: type = UInt32(exactly: number).map(RegistryType.init)
    default: type = nil
    }
    guard let type else { throw ConfigurationError(.malformed, "\(path).type must be the name or the number of a type") }
    guard let value = RegistryValue(type: type, decoding: data) else {
      throw ConfigurationError(.malformed, "\(path).data does not fit the type \(type.name)")
    }
    switch members["class"] {
    case nil: break
    case .text(let name)? where Self.classes.contains(name): break
    case .text("USER")?: return nil
    default: throw ConfigurationError(.malformed, "\(path).class must be MACHINE, USER or BOTH")
    }
    self.init(key: key, name: name, value: value)
    do throws(GroupPolicyError) {
      _ = try PolicyFile(entries: [self]).encode()
    } catch {
      throw ConfigurationError(.malformed, "\(path): \(error.message)")
    }
  }

  var json: JSONText {
    .object([
      ("keyname", .text(key)), ("valuename", .text(name)), ("class", .text("MACHINE")), ("type", .text(value.type.name)),
      ("data", value.json),
    ])
  }
}

extension RegistryValue {
  /// A number, a text, a list of texts, or for every type a list of its bytes.
  fileprivate init?(type: RegistryType, decoding json: JSONValue) {
    switch (type, json) {
    case (.doubleWord, .integer(let number)):
      guard let number = UInt32(exactly: number) else { return nil }
      self = .number(number)
    case (.string, .text(let text)): self = .text(text)
    case (.expandableString, .text(let text)): self.init(type: type, data: RegistryValue.text(text).data)
    case (_, .list(let items)):
      var bytes: [UInt8] = []
      for item in items {
        guard case .integer(let number) = item, let byte = UInt8(exactly: number) else { return nil }
        bytes.append(byte)
      }
      self.init(type: type, data: bytes)
    default: return nil
    }
  }

  /// Bytes where another form would not give the same value again.
  fileprivate var json: JSONText {
    let bytes = JSONText.list(data.map { .integer(UInt64($0)) })
    switch type {
    case .doubleWord: return number.map { .integer(UInt64($0)) } ?? bytes
    case .string, .expandableString:
      guard let text, RegistryValue.text(text).data == data else { return bytes }
      return .text(text)
    default: return bytes
    }
  }
}
