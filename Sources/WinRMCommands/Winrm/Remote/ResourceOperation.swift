import SecuritySupport
import WSMan
import WinRM

/// `get`, `set`, `create`, `delete`, `enumerate` and `invoke` on the resources of a service, this machine's or a remote one. Everything that
/// can be wrong with the command line is found when this is made, before anybody is asked for a password.
struct ResourceOperation {
  private enum Verb {
    case get
    case set(ResourceInput)
    case create(XMLElement)
    case delete
    case enumerate(EnumerationOptions)
    case invoke(action: String, XMLElement)
  }

  private let verb: Verb
  private let resource: ResourceSelection
  private let printer: ResourcePrinter

  /// - Throws: ``WinrmUsageError``, ``WinrmFailure``.
  init(_ arguments: WinrmArguments, format: OutputFormat, console: CommandConsole) throws {
    let locator = try ResourceLocator(parsing: arguments.operands.last ?? "")
    resource = ResourceSelection(
      ResourceURI(rawValue: locator.uri), selectors: Dictionary(locator.selectors.map { ($0.name, $0.value) }) { first, _ in first },
      options: try Self.options(arguments.switches[.options]), fragment: try Self.fragment(arguments))
    printer = ResourcePrinter(format: format, console: console)
    let input = try ResourceInput(arguments)
    switch arguments.operation {
    case .set:
      guard let input, !input.isEmpty else {
        throw WinrmUsageError("No input provided through \"@{...}\" or \"-file:\" commandline parameters.")
      }
      verb = .set(input)
    case .create:
      if case .values(let set)? = input { try SettingHint.check(set.values.map(\.name), ofNew: resource.uri) }
      verb = .create(try (input ?? .empty).document(root: Self.lastPart(of: locator), namespace: locator.uri))
    case .delete: verb = .delete
    case .enumerate: verb = .enumerate(try EnumerationSwitches(arguments, locator).options)
    case .invoke:
      let action = arguments.operands[0]
      verb = .invoke(action: action, try (input ?? .empty).document(root: Self.inputName(of: action), namespace: locator.uri))
    default: verb = .get
    }
  }

  /// Carries the operation out.
  ///
  /// - Parameter advise: told which settings have been named in a `set`, and what the resource is then.
  /// - Throws: what the access throws, and ``WinrmUsageError`` for a name that the resource does not have.
  func run(
    _ access: any ResourceAccess, advise: (Set<String>, ResourceSelection, XMLElement) -> Void = { _, _, _ in }
  ) async throws {
    switch verb {
    case .get: printer.show(try await access.get(resource))
    case .set(let input): try await set(input, access, advise)
    case .create(let content):
      printer.show(try await access.create(resource, content).element(named: XMLName(.transfer, "ResourceCreated")))
    case .delete: try await access.delete(resource)
    case .enumerate(let options):
      var list = ResourcePrinter.List(printer)
      do { try await access.enumerate(resource, options) { list.add($0) } } catch {
        list.fail()
        throw error
      }
      list.end()
    case .invoke(let action, let content):
      if let answer = try await access.invoke(action, on: resource, content) { printer.show(answer) }
    }
  }

  /// Reads the whole resource, changes what was named, and writes the whole back.
  private func set(
    _ input: ResourceInput, _ access: any ResourceAccess, _ advise: (Set<String>, ResourceSelection, XMLElement) -> Void
  ) async throws {
    let content: XMLElement
    let names: [String]
    switch input {
    case .file(let document):
      content = document
      names = document.elements.map(\.name.localName)
    case .values(let values):
      content = try values.applied(to: try await access.get(resource), resource.uri)
      names = values.values.map(\.name)
    case .empty: return
    }
    guard let answer = try await access.put(resource, content) else { return }
    advise(Set(names), resource, answer)
    printer.show(answer)
  }

  // MARK: The command line

  private static func options(_ text: String?) throws(WinrmUsageError) -> [OptionValue] {
    guard let text else { return [] }
    let set = try InputSet(parsing: text.hasPrefix("@") ? text.dropFirst() : text[...])
    return set.values.map { OptionValue($0.name, $0.value ?? "") }
  }

  private static func fragment(_ arguments: WinrmArguments) throws(WinrmUsageError) -> FragmentTransfer? {
    let dialect = arguments.switches[.dialect]
    guard let path = arguments.switches[.fragment] else {
      guard dialect == nil || arguments.operation == .enumerate else { throw WinrmUsageError("-dialect goes with -fragment only.") }
      return nil
    }
    return FragmentTransfer(path, dialect: dialect ?? FragmentTransfer.xpath)
  }

  /// The root element of what is created is called as the last part of the URI.
  private static func lastPart(of locator: ResourceLocator) throws(WinrmFailure) -> String {
    let name = locator.uri.split(separator: "/").last.map(String.init) ?? ""
    guard isElementName(name) else {
      throw WinrmFailure(.invalidResourceURI, "The last part of the resource URI, \"\(name)\", cannot be the name of an element.")
    }
    return name
  }

  private static func inputName(of action: String) throws(WinrmUsageError) -> String {
    let name = action.split(separator: "/").last.map(String.init) ?? ""
    guard isElementName(name) else { throw WinrmUsageError("\"\(action)\" is no name of an action.") }
    return name + "_INPUT"
  }

  /// `[a-z_][-a-z0-9._]*`, in any case.
  static func isElementName(_ name: String) -> Bool {
    guard let first = name.first, name.allSatisfy(\.isASCII), first.isLetter || first == "_" else { return false }
    return name.allSatisfy { $0.isLetter || $0.isNumber || "-._".contains($0) }
  }
}
