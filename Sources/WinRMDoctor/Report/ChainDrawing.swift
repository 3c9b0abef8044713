/// The chain as a picture: a box per machine, a line per way, each with the state of its checks. The domain stands beside the first way.
struct ChainDrawing {
  var report: DoctorReport
  /// From top to bottom, for narrow screens; else from left to right.
  var isVertical: Bool

  private struct Node {
    var place: Place
    var name: String
    var role: String
    var x: Int
    var y: Int
  }

  private let width = 220
  private let height = 64
  private let gap = 120

  func svg(id: String) -> String {
    let nodes = self.nodes
    let hasDomain = report.state(of: .domain) != nil
    let size = size(nodes.count, hasDomain: hasDomain)
    var parts = zip(nodes, nodes.dropFirst()).map { way(from: $0, to: $1) }
    if hasDomain, let client = nodes.first { parts += domain(beside: client) }
    parts += nodes.map(box)
    return """
      <svg id="\(id)" viewBox="0 0 \(size.width) \(size.height)" style="max-width:\(size.width)px" role="img" \
      aria-label="\(HTMLReport.escaped(description))">
      \(parts.joined(separator: "\n"))
      </svg>
      """
  }

  private var description: String {
    report.places.map { "\(report.name(of: $0)): \(report.state(of: $0)?.rawValue ?? "")" }.joined(separator: "; ")
  }

  private var nodes: [Node] {
    guard let target = report.subject.target else { return [node(.service, "this machine", "its service", 0)] }
    var names: [(Place, String, String)] = [(.client, "this machine", "the client"), (.firstHop, target, "the first hop")]
    if let second = report.subject.secondHop { names.append((.secondHop, second, "the second hop")) }
    return names.enumerated().map { node($1.0, $1.1, $1.2, $0) }
  }

  /// How far the row of machines stands below the top, to leave room for the domain.
  private var top: Int { !isVertical && report.state(of: .domain) != nil ? 110 : 8 }
  private var left: Int { isVertical && report.state(of: .domain) != nil ? 50 : 8 }

  private func node(_ place: Place, _ name: String, _ role: String, _ index: Int) -> Node {
    isVertical
      ? Node(place: place, name: name, role: role, x: left, y: top + index * (height + gap))
      : Node(place: place, name: name, role: role, x: left + index * (width + gap), y: top)
  }

  private func size(_ count: Int, hasDomain: Bool) -> (width: Int, height: Int) {
    isVertical
      ? (left + width + 8 + (hasDomain ? 42 : 0), top + count * height + (count - 1) * gap + 8)
      : (left + count * width + (count - 1) * gap + 8, top + height + 8)
  }

  private func state(_ place: Place) -> CheckState { report.state(of: place) ?? .unknown }

  private func box(_ node: Node) -> String {
    let state = state(node.place)
    return """
      <g class="node \(state.rawValue)" data-place="\(node.place.rawValue)" data-state="\(state.rawValue)">\
      <title>\(HTMLReport.escaped("\(node.name): \(state.rawValue)"))</title>\
      <rect class="box" x="\(node.x)" y="\(node.y)" width="\(width)" height="\(height)" rx="10"/>\
      <text x="\(node.x + 44)" y="\(node.y + 29)">\(HTMLReport.escaped(Self.shortened(node.name)))</text>\
      <text class="role" x="\(node.x + 44)" y="\(node.y + 48)">\(HTMLReport.escaped(node.role))</text>\
      \(StateMark.group(state, x: node.x + 24, y: node.y + height / 2))</g>
      """
  }

  private func way(from first: Node, to second: Node) -> String {
    let place: Place = first.place == .client ? .firstLink : .secondLink
    let state = state(place)
    let (x, y) = isVertical ? (first.x + width / 2, first.y + height) : (first.x + width, first.y + height / 2)
    let path =
      isVertical
      ? "M\(x) \(y + 8) L\(x) \(y + gap - 9) M\(x - 6) \(y + gap - 16) L\(x) \(y + gap - 9) L\(x + 6) \(y + gap - 16)"
      : "M\(x + 8) \(y) L\(x + gap - 9) \(y) M\(x + gap - 16) \(y - 6) L\(x + gap - 9) \(y) L\(x + gap - 16) \(y + 6)"
    let mark = isVertical ? StateMark.group(state, x: x, y: y + gap / 2) : StateMark.group(state, x: x + gap / 2, y: y)
    return """
      <g class="link \(state.rawValue)" data-place="\(place.rawValue)" data-state="\(state.rawValue)">\
      <title>\(HTMLReport.escaped("\(report.name(of: place)): \(state.rawValue)"))</title><path class="way" d="\(path)"/>\(mark)</g>
      """
  }

  private func domain(beside client: Node) -> [String] {
    let state = state(.domain)
    let (x, y, width) = isVertical ? (client.x + self.width / 2 + 24, client.y + height + 36, 128) : (client.x + self.width - 16, 8, 152)
    let path =
      isVertical
      ? "M\(x + width / 2) \(client.y + height + 6) L\(x + width / 2) \(y - 4)"
      : "M\(client.x + self.width - 60) \(client.y - 8) L\(client.x + self.width - 60) \(y + 24) L\(x - 8) \(y + 24)"
    return [
      """
      <g class="node \(state.rawValue)" data-place="domain" data-state="\(state.rawValue)"><title>\(HTMLReport.escaped("the domain: \(state.rawValue)"))</title>\
      <path class="way side" d="\(path)"/><rect class="box" x="\(x)" y="\(y)" width="\(width)" height="48" rx="10"/>\
      <text x="\(x + 40)" y="\(y + 22)">domain</text><text class="role" x="\(x + 40)" y="\(y + 38)">its KDC</text>\
      \(StateMark.group(state, x: x + 21, y: y + 24))</g>
      """
    ]
  }

  /// At most 16 characters, without a transport in front: the beginning and the end of a name say most.
  static func shortened(_ name: String) -> String {
    var short = name[...]
    if let slash = short.firstIndex(of: "/"), short[slash...].hasPrefix("//") { short = short[slash...].dropFirst(2) }
    guard !short.isEmpty else { return name }
    guard short.count > 16 else { return String(short) }
    return "\(short.prefix(9))\u{2026}\(short.suffix(6))"
  }
}
