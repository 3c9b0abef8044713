/// Text that came from outside, made fit for one line of a log: control characters become `?`, and what passes 128 characters is cut.
func logText(_ text: String) -> String {
  var line = ""
  for scalar in text.unicodeScalars.prefix(128) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: line.append("?")
    default: line.unicodeScalars.append(scalar)
    }
  }
  return line
}
