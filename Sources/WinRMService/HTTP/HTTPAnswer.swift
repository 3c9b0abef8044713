import NIOCore
import NIOHTTP1

/// One complete HTTP answer. ``ConnectionGuard`` writes it.
struct HTTPAnswer: Sendable {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders = [:]
  var body: [UInt8] = []
  /// Whether the connection ends with this answer.
  var closes = false
  /// How long the connection may then wait for the next request.
  var idleTimeout: Duration?

  init(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: [UInt8] = [], closes: Bool = false) {
    self.status = status
    self.headers = headers
    self.body = body
    self.closes = closes
  }

  /// An answer without body that ends the connection.
  static func closing(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:]) -> Self {
    HTTPAnswer(status, headers: headers, closes: true)
  }

  /// The limits of connections are reached. Places become free within seconds.
  static let overloaded = HTTPAnswer.closing(.serviceUnavailable, headers: ["Retry-After": "2"])

  /// `100 Continue`: the request's body may come (RFC 9110 §10.1.1).
  static let continueWithBody = HTTPAnswer(.continue)

  /// The head with the fields that every answer carries.
  func head(date: String) -> HTTPResponseHead {
    guard status.code >= 200 else { return HTTPResponseHead(version: .http1_1, status: status) }
    var fields = headers
    fields.add(name: "Server", value: "winrmd")
    fields.add(name: "Date", value: date)
    fields.add(name: "Content-Length", value: String(body.count))
    if closes { fields.add(name: "Connection", value: "close") }
    return HTTPResponseHead(version: .http1_1, status: status, headers: fields)
  }
}
