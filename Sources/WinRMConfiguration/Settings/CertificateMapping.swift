import SecuritySupport

/// `winrm/config/service/certmapping?Issuer=…+Subject=…+URI=…`: client certificates that stand for a local account (MS-WSMV §2.2.4.3).
///
/// The account's password is verified when the mapping is made, and kept nowhere.
public struct CertificateMapping: Sendable, Equatable {
  /// The most mappings of a service.
  public static let maximumCount = 1000
  /// The longest Subject and the longest URI, in characters.
  public static let maximumKeyLength = 1023
  /// The longest Password, in characters.
  public static let maximumPasswordLength = 255

  /// SHA-1 of the certificate that signed the client's directly, 40 upper-case hexadecimal digits.
  public internal(set) var issuer: String
  /// What the certificate's alternative name must be: a name, `*` and the end of one, or `*` for every one.
  public internal(set) var subject: String
  /// The resources it is for: a URI, the beginning of one and `*`, or `*` for all.
  public internal(set) var uri: String
  /// A local account.
  public internal(set) var userName: String
  /// Default true.
  public var enabled = true

  /// - Throws: `invalidValue`: 0x80338160, 0x80338161, 0x80338162 for a key, 0x80338154 for a user name that cannot be one.
  public init(issuer: String, subject: String, uri: String, userName: String, enabled: Bool = true) throws(ConfigurationError) {
    try Self.checkURI(uri)
    try Self.checkSubject(subject)
    self.issuer = try Self.canonicalIssuer(issuer)
    try Self.checkUserName(userName)
    self.subject = subject
    self.uri = uri
    self.userName = userName
    self.enabled = enabled
  }

  private init() { (issuer, subject, uri, userName) = ("", "", "", "") }

  /// For descriptions of its properties.
  static let template = CertificateMapping()

  /// The properties in the order in which `winrm` shows them. There is no password among them.
  public var tree: SettingTree { SettingGroup.certificateMapping.tree(of: self) }

  /// Takes what a document says, as ``WinRMSettings/put(_:to:)``; `Password` is looked over (``password(in:)`` gives it).
  ///
  /// - Throws: ``ConfigurationError``; 0x80338172 for another key.
  public mutating func put(_ document: SettingDocument) throws(ConfigurationError) {
    var changed = self
    var seen: Set<String> = []
    guard document.name == "CertMapping" || document.name == "certmapping" else {
      throw SettingGroup<CertificateMapping>.wrongRoot(document.name, "CertMapping")
    }
    for node in document.nodes {
      guard case .value(let name, let value) = node else {
        throw ConfigurationError(.notFound, "a certificate mapping has no parts below it", specificCode: .schemaValidationError)
      }
      guard seen.insert(name).inserted else { throw SettingGroup<CertificateMapping>.twice(name) }
      switch name {
      case "Password": continue
      case "Issuer", "Subject", "URI":
        let current = name == "Issuer" ? issuer : name == "Subject" ? subject : uri
        guard value?.lowercased() == current.lowercased() else {
          throw ConfigurationError(
            .readOnly, "\(name) selects the certificate mapping and cannot be changed", specificCode: .cannotChangeMappingKeys)
        }
      default: try SettingGroup.certificateMapping.set(name, to: value, in: &changed)
      }
    }
    self = changed
  }

  /// The password that a document brings; `nil` for none.
  ///
  /// - Throws: `invalidValue`: 0x8033816B for an empty one, 0x8033816A for one longer than 255 characters.
  public static func password(in document: SettingDocument) throws(ConfigurationError) -> String? {
    for case .value("Password", let value) in document.nodes {
      guard let value, !value.isEmpty else {
        throw ConfigurationError(.invalidValue, "Password is empty", specificCode: .mappingPasswordBlank)
      }
      guard value.unicodeScalars.count <= maximumPasswordLength else {
        throw ConfigurationError(
          .invalidValue, "Password is longer than \(maximumPasswordLength) characters", specificCode: .mappingPasswordTooLong)
      }
      return value
    }
    return nil
  }

  func isSelected(byIssuer issuer: String, subject: String, uri: String) -> Bool {
    self.issuer == (CertificateThumbprint(parsing: issuer)?.text ?? issuer) && self.subject.lowercased() == subject.lowercased()
      && self.uri.lowercased() == uri.lowercased()
  }
}

extension CertificateMapping {
  static func checkURI(_ text: String) throws(ConfigurationError) {
    let isGood =
      !text.isEmpty && text.unicodeScalars.count <= maximumKeyLength && !text.dropLast().contains("*")
      && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "?" && !$0.properties.isWhitespace }
    guard isGood else {
      throw ConfigurationError(
        .invalidValue, "URI is a URI of at most \(maximumKeyLength) characters without blanks and ?, with * only at its end",
        specificCode: .invalidMappingURI)
    }
  }

  static func checkSubject(_ text: String) throws(ConfigurationError) {
    let isGood =
      !text.isEmpty && text.unicodeScalars.count <= maximumKeyLength && !text.dropFirst().contains("*")
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    guard isGood else {
      throw ConfigurationError(
        .invalidValue, "Subject is a name of at most \(maximumKeyLength) characters, with * only at its beginning",
        specificCode: .invalidMappingSubject)
    }
  }

  static func canonicalIssuer(_ text: String) throws(ConfigurationError) -> String {
    guard let thumbprint = CertificateThumbprint(parsing: text) else {
      throw ConfigurationError(
        .invalidValue, "Issuer is the SHA-1 thumbprint of a certificate, 40 hexadecimal digits", specificCode: .invalidMappingIssuer)
    }
    return thumbprint.text
  }

  static func checkUserName(_ text: String) throws(ConfigurationError) {
    let isGood =
      !text.isEmpty && text.utf8.count <= 255 && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "@" }
    guard isGood else {
      throw ConfigurationError(
        .invalidValue, "UserName is the name of a local account, of at most 255 bytes", specificCode: .invalidMappingCredentials)
    }
  }
}

extension WinRMSettings {
  /// The certificate mapping with these selectors.
  public func certificateMapping(issuer: String, subject: String, uri: String) -> CertificateMapping? {
    certificateMappings.first { $0.isSelected(byIssuer: issuer, subject: subject, uri: uri) }
  }

  /// Adds a certificate mapping.
  ///
  /// - Throws: `alreadyExists` when its keys have one; 0x80338153 when there are ``CertificateMapping/maximumCount``.
  public mutating func addCertificateMapping(_ mapping: CertificateMapping) throws(ConfigurationError) {
    guard certificateMapping(issuer: mapping.issuer, subject: mapping.subject, uri: mapping.uri) == nil else {
      throw ConfigurationError(
        .alreadyExists, "there is a certificate mapping with this Issuer, Subject and URI already (Issuer=\(mapping.issuer))")
    }
    guard certificateMappings.count < CertificateMapping.maximumCount else {
      throw ConfigurationError(
        .invalidValue, "there are \(CertificateMapping.maximumCount) certificate mappings, and no more can be kept",
        specificCode: .tooManyCertificateMappings)
    }
    certificateMappings.append(mapping)
  }

  /// Takes a certificate mapping away and returns it.
  ///
  /// - Throws: `notFound`.
  @discardableResult
  public mutating func removeCertificateMapping(
    issuer: String, subject: String, uri: String
  ) throws(ConfigurationError) -> CertificateMapping {
    guard let index = certificateMappings.firstIndex(where: { $0.isSelected(byIssuer: issuer, subject: subject, uri: uri) }) else {
      throw Self.noMapping
    }
    return certificateMappings.remove(at: index)
  }

  /// Puts a certificate mapping in the place of the one with its keys.
  ///
  /// - Throws: `notFound`.
  public mutating func replaceCertificateMapping(_ mapping: CertificateMapping) throws(ConfigurationError) {
    guard
      let index = certificateMappings.firstIndex(where: {
        $0.isSelected(byIssuer: mapping.issuer, subject: mapping.subject, uri: mapping.uri)
      })
    else { throw Self.noMapping }
    certificateMappings[index] = mapping
  }

  private static var noMapping: ConfigurationError {
    ConfigurationError(.notFound, "there is no certificate mapping with this Issuer, Subject and URI")
  }
}
