/// A request of WS-Management: headers and body, in both directions.
public struct WSManRequest: Sendable, Equatable {
  public var header: RequestHeader
  public var body: RequestBody

  public init(header: RequestHeader, body: RequestBody) {
    self.header = header
    self.body = body
  }

  /// The Identify request, which has no headers (DSP0226 §11).
  public static let identify = WSManRequest(
    header: RequestHeader(to: "", resourceURI: nil, action: nil, messageID: ""), body: .identify)

  /// Reads a request as a service does: headers and body are checked, and what is wrong becomes the fault to answer with.
  ///
  /// Not checked here, because only the service knows: whether the resource and action exist (an unknown action reads as
  /// ``RequestBody/other(_:)``), whether ids name something, and which options it knows (``RequestHeader/requireKnownOptions(_:)``).
  ///
  /// - Throws: the fault. Its ``WSManFault/relatesTo`` is set when the message id could be read, and its ``WSManFault/cause``
  ///   when the bytes were not an envelope at all.
  public init(decoding bytes: [UInt8], limits: XMLLimits = .request) throws(WSManFault) {
    let envelope = try Self.envelope(bytes, limits)
    do {
      header = try RequestHeader(envelope.headers, isIdentify: RequestBody.isIdentify(envelope.body))
      body = try RequestBody(envelope.body, header: header)
    } catch {
      var fault = error
      fault.relatesTo = envelope.header(.addressing, "MessageID")?.trimmedText.limited
      throw fault
    }
  }

  private static func envelope(_ bytes: [UInt8], _ limits: XMLLimits) throws(WSManFault) -> Envelope {
    let root: XMLElement
    do { root = try XMLReader.parse(bytes, limits: limits) } catch { throw .unreadable(error) }
    do { return try Envelope(root) } catch {
      switch error {
      case .notAnEnvelope(let cause): throw .unreadable(cause)
      case .versionMismatch: throw .versionMismatch()
      }
    }
  }

  /// Writes the envelope in UTF-8, without insignificant white space.
  ///
  /// - Throws: ``WSManError`` with ``WSManError/Code/invalidValue`` when a value holds a character that XML 1.0 cannot carry; the
  ///   message names the field. Data of streams may be anything.
  public func encode() throws(WSManError) -> [UInt8] {
    var writer = XMLWriter()
    let isIdentify = body == .identify
    writer.envelope(namespaces: (isIdentify ? [.soap] : RequestHeader.namespaces) + body.namespaces) {
      if !isIdentify { header.encode(into: &$0) }
    } body: {
      body.encode(into: &$0)
    }
    if let problem = writer.problem { throw problem }
    return writer.bytes
  }
}

extension RequestHeader {
  /// Refuses options marked MustComply that are not among `names`, whatever their case (DSP0226 §6.4).
  ///
  /// - Throws: InvalidOptions for the first of them.
  public func requireKnownOptions(_ names: Set<String>) throws(WSManFault) {
    let known = Set(names.map { $0.lowercased() })
    for option in options where option.mustComply && !known.contains(option.name.lowercased()) { throw .invalidOption(option.name) }
  }
}

extension String {
  /// The text if it may stand in a `RelatesTo`: not empty, at most 2 048 bytes.
  fileprivate var limited: String? { isEmpty || utf8.count > 2_048 ? nil : self }
}
