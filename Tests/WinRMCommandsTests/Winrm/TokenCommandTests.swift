import Foundation
import Testing
import WinRMCommands

@Suite struct TokenCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  static let mic = "AQAAAF0OlaQnFEJKAAAAAA=="
  static let text = """
    NTLMSSP_MESSAGE_SIGNATURE
        Version = 1
        Checksum = 5D0E95A42714424A
        SeqNum = 0

    """

  @Test(
    "The token as an argument, with the scheme or header that stood before it, wrapped, or without its padding",
    arguments: [
      mic, "Negotiate " + mic, "Authorization: CredSSP " + mic, "WWW-Authenticate: negotiate AQAAAF0OlaQn\r\n FEJKAAAAAA==",
      "AQAAAF0OlaQnFEJKAAAAAA",
    ])
  func argument(word: String) async {
    let run = await host.run("token", word)
    #expect(run.code == 0 && run.output == Self.text && run.error == "")
  }

  @Test("From standard input, as base64 or as it is")
  func standardInput() async throws {
    let bytes = try #require(Data(base64Encoded: Self.mic))
    for input in [Array((Self.mic + "\n").utf8), [UInt8](bytes)] {
      let run = await host.run(["token", "-"], input: input)
      #expect(run.code == 0 && run.output == Self.text, "\(run)")
    }
    let long = await host.run(["token", "-"], input: [UInt8](repeating: 65, count: 4 << 20))
    #expect(long.code == 1 && long.error.contains("more than"))
  }

  @Test("As XML")
  func xml() async {
    let run = await host.run("token", Self.mic, "-f:xml")
    #expect(
      run.output == """
        <t:NTLMSSP_MESSAGE_SIGNATURE xmlns:t="urn:winrm:token"><t:Version>1</t:Version><t:Checksum>5D0E95A42714424A</t:Checksum>\
        <t:SeqNum>0</t:SeqNum></t:NTLMSSP_MESSAGE_SIGNATURE>

        """)
  }

  @Test("A token with flaws is shown as far as it goes, and is a failure")
  func flaws() async {
    // TSRequest of version 6 with a length that lies behind it.
    let run = await host.run("token", "MAWgAwIBBgA=")
    #expect(run.code == 1 && run.output == "TSRequest\n    version = 6\n    Flaw = 1 bytes follow where the token ends (at byte 7)\n")
    #expect(run.error.contains("Error number:  -2146893048 0x80090308\n"))
  }

  @Test("What begins with a slash is a token, not a switch; what is no base64 is refused")
  func words() async {
    let slash = await host.run("token", "/w==")
    #expect(slash.output.hasPrefix("Token\n    Bytes = FF\n"))
    #expect(await host.run("token", "a*b").error.hasPrefix("Error: The token is not base64.\n"))
    #expect(await host.run("token", "A").code == 1)
    #expect(await host.run("token").code == 1)
    #expect(await host.run("token", "-?").output.contains("winrm token BASE64|-"))
  }
}
