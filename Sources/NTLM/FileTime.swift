#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A FILETIME (MS-DTYP §2.3.3): 100-nanosecond intervals since 1 January 1601, UTC.
public struct FileTime: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// From Unix time. Times that a FILETIME cannot hold become the nearest that it can.
  public init(unixSeconds: Int64, nanoseconds: Int64 = 0) {
    let (seconds, early) = unixSeconds.addingReportingOverflow(Self.secondsBefore1970)
    guard !early, seconds >= 0 else {
      rawValue = unixSeconds < 0 ? 0 : .max
      return
    }
    let (whole, late) = UInt64(seconds).multipliedReportingOverflow(by: 10_000_000)
    let (sum, later) = whole.addingReportingOverflow(UInt64(max(0, nanoseconds)) / 100)
    rawValue = late || later ? .max : sum
  }

  /// The system's clock now.
  public static func now() -> UInt64 {
    var time = timespec()
    _ = clock_gettime(CLOCK_REALTIME, &time)
    return FileTime(unixSeconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec)).rawValue
  }

  private static let secondsBefore1970: Int64 = 11_644_473_600
}
