/// What one peer, or all of them together, may take from the service. Sizes are bytes.
public struct ServiceLimits: Sendable {
  /// How many connections are served at a time (`MaxConnections`); the next ones are told 503.
  public var connections = 300
  /// How many of them may be unauthenticated.
  public var unauthenticatedConnections = 128
  /// How many of them may be unauthenticated from one address (IPv6: from one /64 network).
  public var unauthenticatedConnectionsPerAddress = 64
  /// How many header fields a request may have.
  public var headerFields = 64
  /// The size of one header field. A token of 96 KiB in base64 fits.
  public var headerFieldSize = 132 * 1024
  /// The size of all header fields together.
  public var headerSize = 160 * 1024
  /// The size of a decoded authentication token.
  public var tokenSize = 96 * 1024
  /// The body of a request that nobody has been proven for. It is read and thrown away.
  public var unauthenticatedBody = 64 * 1024
  /// The envelope of a request, and of an answer (`MaxEnvelopeSizekb`).
  public var envelopeSize = 500 * 1024
  /// How long a TLS handshake may take.
  public var tlsHandshakeTimeout: Duration = .seconds(10)
  /// How long a connection may take to bring a complete request head while nobody is proven.
  public var unauthenticatedHeadTimeout: Duration = .seconds(30)
  /// How long a connection may live without anybody being proven on it.
  public var unauthenticatedLifetime: Duration = .seconds(120)
  /// How long an authenticated connection may wait for its next request head.
  public var idleTimeout: Duration = .seconds(180)
  /// How long a body may take after its head (`MaxPacketRetrievalTimeSeconds`).
  public var bodyTimeout: Duration = .seconds(120)
  /// How long a connection beyond the limits may take to bring the request that is answered 503; then it is answered unasked.
  public var refusedHeadTimeout: Duration = .seconds(1)
  /// How long a connection stays half-open after a closing answer, so that the peer can read it.
  public var lingerTimeout: Duration = .seconds(2)
  /// How many tokens one authentication exchange may take.
  public var authenticationLegs = 16
  /// How many refused exchanges one connection may have.
  public var authenticationRefusals = 3
  /// How long the service waits for its connections and shells when it is told to stop.
  public var shutdownTimeout: Duration = .seconds(10)

  public init() {}

  /// The largest body that can carry an envelope of ``envelopeSize``: encryption cuts it into parts of 16 KiB, each with two part
  /// headers and a TLS record around it.
  var authenticatedBody: Int { envelopeSize + 2048 + (envelopeSize / 16_384 + 1) * 1024 }
}
