import Testing

@testable import WSMan

@Suite struct ISODurationTests {
  @Test(arguments: [
    ("PT60.000S", Duration.seconds(60)), ("PT20S", .seconds(20)), ("P0DT0H0M0S", .zero), ("PT0S", .zero),
    ("P1DT2H3M4.5S", .milliseconds(93_784_500)),
    ("-PT5S", .seconds(-5)), ("PT0.0000000019S", .nanoseconds(1)), (" PT1S\n", .seconds(1)),
    ("P1Y", .seconds(31_536_000) > ISODuration.maximum ? ISODuration.maximum : .seconds(31_536_000)),
    ("PT2H", .seconds(7_200)), ("P1M", ISODuration.maximum), ("PT1M", .seconds(60)), ("P2D", .seconds(172_800)),
    ("PT2147483.647S", ISODuration.maximum),
  ]) func read(_ text: String, _ expected: Duration) { #expect(ISODuration(parsing: text)?.duration == expected) }

  @Test(
    "W-04: huge values are cut off",
    arguments: [
      "PT99999999H", "PT999999999999999999999999999999S", "P99999999999999999999Y", "P9999999999DT9999999999H", "PT9223372036854775807M",
      "PT2147483648S",
    ])
  func huge(_ text: String) {
    #expect(ISODuration(parsing: text)?.duration == ISODuration.maximum)
    #expect(ISODuration(parsing: "-" + text)?.duration == .zero - ISODuration.maximum)
  }

  @Test(
    "W-04: garbage is nil",
    arguments: [
      "", "P", "PT", "P1", "PT1", "60", "60S", "PTS", "P1S", "PT1D", "P1DT", "PT1S1S", "PT1S1M", "PT1.5M", "PT.5S", "PT1.S", "pt1s",
      "PT1S x", "+PT1S", "--PT1S", "PT-1S", "P1TT1S", "PT1e3S", "T1S", "PT١S",
    ])
  func garbage(_ text: String) { #expect(ISODuration(parsing: text) == nil) }

  @Test(arguments: [
    (Duration.seconds(60), "PT60.000S"), (.milliseconds(1_005), "PT1.005S"), (.zero, "PT0.000S"), (.milliseconds(-1_500), "-PT1.500S"),
    (ISODuration.maximum, "PT2147483.647S"),
    (.nanoseconds(1), "PT0.000S"), (.seconds(Int64.max), "PT9223372036854775807.000S"),
  ]) func written(_ value: Duration, _ text: String) { #expect(ISODuration(value).formatted == text) }

  @Test("Every truncation and every flipped bit ends in a value or nil") func fuzz() {
    let bytes = Array("-P1Y2M3DT4H5M6.789S".utf8)
    for length in 0...bytes.count { _ = ISODuration(parsing: String(decoding: bytes[..<length], as: UTF8.self)) }
    for index in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[index / 8] ^= 1 << UInt8(index % 8)
      guard let value = ISODuration(parsing: String(decoding: flipped, as: UTF8.self)) else { continue }
      #expect(value.duration <= ISODuration.maximum)
    }
  }
}
