import WinRMConfiguration

extension ResultElement {
  /// A part of the settings, with `Source="GPO"` where policy decides.
  ///
  /// - Parameter path: the path of the part below `winrm`, such as `config/client`.
  init(_ tree: SettingTree, path: String, in settings: EffectiveSettings) {
    let resource = ConfigurationResource(path: path)
    self.init(
      name: tree.name,
      children: tree.nodes.flatMap { node -> [ResultElement] in
        switch node {
        case .tree(let tree): return [ResultElement(tree, path: "\(path)/\(tree.name.lowercased())", in: settings)]
        case .value(let name, _):
          let isGoverned = resource.map { settings.item(deciding: name, of: $0) != nil } ?? false
          let elements = ResultElement(SettingTree(name: "", nodes: [node])).elements
          return isGoverned ? elements.map(\.governed) : elements
        }
      })
  }

  /// The element as policy has made it.
  var governed: ResultElement {
    var element = self
    element.attributes.append((name: "Source", value: "GPO"))
    return element
  }

  private var elements: [ResultElement] {
    switch content {
    case .children(let children): children
    case .value: []
    }
  }
}
