extension String {
  /// Text of a peer as it may stand in a log line: control, formatting and separator characters, which could forge a line or hide a
  /// part of it, become `?`, and what is longer than `limit` scalars is cut and marked with `…`.
  public func sanitizedForLog(limit: Int = 128) -> String {
    var result = ""
    var count = 0
    for scalar in unicodeScalars {
      guard count < limit else { return result + "…" }
      result.unicodeScalars.append(scalar.isHarmlessInLog ? scalar : "?")
      count += 1
    }
    return result
  }
}

extension Unicode.Scalar {
  fileprivate var isHarmlessInLog: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
