import Testing

@testable import WinRMCommands

/// `@{…}` as people type it and as shells leave it.
@Suite struct InputSetPropertyTests {
  /// SplitMix64: the same numbers in every run.
  struct Seeded {
    var state: UInt64

    mutating func number(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ z >> 31) % UInt64(bound))
    }

    mutating func text(_ alphabet: String, _ length: Int) -> String {
      let characters = Array(alphabet)
      return String((0..<number(length + 1)).map { _ in characters[number(characters.count)] })
    }

    mutating func values(_ alphabet: String) -> [(name: String, value: String?)] {
      (0..<number(4)).map { index in
        let name = "k\(index)" + text("abcAZ_:0é", 6)
        return (name, number(5) == 0 ? nil : text(alphabet, 12))
      }
    }
  }

  private func isEqual(_ set: InputSet, _ values: [(name: String, value: String?)]) -> Bool { set.values.elementsEqual(values, by: ==) }

  @Test("Values in double quotes come back as they are, whatever is in them but double quotes")
  func quoted() throws {
    var random = Seeded(state: 1)
    for _ in 0..<300 {
      let values = random.values("ab ;=@{}()'$\\<>,*?[]:\t\u{E9}\u{1F600}")
      let blank = ["", " ", "  "]
      let items = values.map { name, value in
        name + blank[random.number(3)] + "=" + blank[random.number(3)] + (value.map { "\"\($0)\"" } ?? "$null")
      }
      let text = "{" + items.joined(separator: blank[random.number(3)] + ";" + blank[random.number(3)]) + "}"
      #expect(isEqual(try InputSet(parsing: text), values), "\(text)")
    }
  }

  @Test("Values whose quotes a shell has eaten come back too, where they neither begin nor end with blanks and hold no pair")
  func eaten() throws {
    var random = Seeded(state: 2)
    for _ in 0..<300 {
      // Without the equals sign, what stands behind a semicolon is no pair.
      let values = random.values("ab;@{}()$\\<>,*?[]:\u{E9}").map { name, value in
        // What ends with a semicolon cannot be told from the end of the pair.
        (name: name, value: value.map { text in String(text.reversed().drop { $0 == ";" }.reversed()) })
      }
      let text = "{" + values.map { "\($0.name)=\($0.value ?? "$null")" }.joined(separator: ";") + "}"
      #expect(isEqual(try InputSet(parsing: text), values), "\(text)")
    }
  }

  @Test("A descriptor keeps its semicolons without quotes")
  func descriptor() throws {
    let sddl = "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)"
    let set = try InputSet(parsing: "{RootSDDL=\(sddl);MaxConnections=300}")
    #expect(isEqual(set, [("RootSDDL", sddl), ("MaxConnections", "300")]))
  }

  @Test("Words that a shell split are put together, and any words are parsed or refused")
  func anything() {
    var random = Seeded(state: 3)
    for _ in 0..<400 {
      let words = (0..<random.number(5)).map { _ in random.text("@{}=;\"'$nul -/:ab?+", 10) }
      _ = try? WinrmArguments(parsing: ["set"] + words)
      _ = try? InputSet(parsing: random.text("{}=;\"'$ ab", 20))
      _ = try? ResourceLocator(parsing: random.text("winrm/?+=&*:", 20))
      _ = try? AssociationText(parsing: "{" + random.text("Object=?+;ab*/:", 20) + "}", below: ResourceLocator(parsing: "wmi/*"))
    }
  }
}
