/// A length of time in the notation of `xs:duration`, as WS-Management writes time-outs.
///
/// Years and months have no fixed length; where a peer sends them, a year counts as 365 days and a month as 30.
public struct ISODuration: Sendable, Hashable {
  /// The length. Reading never gives more than ``maximum`` or less than its negative.
  public var duration: Duration

  public init(_ duration: Duration) { self.duration = duration }

  /// What a larger value becomes when it is read: 2 147 483.647 seconds, the largest time-out that Windows knows.
  public static let maximum = Duration.milliseconds(2_147_483_647)

  /// Reads `PT60.000S`, `P0DT1H30M`, `-PT5S`. `nil` for text that is not a duration; values beyond ``maximum`` are cut off there.
  ///
  /// Fractions are allowed for seconds only, and read to the nanosecond.
  public init?(parsing text: String) {
    var rest = text.trimmingXMLSpace.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest.removeFirst() }
    guard rest.popFirst() == UInt8(ascii: "P") else { return nil }

    var total = Duration.zero
    var units = Self.dateUnits[...]
    var isInTime = false
    var isComplete = false
    while !rest.isEmpty {
      if !isInTime, rest.first == UInt8(ascii: "T") {
        rest.removeFirst()
        isInTime = true
        units = Self.timeUnits[...]
        isComplete = false
      }
      guard let number = Self.number(&rest), let letter = rest.popFirst(), let place = units.firstIndex(where: { $0.letter == letter })
      else { return nil }
      guard number.nanoseconds == nil || letter == UInt8(ascii: "S") else { return nil }
      let seconds = number.whole.multipliedReportingOverflow(by: units[place].seconds)
      guard !seconds.overflow, seconds.partialValue <= Self.cap else {
        total = Self.maximum
        units = units[(place + 1)...]
        isComplete = true
        continue
      }
      total = min(total + .seconds(seconds.partialValue) + .nanoseconds(number.nanoseconds ?? 0), Self.maximum)
      units = units[(place + 1)...]
      isComplete = true
    }
    guard isComplete else { return nil }
    duration = isNegative ? .zero - total : total
  }

  /// The notation of Windows: seconds with three decimals, `PT60.000S`. What is finer than a millisecond is cut off.
  public var formatted: String {
    let (seconds, attoseconds) = duration.components
    let isNegative = seconds < 0 || attoseconds < 0
    let milliseconds = (attoseconds / 1_000_000_000_000_000).magnitude
    let decimals = String(milliseconds)
    return "\(isNegative ? "-" : "")PT\(seconds.magnitude).\(String(repeating: "0", count: 3 - decimals.count))\(decimals)S"
  }

  /// The notation that Windows has for the age of a shell: days, hours, minutes and whole seconds, `P0DT0H0M36S`.
  public var formattedWithDays: String {
    let seconds = max(0, duration.components.seconds)
    return "P\(seconds / 86_400)DT\(seconds / 3_600 % 24)H\(seconds / 60 % 60)M\(seconds % 60)S"
  }

  private static let cap: Int64 = 2_147_484
  private static let dateUnits: [(letter: UInt8, seconds: Int64)] = [
    (UInt8(ascii: "Y"), 31_536_000), (UInt8(ascii: "M"), 2_592_000), (UInt8(ascii: "D"), 86_400),
  ]
  private static let timeUnits: [(letter: UInt8, seconds: Int64)] = [
    (UInt8(ascii: "H"), 3_600), (UInt8(ascii: "M"), 60), (UInt8(ascii: "S"), 1),
  ]

  /// Digits with an optional fraction. Whole numbers that no `Int64` holds become its maximum.
  private static func number(_ rest: inout Substring.UTF8View) -> (whole: Int64, nanoseconds: Int64?)? {
    guard let whole = digits(&rest) else { return nil }
    guard rest.first == UInt8(ascii: ".") else { return (Int64(whole) ?? .max, nil) }
    rest.removeFirst()
    guard let fraction = digits(&rest) else { return nil }
    let nine = fraction.prefix(9)
    return (Int64(whole) ?? .max, Int64(nine + String(repeating: "0", count: 9 - nine.count)) ?? 0)
  }

  private static func digits(_ rest: inout Substring.UTF8View) -> String? {
    let run = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard !run.isEmpty else { return nil }
    rest.removeFirst(run.count)
    return String(Substring(run))
  }
}
