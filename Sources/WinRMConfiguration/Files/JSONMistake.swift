/// Where a text stops being what ``JSONReader`` reads, for the person who mends it.
struct JSONMistake: Error, Equatable {
  /// Counted from 1; columns in bytes.
  var line: Int
  var column: Int
  /// What should stand there.
  var expectation: String
  /// Whether it is JSON5 all the same, and says something twice, or could.
  var isAmbiguous: Bool { expectation == Self.anotherName || expectation == Self.plainName }

  /// One name can be spelled in many ways with it, and none that is known here needs it.
  static let plainName = "a name without backslash"
  static let anotherName = "another name, because this one is there already"

  /// The first mistake, or `nil` where there is none.
  static func find(in bytes: [UInt8]) -> JSONMistake? {
    do throws(JSONMistake) {
      _ = try JSONReader.read(bytes)
      return nil
    } catch {
      return error
    }
  }
}
