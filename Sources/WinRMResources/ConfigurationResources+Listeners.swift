import WSMan

extension ConfigurationResources {
  func answerListener(_ operation: Operation, _ header: RequestHeader, _ owner: String) throws -> Outcome {
    throw WSManFault.actionNotSupported(header.action)
  }
  func answerMapping(_ operation: Operation, _ header: RequestHeader, _ owner: String) throws -> Outcome {
    throw WSManFault.actionNotSupported(header.action)
  }
  func answerPlugIn(_ operation: Operation, _ header: RequestHeader, _ owner: String) throws -> Outcome {
    throw WSManFault.actionNotSupported(header.action)
  }
}
