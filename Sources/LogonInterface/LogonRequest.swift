public import SecuritySupport

/// A request to the ``LogonAuthority``.
public enum LogonRequest: Sendable, Equatable {
  /// Start an authentication exchange. Reply: ``LogonReply/begun(_:)``.
  case begin(purpose: LogonPurpose, peer: PeerAddress, channelBindings: ChannelBindings?)
  /// The peer's next token. Reply: ``LogonReply/stepped(_:grant:keys:)``.
  case step(ContextID, token: [UInt8])
  /// CredSSP: check the client's proof and make the server's. Reply: ``LogonReply/sealed(_:)``.
  case provePublicKey(ContextID, PublicKeyProof)
  /// CredSSP: open and keep the delegated credentials. Reply: ``LogonReply/granted(_:)``.
  case acceptCredentials(ContextID, sealed: [UInt8])
  /// HTTP Basic: a name and a password. Reply: ``LogonReply/granted(_:)``.
  case password(PasswordLogon, peer: PeerAddress)
  /// A client's certificate, which TLS and a chain have proven, stands for a local account. Reply: ``LogonReply/granted(_:)``.
  case certificate(CertificateLogon, peer: PeerAddress)
  /// Forget the exchange. Reply: ``LogonReply/done``.
  case abandon(ContextID)
  /// Open a session for a completed logon. Reply: ``LogonReply/sessionOpened(_:)``.
  case openSession(LogonID, SessionOptions)
  /// The connection of the logon is gone: wipe what no session holds. Reply: ``LogonReply/done``.
  case release(LogonID)
  /// Start a command. Reply: ``LogonReply/started(process:standardInput:standardOutput:standardError:)``.
  case start(SessionID, CommandSpecification)
  /// Wait until the command ended. Reply: ``LogonReply/exited(_:)``; it can be asked again.
  case waitForExit(SessionID, ProcessID)
  /// Send a signal to the command's process group. Reply: ``LogonReply/done``, also when the command has ended.
  case signal(SessionID, ProcessID, ProcessSignal)
  /// End the session, its processes and its agent. Reply: ``LogonReply/done``, when all are gone.
  case closeSession(SessionID)
  /// Who a user of this host is, who was proven by the kernel. Reply: ``LogonReply/described(_:)``.
  case describe(userID: UInt32)
}

/// The reply of the ``LogonAuthority`` to a request that did not fail.
public enum LogonReply: Sendable, Equatable {
  case begun(ContextID)
  /// The step's outcome; `grant` and `keys` once a logon of Negotiate or Kerberos is complete.
  case stepped(MechanismStep, grant: LogonGrant?, keys: MessageKeys?)
  case sealed([UInt8])
  case granted(LogonGrant)
  case done
  case sessionOpened(SessionID)
  /// The parent's ends of the command's three pipes, owned by the receiver.
  case started(process: ProcessID, standardInput: CInt, standardOutput: CInt, standardError: CInt)
  case exited(ExitStatus)
  case described(LocalUser)
}
