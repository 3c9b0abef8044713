import DelegationPolicy

/// Text for people that may come from a peer: no character of it drives a terminal, turns the direction of reading, or hides.
enum SafeText {
  /// The longest evidence that is shown, in characters.
  static let limit = 1200

  static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in shortened(text, to: limit).unicodeScalars {
      switch scalar {
      case "\t", "\n", "\r": result.append(" ")
      case _ where scalar.properties.generalCategory == .spaceSeparator: result.append(" ")
      case _ where scalar.isInvisible: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// The beginning of a text that is longer than `limit` scalars, up to the end of a word, with an ellipsis.
  ///
  /// A word that fills the second half of what there is room for is cut all the same.
  static func shortened(_ text: String, to limit: Int) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex), end != scalars.endIndex else {
      return text
    }
    let least = scalars.index(scalars.startIndex, offsetBy: limit / 2)
    // The end of the last word that is whole: the blank may be the first scalar that has no room.
    let blank = scalars[least...end].lastIndex { $0.properties.isWhitespace }
    var head = scalars[..<(blank ?? end)]
    while let last = head.last, last.properties.isWhitespace || ",;:(".unicodeScalars.contains(last) { head.removeLast() }
    return String(Substring(head)) + " ..."
  }
}
