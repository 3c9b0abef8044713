import Testing
import WSMan

@Suite struct GUIDTextTests {
  @Test func randomGUIDsAreValidAndDiffer() {
    let first = GUIDText.random()
    #expect(GUIDText.isValid(first))
    #expect(first != GUIDText.random())
    #expect(GUIDText.isValid(GUIDText.randomMessageID()))
    #expect(Array(first.utf8)[14] == UInt8(ascii: "4"))
  }

  @Test(arguments: ["", "uuid:", "4283CBDC", "4283CBDC-0000-4000-8000-00000000000G", "{4283CBDC-0000-4000-8000-000000000000}", "a\u{301}"])
  func otherTextsAreNot(_ text: String) { #expect(!GUIDText.isValid(text)) }

  @Test(arguments: [
    "4283CBDC-0000-4000-8000-00000000000f", "uuid:4283cbdc-0000-4000-8000-00000000000F", "UUID:4283CBDC-0000-4000-8000-000000000000",
  ])
  func anyCaseIs(_ text: String) { #expect(GUIDText.isValid(text)) }
}
