import WSMan
import WinRM

/// The switches of `enumerate`: what is wanted of the instances, and which of them.
struct EnumerationSwitches {
  let options: EnumerationOptions

  /// - Throws: ``WinrmUsageError``, ``WinrmFailure``.
  init(_ arguments: WinrmArguments, _ locator: ResourceLocator) throws {
    var options = EnumerationOptions(mode: try Self.mode(arguments.switches[.returntype]))
    if arguments.switches[.shallow] != nil {
      options.polymorphism = PolymorphismMode.none
    } else if arguments.switches[.basepropertiesonly] != nil {
      options.polymorphism = .excludeSubclassProperties
    }
    options.filter = try Self.filter(arguments, locator)
    guard options.filter == nil || locator.selectors.isEmpty else {
      throw WinrmUsageError("An enumeration has a filter or selectors, not both.")
    }
    self.options = options
  }

  private static func mode(_ text: String?) throws(WinrmUsageError) -> EnumerationMode {
    switch text?.lowercased() {
    case nil, "object": .object
    case "epr": .reference
    case "objectandepr": .objectAndReference
    default: throw WinrmUsageError("Invalid option for -returntype: \"\(text ?? "")\"")
    }
  }

  private static let dialects = [
    "wql": EnumerationFilter.wql, "selector": EnumerationFilter.selectorFilter, "association": EnumerationFilter.associationFilter,
  ]

  private static func filter(_ arguments: WinrmArguments, _ locator: ResourceLocator) throws -> EnumerationFilter? {
    let typed = arguments.switches[.dialect]
    let dialect = typed.map { dialects[$0.lowercased()] ?? $0 } ?? EnumerationFilter.wql
    let isAssociation = dialect.lowercased() == EnumerationFilter.associationFilter.lowercased()
    guard isAssociation || arguments.switches[.associations] == nil else {
      throw WinrmUsageError("-associations goes with -dialect:association only.")
    }
    guard let text = arguments.switches[.filter] else {
      guard typed == nil else { throw WinrmUsageError("-dialect needs -filter.") }
      return nil
    }
    if isAssociation {
      var filter = try AssociationText(parsing: text, below: locator).filter
      filter.returnsAssociations = arguments.switches[.associations] != nil
      return EnumerationFilter(dialect: dialect, content: .association(filter))
    }
    guard dialect == EnumerationFilter.selectorFilter else { return EnumerationFilter(dialect: dialect, content: .text(text)) }
    let set = try InputSet(parsing: text.hasPrefix("@") ? text.dropFirst() : text[...])
    guard !set.values.isEmpty else { throw WinrmUsageError("The filter has no selectors.") }
    return EnumerationFilter(dialect: dialect, content: .selectors(set.values.map { Selector($0.name, $0.value ?? "") }))
  }
}

/// The filter of associations as typed: `{Object=Win32_Service?Name=WinRM;ResultClassName=…}`, names in any case, values without quotes.
struct AssociationText {
  let filter: AssociationFilter

  /// - Parameter locator: what is enumerated, normally `…/*`: the class of the object stands in the place of its last part.
  /// - Throws: ``WinrmUsageError``, ``WinrmFailure``.
  init(parsing text: String, below locator: ResourceLocator) throws {
    let inner = text.hasPrefix("@{") ? text.dropFirst() : text[...]
    guard inner.hasPrefix("{"), inner.hasSuffix("}") else { throw Self.syntax }
    var object: EndpointReference?
    var filter = AssociationFilter(object: EndpointReference(resourceURI: nil))
    var seen: Set<String> = []
    for item in inner.dropFirst().dropLast().split(separator: ";") {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { throw Self.syntax }
      let name = Self.trimmed(pair[0]).lowercased()
      let value = Self.trimmed(pair[1])
      guard seen.insert(name).inserted || name == "includeresultproperty", !value.isEmpty else { throw Self.syntax }
      switch name {
      case "object": object = try Self.object(value, below: locator)
      case "associationclassname": filter.associationClassName = value
      case "resultclassname": filter.resultClassName = value
      case "resultrole": filter.resultRole = value
      case "role": filter.role = value
      case "includeresultproperty": filter.includedProperties.append(value)
      default: throw Self.syntax
      }
    }
    guard let object else { throw Self.syntax }
    filter.object = object
    self.filter = filter
  }

  private static let syntax = WinrmUsageError(
    "Syntax Error: the filter must be of the form {Object=CLASS?KEY=VALUE[;AssociationClassName=...][;ResultClassName=...][;Role=...][;ResultRole=...]}"
  )

  private static func object(_ text: String, below locator: ResourceLocator) throws(WinrmFailure) -> EndpointReference {
    let folder = locator.uri.lastIndex(of: "/").map { locator.uri[...$0] } ?? ""
    let object = try ResourceLocator(parsing: text.contains("://") ? text : folder + text)
    return EndpointReference(
      resourceURI: ResourceURI(rawValue: object.uri), selectors: object.selectors.map { Selector($0.name, Self.unquoted($0.value)) })
  }

  private static func unquoted(_ text: String) -> String {
    text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
