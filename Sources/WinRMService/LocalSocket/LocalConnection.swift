import LogonInterface
import Logging
import NIOCore
import NIOHTTP1
import SecuritySupport
import WinRMHTTP

/// One connection of the local socket: requests in clear, one after the other, all of one user.
struct LocalConnection {
  let channel: any Channel
  let peer: LocalPeer
  let context: LocalContext
  let logger: Logger

  /// Serves requests until one of them ends the connection, the peer closes it, or the task is cancelled.
  func serve(_ requests: NIOAsyncChannelInboundStream<HTTPServerRequestPart>) async {
    do {
      var iterator = requests.makeAsyncIterator()
      var goesOn = true
      while goesOn, case .head(let head)? = try await iterator.next(isolation: #isolation) {
        goesOn = try await serve(head, from: &iterator)
      }
    } catch {
      logger.debug("connection ended", metadata: ["reason": "it was lost"])
    }
  }

  /// Answers one request.
  ///
  /// - Returns: whether the connection takes another one.
  private func serve(_ head: HTTPRequestHead, from requests: inout MessageBody.Requests) async throws -> Bool {
    do {
      guard try RequestTarget(method: head.method, uri: head.uri, prefix: "wsman") == .service else {
        throw HTTPRefusal(.notFound, "no such path")
      }
      let framing = try RequestFraming(head)
      guard !head.headers.contains(name: "Authorization") else { throw HTTPRefusal(.badRequest, "credentials, which nobody asked for") }
      guard SOAPMediaType.isPlain(head.headers.first(name: "Content-Type") ?? "") else {
        throw HTTPRefusal(.unsupportedMediaType, "a body that is not SOAP in UTF-8")
      }
      let envelope = try await MessageBody(channel: channel).read(framing, limit: context.limits.envelopeSize, from: &requests)
      guard let answer = await context.dispatcher.answer(to: envelope, of: await caller()) else { return false }
      try Task.checkCancellation()
      return try await send(
        HTTPAnswer(
          answer.isFault ? .internalServerError : .ok, headers: ["Content-Type": MultipartEncrypted.originalContentType],
          body: answer.envelope))
    } catch let refusal as HTTPRefusal {
      logger.notice("request refused", metadata: ["status": "\(refusal.status.code)", "reason": "\(refusal.reason)"])
      return try await send(refusal.answer)
    }
  }

  /// Who the peer is now: its groups may have changed since the last request. Of whom nobody can tell anything nothing is granted.
  private func caller() async -> Caller {
    do throws(LogonFailure) {
      return Caller(peer, try await context.logon.describe(userID: peer.userID))
    } catch {
      logger.warning("nobody can say who a user of this machine is", metadata: ["reason": "\(error)"])
      return Caller(peer, LocalUser(accountName: String(peer.userID), unixUser: nil, memberships: .unknown))
    }
  }

  private func send(_ answer: HTTPAnswer) async throws -> Bool {
    var answer = answer
    answer.idleTimeout = context.limits.idleTimeout
    try await channel.writeAndFlush(answer).get()
    return !answer.closes
  }
}
