import NIOHTTP1

/// The rules that a request head must keep before anything else of it is looked at.
///
/// The parser below has already refused two different lengths, bare line feeds and broken chunk sizes; the rules are asked again here,
/// because a request that two readers can frame differently is how requests are smuggled.
struct RequestFraming: Equatable {
  /// The number of body bytes.
  var contentLength: Int
  /// Whether the sender waits for `100 Continue`.
  var expectsContinue: Bool

  init(contentLength: Int, expectsContinue: Bool) {
    self.contentLength = contentLength
    self.expectsContinue = expectsContinue
  }

  /// Checks a head.
  ///
  /// - Throws: the closing answer: 505 for HTTP/1.0, 411 for a chunked body or none declared, 400 for everything ambiguous,
  ///   417 for an expectation that is not `100-continue`, 415 for a compressed body.
  init(_ head: HTTPRequestHead) throws(HTTPRefusal) {
    guard head.version == .http1_1 else { throw HTTPRefusal(.httpVersionNotSupported, "not HTTP/1.1") }
    guard head.headers["Host"].count == 1 else { throw HTTPRefusal(.badRequest, "the Host field is not there once") }
    let lengths = head.headers["Content-Length"]
    guard head.headers["Transfer-Encoding"].isEmpty else {
      throw lengths.isEmpty
        ? HTTPRefusal(.lengthRequired, "a transfer coding in a request")
        : HTTPRefusal(.badRequest, "a transfer coding beside a length")
    }
    guard let text = lengths.first else { throw HTTPRefusal(.lengthRequired, "no Content-Length") }
    guard lengths.count == 1, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw HTTPRefusal(.badRequest, "a Content-Length that is not one number")
    }
    guard let length = Int(text) else { throw HTTPRefusal(.payloadTooLarge, "a Content-Length beyond all bounds") }
    let coding = head.headers[canonicalForm: "Content-Encoding"]
    guard coding.allSatisfy({ $0.lowercased() == "identity" }) else {
      throw HTTPRefusal(.unsupportedMediaType, "a content coding")
    }
    let expectations = head.headers[canonicalForm: "Expect"]
    guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
      throw HTTPRefusal(.expectationFailed, "an unknown expectation")
    }
    self.init(contentLength: length, expectsContinue: !expectations.isEmpty && length > 0)
  }
}

/// A request that HTTP itself refuses. The connection ends with the answer.
struct HTTPRefusal: Error {
  var status: HTTPResponseStatus
  /// For the log: static text, nothing of the peer.
  var reason: String
  var headers: HTTPHeaders = [:]

  init(_ status: HTTPResponseStatus, _ reason: String, headers: HTTPHeaders = [:]) {
    self.status = status
    self.reason = reason
    self.headers = headers
  }

  var answer: HTTPAnswer { .closing(status, headers: headers) }
}
