import SecuritySupport

extension LogonReply {
  /// The reply as one frame. With message keys inside, the caller wipes the frame after use.
  ///
  /// - Throws: ``LogonFailure`` with `limit` when it is too long.
  public func encode() throws(LogonFailure) -> [UInt8] { try Self.encode(.success(self)) }

  /// The outcome of a request as one frame: a reply or a failure.
  public static func encode(_ outcome: Result<LogonReply, LogonFailure>) throws(LogonFailure) -> [UInt8] {
    var writer = LogonWriter()
    switch outcome {
    case .success(let reply): reply.encode(into: &writer)
    case .failure(let failure):
      writer.write(tag: 255)
      writer.write(failure)
    }
    return try writer.finish()
  }

  private func encode(into writer: inout LogonWriter) {
    switch self {
    case .begun(let id):
      writer.write(tag: 1)
      writer.write(id)
    case .stepped(let step, let grant, let keys):
      writer.write(tag: 2)
      writer.write(step.token) { $0.write($1) }
      writer.write(step.mayProtect)
      writer.write(step.isFinished)
      writer.write(grant) { $0.write($1) }
      writer.write(keys) { $0.write($1) }
    case .sealed(let bytes):
      writer.write(tag: 3)
      writer.write(bytes)
    case .granted(let grant):
      writer.write(tag: 4)
      writer.write(grant)
    case .done: writer.write(tag: 5)
    case .sessionOpened(let id):
      writer.write(tag: 6)
      writer.write(id)
    case .started(let process, let input, let output, let error):
      writer.write(tag: 7)
      writer.write(process)
      writer.write(input)
      writer.write(output)
      writer.write(error)
    case .exited(let status):
      writer.write(tag: 8)
      switch status {
      case .exited(let code):
        writer.write(tag: 0)
        writer.write(code)
      case .signaled(let signal):
        writer.write(tag: 1)
        writer.write(signal)
      }
    case .described(let user):
      writer.write(tag: 9)
      writer.write(user.accountName)
      writer.write(user.unixUser) { $0.write($1) }
      writer.write(user.memberships)
    }
  }

  /// Decodes one whole frame.
  ///
  /// - Throws: the ``LogonFailure`` inside, or one with `malformed` or `limit`.
  public init(decoding frame: [UInt8]) throws(LogonFailure) {
    var reader = try LogonReader(frame)
    switch try reader.readUInt8() {
    case 1: self = .begun(try reader.readIdentifier())
    case 2:
      let token = try reader.readOptional { (reader) throws(LogonFailure) in try reader.readBytes() }
      let step = MechanismStep(token: token, mayProtect: try reader.readBool(), isFinished: try reader.readBool())
      self = .stepped(
        step, grant: try reader.readOptional { (reader) throws(LogonFailure) in try reader.readGrant() },
        keys: try reader.readOptional { (reader) throws(LogonFailure) in try reader.readKeys() })
    case 3: self = .sealed(try reader.readBytes())
    case 4: self = .granted(try reader.readGrant())
    case 5: self = .done
    case 6: self = .sessionOpened(try reader.readIdentifier())
    case 7:
      self = .started(
        process: try reader.readIdentifier(), standardInput: try reader.readInt32(), standardOutput: try reader.readInt32(),
        standardError: try reader.readInt32())
    case 8: self = .exited(try reader.readExitStatus())
    case 9:
      self = .described(
        LocalUser(
          accountName: try reader.readText(), unixUser: try reader.readOptional { (reader) throws(LogonFailure) in try reader.readText() },
          memberships: try reader.readMemberships()))
    case 255:
      let failure = try reader.readFailure()
      try reader.finish()
      throw failure
    default: throw LogonFailure(.malformed, "the frame is no known reply")
    }
    try reader.finish()
  }
}

extension LogonWriter {
  fileprivate mutating func write(_ grant: LogonGrant) {
    write(grant.logonID)
    write(grant.accountName)
    write(grant.unixUser)
    write(grant.mechanism)
    write(grant.purpose.rawValue)
    write(grant.hasDelegatedCredentials)
    write(grant.isAuthorized)
    write(grant.memberships)
  }

  fileprivate mutating func write(_ memberships: Memberships) {
    write(memberships.securityIdentifiers) { $0.write($1) }
    write(memberships.areComplete)
  }

  fileprivate mutating func write(_ keys: MessageKeys) {
    switch keys {
    case .ntlm(let key, let flags, let send, let receive):
      write(tag: 0)
      write(key)
      write(flags)
      write(send)
      write(receive)
    case .kerberos(let context, let service, let flags):
      write(tag: 1)
      write(context)
      write(service)
      write(flags)
    }
  }

  fileprivate mutating func write(_ failure: LogonFailure) {
    switch failure.code {
    case .refused(let status):
      write(tag: 1)
      write(status.rawValue)
    case .accessDenied: write(tag: 2)
    case .quota: write(tag: 3)
    case .notFound: write(tag: 4)
    case .invalidArgument: write(tag: 5)
    case .spawnFailed(let errno, let stage):
      write(tag: 6)
      write(errno)
      write(stage.rawValue)
    case .unavailable: write(tag: 7)
    case .malformed: write(tag: 8)
    case .outOfSequence: write(tag: 9)
    case .limit: write(tag: 10)
    case .cancelled: write(tag: 11)
    case .undecided: write(tag: 12)
    }
    write(failure.message)
  }
}

extension LogonReader {
  fileprivate mutating func readGrant() throws(LogonFailure) -> LogonGrant {
    LogonGrant(
      logonID: try readIdentifier(), accountName: try readText(), unixUser: try readText(), mechanism: try readText(),
      purpose: try readEnumeration(), hasDelegatedCredentials: try readBool(), isAuthorized: try readBool(),
      memberships: try readMemberships())
  }

  fileprivate mutating func readMemberships() throws(LogonFailure) -> Memberships {
    let identifiers = try readList(limit: LogonCodec.maximumMemberships) { (reader) throws(LogonFailure) in
      try reader.readText(limit: LogonCodec.maximumIdentifierLength)
    }
    return Memberships(identifiers, areComplete: try readBool())
  }

  fileprivate mutating func readKeys() throws(LogonFailure) -> MessageKeys {
    switch try readUInt8() {
    case 0:
      return .ntlm(
        exportedSessionKey: try readSecret(), flags: try readUInt32(), sendSequence: try readUInt32(), receiveSequence: try readUInt32())
    case 1:
      return .kerberos(
        context: try readSecret(limit: LogonCodec.maximumContextLength), service: try readText(), flags: try readUInt32())
    default: throw LogonFailure(.malformed, "message keys are of an unknown kind")
    }
  }

  fileprivate mutating func readExitStatus() throws(LogonFailure) -> ExitStatus {
    switch try readUInt8() {
    case 0: return .exited(code: try readInt32())
    case 1: return .signaled(try readInt32())
    default: throw LogonFailure(.malformed, "an exit status is of an unknown kind")
    }
  }

  fileprivate mutating func readFailure() throws(LogonFailure) -> LogonFailure {
    let code: LogonFailure.Code
    switch try readUInt8() {
    case 1: code = .refused(NTStatus(rawValue: try readUInt32()))
    case 2: code = .accessDenied
    case 3: code = .quota
    case 4: code = .notFound
    case 5: code = .invalidArgument
    case 6: code = .spawnFailed(errno: try readInt32(), stage: try readEnumeration())
    case 7: code = .unavailable
    case 8: code = .malformed
    case 9: code = .outOfSequence
    case 10: code = .limit
    case 11: code = .cancelled
    case 12: code = .undecided
    default: throw LogonFailure(.malformed, "a failure is of an unknown kind")
    }
    return LogonFailure(code, try readText())
  }
}
