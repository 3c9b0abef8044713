/// One variable of a shell's environment.
public struct EnvironmentVariable: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// `rsp:Shell`: what a client asks for, and what the server says it made (MS-WSMV §2.2.4.37).
public struct ShellDescription: Sendable, Equatable {
  /// A GUID. A client may choose it; the server's answer always carries one.
  public var shellID: String?
  public var name: String?
  public var resourceURI: ResourceURI?
  public var owner: String?
  public var clientIP: String?
  public var processID: Int?
  public var environment: [EnvironmentVariable]
  public var workingDirectory: String?
  public var lifetime: Duration?
  public var idleTimeout: Duration?
  public var inputStreams: [String]
  public var outputStreams: [String]
  public var maxIdleTimeout: Duration?
  public var locale: String?
  public var dataLocale: String?
  public var compressionMode: String?
  public var profileLoaded: String?
  public var encoding: String?
  public var bufferMode: String?
  public var state: String?
  public var shellRunTime: Duration?
  public var shellInactivity: Duration?
  /// Elements of other namespaces, such as PowerShell's `creationXml`.
  public var extensions: [XMLElement]

  public init(
    shellID: String? = nil, name: String? = nil, resourceURI: ResourceURI? = nil, owner: String? = nil, clientIP: String? = nil,
    environment: [EnvironmentVariable] = [], workingDirectory: String? = nil, lifetime: Duration? = nil, idleTimeout: Duration? = nil,
    inputStreams: [String] = ["stdin"], outputStreams: [String] = ["stdout", "stderr"], state: String? = nil,
    shellRunTime: Duration? = nil, shellInactivity: Duration? = nil, extensions: [XMLElement] = []
  ) {
    self.shellID = shellID
    self.name = name
    self.resourceURI = resourceURI
    self.owner = owner
    self.clientIP = clientIP
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.lifetime = lifetime
    self.idleTimeout = idleTimeout
    self.inputStreams = inputStreams
    self.outputStreams = outputStreams
    self.state = state
    self.shellRunTime = shellRunTime
    self.shellInactivity = shellInactivity
    self.extensions = extensions
  }
}
