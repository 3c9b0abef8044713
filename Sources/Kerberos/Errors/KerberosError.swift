public import SecuritySupport

/// Why Kerberos failed: what happened, what usually causes it, and what to do. Two errors are equal when their codes are.
public struct KerberosError: Error, Sendable, Equatable {
  /// What kind of fault it was.
  public var code: Code
  /// What happened, in one sentence. It holds no secret and no text of the peer.
  public var message: String
  /// What usually causes it.
  public var likelyCause: String
  /// What to do about it.
  public var nextStep: String
  /// The status of the GSSAPI call that failed; `nil` when krb5 itself or this module refused.
  public var major: GSSMajorStatus?
  /// The status by number and name, where the library gave one.
  public var minor: KerberosStatus?
  /// What an Active Directory KDC added to its error (MS-KILE §2.2.2, KERB_EXT_ERROR).
  public var ntStatus: NTStatus?
  /// The library's own sentence. It may hold names that a peer chose, and is kept out of ``description``.
  public var libraryText: String?

  /// - Parameters:
  ///   - message: one sentence; the default is that of the code.
  public init(
    _ code: Code, _ message: String? = nil, major: GSSMajorStatus? = nil, minor: KerberosStatus? = nil, ntStatus: NTStatus? = nil,
    libraryText: String? = nil
  ) {
    self.code = code
    self.message = message ?? code.advice.message
    likelyCause = code.advice.cause
    nextStep = code.advice.step
    self.major = major
    self.minor = minor
    self.ntStatus = ntStatus
    self.libraryText = libraryText
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  /// The realm whose domain controllers were asked, where the library's sentence ends with its name; `nil` for what could be no name of one.
  public var realm: String? {
    guard let libraryText, let mark = libraryText.firstRange(of: "realm ") else { return nil }
    let rest = libraryText[mark.upperBound...].drop { $0 == "'" || $0 == "\"" }
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) }
    guard !name.isEmpty, name.utf8.count <= 255, rest[name.endIndex...].allSatisfy({ "'\".".contains($0) }) else { return nil }
    return String(name)
  }

  /// The NTSTATUS that says the same: the KDC's own where it gave one, otherwise the one of the code.
  public var status: NTStatus? {
    if let ntStatus { return ntStatus }
    switch code {
    case .wrongPassword, .unknownPrincipal: return .logonFailure
    case .passwordExpired: return .passwordExpired
    case .passwordMustChange: return .passwordMustChange
    case .accountExpired: return .accountExpired
    case .accountRevoked: return .accountDisabled
    case .policy: return .accountRestriction
    case .unreachable, .timeout: return .noLogonServers
    case .clockSkew: return .timeDifferenceAtDomainController
    case .badBindings: return .badBindings
    default: return nil
    }
  }

  /// The kinds of fault. New ones may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ name: String) { description = name }

    // Refused by the KDC.

    /// The password (or the keytab's key) is wrong.
    public static let wrongPassword = Self("wrongPassword")
    /// The KDC knows no such user.
    public static let unknownPrincipal = Self("unknownPrincipal")
    /// The KDC knows none of the service names that were tried.
    public static let unknownService = Self("unknownService")
    /// The password has expired.
    public static let passwordExpired = Self("passwordExpired")
    /// The password must be changed before the first logon.
    public static let passwordMustChange = Self("passwordMustChange")
    /// The account has expired.
    public static let accountExpired = Self("accountExpired")
    /// The account is disabled or locked out.
    public static let accountRevoked = Self("accountRevoked")
    /// A rule of the KDC forbids this use of the account.
    public static let policy = Self("policy")
    /// No encryption type that both sides permit, or one that this module refuses.
    public static let encryptionType = Self("encryptionType")
    /// Clocks too far apart.
    public static let clockSkew = Self("clockSkew")

    // No answer.

    /// No KDC of the realm can be found or reached.
    public static let unreachable = Self("unreachable")
    /// No answer within the caller's deadline; the call may still be running.
    public static let timeout = Self("timeout")
    /// All slots for blocking calls are taken, most likely by calls that wait for a KDC.
    public static let busy = Self("busy")

    // Credentials of our own.

    /// No ticket cache, or an empty one.
    public static let noCredentials = Self("noCredentials")
    /// The ticket has expired.
    public static let ticketExpired = Self("ticketExpired")
    /// The keytab is missing, unreadable, or has no fitting key.
    public static let keytab = Self("keytab")
    /// The library's configuration is missing or does not parse.
    public static let configuration = Self("configuration")

    // The peer.

    /// The peer's token is not what RFC 4121 describes.
    public static let malformed = Self("malformed")
    /// A ticket for a service that is not configured here.
    public static let wrongService = Self("wrongService")
    /// An authenticator that was seen before.
    public static let replay = Self("replay")
    /// The channel bindings are absent or those of another channel (RFC 5929).
    public static let badBindings = Self("badBindings")
    /// The peer did not prove itself, or the context lacks a protection that is required.
    public static let unproven = Self("unproven")
    /// A protected message or a MIC does not verify, or came out of order.
    public static let protection = Self("protection")

    // Here.

    /// A call that does not fit the state.
    public static let outOfSequence = Self("outOfSequence")
    /// A length or number beyond its limit.
    public static let limit = Self("limit")
    /// A mistake of the caller, such as a service name with a slash in its host.
    public static let local = Self("local")
    /// Anything else that the library reports; ``KerberosError/minor`` says what.
    public static let library = Self("library")
  }
}

extension KerberosError: CustomStringConvertible, CustomDebugStringConvertible {
  /// What happened, with the status by name and number.
  public var description: String {
    var text = "Kerberos: \(message)"
    if let minor, minor.rawValue != 0 {
      text += " (\(minor))"
    } else if let major, major.isError {
      text += " (\(major))"
    }
    if let ntStatus { text += " (\(ntStatus))" }
    return text
  }

  /// All of it, with the library's own sentence, which may hold names that a peer chose.
  public var debugDescription: String {
    var text = "\(description). \(likelyCause) \(nextStep)"
    if let major { text += " [\(major)]" }
    if let libraryText { text += " Library: \(libraryText)" }
    return text
  }
}
