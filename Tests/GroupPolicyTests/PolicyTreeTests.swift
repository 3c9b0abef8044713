import GroupPolicy
import Testing

@Suite struct PolicyTreeTests {
  let first = PolicySource(object: "first", file: "1.pol")
  let second = PolicySource(object: "second", file: "2.pol")

  func tree(_ files: [PolicyFile.Entry]...) throws -> PolicyTree {
    var tree = PolicyTree()
    for (entries, source) in zip(files, [first, second]) { try tree.apply(PolicyFile(entries: entries), from: source) }
    return tree
  }

  @Test("The later file wins, and each value says where it comes from") func precedence() throws {
    let tree = try tree(
      [Fixture.number("K", "a", 1), Fixture.number("K", "b", 2)], [Fixture.number("k", "A", 3), Fixture.text("K", "c", "x")])
    #expect(tree.items(of: "K").map(\.name) == ["A", "b", "c"])
    #expect(tree.item("K", "a")?.value.number == 3)
    #expect(tree.item("K", "a")?.source == second)
    #expect(tree.item("k", "B")?.source == first)
    #expect(tree.item("K\\L", "a") == nil)
  }

  @Test("The fixture that disables takes away what the one that enables had set") func fixtures() throws {
    let tree = try tree(Fixture.enabled, Fixture.disabled)
    #expect(tree.item(Fixture.delegation, "AllowFreshCredentials")?.value.number == 0)
    #expect(tree.item(Fixture.delegation, "ConcatenateDefaults_AllowFresh") == nil)
    #expect(tree.items(of: Fixture.delegation + "\\AllowFreshCredentials").isEmpty)
    #expect(tree.items(of: Fixture.delegation + "\\DenyFreshCredentials").map(\.value.text) == ["WSMAN/hop1.lab.example"])
    #expect(tree.item(Fixture.delegation, "AllowFreshCredentialsWhenNTLMOnly")?.source == first)
    #expect(tree.item(Fixture.client, "AllowCredSSP")?.value.number == 0)
  }

  @Test("**del. removes one value, in any case, and only that") func delete() throws {
    let tree = try tree([Fixture.number("K", "a", 1), Fixture.number("K", "b", 1)], [Fixture.text("K", "**DEL.A", " ")])
    #expect(tree.items.map(\.name) == ["b"])
  }

  @Test("**delvals. removes the values of the key and not those below it", arguments: ["**delvals.", "**DelVals"])
  func deleteAll(name: String) throws {
    let tree = try tree([Fixture.number("K", "a", 1), Fixture.number("K\\L", "b", 1)], [Fixture.text("K", name, "")])
    #expect(tree.items.map(\.name) == ["b"])
  }

  @Test("**deletevalues removes those that it names") func deleteValues() throws {
    let tree = try tree(["a", "b", "c"].map { Fixture.number("K", $0, 1) }, [Fixture.text("K", "**DeleteValues", "A; c;nosuch")])
    #expect(tree.items.map(\.name) == ["b"])
  }

  @Test("**deletekeys removes keys with all that is below, and no neighbour with a longer name") func deleteKeys() throws {
    let keys = [#"K\L"#, #"K\L\M"#, #"K\LL"#, "K"]
    let tree = try tree(keys.map { Fixture.number($0, "a", 1) }, [Fixture.text("k", "**DeleteKeys", "l;nosuch")])
    #expect(tree.items.map(\.key) == ["K", #"K\LL"#])
  }

  @Test("**soft. sets only what nobody has set") func soft() throws {
    let tree = try tree([Fixture.number("K", "a", 1)], [Fixture.number("K", "**soft.A", 2), Fixture.number("K", "**soft.b", 3)])
    #expect(tree.item("K", "a")?.value.number == 1)
    #expect(tree.item("K", "b")?.value.number == 3)
    #expect(tree.item("K", "b")?.source == second)
  }

  @Test("Instructions without effect on values") func withoutEffect() throws {
    let none = RegistryValue(type: .none, data: [])
    let tree = try tree([
      Fixture.number("K", "**securekey", 1), PolicyFile.Entry(key: "K", name: "", value: none), Fixture.text("K", "**Comment:GPO", "x"),
    ])
    #expect(tree.items.isEmpty)
    // As Windows writes it: what it says of the key is a part of the name.
    for name in ["**SecureKey=0", "**SecureKey=1", "**SECUREKEY=1", "**securekey."] {
      for entry in [Fixture.number("K", name, 1), Fixture.text("K", name, ""), PolicyFile.Entry(key: "K", name: name, value: none)] {
        #expect(try self.tree([Fixture.number("K", "a", 1), entry]).items.map(\.name) == ["a"])
      }
    }
    #expect(throws: GroupPolicyError(.unsupported, "")) { try self.tree([Fixture.number("K", "**SecureKeys", 1)]) }
  }

  @Test("An unknown instruction is refused where it matters") func unknown() throws {
    let file = PolicyFile(entries: [Fixture.number("K", "**forget.a", 1)])
    var tree = PolicyTree()
    #expect(throws: GroupPolicyError(.unsupported, "")) { try tree.apply(file, from: first) }
    try tree.apply(file, from: first) { $0 != "K" }
    #expect(throws: GroupPolicyError(.malformed, "")) { try tree.apply(Fixture.number("K", "**deletevalues", 1), from: first) }
  }

  @Test("Look-alikes are other names: only ASCII is folded") func lookAlikes() throws {
    let tree = try tree([Fixture.number("\u{212A}", "\u{17F}", 1), Fixture.number("e\u{301}", "x", 1)])
    #expect(tree.item("k", "s") == nil)
    #expect(tree.item("\u{E9}", "x") == nil)
  }

  @Test("Numbers come in the order of their size, then names") func order() throws {
    let tree = try tree(["10", "x", "2", "1"].map { Fixture.number("K", $0, 1) })
    #expect(tree.items(of: "K").map(\.name) == ["1", "2", "10", "x"])
  }

  @Test("Random files are applied as a simple registry would apply them") func model() throws {
    var random = SystemRandomNumberGenerator()
    let keys = ["A", "a", #"A\B"#, #"a\b\C"#, #"A\BB"#, "AB"]
    let names = [
      "x", "X", "y", "1", "**del.x", "**Del.Y", "**delvals.", "**DELVALS", "**soft.x", "**Soft.1", "**deletevalues", "**DeleteKeys",
    ]
    for _ in 0..<500 {
      var tree = PolicyTree()
      // Key and name in lower case, and the number.
      var registry: [String: [String: UInt32]] = [:]
      for number in 0..<UInt32.random(in: 1...20, using: &random) {
        let key = keys.randomElement(using: &random) ?? ""
        let name = names.randomElement(using: &random) ?? ""
        let folded = key.lowercased()
        var value = RegistryValue.number(number)
        switch name.lowercased() {
        case "**deletevalues":
          value = .text("x; 1;nothing")
          for gone in ["x", "1"] { registry[folded]?[gone] = nil }
        case "**deletekeys":
          value = .text(#"b; B\C;nothing"#)
          registry = registry.filter { $0.key != folded + #"\b"# && !$0.key.hasPrefix(folded + #"\b\"#) }
        case "**delvals", "**delvals.": registry[folded] = nil
        case let text where text.hasPrefix("**del."): registry[folded]?[String(text.dropFirst(6))] = nil
        case let text where text.hasPrefix("**soft."):
          if registry[folded]?[String(text.dropFirst(7))] == nil { registry[folded, default: [:]][String(text.dropFirst(7))] = number }
        case let text: registry[folded, default: [:]][text] = number
        }
        try tree.apply(PolicyFile.Entry(key: key, name: name, value: value), from: PolicySource(object: "o", file: "f"))
      }
      var found: [String: [String: UInt32]] = [:]
      for item in tree.items { found[item.key.lowercased(), default: [:]][item.name.lowercased()] = item.value.number }
      #expect(found == registry.filter { !$0.value.isEmpty })
    }
  }

  @Test("Keys of a thousand parts are removed as fast as others", .timeLimit(.minutes(1))) func deepKeys() throws {
    var tree = PolicyTree()
    let source = PolicySource(object: "o", file: "f")
    let deep = String(repeating: #"\k"#, count: 1000)
    for number in 0..<200 { try tree.apply(PolicyFile.Entry(key: "A\(deep)\\\(number)", name: "n", value: .number(1)), from: source) }
    for _ in 0..<100 { try tree.apply(PolicyFile.Entry(key: "A", name: "**deletekeys", value: .text("k\\x;x;k\(deep)")), from: source) }
    #expect(tree.items.count == 200)
    try tree.apply(PolicyFile.Entry(key: "A", name: "**deletekeys", value: .text(String(deep.dropFirst()) + #"\7"#)), from: source)
    #expect(tree.items.count == 199)
    try tree.apply(PolicyFile.Entry(key: #"A\k\K"#, name: "**deletekeys", value: .text(#"k\k"#)), from: source)
    #expect(tree.items.isEmpty)
  }

  @Test("Keys are removed by whole parts of their names, and however many there are in one instruction", .timeLimit(.minutes(1)))
  func manyKeys() throws {
    var tree = PolicyTree()
    let source = PolicySource(object: "o", file: "f")
    for number in 0..<1000 { try tree.apply(PolicyFile.Entry(key: #"A\K\#(number)\Below"#, name: "n", value: .number(1)), from: source) }
    try tree.apply(PolicyFile.Entry(key: #"A\K1"#, name: "n", value: .number(1)), from: source)
    let names = Array(repeating: "absent", count: 4000).joined(separator: ";") + #";K7;k8\below;K9\other"#
    for _ in 0..<20 { try tree.apply(PolicyFile.Entry(key: "a", name: "**deletekeys", value: .text(names)), from: source) }
    #expect(tree.items.count == 999)
    #expect(tree.item(#"A\K9\Below"#, "n") != nil && tree.item(#"A\K1"#, "n") != nil && tree.item(#"A\K1\Below"#, "n") != nil)
    #expect(tree.item(#"A\K7\Below"#, "n") == nil && tree.item(#"A\K8\Below"#, "n") == nil)
  }
}
