import Certificates
import SecuritySupport
import WSMan
import WinRMConfiguration

/// `winrm/config/service/certmapping?Issuer=…+Subject=…+URI=…` (MS-WSMV §2.2.4.3).
///
/// Passwords are verified and forgotten: none is stored, and what Get shows of them is an empty element.
extension ConfigurationResources {
  private static let mappingURI = ResourceURI.config.rawValue + "/service/certmapping"
  private static let mappingExample =
    "winrm/config/service/certmapping?Issuer=THUMBPRINT+Subject=*.example.com+URI=*"

  /// Issuer, Subject and URI.
  private struct MappingKeys {
    var issuer: String
    var subject: String
    var uri: String
  }

  func answerMapping(_ operation: Operation, _ header: RequestHeader, _ owner: String) throws -> Outcome {
    let listed = try enumerate(operation, header, owner, referable: false) { effective in
      effective.settings.certificateMappings.map { Instance(element: Self.element(of: $0), reference: Self.reference(to: $0)) }
    }
    if let listed { return listed }
    if case .invoke = operation { throw WSManFault.actionNotSupported(header.action) }
    let values = try Self.selectors(["Issuer", "Subject", "URI"], of: header, example: Self.mappingExample)
    let keys = MappingKeys(issuer: values[0], subject: values[1], uri: Self.withoutAlias(values[2]))
    switch operation {
    case .get: return Outcome(.other(Self.element(of: try mapping(keys, in: try store.loadEffective().settings))))
    case .put(let content): return try put(content, keys)
    case .create(let content): return try create(content, keys)
    case .delete:
      let changed = try change {
        _ = try mapping(keys, in: $0)
        try $0.removeCertificateMapping(issuer: keys.issuer, subject: keys.subject, uri: keys.uri)
      }
      return Outcome(.deleted, changed: changed)
    case .enumerate, .pull, .release, .invoke: throw WSManFault.actionNotSupported(header.action)
    }
  }

  private func put(_ content: XMLElement, _ keys: MappingKeys) throws -> Outcome {
    let before = try mapping(keys, in: try store.loadEffective().settings)
    let document = try SettingXML(namespace: Self.mappingURI).document(content)
    var wanted = before
    try wanted.put(document.mappingKeysExpanded)
    // The empty Password of an answer to Get, sent back, says nothing.
    if wanted.userName != before.userName || document.hasPassword { try verify(wanted, document) }
    let verified = wanted
    return try answering { settings in
      // The password was verified for the mapping as it was; asking takes too long for the lock.
      guard try mapping(keys, in: settings) == before else {
        throw WSManFault.internalError(
          .internalError, "The certificate mapping has been changed by somebody else in the meantime. Nothing has been changed; try again.")
      }
      try settings.replaceCertificateMapping(verified)
      return Self.element(of: verified)
    }
  }

  private func create(_ content: XMLElement?, _ keys: MappingKeys) throws -> Outcome {
    let document =
      try content.map { try SettingXML(namespace: Self.mappingURI).document($0) } ?? SettingDocument(name: "CertMapping", nodes: [])
    let userName = document.nodes.lazy.compactMap { node -> String? in
      if case .value("UserName", let value) = node { value } else { nil }
    }.first
    guard let userName, !userName.isEmpty, document.mentionsPassword else { throw Self.needsBoth() }
    var mapping = try CertificateMapping(issuer: keys.issuer, subject: keys.subject, uri: keys.uri, userName: userName)
    try mapping.put(document.mappingKeysExpanded)
    // Before the password: it is asked only for what can be made.
    guard try store.load().certificateMapping(issuer: keys.issuer, subject: keys.subject, uri: keys.uri) == nil else {
      throw WSManFault.alreadyExists("There is a certificate mapping with this Issuer, Subject and URI already.")
    }
    try checkIssuer(mapping.issuer)
    try verify(mapping, document)
    let made = mapping
    let changed = try change { try $0.addCertificateMapping(made) }
    return Outcome(.created(Self.reference(to: made)), changed: changed)
  }

  /// Whoever is not among the authorities, or may not sign, cannot have signed a certificate that is accepted.
  private func checkIssuer(_ thumbprint: String) throws {
    guard let authorities = environment.clientAuthorities else { return }
    func refusal(_ reason: String) -> WSManFault {
      .internalError(
        WinRMCode(rawValue: 0x8033_8162),
        "\(reason) Issuer is the thumbprint of the certificate that signed those of the clients directly; put that certificate, as a PEM file, "
          + "into \(authorities.directory).")
    }
    let role: ClientAuthorities.Role?
    do throws(CertificateError) { role = try authorities.role(of: thumbprint) } catch { throw WSManFault(error) }
    switch role {
    case .authority: return
    case .notAnAuthority: throw refusal("The certificate \(thumbprint) in \(authorities.directory) may not sign certificates.")
    case nil: throw refusal("No certificate in \(authorities.directory) has the thumbprint \(thumbprint).")
    }
  }

  /// Finds out whether the password is the account's.
  private func verify(_ mapping: CertificateMapping, _ document: SettingDocument) throws {
    guard document.mentionsPassword else { throw Self.needsBoth() }
    guard let password = try CertificateMapping.password(in: document) else { throw Self.needsBoth() }
    guard let verifyAccount = environment.verifyAccount else {
      throw WSManFault.internalError(
        WinRMCode(rawValue: 0x8033_8152),
        "Only a running service can verify the password of a certificate mapping. Start winrmd, and ask it: with -remote, or here.")
    }
    guard verifyAccount(mapping.userName, SecretBytes(Array(password.utf8))) else {
      throw WSManFault.internalError(
        WinRMCode(rawValue: 0x8033_8154),
        "UserName and Password of a certificate mapping are those of an account of this computer, and these are not. Accounts of a domain "
          + "cannot be mapped.")
    }
  }

  private static func needsBoth() -> WSManFault {
    .internalError(
      WinRMCode(rawValue: 0x8033_816C), "A certificate mapping is made or given to another account with UserName and Password together.")
  }

  private func mapping(_ keys: MappingKeys, in settings: WinRMSettings) throws(WSManFault) -> CertificateMapping {
    guard let mapping = settings.certificateMapping(issuer: keys.issuer, subject: keys.subject, uri: keys.uri) else {
      throw .noSuchInstance("There is no certificate mapping with this Issuer, Subject and URI.")
    }
    return mapping
  }

  private static func element(of mapping: CertificateMapping) -> XMLElement {
    let xml = SettingXML(namespace: mappingURI)
    return xml.root(mapping.tree.name, xml.values(of: mapping.tree) + [xml.value("Password", "")])
  }

  private static func reference(to mapping: CertificateMapping) -> EndpointReference {
    EndpointReference(
      resourceURI: ResourceURI(rawValue: mappingURI),
      selectors: [Selector("Issuer", mapping.issuer), Selector("Subject", mapping.subject), Selector("URI", mapping.uri)])
  }

  /// The URI of a selector as requests will have it. The help of Windows writes it with the aliases of the tool, such as `wmicimv2/*`.
  fileprivate static func withoutAlias(_ uri: String) -> String {
    let base = "http://schemas.microsoft.com/wbem/wsman/1"
    let aliases = [
      ("wmicimv2/", base + "/wmi/root/cimv2/"), ("wmi/", base + "/wmi/"), ("shell/", base + "/windows/shell/"), ("winrm/", base + "/"),
      ("wsman/", base + "/"), ("cimv2/", "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"),
    ]
    for (alias, full) in aliases where uri.lowercased().hasPrefix(alias) { return full + uri.dropFirst(alias.count) }
    return uri
  }
}

extension SettingDocument {
  fileprivate var mentionsPassword: Bool {
    nodes.contains { if case .value("Password", _) = $0 { true } else { false } }
  }

  fileprivate var hasPassword: Bool {
    nodes.contains { if case .value("Password", let value?) = $0 { !value.isEmpty } else { false } }
  }

  /// The document with its `URI`, which must be that of the selector, in the same form.
  fileprivate var mappingKeysExpanded: SettingDocument {
    var document = self
    for (index, node) in nodes.enumerated() {
      guard case .value("URI", let value?) = node else { continue }
      document.nodes[index] = .value(name: "URI", ConfigurationResources.withoutAlias(value))
    }
    return document
  }
}
