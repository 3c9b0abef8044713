import SecuritySupport

extension LogonRequest {
  /// The request as one frame. With a password inside, the caller wipes the frame after use.
  ///
  /// - Throws: ``LogonFailure`` with `limit` when it is too long.
  public func encode() throws(LogonFailure) -> [UInt8] {
    var writer = LogonWriter()
    switch self {
    case .begin(let purpose, let peer, let bindings):
      writer.write(tag: 1)
      writer.write(purpose.rawValue)
      writer.write(peer)
      writer.write(bindings) { $0.write($1.applicationData) }
    case .step(let id, let token):
      writer.write(tag: 2)
      writer.write(id)
      writer.write(token)
    case .provePublicKey(let id, let proof):
      writer.write(tag: 3)
      writer.write(id)
      writer.write(proof)
    case .acceptCredentials(let id, let sealed):
      writer.write(tag: 4)
      writer.write(id)
      writer.write(sealed)
    case .abandon(let id):
      writer.write(tag: 5)
      writer.write(id)
    case .openSession(let id, let options):
      writer.write(tag: 6)
      writer.write(id)
      writer.write(options)
    case .release(let id):
      writer.write(tag: 7)
      writer.write(id)
    case .start(let id, let command):
      writer.write(tag: 8)
      writer.write(id)
      writer.write(command)
    case .waitForExit(let session, let process):
      writer.write(tag: 9)
      writer.write(session)
      writer.write(process)
    case .signal(let session, let process, let signal):
      writer.write(tag: 10)
      writer.write(session)
      writer.write(process)
      writer.write(signal.rawValue)
    case .closeSession(let id):
      writer.write(tag: 11)
      writer.write(id)
    case .describe(let userID):
      writer.write(tag: 12)
      writer.write(userID)
    case .password(let logon, let peer):
      writer.write(tag: 13)
      writer.write(logon.userName)
      writer.write(logon.password)
      writer.write(peer)
    case .certificate(let logon, let peer):
      writer.write(tag: 14)
      writer.write(logon.thumbprint.text)
      writer.write(logon.userName)
      writer.write(peer)
    }
    return try writer.finish()
  }

  /// Decodes one whole frame.
  ///
  /// - Throws: ``LogonFailure`` with `malformed` or `limit`.
  public init(decoding frame: [UInt8]) throws(LogonFailure) {
    var reader = try LogonReader(frame)
    switch try reader.readUInt8() {
    case 1:
      self = .begin(
        purpose: try reader.readEnumeration(), peer: try reader.readPeer(),
        channelBindings: try reader.readOptional { (reader) throws(LogonFailure) in
          ChannelBindings(applicationData: try reader.readBytes(limit: 1024))
        })
    case 2: self = .step(try reader.readIdentifier(), token: try reader.readBytes())
    case 3: self = .provePublicKey(try reader.readIdentifier(), try reader.readProof())
    case 4: self = .acceptCredentials(try reader.readIdentifier(), sealed: try reader.readBytes())
    case 5: self = .abandon(try reader.readIdentifier())
    case 6: self = .openSession(try reader.readIdentifier(), try reader.readSessionOptions())
    case 7: self = .release(try reader.readIdentifier())
    case 8: self = .start(try reader.readIdentifier(), try reader.readCommand())
    case 9: self = .waitForExit(try reader.readIdentifier(), try reader.readIdentifier())
    case 10: self = .signal(try reader.readIdentifier(), try reader.readIdentifier(), try reader.readEnumeration())
    case 11: self = .closeSession(try reader.readIdentifier())
    case 12: self = .describe(userID: try reader.readUInt32())
    case 13:
      let name = try reader.readText(limit: PasswordLogon.maximumUserNameLength)
      let password = try reader.readSecret(limit: PasswordLogon.maximumPasswordLength)
      self = .password(PasswordLogon(userName: name, password: password), peer: try reader.readPeer())
    case 14:
      let text = try reader.readText(limit: 40)
      guard let thumbprint = CertificateThumbprint(parsing: text), thumbprint.text == text else {
        throw LogonFailure(.malformed, "a thumbprint has other characters")
      }
      let name = try reader.readText(limit: PasswordLogon.maximumUserNameLength)
      self = .certificate(CertificateLogon(thumbprint: thumbprint, userName: name), peer: try reader.readPeer())
    default: throw LogonFailure(.malformed, "the frame is no known request")
    }
    try reader.finish()
  }
}

extension LogonWriter {
  fileprivate mutating func write(_ peer: PeerAddress) {
    write(peer.host)
    write(UInt32(truncatingIfNeeded: peer.port))
    write(peer.transport.rawValue)
  }

  fileprivate mutating func write(_ proof: PublicKeyProof) {
    write(proof.sealed)
    write(proof.clientNonce) { $0.write($1) }
    write(UInt32(truncatingIfNeeded: proof.version))
    write(proof.subjectPublicKey)
  }

  private mutating func write(_ environment: [EnvironmentVariable]) {
    write(environment) {
      $0.write($1.name)
      $0.write($1.value)
    }
  }

  fileprivate mutating func write(_ options: SessionOptions) {
    write(options.environment)
    write(options.workingDirectory) { $0.write($1) }
    write(options.shellID)
  }

  fileprivate mutating func write(_ command: CommandSpecification) {
    write(command.commandLine)
    write(command.arguments) { $0.write($1) }
    write(command.skipShell)
    write(command.environment)
  }
}

extension LogonReader {
  fileprivate mutating func readPeer() throws(LogonFailure) -> PeerAddress {
    let host = try readText()
    let port = try readUInt32()
    guard port <= 65_535 else { throw LogonFailure(.malformed, "a port is out of range") }
    return PeerAddress(host: host, port: Int(port), transport: try readEnumeration())
  }

  fileprivate mutating func readProof() throws(LogonFailure) -> PublicKeyProof {
    let sealed = try readBytes()
    let nonce = try readOptional { (reader) throws(LogonFailure) in try reader.readBytes(limit: 32) }
    let version = Int(try readUInt32())
    return PublicKeyProof(sealed: sealed, clientNonce: nonce, version: version, subjectPublicKey: try readBytes(limit: 16 << 10))
  }

  private mutating func readEnvironment() throws(LogonFailure) -> [EnvironmentVariable] {
    try readList { (reader) throws(LogonFailure) in EnvironmentVariable(try reader.readText(), try reader.readText()) }
  }

  fileprivate mutating func readSessionOptions() throws(LogonFailure) -> SessionOptions {
    var options = SessionOptions(shellID: "")
    options.environment = try readEnvironment()
    options.workingDirectory = try readOptional { (reader) throws(LogonFailure) in try reader.readText() }
    options.shellID = try readText()
    return options
  }

  fileprivate mutating func readCommand() throws(LogonFailure) -> CommandSpecification {
    var command = CommandSpecification(commandLine: try readText())
    command.arguments = try readList { (reader) throws(LogonFailure) in try reader.readText() }
    command.skipShell = try readBool()
    command.environment = try readEnvironment()
    return command
  }
}
