import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

/// Every setting of the tree by its description: what it takes comes back, what it does not take is refused with its name and range.
@Suite struct EverySettingTests {
  private static let tree = SettingDescription.all.filter { ConfigurationResource(rawValue: $0.resource) != nil }

  @Test("What can be set is set, shown, stored, and restored", arguments: tree.filter { $0.access == .readWrite })
  func accepted(setting: SettingDescription) throws {
    let machine = try Machine()
    for value in try Self.values(of: setting) where setting.name != "CertificateThumbprint" {
      let answer = try machine.put(setting.resource, Self.document(setting, value.typed)).element
      #expect(answer.at(setting.name)?.text == value.shown, "\(setting.path)")
      // In the whole tree too, and after a restart.
      let whole = try Machine(sharing: machine).get("config")
      let parts = setting.resource.split(separator: "/").dropFirst()
      let part = parts.reduce(Optional(whole)) { element, name in element?.elements.first { $0.name.localName.lowercased() == name } }
      #expect(part?.at(setting.name)?.text == value.shown, "\(setting.path)")
    }
    _ = try machine.invoke("Restore", "config")
    #expect(try machine.get(setting.resource).at(setting.name)?.text == setting.defaultValue.text)
  }

  @Test("What a setting does not take is refused with its name and its range", arguments: tree)
  func refused(setting: SettingDescription) throws {
    let machine = try Machine()
    switch setting.access {
    case .readOnly:
      machine.refused(0x8033_813F, mentioning: setting.name) { try machine.put(setting.resource, Self.document(setting, "77")) }
    case .deprecated:
      machine.refused(0x8033_81AE, mentioning: setting.name) { try machine.put(setting.resource, Self.document(setting, "77")) }
    case .readWrite:
      switch setting.kind {
      case .boolean:
        for value in ["maybe", "2", ""] {
          machine.refused(0x8033_8041, mentioning: setting.name) { try machine.put(setting.resource, Self.document(setting, value)) }
        }
      case .integer(let range):
        for value in ["-1", "x", "", "1.5", "4294967296", "99999999999999999999"] {
          machine.refused(0x8033_8041, mentioning: setting.name) { try machine.put(setting.resource, Self.document(setting, value)) }
        }
        let outside = (range.lowerBound > 0 ? [range.lowerBound - 1] : []) + (range.upperBound < .max ? [range.upperBound + 1] : [])
        for value in outside {
          machine.refused(0x8033_8041, mentioning: setting.name, String(range.lowerBound), String(range.upperBound)) {
            try machine.put(setting.resource, Self.document(setting, String(value)))
          }
        }
      case .choice:
        #expect(throws: WSManFault.self) { try machine.put(setting.resource, Self.document(setting, "nothing")) }
      case .text, .list:
        #expect(throws: WSManFault.self, "\(setting.path)") { try machine.put(setting.resource, Self.document(setting, "a\tb,\t,=*\tc")) }
      }
      #expect(machine.files.isEmpty)
    }
  }

  private static func document(_ setting: SettingDescription, _ value: String) throws -> String {
    let root = try #require(ConfigurationResource(rawValue: setting.resource))
    let name = WinRMSettings().tree(of: root).name
    return "<c:\(name)><c:\(setting.name)>\(value)</c:\(setting.name)></c:\(name)>"
  }

  private static func values(of setting: SettingDescription) throws -> [(typed: String, shown: String)] {
    switch setting.kind {
    case .boolean: return [("true", "true"), ("0", "false"), ("TRUE", "true")]
    case .integer(let range): return [range.lowerBound, range.upperBound].map { (String($0), String($0)) }
    case .choice(let words): return words.map { ($0.lowercased(), $0) }
    case .list: return setting.name == "KerberosRealms" ? [("A=B.C, D=E", "A=B.C, D=E")] : [("a,b", "a, b"), ("", "")]
    case .text:
      let samples = [
        "URLPrefix": "a/b-c", "TrustedHosts": "*.lab,[::1],<local>".replacing("<", with: "&lt;"), "IPv4Filter": "10.0.0.1-10.0.0.9",
        "IPv6Filter": "", "KeytabFile": "/etc/x.keytab", "RootSDDL": "O:BAG:BAD:P(A;;GA;;;BA)", "CertificateThumbprint": "",
      ]
      let sample = try #require(samples[setting.name], "a new text needs a sample: \(setting.path)")
      return [(sample, sample.replacing("&lt;", with: "<"))]
    }
  }
}

extension Machine {
  /// The same files after a restart.
  convenience init(sharing other: Machine) throws {
    try self.init { environment in
      environment.store = ConfigurationStore(paths: other.paths)
    }
  }
}
