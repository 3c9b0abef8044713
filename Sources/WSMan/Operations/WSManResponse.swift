/// The body of a response.
public enum ResponseBody: Sendable, Equatable {
  case identify(IdentifyResponse)
  /// ``ShellDescription/shellID`` is set.
  case shellCreated(ShellDescription)
  /// The id of the command, as the server chose or the client sent it.
  case commandStarted(String)
  case sent
  case received(ReceiveResult)
  case signalled
  case deleted
  /// Any other answer; the first element of the body, if there is one.
  case other(XMLElement?)
}

/// A response of WS-Management that is not a fault.
public struct WSManResponse: Sendable, Equatable {
  /// The message id of the request; `nil` in the answer to Identify.
  public var relatesTo: String?
  /// `nil` in the answer to Identify.
  public var action: WSManAction?
  public var messageID: String
  public var body: ResponseBody
  /// The `a:Address` of the endpoint references in the body, normally the `To` of the request.
  public var address: String
  /// Given back when the request carried one.
  public var operationID: String?
  public var sequenceID: UInt64?

  public init(
    relatesTo: String?, action: WSManAction?, body: ResponseBody, messageID: String = GUIDText.randomMessageID(),
    address: String = WSManResponse.anonymousAddress, operationID: String? = nil, sequenceID: UInt64? = nil
  ) {
    self.relatesTo = relatesTo
    self.action = action
    self.body = body
    self.messageID = messageID
    self.address = address
    self.operationID = operationID
    self.sequenceID = sequenceID
  }

  /// The answer to `header`'s request: related to it, with the action that belongs to it.
  public init(to header: RequestHeader, body: ResponseBody) {
    self.init(
      relatesTo: header.messageID, action: header.action?.response, body: body, address: header.to, operationID: header.operationID,
      sequenceID: header.sequenceID)
  }

  /// The address that stands for "the other end of this connection".
  public static let anonymousAddress = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

  /// Reads a response as a client does: leniently.
  ///
  /// - Throws: ``WSManFault`` when the body is a fault, ``WSManError`` when the bytes are no response.
  public init(decoding bytes: [UInt8], limits: XMLLimits = .response) throws {
    throw WSManError(.malformedMessage, "not implemented")
  }

  /// Writes the envelope in UTF-8, without insignificant white space. Characters that XML 1.0 cannot carry become U+FFFD.
  public func encode() -> [UInt8] { [] }
}
