/// `xs:duration` as WS-Management uses it: days, hours, minutes, seconds.
public struct ISODuration: Sendable, Equatable {
  public var duration: Duration
  public init(_ duration: Duration) { self.duration = duration }

  /// Reads `PT60.000S`, `P0DT1H`, `-PT5S`. `nil` for what is no duration; a value too large becomes ``maximum``.
  public init?(parsing text: String) { return nil }

  /// `PT60.000S`: seconds with three decimals, as Windows writes them.
  public var formatted: String { "PT0.000S" }

  /// What a larger value becomes when it is read: 2 147 483.647 seconds, the largest time-out of Windows.
  public static let maximum = Duration.milliseconds(2_147_483_647)
}
