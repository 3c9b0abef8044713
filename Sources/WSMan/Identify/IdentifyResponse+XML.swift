extension IdentifyResponse {
  /// Reads `wsmid:IdentifyResponse`; what is missing becomes empty.
  init(_ element: XMLElement) {
    func text(_ name: String) -> String { element.first(.identity, name)?.trimmedText ?? "" }
    self.init(
      protocolVersion: text("ProtocolVersion"), productVendor: text("ProductVendor"), productVersion: text("ProductVersion"),
      securityProfiles: element.first(.identity, "SecurityProfiles")?.all(.identity, "SecurityProfileName").map(\.trimmedText) ?? [])
  }

  func encode(into writer: inout XMLWriter) {
    writer.element("wsmid:IdentifyResponse") {
      $0.element("wsmid:ProtocolVersion", text: protocolVersion)
      $0.element("wsmid:ProductVendor", text: productVendor)
      $0.element("wsmid:ProductVersion", text: productVersion)
      guard !securityProfiles.isEmpty else { return }
      $0.element("wsmid:SecurityProfiles") {
        for profile in securityProfiles { $0.element("wsmid:SecurityProfileName", text: profile) }
      }
    }
  }
}
