/// A response of WS-Management that is not a fault.
public struct WSManResponse: Sendable, Equatable {
  /// The message id of the request; `nil` in the answer to Identify.
  public var relatesTo: String?
  /// `nil` in the answer to Identify.
  public var action: WSManAction?
  /// Empty in the answer to Identify.
  public var messageID: String
  public var body: ResponseBody
  /// The `a:Address` of the endpoint references in the body, normally the `To` of the request. Only written, never read.
  public var address: String
  /// Given back when the request carried one.
  public var operationID: String?
  /// Given back when the request carried one.
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
      relatesTo: header.messageID, action: header.action?.response, body: body,
      address: header.to.isEmpty ? Self.anonymousAddress : header.to, operationID: header.operationID, sequenceID: header.sequenceID)
  }

  /// The address that stands for "the other end of this connection".
  public static let anonymousAddress = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

  /// Reads a response as a client does: leniently, on any HTTP status.
  ///
  /// - Throws: ``WSManFault`` when the body is a fault, ``WSManError`` when the bytes are no response.
  public init(decoding bytes: [UInt8], limits: XMLLimits = .response) throws {
    let envelope = try Self.envelope(bytes, limits)
    if let fault = WSManFault(envelope) { throw fault }
    let action = envelope.header(.addressing, "Action").map { WSManAction(rawValue: $0.trimmedText) }
    self.init(
      relatesTo: envelope.header(.addressing, "RelatesTo")?.trimmedText, action: action,
      body: try Self.body(envelope.body, action), messageID: envelope.header(.addressing, "MessageID")?.trimmedText ?? "",
      operationID: envelope.header(.microsoft, "OperationID")?.trimmedText,
      sequenceID: envelope.header(.microsoft, "SequenceId").flatMap { UInt64($0.trimmedText) })
  }

  private static func envelope(_ bytes: [UInt8], _ limits: XMLLimits) throws(WSManError) -> Envelope {
    let root = try XMLReader.parse(bytes, limits: limits)
    do { return try Envelope(root) } catch {
      switch error {
      case .notAnEnvelope(let cause): throw cause
      case .versionMismatch: throw WSManError(.malformedMessage, "The answer is not a SOAP 1.2 envelope.")
      }
    }
  }

  private static func body(_ content: [XMLElement], _ action: WSManAction?) throws(WSManError) -> ResponseBody {
    do { return try ResponseBody(content, action: action) } catch { throw WSManError(.malformedMessage, error.message) }
  }

  /// Writes the envelope in UTF-8, without insignificant white space. Characters that XML 1.0 cannot carry become U+FFFD.
  public func encode() -> [UInt8] {
    var writer = XMLWriter()
    if case .identify = body {
      writer.envelope(namespaces: [.soap] + body.namespaces, language: "en-US") { _ in
      } body: {
        body.encode(into: &$0, address: address)
      }
      return writer.bytes
    }
    let extra: [XMLNamespace] = operationID == nil && sequenceID == nil ? [] : [.microsoft]
    writer.envelope(namespaces: [.soap, .addressing, .wsman] + extra + body.namespaces, language: "en-US") {
      if let action { $0.element("a:Action", text: action.rawValue) }
      $0.element("a:MessageID", text: messageID)
      $0.element("a:To", text: Self.anonymousAddress)
      if let relatesTo { $0.element("a:RelatesTo", text: relatesTo) }
      if let operationID { $0.element("p:OperationID", text: operationID) }
      if let sequenceID { $0.element("p:SequenceId", text: String(sequenceID)) }
    } body: {
      body.encode(into: &$0, address: address)
    }
    return writer.bytes
  }
}
