import WinRMConfiguration
import WinRMDoctor

/// The commands of remedies that change settings. Values of the settings go through two readers, the shell and `winrm`, and stand in them
/// only where both give back the same.
enum SettingCommand {
  /// `winrm set` of one value.
  ///
  /// - Parameter placeholder: stands for a value that `winrm` would read as another.
  static func set(_ resource: String, _ name: String, _ value: String, or placeholder: String = "VALUE") -> String {
    let input = input(name, value) ?? "@{\(name)=\"\(placeholder)\"}"
    return "winrm set \(CommandWord.quoted(resource)) \(CommandWord.quoted(input))"
  }

  /// `winrm set` of a list of `winrm/config/service`; names that a list cannot have are left to who reads it.
  static func list(_ name: String, _ entries: [String]) -> String {
    let resource = "winrm/config/service"
    let text = entries.joined(separator: ",")
    let isList = entries.allSatisfy { entry in
      !entry.isEmpty && entry.unicodeScalars.first != " " && entry.unicodeScalars.last != " "
    }
    // A comma with a mark on it is none.
    guard isList, entries == text.split(separator: ",").map(String.init), input(name, text) != nil else {
      return set(resource, name, "LIST") + ", LIST being the names that are to be there, with commas between them"
    }
    return set(resource, name, text)
  }

  /// The resource of a listener, to be quoted.
  static func resource(_ listener: ListenerSettings) -> String {
    let isAddress = listener.address.utf8.allSatisfy { byte in
      switch UnicodeScalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", "*", ".", ":", "%", "_", "-": true
      default: false
      }
    }
    return "winrm/config/Listener?Address=\(isAddress ? listener.address : "ADDRESS")+Transport=\(listener.transport.rawValue)"
  }

  /// The input that `winrm` reads as this value; `nil` where there is none.
  private static func input(_ name: String, _ value: String) -> String? {
    guard CommandWord.isVisible(value) else { return nil }
    return ["\"", "'"].map { "{\(name)=\($0)\(value)\($0)}" }.first { text in
      guard let input = try? InputSet(parsing: text), input.values.count == 1 else { return false }
      return input.values[0].name == name && input.values[0].value == value
    }.map { "@" + $0 }
  }
}
