import WSMan

/// The actions of `winrm/config/service` behind `winrm quickconfig`: AnalyzeService, EnableService, Analyze, EnableRemoting.
extension ConfigurationResources {
  /// - Parameters:
  ///   - action: the last part of the action's URI in lower case.
  ///   - input: the body of the request.
  /// - Returns: `nil` for an action that the service does not have.
  func quickConfiguration(_ action: String, _ input: XMLElement?) throws -> Outcome? { nil }
}
