import SecuritySupport

/// The report as one page that needs nothing else: no script, no font, no picture of another place. It reads in light and in dark, and on a
/// phone.
public enum HTMLReport {
  public static func write(_ report: DoctorReport) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="referrer" content="no-referrer">
    <title>\(escaped(title(report.subject)))</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    <main>
    <header>
    <p class="tool">winrm doctor</p>
    <h1>\(escaped(title(report.subject)))</h1>
    <p class="facts">\(facts(report).map { "<span>\(escaped($0))</span>" }.joined(separator: "\n"))</p>
    </header>
    <section id="outcome" class="outcome \(outcome(report).rawValue)">
    \(outcomeText(report))
    </section>
    <figure>
    \(ChainDrawing(report: report, isVertical: false).svg(id: "chain-wide"))
    \(ChainDrawing(report: report, isVertical: true).svg(id: "chain-narrow"))
    </figure>
    \(report.places.map { section($0, report) }.joined(separator: "\n"))
    <footer><p>Made \(escaped(UTCTime.text(report.time))). The report holds names and addresses, and no secret.</p></footer>
    </main>
    </body>
    </html>

    """
  }

  /// Text of an element or an attribute in double quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in SafeText.printable(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  private static func title(_ subject: DoctorReport.Subject) -> String {
    guard let target = subject.target else { return "The service of this machine" }
    return subject.secondHop.map { "The way to \($0) through \(target)" } ?? "The way to \(target)"
  }

  private static func facts(_ report: DoctorReport) -> [String] {
    let subject = report.subject
    return (subject.method.map { [$0] } ?? []) + (subject.user.map { ["as \($0)"] } ?? [])
      + [CheckState.pass, .fail, .unknown].compactMap { state in
        let count = report.count(of: state)
        return count == 0 ? nil : "\(count) \(word(state))"
      }
  }

  private static func outcome(_ report: DoctorReport) -> CheckState { .worst(of: report.checks.map(\.state)) }

  private static func outcomeText(_ report: DoctorReport) -> String {
    guard let failure = report.firstFailure else { return "<p class=\"verdict\">\(escaped(report.summary))</p>" }
    return """
      <p class="label">\(report.count(of: .fail) == 1 ? "The broken link" : "The first of \(report.count(of: .fail)) broken links")</p>
      <p class="verdict">\(escaped(failure.evidence))</p>
      \(remedy(failure))
      """
  }

  private static func section(_ place: Place, _ report: DoctorReport) -> String {
    """
    <section class="place" id="place-\(place.rawValue)">
    <h2>\(escaped(report.name(of: place)))</h2>
    <ul>
    \(report.checks.filter { $0.place == place }.map(item).joined(separator: "\n"))
    </ul>
    </section>
    """
  }

  private static func item(_ check: Check) -> String {
    let code = check.code.map { " <span class=\"code\">\(escaped($0.hexadecimal))</span>" } ?? ""
    return """
      <li class="check \(check.state.rawValue)" data-check="\(escaped(check.id.rawValue))" data-state="\(check.state.rawValue)">
      <span class="state">\(StateMark.inline(check.state))<span>\(word(check.state))</span></span>
      <div class="what"><h3>\(escaped(check.title))</h3>
      <p class="evidence">\(escaped(check.evidence))\(code)</p>
      \(check.state == .fail ? remedy(check) : "")</div>
      </li>
      """
  }

  private static func remedy(_ check: Check) -> String {
    check.remedy.map { "<p class=\"mend\"><span>What mends it</span><code>\(escaped($0))</code></p>" } ?? ""
  }

  private static func word(_ state: CheckState) -> String {
    switch state {
    case .pass: "passed"
    case .fail: "failed"
    case .unknown: "unknown"
    }
  }

  private static let style = """
    :root { --paper: #f6f7f9; --card: #ffffff; --ink: #1a1f26; --soft: #56606d; --line: #d9dee5; --pass: #1a7f45; --fail: #c0262d;
      --unknown: #6b7480; --pass-wash: #e6f4ec; --fail-wash: #fdecec; --unknown-wash: #eef0f3; --code: #f0f2f5; }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #12161b; --card: #1b2129; --ink: #e8ecf1; --soft: #a3adb9; --line: #333c47; --pass: #5ecb8b; --fail: #ff8080;
        --unknown: #a3adb9; --pass-wash: #17301f; --fail-wash: #3a1d20; --unknown-wash: #252c35; --code: #12161b; }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
      sans-serif; }
    main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
    h1, h2, h3, p, ul { margin: 0; padding: 0; }
    h1, h2, h3, p, code, span { overflow-wrap: anywhere; }
    .tool { color: var(--soft); font-size: .85rem; letter-spacing: .04em; }
    h1 { font-size: 1.5rem; line-height: 1.25; margin: .1rem 0 .5rem; }
    .facts { display: flex; flex-wrap: wrap; gap: .35rem .5rem; }
    .facts span { background: var(--unknown-wash); border-radius: 1rem; padding: .1rem .7rem; font-size: .85rem; color: var(--soft); }
    .outcome { margin: 1.25rem 0; padding: 1rem 1.1rem; border-radius: .6rem; border-left: .3rem solid; }
    .outcome.pass { background: var(--pass-wash); border-color: var(--pass); }
    .outcome.fail { background: var(--fail-wash); border-color: var(--fail); }
    .outcome.unknown { background: var(--unknown-wash); border-color: var(--unknown); }
    .label { font-size: .8rem; font-weight: 600; color: var(--fail); }
    .verdict { font-weight: 600; }
    figure { margin: 0 0 1.5rem; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
    figure svg { display: block; width: 100%; height: auto; margin: 0 auto; }
    #chain-narrow { display: none; }
    svg text { fill: var(--ink); font-size: 14px; font-weight: 600; }
    svg text.role { fill: var(--soft); font-size: 12px; font-weight: 400; }
    svg .box { fill: var(--card); stroke-width: 2; }
    svg .way { fill: none; stroke-width: 3; stroke-linecap: round; }
    svg .side { stroke-width: 2; stroke-dasharray: 1 6; }
    svg .unknown .way { stroke-dasharray: 2 8; }
    svg .pass .box, svg .pass .way { stroke: var(--pass); }
    svg .fail .box, svg .fail .way { stroke: var(--fail); }
    svg .unknown .box, svg .unknown .way { stroke: var(--unknown); }
    .mark.pass .disc { fill: var(--pass); } .mark.fail .disc { fill: var(--fail); } .mark.unknown .disc { fill: var(--unknown); }
    .mark .sign { fill: none; stroke: var(--card); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .place h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; color: var(--soft); }
    .place ul { list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
    .check { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .25rem .75rem; padding: .8rem 1rem; }
    .check + .check { border-top: 1px solid var(--line); }
    .check.fail { background: var(--fail-wash); }
    .state { display: inline-flex; align-items: center; gap: .4rem; align-self: start; font-size: .85rem; font-weight: 600; }
    .state svg { width: 1.1rem; height: 1.1rem; flex: none; }
    .pass > .state { color: var(--pass); } .fail > .state { color: var(--fail); } .unknown > .state { color: var(--unknown); }
    h3 { font-size: .95rem; line-height: 1.4; }
    .evidence { color: var(--soft); font-size: .9rem; }
    .code { font-family: ui-monospace, monospace; font-size: .8rem; white-space: nowrap; }
    .mend { margin-top: .5rem; }
    .mend span { display: block; font-size: .8rem; font-weight: 600; }
    .mend code { display: block; background: var(--code); border: 1px solid var(--line); border-radius: .35rem; padding: .5rem .6rem;
      font: .85rem/1.45 ui-monospace, "Cascadia Mono", Menlo, monospace; white-space: pre-wrap; }
    footer { margin-top: 2rem; color: var(--soft); font-size: .8rem; }
    @media (max-width: 46rem) {
      main { padding: 1rem .75rem 2rem; }
      h1 { font-size: 1.25rem; }
      #chain-wide { display: none; }
      #chain-narrow { display: block; max-width: 20rem; }
      .check { grid-template-columns: minmax(0, 1fr); }
    }
    @media print { body { background: none; } .check, .outcome { break-inside: avoid; } }
    """
}

/// The sign of a state: never its colour alone.
enum StateMark {
  /// A mark around the origin, 20 units wide.
  static func group(_ state: CheckState, x: Int, y: Int) -> String {
    "<g class=\"mark \(state.rawValue)\" transform=\"translate(\(x) \(y))\">\(shapes(state))</g>"
  }

  static func inline(_ state: CheckState) -> String {
    "<svg class=\"mark \(state.rawValue)\" viewBox=\"-10 -10 20 20\" aria-hidden=\"true\">\(shapes(state))</svg>"
  }

  private static func shapes(_ state: CheckState) -> String {
    let sign =
      switch state {
      case .pass: "M-4.5 0.5 L-1.5 3.5 L4.5 -3.5"
      case .fail: "M-3.5 -3.5 L3.5 3.5 M3.5 -3.5 L-3.5 3.5"
      case .unknown: "M-2.8 -2.6 A2.8 2.8 0 1 1 0 0.4 L0 1.6 M0 4.8 L0 4.9"
      }
    return "<circle class=\"disc\" r=\"10\"/><path class=\"sign\" d=\"\(sign)\"/>"
  }
}
