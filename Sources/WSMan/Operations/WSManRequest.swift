/// The body of a request.
public enum RequestBody: Sendable, Equatable {
  case identify
  case createShell(ShellDescription)
  case command(CommandLine)
  /// At least one block.
  case send([StreamBlock])
  /// Wait for output of the named streams. `commandID` is `nil` for the streams of the shell itself.
  case receive(commandID: String?, streams: [String])
  /// `commandID` is `nil` for a signal to the shell.
  case signal(commandID: String?, code: SignalCode)
  case deleteShell
  case get
  case put(XMLElement)
  case enumerate(XMLElement)
  /// Any other action; the first element of the body, if there is one.
  case other(XMLElement?)
}

/// A request of WS-Management: headers and body, in both directions.
public struct WSManRequest: Sendable, Equatable {
  public var header: RequestHeader
  public var body: RequestBody

  public init(header: RequestHeader, body: RequestBody) {
    self.header = header
    self.body = body
  }

  /// Reads a request as a service does.
  ///
  /// - Throws: the fault to answer with. Its ``WSManFault/relatesTo`` is set when the message id could be read, and its
  ///   ``WSManFault/cause`` when the bytes were not a SOAP 1.2 envelope at all.
  public init(decoding bytes: [UInt8], limits: XMLLimits = .request) throws(WSManFault) {
    throw WSManFault.schemaValidationError("not implemented")
  }

  /// Writes the envelope in UTF-8, without insignificant white space.
  ///
  /// - Throws: ``WSManError`` with ``WSManError/Code/invalidValue`` when a value holds a character that XML 1.0 cannot carry.
  public func encode() throws(WSManError) -> [UInt8] { [] }
}
