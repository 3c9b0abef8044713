import SecuritySupport
import Testing

@testable import WinRMDoctor

@Suite("Reports")
struct ReportTests {
  private func report(_ evidence: String, _ state: CheckState = .fail) -> DoctorReport {
    DoctorReport(
      subject: .init(target: "hop1", method: "CredSSP", user: "alice", secondHop: "hop2"), time: 1_795_369_539,
      checks: [
        Check(.init(rawValue: "client.flag"), "The flag", at: .client, .pass, "on"),
        Check(
          .init(rawValue: "network.port"), "The port", at: .firstLink, state, evidence, remedy: state == .fail ? "mend <it>" : nil,
          code: state == .fail ? .destinationUnreachable : nil),
        Check(.init(rawValue: "server.logon"), "The logon", at: .firstHop, .unknown, "not tried"),
      ])
  }

  @Test func text() {
    #expect(
      TextReport.write(report("nothing listens")) == """
        this machine -> hop1 -> hop2  by CredSSP as alice

        This machine
          pass     The flag: on

        The way to hop1
          fail     The port: nothing listens (0x80338012)
                   mend: mend <it>

        hop1
          unknown  The logon: not tried

        The broken link is network.port: nothing listens (1 pass, 1 fail, 1 unknown)

        """)
  }

  @Test func json() {
    #expect(
      JSONReport.write(report("say \"no\"\n\u{7}")) == #"""
        {
          "version": 1,
          "time": "2026-11-22T17:45:39Z",
          "target": "hop1",
          "authentication": "CredSSP",
          "user": "alice",
          "secondHop": "hop2",
          "passed": false,
          "firstFailure": "network.port",
          "places": [
            {"id": "client", "name": "This machine", "state": "pass"},
            {"id": "firstLink", "name": "The way to hop1", "state": "fail"},
            {"id": "firstHop", "name": "hop1", "state": "unknown"}
          ],
          "checks": [
            {"id": "client.flag", "title": "The flag", "place": "client", "state": "pass", "evidence": "on", "remedy": null, "code": null},
            {"id": "network.port", "title": "The port", "place": "firstLink", "state": "fail", "evidence": "say \"no\" �", "remedy": "mend <it>", "code": "0x80338012"},
            {"id": "server.logon", "title": "The logon", "place": "firstHop", "state": "unknown", "evidence": "not tried", "remedy": null, "code": null}
          ]
        }

        """#)
  }

  @Test("Nothing of a peer becomes part of the page, or of the terminal") func escaping() {
    let hostile = "</p><script>alert('1')</script>\"&\u{1B}[31m\u{202E}"
    let page = HTMLReport.write(report(hostile))
    #expect(page.contains("&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\u{FFFD}[31m\u{FFFD}"))
    #expect(!page.contains("<script") && !page.contains("\u{1B}") && !page.contains("\u{202E}"))
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("url("))
    #expect(!TextReport.write(report(hostile)).contains("\u{1B}"))
  }

  @Test(
    "What nobody would see is shown to be there",
    arguments: [
      0x00, 0x1B, 0x7F, 0x85, 0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x2028, 0x202E, 0x2060, 0x2066, 0x3164,
      0xFE0F,
      0xFEFF, 0xFFA0, 0xE0000, 0xE0041, 0xE007F, 0xE0100,
    ] as [UInt32])
  func invisible(value: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(value))
    #expect(SafeText.printable("a\(scalar)b").unicodeScalars.elementsEqual("a\u{FFFD}b".unicodeScalars))
    #expect(!HTMLReport.write(report("a\(scalar)b")).unicodeScalars.contains(scalar))
    #expect(!TextReport.write(report("a\(scalar)b")).unicodeScalars.contains(scalar))
  }

  @Test func blanksOfAnyKindAreBlanks() {
    #expect(SafeText.printable("a\u{A0}b\u{3000}c\td\r\ne") == "a b c d  e")
    #expect(SafeText.printable("Zugriff verweigert: ä \u{65}\u{301} 日本") == "Zugriff verweigert: ä \u{65}\u{301} 日本")
  }

  @Test func longEvidenceIsCut() {
    let text = TextReport.write(report(String(repeating: "x", count: 100_000)))
    #expect(text.utf8.count < 5000)
  }

  @Test(arguments: [(CheckState.pass, "Everything"), (.unknown, "Nothing failed, but 2 checks")])
  func summaries(state: CheckState, beginning: String) {
    var report = report("it is so", state)
    if state == .pass { report.checks.removeLast() }
    #expect(report.summary.hasPrefix(beginning))
    #expect(report.passed == (state == .pass))
  }

  @Test func drawingsNameTheStateOfEachLink() {
    let drawing = ChainDrawing(report: report("no"), isVertical: false).svg(id: "x")
    #expect(drawing.contains("class=\"link fail\" data-place=\"firstLink\" data-state=\"fail\""))
    #expect(drawing.contains("class=\"node unknown\" data-place=\"secondHop\""))
    #expect(ChainDrawing.shortened("a-very-long-name.of-a-host.example.com") == "a-very-lo\u{2026}le.com")
    #expect(ChainDrawing.shortened("https://hop1:5986") == "hop1:5986")
  }
}

@Suite("Times")
struct UTCTimeTests {
  @Test(arguments: [
    (0 as Int64, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_369_539, "2026-11-22T17:45:39Z"),
    (-1, "1969-12-31T23:59:59Z"), (4_102_444_799, "2099-12-31T23:59:59Z"), (1_709_251_199, "2024-02-29T23:59:59Z"),
  ])
  func texts(seconds: Int64, text: String) { #expect(UTCTime.text(seconds) == text) }

  @Test func httpDates() {
    #expect(UTCTime.seconds(httpDate: "Sun, 22 Nov 2026 17:45:39 GMT") == 1_795_369_539)
    #expect(UTCTime.seconds(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)  // RFC 9110 §5.6.7
    #expect(UTCTime.seconds(httpDate: "Thu, 29 Feb 2024 23:59:59 GMT") == 1_709_251_199)
    for text in [
      "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 22 Nov 2026 17:45:39 CET", "Sun, 22 Nov 2026 24:00:00 GMT",
      "Sun, 22 Nov 20266 17:45:39 GMT", "Sun, 00 Nov 2026 17:45:39 GMT", "Sun, 22 Nov 2026 1:2:3 GMT", "x, x x x x x",
    ] { #expect(UTCTime.seconds(httpDate: text) == nil, "\(text)") }
  }
}

@Suite("Targets of the second hop")
struct SecondHopTargetTests {
  @Test(arguments: [
    ("hop2", "hop2", SecondHopTarget.Service.any), ("hop2:6000", "hop2", .winrm(scheme: "http", port: 6000)),
    ("http://hop2", "hop2", .winrm(scheme: "http", port: nil)), ("https://hop2/", "hop2", .winrm(scheme: "https", port: nil)),
    ("https://hop2:443/wsman", "hop2", .winrm(scheme: "https", port: 443)), ("//files/c$", "files", .files(share: "c$")),
    ("SMB://files", "files", .files(share: nil)), ("[fd00::1]:5985", "fd00::1", .winrm(scheme: "http", port: 5985)),
    ("[fd00::1]", "fd00::1", .any),
  ])
  func good(text: String, host: String, service: SecondHopTarget.Service) throws {
    let target = try #require(SecondHopTarget(parsing: text))
    #expect(target.host == host && target.service == service && target.text == text)
  }

  @Test(
    "No character that means something to a shell comes through",
    arguments: [
      "", "a b", "a;b", "a'b", "a\"b", "a`b", "$(a)", "a|b", "a>b", "a&b", "a\nb", "-a", ".a", "a:", "a:0", "a:65536", "a:x", "[a]",
      "[::1%eth0]",
      "//", "//a/b c", "//a/b/c", "//a:1/b", "http://", "ä", "a\\b", "a#b", "a*b", "http://a/b",
    ])
  func bad(text: String) { #expect(SecondHopTarget(parsing: text) == nil) }
}

@Suite("The script of the second hop")
struct SecondHopScriptTests {
  @Test func answers() {
    let said = "motd\nwinrm-doctor=1\nname=1.2.3.4  \r\nticketerror=a=b\nport.445=open\nend=1\n"
    #expect(SecondHopScript.parse(Array(said.utf8)) == .said(["name": "1.2.3.4", "ticketerror": "a=b", "port.445": "open", "end": "1"]))
    for text in ["", "name=1", "winrm-doctor=1\nname=1"] {
      guard case .failed = SecondHopScript.parse(Array(text.utf8)) else {
        Issue.record("\(text) is no answer")
        continue
      }
    }
  }

  @Test func targetsStandInQuotes() throws {
    let script = SecondHopScript.posix(try #require(SecondHopTarget(parsing: "//files/c$")))
    #expect(script.hasPrefix("host='files' kind='files' service='' share='c$' ports='445'\n"))
  }
}
