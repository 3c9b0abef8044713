import SecuritySupport
import WSMan

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `set`, `create` and `invoke` are given: `@{…}`, or a file with XML.
enum ResourceInput {
  case empty
  case values(InputSet)
  case file(XMLElement)

  /// `nil` when there is neither. Both together are refused, where Windows takes one and says nothing.
  ///
  /// - Throws: ``WinrmUsageError``; ``WinrmFailure`` when the file cannot be read, or is no XML.
  init?(_ arguments: WinrmArguments) throws {
    switch (arguments.input, arguments.switches[.file]) {
    case (let values?, nil): self = .values(values)
    case (nil, let path?): self = .file(try Self.read(path))
    case (_?, _?): throw WinrmUsageError("Input is given by @{...} or by -file, not by both.")
    case (nil, nil): return nil
    }
  }

  var isEmpty: Bool {
    switch self {
    case .empty: true
    case .values(let set): set.values.isEmpty
    case .file: false
    }
  }

  /// The content of a message: the file, or an element of that name with a child for each value.
  ///
  /// - Throws: ``WinrmUsageError`` for a key that cannot be the name of an element.
  func document(root: String, namespace: String) throws(WinrmUsageError) -> XMLElement {
    let values: [(name: String, value: String?)]
    switch self {
    case .file(let document): return document
    case .values(let set): values = set.values
    case .empty: values = []
    }
    for (name, _) in values where !ResourceOperation.isElementName(name) {
      throw WinrmUsageError("The key \"\(name)\" cannot be the name of an element.")
    }
    return XMLElement(
      XMLName(namespace: namespace, localName: root),
      children: values.map { name, value in
        let name = XMLName(namespace: namespace, localName: name)
        guard let value else { return .element(XMLElement(name, attributes: [.null])) }
        return .element(XMLElement(name, text: value))
      })
  }

  private static func read(_ path: String) throws(WinrmFailure) -> XMLElement {
    let limits = XMLLimits.request
    guard let file = fopen(path, "rbe") else { throw unreadable(path) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: limits.maximumBytes + 1)
    let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
    guard ferror(file) == 0 else { throw unreadable(path) }
    do { return try XMLElement(parsing: Array(bytes.prefix(count)), limits: limits) } catch {
      throw WinrmFailure(.schemaValidationError, "The file \(path) of -file cannot be used: \(error.message)")
    }
  }

  private static func unreadable(_ path: String) -> WinrmFailure {
    let number = errno
    let code = number == ENOENT ? WinRMCode(rawValue: 2) : number == EACCES ? .accessDenied : WinRMCode(rawValue: 0x8007_001D)
    return WinrmFailure(code, "The file \(path) of -file cannot be read: \(String(cString: strerror(number))).")
  }
}

extension XMLAttribute {
  /// `xsi:nil="true"`.
  fileprivate static let null = XMLAttribute(XMLName(.schemaInstance, "nil"), "true")

  /// Whether it says something about the resource itself.
  fileprivate var isProperty: Bool { name.namespace.isEmpty && name.localName != "Source" }
}

extension InputSet {
  /// The resource with the values in the place of what it had. Names count in exactly their case, and only direct children are meant; or, where
  /// a resource has no such child, its attributes: plug-ins keep their settings there.
  ///
  /// - Throws: ``WinrmUsageError`` in the words of the Windows tool.
  func applied(to resource: XMLElement, _ uri: ResourceURI) throws(WinrmUsageError) -> XMLElement {
    var resource = resource
    let known =
      resource.attributes.filter(\.isProperty).map(\.name.localName)
      + resource.elements.filter { $0.elements.isEmpty && !$0.isLocation }.map(\.name.localName)
    for (name, value) in values {
      let places = resource.children.indices.filter { index in
        guard case .element(let child) = resource.children[index] else { return false }
        return child.name.localName == name && !child.isLocation
      }
      if places.isEmpty, let place = resource.attributes.firstIndex(where: { $0.isProperty && $0.name.localName == name }) {
        resource.attributes[place].value = value ?? ""
        continue
      }
      guard let place = places.first, case .element(var child) = resource.children[place] else {
        throw SettingHint.unknown(name, SettingHint.text(for: name, among: known, of: uri))
      }
      guard places.count == 1 else {
        throw WinrmUsageError("Parameter matches more than one property on resource: \(name)", pointsToHelp: false)
      }
      guard child.elements.isEmpty else {
        throw WinrmUsageError("Parameter matches a non-text property on resource: \(name)", pointsToHelp: false)
      }
      child.attributes.removeAll { $0.name == XMLAttribute.null.name }
      if value == nil { child.attributes.append(.null) }
      child.children = value.map { $0.isEmpty ? [] : [.text($0)] } ?? []
      resource.children[place] = .element(child)
    }
    return resource
  }
}

extension XMLElement {
  /// Where a CIM instance says where it is; no property of it.
  fileprivate var isLocation: Bool {
    name == XMLName(namespace: "http://schemas.dmtf.org/wbem/wscim/1/common", localName: "Location")
  }
}
